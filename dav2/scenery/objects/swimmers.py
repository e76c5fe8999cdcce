"""What swims: the lowest point is on z = 0, the head towards -x."""

import numpy as np

from dav2.scenery.kit import *

BLACK = Material("plastic", np.full(3, 0.03))
AIR = Material("plastic", np.array([0.85, 0.92, 0.95]))


def _grounded(*parts: Part, size: float = 1) -> Parts:
    """Scale a thing and let it touch the ground."""
    return moved(parts, (0, 0, -size * extent(parts)[0][2]), scale=size)


def _fin(root: Vector, tip: Vector, end: Vector, end_tip: Vector, side: int = 1) -> Mesh:
    """Span a fin between its front edge and its rear edge; side -1 mirrors it."""
    return sheet(np.array([[root, tip], [end, end_tip]]) * [1, side, 1])


def _paddle(radii: Vector, at: Vector, turn: float, roll: float = 0) -> Mesh:
    """Draw a flat limb, turned about z after a roll about x."""
    return move(ellipsoid((0, 0, 0), radii, 9), at, rotation("z", turn) @ rotation("x", roll))


def reef_fish(rng: Rng) -> Parts:
    """Draw a fish with fins and eyes, 0.1 to 0.5 m long, slim or as round as a plate."""
    size, h, thick = span(rng, (0.1, 0.5), (0.2, 0.65), (0.1, 0.2))
    body = blob(rng, (0, 0, 0), (0.5, thick, h * 0.5), 0.04, 11)
    body.vertices[:, 1:] *= 1 - 0.6 * np.clip(body.vertices[:, :1] * 2, 0, 1)
    t, wide = thick * 0.9, thick + 0.12
    breast = ((-0.12, t, 0), (0.08, wide, -0.08), (-0.1, t, -0.06), (0.06, wide - 0.02, -0.16))
    fins = [
        _fin((0.38, 0, 0.02), (0.68, 0, 0.28), (0.38, 0, -0.02), (0.68, 0, -0.28)),
        _fin((-0.2, 0, h * 0.42), (0, 0, h * 0.75), (0.3, 0, h * 0.15), (0.35, 0, h * 0.5)),
        _fin((0.05, 0, -h * 0.4), (0.15, 0, -h * 0.7), (0.3, 0, -h * 0.15), (0.32, 0, -h * 0.45)),
        *both(lambda q: _fin(*breast, q)),
    ]
    eyes = both(lambda q: ellipsoid((-0.36, q * thick * 0.62, h * 0.08), 0.035, 6))
    tint = colour(rng, pick(rng, {"reef": 0.7, "neutral": 0.3}))
    skin = textured(rng, ("scales", "stripes", "spots", "plain", "dots", "mottled"), tint)
    fin = painted(rng, "reef", 0)
    return _grounded(part(skin, body), part(fin, fins), part(BLACK, eyes), size=size)


def school(rng: Rng) -> Parts:
    """Draw many small fish that swim the same way."""
    one, count = reef_fish(rng), some(rng, 10, 25)
    spots = rng.normal(0, 1, (count, 3)) * rng.uniform(0.5, 1.4) * [1, 0.8, 0.5]
    size, swarm = 0.14 / np.ptp(one[0].mesh.vertices[:, 0]), Scene()
    copies(swarm, rng, [one], [(at, rng.normal(0, 0.2), size) for at in spots])
    return _grounded(*swarm.parts)


def shark(rng: Rng) -> Parts:
    body = blob(rng, (0, 0, 0), (0.5, 0.085, 0.09), 0.03, 18)
    body.vertices[:, 1] += 0.08 * np.sin(body.vertices[:, 0] * 4)
    breast = ((-0.15, 0.07, -0.03), (0.02, 0.28, -0.09), (-0.02, 0.07, -0.03), (0.06, 0.27, -0.09))
    fins = [
        _fin((0.42, 0.08, 0), (0.62, 0.1, 0.2), (0.42, 0.08, -0.02), (0.58, 0.1, -0.12)),
        _fin((-0.08, 0, 0.07), (0.04, 0, 0.22), (0.08, 0, 0.07), (0.09, 0, 0.2)),
        *both(lambda q: _fin(*breast, q)),
    ]
    skin = matt(rng, "mottled", "neutral")
    return _grounded(part(skin, body, fins), size=rng.uniform(1.2, 3))


