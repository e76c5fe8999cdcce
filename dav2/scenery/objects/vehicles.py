"""Vehicles on wheels. `rng -> list[Part]`, wheels on z = 0, front towards +x."""

from typing import NamedTuple

import numpy as np

from dav2.scenery.meshes import (
    Mesh,
    box,
    cylinder,
    ellipsoid,
    merge,
    move,
    rounded_box,
    sheet,
    torus,
    tube,
)
from dav2.scenery.scene import Material, Part, metallic, painted
from dav2.scenery.textures import texture

Rng = np.random.Generator
Parts = list[Part]
DARK_GLASS = Material("plastic", np.array([0.04, 0.05, 0.07]))
RUBBER = Material("diffuse", np.full(3, 0.035))
HUB = Material("metal", metal="Al")
HEADLIGHT = Material("plastic", np.array([0.9, 0.9, 0.85]), night=25)
REAR_LIGHT = Material("plastic", np.array([0.6, 0.03, 0.03]), night=4)
PLATE = Material("plastic", np.array([0.9, 0.9, 0.85]))
TRIM = Material("diffuse", np.full(3, 0.08))


class _Shape(NamedTuple):
    """Side view: x as a share of the length from the rear, z in metres."""

    length: tuple[float, float]
    width: float
    deck: list[tuple[float, float]]  # bonnet, window line, boot
    cabin: list[tuple[float, float]]  # rear window, roof, windscreen
    axles: tuple[float, float] = (0.19, 0.81)


SHAPES = {
    "hatchback": _Shape(
        (3.6, 4.1),
        1.72,
        [(0, 0.5), (0.01, 0.9), (0.3, 0.95), (0.7, 0.95), (0.95, 0.78), (1, 0.5)],
        [(0.02, 0.9), (0.12, 1.38), (0.25, 1.47), (0.52, 1.46), (0.72, 0.94)],
    ),
    "saloon": _Shape(
        (4.4, 4.9),
        1.8,
        [(0, 0.5), (0.01, 0.9), (0.2, 0.96), (0.68, 0.93), (0.96, 0.76), (1, 0.5)],
        [(0.14, 0.94), (0.27, 1.36), (0.38, 1.43), (0.52, 1.42), (0.7, 0.92)],
    ),
    "estate": _Shape(
        (4.4, 4.9),
        1.88,
        [(0, 0.55), (0.01, 1.0), (0.3, 1.06), (0.7, 1.04), (0.96, 0.9), (1, 0.55)],
        [(0.02, 1.0), (0.08, 1.55), (0.2, 1.66), (0.5, 1.66), (0.71, 1.03)],
    ),
    "sports": _Shape(
        (4.0, 4.5),
        1.84,
        [(0, 0.5), (0.02, 0.85), (0.2, 0.87), (0.62, 0.82), (0.95, 0.62), (1, 0.42)],
        [(0.12, 0.86), (0.32, 1.2), (0.42, 1.24), (0.5, 1.22), (0.66, 0.82)],
    ),
}


def shell(
    x: np.ndarray, low: np.ndarray, high: np.ndarray, half: np.ndarray, top: np.ndarray
) -> Mesh:
    """Closed body through sections at x: floor, sides that bulge, and a narrower top."""
    middle = low + 0.55 * (high - low)
    edge = high - 0.12 * (high - low)
    ring = [(-half * 0.94, low), (-half, middle), (-(half + top) / 2, edge), (-top * 0.92, high)]
    ring += [(-y, z) for y, z in ring[::-1]] + [ring[0]]
    points = np.stack([np.stack([x, y, z], -1) for y, z in ring], 1)
    closed = [
        points[:1].mean(1, keepdims=True).repeat(len(ring), 1),
        points,
        points[-1:].mean(1, keepdims=True).repeat(len(ring), 1),
    ]
    return sheet(np.concatenate(closed))


def _wheels(
    spots: list[tuple[float, float]], half: float, radius: float, wide: float = 0.2
) -> Parts:
    tyres, hubs = [], []
    for x, _ in spots:
        for side in (-1, 1):
            outer, inner = (
                np.array([x, side * half, radius]),
                np.array([x, side * (half - wide), radius]),
            )
            tyres.append(cylinder(inner, outer, radius, segments=18))
            hubs.append(cylinder(outer, outer + [0, side * 0.012, 0], radius * 0.62, segments=10))
    return [Part(merge(tyres), RUBBER), Part(merge(hubs), HUB)]


