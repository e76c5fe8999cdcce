"""Maps of a video that hold still where the world does: aligned in scale and shift, and smoothed."""

from collections.abc import Iterable, Iterator

import numpy as np

STATIC_LEVELS = 8  # of 255: what noise and compression change in a pixel at rest
MIN_STATIC = 0.1  # of the pixels; two unrelated photos share up to 0.06, a pan by 8 px keeps 0.25
RANGE_QUANTILES = (0.01, 0.99)  # of all maps: what the colours span
FLAT = 1e-6  # deviation below this part of the values is rounding


def static_pixels(image: np.ndarray, previous: np.ndarray) -> np.ndarray:
    """Mark where two pictures uint8 [H, W, 3] hardly differ, bool [H, W]."""
    change = np.maximum(image, previous) - np.minimum(image, previous)  # uint8 has no sign
    return change.max(axis=2) <= STATIC_LEVELS


def _median_and_deviation(values: np.ndarray) -> tuple[float, float]:
    median = float(np.median(values))
    return median, float(np.abs(values - median).mean(dtype=np.float64))


def align_to_previous(
    disparity: np.ndarray, previous: np.ndarray, static: np.ndarray
) -> np.ndarray:
    """Give `disparity` the median and mean absolute deviation of `previous` on static pixels.

    These are the shift and scale of Depth Anything, arXiv 2401.10891, eq. 2-3. Where either map
    is constant on the static pixels, it is shifted only.

    Args:
        disparity: float32 [H, W], in any scale > 0 and any shift.
        previous: [H, W], the map before it, already aligned.
        static: bool [H, W], at least one True.
    """
    # Not least squares: noise in the map that is scaled (never in the other) shrinks its scale a
    # little every time, and over hundreds of frames the contrast fades away.
    median, deviation = _median_and_deviation(disparity[static])
    target, target_deviation = _median_and_deviation(previous[static])
    flat = min(deviation, target_deviation) <= FLAT * max(abs(median), abs(target))
    scale = 1.0 if flat else target_deviation / deviation
    return ((disparity - median) * scale + target).astype(np.float32)


def smooth_static(
    disparity: np.ndarray, smoothed: np.ndarray, static: np.ndarray, smooth: float
) -> np.ndarray:
    """Average maps [H, W] exponentially over time where nothing moves; keep `disparity` elsewhere.

    Args:
        smoothed: what this function returned for the frame before.
        static: bool [H, W].
        smooth: weight of the past, 0 (none) to below 1.
    """
    return np.where(static, smooth * smoothed + (1 - smooth) * disparity, disparity)


def steady(
    frames: Iterable[tuple[np.ndarray, np.ndarray]], smooth: float = 0.0
) -> Iterator[tuple[np.ndarray, np.ndarray, bool]]:
    """Bring each map to the scale and shift of the one before it, then smooth over time.

    After a cut, where hardly any pixel is static, a map stays as it is.

    Args:
        frames: (uint8 RGB [H, W, 3], disparity float32 [H, W]) in order of time.

    Yields:
        The picture, its steady disparity float32 [H, W], and whether it begins a new scene.
    """
    last: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None  # picture, aligned, smoothed
    for image, disparity in frames:
        smoothed, cut = disparity, False
        if last is not None:
            last_image, aligned, last_smoothed = last
            static = static_pixels(image, last_image)
            cut = bool(static.mean() < MIN_STATIC)
            if not cut:
                # Towards the map before smoothing: smoothing takes noise away and with it
                # deviation, which alignment would then take from the signal.
                disparity = align_to_previous(disparity, aligned, static)
                smoothed = smooth_static(disparity, last_smoothed, static, smooth)
        last = image, disparity, smoothed
        yield image, smoothed, cut


def survey(
    frames: Iterable[tuple[np.ndarray, np.ndarray, bool]], samples_per_frame: int
) -> tuple[float, float, int]:
    """Find robust lowest and highest disparity of what `steady` yields, and its number of cuts.

    The range comes from at most `samples_per_frame` random pixels of each map.
    """
    rng, samples, cuts = np.random.default_rng(0), [], 0
    for _, disparity, cut in frames:
        values = disparity.ravel()
        if len(values) > samples_per_frame:
            values = values[rng.integers(0, len(values), samples_per_frame)]
        samples.append(values.copy())  # a view would keep the whole map alive
        cuts += cut
    low, high = np.quantile(np.concatenate(samples), RANGE_QUANTILES)
    return float(low), float(high), cuts
