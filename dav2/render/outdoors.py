"""Vehicles, people, street furniture, ground. `rng -> list[Part]`, on z = 0."""

import numpy as np

from dav2.render.meshes import (
    Mesh,
    box,
    cylinder,
    ellipsoid,
    extrude,
    merge,
    move,
    quad,
    rounded_box,
    sheet,
    tube,
)
from dav2.render.scene import Material, Part, metallic, painted, textured
from dav2.render.textures import noise, texture

Rng = np.random.Generator
Parts = list[Part]


def car(rng: Rng) -> Parts:
    length = rng.uniform(3.6, 4.8)
    lower = rounded_box((0, 0, 0.55), (length / 2, 0.85, 0.32), 0.3)
    outline = [
        (-length * 0.36, 0.8),
        (-length * 0.24, 1.4),
        (length * 0.14, 1.42),
        (length * 0.3, 0.82),
    ]
    wheels = merge(
        [
            cylinder(
                (x * length * 0.31, y * 0.72, 0.32),
                (x * length * 0.31, y * 0.9, 0.32),
                0.32,
                segments=18,
            )
            for x in (-1, 1)
            for y in (-1, 1)
        ]
    )
    return [
        Part(lower, painted(rng, gloss=1)),
        Part(extrude(outline, 1.45), Material("plastic", np.array([0.05, 0.06, 0.08]))),
        Part(box((-length * 0.05, 0, 1.42), (length * 0.37, 1.4, 0.05)), painted(rng, gloss=1)),
        Part(wheels, Material("diffuse", np.full(3, 0.04))),
    ]


def person(rng: Rng) -> Parts:
    stride, arms = rng.uniform(-0.25, 0.25), rng.uniform(0, 0.6, 2)
    legs, torso, skin = (
        [],
        [rounded_box((0, 0, 1.13), (0.2, 0.12, 0.32), 0.7)],
        [
            ellipsoid((0, 0, 1.62), (0.09, 0.11, 0.13), 12),
            cylinder((0, 0, 1.4), (0, 0, 1.55), 0.05),
        ],
    )
    for side, swing, arm in ((1, stride, arms[0]), (-1, -stride, arms[1])):
        legs += [
            cylinder((side * 0.1, swing, 0.05), (side * 0.09, 0, 0.85), 0.06, 0.09, 10),
            box((side * 0.1, swing - 0.05, 0.04), (0.09, 0.26, 0.08)),
        ]
        hand = (side * (0.25 + 0.3 * arm), -0.1 * arm, 0.95)
        torso.append(cylinder((side * 0.2, 0, 1.38), hand, 0.05, 0.04, 8))
        skin.append(ellipsoid(hand, 0.045, 8))
    s = rng.uniform(0.86, 1.08)
    tone = Material("diffuse", np.array([0.85, 0.62, 0.5]) * rng.uniform(0.3, 1))
    parts = [
        Part(merge(legs), painted(rng, gloss=0)),
        Part(merge(torso), textured(rng, gloss=0)),
        Part(merge(skin), tone),
        Part(ellipsoid((0, 0.015, 1.66), (0.098, 0.115, 0.115), 10), painted(rng, "dark", 0)),
    ]
    return [Part(move(p.mesh, scale=s), p.material) for p in parts]


def street_lamp(rng: Rng) -> Parts:
    h = rng.uniform(3.5, 7)
    pole = merge(
        [
            cylinder((0, 0, 0), (0, 0, h), 0.07, 0.04),
            tube([(0, 0, h), (0, -0.5, h + 0.3), (0, -1, h + 0.3)], 0.03),
            box((0, -1.1, h + 0.28), (0.25, 0.5, 0.1)),
        ]
    )
    return [Part(pole, painted(rng, "dark"))]


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


def terrain(
    rng: Rng, size: float, height: float, base: int = 3, flat_radius: float = 0.0
) -> tuple[Mesh, np.ndarray]:
    """Rolling ground centred on the origin, and its heights [128, 128] for `ground_height`."""
    heights = (noise(rng, base, 6, 0.45)[::2, ::2] - 0.5) * height
    axis = np.linspace(-size / 2, size / 2, 128)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    if flat_radius:
        heights = heights * np.clip((np.hypot(x, y) - flat_radius) / flat_radius, 0, 1)
    return sheet(np.stack([x, y, heights], -1), np.stack([x, y], -1) / rng.uniform(1.5, 5)), heights


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