def _lights(length: float, half: float, front: float, rear: float, size: float) -> Parts:
    x = length / 2
    return [
        Part(
            merge(
                [
                    rounded_box((x - 0.06, s * (half - 0.28), front), (0.08, 0.16, size), 0.5)
                    for s in (-1, 1)
                ]
            ),
            HEADLIGHT,
        ),
        Part(
            merge(
                [
                    rounded_box((-x + 0.03, s * (half - 0.2), rear), (0.06, 0.1, size), 0.4)
                    for s in (-1, 1)
                ]
            ),
            REAR_LIGHT,
        ),
        Part(
            merge(
                [
                    rounded_box((s * (x - 0.03), 0, 0.38), (0.1, half * 0.96, 0.1), 0.4)
                    for s in (-1, 1)
                ]
                + [box((x - 0.02, 0, front - 0.05), (0.06, half * 0.9, 0.1))]
            ),
            TRIM,
        ),
        Part(merge([box((s * (x + 0.075), 0, 0.42), (0.02, 0.5, 0.11)) for s in (-1, 1)]), PLATE),
    ]


def car(rng: Rng) -> Parts:
    """A hatchback, saloon, estate, sports car or taxi, with wheel arches, windows and lights."""
    shape = SHAPES[str(rng.choice(list(SHAPES), p=[0.35, 0.3, 0.25, 0.1]))]
    length, half, radius = rng.uniform(*shape.length), shape.width / 2, rng.uniform(0.3, 0.35)
    axles = [(share - 0.5) * length for share in shape.axles]
    arch = np.concatenate([a + (radius + 0.06) * np.cos(np.linspace(np.pi, 0, 9)) for a in axles])
    x = np.unique(np.concatenate([np.linspace(-length / 2, length / 2, 15), arch]))
    low = np.full(len(x), 0.2)
    for a in axles:
        inside = np.clip((radius + 0.06) ** 2 - (x - a) ** 2, 0, None)
        low = np.maximum(low, np.where(inside > 0, radius + np.sqrt(inside), 0))
    share = x / length + 0.5
    high = np.interp(share, *np.array(shape.deck).T)
    plan = half * (1 - 0.12 * np.abs(2 * share - 1) ** 5)
    paint = painted(rng, str(rng.choice(["any", "neutral", "dark", "pastel"])), 1)
    low = np.minimum(low, high - 0.08)
    body = [shell(x, low, high, plan, plan * 0.97)]

    line = np.array(shape.cabin)
    along = np.linspace(line[0, 0], line[-1, 0], 22)
    roof = np.interp(along, *line.T)
    foot = np.minimum(np.interp(along, *np.array(shape.deck).T) - 0.04, roof - 0.01)
    rise = np.clip((roof - foot) / (line[:, 1].max() - foot.min()), 0, 1)
    cabin = shell(
        (along - 0.5) * length, foot, roof, np.full(22, half * 0.93), half * (0.93 - 0.17 * rise)
    )
    top = roof > line[:, 1].max() - 0.13
    cap_x = (along[top] - 0.5) * length
    cap = shell(
        cap_x,
        roof[top] - 0.06,
        roof[top] + 0.012,
        np.full(top.sum(), half * 0.82),
        np.full(top.sum(), half * 0.78),
    )
    pillars = []
    for side in (-1, 1):
        for a, b in ((0, 1), (len(line) - 1, len(line) - 2)):
            ends = [
                ((line[i, 0] - 0.5) * length, side * half * (0.93 if i == a else 0.79), line[i, 1])
                for i in (a, b)
            ]
            pillars.append(tube(ends, 0.035, 5))
        mid = (line[1, 0] + line[-1, 0]) / 2 - 0.5
        pillars.append(
            tube(
                [
                    (mid * length, side * half * 0.94, 0.9),
                    (mid * length, side * half * 0.8, line[:, 1].max() - 0.06),
                ],
                0.03,
                5,
            )
        )
        body.append(
            ellipsoid(
                ((line[-1, 0] - 0.54) * length, side * half * 1.05, line[-1, 1] + 0.06),
                (0.07, 0.1, 0.07),
                7,
            )
        )
    parts = [
        Part(merge(body + pillars + [cap]), paint),
        Part(cabin, DARK_GLASS),
        Part(box((0, 0, 0.36), (length * 0.9, half * 1.5, 0.3)), TRIM),
        *_wheels([(a, 0) for a in axles], half * 0.97, radius),
        *_lights(length, half, float(np.interp(0.96, *np.array(shape.deck).T)) - 0.13, 0.78, 0.06),
    ]
    if rng.random() < 0.12:  # a taxi
        parts.append(
            Part(
                box(
                    ((along[top].mean() - 0.5) * length, 0, line[:, 1].max() + 0.08),
                    (0.18, 0.45, 0.16),
                ),
                HEADLIGHT,
            )
        )
    return parts


