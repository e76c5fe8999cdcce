"""One animal, plant, figure or vehicle close to the camera, the world far behind or below it."""

import numpy as np

from dav2.scenery.families.nature import add_foreground
from dav2.scenery.meshes import box, cylinder, merge, quad, tube
from dav2.scenery.objects import (
    creatures,
    furniture,
    monuments,
    outdoors,
    people,
    plants,
    thin,
    vehicles,
)
from dav2.scenery.placing import copies, rolled
from dav2.scenery.scene import Camera, Part, Scene, daylight, extent, look, textured

Rng = np.random.Generator
SUBJECTS = (
    *creatures.CREATURES,
    *creatures.CREATURES,
    plants.flower,
    plants.branch,
    people.person,
    people.person,
    lambda rng: people.person(rng, str(rng.choice(list(people.POSES)))),
    monuments.statue,
    vehicles.car,
    vehicles.motorcycle,
    furniture.chair,
    thin.bicycle,
    outdoors.planter,
)
SETTINGS = ("ground", "branch", "ledge", "rail", "hanging")


def _perch(
    scene: Scene, rng: Rng, setting: str, size: float, low: np.ndarray, high: np.ndarray, top: float
) -> None:
    """What the subject stands on or hangs from; `top` is where its feet are."""
    bark = textured(rng, "wood", gloss=0)
    middle, half = (low + high) / 2, (high - low) / 2
    if setting == "branch":
        r = rng.uniform(0.05, 0.16) * size
        tilt = rng.normal(0, 0.12) * size
        pieces = [
            cylinder(
                (-3 * size, 0, top - r - tilt), (3 * size, 0, top - r + tilt), r * 1.2, r * 0.7, 12
            )
        ]
        for _ in range(4):
            x = rng.uniform(-2.2, 2.2) * size
            start = np.array([x, 0, top - r + tilt * x / (3 * size)])
            pieces.append(
                cylinder(start, start + rng.normal(0, 0.7, 3) * size, r * 0.5, r * 0.1, 7)
            )
        scene.add([Part(merge(pieces), bark)])
    elif setting == "ledge":  # a rock or the edge of a wall, its face towards the camera
        if rng.random() < 0.5:
            wide, deep = half[:2] * rng.uniform(1.1, 3, 2) + 0.1 * size
            block = box(
                (middle[0], middle[1] + 0.2 * deep, top / 2 - 1),
                (2 * wide, 2.2 * deep, top + 2),
                size,
            )
            scene.add([Part(block, textured(rng, "bricks", gloss=0))])
        else:
            rock = plants.boulder(rng, 1.0)
            a, b = extent(rock)
            wide = float(half[:2].max()) * 2.6 + 0.2 * size
            scale = wide / float((b - a)[:2].min())
            scene.add(rock, (middle[0], middle[1], top - float(b[2]) * scale * 0.8), 0, scale)
            base = box(
                (middle[0], middle[1], top / 2 - 1 - 0.3 * size),
                (wide, wide, top + 2 - 0.4 * size),
                size,
            )
            scene.add([Part(base, textured(rng, "rock", gloss=0))])
    elif setting == "rail":
        r = rng.uniform(0.04, 0.1) * size
        bars = [box((0, 0, top - r), (8 * size, 3 * r, 2 * r))]
        bars += [
            box((x * size, 0, top - 2.5 * size), (1.2 * r, 1.2 * r, 5 * size))
            for x in np.arange(-4, 4.1, rng.uniform(0.5, 2))
        ]
        scene.add([Part(merge(bars), textured(rng, str(rng.choice(["wood", "plain"])), gloss=0.3))])
    elif setting == "hanging":
        line = [
            (middle[0], middle[1], top + high[2] * 0.9),
            (middle[0], middle[1], top + high[2] + 1.5 * size),
        ]
        bough = cylinder(
            (-3 * size, 0, line[1][2]),
            (3 * size, 0.5 * size, line[1][2] + 0.4 * size),
            0.12 * size,
            0.06 * size,
        )
        scene.add([Part(merge([tube(line, 0.012 * size), bough]), bark)])


def _behind(scene: Scene, rng: Rng, size: float, top: float) -> None:
    """A wall, a wood or a slope behind the subject, so that not the sky alone is there."""
    kind = str(rng.choice(["none", "wall", "wood", "slope", "rocks"], p=[0.2, 0.2, 0.3, 0.2, 0.1]))
    if kind == "wall":
        away = rng.uniform(2, 8) * size + 1
        panel = quad((-60, away, -5), (120, 0, 0), (0, 0, 60 + top), rng.uniform(1, 4))
        scene.add(
            [
                Part(
                    panel,
                    textured(
                        rng,
                        str(rng.choice(["bricks", "facade", "mottled", "rock", "plain"])),
                        gloss=0,
                    ),
                )
            ]
        )
    elif kind == "wood":
        trees = [plants.crown_tree(rng) for _ in range(2)] + [plants.tree(rng)]
        places = [((x, rng.uniform(10, 40), 0.0), x, 1.0) for x in rng.uniform(-45, 45, 45)]
        copies(scene, rng, trees, places)
    elif kind == "slope":
        hills, _ = outdoors.terrain(rng, 300, rng.uniform(40, 130), 3, rng.uniform(20, 40))
        scene.add(
            [Part(hills, textured(rng, str(rng.choice(["grass", "rock"])), gloss=0))], (0, 0, 0.02)
        )
    elif kind == "rocks":
        copies(
            scene,
            rng,
            [plants.boulder(rng, 5)],
            [
                ((x, rng.uniform(9, 20), 0.0), x, rng.uniform(1, 2))
                for x in rng.uniform(-20, 20, 14)
            ],
        )


