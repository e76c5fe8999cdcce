"""Streets between buildings."""

import numpy as np

from dav2.render import buildings, outdoors, plants, thin
from dav2.render.meshes import box, merge, quad
from dav2.render.scene import Camera, Part, Scene, daylight, look, painted, textured

Rng = np.random.Generator
LENGTH = 150.0


def build(rng: Rng) -> Scene:
    """A street along x with houses, cars, people, trees, lamps and wires."""
    scene = Scene()
    road, pavement = rng.uniform(4, 12), rng.uniform(1.5, 5)
    scene.add(
        [
            Part(
                quad((-LENGTH / 2, -LENGTH / 2, -0.02), (LENGTH, 0, 0), (0, LENGTH, 0), 4),
                textured(rng, str(rng.choice(["grass", "mottled"])), gloss=0),
            )
        ]
    )
    scene.add(
        [
            Part(
                quad((-LENGTH / 2, -road / 2, 0), (LENGTH, 0, 0), (0, road, 0), 3),
                textured(
                    rng,
                    str(rng.choice(["mottled", "bricks"])),
                    np.full(3, rng.uniform(0.15, 0.4)),
                    0.1,
                ),
            )
        ]
    )
    kerbs = [
        box((0, s * (road + pavement) / 2, 0.06), (LENGTH, pavement, 0.14), 1.2) for s in (-1, 1)
    ]
    scene.add([Part(merge(kerbs), textured(rng, "bricks", np.full(3, rng.uniform(0.3, 0.6)), 0))])
    if rng.random() < 0.5:
        marks = [box((x, 0, 0.01), (2, 0.12, 0.01)) for x in np.arange(-60, 60, 5)]
        scene.add([Part(merge(marks), painted(rng, "pastel", 0))])
    for side in (-1, 1):
        x = -LENGTH / 2
        while x < LENGTH / 2:
            width, depth = rng.uniform(5, 16), rng.uniform(6, 14)
            if rng.random() < 0.85:
                height = rng.uniform(3.5, 9) if rng.random() < 0.5 else rng.uniform(9, 30)
                y = side * (road / 2 + pavement + depth / 2 + rng.uniform(0, 2))
                scene.add(
                    buildings.building(rng, width * 0.97, depth, height),
                    (x + width / 2, y, 0),
                    0 if side > 0 else np.pi,
                )
            x += width
    roadside = (plants.tree, outdoors.street_lamp, outdoors.sign, outdoors.bench, plants.bush)
    for x in np.arange(-40, 60, rng.uniform(6, 15)):
        thing, side = int(rng.choice(5, p=[0.35, 0.25, 0.15, 0.1, 0.15])), rng.choice([-1, 1])
        scene.add(
            roadside[thing](rng),
            (x, side * (road / 2 + 0.5), 0.13),
            0 if side > 0 else np.pi,
            0.6 if thing == 0 else 1,
        )
    for _ in range(int(rng.integers(3, 14))):
        lane = rng.choice([-1, 1])
        scene.add(
            outdoors.car(rng),
            (rng.uniform(-30, 50), lane * road * rng.choice([0.25, 0.4]), 0),
            0 if lane < 0 else np.pi,
        )
    for _ in range(int(rng.integers(1, 10))):
        at = (
            rng.uniform(-20, 30),
            rng.choice([-1, 1]) * (road / 2 + rng.uniform(0.4, pavement)),
            0.13,
        )
        scene.add(outdoors.person(rng), at, rng.uniform(0, 2 * np.pi))
    if rng.random() < 0.4:
        scene.add(thin.bicycle(rng), (rng.uniform(-15, 5), road / 2 - 0.3, 0), rng.normal(0, 0.2))
    if rng.random() < 0.4:
        scene.add(outdoors.fence(rng, 20), (-4, -road / 2 - 0.3, 0.13))
    if rng.random() < 0.4:
        scene.add(outdoors.wires(rng), (10, road / 2 + 1, 0))
    if rng.random() < 0.3:  # an arch across the street
        scene.add(buildings.arcade(rng), (rng.uniform(-5, 20), 0, 0), np.pi / 2)
    daylight(scene, rng)

    def camera(rng: Rng) -> Camera:
        at = np.array(
            [
                rng.uniform(-25, -5),
                rng.uniform(-0.5, 0.5) * (road + pavement),
                rng.uniform(0.6, 3.5),
            ]
        )
        return look(rng, at, at + [10, rng.normal(0, 3), rng.normal(0.3, 1.2)], (40, 85))

    scene.camera = camera
    return scene
