"""Things on a table, seen from near: the background is far, and often higher in the image."""

from collections.abc import Callable, Sequence

import numpy as np

from dav2.render import creatures, furniture, outdoors, plants, tableware, thin
from dav2.render.meshes import box, quad
from dav2.render.scene import Camera, Part, Scene, extent, indoor_sky, lamp, look, textured

Rng = np.random.Generator
LIBRARY = (
    *tableware.SMALL,
    tableware.monitor,
    thin.bird_cage,
    furniture.plant,
    creatures.bird,
    creatures.caterpillar,
    plants.flower,
    outdoors.car,
)


def set_table(rng: Rng, library: Sequence[Callable[[Rng], list[Part]]]) -> Scene:
    """A table top with things from a library, in front of walls."""
    scene = Scene()
    scene.add([Part(box((0, 0, -0.02), (1.8, 1.4, 0.04), rng.uniform(0.3, 1)), textured(rng))])
    distance = rng.uniform(0.9, 4)
    wall = textured(rng, gloss=0)
    scene.add([Part(quad((-6, distance, -1), (12, 0, 0), (0, 0, 5), rng.uniform(0.8, 3)), wall)])
    scene.add([Part(quad((-6, -6, -0.8), (12, 0, 0), (0, 12, 0), 1), textured(rng, gloss=0))])
    taken: list[tuple[float, float, float]] = []
    for _ in range(int(rng.integers(3, 14)) * 3):
        parts = library[int(rng.integers(len(library)))](rng)
        low, high = extent(parts)
        reach = float(np.abs([low[:2], high[:2]]).max())
        scale = min(1.0, rng.uniform(0.12, 0.4) / reach)
        reach *= scale
        x, y = rng.uniform(-0.7, 0.7), rng.uniform(-0.55, 0.55)
        if any(np.hypot(x - a, y - b) < 0.8 * (reach + r) for a, b, r in taken):
            continue
        taken.append((x, y, reach))
        scene.add(parts, (x, y, 0), rng.uniform(0, 2 * np.pi), scale)
    size = rng.uniform(0.3, 1.5)
    at = np.array([rng.uniform(-2, 2), rng.uniform(-2, 0.5), rng.uniform(1.5, 2.5)])
    scene.add(
        [Part(quad(at, (size, 0, 0), (0, size, 0.3)), lamp(rng, rng.uniform(8, 20) / size**2))]
    )
    indoor_sky(scene, rng)

    def camera(rng: Rng) -> Camera:
        angle, away, rise = (
            rng.normal(-np.pi / 2, 0.6),
            rng.uniform(0.5, 1.7),
            rng.uniform(0.05, 1.15),
        )
        at = away * np.array(
            [np.cos(angle) * np.cos(rise), np.sin(angle) * np.cos(rise), np.sin(rise)]
        ) + [0, 0, 0.06]
        return look(
            rng, at, (rng.normal(0, 0.12), rng.normal(0, 0.12), rng.uniform(0, 0.2)), (30, 75)
        )

    scene.camera = camera
    return scene


def build(rng: Rng) -> Scene:
    """Everyday things on a table."""
    return set_table(rng, LIBRARY)