def build(rng: Rng) -> Scene:
    """One to three subjects on the ground, or on a branch, a ledge, a rail with depth below."""
    scene = Scene()
    make = SUBJECTS[int(rng.integers(len(SUBJECTS)))]
    first = make(rng)
    low, high = extent(first)
    size = float((high - low).max())
    setting = str(rng.choice(SETTINGS, p=[0.3, 0.22, 0.22, 0.13, 0.13]))
    if size > 1.2 and setting in ("branch", "rail"):
        setting = "ledge"
    if size > 1.2 and setting == "hanging":
        setting = "ground"
    top = 0.0 if setting == "ground" else rng.uniform(3, 12) * (0.4 + size)
    ground = str(rng.choice(["grass", "mottled", "rock"], p=[0.5, 0.3, 0.2]))
    field = quad((-90, -90, 0), (180, 0, 0), (0, 180, 0), rng.uniform(1, 4))
    scene.add([Part(field, textured(rng, ground, gloss=0))])
    turn = rng.uniform(0, 2 * np.pi)
    if setting in ("branch", "rail"):  # across what it sits on
        turn = rng.normal(0, 0.5) + (np.pi if rng.random() < 0.3 else 0)
    scene.add(first, (0, 0, top), turn)
    low, high = extent(scene.parts[-len(first):])  # fmt: skip
    low, high = low - [0, 0, top], high - [0, 0, top]
    _perch(scene, rng, setting, size, low, high, top)
    if setting == "ground" or setting == "branch":
        for _ in range(int(rng.integers(0, 4))):
            y = rng.uniform(0.5, 3.5) * size if setting == "ground" else 0.0
            x = rng.choice([-1, 1]) * rng.uniform(0.9, 1.8) * size
            scene.add(
                first if setting == "branch" else make(rng), (x, y, top), turn + rng.normal(0, 0.4)
            )
    greens = [make_(rng) for make_ in (plants.tuft, plants.bush, plants.rock, plants.fern)]
    for k in range(4):
        places = []
        for _ in range(int(rng.integers(1, 9))):
            away, angle = max(size, 0.3) * rng.uniform(1.3, 14), rng.uniform(-0.3, np.pi + 0.3)
            places.append(
                (
                    (away * np.cos(angle), away * np.sin(angle) + 0.8 * size, 0.0),
                    angle,
                    rng.uniform(0.4, 1.2),
                )
            )
        copies(scene, rng, [greens[k]], places)
    _behind(scene, rng, size, top)
    if setting != "ground" and rng.random() < 0.6:  # tops of trees below
        crowns = [plants.crown_tree(rng, max(1.5, top * 0.6))]
        spots = rng.uniform(-25, 25, (14, 2))
        copies(
            scene,
            rng,
            crowns,
            [((x, y, 0.0), x, 1.0) for x, y in spots if np.hypot(x, y) > 3 * size + 0.3 * top],
        )
    daylight(scene, rng)
    middle = np.array([0, 0, top + (low[2] + high[2]) / 2])

    def camera(rng: Rng) -> Camera:
        away, angle = 0.15 + size * rng.uniform(0.7, 2.3), rng.normal(-np.pi / 2, 0.5)
        pitch = rng.normal(0.0, 0.3)  # above 0 the camera looks down
        mode = rng.random()
        if mode < 0.2 and setting != "hanging":
            pitch = rng.uniform(0.7, 1.5)
        elif mode < 0.45:
            pitch = -rng.uniform(0.15, 0.8)
        out = np.array(
            [np.cos(angle) * np.cos(pitch), np.sin(angle) * np.cos(pitch), np.sin(pitch)]
        )
        at = middle + away * out
        if at[2] < 0.06:
            at[2] = rng.uniform(0.06, max(0.1, 0.25 * size))
        aim = middle + rng.normal(0, 0.18, 3) * size
        if setting == "ground" and mode >= 0.45:  # low, aiming above the horizon: little ground
            at[2] = rng.uniform(0.08, 0.6) * size
            aim[2] = at[2] + rng.uniform(0.0, 0.5) * size
        view = look(rng, at, aim, (32, 65))
        if pitch > 1.0:
            view = view._replace(roll=float(rng.uniform(-np.pi, np.pi)))
            return view
        return rolled(view, rng, 0.35)

    scene.camera = camera
    if rng.random() < 0.4:
        add_foreground(scene, rng, camera(rng))
    return scene
