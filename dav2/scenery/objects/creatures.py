"""Animals from ellipsoids and capsules: their outlines and poses teach more than fur."""

import numpy as np

from dav2.scenery.kit import *


def _coat(rng: Rng) -> Material:
    kind = pick(rng, {"spots": 0.4, "mottled": 0.3, "plain": 0.2, "grass": 0.1})
    tint = None if chance(rng, 0.4) else rng.uniform(0.1, 0.9) * np.array([1, 0.85, 0.65])
    return textured(rng, kind, tint, 0)


def _head(rng: Rng, at: np.ndarray, size: float) -> list[Mesh]:
    """Draw a head with snout and ears."""
    snout, pointed = rng.uniform(0.1, 0.7), pick(rng, (0, 0.7, 1.4))

    def ear(side: int) -> Mesh:
        root = at + size * np.array([side * 0.55, 0.1, 0.6])
        if not pointed:
            return ellipsoid(root, size * np.array([0.3, 0.12, 0.32]), 8)
        tip = root + size * np.array([side * 0.3, 0.1, pointed])
        return cylinder(root, tip, size * 0.25, 0.01, 8)

    skull = blob(rng, at, size * np.array([0.8, 1, 0.9]), 0.08, 12)
    nose = at - size * np.array([0, 0.7 + snout, 0.25])
    return [skull, ellipsoid(nose, size * np.array([0.4, 0.3 + snout, 0.35]), 10), *both(ear)]


def four_legs(rng: Rng) -> Parts:
    """Draw a quadruped from kitten to bison, standing or lying."""
    length, belly, leg = span(rng, (0.3, 1.1), (0.16, 0.4), (0.1, 0.8))
    lying, coat, r = chance(rng, 0.3), _coat(rng), belly * length
    z = r + (0.02 if lying else leg)
    neck = np.array([0, -length * 0.55, z + r * 0.4])
    head = neck + length * np.array([rng.normal(0, 0.1), *span(rng, (-0.35, -0.1), (0, 0.7))])
    size = length * rng.uniform(0.16, 0.28)
    steps = np.c_[rng.normal(0, 0.03, 5), np.full(5, 0.09), rng.normal(0.02, 0.06, 5)]
    tail = np.cumsum(steps * length * 1.2, 0) + [0, length * 0.5, z]
    body = [
        blob(rng, (0, 0, z), (r, length * 0.6, r * rng.uniform(0.9, 1.3)), 0.1),
        cylinder(neck, head, r * 0.6, size * 0.7, 12),
        *_head(rng, head, size),
        tube(tail, rng.uniform(0.015, 0.075) * length, 8),
    ]

    def limb(x: float, y: float) -> Mesh:
        foot = (x * 1.1, y + rng.normal(0, 0.06), 0)
        return cylinder(foot, (x, y, z), leg * 0.09 + 0.015, r * 0.35, 10)

    if not lying:
        body += corners(limb, r * 0.55, length * 0.4)
    at = size * np.array([0.45, -0.75, 0.2])
    eyes = both(lambda s: ellipsoid(head + at * [s, 1, 1], size * 0.12, 6))
    parts = [part(coat, body), part(Material("plastic", np.full(3, 0.02)), eyes)]
    if chance(rng, 0.25):
        bend = size * np.array([[0.3, 0, 0.8], [0.8, 0.2, 1.3], [1, 0, 2]])
        horns = both(lambda s: tube(head + bend * [s, 1, 1], size * 0.12, 8))
        parts.append(part(painted(rng, "stone", 0.2), horns))
    if chance(rng, 0.4):  # a shaggy coat
        way = rng.normal(size=(500, 3))
        way *= np.array([r * 1.05, length * 0.62, r * 1.1]) / np.linalg.norm(way, axis=1)[:, None]
        parts.append(part(coat, cards(rng, way + [0, 0, z], 0.05 * length)))
    return parts


def bird(rng: Rng) -> Parts:
    """Draw a bird, standing or flying, about 0.3 m."""
    flying, beak = chance(rng, 0.35), rng.uniform(0.03, 0.14)

    def wing(side: int) -> Mesh:
        if not flying:
            folded = ellipsoid((0, 0, 0), (0.02, 0.16, 0.07), 10)
            return move(folded, (side * 0.08, 0.05, 0.21), rotation("x", 0.3))
        t, (far, rise) = np.linspace(0, 1, 8), span(rng, (0.3, 0.7), (-0.1, 0.4))
        edges = [0.02 + s * 0.13 * np.cos(t * 1.4) for s in (-1, 1)]
        return sheet(np.stack([np.c_[side * far * t, y, 0.22 + rise * t] for y in edges], 1))

    tail = [[(s * 0.02, 0.12, 0.2), (s * 0.06, 0.32, 0.16)] for s in (-1, 1)]
    body = [blob(rng, (0, 0, 0.2), (0.08, 0.15, 0.1), 0.08), ellipsoid((0, -0.14, 0.3), 0.06, 12)]
    bill = cylinder((0, -0.19, 0.3), (0, -0.19 - beak, 0.28), 0.02, 0.003, 8)
    legs = both(lambda s: cylinder((s * 0.03, 0, 0), (s * 0.03, 0, 0.14), 0.006))
    wings = part(_coat(rng), both(wing), sheet(np.array(tail)))
    return [part(_coat(rng), body), wings, part(painted(rng, "earth"), bill, legs)]


def fish(rng: Rng) -> Parts:
    """Draw a fish seen from its side along x, about 0.4 m, floating at z = 0.2."""
    h = rng.uniform(0.05, 0.13)
    body = blob(rng, (0, 0, 0.2), (0.2, h * 0.4, h), 0.05)
    tail = [[(0.17, 0, 0), (0.3, 0, 1)], [(0.17, 0, 0), (0.3, 0, -1)]]
    back = [[(-0.08, 0, 0.8), (-0.02, 0, 1.5)], [(0.1, 0, 0.6), (0.14, 0, 1.2)]]
    fins = [sheet(np.array(fin) * [1, 1, h] + [0, 0, 0.2]) for fin in (tail, back)]
    return [part(_coat(rng), body), part(painted(rng, "any"), fins)]


def caterpillar(rng: Rng) -> Parts:
    """Draw a row of balls: small animals, beads, fruit on a twig."""
    count, r = some(rng, 5, 11), rng.uniform(0.02, 0.05)
    i = np.arange(count)
    spots = np.c_[r * 1.3 * (i - count / 2), 0 * i, r + 0.3 * r * np.sin(i)]
    return [part(_coat(rng), [ellipsoid(at, r, 10) for at in spots])]
