"""Fences, nets, masts and ropes, seen through, along x."""

import numpy as np

from dav2.scenery.kit import *

Numbers = float | Vector


def _at(x: Numbers, y: Numbers, z: Numbers) -> np.ndarray:
    """Stack points [N, 3] of numbers and rows of numbers."""
    return np.stack(np.broadcast_arrays(x, y, z), -1)


def uprights(xs: Numbers, height: float, radius: float, sides: int = 8) -> Mesh:
    """Stand rods on the x axis."""
    return rods(_at(xs, 0, 0), _at(xs, 0, height), radius, sides)


def rails(zs: Numbers, width: float, radius: float, sides: int = 8) -> Mesh:
    """Lay rods along x, at heights."""
    return rods(_at(-width / 2, 0, zs), _at(width / 2, 0, zs), radius, sides)


def _gate(width: float, height: float, radius: float = 0.05) -> list[Mesh]:
    """Two posts and a beam."""
    return [uprights([-width / 2, width / 2], height, radius), rails(height, width, radius)]


def _posts(width: float, gaps: int) -> np.ndarray:
    return np.linspace(-width / 2, width / 2, gaps + 1)


def hanging(start: Vector, end: Vector, sag: float, count: int = 9) -> np.ndarray:
    """Find points [count, 3] of a rope that hangs between two others."""
    t = np.linspace(0, 1, count)[:, None]
    return np.array(start) * (1 - t) + np.array(end) * t - np.array([0, 0, 4 * sag]) * t * (1 - t)


def lattice(width: float, height: float, gap: float, radius: float, slanted: bool) -> list[Mesh]:
    """Crossing wires over a rectangle in the plane y = 0, upright or diagonal."""
    if not slanted:
        xs, zs = np.arange(-width / 2, width / 2 + 1e-6, gap), np.arange(0, height + 1e-6, gap)
        return [uprights(xs, height, radius, 4), rails(zs, width, radius, 4)]
    x = np.arange(-width / 2 - height, width / 2, gap * np.sqrt(2))
    a, b = np.maximum(x, -width / 2), np.minimum(x + height, width / 2)
    x, a, b = np.stack([x, a, b])[:, b > a + 1e-3]
    over = radius * 1.5
    return [
        rods(_at(a, 0, a - x), _at(b, 0, b - x), radius, 4),
        rods(_at(-a, over, a - x), _at(-b, over, b - x), radius, 4),
    ]


def chain_link(rng: Rng, width: float = 5) -> Parts:
    """A fence of diagonal wires between posts."""
    h, gap, wire = span(rng, (1.2, 2.4), (0.06, 0.11), (0.002, 0.004))
    material = metallic(rng) if chance(rng, 0.6) else painted(rng, "green", 0.5)
    posts = uprights(_posts(width, int(width / 2)), h + 0.05, 0.03)
    return [part(material, lattice(width, h, gap, wire, True), posts, rails(h, width, 0.02))]


def mesh_fence(rng: Rng, width: float = 5) -> Parts:
    """A fence of welded upright and level wires."""
    h, gap, wire = span(rng, (0.8, 2), (0.08, 0.2), (0.003, 0.006))
    posts = [box((x, 0, h / 2), (0.05, 0.05, h)) for x in _posts(width, int(width / 2.5) + 1)]
    return [part(painted(rng, gloss=0.6), lattice(width, h, gap, wire, False), posts)]


def railing(rng: Rng, width: float = 4) -> Parts:
    """Bars with a handrail, plain or with rings."""
    h, gap, bar = span(rng, (0.9, 1.15), (0.09, 0.14), (0.006, 0.011))
    xs = np.arange(-width / 2, width / 2, gap)
    bars = [uprights(xs, h, bar, 6)]
    bars += [box((0, 0, z), (width, 0.045, 0.03)) for z in (0.1, h)]
    if chance(rng, 0.5):
        middles = _at(xs[:-1] + gap / 2, 0, h - gap * 0.6)
        bars += [torus(at, gap * 0.42, 0.006, (0, 1, 0), 14, 4) for at in middles]
    return [part(painted(rng, "dark", 0.6) if chance(rng, 0.6) else metallic(rng), bars)]


def cable_railing(rng: Rng, width: float = 4) -> Parts:
    """Posts and thin steel cables."""
    h, count = rng.uniform(0.9, 1.1), some(rng, 4, 8)
    cables = rails(np.linspace(0.12, h - 0.08, count), width, 0.003, 4)
    posts = [box((x, 0, h / 2), (0.05, 0.03, h)) for x in _posts(width, int(width / 1.2))]
    return [part(metallic(rng), cables, posts, box((0, 0, h), (width, 0.07, 0.03)))]


