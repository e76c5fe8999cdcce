"""Skies as radiance maps float32 [ROWS, COLUMNS, 3], zenith first: air, sun glow, layers of clouds."""

import numpy as np

from dav2.scenery.textures import noise

ROWS, COLUMNS = 128, 256  # one size for all: see `loading`
Rng = np.random.Generator


def directions() -> np.ndarray:
    """The unit vector [ROWS, COLUMNS, 3] towards each texel."""
    theta = (np.arange(ROWS) + 0.5)[:, None] / ROWS * np.pi
    phi = np.pi / 2 - 2 * np.pi * (np.arange(COLUMNS) + 0.5)[None] / COLUMNS
    return np.stack(
        [np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta) + 0 * phi], -1
    )


def texel(direction: np.ndarray) -> tuple[int, int]:
    """Row and column of the texel in a direction above the horizon."""
    theta = np.arccos(np.clip(direction[2] / np.linalg.norm(direction), -1, 1))
    turn = (np.pi / 2 - np.arctan2(direction[1], direction[0])) / (2 * np.pi)
    return int(np.clip(theta / np.pi * ROWS, 0, ROWS // 2 - 1)), int(turn % 1 * COLUMNS) % COLUMNS


def _lookup(tile: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A tileable map at coordinates in tiles, between its texels linearly."""
    size = len(tile)
    x, y = x * size, y * size
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    a, b = x - left, y - top
    x0, x1, y0, y1 = left % size, (left + 1) % size, top % size, (top + 1) % size
    return (tile[y0, x0] * (1 - a) + tile[y0, x1] * a) * (1 - b) + (
        tile[y1, x0] * (1 - a) + tile[y1, x1] * a
    ) * b


def _clouds(
    rng: Rng, sky: np.ndarray, towards: np.ndarray, sun: np.ndarray, cover: float, light: np.ndarray
) -> np.ndarray:
    """One flat layer over the sky: perspective makes it dense at the horizon; sunlit on one side."""
    rise = np.maximum(towards[..., 2], 0) + 0.06
    scale = rng.uniform(0.06, 0.22)
    shift = rng.uniform(0, 1, 2)
    wind = rng.uniform(1, 3)
    x, y = (towards[..., k] / rise * scale * (wind, 1)[k] + shift[k] for k in range(2))
    tile = noise(rng, int(rng.integers(3, 6)), 6, rng.uniform(0.45, 0.65))
    threshold = np.quantile(tile, 1 - cover)
    sharpness = rng.uniform(3, 9)

    def thickness(dx: float, dy: float) -> np.ndarray:
        return np.clip((_lookup(tile, x + dx, y + dy) - threshold) * sharpness, 0, 1)

    here = thickness(0, 0)
    before = thickness(*(0.02 * sun[:2] / (np.linalg.norm(sun[:2]) + 1e-6)))
    lit = np.clip(0.75 - 0.35 * here + 0.5 * (here - before), 0.2, 1.2)[..., None]
    rim = np.clip(towards @ sun, 0, 1)[..., None] ** 12 * (1 - here[..., None])
    opacity = (here * np.clip(towards[..., 2] * 12, 0, 1))[..., None]
    return sky * (1 - opacity) + opacity * light * (lit + 0.8 * rim)


def day(rng: Rng, cover: float, sun: np.ndarray) -> np.ndarray:
    """A sky by day or at dusk.

    Args:
        cover: share of the sky that clouds hide, 0 to 1.
        sun: unit vector towards the sun.
    """
    towards = directions()
    height = np.clip(towards[..., 2], 0, 1)[..., None]
    facing = np.clip(towards @ sun, 0, 1)[..., None]
    low = float(np.clip(1 - sun[2] / 0.35, 0, 1))  # 1: the sun stands on the horizon
    zenith = np.array([0.09, 0.22, 0.66]) * rng.uniform(0.6, 1.3) * (1 - 0.5 * low)
    horizon = np.array([0.42, 0.6, 0.92]) * rng.uniform(0.7, 1.15) * (1 - 0.4 * low)
    dusk = np.array([1.25, rng.uniform(0.45, 0.75), rng.uniform(0.15, 0.4)]) * low
    air = np.exp(-height * rng.uniform(2.5, 6))  # 1 at the horizon, little above
    sky = zenith * (1 - air) + horizon * air
    sky = sky + dusk * air**1.5 * (0.25 + 0.75 * facing)
    sky = sky + np.array([1, 0.9 - 0.3 * low, 0.75 - 0.5 * low]) * (
        0.25 * facing**8 + 0.8 * facing**64
    )
    light = (1 - low) * np.array([1.0, 1.0, 1.02]) + low * np.array([1.1, 0.7, 0.5])
    if cover > 0.9:
        sky = overcast(rng)
    elif cover > 0.03:
        for _ in range(int(rng.integers(1, 4))):
            sky = _clouds(rng, sky, towards, sun, cover * rng.uniform(0.4, 1), light)
        haze = np.exp(-height * 25) * rng.uniform(0.2, 0.8)
        sky = sky * (1 - haze) + haze * horizon
    return _grounded(sky)


def overcast(rng: Rng) -> np.ndarray:
    """A closed cover with structure, three times as bright above as at the horizon (CIE overcast)."""
    towards = directions()
    up = np.clip(towards[..., 2], 0, 1)
    rise, scale = np.maximum(up, 0) + 0.15, rng.uniform(0.1, 0.4)
    tile = noise(rng, 3, 6, 0.55)
    folds = _lookup(tile, towards[..., 0] / rise * scale, towards[..., 1] / rise * scale)
    grey = rng.uniform(0.5, 0.8) * (1 + 2 * up) / 3 * (1 + rng.uniform(0.2, 0.9) * (folds - 0.5))
    tint = np.array([0.96, 1.0, 1.06]) ** rng.uniform(0, 1.5)
    return _grounded(grey[..., None] * tint)


def night(rng: Rng) -> np.ndarray:
    """Dim and bluish, with the glow of a town at the horizon."""
    towards = directions()
    height = np.clip(towards[..., 2], 0, 1)[..., None]
    glow = np.exp(-height * rng.uniform(3, 8)) * rng.uniform(0.002, 0.015)
    blue = np.array([0.003, 0.005, 0.012]) * rng.uniform(0.5, 2)
    town = np.array([1.0, rng.uniform(0.6, 0.95), rng.uniform(0.4, 1.0)])
    return _grounded(blue + glow * town)


def _grounded(sky: np.ndarray) -> np.ndarray:
    """What lies below the horizon reflects a little of what is above it."""
    below = directions()[..., 2] <= 0
    earth = np.array([0.28, 0.25, 0.21]) * sky[~below].mean(0)
    return np.where(below[..., None], earth, sky).astype(np.float32)
