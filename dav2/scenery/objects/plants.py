"""Plants and rocks."""

import numpy as np

from dav2.scenery.kit import *

LEAFY, BLOOMING = {"green": 0.85, "earth": 0.15}, {"green": 0.85, "any": 0.15}


def _leaf(x: np.ndarray, half: np.ndarray, z: np.ndarray) -> Mesh:
    """Span a leaf along x from its half width at every point."""
    return sheet(np.stack([np.c_[x, -half, z], np.c_[x, half, z]], 1))


def _foliage(rng: Rng, points: np.ndarray, count: int, spread: float, size: float) -> Mesh:
    """Scatter leaves about points."""
    return cards(rng, rng.choice(points, count) + rng.normal(0, 1, (count, 3)) * spread, size)


def _limbs(starts: np.ndarray, ends: np.ndarray, r: float, tip: float) -> list[Mesh]:
    """Draw tapered limbs from points to points."""
    return [cylinder(a, b, r, tip, 6, caps=False) for a, b in zip(starts, ends, strict=True)]


def tree(rng: Rng) -> Parts:
    h, pieces = rng.uniform(3, 11), []
    bark, green = matt(rng, "wood", "earth", 0.6), matt(rng, "grass", pick(rng, LEAFY))
    if chance(rng, 0.35):
        for share in np.linspace(0, 1, some(rng, 5, 8), endpoint=False):
            z, r = h * (0.15 + 0.8 * share), h * 0.22 * (1 - share) + 0.15
            cone = lathe([(r, z), (r * 0.45, z + h * 0.1), (0.02, z + h * 0.24)], 16)
            cone.vertices[:] += rng.normal(0, 0.04 * r, cone.vertices.shape)
            pieces.append(cone)
        return [part(bark, cylinder((0, 0, 0), (0, 0, h), h * 0.02, 0.01)), part(green, pieces)]
    start, way, length, tips = np.zeros((1, 3)), np.eye(3)[2:], np.array([[h * 0.3]]), []
    for r in h * 0.025 * 0.62 ** np.arange(5):
        way = way / np.linalg.norm(way, axis=1, keepdims=True)
        tips.append(start + way * length)
        pieces += _limbs(start, tips[-1], r, r * 0.7)
        fork = np.repeat(np.arange(len(way)), rng.integers(2, 4, len(way)))
        start, length = tips[-1][fork], length[fork] * rng.uniform(0.6, 0.85, (len(fork), 1))
        way = way[fork] + rng.normal(0, 0.45, start.shape) + [0, 0, 0.12]
    parts, tips = [part(bark, pieces)], np.concatenate(tips[2:])
    if chance(rng, 0.8):
        leaves = _foliage(rng, tips, min(1400, 14 * len(tips)), h * 0.045, h * 0.03)
        parts.append(part(green, leaves))
    return parts


def branch(rng: Rng) -> Parts:
    """Draw a leafy or flowering branch about one metre long, along x, for foregrounds."""
    points = np.cumsum(np.c_[np.full(7, 0.16), rng.normal(0, 0.04, 7), rng.normal(0, 0.05, 7)], 0)
    starts = np.repeat(points[1:], rng.integers(1, 4, 6), 0)
    ends = starts + rng.normal(0, 0.14, starts.shape)
    tips = np.concatenate([points, *np.linspace(starts, ends, 4)])
    leaves = _foliage(rng, tips, 3 * len(tips), 0.03, rng.uniform(0.02, 0.06))
    wood, green = matt(rng, "wood", "earth", 0.6), matt(rng, "grass", pick(rng, BLOOMING))
    stem = part(wood, tube(points, 0.012), _limbs(starts, ends, 0.006, 0.003))
    return [stem, part(green, leaves)]


def flower(rng: Rng) -> Parts:
    """Draw one flower on a stem, 0.2 to 0.5 m high, often seen from close by."""
    h, r, tilt = span(rng, (0.2, 0.5), (0.03, 0.09), (0, 1.2))
    t, count, petals, top = np.linspace(0, 1, 5), some(rng, 5, 19), [], (0, 0, h)
    half = 0.45 * r * np.sin(np.pi * np.clip(t * 0.9 + 0.1, 0, 1))
    for turn in rng.normal(np.arange(count) * 2 * np.pi / count, 0.1):
        petal = _leaf(r * t, half, r * rng.uniform(0.1, 0.8) * t**2)
        petals.append(move(petal, top, rotation("x", tilt) @ rotation("z", turn)))
    return [
        part(painted(rng, "any", 0.1), petals),
        part(painted(rng, "any", 0), ellipsoid(top, r * 0.25, 8)),
        part(painted(rng, "green", 0), cylinder((0, 0, 0), top, 0.004)),
    ]


def rock(rng: Rng) -> Parts:
    s, wide, high = span(rng, (0.2, 1.5), (0.6, 1), (0.4, 0.8))
    mesh = blob(rng, (0, 0, s * 0.3), (s, s * wide, s * high), 0.35, 20)
    return [part(matt(rng, "rock", "stone"), mesh)]


def bush(rng: Rng) -> Parts:
    s, spots = rng.uniform(0.3, 0.9), rng.normal(size=(350, 3))
    spots *= s * rng.uniform(0.6, 1, (350, 1)) / np.linalg.norm(spots, axis=1, keepdims=True)
    spots[:, 2] = np.abs(spots[:, 2])
    return [part(matt(rng, "grass", "green"), cards(rng, spots, s * 0.13))]


