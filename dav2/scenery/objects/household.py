"""More things in rooms. Every object is `rng -> list[Part]`, stands on z = 0, faces -y."""

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
from dav2.scenery.scene import Material, Part, lamp, metallic, painted, textured, wooden
from dav2.scenery.textures import texture

Rng = np.random.Generator
Parts = list[Part]
_CLOTHS = ("fabric", "plain", "stripes", "dots", "knitted", "tartan")


def cloth(rng: Rng) -> Material:
    """Some cover of cloth."""
    return textured(rng, str(rng.choice(_CLOTHS)), gloss=0)


def armchair(rng: Rng) -> Parts:
    w, d, h = rng.uniform(0.3, 0.42), rng.uniform(0.3, 0.4), rng.uniform(0.75, 1.05)
    body = [
        rounded_box((0, 0, 0.3), (w, d, 0.14)),
        rounded_box((0, d - 0.08, h / 2 + 0.1), (w, 0.1, h / 2 - 0.1)),
        *(rounded_box((s * w, 0, 0.4), (0.09, d, 0.2), 0.5) for s in (-1, 1)),
    ]
    corners = np.array([[x * w * 0.8, y * d * 0.8, 0] for x in (-1, 1) for y in (-1, 1)])
    legs = rods(corners, corners + [0, 0, 0.2], 0.02, 6)
    return [Part(merge(body), cloth(rng)), Part(legs, wooden(rng))]


def stool(rng: Rng) -> Parts:
    h, r = rng.uniform(0.42, 0.8), rng.uniform(0.14, 0.19)
    angle = np.linspace(0, 2 * np.pi, int(rng.integers(3, 5)) + 1)[:-1]
    feet = np.c_[r * np.cos(angle), r * np.sin(angle), 0 * angle]
    legs = [
        rods(feet, feet * 0.7 + [0, 0, h], 0.014, 6),
        torus((0, 0, h * 0.35), r * 0.9, 0.008, sides=5),
    ]
    seat = lathe([(1e-4, h - 0.02), (r, h - 0.02), (r, h + 0.02), (1e-4, h + 0.02)], 20)
    return [
        Part(merge(legs), metallic(rng) if rng.random() < 0.5 else wooden(rng)),
        Part(seat, cloth(rng) if rng.random() < 0.5 else wooden(rng)),
    ]


def desk(rng: Rng) -> Parts:
    w, d, h = rng.uniform(1, 1.7), rng.uniform(0.55, 0.8), rng.uniform(0.7, 0.76)
    side = rng.choice([-1, 1])
    chest = box((side * (w / 2 - 0.22), 0, h / 2), (0.4, d * 0.9, h))
    fronts = merge(
        [
            box((side * (w / 2 - 0.22), -d * 0.45 - 0.01, z), (0.37, 0.02, h * 0.28))
            for z in (0.15 * h + 0.03, 0.5 * h, 0.82 * h)
        ]
    )
    corners = np.array([[-side * (w / 2 - 0.05), y * (d / 2 - 0.06), 0] for y in (-1, 1)])
    body = wooden(rng)
    return [
        Part(merge([chest, box((0, 0, h + 0.015), (w, d, 0.03))]), body),
        Part(fronts, painted(rng)),
        Part(rods(corners, corners + [0, 0, h], 0.02), metallic(rng)),
    ]


def office_chair(rng: Rng) -> Parts:
    h, angle = rng.uniform(0.42, 0.52), np.linspace(0, 2 * np.pi, 6)[:-1]
    feet = np.c_[0.3 * np.cos(angle), 0.3 * np.sin(angle), np.full(5, 0.07)]
    frame = [
        rods(feet, np.tile([0, 0, 0.1], (5, 1)), 0.018, 6),
        cylinder((0, 0, 0.1), (0, 0, h), 0.025),
        rods([[0, 0.22, h]], [[0, 0.26, h + 0.3]], 0.02, 6),
        *(ellipsoid((x, y, 0.03), 0.03, 7) for x, y, _ in feet),
    ]
    soft = [
        rounded_box((0, 0, h + 0.03), (0.24, 0.24, 0.05), 0.5),
        rounded_box((0, 0.26, h + 0.4), (0.22, 0.05, 0.28), 0.5),
    ]
    return [Part(merge(frame), painted(rng, "dark", 0.6)), Part(merge(soft), cloth(rng))]


