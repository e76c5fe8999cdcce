"""What places seen from above share: ground, roads, free spots, cars."""

from typing import NamedTuple

import numpy as np

from dav2.scenery.meshes import rotation, sheet
from dav2.scenery.objects import outdoors, vehicles
from dav2.scenery.placing import Placement, Spots, copies
from dav2.scenery.scene import Part, Scene, textured
from dav2.scenery.textures import colour

Rng = np.random.Generator
SIZE = 320.0
FLAT = np.zeros((128, 128))


class Site(NamedTuple):
    """Ground heights, how far from the origin to look, and how high above the ground to fly."""

    heights: np.ndarray
    reach: float
    rise: tuple[float, float]


def lay_ground(scene: Scene, rng: Rng, heights: np.ndarray, kinds: tuple[str, ...]) -> None:
    mesh = outdoors.ground_of(heights, SIZE, rng.uniform(5, 14))
    kind = str(rng.choice(kinds))
    tint = None if kind == "grass" else colour(rng, str(rng.choice(["earth", "stone"])))
    scene.add([Part(mesh, textured(rng, kind, tint, 0))])


def level(heights: np.ndarray, x: float, y: float) -> float:
    return outdoors.ground_height(heights, SIZE, x, y)


def lay_road(scene: Scene, rng: Rng, heights: np.ndarray, wide: float, bend: float) -> np.ndarray:
    """A road across the ground; returns its middle line [N, 2]."""
    x = np.linspace(-SIZE / 2, SIZE / 2, 90)
    y = bend * np.sin(x / rng.uniform(25, 60) + rng.uniform(0, 6)) + rng.normal(0, 12)
    turn = rotation("z", rng.uniform(0, 2 * np.pi))[:2, :2]
    line = np.stack([x, y], 1) @ turn.T
    side = np.gradient(line, axis=0)[:, ::-1] * [-1, 1]
    side *= wide / 2 / np.linalg.norm(side, axis=1, keepdims=True)
    edges = [
        np.c_[
            line + s * side,
            [max(level(heights, *p), level(heights, *(p + s * 3))) + 0.25 for p in line],
        ]
        for s, side in ((-1, side), (1, side))
    ]
    uv = np.stack([np.stack([x / 6, np.full(90, v)], 1) for v in (0, wide / 6)], 1)
    tint = np.full(3, rng.uniform(0.2, 0.65)) if rng.random() < 0.6 else colour(rng, "earth")
    scene.add([Part(sheet(np.stack(edges, 1), uv), textured(rng, "mottled", tint, 0))])
    return line


def free_places(
    rng: Rng,
    heights: np.ndarray,
    count: int,
    reach: float,
    gap: float,
    spots: Spots,
    size: tuple[float, float] = (0.7, 1.3),
) -> list[Placement]:
    """Up to `count` free places within `reach` of the origin."""
    places = []
    for _ in range(count):
        x, y = rng.uniform(-reach, reach, 2)
        scale = rng.uniform(*size)
        if spots.take(x, y, gap * scale):
            places.append(((x, y, level(heights, x, y)), rng.uniform(0, 2 * np.pi), scale))
    return places


def park(scene: Scene, rng: Rng, places: list[Placement]) -> None:
    fleet = [vehicles.ROAD[int(rng.integers(len(vehicles.ROAD)))](rng) for _ in range(5)]
    copies(scene, rng, fleet, places)
