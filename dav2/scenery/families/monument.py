"""One great building, from afar, from below, or through what stands before it."""

import numpy as np

from dav2.scenery.families.nature import add_foreground
from dav2.scenery.meshes import quad
from dav2.scenery.objects import buildings, monuments, outdoors, people, plants
from dav2.scenery.placing import copies, view_from_outside
from dav2.scenery.scene import Camera, Part, Scene, daylight, extent, look, textured

Rng = np.random.Generator


def build(rng: Rng) -> Scene:
    """A monument on open ground, with people, trees, hills behind and branches before it."""
    scene = Scene()
    monument = monuments.MONUMENTS[int(rng.integers(len(monuments.MONUMENTS)))](rng)
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
    greenery = [build_(rng) for build_ in (plants.tree, plants.crown_tree, plants.bush)]
    places = []
    for _ in range(int(rng.integers(0, 22))):
        x, y = rng.uniform(-1.6, 1.6) * size, rng.uniform(-1.6, 1.4) * size
        if max(abs(x), abs(y)) > 0.75 * size:
            places.append(((x, y, 0.0), rng.uniform(0, 2 * np.pi), rng.uniform(0.7, 1.2)))
    copies(scene, rng, greenery, places)
    visitors = [people.person(rng) for _ in range(4)]
    for _ in range(int(rng.integers(0, 14))):
        at = (rng.uniform(-1, 1) * size, -rng.uniform(0.6, 1.5) * size, 0)
        scene.add(visitors[int(rng.integers(4))], at, rng.uniform(0, 2 * np.pi))
    near = (
        outdoors.planter,
        outdoors.bollards,
        outdoors.bench,
        outdoors.street_lamp,
        outdoors.parasol,
    )
    for _ in range(int(rng.integers(0, 5))):
        at = (rng.uniform(-0.8, 0.8) * size, -rng.uniform(0.7, 1.4) * size, 0)
        scene.add(near[int(rng.integers(5))](rng), at, rng.uniform(0, 6))
    frame = rng.random() < 0.35  # something to look out of: an arcade or a gateway before it
    stand = -size * rng.uniform(1.1, 1.5)
    if frame:
        scene.add(
            (monuments.arcade, monuments.gateway)[int(rng.integers(2))](rng),
            (rng.normal(0, 1), stand, 0),
        )
    for _ in range(int(rng.integers(0, 4))):
        x = rng.choice([-1, 1]) * size * rng.uniform(0.8, 2)
        scene.add(
            buildings.building(rng),
            (x, rng.uniform(0.4, 1.5) * size, 0),
            rng.uniform(0, 2 * np.pi),
        )
    if rng.random() < 0.3:
        scene.add(outdoors.fence(rng, 2 * size), (0, -0.9 * size, 0))
    daylight(scene, rng)

    def propose(rng: Rng) -> Camera:
        aim = np.array([rng.normal(0, 0.15) * size, 0, tall * rng.uniform(0.25, 0.6)])
        way = rng.random()
        if frame and way < 0.6:
            at = np.array([rng.normal(0, 1.5), stand - rng.uniform(2, 7), rng.uniform(0.8, 2.2)])
            return look(rng, at, aim, (55, 85))
        angle = rng.normal(-np.pi / 2, 0.6)
        if way < 0.75:  # at its foot, looking up
            away = size * rng.uniform(0.55, 0.85)
            at = np.array([away * np.cos(angle), away * np.sin(angle), rng.uniform(0.4, 2)])
            return look(rng, at, aim * [1, 1, 0] + [0, 0, tall * rng.uniform(0.6, 1)], (50, 85))
        if way < 0.85:  # from a height, or from its own roof downwards
            away = size * rng.uniform(0.2, 1.3)
            at = np.array(
                [away * np.cos(angle), away * np.sin(angle), tall * rng.uniform(1.1, 2.0) + 2]
            )
            return look(rng, at, aim * [1, 1, 0.5], (50, 80))
        away = max(size, tall) * rng.uniform(0.75, 1.9)
        at = np.array([away * np.cos(angle), away * np.sin(angle), rng.uniform(0.5, 2.5)])
        return look(rng, at, aim, (35, 75))

    def camera(rng: Rng) -> Camera:
        others = scene.parts[:1] + scene.parts[1 + len(monument) :]
        return view_from_outside(others, propose, rng, 0.2)

    scene.camera = camera
    if rng.random() < 0.4:
        fixed = camera(rng)
        add_foreground(scene, rng, fixed)
        scene.camera = lambda rng: fixed._replace(
            target=fixed.target + rng.normal(0, 0.05 * size, 3),
            fov=fixed.fov * rng.uniform(0.7, 1.1),
        )
    return scene
