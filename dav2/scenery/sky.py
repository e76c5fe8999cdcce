"""Skies as radiance maps float32 [ROWS, COLUMNS, 3], zenith first: air, sun glow, layers of clouds."""

import numpy as np

from dav2.scenery.chance import Rng, some, span
from dav2.scenery.textures import noise
from dav2.scenery.textures.colours import lit, mix

ROWS, COLUMNS = 128, 256  # one size for all: see `loading`


def directions() -> np.ndarray:
    """Give the unit vector [ROWS, COLUMNS, 3] towards each texel."""
    theta = (np.arange(ROWS) + 0.5)[:, None] / ROWS * np.pi
    phi = np.pi / 2 - 2 * np.pi * (np.arange(COLUMNS) + 0.5) / COLUMNS
    x, y = np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi)
    return np.stack([x, y, np.broadcast_to(np.cos(theta), x.shape)], -1)


_TOWARDS = directions()
_HEIGHT = np.clip(_TOWARDS[..., 2], 0, 1)


def texel(direction: np.ndarray) -> tuple[int, int]:
    """Find the row and column of the texel in a direction above the horizon."""
    theta = np.arccos(np.clip(direction[2] / np.linalg.norm(direction), -1, 1))
    turn = (np.pi / 2 - np.arctan2(direction[1], direction[0])) / (2 * np.pi)
    return int(np.clip(theta / np.pi * ROWS, 0, ROWS // 2 - 1)), int(turn % 1 * COLUMNS) % COLUMNS


def _lookup(tile: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Read a tileable map at coordinates [..., 2] in tiles, between its texels linearly."""
    corner, share = np.divmod(at * len(tile), 1)
    total = np.zeros(at.shape[:-1])
    for step in np.ndindex(2, 2):
        column, row = np.moveaxis((corner.astype(int) + step) % len(tile), -1, 0)
        total += tile[row, column] * np.abs(1 - np.array(step) - share).prod(-1)
    return total


def _clouds(rng: Rng, sun: np.ndarray, cover: float) -> tuple[np.ndarray, np.ndarray]:
    """Make a flat layer, dense at the horizon: its opacity and brightness [ROWS, COLUMNS]."""
    scale, wind, persistence, sharpness = span(rng, (0.06, 0.22), (1, 3), (0.45, 0.65), (3, 9))
    at = _TOWARDS[..., :2] / (_HEIGHT[..., None] + 0.06) * scale * [wind, 1] + rng.uniform(0, 1, 2)
    tile = noise(rng, some(rng, 3, 5), 6, persistence)
    tile = tile - np.quantile(tile, 1 - cover)
    ahead = 0.02 * sun[:2] / (np.linalg.norm(sun[:2]) + 1e-6)
    here, before = (np.clip(_lookup(tile, a) * sharpness, 0, 1) for a in (at, at + ahead))
    rim = np.clip(_TOWARDS @ sun, 0, 1) ** 12 * (1 - here)
    bright = np.clip(0.75 - 0.35 * here + 0.5 * (here - before), 0.2, 1.2) + 0.8 * rim
    return here * np.minimum(_HEIGHT * 12, 1), bright


def day(rng: Rng, cover: float, sun: np.ndarray) -> np.ndarray:
    """Make a sky by day or at dusk: clouds hide a share of it, `sun` is the unit vector there."""
    if cover > 0.9:
        return overcast(rng)
    facing = np.clip(_TOWARDS @ sun, 0, 1)
    low = float(np.clip(1 - sun[2] / 0.35, 0, 1))  # 1: the sun stands on the horizon
    zenith = np.array([0.09, 0.22, 0.66]) * rng.uniform(0.6, 1.3) * (1 - 0.5 * low)
    horizon = np.array([0.42, 0.6, 0.92]) * rng.uniform(0.7, 1.15) * (1 - 0.4 * low)
    dusk = np.array([1.25, *span(rng, (0.45, 0.75), (0.15, 0.4))]) * low
    glow = np.array([1, 0.9 - 0.3 * low, 0.75 - 0.5 * low])
    air = np.exp(-_HEIGHT * rng.uniform(2.5, 6))  # 1 at the horizon, little above
    sky = mix(air, zenith, horizon) + lit(dusk, air**1.5 * (0.25 + 0.75 * facing))
    sky = sky + lit(glow, 0.25 * facing**8 + 0.8 * facing**64)
    if cover > 0.03:
        light = (1 - low) * np.array([1.0, 1.0, 1.02]) + low * np.array([1.1, 0.7, 0.5])
        for _ in range(some(rng, 1, 3)):
            opacity, bright = _clouds(rng, sun, cover * rng.uniform(0.4, 1))
            sky = mix(opacity, sky, lit(light, bright))
        sky = mix(np.exp(-_HEIGHT * 25) * rng.uniform(0.2, 0.8), sky, horizon)
    return _grounded(sky)


def overcast(rng: Rng) -> np.ndarray:
    """Close the cover, with structure, three times as bright above as at the horizon (CIE overcast)."""
    at = _TOWARDS[..., :2] / (_HEIGHT[..., None] + 0.15) * rng.uniform(0.1, 0.4)
    folds = 1 + rng.uniform(0.2, 0.9) * (_lookup(noise(rng, 3, 6, 0.55), at) - 0.5)
    grey = rng.uniform(0.5, 0.8) * (1 + 2 * _HEIGHT) / 3 * folds
    return _grounded(lit(np.array([0.96, 1.0, 1.06]) ** rng.uniform(0, 1.5), grey))


def night(rng: Rng) -> np.ndarray:
    """Make a dim and bluish sky with the glow of a town at the horizon."""
    glow = np.exp(-_HEIGHT * rng.uniform(3, 8)) * rng.uniform(0.002, 0.015)
    blue = np.array([0.003, 0.005, 0.012]) * rng.uniform(0.5, 2)
    return _grounded(blue + lit(np.array([1.0, *span(rng, (0.6, 0.95), (0.4, 1.0))]), glow))


def _grounded(sky: np.ndarray) -> np.ndarray:
    """Let what lies below the horizon reflect a little of what is above it."""
    below = _TOWARDS[..., 2] <= 0
    earth = np.array([0.28, 0.25, 0.21]) * sky[~below].mean(0)
    return mix(below, sky, earth).astype(np.float32)
