"""One animal, plant, figure or vehicle close to the camera, the world far behind or below it."""

import numpy as np

from dav2.scenery.families.nature import add_foreground
from dav2.scenery.kit import *
from dav2.scenery.objects import outdoors, plants
from dav2.scenery.things import builders_of

SETTINGS = {"ground": 0.3, "branch": 0.22, "ledge": 0.22, "rail": 0.13, "hanging": 0.13}
BEHIND = {"nothing": 0.2, "wall": 0.2, "wood": 0.3, "slope": 0.2, "rocks": 0.1}


def _branch(scene: Scene, rng: Rng, size: float, top: float) -> None:
    r, tilt = rng.uniform(0.05, 0.16) * size, rng.normal(0, 0.12) * size
    ends = [(s * 3 * size, 0, top - r + s * tilt) for s in (-1, 1)]
    twigs = [cylinder(ends[0], ends[1], r * 1.2, r * 0.7, 12)]
    for x in rng.uniform(-2.2, 2.2, 4) * size:
        start = np.array([x, 0, top - r + tilt * x / (3 * size)])
        end = start + rng.normal(0, 0.7, 3) * size
        twigs.append(cylinder(start, end, r * 0.5, r * 0.1, 7))
    scene.add([part(textured(rng, "wood", gloss=0), twigs)])


def _ledge(
    scene: Scene, rng: Rng, size: float, top: float, middle: np.ndarray, half: np.ndarray
) -> None:
    """A rock or the edge of a wall, its face towards the camera."""
    x, y = middle[:2]
    if chance(rng, 0.5):
        wide, deep = half[:2] * rng.uniform(1.1, 3, 2) + 0.1 * size
        block = box((x, y + 0.2 * deep, top / 2 - 1), (2 * wide, 2.2 * deep, top + 2), size)
        scene.add([part(textured(rng, "bricks", gloss=0), block)])
        return
    rock = plants.boulder(rng, 1.0)
    low, high = extent(rock)
    wide = float(half[:2].max()) * 2.6 + 0.2 * size
    scale = wide / float((high - low)[:2].min())
    scene.add(rock, (x, y, top - float(high[2]) * scale * 0.8), 0, scale)
    base = box((x, y, top / 2 - 1 - 0.3 * size), (wide, wide, top + 2 - 0.4 * size), size)
    scene.add([part(textured(rng, "rock", gloss=0), base)])


def _rail(scene: Scene, rng: Rng, size: float, top: float) -> None:
    r, xs = rng.uniform(0.04, 0.1) * size, np.arange(-4, 4.1, rng.uniform(0.5, 2)) * size
    posts = [box((x, 0, top - 2.5 * size), (1.2 * r, 1.2 * r, 5 * size)) for x in xs]
    rail = box((0, 0, top - r), (8 * size, 3 * r, 2 * r))
    scene.add([part(textured(rng, ("wood", "plain"), gloss=0.3), rail, posts)])


def _bough(
    scene: Scene, rng: Rng, size: float, z: float, middle: np.ndarray, height: float
) -> None:
    """A bough above, and the line on which the subject hangs."""
    high = z + height + 1.5 * size
    line = tube([(*middle[:2], z + 0.9 * height), (*middle[:2], high)], 0.012 * size)
    ends = (-3 * size, 0, high), (3 * size, 0.5 * size, high + 0.4 * size)
    bough = cylinder(*ends, 0.12 * size, 0.06 * size)
    scene.add([part(textured(rng, "wood", gloss=0), line, bough)])


def _behind(scene: Scene, rng: Rng, size: float, top: float) -> None:
    """A wall, a wood or a slope behind the subject, so that not the sky alone is there."""
    kind = pick(rng, BEHIND)
    if kind == "wall":
        face = textured(rng, ("bricks", "facade", "mottled", "rock", "plain"), gloss=0)
        corner = (-60, rng.uniform(2, 8) * size + 1, -5)
        panel = quad(corner, (120, 0, 0), (0, 0, 60 + top), rng.uniform(1, 4))
        scene.add([part(face, panel)])
    elif kind == "wood":
        trees = [plants.crown_tree(rng), plants.crown_tree(rng), plants.tree(rng)]
        xs = rng.uniform(-45, 45, 45)
        copies(scene, rng, trees, [((x, rng.uniform(10, 40), 0.0), x, 1.0) for x in xs])
    elif kind == "slope":
        hills, _ = outdoors.terrain(rng, 300, rng.uniform(40, 130), 3, rng.uniform(20, 40))
        scene.add([part(textured(rng, ("grass", "rock"), gloss=0), hills)], (0, 0, 0.02))
    elif kind == "rocks":
        xs = rng.uniform(-20, 20, 14)
        places = [((x, rng.uniform(9, 20), 0.0), x, rng.uniform(1, 2)) for x in xs]
        copies(scene, rng, [plants.boulder(rng, 5)], places)


