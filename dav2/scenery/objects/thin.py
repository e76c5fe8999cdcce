"""Things of wires, spokes and tubes, which depth sensors lose."""

import numpy as np

from dav2.scenery.kit import *
from dav2.scenery.objects.tableware import SMALL

CHROME = Material("metal", metal="Cr")


def wires(starts: Vector, run: Vector, radius: float, sides: int = 5) -> Mesh:
    """Make straight wires side by side: from every start [N, 3], along one run."""
    return rods(starts, np.add(starts, run), radius, sides)


def rectangle(w: float, d: float, z: float = 0.0) -> np.ndarray:
    """List the corners [4, 3] of a level rectangle, around it."""
    return ring(4, 0.5**0.5, z, np.pi / 4) * (w, d, 1)


def hoop(w: float, d: float, z: float, radius: float) -> Mesh:
    """Bend a wire into a level rectangle."""
    bends = rectangle(w, d, z)
    return rods(bends, np.roll(bends, -1, 0), radius)


def _upright(count: int, radius: float, middle: Vector) -> np.ndarray:
    """Space points [count, 3] on a circle that faces -y."""
    return ring(count, radius)[:, [0, 2, 1]] + middle


def ladder(rng: Rng) -> Parts:
    h = rng.uniform(1.6, 3)
    rails = both(lambda s: post(s * 0.2, 0, 0, h, 0.018))
    rungs = wires([(-0.2, 0, z) for z in np.arange(0.25, h, 0.28)], (0.4, 0, 0), 0.012)
    leaning = move(merge([*rails, rungs]), turn=rotation("x", -rng.uniform(0.1, 0.3)))
    return [part(metallic(rng) if chance(rng, 0.5) else wooden(rng), leaning)]


def bicycle(rng: Rng) -> Parts:
    r, tyre = 0.34, 0.018
    hub, crank, fork = (-0.52, 0, r), (-0.1, 0, r - 0.03), (0.52, 0, r)
    seat, saddle, head, bar = (-0.2, 0, 0.9), (-0.18, 0, 0.82), (0.4, 0, 0.8), (0.38, 0, 0.96)
    wheels = [rounded_box((-0.21, 0, 0.93), (0.13, 0.06, 0.03), 0.6)]
    for at in (hub, fork):
        wheels.append(torus(at, r - tyre, tyre, axis=(0, 1, 0), segments=28, sides=6))
        wheels.append(rods(_upright(18, r - tyre, at), at, 0.0025, 4))
    tubes = ((hub, crank), (hub, saddle), (crank, seat), (crank, head), (saddle, head), (fork, bar))
    handlebar = cylinder((0.38, -0.25, 0.98), (0.38, 0.25, 0.98), 0.014)
    return [
        part(painted(rng, "any", 1), [cylinder(a, b, 0.014) for a, b in tubes], handlebar),
        part(Material("diffuse", np.full(3, 0.03)), wheels),
    ]


def wire_shelf(rng: Rng) -> Parts:
    """A shelf of wires, with things on it."""
    w, h, d = *span(rng, (0.6, 1.2), (1, 1.9)), 0.4
    levels = np.linspace(0.1, h - 0.02, 4)
    bars = corners(lambda x, y: post(x, y, 0, h, 0.012), w / 2, d / 2)
    for z in levels:
        bars.append(
            wires([(x, -d / 2, z) for x in np.linspace(-w / 2, w / 2, 22)], (0, d, 0), 0.003)
        )
        bars.append(wires([(-w / 2, y, z) for y in (-d / 2, d / 2)], (w, 0, 0), 0.005))
    parts = [part(metallic(rng), bars)]
    for z in levels[:-1]:
        for thing in few(rng, SMALL, some(rng, 0, 3)):
            x, y = span(rng, (-w / 2 + 0.1, w / 2 - 0.1), (-0.08, 0.08))
            parts += moved(thing, (x, y, z + 0.004), scale=0.8)
    return parts


def bird_cage(rng: Rng) -> Parts:
    r, h = span(rng, (0.15, 0.4), (0.4, 1))
    rings = [ring(18, r * k, h * z) for k, z in ((1, 0), (1, 0.65), (0.7, 0.9), (0, 1))]
    ribs = [rods(a, b, 0.003, 4) for a, b in zip(rings[:-1], rings[1:], strict=True)]
    hoops = [torus((0, 0, z), r, 0.005, sides=5) for z in (0.02, h * 0.3, h * 0.65)]
    bird = ellipsoid((0, 0, h * 0.3), r * 0.3, 10)
    return [part(metallic(rng), ribs, hoops), part(textured(rng, "spots"), bird)]


