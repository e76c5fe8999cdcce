"""A scene is data: meshes with materials, a sky, a sun, and a way to stand in it.

Nothing here knows a renderer. Metres, z up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from dav2.render.meshes import Mesh, Vector, merge, move, rotation
from dav2.render.textures import colour, noise, texture

Rng = np.random.Generator
Kind = Literal["diffuse", "plastic", "metal", "mirror", "glass", "pane", "light"]


@dataclass(frozen=True, eq=False)
class Material:
    """What a surface does with light.

    Attributes:
        kind: `pane` is a thin sheet of glass, `glass` a solid body, `light` an emitter.
        look: sRGB texture uint8 [256, 256, 3], or one colour [3] in 0..1.
        metal: one of Al, Cu, Au, Cr, Ag.
        radiance: of a light.
    """

    kind: Kind
    look: np.ndarray = field(default_factory=lambda: np.full(3, 0.5))
    metal: str = "Al"
    radiance: float = 1.0


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
    """Parts, light, and `camera(rng)`, which proposes views that make sense in this scene."""

    parts: list[Part] = field(default_factory=list)
    sky: np.ndarray = field(default_factory=lambda: np.full((64, 128, 3), 0.5, np.float32))
    sun: tuple[np.ndarray, np.ndarray] | None = None  # direction towards it, irradiance
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
    rng: Rng, kind: str | None = None, tint: np.ndarray | None = None, gloss: float = 0.3
) -> Material:
    """A textured surface, glossy with probability `gloss`."""
    return Material("plastic" if rng.random() < gloss else "diffuse", texture(rng, kind, tint))


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


def _sky(rng: Rng, cover: float) -> np.ndarray:
    """Radiance map [64, 128, 3], zenith first: blue gradient, clouds, ground haze below."""
    elevation = np.linspace(np.pi / 2, -np.pi / 2, 64)[:, None]
    up = np.clip(np.sin(elevation), 0, 1) ** 0.5
    zenith = np.array([0.13, 0.3, 0.85]) * rng.uniform(0.6, 1.2)
    horizon = np.array([0.75, 0.85, 1.0]) * rng.uniform(0.7, 1.1)
    if rng.random() < 0.2:  # evening
        horizon = np.array([1.3, 0.75, 0.4])
    air = horizon * (1 - up[..., None]) + zenith * up[..., None]
    field_ = noise(rng, 3, 6, 0.55, (1, 2))[::4, ::2]
    cloud = np.clip((field_ - (1 - cover)) * 4, 0, 1)[..., None] * np.clip(up * 3, 0, 1)[..., None]
    sky = np.broadcast_to(air, (64, 128, 3)) * (1 - cloud) + cloud * rng.uniform(0.7, 1.3)
    ground = np.array([0.2, 0.18, 0.15])
    return np.where(elevation[..., None] > 0, sky, ground).astype(np.float32)


def daylight(scene: Scene, rng: Rng) -> None:
    """Sky and sun of a random hour and weather."""
    cover = float(rng.choice([rng.uniform(0, 0.3), rng.uniform(0.3, 0.7), 1.0], p=[0.4, 0.4, 0.2]))
    scene.sky = _sky(rng, cover) * rng.uniform(0.5, 0.9)
    azimuth, elevation = rng.uniform(0, 2 * np.pi), rng.uniform(0.15, 1.35)
    direction = np.array(
        [
            np.cos(azimuth) * np.cos(elevation),
            np.sin(azimuth) * np.cos(elevation),
            np.sin(elevation),
        ]
    )
    low = max(0.0, 0.5 - elevation)
    scene.sun = (
        direction,
        9 * (1.02 - cover) ** 0.7 * np.array([1, 0.95 - 0.3 * low, 0.9 - 0.7 * low]),
    )


def indoor_sky(scene: Scene, rng: Rng) -> None:
    """What comes through windows, plus a little light everywhere."""
    scene.sky = _sky(rng, rng.uniform(0, 1)) * rng.uniform(0.6, 2.0) + float(
        rng.uniform(0.05, 0.12)
    )


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
