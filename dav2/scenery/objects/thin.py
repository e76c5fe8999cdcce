"""Things of wires, spokes and tubes, which depth sensors lose. `rng -> list[Part]`, on z = 0."""

import numpy as np

from dav2.scenery.meshes import (
    box,
    cylinder,
    ellipsoid,
    merge,
    move,
    quad,
    rods,
    rotation,
    rounded_box,
    sheet,
    torus,
    tube,
)
from dav2.scenery.objects.tableware import SMALL
from dav2.scenery.scene import Material, Part, metallic, painted, textured, wooden

Rng = np.random.Generator
Parts = list[Part]


def ladder(rng: Rng) -> Parts:
    h = rng.uniform(1.6, 3)
    rails = [cylinder((side * 0.2, 0, 0), (side * 0.2, 0, h), 0.018) for side in (-1, 1)]
    rungs = [cylinder((-0.2, 0, z), (0.2, 0, z), 0.012) for z in np.arange(0.25, h, 0.28)]
    leaning = move(merge(rails + rungs), turn=rotation("x", -rng.uniform(0.1, 0.3)))
    return [Part(leaning, metallic(rng) if rng.random() < 0.5 else wooden(rng))]


def bicycle(rng: Rng) -> Parts:
    r, tyre = 0.34, 0.018
    wheels = []
    for x in (-0.52, 0.52):
        wheels.append(torus((x, 0, r), r - tyre, tyre, axis=(0, 1, 0), segments=28, sides=6))
        wheels += [
            cylinder(
                (x, 0, r),
                (x + (r - tyre) * np.cos(a), 0, r + (r - tyre) * np.sin(a)),
                0.0025,
                segments=4,
                caps=False,
            )
            for a in np.linspace(0, 2 * np.pi, 19)[:-1]
        ]
    wheels.append(rounded_box((-0.21, 0, 0.93), (0.13, 0.06, 0.03), 0.6))
    joints = {
        "hub": (-0.52, 0, r),
        "crank": (-0.1, 0, r - 0.03),
        "seat": (-0.2, 0, 0.9),
        "saddle": (-0.18, 0, 0.82),
        "head": (0.4, 0, 0.8),
        "fork": (0.52, 0, r),
        "bar": (0.38, 0, 0.96),
    }
    tubes = ["hub crank", "hub saddle", "crank seat", "crank head", "saddle head", "fork bar"]
    bars = [cylinder(*(joints[name] for name in pair.split()), 0.014) for pair in tubes]
    bars.append(cylinder((0.38, -0.25, 0.98), (0.38, 0.25, 0.98), 0.014))
    return [
        Part(merge(bars), painted(rng, "any", 1)),
        Part(merge(wheels), Material("diffuse", np.full(3, 0.03))),
    ]


def wire_shelf(rng: Rng) -> Parts:
    w, h, d = rng.uniform(0.6, 1.2), rng.uniform(1, 1.9), 0.4
    bars = [
        cylinder((x * w / 2, y * d / 2, 0), (x * w / 2, y * d / 2, h), 0.012)
        for x in (-1, 1)
        for y in (-1, 1)
    ]
    levels = np.linspace(0.1, h - 0.02, 4)
    for z in levels:
        bars += [
            cylinder((x, -d / 2, z), (x, d / 2, z), 0.003, segments=4, caps=False)
            for x in np.linspace(-w / 2, w / 2, 22)
        ]
        bars += [
            cylinder((-w / 2, y * d / 2, z), (w / 2, y * d / 2, z), 0.005, segments=5)
            for y in (-1, 1)
        ]
    parts = [Part(merge(bars), metallic(rng))]
    for z in levels[:-1]:
        for _ in range(rng.integers(0, 4)):
            thing = SMALL[int(rng.integers(len(SMALL)))](rng)
            at = (rng.uniform(-w / 2 + 0.1, w / 2 - 0.1), rng.uniform(-0.08, 0.08), z + 0.004)
            parts += [Part(move(part.mesh, at, scale=0.8), part.material) for part in thing]
    return parts