def _bus_body(
    rng: Rng, length: float, half: float, height: float, floor: float, paint: Material
) -> Parts:
    """A box on wheels with a band of windows."""
    sill, head = floor + 0.3 * (height - floor), height - 0.18 * (height - floor)
    panes = np.linspace(-length / 2 + 0.25, length / 2 - 0.25, int(length / 1.3) + 2)
    glass = [
        box(((a + b) / 2, s * half, (sill + head) / 2), (b - a - 0.12, 0.03, head - sill))
        for a, b in zip(panes[:-1], panes[1:], strict=True)
        for s in (-1, 1)
    ]
    glass += [
        box(
            (s * length / 2, 0, (sill + head) / 2 + 0.05),
            (0.03, 2 * half - 0.25, head - sill + 0.1),
        )
        for s in (-1, 1)
    ]
    return [
        Part(
            rounded_box(
                (0, 0, (floor + height) / 2), (length / 2, half, (height - floor) / 2), 0.12
            ),
            paint,
        ),
        Part(merge(glass), DARK_GLASS),
    ]


def bus(rng: Rng) -> Parts:
    """A bus, sometimes with two decks, or a tram without visible wheels."""
    length, tram = rng.uniform(9, 13), rng.random() < 0.25
    height = rng.uniform(2.9, 3.2)
    paint = painted(rng, "any", 1)
    parts = _bus_body(rng, length, 1.25, height, 0.3, paint)
    if not tram and rng.random() < 0.25:
        parts += [
            Part(move(q.mesh, (0, 0, 1.6)), q.material)
            for q in _bus_body(rng, length, 1.24, height, 0.6, paint)
        ]
    if tram:
        parts.append(
            Part(
                merge(
                    [
                        box((0, 0, 0.18), (length * 0.8, 1.9, 0.3)),
                        tube([(0, 0, height), (0.6, 0, height + 0.7), (0, 0, height + 1.4)], 0.03),
                    ]
                ),
                TRIM,
            )
        )
        return parts
    return (
        parts
        + _wheels([(-length * 0.3, 0), (length * 0.3, 0)], 1.24, 0.48)
        + _lights(length, 1.25, 0.75, 0.9, 0.1)
    )


def van(rng: Rng) -> Parts:
    """A delivery van with a short bonnet."""
    length, half, height = rng.uniform(4.8, 6), 0.98, rng.uniform(1.95, 2.6)
    x = np.linspace(-length / 2, length / 2, 30)
    high = np.interp(
        x / length + 0.5,
        [0, 0.01, 0.68, 0.74, 0.86, 0.98, 1],
        [height - 0.15, height, height, height - 0.12, 1.2, 0.95, 0.6],
    )
    plan = half * (1 - 0.08 * np.abs(2 * x / length) ** 6)
    screen = np.linspace(0.75, 0.85, 5)
    front = np.interp(screen, [0.74, 0.86], [height - 0.12, 1.2])
    glass = sheet(
        np.stack(
            [
                np.stack(
                    [(screen - 0.5) * length + 0.02, np.full(5, s * half * 0.82), front + 0.02], 1
                )
                for s in (-1, 1)
            ],
            1,
        )
    )
    sides = [
        box((0.17 * length, s * half * 0.985, 1.55), (0.16 * length, 0.06, 0.5)) for s in (-1, 1)
    ]
    return [
        Part(
            shell(x, np.full(30, 0.3), high, plan, plan * 0.93),
            painted(rng, str(rng.choice(["neutral", "pastel", "any"])), 1),
        ),
        Part(merge([glass, *sides]), DARK_GLASS),
        *_wheels([(-length * 0.3, 0), (length * 0.32, 0)], half, 0.34),
        *_lights(length, half, 0.85, 1.0, 0.1),
    ]


