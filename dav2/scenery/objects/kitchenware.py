"""Things in kitchens."""

import numpy as np

from dav2.scenery.kit import *
from dav2.scenery.objects.tableware import handle, turned

BLACK = Material("plastic", np.full(3, 0.03))
CHROME, STEEL = Material("metal", metal="Cr"), Material("metal", metal="Al")


def _plate(r: float) -> Mesh:
    return turned(r, 1, (0, 0), (0.6, 0.001), (1, 0.017), (1, 0.021), (0.6, 0.006), (0, 0.005))


def _bread(rng: Rng) -> Material:
    return textured(rng, "mottled", np.array([0.61, 0.38, 0.175]), 0)


def kettle(rng: Rng) -> Parts:
    r, h = span(rng, (0.07, 0.1), (0.14, 0.22))
    body = turned(r, h, (0, 0), (1, 0), (1.05, 0.3), (0.6, 1), (0, 1.05))
    spout = cylinder((r * 0.8, 0, h * 0.55), (r * 1.6, 0, h * 0.95), 0.018, 0.011)
    arch = ring(16, 1)[:9, [0, 2, 1]] * (r * 0.6, 0, r * 0.9) + (0, 0, h * 0.9)
    grips = [tube(arch, 0.009), ellipsoid((0, 0, h * 1.08), 0.014, 8)]
    surface = metallic(rng) if chance(rng, 0.6) else painted(rng, "any", 1)
    return [part(surface, body, spout), part(BLACK, grips)]


def teapot(rng: Rng) -> Parts:
    r = rng.uniform(0.06, 0.09)
    body = ellipsoid((0, 0, r * 0.85), (r, r, r * 0.85), 14)
    spout = cylinder((r * 0.8, 0, r * 0.7), (r * 1.6, 0, r * 1.4), 0.016, 0.009)
    ear, knob = handle((-r * 1.15, 0, r * 0.9), r * 0.5), ellipsoid((0, 0, r * 1.75), 0.013, 8)
    return [part(textured(rng, ("plain", "dots", "wallpaper"), gloss=1), body, spout, ear, knob)]


def frying_pan(rng: Rng) -> Parts:
    r = rng.uniform(0.1, 0.15)
    dish = turned(r, 1, (0, 0), (0.8, 0), (1, 0.045), (0.97, 0.045), (0.78, 0.006), (0, 0.006))
    grip = rods((r, 0, 0.04), (r * 2.4, 0, 0.07), 0.011)
    return [
        part(BLACK if chance(rng, 0.5) else metallic(rng), dish),
        part(BLACK if chance(rng, 0.6) else wooden(rng), grip),
    ]


def lidded_pot(rng: Rng) -> Parts:
    r, h = span(rng, (0.09, 0.14), (0.09, 0.18))
    body = turned(r, h, (0, 0), (1, 0), (1, 1), (1.04, 1), (0.7, 1.15), (0, 1.2))
    ears = rods((-r * 1.3, 0, h * 0.8), (r * 1.3, 0, h * 0.8), 0.009)
    knob = ellipsoid((0, 0, h * 1.25), 0.02, 8)
    surface = metallic(rng) if chance(rng, 0.6) else painted(rng, "any", 1)
    return [part(surface, body), part(BLACK, ears, knob)]


def jar(rng: Rng) -> Parts:
    """A glass with something in it and a lid."""
    r, h = span(rng, (0.035, 0.06), (0.1, 0.24))
    fill = post(0, 0, 0.006, rng.uniform(0.2, 0.85) * h, r * 0.9, 16)
    inside = part(textured(rng, ("gravel", "sand", "mottled", "leaves"), gloss=0), fill)
    lid = part(metallic(rng), post(0, 0, h, h + 0.025, r * 0.95, 18))
    return [part(GLASS, post(0, 0, 0, h, r, 20)), inside, lid]


def plates(rng: Rng) -> Parts:
    plate = _plate(rng.uniform(0.09, 0.14))
    pile = [move(plate, (0, 0, 0.008 * i)) for i in range(some(rng, 1, 7))]
    return [part(painted(rng, pick(rng, ("white", "any")), 1), pile)]


