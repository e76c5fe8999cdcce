"""Things outside: plants, buildings, monuments, vehicles, fences. `rng -> list[Part]`, on z = 0."""

import numpy as np

from dav2.render.meshes import (
    Mesh,
    blob,
    box,
    cards,
    cylinder,
    ellipsoid,
    extrude,
    lathe,
    merge,
    move,
    quad,
    rotation,
    rounded_box,
    sheet,
    tube,
)
from dav2.render.scene import Material, Part, metallic, painted, textured
from dav2.render.textures import colour, noise, texture

Rng = np.random.Generator
Parts = list[Part]


def tree(rng: Rng) -> Parts:
    h = rng.uniform(3, 11)
    bark = Material("diffuse", texture(rng, "wood", colour(rng, "earth") * 0.6))
    green = Material(
        "diffuse", texture(rng, "grass", colour(rng, "green" if rng.random() < 0.85 else "earth"))
    )
    if rng.random() < 0.35:
        layers = []
        count = int(rng.integers(5, 9))
        for i in range(count):
            z, r = h * (0.15 + 0.8 * i / count), h * 0.22 * (1 - i / count) + 0.15
            cone = lathe([(r, z), (r * 0.45, z + h * 0.1), (0.02, z + h * 0.24)], 16)
            layers.append(
                cone._replace(vertices=cone.vertices + rng.normal(0, 0.04 * r, cone.vertices.shape))
            )
        return [
            Part(cylinder((0, 0, 0), (0, 0, h), h * 0.02, 0.01), bark),
            Part(merge(layers), green),
        ]
    branches: list[Mesh] = []
    tips: list[np.ndarray] = []

    def grow(
        start: np.ndarray, direction: np.ndarray, length: float, radius: float, depth: int
    ) -> None:
        end = start + direction * length
        branches.append(cylinder(start, end, radius, radius * 0.7, 6, caps=False))
        if depth < 3:
            tips.append(end)
        if depth == 0 or radius < 0.008:
            return
        for _ in range(int(rng.integers(2, 4))):
            turned = direction + rng.normal(0, 0.45, 3) + [0, 0, 0.12]
            grow(
                end,
                turned / np.linalg.norm(turned),
                length * rng.uniform(0.6, 0.85),
                radius * 0.62,
                depth - 1,
            )

    grow(np.zeros(3), np.array([0, 0, 1.0]), h * 0.3, h * 0.025, 4)
    parts = [Part(merge(branches), bark)]
    if rng.random() > 0.2:
        count = min(1400, len(tips) * 14)
        centres = np.array(tips)[rng.integers(0, len(tips), count)] + rng.normal(
            0, h * 0.045, (count, 3)
        )
        parts.append(Part(cards(rng, centres, h * 0.03), green))
    return parts


def branch(rng: Rng) -> Parts:
    """A leafy or flowering branch about one metre long, along x, for foregrounds."""
    points = np.cumsum(np.c_[np.full(7, 0.16), rng.normal(0, 0.04, 7), rng.normal(0, 0.05, 7)], 0)
    stem = [tube(points, 0.012)]
    tips = [points]
    for point in points[1:]:
        for _ in range(int(rng.integers(1, 4))):
            end = point + rng.normal(0, 0.14, 3)
            stem.append(cylinder(point, end, 0.006, 0.003, 5))
            tips.append(np.linspace(point, end, 4))
    centres = np.repeat(np.concatenate(tips), 3, 0)
    centres = centres + rng.normal(0, 0.03, centres.shape)
    leaf = Material(
        "diffuse", texture(rng, "grass", colour(rng, "green" if rng.random() < 0.7 else "any"))
    )
    return [
        Part(merge(stem), Material("diffuse", texture(rng, "wood", colour(rng, "earth") * 0.6))),
        Part(cards(rng, centres, rng.uniform(0.02, 0.06)), leaf),
    ]


