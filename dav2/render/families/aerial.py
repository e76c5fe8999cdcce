"""Woods, fields and houses from above."""

import numpy as np

from dav2.render import buildings, outdoors, plants
from dav2.render.meshes import box, merge
from dav2.render.scene import Camera, Part, Scene, daylight, look, textured

Rng = np.random.Generator
SIZE = 300.0


def build(rng: Rng) -> Scene:
    """Trees, houses and a road on rolling ground, from 25 to 110 m up."""
    scene = Scene()
    ground, heights = outdoors.terrain(rng, SIZE, rng.uniform(0.5, 18))
    scene.add([Part(ground, textured(rng, str(rng.choice(["grass", "mottled"])), gloss=0))])
    if rng.random() < 0.5:
        road = [
            box(
                (x, rng.uniform(4, 8) * np.sin(x / 40), heights.max() * 0.2 + 0.1),
                (8.2, rng.uniform(4, 7), 0.2),
            )
            for x in np.arange(-140, 140, 8)
        ]
        scene.add(
            [Part(merge(road), textured(rng, "mottled", np.full(3, rng.uniform(0.3, 0.6)), 0))],
            turn=rng.uniform(0, np.pi),
        )
    trees = [plants.tree(rng) for _ in range(4)]
    houses = [
        buildings.building(rng, rng.uniform(7, 20), rng.uniform(6, 14), rng.uniform(3, 18))
        for _ in range(4)
    ]
    wooded = rng.uniform(0.5, 1)
    built: list[tuple[float, float]] = []
    for _ in range(int(rng.integers(30, 120))):
        x, y = rng.normal(0, 40, 2)
        at = (x, y, outdoors.ground_height(heights, SIZE, x, y) - 0.1)
        if rng.random() < wooded:
            scene.add(
                trees[int(rng.integers(4))], at, rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 1.5)
            )
        elif all(np.hypot(x - a, y - b) > 22 for a, b in built):
            built.append((x, y))
            scene.add(houses[int(rng.integers(4))], at, rng.uniform(0, 2 * np.pi))
    daylight(scene, rng)

    def camera(rng: Rng) -> Camera:
        rise, angle, tilt = rng.uniform(25, 110), rng.uniform(0, 2 * np.pi), rng.uniform(0.02, 1.0)
        target = np.array([*rng.normal(0, 15, 2), 0])
        at = target + rise * np.array(
            [np.sin(tilt) * np.cos(angle), np.sin(tilt) * np.sin(angle), np.cos(tilt)]
        )
        return look(rng, at, target, (35, 70))

    scene.camera = camera
    return scene