def bird_cage(rng: Rng) -> Parts:
    r, h = rng.uniform(0.15, 0.4), rng.uniform(0.4, 1)
    wires = [
        tube(
            np.c_[
                r * np.cos(a) * np.array([1, 1, 0.7, 0]),
                r * np.sin(a) * np.array([1, 1, 0.7, 0]),
                h * np.array([0, 0.65, 0.9, 1]),
            ],
            0.003,
            4,
        )
        for a in np.linspace(0, 2 * np.pi, 19)[:-1]
    ]
    wires += [torus((0, 0, z), r, 0.005, sides=5) for z in (0.02, h * 0.3, h * 0.65)]
    return [
        Part(merge(wires), metallic(rng)),
        Part(ellipsoid((0, 0, h * 0.3), r * 0.3, 10), textured(rng, "spots")),
    ]


def tripod(rng: Rng) -> Parts:
    h = rng.uniform(0.9, 1.6)
    legs = [
        cylinder((0.45 * np.cos(a), 0.45 * np.sin(a), 0), (0, 0, h), 0.01, segments=6)
        for a in (0, 2.09, 4.19)
    ]
    camera = [
        box((0, 0, h + 0.06), (0.14, 0.1, 0.1)),
        cylinder((0, -0.05, h + 0.06), (0, -0.16, h + 0.06), 0.04),
    ]
    return [Part(merge(legs + camera), painted(rng, "dark"))]


def step_ladder(rng: Rng) -> Parts:
    h, spread = rng.uniform(1.1, 2), rng.uniform(0.35, 0.55)
    feet = np.array([[x, y, 0] for y in (-spread, spread) for x in (-0.24, 0.24)])
    tops = np.array([[x * 0.7, 0, h] for _ in range(2) for x in (-0.24, 0.24)])
    t = np.linspace(0, 1, int(h / 0.27) + 1)[1:-1, None]
    steps = [
        box(middle, (0.4 - 0.1 * k, 0.08, 0.015))
        for k, middle in zip(
            t[:, 0], (feet[0] * [0, 1, 0]) * (1 - t) + np.array([0, 0, h]) * t, strict=True
        )
    ]
    back = rods(feet[2] * (1 - t) + tops[2] * t, feet[3] * (1 - t) + tops[3] * t, 0.008)
    return [
        Part(
            merge([rods(feet, tops, 0.014, 6), back, *steps]),
            metallic(rng) if rng.random() < 0.6 else wooden(rng),
        )
    ]


def clothes_rack(rng: Rng) -> Parts:
    w, h = rng.uniform(0.8, 1.4), rng.uniform(1.3, 1.7)
    ends = [[s * w / 2, 0, 0] for s in (-1, 1)]
    bars = [rods(ends, np.array(ends) + [0, 0, h], 0.012), rods([ends[0]], [ends[1]], 0.01)]
    bars += [
        rods([[-w / 2, 0, h]], [[w / 2, 0, h]], 0.012),
        rods(
            [[s * w / 2, -0.25, 0.013] for s in (-1, 1)],
            [[s * w / 2, 0.25, 0.013] for s in (-1, 1)],
            0.012,
        ),
    ]
    parts = []
    for x in np.linspace(-w / 2 + 0.08, w / 2 - 0.08, int(rng.integers(4, 11))):
        hook = np.array(
            [[x, 0, h], [x, 0, h - 0.07], [x, -0.2, h - 0.16], [x, 0.2, h - 0.16], [x, 0, h - 0.07]]
        )
        bars.append(rods(hook[:-1], hook[1:], 0.003, 4))
        if rng.random() < 0.5 and len(parts) < 4:
            across, down = np.meshgrid(
                np.linspace(-0.2, 0.2, 10),
                np.linspace(0.12, rng.uniform(0.5, 0.95), 8),
                indexing="ij",
            )
            wave = x + 0.025 * np.sin(across * 22 + down * 4 + x * 9)
            shirt = sheet(np.stack([wave, across * (1 + 0.2 * down), h - down], -1))
            parts.append(
                Part(
                    shirt,
                    textured(
                        rng, str(rng.choice(["fabric", "stripes", "tartan", "dots"])), gloss=0
                    ),
                )
            )
    return [Part(merge(bars), metallic(rng)), *parts]


