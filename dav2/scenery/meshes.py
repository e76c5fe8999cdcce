"""Triangle meshes from numpy: primitives and the few operations objects are built with.

Metres, z up; an object stands on z = 0 and faces -y. Texture coordinates are in tiles.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

Vector = Sequence[float] | np.ndarray


class Mesh(NamedTuple):
    """Triangles: vertices [V, 3], faces int [F, 3], uv [V, 2]."""

    vertices: np.ndarray
    faces: np.ndarray
    uv: np.ndarray


def merge(meshes: Sequence[Mesh]) -> Mesh:
    """One mesh of many."""
    offsets = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes])
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.faces + o for mesh, o in zip(meshes, offsets, strict=False)]),
        np.concatenate([mesh.uv for mesh in meshes]),
    )


def rotation(axis: str, angle: float) -> np.ndarray:
    """Rotation matrix [3, 3] about x, y or z, in radians."""
    cos, sin = np.cos(angle), np.sin(angle)
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = cos
    matrix[first, second], matrix[second, first] = -sin, sin
    return matrix


def move(
    mesh: Mesh, to: Vector = (0, 0, 0), turn: np.ndarray | None = None, scale: float = 1
) -> Mesh:
    """Scale, then turn, then shift."""
    vertices = mesh.vertices * scale
    if turn is not None:
        vertices = vertices @ turn.T
    return Mesh(vertices + np.asarray(to, float), mesh.faces, mesh.uv)


def frame(direction: Vector) -> np.ndarray:
    """Orthonormal basis [3, 3] whose third column is `direction`."""
    w = np.asarray(direction, float) / np.linalg.norm(direction)
    helper = np.array([1.0, 0, 0]) if abs(w[0]) < 0.8 else np.array([0, 1.0, 0])
    u = np.cross(helper, w)
    u /= np.linalg.norm(u)
    return np.stack([u, np.cross(w, u), w], axis=1)


def quad(corner: Vector, u: Vector, v: Vector, tile: float = 1) -> Mesh:
    """Parallelogram spanned by u and v; the texture repeats every `tile` metres."""
    corner, u, v = (np.asarray(value, float) for value in (corner, u, v))
    width, height = np.linalg.norm(u) / tile, np.linalg.norm(v) / tile
    return Mesh(
        np.array([corner, corner + u, corner + u + v, corner + v]),
        np.array([[0, 1, 2], [0, 2, 3]]),
        np.array([[0, 0], [width, 0], [width, height], [0, height]]),
    )


def box(centre: Vector, size: Vector, tile: float = 1) -> Mesh:
    """Axis-aligned box."""
    centre, half = np.asarray(centre, float), np.asarray(size, float) / 2
    axes = np.eye(3) * half
    sides = []
    for index in range(3):
        u, v = axes[(index + 1) % 3], axes[(index + 2) % 3]
        for sign in (-1, 1):
            sides.append(
                quad(centre + sign * axes[index] - u - sign * v, 2 * u, 2 * sign * v, tile)
            )
    return merge(sides)


def sheet(points: np.ndarray, uv: np.ndarray | None = None) -> Mesh:
    """Surface through a grid of points [N, M, 3]."""
    rows, columns = points.shape[:2]
    i, j = np.mgrid[0 : rows - 1, 0 : columns - 1]
    a = (i * columns + j).ravel()
    b, c, d = a + columns, a + columns + 1, a + 1
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    if uv is None:
        uv = np.stack(
            np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij"), -1
        )
    return Mesh(points.reshape(-1, 3), faces, uv.reshape(-1, 2))


def lathe(profile: Sequence[Vector] | np.ndarray, segments: int = 20, tile: float = 0.5) -> Mesh:
    """Surface of revolution about z of a profile [(radius, height), ...]."""
    radius, height = np.asarray(profile, float).T
    angle = np.linspace(0, 2 * np.pi, segments + 1)
    rows = np.stack(
        [
            radius[:, None] * np.cos(angle),
            radius[:, None] * np.sin(angle),
            np.repeat(height[:, None], segments + 1, 1),
        ],
        -1,
    )
    around = np.broadcast_to(angle * max(radius.max(), 0.05) / tile, rows.shape[:2])
    along = np.concatenate([[0], np.cumsum(np.hypot(np.diff(radius), np.diff(height)))]) / tile
    return sheet(rows, np.stack([around, np.broadcast_to(along[:, None], rows.shape[:2])], -1))


def cylinder(
    start: Vector,
    end: Vector,
    radius: float,
    end_radius: float | None = None,
    segments: int = 8,
    caps: bool = True,
) -> Mesh:
    """Cylinder or cone between two points."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    axis = end - start
    length = float(np.linalg.norm(axis)) + 1e-9
    profile = [(radius, 0.0), (radius if end_radius is None else end_radius, length)]
    if caps:
        profile = [(1e-5, 0.0), *profile, (1e-5, length)]
    return move(lathe(profile, segments), start, frame(axis / length))


def tube(points: Sequence[Vector], radius: float, segments: int = 6) -> Mesh:
    """Cylinders along a polyline."""
    return merge(
        [
            cylinder(a, b, radius, segments=segments, caps=False)
            for a, b in zip(points[:-1], points[1:], strict=True)
        ]
    )


