"""Things in kitchens. Every object is `rng -> list[Part]`, stands on z = 0, faces -y."""

import numpy as np

from dav2.scenery.meshes import (
    blob,
    box,
    cylinder,
    ellipsoid,
    lathe,
    merge,
    move,
    quad,
    rods,
    rotation,
    rounded_box,
    torus,
    tube,
)
from dav2.scenery.scene import GLASS, Material, Part, metallic, painted, textured, wooden

Rng = np.random.Generator
Parts = list[Part]
BLACK = Material("plastic", np.full(3, 0.03))


def kettle(rng: Rng) -> Parts:
    r, h = rng.uniform(0.07, 0.1), rng.uniform(0.14, 0.22)
    body = lathe([(1e-4, 0), (r, 0), (r * 1.05, h * 0.3), (r * 0.6, h), (1e-4, h * 1.05)], 24)
    spout = cylinder((r * 0.8, 0, h * 0.55), (r * 1.6, 0, h * 0.95), 0.018, 0.011)
    arch = [
        (r * 0.6 * np.cos(a), 0, h * 0.9 + r * 0.9 * np.sin(a)) for a in np.linspace(0, np.pi, 9)
    ]
    return [
        Part(merge([body, spout]), metallic(rng) if rng.random() < 0.6 else painted(rng, "any", 1)),
        Part(merge([tube(arch, 0.009), ellipsoid((0, 0, h * 1.08), 0.014, 8)]), BLACK),
    ]


def teapot(rng: Rng) -> Parts:
    r = rng.uniform(0.06, 0.09)
    body = [
        ellipsoid((0, 0, r * 0.85), (r, r, r * 0.85), 14),
        cylinder((r * 0.8, 0, r * 0.7), (r * 1.6, 0, r * 1.4), 0.016, 0.009),
        torus((-r * 1.15, 0, r * 0.9), r * 0.5, 0.008, axis=(0, 1, 0), segments=16, sides=6),
        ellipsoid((0, 0, r * 1.75), 0.013, 8),
    ]
    return [
        Part(merge(body), textured(rng, str(rng.choice(["plain", "dots", "wallpaper"])), gloss=1))
    ]


def frying_pan(rng: Rng) -> Parts:
    r = rng.uniform(0.1, 0.15)
    dish = lathe(
        [(1e-4, 0), (r * 0.8, 0), (r, 0.045), (r * 0.97, 0.045), (r * 0.78, 0.006), (1e-4, 0.006)],
        24,
    )
    return [
        Part(dish, BLACK if rng.random() < 0.5 else metallic(rng)),
        Part(
            rods([[r, 0, 0.04]], [[r * 2.4, 0, 0.07]], 0.011, 6),
            BLACK if rng.random() < 0.6 else wooden(rng),
        ),
    ]


def lidded_pot(rng: Rng) -> Parts:
    r, h = rng.uniform(0.09, 0.14), rng.uniform(0.09, 0.18)
    body = lathe(
        [(1e-4, 0), (r, 0), (r, h), (r * 1.04, h), (r * 0.7, h * 1.15), (1e-4, h * 1.2)], 24
    )
    ears = rods([[-r * 1.3, 0, h * 0.8]], [[r * 1.3, 0, h * 0.8]], 0.009, 6)
    return [
        Part(body, metallic(rng) if rng.random() < 0.6 else painted(rng, "any", 1)),
        Part(merge([ears, ellipsoid((0, 0, h * 1.25), 0.02, 8)]), BLACK),
    ]


def jar(rng: Rng) -> Parts:
    """Glass with something in it and a lid."""
    r, h = rng.uniform(0.035, 0.06), rng.uniform(0.1, 0.24)
    fill = rng.uniform(0.2, 0.85) * h
    inside = lathe([(1e-4, 0.006), (r * 0.9, 0.006), (r * 0.9, fill), (1e-4, fill)], 16)
    return [
        Part(lathe([(1e-4, 0), (r, 0), (r, h), (1e-4, h)], 20), GLASS),
        Part(
            inside, textured(rng, str(rng.choice(["gravel", "sand", "mottled", "leaves"])), gloss=0)
        ),
        Part(cylinder((0, 0, h), (0, 0, h + 0.025), r * 0.95, segments=18), metallic(rng)),
    ]


def plates(rng: Rng) -> Parts:
    r, count = rng.uniform(0.09, 0.14), int(rng.integers(1, 8))
    pile = [
        move(
            lathe(
                [
                    (1e-4, 0),
                    (r * 0.6, 0.001),
                    (r, 0.018),
                    (r, 0.022),
                    (r * 0.6, 0.006),
                    (1e-4, 0.005),
                ],
                24,
            ),
            (0, 0, 0.008 * i),
        )
        for i in range(count)
    ]
    return [Part(merge(pile), painted(rng, "white" if rng.random() < 0.5 else "any", 1))]