def tuft(rng: Rng) -> Parts:
    root, side, bend = rng.normal(0, 1, (3, 90, 3)) * [[[0.25]], [[0.008]], [[0.15]]]
    root[:, 2] = side[:, 2] = 0
    bend[:, 2] = rng.uniform(0.15, 0.6) * rng.uniform(0.5, 1, 90)
    blades = np.stack([root - side, root + side, root + bend], 1).reshape(-1, 3)
    uv = np.tile([[0, 0], [0.1, 0], [0.05, 0.5]], (90, 1))
    return [part(painted(rng, "green", 0), Mesh(blades, np.arange(270).reshape(-1, 3), uv))]


def crown_tree(rng: Rng, height: float | None = None) -> Parts:
    """Draw a full-grown tree of few triangles, for woods and views from above."""
    h = height or rng.uniform(8, 22)
    bark, green = matt(rng, "wood", "earth", 0.5), matt(rng, "grass", pick(rng, LEAFY), 0.75)
    stem = cylinder((0, 0, -0.5), (0, 0, h * 0.8), h * 0.025, h * 0.008, 7, caps=False)
    if chance(rng, 0.45):  # a conifer: whorls that end in points
        reach, pieces = h * rng.uniform(0.14, 0.22), []
        for share in np.linspace(0, 1, some(rng, 6, 9), endpoint=False):
            z, star = h * (0.12 + 0.85 * share), np.tile([1, 0.55], 9) * rng.uniform(0.8, 1.15, 18)
            star *= reach * (1 - share) + 0.2
            rim = np.c_[star[:, None] * ring(18, 1)[:, :2], z - 0.25 * star]
            tip = np.broadcast_to([0, 0, z + h * 0.16], (19, 3))
            pieces.append(sheet(np.stack([np.append(rim, rim[:1], 0), tip])))
    else:
        wide, count = h * rng.uniform(0.2, 0.32), some(rng, 8, 12)
        spots = rng.uniform(-0.75, 0.75, (count, 3)) * [wide, wide, h * 0.25] + [0, 0, h * 0.68]
        pieces = [blob(rng, at, wide * rng.uniform(0.35, 0.7), 0.6, 6) for at in spots]
        shell = np.concatenate([piece.vertices for piece in pieces])
        pieces.append(_foliage(rng, shell, 150, 0.025 * h, h * 0.04))
    return [part(green, pieces), part(bark, stem)]


def trunk(rng: Rng) -> Parts:
    """Draw a bare stem, leaning a little, with roots and stubs of branches, as in woods."""
    h, r, dim = span(rng, (9, 20), (0.12, 0.45), (0.4, 0.9))
    sway = np.cumsum(rng.normal(0, 0.12, (6, 2)), 0)
    points, radii = np.c_[sway - sway[0], np.linspace(-0.2, h, 6)], r * np.linspace(1, 0.4, 6)
    joints = zip(points[:-1], points[1:], radii[:-1], radii[1:], strict=True)
    stem = [cylinder(a, b, p, q, 10, caps=False) for a, b, p, q in joints]
    out, start, up = rng.choice(ring(40, 1), 5), rng.choice(points[2:], 5), rng.random(5)
    roots = _limbs([(0, 0, r * 1.5)] * 5, out * r * rng.uniform(2, 3.5, (5, 1)), r * 0.5, 0.03)
    stub = (out + np.outer(up, [0, 0, 1])) * rng.uniform(0.5, 3, (5, 1))
    bark, green = matt(rng, "wood", "earth", dim), matt(rng, "grass", "green")
    leaves = _foliage(rng, points[-1:], 320, np.array([1, 1, 1.6]), 0.35)
    return [part(bark, stem, roots, _limbs(start, start + stub, r / 4, 0.02)), part(green, leaves)]


def fern(rng: Rng) -> Parts:
    """Draw arching fronds from one root: undergrowth."""
    count, t, fronds = some(rng, 7, 12), np.linspace(0, 1, 8), []
    half = 0.11 * np.tile([1, 0.5], 4) * (1 - t) + 0.005
    for turn in rng.normal(np.arange(count) * 2 * np.pi / count, 0.2):
        reach, h = span(rng, (0.4, 0.8), (0.3, 0.6))
        frond = _leaf(reach * t, half, h * np.sin(np.pi * t * 0.8))
        fronds.append(move(frond, turn=rotation("z", turn)))
    return [part(painted(rng, "green", 0), fronds)]


def boulder(rng: Rng, size: float = 3.0) -> Parts:
    """Draw a large, angular rock whose foot is below the ground."""
    s = size * rng.uniform(0.5, 1.3)
    wide, high, dim = span(rng, (0.6, 1), (0.6, 1.3), (0.5, 1))
    mesh, step = blob(rng, (0, 0, s * 0.35), (s, s * wide, s * high), 0.5), s * 0.28
    planes = (mesh.vertices + np.round(mesh.vertices / step) * step) / 2
    return [part(matt(rng, "rock", "stone", dim), Mesh(planes, mesh.faces, mesh.uv * s * 0.3))]


def fallen(rng: Rng) -> Parts:
    """Draw a dead tree lying along x."""
    length, r = span(rng, (3, 9), (0.12, 0.35))
    stem = cylinder((-length / 2, 0, r), (length / 2, 0, r * 0.6), r, r * 0.5, 10)
    start = np.outer(rng.uniform(-length / 2, length / 2, 6), [1, 0, 0]) + [0, 0, r]
    stubs = _limbs(start, start + rng.normal(0, 0.6, (6, 3)) + [0, 0, 0.5], 0.05, 0.01)
    return [part(matt(rng, "wood", "earth"), stem, stubs)]