def net(rng: Rng, width: float = 4) -> Parts:
    """A sagging net between two poles: tennis, football, fishing."""
    h, gap, sag, cord = span(rng, (1, 2.2), (0.08, 0.16), (0, 0.15), (0.0015, 0.003))
    wires = part(painted(rng, "pastel", 0), lattice(width, h * 0.9, gap, cord, chance(rng, 0.5)))
    x, _, z = wires.mesh.vertices.T
    bulge = np.cos(np.pi * x / width)
    bent = _at(0, 0.25 * bulge * np.sin(np.pi * z / h), h * 0.1 - sag * bulge * z / h)
    mesh = wires.mesh._replace(vertices=np.maximum(wires.mesh.vertices + bent, [-1e9, -1e9, 0.003]))
    poles = uprights([-width / 2, width / 2], h * 1.05, 0.03)
    return [wires._replace(mesh=mesh), part(metallic(rng), poles)]


def goal(rng: Rng) -> Parts:
    w, h, d, gap = span(rng, (2, 4), (1.5, 2.2), (0.7, 1.2), (0.11, 0.16))
    lean = rotation("x", np.arctan2(d, h))
    wires = lattice(w, float(np.hypot(h, d)), gap, 0.0025, False)
    back = [move(one, (0, d, 0.003), lean) for one in wires]
    return [part(painted(rng, "white", 0.7), _gate(w, h)), part(painted(rng, "white", 0), back)]


def antenna(rng: Rng) -> Parts:
    """A mast with a comb of rods."""
    h, boom, wide = span(rng, (2, 5), (0.8, 1.8), (0.7, 1.3))
    count = some(rng, 6, 13)
    ys, half = _posts(boom, count - 1), np.linspace(0.2, 0.5, count) * wide
    comb = rods(_at(-half, ys, h), _at(half, ys, h), 0.005)
    guys = rods(_at([0] * 3, 0, h * 0.8), ring(3, h * 0.35, start=0.4), 0.003, 4)
    beam = rods([0, -boom / 2, h], [0, boom / 2, h], 0.01)
    return [part(metallic(rng), comb, guys, beam, post(0, 0, 0, h + 0.1, 0.02))]


def lattice_mast(rng: Rng) -> Parts:
    """A pylon of crossed bars."""
    h, w = span(rng, (5, 14), (0.4, 1.2))
    t = np.linspace(0, 1, some(rng, 7, 12))[:, None, None]
    rings = ring(4, np.sqrt(2) * w, start=np.pi / 4) * (1 - 0.75 * t) + t * [0, 0, h]
    low, high = rings[:-1], rings[1:]
    turned = np.roll(high, 1, axis=1)
    bars = [
        rods(a.reshape(-1, 3), b.reshape(-1, 3), w * 0.03, 4)
        for a, b in ((low, high), (low, turned), (high, turned))
    ]
    material = metallic(rng) if chance(rng, 0.5) else painted(rng, "neutral", 0)
    mast = part(material, bars, rails([h * 0.75, h * 0.9], 3 * w, 0.04, 5))
    return [mast._replace(mesh=planted(mast.mesh))]


def scaffold(rng: Rng) -> Parts:
    d, floors, bays = 0.9, some(rng, 1, 3), some(rng, 1, 3)
    half, sides = 1.1 * bays, (-d / 2, d / 2)
    xs, zs = _posts(2 * half, bays), 2.0 * np.arange(1, floors + 1)
    x, y = np.array(grid(xs, sides)).T
    feet = rods(_at(x, y, 0), _at(x, y, 2 * floors + 1), 0.024, 6)
    y, z = np.array(grid(sides, np.add.outer(zs, [0, 0.5, 1]).ravel())).T
    rails = rods(_at(-half, y, z), _at(half, y, z), 0.022, 6)
    x, z = np.array(grid(xs[:-1], zs)).T
    braces = rods(_at(x, -d / 2, z - 2), _at(x + 2.2, -d / 2, z), 0.018, 6)
    boards = [box((0, 0, z + 0.05), (2 * half, d * 0.9, 0.05)) for z in zs]
    return [
        part(metallic(rng), feet, rails, planted(braces)),
        part(textured(rng, "planks", gloss=0), boards),
    ]


