"""What else stands in homes: seats, chests, heating, instruments, things on the floor."""

import numpy as np

from dav2.scenery.kit import *

BLACK = Material("plastic", np.full(3, 0.03))
SOOT = Material("diffuse", np.full(3, 0.05))


def cloth(rng: Rng) -> Material:
    """Some cover of cloth."""
    return textured(rng, ("fabric", "plain", "stripes", "dots", "knitted", "tartan"), gloss=0)


def armchair(rng: Rng) -> Parts:
    w, d, h = span(rng, (0.3, 0.42), (0.3, 0.4), (0.75, 1.05))
    seat = rounded_box((0, 0, 0.3), (w, d, 0.14))
    back = rounded_box((0, d - 0.08, h / 2 + 0.1), (w, 0.1, h / 2 - 0.1))
    arms = both(lambda s: rounded_box((s * w, 0, 0.4), (0.09, d, 0.2), 0.5))
    legs = corners(lambda x, y: post(x, y, 0, 0.2, 0.02, 6), w * 0.8, d * 0.8)
    return [part(cloth(rng), seat, back, arms), part(wooden(rng), legs)]


def stool(rng: Rng) -> Parts:
    h, r = span(rng, (0.42, 0.8), (0.14, 0.19))
    feet, seat = ring(some(rng, 3, 4), r), post(0, 0, h - 0.02, h + 0.02, r, 20)
    legs = rods(feet, feet * 0.7 + [0, 0, h], 0.014, 6)
    rung = torus((0, 0, h * 0.35), r * 0.9, 0.008, sides=5)
    frame, cover = pick(rng, (metallic, wooden)), pick(rng, (cloth, wooden))
    return [part(frame(rng), legs, rung), part(cover(rng), seat)]


def desk(rng: Rng) -> Parts:
    w, d, h = span(rng, (1, 1.7), (0.55, 0.8), (0.7, 0.76))
    side, y = pick(rng, (-1, 1)), d / 2 - 0.06
    x, zs = side * (w / 2 - 0.22), (0.15 * h + 0.03, 0.5 * h, 0.82 * h)
    chest, top = box((x, 0, h / 2), (0.4, d * 0.9, h)), box((0, 0, h + 0.015), (w, d, 0.03))
    return [
        part(wooden(rng), chest, top),
        part(painted(rng), [box((x, -d * 0.45 - 0.01, z), (0.37, 0.02, h * 0.28)) for z in zs]),
        part(metallic(rng), both(lambda s: post(side * (0.05 - w / 2), s * y, 0, h, 0.02, 5))),
    ]


def office_chair(rng: Rng) -> Parts:
    h, feet = rng.uniform(0.42, 0.52), ring(5, 0.3, 0.07)
    legs = rods(feet, (0, 0, 0.1), 0.018, 6)
    castors = [ellipsoid((x, y, 0.03), 0.03, 7) for x, y, _ in feet]
    stem = [post(0, 0, 0.1, h, 0.025), rods((0, 0.22, h), (0, 0.26, h + 0.3), 0.02, 6)]
    seat = rounded_box((0, 0, h + 0.03), (0.24, 0.24, 0.05), 0.5)
    back = rounded_box((0, 0.26, h + 0.4), (0.22, 0.05, 0.28), 0.5)
    return [part(painted(rng, "dark", 0.6), legs, castors, stem), part(cloth(rng), seat, back)]


def wardrobe(rng: Rng) -> Parts:
    (w, h, d), doors = span(rng, (0.8, 1.8), (1.8, 2.2), (0.5, 0.62)), some(rng, 2, 3)
    wide, y, low, xs = w / doors, -d / 2, h * 0.48, row(doors, w)
    fronts = [box((x, y - 0.01, h / 2 + 0.03), (wide - 0.012, 0.02, h - 0.12)) for x in xs]
    at = xs + 0.35 * wide * (-1) ** np.arange(doors)
    body = wooden(rng) if chance(rng, 0.6) else painted(rng, "pastel")
    return [
        part(body, box((0, 0, h / 2), (w, d, h))),
        part(body if chance(rng, 0.5) else textured(rng), fronts),
        part(metallic(rng), [post(x, y - 0.05, low, low + 0.15, 0.008, 5) for x in at]),
    ]


