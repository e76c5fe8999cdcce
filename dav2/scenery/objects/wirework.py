"""Fences, nets, masts and ropes, seen through. `rng -> list[Part]`, along x, on z = 0."""

import numpy as np

from dav2.scenery.meshes import (
    Mesh,
    box,
    cylinder,
    merge,
    move,
    planted,
    rods,
    rotation,
    sheet,
    torus,
    tube,
)
from dav2.scenery.scene import Material, Part, metallic, painted, textured, wooden

Rng = np.random.Generator
Parts = list[Part]


def lattice(width: float, height: float, gap: float, radius: float, slanted: bool) -> Mesh:
    """Crossing wires over a rectangle in the plane y = 0, upright or diagonal."""
    if not slanted:
        xs, zs = np.arange(-width / 2, width / 2 + 1e-6, gap), np.arange(0, height + 1e-6, gap)
        starts = np.concatenate([np.c_[xs, 0 * xs, 0 * xs], np.c_[0 * zs - width / 2, 0 * zs, zs]])
        ends = np.concatenate(
            [np.c_[xs, 0 * xs, 0 * xs + height], np.c_[0 * zs + width / 2, 0 * zs, zs]]
        )
        return rods(starts, ends, radius, 4)
    x = np.arange(-width / 2 - height, width / 2, gap * np.sqrt(2))
    a, b = np.maximum(x, -width / 2), np.minimum(x + height, width / 2)
    keep = b > a + 1e-3
    x, a, b = x[keep], a[keep], b[keep]
    starts, ends = np.c_[a, 0 * a, a - x], np.c_[b, 0 * b, b - x]
    other = np.array([-1, 1, 1])
    return rods(
        np.concatenate([starts, starts * other + [0, radius * 1.5, 0]]),
        np.concatenate([ends, ends * other + [0, radius * 1.5, 0]]),
        radius,
        4,
    )


def chain_link(rng: Rng, width: float = 5) -> Parts:
    """A fence of diagonal wires between posts."""
    h = rng.uniform(1.2, 2.4)
    xs = np.linspace(-width / 2, width / 2, int(width / 2) + 1)
    posts = rods(np.c_[xs, 0 * xs, 0 * xs], np.c_[xs, 0 * xs, 0 * xs + h + 0.05], 0.03, 8)
    top = rods([[-width / 2, 0, h]], [[width / 2, 0, h]], 0.02, 6)
    return [
        Part(
            merge(
                [
                    lattice(width, h, rng.uniform(0.06, 0.11), rng.uniform(0.002, 0.004), True),
                    posts,
                    top,
                ]
            ),
            metallic(rng) if rng.random() < 0.6 else painted(rng, "green", 0.5),
        )
    ]


def mesh_fence(rng: Rng, width: float = 5) -> Parts:
    """A fence of welded upright and level wires."""
    h = rng.uniform(0.8, 2)
    xs = np.linspace(-width / 2, width / 2, int(width / 2.5) + 2)
    posts = [box((x, 0, h / 2), (0.05, 0.05, h)) for x in xs]
    return [
        Part(
            merge(
                [
                    lattice(width, h, rng.uniform(0.08, 0.2), rng.uniform(0.003, 0.006), False),
                    *posts,
                ]
            ),
            painted(rng, gloss=0.6),
        )
    ]


def railing(rng: Rng, width: float = 4) -> Parts:
    """Bars with a handrail, plain or with rings."""
    h, gap = rng.uniform(0.9, 1.15), rng.uniform(0.09, 0.14)
    xs = np.arange(-width / 2, width / 2, gap)
    bars = [
        rods(np.c_[xs, 0 * xs, 0 * xs], np.c_[xs, 0 * xs, 0 * xs + h], rng.uniform(0.006, 0.011), 6)
    ]
    bars += [box((0, 0, z), (width, 0.045, 0.03)) for z in (0.1, h)]
    if rng.random() < 0.5:
        bars += [
            torus(
                (x + gap / 2, 0, h - gap * 0.6),
                gap * 0.42,
                0.006,
                axis=(0, 1, 0),
                segments=14,
                sides=4,
            )
            for x in xs[:-1]
        ]
    return [Part(merge(bars), painted(rng, "dark", 0.6) if rng.random() < 0.6 else metallic(rng))]


