"""Procedural colours and tileable textures, uint8 [256, 256, 3] sRGB."""

import colorsys
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont

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


def _mix(weight: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return low * (1 - weight[..., None]) + high * weight[..., None]


def _grid() -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    return x, y


def plain(rng: Rng, tint: np.ndarray) -> np.ndarray:
    return _mix(noise(rng, 3, 4), tint, tint * 0.88)


def mottled(rng: Rng, tint: np.ndarray) -> np.ndarray:
    return _mix(
        noise(rng, int(rng.integers(2, 12)), 6, 0.6),
        tint,
        np.clip(tint * rng.uniform(0.4, 0.9) + rng.normal(0, 0.05, 3), 0, 1),
    )


def wood(rng: Rng, tint: np.ndarray) -> np.ndarray:
    x, _ = _grid()
    rings = 0.5 + 0.5 * np.sin(
        (noise(rng, 2, 5, 0.6, (1, 6)) * rng.uniform(3, 9) + x * rng.integers(1, 4)) * 2 * np.pi
    )
    return _mix(0.6 * rings + 0.4 * noise(rng, 4, 5, 0.7, (0.5, 16)), tint, tint * 0.55)


def bricks(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Bricks, tiles or planks: cells with their own brightness and joints between."""
    rows, columns, shift = [(8, 4, 0.5), (4, 4, 0.0), (4, 1, 0.37), (2, 2, 0.0), (12, 5, 0.5)][
        int(rng.integers(5))
    ]
    x, y = _grid()
    row = np.floor(y * rows).astype(int)
    across = x * columns + shift * row
    cell = np.floor(across).astype(int) % columns
    value = rng.uniform(0.7, 1.1, (rows, columns))[row, cell] * (0.75 + 0.4 * noise(rng, 8, 5, 0.6))
    joint = ((y * rows) % 1 < 0.09) | (across % 1 < 0.05 * columns / rows)
    out = tint * value[..., None]
    out[joint] = tint * (0.4 if rng.random() < 0.5 else 1.25)
    return out


def checker(rng: Rng, tint: np.ndarray) -> np.ndarray:
    x, y = _grid()
    count = 2 * int(rng.integers(1, 5))
    odd = ((x * count).astype(int) + (y * count).astype(int)) % 2
    return (
        np.where(odd[..., None] == 0, tint, colour(rng))
        * (0.85 + 0.15 * noise(rng, 6, 5))[..., None]
    )


def marble(rng: Rng, tint: np.ndarray) -> np.ndarray:
    x, _ = _grid()
    veins = np.abs(np.sin((x * 2 + noise(rng, 3, 6, 0.6) * rng.uniform(1, 4)) * np.pi)) ** 0.5
    return _mix(veins, tint * 0.5, np.clip(tint * 1.2, 0, 1))


def stripes(rng: Rng, tint: np.ndarray) -> np.ndarray:
    x, y = _grid()
    along = x if rng.random() < 0.5 else y
    return _mix(
        (along * rng.integers(2, 16) % 1 < rng.uniform(0.2, 0.8)).astype(float), tint, colour(rng)
    )


def fabric(rng: Rng, tint: np.ndarray) -> np.ndarray:
    x, y = _grid()
    weave = np.abs(np.sin(x * 64 * np.pi)) * np.abs(np.cos(y * 64 * np.pi))
    return tint * (0.7 + 0.3 * weave)[..., None] * (0.8 + 0.3 * noise(rng, 6, 5))[..., None]


def dots(rng: Rng, tint: np.ndarray) -> np.ndarray:
    x, y = _grid()
    count = int(rng.integers(3, 10))
    inside = ((x * count) % 1 - 0.5) ** 2 + ((y * count) % 1 - 0.5) ** 2 < rng.uniform(0.02, 0.18)
    return _mix(inside.astype(float), tint, colour(rng))


def grass(rng: Rng, tint: np.ndarray) -> np.ndarray:
    blades = 0.5 * noise(rng, 3, 4) + 0.5 * noise(rng, 32, 3, 0.8)
    return _mix(blades, tint * 0.45, np.clip(tint * 1.35 + [0.06, 0.03, 0], 0, 1))


def rock(rng: Rng, tint: np.ndarray) -> np.ndarray:
    return _mix(noise(rng, 4, 7, 0.72), tint * 0.35, np.clip(tint * 1.2, 0, 1))


def spots(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Coats of animals: blotches or bands of a second colour."""
    _, y = _grid()
    field = noise(rng, int(rng.integers(3, 9)), 3, 0.4)
    if rng.random() < 0.4:
        field = 0.5 + 0.5 * np.sin((y * rng.integers(3, 9) + 0.4 * noise(rng, 4, 3)) * 2 * np.pi)
    patch = np.clip((field - rng.uniform(0.45, 0.65)) * 12, 0, 1)
    return (
        _mix(patch, tint, colour(rng, "dark") if rng.random() < 0.6 else colour(rng, "fur"))
        * (0.8 + 0.3 * noise(rng, 16, 4, 0.8))[..., None]
    )


def facade(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Rows of windows in a wall."""
    x, y = _grid()
    columns, rows = rng.integers(2, 5, 2)
    width, height = rng.uniform(0.35, 0.8, 2)
    across, up = np.abs((x * columns) % 1 - 0.5), np.abs((y * rows) % 1 - 0.5)
    out = tint * (0.8 + 0.25 * noise(rng, 6, 6, 0.6))[..., None]
    out[(across < width / 2 + 0.04) & (up < height / 2 + 0.04)] = np.clip(tint * 1.3, 0, 1)
    panes = rng.uniform(0.03, 0.35, (rows, columns))[
        (y * rows).astype(int), (x * columns).astype(int)
    ]
    window = (across < width / 2) & (up < height / 2)
    out[window] = panes[window][:, None] * np.array([0.8, 0.95, 1.1])
    return out


def poster(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Shapes and text: pictures, screens, book covers, signs. Flat, whatever they show."""
    picture = Image.fromarray(_bytes(plain(rng, tint)))
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(4, 30))):
        x, y = (int(v) for v in rng.integers(0, SIZE, 2))
        width, height = (int(v) for v in rng.integers(8, 120, 2))
        ink = tuple(int(v) for v in _bytes(colour(rng)))
        match int(rng.integers(4)):
            case 0:
                draw.rectangle((x, y, x + width, y + height), fill=ink)
            case 1:
                draw.ellipse((x, y, x + width, y + height), fill=ink)
            case 2:
                draw.line(
                    (x, y, *(int(v) for v in rng.integers(0, SIZE, 2))),
                    fill=ink,
                    width=1 + width // 12,
                )
            case _:
                text = "".join(
                    rng.choice(list("ABCDEFGHIKLMNOPRSTUVXYZ0123456789 "), int(rng.integers(3, 14)))
                )
                draw.text((x, y), text, fill=ink, font=ImageFont.load_default(10 + height // 3))
    return np.asarray(picture) / 255


TEXTURES: dict[str, Callable[[Rng, np.ndarray], np.ndarray]] = {
    f.__name__: f
    for f in (
        plain,
        mottled,
        wood,
        bricks,
        checker,
        marble,
        stripes,
        fabric,
        dots,
        grass,
        rock,
        spots,
        facade,
        poster,
    )
}
EVERYDAY = (
    "plain",
    "mottled",
    "wood",
    "bricks",
    "checker",
    "marble",
    "stripes",
    "fabric",
    "dots",
    "poster",
)


def _bytes(values: np.ndarray) -> np.ndarray:
    return (np.clip(values, 0, 1) * 255).astype(np.uint8)


def texture(rng: Rng, kind: str | None = None, tint: np.ndarray | None = None) -> np.ndarray:
    """A tileable texture of a kind, uint8 [256, 256, 3]; any everyday kind if None."""
    kind = kind or str(rng.choice(EVERYDAY))
    if tint is None:
        tint = colour(rng, {"wood": "wood", "grass": "green", "spots": "fur"}.get(kind))
    return _bytes(TEXTURES[kind](rng, np.asarray(tint)))
