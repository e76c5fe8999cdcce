"""What one sees from above: bridges, silos, greenhouses, cranes, stadiums. On z = 0."""

import numpy as np

from dav2.scenery.meshes import (
    Mesh,
    box,
    cylinder,
    ellipsoid,
    extrude,
    lathe,
    merge,
    move,
    sheet,
    tube,
)
from dav2.scenery.scene import Material, Part, metallic, painted, textured
from dav2.scenery.textures import colour, texture

Rng = np.random.Generator
Parts = list[Part]


def silo(rng: Rng) -> Parts:
    """One to four round stores with domes or cones, and a conveyor."""
    r, h, count = rng.uniform(2, 4.5), rng.uniform(8, 22), int(rng.integers(1, 5))
    pieces = []
    for i in range(count):
        x = (i - (count - 1) / 2) * 2.15 * r
        pieces.append(cylinder((x, 0, -0.5), (x, 0, h), r, segments=24))
        if rng.random() < 0.5:
            pieces.append(ellipsoid((x, 0, h), (r, r, r * 0.5), 12))
        else:
            pieces.append(move(lathe([(r * 1.03, h), (0.1, h + r * 0.6)], 24), (x, 0, 0)))
    frame = [
        box((0, 0, h + r * 0.7), (count * 2.2 * r, 0.8, 0.8)),
        cylinder((count * 1.1 * r + 1, 0, -0.5), (count * 1.1 * r + 1, 0, h + r), 0.5),
    ]
    surface = metallic(rng) if rng.random() < 0.4 else painted(rng, "neutral", 0.3)
    return [Part(merge(pieces), surface), Part(merge(frame), painted(rng, "any", 0))]


def greenhouse(rng: Rng) -> Parts:
    """Rows of glazed vaults."""
    count, w, length, h = (
        int(rng.integers(2, 7)),
        rng.uniform(5, 9),
        rng.uniform(20, 45),
        rng.uniform(2, 3.5),
    )
    angle = np.linspace(0, np.pi, 9)
    vaults, ribs = [], []
    for i in range(count):
        x = (i - (count - 1) / 2) * (w + 0.2)
        arch = np.stack([x + w / 2 * np.cos(angle), h * (0.4 + 0.9 * np.sin(angle))], 1)
        arch[[0, -1], 1] = -0.3
        vaults.append(
            sheet(
                np.stack(
                    [
                        np.c_[arch[:, 0], np.full(9, y), arch[:, 1]]
                        for y in (-length / 2, length / 2)
                    ],
                    1,
                )
            )
        )
        vaults.append(extrude(arch, length * 0.999))
        ribs += [
            tube(np.c_[arch[:, 0], np.full(9, y), arch[:, 1] + 0.04], 0.08, 4)
            for y in np.linspace(-length / 2, length / 2, 9)
        ]
    skin = Material("plastic", np.array([0.6, 0.7, 0.7]) * rng.uniform(0.7, 1.2))
    return [Part(merge(vaults), skin), Part(merge(ribs), painted(rng, "neutral", 0))]


def crane(rng: Rng) -> Parts:
    """A tower crane of lattice."""
    h, reach = rng.uniform(25, 55), rng.uniform(20, 40)
    bars: list[Mesh] = []

    def lattice(a: np.ndarray, b: np.ndarray, wide: float, steps: int) -> None:
        along = (b - a) / np.linalg.norm(b - a)
        u = np.cross(along, [0, 1, 0.1])
        u = u / np.linalg.norm(u) * wide / 2
        v = np.cross(along, u)
        corners = [u + v, u - v, -u - v, -u + v]
        for corner, other in zip(corners, corners[1:] + corners[:1], strict=True):
            bars.append(cylinder(a + corner, b + corner, 0.1, segments=4, caps=False))
            for i in range(steps):
                p, q = a + (b - a) * i / steps, a + (b - a) * (i + 1) / steps
                bars.append(cylinder(p + corner, q + other, 0.06, segments=4, caps=False))

    lattice(np.array([0, 0, -0.5]), np.array([0, 0, h]), 1.8, int(h / 2.5))
    lattice(np.array([-reach * 0.35, 0, h]), np.array([reach, 0, h]), 1.3, int(reach / 2))
    bars.append(tube([(-reach * 0.35, 0, h), (0, 0, h + 6), (reach * 0.8, 0, h)], 0.06, 4))
    x = reach * rng.uniform(0.3, 0.9)
    bars.append(cylinder((x, 0, h), (x, 0, h * rng.uniform(0.3, 0.8)), 0.04))
    bars.append(box((-reach * 0.3, 0, h - 0.8), (2.5, 1.4, 2)))
    bars.append(box((0, 1.2, h + 0.8), (1.6, 1.6, 1.8)))
    return [Part(merge(bars), painted(rng, str(rng.choice(["any", "neutral"])), 0))]


