"""Things on tables. Every object is `rng -> list[Part]`, stands on z = 0, faces -y."""

import numpy as np

from dav2.scenery.meshes import (
    blob,
    box,
    ellipsoid,
    lathe,
    merge,
    move,
    quad,
    rotation,
    torus,
    tube,
)
from dav2.scenery.scene import GLASS, MIRROR, PANE, Part, metallic, painted, textured, wooden

Rng = np.random.Generator
Parts = list[Part]


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


SMALL = (bottle, vase, mug, wine_glass, bowl, ball, parcel, books)


def laptop(rng: Rng) -> Parts:
    lean, body = rotation("x", -0.35), metallic(rng)
    lid = [box((0, 0, 0.105), (0.32, 0.008, 0.21))]
    return [
        Part(
            merge([box((0, 0, 0.01), (0.32, 0.22, 0.018)), move(lid[0], (0, 0.11, 0.015), lean)]),
            body,
        ),
        Part(
            move(
                quad((-0.15, -0.006, 0.01), (0.3, 0, 0), (0, 0, 0.19), 0.3), (0, 0.11, 0.015), lean
            ),
            textured(rng, "poster", gloss=1),
        ),
        Part(
            quad((-0.14, -0.06, 0.0195), (0.28, 0, 0), (0, 0.13, 0), 0.1),
            textured(rng, "tiles", np.full(3, 0.05), 0),
        ),
    ]


def desk_lamp(rng: Rng) -> Parts:
    h, bend = rng.uniform(0.25, 0.35), rng.uniform(-0.1, 0.1)
    joints = np.array([(0, 0, 0.02), (0, 0.1 + bend, h), (0, -0.14, h + 0.14)])
    shade = move(lathe([(0.02, 0), (0.07, 0.1)], 16), joints[2], rotation("x", np.pi - 0.4))
    foot = lathe([(1e-4, 0), (0.08, 0), (0.08, 0.02), (1e-4, 0.02)], 18)
    return [Part(merge([foot, tube(joints, 0.008), shade]), painted(rng, gloss=0.7))]


def globe(rng: Rng) -> Parts:
    r = rng.uniform(0.1, 0.16)
    frame = [
        lathe(
            [(1e-4, 0), (r * 0.6, 0), (r * 0.5, 0.02), (0.012, 0.03), (0.012, 0.06), (1e-4, 0.06)],
            18,
        )
    ]
    frame.append(torus((0, 0, r + 0.06), r * 1.05, 0.006, axis=(0.4, 1, 0), segments=24, sides=5))
    return [
        Part(ellipsoid((0, 0, r + 0.06), r, 16), textured(rng, "chart", gloss=0.6)),
        Part(merge(frame), metallic(rng)),
    ]


def candle(rng: Rng) -> Parts:
    h, r = rng.uniform(0.08, 0.28), rng.uniform(0.012, 0.035)
    stick = lathe(
        [(1e-4, 0), (0.05, 0), (0.012, 0.03), (0.012, 0.1), (r * 1.3, 0.12), (1e-4, 0.12)], 16
    )
    wax = lathe([(1e-4, 0.12), (r, 0.12), (r, 0.12 + h), (1e-4, 0.12 + h)], 14)
    return [Part(stick, metallic(rng)), Part(wax, painted(rng, "pastel", 0.4))]
