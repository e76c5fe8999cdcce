"""Street furniture and ground. `rng -> list[Part]`, on z = 0, the front towards -y."""

import numpy as np

from dav2.scenery.meshes import (
    Mesh,
    box,
    cards,
    cylinder,
    ellipsoid,
    lathe,
    merge,
    move,
    quad,
    rounded_box,
    sheet,
    tube,
)
from dav2.scenery.scene import Material, Part, metallic, painted, textured
from dav2.scenery.textures import noise, texture

Rng = np.random.Generator
Parts = list[Part]


def street_lamp(rng: Rng) -> Parts:
    h = rng.uniform(3.5, 7)
    pole = merge(
        [
            cylinder((0, 0, 0), (0, 0, h), 0.07, 0.04),
            tube([(0, 0, h), (0, -0.5, h + 0.3), (0, -1, h + 0.3)], 0.03),
        ]
    )
    head = box((0, -1.1, h + 0.28), (0.25, 0.5, 0.1))
    return [
        Part(pole, painted(rng, "dark")),
        Part(head, Material("diffuse", np.full(3, 0.85), night=40)),
    ]


def sign(rng: Rng) -> Parts:
    h, s = rng.uniform(1.8, 2.8), rng.uniform(0.4, 1.2)
    return [
        Part(cylinder((0, 0, 0), (0, 0, h), 0.03), metallic(rng)),
        Part(
            box((0, -0.03, h), (s, 0.03, s * rng.uniform(0.4, 1)), s),
            Material("diffuse", texture(rng, "poster")),
        ),
    ]


def bench(rng: Rng) -> Parts:
    slats = [box((0, y, 0.45), (1.6, 0.1, 0.03)) for y in (-0.2, -0.05, 0.1)] + [
        box((0, 0.22, z), (1.6, 0.03, 0.1)) for z in (0.6, 0.75, 0.9)
    ]
    legs = [box((x, 0, 0.22), (0.06, 0.4, 0.44)) for x in (-0.7, 0.7)]
    return [Part(merge(slats), textured(rng, "wood")), Part(merge(legs), metallic(rng))]


def fence(rng: Rng, length: float = 12) -> Parts:
    """Pickets, rails or wires along x."""
    h, gap = rng.uniform(0.8, 1.6), rng.uniform(0.08, 0.3)
    if rng.random() < 0.4:
        posts = [box((x, 0, h / 2), (0.1, 0.1, h)) for x in np.arange(-length / 2, length / 2, 2)]
        rails = [
            cylinder((-length / 2, 0, z), (length / 2, 0, z), rng.uniform(0.005, 0.04), segments=5)
            for z in np.linspace(0.3, h - 0.1, 3)
        ]
    else:
        posts = [
            cylinder((x, 0, 0), (x, 0, h), 0.012, segments=5)
            for x in np.arange(-length / 2, length / 2, gap)
        ]
        rails = [box((0, 0, z), (length, 0.04, 0.04)) for z in (0.2, h - 0.1)]
    return [
        Part(
            merge(posts + rails),
            metallic(rng) if rng.random() < 0.5 else textured(rng, "wood", gloss=0),
        )
    ]


def wires(rng: Rng, length: float = 90) -> Parts:
    """Poles with sagging power lines along x."""
    h, xs = rng.uniform(6, 9), np.linspace(-length / 2, length / 2, 5)
    pieces = [cylinder((x, 0, 0), (x, 0, h), 0.12, 0.08) for x in xs] + [
        box((x, 0, h - 0.4), (0.1, 1.8, 0.1)) for x in xs
    ]
    t = np.linspace(0, 1, 9)
    for y in (-0.8, 0, 0.8):
        for a, b in zip(xs[:-1], xs[1:], strict=True):
            pieces.append(
                tube(
                    np.c_[a + (b - a) * t, np.full(9, y), h - 0.35 - 4 * 0.8 * t * (1 - t)],
                    0.012,
                    4,
                )
            )
    return [Part(merge(pieces), painted(rng, "dark", 0))]