def lorry(rng: Rng) -> Parts:
    """A cab and a load: box, flatbed with crates, or tank."""
    length, half = rng.uniform(6.5, 12), 1.22
    cab, bed = 1.9, length - 2.2
    paint = painted(rng, "any", 1)
    middle = -length / 2 + bed / 2
    front = [rounded_box((length / 2 - cab / 2, 0, 1.6), (cab / 2, half, 1.15), 0.2)]
    kind = int(rng.integers(3))
    if kind == 0:
        load = box((middle, 0, 2.25), (bed, 2 * half, 2.5), 3)
    elif kind == 1:
        load = merge(
            [box((middle, 0, 1.05), (bed, 2 * half, 0.15))]
            + [
                box((x, rng.normal(0, 0.2), 1.6), (1.1, 1.5, rng.uniform(0.6, 1.2)))
                for x in np.arange(-length / 2 + 0.8, middle + bed / 2 - 0.6, 1.5)
            ]
        )
    else:
        load = cylinder((-length / 2, 0, 2.1), (-length / 2 + bed, 0, 2.1), 1.1, segments=20)
    return [
        Part(merge(front), paint),
        Part(
            merge(
                [
                    box((length / 2 + 0.0, 0, 2.05), (0.04, 2 * half - 0.3, 0.75)),
                    *(box((length / 2 - 0.8, s * half, 2.05), (0.9, 0.04, 0.65)) for s in (-1, 1)),
                ]
            ),
            DARK_GLASS,
        ),
        Part(load, Material("plastic" if kind == 2 else "diffuse", texture(rng, "plain"))),
        Part(box((0, 0, 0.8), (length * 0.96, 1.1, 0.3)), TRIM),
        *_wheels([(-length * 0.38, 0), (-length * 0.26, 0), (length * 0.36, 0)], half, 0.5, 0.3),
        *_lights(length, half, 0.85, 0.9, 0.09),
    ]


def motorcycle(rng: Rng) -> Parts:
    """A motorcycle on its stand."""
    r = 0.31
    tyres = [torus((x, 0, r), r - 0.06, 0.06, (0, 1, 0), 20, 8) for x in (-0.68, 0.68)]
    steel = [
        tube([(0.68, s * 0.09, r), (0.45, s * 0.09, 0.95), (0.35, s * 0.35, 1.02)], 0.02)
        for s in (-1, 1)
    ] + [
        tube([(-0.68, s * 0.09, r), (-0.1, s * 0.1, 0.35), (0.4, s * 0.05, 0.85)], 0.02)
        for s in (-1, 1)
    ]
    steel += [
        rounded_box((-0.02, 0, 0.42), (0.24, 0.15, 0.2), 0.4),
        tube([(0.1, 0.16, 0.3), (-0.8, 0.18, 0.32)], 0.045),
        tube([(-0.1, 0.1, 0.3), (-0.15, 0.3, 0)], 0.015),
    ]
    paint = [
        ellipsoid((0.16, 0, 0.82), (0.27, 0.14, 0.13), 10),
        rounded_box((-0.68, 0, 0.7), (0.2, 0.08, 0.05), 0.5),
        ellipsoid((0.52, 0, 0.95), (0.1, 0.12, 0.12), 8),
    ]
    return [
        Part(merge(tyres), RUBBER),
        Part(merge(steel), metallic(rng)),
        Part(merge(paint), painted(rng, "any", 1)),
        Part(rounded_box((-0.36, 0, 0.82), (0.33, 0.12, 0.06), 0.5), RUBBER),
    ]


ROAD = (car, car, car, car, car, van, van, bus, lorry)
