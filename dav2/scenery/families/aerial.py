"""Woods, towns, harbours, cliffs and roads from above, straight down or aslant.

What stands up is high against the height of the camera, so that tops are visibly nearer than the
ground around them, wherever in the picture they are.
"""

from collections.abc import Callable

import numpy as np

from dav2.scenery.families import countryside, townscape
from dav2.scenery.families.sites import Site, level
from dav2.scenery.scene import Camera, Scene, daylight, look

Rng = np.random.Generator
KINDS: tuple[tuple[Callable[[Scene, Rng], Site], float], ...] = (
    (countryside.forest, 0.24),
    (countryside.village, 0.17),
    (townscape.city, 0.17),
    (townscape.harbour, 0.1),
    (countryside.cliffs, 0.12),
    (countryside.farmland, 0.08),
    (townscape.crossing, 0.07),
    (townscape.grounds, 0.05),
)


def build(rng: Rng) -> Scene:
    """One kind of place, from a little above its tops to a few times as high."""
    scene = Scene()
    which = int(rng.choice(len(KINDS), p=[share for _, share in KINDS]))
    site = KINDS[which][0](scene, rng)
    daylight(scene, rng)
    if scene.sun:  # flights are flown when shadows are not endless
        direction, irradiance = scene.sun
        high = np.array([*direction[:2], max(direction[2], 0.45)])
        scene.sun = (high / np.linalg.norm(high), irradiance)

    def camera(rng: Rng) -> Camera:
        target = np.array([*rng.uniform(-site.reach, site.reach, 2), 0.0])
        target[2] = level(site.heights, *target[:2])
        rise = np.exp(rng.uniform(*np.log(site.rise)))
        tilt = rng.uniform(0, 0.12) if rng.random() < 0.6 else rng.uniform(0.12, 1.05)
        turn = rng.uniform(0, 2 * np.pi)
        out = np.array([np.cos(turn), np.sin(turn), 0]) * np.tan(tilt)
        view = look(rng, target + (out + [0, 0, 1]) * rise, target, (38, 75))
        askew = rng.uniform(-np.pi, np.pi) if tilt < 0.2 else rng.normal(0, 0.1)
        return view._replace(roll=float(askew))

    scene.camera = camera
    return scene