def flower(rng: Rng) -> Parts:
    """One flower on a stem, 0.2 to 0.5 m high, often seen from close by."""
    h, r = rng.uniform(0.2, 0.5), rng.uniform(0.03, 0.09)
    count = int(rng.integers(5, 20))
    petals = []
    for i in range(count):
        t = np.linspace(0, 1, 5)
        width = 0.45 * r * np.sin(np.pi * np.clip(t * 0.9 + 0.1, 0, 1))
        rise = r * rng.uniform(0.1, 0.8) * t**2
        petal = sheet(np.stack([np.stack([r * t, sign * width, rise], 1) for sign in (-1, 1)], 1))
        petals.append(
            move(petal, (0, 0, h), rotation("z", 2 * np.pi * i / count + rng.normal(0, 0.1)))
        )
    tilt = rotation("x", rng.uniform(0, 1.2))
    head = [
        Part(merge(petals), painted(rng, "any", 0.1)),
        Part(ellipsoid((0, 0, h), r * 0.25, 8), painted(rng, "any", 0)),
    ]
    head = [Part(move(move(p.mesh, (0, 0, -h)), (0, 0, h), tilt), p.material) for p in head]
    return [*head, Part(cylinder((0, 0, 0), (0, 0, h), 0.004), painted(rng, "green", 0))]


def rock(rng: Rng) -> Parts:
    s = rng.uniform(0.2, 1.5)
    return [
        Part(
            blob(
                rng,
                (0, 0, s * 0.3),
                (s, s * rng.uniform(0.6, 1), s * rng.uniform(0.4, 0.8)),
                0.35,
                20,
            ),
            Material("diffuse", texture(rng, "rock", colour(rng, "stone"))),
        )
    ]


def bush(rng: Rng) -> Parts:
    s = rng.uniform(0.3, 0.9)
    centres = rng.normal(size=(350, 3))
    centres *= s * rng.uniform(0.6, 1, (350, 1)) / np.linalg.norm(centres, axis=1, keepdims=True)
    centres[:, 2] = np.abs(centres[:, 2])
    return [
        Part(
            cards(rng, centres, s * 0.13),
            Material("diffuse", texture(rng, "grass", colour(rng, "green"))),
        )
    ]


def tuft(rng: Rng) -> Parts:
    """Blades of grass."""
    h, count = rng.uniform(0.15, 0.6), 90
    root = np.c_[rng.normal(0, 0.25, (count, 2)), np.zeros(count)]
    bend = np.c_[rng.normal(0, 0.15, (count, 2)), np.full(count, h) * rng.uniform(0.5, 1, count)]
    side = np.c_[rng.normal(0, 0.008, (count, 2)), np.zeros(count)]
    vertices = np.stack([root - side, root + side, root + bend], 1).reshape(-1, 3)
    return [
        Part(
            Mesh(
                vertices,
                np.arange(3 * count).reshape(-1, 3),
                np.tile([[0, 0], [0.1, 0], [0.05, 0.5]], (count, 1)),
            ),
            painted(rng, "green", 0),
        )
    ]


def building(
    rng: Rng, width: float | None = None, depth: float | None = None, height: float | None = None
) -> Parts:
    w, d, h = width or rng.uniform(6, 15), depth or rng.uniform(6, 12), height or rng.uniform(4, 25)
    wall = Material(
        "diffuse",
        texture(
            rng, "facade", colour(rng, str(rng.choice(["stone", "neutral", "pastel", "earth"])))
        ),
    )
    parts = [Part(box((0, 0, h / 2), (w, d, h), rng.uniform(4, 8)), wall)]
    if h < 12 and rng.random() < 0.7:
        rise = rng.uniform(0.25, 0.6) * d
        roof = extrude([(-d / 2 - 0.3, h), (d / 2 + 0.3, h), (0, h + rise)], w + 0.6, 2)
        parts.append(
            Part(
                move(roof, turn=rotation("z", np.pi / 2)),
                textured(rng, "bricks", colour(rng, "earth"), 0),
            )
        )
    else:
        parts.append(
            Part(box((0, 0, h + 0.2), (w + 0.3, d + 0.3, 0.5)), painted(rng, "neutral", 0))
        )
    for x in np.arange(-w / 2 + 1.5, w / 2 - 1, 3.0):  # balconies, porches
        if rng.random() < 0.35:
            z = rng.uniform(2.5, max(2.6, h - 1))
            rails = [box((x, -d / 2 - 0.5, z), (1.6, 1, 0.12))] + [
                cylinder(
                    (x + o, -d / 2 - 0.95, z), (x + o, -d / 2 - 0.95, z + 0.9), 0.015, segments=4
                )
                for o in np.linspace(-0.75, 0.75, 7)
            ]
            parts.append(
                Part(
                    merge([*rails, box((x, -d / 2 - 0.95, z + 0.9), (1.6, 0.05, 0.05))]),
                    painted(rng, "neutral", 0),
                )
            )
    return parts


def _stone(rng: Rng) -> Material:
    return Material(
        "diffuse",
        texture(
            rng,
            str(rng.choice(["bricks", "mottled", "rock", "marble"], p=[0.5, 0.2, 0.15, 0.15])),
            colour(rng, "stone"),
        ),
    )


