"""Street furniture and ground."""

import numpy as np

from dav2.scenery.kit import *
from dav2.scenery.objects.wirework import hanging, rails, uprights
from dav2.scenery.textures import noise


def street_lamp(rng: Rng) -> Parts:
    h = rng.uniform(3.5, 7)
    arm = tube([(0, 0, h), (0, -0.5, h + 0.3), (0, -1, h + 0.3)], 0.03)
    pole = part(painted(rng, "dark"), cylinder((0, 0, 0), (0, 0, h), 0.07, 0.04), arm)
    glow = Material("diffuse", np.full(3, 0.85), night=40)
    return [pole, part(glow, box((0, -1.1, h + 0.28), (0.25, 0.5, 0.1)))]


def sign(rng: Rng) -> Parts:
    h, w, share = span(rng, (1.8, 2.8), (0.4, 1.2), (0.4, 1))
    plate = box((0, -0.03, h), (w, 0.03, w * share), w)
    poster = part(Material("diffuse", texture(rng, "poster")), plate)
    return [part(metallic(rng), post(0, 0, 0, h, 0.03)), poster]


def bench(rng: Rng) -> Parts:
    seat = [box((0, y, 0.45), (1.6, 0.1, 0.03)) for y in (-0.2, -0.05, 0.1)]
    back = [box((0, 0.22, z), (1.6, 0.03, 0.1)) for z in (0.6, 0.75, 0.9)]
    legs = both(lambda s: box((s * 0.7, 0, 0.22), (0.06, 0.4, 0.44)))
    return [part(wooden(rng), seat, back), part(metallic(rng), legs)]


def fence(rng: Rng, length: float = 12) -> Parts:
    """Pickets, rails or wires along x."""
    h, gap, bar = span(rng, (0.8, 1.6), (0.08, 0.3), (0.005, 0.04))
    wide = chance(rng, 0.4)
    xs = np.arange(-length / 2, length / 2, 2 if wide else gap)
    if wide:
        posts = [box((x, 0, h / 2), (0.1, 0.1, h)) for x in xs]
        bars = [posts, rails(np.linspace(0.3, h - 0.1, 3), length, bar, 5)]
    else:
        bars = [box((0, 0, z), (length, 0.04, 0.04)) for z in (0.2, h - 0.1)]
        bars.append(uprights(xs, h, 0.012, 5))
    return [part(metallic(rng) if chance(rng, 0.5) else textured(rng, "wood", gloss=0), bars)]


def wires(rng: Rng, length: float = 90) -> Parts:
    """Poles with sagging power lines along x."""
    h, xs = rng.uniform(6, 9), np.linspace(-length / 2, length / 2, 5)
    poles = [cylinder((x, 0, 0), (x, 0, h), 0.12, 0.08) for x in xs]
    arms = [box((x, 0, h - 0.4), (0.1, 1.8, 0.1)) for x in xs]
    gap, top = length / 4, h - 0.35
    lines = [
        tube(hanging((x, y, top), (x + gap, y, top), 0.8), 0.012, 4)
        for x, y in grid(xs[:-1], (-0.8, 0, 0.8))
    ]
    return [part(painted(rng, "dark", 0), poles, arms, lines)]


def traffic_light(rng: Rng) -> Parts:
    """Signals on a post, some on an arm over the road, along -y."""
    h, arm = span(rng, (3, 5.5), (0, 5))
    pole = post(0, 0, 0, h, 0.07), cylinder((0, 0, h), (0, -arm, h + 0.2), 0.05)
    at, lamps = ((-0.2, 2.5), (-arm, h - 0.3)), grid((-0.16, 0.16), (-0.28, 0, 0.28))
    boxes = [box((0, y, z), (0.3, 0.25, 0.9)) for y, z in at]
    bulb = (0.03, 0.09, 0.09)
    bulbs = [ellipsoid((x, y, z + up), bulb, 8) for y, z in at for x, up in lamps]
    tint = np.array(pick(rng, ((0.8, 0.1, 0.05), (0.1, 0.7, 0.3))))
    return [part(painted(rng, "dark"), pole, boxes), part(Material("plastic", tint), bulbs)]


def road_sign(rng: Rng) -> Parts:
    """A round, triangular or square plate on a post."""
    h, sides = rng.uniform(2, 2.8), pick(rng, (3, 4, 24))
    rim = cylinder((0, -0.04, h), (0, -0.06, h), 0.36, segments=sides)
    plate = cylinder((0, -0.06, h), (0, -0.07, h), 0.3, segments=sides)
    red_or_blue = np.array(pick(rng, ((0.75, 0.05, 0.05), (0.05, 0.2, 0.6))))
    return [
        part(metallic(rng), post(0, 0, 0, h + 0.3, 0.03)),
        part(Material("plastic", red_or_blue), rim),
        part(Material("plastic", np.array([0.9, 0.9, 0.88])), plate),
    ]


def bollards(rng: Rng) -> Parts:
    """A row of posts along x, sometimes chained."""
    r, h, gap = span(rng, (0.05, 0.14), (0.6, 1), (1, 1.8))
    profile = [(r, 0), (r, h), (r * 1.3, h), (r * 0.8, h + r), (0.001, h + r)]
    iron = [move(lathe(profile, 12), (x * gap, 0, 0)) for x in range(6)]
    if chance(rng, 0.4):
        chain = tube(hanging((0, 0, h), (gap, 0, h), 0.225 * h, 7), 0.015, 4)
        iron += [move(chain, (x * gap, 0, 0)) for x in range(5)]
    return [part(painted(rng, "dark"), iron)]


