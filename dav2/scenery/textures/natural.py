"""Textures that grow, weather or lie on the ground: `(rng, tint) -> [256, 256, 3]` in 0..1."""

import numpy as np

from dav2.scenery.textures.colours import SIZE, cells, colour, grid, mix, noise

Rng = np.random.Generator


def plain(rng: Rng, tint: np.ndarray) -> np.ndarray:
    return mix(noise(rng, 3, 4), tint, tint * 0.88)


def mottled(rng: Rng, tint: np.ndarray) -> np.ndarray:
    return mix(
        noise(rng, int(rng.integers(2, 12)), 6, 0.6),
        tint,
        np.clip(tint * rng.uniform(0.4, 0.9) + rng.normal(0, 0.05, 3), 0, 1),
    )


def wood(rng: Rng, tint: np.ndarray) -> np.ndarray:
    x, _ = grid()
    rings = 0.5 + 0.5 * np.sin(
        (noise(rng, 2, 5, 0.6, (1, 6)) * rng.uniform(3, 9) + x * rng.integers(1, 4)) * 2 * np.pi
    )
    return mix(0.6 * rings + 0.4 * noise(rng, 4, 5, 0.7, (0.5, 16)), tint, tint * 0.55)


def marble(rng: Rng, tint: np.ndarray) -> np.ndarray:
    x, _ = grid()
    veins = np.abs(np.sin((x * 2 + noise(rng, 3, 6, 0.6) * rng.uniform(1, 4)) * np.pi)) ** 0.5
    return mix(veins, tint * 0.5, np.clip(tint * 1.2, 0, 1))


def grass(rng: Rng, tint: np.ndarray) -> np.ndarray:
    blades = 0.5 * noise(rng, 3, 4) + 0.5 * noise(rng, 32, 3, 0.8)
    return mix(blades, tint * 0.45, np.clip(tint * 1.35 + [0.06, 0.03, 0], 0, 1))


def rock(rng: Rng, tint: np.ndarray) -> np.ndarray:
    return mix(noise(rng, 4, 7, 0.72), tint * 0.35, np.clip(tint * 1.2, 0, 1))


