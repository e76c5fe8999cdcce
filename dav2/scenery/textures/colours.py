"""What textures are made of: colours, tileable noise and cells, and mixing them."""

import colorsys

import numpy as np
from PIL import Image

SIZE = 256
Rng = np.random.Generator

# hue, saturation and value ranges
_PALETTES: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    "any": ((0, 1), (0.3, 0.95), (0.25, 0.9)),
    "pastel": ((0, 1), (0.05, 0.35), (0.6, 0.92)),
    "neutral": ((0, 1), (0, 0.08), (0.2, 0.9)),
    "dark": ((0, 1), (0, 0.6), (0.03, 0.2)),
    "wood": ((0.04, 0.11), (0.3, 0.75), (0.2, 0.75)),
    "green": ((0.17, 0.38), (0.35, 0.85), (0.15, 0.6)),
    "earth": ((0.03, 0.14), (0.2, 0.6), (0.2, 0.7)),
    "stone": ((0.05, 0.14), (0.05, 0.4), (0.45, 0.9)),
    "fur": ((0.02, 0.12), (0.1, 0.75), (0.08, 0.9)),
    "sand": ((0.08, 0.13), (0.15, 0.45), (0.6, 0.95)),
    "white": ((0, 1), (0, 0.04), (0.82, 0.95)),
    "rust": ((0.02, 0.07), (0.55, 0.85), (0.3, 0.6)),
    "reef": ((0, 1), (0.5, 0.95), (0.45, 0.95)),
}


def colour(rng: Rng, palette: str | None = None) -> np.ndarray:
    """A random sRGB colour [3] in 0..1."""
    palette = palette or str(
        rng.choice(["any", "pastel", "neutral", "dark", "earth"], p=[0.3, 0.2, 0.25, 0.1, 0.15])
    )
    return np.array(colorsys.hsv_to_rgb(*(rng.uniform(*span) for span in _PALETTES[palette])))


def noise(
    rng: Rng,
    base: int = 4,
    octaves: int = 5,
    persistence: float = 0.5,
    stretch: tuple[float, float] = (1, 1),
) -> np.ndarray:
    """Tileable fractal noise [256, 256] in 0..1; `stretch` multiplies the frequencies (y, x)."""
    total = np.zeros((SIZE, SIZE), np.float32)
    amplitude = 1.0
    for octave in range(octaves):
        rows, columns = (max(1, int(base * s * 2**octave)) for s in stretch)
        if max(rows, columns) > SIZE:
            break
        lattice = np.pad(rng.random((rows, columns), np.float32), 2, mode="wrap")
        step_y, step_x = SIZE // rows + 1, SIZE // columns + 1
        smooth = Image.fromarray(lattice).resize(
            ((columns + 4) * step_x, (rows + 4) * step_y), Image.Resampling.BICUBIC
        )
        tile = np.asarray(smooth)[
            2 * step_y : (2 + rows) * step_y, 2 * step_x : (2 + columns) * step_x
        ]
        total += amplitude * np.asarray(
            Image.fromarray(np.ascontiguousarray(tile)).resize(
                (SIZE, SIZE), Image.Resampling.BILINEAR
            )
        )
        amplitude *= persistence
    total -= total.min()
    return total / (total.max() + 1e-6)


def cells(rng: Rng, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A tileable Voronoi diagram of count x count scattered points.

    Returns three maps [256, 256]: the number of the nearest point, the distance to it, and how much
    farther the second nearest is (0 on the border between two cells); both in mean cell widths.
    """
    x, y = grid()
    x, y = x * count, y * count
    scatter = rng.uniform(0.1, 0.9, (count, count, 2))
    distances, names = [], []
    for row in (-1, 0, 1):
        for column in (-1, 0, 1):
            i, j = np.floor(y).astype(int) + row, np.floor(x).astype(int) + column
            point = scatter[i % count, j % count]
            distances.append(np.hypot(j + point[..., 0] - x, i + point[..., 1] - y))
            names.append(i % count * count + j % count)
    two = np.partition(np.stack(distances), 1, axis=0)[:2]
    nearest = np.take_along_axis(np.stack(names), np.argmin(distances, axis=0)[None], 0)[0]
    return nearest, two[0], two[1] - two[0]


def mix(weight: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """From `low` to `high` [3 or H, W, 3] by a weight [H, W]."""
    return low * (1 - weight[..., None]) + high * weight[..., None]


def grid() -> tuple[np.ndarray, np.ndarray]:
    """Coordinates x, y [256, 256] in 0..1."""
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    return x, y


def as_bytes(values: np.ndarray) -> np.ndarray:
    """Colours in 0..1 to uint8."""
    return (np.clip(values, 0, 1) * 255).astype(np.uint8)
