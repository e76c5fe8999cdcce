"""Great buildings of stone and what stands on squares."""

import numpy as np

from dav2.scenery.kit import *
from dav2.scenery.objects.people import person


def _stone(rng: Rng) -> Material:
    kind = pick(rng, {"bricks": 0.5, "mottled": 0.2, "rock": 0.15, "marble": 0.15})
    return matt(rng, kind, "stone")


def above_arch(
    x: float, spring: float, r: float, top: float, deep: float, tile: float = 1
) -> list[Mesh]:
    """Make the wall between a round arch about (x, spring) and a level top."""
    angle = np.linspace(0, np.pi, 13)
    arch = np.c_[x + r * np.cos(angle), spring + r * np.sin(angle)]
    pieces = zip(arch[:-1], arch[1:], strict=True)
    return [extrude([a, (a[0], top), (b[0], top), b], deep, tile) for a, b in pieces]


def temple(rng: Rng) -> Parts:
    """Build columns around a hall, steps, and a gable."""
    count, (gap, h) = some(rng, 4, 8), span(rng, (2, 3), (5, 9))
    w, d = (count - 1) * gap, rng.uniform(0.6, 1.2) * count * gap
    r, stone = gap * 0.17, _stone(rng)
    column = [cylinder((0, 0, 1), (0, 0, h + 1), r, r * 0.85, 14)]
    column += [box((0, 0, z), (2.6 * r, 2.6 * r, r)) for z in (1 + r / 2, 1 + h)]
    places = grid(np.linspace(-w / 2, w / 2, count), (-d / 2, d / 2))
    columns = [move(mesh, (*at, 0)) for at in places for mesh in column]
    steps = [box((0, 0, 0.33 * i + 0.17), (w + 4 - i, d + 4 - i, 0.34)) for i in range(3)]
    gable = extrude([(-w / 2 - 1, h + 2), (w / 2 + 1, h + 2), (0, h + 2 + w * 0.2)], d + 2, 2)
    beam = box((0, 0, h + 1.6), (w + 1.5, d + 1.5, 1))
    hall = box((0, 1, h / 2 + 1), (w * 0.7, d * 0.7, h))
    other = stone if chance(rng, 0.5) else _stone(rng)
    return [part(stone, columns, steps), part(other, gable, beam, hall)]


def castle(rng: Rng) -> Parts:
    """Build round or square towers with roofs, and walls between them."""
    places, walls, roofs = rng.uniform(-10, 10, (some(rng, 3, 6), 2)), [], []
    for x, y in places:
        r, h = span(rng, (1.5, 3.5), (7, 20))
        is_round = chance(rng, 0.6)
        square = box((x, y, h / 2), (2 * r, 2 * r, h), 3)
        walls.append(post(x, y, 0, h, r, 18) if is_round else square)
        if chance(rng, 0.7):
            top = (x, y, h + r * rng.uniform(1.5, 3))
            roofs.append(cylinder((x, y, h), top, r * 1.15, 0.02, 18 if is_round else 4))
        else:
            walls += [box(at + [x, y, h + 0.4], (0.5, 0.5, 0.9)) for at in ring(11, r)]
    for a, b in zip(places[:-1], places[1:], strict=True):
        (along, across), h = b - a, rng.uniform(5, 10)
        wall = box((0, 0, h / 2), (np.hypot(along, across), 2, h), 3)
        walls.append(move(wall, (*((a + b) / 2), 0), rotation("z", np.arctan2(across, along))))
    roof = textured(rng, "bricks", colour(rng, pick(rng, ("earth", "dark"))), 0)
    return [part(_stone(rng), walls), *([part(roof, roofs)] if roofs else [])]


def dome(rng: Rng) -> Parts:
    w, h = span(rng, (8, 14), (6, 10))
    r, angle = w * rng.uniform(0.3, 0.45), np.linspace(0, np.pi / 2, 12)
    bulge = r * (np.cos(angle) + 0.12 * np.sin(2 * angle))
    cap = lathe(np.c_[np.maximum(bulge, 1e-4), h + r * 0.4 + 1.1 * r * np.sin(angle)], 28)
    hall, drum = box((0, 0, h / 2), (w, w, h), 3), post(0, 0, h, h + r * 0.4, r, 28)
    spike = cylinder((0, 0, h + 1.4 * r), (0, 0, h + 2 * r), 0.15, 0.02)
    reach, tall = w * rng.uniform(0.6, 1), h * rng.uniform(1.3, 2.2)
    towers = corners(lambda x, y: cylinder((x, y, 0), (x, y, tall), 0.7, 0.5, 12), reach, reach)
    towers += corners(lambda x, y: ellipsoid((x, y, tall), (0.9, 0.9, 1.1), 10), reach, reach)
    cover = painted(rng, "stone") if chance(rng, 0.5) else metallic(rng)
    return [part(_stone(rng), hall, drum, spike, towers), part(cover, cap)]


def pyramid(rng: Rng) -> Parts:
    s, h, steps = rng.uniform(8, 20), rng.uniform(0.5, 0.8), some(rng, 2, 13)
    if chance(rng, 0.4):
        return [part(_stone(rng), cylinder((0, 0, 0), (0, 0, s * h), s, 0.02, 4))]
    rise, sides = s * h / steps, 1.5 * s * (1 - np.arange(steps) / steps)
    blocks = [box((0, 0, (k + 0.5) * rise), (a, a, rise), 2) for k, a in enumerate(sides)]
    return [part(_stone(rng), blocks)]