def quay_crane(rng: Rng) -> Parts:
    """A container crane on four legs, its arm along -y over the water."""
    h = rng.uniform(22, 34)
    legs = [cylinder((x, y, 0), (x * 0.9, y, h), 0.7, segments=6) for x in (-8, 8) for y in (-7, 7)]
    beams = [box((x, 0, h), (1.4, 16, 1.6)) for x in (-7.5, 7.5)] + [
        box((0, y, h), (16, 1.4, 1.6)) for y in (-7, 7)
    ]
    arm = [box((x, -14, h + 1), (0.9, 66, 1.6)) for x in (-2.2, 2.2)]
    stays = [tube([(x, -42, h + 2), (x, -6, h + 14), (x, 18, h + 2)], 0.2, 4) for x in (-2.2, 2.2)]
    top = [cylinder((x, -6, h), (x, -6, h + 14), 0.5, segments=6) for x in (-2.2, 2.2)]
    return [
        Part(
            merge([*legs, *beams, *arm, *stays, *top, box((0, 12, h + 3), (6, 6, 4))]),
            painted(rng, "any", 0),
        )
    ]


def bridge(rng: Rng, length: float = 120.0, height: float = 18.0, wide: float = 11.0) -> Parts:
    """A road bridge along x whose deck is `height` up: piers, arches, or cables from pylons."""
    deck = [box((0, 0, height - 0.5), (length, wide, 1.0), 4)]
    rails = [box((0, s * (wide / 2 - 0.15), height + 0.5), (length, 0.2, 1.0), 2) for s in (-1, 1)]
    kind = int(rng.integers(3))
    spans = np.linspace(-length / 2, length / 2, int(rng.integers(4, 9)))
    below: list[Mesh] = []
    if kind == 0:
        below += [
            cylinder((x, y, -30), (x, y, height), 0.9, segments=12)
            for x in spans
            for y in (-wide / 4, wide / 4)
        ]
        below += [box((x, 0, height - 1.4), (2, wide * 0.9, 1.2)) for x in spans]
    elif kind == 1:
        below += [box((x, 0, height / 2 - 15.5), (3, wide * 0.9, height + 29), 3) for x in spans]
        for a, b in zip(spans[:-1], spans[1:], strict=True):
            angle = np.linspace(0, np.pi, 11)
            r = (b - a - 3) / 2
            arch = np.stack(
                [(a + b) / 2 + r * np.cos(angle), height - 1.5 - r * (1 - np.sin(angle))], 1
            )
            for p, q in zip(arch[:-1], arch[1:], strict=True):
                below.append(
                    extrude(
                        [(p[0], p[1]), (p[0], height - 0.6), (q[0], height - 0.6), (q[0], q[1])],
                        wide * 0.9,
                        3,
                    )
                )
    else:
        for x in (-length * 0.22, length * 0.22):
            top = height + rng.uniform(18, 30)
            below += [
                cylinder((x, y, -30), (x, y * 0.8, top), 1.1, 0.7, 10)
                for y in (-wide / 2, wide / 2)
            ]
            below.append(box((x, 0, top - 3), (1, wide * 0.8, 1)))
            for reach in np.linspace(6, length * 0.26, 7):
                below += [
                    cylinder(
                        (x + s * reach, y * wide / 2, height),
                        (x, y * wide * 0.41, top - 1),
                        0.09,
                        segments=4,
                        caps=False,
                    )
                    for s in (-1, 1)
                    for y in (-1, 1)
                ]
    lines = [
        box((x, 0, height + 0.01), (3, 0.2, 0.02))
        for x in np.arange(-length / 2 + 2, length / 2, 8)
    ]
    return [
        Part(merge(deck), textured(rng, "mottled", np.full(3, rng.uniform(0.2, 0.45)), 0)),
        Part(
            merge(below + rails),
            textured(rng, str(rng.choice(["mottled", "bricks"])), colour(rng, "stone"), 0),
        ),
        Part(merge(lines), painted(rng, "pastel", 0)),
    ]


