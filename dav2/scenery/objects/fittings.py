"""What is fixed to walls, its back at y = 0, and to ceilings, hanging below z = 0.

Doors and curtains stand on z = 0; clocks, boards, shelves and wall lamps are centred on the origin.
"""

import numpy as np

from dav2.scenery.kit import *
from dav2.scenery.objects.tableware import SMALL


def door(rng: Rng) -> Parts:
    w, h = span(rng, (0.75, 1), (1.95, 2.1))
    jambs = both(lambda s: box((s * (w / 2 + 0.035), -0.035, h / 2), (0.07, 0.06, h)))
    panels = [box((0, -0.05, h * z), (w * 0.7, 0.015, h * 0.3)) for z in (0.27, 0.68)]
    handle = tube([(w * 0.38, -0.045, 1), (w * 0.38, -0.09, 1), (w * 0.28, -0.09, 1)], 0.01)
    body = painted(rng) if chance(rng, 0.6) else wooden(rng)
    return [
        part(body, box((0, -0.025, h / 2), (w, 0.04, h))),
        part(painted(rng, "pastel"), jambs, box((0, -0.035, h + 0.03), (w + 0.14, 0.06, 0.06))),
        part(body if chance(rng, 0.5) else wooden(rng), panels),
        part(metallic(rng), handle),
    ]


def curtain(rng: Rng, width: float = 0.7, height: float = 2.2) -> Parts:
    x, z = np.meshgrid(np.linspace(0, 1, 40), np.linspace(0.03, height, 4), indexing="ij")
    y = -0.07 - 0.045 * np.sin(x * rng.uniform(3, 7) * 2 * np.pi + 0.2 * z)
    folds = sheet(np.stack([(x - 0.5) * width, y, z], -1), np.stack([x, z], -1))
    kinds = ("fabric", "stripes", "dots", "plain", "wallpaper", "tartan")
    return [part(textured(rng, kinds, gloss=0), folds)]


def wall_clock(rng: Rng) -> Parts:
    r = rng.uniform(0.12, 0.25)
    tips = [(r * 0.5 * np.cos(a), -0.035, r * 0.7 * np.sin(a)) for a in rng.uniform(0, 6.28, 2)]
    hands = rods(tips, (0, -0.035, 0), 0.006, 4)
    return [
        part(painted(rng, "white", 0.5), cylinder((0, 0, 0), (0, -0.03, 0), r, segments=28)),
        part(painted(rng, "dark"), torus((0, -0.02, 0), r, 0.018, axis=(0, 1, 0)), hands),
    ]


def wall_shelf(rng: Rng) -> Parts:
    """A board with things on it."""
    w, d = span(rng, (0.5, 1.4), (0.16, 0.26))
    brackets = both(lambda s: box((s * w * 0.38, -d / 2, -0.06), (0.02, d * 0.8, 0.1)))
    parts = [part(wooden(rng), box((0, -d / 2, 0), (w, d, 0.025)), brackets)]
    for x in np.arange(-w / 2 + 0.1, w / 2 - 0.05, 0.19):
        if chance(rng, 0.75):
            thing = pick(rng, SMALL)(rng)
            low, high = extent(thing)
            scale = min(1.0, *(np.array([0.17, d - 0.02]) / (high - low)[:2]))
            parts += moved(thing, (x, -d / 2, 0.013), scale=scale)
    return parts


def notice_board(rng: Rng) -> Parts:
    """Sheets of paper on a board."""
    w, h = span(rng, (0.5, 1.2), (0.4, 0.9))
    board = part(textured(rng, "mottled", gloss=0), box((0, -0.01, 0), (w, 0.02, h)))
    places = grid(np.arange(0.03, w - 0.16, 0.19) - w / 2, np.arange(0.03, h - 0.2, 0.24) - h / 2)
    paper = [
        quad((x, -0.024, z), (0.15, 0, rng.normal(0, 0.01)), (rng.normal(0, 0.01), 0, 0.2), 0.2)
        for x, z in places
        if chance(rng, 0.7)
    ]
    printed = textured(rng, ("newspaper", "chart", "poster"), gloss=0)
    return [board, part(printed, paper)] if paper else [board]


