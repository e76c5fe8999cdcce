"""What objects and scenes are built with: chance, repetition, meshes, materials.

Objects and families import all of it, `from dav2.scenery.kit import *`: it is their language.

Metres, z up. A thing is `rng -> Parts`; it stands on z = 0 around the origin and faces -y.
"""

from collections.abc import Callable, Iterable

import numpy as np

from dav2.scenery.chance import Rng, angle_of, chance, few, pick, some, span
from dav2.scenery.meshes import (
    Mesh,
    Vector,
    blob,
    box,
    cards,
    cylinder,
    ellipsoid,
    extrude,
    frame,
    lathe,
    merge,
    move,
    planted,
    quad,
    rods,
    rotation,
    rounded_box,
    sheet,
    torus,
    tube,
)
from dav2.scenery.placing import Spots, copies, moved, reach, rolled, scatter, view_from_outside
from dav2.scenery.scene import (
    GLASS,
    MIRROR,
    PANE,
    Camera,
    Material,
    Part,
    Scene,
    daylight,
    extent,
    indoor_sky,
    lamp,
    look,
    matt,
    metallic,
    painted,
    textured,
    wooden,
)
from dav2.scenery.textures import colour, texture

__all__ = [
    "GLASS", "MIRROR", "PANE", "Builder", "Camera", "Material", "Mesh", "Meshes", "Part",
    "Parts", "Rng", "Scene", "Spots", "Vector", "angle_of", "blob", "both", "box", "cards",
    "chance", "colour", "copies", "corners", "cylinder", "daylight", "ellipsoid", "extent",
    "extrude", "few", "flat", "frame", "grid", "indoor_sky", "lamp", "lathe", "look", "matt",
    "merge", "metallic", "move", "moved", "painted", "part", "pick", "planted", "post", "quad",
    "reach", "ring", "rods", "rolled", "rotation", "rounded_box", "row", "scatter", "sheet",
    "some", "span", "texture", "textured", "torus", "tube", "view_from_outside", "wooden",
]  # fmt: skip

Parts = list[Part]
Builder = Callable[[Rng], Parts]
Meshes = Mesh | Iterable["Meshes"]


def flat(meshes: Meshes) -> list[Mesh]:
    """List the meshes of nested lists."""
    return [meshes] if isinstance(meshes, Mesh) else [one for part in meshes for one in flat(part)]


def part(material: Material, *meshes: Meshes) -> Part:
    """Make one part of meshes and lists of meshes: `part(wood, top, corners(leg, 0.5, 0.3))`."""
    return Part(merge(flat(meshes)), material)


def both(build: Callable[[int], Meshes]) -> list[Mesh]:
    """Build something at both sides: `both(lambda s: box((s * 0.5, 0, 0.2), (0.1, 0.1, 0.4)))`."""
    return flat([build(-1), build(1)])


def corners(build: Callable[[float, float], Meshes], x: float, y: float) -> list[Mesh]:
    """Build something at the four corners (±x, ±y)."""
    return flat([build(i * x, j * y) for i in (-1, 1) for j in (-1, 1)])


def post(x: float, y: float, low: float, high: float, radius: float, segments: int = 8) -> Mesh:
    """Make an upright cylinder."""
    return cylinder((x, y, low), (x, y, high), radius, segments=segments)


def ring(
    count: int, radius: float, z: float = 0.0, start: float = 0.0, closed: bool = False
) -> np.ndarray:
    """Space points [count, 3] evenly on a level circle about z; closed repeats the first at the end."""
    angle = start + np.arange(count + closed) * 2 * np.pi / count
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), np.full(len(angle), z)], 1)


def row(count: int, length: float) -> np.ndarray:
    """Space the middles [count] of equal cells along a length, centred on 0."""
    return ((np.arange(count) + 0.5) / count - 0.5) * length


def grid(xs: Iterable[float], ys: Iterable[float]) -> list[tuple[float, float]]:
    """List every (x, y)."""
    ys = list(ys)
    return [(float(x), float(y)) for x in xs for y in ys]