def arcade(rng: Rng) -> Parts:
    """Build a wall of arches in one or two storeys, to look at or through."""
    count, (gap, h, deep) = some(rng, 2, 7), span(rng, (2.5, 5), (4, 8), (0.8, 3))
    top, piers = h * 0.7 + gap * 0.5, row(count + 1, (count + 1) * gap)
    storey = [box((x, 0, top / 2), (gap * 0.25, deep, top)) for x in piers]
    for x in row(count, count * gap):
        storey += above_arch(x, h * 0.7, gap * 0.38, top, deep)
    levels = range(some(rng, 1, 2))
    return [part(_stone(rng), [move(one, (0, 0, k * top)) for k in levels for one in storey])]


def statue(rng: Rng) -> Parts:
    h, size = span(rng, (1.5, 4), (0.9, 2))
    sides = ((1.2, h / 2, h), (1.8, 0.15, 0.3), (1.5, h, 0.2))
    base = [box((0, 0, z), (side, side, tall)) for side, z, tall in sides]
    poses = ("standing", "arms_up", "reaching", "walking", "waving", "sitting")
    figure = moved(person(rng, pick(rng, poses)), (0, 0, h + 0.1), scale=size)
    surface = _stone(rng) if chance(rng, 0.5) else metallic(rng)
    return [part(_stone(rng), base), part(surface, [one.mesh for one in figure])]


def windmill(rng: Rng) -> Parts:
    h, start = rng.uniform(5, 10), rng.uniform(0, np.pi / 2)
    tower = cylinder((0, 0, 0), (0, 0, h), h * 0.25, h * 0.16, 12)
    cap = lathe([(h * 0.2, h), (h * 0.14, h * 1.12), (0.02, h * 1.22)], 12)
    bars = np.linspace((h * 0.15, 0, 0), (h * 0.63, 0, 0), 9)
    battens = np.array([(0, 0, h * 0.06), (0, 0, h * 0.12)])
    sail = [cylinder((0, 0, 0), (h * 0.65, 0, 0), 0.08), rods(bars, bars + battens[1], 0.03, 4)]
    sail.append(rods(bars[0] + battens, bars[-1] + battens, 0.03, 4))
    turns = [rotation("y", start + k * np.pi / 2) for k in range(4)]
    sails = [move(one, (0, -h * 0.25, h * 1.02), turn) for turn in turns for one in sail]
    wood, other = (textured(rng, "wood", gloss=0) for _ in range(2))
    return [part(_stone(rng), tower), part(wood, cap), part(other, sails)]


def bell_tower(rng: Rng) -> Parts:
    """Build a church: a nave with buttresses and a tower with a spire."""
    w, d, h, side = span(rng, (7, 11), (14, 24), (6, 10), (3.5, 5.5))
    y, tall = -d / 2 - side / 2 + 0.5, h * rng.uniform(1.6, 2.8)
    walls = [box((0, 0, h / 2), (w, d, h), 3), box((0, y, tall / 2), (side, side, tall), 3)]
    walls.append(box((0, y, tall * 0.8), (side + 0.5, side + 0.5, 0.4), 3))
    for x, at in grid((-w / 2 - 0.4, w / 2 + 0.4), np.linspace(-d / 2 + 1, d / 2 - 1, 5)):
        walls.append(box((x, at, h * 0.4), (0.8, 0.9, h * 0.8), 3))
    front = y - side / 2
    windows = [box((0, front, tall * z), (side * 0.25, 0.1, tall * 0.1)) for z in (0.3, 0.55, 0.88)]
    for x, at in grid((-w / 2, w / 2), np.linspace(-d / 2 + 2.5, d / 2 - 2.5, 4)):
        windows.append(box((x, at, h * 0.5), (0.1, 1.0, h * 0.5)))
    door = box((0, front, 1.4), (side * 0.4, 0.15, 2.8))
    eaves = [(-w / 2 - 0.4, h - 0.2), (w / 2 + 0.4, h - 0.2)]
    roof = extrude([*eaves, (0, h + w * 0.6)], d + 0.6, 2)
    spire = cylinder((0, 0, 0), (0, 0, side * rng.uniform(1, 3)), side * 0.75, 0.02, 4)
    spire = move(spire, (0, y, tall), rotation("z", np.pi / 4))
    return [
        part(_stone(rng), walls),
        part(matt(rng, "bricks", "earth", 0.7), roof, spire),
        part(Material("diffuse", np.full(3, 0.05)), windows, door),
    ]


def gateway(rng: Rng) -> Parts:
    """Build a triumphal arch or city gate one can stand in."""
    gap, h, deep = span(rng, (4, 8), (6, 11), (3, 7))
    pier, top = gap * rng.uniform(0.4, 0.8), max(h, h * 0.55 + gap / 2 + 1.2)
    x, wide = (gap + pier) / 2, gap + 2 * pier
    piers = both(lambda s: box((s * x, 0, top / 2), (pier, deep, top), 3))
    pilasters = corners(lambda i, j: box((i, j, top / 2), (pier * 0.5, 0.5, top)), x, deep / 2)
    arch = above_arch(0, h * 0.55, gap / 2, top, deep, 3)
    cornice = box((0, 0, top + 0.4), (wide + 1, deep + 1, 0.8), 3)
    attic = box((0, 0, top + 1.8), (wide, deep * 0.9, 2), 3)
    return [part(_stone(rng), piers, pilasters, arch, cornice, attic)]
