"""Things in rooms. Every object is `rng -> list[Part]`, stands on z = 0, faces -y."""

import numpy as np

from dav2.scenery.meshes import (
    box,
    cylinder,
    ellipsoid,
    lathe,
    merge,
    move,
    quad,
    rotation,
    rounded_box,
    sheet,
)
from dav2.scenery.objects.tableware import SMALL
from dav2.scenery.scene import (
    MIRROR,
    PANE,
    Material,
    Part,
    lamp,
    metallic,
    painted,
    textured,
    wooden,
)
from dav2.scenery.textures import texture

Rng = np.random.Generator
Parts = list[Part]


def chair(rng: Rng) -> Parts:
    w, h, seat, t = (
        rng.uniform(0.38, 0.5),
        rng.uniform(0.75, 1.1),
        rng.uniform(0.42, 0.5),
        rng.uniform(0.012, 0.025),
    )
    frame = wooden(rng) if rng.random() < 0.6 else metallic(rng)
    bars = []
    for side in (-w / 2, w / 2):
        bars += [
            cylinder((side, -w / 2, 0), (side, -w / 2, seat), t),
            cylinder((side, w / 2, 0), (side, w / 2, h), t),
        ]
    bars += [
        cylinder((-w / 2, w / 2, z), (w / 2, w / 2, z), t * 0.7)
        for z in np.arange(seat + 0.12, h, 0.12)
    ]
    cushion = textured(rng) if rng.random() < 0.5 else frame
    return [Part(merge(bars), frame), Part(box((0, 0, seat), (w * 1.05, w * 1.05, 0.04)), cushion)]


def table(rng: Rng, top: Material | None = None) -> Parts:
    length, width, h, t = (
        rng.uniform(0.8, 2),
        rng.uniform(0.5, 1),
        rng.uniform(0.4, 0.78),
        rng.uniform(0.02, 0.05),
    )
    legs = [
        cylinder(
            (x * (length / 2 - 0.06), y * (width / 2 - 0.06), 0),
            (x * (length / 2 - 0.06), y * (width / 2 - 0.06), h),
            t,
        )
        for x in (-1, 1)
        for y in (-1, 1)
    ]
    body = wooden(rng)
    return [
        Part(merge(legs), body if rng.random() < 0.6 else metallic(rng)),
        Part(box((0, 0, h), (length, width, 0.03)), top or body),
    ]


def glass_table(rng: Rng) -> Parts:
    return table(rng, PANE)


def sofa(rng: Rng) -> Parts:
    length, depth = rng.uniform(1.4, 2.4) / 2, rng.uniform(0.4, 0.5)
    cover = textured(rng, str(rng.choice(["fabric", "plain", "stripes", "dots"])), gloss=0)
    body = [
        rounded_box((0, 0, 0.25), (length, depth, 0.2)),
        rounded_box((0, depth - 0.1, 0.5), (length, 0.14, 0.4)),
    ]
    body += [rounded_box((side * length, 0, 0.35), (0.13, depth, 0.32)) for side in (-1, 1)]
    parts = [Part(merge(body), cover)]
    for _ in range(rng.integers(0, 4)):
        cushion = move(
            rounded_box((0, 0, 0), (0.22, 0.08, 0.2), 0.5),
            (rng.uniform(-1, 1) * (length - 0.3), 0.15, 0.62),
            rotation("x", -0.3),
        )
        parts.append(Part(cushion, textured(rng, gloss=0)))
    return parts


def bed(rng: Rng) -> Parts:
    half = rng.uniform(0.45, 0.9)
    x, y = np.meshgrid(np.linspace(-half, half, 20), np.linspace(-1, 0.6, 20), indexing="ij")
    blanket = sheet(
        np.stack([x, y, 0.57 + 0.02 * np.sin(9 * x + 3 * y) + 0.015 * np.sin(17 * y - 5 * x)], -1),
        np.stack([x, y], -1),
    )
    pillows = merge(
        [rounded_box((side * half / 2, 0.72, 0.62), (0.28, 0.18, 0.09), 0.5) for side in (-1, 1)]
    )
    frame = wooden(rng)
    return [
        Part(
            merge([box((0, 0, 0.2), (2 * half, 2, 0.3)), box((0, 1, 0.5), (2 * half, 0.06, 1))]),
            frame,
        ),
        Part(rounded_box((0, 0, 0.42), (half, 1, 0.14), 0.25), painted(rng, "pastel", 0)),
        Part(blanket, textured(rng, gloss=0)),
        Part(pillows, painted(rng, "pastel", 0)),
    ]


