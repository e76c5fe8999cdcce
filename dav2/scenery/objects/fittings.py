"""What is fixed to walls and ceilings. `rng -> list[Part]`.

Doors and curtains stand on z = 0 with their back to the wall at y = 0; clocks, boards and shelves
are centred on the origin, their back at y = 0; what hangs, hangs below z = 0.
"""

import numpy as np

from dav2.scenery.meshes import (
    box,
    cards,
    cylinder,
    ellipsoid,
    lathe,
    merge,
    move,
    quad,
    rods,
    sheet,
    torus,
    tube,
)
from dav2.scenery.objects.tableware import SMALL
from dav2.scenery.scene import Material, Part, lamp, metallic, painted, textured, wooden
from dav2.scenery.textures import texture

Rng = np.random.Generator
Parts = list[Part]


def door(rng: Rng) -> Parts:
    w, h = rng.uniform(0.75, 1), rng.uniform(1.95, 2.1)
    leaf = [box((0, -0.025, h / 2), (w, 0.04, h))]
    frame = [box((s * (w / 2 + 0.035), -0.035, h / 2), (0.07, 0.06, h)) for s in (-1, 1)]
    frame.append(box((0, -0.035, h + 0.03), (w + 0.14, 0.06, 0.06)))
    panels = [box((0, -0.05, z), (w * 0.7, 0.015, h * 0.3)) for z in (h * 0.27, h * 0.68)]
    knob = [
        rods([[w * 0.38, -0.045, 1.0]], [[w * 0.38, -0.09, 1.0]], 0.01),
        rods([[w * 0.4, -0.09, 1]], [[w * 0.28, -0.09, 1]], 0.009),
    ]
    body = painted(rng) if rng.random() < 0.6 else wooden(rng)
    return [
        Part(merge(leaf), body),
        Part(merge(frame), painted(rng, "pastel", 0.4)),
        Part(merge(panels), body if rng.random() < 0.5 else wooden(rng)),
        Part(merge(knob), metallic(rng)),
    ]


def curtain(rng: Rng, width: float = 0.7, height: float = 2.2) -> Parts:
    x, z = np.meshgrid(np.linspace(0, 1, 40), np.linspace(0.03, height, 4), indexing="ij")
    folds = rng.uniform(3, 7)
    y = -0.07 - 0.045 * np.sin(x * folds * 2 * np.pi + 0.2 * z)
    kind = str(rng.choice(["fabric", "stripes", "dots", "plain", "wallpaper", "tartan"]))
    surface = sheet(np.stack([(x - 0.5) * width, y, z], -1), np.stack([x, z], -1))
    return [Part(surface, textured(rng, kind, gloss=0))]


def wall_clock(rng: Rng) -> Parts:
    r = rng.uniform(0.12, 0.25)
    face = cylinder((0, 0, 0), (0, -0.03, 0), r, segments=28)
    hands = rods(
        [[0, -0.035, 0]] * 2,
        [[r * 0.5 * np.cos(a), -0.035, r * 0.7 * np.sin(a)] for a in rng.uniform(0, 6.28, 2)],
        0.006,
        4,
    )
    return [
        Part(face, painted(rng, "white", 0.5)),
        Part(merge([torus((0, -0.02, 0), r, 0.018, axis=(0, 1, 0)), hands]), painted(rng, "dark")),
    ]


def wall_shelf(rng: Rng) -> Parts:
    """A board with things on it."""
    w, d = rng.uniform(0.5, 1.4), rng.uniform(0.16, 0.26)
    brackets = [box((s * w * 0.38, -d / 2, -0.06), (0.02, d * 0.8, 0.1)) for s in (-1, 1)]
    parts = [Part(merge([box((0, -d / 2, 0), (w, d, 0.025)), *brackets]), wooden(rng))]
    for x in np.arange(-w / 2 + 0.1, w / 2 - 0.05, 0.19):
        if rng.random() < 0.75:
            thing = SMALL[int(rng.integers(len(SMALL)))](rng)
            low, high = (
                np.min([p.mesh.vertices.min(0) for p in thing], 0),
                np.max([p.mesh.vertices.max(0) for p in thing], 0),
            )
            scale = min(1.0, 0.17 / (high[0] - low[0]), (d - 0.02) / (high[1] - low[1]))
            parts += [
                Part(move(p.mesh, (x, -d / 2, 0.013), scale=scale), p.material) for p in thing
            ]
    return parts


def notice_board(rng: Rng) -> Parts:
    """Sheets of paper on a board."""
    w, h = rng.uniform(0.5, 1.2), rng.uniform(0.4, 0.9)
    sheets = [
        quad((x, -0.024, z), (0.15, 0, rng.normal(0, 0.01)), (rng.normal(0, 0.01), 0, 0.2), 0.2)
        for x in np.arange(-w / 2 + 0.03, w / 2 - 0.16, 0.19)
        for z in np.arange(-h / 2 + 0.03, h / 2 - 0.2, 0.24)
        if rng.random() < 0.7
    ]
    parts = [Part(box((0, -0.01, 0), (w, 0.02, h)), textured(rng, "mottled", gloss=0))]
    if sheets:
        kind = str(rng.choice(["newspaper", "chart", "poster"]))
        parts.append(Part(merge(sheets), Material("diffuse", texture(rng, kind))))
    return parts


