"""Textures that grow, weather or lie on the ground: `(rng, tint) -> [256, 256, 3]` in 0..1."""

import numpy as np

from dav2.scenery.chance import Rng, chance, some
from dav2.scenery.textures.colours import Pair, bond, cells, colour, grid, lit, mix, noise, wave


def plain(rng: Rng, tint: np.ndarray) -> np.ndarray:
    return mix(noise(rng, 3, 4), tint, tint * 0.88)


def mottled(rng: Rng, tint: np.ndarray) -> np.ndarray:
    field = noise(rng, some(rng, 2, 11), 6, 0.6)
    return mix(field, tint, tint * rng.uniform(0.4, 0.9) + rng.normal(0, 0.05, 3))


def wood(rng: Rng, tint: np.ndarray) -> np.ndarray:
    rings = wave(noise(rng, 2, 5, 0.6, (1, 6)) * rng.uniform(3, 9) + grid()[0] * some(rng, 1, 3))
    return mix(0.6 * rings + 0.4 * noise(rng, 4, 5, 0.7, (0.5, 16)), tint, tint * 0.55)


def marble(rng: Rng, tint: np.ndarray) -> np.ndarray:
    veins = grid()[0] * 2 + noise(rng, 3, 6, 0.6) * rng.uniform(1, 4)
    return mix(np.abs(np.sin(veins * np.pi)) ** 0.5, tint * 0.5, tint * 1.2)


def grass(rng: Rng, tint: np.ndarray) -> np.ndarray:
    blades = 0.5 * noise(rng, 3, 4) + 0.5 * noise(rng, 32, 3, 0.8)
    return mix(blades, tint * 0.45, tint * 1.35 + [0.06, 0.03, 0])


def rock(rng: Rng, tint: np.ndarray) -> np.ndarray:
    return mix(noise(rng, 4, 7, 0.72), tint * 0.35, tint * 1.2)


def spots(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Coats of animals: blotches or bands of a second colour."""
    field = noise(rng, some(rng, 3, 8), 3, 0.4)
    if chance(rng, 0.4):
        field = wave(grid()[1] * some(rng, 3, 8) + 0.4 * noise(rng, 4, 3))
    patch = np.clip((field - rng.uniform(0.45, 0.65)) * 12, 0, 1)
    second = colour(rng, "dark" if chance(rng, 0.6) else "fur")
    return lit(mix(patch, tint, second), 0.8 + 0.3 * noise(rng, 16, 4, 0.8))


def bark(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Ridges along y with dark furrows between."""
    ridges = np.abs(np.sin(noise(rng, 3, 4, 0.6, (1, 5)) * 5 * np.pi))
    return lit(tint, np.minimum(0.3 + 1.12 * ridges, 1) * (0.7 + 0.4 * noise(rng, 16, 4, 0.8)))


def _stones(
    rng: Rng, tint: np.ndarray, count: tuple[int, int], tones: Pair, edge: float,
    joint: float = 0.2, dome: float = 0.0, rough: float = 0.0,
) -> np.ndarray:  # fmt: skip
    """Cells with a tone each, as dark as `joint` where they meet, each a dome."""
    name, near, gap = cells(rng, some(rng, *count))
    tone = rng.uniform(*tones, name.max() + 1)[name] * np.clip(gap * edge, joint, 1)
    grain = 1 + rough * (noise(rng, 12, 4, 0.7) - 0.7)
    return lit(tint, tone * grain * (1 + dome * (0.2 - near)))


def leaves(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Foliage or fallen leaves: cells of many hues, dark where they overlap."""
    name, near, gap = cells(rng, some(rng, 8, 17))
    hues = tint * rng.uniform(0.5, 1.5, (name.max() + 1, 1)) + rng.normal(0, 0.06, 3)
    return lit(hues[name], np.clip(gap * 4, 0.15, 1) * (1.05 - 0.5 * near))


def gravel(rng: Rng, tint: np.ndarray) -> np.ndarray:
    return _stones(rng, tint, (12, 27), (0.55, 1.2), 3, dome=0.5)


def cobbles(rng: Rng, tint: np.ndarray) -> np.ndarray:
    return _stones(rng, tint, (5, 9), (0.65, 1.1), 5, dome=0.4, rough=0.3)


def cracked(rng: Rng, tint: np.ndarray) -> np.ndarray:  # dried mud or old glaze
    return _stones(rng, tint, (4, 10), (0.85, 1.05), rng.uniform(6, 14), 0.25, rough=0.25)


def sand(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Ripples of wind or water, and grains."""
    ripple = wave(grid()[1] * some(rng, 4, 13) + noise(rng, 3, 3) * 2)
    weight = rng.uniform(0.1, 0.5) * ripple + 0.4 * noise(rng, 32, 4, 0.9)
    return mix(weight, tint * 0.7, tint * 1.1)


def snow(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Nearly white, bluish in the hollows, whatever the tint."""
    white, hollow = np.array([0.97, 0.98, 1.0]), np.array([0.75, 0.82, 0.92])
    return mix(noise(rng, 4, 6, 0.6), white, hollow) * (0.97 + 0.03 * tint)


def asphalt(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Dark grains and patches; the tint only shades it."""
    grains = (0.1 + 0.15 * tint.mean()) * (0.6 + 0.8 * noise(rng, 32, 4, 0.9))
    return lit(np.ones(3), grains * np.where(noise(rng, 2, 3) > 0.7, 0.75, 1))


def concrete(rng: Rng, tint: np.ndarray) -> np.ndarray:
    stain = (0.35 + 0.35 * tint.mean()) * (0.75 + 0.35 * noise(rng, 3, 6, 0.65))
    return lit(np.array([1, 1, 0.97]), stain * np.where(noise(rng, 64, 2) > 0.9, 0.7, 1))


def rust(rng: Rng, tint: np.ndarray) -> np.ndarray:
    eaten = np.clip((noise(rng, 3, 6, 0.7) - rng.uniform(0.3, 0.6)) * 8, 0, 1)
    return mix(eaten, tint, lit(colour(rng, "rust"), 0.6 + 0.7 * noise(rng, 12, 5, 0.8)))


def peeling(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Paint that flakes off another colour, with dark edges."""
    flake = noise(rng, 3, 6, 0.6) - rng.uniform(0.5, 0.7)
    below = lit(colour(rng, "stone"), 0.7 + 0.4 * noise(rng, 8, 5, 0.7))
    return lit(mix(flake > 0, tint, below), np.where(np.abs(flake) < 0.012, 0.45, 1))


def scales(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Overlapping rounds in rows: fish, reptiles, roof tiles."""
    _, _, x, y = bond(2 * some(rng, 4, 9), shift=0.5)
    rim = np.hypot(x, 0.6 * (y + 0.5))
    shade = np.where(rim > 0.52, 0.45, 1.1 - 0.7 * rim)
    return lit(tint, shade * (0.8 + 0.3 * noise(rng, 4, 4)))