def bookshelf(rng: Rng) -> Parts:
    w, h, d, count = (
        rng.uniform(0.6, 1.6),
        rng.uniform(0.9, 2.2),
        rng.uniform(0.25, 0.4),
        int(rng.integers(3, 6)),
    )
    levels = np.linspace(0.05, h - 0.01, count)
    boards = [box((side * w / 2, 0, h / 2), (0.02, d, h)) for side in (-1, 1)] + [
        box((0, 0, z), (w, d, 0.02)) for z in levels
    ]
    if rng.random() < 0.7:
        boards.append(box((0, d / 2, h / 2), (w, 0.01, h)))
    covers: list[list] = [[] for _ in range(5)]
    for z in levels[:-1]:
        x = -w / 2 + 0.03
        while x < w / 2 - 0.06:
            thick, tall = (
                rng.uniform(0.015, 0.06),
                rng.uniform(0.5, 0.92) * min(levels[1] - levels[0] - 0.03, 0.32),
            )
            if rng.random() > 0.2:
                covers[rng.integers(5)].append(
                    box(
                        (x + thick / 2, -0.02, z + 0.01 + tall / 2),
                        (thick, d * rng.uniform(0.6, 0.85), tall),
                        0.3,
                    )
                )
            x += thick + 0.002
    return [Part(merge(boards), wooden(rng)), *(Part(merge(b), painted(rng)) for b in covers if b)]


def cabinet(rng: Rng) -> Parts:
    w, h, d, doors = (
        rng.uniform(0.5, 1.6),
        rng.uniform(0.5, 1.1),
        rng.uniform(0.35, 0.6),
        int(rng.integers(1, 4)),
    )
    body = wooden(rng) if rng.random() < 0.6 else painted(rng)
    centres = [-w / 2 + (i + 0.5) * w / doors for i in range(doors)]
    fronts = merge(
        [box((x, -d / 2 - 0.01, h / 2), (w / doors - 0.02, 0.02, h - 0.05)) for x in centres]
    )
    knobs = merge(
        [
            cylinder(
                (x + 0.3 * w / doors, -d / 2 - 0.02, h / 2),
                (x + 0.3 * w / doors, -d / 2 - 0.05, h / 2),
                0.012,
            )
            for x in centres
        ]
    )
    return [
        Part(box((0, 0, h / 2), (w, d, h)), body),
        Part(fronts, body if rng.random() < 0.5 else textured(rng)),
        Part(knobs, metallic(rng)),
    ]


def floor_lamp(rng: Rng) -> Parts:
    h = rng.uniform(1.2, 1.8)
    return [
        Part(
            merge(
                [
                    cylinder((0, 0, 0), (0, 0, 0.03), 0.15, segments=20),
                    cylinder((0, 0, 0), (0, 0, h), 0.012),
                ]
            ),
            metallic(rng),
        ),
        Part(lathe([(0.22, h - 0.12), (0.12, h + 0.2)], 24), painted(rng, "pastel", 0)),
        Part(ellipsoid((0, 0, h), 0.05, 8), lamp(rng, rng.uniform(8, 40))),
    ]


