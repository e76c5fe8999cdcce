"""Vehicles on wheels, front towards +x."""

from collections.abc import Iterable

import numpy as np

from dav2.scenery.kit import *

Line = float | np.ndarray
DARK_GLASS = Material("plastic", np.array([0.04, 0.05, 0.07]))
RUBBER = Material("diffuse", np.full(3, 0.035))
HUB = Material("metal", metal="Al")
HEADLIGHT = Material("plastic", np.array([0.9, 0.9, 0.85]), night=25)
REAR_LIGHT = Material("plastic", np.array([0.6, 0.03, 0.03]), night=4)
PLATE = Material("plastic", np.array([0.9, 0.9, 0.85]))
TRIM = Material("diffuse", np.full(3, 0.08))

# side views of cars: x as a share of the length from the rear, z in metres
DECK = {  # bonnet, window line, boot
    "hatchback": [(0, 0.5), (0.01, 0.9), (0.3, 0.95), (0.7, 0.95), (0.95, 0.78), (1, 0.5)],
    "saloon": [(0, 0.5), (0.01, 0.9), (0.2, 0.96), (0.68, 0.93), (0.96, 0.76), (1, 0.5)],
    "estate": [(0, 0.55), (0.01, 1.0), (0.3, 1.06), (0.7, 1.04), (0.96, 0.9), (1, 0.55)],
    "sports": [(0, 0.5), (0.02, 0.85), (0.2, 0.87), (0.62, 0.82), (0.95, 0.62), (1, 0.42)],
}
CABIN = {  # rear window, roof, windscreen
    "hatchback": [(0.02, 0.9), (0.12, 1.38), (0.25, 1.47), (0.52, 1.46), (0.72, 0.94)],
    "saloon": [(0.14, 0.94), (0.27, 1.36), (0.38, 1.43), (0.52, 1.42), (0.7, 0.92)],
    "estate": [(0.02, 1.0), (0.08, 1.55), (0.2, 1.66), (0.5, 1.66), (0.71, 1.03)],
    "sports": [(0.12, 0.86), (0.32, 1.2), (0.42, 1.24), (0.5, 1.22), (0.66, 0.82)],
}
SIZES = {  # the least and the largest length, the width
    "hatchback": ((3.6, 4.1), 1.72),
    "saloon": ((4.4, 4.9), 1.8),
    "estate": ((4.4, 4.9), 1.88),
    "sports": ((4.0, 4.5), 1.84),
}


def shell(x: np.ndarray, low: Line, high: Line, half: Line, top: Line) -> Mesh:
    """Closed body through sections at x: floor, sides that bulge, and a narrower top."""
    x, low, high, half, top = np.broadcast_arrays(x, low, high, half, top)
    y = np.stack([half * 0.94, half, (half + top) / 2, top * 0.92], 1)
    z = np.stack([low, low + 0.55 * (high - low), high - 0.12 * (high - low), high], 1)
    y = np.concatenate([-y, y[:, ::-1], -y[:, :1]], 1)
    z = np.concatenate([z, z[:, ::-1], z[:, :1]], 1)
    sections = np.stack([np.broadcast_to(x[:, None], y.shape), y, z], -1)
    ends = np.broadcast_to(sections.mean(1, keepdims=True), sections.shape)
    return sheet(np.concatenate([ends[:1], sections, ends[-1:]]))


def _wheels(xs: Iterable[float], half: float, radius: float, wide: float = 0.2) -> Parts:
    tyres, hubs = [], []
    for x, side in grid(xs, (-1, 1)):
        inner, outer, cap = ((x, side * y, radius) for y in (half - wide, half, half + 0.012))
        tyres.append(cylinder(inner, outer, radius, segments=18))
        hubs.append(cylinder(outer, cap, radius * 0.62, segments=10))
    return [part(RUBBER, tyres), part(HUB, hubs)]


def _lights(length: float, half: float, front: float, rear: float, size: float) -> Parts:
    """Headlights, rear lights, bumpers with a grille, number plates."""
    x, lamp, tail = length / 2, (0.08, 0.16, size), (0.06, 0.1, size)
    bumper = (0.1, half * 0.96, 0.1)
    lamps = both(lambda s: rounded_box((x - 0.06, s * (half - 0.28), front), lamp, 0.5))
    tails = both(lambda s: rounded_box((0.03 - x, s * (half - 0.2), rear), tail, 0.4))
    bumpers = both(lambda s: rounded_box((s * (x - 0.03), 0, 0.38), bumper, 0.4))
    grille = box((x - 0.02, 0, front - 0.05), (0.06, half * 0.9, 0.1))
    plates = both(lambda s: box((s * (x + 0.075), 0, 0.42), (0.02, 0.5, 0.11)))
    trim = part(TRIM, bumpers, grille)
    return [part(HEADLIGHT, lamps), part(REAR_LIGHT, tails), trim, part(PLATE, plates)]


