"""Things of wires, spokes and tubes, which depth sensors lose. `rng -> list[Part]`, on z = 0."""

import numpy as np

from dav2.render.meshes import (
    box,
    cylinder,
    ellipsoid,
    merge,
    move,
    rotation,
    rounded_box,
    torus,
    tube,
)
from dav2.render.scene import Material, Part, metallic, painted, textured, wooden
from dav2.render.tableware import SMALL

Rng = np.random.Generator
Parts = list[Part]


def ladder(rng: Rng) -> Parts:
    h = rng.uniform(1.6, 3)
    rails = [cylinder((side * 0.2, 0, 0), (side * 0.2, 0, h), 0.018) for side in (-1, 1)]
    rungs = [cylinder((-0.2, 0, z), (0.2, 0, z), 0.012) for z in np.arange(0.25, h, 0.28)]
    leaning = move(merge(rails + rungs), turn=rotation("x", -rng.uniform(0.1, 0.3)))
    return [Part(leaning, metallic(rng) if rng.random() < 0.5 else wooden(rng))]


def bicycle(rng: Rng) -> Parts:
    r = 0.34
    wheels = []
    for x in (-0.52, 0.52):
        wheels.append(torus((x, 0, r), r, 0.018, axis=(0, 1, 0), segments=28, sides=6))
        wheels += [
            cylinder(
                (x, 0, r), (x + r * np.cos(a), 0, r + r * np.sin(a)), 0.0025, segments=4, caps=False
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