def bin_(rng: Rng) -> Parts:
    """A litter bin or a bin on wheels."""
    if chance(rng, 0.5):
        body = lathe([(0.18, 0), (0.24, 0.85), (0.2, 0.85), (0.19, 0.5)], 16)
        end = post(0, 0, 0, 0.05, 0.2)
    else:
        body = rounded_box((0, 0, 0.52), (0.28, 0.32, 0.5), 0.15)
        end = rounded_box((0, -0.03, 1.04), (0.3, 0.37, 0.05), 0.3)
    return [part(painted(rng, pick(rng, ("dark", "any", "green"))), body, end)]


def planter(rng: Rng) -> Parts:
    w, h = span(rng, (0.5, 1.4), (0.4, 0.7))
    leaves = rng.normal(0, 1, (130, 3)) * [w * 0.3, 0.16, 0.2] + [0, 0, h + 0.2]
    tub = part(textured(rng, gloss=0), box((0, 0, h / 2), (w, 0.5, h)))
    return [tub, part(painted(rng, "green", 0), cards(rng, leaves, 0.09))]


def grate(rng: Rng) -> Parts:
    """The iron square a street tree stands in."""
    bars = [box((x, 0, 0.01), (0.05, 1.4, 0.02)) for x in np.linspace(-0.7, 0.7, 11)]
    frame = both(lambda s: box((0, s * 0.7, 0.012), (1.45, 0.06, 0.024)))
    return [part(painted(rng, "dark", 0), bars, frame)]


def parasol(rng: Rng) -> Parts:
    """A table and chairs under a parasol."""
    wood = [post(0, 0, 0, 2.6, 0.03), post(0, 0, 0.72, 0.75, 0.5, 16)]
    chair = corners(lambda x, y: post(x, y, 0, 0.45, 0.02, 5), 0.17, 0.17)
    chair.append(box((0, 0, 0.45), (0.4, 0.4, 0.04)))
    for x, y, _ in ring(3, 0.8, start=angle_of(rng)):
        wood += [move(one, (x, y, 0)) for one in chair]
        wood.append(box((x * 1.22, y * 1.22, 0.7), (0.35, 0.35, 0.3)))
    cloth = lathe([(rng.uniform(1.2, 1.8), 2.2), (0.02, 2.7)], 10)
    return [part(textured(rng, "stripes", gloss=0), cloth), part(wooden(rng), wood)]


def steps(rng: Rng, wide: float = 4.0, count: int = 10) -> Parts:
    """A flight of stairs that rises along +x, with a handrail."""
    run, rise, tall, numbers = 0.32 * count, 0.17 * count, 0.95, np.arange(1, count + 1)
    blocks = [box((0.32 * i - 0.16, 0, 0.085 * i), (0.32, wide, 0.17 * i)) for i in numbers]
    xs, slope = np.linspace(0.1, run - 0.1, 5), rise / run
    rail = [post(x, 0, x * slope, x * slope + tall, 0.02) for x in xs]
    rail.append(tube([(0, 0, tall), (run, 0, rise + tall)], 0.025))
    sides = both(lambda s: [move(one, (0, s * wide / 2, 0)) for one in rail])
    stone = textured(rng, "bricks", np.full(3, rng.uniform(0.4, 0.7)), 0)
    return [part(stone, blocks), part(metallic(rng), sides)]


def cables(rng: Rng, wide: float, length: float = 60.0) -> Parts:
    """Lines, lamps and pennants hung across a street that runs along x."""
    lines, hung = [], []
    for x in np.arange(-length / 2, length / 2, rng.uniform(5, 12)):
        h, sag = span(rng, (4.5, 9), (0.2, 1))
        line = hanging((x, -wide / 2, h), (x + rng.normal(0, 1), wide / 2, h), sag)
        lines.append(tube(line, 0.015, 4))
        if chance(rng, 0.6):
            hung += [box(at - [0, 0, 0.25], (0.02, 0.35, 0.45)) for at in line[1:-1]]
        else:
            hung.append(rounded_box(line[4] - [0, 0, 0.15], (0.25, 0.25, 0.12), 0.5))
    return [part(painted(rng, "dark", 0), lines), part(painted(rng, "any", 0), hung)]


def ground_of(heights: np.ndarray, size: float, tile: float) -> Mesh:
    """A square grid of heights [N, N] as ground, `size` metres wide, centred on the origin."""
    axis = np.linspace(-size / 2, size / 2, len(heights))
    x, y = np.meshgrid(axis, axis, indexing="ij")
    return sheet(np.stack([x, y, heights], -1), np.stack([x, y], -1) / tile)


def terrain(
    rng: Rng, size: float, height: float, base: int = 3, flat_radius: float = 0.0
) -> tuple[Mesh, np.ndarray]:
    """Rolling ground centred on the origin, and its heights [128, 128] for `ground_height`."""
    heights = (noise(rng, base, 6, 0.45)[::2, ::2] - 0.5) * height
    if flat_radius:
        axis = np.linspace(-size / 2, size / 2, 128)
        away = np.hypot(axis[:, None], axis)
        heights = heights * np.clip(away / flat_radius - 1, 0, 1)
    return ground_of(heights, size, rng.uniform(1.5, 5)), heights


def ground_height(heights: np.ndarray, size: float, x: float, y: float) -> float:
    """Height of the nearest grid point of a `terrain` of that size."""
    count = len(heights) - 1
    i, j = (int(np.clip(round((v / size + 0.5) * count), 0, count)) for v in (x, y))
    return float(heights[i, j])


def water(size: float, level: float) -> Part:
    """A still, dark, reflecting surface."""
    surface = quad((-size / 2, -size / 2, level), (size, 0, 0), (0, size, 0), 8)
    return part(Material("plastic", np.array([0.1, 0.17, 0.2])), surface)
