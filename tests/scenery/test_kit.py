import numpy as np
import pytest

from dav2.scenery.chance import pick, some, span
from dav2.scenery.kit import both, corners, grid, part, ring, row
from dav2.scenery.meshes import box, planted, rods
from dav2.scenery.placing import Spots, scatter
from dav2.scenery.scene import Material
from dav2.scenery.textures import TEXTURES, texture


def test_some_includes_both_ends_and_pick_follows_weights():
    rng = np.random.default_rng(0)
    assert {some(rng, 2, 4) for _ in range(60)} == {2, 3, 4}
    drawn = [pick(rng, {"a": 3, "b": 1}) for _ in range(2000)]
    assert 0.72 < drawn.count("a") / 2000 < 0.78
    assert {pick(rng, "xyz") for _ in range(60)} == set("xyz")
    low, high = span(rng, (0, 1), (5, 6))
    assert 0 <= low < 1 <= 5 <= high < 6


def test_what_is_repeated_lies_where_it_should():
    np.testing.assert_allclose(
        ring(4, 2, 1), [[2, 0, 1], [0, 2, 1], [-2, 0, 1], [0, -2, 1]], atol=1e-12
    )
    np.testing.assert_allclose(ring(3, 1, closed=True)[0], ring(3, 1, closed=True)[-1], atol=1e-12)
    np.testing.assert_allclose(row(3, 6), [-2, 0, 2])
    assert grid((1, 2), (3, 4)) == [(1, 3), (1, 4), (2, 3), (2, 4)]
    legs = part(Material("diffuse"), corners(lambda x, y: box((x, y, 0), (0.1, 0.1, 1)), 1, 2)).mesh
    np.testing.assert_allclose(legs.vertices.max(0), [1.05, 2.05, 0.5])
    assert len(legs.faces) == 4 * 12
    assert [
        mesh.vertices[:, 0].mean().round(9) for mesh in both(lambda s: box((s, 0, 0), (1, 1, 1)))
    ] == [-1, 1]


@pytest.mark.parametrize("radius", [0.5, lambda: 0.5])
def test_what_is_scattered_does_not_overlap(radius):
    rng, spots = np.random.default_rng(0), Spots([(0, 0, 1)])
    found = list(scatter(rng, 300, lambda: rng.uniform(-4, 4, 2), radius, spots))
    assert 20 < len(found) < 120
    discs = spots.taken
    for i, (x, y, r) in enumerate(discs):
        assert all(np.hypot(x - a, y - b) >= r + q for a, b, q in discs[:i])


@pytest.mark.parametrize("kind", TEXTURES)
def test_a_texture_is_a_picture_that_is_not_flat(kind):
    made = texture(np.random.default_rng(3), kind)
    assert made.shape == (256, 256, 3)
    assert made.dtype == np.uint8
    assert made.std() > 0.5


def test_rods_run_between_their_points_with_their_radius():
    mesh = rods([[0, 0, 0], [1, 2, 3]], [[0, 0, 2], [4, 2, 3]], 0.1, 12)
    first, second = mesh.vertices[:26], mesh.vertices[26:]
    np.testing.assert_allclose(np.hypot(first[:, 0], first[:, 1]), 0.1)
    assert set(np.round(first[:, 2], 9)) == {0, 2}
    np.testing.assert_allclose(np.hypot(second[:, 1] - 2, second[:, 2] - 3), 0.1)
    assert mesh.faces.max() == len(mesh.vertices) - 1


def test_planted_presses_flat_what_is_below_the_ground():
    mesh = planted(box((0, 0, 0), (2, 2, 2)))
    np.testing.assert_allclose(mesh.vertices.min(0), [-1, -1, 0])
    np.testing.assert_allclose(mesh.vertices.max(0), [1, 1, 1])