def wall_lamp(rng: Rng) -> Parts:
    return [
        Part(
            merge(
                [
                    cylinder((0, 0, 0), (0, -0.02, 0), 0.05, segments=14),
                    tube([(0, -0.02, 0), (0, -0.12, 0), (0, -0.12, 0.08)], 0.008),
                ]
            ),
            metallic(rng),
        ),
        Part(
            move(lathe([(0.05, 0), (0.1, 0.14)], 18), (0, -0.12, 0.04)), painted(rng, "pastel", 0)
        ),
        Part(ellipsoid((0, -0.12, 0.12), 0.03, 8), lamp(rng, rng.uniform(10, 30))),
    ]


def fire_extinguisher(rng: Rng) -> Parts:
    body = lathe(
        [(1e-4, -0.3), (0.075, -0.3), (0.075, 0.1), (0.03, 0.18), (0.03, 0.22), (1e-4, 0.22)], 18
    )
    hose = tube([(0, -0.09, 0.2), (0.09, -0.12, 0.15), (0.09, -0.12, -0.1)], 0.012)
    return [
        Part(move(body, (0, -0.09, 0)), Material("plastic", np.array([0.7, 0.05, 0.04]))),
        Part(
            merge([hose, box((0, -0.09, 0.24), (0.03, 0.12, 0.03))]),
            Material("plastic", np.full(3, 0.04)),
        ),
    ]


def pendant(rng: Rng) -> Parts:
    """A lamp on a cord; it hangs from z = 0."""
    drop, r = rng.uniform(0.4, 1.2), rng.uniform(0.08, 0.25)
    shape = [
        [(0.02, -drop), (r, -drop - 0.18)],
        [(0.02, -drop), (r * 0.8, -drop - 0.05), (r, -drop - 0.2)],
        [(0.03, -drop), (r, -drop - r * 0.7), (r * 0.7, -drop - r * 1.4)],
    ][int(rng.integers(3))]
    return [
        Part(cylinder((0, 0, 0), (0, 0, -drop), 0.005, segments=4), painted(rng, "dark", 0)),
        Part(
            lathe(shape, 20),
            painted(rng) if rng.random() < 0.7 else textured(rng, "woven", gloss=0),
        ),
        Part(ellipsoid((0, 0, -drop - 0.08), 0.035, 8), painted(rng, "white", 0)),
    ]


def hanging_plant(rng: Rng) -> Parts:
    """A pot on three cords with trailing stems; it hangs from z = 0."""
    drop, r = rng.uniform(0.4, 0.9), rng.uniform(0.09, 0.16)
    angle = np.linspace(0, 2 * np.pi, 4)[:-1]
    rim = np.c_[r * np.cos(angle), r * np.sin(angle), np.full(3, -drop)]
    stems, tips = [], []
    for _ in range(int(rng.integers(6, 16))):
        a, length = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.6)
        t = np.linspace(0, 1, 6)
        reach = r * (1 + 0.6 * np.sin(t * 2))
        line = np.c_[
            reach * np.cos(a + t),
            reach * np.sin(a + t),
            -drop + 0.08 * np.sin(t * 4) - length * t**2,
        ]
        stems.append(rods(line[:-1], line[1:], 0.003, 4))
        tips.append(line)
    return [
        Part(rods(np.tile([0, 0, 0], (3, 1)), rim, 0.002, 3), painted(rng, "pastel", 0)),
        Part(
            lathe(
                [
                    (1e-4, -drop - r),
                    (r * 0.7, -drop - r),
                    (r, -drop),
                    (r * 0.9, -drop),
                    (1e-4, -drop - 0.02),
                ],
                18,
            ),
            textured(rng, gloss=0.3),
        ),
        Part(
            merge(
                [
                    *stems,
                    cards(
                        rng,
                        np.repeat(np.concatenate(tips), 2, 0)
                        + rng.normal(0, 0.015, (2 * 6 * len(tips), 3)),
                        0.035,
                    ),
                ]
            ),
            painted(rng, "green", 0),
        ),
    ]


def mobile(rng: Rng) -> Parts:
    """Shapes on threads below crossed sticks; it hangs from z = 0."""
    reach, drop = rng.uniform(0.2, 0.4), rng.uniform(0.2, 0.4)
    ends = np.array([[reach, 0, -drop], [-reach, 0, -drop], [0, reach, -drop], [0, -reach, -drop]])
    falls = ends - np.c_[np.zeros((4, 2)), rng.uniform(0.1, 0.4, 4)]
    frame = [
        rods([[0, 0, 0]], [[0, 0, -drop]], 0.002, 3),
        rods(ends[[0, 2]], ends[[1, 3]], 0.005, 4),
        rods(ends, falls, 0.0015, 3),
    ]
    parts = [Part(merge(frame), painted(rng, "dark", 0))]
    parts += [
        Part(ellipsoid(at, rng.uniform(0.02, 0.06, 3), 8), painted(rng, "any")) for at in falls
    ]
    return parts


WALL = (wall_clock, wall_shelf, notice_board, wall_lamp)
HANGING = (pendant, hanging_plant, mobile)
