import numpy as np
import pytest

from dav2 import sensor
from dav2.geometry import intrinsics_from_fov

CAMERA = intrinsics_from_fov(64, 48, 0.6)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def room():
    """A box at 2 m before a slanted wall at 3 to 4 m."""
    depth = np.broadcast_to(np.linspace(3, 4, 64), (48, 64)).copy()
    depth[16:36, 20:44] = 2.0
    return depth


def only_holes(spoiled, depth):
    return ((spoiled == depth) | np.isnan(spoiled)).all()


def test_glass_gives_holes_and_nothing_else_does(rng):
    clear = np.zeros((48, 64), bool)
    clear[:, :32] = True
    spoiled = sensor.lose_clear(room(), clear, rng, share=0.9)
    assert only_holes(spoiled, room())
    assert np.isnan(spoiled[:, :32]).mean() == pytest.approx(0.9, abs=0.03)
    assert not np.isnan(spoiled[:, 32:]).any()


def test_black_is_lost_and_grey_is_kept(rng):
    image = np.full((48, 64, 3), 128, np.uint8)
    image[:, :20] = 0
    spoiled = sensor.lose_dark(room(), image, rng)
    assert np.isnan(spoiled[:, :20]).all()
    np.testing.assert_array_equal(spoiled[:, 20:], room()[:, 20:])


def test_a_blank_wall_cannot_be_matched(rng):
    image = rng.integers(0, 255, (48, 64, 3)).astype(np.uint8)
    image[:, :30] = 200
    spoiled = sensor.lose_flat(room(), image)
    assert np.isnan(spoiled[:, :28]).all()  # windows of five that are blank throughout
    assert not np.isnan(spoiled[:, 32:]).any()


def test_a_wire_vanishes_and_a_wall_does_not():
    depth = room()
    depth[:, 10] = 1.0
    expected = room()
    expected[:, 10] = room()[:, 9]  # the nearer one of the two sides
    spoiled = sensor.lose_thin(depth, 3)
    np.testing.assert_array_equal(spoiled[:, 5:15], expected[:, 5:15])
    np.testing.assert_array_equal(spoiled[:, 20:44], depth[:, 20:44])


@pytest.mark.parametrize("width", [2, 3, 4, 5])
def test_bars_vanish_below_the_width_and_stay_from_it_on(width):
    depth = np.full((20, 40), 4.0)
    depth[:, 10 : 10 + width - 1] = 2.0
    depth[:, 25 : 25 + width] = 2.0
    spoiled = sensor.lose_thin(depth, width)
    assert (spoiled[:, :20] == 4).all()
    np.testing.assert_array_equal(spoiled[:, 20:], depth[:, 20:])


def test_flying_pixels_lie_between_the_two_surfaces(rng):
    depth = np.full((20, 40), 4.0)
    depth[:, :20] = 2.0
    spoiled = sensor.bleed_edges(depth, rng, share=1.0)
    band = slice(19, 21)
    assert ((spoiled[:, band] > 2) & (spoiled[:, band] < 4)).all()
    np.testing.assert_array_equal(np.delete(spoiled, [19, 20], 1), np.delete(depth, [19, 20], 1))
    sky = depth.copy()
    sky[:, 20:] = np.inf
    np.testing.assert_array_equal(sensor.bleed_edges(sky, rng, share=1.0), sky)


def test_depth_comes_in_steps_of_disparity():
    depth = np.array([[1.0, 2.1, 3.9, 9.0, 100.0, np.inf]])
    # Disparity 10 / z in steps of 1: 10, 4.76 -> 5, 2.56 -> 3, 1.11 -> 1, 0.1 -> 0, 0.
    expected = np.array([[1.0, 2.0, 10 / 3, 10.0, np.nan, np.nan]])
    np.testing.assert_allclose(sensor.quantise(depth, 10.0, 1.0), expected)


def test_noise_grows_with_the_square_of_depth(rng):
    near, far = (sensor.add_noise(np.full((300, 300), z), rng, 0.002) for z in (1.0, 4.0))
    assert near.std() == pytest.approx(0.002, rel=0.02)
    assert far.std() == pytest.approx(0.032, rel=0.02)
    assert np.isinf(sensor.add_noise(np.full((2, 2), np.inf), rng, 0.002)).all()


def test_range_ends_where_it_says():
    depth = np.array([[0.5, 0.8, 4.0, 4.1, np.inf, np.nan]])
    expected = np.array([[np.nan, 0.8, 4.0, np.nan, np.nan, np.nan]])
    np.testing.assert_array_equal(sensor.limit_range(depth, 0.8, 4.0), expected)


def test_the_second_camera_misses_a_band_left_of_what_is_near():
    depth = np.full((1, 20), 10.0)
    depth[:, 10:15] = 2.5
    # Disparities 1 and 4: the near bar lies in columns 6 to 10 there, which are columns 7 to 11 of
    # the background here, of which 7 to 9 can be seen. Column 0 would lie in column -1.
    hidden = np.isnan(sensor.hide_from_second_camera(depth, 10.0))[0]
    assert np.flatnonzero(hidden).tolist() == [0, 7, 8, 9]


def test_a_laser_measures_lines_and_shots(rng):
    spoiled = sensor.scan(room(), CAMERA, rng, line_degrees=8, step_degrees=4)
    assert only_holes(spoiled, room())
    hit = ~np.isnan(spoiled)
    pixel = np.degrees(1 / CAMERA["fx"])  # in the middle of the picture
    assert hit.mean() == pytest.approx(pixel**2 / (8 * 4), rel=0.3)
    middle = np.flatnonzero(hit[:, 30:34].any(1))
    assert np.diff(middle).min() >= 8 / pixel * 0.6  # whole rows between the lines are empty


@pytest.mark.parametrize("name", sensor.SENSORS)
def test_presets_repeat_themselves_and_stay_within_their_range(name):
    rng = np.random.default_rng(3)
    image = rng.integers(0, 255, (48, 64, 3)).astype(np.uint8)
    clear = np.zeros((48, 64), bool)
    clear[10:20, 50:60] = True
    depth = room()
    depth[:5] = np.inf
    measure = sensor.SENSORS[name]
    a, b, c = (
        measure(depth, image, CAMERA, clear, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c, equal_nan=True)
    known = ~np.isnan(a)
    assert known.any()
    assert not known[:4].any()  # the sky, but for pixels that took a neighbour's depth
    assert np.isnan(a[clear]).mean() > 0.8
    assert a[known].min() > 1.5
    assert a[known].max() < 6
    assert np.median(np.abs(a - depth)[known]) < 0.2


def test_the_laser_preset_measures_about_a_twentieth(rng):
    camera = intrinsics_from_fov(256, 192, 1.2)
    depth = np.full((192, 256), 5.0)
    nothing = np.zeros((192, 256), bool)
    measured = sensor.lidar(depth, np.zeros((192, 256, 3), np.uint8), camera, nothing, rng)
    assert 0.03 < (~np.isnan(measured)).mean() < 0.07