def cable_railing(rng: Rng, width: float = 4) -> Parts:
    """Posts and thin steel cables."""
    h, count = rng.uniform(0.9, 1.1), int(rng.integers(4, 9))
    zs = np.linspace(0.12, h - 0.08, count)
    cables = rods(
        np.c_[np.full((count, 1), -width / 2), 0 * zs, zs],
        np.c_[np.full((count, 1), width / 2), 0 * zs, zs],
        0.003,
        4,
    )
    posts = [
        box((x, 0, h / 2), (0.05, 0.03, h))
        for x in np.linspace(-width / 2, width / 2, int(width / 1.2) + 1)
    ]
    return [Part(merge([cables, *posts, box((0, 0, h), (width, 0.07, 0.03))]), metallic(rng))]


def net(rng: Rng, width: float = 4) -> Parts:
    """A sagging net between two poles: tennis, football, fishing."""
    h, gap, sag = rng.uniform(1, 2.2), rng.uniform(0.08, 0.16), rng.uniform(0, 0.15)
    wires = lattice(width, h * 0.9, gap, rng.uniform(0.0015, 0.003), rng.random() < 0.5)
    x, z = wires.vertices[:, 0], wires.vertices[:, 2]
    bulge = np.cos(np.pi * x / width)
    bent = wires.vertices + np.stack(
        [0 * x, 0.25 * bulge * np.sin(np.pi * z / h), h * 0.1 - sag * bulge * z / h], 1
    )
    poles = rods(
        [[s * width / 2, 0, 0] for s in (-1, 1)],
        [[s * width / 2, 0, h * 1.05] for s in (-1, 1)],
        0.03,
        8,
    )
    return [
        Part(
            wires._replace(vertices=np.maximum(bent, [-1e9, -1e9, 0.003])),
            painted(rng, "pastel", 0),
        ),
        Part(poles, metallic(rng)),
    ]


def goal(rng: Rng) -> Parts:
    w, h, d = rng.uniform(2, 4), rng.uniform(1.5, 2.2), rng.uniform(0.7, 1.2)
    frame = rods(
        [[-w / 2, 0, 0], [w / 2, 0, 0], [-w / 2, 0, h]],
        [[-w / 2, 0, h], [w / 2, 0, h], [w / 2, 0, h]],
        0.05,
        8,
    )
    gap = rng.uniform(0.11, 0.16)
    back = move(
        lattice(w, np.hypot(h, d), gap, 0.0025, False),
        (0, d, 0.003),
        rotation("x", np.arctan2(d, h)),
    )
    return [Part(frame, painted(rng, "white", 0.7)), Part(back, painted(rng, "white", 0))]


def antenna(rng: Rng) -> Parts:
    """A mast with a comb of rods."""
    h, count = rng.uniform(2, 5), int(rng.integers(6, 14))
    boom = rng.uniform(0.8, 1.8)
    ys = np.linspace(-boom / 2, boom / 2, count)
    half = np.linspace(0.2, 0.5, count) * rng.uniform(0.7, 1.3)
    comb = rods(np.c_[-half, ys, np.full(count, h)], np.c_[half, ys, np.full(count, h)], 0.005, 5)
    guys = rods(
        [[0, 0, h * 0.8]] * 3,
        [[h * 0.35 * np.cos(a), h * 0.35 * np.sin(a), 0] for a in (0.4, 2.5, 4.6)],
        0.003,
        4,
    )
    return [
        Part(
            merge(
                [
                    comb,
                    guys,
                    cylinder((0, 0, 0), (0, 0, h + 0.1), 0.02),
                    rods([[0, -boom / 2, h]], [[0, boom / 2, h]], 0.01),
                ]
            ),
            metallic(rng),
        )
    ]


