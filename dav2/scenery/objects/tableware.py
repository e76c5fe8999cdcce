"""Things on tables."""

import numpy as np

from dav2.scenery.kit import *


def turned(radius: float, height: float, *profile: tuple[float, float]) -> Mesh:
    """Turn a profile about z: points (outwards, up) in units of a radius and a height."""
    return lathe(np.maximum(np.multiply(profile, (radius, height)), (1e-4, -np.inf)), 24)


def handle(at: Vector, radius: float) -> Mesh:
    """Make the ring at the side of a cup."""
    return torus(at, radius, 0.007, axis=(0, 1, 0), segments=18, sides=6)


def bottle(rng: Rng) -> Parts:
    r, h = span(rng, (0.03, 0.06), (0.18, 0.34))
    body = turned(r, h, (0, 0), (1, 0), (1, 0.6), (0.35, 0.78), (0.32, 1), (0, 1))
    return [part(GLASS if chance(rng, 0.4) else painted(rng, gloss=1), body)]


def vase(rng: Rng) -> Parts:
    h = rng.uniform(0.12, 0.5)
    z = np.linspace(0, h, 14)
    radius = h * (0.22 + 0.1 * np.sin(z / h * rng.uniform(2, 7) + angle_of(rng)))
    surface = GLASS if chance(rng, 0.2) else textured(rng, gloss=0.6)
    return [part(surface, lathe(np.c_[radius, z], 24, 0.3))]


def mug(rng: Rng) -> Parts:
    r, h = span(rng, (0.03, 0.045), (0.07, 0.11))
    cup = turned(r, 1, (0, 0), (1, 0), (1, h), (0.88, h), (0.85, 0.01), (0, 0.01))
    ear = handle((r + h * 0.12, 0, h * 0.5), h * 0.3)
    saucer = turned(r, 1, (0, 0), (1, 0.001), (2.2, 0.012), (2.2, 0.016), (0, 0.004))
    parts = [part(painted(rng, gloss=1), cup, ear), part(painted(rng, gloss=1), saucer)]
    return parts if chance(rng, 0.5) else parts[:1]


def wine_glass(rng: Rng) -> Parts:
    h = rng.uniform(0.14, 0.24)
    outside = [(0, 0), (35, 0.01), (4, 0.05), (4, 0.5), (30, 0.62), (38, 0.8), (30, 1)]
    inside = [(28.5, 1), (36.5, 0.8), (28, 0.63), (0, 0.53)]
    return [part(GLASS, turned(0.001, h, *outside, *inside))]


def bowl(rng: Rng) -> Parts:
    """A bowl, with fruit in it at times."""
    r = rng.uniform(0.08, 0.16)
    body = turned(r, r, (0.4, 0), (0.8, 0.25), (1, 0.6), (0.95, 0.6), (0.75, 0.28), (0, 0.1))
    parts = [part(painted(rng, gloss=1), body)]
    for _ in range(some(rng, 0, 6)):
        size = rng.uniform(0.025, 0.04)
        at = ring(1, r * 0.45, r * 0.4 + size, angle_of(rng))[0]
        parts.append(part(painted(rng, "any", 0.9), blob(rng, at, size, 0.06, 10)))
    return parts


def ball(rng: Rng) -> Parts:
    r = rng.uniform(0.04, 0.2)
    surface = GLASS if chance(rng, 0.12) else MIRROR if chance(rng, 0.1) else textured(rng)
    return [part(surface, ellipsoid((0, 0, r), r, 18))]


def parcel(rng: Rng) -> Parts:
    size = rng.uniform(0.08, 0.5, 3)
    return [part(textured(rng), box((0, 0, size[2] / 2), size, 0.5))]


def books(rng: Rng) -> Parts:
    parts, z = [], 0.0
    for _ in range(some(rng, 2, 6)):
        w, d, h = span(rng, (0.14, 0.3), (0.1, 0.22), (0.015, 0.05))
        book = move(box((0, 0, z + h / 2), (w, d, h), 0.3), turn=rotation("z", rng.normal(0, 0.25)))
        parts.append(part(painted(rng) if chance(rng, 0.6) else textured(rng, "poster"), book))
        z += h
    return parts