def meal(rng: Rng) -> Parts:
    """A plate with food and cutlery."""
    r = rng.uniform(0.11, 0.14)
    plate = lathe(
        [(1e-4, 0), (r * 0.6, 0.001), (r, 0.016), (r, 0.02), (r * 0.6, 0.006), (1e-4, 0.005)], 24
    )
    parts = [Part(plate, painted(rng, "white", 1))]
    for _ in range(int(rng.integers(2, 5))):
        at = (*rng.uniform(-0.4, 0.4, 2) * r, 0.02)
        parts.append(
            Part(
                blob(rng, at, rng.uniform([0.02, 0.02, 0.012], [0.05, 0.04, 0.03]), 0.25, 10),
                textured(rng, str(rng.choice(["mottled", "rock", "leaves", "plain"])), gloss=0.5),
            )
        )
    cutlery = [box((s * r * 1.25, 0, 0.003), (0.015, 0.19, 0.003)) for s in (-1, 1)]
    return [*parts, Part(merge(cutlery), Material("metal", metal="Cr"))]


def cutting_board(rng: Rng) -> Parts:
    w, d = rng.uniform(0.25, 0.4), rng.uniform(0.18, 0.26)
    parts = [Part(box((0, 0, 0.01), (w, d, 0.02), 0.4), wooden(rng))]
    for _ in range(int(rng.integers(1, 6))):
        size = rng.uniform([0.03, 0.02, 0.02], [0.06, 0.04, 0.03])
        at = (*rng.uniform(-0.35, 0.35, 2) * (w, d), 0.02 + size[2] * 0.9)
        parts.append(Part(blob(rng, at, size, 0.1, 10), painted(rng, "any", 0.7)))
    return parts


def knife_block(rng: Rng) -> Parts:
    lean = rotation("x", 0.35)
    grips = merge(
        [box((x, y, 0.27), (0.018, 0.026, 0.1)) for x in (-0.03, 0, 0.03) for y in (-0.03, 0.02)]
    )
    block = move(box((0, 0, 0.12), (0.1, 0.1, 0.2), 0.3), (0, 0.02, 0.0), lean)
    return [Part(block, wooden(rng)), Part(move(grips, (0, 0.02, 0), lean), BLACK)]


def toaster(rng: Rng) -> Parts:
    body = rounded_box((0, 0, 0.1), (0.14, 0.085, 0.09), 0.45)
    toast = [rounded_box((0, y, 0.19), (0.055, 0.009, 0.05), 0.5) for y in (-0.035, 0.035)]
    return [
        Part(body, metallic(rng) if rng.random() < 0.5 else painted(rng, "any", 1)),
        Part(
            merge(
                [box((0.145, 0, 0.1), (0.02, 0.03, 0.015)), box((0, 0, 0.006), (0.24, 0.14, 0.012))]
            ),
            BLACK,
        ),
        Part(merge(toast), textured(rng, "mottled", np.array([0.6, 0.38, 0.18]), 0)),
    ]


def microwave(rng: Rng) -> Parts:
    w, h, d = rng.uniform(0.42, 0.52), rng.uniform(0.25, 0.3), 0.34
    return [
        Part(
            box((0, 0, h / 2), (w, d, h)),
            painted(rng, "white" if rng.random() < 0.5 else "dark", 0.8),
        ),
        Part(box((-w * 0.12, -d / 2 - 0.004, h / 2), (w * 0.68, 0.008, h * 0.8)), BLACK),
        Part(
            merge(
                [
                    box((w * 0.36, -d / 2 - 0.006, z * h), (w * 0.16, 0.012, 0.03))
                    for z in (0.25, 0.45, 0.7)
                ]
            ),
            painted(rng, "neutral"),
        ),
    ]


def coffee_machine(rng: Rng) -> Parts:
    body = [
        box((0, 0.07, 0.17), (0.2, 0.12, 0.34)),
        box((0, -0.03, 0.3), (0.2, 0.2, 0.08)),
        box((0, -0.04, 0.015), (0.2, 0.2, 0.03)),
    ]
    can = lathe([(1e-4, 0.03), (0.055, 0.03), (0.06, 0.11), (0.04, 0.16), (1e-4, 0.16)], 20)
    return [
        Part(merge(body), painted(rng, gloss=1)),
        Part(move(can, (0, -0.06, 0.001)), GLASS),
        Part(torus((0.085, -0.06, 0.1), 0.035, 0.007, axis=(0, 1, 0), segments=14, sides=6), BLACK),
    ]


def scales(rng: Rng) -> Parts:
    bowl = lathe(
        [(0.02, 0.12), (0.1, 0.15), (0.13, 0.2), (0.125, 0.2), (0.09, 0.155), (1e-4, 0.13)], 22
    )
    return [
        Part(
            merge(
                [
                    rounded_box((0, 0, 0.055), (0.1, 0.09, 0.055), 0.4),
                    cylinder((0, 0, 0.1), (0, 0, 0.13), 0.03),
                ]
            ),
            painted(rng, "any", 0.8),
        ),
        Part(bowl, metallic(rng)),
        Part(
            cylinder((0, -0.088, 0.06), (0, -0.094, 0.06), 0.04, segments=18),
            painted(rng, "white", 0),
        ),
    ]


