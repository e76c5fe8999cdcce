import os
import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest
from PIL import Image

from dav2.encoding import decode_depth, encode_depth
from dav2.geometry import intrinsics_from_fov, pixel_rays, planar_from_distance, unproject
from dav2.render import FAMILIES, build_scene, render_set
from dav2.render.engine import choose_variant
from dav2.render.loading import load
from dav2.render.meshes import box, merge, move, quad
from dav2.render.scene import GLASS, MIRROR, PANE, Camera, Material, Part, Scene
from dav2.render.tracing import _axes, trace_depth
from dav2.render.views import is_worth_keeping, render_view
from dav2.runs import read_json, read_manifest

SIZE = (64, 48)
AHEAD = Camera(np.zeros(3), np.array([0.0, 10, 0]), 1.2)


def wall(distance, material):
    return Part(quad((-50, distance, -50), (100, 0, 0), (0, 0, 100)), material)


def test_geometry_by_hand():
    camera = intrinsics_from_fov(640, 480, np.pi / 2)
    assert camera == {"fx": pytest.approx(320), "fy": pytest.approx(320), "cx": 320, "cy": 240}
    rays = pixel_rays(camera, 480, 640)
    np.testing.assert_allclose(rays[0, 0], [(-319.5) / 320, (-239.5) / 320, 1])
    depth = np.full((480, 640), 5.0)
    distance = np.linalg.norm(unproject(depth, camera), axis=-1)
    np.testing.assert_allclose(planar_from_distance(distance, camera), depth)


def test_a_wall_that_faces_the_camera_has_one_depth():
    depth, _ = trace_depth(load(Scene([wall(4.0, Material("diffuse"))])), AHEAD, SIZE)
    np.testing.assert_allclose(depth, 4.0, rtol=1e-5)  # a ray distance would grow to the corners


def test_a_tilted_plane_equals_its_formula():
    floor = Part(quad((-90, -90, -1.5), (180, 0, 0), (0, 180, 0)), Material("diffuse"))
    depth, intrinsics = trace_depth(load(Scene([floor])), AHEAD, SIZE)
    down = pixel_rays(intrinsics, SIZE[1], SIZE[0])[..., 1]
    below = down > 0.1
    np.testing.assert_allclose(depth[below], (1.5 / down)[below], rtol=1e-3)
    assert np.isinf(depth[down < -0.05]).all()  # sky


@pytest.mark.parametrize("surface", [GLASS, MIRROR, PANE])
def test_glass_and_mirrors_are_surfaces(surface):
    depth, _ = trace_depth(
        load(Scene([wall(2.0, surface), wall(6.0, Material("diffuse"))])), AHEAD, SIZE
    )
    np.testing.assert_allclose(depth, 2.0, rtol=1e-5)


def test_outlines_are_never_blends():
    near = Part(box((0.13, 2.05, 0.07), (0.71, 0.1, 0.53)), Material("diffuse"))
    depth, _ = trace_depth(load(Scene([near, wall(8.0, Material("diffuse"))])), AHEAD, SIZE)
    on_box, on_wall = depth < 2.2, np.isclose(depth, 8, rtol=1e-4)
    assert (on_box | on_wall).all()
    assert on_box.any()
    assert on_wall.any()


def test_roll_and_up_keep_axes_orthonormal():
    rng = np.random.default_rng(0)
    for _ in range(20):
        camera = Camera(rng.normal(size=3), rng.normal(size=3) * 5, 1.0, rng.normal())
        axes, up = _axes(camera)
        np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
        np.testing.assert_allclose(np.cross(axes[0], axes[1]), axes[2], atol=1e-12)
        np.testing.assert_allclose(up, -axes[1])


@pytest.mark.parametrize("family", FAMILIES)
def test_depth_equals_an_independent_ray_caster(family):
    """embreex shares no code with the renderer."""
    import trimesh
    from trimesh.ray.ray_pyembree import RayMeshIntersector

    scene = build_scene(family, 11, 3)
    camera = scene.camera(np.random.default_rng(1))
    loaded = load(scene)
    depth, _ = trace_depth(loaded, camera, SIZE)
    whole = merge([part.mesh for part in scene.parts])
    intersector = RayMeshIntersector(trimesh.Trimesh(whole.vertices, whole.faces, process=False))
    fine = intrinsics_from_fov(SIZE[0] * 3, SIZE[1] * 3, camera.fov)
    directions = pixel_rays(fine, SIZE[1] * 3, SIZE[0] * 3).reshape(-1, 3) @ _axes(camera)[0]
    origins = np.broadcast_to(camera.position, directions.shape)
    hits, rays, _ = intersector.intersects_location(origins, directions, multiple_hits=False)
    z = np.full(len(directions), np.inf)
    z[rays] = (hits - camera.position) @ _axes(camera)[0][2]
    blocks = z.reshape(SIZE[1], 3, SIZE[0], 3).transpose(0, 2, 1, 3).reshape(SIZE[1], SIZE[0], 9)
    expected = np.sort(blocks, -1)[..., 4]
    both_sky = np.isinf(expected) & np.isinf(depth)
    close = np.isclose(depth, expected, rtol=1e-4)
    assert (close | both_sky).mean() >= 0.999