def wardrobe(rng: Rng) -> Parts:
    w, h, d = rng.uniform(0.8, 1.8), rng.uniform(1.8, 2.2), rng.uniform(0.5, 0.62)
    doors = int(rng.integers(2, 4))
    xs = [-w / 2 + (i + 0.5) * w / doors for i in range(doors)]
    fronts = [
        box((x, -d / 2 - 0.01, h / 2 + 0.03), (w / doors - 0.012, 0.02, h - 0.12)) for x in xs
    ]
    knobs = [[x + 0.35 * w / doors * (-1) ** i, -d / 2 - 0.05, h * 0.48] for i, x in enumerate(xs)]
    body = wooden(rng) if rng.random() < 0.6 else painted(rng, "pastel")
    return [
        Part(box((0, 0, h / 2), (w, d, h)), body),
        Part(merge(fronts), body if rng.random() < 0.5 else textured(rng)),
        Part(rods(knobs, np.array(knobs) + [0, 0, 0.15], 0.008), metallic(rng)),
    ]


def drawers(rng: Rng) -> Parts:
    w, h, d, count = rng.uniform(0.5, 1.2), rng.uniform(0.6, 1.1), 0.45, int(rng.integers(3, 6))
    zs = [0.06 + (i + 0.5) * (h - 0.1) / count for i in range(count)]
    fronts = [box((0, -d / 2 - 0.01, z), (w - 0.03, 0.02, (h - 0.1) / count - 0.015)) for z in zs]
    pulls = np.array([[-0.08, -d / 2 - 0.035, z] for z in zs])
    body = wooden(rng) if rng.random() < 0.6 else painted(rng)
    return [
        Part(box((0, 0, h / 2), (w, d, h)), body),
        Part(merge(fronts), body if rng.random() < 0.4 else painted(rng)),
        Part(rods(pulls, pulls + [0.16, 0, 0], 0.008), metallic(rng)),
    ]


def television(rng: Rng) -> Parts:
    """A flat screen on a low board."""
    w, h = rng.uniform(0.9, 1.6), rng.uniform(0.35, 0.55)
    tall = w * 0.57
    screen = quad((-w / 2 + 0.02, -0.026, h + 0.1), (w - 0.04, 0, 0), (0, 0, tall - 0.04), w)
    frame = [
        box((0, 0, h + 0.08 + tall / 2), (w, 0.05, tall)),
        box((0, 0, h + 0.04), (0.4, 0.2, 0.08)),
    ]
    return [
        Part(box((0, 0, h / 2), (w * 1.1, 0.42, h)), wooden(rng)),
        Part(merge(frame), Material("plastic", np.full(3, 0.03))),
        Part(
            screen,
            textured(rng, "poster", gloss=1) if rng.random() < 0.5 else painted(rng, "dark", 1),
        ),
    ]


def radiator(rng: Rng) -> Parts:
    w, h, count = rng.uniform(0.6, 1.4), rng.uniform(0.4, 0.7), int(rng.integers(8, 18))
    ribs = [
        rounded_box((x, 0, 0.1 + h / 2), (w / count * 0.4, 0.06, h / 2), 0.5)
        for x in np.linspace(-w / 2, w / 2, count)
    ]
    pipe = cylinder((w / 2, 0, 0), (w / 2, 0, 0.16), 0.012)
    return [Part(merge([*ribs, pipe]), painted(rng, "white", 0.7))]


def fireplace(rng: Rng) -> Parts:
    w, h, d = rng.uniform(1.1, 1.6), rng.uniform(0.9, 1.2), 0.4
    stone = textured(rng, str(rng.choice(["bricks", "marble", "rock", "plain"])), gloss=0)
    body = [
        *(box((s * w * 0.4, 0, h / 2), (w * 0.2, d, h)) for s in (-1, 1)),
        box((0, 0, h * 0.85), (w * 0.62, d, h * 0.3)),
        box((0, -0.04, h + 0.03), (w * 1.1, d + 0.08, 0.06)),
        box((0, 0, 0.03), (w, d, 0.06)),
    ]
    logs = [
        cylinder((-0.2, y, 0.1 + 0.05 * i), (0.2, -y, 0.12), 0.045)
        for i, y in enumerate((-0.05, 0.05))
    ]
    return [
        Part(merge(body), stone),
        Part(
            quad((-w * 0.3, d / 2 - 0.01, 0.05), (w * 0.6, 0, 0), (0, 0, h * 0.66)),
            Material("diffuse", np.full(3, 0.05)),
        ),
        Part(merge(logs), textured(rng, "bark", gloss=0)),
        Part(ellipsoid((0, 0, 0.14), (0.12, 0.06, 0.08), 8), lamp(rng, rng.uniform(5, 15))),
    ]


