import os
import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest
from PIL import Image

from dav2.cli.render import render
from dav2.disk import HOST, read_json, write_json
from dav2.encoding import decode_depth, encode_depth
from dav2.geometry import intrinsics_from_fov, pixel_rays, planar_from_distance, unproject
from dav2.manifests import read_manifest
from dav2.render import FAMILIES, build_scene, render_set
from dav2.render.engine import choose_variant
from dav2.render.loading import load
from dav2.render.tracing import _axes, trace_surface
from dav2.render.views import family_of, is_worth_keeping, render_view
from dav2.render.writer import _files
from dav2.scenery.meshes import box, merge, move, quad
from dav2.scenery.scene import GLASS, MIRROR, PANE, Camera, Material, Part, Scene
from tests.helpers.ray_caster import assert_depth_of_a_ray_caster
from tests.helpers.walls import AHEAD, wall

SIZE = (64, 48)


def test_geometry_by_hand():
    camera = intrinsics_from_fov(640, 480, np.pi / 2)
    assert camera == {"fx": pytest.approx(320), "fy": pytest.approx(320), "cx": 320, "cy": 240}
    rays = pixel_rays(camera, 480, 640)
    np.testing.assert_allclose(rays[0, 0], [(-319.5) / 320, (-239.5) / 320, 1])
    depth = np.full((480, 640), 5.0)
    distance = np.linalg.norm(unproject(depth, camera), axis=-1)
    np.testing.assert_allclose(planar_from_distance(distance, camera), depth)


def test_a_wall_that_faces_the_camera_has_one_depth():
    depth = trace_surface(load(Scene([wall(4.0, Material("diffuse"))])), AHEAD, SIZE).depth
    np.testing.assert_allclose(depth, 4.0, rtol=1e-5)  # a ray distance would grow to the corners


def test_a_tilted_plane_equals_its_formula():
    floor = Part(quad((-90, -90, -1.5), (180, 0, 0), (0, 180, 0)), Material("diffuse"))
    depth, intrinsics, *_ = trace_surface(load(Scene([floor])), AHEAD, SIZE)
    down = pixel_rays(intrinsics, SIZE[1], SIZE[0])[..., 1]
    below = down > 0.1
    np.testing.assert_allclose(depth[below], (1.5 / down)[below], rtol=1e-3)
    assert np.isinf(depth[down < -0.05]).all()  # sky


@pytest.mark.parametrize("surface", [GLASS, MIRROR, PANE])
def test_glass_and_mirrors_are_surfaces(surface):
    depth, *_ = trace_surface(
        load(Scene([wall(2.0, surface), wall(6.0, Material("diffuse"))])), AHEAD, SIZE
    )
    np.testing.assert_allclose(depth, 2.0, rtol=1e-5)


def test_outlines_are_never_blends():
    near = Part(box((0.13, 2.05, 0.07), (0.71, 0.1, 0.53)), Material("diffuse"))
    depth = trace_surface(load(Scene([near, wall(8.0, Material("diffuse"))])), AHEAD, SIZE).depth
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
    assert_depth_of_a_ray_caster(build_scene(family, 11, 3))


@pytest.mark.parametrize(
    ("surface", "clear"), [(GLASS, True), (MIRROR, True), (PANE, True), (Material("metal"), False)]
)
def test_glass_and_mirrors_are_known_as_such(surface, clear):
    left = Part(quad((-50, 2, -50), (50, 0, 0), (0, 0, 100)), surface)
    seen = trace_surface(load(Scene([left, wall(6.0, Material("diffuse"))])), AHEAD, SIZE)
    np.testing.assert_array_equal(seen.clear, (seen.depth < 3) & clear)
    assert (seen.depth < 3).mean() == pytest.approx(0.5)
    np.testing.assert_allclose(seen.points[..., 1], seen.depth, rtol=1e-5)


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
    tops = np.where(np.arange(80) % 8, 100.0, 85.0)[None].repeat(60, 0)  # a wood, straight down
    assert is_worth_keeping(tops, 1.1)
    assert not is_worth_keeping(tops)
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
    assert sum(manifest["families"].values()) == sum(manifest["styles"].values()) == 5
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
    (out / f".dav2-tmp-{HOST}-4194303-0123456789ab.png").write_bytes(b"half")
    render_set(out, 5, SIZE, seed=4, workers=2, progress=False)
    assert files(out) == files(whole)