def lattice_mast(rng: Rng) -> Parts:
    """A pylon of crossed bars."""
    h, w = rng.uniform(5, 14), rng.uniform(0.4, 1.2)
    levels = np.linspace(0, 1, int(rng.integers(7, 13)))
    rings = [
        np.array([[x, y, 0] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]) * w * (1 - 0.75 * t)
        + [0, 0, t * h]
        for t in levels
    ]
    starts, ends = [], []
    for low, high in zip(rings[:-1], rings[1:], strict=True):
        starts += [low, low, high]
        ends += [high, np.roll(high, 1, 0), np.roll(high, 1, 0)]
    arms = rods(
        [[-w * 1.5, 0, h * t] for t in (0.75, 0.9)],
        [[w * 1.5, 0, h * t] for t in (0.75, 0.9)],
        0.04,
    )
    return [
        Part(
            planted(merge([rods(np.concatenate(starts), np.concatenate(ends), w * 0.03, 4), arms])),
            metallic(rng) if rng.random() < 0.5 else painted(rng, "neutral", 0),
        )
    ]


def scaffold(rng: Rng) -> Parts:
    w, d, floors, bays = 2.2, 0.9, int(rng.integers(1, 4)), int(rng.integers(1, 4))
    xs, zs = (np.arange(bays + 1) - bays / 2) * w, 2.0 * np.arange(1, floors + 1)
    feet = np.array([[x, y, 0] for x in xs for y in (-d / 2, d / 2)])
    pipes = [rods(feet, feet + [0, 0, 2.0 * floors + 1], 0.024, 6)]
    for z in zs:
        for level in (z, z + 0.5, z + 1.0):
            pipes.append(
                rods(
                    [[xs[0], y, level] for y in (-d / 2, d / 2)],
                    [[xs[-1], y, level] for y in (-d / 2, d / 2)],
                    0.022,
                    6,
                )
            )
        pipes.append(
            rods([[x, -d / 2, z - 2] for x in xs[:-1]], [[x, -d / 2, z] for x in xs[1:]], 0.018, 6)
        )
    boards = [box((0, 0, z + 0.05), (xs[-1] - xs[0], d * 0.9, 0.05)) for z in zs]
    return [
        Part(planted(merge(pipes)), metallic(rng)),
        Part(merge(boards), textured(rng, "planks", gloss=0)),
    ]


def washing_line(rng: Rng) -> Parts:
    """Ropes between two posts, with laundry."""
    w, h = rng.uniform(2.5, 5), rng.uniform(1.8, 2.2)
    t = np.linspace(0, 1, 12)
    parts, lines = [], []
    for y in (-0.25, 0.25):
        z = h - 0.6 * rng.uniform(0.1, 0.5) * 4 * t * (1 - t)
        rope = np.c_[(t - 0.5) * w, np.full(12, y), z]
        lines.append(rods(rope[:-1], rope[1:], 0.004, 4))
        for k in rng.choice(np.arange(1, 10), int(rng.integers(0, 3)), replace=False):
            u, v = np.meshgrid(
                np.linspace(0, 1, 8), np.linspace(0, rng.uniform(0.4, 0.9), 6), indexing="ij"
            )
            x = rope[k, 0] + u * rng.uniform(0.3, 0.6)
            hang = np.interp(x, rope[:, 0], rope[:, 2]) - v
            cloth = sheet(np.stack([x, y + 0.04 * v * np.sin(9 * u + 3 * v), hang], -1))
            parts.append(
                Part(
                    cloth,
                    textured(
                        rng,
                        str(rng.choice(["fabric", "stripes", "dots", "plain", "tartan"])),
                        gloss=0,
                    ),
                )
            )
    posts = rods(
        [[s * w / 2, 0, 0] for s in (-1, 1)], [[s * w / 2, 0, h] for s in (-1, 1)], 0.035, 8
    )
    arms = rods(
        [[s * w / 2, -0.3, h] for s in (-1, 1)], [[s * w / 2, 0.3, h] for s in (-1, 1)], 0.02
    )
    return [Part(merge([*lines, posts, arms]), metallic(rng)), *parts]