def stadium(rng: Rng) -> Parts:
    """A bowl of stands around a pitch, partly roofed, with floodlights."""
    a, h = rng.uniform(0.62, 0.8), rng.uniform(12, 26)
    inner, outer = 58.0, rng.uniform(78, 95)
    steps = np.linspace(0, 1, 9)
    profile = [(inner, 0.0)]
    for s, t in zip(steps[:-1], steps[1:], strict=True):
        profile += [
            (inner + (outer - inner) * s, 1 + h * t * 0.85),
            (inner + (outer - inner) * t, 1 + h * t * 0.85),
        ]
    profile += [(outer, h), (outer + 1, h), (outer + 3, -0.5)]
    squeeze = np.array([1, a, 1])
    bowl = lathe(profile, 48, 6)
    roof = lathe(
        [
            (inner + (outer - inner) * rng.uniform(0.3, 0.7), h + 5),
            (outer + 3, h + 1.5),
            (outer + 3, h + 0.8),
        ],
        48,
        6,
    )
    masts = [
        tube(
            [
                (outer * x * 0.8, outer * a * y * 0.8, -0.5),
                (outer * x * 0.78, outer * a * y * 0.78, h * 2.2),
            ],
            0.6,
        )
        for x in (-1, 1)
        for y in (-1, 1)
    ]
    pitch = box((0, 0, 0.05), (90, 58 * a * 1.25, 0.1), 12)
    return [
        Part(bowl._replace(vertices=bowl.vertices * squeeze), textured(rng, "stripes", gloss=0)),
        Part(roof._replace(vertices=roof.vertices * squeeze), painted(rng, "neutral", 0)),
        Part(merge(masts), painted(rng, "neutral", 0)),
        Part(pitch, Material("diffuse", texture(rng, "stripes", np.array([0.2, 0.45, 0.15])))),
    ]


def tank(rng: Rng) -> Parts:
    """A round store for oil or water with a stair around it."""
    r, h = rng.uniform(5, 12), rng.uniform(6, 13)
    turn = np.linspace(0, 2.2, 14)
    stair = np.c_[(r + 0.4) * np.cos(turn), (r + 0.4) * np.sin(turn), h * turn / 2.2]
    return [
        Part(
            merge(
                [
                    cylinder((0, 0, -0.5), (0, 0, h), r, segments=32),
                    lathe([(r, h), (0.01, h + r * 0.12)], 32),
                ]
            ),
            painted(rng, "pastel", 0.3),
        ),
        Part(tube(stair, 0.25, 5), painted(rng, "dark", 0)),
    ]


def stack(rng: Rng) -> Parts:
    """A tall chimney with bands."""
    h, r = rng.uniform(25, 70), rng.uniform(1.2, 2.6)
    shaft = lathe([(r * 1.3, -0.5), (r * 0.8, h), (r * 0.6, h), (r * 0.6, h - 3)], 20, 3)
    bands = [
        cylinder((0, 0, h * z), (0, 0, h * z + h * 0.05), r * 1.08, segments=20)
        for z in (0.75, 0.88)
    ]
    return [
        Part(shaft, textured(rng, "bricks", colour(rng, "earth"), 0)),
        Part(merge(bands), painted(rng, "any", 0)),
    ]


def containers(rng: Rng) -> Parts:
    """Stacks of containers in a yard, along x."""
    paints = [painted(rng, "any", 0) for _ in range(4)]
    piles: list[list[Mesh]] = [[], [], [], []]
    for i in range(int(rng.integers(2, 6))):
        for j in range(int(rng.integers(1, 5))):
            for k in range(int(rng.integers(0, 5))):
                piles[int(rng.integers(4))].append(
                    box((i * 6.4, j * 2.6, 1.3 + 2.6 * k), (6.1, 2.44, 2.55), 2)
                )
    return [Part(merge(pile), paint) for pile, paint in zip(piles, paints, strict=True) if pile]