def meal(rng: Rng) -> Parts:
    r = rng.uniform(0.11, 0.14)
    parts = [part(painted(rng, "white", 1), _plate(r))]
    for _ in range(some(rng, 2, 4)):
        x, y = rng.uniform(-0.4, 0.4, 2) * r
        size = span(rng, (0.02, 0.05), (0.02, 0.04), (0.012, 0.03))
        food = textured(rng, ("mottled", "rock", "leaves", "plain"), gloss=0.5)
        parts.append(part(food, blob(rng, (x, y, size[2]), size, 0.25, 10)))
    cutlery = both(lambda s: box((s * r * 1.25, 0, 0.003), (0.015, 0.19, 0.003)))
    return [*parts, part(CHROME, cutlery)]


def cutting_board(rng: Rng) -> Parts:
    w, d = span(rng, (0.25, 0.4), (0.18, 0.26))
    parts = [part(wooden(rng), box((0, 0, 0.01), (w, d, 0.02), 0.4))]
    for _ in range(some(rng, 1, 5)):
        x, y = rng.uniform(-0.35, 0.35, 2) * (w, d)
        size = span(rng, (0.03, 0.06), (0.02, 0.04), (0.02, 0.03))
        food = blob(rng, (x, y, 0.02 + size[2] * 0.9), size, 0.1, 10)
        parts.append(part(painted(rng, "any", 0.7), food))
    return parts


def knife_block(rng: Rng) -> Parts:
    lean = rotation("x", 0.35)
    grip, slots = box((0, 0, 0.27), (0.018, 0.026, 0.1)), grid((-0.03, 0, 0.03), (-0.03, 0.02))
    grips = [move(grip, lean @ (x, y, 0) + (0, 0.02, 0), lean) for x, y in slots]
    block = move(box((0, 0, 0.12), (0.1, 0.1, 0.2), 0.3), (0, 0.02, 0), lean)
    return [part(wooden(rng), block), part(BLACK, grips)]


def toaster(rng: Rng) -> Parts:
    body = rounded_box((0, 0, 0.1), (0.14, 0.085, 0.09), 0.45)
    lever, foot = box((0.145, 0, 0.1), (0.02, 0.03, 0.015)), box((0, 0, 0.006), (0.24, 0.14, 0.012))
    toast = both(lambda s: rounded_box((0, s * 0.035, 0.19), (0.055, 0.009, 0.05), 0.5))
    surface = metallic(rng) if chance(rng, 0.5) else painted(rng, "any", 1)
    return [part(surface, body), part(BLACK, lever, foot), part(_bread(rng), toast)]


def microwave(rng: Rng) -> Parts:
    w, h, d = *span(rng, (0.42, 0.52), (0.25, 0.3)), 0.34
    door = box((-w * 0.12, -d / 2 - 0.004, h / 2), (w * 0.68, 0.008, h * 0.8))
    zs = (h * 0.25, h * 0.45, h * 0.7)
    keys = [box((w * 0.36, -d / 2 - 0.006, z), (w * 0.16, 0.012, 0.03)) for z in zs]
    body = part(painted(rng, pick(rng, ("white", "dark")), 0.8), box((0, 0, h / 2), (w, d, h)))
    return [body, part(BLACK, door), part(painted(rng, "neutral"), keys)]


def coffee_machine(rng: Rng) -> Parts:
    body = [box((0, 0.07, 0.17), (0.2, 0.12, 0.34)), box((0, -0.03, 0.3), (0.2, 0.2, 0.08))]
    foot = box((0, -0.04, 0.015), (0.2, 0.2, 0.03))
    can = turned(1, 1, (0, 0.03), (0.055, 0.03), (0.06, 0.11), (0.04, 0.16), (0, 0.16))
    can, ear = move(can, (0, -0.06, 0.001)), handle((0.085, -0.06, 0.1), 0.035)
    return [part(painted(rng, gloss=1), body, foot), part(GLASS, can), part(BLACK, ear)]


