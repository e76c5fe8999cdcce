"""Textures that people make: `(rng, tint) -> [256, 256, 3]` in 0..1."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dav2.scenery.chance import Rng, pick, some, span
from dav2.scenery.textures.colours import SIZE, as_bytes, bond, cells, colour, grid, lit, mix, noise
from dav2.scenery.textures.natural import plain

Pixel = tuple[int, int]


def bricks(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Bricks, tiles or planks: cells with their own brightness and joints between."""
    columns, rows, shift = pick(
        rng, ((4, 8, 0.5), (4, 4, 0.0), (1, 4, 0.37), (2, 2, 0.0), (5, 12, 0.5))
    )
    column, row, x, y = bond(columns, rows, shift)
    tone = rng.uniform(0.7, 1.1, (rows, columns))[row, column]
    joint = (np.abs(y) > 0.455) | (np.abs(x) > 0.5 - 0.025 * columns / rows)
    brick = lit(tint, tone * (0.75 + 0.4 * noise(rng, 8, 5, 0.6)))
    return mix(joint, brick, tint * pick(rng, (0.4, 1.25)))


def tiles(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Glazed tiles, each with the same ornament of rings, stars or diamonds."""
    _, _, x, y = bond(some(rng, 2, 6))
    radius, x, y = np.hypot(x, y), np.abs(x), np.abs(y)
    ornaments = (
        np.abs(radius - 0.3) < 0.06,
        x + y < rng.uniform(0.2, 0.5),
        radius < 0.2 + 0.15 * np.cos(4 * np.arctan2(y, x)),
        np.abs(np.hypot(x - 0.5, y - 0.5) - 0.35) < 0.05,
        np.zeros_like(x, bool),
    )
    glaze = lit(tint, 0.92 + 0.1 * noise(rng, 4, 4))
    tile = mix(pick(rng, ornaments), glaze, colour(rng))
    return mix(np.maximum(x, y) > 0.485, tile, colour(rng, "neutral"))


def planks(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Boards along x, each with its own grain and tone."""
    count = some(rng, 4, 8)
    _, row, _, y = bond(1, count)
    end, along = np.divmod(2 * (grid()[0] + rng.random(count)[row]), 1)
    tone = rng.uniform(0.65, 1.1, (count, 2))[row, end.astype(int) % 2]
    seam = np.where((np.abs(y) > 0.48) | (along < 0.012), 0.35, 1)
    return lit(tint, tone * seam * (0.65 + 0.45 * noise(rng, 4, 5, 0.7, (16, 0.5))))


def parquet(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Squares of slats, turned by turns."""
    count, slats = 2 * some(rng, 1, 3), some(rng, 3, 5)
    column, row, x, y = bond(count)
    turned = (row + column) % 2 == 0
    slat, across = np.divmod((np.where(turned, x, y) + 0.5) * slats, 1)
    tone = rng.uniform(0.65, 1.1, (count, count, slats))[row, column, slat.astype(int)]
    grain = np.where(turned, *(noise(rng, 4, 4, 0.7, way) for way in ((1, 12), (12, 1))))
    return lit(tint, tone * (0.75 + 0.35 * grain) * np.where(across < 0.06, 0.5, 1))


def terrazzo(rng: Rng, tint: np.ndarray) -> np.ndarray:
    name, _, gap = cells(rng, some(rng, 10, 21))
    stones = np.array([colour(rng, "stone") for _ in range(5)])
    chip = stones[rng.integers(0, 5, name.max() + 1)][name]
    shown = (gap > 0.3) & (rng.random(name.max() + 1) < 0.8)[name]
    return mix(shown, lit(tint, 0.9 + 0.1 * noise(rng, 8, 4)), chip)


def checker(rng: Rng, tint: np.ndarray) -> np.ndarray:
    column, row, _, _ = bond(2 * some(rng, 1, 4))
    return lit(mix((column + row) % 2, tint, colour(rng)), 0.85 + 0.15 * noise(rng, 6, 5))


def stripes(rng: Rng, tint: np.ndarray) -> np.ndarray:
    along = pick(rng, grid()) * some(rng, 2, 15) % 1
    return mix(along < rng.uniform(0.2, 0.8), tint, colour(rng))


def dots(rng: Rng, tint: np.ndarray) -> np.ndarray:
    _, _, x, y = bond(some(rng, 3, 9))
    return mix(x**2 + y**2 < rng.uniform(0.02, 0.18), tint, colour(rng))


def wallpaper(rng: Rng, tint: np.ndarray) -> np.ndarray:
    _, _, x, y = bond(some(rng, 2, 5), shift=0.5)
    radius = np.hypot(x, y)
    paper = mix(np.abs(x - 0.3 * np.sin(2 * np.pi * y)) < 0.02, tint, colour(rng, "green"))
    flower = radius < 0.16 + 0.09 * np.cos(some(rng, 4, 8) * np.arctan2(y, x))
    return mix(radius < 0.06, mix(flower, paper, colour(rng)), colour(rng))


def fabric(rng: Rng, tint: np.ndarray) -> np.ndarray:
    x, y = (along * 64 * np.pi for along in grid())
    weave = 0.7 + 0.3 * np.abs(np.sin(x) * np.cos(y))
    return lit(tint, weave * (0.8 + 0.3 * noise(rng, 6, 5)))


def knitted(rng: Rng, tint: np.ndarray) -> np.ndarray:
    count = 2 * some(rng, 7, 13)
    slant = np.abs(bond(count, 1)[2])
    rows = grid()[1] * count + 1.4 * slant
    shade = 0.45 + 0.55 * np.abs(np.sin(rows * np.pi)) * np.sqrt(1.01 - 2 * slant)
    second = np.floor(rows) % some(rng, 4, 11) < some(rng, 0, 3)
    return lit(mix(second, tint, colour(rng)), shade)


def woven(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Basketwork: strips over and under."""
    column, row, x, y = bond(2 * some(rng, 3, 8))
    across, along = np.where((column + row) % 2, (x, y), (y, x))
    shade = np.sqrt(1 - (2 * across) ** 4) * (0.55 + 0.45 * np.cos(along * np.pi))
    return lit(tint, shade * (0.8 + 0.3 * noise(rng, 16, 4, 0.7)))


def carpet(rng: Rng, tint: np.ndarray) -> np.ndarray:
    x, y = (np.abs(along - 0.5) * 2 for along in grid())
    shades = np.array([tint, *(colour(rng, palette) for palette in (None, None, "pastel"))])
    zone = np.digitize(np.maximum(x, y), (0.72, 0.8, 0.92))
    medallion = x + y < 0.5 + 0.12 * np.cos(8 * np.arctan2(y, x))
    motif = np.hypot(x * 7 % 1 - 0.5, y * 7 % 1 - 0.5) < 0.2
    field = np.where(medallion & (zone == 0), 2, zone) + motif
    return lit(shades[field % 4], 0.7 + 0.3 * noise(rng, 64, 2, 0.9))


def tartan(rng: Rng, tint: np.ndarray) -> np.ndarray:
    line = np.repeat(rng.random(16) < 0.45, SIZE // 16)
    twill = np.add.outer(np.arange(SIZE), np.arange(SIZE)) // 2 % 2
    return mix(np.where(twill, line[:, None], line[None]), tint, colour(rng))


def corrugated(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Sheet metal, blinds, shutters: lit ribs."""
    ribs = 0.6 + 0.4 * np.sin(pick(rng, grid()) * some(rng, 6, 23) * 2 * np.pi)
    return lit(tint, ribs * (0.8 + 0.25 * noise(rng, 4, 5, 0.6)))


def facade(rng: Rng, tint: np.ndarray) -> np.ndarray:
    columns, rows = some(rng, 2, 4), some(rng, 2, 4)
    width, height = span(rng, (0.35, 0.8), (0.35, 0.8))
    column, row, x, y = bond(columns, rows)
    inside = np.maximum(np.abs(x) - width / 2, np.abs(y) - height / 2)
    wall = lit(tint, 0.8 + 0.25 * noise(rng, 6, 6, 0.6))
    pane = rng.uniform(0.03, 0.35, (rows, columns))[row, column]
    framed = mix(inside < 0.04, wall, tint * 1.3)
    return mix(inside < 0, framed, lit(np.array([0.8, 0.95, 1.1]), pane))


def _point(rng: Rng, least: int = 0, most: int = SIZE) -> Pixel:
    return some(rng, least, most - 1), some(rng, least, most - 1)


def _ink(tint: np.ndarray) -> tuple[int, ...]:
    return tuple(as_bytes(tint).tolist())


def _write(
    draw: ImageDraw.ImageDraw, rng: Rng, at: Pixel, longest: int, size: int, ink: tuple[int, ...]
) -> None:
    letters = rng.choice(list("ABCDEFGHIKLMNOPRSTUVXYZ0123456789 "), some(rng, 3, longest))
    draw.text(at, "".join(letters), ink, ImageFont.load_default(size))


def poster(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """Shapes and text: pictures, screens, book covers, signs. Flat, whatever they show."""
    picture = Image.fromarray(as_bytes(plain(rng, tint)))
    draw = ImageDraw.Draw(picture)
    for _ in range(some(rng, 4, 29)):
        (x, y), (width, height), ink = _point(rng), _point(rng, 8, 120), _ink(colour(rng))
        match some(rng, 0, 3):
            case 0:
                draw.rectangle((x, y, x + width, y + height), ink)
            case 1:
                draw.ellipse((x, y, x + width, y + height), ink)
            case 2:
                draw.line(((x, y), _point(rng)), ink, 1 + width // 12)
            case _:
                _write(draw, rng, (x, y), 13, 10 + height // 3, ink)
    return np.asarray(picture) / 255


def newspaper(rng: Rng, tint: np.ndarray) -> np.ndarray:
    picture = Image.new("RGB", (SIZE, SIZE), (232, 228, 215))
    draw = ImageDraw.Draw(picture)
    _write(draw, rng, (8, 4), 11, 34, (20, 20, 20))
    edges = np.linspace(0, 248, some(rng, 2, 4) + 1).tolist()
    for left, right in zip(edges[:-1], edges[1:], strict=True):
        for y in range(48, 250, 5):
            draw.line((left + 8, y, right - some(rng, 0, 7), y), (90, 90, 90), 2)
    x, y = _point(rng, 10, 140)
    draw.rectangle((x, y + 40, x + 90, y + 100), _ink(tint))
    return np.asarray(picture) / 255


def chart(rng: Rng, tint: np.ndarray) -> np.ndarray:
    """A map: land and sea in steps of height, roads, names."""
    height = np.floor(noise(rng, 2, 5) * 8) / 8
    land = mix(height, np.array([0.6, 0.8, 0.55]), tint)
    picture = Image.fromarray(as_bytes(mix(height > 0.4, np.array([0.55, 0.75, 0.9]), land)))
    draw = ImageDraw.Draw(picture)
    for _ in range(6):
        road = [_point(rng) for _ in range(4)]
        draw.line(road, _ink(colour(rng)), 2)
        _write(draw, rng, road[0], 8, 14, (20, 20, 20))
    return np.asarray(picture) / 255