def drawers(rng: Rng) -> Parts:
    w, h, d, count = *span(rng, (0.5, 1.2), (0.6, 1.1)), 0.45, some(rng, 3, 5)
    y, zs = -d / 2 - 0.035, row(count, h - 0.1) + h / 2 + 0.01
    fronts = [box((0, y + 0.025, z), (w - 0.03, 0.02, (h - 0.1) / count - 0.015)) for z in zs]
    body = wooden(rng) if chance(rng, 0.6) else painted(rng)
    return [
        part(body, box((0, 0, h / 2), (w, d, h))),
        part(body if chance(rng, 0.4) else painted(rng), fronts),
        part(metallic(rng), [cylinder((-0.08, y, z), (0.08, y, z), 0.008) for z in zs]),
    ]


def television(rng: Rng) -> Parts:
    """A flat screen on a low board."""
    w, h = span(rng, (0.9, 1.6), (0.35, 0.55))
    tall, foot = w * 0.57, box((0, 0, h + 0.04), (0.4, 0.2, 0.08))
    screen = quad((-w / 2 + 0.02, -0.026, h + 0.1), (w - 0.04, 0, 0), (0, 0, tall - 0.04), w)
    shown = textured(rng, "poster", gloss=1) if chance(rng, 0.5) else painted(rng, "dark", 1)
    return [
        part(wooden(rng), box((0, 0, h / 2), (w * 1.1, 0.42, h))),
        part(BLACK, foot, box((0, 0, h + 0.08 + tall / 2), (w, 0.05, tall))),
        part(shown, screen),
    ]


def radiator(rng: Rng) -> Parts:
    w, h, count = *span(rng, (0.6, 1.4), (0.4, 0.7)), some(rng, 8, 17)
    rib = rounded_box((0, 0, 0.1 + h / 2), (w / count * 0.4, 0.06, h / 2), 0.5)
    ribs = [move(rib, (x, 0, 0)) for x in np.linspace(-w / 2, w / 2, count)]
    return [part(painted(rng, "white", 0.7), ribs, post(w / 2, 0, 0, 0.16, 0.012))]


def fireplace(rng: Rng) -> Parts:
    w, h, d = *span(rng, (1.1, 1.6), (0.9, 1.2)), 0.4
    jambs = both(lambda s: box((s * w * 0.4, 0, h / 2), (w * 0.2, d, h)))
    hearth, breast = box((0, 0, 0.03), (w, d, 0.06)), box((0, 0, h * 0.85), (w * 0.62, d, h * 0.3))
    mantel = box((0, -0.04, h + 0.03), (w * 1.1, d + 0.08, 0.06))
    logs = [cylinder((-0.2, y, 0.125 + y / 2), (0.2, -y, 0.12), 0.045) for y in (-0.05, 0.05)]
    stone = textured(rng, ("bricks", "marble", "rock", "plain"), gloss=0)
    return [
        part(stone, jambs, hearth, breast, mantel),
        part(SOOT, quad((-w * 0.3, d / 2 - 0.01, 0.05), (w * 0.6, 0, 0), (0, 0, h * 0.66))),
        part(textured(rng, "bark", gloss=0), logs),
        part(lamp(rng, rng.uniform(5, 15)), ellipsoid((0, 0, 0.14), (0.12, 0.06, 0.08), 8)),
    ]


def coat_stand(rng: Rng) -> Parts:
    h, out = rng.uniform(1.6, 1.9), ring(4, 1)
    feet = rods(out * 0.25 + [0, 0, 0.012], (0, 0, 0.2), 0.012)
    hooks = rods(out * 0.14 + [0, 0, h], (0, 0, h - 0.15), 0.009)
    parts = [part(wooden(rng), post(0, 0, 0, h, 0.018), feet, hooks)]
    for at in 0.16 * out[: some(rng, 1, 3)] + [0, 0, h - 0.55]:
        parts.append(part(cloth(rng), blob(rng, at, (0.13, 0.13, 0.45), 0.12, 12)))
    return parts