def tripod(rng: Rng) -> Parts:
    h = rng.uniform(0.9, 1.6)
    legs = rods(ring(3, 0.45), (0, 0, h), 0.01)
    camera = box((0, 0, h + 0.06), (0.14, 0.1, 0.1))
    lens = cylinder((0, -0.05, h + 0.06), (0, -0.16, h + 0.06), 0.04)
    return [part(painted(rng, "dark"), legs, camera, lens)]


def step_ladder(rng: Rng) -> Parts:
    h, spread = span(rng, (1.1, 2), (0.35, 0.55))
    foot, top = np.array([0.24, spread, 0]), np.array([0.168, 0, h])
    frame = corners(lambda x, y: rods(foot * (x, y, 1), top * (x, y, 1), 0.014, 6), 1, 1)
    for t in np.linspace(0, 1, int(h / 0.27) + 1)[1:-1]:
        x, y, z = foot * (1 - t) + top * t
        frame.append(box((0, -y, z), (0.4 - 0.1 * t, 0.08, 0.015)))
        frame.append(rods((-x, y, z), (x, y, z), 0.008))
    return [part(metallic(rng) if chance(rng, 0.6) else wooden(rng), frame)]


def clothes_rack(rng: Rng) -> Parts:
    w, h = span(rng, (0.8, 1.4), (1.3, 1.7))
    bars = [
        wires([(-w / 2, 0, 0), (w / 2, 0, 0)], (0, 0, h), 0.012),
        wires([(-w / 2, -0.25, 0.013), (w / 2, -0.25, 0.013)], (0, 0.5, 0), 0.012),
        wires([(-w / 2, 0, 0.013), (-w / 2, 0, h)], (w, 0, 0), 0.011),
    ]
    shirts: Parts = []
    for x in np.linspace(-w / 2 + 0.08, w / 2 - 0.08, some(rng, 4, 10)):
        bow = [(0, -0.07), (-0.2, -0.16), (0.2, -0.16), (0, -0.07)]
        bars.append(tube([(x, 0, h), *((x, y, h + z) for y, z in bow)], 0.003, 4))
        if chance(rng, 0.5) and len(shirts) < 4:
            across, down = np.mgrid[-0.2:0.2:10j, 0.12 : rng.uniform(0.5, 0.95) : 8j]
            wave = x + 0.025 * np.sin(across * 22 + down * 4 + x * 9)
            shirt = sheet(np.stack([wave, across * (1 + 0.2 * down), h - down], -1))
            cloth = textured(rng, ("fabric", "stripes", "tartan", "dots"), gloss=0)
            shirts.append(part(cloth, shirt))
    return [part(metallic(rng), bars), *shirts]


def drying_rack(rng: Rng) -> Parts:
    w, d, h = rng.uniform(0.8, 1.3), 0.55, rng.uniform(0.8, 1)
    ys = np.linspace(-d / 2, d / 2, 9)
    lines = wires([(-w / 2, y, h) for y in ys], (w, 0, 0), 0.003)
    legs = corners(lambda x, y: rods((x, y, 0), (x, -y, h), 0.009), w / 2, d / 2)
    rims = wires([(-w / 2, -d / 2, h), (w / 2, -d / 2, h)], (0, d, 0), 0.009)
    parts = [part(metallic(rng), lines, legs, rims)]
    for y in rng.choice(ys, some(rng, 0, 3), replace=False):
        wide, long = span(rng, (0.2, 0.45), (0.25, 0.5))
        left = rng.uniform(-w / 2, w / 2 - wide)
        fall = [(-0.03, -long), (-0.008, -0.02), (0.008, -0.02), (0.03, -long * 0.8)]
        hem = np.array([(left, y + out, h + 0.008 + down) for out, down in fall])
        cloth = textured(rng, ("fabric", "stripes", "plain"), gloss=0)
        parts.append(part(cloth, sheet(np.stack([hem, hem + (wide, 0, 0)]))))
    return parts


def standing_fan(rng: Rng) -> Parts:
    h, r = span(rng, (0.9, 1.3), (0.18, 0.24))
    middle = (0, -0.05, h)
    cage = [rods(_upright(28, r, middle), (0, y, h), 0.0018, 4) for y in (-0.12, 0.02)]
    rim = torus(middle, r, 0.005, axis=(0, 1, 0), segments=28, sides=5)
    pole = [post(0, 0.04, 0, h, 0.014), post(0, 0.04, 0, 0.025, 0.18, 20)]
    motor = cylinder((0, -0.01, h), (0, 0.12, h), 0.05)
    blade = ellipsoid((r * 0.5, 0, 0), (r * 0.42, 0.012, r * 0.2), 8)
    blades = [move(blade, middle, rotation("y", turn)) for turn in (0, 2.1, 4.2)]
    return [
        part(metallic(rng), cage, rim),
        part(painted(rng, "neutral"), pole, motor),
        part(painted(rng, gloss=0.5), blades),
    ]


