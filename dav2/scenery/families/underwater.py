"""A reef below the surface; the style `underwater` adds the water, which dims and blues with depth.

Things swim above the camera as well as below, so that what is lower is not always nearer.
"""

import numpy as np

from dav2.scenery.kit import *
from dav2.scenery.objects import swimmers
from dav2.scenery.objects.outdoors import ground_height, terrain
from dav2.scenery.rooms import merged
from dav2.scenery.textures import noise
from dav2.scenery.things import builders_of

SIZE = 60.0
BEDS = {"sand": 0.4, "rock": 0.2, "gravel": 0.2, "mottled": 0.2}


def _surface(rng: Rng, level: float) -> Parts:
    """Make the surface from below: light comes through crests and, dimmer, through troughs."""
    x, y = np.mgrid[-SIZE:SIZE:64j, -SIZE:SIZE:64j]
    wave = level + 0.5 * noise(rng, 8, 5, 0.7)[:64, :64]
    whole = sheet(np.stack([x, y, wave], -1))
    crest = whole.vertices[whole.faces, 2].mean(1) > np.median(wave)
    tint, light = np.array([0.6, 0.9, 1.0]), rng.uniform(0.7, 1.6)
    bright, dim = (Material("light", tint, radiance=light * share) for share in (1, 0.55))
    halves = ((bright, crest), (dim, ~crest))
    return [part(one, whole._replace(faces=whole.faces[half, ::-1])) for one, half in halves]


def build(rng: Rng) -> Scene:
    """Grow corals and kelp on sand and rock, with a wreck perhaps, and fish, divers and others."""
    scene, depth = Scene(), rng.uniform(3, 14)
    ground, heights = terrain(rng, SIZE, rng.uniform(1, 7), some(rng, 3, 5), rng.uniform(0.5, 3))
    tint = None if chance(rng, 0.5) else colour(rng, "sand")
    scene.add([part(textured(rng, pick(rng, BEDS), tint, 0), ground)])

    def around(near: float, far: float, power: float) -> tuple[float, float, float]:
        """Find a place on the ground at a distance, more often a short one."""
        away, angle = near + far * rng.random() ** power, angle_of(rng)
        return on_ground(away * np.cos(angle), away * np.sin(angle))

    def on_ground(x: float, y: float) -> tuple[float, float, float]:
        return x, y, ground_height(heights, SIZE, x, y) - 0.06

    grown = [*few(rng, builders_of("reef"), 11), *few(rng, builders_of("sea floor"), 3)]
    ats = [around(0.7, 16, 1.3) for _ in range(some(rng, 60, 159))]
    copies(scene, rng, grown, [(at, angle_of(rng), rng.uniform(0.6, 1.8)) for at in ats])
    if chance(rng, 0.55):
        x, y = rng.choice([-1, 1], 2) * rng.uniform(2, 5, 2)
        scene.add(pick(rng, builders_of("lost"))(rng), on_ground(x, y), angle_of(rng))
    fish, large = few(rng, builders_of("fish"), 4), few(rng, builders_of("swimming"), 2)
    heading, places = angle_of(rng), []
    for _ in range(some(rng, 18, 49)):
        at = around(0.6, 9, 1.2) + np.array([0, 0, rng.uniform(0.2, min(depth - 1, 5))])
        turn = heading + rng.normal(0, 0.6) if chance(rng, 0.7) else angle_of(rng)
        places.append((at, turn, 1.0))
    copies(scene, rng, [*fish, *large, swimmers.bubbles(rng)], places)
    if chance(rng, 0.6):
        scene.add(_surface(rng, ground_height(heights, SIZE, 0, 0) + depth))
    light = np.clip(np.linspace(1, -1, 64)[:, None, None] * 1.4 + 0.35, 0.12, 1.3)
    scene.sky = (light * np.array([0.55, 0.85, 1.0]) * np.ones((64, 128, 1))).astype(np.float32)
    angle, rise = angle_of(rng), rng.uniform(0.9, 1.45)
    towards = np.array([np.cos(angle), np.sin(angle), np.tan(rise)]) * np.cos(rise)
    scene.sun = (towards, rng.uniform(1, 4) * np.array([0.8, 1, 1]))

    def camera(rng: Rng) -> Camera:
        above = [0, 0, rng.uniform(0.35, min(depth - 1, 3.5))]
        at, angle = on_ground(*rng.uniform(-1.5, 1.5, 2)) + np.array(above), angle_of(rng)
        pitch = rng.normal(0.05, 0.3)
        return look(rng, at, at + [np.cos(angle), np.sin(angle), np.tan(pitch)], (50, 90))

    scene.camera = camera
    return merged(scene)
