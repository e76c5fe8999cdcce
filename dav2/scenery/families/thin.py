"""Wires, spokes, bars, nets, twigs before near and far grounds: what lies between is the ground."""

import numpy as np

from dav2.scenery.furnishing import furnished
from dav2.scenery.kit import *
from dav2.scenery.rooms import merged
from dav2.scenery.things import builders_of, things_of

GROUNDS = ("grass", "gravel", "cobbles", "asphalt", "sand", "snow", "leaves", "concrete")


def _far(scene: Scene, rng: Rng) -> None:
    """Trees, people and cars far away, often a wall or houses as a row of boxes behind."""
    kinds = few(rng, builders_of("far"), 5)
    for _ in range(some(rng, 8, 25)):
        away, side = rng.uniform(5, 45), rng.normal(0, 0.7)
        at = (away * np.sin(side), away * np.cos(side), 0)
        scene.add(pick(rng, kinds), at, angle_of(rng))
    if chance(rng, 0.6):
        away = rng.uniform(5, 40)
        face = textured(rng, ("bricks", "facade", "plain", "peeling", "corrugated"), gloss=0)
        for x in np.arange(-40, 40, 10.0):
            h, y = rng.uniform(2, 12), away + rng.uniform(4, 7)
            scene.add([part(face, box((x, y, h / 2), (9.5, 8, h), rng.uniform(1.5, 4)))])


def yard(rng: Rng) -> Scene:
    """Build open ground with walls, trees and people far away, wires and bars in between."""
    scene = Scene()
    field = quad((-90, -90, 0), (180, 0, 0), (0, 180, 0), rng.uniform(1.5, 4))
    scene.add([part(textured(rng, GROUNDS, gloss=0), field)])
    _far(scene, rng)
    spots = Spots([(0, 0, 0.6)])  # the camera's
    for _ in range(some(rng, 3, 8)):
        parts = pick(rng, builders_of("yard"))(rng)
        radius = 0.5 * float(np.abs([one[:2] for one in extent(parts)]).max())
        at = (rng.normal(0, 2.2), rng.uniform(0.8, 8))
        if spots.take(*at, radius):
            scene.add(parts, (*at, 0), rng.normal(0, 0.5) + pick(rng, (0, np.pi)))
    if chance(rng, 0.6):  # a screen of wires right before the lens
        screen, at = (
            pick(rng, builders_of("screen")),
            (rng.normal(0, 0.5), rng.uniform(0.35, 1.3), 0),
        )
        scene.add(screen(rng), at, rng.normal(0, 0.35))
    daylight(scene, rng)

    def camera(rng: Rng) -> Camera:
        at = (rng.normal(0, 0.6), rng.uniform(-1.2, 0.1), rng.uniform(0.3, 2))
        return look(rng, at, (rng.normal(0, 1.2), 6, at[2] + rng.normal(0.2, 0.9)), (35, 80))

    scene.camera = camera
    return merged(scene)


def room(rng: Rng) -> Scene:
    """Build a room of racks, cages, ladders and stands."""
    return furnished(rng, things_of("wires"), some(rng, 9, 19))


def build(rng: Rng) -> Scene:
    """Build things of wire in a room, or before a landscape."""
    return pick(rng, (room, yard))(rng)