def _greenery(scene: Scene, rng: Rng, size: float, top: float, setting: str) -> None:
    """Tufts, bushes and rocks around; often the tops of trees below."""
    for build_ in (plants.tuft, plants.bush, plants.rock, plants.fern):
        places = []
        for _ in range(some(rng, 1, 8)):
            away, angle = max(size, 0.3) * rng.uniform(1.3, 14), rng.uniform(-0.3, np.pi + 0.3)
            at = (away * np.cos(angle), away * np.sin(angle) + 0.8 * size, 0.0)
            places.append((at, angle, rng.uniform(0.4, 1.2)))
        copies(scene, rng, [build_(rng)], places)
    _behind(scene, rng, size, top)
    if setting != "ground" and chance(rng, 0.6):
        spots, clear = rng.uniform(-25, 25, (14, 2)), 3 * size + 0.3 * top
        places = [((x, y, 0.0), x, 1.0) for x, y in spots if np.hypot(x, y) > clear]
        copies(scene, rng, [plants.crown_tree(rng, max(1.5, top * 0.6))], places)


def _setting(rng: Rng, size: float) -> str:
    """Draw where the subject is; large ones do not sit on branches."""
    setting = pick(rng, SETTINGS)
    if size > 1.2:
        return {"branch": "ledge", "rail": "ledge", "hanging": "ground"}.get(setting, setting)
    return setting


def build(rng: Rng) -> Scene:
    """Build one to four subjects on the ground, or on a branch, a ledge, a rail with depth below."""
    scene, make = Scene(), pick(rng, builders_of("subject"))
    first = make(rng)
    low, high = extent(first)
    size = float((high - low).max())
    setting = _setting(rng, size)
    top = 0.0 if setting == "ground" else rng.uniform(3, 12) * (0.4 + size)
    ground = textured(rng, pick(rng, {"grass": 0.5, "mottled": 0.3, "rock": 0.2}), gloss=0)
    field = quad((-90, -90, 0), (180, 0, 0), (0, 180, 0), rng.uniform(1, 4))
    scene.add([part(ground, field)])
    turn = rng.uniform(0, 2 * np.pi)
    if setting in ("branch", "rail"):  # across what it sits on
        turn = rng.normal(0, 0.5) + (np.pi if chance(rng, 0.3) else 0)
    scene.add(first, (0, 0, top), turn)
    low, high = (corner - [0, 0, top] for corner in extent(scene.parts[-len(first) :]))
    middle, half = (low + high) / 2, (high - low) / 2
    if setting == "branch":
        _branch(scene, rng, size, top)
    elif setting == "ledge":
        _ledge(scene, rng, size, top, middle, half)
    elif setting == "rail":
        _rail(scene, rng, size, top)
    elif setting == "hanging":
        _bough(scene, rng, size, top, middle, high[2])
    for _ in range(some(rng, 0, 3) if setting in ("ground", "branch") else 0):
        y = rng.uniform(0.5, 3.5) * size if setting == "ground" else 0.0
        x = pick(rng, (-1, 1)) * rng.uniform(0.9, 1.8) * size
        other = first if setting == "branch" else make(rng)
        scene.add(other, (x, y, top), turn + rng.normal(0, 0.4))
    _greenery(scene, rng, size, top, setting)
    daylight(scene, rng)
    centre = np.array([0, 0, top + middle[2]])

    def camera(rng: Rng) -> Camera:
        away, angle = 0.15 + size * rng.uniform(0.7, 2.3), rng.normal(-np.pi / 2, 0.5)
        pitch, mode = rng.normal(0.0, 0.3), rng.random()  # above 0 the camera looks down
        if mode < 0.2 and setting != "hanging":
            pitch = rng.uniform(0.7, 1.5)
        elif mode < 0.45:
            pitch = -rng.uniform(0.15, 0.8)
        around = np.array([np.cos(angle), np.sin(angle), 0]) * np.cos(pitch)
        at = centre + away * (around + [0, 0, np.sin(pitch)])
        if at[2] < 0.06:
            at[2] = rng.uniform(0.06, max(0.1, 0.25 * size))
        aim = centre + rng.normal(0, 0.18, 3) * size
        if setting == "ground" and mode >= 0.45:  # low, aiming above the horizon: little ground
            at[2] = rng.uniform(0.08, 0.6) * size
            aim[2] = at[2] + rng.uniform(0.0, 0.5) * size
        view = look(rng, at, aim, (32, 65))
        if pitch > 1.0:
            return view._replace(roll=float(rng.uniform(-np.pi, np.pi)))
        return rolled(view, rng, 0.35)

    scene.camera = camera
    if chance(rng, 0.4):
        add_foreground(scene, rng, camera(rng))
    return scene
