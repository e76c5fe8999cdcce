"""Perfect depth, spoiled as real sensors spoil it (V2 section 2: why labels of real sets are noisy).

Each function does one thing to planar depth [H, W] in metres. NaN is a hole: nothing was measured.
The presets at the end put them together. Numbers without a source are ours, chosen so that pictures
look like what such sensors deliver.
"""

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dav2.geometry import Intrinsics, pixel_rays

Rng = np.random.Generator
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


def _windows(values: np.ndarray, size_px: int) -> np.ndarray:
    """Squares around each pixel [H, W, size, size]; the border repeats itself."""
    padded = np.pad(values, (size_px // 2, (size_px - 1) // 2), mode="edge")
    return sliding_window_view(padded, (size_px, size_px))


def _holes(depth: np.ndarray, where: np.ndarray) -> np.ndarray:
    return np.where(where, np.nan, depth)


def lose_clear(depth: np.ndarray, clear: np.ndarray, rng: Rng, share: float = 0.9) -> np.ndarray:
    """Holes on a share of the pixels that are glass or mirrors, bool [H, W]: nothing comes back."""
    return _holes(depth, clear & (rng.random(depth.shape) < share))


def lose_dark(depth: np.ndarray, image: np.ndarray, rng: Rng, below: float = 0.15) -> np.ndarray:
    """Holes where the image, uint8 [H, W, 3], is darker than `below`: certain at black, rare near it."""
    luma = image @ LUMA / 255
    return _holes(depth, rng.random(depth.shape) * below > luma)


def lose_flat(depth: np.ndarray, image: np.ndarray, least: float = 0.006) -> np.ndarray:
    """Holes where the image has no texture to match: 5 x 5 pixels deviate by less than `least`."""
    return _holes(depth, _windows(image @ LUMA / 255, 5).std((-1, -2)) < least)


def lose_thin(depth: np.ndarray, width_px: int = 3, ratio: float = 1.05) -> np.ndarray:
    """What is narrower than `width_px` takes the depth behind it: a morphological opening.

    Slanted planes stay: only where the opening is `ratio` times as far away is it believed.
    """
    eroded = _windows(depth, width_px).max((-1, -2))
    flipped = eroded[::-1, ::-1]  # the second window mirrors the first, for even widths
    opened = _windows(flipped, width_px).min((-1, -2))[::-1, ::-1]
    return np.where(opened > ratio * depth, opened, depth)


def bleed_edges(
    depth: np.ndarray, rng: Rng, share: float = 0.7, ratio: float = 1.1, reach_px: int = 1
) -> np.ndarray:
    """Flying pixels: on a share of the outlines, depth lies anywhere between the two surfaces.

    An outline is where depths within `reach_px` differ by more than `ratio`. Sky takes no part.
    """
    around = _windows(depth, 2 * reach_px + 1)
    known = np.isfinite(around)
    near = np.where(known, around, np.inf).min((-1, -2))
    far = np.where(known, around, -np.inf).max((-1, -2))
    flying = np.isfinite(depth) & (far > ratio * near) & (rng.random(depth.shape) < share)
    where = rng.random(depth.shape)
    return np.where(flying, np.where(flying, near, 0) * (1 - where) + far * where, depth)


def quantise(depth: np.ndarray, focal_baseline: float, step_px: float) -> np.ndarray:
    """Depth from disparity in whole steps; `focal_baseline` in px m. Below half a step: a hole."""
    steps = np.round(focal_baseline / depth / step_px)
    return np.where(steps > 0, focal_baseline / (np.maximum(steps, 1) * step_px), np.nan)


def add_noise(depth: np.ndarray, rng: Rng, per_m: float) -> np.ndarray:
    """Normal noise whose standard deviation is `per_m` z^2, as of everything that triangulates."""
    finite = np.where(np.isfinite(depth), depth, 0)
    noisy = depth + rng.normal(size=depth.shape) * per_m * finite**2
    return np.where(noisy > 0, noisy, np.nan)


def limit_range(depth: np.ndarray, nearest_m: float, farthest_m: float) -> np.ndarray:
    """Holes outside the sensor's range, and in the sky."""
    return _holes(depth, ~((depth >= nearest_m) & (depth <= farthest_m)))


def hide_from_second_camera(depth: np.ndarray, focal_baseline: float) -> np.ndarray:
    """Holes where the right camera of a stereo pair sees something nearer, or its picture ends.

    A pixel of column x lies in column x - disparity there. It is hidden if one to its right comes to
    lie on it or beyond it: a band at the left side of what is near.
    """
    columns = np.arange(depth.shape[1])
    there = columns - focal_baseline / depth
    least = np.minimum.accumulate(there[:, ::-1], axis=1)[:, ::-1]
    to_the_right = np.pad(least[:, 1:], ((0, 0), (0, 1)), constant_values=np.inf)
    return _holes(depth, (to_the_right <= there) | (there < 0))


def scan(
    depth: np.ndarray, intrinsics: Intrinsics, rng: Rng, line_degrees: float, step_degrees: float
) -> np.ndarray:
    """A turning laser: only pixels that hold one of its rays are measured.

    Args:
        line_degrees: between scan lines, in elevation.
        step_degrees: between the shots of a line, in azimuth.
    """
    rays = pixel_rays(intrinsics, *depth.shape)
    azimuth = np.arctan(rays[..., 0])
    elevation = np.arctan(rays[..., 1] / np.hypot(rays[..., 0], 1))
    hit = np.ones(depth.shape, bool)
    for angle, axis, degrees in ((elevation, 0, line_degrees), (azimuth, 1, step_degrees)):
        count = np.floor(angle / np.radians(degrees) + rng.random())
        edge = [(1, 0) if a == axis else (0, 0) for a in range(2)]
        hit &= np.diff(np.pad(count, edge, mode="edge"), axis=axis) != 0
    return _holes(depth, ~hit)


def kinect(
    depth: np.ndarray, image: np.ndarray, intrinsics: Intrinsics, clear: np.ndarray, rng: Rng
) -> np.ndarray:
    """Structured light in rooms, as the first Kinect.

    0.8 to 4 m (Microsoft's default range); focal length 580 px, baseline 7.5 cm, disparity in
    eighths of a pixel, noise of 4 cm at 5 m (Khoshelham and Elberink 2012). The rest is ours.
    """
    depth = bleed_edges(lose_thin(depth), rng)
    depth = quantise(add_noise(depth, rng, 0.04 / 5**2), 580 * 0.075, 1 / 8)
    depth = lose_dark(limit_range(depth, 0.8, 4.0), image, rng)
    return lose_clear(depth, clear, rng)


def stereo(
    depth: np.ndarray, image: np.ndarray, intrinsics: Intrinsics, clear: np.ndarray, rng: Rng
) -> np.ndarray:
    """Two cameras, 12 cm apart, whose matches err by a quarter of a pixel (both ours)."""
    focal_baseline = intrinsics["fx"] * 0.12
    measured = bleed_edges(lose_thin(depth, 4), rng, reach_px=2)
    measured = add_noise(measured, rng, 0.25 / focal_baseline)
    measured = limit_range(measured, 0.3, focal_baseline)  # disparity of a pixel at least
    hidden = np.isnan(hide_from_second_camera(depth, focal_baseline))
    return lose_clear(lose_flat(_holes(measured, hidden), image), clear, rng)


def lidar(
    depth: np.ndarray, image: np.ndarray, intrinsics: Intrinsics, clear: np.ndarray, rng: Rng
) -> np.ndarray:
    """A turning laser to 120 m (Velodyne HDL-64E), its lines thinned to about 5 % of the pixels.

    Noise of 2 cm at any distance (its data sheet: below 2 cm).
    """
    measured = bleed_edges(depth, rng, share=0.3)
    measured = np.maximum(measured + rng.normal(0, 0.02, depth.shape), 1e-3)
    measured = limit_range(measured, 0.9, 120.0)
    pixel = np.degrees(1 / intrinsics["fx"])
    measured = scan(measured, intrinsics, rng, 8 * pixel, 2.5 * pixel)
    return lose_clear(measured, clear, rng)


SENSORS: dict[str, Callable[..., np.ndarray]] = {"kinect": kinect, "stereo": stereo, "lidar": lidar}
