"""Plants and rocks. `rng -> list[Part]`, on z = 0."""

import numpy as np

from dav2.scenery.meshes import (
    Mesh,
    blob,
    cards,
    cylinder,
    ellipsoid,
    lathe,
    merge,
    move,
    rotation,
    sheet,
    tube,
)
from dav2.scenery.scene import Material, Part, painted
from dav2.scenery.textures import colour, texture

Rng = np.random.Generator
Parts = list[Part]


def tree(rng: Rng) -> Parts:
    h = rng.uniform(3, 11)
    bark = Material("diffuse", texture(rng, "wood", colour(rng, "earth") * 0.6))
    green = Material(
        "diffuse", texture(rng, "grass", colour(rng, "green" if rng.random() < 0.85 else "earth"))
    )
    if rng.random() < 0.35:
        layers = []
        count = int(rng.integers(5, 9))
        for i in range(count):
            z, r = h * (0.15 + 0.8 * i / count), h * 0.22 * (1 - i / count) + 0.15
            cone = lathe([(r, z), (r * 0.45, z + h * 0.1), (0.02, z + h * 0.24)], 16)
            layers.append(
                cone._replace(vertices=cone.vertices + rng.normal(0, 0.04 * r, cone.vertices.shape))
            )
        return [
            Part(cylinder((0, 0, 0), (0, 0, h), h * 0.02, 0.01), bark),
            Part(merge(layers), green),
        ]
    branches: list[Mesh] = []
    tips: list[np.ndarray] = []

    def grow(
        start: np.ndarray, direction: np.ndarray, length: float, radius: float, depth: int
    ) -> None:
        end = start + direction * length
        branches.append(cylinder(start, end, radius, radius * 0.7, 6, caps=False))
        if depth < 3:
            tips.append(end)
        if depth == 0 or radius < 0.008:
            return
        for _ in range(int(rng.integers(2, 4))):
            turned = direction + rng.normal(0, 0.45, 3) + [0, 0, 0.12]
            grow(
                end,
                turned / np.linalg.norm(turned),
                length * rng.uniform(0.6, 0.85),
                radius * 0.62,
                depth - 1,
            )

    grow(np.zeros(3), np.array([0, 0, 1.0]), h * 0.3, h * 0.025, 4)
    parts = [Part(merge(branches), bark)]
    if rng.random() > 0.2:
        count = min(1400, len(tips) * 14)
        centres = np.array(tips)[rng.integers(0, len(tips), count)] + rng.normal(
            0, h * 0.045, (count, 3)
        )
        parts.append(Part(cards(rng, centres, h * 0.03), green))
    return parts


def branch(rng: Rng) -> Parts:
    """A leafy or flowering branch about one metre long, along x, for foregrounds."""
    points = np.cumsum(np.c_[np.full(7, 0.16), rng.normal(0, 0.04, 7), rng.normal(0, 0.05, 7)], 0)
    stem = [tube(points, 0.012)]
    tips = [points]
    for point in points[1:]:
        for _ in range(int(rng.integers(1, 4))):
            end = point + rng.normal(0, 0.14, 3)
            stem.append(cylinder(point, end, 0.006, 0.003, 5))
            tips.append(np.linspace(point, end, 4))
    centres = np.repeat(np.concatenate(tips), 3, 0)
    centres = centres + rng.normal(0, 0.03, centres.shape)
    leaf = Material(
        "diffuse", texture(rng, "grass", colour(rng, "green" if rng.random() < 0.85 else "any"))
    )
    return [
        Part(merge(stem), Material("diffuse", texture(rng, "wood", colour(rng, "earth") * 0.6))),
        Part(cards(rng, centres, rng.uniform(0.02, 0.06)), leaf),
    ]


