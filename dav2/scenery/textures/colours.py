"""What textures are made of: colours, tileable noise, cells and waves, and mixing them."""

import colorsys

import numpy as np
from PIL import Image

from dav2.scenery.chance import Rng, pick, span

Pair = tuple[float, float]
SIZE = 256
_PALETTES = {  # ranges of hue, saturation and value
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
_USUAL = {"any": 0.3, "pastel": 0.2, "neutral": 0.25, "dark": 0.1, "earth": 0.15}


def colour(rng: Rng, palette: str | None = None) -> np.ndarray:
    """Draw an sRGB colour [3] in 0..1."""
    return np.array(colorsys.hsv_to_rgb(*span(rng, *_PALETTES[palette or pick(rng, _USUAL)])))


def noise(
    rng: Rng, base: int = 4, octaves: int = 5, persistence: float = 0.5, stretch: Pair = (1, 1)
) -> np.ndarray:
    """Make tileable fractal noise [256, 256] in 0..1; `stretch` multiplies frequencies (y, x)."""
    total = np.zeros((SIZE, SIZE), np.float32)
    for octave in range(octaves):
        rows, columns = (max(1, int(base * s * 2**octave)) for s in stretch)
        if max(rows, columns) > SIZE:
            break
        lattice = Image.fromarray(np.pad(rng.random((rows, columns), np.float32), 2, mode="wrap"))
        inner = (2, 2, 2 + columns, 2 + rows)
        smooth = lattice.resize((2 * SIZE, 2 * SIZE), Image.Resampling.BICUBIC, inner)
        half = smooth.resize((SIZE, SIZE), Image.Resampling.BILINEAR)
        total += persistence**octave * np.asarray(half)
    total -= total.min()
    return total / (total.max() + 1e-6)


def cells(rng: Rng, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make a tileable Voronoi diagram of count x count scattered points.

    Returns three maps [256, 256]: the number of the nearest point, the distance to it, and how much
    farther the second nearest is (0 on the border between two cells); both in mean cell widths.
    """
    x, y = (count * along for along in grid())
    scatter = rng.uniform(0.1, 0.9, (count, count, 2))
    distances, names = [], []
    for row, column in np.ndindex(3, 3):
        i, j = y.astype(int) + row - 1, x.astype(int) + column - 1
        point = scatter[i % count, j % count]
        distances.append(np.hypot(j + point[..., 0] - x, i + point[..., 1] - y))
        names.append(i % count * count + j % count)
    nearest, second = np.partition(distances, 1, axis=0)[:2]
    return np.choose(np.argmin(distances, axis=0), names), nearest, second - nearest


def grid() -> tuple[np.ndarray, np.ndarray]:
    """Give the coordinates x, y [256, 256] in 0..1."""
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    return x, y


def bond(columns: int, rows: int = 0, shift: float = 0) -> tuple[np.ndarray, ...]:
    """Divide the tile into cells, squares unless told; each row is shifted by a share of a cell.

    Returns four maps [256, 256]: the cell's column and row, and x, y from its middle in -0.5..0.5.
    """
    x, y = grid()
    row, down = np.divmod(y * (rows or columns), 1)
    column, across = np.divmod(x * columns + shift * row, 1)
    return column.astype(int) % columns, row.astype(int), across - 0.5, down - 0.5


def wave(turns: np.ndarray) -> np.ndarray:
    """Swing between 0 and 1, once a turn."""
    return 0.5 + 0.5 * np.sin(turns * 2 * np.pi)


def mix(weight: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Go from `low` to `high` [3 or H, W, 3] by a weight or mask [H, W]."""
    return low * (1 - weight[..., None]) + high * weight[..., None]


def lit(tint: np.ndarray, shade: np.ndarray) -> np.ndarray:
    """Multiply a colour [3 or H, W, 3] by a shade [H, W]."""
    return tint * shade[..., None]


def as_bytes(values: np.ndarray) -> np.ndarray:
    """Turn colours in 0..1 into uint8."""
    return (np.clip(values, 0, 1) * 255).astype(np.uint8)