def utensils(rng: Rng) -> Parts:
    """Spoons and whisks in a crock."""
    crock = lathe(
        [(1e-4, 0), (0.055, 0), (0.06, 0.14), (0.052, 0.14), (0.048, 0.01), (1e-4, 0.01)], 18
    )
    angle, count = rng.uniform(0, 2 * np.pi, 7), 7
    tips = np.c_[0.09 * np.cos(angle), 0.09 * np.sin(angle), rng.uniform(0.25, 0.33, count)]
    heads = [ellipsoid(tip, (0.025, 0.008, 0.035), 8) for tip in tips[:4]]
    return [
        Part(crock, textured(rng, gloss=0.7)),
        Part(
            merge([rods(np.tile([0, 0, 0.02], (count, 1)), tips, 0.005, 5), *heads]),
            wooden(rng) if rng.random() < 0.5 else metallic(rng),
        ),
    ]


def loaf(rng: Rng) -> Parts:
    return [
        Part(box((0, 0, 0.008), (0.34, 0.2, 0.016), 0.3), wooden(rng)),
        Part(
            blob(rng, (0, 0, 0.065), (0.14, 0.06, 0.05), 0.1, 14),
            textured(rng, "mottled", np.array([0.62, 0.38, 0.17]), 0),
        ),
    ]


def fruit(rng: Rng) -> Parts:
    """Loose fruit of one kind."""
    r, count = rng.uniform(0.025, 0.05), int(rng.integers(1, 6))
    long = rng.uniform(1, 1.6)
    spots = [
        (1.9 * r * long * (i % 3 - 1) + rng.normal(0, 0.002), 2.1 * r * (i // 3), r * 0.97)
        for i in range(count)
    ]
    return [
        Part(
            merge([blob(rng, at, (r * long * 0.9, r, r), 0.05, 11) for at in spots]),
            textured(rng, "mottled", gloss=0.6),
        )
    ]


def pitcher(rng: Rng) -> Parts:
    r, h = rng.uniform(0.05, 0.07), rng.uniform(0.18, 0.28)
    outline = [
        (1e-4, 0),
        (r, 0),
        (r * 1.1, h * 0.35),
        (r * 0.7, h * 0.8),
        (r * 0.85, h),
        (r * 0.8, h),
        (r * 0.64, h * 0.8),
        (r, h * 0.35),
        (r * 0.9, 0.01),
        (1e-4, 0.01),
    ]
    handle = torus((-r * 1.15, 0, h * 0.55), h * 0.25, 0.008, axis=(0, 1, 0), segments=18, sides=6)
    return [
        Part(
            merge([lathe(outline, 22), handle]),
            GLASS if rng.random() < 0.4 else painted(rng, gloss=1),
        )
    ]


def tumbler(rng: Rng) -> Parts:
    r, h = rng.uniform(0.03, 0.04), rng.uniform(0.09, 0.15)
    return [
        Part(
            lathe(
                [(1e-4, 0), (r * 0.8, 0), (r, h), (r * 0.94, h), (r * 0.74, 0.012), (1e-4, 0.012)],
                22,
            ),
            GLASS,
        )
    ]


def tin(rng: Rng) -> Parts:
    r, h = rng.uniform(0.035, 0.055), rng.uniform(0.08, 0.16)
    lids = [cylinder((0, 0, z), (0, 0, z + 0.006), r * 1.03, segments=18) for z in (0, h - 0.006)]
    return [
        Part(lathe([(r, 0.003), (r, h)], 20, 0.3), textured(rng, "poster", gloss=0.5)),
        Part(merge(lids), Material("metal", metal="Al")),
    ]


def carton(rng: Rng) -> Parts:
    """A packet with a gable."""
    w, d, h = rng.uniform(0.06, 0.16), rng.uniform(0.05, 0.08), rng.uniform(0.16, 0.28)
    roof = [quad((-w / 2, s * d / 2, h), (w, 0, 0), (0, -s * d / 2, d * 0.5), 0.2) for s in (-1, 1)]
    return [
        Part(merge([box((0, 0, h / 2), (w, d, h), 0.2), *roof]), textured(rng, "poster", gloss=0.4))
    ]


KITCHENWARE = (
    kettle,
    teapot,
    frying_pan,
    lidded_pot,
    jar,
    jar,
    plates,
    cutting_board,
    knife_block,
    toaster,
    microwave,
    coffee_machine,
    scales,
    utensils,
    loaf,
    fruit,
    pitcher,
    tumbler,
    tin,
    carton,
)
