"""Woods, towns, harbours, cliffs and roads from above, straight down or aslant.

What stands up is high against the height of the camera, so that tops are visibly nearer than the
ground around them, wherever in the picture they are.
"""

import numpy as np

from dav2.scenery.families import countryside, townscape
from dav2.scenery.kit import *

KINDS = {
    countryside.forest: 0.34, countryside.village: 0.15, countryside.cliffs: 0.1,
    countryside.farmland: 0.08, townscape.city: 0.15, townscape.harbour: 0.08,
    townscape.crossing: 0.06, townscape.grounds: 0.04,
}  # fmt: skip


def build(rng: Rng) -> Scene:
    """Build one kind of place, seen from a little above its tops to a few times as high."""
    scene = Scene(relief=1.1)  # straight down, tree tops are hardly nearer than the ground
    site = pick(rng, KINDS)(scene, rng)
    daylight(scene, rng)
    if scene.sun:  # flights are flown when shadows are not endless
        direction, irradiance = scene.sun
        high = np.array([*direction[:2], max(direction[2], 0.45)])
        scene.sun = (high / np.linalg.norm(high), irradiance)

    def camera(rng: Rng) -> Camera:
        x, y = rng.uniform(-site.reach, site.reach, 2)
        target, turn = np.array([x, y, site.level(x, y)]), angle_of(rng)
        tilt = rng.uniform(0, 0.12) if chance(rng, 0.6) else rng.uniform(0.12, 1.05)
        out = np.array([np.cos(turn) * np.tan(tilt), np.sin(turn) * np.tan(tilt), 1])
        rise = np.exp(rng.uniform(*np.log(site.rise)))
        view = look(rng, target + out * rise, target, (38, 75))
        askew = rng.uniform(-np.pi, np.pi) if tilt < 0.2 else rng.normal(0, 0.1)
        return view._replace(roll=float(askew))

    scene.camera = camera
    return scene