def ellipsoid(centre: Vector, radii: Vector | float, rings: int = 14) -> Mesh:
    """Ellipsoid with semi-axes `radii`."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, rings)
    ball = lathe(np.stack([np.maximum(np.cos(angle), 1e-5), np.sin(angle)], 1), 2 * rings)
    return Mesh(
        ball.vertices * np.asarray(radii, float) + np.asarray(centre, float), ball.faces, ball.uv
    )


def rounded_box(centre: Vector, half: Vector, roundness: float = 0.35) -> Mesh:
    """Superellipsoid: 1 is an ellipsoid, 0 a box."""
    ball = ellipsoid((0, 0, 0), 1, 14)
    shaped = np.sign(ball.vertices) * np.abs(ball.vertices) ** roundness
    return Mesh(shaped * np.asarray(half, float) + np.asarray(centre, float), ball.faces, ball.uv)


def torus(
    centre: Vector,
    radius: float,
    thickness: float,
    axis: Vector = (0, 0, 1),
    segments: int = 24,
    sides: int = 8,
) -> Mesh:
    """Ring about an axis."""
    a, b = np.meshgrid(
        np.linspace(0, 2 * np.pi, segments + 1), np.linspace(0, 2 * np.pi, sides + 1), indexing="ij"
    )
    reach = radius + thickness * np.cos(b)
    ring = sheet(np.stack([reach * np.cos(a), reach * np.sin(a), thickness * np.sin(b)], -1))
    return move(ring, centre, frame(axis))


def blob(
    rng: np.random.Generator,
    centre: Vector,
    radii: Vector | float,
    roughness: float = 0.25,
    rings: int = 16,
) -> Mesh:
    """Ellipsoid with smooth random bumps: rocks, fruit, bushes, bodies."""
    ball = ellipsoid((0, 0, 0), 1, rings)
    bumps = np.zeros(len(ball.vertices))
    for octave in range(6):
        wave = rng.normal(0, 2.2 * (1 + 0.5 * octave), 3)
        bumps += np.sin(ball.vertices @ wave + rng.uniform(0, 2 * np.pi)) / (1 + octave)
    shaped = ball.vertices * (1 + 0.5 * roughness * bumps[:, None])
    return Mesh(shaped * np.asarray(radii, float) + np.asarray(centre, float), ball.faces, ball.uv)


def extrude(outline: Sequence[Vector], width: float, tile: float = 1) -> Mesh:
    """A star-shaped outline [(x, z), ...] pulled out along y, centred."""
    x, z = np.asarray(outline, float).T
    count = len(x)
    front = np.c_[x, np.full(count, -width / 2), z]
    back = front + [0, width, 0]
    parts = [
        quad(front[i], front[(i + 1) % count] - front[i], (0, width, 0), tile) for i in range(count)
    ]
    for face in (front, back):
        vertices = np.vstack([face, face.mean(0)])
        fan = np.array([[i, (i + 1) % count, count] for i in range(count)])
        parts.append(Mesh(vertices, fan, vertices[:, [0, 2]] / tile))
    return merge(parts)


def cards(rng: np.random.Generator, centres: np.ndarray, size: float) -> Mesh:
    """Small randomly turned quadrilaterals, one per centre: leaves."""
    count = len(centres)
    a = rng.normal(size=(count, 3))
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    b = np.cross(a, rng.normal(size=(count, 3)))
    b /= np.linalg.norm(b, axis=1, keepdims=True) + 1e-9
    corners = [
        centres - a * size,
        centres + b * size * 0.6,
        centres + a * size,
        centres - b * size * 0.6,
    ]
    first = np.arange(count) * 4
    faces = np.concatenate(
        [np.stack([first, first + 1, first + 2], 1), np.stack([first, first + 2, first + 3], 1)]
    )
    uv = np.tile([[0, 0], [0.2, 0], [0.2, 0.2], [0, 0.2]], (count, 1)) + np.repeat(
        rng.random((count, 2)), 4, 0
    )
    return Mesh(np.stack(corners, 1).reshape(-1, 3), faces, uv)


def rods(
    starts: Sequence[Vector] | np.ndarray,
    ends: Sequence[Vector] | np.ndarray,
    radius: float,
    sides: int = 5,
) -> Mesh:
    """Many open cylinders at once, from points [N, 3] to points [N, 3]: wires, spokes, bars."""
    starts, ends = np.atleast_2d(np.asarray(starts, float)), np.atleast_2d(np.asarray(ends, float))
    w = (ends - starts) / (np.linalg.norm(ends - starts, axis=1, keepdims=True) + 1e-9)
    u = np.cross(np.where(np.abs(w[:, :1]) < 0.8, [1.0, 0, 0], [0, 1.0, 0]), w)
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    angle = np.linspace(0, 2 * np.pi, sides + 1)[:, None]
    ring = radius * (np.cos(angle) * u[:, None] + np.sin(angle) * np.cross(w, u)[:, None])
    points = np.stack([starts[:, None] + ring, ends[:, None] + ring], 1)
    a = np.arange(sides)
    b, c, d = a + sides + 1, a + sides + 2, a + 1
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    faces = faces + np.arange(len(starts))[:, None, None] * 2 * (sides + 1)
    around = np.broadcast_to(np.linspace(0, 1, sides + 1), points.shape[:3])
    along = np.broadcast_to(np.array([0.0, 1.0])[None, :, None], points.shape[:3])
    return Mesh(
        points.reshape(-1, 3), faces.reshape(-1, 3), np.stack([around, along], -1).reshape(-1, 2)
    )


def planted(mesh: Mesh) -> Mesh:
    """What reaches below z = 0, pressed flat onto the ground."""
    return mesh._replace(vertices=np.maximum(mesh.vertices, [-np.inf, -np.inf, 0]))
