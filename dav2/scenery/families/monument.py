"""One great building, from afar, from below, or through what stands before it."""

import numpy as np

from dav2.scenery.families.nature import frame_view
from dav2.scenery.kit import *
from dav2.scenery.objects import buildings, monuments, outdoors, people, plants
from dav2.scenery.placing import Placement
from dav2.scenery.things import builders_of

NEAR = (
    outdoors.planter, outdoors.bollards, outdoors.bench, outdoors.street_lamp, outdoors.parasol,
)  # fmt: skip
WAYS = {"foot": 0.75, "height": 0.1, "afar": 0.15}  # to look, and those through a frame
FRAMED = {"through": 0.6, "foot": 0.15, "height": 0.1, "afar": 0.15}


def build(rng: Rng) -> Scene:
    """Set a monument on open ground, with people, trees, hills behind and branches before it."""
    scene, monument = Scene(), pick(rng, builders_of("monument"))(rng)
    low, high = extent(monument)
    size, tall = float(max(high[:2] - low[:2])), float(high[2])
    ground = quad((-200, -200, 0), (400, 0, 0), (0, 400, 0), rng.uniform(2, 6))
    scene.add([part(textured(rng, ("grass", "mottled", "bricks"), gloss=0), ground)])
    scene.add(monument, (0, 0, 0), rng.uniform(-0.6, 0.6))
    if chance(rng, 0.5):
        hills, _ = outdoors.terrain(rng, 390, rng.uniform(20, 70), 3, 90)
        scene.add([part(textured(rng, "grass", gloss=0), hills)], (0, 0, -0.3))
    if chance(rng, 0.25):
        scene.add([outdoors.water(400, 0.02)])
    spots = Spots([(0, 0, 0.65 * size)])

    def free(most: int, low: Vector, high: Vector, radius: float, scale: Vector) -> list[Placement]:
        """Find places within bounds, which are shares of the size of the monument."""
        count = some(rng, 0, most)
        discs = scatter(rng, count, lambda: size * rng.uniform(low, high), radius, spots)
        return [((x, y, 0.0), angle_of(rng), rng.uniform(*scale)) for x, y, _ in discs]

    for at, turn, _ in free(4, (-0.8, -1.4), (0.8, -0.7), 1, (1, 1)):
        scene.add(pick(rng, NEAR)(rng), at, turn)
    visitors = few(rng, (people.person,), 4)
    copies(scene, rng, visitors, free(13, (-1, -1.5), (1, -0.6), 0.3, (1, 1)))
    trees = [plants.tree(rng), plants.crown_tree(rng), plants.bush(rng)]
    copies(scene, rng, trees, free(21, (-1.6, -1.6), (1.6, 1.4), 0.1 * size, (0.7, 1.2)))
    stand, framed = -size * rng.uniform(1.1, 1.5), chance(rng, 0.35)
    if framed:  # something to look out of: an arcade or a gateway before it
        frame = pick(rng, (monuments.arcade, monuments.gateway))
        scene.add(frame(rng), (rng.normal(0, 1), stand, 0))
    for _ in range(some(rng, 0, 3)):
        x, y = span(rng, (0.8, 2), (0.4, 1.5))
        at = (pick(rng, (-size, size)) * x, size * y, 0)
        scene.add(buildings.building(rng), at, angle_of(rng))
    if chance(rng, 0.3):
        scene.add(outdoors.fence(rng, 2 * size), (0, -0.9 * size, 0))
    daylight(scene, rng)
    far = max(size, tall)
    views = {  # how far off, how high, at which share of its height, field of view
        "through": ((2 - stand, 7 - stand), (0.8, 2.2), (0.25, 0.6), (55, 85)),
        "foot": ((0.55 * size, 0.85 * size), (0.4, 2), (0.6, 1), (50, 85)),
        "height": ((0.2 * size, 1.3 * size), (1.1 * tall + 2, 2 * tall + 2), (0.1, 0.3), (50, 80)),
        "afar": ((0.75 * far, 1.9 * far), (0.5, 2.5), (0.25, 0.6), (35, 75)),
    }

    def propose(rng: Rng) -> Camera:
        way = pick(rng, FRAMED if framed else WAYS)
        away, height, share, fov = views[way]
        r, z, aim = span(rng, away, height, share)
        angle = rng.normal(-np.pi / 2, 1.5 / r if way == "through" else 0.6)
        target = (rng.normal(0, 0.15) * size, 0, aim * tall)
        return look(rng, (r * np.cos(angle), r * np.sin(angle), z), target, fov)

    others = scene.parts[:1] + scene.parts[1 + len(monument) :]
    scene.camera = lambda rng: view_from_outside(others, propose, rng, 0.2)
    if chance(rng, 0.4):
        frame_view(scene, rng, 0.05 * size)
    return scene
