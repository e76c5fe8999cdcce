"""What stands on the sea bed."""

import numpy as np

from dav2.scenery.kit import *

CORAL, OLD = ("mottled", "cracked", "rock", "plain"), ("rust", "peeling", "planks", "rock")


def _grown(material: Material, meshes: list[Mesh]) -> Parts:
    """Let things stand in the ground."""
    return [part(material, [planted(mesh) for mesh in meshes])]


def _sunk(material: Material, turn: np.ndarray, *meshes: Meshes) -> Parts:
    """Let a turned thing lie on the ground."""
    mesh = move(part(material, *meshes).mesh, turn=turn)
    return [part(material, move(mesh, (0, 0, -mesh.vertices[:, 2].min())))]


def stag_coral(rng: Rng) -> Parts:
    (r, length), pieces = span(rng, (0.015, 0.04), (0.12, 0.25)), []
    at, way = np.zeros((5, 3)), np.c_[rng.normal(0, 0.6, (5, 2)), np.ones(5)]
    for level in range(4):
        thick, reach = r * 0.75**level, length * 0.85**level
        ends = at + way / np.linalg.norm(way, axis=1, keepdims=True) * reach
        pieces += [rods(at, ends, thick, 6), *(ellipsoid(end, thick, 5) for end in ends)]
        at = np.repeat(ends, 2, 0)
        way = np.repeat(way, 2, 0) + rng.normal(0, 0.6, at.shape)
    return _grown(matt(rng, CORAL, "reef"), pieces)


def brain_coral(rng: Rng) -> Parts:
    r = rng.uniform(0.15, 0.6)
    return _grown(
        matt(rng, "cracked", "reef"), [blob(rng, (0, 0, r * 0.3), (r, r, r * 0.7), 0.12, 20)]
    )


def fan_coral(rng: Rng) -> Parts:
    """Draw a flat net of twigs."""
    (h, r), twigs = span(rng, (0.3, 0.9), (0.004, 0.009)), []
    at, angle = np.zeros((3, 3)), np.pi / 2 + np.array([-0.5, 0, 0.5])
    for level in range(6):
        ends = at + h * 0.24 * 0.88**level * np.c_[np.cos(angle), 0 * angle, np.sin(angle)]
        ends[:, 1:] = np.c_[0.02 * np.sin(9 * ends[:, 0]), np.maximum(ends[:, 2], 0)]
        twigs.append(rods(at, ends, r, 4))
        forks = np.add.outer(angle, [-0.3, 0.3]).ravel()
        at, angle = np.repeat(ends, 2, 0)[:60], (forks + rng.normal(0, 0.12, len(forks)))[:60]
    return [part(painted(rng, "reef", 0), twigs)]


def sponge(rng: Rng) -> Parts:
    """Draw a cluster of tubes, or one barrel."""
    count, pipes = some(rng, 1, 6), []
    for _ in range(count):
        r, h = rng.uniform(0.04, 0.1) * (2.2 if count == 1 else 1), rng.uniform(0.2, 0.7)
        wall = [(r * 0.7, 0), (r, h * 0.5), (r * 1.1, h), (r * 0.8, h), (r * 0.6, h * 0.3)]
        tilt = rotation("x", rng.normal(0, 0.05))
        pipes.append(move(lathe(wall, 14), (*rng.normal(0, 0.1, 2), 0), tilt))
    return _grown(matt(rng, CORAL, "reef"), pipes)


def table_coral(rng: Rng) -> Parts:
    r, h = span(rng, (0.3, 0.9), (0.2, 0.5))
    top = blob(rng, (0, 0, h), (r, r, 0.05), 0.25, 18)
    return [
        part(matt(rng, CORAL, "reef"), top, cylinder((0, 0, 0), (0, 0, h), r * 0.25, r * 0.35, 10))
    ]


def anemone(rng: Rng) -> Parts:
    r, angle, lean = rng.uniform(0.08, 0.2), *rng.uniform((0, 0.1), (2 * np.pi, 1.3), (34, 2)).T
    way = np.c_[np.sin(lean) * np.cos(angle), np.sin(lean) * np.sin(angle), np.cos(lean)]
    root = 0.6 * r * (way * [1, 1, 0] + [0, 0, 1])
    middle = root + way * r * 0.8
    end = middle + (way + rng.normal(0, 0.3, way.shape)) * r * 0.6
    arms = [rods(root, middle, r * 0.07, 5), rods(middle, end, r * 0.055, 5)]
    arms += [ellipsoid(tip, r * 0.07, 5) for tip in end]
    foot = cylinder((0, 0, 0), (0, 0, r * 0.7), r * 0.6, r * 0.75, 14)
    return [part(painted(rng, "reef", 0.2), arms), part(painted(rng, "reef", 0), foot)]


def kelp(rng: Rng) -> Parts:
    t, ribbons = np.linspace(0, 1, 16), []
    for _ in range(some(rng, 3, 8)):
        h, p, q, angle = span(rng, (0.8, 4.5), (0, 6.28), (0, 6.28), (0, np.pi))
        bend = np.c_[0.25 * t * np.sin(t * 5 + p), 0.25 * t * np.cos(t * 4 + q), t * h]
        line = bend + [*rng.normal(0, 0.12, 2), 0]
        width = 0.06 * np.sin(np.pi * np.clip(t, 0.06, 0.97))
        side = np.outer(width, [np.cos(angle), np.sin(angle), 0])
        ribbons.append(sheet(np.stack([line - side, line + side], 1)))
    return [part(painted(rng, "green", 0), ribbons)]


