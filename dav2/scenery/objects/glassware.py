"""Glass and mirrors."""

import numpy as np

from dav2.scenery.kit import *
from dav2.scenery.objects.creatures import fish
from dav2.scenery.objects.tableware import SMALL, bottle, turned, wine_glass
from dav2.scenery.objects.thin import hoop, wires


def _set_down(thing: Parts, at: Vector, room: Vector, most: float = np.inf) -> Parts:
    """Place a thing at a scale, `most` at the most, that fits it into the room there is."""
    low, high = extent(thing)
    return moved(thing, at, scale=min(most, *np.divide(room, high - low)))


def glass_cube(rng: Rng) -> Parts:
    s, turn = span(rng, (0.06, 0.2), (0, 1.5))
    return [part(GLASS, move(box((0, 0, s / 2), (s, s, s)), turn=rotation("z", turn)))]


def glass_prism(rng: Rng) -> Parts:
    """A pyramid or a rod with few sides."""
    r, h = span(rng, (0.04, 0.1), (0.08, 0.25))
    top = pick(rng, (1e-4, r, r * 0.5))
    return [part(GLASS, lathe([(1e-4, 0), (r, 0), (top, h), (1e-4, h)], some(rng, 3, 6)))]


def aquarium(rng: Rng) -> Parts:
    """Panes, gravel, plants and fish."""
    w, d, h = span(rng, (0.4, 1.1), (0.25, 0.4), (0.28, 0.5))
    sides = both(lambda s: quad((-w / 2, s * d / 2, 0), (w, 0, 0), (0, 0, h)))
    sides += both(lambda s: quad((s * w / 2, -d / 2, 0), (0, d, 0), (0, 0, h)))
    edges = corners(lambda x, y: post(x, y, 0, h, 0.006, 4), w / 2, d / 2)
    spots = rng.uniform(-0.35, 0.35, (4, 2)) * (w, d)
    stones = [blob(rng, (*at, 0.06), rng.uniform(0.02, 0.06), 0.3, 9) for at in spots]
    roots = np.c_[rng.uniform(-0.42, 0.42, (14, 2)) * (w, d), np.full(14, 0.03)]
    growth = np.c_[rng.normal(0, 0.015, (14, 2)), rng.uniform(0.08, h * 0.75, 14)]
    parts = [
        part(PANE, sides),
        part(painted(rng, "dark", 0.5), edges, hoop(w, d, 0.004, 0.008), hoop(w, d, h, 0.008)),
        part(textured(rng, "gravel", gloss=0), box((0, 0, 0.02), (w * 0.98, d * 0.96, 0.04), 0.3)),
        part(textured(rng, "rock", gloss=0), stones),
        part(painted(rng, "green", 0), wires(roots, growth, 0.004, 4)),
    ]
    for one in few(rng, [fish], some(rng, 1, 4)):
        x, y = rng.uniform(-0.25, 0.25, 2) * (w, d * 0.6)
        parts += moved(one, (x, y, rng.uniform(0.06, h * 0.6)), pick(rng, (0, np.pi)), 0.18)
    return parts


def bell_jar(rng: Rng) -> Parts:
    """A thing under a dome of glass."""
    r, h = span(rng, (0.09, 0.16), (0.2, 0.4))
    t = np.linspace(0, np.pi / 2, 8)
    dome = np.c_[np.cos(t), (h - r + r * np.sin(t)) / r]
    board = turned(r * 1.15, 0.02, (0, 0), (1, 0), (1, 1), (0, 1))
    return [
        part(PANE, turned(r, r, (1, 0.02 / r), *dome)),
        part(wooden(rng), board),
        *_set_down(pick(rng, SMALL)(rng), (0, 0, 0.02), (1.2 * r, 1.2 * r, 0.7 * h)),
    ]


def bottles(rng: Rng) -> Parts:
    parts, count = [], some(rng, 3, 7)
    for x in row(count, count * 0.125):
        parts += moved(bottle(rng), (x, rng.normal(0, 0.01), 0))
    return parts


def glasses(rng: Rng) -> Parts:
    """Wine glasses in a row or a triangle."""
    [one], count = wine_glass(rng), some(rng, 2, 6)
    spots = [((i % 3 - 1) * 0.09, (i // 3) * 0.09, 0) for i in range(count)]
    return [part(GLASS, [move(one.mesh, at) for at in spots])]


def decanter(rng: Rng) -> Parts:
    r, h = span(rng, (0.06, 0.09), (0.2, 0.3))
    belly, neck = [(0, 0), (0.7, 0), (1, 0.25)], [(0.3, 0.6), (0.28, 0.85), (0.45, 0.9), (0, 0.9)]
    return [part(GLASS, turned(r, h, *belly, *neck), ellipsoid((0, 0, h * 0.96), r * 0.35, 10))]


def table_mirror(rng: Rng) -> Parts:
    r = rng.uniform(0.07, 0.14)
    place = (0, 0, r + 0.09), rotation("x", np.pi / 2 - 0.15)
    rim, stem = move(torus((0, 0, 0), r, 0.009), *place), post(0, 0.01, 0, 0.09, 0.008)
    foot = turned(r, 1, (0, 0), (0.6, 0), (0.5, 0.012), (0, 0.014))
    face = move(lathe([(1e-4, 0), (r, 0)], 28), *place)
    return [part(MIRROR, face), part(metallic(rng), rim, stem, foot)]


def glass_shelf(rng: Rng) -> Parts:
    """Boards of glass in a frame, with things on them."""
    w, d, h = rng.uniform(0.6, 1), 0.32, rng.uniform(1, 1.7)
    zs = np.linspace(0.15, h - 0.02, some(rng, 3, 4))
    parts = [
        part(metallic(rng), corners(lambda x, y: post(x, y, 0, h, 0.012, 6), w / 2, d / 2)),
        part(PANE, [quad((-w / 2, -d / 2, z), (w, 0, 0), (0, d, 0)) for z in zs]),
    ]
    things = few(rng, SMALL, 3)
    for x, z in grid(np.arange(-w / 2 + 0.12, w / 2 - 0.1, 0.22), zs[:-1]):
        if chance(rng, 0.6):
            parts += _set_down(pick(rng, things), (x, 0, z + 0.002), (0.2, 0.26, 0.3), most=1)
    return parts


def glass_partition(rng: Rng) -> Parts:
    """A wall of panes in a frame, as between offices."""
    w, h = span(rng, (1.6, 3), (1.9, 2.2))
    uprights = [(x, 0, 0) for x in np.linspace(-w / 2, w / 2, some(rng, 3, 5))]
    bars = [box((0, 0, z), (w, 0.04, 0.04)) for z in (0.02, h)]
    bars.append(wires(uprights, (0, 0, h), 0.02, 4))
    surface = painted(rng, "dark", 0.6) if chance(rng, 0.5) else metallic(rng)
    pane = quad((-w / 2, 0, 0.02), (w, 0, 0), (0, 0, h - 0.02))
    return [part(PANE, pane), part(surface, bars)]


def mirror_wall(rng: Rng) -> Parts:
    """Tall mirrors side by side, as in a dance studio; the back at y = 0."""
    w, h, count = *span(rng, (1.4, 3), (1.6, 2.2)), some(rng, 1, 3)
    wide = w / count - 0.02
    panes = [quad((x - wide / 2, -0.02, 0.05), (wide, 0, 0), (0, 0, h)) for x in row(count, w)]
    back = box((0, -0.008, 0.05 + h / 2), (w + 0.06, 0.014, h + 0.08))
    return [part(MIRROR, panes), part(Material("diffuse", np.full(3, 0.2)), back)]
