"""Kitchen furniture. `rng -> list[Part]`; the back is at y = 0, so that units stand in a row."""

import numpy as np

from dav2.scenery.meshes import (
    box,
    cylinder,
    ellipsoid,
    extrude,
    lathe,
    merge,
    move,
    rods,
    torus,
    tube,
)
from dav2.scenery.objects.kitchenware import BLACK
from dav2.scenery.scene import Material, Part, metallic, painted

Rng = np.random.Generator
Parts = list[Part]
DEPTH, HEIGHT, PLINTH = 0.58, 0.88, 0.1  # of the cupboards below a counter
CHROME, STEEL = Material("metal", metal="Cr"), Material("metal", metal="Al")


def base_unit(rng: Rng, width: float = 0.6, front: Material | None = None) -> Parts:
    """A cupboard with a door, or drawers, below the counter."""
    front = front or painted(rng)
    tall = HEIGHT - PLINTH
    count = int(rng.choice([1, 1, 2, 3, 4]))
    zs = [PLINTH + (i + 0.5) * tall / count for i in range(count)]
    leaves = [box((0, -DEPTH - 0.01, z), (width - 0.008, 0.02, tall / count - 0.008)) for z in zs]
    pulls = np.array([[-0.07, -DEPTH - 0.04, z + tall / count * 0.5 - 0.07] for z in zs])
    return [
        Part(box((0, -DEPTH / 2, PLINTH + tall / 2), (width, DEPTH, tall)), front),
        Part(merge(leaves), front),
        Part(box((0, -DEPTH / 2 + 0.03, PLINTH / 2), (width, DEPTH - 0.06, PLINTH)), BLACK),
        Part(rods(pulls, pulls + [0.14, 0, 0], 0.006), STEEL),
    ]


def wall_unit(rng: Rng, width: float = 0.6, front: Material | None = None) -> Parts:
    """A cupboard for the wall above a counter, 0.7 m high, standing on its own z = 0."""
    front = front or painted(rng)
    return [
        Part(box((0, -0.16, 0.35), (width, 0.32, 0.7)), front),
        Part(box((0, -0.33, 0.35), (width - 0.008, 0.02, 0.692)), front),
        Part(rods([[width * 0.4, -0.36, 0.05]], [[width * 0.4, -0.36, 0.2]], 0.006), STEEL),
    ]


def sink(rng: Rng) -> Parts:
    """A basin and a tap, to be set on a counter; the basin rises 12 mm above it."""
    w, d = rng.uniform(0.4, 0.55), 0.38
    rim = [box((s * w / 2, -0.3, 0.006), (0.03, d, 0.012)) for s in (-1, 1)]
    rim += [box((0, -0.3 + s * d / 2, 0.006), (w + 0.03, 0.03, 0.012)) for s in (-1, 1)]
    bow = [
        (0, -0.07 - 0.09 * (1 - np.cos(a)), 0.22 + 0.09 * np.sin(a))
        for a in np.linspace(0, np.pi, 8)
    ]
    tap = [
        cylinder((0, -0.07, 0), (0, -0.07, 0.22), 0.013),
        tube(bow, 0.011),
        rods([bow[-1]], [np.add(bow[-1], (0, 0, -0.05))], 0.011),
    ]
    tap.append(rods([[0.0, -0.07, 0.08]], [[0.09, -0.07, 0.12]], 0.007))
    return [
        Part(merge(rim), STEEL),
        Part(box((0, -0.3, 0.002), (w, d, 0.004)), Material("diffuse", np.full(3, 0.15))),
        Part(merge(tap), CHROME),
    ]


def stove(rng: Rng) -> Parts:
    """An oven with a hob, as wide as a unit, as high as the counter."""
    body = painted(rng, "white", 1) if rng.random() < 0.5 else STEEL
    high = HEIGHT + 0.04
    rings = [
        torus((x, y, high + 0.008), 0.08, 0.007, segments=18, sides=5)
        for x in (-0.14, 0.14)
        for y in (-0.17, -0.43)
    ]
    knobs = [
        cylinder(
            (x, -DEPTH - 0.02, high - 0.06), (x, -DEPTH - 0.05, high - 0.06), 0.02, segments=12
        )
        for x in np.linspace(-0.22, 0.22, 5)
    ]
    return [
        Part(box((0, -DEPTH / 2 - 0.01, high / 2), (0.598, DEPTH + 0.02, high)), body),
        Part(
            merge(
                [
                    box((0, -DEPTH - 0.025, 0.45), (0.5, 0.01, 0.4)),
                    box((0, -DEPTH / 2, high + 0.002), (0.56, DEPTH - 0.04, 0.004)),
                ]
            ),
            BLACK,
        ),
        Part(merge([*rings, *knobs]), BLACK if body is STEEL else STEEL),
        Part(rods([[-0.24, -DEPTH - 0.06, 0.7]], [[0.24, -DEPTH - 0.06, 0.7]], 0.009), CHROME),
    ]