def sea_grass(rng: Rng) -> Parts:
    root = np.c_[rng.normal(0, 0.3, (70, 2)), np.zeros(70)]
    blade = np.c_[rng.normal(0.05, 0.06, (70, 2)), rng.uniform(0.1, 0.45, 70)]
    return [part(painted(rng, "green", 0), rods(root, root + blade, 0.006, 3))]


def sea_star(rng: Rng) -> Parts:
    r = rng.uniform(0.08, 0.2)
    arm = ellipsoid((r * 0.5, 0, r * 0.1), (r * 0.55, r * 0.16, r * 0.12), 8)
    arms = [move(arm, turn=rotation("z", k * 2 * np.pi / 5)) for k in range(5)]
    return _grown(matt(rng, "dots", "reef"), arms)


def urchin(rng: Rng) -> Parts:
    r, way = rng.uniform(0.04, 0.1), rng.normal(size=(90, 3))
    way *= r / np.linalg.norm(way, axis=1, keepdims=True)
    way[:, 2], centre = np.abs(way[:, 2]), np.array([0, 0, r])
    spines = rods(centre + way, centre + 2.3 * way, r * 0.035, 3)
    return [part(painted(rng, "dark", 0.4), spines, ellipsoid(centre, r, 10))]


def boulders(rng: Rng) -> Parts:
    sizes = rng.uniform(0.15, 0.6, (some(rng, 2, 5), 3))
    heap = [blob(rng, (*rng.normal(0, 0.35, 2), 0.1), size, 0.3, 14) for size in sizes]
    return _grown(matt(rng, "rock", "stone"), heap)


def arch(rng: Rng) -> Parts:
    """Draw a gate of rock to look through."""
    r, thick = span(rng, (1, 2.2), (0.3, 0.6))
    bow = ring(16, r)[:9, [0, 2, 1]] + rng.normal(0, 0.1, (9, 1)) * [0, 1, 0]
    stones = [blob(rng, at, thick * rng.uniform(0.9, 1.3, 3), 0.25, 12) for at in bow]
    return _grown(matt(rng, "rock", "stone"), stones)


def wreck(rng: Rng) -> Parts:
    """Draw the ribs and planks of a boat, heeled over."""
    length, beam, mast = span(rng, (4, 8), (1, 1.6), (2.5, 4))
    t, ribs, planks = np.linspace(-1.3, 1.3, 9), [], []
    for x in np.linspace(-length / 2, length / 2, 11):
        k = max(0.15, 1 - (2 * x / length) ** 2)
        ribs.append(np.c_[np.full(9, x), beam * k * np.sin(t), beam * (1 - np.cos(t) * k)])
    left = rng.integers(4, 10, 11)
    for a, b, n in zip(ribs[:-1], ribs[1:], np.minimum(left[:-1], left[1:]), strict=True):
        if chance(rng, 0.75):
            planks.append(sheet(np.stack([a[:n], b[:n]])))
    pole = cylinder((length * 0.1, 0, 0.2), (length * 0.1, 0.4, mast), 0.1, 0.06)
    heel = rotation("x", rng.normal(0, 0.3))
    bones = [tube(rib, 0.05, 5) for rib in ribs]
    return _sunk(matt(rng, OLD, "earth", 0.8), heel, bones, planks, pole)


def anchor(rng: Rng) -> Parts:
    t = np.linspace(-2.6, -0.54, 9)
    arms = tube(np.c_[0.5 * np.cos(t), 0 * t, 0.55 + 0.5 * np.sin(t)], 0.05)
    shank = cylinder((0, 0, 0.06), (0, 0, 1.2), 0.045)
    stock = cylinder((0, -0.35, 1.05), (0, 0.35, 1.05), 0.035)
    eye = torus((0, 0, 1.28), 0.1, 0.025, (0, 1, 0), 16)
    lean = rng.uniform(0.6, 1.5) * rotation("x", rng.uniform(0, 0.6))
    return _sunk(matt(rng, OLD, "earth", 0.8), lean, arms, shank, stock, eye)


def amphora(rng: Rng) -> Parts:
    h = rng.uniform(0.4, 0.9)
    profile = [(1e-4, 0), (0.06, 0.03), (0.24, 0.5), (0.2, 0.7), (0.08, 0.82), (0.1, 1), (0.07, 1)]
    ears = both(lambda s: torus((s * 0.14 * h, 0, h * 0.8), 0.09 * h, 0.02 * h, (0, 1, 0), 14, 6))
    tilt = rotation("y", pick(rng, (0.1, 1.4)))
    return _sunk(matt(rng, "peeling", "earth"), tilt, lathe(h * np.array(profile)), ears)


def chest(rng: Rng) -> Parts:
    """Draw a coffer with its lid ajar."""
    w, d, h = 0.8, 0.5, 0.35
    arc = ring(16, 1)[:9, :2] * [d / 2, 0.18] - [d / 2, 0]
    ajar = rotation("x", -rng.uniform(0.1, 0.9)) @ rotation("z", np.pi / 2)
    lid = move(extrude(arc, w), (0, d / 2, h + 0.01), ajar)
    spots = np.c_[rng.uniform(-0.35, 0.35, (20, 2)) * (w, d), np.full(20, h - 0.01)]
    coins = [ellipsoid(at, (0.04, 0.04, 0.02), 6) for at in spots]
    coffer = part(matt(rng, OLD, "earth", 0.8), box((0, 0, h / 2), (w, d, h)), lid)
    return [coffer, part(Material("metal", metal="Au"), coins)]
