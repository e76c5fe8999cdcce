"""What keeps a video of disparity from flickering, on arrays."""

import numpy as np
import pytest

from dav2.infer.steady import align_to_previous, smooth_static, static_pixels, steady, survey
from tests.helpers.video import HEIGHT, WIDTH, backdrop, moving_square, plane


def least_squares(disparity, previous, static):
    """The mutant that `align_to_previous` must not be."""
    scale, shift = np.polyfit(disparity[static], previous[static], 1)
    return (disparity * scale + shift).astype(np.float32)


@pytest.mark.parametrize(("function", "keeps"), [(align_to_previous, True), (least_squares, False)])
def test_the_contrast_survives_hundreds_of_noisy_frames(function, keeps):
    rng = np.random.default_rng(0)
    first = previous = plane()
    for _ in range(500):
        noisy = plane() + rng.normal(0, 0.03, plane().shape)
        disparity = noisy * rng.uniform(0.5, 2) + rng.uniform(-1, 1)
        static = rng.random(first.shape) < 0.7
        previous = function(disparity.astype(np.float32), previous, static)
    kept = np.abs(previous - np.median(previous)).mean() / np.abs(first - np.median(first)).mean()
    assert (0.9 < kept < 1.1) if keeps else (kept < 0.5)


def test_alignment_undoes_scale_and_shift_and_looks_at_static_pixels_only():
    moved = plane()
    moved[:10] += 30
    static = np.ones((HEIGHT, WIDTH), dtype=bool)
    static[:10] = False
    aligned = align_to_previous(moved * 3 - 7, plane(), static)
    np.testing.assert_allclose(aligned, moved, rtol=1e-4)


@pytest.mark.parametrize("constant", ["disparity", "previous", "both"])
def test_a_constant_map_is_shifted_only(constant):
    flat, everywhere = np.full((HEIGHT, WIDTH), 3.3, np.float32), np.ones((HEIGHT, WIDTH), bool)
    disparity = plane() if constant == "previous" else flat
    previous = plane() if constant == "disparity" else flat * 2
    aligned = align_to_previous(disparity, previous, everywhere)
    expected = disparity - np.median(disparity) + np.median(previous)
    np.testing.assert_allclose(aligned, expected, rtol=1e-6)


def test_smoothing_averages_what_rests_and_leaves_what_moves():
    now, before = np.full((2, 2), 1.0, np.float32), np.full((2, 2), 5.0, np.float32)
    static = np.array([[True, False], [True, False]])
    np.testing.assert_array_equal(smooth_static(now, before, static, 0.75), [[4, 1], [4, 1]])
    np.testing.assert_array_equal(smooth_static(now, before, static, 0), now)


def test_static_pixels_forgive_noise_but_no_motion():
    still = np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
    moved = still.copy()
    moved[0, 0] = 106
    moved[1, 1, 2] = 80
    static = static_pixels(moved, still)
    assert static.dtype == bool
    assert static[0, 0]
    assert not static[1, 1]
    np.testing.assert_array_equal(static, static_pixels(still, moved))


def test_a_moving_square_leaves_no_ghost():
    images = moving_square(12)
    maps = [np.where(image[..., 0] == 255, 9, plane()).astype(np.float32) for image in images]
    noise = np.random.default_rng(0).normal(0, 0.05, (12, HEIGHT, WIDTH)).astype(np.float32)
    noisy = [disparity + grain for disparity, grain in zip(maps, noise, strict=True)]
    results = [disparity for _, disparity, _ in steady(zip(images, noisy, strict=True), 0.8)]
    passed = (slice(20, 28), slice(3, 3 * 11))
    assert np.abs(results[-1] - maps[-1])[passed].max() < 0.3, "the square was 9, the plane is 3"
    still = (slice(32, None), slice(None))
    grain_left = np.std(results[-1][still] - maps[-1][still]) / np.std(noise[-1][still])
    assert grain_left < 0.5, "what rests is smoother"


def test_smoothing_takes_no_contrast():
    rng = np.random.default_rng(0)
    image = backdrop()
    pairs = ((image, plane() + rng.normal(0, 0.1, (HEIGHT, WIDTH))) for _ in range(300))
    last = [disparity for _, disparity, _ in steady(pairs, smooth=0.9)][-1]
    scale, _ = np.polyfit(plane().ravel(), last.ravel(), 1)
    assert 0.9 < scale < 1.1


def test_a_frame_after_a_cut_starts_anew():
    images = [backdrop(0), backdrop(0), 255 - backdrop(3), 255 - backdrop(3)]
    maps = [plane(), plane() * 2, plane() * 5 + 40, plane()]
    results = list(steady(zip(images, maps, strict=True), smooth=0.5))
    assert [cut for _, _, cut in results] == [False, False, True, False]
    np.testing.assert_allclose(results[1][1], plane(), rtol=1e-5)
    np.testing.assert_array_equal(results[2][1], plane() * 5 + 40)
    np.testing.assert_allclose(results[3][1], plane() * 5 + 40, rtol=1e-5)


def test_the_range_forgets_outliers_and_spans_all_frames():
    low, high = np.zeros((HEIGHT, WIDTH)), np.full((HEIGHT, WIDTH), 10.0)
    high[0, 0] = 1e6
    assert survey([(None, low, False), (None, high, True)], 500) == (0, 10, 1)


def test_the_range_is_that_of_the_whole_map():
    rows = np.repeat(np.linspace(0, 1, HEIGHT)[:, None], WIDTH, axis=1)
    low, high, _ = survey([(None, rows, False)], 500)
    assert low < 0.05
    assert high > 0.95
