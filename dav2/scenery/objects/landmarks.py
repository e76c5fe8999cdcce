"""What one sees from above: bridges, silos, greenhouses, cranes, stadiums."""

import numpy as np

from dav2.scenery.kit import *
from dav2.scenery.objects.monuments import above_arch


def silo(rng: Rng) -> Parts:
    count, (r, h) = some(rng, 1, 4), span(rng, (2, 4.5), (8, 22))
    caps = ellipsoid((0, 0, h), (r, r, r * 0.5), 12), lathe([(r * 1.03, h), (0.1, h + r * 0.6)], 24)
    xs = row(count, count * 2.15 * r)
    stores = [(post(x, 0, -0.5, h, r, 24), move(pick(rng, caps), (x, 0, 0))) for x in xs]
    conveyor = box((0, 0, h + r * 0.7), (count * 2.2 * r, 0.8, 0.8))
    lift = post(count * 1.1 * r + 1, 0, -0.5, h + r, 0.5)
    surface = metallic(rng) if chance(rng, 0.4) else painted(rng, "neutral", 0.3)
    return [part(surface, stores), part(painted(rng, "any", 0), conveyor, lift)]


def greenhouse(rng: Rng) -> Parts:
    count, (w, length, h) = some(rng, 2, 6), span(rng, (5, 9), (20, 45), (2, 3.5))
    angle, ends = np.linspace(0, np.pi, 9), np.linspace(-length / 2, length / 2, 9)
    arch = np.c_[w / 2 * np.cos(angle), 0 * angle, h * (0.4 + 0.9 * np.sin(angle))]
    arch[[0, -1], 2] = -0.3
    vault, bows = extrude(arch[:, [0, 2]], length), grid(row(count, count * (w + 0.2)), ends)
    ribs = [tube(arch + [x, y, 0.04], 0.08, 4) for x, y in bows]
    skin = Material("plastic", np.array([0.6, 0.7, 0.7]) * rng.uniform(0.7, 1.2))
    vaults = [move(vault, (x, 0, 0)) for x in row(count, count * (w + 0.2))]
    return [part(skin, vaults), part(painted(rng, "neutral", 0), ribs)]


def _lattice(start: Vector, end: Vector, wide: float, steps: int) -> list[Mesh]:
    """Make a square beam of four bars and, at each step, diagonals between them."""
    way = np.subtract(end, start)
    u = np.cross(way, [0, 1, 0.1])
    u, v = (wide / 2 * side / np.linalg.norm(side) for side in (u, np.cross(way, u)))
    bars = start + np.array([u + v, u - v, -u - v, -u + v])
    nodes = bars + np.linspace(0, 1, steps + 1)[:, None, None] * way
    low, high = nodes[:-1].reshape(-1, 3), np.roll(nodes, -1, 1)[1:].reshape(-1, 3)
    return [rods(bars, bars + way, 0.1, 4), rods(low, high, 0.06, 4)]


def crane(rng: Rng) -> Parts:
    h, reach, out, drop = span(rng, (25, 55), (20, 40), (0.3, 0.9), (0.3, 0.8))
    back, peak = (-reach * 0.35, 0, h), (0, 0, h + 6)
    tower = _lattice((0, 0, -0.5), (0, 0, h), 1.8, int(h / 2.5))
    arm = _lattice(back, (reach, 0, h), 1.3, int(reach / 2))
    stay = tube([back, peak, (reach * 0.8, 0, h)], 0.06, 4)
    hook = post(reach * out, 0, h * drop, h, 0.04)
    blocks = box((-reach * 0.3, 0, h - 0.8), (2.5, 1.4, 2)), box((0, 1.2, h + 0.8), (1.6, 1.6, 1.8))
    return [part(painted(rng, pick(rng, ("any", "neutral")), 0), tower, arm, stay, hook, blocks)]


def quay_crane(rng: Rng) -> Parts:
    """Build a container crane on four legs, its arm along -y over the water."""
    h, stay = rng.uniform(22, 34), np.array([(2.2, -42, 2), (2.2, -6, 14), (2.2, 18, 2)])
    legs = corners(lambda x, y: cylinder((x, y, 0), (x * 0.9, y, h), 0.7, segments=6), 8, 7)
    beams = both(lambda s: box((s * 7.5, 0, h), (1.4, 16, 1.6)))
    beams += both(lambda s: box((0, s * 7, h), (16, 1.4, 1.6)))
    arm = both(lambda s: box((s * 2.2, -14, h + 1), (0.9, 66, 1.6)))
    arm += both(lambda s: post(s * 2.2, -6, h, h + 14, 0.5, 6))
    arm += both(lambda s: tube(stay * [s, 1, 1] + [0, 0, h], 0.2, 4))
    return [part(painted(rng, "any", 0), legs, beams, arm, box((0, 12, h + 3), (6, 6, 4)))]


def _piers(rng: Rng, ends: np.ndarray, height: float, wide: float) -> list[Mesh]:
    legs = [post(x, y, -30, height, 0.9, 12) for x, y in grid(ends, (-wide / 4, wide / 4))]
    return legs + [box((x, 0, height - 1.4), (2, wide * 0.9, 1.2)) for x in ends]