def flower(rng: Rng) -> Parts:
    """One flower on a stem, 0.2 to 0.5 m high, often seen from close by."""
    h, r = rng.uniform(0.2, 0.5), rng.uniform(0.03, 0.09)
    count = int(rng.integers(5, 20))
    petals = []
    for i in range(count):
        t = np.linspace(0, 1, 5)
        width = 0.45 * r * np.sin(np.pi * np.clip(t * 0.9 + 0.1, 0, 1))
        rise = r * rng.uniform(0.1, 0.8) * t**2
        petal = sheet(np.stack([np.stack([r * t, sign * width, rise], 1) for sign in (-1, 1)], 1))
        petals.append(
            move(petal, (0, 0, h), rotation("z", 2 * np.pi * i / count + rng.normal(0, 0.1)))
        )
    tilt = rotation("x", rng.uniform(0, 1.2))
    head = [
        Part(merge(petals), painted(rng, "any", 0.1)),
        Part(ellipsoid((0, 0, h), r * 0.25, 8), painted(rng, "any", 0)),
    ]
    head = [Part(move(move(p.mesh, (0, 0, -h)), (0, 0, h), tilt), p.material) for p in head]
    return [*head, Part(cylinder((0, 0, 0), (0, 0, h), 0.004), painted(rng, "green", 0))]


def rock(rng: Rng) -> Parts:
    s = rng.uniform(0.2, 1.5)
    return [
        Part(
            blob(
                rng,
                (0, 0, s * 0.3),
                (s, s * rng.uniform(0.6, 1), s * rng.uniform(0.4, 0.8)),
                0.35,
                20,
            ),
            Material("diffuse", texture(rng, "rock", colour(rng, "stone"))),
        )
    ]


def bush(rng: Rng) -> Parts:
    s = rng.uniform(0.3, 0.9)
    centres = rng.normal(size=(350, 3))
    centres *= s * rng.uniform(0.6, 1, (350, 1)) / np.linalg.norm(centres, axis=1, keepdims=True)
    centres[:, 2] = np.abs(centres[:, 2])
    return [
        Part(
            cards(rng, centres, s * 0.13),
            Material("diffuse", texture(rng, "grass", colour(rng, "green"))),
        )
    ]


def tuft(rng: Rng) -> Parts:
    """Blades of grass."""
    h, count = rng.uniform(0.15, 0.6), 90
    root = np.c_[rng.normal(0, 0.25, (count, 2)), np.zeros(count)]
    bend = np.c_[rng.normal(0, 0.15, (count, 2)), np.full(count, h) * rng.uniform(0.5, 1, count)]
    side = np.c_[rng.normal(0, 0.008, (count, 2)), np.zeros(count)]
    vertices = np.stack([root - side, root + side, root + bend], 1).reshape(-1, 3)
    return [
        Part(
            Mesh(
                vertices,
                np.arange(3 * count).reshape(-1, 3),
                np.tile([[0, 0], [0.1, 0], [0.05, 0.5]], (count, 1)),
            ),
            painted(rng, "green", 0),
        )
    ]


def crown_tree(rng: Rng, height: float | None = None) -> Parts:
    """A full-grown tree of few triangles, for woods and views from above."""
    h = height or rng.uniform(8, 22)
    bark = Material("diffuse", texture(rng, "wood", colour(rng, "earth") * 0.5))
    green = Material(
        "diffuse",
        texture(rng, "grass", colour(rng, "green" if rng.random() < 0.85 else "earth") * 0.75),
    )
    stem = cylinder((0, 0, -0.5), (0, 0, h * 0.8), h * 0.025, h * 0.008, 7, caps=False)
    pieces = []
    if rng.random() < 0.45:  # a conifer: whorls that end in points
        count, reach = int(rng.integers(6, 10)), h * rng.uniform(0.14, 0.22)
        angle = np.linspace(0, 2 * np.pi, 19)
        for i in range(count):
            share = i / count
            z, r = h * (0.12 + 0.85 * share), reach * (1 - share) + 0.2
            star = r * np.where(np.arange(19) % 2 == 0, 1, 0.55) * rng.uniform(0.8, 1.15, 19)
            star[-1] = star[0]
            ring = np.stack([star * np.cos(angle), star * np.sin(angle), np.full(19, z)], 1)
            ring[:, 2] -= 0.25 * star
            tip = np.broadcast_to([0, 0, z + h * 0.16], ring.shape)
            pieces.append(sheet(np.stack([ring, tip])))
    else:
        spread = h * rng.uniform(0.2, 0.32)
        for _ in range(int(rng.integers(8, 13))):
            at = rng.uniform(-0.75, 0.75, 3) * [spread, spread, h * 0.25] + [0, 0, h * 0.68]
            pieces.append(blob(rng, at, spread * rng.uniform(0.35, 0.7), 0.6, 6))
        shell = np.concatenate([piece.vertices for piece in pieces])
        leaves = shell[rng.integers(0, len(shell), 150)] + rng.normal(0, 0.025 * h, (150, 3))
        pieces.append(cards(rng, leaves, h * 0.04))
    return [Part(merge(pieces), green), Part(stem, bark)]