def piano(rng: Rng) -> Parts:
    body = [box((0, 0.1, 0.6), (1.45, 0.35, 1.2)), box((0, -0.2, 0.66), (1.45, 0.3, 0.12))]
    legs = both(lambda s: box((s * 0.68, -0.28, 0.32), (0.06, 0.08, 0.64)))
    keys = [x for i, x in enumerate(np.linspace(-0.62, 0.62, 52)) if i % 7 not in (2, 6)]
    return [
        part(painted(rng, "dark", 1) if chance(rng, 0.6) else wooden(rng), body, legs),
        part(painted(rng, "white", 1), box((0, -0.24, 0.725), (1.26, 0.15, 0.012))),
        part(BLACK, [box((x, -0.2, 0.735), (0.012, 0.09, 0.02)) for x in keys]),
    ]


def basket(rng: Rng) -> Parts:
    r, h = span(rng, (0.15, 0.3), (0.2, 0.5))
    shape = [(1e-4, 0), (r * 0.8, 0), (r, h), (r * 0.94, h), (r * 0.75, 0.02), (1e-4, 0.02)]
    at = [(*rng.uniform(-0.3, 0.3, 2) * r, h * 0.8) for _ in range(3)]
    return [
        part(textured(rng, "woven", gloss=0), lathe(shape, 24, 0.3)),
        part(cloth(rng), [blob(rng, one, r * 0.5, 0.2, 10) for one in at]),
    ]


def guitar(rng: Rng) -> Parts:
    """Leaning back on its stand."""
    belly = ellipsoid((0, 0, 0.3), (0.19, 0.05, 0.2), 12)
    chest = ellipsoid((0, 0, 0.53), (0.14, 0.05, 0.15), 12)
    neck = [box((0, -0.02, 0.85), (0.05, 0.025, 0.5)), box((0, -0.01, 1.15), (0.08, 0.02, 0.14))]
    strings = [post(x, -0.055, 0.3, 1.12, 0.0012, 3) for x in np.linspace(-0.018, 0.018, 6)]
    feet = [(-0.2, -0.1, 0.02), (0.2, -0.1, 0.02), (0, 0.3, 0.01)]
    upright = [
        part(textured(rng, "wood", gloss=1), belly, chest),
        part(wooden(rng), neck),
        part(metallic(rng), strings),
    ]
    back = rotation("x", -0.2)
    return [
        *(Part(move(mesh, (0, 0, 0.02), back), material) for mesh, material in upright),
        part(painted(rng, "dark", 0.5), rods(feet, (0, 0.1, 0.45), 0.008)),
    ]


def shoes(rng: Rng) -> Parts:
    soles = both(lambda s: rounded_box((s * 0.07, 0, 0.045), (0.045, 0.14, 0.045), 0.6))
    ankles = both(lambda s: rounded_box((s * 0.07, 0.08, 0.09), (0.04, 0.055, 0.06), 0.6))
    return [part(painted(rng, gloss=0.6), soles, ankles)]


def vacuum(rng: Rng) -> Parts:
    bends = [(0, -0.2, 0.2), (0.1, -0.45, 0.35), (0.2, -0.6, 0.6), (0.15, -0.7, 0.95)]
    body = rounded_box((0, 0, 0.16), (0.15, 0.24, 0.13), 0.6)
    nozzle = box((0.1, -0.95, 0.03), (0.3, 0.1, 0.05))
    wheels = both(
        lambda s: cylinder((s * 0.13, 0.12, 0.09), (s * 0.17, 0.12, 0.09), 0.09, None, 14)
    )
    return [
        part(painted(rng, "any", 1), body, nozzle),
        part(painted(rng, "dark", 0.4), tube([*bends, (0.1, -0.95, 0.05)], 0.02)),
        part(SOOT, wheels),
    ]
