"""Things on a table, seen from near: level, from above, from below the edge, under a shelf."""

from collections.abc import Mapping

import numpy as np

from dav2.scenery.kit import *
from dav2.scenery.things import builders_of

Library = Mapping[Builder, float]


def _fitting(rng: Rng, sizes: tuple[float, float], length: float) -> float:
    """Draw the scale at which an object of this length is at most of a size."""
    return min(1.0, rng.uniform(*sizes) / length)


def _arrange(
    scene: Scene,
    rng: Rng,
    library: Library,
    count: int,
    half: tuple[float, float],
    z: float,
    y: float = 0.0,
) -> list[tuple[float, float, float]]:
    """Set things on a board `half` wide and deep at height z; return (x, y, top) of each."""
    spots, tops = Spots(), []
    for _ in range(count):
        parts = pick(rng, library)(rng)
        low, high = extent(parts)
        length = float(np.abs([low[:2], high[:2]]).max())
        scale = _fitting(rng, (0.1, 0.36), length)
        x, deep = rng.uniform(-1, 1, 2) * half + [0, y]
        if spots.take(x, deep, 0.75 * length * scale):
            scene.add(parts, (x, deep, z - float(low[2]) * scale), angle_of(rng), scale)
            tops.append((x, deep, z + float(high[2] - low[2]) * scale))
    return tops


def _shelf(scene: Scene, rng: Rng, library: Library, y: float) -> None:
    z = rng.uniform(0.38, 0.7)
    board = box((0, y, z - 0.015), (2.6, rng.uniform(0.25, 0.5), 0.03), 0.6)
    sides = both(lambda s: box((s * 0.88, y, z / 2), (0.03, 0.25, z)))
    scene.add([part(textured(rng, "wood"), board, sides)])
    _arrange(scene, rng, library, 5, (0.75, 0.08), z, y)


def _lamps(scene: Scene, rng: Rng, library: Library, y: float) -> None:
    shade = painted(rng)
    for x in rng.uniform(-0.8, 0.8, some(rng, 1, 3)):
        at, (r, z) = (x, y + rng.normal(0, 0.15), 0), span(rng, (0.08, 0.2), (0.3, 0.6))
        hood = lathe([(r, z), (r * 0.75, z + r * 0.6), (0.02, z + r)], 20)
        cord = cylinder((0, 0, z + r), (0, 0, 3), 0.005, segments=5)
        bulb = ellipsoid((0, 0, z + r * 0.3), r * 0.3, 8)
        scene.add([part(shade, hood, cord), part(lamp(rng, 6), bulb)], at)


def _rail(scene: Scene, rng: Rng, library: Library, y: float) -> None:
    z, dark = rng.uniform(0.55, 0.9), painted(rng, "dark")
    scene.add([part(dark, cylinder((-1.5, y, z), (1.5, y, z), 0.01))])
    for x in np.arange(-0.9, 0.9, rng.uniform(0.2, 0.4)):
        parts = pick(rng, library)(rng)
        low, high = extent(parts)
        scale = _fitting(rng, (0.12, 0.3), float((high - low).max()))
        scene.add([part(dark, cylinder((x, y, z), (x, y, z - 0.15), 0.004, segments=4))])
        scene.add(parts, (x, y, z - 0.13 - float(high[2]) * scale), angle_of(rng), scale)


OVER = {_shelf: 0.35, _lamps: 0.25, _rail: 0.2, None: 0.2}  # above and often before the table


def _surroundings(scene: Scene, rng: Rng) -> None:
    """A wall behind, often one at the side, floor, often a ceiling, a lamp."""
    wall, tile = textured(rng, gloss=0), rng.uniform(0.8, 3)
    walls = [quad((-6, rng.uniform(0.9, 4), -1), (12, 0, 0), (0, 0, 5), tile)]
    if chance(rng, 0.6):
        walls.append(
            quad((pick(rng, (-1, 1)) * rng.uniform(1.3, 4), -6, -1), (0, 12, 0), (0, 0, 5), tile)
        )
    scene.add([part(wall, walls)])
    scene.add([part(textured(rng, gloss=0), quad((-6, -6, -0.8), (12, 0, 0), (0, 12, 0), 1))])
    if chance(rng, 0.5):
        ceiling = quad((-6, -6, 2.2), (12, 0, 0), (0, 12, 0), 1)
        scene.add([part(painted(rng, "pastel", 0), ceiling)])
    at, size = span(rng, (-2, 2), (-2, 0.5), (1.5, 2.1)), rng.uniform(0.3, 1.5)
    panel = quad(at, (size, 0, 0), (0, size, 0.3))
    scene.add([part(lamp(rng, rng.uniform(8, 20) / size**2), panel)])
    indoor_sky(scene, rng)


WAYS = {"level": 0.28, "over": 0.12, "down": 0.2, "below": 0.22, "close": 0.18}


def set_table(rng: Rng, library: Library) -> Scene:
    """Build a table with things from a library, more above it, walls or a room behind."""
    scene = Scene()
    half = np.array(span(rng, (0.6, 0.95), (0.45, 0.75)))
    top = box((0, 0, -0.02), (*2 * half, 0.04), rng.uniform(0.3, 1))
    legs = corners(lambda x, y: box((x, y, -0.42), (0.06, 0.06, 0.76)), *(half - 0.06))
    scene.add([part(textured(rng), top, legs)])
    _surroundings(scene, rng)
    tops = _arrange(scene, rng, library, 3 * some(rng, 4, 13), tuple(half - 0.1), 0.0)
    over = pick(rng, OVER)
    if over is not None:
        over(scene, rng, library, rng.uniform(-0.75, 0.5))

    def camera(rng: Rng) -> Camera:
        way, turn = pick(rng, WAYS), rng.normal(-np.pi / 2, 0.6)
        out, up = np.array([np.cos(turn), np.sin(turn), 0]), np.array([0, 0, 1.0])
        x, y, high = pick(rng, tops) if tops else (0.0, 0.0, 0.2)
        aim = np.array([x * 0.5, y * 0.5, rng.uniform(0.05, 0.25)])
        if way == "level":
            at = out * rng.uniform(0.7, 1.5) + up * rng.uniform(0.05, 0.3)
            view = look(rng, at, aim + 0.08 * up, (35, 75))
        elif way == "over":
            rise = rng.uniform(0.3, 0.9)
            at = rng.uniform(0.8, 1.6) * (out * np.cos(rise) + up * np.sin(rise))
            view = look(rng, at, aim, (35, 70))
        elif way == "down":
            at = aim + out * rng.uniform(0.01, 0.25) + up * rng.uniform(0.45, 1.2)
            view = look(rng, at, aim, (45, 80))
            return view._replace(roll=float(rng.uniform(-np.pi, np.pi)))
        elif way == "below":  # over the edge of the table, or under it
            at = out * (half.max() + rng.uniform(0.02, 0.5)) + up * rng.uniform(-0.45, 0.04)
            view = look(rng, at, aim + up * rng.uniform(0.0, 0.5), (50, 85))
        else:
            at = np.array([x, y, high * 0.5]) + out * rng.uniform(0.25, 0.5)
            at[2] = max(at[2] + rng.uniform(-0.05, 0.25), 0.04)
            view = look(rng, at, (x, y, high * 0.6), (45, 75))
        return rolled(view, rng, 0.35)

    scene.camera = camera
    return scene


def build(rng: Rng) -> Scene:
    """Build a table with everyday things."""
    return set_table(rng, builders_of("table"))