def trunk(rng: Rng) -> Parts:
    """A bare stem, leaning a little, with roots and stubs of branches: woods seen from inside."""
    h, r = rng.uniform(9, 20), rng.uniform(0.12, 0.45)
    sway = np.cumsum(rng.normal(0, 0.12, (6, 2)), 0)
    points = np.c_[sway - sway[0], np.linspace(-0.2, h, 6)]
    radii = r * np.linspace(1, 0.4, 6)
    pieces = [
        cylinder(a, b, p, q, 10, caps=False)
        for a, b, p, q in zip(points[:-1], points[1:], radii[:-1], radii[1:], strict=True)
    ]
    for _ in range(5):
        turn = rng.uniform(0, 2 * np.pi)
        out = np.array([np.cos(turn), np.sin(turn), 0])
        pieces.append(cylinder([0, 0, r * 1.5], out * r * rng.uniform(2, 3.5), r * 0.5, 0.03, 6))
        start = points[int(rng.integers(2, 6))]
        end = start + (out + [0, 0, rng.uniform(0, 1)]) * rng.uniform(0.5, 3)
        pieces.append(cylinder(start, end, r * 0.25, 0.02, 6))
    tops = points[-1] + rng.normal(0, 1.0, (320, 3)) * [1, 1, 1.6]
    bark = Material("diffuse", texture(rng, "wood", colour(rng, "earth") * rng.uniform(0.4, 0.9)))
    green = Material("diffuse", texture(rng, "grass", colour(rng, "green")))
    return [Part(merge(pieces), bark), Part(cards(rng, tops, 0.35), green)]


def fern(rng: Rng) -> Parts:
    """Arching fronds from one root: undergrowth."""
    fronds = []
    for turn in np.linspace(0, 2 * np.pi, int(rng.integers(7, 13)), endpoint=False):
        t = np.linspace(0, 1, 8)
        reach, h = rng.uniform(0.4, 0.8), rng.uniform(0.3, 0.6)
        along = np.c_[reach * t, h * np.sin(np.pi * t * 0.8)]
        width = 0.11 * np.where(np.arange(8) % 2 == 0, 1, 0.5) * (1 - t) + 0.005
        frond = np.stack([np.c_[along[:, 0], s * width, along[:, 1]] for s in (-1, 1)], 1)
        fronds.append(move(sheet(frond), turn=rotation("z", turn + rng.normal(0, 0.2))))
    return [Part(merge(fronds), painted(rng, "green", 0))]


def boulder(rng: Rng, size: float = 3.0) -> Parts:
    """A large, angular rock whose foot is below the ground."""
    s = size * rng.uniform(0.5, 1.3)
    mesh = blob(rng, (0, 0, s * 0.35), (s, s * rng.uniform(0.6, 1), s * rng.uniform(0.6, 1.3)), 0.5)
    step = s * 0.28
    planes = mesh.vertices * 0.5 + np.round(mesh.vertices / step) * step * 0.5
    return [
        Part(
            mesh._replace(vertices=planes, uv=mesh.uv * s * 0.3),
            Material("diffuse", texture(rng, "rock", colour(rng, "stone") * rng.uniform(0.5, 1))),
        )
    ]


def fallen(rng: Rng) -> Parts:
    """A dead tree lying along x."""
    length, r = rng.uniform(3, 9), rng.uniform(0.12, 0.35)
    pieces = [cylinder((-length / 2, 0, r), (length / 2, 0, r * 0.6), r, r * 0.5, 10)]
    for x in rng.uniform(-length / 2, length / 2, 6):
        pieces.append(
            cylinder(
                (x, 0, r), np.array([x, 0, r]) + rng.normal(0, 0.6, 3) + [0, 0, 0.5], 0.05, 0.01, 5
            )
        )
    return [Part(merge(pieces), Material("diffuse", texture(rng, "wood", colour(rng, "earth"))))]