def music_stand(rng: Rng) -> Parts:
    h = rng.uniform(0.9, 1.2)
    legs = rods(ring(3, 0.25, 0.008, 0.5), (0, 0, 0.25), 0.007)
    stem = cylinder((0, 0, 0.1), (0, 0.05, h + 0.1), 0.009)
    ribs = wires([(x, 0, h) for x in (-0.2, -0.07, 0.07, 0.2)], (0, 0.12, 0.28), 0.004)
    bars = wires([(-0.22, 0.06 * k, h + 0.14 * k) for k in range(3)], (0.44, 0, 0), 0.004)
    page = quad((-0.15, -0.01, h + 0.005), (0.3, 0, 0), (0, 0.11, 0.255), 0.3)
    parts = [part(painted(rng, "dark", 0.7), legs, stem, ribs, bars)]
    return [*parts, part(textured(rng, "newspaper", gloss=0), page)] if chance(rng, 0.6) else parts


def shopping_cart(rng: Rng) -> Parts:
    w, d, low, high = 0.5, 0.84, 0.45, 0.95
    hoops = [hoop(w * k, d * k, low + (k - 0.75) * 2, 0.003) for k in np.linspace(0.75, 1, 6)]
    xs, ys = np.linspace(-w / 2, w / 2, 9), np.linspace(-d / 2, d / 2, 9)
    tops = np.array([(x, y, high) for x, y in grid(xs[[0, -1]], ys) + grid(xs, ys[[0, -1]])])
    narrow = (0.75, 0.75, low / high)
    net = [
        rods(tops, tops * narrow, 0.0025, 4),
        wires([(x * 0.75, ys[0] * 0.75, low) for x in xs], (0, d * 0.75, 0), 0.0025),
        wires([(xs[0] * 0.75, y * 0.75, low) for y in ys], (w * 0.75, 0, 0), 0.0025),
    ]
    legs = corners(lambda x, y: rods((x, y, 0.12), (x, y * 0.8, low), 0.012), 0.2, 0.38)
    frame = wires([(-0.2, -0.38, 0.12), (0.2, -0.38, 0.12)], (0, 0.76, 0), 0.012)
    wheel = cylinder((-0.012, 0, 0.06), (0.012, 0, 0.06), 0.06, segments=12)
    wheels = corners(lambda x, y: move(wheel, (x, y, 0)), 0.2, 0.38)
    grip = rods((-0.27, 0.46, 1.0), (0.27, 0.46, 1.0), 0.016)
    return [part(CHROME, hoops, net, legs, frame), part(painted(rng, "any"), wheels, grip)]


def dish_rack(rng: Rng) -> Parts:
    """Wires with plates standing in them."""
    w, d = rng.uniform(0.35, 0.5), 0.28
    xs = np.linspace(-w / 2, w / 2, 14)
    prongs = both(lambda s: wires([(x, s * 0.05, 0.02) for x in xs], (0, s * 0.02, 0.11), 0.002))
    floor = wires([(x, -d / 2, 0.02) for x in xs], (0, d, 0), 0.002)
    parts = [part(CHROME, prongs, floor, hoop(w, d * 0.9, 0.02, 0.004), hoop(w, d, 0.09, 0.004))]
    plates = [
        cylinder((x + 0.012, 0, 0.12), (x + 0.017, 0, 0.12), rng.uniform(0.07, 0.1), segments=20)
        for x in xs[:-1]
        if chance(rng, 0.5)
    ]
    return [*parts, part(painted(rng, "white", 1), plates)] if plates else parts


def parasol_frame(rng: Rng) -> Parts:
    """An open umbrella without its cloth, on a foot."""
    h, r = span(rng, (1.6, 2.1), (0.5, 0.9))
    ribs = rods(ring(8, r, h - 0.3), (0, 0, h), 0.004)
    stays = rods(ring(8, r * 0.5, h - 0.15), (0, 0, h - 0.45), 0.003, 4)
    pole = [post(0, 0, 0, h + 0.06, 0.014), post(0, 0, 0, 0.06, 0.2, 18)]
    return [part(metallic(rng), ribs, stays, pole)]