def car(rng: Rng) -> Parts:
    """A hatchback, saloon, estate, sports car or taxi, with wheel arches, windows and lights."""
    kind = pick(rng, {"hatchback": 0.35, "saloon": 0.3, "estate": 0.25, "sports": 0.1})
    lengths, width = SIZES[kind]
    length, radius = span(rng, lengths, (0.3, 0.35))
    half, arch, axles = width / 2, radius + 0.06, np.array([-0.31, 0.31]) * length
    deck, line = ((np.array(one[kind]) - [0.5, 0]) * [length, 1] for one in (DECK, CABIN))
    peak = line[:, 1].max()
    paint = painted(rng, pick(rng, ("any", "neutral", "dark", "pastel")), 1)

    round_wheels = np.add.outer(axles, arch * np.cos(np.linspace(np.pi, 0, 9))).ravel()
    x = np.unique(np.concatenate([np.linspace(-length / 2, length / 2, 15), round_wheels]))
    inside = np.clip(arch**2 - (x - axles[:, None]) ** 2, 0, None).max(0)
    low, high = np.where(inside > 0, radius + np.sqrt(inside), 0.2), np.interp(x, *deck.T)
    plan = half * (1 - 0.12 * np.abs(2 * x / length) ** 5)
    body = shell(x, np.minimum(low, high - 0.08), high, plan, plan * 0.97)

    x = np.linspace(line[0, 0], line[-1, 0], 22)
    roof = np.interp(x, *line.T)
    foot = np.minimum(np.interp(x, *deck.T) - 0.04, roof - 0.01)
    rise = np.clip((roof - foot) / (peak - foot.min()), 0, 1)
    cabin = shell(x, foot, roof, half * 0.93, half * (0.93 - 0.17 * rise))
    x, roof = x[roof > peak - 0.13], roof[roof > peak - 0.13]
    cap = shell(x, roof - 0.06, roof + 0.012, half * 0.82, half * 0.78)

    door = (line[0, 0] + line[-1, 0]) / 2
    pillars = line[:2], line[:-3:-1], np.array([(door, 0.9), (door, peak - 0.06)])

    def beside(s: int) -> list[Mesh]:
        """Pillars between the windows, and a mirror."""
        ends = [np.insert(one, 1, (s * half * 0.93, s * half * 0.79), axis=1) for one in pillars]
        at = (line[-1, 0] - 0.04 * length, s * half * 1.05, line[-1, 1] + 0.06)
        return [*(tube(one, 0.035, 5) for one in ends), ellipsoid(at, (0.07, 0.1, 0.07), 7)]

    parts = [
        part(paint, body, cap, both(beside)),
        part(DARK_GLASS, cabin),
        part(TRIM, box((0, 0, 0.36), (length * 0.9, half * 1.5, 0.3))),
        *_wheels(axles, half * 0.97, radius),
        *_lights(length, half, float(np.interp(0.46 * length, *deck.T)) - 0.13, 0.78, 0.06),
    ]
    if chance(rng, 0.12):  # a taxi
        parts.append(part(HEADLIGHT, box((x.mean(), 0, peak + 0.08), (0.18, 0.45, 0.16))))
    return parts


def _coach(paint: Material, length: float, half: float, height: float, floor: float) -> Parts:
    """A box on wheels with a band of windows."""
    tall, count = height - floor, int(length / 1.3) + 1
    sill, head = floor + 0.3 * tall, height - 0.18 * tall
    middle, pane = (sill + head) / 2, ((length - 0.5) / count - 0.12, 0.03, head - sill)
    screen = (0.03, 2 * half - 0.25, head - sill + 0.1)
    return [
        part(paint, rounded_box((0, 0, floor + tall / 2), (length / 2, half, tall / 2), 0.12)),
        part(
            DARK_GLASS,
            [box((x, s * half, middle), pane) for x, s in grid(row(count, length - 0.5), (-1, 1))],
            both(lambda s: box((s * length / 2, 0, middle + 0.05), screen)),
        ),
    ]


def bus(rng: Rng) -> Parts:
    """A bus, sometimes with two decks, or a tram without visible wheels."""
    length, height = span(rng, (9, 13), (2.9, 3.2))
    paint = painted(rng, "any", 1)
    parts = _coach(paint, length, 1.25, height, 0.3)
    if chance(rng, 0.25):  # a tram
        bow = tube([(0, 0, height), (0.6, 0, height + 0.7), (0, 0, height + 1.4)], 0.03)
        return [*parts, part(TRIM, box((0, 0, 0.18), (length * 0.8, 1.9, 0.3)), bow)]
    if chance(rng, 0.25):
        parts += moved(_coach(paint, length, 1.24, height, 0.6), (0, 0, 1.6))
    wheels = _wheels((-length * 0.3, length * 0.3), 1.24, 0.48)
    return [*parts, *wheels, *_lights(length, 1.25, 0.75, 0.9, 0.1)]


