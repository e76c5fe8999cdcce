"""Kitchen furniture: the back is at y = 0, so that units stand in a row."""

import numpy as np

from dav2.scenery.kit import *
from dav2.scenery.objects.kitchenware import BLACK, CHROME, STEEL
from dav2.scenery.objects.tableware import turned
from dav2.scenery.objects.thin import hoop, rectangle, wires

DEPTH, HEIGHT, PLINTH = 0.58, 0.88, 0.1  # of the cupboards below a counter


def base_unit(rng: Rng, width: float = 0.6, front: Material | None = None) -> Parts:
    """A cupboard with a door, or drawers, below the counter."""
    tall, count = HEIGHT - PLINTH, pick(rng, (1, 1, 2, 3, 4))
    high, zs = tall / count, HEIGHT - tall / 2 + row(count, tall)
    leaves = [box((0, -DEPTH - 0.01, z), (width - 0.008, 0.02, high - 0.008)) for z in zs]
    pulls = [(-0.07, -DEPTH - 0.04, z + high / 2 - 0.07) for z in zs]
    body = box((0, -DEPTH / 2, PLINTH + tall / 2), (width, DEPTH, tall))
    plinth = box((0, -DEPTH / 2 + 0.03, PLINTH / 2), (width, DEPTH - 0.06, PLINTH))
    pull = part(STEEL, wires(pulls, (0.14, 0, 0), 0.006))
    return [part(front or painted(rng), body, leaves), part(BLACK, plinth), pull]


def wall_unit(rng: Rng, width: float = 0.6, front: Material | None = None) -> Parts:
    """A cupboard for the wall above a counter, 0.7 m high, standing on its own z = 0."""
    body = box((0, -0.16, 0.35), (width, 0.32, 0.7))
    door = box((0, -0.33, 0.35), (width - 0.008, 0.02, 0.692))
    pull = rods((width * 0.4, -0.36, 0.05), (width * 0.4, -0.36, 0.2), 0.006)
    return [part(front or painted(rng), body, door), part(STEEL, pull)]


def sink(rng: Rng) -> Parts:
    """A basin and a tap, to be set on a counter; the basin rises 12 mm above it."""
    w, d = rng.uniform(0.4, 0.55), 0.38
    rim = both(lambda s: box((s * w / 2, -0.3, 0.006), (0.03, d, 0.012)))
    rim += both(lambda s: box((0, -0.3 + s * d / 2, 0.006), (w + 0.03, 0.03, 0.012)))
    bow = ring(14, 0.09)[:8, [2, 0, 1]] + (0, -0.16, 0.22)
    tap = [post(0, -0.07, 0, 0.22, 0.013), tube([*bow, bow[-1] - (0, 0, 0.05)], 0.011)]
    lever = rods((0, -0.07, 0.08), (0.09, -0.07, 0.12), 0.007)
    basin = part(Material("diffuse", np.full(3, 0.15)), box((0, -0.3, 0.002), (w, d, 0.004)))
    return [part(STEEL, rim), basin, part(CHROME, tap, lever)]


def stove(rng: Rng) -> Parts:
    """An oven with a hob, as wide as a unit, as high as the counter."""
    body = painted(rng, "white", 1) if chance(rng, 0.5) else STEEL
    high, y = HEIGHT + 0.04, -DEPTH - 0.02
    window = box((0, y - 0.005, 0.45), (0.5, 0.01, 0.4))
    hob = box((0, -DEPTH / 2, high + 0.002), (0.56, DEPTH - 0.04, 0.004))
    plate = torus((0, -0.3, high + 0.008), 0.08, 0.007, segments=18, sides=5)
    plates = corners(lambda x, y: move(plate, (x, y, 0)), 0.14, 0.13)
    knob = cylinder((0, y, high - 0.06), (0, y - 0.03, high - 0.06), 0.02, segments=12)
    knobs = [move(knob, (x, 0, 0)) for x in np.linspace(-0.22, 0.22, 5)]
    return [
        part(body, box((0, y / 2, high / 2), (0.598, -y, high))),
        part(BLACK, window, hob),
        part(BLACK if body is STEEL else STEEL, plates, knobs),
        part(CHROME, rods((-0.24, y - 0.04, 0.7), (0.24, y - 0.04, 0.7), 0.009)),
    ]