def coat_stand(rng: Rng) -> Parts:
    h, angle = rng.uniform(1.6, 1.9), np.linspace(0, 2 * np.pi, 5)[:-1]
    out = np.c_[np.cos(angle), np.sin(angle), 0 * angle]
    frame = [
        cylinder((0, 0, 0), (0, 0, h), 0.018),
        rods(out * 0.25 + [0, 0, 0.012], np.tile([0, 0, 0.2], (4, 1)), 0.012),
        rods(np.tile([0, 0, h - 0.15], (4, 1)), out * 0.14 + [0, 0, h], 0.009),
    ]
    parts = [Part(merge(frame), wooden(rng))]
    for a in angle[: int(rng.integers(1, 4))]:
        coat = blob(
            rng, (0.16 * np.cos(a), 0.16 * np.sin(a), h - 0.55), (0.13, 0.13, 0.45), 0.12, 12
        )
        parts.append(Part(coat, cloth(rng)))
    return parts


def piano(rng: Rng) -> Parts:
    body = [
        box((0, 0.1, 0.6), (1.45, 0.35, 1.2)),
        box((0, -0.2, 0.66), (1.45, 0.3, 0.12)),
        *(box((s * 0.68, -0.28, 0.32), (0.06, 0.08, 0.64)) for s in (-1, 1)),
    ]
    black = [
        box((x, -0.2, 0.735), (0.012, 0.09, 0.02))
        for i, x in enumerate(np.linspace(-0.62, 0.62, 52))
        if i % 7 not in (2, 6)
    ]
    return [
        Part(merge(body), painted(rng, "dark", 1) if rng.random() < 0.6 else wooden(rng)),
        Part(box((0, -0.24, 0.725), (1.26, 0.15, 0.012)), painted(rng, "white", 1)),
        Part(merge(black), Material("plastic", np.full(3, 0.03))),
    ]


def basket(rng: Rng) -> Parts:
    r, h = rng.uniform(0.15, 0.3), rng.uniform(0.2, 0.5)
    shape = [(1e-4, 0), (r * 0.8, 0), (r, h), (r * 0.94, h), (r * 0.75, 0.02), (1e-4, 0.02)]
    bundle = [
        blob(rng, (*rng.uniform(-0.3, 0.3, 2) * r, h * 0.8), r * 0.5, 0.2, 10) for _ in range(3)
    ]
    return [
        Part(lathe(shape, 24, 0.3), textured(rng, "woven", gloss=0)),
        Part(merge(bundle), cloth(rng)),
    ]


def guitar(rng: Rng) -> Parts:
    """Leaning back on its stand."""
    body = [
        ellipsoid((0, 0, 0.3), (0.19, 0.05, 0.2), 12),
        ellipsoid((0, 0, 0.53), (0.14, 0.05, 0.15), 12),
    ]
    neck = [box((0, -0.02, 0.85), (0.05, 0.025, 0.5)), box((0, -0.01, 1.15), (0.08, 0.02, 0.14))]
    strings = np.array([[x, -0.055, 0.3] for x in np.linspace(-0.018, 0.018, 6)])
    back = rotation("x", -0.2)
    stand = rods(
        [[-0.2, -0.1, 0.02], [0.2, -0.1, 0.02], [0, 0.3, 0.01]], [[0, 0.1, 0.45]] * 3, 0.008
    )
    return [
        Part(move(merge(body), (0, 0, 0.02), back), Material("plastic", texture(rng, "wood"))),
        Part(move(merge(neck), (0, 0, 0.02), back), wooden(rng)),
        Part(
            move(rods(strings, strings + [0, 0, 0.82], 0.0012, 3), (0, 0, 0.02), back),
            metallic(rng),
        ),
        Part(stand, painted(rng, "dark", 0.5)),
    ]


def shoes(rng: Rng) -> Parts:
    pair = [
        merge(
            [
                rounded_box((x, 0, 0.045), (0.045, 0.14, 0.045), 0.6),
                rounded_box((x, 0.08, 0.09), (0.04, 0.055, 0.06), 0.6),
            ]
        )
        for x in (-0.07, 0.07)
    ]
    return [Part(merge(pair), painted(rng, gloss=0.6))]


def vacuum(rng: Rng) -> Parts:
    hose = tube(
        [
            (0, -0.2, 0.2),
            (0.1, -0.45, 0.35),
            (0.2, -0.6, 0.6),
            (0.15, -0.7, 0.95),
            (0.1, -0.95, 0.05),
        ],
        0.02,
    )
    return [
        Part(
            merge(
                [
                    rounded_box((0, 0, 0.16), (0.15, 0.24, 0.13), 0.6),
                    box((0.1, -0.95, 0.03), (0.3, 0.1, 0.05)),
                ]
            ),
            painted(rng, "any", 1),
        ),
        Part(hose, painted(rng, "dark", 0.4)),
        Part(
            merge(
                [
                    cylinder((s * 0.13, 0.12, 0.09), (s * 0.17, 0.12, 0.09), 0.09, segments=14)
                    for s in (-1, 1)
                ]
            ),
            Material("diffuse", np.full(3, 0.05)),
        ),
    ]