def drying_rack(rng: Rng) -> Parts:
    w, d, h = rng.uniform(0.8, 1.3), 0.55, rng.uniform(0.8, 1)
    ys = np.linspace(-d / 2, d / 2, 9)
    lines = rods(
        np.c_[np.full(9, -w / 2), ys, np.full(9, h)],
        np.c_[np.full(9, w / 2), ys, np.full(9, h)],
        0.003,
        4,
    )
    legs = rods(
        [[s * w / 2, q * d / 2, 0] for s in (-1, 1) for q in (-1, 1)],
        [[s * w / 2, -q * d / 2, h] for s in (-1, 1) for q in (-1, 1)],
        0.009,
    )
    rims = rods(
        [[s * w / 2, -d / 2, h] for s in (-1, 1)], [[s * w / 2, d / 2, h] for s in (-1, 1)], 0.009
    )
    parts = [Part(merge([lines, legs, rims]), metallic(rng))]
    for y in rng.choice(ys, int(rng.integers(0, 4)), replace=False):
        wide, long = rng.uniform(0.2, 0.45), rng.uniform(0.25, 0.5)
        x = rng.uniform(-w / 2 + wide / 2, w / 2 - wide / 2)
        t = np.array([-long, -0.02, 0.02, long * 0.8])
        fall = np.stack(
            [
                np.tile(y + np.array([-0.03, -0.008, 0.008, 0.03]), (2, 1)),
                np.tile(h + 0.008 - np.abs(t), (2, 1)),
            ],
            -1,
        )
        towel = np.concatenate(
            [np.full((2, 4, 1), x) + np.array([-wide / 2, wide / 2])[:, None, None], fall], -1
        )
        parts.append(
            Part(
                sheet(towel),
                textured(rng, str(rng.choice(["fabric", "stripes", "plain"])), gloss=0),
            )
        )
    return parts


def standing_fan(rng: Rng) -> Parts:
    h, r = rng.uniform(0.9, 1.3), rng.uniform(0.18, 0.24)
    angle = np.linspace(0, 2 * np.pi, 29)[:-1]
    rim = np.c_[r * np.cos(angle), np.full(28, -0.05), h + r * np.sin(angle)]
    cage = [rods(np.tile([0, y, h], (28, 1)), rim, 0.0018, 4) for y in (-0.12, 0.02)]
    cage.append(torus((0, -0.05, h), r, 0.005, axis=(0, 1, 0), segments=28, sides=5))
    pole = [
        cylinder((0, 0.04, 0), (0, 0.04, h), 0.014),
        cylinder((0, 0.04, 0), (0, 0.04, 0.025), 0.18, segments=20),
        cylinder((0, -0.01, h), (0, 0.12, h), 0.05),
    ]
    blades = [
        move(
            ellipsoid((r * 0.5, 0, 0), (r * 0.42, 0.012, r * 0.2), 8),
            (0, -0.05, h),
            rotation("y", a),
        )
        for a in (0, 2.1, 4.2)
    ]
    return [
        Part(merge(cage), metallic(rng)),
        Part(merge(pole), painted(rng, "neutral")),
        Part(merge(blades), painted(rng, gloss=0.5)),
    ]


def music_stand(rng: Rng) -> Parts:
    h = rng.uniform(0.9, 1.2)
    legs = rods(
        [[0, 0, 0.25]] * 3,
        [[0.25 * np.cos(a), 0.25 * np.sin(a), 0.008] for a in (0.5, 2.6, 4.7)],
        0.007,
    )
    rest = [
        rods(
            [[x, 0.0, h] for x in (-0.2, -0.07, 0.07, 0.2)],
            [[x, 0.12, h + 0.28] for x in (-0.2, -0.07, 0.07, 0.2)],
            0.004,
            4,
        )
    ]
    rest.append(
        rods(
            [[-0.22, 0.06 * k, h + 0.14 * k] for k in range(3)],
            [[0.22, 0.06 * k, h + 0.14 * k] for k in range(3)],
            0.004,
            4,
        )
    )
    page = quad((-0.15, -0.01, h + 0.005), (0.3, 0, 0), (0, 0.11, 0.255), 0.3)
    parts = [
        Part(
            merge([legs, cylinder((0, 0, 0.1), (0, 0.05, h + 0.1), 0.009), *rest]),
            painted(rng, "dark", 0.7),
        )
    ]
    return (
        [*parts, Part(page, textured(rng, "newspaper", gloss=0))] if rng.random() < 0.6 else parts
    )


