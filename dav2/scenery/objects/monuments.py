"""Great buildings of stone and what stands on squares. `rng -> list[Part]`, on z = 0."""

import numpy as np

from dav2.scenery.meshes import (
    Mesh,
    box,
    cylinder,
    ellipsoid,
    extrude,
    lathe,
    merge,
    move,
    rotation,
)
from dav2.scenery.objects.people import person
from dav2.scenery.scene import Material, Part, metallic, painted, textured
from dav2.scenery.textures import colour, texture

Rng = np.random.Generator
Parts = list[Part]


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
    figure = person(
        rng, str(rng.choice(["standing", "arms_up", "reaching", "walking", "waving", "sitting"]))
    )
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


def bell_tower(rng: Rng) -> Parts:
    """A church: nave with buttresses and a tower with a spire."""
    w, d, h = rng.uniform(7, 11), rng.uniform(14, 24), rng.uniform(6, 10)
    side, tall = rng.uniform(3.5, 5.5), h * rng.uniform(1.6, 2.8)
    y = -d / 2 - side / 2 + 0.5
    walls = [box((0, 0, h / 2), (w, d, h), 3), box((0, y, tall / 2), (side, side, tall), 3)]
    walls += [
        box((s * (w / 2 + 0.4), at, h * 0.4), (0.8, 0.9, h * 0.8), 3)
        for s in (-1, 1)
        for at in np.linspace(-d / 2 + 1, d / 2 - 1, 5)
    ]
    walls.append(box((0, y, tall * 0.8), (side + 0.5, side + 0.5, 0.4), 3))
    holes = [
        box((0, y - side / 2, tall * z), (side * 0.25, 0.1, tall * 0.1)) for z in (0.3, 0.55, 0.88)
    ]
    holes.append(box((0, y - side / 2, 1.4), (side * 0.4, 0.15, 2.8)))
    holes += [
        box((s * w / 2, at, h * 0.5), (0.1, 1.0, h * 0.5))
        for s in (-1, 1)
        for at in np.linspace(-d / 2 + 2.5, d / 2 - 2.5, 4)
    ]
    roof = move(
        extrude([(-w / 2 - 0.4, h - 0.2), (w / 2 + 0.4, h - 0.2), (0, h + w * 0.6)], d + 0.6, 2)
    )
    spire = cylinder((0, y, tall), (0, y, tall + side * rng.uniform(1, 3)), side * 0.75, 0.02, 4)
    spire = move(move(spire, (0, -y, 0)), (0, y, 0), rotation("z", np.pi / 4))
    return [
        Part(merge(walls), _stone(rng)),
        Part(merge([roof, spire]), textured(rng, "bricks", colour(rng, "earth") * 0.7, 0)),
        Part(merge(holes), Material("diffuse", np.full(3, 0.05))),
    ]


def gateway(rng: Rng) -> Parts:
    """A triumphal arch or city gate one can stand in."""
    span, h, deep = rng.uniform(4, 8), rng.uniform(6, 11), rng.uniform(3, 7)
    pier = span * rng.uniform(0.4, 0.8)
    angle = np.linspace(0, np.pi, 13)
    r, spring = span / 2, h * 0.55
    top = max(h, spring + r + 1.2)
    pieces = [box((s * (r + pier / 2), 0, top / 2), (pier, deep, top), 3) for s in (-1, 1)]
    arch = np.stack([r * np.cos(angle), spring + r * np.sin(angle)], 1)
    for a, b in zip(arch[:-1], arch[1:], strict=True):
        pieces.append(extrude([(a[0], a[1]), (a[0], top), (b[0], top), (b[0], b[1])], deep, 3))
    wide = span + 2 * pier
    pieces += [
        box((0, 0, top + 0.4), (wide + 1, deep + 1, 0.8), 3),
        box((0, 0, top + 1.8), (wide, deep * 0.9, 2), 3),
        *(
            box((s * (r + pier / 2), f * deep / 2, top / 2), (pier * 0.5, 0.5, top))
            for s in (-1, 1)
            for f in (-1, 1)
        ),
    ]
    return [Part(merge(pieces), _stone(rng))]


MONUMENTS = (bell_tower, gateway, temple, castle, dome, pyramid, arcade, statue, windmill, castle)
