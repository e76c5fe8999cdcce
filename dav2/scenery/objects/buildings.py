"""Houses, towers and what hangs on them."""

import numpy as np

from dav2.scenery.kit import *
from dav2.scenery.objects.vehicles import DARK_GLASS
from dav2.scenery.objects.wirework import uprights


def _wall(rng: Rng) -> Material:
    palette = pick(rng, ("stone", "neutral", "pastel", "earth"))
    return Material("diffuse", texture(rng, "facade", colour(rng, palette)))


def _roofing(rng: Rng) -> Material:
    return textured(rng, "mottled", np.full(3, rng.uniform(0.2, 0.6)), 0)


def _gable(rng: Rng, w: float, d: float, h: float) -> list[Mesh]:
    """A roof whose ridge runs along x, sometimes hipped, always wider than its walls."""
    rise, over, low = rng.uniform(0.3, 0.65) * d, 0.4, h - 0.15
    x, y = w / 2 + over, d / 2 + over
    if chance(rng, 0.3):
        end, top = max(0.1, w / 2 - d / 2), h + rise
        eaves = [(-x, -y, low), (x, -y, low), (x, y, low), (-x, y, low)]
        vertices = np.array([*eaves, (-end, 0, top), (end, 0, top)])
        faces = np.array([[0, 1, 5], [0, 5, 4], [1, 2, 5], [2, 3, 4], [2, 4, 5], [3, 0, 4]])
        return [Mesh(vertices, faces, vertices[:, :2] / 2)]
    panels = both(lambda s: quad((-x, s * y, low), (2 * x, 0, 0), (0, -s * y, rise + 0.25), 2))
    gable = extrude([(-d / 2, h - 0.1), (d / 2, h - 0.1), (0, h + rise * 0.96)], w - 0.04, 2)
    return [*panels, move(gable, turn=rotation("z", np.pi / 2))]


def _parapet(w: float, d: float, z: float, thick: float, tall: float) -> list[Mesh]:
    along = both(lambda s: box((0, s * d / 2, z), (w + thick, thick, tall)))
    return along + both(lambda s: box((s * w / 2, 0, z), (thick, d + thick, tall)))


def _machines(rng: Rng, w: float, d: float, z: float, count: int, size: float) -> list[Mesh]:
    """Boxes on a flat roof."""
    sizes = rng.uniform(0.3 * size, size, (count, 3))
    return [box((*rng.uniform(-0.3, 0.3, 2) * (w, d), z + one[2] / 2), one) for one in sizes]


def _balcony(w: float = 1.8) -> list[Mesh]:
    """Slab and rail, out of a wall towards -y."""
    bars = uprights(np.linspace(0.05 - w / 2, w / 2 - 0.05, max(4, int(w / 0.22))), 0.9, 0.015, 4)
    ends = both(lambda s: box((s * w / 2, -0.5, 0.9), (0.05, 1, 0.05)))
    rail = box((0, -0.95, 0.9), (w, 0.05, 0.05))
    return [move(bars, (0, -0.95, 0)), *ends, rail, box((0, -0.5, 0), (w, 1, 0.12))]


def shop_front(rng: Rng, w: float, y: float) -> Parts:
    """Show windows, a door, a sign and perhaps an awning along a wall at y."""
    count, wide = max(2, int(w / 2.2)), w - 0.6
    panes = [box((x, y - 0.03, 1.45), (wide / count - 0.2, 0.06, 2.1)) for x in row(count, wide)]
    edges = np.linspace(-wide / 2, wide / 2, count + 1)
    frame = [box((x, y - 0.06, 1.4), (0.14, 0.14, 2.8)) for x in edges]
    sill = box((0, y - 0.08, 0.2), (w - 0.4, 0.18, 0.4))
    board = box((0, y - 0.1, 2.95), (w - 0.4, 0.16, 0.55), 2)
    parts = [
        part(DARK_GLASS, panes),
        part(painted(rng, "dark", 0.5), frame, sill),
        part(Material("diffuse", texture(rng, "poster")), board),
    ]
    if chance(rng, 0.55):
        out, drop = span(rng, (1, 2), (0.3, 0.7))
        cloth = quad((-wide / 2, y, 2.75), (wide, 0, 0), (0, -out, -drop), 1.2)
        fringe = quad((-wide / 2, y - out, 2.75 - drop), (wide, 0, 0), (0, 0, -0.22), 1.2)
        parts.append(part(textured(rng, "stripes", gloss=0), cloth, fringe))
    return parts