def hood(rng: Rng) -> Parts:
    """An extractor: a sloped box with a chimney; it stands on its own z = 0."""
    w = rng.uniform(0.58, 0.6)
    slope = extrude([(-w / 2, 0), (w / 2, 0), (0.13, 0.28), (-0.13, 0.28)], 0.45)
    chimney = box((0, -0.16, 0.6), (0.24, 0.24, 0.7))
    surface = STEEL if chance(rng, 0.6) else painted(rng, gloss=1)
    return [part(surface, move(slope, (0, -0.23, 0)), chimney)]


def fridge(rng: Rng) -> Parts:
    w, h, d = span(rng, (0.58, 0.85), (1.5, 1.95), (0.58, 0.68))
    split = h * rng.uniform(0.3, 0.7)
    paint = painted(rng, pick(rng, {"white": 0.6, "any": 0.4}), 1)
    body = [
        box((0, -d / 2, h / 2), (w, d, h)),
        box((0, -d - 0.025, split / 2 + 0.025), (w, 0.05, split - 0.062)),
        box((0, -d - 0.025, (split + h) / 2), (w, 0.05, h - split - 0.012)),
    ]
    grips = wires([(-w * 0.42, -d - 0.08, split + z) for z in (0.05, -0.4)], (0, 0, 0.35), 0.012)
    parts = [part(STEEL if chance(rng, 0.35) else paint, body), part(CHROME, grips)]
    notes = [
        box((x, -d - 0.052, z), (0.09, 0.002, 0.12), 0.15)
        for x, z in grid((-0.1, 0.05, 0.2), (split + 0.2, split + 0.45))
        if chance(rng, 0.4) and z < h - 0.1
    ]
    return [*parts, part(painted(rng, "any"), notes)] if notes else parts


def pan_rail(rng: Rng) -> Parts:
    """A rail with pans and ladles on hooks; it hangs from z = 0, its back at y = 0."""
    w = rng.uniform(0.6, 1.3)
    rail = [rods((-w / 2, -0.06, 0), (w / 2, -0.06, 0), 0.008)]
    rail += both(lambda s: rods((s * w * 0.45, 0, 0), (s * w * 0.45, -0.06, 0), 0.006))
    pans = []
    for x in np.arange(-w / 2 + 0.08, w / 2 - 0.05, rng.uniform(0.1, 0.2)):
        length, r = span(rng, (0.12, 0.25), (0.05, 0.085))
        rail.append(rods((x, -0.06, -0.01), (x, -0.06, -length), 0.006))
        if chance(rng, 0.5):
            pans.append(cylinder((x, -0.065, -length - r), (x, -0.03, -length - r), r, segments=18))
        else:
            rail.append(ellipsoid((x, -0.06, -length - 0.02), (0.03, 0.01, 0.04), 8))
    parts = [part(metallic(rng), rail)]
    return [*parts, part(BLACK if chance(rng, 0.4) else metallic(rng), pans)] if pans else parts


def island_rack(rng: Rng) -> Parts:
    """A frame on chains with pans below; it hangs from z = 0."""
    w, d, drop = rng.uniform(0.6, 1.1), 0.4, rng.uniform(0.4, 0.6)
    bends = rectangle(w, d, -drop)
    rack, pans = [hoop(w, d, -drop, 0.009), rods(bends * (0.5, 0.5, 0), bends, 0.003, 4)], []
    for x in np.arange(-w / 2 + 0.1, w / 2 - 0.05, 0.2):
        length, r = span(rng, (0.12, 0.22), (0.06, 0.11))
        y, z = pick(rng, (-d / 2, d / 2)), -drop - length
        rack.append(rods((x, y, -drop), (x, y, z), 0.005))
        pans.append(move(turned(r, r, (0, 0), (1, 0), (1.05, 0.6)), (x, y, z - r * 0.6)))
    return [part(BLACK, rack), part(metallic(rng), pans)]
