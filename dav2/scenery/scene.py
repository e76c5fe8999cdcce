"""A scene is data: meshes with materials, a sky, a sun, and a way to stand in it.

Nothing here knows a renderer. Metres, z up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from dav2.scenery import sky
from dav2.scenery.chance import Rng, pick
from dav2.scenery.meshes import Mesh, Vector, merge, move, rotation
from dav2.scenery.textures import colour, texture

Kind = Literal["diffuse", "plastic", "metal", "mirror", "glass", "pane", "light"]


@dataclass(frozen=True, eq=False)
class Material:
    """What a surface does with light.

    Attributes:
        kind: `pane` is a thin sheet of glass, `glass` a solid body, `light` an emitter.
        look: sRGB texture uint8 [256, 256, 3], or one colour [3] in 0..1.
        metal: one of Al, Cu, Au, Cr, Ag.
        radiance: of a light.
        night: radiance after dark, in the one colour of its look, of what is no light by day:
            street lamps, headlights.
    """

    kind: Kind
    look: np.ndarray = field(default_factory=lambda: np.full(3, 0.5))
    metal: str = "Al"
    radiance: float = 1.0
    night: float = 0.0


MIRROR, GLASS, PANE = Material("mirror"), Material("glass"), Material("pane")


class Part(NamedTuple):
    """A mesh and its material; an object is a list of parts."""

    mesh: Mesh
    material: Material


class Camera(NamedTuple):
    """A pinhole camera: position, point looked at, horizontal field of view and roll in radians."""

    position: np.ndarray
    target: np.ndarray
    fov: float
    roll: float = 0.0


@dataclass
class Scene:
    """Parts, light, and `camera(rng)`, which proposes views that make sense in this scene.

    Attributes:
        sky: radiance, see `sky`.
        sun: the direction towards it and its irradiance; outdoors only.
        relief: how many times as far as what is near the far things of a view are, at least.
    """

    parts: list[Part] = field(default_factory=list)
    sky: np.ndarray = field(
        default_factory=lambda: np.full((sky.ROWS, sky.COLUMNS, 3), 0.5, np.float32)
    )
    sun: tuple[np.ndarray, np.ndarray] | None = None
    relief: float = 1.5
    camera: Callable[[Rng], Camera] = None  # type: ignore[assignment]

    def add(
        self, parts: Sequence[Part], at: Vector = (0, 0, 0), turn: float = 0.0, scale: float = 1.0
    ) -> None:
        """Place an object, turned about z."""
        matrix = rotation("z", turn)
        self.parts.extend(Part(move(part.mesh, at, matrix, scale), part.material) for part in parts)


def extent(parts: Sequence[Part]) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest coordinates of an object."""
    vertices = merge([part.mesh for part in parts]).vertices
    return vertices.min(0), vertices.max(0)


def textured(
    rng: Rng,
    kind: str | Sequence[str] | None = None,
    tint: np.ndarray | None = None,
    gloss: float = 0.3,
) -> Material:
    """Make a textured surface of one of several kinds, glossy with probability `gloss`."""
    if kind is not None and not isinstance(kind, str):
        kind = pick(rng, kind)
    return Material("plastic" if rng.random() < gloss else "diffuse", texture(rng, kind, tint))


def matt(rng: Rng, kind: str | Sequence[str], palette: str, dim: float = 1.0) -> Material:
    """Make a textured surface without gloss, in a colour of a palette."""
    return textured(rng, kind, dim * colour(rng, palette), 0)


def painted(rng: Rng, palette: str | None = None, gloss: float = 0.4) -> Material:
    """A surface of one colour, glossy with probability `gloss`."""
    return Material("plastic" if rng.random() < gloss else "diffuse", colour(rng, palette))


def metallic(rng: Rng) -> Material:
    """Some metal."""
    return Material("metal", metal=str(rng.choice(["Al", "Cu", "Au", "Cr", "Ag"])))


def wooden(rng: Rng) -> Material:
    """Some wood."""
    return textured(rng, "wood")


def lamp(rng: Rng, radiance: float) -> Material:
    """A warm or cool emitter."""
    tint = np.array([1, rng.uniform(0.75, 1), rng.uniform(0.5, 1)])
    return Material("light", tint, radiance=radiance)


def daylight(scene: Scene, rng: Rng) -> None:
    """Sky and sun of a random hour and weather."""
    cover = float(rng.choice([rng.uniform(0, 0.3), rng.uniform(0.3, 0.8), 1.0], p=[0.4, 0.4, 0.2]))
    hour = rng.uniform(0.03, 0.3) if rng.random() < 0.2 else rng.uniform(0.3, 1.35)
    azimuth, elevation = rng.uniform(0, 2 * np.pi), float(hour)
    direction = np.array(
        [
            np.cos(azimuth) * np.cos(elevation),
            np.sin(azimuth) * np.cos(elevation),
            np.sin(elevation),
        ]
    )
    scene.sky = sky.day(rng, cover, direction) * np.float32(rng.uniform(0.6, 1.0))
    low = max(0.0, 0.5 - elevation) / 0.5
    strength = 9 * (1.02 - cover) ** 0.7 * (1 - 0.6 * low)
    scene.sun = (direction, strength * np.array([1, 0.95 - 0.3 * low, 0.9 - 0.6 * low]))


def indoor_sky(scene: Scene, rng: Rng) -> None:
    """What comes through windows, plus a little light everywhere."""
    cover = 1.0 if rng.random() < 0.3 else float(rng.uniform(0, 0.8))
    outside = sky.day(rng, cover, np.array([0, 0.6, 0.8]))
    scene.sky = outside * np.float32(rng.uniform(0.6, 2.0)) + np.float32(rng.uniform(0.05, 0.12))


def look(
    rng: Rng, position: Vector, target: Vector, fov_degrees: tuple[float, float] = (40, 85)
) -> Camera:
    """A camera with a random field of view and a slight roll."""
    fov = np.radians(rng.uniform(*fov_degrees))
    return Camera(
        np.asarray(position, float),
        np.asarray(target, float),
        float(fov),
        float(rng.normal(0, 0.03)),
    )