def building(
    rng: Rng, width: float | None = None, depth: float | None = None, height: float | None = None
) -> Parts:
    """A house with roof, chimneys, balconies; higher ones flat, with machines on the roof."""
    w, d, h = width or rng.uniform(6, 15), depth or rng.uniform(6, 12), height or rng.uniform(4, 25)
    if h < 14 and chance(rng, 0.75):
        tiles = textured(rng, "bricks", colour(rng, pick(rng, ("earth", "dark", "earth"))), 0)
        roof = part(tiles, _gable(rng, w, d, h))
        chimneys = rng.uniform(-w / 2 + 0.6, w / 2 - 0.6, some(rng, 0, 2))
        chimney = (0.6, 0.6, d * 0.6)
        trim = [box((x, rng.normal(0, d * 0.1), h + d * 0.25), chimney) for x in chimneys]
    else:
        roof = part(_roofing(rng), box((0, 0, h + 0.02), (w - 0.4, d - 0.4, 0.04), 4))
        trim = _parapet(w, d, h + 0.2, 0.3, 0.7) + _machines(rng, w, d, h, some(rng, 1, 4), 2.6)
    green: list[Mesh] = []
    columns = [x for x in np.arange(-w / 2 + 1.5, w / 2 - 1, 3.0) if chance(rng, 0.35)]
    for x in columns:
        for z in np.arange(3.2, h - 1.5, 3.1 if chance(rng, 0.5) else 9):
            trim += [move(one, (x, -d / 2, z)) for one in _balcony()]
            if chance(rng, 0.6):
                spread = rng.normal(0, 1, (60, 3)) * [0.54, 0.14, 0.22]
                green.append(cards(rng, spread + [x, -d / 2 - 0.95, z + 0.8], 0.09))
    walls = part(_wall(rng), box((0, 0, h / 2 - 0.5), (w, d, h + 1), rng.uniform(4, 8)))
    more = [(painted(rng, "neutral", 0), trim), (painted(rng, "green", 0), green)]
    return [walls, roof, *(part(paint, meshes) for paint, meshes in more if meshes)]


def tower(rng: Rng, height: float | None = None) -> Parts:
    """A high-rise: slab, steps, or round, with machines and a mast on its roof."""
    w, d, tile = span(rng, (14, 26), (12, 24), (8, 14))
    h, is_round = height or rng.uniform(25, 100), chance(rng, 0.2)
    low, middle = np.sort(rng.uniform(0.3, 0.9, 2))
    steps = [(low, 1.0), (middle, 0.78), (1, 0.55)]
    tiers = pick(rng, ([(1, 1.0)], steps, [(0.16, 1.0), (1, 0.62)]))
    walls, roofs, trim, foot = [], [], [], 0.0
    for top, share in tiers:
        wide, deep, top = w * share, d * share, h * top
        if is_round:
            walls.append(lathe([(wide / 2, foot), (wide / 2, top)], 28, tile))
            roofs.append(post(0, 0, top - 0.1, top, wide / 2, 28))
        else:
            walls.append(box((0, 0, (foot + top) / 2), (wide, deep, top - foot), tile))
            roofs.append(box((0, 0, top), (wide * 0.98, deep * 0.98, 0.1), 4))
            trim += _parapet(wide, deep, top + 0.4, 0.4, 0.9)
        foot = top
    trim += _machines(rng, wide, deep, h, some(rng, 2, 5), 5 * share)
    if chance(rng, 0.4):
        trim.append(cylinder((0, 0, h), (0, 0, h * 1.15), 0.3, 0.05))
    roof = part(_roofing(rng), roofs)
    return [part(_wall(rng), walls), roof, part(painted(rng, "neutral", 0), trim)]