def hood(rng: Rng) -> Parts:
    """An extractor: a sloped box with a chimney; it stands on its own z = 0."""
    w = rng.uniform(0.58, 0.6)
    slope = extrude([(-w / 2, 0), (w / 2, 0), (0.13, 0.28), (-0.13, 0.28)], 0.45)
    return [
        Part(
            merge([move(slope, (0, -0.23, 0)), box((0, -0.16, 0.6), (0.24, 0.24, 0.7))]),
            STEEL if rng.random() < 0.6 else painted(rng, gloss=1),
        )
    ]


def fridge(rng: Rng) -> Parts:
    w, h, d = rng.uniform(0.58, 0.85), rng.uniform(1.5, 1.95), rng.uniform(0.58, 0.68)
    split = h * rng.uniform(0.3, 0.7)
    body = (
        STEEL if rng.random() < 0.35 else painted(rng, "white" if rng.random() < 0.6 else "any", 1)
    )
    doors = [
        box((0, -d - 0.025, (a + b) / 2), (w, 0.05, b - a - 0.012))
        for a, b in ((0.05, split), (split, h))
    ]
    grips = [[-w * 0.42, -d - 0.08, split + 0.05], [-w * 0.42, -d - 0.08, split - 0.4]]
    parts = [
        Part(box((0, -d / 2, h / 2), (w, d, h)), body),
        Part(merge(doors), body),
        Part(rods(grips, np.array(grips) + [0, 0, 0.35], 0.012), CHROME),
    ]
    notes = [
        box((x, -d - 0.052, z), (0.09, 0.002, 0.12), 0.15)
        for x in (-0.1, 0.05, 0.2)
        for z in (split + 0.2, split + 0.45)
        if rng.random() < 0.4 and z < h - 0.1
    ]
    if notes:
        parts.append(Part(merge(notes), painted(rng, "any")))
    return parts


def pan_rail(rng: Rng) -> Parts:
    """A rail with pans and ladles on hooks; it hangs from z = 0, its back at y = 0."""
    w = rng.uniform(0.6, 1.3)
    drops, metal = [], metallic(rng)
    pans = []
    for x in np.arange(-w / 2 + 0.08, w / 2 - 0.05, rng.uniform(0.1, 0.2)):
        length = rng.uniform(0.12, 0.25)
        drops.append(rods([[x, -0.06, -0.01]], [[x, -0.06, -length]], 0.006))
        if rng.random() < 0.5:
            r = rng.uniform(0.05, 0.085)
            pans.append(
                move(cylinder((0, 0, 0), (0, 0.035, 0), r, segments=18), (x, -0.065, -length - r))
            )
        else:
            drops.append(ellipsoid((x, -0.06, -length - 0.02), (0.03, 0.01, 0.04), 8))
    rail = [
        rods([[-w / 2, -0.06, 0]], [[w / 2, -0.06, 0]], 0.008),
        rods(
            [[s * w * 0.45, 0, 0] for s in (-1, 1)],
            [[s * w * 0.45, -0.06, 0] for s in (-1, 1)],
            0.006,
        ),
    ]
    parts = [Part(merge(rail + drops), metal)]
    if pans:
        parts.append(Part(merge(pans), BLACK if rng.random() < 0.4 else metallic(rng)))
    return parts


def island_rack(rng: Rng) -> Parts:
    """A frame on chains with pans below; it hangs from z = 0."""
    w, d, drop = rng.uniform(0.6, 1.1), 0.4, rng.uniform(0.4, 0.6)
    corners = np.array(
        [
            [-w / 2, -d / 2, -drop],
            [w / 2, -d / 2, -drop],
            [w / 2, d / 2, -drop],
            [-w / 2, d / 2, -drop],
        ]
    )
    frame = [
        rods(corners, np.roll(corners, -1, 0), 0.009),
        rods(corners * [0.5, 0.5, 0], corners, 0.003, 4),
    ]
    pans, hooks = [], []
    for x in np.arange(-w / 2 + 0.1, w / 2 - 0.05, 0.2):
        y, length, r = rng.choice([-1, 1]) * d / 2, rng.uniform(0.12, 0.22), rng.uniform(0.06, 0.11)
        hooks.append(rods([[x, y, -drop]], [[x, y, -drop - length]], 0.005))
        pans.append(
            move(
                lathe([(1e-4, 0), (r, 0), (r * 1.05, r * 0.6)], 18),
                (x, y, -drop - length - r * 0.6),
            )
        )
    return [Part(merge(frame + hooks), BLACK), Part(merge(pans), metallic(rng))]