def monitor(rng: Rng) -> Parts:
    """A screen on its foot, with a keyboard."""
    w = rng.uniform(0.45, 0.75)
    h = w * 0.58
    body = [box((0, 0, 0.12 + h / 2), (w, 0.03, h)), box((0, 0.03, 0.1), (0.05, 0.03, 0.2))]
    foot = box((0, 0.03, 0.008), (0.24, 0.18, 0.016))
    screen = quad((-w / 2 + 0.012, -0.017, 0.132), (w - 0.024, 0, 0), (0, 0, h - 0.024), w)
    keyboard = part(painted(rng, "dark"), box((0, -0.22, 0.01), (0.42, 0.13, 0.018), 0.03))
    picture = textured(rng, "poster", gloss=1)
    return [part(painted(rng, "dark"), body, foot), part(picture, screen), keyboard]


def glass_ball(rng: Rng) -> Parts:
    return [part(GLASS if chance(rng, 0.6) else MIRROR, ellipsoid((0, 0, 0.12), 0.12, 24))]


def standing_pane(rng: Rng) -> Parts:
    w, h = rng.uniform(0.15, 0.4, 2)
    pane = quad((-w / 2, 0, 0.01), (w, 0, 0), (0, 0, h))
    foot = box((0, 0, 0.006), (w, 0.05, 0.012))
    return [part(PANE if chance(rng, 0.6) else MIRROR, pane), part(wooden(rng), foot)]


def pot(rng: Rng) -> Parts:
    r = rng.uniform(0.06, 0.12)
    body = turned(r, 1, (0, 0), (1, 0), (1.05, r), (1, r), (0.95, 0.01), (0, 0.01))
    return [part(metallic(rng), body)]


def laptop(rng: Rng) -> Parts:
    hinge, lean = (0, 0.11, 0.015), rotation("x", -0.35)
    lid = move(box((0, 0, 0.105), (0.32, 0.008, 0.21)), hinge, lean)
    screen = move(quad((-0.15, -0.006, 0.01), (0.3, 0, 0), (0, 0, 0.19), 0.3), hinge, lean)
    keys = quad((-0.14, -0.06, 0.0195), (0.28, 0, 0), (0, 0.13, 0), 0.1)
    body = part(metallic(rng), box((0, 0, 0.01), (0.32, 0.22, 0.018)), lid)
    black, picture = textured(rng, "tiles", np.full(3, 0.05), 0), textured(rng, "poster", gloss=1)
    return [body, part(picture, screen), part(black, keys)]


def desk_lamp(rng: Rng) -> Parts:
    h, bend = span(rng, (0.25, 0.35), (-0.1, 0.1))
    joints = [(0, 0, 0.02), (0, 0.1 + bend, h), (0, -0.14, h + 0.14)]
    shade = move(lathe([(0.02, 0), (0.07, 0.1)], 16), joints[2], rotation("x", np.pi - 0.4))
    foot = turned(0.08, 0.02, (0, 0), (1, 0), (1, 1), (0, 1))
    return [part(painted(rng, gloss=0.7), foot, tube(joints, 0.008), shade)]


def globe(rng: Rng) -> Parts:
    r = rng.uniform(0.1, 0.16)
    at = (0, 0, r + 0.06)
    earth = part(textured(rng, "chart", gloss=0.6), ellipsoid(at, r, 16))
    foot = turned(r, 1, (0, 0), (0.6, 0), (0.5, 0.02), (0.1, 0.03), (0.1, 0.06), (0, 0.06))
    meridian = torus(at, r * 1.05, 0.006, axis=(0.4, 1, 0), segments=24, sides=5)
    return [earth, part(metallic(rng), foot, meridian)]


def candle(rng: Rng) -> Parts:
    h, r = span(rng, (0.08, 0.28), (0.012, 0.035))
    foot = [(0, 0), (0.05, 0), (0.012, 0.03), (0.012, 0.1)]
    stick = turned(1, 1, *foot, (r * 1.3, 0.12), (0, 0.12))
    wax = turned(r, 1, (0, 0.12), (1, 0.12), (1, 0.12 + h), (0, 0.12 + h))
    return [part(metallic(rng), stick), part(painted(rng, "pastel", 0.4), wax)]


SMALL = (bottle, vase, mug, wine_glass, bowl, ball, parcel, books)