def plant(rng: Rng) -> Parts:
    h = rng.uniform(0.15, 0.4)
    pot = lathe(
        [
            (1e-4, 0),
            (h * 0.5, 0),
            (h * 0.7, h),
            (h * 0.6, h),
            (h * 0.55, h * 0.85),
            (1e-4, h * 0.85),
        ],
        18,
    )
    leaves = []
    for _ in range(int(rng.integers(8, 40))):
        angle, rise, length, width = (
            rng.uniform(0, 2 * np.pi),
            rng.uniform(0.3, 1.4),
            rng.uniform(0.2, 0.9),
            rng.uniform(0.02, 0.09),
        )
        t = np.linspace(0, 1, 6)
        reach, z = (
            length * t * np.cos(rise),
            h * 0.85 + length * t * np.sin(rise) - 0.35 * length * t * t,
        )
        spine = np.stack([reach * np.cos(angle), reach * np.sin(angle), z], 1)
        side = (
            width
            * np.sin(np.pi * np.clip(t * 0.9 + 0.08, 0, 1))[:, None]
            * np.array([-np.sin(angle), np.cos(angle), 0])
        )
        leaves.append(sheet(np.stack([spine - side, spine + side], 1)))
    return [Part(pot, textured(rng)), Part(merge(leaves), painted(rng, "green"))]


def standing_mirror(rng: Rng) -> Parts:
    w, h = rng.uniform(0.5, 1.2), rng.uniform(1.2, 1.9)
    tilt = rotation("x", -0.08)
    frame = merge(
        [
            cylinder((x * w / 2, -0.02, 0.05), (x * w / 2, -0.02, h + 0.05), 0.02, segments=4)
            for x in (-1, 1)
        ]
        + [
            cylinder((-w / 2, -0.02, h + 0.05), (w / 2, -0.02, h + 0.05), 0.02, segments=4),
            box((0, 0, h / 2), (w, 0.01, h)),
        ]
    )
    return [
        Part(move(quad((-w / 2, -0.02, 0.05), (w, 0, 0), (0, 0, h)), turn=tilt), MIRROR),
        Part(move(frame, turn=tilt), wooden(rng)),
    ]


def glass_door(rng: Rng) -> Parts:
    frame = [cylinder((x * 0.5, 0, 0), (x * 0.5, 0, 2.1), 0.02, segments=4) for x in (-1, 1)]
    frame += [
        cylinder((-0.5, 0, 2.08), (0.5, 0, 2.08), 0.02, segments=4),
        cylinder((0.4, -0.05, 0.9), (0.4, -0.05, 1.2), 0.012),
    ]
    return [
        Part(quad((-0.5, 0, 0.02), (1, 0, 0), (0, 0, 2.05)), PANE),
        Part(merge(frame), metallic(rng)),
    ]


def showcase(rng: Rng) -> Parts:
    w, d, h = rng.uniform(0.5, 1), 0.45, rng.uniform(0.9, 1.7)
    frame = [
        cylinder((x * w / 2, y * d / 2, 0), (x * w / 2, y * d / 2, h), 0.012, segments=4)
        for x in (-1, 1)
        for y in (-1, 1)
    ]
    frame += [box((0, 0, z), (w, d, 0.015)) for z in (0.05, h)]
    corner, up = (-w / 2, -d / 2, 0.05), (0, 0, h - 0.05)
    panes = merge(
        [
            quad(corner, (w, 0, 0), up),
            quad(corner, (0, d, 0), up),
            quad((w / 2, -d / 2, 0.05), (0, d, 0), up),
        ]
    )
    parts = [Part(merge(frame), metallic(rng)), Part(panes, PANE)]
    for _ in range(2):
        thing = SMALL[int(rng.integers(len(SMALL)))](rng)
        parts += [
            Part(move(part.mesh, (rng.uniform(-w / 4, w / 4), 0, 0.06)), part.material)
            for part in thing
        ]
    return parts


def picture(rng: Rng) -> Parts:
    """A framed picture or mirror, centred on the origin, facing -y."""
    w, h = rng.uniform(0.25, 1.1, 2)
    face = MIRROR if rng.random() < 0.2 else Material("diffuse", texture(rng, "poster"))
    return [
        Part(quad((-w / 2, -0.012, -h / 2), (w, 0, 0), (0, 0, h), max(w, h)), face),
        Part(box((0, 0, 0), (w + 0.06, 0.02, h + 0.06)), wooden(rng)),
    ]