def scales(rng: Rng) -> Parts:
    body = [rounded_box((0, 0, 0.055), (0.1, 0.09, 0.055), 0.4), post(0, 0, 0.1, 0.13, 0.03)]
    outside, inside = [(20, 0.12), (100, 0.15), (130, 0.2)], [(125, 0.2), (90, 0.155), (0, 0.13)]
    bowl = part(metallic(rng), turned(0.001, 1, *outside, *inside))
    dial = cylinder((0, -0.088, 0.06), (0, -0.094, 0.06), 0.04, segments=18)
    return [part(painted(rng, "any", 0.8), body), bowl, part(painted(rng, "white", 0), dial)]


def utensils(rng: Rng) -> Parts:
    """Spoons and whisks in a crock."""
    crock = turned(1, 1, (0, 0), (0.055, 0), (0.06, 0.14), (0.052, 0.14), (0.048, 0.01), (0, 0.01))
    angle = rng.uniform(0, 2 * np.pi, 7)
    tips = np.c_[0.09 * np.cos(angle), 0.09 * np.sin(angle), rng.uniform(0.25, 0.33, 7)]
    spoons = [ellipsoid(tip, (0.025, 0.008, 0.035), 8) for tip in tips[:4]]
    spoons.append(rods(tips, (0, 0, 0.02), 0.005))
    surface = wooden(rng) if chance(rng, 0.5) else metallic(rng)
    return [part(textured(rng, gloss=0.7), crock), part(surface, spoons)]


def loaf(rng: Rng) -> Parts:
    board = box((0, 0, 0.008), (0.34, 0.2, 0.016), 0.3)
    loaf = blob(rng, (0, 0, 0.065), (0.14, 0.06, 0.05), 0.1, 14)
    return [part(wooden(rng), board), part(_bread(rng), loaf)]


def fruit(rng: Rng) -> Parts:
    r, long = span(rng, (0.025, 0.05), (1, 1.6))
    fruits = []
    for i in range(some(rng, 1, 5)):
        at = (1.9 * r * long * (i % 3 - 1) + rng.normal(0, 0.002), 2.1 * r * (i // 3), r * 0.97)
        fruits.append(blob(rng, at, (r * long * 0.9, r, r), 0.05, 11))
    return [part(textured(rng, "mottled", gloss=0.6), fruits)]


def pitcher(rng: Rng) -> Parts:
    r, h = span(rng, (0.05, 0.07), (0.18, 0.28))
    outside = [(0, 0), (1, 0), (1.1, 0.35), (0.7, 0.8), (0.85, 1)]
    inside = [(0.8, 1), (0.64, 0.8), (1, 0.35), (0.9, 0.04), (0, 0.04)]
    ear = handle((-r * 1.15, 0, h * 0.55), h * 0.25)
    surface = GLASS if chance(rng, 0.4) else painted(rng, gloss=1)
    return [part(surface, turned(r, h, *outside, *inside), ear)]


def tumbler(rng: Rng) -> Parts:
    r, h = span(rng, (0.03, 0.04), (0.09, 0.15))
    outside, inside = [(0, 0), (0.8, 0), (1, h)], [(0.94, h), (0.74, 0.012), (0, 0.012)]
    return [part(GLASS, turned(r, 1, *outside, *inside))]


def tin(rng: Rng) -> Parts:
    r, h = span(rng, (0.035, 0.055), (0.08, 0.16))
    lids = [post(0, 0, z, z + 0.006, r * 1.03, 18) for z in (0, h - 0.006)]
    label = lathe([(r, 0.003), (r, h)], 20, 0.3)
    return [part(textured(rng, "poster", gloss=0.5), label), part(STEEL, lids)]


def carton(rng: Rng) -> Parts:
    """A packet with a gable."""
    w, d, h = span(rng, (0.06, 0.16), (0.05, 0.08), (0.16, 0.28))
    roof = both(lambda s: quad((-w / 2, s * d / 2, h), (w, 0, 0), (0, -s * d / 2, d * 0.5), 0.2))
    return [part(textured(rng, "poster", gloss=0.4), box((0, 0, h / 2), (w, d, h), 0.2), roof)]
