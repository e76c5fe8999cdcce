"""Pinhole geometry: depth, disparity, rays and points. Arrays are numpy, pixel centres at +0.5."""

from typing import TypedDict

import numpy as np


class Intrinsics(TypedDict):
    """A pinhole camera, in pixels."""

    fx: float
    fy: float
    cx: float
    cy: float


def intrinsics_from_fov(width: int, height: int, horizontal_fov: float) -> Intrinsics:
    """Intrinsics of square pixels for a horizontal field of view in radians."""
    focal = width / 2 / np.tan(horizontal_fov / 2)
    return Intrinsics(fx=float(focal), fy=float(focal), cx=width / 2, cy=height / 2)


def disparity_from_depth(depth: np.ndarray) -> np.ndarray:
    """Inverse depth, 1/m; infinite depth (sky) gives 0, NaN stays NaN.

    Raises:
        ValueError: a depth is zero or negative.
    """
    if np.any(depth <= 0):
        raise ValueError("depth must be positive; mark missing depth with NaN")
    return (1.0 / depth).astype(np.float32)


def pixel_rays(intrinsics: Intrinsics, height: int, width: int) -> np.ndarray:
    """Viewing rays [H, W, 3] through pixel centres, x right, y down, scaled to z = 1."""
    x = (np.arange(width) + 0.5 - intrinsics["cx"]) / intrinsics["fx"]
    y = (np.arange(height) + 0.5 - intrinsics["cy"]) / intrinsics["fy"]
    grid_x, grid_y = np.meshgrid(x, y)
    return np.stack([grid_x, grid_y, np.ones_like(grid_x)], axis=-1)


def planar_from_distance(distance: np.ndarray, intrinsics: Intrinsics) -> np.ndarray:
    """Planar depth z from distances along the ray: z = distance / |ray with z = 1|."""
    rays = pixel_rays(intrinsics, *distance.shape)
    return distance / np.linalg.norm(rays, axis=-1)


def unproject(depth: np.ndarray, intrinsics: Intrinsics) -> np.ndarray:
    """Points [H, W, 3] in metres from planar depth [H, W]."""
    return pixel_rays(intrinsics, *depth.shape) * depth[..., None]