def washing_line(rng: Rng) -> Parts:
    """Ropes between two posts, with laundry."""
    w, h = span(rng, (2.5, 5), (1.8, 2.2))
    ends = [-w / 2, w / 2]
    iron, parts = [uprights(ends, h, 0.035), rods(_at(ends, -0.3, h), _at(ends, 0.3, h), 0.02)], []
    for y in (-0.25, 0.25):
        rope = hanging((-w / 2, y, h), (w / 2, y, h), 0.6 * rng.uniform(0.1, 0.5), 12)
        iron.append(rods(rope[:-1], rope[1:], 0.004, 4))
        for k in rng.choice(np.arange(1, 10), some(rng, 0, 2), replace=False):
            wide, long = span(rng, (0.3, 0.6), (0.4, 0.9))
            u, v = np.meshgrid(np.linspace(0, 1, 8), np.linspace(0, long, 6), indexing="ij")
            x, fold = rope[k, 0] + u * wide, 0.04 * v * np.sin(9 * u + 3 * v)
            cloth = sheet(_at(x, y + fold, np.interp(x, rope[:, 0], rope[:, 2]) - v))
            fabric = pick(rng, ("fabric", "stripes", "dots", "plain", "tartan"))
            parts.append(part(textured(rng, fabric, gloss=0), cloth))
    return [part(metallic(rng), iron), *parts]


def hanging_ropes(rng: Rng) -> Parts:
    """A beam on posts with ropes, knots and rings."""
    w, h = span(rng, (1.5, 3), (2, 2.6))
    ropes = []
    for x in _posts(w - 0.4, some(rng, 3, 8) - 1):
        long, thick = span(rng, (0.6, h - 0.4), (0.004, 0.014))
        end = np.array([x + rng.normal(0, 0.08), rng.normal(0, 0.05), h - long])
        ropes.append(tube(np.linspace([x, 0, h], end, 4), thick, 5))
        if chance(rng, 0.5):
            ropes.append(torus(end - [0, 0, 0.09], 0.09, 0.009, (0, 1, 0), 16, 5))
    return [part(wooden(rng), _gate(w, h)), part(textured(rng, "woven", gloss=0), ropes)]


def swing(rng: Rng) -> Parts:
    h, w = span(rng, (1.9, 2.4), (1.5, 2.5))
    x, y = np.array(grid((-w / 2, w / 2), (-0.7, 0.7))).T
    legs = planted(rods(_at(x, y, 0), _at(x, 0, h), 0.035, 7))
    parts = [part(painted(rng, "any", 0.6), legs, rails(h, w, 0.035, 7))]
    for at in (-w / 4, w / 4):
        angle, long = rng.normal(0, 0.3), h - 0.45
        seat = np.array([at, np.sin(angle) * long, h - np.cos(angle) * long])
        sides = _at([-0.2, 0.2], 0, 0)
        chains = rods(sides + [at, 0, h], sides + seat, 0.005, 4)
        parts += [part(metallic(rng), chains), part(wooden(rng), box(seat, (0.44, 0.18, 0.025)))]
    return parts


def bare_shrub(rng: Rng) -> Parts:
    """Twigs without leaves."""
    h = rng.uniform(0.8, 2.5)
    at = np.c_[rng.normal(0, 0.05, (6, 2)), np.zeros(6)]
    way = np.c_[rng.normal(0, 0.4, (6, 2)), np.ones(6)]
    twigs = []
    for level in range(4):
        long = h * 0.3 * 0.85**level
        end = at + way / np.linalg.norm(way, axis=1, keepdims=True) * long
        twigs.append(rods(at, end, max(0.0025, h * 0.008 * 0.6**level)))
        grown = np.repeat(np.arange(len(end)), rng.integers(1, 4, len(end)))[:90]
        at = end[grown]
        way = way[grown] + rng.normal(0, 0.6, at.shape) + [0, 0, 0.15]
    return [part(textured(rng, "bark", gloss=0), [planted(one) for one in twigs])]


def trellis(rng: Rng) -> Parts:
    """Slats with a climbing plant."""
    w, h, gap, waves, share = span(rng, (1, 2), (1.5, 2.2), (0.12, 0.22), (3, 8), (0.6, 1))
    slats = lattice(w, h, gap, 0.009, chance(rng, 0.6))
    t = np.linspace(0, 1, 14)
    vine = _at(0.35 * w * np.sin(t * waves), -0.03, t * h * share)
    return [
        part(wooden(rng), slats, uprights([-w / 2, w / 2], h, 0.025, 6)),
        part(Material("diffuse", np.array([0.25, 0.35, 0.12])), tube(vine, 0.007, 5)),
    ]
