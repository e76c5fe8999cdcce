"""Textures that people make: `(rng, tint) -> [256, 256, 3]` in 0..1."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dav2.scenery.textures.colours import SIZE, as_bytes, cells, colour, grid, mix, noise
from dav2.scenery.textures.natural import plain

Rng = np.random.Generator


def bricks(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Bricks, tiles or planks: cells with their own brightness and joints between."""
    rows, columns, shift = [(8, 4, 0.5), (4, 4, 0.0), (4, 1, 0.37), (2, 2, 0.0), (12, 5, 0.5)][
        int(rng.integers(5))
    ]
    x, y = grid()
    row = np.floor(y * rows).astype(int)
    across = x * columns + shift * row
    cell = np.floor(across).astype(int) % columns
    value = rng.uniform(0.7, 1.1, (rows, columns))[row, cell] * (0.75 + 0.4 * noise(rng, 8, 5, 0.6))
    joint = ((y * rows) % 1 < 0.09) | (across % 1 < 0.05 * columns / rows)
    out = tint * value[..., None]
    out[joint] = tint * (0.4 if rng.random() < 0.5 else 1.25)
    return out


def tiles(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Glazed tiles, each with the same ornament of rings, stars or diamonds."""
    x, y = grid()
    count = int(rng.integers(2, 7))
    a, b = (x * count) % 1 - 0.5, (y * count) % 1 - 0.5
    radius, angle = np.hypot(a, b), np.arctan2(b, a)
    ornament = [
        np.abs(radius - 0.3) < 0.06,
        np.abs(a) + np.abs(b) < rng.uniform(0.2, 0.5),
        radius < 0.2 + 0.15 * np.cos(4 * angle),
        np.abs(np.hypot(np.abs(a) - 0.5, np.abs(b) - 0.5) - 0.35) < 0.05,
        np.zeros_like(radius, bool),
    ][int(rng.integers(5))]
    out = mix(
        ornament.astype(float), tint * (0.92 + 0.1 * noise(rng, 4, 4))[..., None], colour(rng)
    )
    out[(np.abs(a) > 0.485) | (np.abs(b) > 0.485)] = colour(rng, "neutral")
    return out


def planks(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Boards along x, each with its own grain and tone."""
    x, y = grid()
    count = int(rng.integers(4, 9))
    row = np.floor(y * count).astype(int)
    start = rng.random(count)[row]
    grain = noise(rng, 4, 5, 0.7, (16, 0.5))
    value = rng.uniform(0.65, 1.1, (count, 2))[row, ((x + start) % 1 > 0.5).astype(int)]
    out = tint * (value * (0.65 + 0.45 * grain))[..., None]
    out[((y * count) % 1 < 0.04) | ((x + start) % 0.5 < 0.006)] *= 0.35
    return out


def parquet(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Squares of slats, turned by turns."""
    x, y = grid()
    count, slats = 2 * int(rng.integers(1, 4)), int(rng.integers(3, 6))
    i, j = (y * count).astype(int), (x * count).astype(int)
    turned = (i + j) % 2 == 0
    across = np.where(turned, (x * count) % 1, (y * count) % 1) * slats
    slat = across.astype(int)
    value = rng.uniform(0.65, 1.1, (count, count, slats))[i, j, slat]
    grain = np.where(turned, noise(rng, 4, 4, 0.7, (1, 12)), noise(rng, 4, 4, 0.7, (12, 1)))
    out = tint * (value * (0.75 + 0.35 * grain))[..., None]
    out[across % 1 < 0.06] *= 0.5
    return out


def terrazzo(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Chips of several stones in a ground."""
    name, _, gap = cells(rng, int(rng.integers(10, 22)))
    chips = np.array([colour(rng, "stone") for _ in range(5)])[rng.integers(0, 5, name.max() + 1)]
    shown = (gap > 0.3) & (rng.random(name.max() + 1) < 0.8)[name]
    return np.where(shown[..., None], chips[name], tint * (0.9 + 0.1 * noise(rng, 8, 4))[..., None])


def checker(rng: Rng, tint: np.ndarray) -> np.ndarray:
    x, y = grid()
    count = 2 * int(rng.integers(1, 5))
    odd = ((x * count).astype(int) + (y * count).astype(int)) % 2
    return (
        np.where(odd[..., None] == 0, tint, colour(rng))
        * (0.85 + 0.15 * noise(rng, 6, 5))[..., None]
    )


def stripes(rng: Rng, tint: np.ndarray) -> np.ndarray:
    x, y = grid()
    along = x if rng.random() < 0.5 else y
    return mix(
        (along * rng.integers(2, 16) % 1 < rng.uniform(0.2, 0.8)).astype(float), tint, colour(rng)
    )


def dots(rng: Rng, tint: np.ndarray) -> np.ndarray:
    x, y = grid()
    count = int(rng.integers(3, 10))
    inside = ((x * count) % 1 - 0.5) ** 2 + ((y * count) % 1 - 0.5) ** 2 < rng.uniform(0.02, 0.18)
    return mix(inside.astype(float), tint, colour(rng))


def wallpaper(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """A flower, again and again, with tendrils between."""
    x, y = grid()
    count, petals = int(rng.integers(2, 6)), int(rng.integers(4, 9))
    row = np.floor(y * count)
    a, b = (x * count + 0.5 * (row % 2)) % 1 - 0.5, (y * count) % 1 - 0.5
    radius, angle = np.hypot(a, b), np.arctan2(b, a)
    flower = radius < 0.16 + 0.09 * np.cos(petals * angle)
    tendril = np.abs(a - 0.3 * np.sin(2 * np.pi * b)) < 0.02
    out = mix(tendril.astype(float), tint * np.ones((SIZE, SIZE, 1)), colour(rng, "green"))
    out = np.where(flower[..., None], colour(rng), out)
    return np.where((radius < 0.06)[..., None], colour(rng), out)


def fabric(rng: Rng, tint: np.ndarray) -> np.ndarray:
    x, y = grid()
    weave = np.abs(np.sin(x * 64 * np.pi)) * np.abs(np.cos(y * 64 * np.pi))
    return tint * (0.7 + 0.3 * weave)[..., None] * (0.8 + 0.3 * noise(rng, 6, 5))[..., None]


def knitted(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Rows of stitches shaped like V, some in a second colour."""
    x, y = grid()
    count = 2 * int(rng.integers(7, 14))
    slant = np.abs((x * count) % 1 - 0.5)
    rows = y * count + 1.4 * slant
    shade = 0.45 + 0.55 * np.abs(np.sin(rows * np.pi)) * np.sqrt(1.01 - 2 * slant)
    second = (np.floor(rows) % int(rng.integers(4, 12))) < rng.integers(0, 4)
    return np.where(second[..., None], colour(rng), tint) * shade[..., None]


def woven(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Basketwork: strips over and under."""
    x, y = grid()
    count = 2 * int(rng.integers(3, 9))
    over = ((x * count).astype(int) + (y * count).astype(int)) % 2 == 0
    across = np.where(over, (y * count) % 1, (x * count) % 1)
    along = np.where(over, (x * count) % 1, (y * count) % 1)
    shade = np.sqrt(np.clip(1 - (2 * across - 1) ** 4, 0, 1)) * (
        0.55 + 0.45 * np.sin(along * np.pi)
    )
    return tint * (shade * (0.8 + 0.3 * noise(rng, 16, 4, 0.7)))[..., None]


def carpet(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """A medallion in borders, with pile."""
    x, y = grid()
    a, b = np.abs(x - 0.5) * 2, np.abs(y - 0.5) * 2
    edge = np.maximum(a, b)
    shades = np.array([tint, colour(rng), colour(rng), colour(rng, "pastel")])
    zone = (edge > 0.72).astype(int) + (edge > 0.8) + (edge > 0.92)
    medallion = a + b < 0.5 + 0.12 * np.cos(8 * np.arctan2(b, a))
    field = np.where(medallion & (zone == 0), 2, zone)
    motif = ((a * 7) % 1 - 0.5) ** 2 + ((b * 7) % 1 - 0.5) ** 2 < 0.04
    return shades[np.where(motif, (field + 1) % 4, field)] * (
        0.7 + 0.3 * noise(rng, 64, 2, 0.9)[..., None]
    )


def tartan(rng: Rng, tint: np.ndarray) -> np.ndarray:
    x, y = grid()
    line = np.repeat(rng.random((16, 1)) < 0.45, SIZE // 16, 0)[:, 0].astype(float)
    second = colour(rng)
    warp = mix(line[(x * SIZE).astype(int)], tint, second)
    weft = mix(line[(y * SIZE).astype(int)], tint, second)
    twill = ((x + y) * SIZE / 2).astype(int) % 2
    return np.where(twill[..., None] == 0, warp, weft)


def corrugated(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Sheet metal, blinds, shutters: shaded ribs."""
    x, y = grid()
    along = x if rng.random() < 0.5 else y
    shade = 0.6 + 0.4 * np.sin(along * int(rng.integers(6, 24)) * 2 * np.pi)
    return tint * shade[..., None] * (0.8 + 0.25 * noise(rng, 4, 5, 0.6))[..., None]


def facade(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Rows of windows in a wall."""
    x, y = grid()
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


def _ink(rng: Rng, palette: str | None = None) -> tuple[int, ...]:
    return tuple(int(v) for v in as_bytes(colour(rng, palette)))


def _text(rng: Rng, longest: int) -> str:
    letters = list("ABCDEFGHIKLMNOPRSTUVXYZ0123456789 ")
    return "".join(rng.choice(letters, int(rng.integers(3, longest))))


def poster(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Shapes and text: pictures, screens, book covers, signs. Flat, whatever they show."""
    picture = Image.fromarray(as_bytes(plain(rng, tint)))
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(4, 30))):
        x, y = (int(v) for v in rng.integers(0, SIZE, 2))
        width, height = (int(v) for v in rng.integers(8, 120, 2))
        ink = _ink(rng)
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
                font = ImageFont.load_default(10 + height // 3)
                draw.text((x, y), _text(rng, 14), fill=ink, font=font)
    return np.asarray(picture) / 255


def newspaper(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """A headline, columns of grey lines, a picture."""
    picture = Image.new("RGB", (SIZE, SIZE), (232, 228, 215))
    draw = ImageDraw.Draw(picture)
    draw.text((8, 4), _text(rng, 12), fill=(20, 20, 20), font=ImageFont.load_default(34))
    columns = int(rng.integers(2, 5))
    for column in range(columns):
        left, right = 8 + column * 248 // columns, (column + 1) * 248 // columns
        for y in range(48, 250, 5):
            draw.line((left, y, right - int(rng.integers(0, 8)), y), fill=(90, 90, 90), width=2)
    x, y = (int(v) for v in rng.integers(10, 140, 2))
    draw.rectangle((x, y + 40, x + 90, y + 100), fill=tuple(int(v) for v in as_bytes(tint)))
    return np.asarray(picture) / 255


def chart(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """A map: land and sea in steps of height, roads, names."""
    height = np.floor(noise(rng, 2, 5) * 8) / 8
    land = mix(height, np.array([0.6, 0.8, 0.55]), tint)
    picture = Image.fromarray(
        as_bytes(np.where((height > 0.4)[..., None], land, np.array([0.55, 0.75, 0.9])))
    )
    draw = ImageDraw.Draw(picture)
    for _ in range(6):
        road = [tuple(int(v) for v in rng.integers(0, SIZE, 2)) for _ in range(4)]
        draw.line(road, fill=_ink(rng), width=2)
        draw.text(road[0], _text(rng, 9), fill=(20, 20, 20), font=ImageFont.load_default(14))
    return np.asarray(picture) / 255