def wall_lamp(rng: Rng) -> Parts:
    plate = cylinder((0, 0, 0), (0, -0.02, 0), 0.05, segments=14)
    arm = tube([(0, -0.02, 0), (0, -0.12, 0), (0, -0.12, 0.08)], 0.008)
    shade = lathe([(0.05, 0.04), (0.1, 0.18)], 18)
    return [
        part(metallic(rng), plate, arm),
        part(painted(rng, "pastel", 0), move(shade, (0, -0.12, 0))),
        part(lamp(rng, rng.uniform(10, 30)), ellipsoid((0, -0.12, 0.12), 0.03, 8)),
    ]


def fire_extinguisher(rng: Rng) -> Parts:
    outline = [(1e-4, -0.3), (0.075, -0.3), (0.075, 0.1), (0.03, 0.18), (0.03, 0.22), (1e-4, 0.22)]
    hose = tube([(0, -0.09, 0.2), (0.09, -0.12, 0.15), (0.09, -0.12, -0.1)], 0.012)
    red, black = np.array([0.7, 0.05, 0.04]), np.full(3, 0.04)
    return [
        part(Material("plastic", red), move(lathe(outline, 18), (0, -0.09, 0))),
        part(Material("plastic", black), hose, box((0, -0.09, 0.24), (0.03, 0.12, 0.03))),
    ]


def pendant(rng: Rng) -> Parts:
    """A lamp on a cord; it hangs from z = 0."""
    drop, r = span(rng, (0.4, 1.2), (0.08, 0.25))
    cone, bell = [(0.02, 0), (r, -0.18)], [(0.02, 0), (r * 0.8, -0.05), (r, -0.2)]
    globe = [(0.03, 0), (r, -r * 0.7), (r * 0.7, -r * 1.4)]
    shade = move(lathe(pick(rng, (cone, bell, globe)), 20), (0, 0, -drop))
    return [
        part(painted(rng, "dark", 0), post(0, 0, -drop, 0, 0.005, 4)),
        part(painted(rng) if chance(rng, 0.7) else textured(rng, "woven", gloss=0), shade),
        part(painted(rng, "white", 0), ellipsoid((0, 0, -drop - 0.08), 0.035, 8)),
    ]


def hanging_plant(rng: Rng) -> Parts:
    """A pot on three cords with trailing stems; it hangs from z = 0."""
    drop, r = span(rng, (0.4, 0.9), (0.09, 0.16))
    outline = [(1e-4, -1), (0.7, -1), (1, 0), (0.9, 0), (1e-4, -0.1)]
    t, lines = np.linspace(0, 1, 6), []
    for _ in range(some(rng, 6, 15)):
        a, length, out = angle_of(rng) + t, rng.uniform(0.1, 0.6), r * (1 + 0.6 * np.sin(t * 2))
        z = -drop + 0.08 * np.sin(t * 4) - length * t**2
        lines.append(np.c_[out * np.cos(a), out * np.sin(a), z])
    nodes = np.repeat(np.concatenate(lines), 2, 0)
    leaves = cards(rng, nodes + rng.normal(0, 0.015, nodes.shape), 0.035)
    stems = [rods(line[:-1], line[1:], 0.003, 4) for line in lines]
    return [
        part(painted(rng, "pastel", 0), rods(ring(3, r, -drop), (0, 0, 0), 0.002, 3)),
        part(textured(rng), move(lathe(np.array(outline) * r, 18), (0, 0, -drop))),
        part(painted(rng, "green", 0), stems, leaves),
    ]


def mobile(rng: Rng) -> Parts:
    """Shapes on threads below crossed sticks; it hangs from z = 0."""
    reach, drop = span(rng, (0.2, 0.4), (0.2, 0.4))
    ends = ring(4, reach, -drop)
    falls = ends - np.c_[np.zeros((4, 2)), rng.uniform(0.1, 0.4, 4)]
    frame = [post(0, 0, -drop, 0, 0.002, 3), rods(ends[:2], ends[2:], 0.005, 4)]
    parts = [part(painted(rng, "dark", 0), frame, rods(ends, falls, 0.0015, 3))]
    for at in falls:
        parts.append(part(painted(rng, "any"), ellipsoid(at, rng.uniform(0.02, 0.06, 3), 8)))
    return parts