@pytest.mark.parametrize("family", FAMILIES)
def test_families_build_alike_from_a_seed_and_differ_between_seeds(family):
    def facts(seed):
        parts = build_scene(family, seed, 0).parts
        return [
            (len(part.mesh.vertices), float(part.mesh.vertices.sum()), part.material.kind)
            for part in parts
        ]

    assert facts(1) == facts(1)
    assert facts(1) != facts(2)


def test_what_is_worth_keeping():
    plane = np.linspace(1, 4, 4800).reshape(60, 80).astype(np.float32)
    assert is_worth_keeping(plane)
    assert not is_worth_keeping(np.full((60, 80), 3.0))  # no relief
    assert not is_worth_keeping(np.where(plane > 1.5, np.inf, plane))  # hardly a surface
    lens = plane.copy()
    lens[:5] = 0.01
    assert not is_worth_keeping(lens)


def files(folder):
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.suffix in (".jpg", ".png", ".json")
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return render_set(
        tmp_path_factory.mktemp("set") / "a", 5, SIZE, seed=4, workers=2, progress=False
    )


def test_a_set_is_complete(whole):
    manifest = read_manifest(whole)
    assert manifest["names"] == [f"{i:06d}" for i in range(5)]
    assert sum(manifest["families"].values()) == 5
    for name in manifest["names"]:
        with Image.open(whole / f"{name}.jpg") as image:
            assert image.size == SIZE
            assert np.asarray(image).std() > 2
        depth = decode_depth((whole / f"{name}.png").read_bytes())
        assert depth.shape == SIZE[::-1]
        assert depth.min() > 0
        assert read_json(whole / f"{name}.json")["intrinsics"]["cx"] == SIZE[0] / 2


def test_one_view_alone_equals_the_same_view_of_the_set(whole):
    view = render_view(4, 4, SIZE)
    assert encode_depth(view.depth) == (whole / "000004.png").read_bytes()


def test_killed_while_rendering_the_next_call_finishes_the_same_bytes(whole, tmp_path):
    out = tmp_path / "b"
    program = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "import dav2.render.writer as r\n"
        "class Bar(r.tqdm):\n"
        "    def update(self, n=1):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "r.tqdm = Bar\n"
        f"if __name__ == '__main__': r.render_set({str(out)!r}, 5, {SIZE}, seed=4, workers=1, progress=False)\n"
    )
    script = tmp_path / "program.py"
    script.write_text(program)
    killed = subprocess.run([sys.executable, str(script)], capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not (out / "manifest.json").exists()
    done = len(list(out.glob("0*.json")))
    assert done > 0
    (out / "000004.part-77.png").write_bytes(b"half")
    render_set(out, 5, SIZE, seed=4, workers=2, progress=False)
    assert files(out) == files(whole)


def test_another_seed_or_size_is_refused(whole):
    with pytest.raises(ValueError, match="another seed or size"):
        render_set(whole, 5, SIZE, seed=5)
    with pytest.raises(ValueError, match="another seed or size"):
        render_set(whole, 5, (32, 24), seed=4)
    with pytest.raises(ValueError, match="nothing to render"):
        render_set(whole, 0, SIZE, seed=4)


def test_without_llvm_the_slow_renderer_is_announced_and_its_depth_is_the_same():
    program = (
        "import warnings; warnings.simplefilter('error')\n"
        "from tests.render.test_render import *\n"
        "warnings.simplefilter('default')\n"
        "depth, _ = trace_depth(load(Scene([wall(4.0, Material('diffuse'))])), AHEAD, (16, 12))\n"
        "print(choose_variant(), float(depth.min()), float(depth.max()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "DRJIT_LIBLLVM_PATH": "/nowhere/libLLVM.so"},
    )
    assert "10 times slower" in done.stderr, done.stderr
    name, low, high = done.stdout.split()
    assert name == "scalar_rgb"
    assert float(low) == pytest.approx(4, rel=1e-4)
    assert float(high) == pytest.approx(4, rel=1e-4)


def test_here_the_fast_renderer_is_found():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert choose_variant() == "llvm_ad_rgb"


def test_moving_and_merging_meshes():
    cube = box((0, 0, 0), (2, 2, 2))
    moved = move(cube, (5, 0, 0), scale=2)
    np.testing.assert_allclose(moved.vertices.min(0), [3, -2, -2])
    both = merge([cube, moved])
    assert both.faces.max() == len(both.vertices) - 1
