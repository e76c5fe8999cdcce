"""Land to fly over: ground, roads, and things at free places."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from dav2.scenery.kit import *
from dav2.scenery.objects import outdoors, plants
from dav2.scenery.placing import Placement
from dav2.scenery.textures import noise
from dav2.scenery.things import builders_of

SIZE = 320.0
FLAT = np.zeros((128, 128))
Range = tuple[float, float]
Places = list[Placement]
WHITE = Material("diffuse", np.full(3, 0.8))  # markings


def rough(rng: Rng, base: int, octaves: int, persistence: float) -> np.ndarray:
    """Make uneven ground [128, 128] between -0.5 and 0.5."""
    return noise(rng, base, octaves, persistence)[::2, ::2] - 0.5


def trees(rng: Rng, count: int, low: float, high: float) -> list[Parts]:
    """Grow full-grown trees of random heights."""
    return [plants.crown_tree(rng, rng.uniform(low, high)) for _ in range(count)]


@dataclass
class Site:
    """Land that things are put on: `reach` is how far from its middle to look, `rise` how high."""

    scene: Scene
    rng: Rng
    heights: np.ndarray
    reach: float
    rise: Range
    soils: tuple[str, ...] = ("grass", "mottled")
    spots: Spots = field(default_factory=Spots)

    def __post_init__(self) -> None:
        if not self.soils:
            return
        kind, palette = pick(self.rng, self.soils), pick(self.rng, ("earth", "stone"))
        tint = None if kind == "grass" else colour(self.rng, palette)
        tile = self.rng.uniform(*((12, 25) if kind == "rock" else (5, 14)))
        mesh = outdoors.ground_of(self.heights, SIZE, tile)
        self.scene.add([part(textured(self.rng, kind, tint, 0), mesh)])

    def level(self, x: float, y: float) -> float:
        return outdoors.ground_height(self.heights, SIZE, x, y)

    def road(self, wide: float, bend: float) -> np.ndarray:
        """Lay a road across; give its middle line [90, 2]."""
        rng, x = self.rng, np.linspace(-SIZE / 2, SIZE / 2, 90)
        y = bend * np.sin(x / rng.uniform(25, 60) + rng.uniform(0, 6)) + rng.normal(0, 12)
        line = np.c_[x, y] @ rotation("z", angle_of(rng))[:2, :2]
        side = np.gradient(line, axis=0)[:, ::-1] * [-1, 1]
        side *= wide / 2 / np.linalg.norm(side, axis=1, keepdims=True)
        across = zip(line - side, line, line + side, strict=True)
        z = [max(self.level(*a), self.level(*b), self.level(*c)) + 0.25 for a, b, c in across]
        uv = np.stack(np.meshgrid(x / 6, (0, wide / 6), indexing="ij"), -1)
        mesh = sheet(np.stack([np.c_[line - side, z], np.c_[line + side, z]], 1), uv)
        tint = np.full(3, rng.uniform(0.2, 0.65)) if chance(rng, 0.6) else colour(rng, "earth")
        self.scene.add([part(textured(rng, "mottled", tint, 0), mesh)])
        self.spots.taken += [(*at, wide / 2 + 1.2) for at in line[::2]]
        return line

    def free(self, count: int, far: float, radius: float, size: Range = (0.7, 1.3)) -> Places:
        """Find up to `count` free places for things of some radius and sizes."""
        rng, (least, most) = self.rng, radius * np.array(size)
        spot, wide = partial(rng.uniform, -far, far, 2), partial(rng.uniform, least, most)
        discs = scatter(rng, count, spot, wide, self.spots)
        return [((x, y, self.level(x, y)), angle_of(rng), r / radius) for x, y, r in discs]

    def put(self, things: Sequence[Parts], places: Places) -> None:
        """Put one of several things at every place."""
        copies(self.scene, self.rng, things, places)

    def park(self, places: Places) -> None:
        """Put vehicles at every place."""
        self.put(few(self.rng, builders_of("road"), 5), places)