def _arches(rng: Rng, ends: np.ndarray, height: float, wide: float) -> list[Mesh]:
    walls = [box((x, 0, height / 2 - 15.5), (3, wide * 0.9, height + 29), 3) for x in ends]
    r = (ends[1] - ends[0] - 3) / 2
    for x in (ends[1:] + ends[:-1]) / 2:
        walls += above_arch(x, height - 1.5 - r, r, height - 0.6, wide * 0.9, 3)
    return walls


def _pylons(rng: Rng, ends: np.ndarray, height: float, wide: float) -> list[Mesh]:
    """Make two pylons and the cables from them."""
    length, meshes = np.ptp(ends), []
    reach = np.linspace(6, length * 0.26, 7)
    cables = grid(np.r_[-reach, reach], (-wide, wide))
    for x in (-length * 0.22, length * 0.22):
        top = height + rng.uniform(18, 30)
        for y in (-wide, wide):
            meshes.append(cylinder((x, y / 2, -30), (x, y * 0.4, top), 1.1, 0.7, 10))
        meshes.append(box((x, 0, top - 3), (1, wide * 0.8, 1)))
        feet = [(x + away, y / 2, height) for away, y in cables]
        meshes.append(rods(feet, [(x, y * 0.41, top - 1) for _, y in cables], 0.09, 4))
    return meshes


def bridge(rng: Rng, length: float = 120.0, height: float = 18.0, wide: float = 11.0) -> Parts:
    """Build a road bridge along x, its deck `height` up: piers, arches, or cables from pylons."""
    ends = np.linspace(-length / 2, length / 2, some(rng, 4, 8))
    below = pick(rng, (_piers, _arches, _pylons))(rng, ends, height, wide)
    deck = box((0, 0, height - 0.5), (length, wide, 1.0), 4)
    rails = both(lambda s: box((0, s * (wide / 2 - 0.15), height + 0.5), (length, 0.2, 1.0), 2))
    dashes = np.arange(-length / 2 + 2, length / 2, 8)
    lines = [box((x, 0, height + 0.01), (3, 0.2, 0.02)) for x in dashes]
    asphalt = textured(rng, "mottled", np.full(3, rng.uniform(0.2, 0.45)), 0)
    stone = matt(rng, ("mottled", "bricks"), "stone")
    return [part(asphalt, deck), part(stone, below, rails), part(painted(rng, "pastel", 0), lines)]


def stadium(rng: Rng) -> Parts:
    """Build a bowl of stands around a pitch, partly roofed, with floodlights."""
    a, h, outer, open_ = span(rng, (0.62, 0.8), (12, 26), (78, 95), (0.3, 0.7))
    inner, edge, squeeze = 58.0, 58 + (outer - 58) * open_, np.diag([1, a, 1])
    radii, heights = np.linspace(inner, outer, 9), 1 + h * 0.85 * np.linspace(0, 1, 9)[1:]
    stands = np.c_[np.repeat(radii, 2)[1:-1], np.repeat(heights, 2)]
    bowl = lathe([(inner, 0), *stands, (outer, h), (outer + 1, h), (outer + 3, -0.5)], 48, 6)
    roof = lathe([(edge, h + 5), (outer + 3, h + 1.5), (outer + 3, h + 0.8)], 48, 6)
    x, y = 0.8 * outer, 0.8 * outer * a
    masts = corners(lambda i, j: tube([(i, j, -0.5), (i * 0.975, j * 0.975, h * 2.2)], 0.6), x, y)
    lawn = textured(rng, "stripes", np.array([0.2, 0.45, 0.15]), 0)
    return [
        part(textured(rng, "stripes", gloss=0), move(bowl, turn=squeeze)),
        part(painted(rng, "neutral", 0), move(roof, turn=squeeze)),
        part(painted(rng, "neutral", 0), masts),
        part(lawn, box((0, 0, 0.05), (90, 72.5 * a, 0.1), 12)),
    ]


def tank(rng: Rng) -> Parts:
    (r, h), turn = span(rng, (5, 12), (6, 13)), np.linspace(0, 2.2, 14)
    wall, roof = post(0, 0, -0.5, h, r, 32), lathe([(r, h), (0.01, h + r * 0.12)], 32)
    x, y, z = (r + 0.4) * np.cos(turn), (r + 0.4) * np.sin(turn), h * turn / 2.2
    stair = part(painted(rng, "dark", 0), tube(np.c_[x, y, z], 0.25, 5))
    return [part(painted(rng, "pastel", 0.3), wall, roof), stair]


def stack(rng: Rng) -> Parts:
    h, r = span(rng, (25, 70), (1.2, 2.6))
    shaft = lathe([(r * 1.3, -0.5), (r * 0.8, h), (r * 0.6, h), (r * 0.6, h - 3)], 20, 3)
    bands = [post(0, 0, h * low, h * (low + 0.05), r * 1.08, 20) for low in (0.75, 0.88)]
    bricks = matt(rng, "bricks", "earth")
    return [part(bricks, shaft), part(painted(rng, "any", 0), bands)]


def containers(rng: Rng) -> Parts:
    piles: list[list[Mesh]] = [[], [], [], []]
    for i in range(some(rng, 2, 5)):
        for j in range(some(rng, 1, 4)):
            for k in range(some(rng, 0, 4)):
                block = box((i * 6.4, j * 2.6, 1.3 + 2.6 * k), (6.1, 2.44, 2.55), 2)
                pick(rng, piles).append(block)
    return [part(painted(rng, "any", 0), pile) for pile in piles if pile]
