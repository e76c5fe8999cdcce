"""A reef below the surface; the style `underwater` adds the water, which dims and blues with depth.

The camera is below the surface and things swim above it as well as below, so that what is lower in
the picture is not always nearer.
"""

import numpy as np

from dav2.scenery.meshes import sheet
from dav2.scenery.objects import reef, swimmers
from dav2.scenery.objects.outdoors import ground_height, terrain
from dav2.scenery.rooms import merged
from dav2.scenery.scene import Camera, Material, Part, Scene, look, textured
from dav2.scenery.textures import colour, noise

Rng = np.random.Generator
SIZE = 60.0


def _surface(rng: Rng, level: float) -> list[Part]:
    """The surface from below: what light comes through crests and, dimmer, through troughs."""
    axis = np.linspace(-SIZE, SIZE, 64)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    wave = noise(rng, 8, 5, 0.7)[:64, :64]
    whole = sheet(np.stack([x, y, level + 0.5 * wave], -1))
    crest = whole.vertices[whole.faces, 2].mean(1) > level + 0.5 * float(np.median(wave))
    strength, tint = rng.uniform(0.7, 1.6), np.array([0.6, 0.9, 1.0])
    return [
        Part(
            whole._replace(faces=whole.faces[faces][:, ::-1]),
            Material("light", tint, radiance=strength * k),
        )
        for faces, k in ((crest, 1.0), (~crest, 0.55))
    ]


def build(rng: Rng) -> Scene:
    """Sand and rock with corals, kelp, a wreck perhaps, and fish, divers and others around."""
    scene = Scene()
    ground, heights = terrain(
        rng, SIZE, rng.uniform(1, 7), int(rng.integers(3, 6)), rng.uniform(0.5, 3)
    )
    bed = textured(
        rng,
        str(rng.choice(["sand", "sand", "rock", "gravel", "mottled"])),
        None if rng.random() < 0.5 else colour(rng, "sand"),
        0,
    )
    scene.add([Part(ground, bed)])
    here = ground_height(heights, SIZE, 0, 0)
    depth = rng.uniform(3, 14)

    def floor(x: float, y: float) -> float:
        return ground_height(heights, SIZE, x, y) - 0.06

    grown = [
        build_(rng)
        for build_ in (reef.GROWING[int(i)] for i in rng.integers(0, len(reef.GROWING), 11))
    ]
    grown += [reef.SMALL_LIFE[int(rng.integers(len(reef.SMALL_LIFE)))](rng) for _ in range(3)]
    for _ in range(int(rng.integers(60, 160))):
        away, angle = 16 * rng.random() ** 1.3 + 0.7, rng.uniform(0, 2 * np.pi)
        x, y = away * np.cos(angle), away * np.sin(angle)
        thing = grown[int(rng.integers(len(grown)))]
        scene.add(thing, (x, y, floor(x, y)), rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 1.8))
    if rng.random() < 0.55:
        x, y = rng.choice([-1, 1], 2) * rng.uniform(2, 5, 2)
        lost = reef.LOST[int(rng.integers(len(reef.LOST)))](rng)
        scene.add(lost, (x, y, floor(x, y)), rng.uniform(0, 2 * np.pi))
    swarm = [swimmers.FISH[int(i)](rng) for i in rng.integers(0, len(swimmers.FISH), 4)]
    swarm += [swimmers.LARGE[int(i)](rng) for i in rng.integers(0, len(swimmers.LARGE), 2)]
    swarm.append(swimmers.bubbles(rng))
    heading = rng.uniform(0, 2 * np.pi)
    for _ in range(int(rng.integers(18, 50))):
        away, angle = 9 * rng.random() ** 1.2 + 0.6, rng.uniform(0, 2 * np.pi)
        x, y = away * np.cos(angle), away * np.sin(angle)
        z = floor(x, y) + rng.uniform(0.2, min(depth - 1, 5))
        turn = heading + rng.normal(0, 0.6) if rng.random() < 0.7 else rng.uniform(0, 2 * np.pi)
        scene.add(swarm[int(rng.integers(len(swarm)))], (x, y, z), turn)
    if rng.random() < 0.6:
        scene.add(_surface(rng, here + depth))
    light = np.clip(np.linspace(1, -1, 64)[:, None, None] * 1.4 + 0.35, 0.12, 1.3)
    scene.sky = (light * np.array([0.55, 0.85, 1.0]) * np.ones((64, 128, 1))).astype(np.float32)
    angle, rise = rng.uniform(0, 2 * np.pi), rng.uniform(0.9, 1.45)
    towards = np.array([np.cos(angle) * np.cos(rise), np.sin(angle) * np.cos(rise), np.sin(rise)])
    scene.sun = (towards, rng.uniform(1, 4) * np.array([0.8, 1, 1]))

    def camera(rng: Rng) -> Camera:
        x, y = rng.uniform(-1.5, 1.5, 2)
        at = np.array([x, y, floor(x, y) + rng.uniform(0.35, min(depth - 1, 3.5))])
        angle, pitch = rng.uniform(0, 2 * np.pi), rng.normal(0.05, 0.3)
        return look(rng, at, at + [np.cos(angle), np.sin(angle), np.tan(pitch)], (50, 90))

    scene.camera = camera
    return merged(scene)
