"""Things in rooms and on tables. Every object is `rng -> list[Part]`, stands on z = 0, faces -y."""

import numpy as np

from dav2.render.meshes import (
    blob,
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
    torus,
    tube,
)
from dav2.render.scene import (
    GLASS,
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
from dav2.render.textures import texture

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


def bottle(rng: Rng) -> Parts:
    r, h = rng.uniform(0.03, 0.06), rng.uniform(0.18, 0.34)
    body = lathe(
        [(1e-4, 0), (r, 0), (r, h * 0.6), (r * 0.35, h * 0.78), (r * 0.32, h), (1e-4, h)], 20
    )
    return [Part(body, GLASS if rng.random() < 0.4 else painted(rng, gloss=1))]


def vase(rng: Rng) -> Parts:
    h = rng.uniform(0.12, 0.5)
    z = np.linspace(0, h, 14)
    radius = h * (0.22 + 0.1 * np.sin(z / h * rng.uniform(2, 7) + rng.uniform(0, 2 * np.pi)))
    return [
        Part(
            lathe(np.c_[radius, z], 24, 0.3),
            GLASS if rng.random() < 0.2 else textured(rng, gloss=0.6),
        )
    ]


def mug(rng: Rng) -> Parts:
    r, h = rng.uniform(0.03, 0.045), rng.uniform(0.07, 0.11)
    cup = lathe([(1e-4, 0), (r, 0), (r, h), (r * 0.88, h), (r * 0.85, 0.01), (1e-4, 0.01)], 20)
    handle = torus((r + h * 0.12, 0, h * 0.5), h * 0.3, 0.006, axis=(0, 1, 0))
    parts = [Part(merge([cup, handle]), painted(rng, gloss=1))]
    if rng.random() < 0.5:  # a saucer
        parts.append(
            Part(
                lathe(
                    [(1e-4, 0), (r, 0.001), (r * 2.2, 0.012), (r * 2.2, 0.016), (1e-4, 0.004)], 24
                ),
                painted(rng, gloss=1),
            )
        )
    return parts


def wine_glass(rng: Rng) -> Parts:
    h = rng.uniform(0.14, 0.24)
    outline = [
        (1e-4, 0),
        (0.035, 0.002),
        (0.004, 0.01),
        (0.004, h * 0.5),
        (0.03, h * 0.62),
        (0.038, h * 0.8),
        (0.03, h),
        (0.0285, h),
        (0.0365, h * 0.8),
        (0.028, h * 0.63),
        (1e-4, h * 0.53),
    ]
    return [Part(lathe(outline, 24), GLASS)]


def bowl(rng: Rng) -> Parts:
    r = rng.uniform(0.08, 0.16)
    parts = [
        Part(
            lathe(
                [
                    (r * 0.4, 0),
                    (r * 0.8, r * 0.25),
                    (r, r * 0.6),
                    (r * 0.95, r * 0.6),
                    (r * 0.75, r * 0.28),
                    (1e-4, r * 0.1),
                ],
                24,
            ),
            painted(rng, gloss=1),
        )
    ]
    for _ in range(rng.integers(0, 7)):
        size, angle = rng.uniform(0.025, 0.04), rng.uniform(0, 2 * np.pi)
        centre = (r * 0.45 * np.cos(angle), r * 0.45 * np.sin(angle), r * 0.4 + size)
        parts.append(Part(blob(rng, centre, size, 0.06, 10), painted(rng, "any", 0.9)))
    return parts


def ball(rng: Rng) -> Parts:
    r = rng.uniform(0.04, 0.2)
    surface = GLASS if rng.random() < 0.12 else MIRROR if rng.random() < 0.1 else textured(rng)
    return [Part(ellipsoid((0, 0, r), r, 18), surface)]


def parcel(rng: Rng) -> Parts:
    size = rng.uniform(0.08, 0.5, 3)
    return [Part(box((0, 0, size[2] / 2), size, 0.5), textured(rng))]


def books(rng: Rng) -> Parts:
    parts, z = [], 0.0
    for _ in range(rng.integers(2, 7)):
        size = np.array([rng.uniform(0.14, 0.3), rng.uniform(0.1, 0.22), rng.uniform(0.015, 0.05)])
        parts.append(
            Part(
                move(
                    box((0, 0, z + size[2] / 2), size, 0.3), turn=rotation("z", rng.normal(0, 0.25))
                ),
                painted(rng) if rng.random() < 0.6 else textured(rng, "poster"),
            )
        )
        z += size[2]
    return parts


def monitor(rng: Rng) -> Parts:
    w = rng.uniform(0.45, 0.75)
    h = w * 0.58
    body = merge(
        [
            box((0, 0, 0.12 + h / 2), (w, 0.03, h)),
            box((0, 0.03, 0.1), (0.05, 0.03, 0.2)),
            box((0, 0.03, 0.008), (0.24, 0.18, 0.016)),
        ]
    )
    screen = quad((-w / 2 + 0.012, -0.017, 0.132), (w - 0.024, 0, 0), (0, 0, h - 0.024), w)
    return [
        Part(body, painted(rng, "dark")),
        Part(screen, textured(rng, "poster", gloss=1)),
        Part(box((0, -0.22, 0.01), (0.42, 0.13, 0.018), 0.03), painted(rng, "dark")),
    ]


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


def glass_ball(rng: Rng) -> Parts:
    return [Part(ellipsoid((0, 0, 0.12), 0.12, 24), GLASS if rng.random() < 0.6 else MIRROR)]


def standing_pane(rng: Rng) -> Parts:
    w, h = rng.uniform(0.15, 0.4, 2)
    return [
        Part(quad((-w / 2, 0, 0.01), (w, 0, 0), (0, 0, h)), PANE if rng.random() < 0.6 else MIRROR),
        Part(box((0, 0, 0.006), (w, 0.05, 0.012)), wooden(rng)),
    ]


def pot(rng: Rng) -> Parts:
    r = rng.uniform(0.06, 0.12)
    return [
        Part(
            lathe([(1e-4, 0), (r, 0), (r * 1.05, r), (r, r), (r * 0.95, 0.01), (1e-4, 0.01)], 24),
            metallic(rng),
        )
    ]


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


SMALL = (bottle, vase, mug, wine_glass, bowl, ball, parcel, books)
FURNITURE = (
    chair,
    table,
    sofa,
    bed,
    bookshelf,
    cabinet,
    floor_lamp,
    plant,
    chair,
    bird_cage,
    tripod,
    bicycle,
    ladder,
)
GLASSWARE = (glass_ball, standing_pane, wine_glass, wine_glass, bottle, pot, vase, mug, parcel)
GLASS_FURNITURE = (
    glass_table,
    showcase,
    standing_mirror,
    glass_door,
    standing_mirror,
    chair,
    sofa,
    plant,
    floor_lamp,
)
THIN = (bicycle, wire_shelf, bird_cage, ladder, tripod, floor_lamp, plant, chair)