def hanging_ropes(rng: Rng) -> Parts:
    """A beam on posts with ropes, knots and rings."""
    w, h = rng.uniform(1.5, 3), rng.uniform(2, 2.6)
    frame = rods(
        [[-w / 2, 0, 0], [w / 2, 0, 0], [-w / 2, 0, h]],
        [[-w / 2, 0, h], [w / 2, 0, h], [w / 2, 0, h]],
        0.05,
        8,
    )
    ropes = []
    for x in np.linspace(-w / 2 + 0.2, w / 2 - 0.2, int(rng.integers(3, 9))):
        long, swing = rng.uniform(0.6, h - 0.4), rng.normal(0, 0.08)
        end = np.array([x + swing, rng.normal(0, 0.05), h - long])
        ropes.append(tube(np.linspace([x, 0, h], end, 4), rng.uniform(0.004, 0.014), 5))
        if rng.random() < 0.5:
            ropes.append(
                torus(end - [0, 0, 0.09], 0.09, 0.009, axis=(0, 1, 0), segments=16, sides=5)
            )
    return [Part(frame, wooden(rng)), Part(merge(ropes), textured(rng, "woven", gloss=0))]


def swing(rng: Rng) -> Parts:
    h, w = rng.uniform(1.9, 2.4), rng.uniform(1.5, 2.5)
    legs = rods(
        [[s * w / 2, y, 0] for s in (-1, 1) for y in (-0.7, 0.7)],
        [[s * w / 2, 0, h] for s in (-1, 1) for _ in (0, 1)],
        0.035,
        7,
    )
    parts = [
        Part(
            planted(merge([legs, rods([[-w / 2, 0, h]], [[w / 2, 0, h]], 0.035, 7)])),
            painted(rng, "any", 0.6),
        )
    ]
    for x in (-w / 4, w / 4):
        angle = rng.normal(0, 0.3)
        seat = np.array([x, np.sin(angle) * (h - 0.45), h - np.cos(angle) * (h - 0.45)])
        chains = rods(
            [[x - 0.2, 0, h], [x + 0.2, 0, h]], [seat - [0.2, 0, 0], seat + [0.2, 0, 0]], 0.005, 4
        )
        parts += [Part(chains, metallic(rng)), Part(box(seat, (0.44, 0.18, 0.025)), wooden(rng))]
    return parts


def bare_shrub(rng: Rng) -> Parts:
    """Twigs without leaves."""
    starts, ends, h = [], [], rng.uniform(0.8, 2.5)
    tips = [
        (np.array([*rng.normal(0, 0.05, 2), 0]), np.array([*rng.normal(0, 0.4, 2), 1.0]))
        for _ in range(6)
    ]
    pieces = []
    for level in range(4):
        grown = []
        starts, ends = [], []
        for at, way in tips:
            end = at + way / np.linalg.norm(way) * h * 0.3 * 0.85**level
            starts.append(at)
            ends.append(end)
            grown += [
                (end, way + rng.normal(0, 0.6, 3) + [0, 0, 0.15])
                for _ in range(int(rng.integers(1, 4)))
            ]
        pieces.append(rods(starts, ends, max(0.0025, h * 0.008 * 0.6**level), 5))
        tips = grown[:90]
    return [Part(planted(merge(pieces)), textured(rng, "bark", gloss=0))]


def trellis(rng: Rng) -> Parts:
    """Slats with a climbing plant."""
    w, h = rng.uniform(1, 2), rng.uniform(1.5, 2.2)
    slats = lattice(w, h, rng.uniform(0.12, 0.22), 0.009, rng.random() < 0.6)
    parts = [
        Part(
            merge(
                [
                    slats,
                    rods(
                        [[s * w / 2, 0, 0] for s in (-1, 1)],
                        [[s * w / 2, 0, h] for s in (-1, 1)],
                        0.025,
                        6,
                    ),
                ]
            ),
            wooden(rng),
        )
    ]
    t = np.linspace(0, 1, 14)
    vine = np.c_[
        0.35 * w * np.sin(t * rng.uniform(3, 8)), np.full(14, -0.03), t * h * rng.uniform(0.6, 1)
    ]
    return [*parts, Part(tube(vine, 0.007, 5), Material("diffuse", np.array([0.25, 0.35, 0.12])))]


OUTDOOR = (
    chain_link,
    mesh_fence,
    railing,
    cable_railing,
    net,
    goal,
    antenna,
    lattice_mast,
    scaffold,
    washing_line,
    hanging_ropes,
    swing,
    bare_shrub,
    trellis,
)
SCREENS = (chain_link, mesh_fence, railing, cable_railing, net, trellis)
