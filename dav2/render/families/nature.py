"""Hills, woods, meadows and lakes, often through leaves that hang into the view."""

import numpy as np

from dav2.render import buildings, outdoors, plants
from dav2.render.scene import Camera, Part, Scene, daylight, look, textured

Rng = np.random.Generator
SIZE = 260.0


def add_foreground(scene: Scene, rng: Rng, camera: Camera) -> None:
    """Branches at the top or sides of a view, one or two metres away."""
    forward = camera.target - camera.position
    forward = forward / np.linalg.norm(forward)
    side = np.array([-forward[1], forward[0], 0])
    for _ in range(int(rng.integers(1, 5))):
        away = rng.uniform(0.7, 2.5)
        spread = np.tan(camera.fov / 2) * away
        at = camera.position + forward * away + side * rng.uniform(-1.2, 1) * spread
        at = at + np.array([0, 0, 1]) * rng.uniform(0.1, 0.7) * spread
        scene.add(plants.branch(rng), at, rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 1.4))


def build(rng: Rng) -> Scene:
    """Rolling ground with trees, rocks, bushes and grass, sometimes a lake or a house."""
    scene = Scene()
    height = rng.uniform(2, 50)
    ground, heights = outdoors.terrain(
        rng, SIZE, height, int(rng.integers(2, 5)), rng.uniform(4, 25)
    )
    kind = str(rng.choice(["grass", "mottled", "rock"], p=[0.65, 0.2, 0.15]))
    scene.add([Part(ground, textured(rng, kind, gloss=0))])

    def level(x: float, y: float) -> float:
        return outdoors.ground_height(heights, SIZE, x, y)

    if rng.random() < 0.35:
        scene.add([outdoors.water(SIZE, -height * 0.1 - 0.3)])
    prototypes = [
        [build_(rng) for _ in range(3)]
        for build_ in (plants.tree, plants.rock, plants.bush, plants.tuft)
    ]
    shares = rng.dirichlet([2, 1, 1, 1.5])
    for _ in range(int(rng.integers(25, 80))):
        kind_ = int(rng.choice(4, p=shares))
        away = rng.uniform(3, 75) * rng.random() ** 0.3 if kind_ == 0 else rng.uniform(1.5, 25)
        angle = rng.normal(0, 0.8)
        x, y = away * np.cos(angle), away * np.sin(angle)
        scene.add(
            prototypes[kind_][int(rng.integers(3))],
            (x, y, level(x, y) - 0.05),
            rng.uniform(0, 2 * np.pi),
            rng.uniform(0.6, 1.3),
        )
    if rng.random() < 0.35:
        x, y = rng.uniform(4, 12), rng.uniform(-4, 4)
        scene.add(outdoors.fence(rng, 24), (x, y, level(x, y)), rng.uniform(0.6, 2.5))
    if rng.random() < 0.3:
        x, y = rng.uniform(15, 40), rng.uniform(-12, 12)
        scene.add(
            buildings.building(rng, 8, 6, 3.5), (x, y, level(x, y) - 0.3), rng.uniform(0, 2 * np.pi)
        )
    for _ in range(int(rng.integers(0, 4))):
        x, y = rng.uniform(3, 18), rng.uniform(-5, 5)
        scene.add(outdoors.person(rng), (x, y, level(x, y)), rng.uniform(0, 2 * np.pi))
    daylight(scene, rng)

    def camera(rng: Rng) -> Camera:
        x, y = rng.uniform(-3, 0), rng.uniform(-2, 2)
        at = np.array([x, y, level(x, y) + rng.uniform(0.3, 2.4)])
        return look(rng, at, at + [10, rng.normal(0, 3), rng.normal(0, 1.5)], (40, 85))

    scene.camera = camera
    if rng.random() < 0.5:
        fixed = camera(rng)
        add_foreground(scene, rng, fixed)
        scene.camera = lambda rng: fixed._replace(
            target=fixed.target + rng.normal(0, 0.7, 3), fov=fixed.fov * rng.uniform(0.7, 1.1)
        )
    return scene