def spots(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Coats of animals: blotches or bands of a second colour."""
    _, y = grid()
    field = noise(rng, int(rng.integers(3, 9)), 3, 0.4)
    if rng.random() < 0.4:
        field = 0.5 + 0.5 * np.sin((y * rng.integers(3, 9) + 0.4 * noise(rng, 4, 3)) * 2 * np.pi)
    patch = np.clip((field - rng.uniform(0.45, 0.65)) * 12, 0, 1)
    return (
        mix(patch, tint, colour(rng, "dark") if rng.random() < 0.6 else colour(rng, "fur"))
        * (0.8 + 0.3 * noise(rng, 16, 4, 0.8))[..., None]
    )


def bark(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Ridges along y with dark furrows between."""
    ridges = np.abs(np.sin((noise(rng, 3, 4, 0.6, (1, 5)) * 5) * np.pi))
    return mix(np.clip(ridges * 1.6, 0, 1), tint * 0.3, tint) * (
        0.7 + 0.4 * noise(rng, 16, 4, 0.8)[..., None]
    )


def leaves(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Foliage or fallen leaves: cells of many hues, dark where they overlap."""
    name, near, gap = cells(rng, int(rng.integers(8, 18)))
    hues = np.clip(tint * rng.uniform(0.5, 1.5, (name.max() + 1, 1)) + rng.normal(0, 0.06, 3), 0, 1)
    return hues[name] * (np.clip(gap * 4, 0.15, 1) * (1.05 - 0.5 * near))[..., None]


def gravel(rng: Rng, tint: np.ndarray) -> np.ndarray:
    name, near, gap = cells(rng, int(rng.integers(12, 28)))
    value = rng.uniform(0.55, 1.2, name.max() + 1)[name]
    return tint * (value * np.clip(gap * 3, 0.2, 1) * (1.1 - 0.5 * near))[..., None]


def cobbles(rng: Rng, tint: np.ndarray) -> np.ndarray:
    name, near, gap = cells(rng, int(rng.integers(5, 10)))
    value = rng.uniform(0.65, 1.1, name.max() + 1)[name] * (0.8 + 0.3 * noise(rng, 16, 4, 0.7))
    return tint * (value * np.clip(gap * 5, 0.2, 1) * (1.1 - 0.4 * near))[..., None]


def cracked(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Dried mud or old glaze."""
    name, _, gap = cells(rng, int(rng.integers(4, 11)))
    value = rng.uniform(0.85, 1.05, name.max() + 1)[name] * (0.8 + 0.25 * noise(rng, 8, 5, 0.7))
    return tint * (value * np.clip(gap * rng.uniform(6, 14), 0.25, 1))[..., None]


def sand(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Ripples of wind or water, and grains."""
    _, y = grid()
    ripple = 0.5 + 0.5 * np.sin((y * rng.integers(4, 14) + noise(rng, 3, 3) * 2) * 2 * np.pi)
    weight = rng.uniform(0.1, 0.5) * ripple + 0.4 * noise(rng, 32, 4, 0.9)
    return mix(weight, tint * 0.7, np.clip(tint * 1.1, 0, 1))


def snow(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Nearly white, bluish in the hollows, whatever the tint."""
    hollow = noise(rng, 4, 6, 0.6)
    return mix(hollow, np.array([0.97, 0.98, 1.0]), np.array([0.75, 0.82, 0.92])) * (
        0.97 + 0.03 * tint
    )


def asphalt(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Dark grains and patches; the tint only shades it."""
    grey = (0.1 + 0.15 * tint.mean()) * (0.6 + 0.8 * noise(rng, 32, 4, 0.9))
    patch = noise(rng, 2, 3) > 0.7
    return np.repeat((grey * np.where(patch, 0.75, 1))[..., None], 3, -1)


def concrete(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Stained grey with pores."""
    grey = 0.35 + 0.35 * tint.mean()
    stain = 0.75 + 0.35 * noise(rng, 3, 6, 0.65)
    pores = noise(rng, 64, 2) > 0.9
    return np.repeat((grey * stain * np.where(pores, 0.7, 1))[..., None], 3, -1) * [1, 1, 0.97]


def rust(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Paint or steel that rust eats through."""
    eaten = np.clip((noise(rng, 3, 6, 0.7) - rng.uniform(0.3, 0.6)) * 8, 0, 1)
    brown = colour(rng, "rust") * (0.6 + 0.7 * noise(rng, 12, 5, 0.8))[..., None]
    return mix(eaten, tint * np.ones((SIZE, SIZE, 1)), brown)


def peeling(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Paint that flakes off another colour, with dark edges."""
    field = noise(rng, 3, 6, 0.6)
    level = rng.uniform(0.5, 0.7)
    below = colour(rng, "stone") * (0.7 + 0.4 * noise(rng, 8, 5, 0.7))[..., None]
    out = np.where((field > level)[..., None], below, tint * np.ones((SIZE, SIZE, 1)))
    out[np.abs(field - level) < 0.012] *= 0.45
    return out


def scales(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Overlapping rounds in rows: fish, reptiles, roof tiles."""
    x, y = grid()
    rows = 2 * int(rng.integers(4, 10))
    row = np.floor(y * rows)
    across = (x * rows * 0.75 * 4 / 3 + 0.5 * (row % 2)) % 1 - 0.5
    down = (y * rows) % 1
    rim = np.hypot(across, down * 0.6)
    return (
        tint
        * (np.where(rim > 0.52, 0.45, 1.1 - 0.7 * rim))[..., None]
        * (0.8 + 0.3 * noise(rng, 4, 4)[..., None])
    )