def traffic_light(rng: Rng) -> Parts:
    """Signals on a post, some on an arm over the road, along -y."""
    h, arm = rng.uniform(3, 5.5), rng.uniform(0, 5)
    pole = [cylinder((0, 0, 0), (0, 0, h), 0.07), cylinder((0, 0, h), (0, -arm, h + 0.2), 0.05)]
    at = [(0.0, -0.2, 2.5), (0.0, -arm, h - 0.3)]
    boxes = [box((x, y, z), (0.3, 0.25, 0.9)) for x, y, z in at]
    bulbs = [
        ellipsoid((s * 0.16, y, z + o), (0.03, 0.09, 0.09), 8)
        for _, y, z in at
        for o in (-0.28, 0, 0.28)
        for s in (-1, 1)
    ]
    tint = np.array([[0.8, 0.1, 0.05], [0.1, 0.7, 0.3]])[int(rng.integers(2))]
    return [
        Part(merge(pole + boxes), painted(rng, "dark")),
        Part(merge(bulbs), Material("plastic", tint)),
    ]


def road_sign(rng: Rng) -> Parts:
    """A round, triangular or square plate on a post."""
    h, sides = rng.uniform(2, 2.8), int(rng.choice([3, 4, 24]))
    rim = cylinder((0, -0.04, h), (0, -0.06, h), 0.36, segments=sides)
    plate = cylinder((0, -0.06, h), (0, -0.07, h), 0.3, segments=sides)
    tint = np.array([[0.75, 0.05, 0.05], [0.05, 0.2, 0.6]])[int(rng.integers(2))]
    return [
        Part(cylinder((0, 0, 0), (0, 0, h + 0.3), 0.03), metallic(rng)),
        Part(rim, Material("plastic", tint)),
        Part(plate, Material("plastic", np.array([0.9, 0.9, 0.88]))),
    ]


def bollards(rng: Rng) -> Parts:
    """A row of posts along x, sometimes chained."""
    r, h, gap = rng.uniform(0.05, 0.14), rng.uniform(0.6, 1), rng.uniform(1, 1.8)
    xs = np.arange(6) * gap
    pieces = [
        move(lathe([(r, 0), (r, h), (r * 1.3, h), (r * 0.8, h + r), (0.001, h + r)], 12), (x, 0, 0))
        for x in xs
    ]
    if rng.random() < 0.4:
        t = np.linspace(0, 1, 7)
        pieces += [
            tube(np.c_[a + gap * t, 0 * t, h - 0.9 * h * t * (1 - t)], 0.015, 4) for a in xs[:-1]
        ]
    return [Part(merge(pieces), painted(rng, "dark"))]


def bin_(rng: Rng) -> Parts:
    """A litter bin or a bin on wheels."""
    if rng.random() < 0.5:
        body = [
            lathe([(0.18, 0), (0.24, 0.85), (0.2, 0.85), (0.19, 0.5)], 16),
            cylinder((0, 0, 0), (0, 0, 0.05), 0.2),
        ]
    else:
        body = [
            rounded_box((0, 0, 0.52), (0.28, 0.32, 0.5), 0.15),
            rounded_box((0, -0.03, 1.04), (0.3, 0.37, 0.05), 0.3),
        ]
    return [Part(merge(body), painted(rng, str(rng.choice(["dark", "any", "green"]))))]


def planter(rng: Rng) -> Parts:
    """A tub with leaves."""
    w, h = rng.uniform(0.5, 1.4), rng.uniform(0.4, 0.7)
    leaves = rng.normal(0, 1, (130, 3)) * [w * 0.3, 0.16, 0.2] + [0, 0, h + 0.2]
    return [
        Part(box((0, 0, h / 2), (w, 0.5, h)), textured(rng, gloss=0)),
        Part(cards(rng, leaves, 0.09), painted(rng, "green", 0)),
    ]


def grate(rng: Rng) -> Parts:
    """The iron square a street tree stands in."""
    bars = [box((x, 0, 0.01), (0.05, 1.4, 0.02)) for x in np.linspace(-0.7, 0.7, 11)]
    bars += [box((0, y, 0.012), (1.45, 0.06, 0.024)) for y in (-0.7, 0.7)]
    return [Part(merge(bars), painted(rng, "dark", 0))]