def column(rng: Rng, h: float, r: float) -> Mesh:
    return merge(
        [
            cylinder((0, 0, 0), (0, 0, h), r, r * 0.85, 14),
            box((0, 0, h), (2.6 * r, 2.6 * r, r)),
            box((0, 0, r / 2), (2.6 * r, 2.6 * r, r)),
        ]
    )


def temple(rng: Rng) -> Parts:
    """Columns around a hall, steps, and a gable."""
    count, gap, h = int(rng.integers(4, 9)), rng.uniform(2, 3), rng.uniform(5, 9)
    w, d = (count - 1) * gap, rng.uniform(1, 2) * count * gap * 0.6
    stone = _stone(rng)
    xs = np.linspace(-w / 2, w / 2, count)
    columns = [move(column(rng, h, gap * 0.17), (x, y, 1)) for x in xs for y in (-d / 2, d / 2)]
    steps = [box((0, 0, 0.33 * i + 0.17), (w + 4 - i, d + 4 - i, 0.34)) for i in range(3)]
    gable = extrude([(-w / 2 - 1, h + 2), (w / 2 + 1, h + 2), (0, h + 2 + w * 0.2)], d + 2, 2)
    hall = [
        box((0, 0, h + 1.6), (w + 1.5, d + 1.5, 1)),
        box((0, 1, h / 2 + 1), (w * 0.7, d * 0.7, h)),
    ]
    return [
        Part(merge([*columns, *steps]), stone),
        Part(merge([gable, *hall]), stone if rng.random() < 0.5 else _stone(rng)),
    ]


def castle(rng: Rng) -> Parts:
    """Round or square towers with roofs, and walls between them."""
    stone, roof = (
        _stone(rng),
        textured(rng, "bricks", colour(rng, str(rng.choice(["earth", "dark"]))), 0),
    )
    walls, roofs = [], []
    spots_ = rng.uniform(-10, 10, (int(rng.integers(3, 7)), 2))
    for x, y in spots_:
        r, h = rng.uniform(1.5, 3.5), rng.uniform(7, 20)
        round_ = rng.random() < 0.6
        walls.append(
            cylinder((x, y, 0), (x, y, h), r, segments=18)
            if round_
            else box((x, y, h / 2), (2 * r, 2 * r, h), 3)
        )
        if rng.random() < 0.7:
            roofs.append(
                cylinder(
                    (x, y, h),
                    (x, y, h + r * rng.uniform(1.5, 3)),
                    r * 1.15,
                    0.02,
                    18 if round_ else 4,
                )
            )
        else:
            walls += [
                box((x + r * np.cos(a), y + r * np.sin(a), h + 0.4), (0.5, 0.5, 0.9))
                for a in np.linspace(0, 2 * np.pi, 12)
            ]
    for a, b in zip(spots_[:-1], spots_[1:], strict=True):
        length, h = float(np.linalg.norm(b - a)), rng.uniform(5, 10)
        wall = move(
            box((0, 0, h / 2), (length, 2, h), 3),
            (*((a + b) / 2), 0),
            rotation("z", float(np.arctan2(*(b - a)[::-1]))),
        )
        walls.append(wall)
    return [Part(merge(walls), stone), *([Part(merge(roofs), roof)] if roofs else [])]


def dome(rng: Rng) -> Parts:
    """A domed hall between slender towers."""
    w, h = rng.uniform(8, 14), rng.uniform(6, 10)
    r = w * rng.uniform(0.3, 0.45)
    angle = np.linspace(0, np.pi / 2, 12)
    bulge = r * (np.cos(angle) + 0.12 * np.sin(2 * angle))
    cap = lathe(np.c_[np.maximum(bulge, 1e-4), h + r * 0.4 + 1.1 * r * np.sin(angle)], 28)
    body = [
        box((0, 0, h / 2), (w, w, h), 3),
        cylinder((0, 0, h), (0, 0, h + r * 0.4), r, segments=28),
        cylinder((0, 0, h + 1.4 * r), (0, 0, h + 2 * r), 0.15, 0.02),
    ]
    reach, tall = w * rng.uniform(0.6, 1), h * rng.uniform(1.3, 2.2)
    for x in (-1, 1):
        for y in (-1, 1):
            at = np.array([x * reach, y * reach, 0])
            body += [
                cylinder(at, at + [0, 0, tall], 0.7, 0.5, 12),
                ellipsoid(at + [0, 0, tall], (0.9, 0.9, 1.1), 10),
            ]
    return [
        Part(merge(body), _stone(rng)),
        Part(cap, painted(rng, "stone") if rng.random() < 0.5 else metallic(rng)),
    ]