def ray(rng: Rng) -> Parts:
    """Draw a manta with beating wings."""
    size, beat = span(rng, (0.5, 1.6), (-0.5, 0.5))
    x, y = np.meshgrid(np.linspace(-0.4, 0.4, 12), np.linspace(-1, 1, 21), indexing="ij")
    inwards = 1 - np.abs(y)
    x = x * inwards**0.8 + 0.25 * np.abs(y)
    thick, bend = 0.14 * inwards * np.sqrt(np.clip(1 - (x / 0.45) ** 2, 0, 1)), beat * y**2
    wings = [sheet(np.stack([x, y, z], -1)) for z in (thick + bend, thick * 0.3 + bend)]
    tail = np.c_[np.linspace(0.35, 1.3, 6), 0.05 * np.sin(np.arange(6)), np.full(6, 0.02)]
    skin = textured(rng, "spots", colour(rng, "dark") + 0.1, 0)
    return _grounded(part(skin, wings, tube(tail, 0.012, 5)), size=size)


def turtle(rng: Rng) -> Parts:
    shell = ellipsoid((0, 0, 0.05), (0.5, 0.4, 0.2), 16)
    limbs = [ellipsoid((-0.62, 0, 0.02), (0.16, 0.11, 0.1), 9)]
    for q in (-1, 1):
        beat = q * rng.normal(0, 0.4)
        limbs.append(_paddle((0.12, 0.36, 0.03), (-0.3, q * 0.55, 0), q * 0.5, beat))
        limbs.append(_paddle((0.09, 0.18, 0.03), (0.42, q * 0.3, -0.02), q * -0.6))
    back = matt(rng, "cracked", "earth")
    skin = matt(rng, "scales", "green")
    return _grounded(part(back, shell), part(skin, limbs), size=rng.uniform(0.4, 0.9))


def jellyfish(rng: Rng) -> Parts:
    r, u, arms = rng.uniform(0.08, 0.35), np.linspace(0, 1, 9), []
    t = u * np.pi / 2
    dome = lathe(np.c_[r * np.sin(t), 0.8 * r * np.cos(t)], 24)
    lobes = 1 + 0.05 * np.cos(8 * np.linspace(0, 2 * np.pi, 25))
    dome.vertices[:, :2] *= np.tile(lobes, 9)[:, None]
    for k, at in enumerate(ring(14, 0.8 * r)):
        sway = np.c_[0.1 * np.sin(u * 9 + k), 0.1 * np.cos(u * 8), -u * rng.uniform(1.5, 4)]
        arms.append(tube(at + r * sway, r * 0.02, 3))
    bell, threads = painted(rng, "pastel", 0.4), painted(rng, "pastel", 0)
    return _grounded(part(bell, dome), part(threads, arms))


def diver(rng: Rng) -> Parts:
    """Draw a diver swimming flat, with a bottle, fins and a string of bubbles."""
    suit, gear = [rounded_box((0, 0, 0), (0.34, 0.2, 0.13), 0.7)], []
    for q in (-1, 1):
        kick = rng.uniform(-0.25, 0.25)
        knee, ankle = (0.72, q * 0.12, kick * 0.5), (1.1, q * 0.13, kick)
        hand = (-0.6 - rng.uniform(0, 0.25), q * rng.uniform(0.15, 0.5), rng.uniform(-0.3, 0))
        suit += [
            cylinder((0.3, q * 0.1, 0), knee, 0.085, 0.065, 9),
            cylinder(knee, ankle, 0.065, 0.045, 9),
            tube([(-0.27, q * 0.19, 0), (-0.42, q * 0.3, -0.15), hand], 0.05, 8),
        ]
        flipper = box((0.28, 0, 0), (0.5, 0.18, 0.015))
        gear.append(move(flipper, (1.08, q * 0.13, kick), rotation("y", -kick)))
    gear.append(cylinder((-0.25, 0, 0.2), (0.3, 0, 0.2), 0.085, segments=14))
    rise = np.c_[rng.normal(-0.5, 0.06, 16), rng.normal(0, 0.06, 16), 0.25 + 0.09 * np.arange(16)]
    skin = Material("diffuse", np.array([0.8, 0.6, 0.48]) * rng.uniform(0.15, 1))
    return _grounded(
        part(Material("diffuse", colour(rng, "dark") + 0.02), suit),
        part(painted(rng, "any", 0.6), gear, ellipsoid((-0.25, 0, 0.2), 0.085, 8)),
        part(skin, ellipsoid((-0.5, 0, 0.06), (0.12, 0.1, 0.12), 12)),
        part(BLACK, rounded_box((-0.6, 0, 0.07), (0.04, 0.085, 0.05), 0.5)),
        part(AIR, [ellipsoid(at, rng.uniform(0.008, 0.035), 6) for at in rise]),
    )


def bubbles(rng: Rng) -> Parts:
    """Draw a rising string of bubbles."""
    count = some(rng, 12, 49)
    rise = np.sort(rng.uniform(0, rng.uniform(0.6, 2.5), count))[:, None]
    spots = np.c_[rng.normal(0, 0.05, (count, 2)) * (0.3 + rise), rise]
    return _grounded(part(AIR, [ellipsoid(at, rng.uniform(0.004, 0.02), 5) for at in spots]))