def test_a_view_whose_facts_are_damaged_is_rendered_anew(tmp_path):
    (tmp_path / "000000.jpg").write_bytes(b"picture")
    facts = {"family": "room", "style": "none", "bytes": {"000000.jpg": 7}}
    write_json(tmp_path / "000000.json", facts)
    assert set(_files(tmp_path / "000000")) == {"000000.jpg", "000000.json"}
    os.truncate(tmp_path / "000000.json", 20)
    assert _files(tmp_path / "000000") is None


def test_a_set_begun_otherwise_is_refused(whole):
    with pytest.raises(ValueError, match="begun otherwise"):
        render_set(whole, 5, SIZE, seed=5)
    with pytest.raises(ValueError, match="begun otherwise"):
        render_set(whole, 5, (32, 24), seed=4)
    with pytest.raises(ValueError, match="begun otherwise"):
        render_set(whole, 5, SIZE, seed=4, families=["street"])
    with pytest.raises(ValueError, match="begun otherwise"):
        render_set(whole, 5, SIZE, seed=4, styles=["none"])
    with pytest.raises(ValueError, match="nothing to render"):
        render_set(whole, 0, SIZE, seed=4)
    with pytest.raises(ValueError, match=r"families must be some of .*street"):
        render_set(whole, 5, SIZE, seed=4, families=["stret"])


def test_families_can_be_restricted():
    assert {family_of(1, scene, ["aerial", "street"]) for scene in range(50)} == {
        "aerial",
        "street",
    }
    order = [
        [family_of(1, scene, names) for scene in range(50)]
        for names in (["aerial", "street"], ["street", "aerial"])
    ]
    assert order[0] == order[1]
    assert {family_of(1, scene) for scene in range(400)} == set(FAMILIES)


def test_the_command_restricts_a_set_and_makes_contact_sheets(tmp_path):
    arguments = {"workers": 1, "families": ["tabletop"], "styles": ["drawn", "clay"]}
    render(out=tmp_path / "set", count=2, size=(64, 48), **arguments, sheets=tmp_path / "sheets")
    manifest = read_manifest(tmp_path / "set")
    assert manifest["families"] == {"tabletop": 2}
    assert set(manifest["styles"]) <= {"drawn", "clay"}
    style = read_json(tmp_path / "set" / "000000.json")["style"]
    sheets = {path.name for path in (tmp_path / "sheets").iterdir()}
    assert sheets == {"family_tabletop.jpg", f"style_{style}.jpg"}
    with Image.open(tmp_path / "sheets" / "family_tabletop.jpg") as sheet:
        assert sheet.size == (6 * 64, 2 * 48)


def test_without_llvm_the_slow_renderer_is_announced_and_its_depth_is_the_same():
    program = (
        "import warnings; warnings.simplefilter('error')\n"
        "from dav2.render.engine import choose_variant\n"
        "from dav2.render.loading import load\n"
        "from dav2.scenery.scene import Material, Scene\n"
        "from dav2.render.tracing import trace_surface\n"
        "from tests.helpers.walls import AHEAD, wall\n"
        "warnings.simplefilter('default')\n"
        "depth = trace_surface(load(Scene([wall(4.0, Material('diffuse'))])), AHEAD, (16, 12)).depth\n"
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


def test_the_denoiser_does_not_drag_torch_in_and_does_not_lock_it_out():
    program = (
        "import sys\n"
        "from dav2.render.tracing import _pyoidn\n"
        "_pyoidn(); assert 'torch' not in sys.modules\n"
        "import torch; print(torch.ones(2).sum().item())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "2.0\n", done.stderr