def pyramid(rng: Rng) -> Parts:
    s, steps = rng.uniform(8, 20), int(rng.integers(2, 14))
    h = s * rng.uniform(0.5, 0.8)
    if rng.random() < 0.4:
        return [Part(cylinder((0, 0, 0), (0, 0, h), s, 0.02, 4), _stone(rng))]
    blocks = [
        box(
            (0, 0, h * (i + 0.5) / steps),
            (1.5 * s * (1 - i / steps), 1.5 * s * (1 - i / steps), h / steps),
            2,
        )
        for i in range(steps)
    ]
    return [Part(merge(blocks), _stone(rng))]


def arcade(rng: Rng) -> Parts:
    """A wall of arches in one or two storeys, to look at or through."""
    count, gap, h, deep = (
        int(rng.integers(2, 8)),
        rng.uniform(2.5, 5),
        rng.uniform(4, 8),
        rng.uniform(0.8, 3),
    )
    pieces = []
    angle = np.linspace(0, np.pi, 12)
    for level in range(int(rng.integers(1, 3))):
        base = level * (h * 0.7 + gap * 0.5)
        for i in range(count + 1):
            pieces.append(
                box(((i - count / 2) * gap, 0, base + h * 0.35), (gap * 0.25, deep, h * 0.7))
            )
        for i in range(count):
            x = (i + 0.5 - count / 2) * gap
            r = gap * 0.38
            arch = np.stack([x + r * np.cos(angle), base + h * 0.7 + r * np.sin(angle)], 1)
            top = base + h * 0.7 + gap * 0.5
            for a, b in zip(arch[:-1], arch[1:], strict=True):
                outline = [(a[0], a[1]), (a[0], top), (b[0], top), (b[0], b[1])]
                pieces.append(extrude(outline, deep))
            pieces += [
                box(
                    (x + s * gap * 0.44, 0, (base + h * 0.7 + top) / 2),
                    (gap * 0.13, deep, top - base - h * 0.7),
                )
                for s in (-1, 1)
            ]
    return [Part(merge(pieces), _stone(rng))]


def statue(rng: Rng) -> Parts:
    """A figure on a pedestal."""
    h = rng.uniform(1.5, 4)
    base = [
        box((0, 0, h / 2), (1.2, 1.2, h)),
        box((0, 0, 0.15), (1.8, 1.8, 0.3)),
        box((0, 0, h), (1.5, 1.5, 0.2)),
    ]
    s = rng.uniform(0.9, 2)
    figure = person(rng)
    surface = _stone(rng) if rng.random() < 0.5 else metallic(rng)
    return [
        Part(merge(base), _stone(rng)),
        *(Part(move(p.mesh, (0, 0, h + 0.1), scale=s), surface) for p in figure),
    ]


def windmill(rng: Rng) -> Parts:
    h = rng.uniform(5, 10)
    tower = cylinder((0, 0, 0), (0, 0, h), h * 0.25, h * 0.16, 12)
    cap = lathe([(h * 0.2, h), (h * 0.14, h + h * 0.12), (0.02, h + h * 0.22)], 12)
    hub = np.array([0, -h * 0.25, h * 1.02])
    sails, start = [], rng.uniform(0, np.pi / 2)
    for i in range(4):
        a = start + i * np.pi / 2
        along, across = np.array([np.cos(a), 0, np.sin(a)]), np.array([-np.sin(a), 0, np.cos(a)])
        sails.append(cylinder(hub, hub + along * h * 0.65, 0.08))
        for q in np.linspace(0.15, 0.63, 9):
            sails.append(
                cylinder(
                    hub + along * h * q, hub + along * h * q + across * h * 0.12, 0.03, segments=4
                )
            )
        sails += [
            cylinder(
                hub + along * h * 0.15 + across * h * o,
                hub + along * h * 0.63 + across * h * o,
                0.03,
                segments=4,
            )
            for o in (0.06, 0.12)
        ]
    return [
        Part(tower, _stone(rng)),
        Part(cap, textured(rng, "wood", gloss=0)),
        Part(merge(sails), textured(rng, "wood", gloss=0)),
    ]


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


MONUMENTS = (temple, castle, dome, pyramid, arcade, statue, windmill, castle)
