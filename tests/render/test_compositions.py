"""Where near things are in the pictures: not always at the bottom."""

import numpy as np
import pytest

from dav2.render import build_scene
from dav2.render.loading import load
from dav2.render.tracing import trace_surface
from dav2.render.views import is_worth_keeping
from dav2.scenery.meshes import box
from dav2.scenery.objects.people import POSES, person
from dav2.scenery.objects.vehicles import bus, car, lorry, motorcycle, van
from dav2.scenery.placing import Spots, copies, inside
from dav2.scenery.scene import Material, Part, Scene, extent

SIZE = (64, 48)
OWN = ("street", "nature", "aerial", "portrait", "tabletop", "monument")


def lower_is_nearer(depth: np.ndarray, rng: np.random.Generator) -> float:
    """Share of random pairs of surface points whose lower point is the nearer one."""
    rows, columns = (
        rng.integers(0, depth.shape[0], (2, 800)),
        rng.integers(0, depth.shape[1], (2, 800)),
    )
    first, second = depth[rows, columns]
    apart = np.isfinite(first) & np.isfinite(second) & (rows[0] != rows[1])
    apart[apart] = np.abs(np.log(first[apart] / second[apart])) > 0.05
    return float(((first > second) == (rows[1] > rows[0]))[apart].mean())


def test_the_measure_itself():
    rising = np.broadcast_to(np.linspace(9, 1, 48)[:, None], (48, 64))
    assert lower_is_nearer(rising, np.random.default_rng(0)) == 1
    assert lower_is_nearer(rising[::-1], np.random.default_rng(0)) == 0


@pytest.mark.parametrize("family", ["portrait", "tabletop", "aerial"])
def test_lower_in_the_picture_is_not_a_rule_for_nearer(family):
    shares = []
    for number in range(4):
        scene = build_scene(family, 21, number)
        loaded = load(scene)
        rng = np.random.default_rng(number)
        views = [trace_surface(loaded, scene.camera(rng), SIZE).depth for _ in range(6)]
        shares += [
            lower_is_nearer(depth, rng) for depth in views if is_worth_keeping(depth, scene.relief)
        ]
    assert len(shares) >= 16
    assert np.mean(shares) <= 0.8


@pytest.mark.parametrize("family", OWN)
def test_scenes_and_cameras_are_finite(family):
    for number in range(3):
        scene = build_scene(family, 22, number)
        assert 3 < len(scene.parts) < 400
        for part in scene.parts:
            assert np.isfinite(part.mesh.vertices).all()
            assert part.mesh.faces.max() < len(part.mesh.vertices)
        for seed in range(5):
            view = scene.camera(np.random.default_rng(seed))
            assert np.isfinite(view.position).all()
            assert np.linalg.norm(view.target - view.position) > 1e-3


@pytest.mark.parametrize("make", [*POSES, car, van, bus, lorry, motorcycle])
def test_people_and_vehicles_stand_on_the_ground(make):
    for seed in range(6):
        rng = np.random.default_rng(seed)
        low, high = extent(person(rng, make) if isinstance(make, str) else make(rng))
        assert low[2] == pytest.approx(0, abs=0.08)
        assert 0.5 < high[2] - low[2] < 6


def test_scattered_copies_are_one_mesh_per_part():
    scene, cube = Scene(), [Part(box((0, 0, 0.5), (1, 1, 1)), Material("diffuse"))]
    copies(scene, np.random.default_rng(0), [cube], [((3, 0, 0), 0, 1), ((0, 5, 1), 0, 2)])
    assert len(scene.parts) == 1
    low, high = extent(scene.parts)
    np.testing.assert_allclose(low, [-1, -0.5, 0])
    np.testing.assert_allclose(high, [3.5, 6, 3])


def test_spots_and_boxes_keep_things_apart():
    spots = Spots()
    assert spots.take(0, 0, 1)
    assert not spots.take(1.5, 0, 1)
    assert spots.free(2.5, 0, 1)
    cube = [Part(box((0, 0, 0), (2, 2, 2)), Material("diffuse"))]
    assert inside(cube, np.array([1.2, 0, 0]), 0.3)
    assert not inside(cube, np.array([1.4, 0, 0]), 0.3)