def shopping_cart(rng: Rng) -> Parts:
    w, d, low, high = 0.25, 0.42, 0.45, 0.95
    bars = []
    for z in np.linspace(low, high, 6):
        k = 0.75 + 0.25 * (z - low) / (high - low)
        ring = np.array(
            [[-w * k, -d * k, z], [w * k, -d * k, z], [w * k, d * k, z], [-w * k, d * k, z]]
        )
        bars.append(rods(ring, np.roll(ring, -1, 0), 0.003, 4))
    for t in np.linspace(-1, 1, 9):
        for a, b in (((w, t * d), (-w, t * d)), ((t * w, d), (t * w, -d))):
            feet = np.array([[*a, low], [*b, low]]) * [0.75, 0.75, 1]
            bars += [
                rods(feet, [[*a, high], [*b, high]], 0.0025, 4),
                rods(feet[:1], feet[1:], 0.0025, 4),
            ]
    frame = rods(
        [[s * 0.2, y, 0.12] for s in (-1, 1) for y in (-0.38, 0.38)]
        + [[s * 0.2, -0.38, 0.12] for s in (-1, 1)],
        [[s * 0.2, y * 0.8, low] for s in (-1, 1) for y in (-0.38, 0.38)]
        + [[s * 0.2, 0.38, 0.12] for s in (-1, 1)],
        0.012,
    )
    wheels = [
        cylinder((s * 0.2 - 0.012, y, 0.06), (s * 0.2 + 0.012, y, 0.06), 0.06, segments=12)
        for s in (-1, 1)
        for y in (-0.38, 0.38)
    ]
    return [
        Part(merge([*bars, frame]), Material("metal", metal="Cr")),
        Part(
            merge([*wheels, rods([[-0.27, 0.46, 1.0]], [[0.27, 0.46, 1.0]], 0.016)]),
            painted(rng, "any"),
        ),
    ]


def dish_rack(rng: Rng) -> Parts:
    """Wires with plates standing in them."""
    w, d = rng.uniform(0.35, 0.5), 0.28
    xs = np.linspace(-w / 2, w / 2, 14)
    wires = [
        rods(
            np.c_[xs, np.full(14, s * 0.05), np.full(14, 0.02)],
            np.c_[xs, np.full(14, s * 0.07), np.full(14, 0.13)],
            0.002,
            4,
        )
        for s in (-1, 1)
    ]
    for z, k in ((0.02, 0.9), (0.09, 1)):
        ring = np.array(
            [
                [-w / 2, -d / 2 * k, z],
                [w / 2, -d / 2 * k, z],
                [w / 2, d / 2 * k, z],
                [-w / 2, d / 2 * k, z],
            ]
        )
        wires.append(rods(ring, np.roll(ring, -1, 0), 0.004, 5))
    wires.append(
        rods(
            np.c_[xs, np.full(14, -d / 2), np.full(14, 0.02)],
            np.c_[xs, np.full(14, d / 2), np.full(14, 0.02)],
            0.002,
            4,
        )
    )
    plates = [
        cylinder((x + 0.012, 0, 0.12), (x + 0.017, 0, 0.12), rng.uniform(0.07, 0.1), segments=20)
        for x in xs[:-1]
        if rng.random() < 0.5
    ]
    parts = [Part(merge(wires), Material("metal", metal="Cr"))]
    return [*parts, Part(merge(plates), painted(rng, "white", 1))] if plates else parts


def parasol_frame(rng: Rng) -> Parts:
    """An open umbrella without its cloth, on a foot."""
    h, r, count = rng.uniform(1.6, 2.1), rng.uniform(0.5, 0.9), 8
    angle = np.linspace(0, 2 * np.pi, count + 1)[:-1]
    rim = np.c_[r * np.cos(angle), r * np.sin(angle), np.full(count, h - 0.3)]
    ribs = [
        rods(np.tile([0, 0, h], (count, 1)), rim, 0.004, 5),
        rods(np.tile([0, 0, h - 0.45], (count, 1)), rim * [0.5, 0.5, 1] + [0, 0, 0.15], 0.003, 4),
    ]
    return [
        Part(
            merge(
                [
                    *ribs,
                    cylinder((0, 0, 0), (0, 0, h + 0.06), 0.014),
                    cylinder((0, 0, 0), (0, 0, 0.06), 0.2, segments=18),
                ]
            ),
            metallic(rng),
        )
    ]


INDOOR = (
    ladder,
    step_ladder,
    bicycle,
    wire_shelf,
    bird_cage,
    tripod,
    clothes_rack,
    drying_rack,
    standing_fan,
    music_stand,
    shopping_cart,
    parasol_frame,
)