def van(rng: Rng) -> Parts:
    """A delivery van with a short bonnet."""
    length, height = span(rng, (4.8, 6), (1.95, 2.6))
    half, x = 0.98, np.linspace(-length / 2, length / 2, 30)
    shares = np.array([0, 0.01, 0.68, 0.74, 0.86, 0.98, 1])
    outline = [height - 0.15, height, height, height - 0.12, 1.2, 0.95, 0.6]
    high = np.interp(x / length + 0.5, shares, outline)
    plan = half * (1 - 0.08 * np.abs(2 * x / length) ** 6)
    along = np.linspace(0.75, 0.85, 5)
    slope = np.interp(along, shares, outline) + 0.02
    sides = [np.c_[(along - 0.5) * length + 0.02, np.full(5, y), slope] for y in (-0.8, 0.8)]
    panes = both(lambda s: box((0.17 * length, s * 0.965, 1.55), (0.16 * length, 0.06, 0.5)))
    paint = painted(rng, pick(rng, ("neutral", "pastel", "any")), 1)
    return [
        part(paint, shell(x, 0.3, high, plan, plan * 0.93)),
        part(DARK_GLASS, sheet(np.stack(sides, 1)), panes),
        *_wheels((-length * 0.3, length * 0.32), half, 0.34),
        *_lights(length, half, 0.85, 1.0, 0.1),
    ]


def lorry(rng: Rng) -> Parts:
    """A cab and a load: box, flatbed with crates, or tank."""
    length, half = rng.uniform(6.5, 12), 1.22
    front, rear, bed = length / 2, -length / 2, length - 2.2
    middle = rear + bed / 2
    kind = pick(rng, ("box", "crates", "tank"))
    if kind == "box":
        load = [box((middle, 0, 2.25), (bed, 2 * half, 2.5), 3)]
    elif kind == "tank":
        load = [cylinder((rear, 0, 2.1), (rear + bed, 0, 2.1), 1.1, segments=20)]
    else:
        load = [box((middle, 0, 1.05), (bed, 2 * half, 0.15))]
        for x in np.arange(rear + 0.8, rear + bed - 0.6, 1.5):
            load.append(box((x, rng.normal(0, 0.2), 1.6), (1.1, 1.5, rng.uniform(0.6, 1.2))))
    screen = box((front, 0, 2.05), (0.04, 2 * half - 0.3, 0.75))
    windows = both(lambda s: box((front - 0.8, s * half, 2.05), (0.9, 0.04, 0.65)))
    skin = Material("plastic" if kind == "tank" else "diffuse", texture(rng, "plain"))
    return [
        part(painted(rng, "any", 1), rounded_box((front - 0.95, 0, 1.6), (0.95, half, 1.15), 0.2)),
        part(DARK_GLASS, screen, windows),
        part(skin, load),
        part(TRIM, box((0, 0, 0.8), (length * 0.96, 1.1, 0.3))),
        *_wheels((-length * 0.38, -length * 0.26, length * 0.36), half, 0.5, 0.3),
        *_lights(length, half, 0.85, 0.9, 0.09),
    ]


def _fork(side: int) -> list[Mesh]:
    """Fork with a handlebar, and the frame behind it."""
    y = side * 0.09
    return [
        tube([(0.68, y, 0.31), (0.45, y, 0.95), (0.35, side * 0.35, 1.02)], 0.02),
        tube([(-0.68, y, 0.31), (-0.1, side * 0.1, 0.35), (0.4, side * 0.05, 0.85)], 0.02),
    ]


def motorcycle(rng: Rng) -> Parts:
    """A motorcycle on its stand."""
    engine = rounded_box((-0.02, 0, 0.42), (0.24, 0.15, 0.2), 0.4)
    exhaust = tube([(0.1, 0.16, 0.3), (-0.8, 0.18, 0.32)], 0.045)
    stand = tube([(-0.1, 0.1, 0.3), (-0.15, 0.3, 0)], 0.015)
    tank = ellipsoid((0.16, 0, 0.82), (0.27, 0.14, 0.13), 10)
    mudguard = rounded_box((-0.68, 0, 0.7), (0.2, 0.08, 0.05), 0.5)
    light = ellipsoid((0.52, 0, 0.95), (0.1, 0.12, 0.12), 8)
    saddle = rounded_box((-0.36, 0, 0.82), (0.33, 0.12, 0.06), 0.5)
    tyres = both(lambda s: torus((s * 0.68, 0, 0.31), 0.25, 0.06, (0, 1, 0), 20, 8))
    return [
        part(RUBBER, tyres, saddle),
        part(metallic(rng), both(_fork), engine, exhaust, stand),
        part(painted(rng, "any", 1), tank, mudguard, light),
    ]
