"""One great building, from afar, from below, or through what stands before it."""

import numpy as np

from dav2.render import buildings, outdoors, plants
from dav2.render.families.nature import add_foreground
from dav2.render.meshes import quad
from dav2.render.scene import Camera, Part, Scene, daylight, extent, look, textured

Rng = np.random.Generator


def build(rng: Rng) -> Scene:
    """A monument on open ground, with people, trees, hills behind and branches before it."""
    scene = Scene()
    monument = buildings.MONUMENTS[int(rng.integers(len(buildings.MONUMENTS)))](rng)
    low, high = extent(monument)
    size = float(max(high[:2] - low[:2]))
    tall = float(high[2])
    scene.add(
        [
            Part(
                quad((-200, -200, 0), (400, 0, 0), (0, 400, 0), rng.uniform(2, 6)),
                textured(rng, str(rng.choice(["grass", "mottled", "bricks"])), gloss=0),
            )
        ]
    )
    scene.add(monument, (0, 0, 0), rng.uniform(-0.6, 0.6))
    if rng.random() < 0.5:
        hills, _ = outdoors.terrain(rng, 390, rng.uniform(20, 70), 3, 90)
        scene.add([Part(hills, textured(rng, "grass", gloss=0))], (0, 0, -0.3))
    if rng.random() < 0.25:
        scene.add([outdoors.water(400, 0.02)])
    greenery = [build_(rng) for build_ in (plants.tree, plants.tree, plants.bush)]
    for _ in range(int(rng.integers(0, 16))):
        x, y = rng.uniform(-1.6, 1.6) * size, rng.uniform(-1.6, 1.4) * size
        if max(abs(x), abs(y)) > 0.65 * size:
            scene.add(greenery[int(rng.integers(3))], (x, y, 0), rng.uniform(0, 2 * np.pi))
    for _ in range(int(rng.integers(0, 12))):
        scene.add(
            outdoors.person(rng),
            (rng.uniform(-1, 1) * size, -rng.uniform(0.55, 1.5) * size, 0),
            rng.uniform(0, 2 * np.pi),
        )
    for _ in range(int(rng.integers(0, 4))):
        x = rng.choice([-1, 1]) * size * rng.uniform(0.8, 2)
        scene.add(
            buildings.building(rng),
            (x, rng.uniform(-0.3, 1.5) * size, 0),
            rng.uniform(0, 2 * np.pi),
        )
    if rng.random() < 0.3:
        scene.add(outdoors.fence(rng, 2 * size), (0, -0.9 * size, 0))
    daylight(scene, rng)

    def camera(rng: Rng) -> Camera:
        away = max(size, tall) * rng.uniform(0.75, 1.9)
        angle = rng.normal(-np.pi / 2, 0.5)
        rise = rng.uniform(0.5, 2.5) if rng.random() < 0.75 else tall * rng.uniform(0.3, 1.2)
        at = np.array([away * np.cos(angle), away * np.sin(angle), rise])
        return look(
            rng, at, (rng.normal(0, 0.15) * size, 0, tall * rng.uniform(0.25, 0.6)), (35, 75)
        )

    scene.camera = camera
    if rng.random() < 0.4:
        fixed = camera(rng)
        add_foreground(scene, rng, fixed)
        scene.camera = lambda rng: fixed._replace(
            target=fixed.target + rng.normal(0, 0.05 * size, 3),
            fov=fixed.fov * rng.uniform(0.7, 1.1),
        )
    return scene
