import numpy as np
import pytest
import trimesh

from dav2.infer.points import relative_depth, sky_mask, write_ply


def test_points_are_unprojected_pixels_with_their_colours(tmp_path):
    depth = np.array([[2.0, 2.0], [4.0, 8.0]])
    image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    write_ply(tmp_path / "p.ply", image, depth, focal_px=2.0)
    cloud = trimesh.load(tmp_path / "p.ply")
    # Pixel centres lie half a pixel from the middle: x = depth * (+-0.5) / 2. The upper row is up,
    # and what is in front of the camera has negative z.
    expected = [[-0.5, 0.5, -2], [0.5, 0.5, -2], [-1, -1, -4], [2, -2, -8]]
    np.testing.assert_allclose(cloud.vertices, expected)
    np.testing.assert_array_equal(cloud.colors[:, :3], image.reshape(-1, 3))


def test_relative_depth_is_one_at_the_nearest_and_keeps_the_order():
    disparity = np.array([[7.0, 3.0, 5.0]])
    depth = relative_depth(disparity, far_ratio=10)
    np.testing.assert_allclose(depth, [[1, 10, 1 / 0.55]])
    np.testing.assert_allclose(relative_depth(4 * disparity + 1, 10), depth)


def test_the_sky_is_what_is_farthest():
    disparity = np.array([[3.0, 3.01, 3.04], [4, 5, 4.2]])
    np.testing.assert_array_equal(sky_mask(disparity), [[True, True, True], [False] * 3])
    np.testing.assert_array_equal(
        sky_mask(2 * disparity - 1, 0.01), [[True, True, False], [False] * 3]
    )
    with pytest.raises(ValueError, match="constant"):
        sky_mask(np.ones((2, 2)))


def test_what_has_no_shape_is_refused(tmp_path):
    with pytest.raises(ValueError, match="constant"):
        relative_depth(np.ones((2, 2)))
    with pytest.raises(ValueError, match="focal length"):
        write_ply(tmp_path / "p.ply", np.zeros((2, 2, 3), np.uint8), np.ones((2, 2)), 0)
