"""One animal, flower or figure close to the camera, the world far behind it."""

import numpy as np

from dav2.render import buildings, creatures, furniture, outdoors, plants, thin
from dav2.render.families.nature import add_foreground
from dav2.render.meshes import cylinder, quad
from dav2.render.scene import Camera, Part, Scene, daylight, extent, look, textured

Rng = np.random.Generator
SUBJECTS = (
    *creatures.CREATURES,
    plants.flower,
    plants.branch,
    outdoors.person,
    buildings.statue,
    outdoors.car,
    furniture.chair,
    thin.bicycle,
)


def build(rng: Rng) -> Scene:
    """One to four subjects on the ground or on a perch."""
    scene = Scene()
    make = SUBJECTS[int(rng.integers(len(SUBJECTS)))]
    first = make(rng)
    low, high = extent(first)
    size = float((high - low).max())
    perch = rng.uniform(0.5, 3) * size if size < 1.2 and rng.random() < 0.5 else 0.0
    scene.add(
        [
            Part(
                quad((-80, -80, 0), (160, 0, 0), (0, 160, 0), rng.uniform(1, 4)),
                textured(
                    rng, str(rng.choice(["grass", "mottled", "rock"], p=[0.6, 0.2, 0.2])), gloss=0
                ),
            )
        ]
    )
    scene.add(first, (0, 0, perch), rng.uniform(0, 2 * np.pi))
    if perch:
        log = cylinder(
            (-2 * size, rng.normal(0, 0.3) * size, perch - 0.1 * size + rng.normal(0, 0.2) * size),
            (2 * size, rng.normal(0, 0.3) * size, perch - 0.1 * size),
            rng.uniform(0.04, 0.2) * size,
        )
        scene.add([Part(log, textured(rng, "wood", gloss=0))])
    for _ in range(int(rng.integers(0, 4))):
        scene.add(
            make(rng),
            (rng.normal(0, 1.3) * size, rng.uniform(0.4, 3.5) * size, perch),
            rng.uniform(0, 2 * np.pi),
        )
    for _ in range(int(rng.integers(2, 25))):
        plant = (plants.tuft, plants.bush, plants.rock, plants.tuft)[int(rng.integers(4))](rng)
        away, angle = size * rng.uniform(1.5, 14), rng.uniform(0.1, np.pi - 0.1)
        scene.add(plant, (away * np.cos(angle), away * np.sin(angle), 0), 0, rng.uniform(0.4, 1.2))
    trees = [plants.tree(rng) for _ in range(2)]
    for _ in range(int(rng.integers(0, 12))):
        away, angle = rng.uniform(8, 50), rng.uniform(0.2, np.pi - 0.2)
        scene.add(
            trees[int(rng.integers(2))],
            (away * np.cos(angle), away * np.sin(angle), 0),
            rng.uniform(0, 2 * np.pi),
        )
    if rng.random() < 0.25:
        scene.add(
            [
                Part(
                    quad((-20, 3 * size + 1, 0), (40, 0, 0), (0, 0, 8), rng.uniform(1, 3)),
                    textured(rng, gloss=0),
                )
            ]
        )
    daylight(scene, rng)
    middle = np.array([0, 0, perch + high[2] * 0.55])

    def camera(rng: Rng) -> Camera:
        away, angle = size * rng.uniform(0.8, 2.6), rng.normal(-np.pi / 2, 0.35)
        rise = max(0.03, middle[2] + size * rng.normal(0.1, 0.5))
        at = np.array([away * np.cos(angle), away * np.sin(angle), rise])
        return look(rng, at, middle + rng.normal(0, 0.15, 3) * size, (30, 65))

    scene.camera = camera
    if rng.random() < 0.3:
        add_foreground(scene, rng, camera(rng))
    return scene