def parasol(rng: Rng) -> Parts:
    """A table and chairs under a parasol."""
    top = lathe([(rng.uniform(1.2, 1.8), 2.2), (0.02, 2.7)], 10)
    wood = [
        cylinder((0, 0, 0), (0, 0, 2.6), 0.03),
        cylinder((0, 0, 0.72), (0, 0, 0.75), 0.5, segments=16),
    ]
    for turn in rng.uniform(0, 2 * np.pi) + np.arange(3) * 2.1:
        x, y = 0.8 * np.cos(turn), 0.8 * np.sin(turn)
        wood += [
            box((x, y, 0.45), (0.4, 0.4, 0.04)),
            box((x * 1.22, y * 1.22, 0.7), (0.35, 0.35, 0.3)),
        ]
        wood += [
            cylinder((x + a, y + b, 0), (x + a, y + b, 0.45), 0.02, segments=5)
            for a in (-0.17, 0.17)
            for b in (-0.17, 0.17)
        ]
    return [Part(top, textured(rng, "stripes", gloss=0)), Part(merge(wood), textured(rng, "wood"))]


def steps(rng: Rng, wide: float = 4.0, count: int = 10) -> Parts:
    """A flight of stairs that rises along +x, with a handrail."""
    blocks = [
        box((0.32 * i + 0.16, 0, 0.085 * (i + 1)), (0.32, wide, 0.17 * (i + 1)), 1)
        for i in range(count)
    ]
    rise, run = 0.17 * count, 0.32 * count
    rail = [
        tube([(0, s * wide / 2, 0.95), (run, s * wide / 2, rise + 0.95)], 0.025) for s in (-1, 1)
    ]
    rail += [
        cylinder((x, s * wide / 2, x / run * rise), (x, s * wide / 2, x / run * rise + 0.95), 0.02)
        for s in (-1, 1)
        for x in np.linspace(0.1, run - 0.1, 5)
    ]
    return [
        Part(merge(blocks), textured(rng, "bricks", np.full(3, rng.uniform(0.4, 0.7)), 0)),
        Part(merge(rail), metallic(rng)),
    ]


def cables(rng: Rng, wide: float, length: float = 60.0) -> Parts:
    """Lines, lamps and pennants hung across a street that runs along x."""
    pieces, hung = [], []
    t = np.linspace(0, 1, 9)
    for x in np.arange(-length / 2, length / 2, rng.uniform(5, 12)):
        h, skew, sag = rng.uniform(4.5, 9), rng.normal(0, 1), rng.uniform(0.2, 1)
        line = np.c_[x + skew * t, wide * (t - 0.5), h - 4 * sag * t * (1 - t)]
        pieces.append(tube(line, 0.015, 4))
        if rng.random() < 0.6:
            hung += [box(p - [0, 0, 0.25], (0.02, 0.35, 0.45)) for p in line[1:-1]]
        else:
            hung.append(rounded_box(line[4] - [0, 0, 0.15], (0.25, 0.25, 0.12), 0.5))
    return [
        Part(merge(pieces), painted(rng, "dark", 0)),
        *([Part(merge(hung), painted(rng, "any", 0))] if hung else []),
    ]


def ground_of(heights: np.ndarray, size: float, tile: float) -> Mesh:
    """A square grid of heights [N, N] as ground, `size` metres wide, centred on the origin."""
    axis = np.linspace(-size / 2, size / 2, len(heights))
    x, y = np.meshgrid(axis, axis, indexing="ij")
    return sheet(np.stack([x, y, heights], -1), np.stack([x, y], -1) / tile)


def terrain(
    rng: Rng, size: float, height: float, base: int = 3, flat_radius: float = 0.0
) -> tuple[Mesh, np.ndarray]:
    """Rolling ground centred on the origin, and its heights [128, 128] for `ground_height`."""
    heights = (noise(rng, base, 6, 0.45)[::2, ::2] - 0.5) * height
    axis = np.linspace(-size / 2, size / 2, 128)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    if flat_radius:
        heights = heights * np.clip((np.hypot(x, y) - flat_radius) / flat_radius, 0, 1)
    return ground_of(heights, size, rng.uniform(1.5, 5)), heights


def ground_height(heights: np.ndarray, size: float, x: float, y: float) -> float:
    """Height of the nearest grid point of a `terrain` of that size."""
    count = len(heights) - 1
    i, j = (int(np.clip(round((v / size + 0.5) * count), 0, count)) for v in (x, y))
    return float(heights[i, j])


def water(size: float, level: float) -> Part:
    """A still, dark, reflecting surface."""
    return Part(
        quad((-size / 2, -size / 2, level), (size, 0, 0), (0, size, 0), 8),
        Material("plastic", np.array([0.1, 0.17, 0.2])),
    )
