"""Wires, spokes, bars, nets, twigs before near and far grounds: what lies between is the ground."""

import numpy as np

from dav2.scenery.families.living_room import furnished
from dav2.scenery.meshes import box, quad
from dav2.scenery.objects import (
    furniture,
    household,
    outdoors,
    people,
    plants,
    thin,
    vehicles,
    wirework,
)
from dav2.scenery.rooms import merged
from dav2.scenery.scene import Camera, Part, Scene, daylight, extent, look, textured

Rng = np.random.Generator
ROOM = (
    *thin.INDOOR,
    *thin.INDOOR,
    furniture.plant,
    furniture.chair,
    furniture.floor_lamp,
    household.stool,
    household.office_chair,
    furniture.sofa,
)
YARD = (
    *wirework.OUTDOOR,
    thin.bicycle,
    thin.bicycle,
    thin.ladder,
    thin.shopping_cart,
    outdoors.fence,
    outdoors.bench,
    thin.parasol_frame,
)


def _yard(rng: Rng) -> Scene:
    """Open ground with walls, trees and people far away, wires and bars in between."""
    scene = Scene()
    ground = textured(
        rng,
        str(
            rng.choice(
                ["grass", "gravel", "cobbles", "asphalt", "sand", "snow", "leaves", "concrete"]
            )
        ),
        gloss=0,
    )
    scene.add([Part(quad((-90, -90, 0), (180, 0, 0), (0, 180, 0), rng.uniform(1.5, 4)), ground)])
    far = [
        plants.tree(rng),
        plants.bush(rng),
        plants.tuft(rng),
        people.person(rng),
        vehicles.car(rng),
    ]
    for _ in range(int(rng.integers(8, 26))):
        away, side = rng.uniform(5, 45), rng.normal(0, 0.7)
        thing = far[int(rng.integers(len(far)))]
        scene.add(thing, (away * np.sin(side), away * np.cos(side), 0), rng.uniform(0, 2 * np.pi))
    if rng.random() < 0.6:  # a wall, or houses as a row of boxes
        away = rng.uniform(5, 40)
        face = textured(
            rng, str(rng.choice(["bricks", "facade", "plain", "peeling", "corrugated"])), gloss=0
        )
        for x in np.arange(-40, 40, 10.0):
            h = rng.uniform(2, 12)
            scene.add(
                [
                    Part(
                        box((x, away + rng.uniform(4, 7), h / 2), (9.5, 8, h), rng.uniform(1.5, 4)),
                        face,
                    )
                ]
            )
    near: list[tuple[float, float, float]] = []
    for _ in range(int(rng.integers(3, 9))):
        parts = YARD[int(rng.integers(len(YARD)))](rng)
        low, high = extent(parts)
        reach = float(np.abs([low[:2], high[:2]]).max())
        at = np.array([rng.normal(0, 2.2), rng.uniform(0.8, 8)])
        if np.hypot(*at) < 0.6 or any(
            np.hypot(at[0] - a, at[1] - b) < 0.5 * (reach + r) for a, b, r in near
        ):
            continue
        near.append((*at, reach))
        scene.add(parts, (*at, 0), rng.normal(0, 0.5) + rng.choice([0, np.pi]))
    if rng.random() < 0.6:  # a screen of wires right before the lens
        screen = wirework.SCREENS[int(rng.integers(len(wirework.SCREENS)))]
        scene.add(screen(rng), (rng.normal(0, 0.5), rng.uniform(0.35, 1.3), 0), rng.normal(0, 0.35))
    daylight(scene, rng)

    def camera(rng: Rng) -> Camera:
        at = (rng.normal(0, 0.6), rng.uniform(-1.2, 0.1), rng.uniform(0.3, 2))
        return look(rng, at, (rng.normal(0, 1.2), 6, at[2] + rng.normal(0.2, 0.9)), (35, 80))

    scene.camera = camera
    return merged(scene)


def build(rng: Rng) -> Scene:
    """Things of wire in a room, or before a landscape."""
    if rng.random() < 0.5:
        return furnished(rng, ROOM, int(rng.integers(9, 20)))
    return _yard(rng)
