"""Rooms: living rooms, and the other furnished boxes that people live in."""

from collections.abc import Callable, Sequence

import numpy as np

from dav2.render import furniture, outdoors, tableware, thin
from dav2.render.meshes import Mesh, box, cylinder, merge, quad
from dav2.render.scene import (
    PANE,
    Camera,
    Part,
    Scene,
    extent,
    indoor_sky,
    lamp,
    look,
    painted,
    textured,
)

Rng = np.random.Generator
Builder = Callable[[Rng], list[Part]]

FURNITURE: tuple[Builder, ...] = (
    furniture.chair,
    furniture.table,
    furniture.sofa,
    furniture.bed,
    furniture.bookshelf,
    furniture.cabinet,
    furniture.floor_lamp,
    furniture.plant,
    furniture.chair,
    thin.bird_cage,
    thin.tripod,
    thin.bicycle,
    thin.ladder,
)


def _wall(
    corner: np.ndarray,
    along: np.ndarray,
    height: float,
    tile: float,
    hole: tuple[float, float, float, float] | None,
) -> Mesh:
    """A wall, with a window from `hole` = (start, end, sill, lintel) in metres."""
    if hole is None:
        return quad(corner, along, (0, 0, height), tile)
    start, end, sill, lintel = hole
    unit = along / np.linalg.norm(along)
    up = np.array([0, 0, 1.0])
    return merge(
        [
            quad(corner, unit * start, up * height, tile),
            quad(corner + unit * end, along - unit * end, up * height, tile),
            quad(corner + unit * start, unit * (end - start), up * sill, tile),
            quad(
                corner + unit * start + up * lintel,
                unit * (end - start),
                up * (height - lintel),
                tile,
            ),
        ]
    )


def _shell(scene: Scene, rng: Rng, x: float, y: float, height: float) -> None:
    """Floor, ceiling, walls with one window, pictures."""
    floor = textured(
        rng, str(rng.choice(["wood", "bricks", "checker", "marble", "fabric"])), gloss=0.4
    )
    scene.add([Part(quad((-x / 2, -y / 2, 0), (x, 0, 0), (0, y, 0), rng.uniform(0.8, 2)), floor)])
    scene.add(
        [Part(quad((-x / 2, -y / 2, height), (0, y, 0), (x, 0, 0), 1.5), painted(rng, "pastel", 0))]
    )
    paper = textured(
        rng,
        str(
            rng.choice(
                ["plain", "mottled", "bricks", "stripes", "dots", "wood"],
                p=[0.45, 0.2, 0.12, 0.1, 0.06, 0.07],
            )
        ),
        gloss=0.05,
    )
    tile, window = rng.uniform(0.8, 2.5), int(rng.integers(4))
    corners = [
        ((-x / 2, y / 2), (x, 0)),
        ((x / 2, -y / 2), (-x, 0)),
        ((-x / 2, -y / 2), (0, y)),
        ((x / 2, y / 2), (0, -y)),
    ]
    for index, (corner, along) in enumerate(corners):
        corner, along = np.array([*corner, 0.0]), np.array([*along, 0.0])
        length = float(np.linalg.norm(along))
        unit = along / length
        inward = np.array([unit[1], -unit[0], 0])
        hole = (
            (length * 0.25, length * 0.75, rng.uniform(0.3, 1), height - 0.35)
            if index == window
            else None
        )
        scene.add(
            [
                Part(
                    _wall(corner, along, height, tile, hole),
                    paper if rng.random() < 0.8 else textured(rng, gloss=0),
                )
            ]
        )
        if hole:
            start, end, sill, lintel = hole
            up = np.array([0, 0, 1.0])
            bars = [
                cylinder(
                    corner + unit * q + up * sill, corner + unit * q + up * lintel, 0.03, segments=4
                )
                for q in np.linspace(start, end, int(rng.integers(2, 5)))
            ]
            bars += [
                cylinder(
                    corner + unit * start + up * z, corner + unit * end + up * z, 0.03, segments=4
                )
                for z in (sill, lintel)
            ]
            scene.add([Part(merge(bars), painted(rng, "pastel"))])
            if rng.random() < 0.5:
                scene.add(
                    [
                        Part(
                            quad(
                                corner + unit * start + up * sill,
                                unit * (end - start),
                                up * (lintel - sill),
                            ),
                            PANE,
                        )
                    ]
                )
        else:
            for _ in range(int(rng.integers(0, 3))):
                at = (
                    corner
                    + unit * rng.uniform(0.6, length - 0.6)
                    + inward * 0.03
                    + [0, 0, rng.uniform(1.2, height - 0.6)]
                )
                scene.add(
                    furniture.picture(rng), at, float(np.arctan2(inward[1], inward[0])) + np.pi / 2
                )
    trim = [box((0, s * (y / 2 - 0.01), 0.05), (x, 0.02, 0.1)) for s in (-1, 1)] + [
        box((s * (x / 2 - 0.01), 0, 0.05), (0.02, y, 0.1)) for s in (-1, 1)
    ]
    scene.add([Part(merge(trim), painted(rng, "pastel"))])


def _furnish(
    scene: Scene, rng: Rng, x: float, y: float, count: int, library: Sequence[Builder]
) -> None:
    """Put furniture along the walls or freely, without overlaps, and things on tables."""
    taken: list[tuple[float, float, float]] = []
    for _ in range(4 * count):
        if len(taken) == count:
            break
        build = library[int(rng.integers(len(library)))]
        parts = build(rng)
        low, high = extent(parts)
        reach = float(np.abs([low[:2], high[:2]]).max()) * 0.95
        if 2 * reach > min(x, y):
            continue
        side = int(rng.integers(8))
        q, depth = rng.uniform(-1, 1), high[1] + 0.05
        if side < 4:  # its back to a wall
            turn = side * np.pi / 2
            at = [
                (q * (x / 2 - reach), y / 2 - depth),
                (-x / 2 + depth, q * (y / 2 - reach)),
                (q * (x / 2 - reach), -y / 2 + depth),
                (x / 2 - depth, q * (y / 2 - reach)),
            ][side]
        else:
            turn = rng.uniform(0, 2 * np.pi)
            at = tuple(rng.uniform(-1, 1) * (side_ / 2 - reach) for side_ in (x, y))
        if any(np.hypot(at[0] - a, at[1] - b) < 0.75 * (reach + r) for a, b, r in taken):
            continue
        taken.append((*at, reach))
        scene.add(parts, (*at, 0), turn)
        if build in (furniture.table, furniture.glass_table, furniture.cabinet):
            for _ in range(int(rng.integers(1, 7))):
                a, b = rng.uniform(low[:2] * 0.75, high[:2] * 0.75)
                spot = (
                    at[0] + a * np.cos(turn) - b * np.sin(turn),
                    at[1] + a * np.sin(turn) + b * np.cos(turn),
                    high[2],
                )
                things = (*tableware.SMALL, tableware.monitor)
                scene.add(
                    things[int(rng.integers(len(things)))](rng), spot, rng.uniform(0, 2 * np.pi)
                )


def _light(scene: Scene, rng: Rng, x: float, y: float, height: float) -> None:
    for _ in range(int(rng.integers(1, 4))):
        w, d = rng.uniform(0.3, 1.2, 2)
        corner = (rng.uniform(-x / 3, x / 3), rng.uniform(-y / 3, y / 3), height - 0.02)
        scene.add(
            [
                Part(
                    quad(corner, (0, d, 0), (w, 0, 0)),
                    lamp(rng, rng.uniform(4, 14) * x * y / 20 / (w * d + 0.4)),
                )
            ]
        )
    for _ in range(int(rng.integers(0, 3))):  # lamps hanging into the view: near and high
        at, drop = rng.uniform(-0.3, 0.3, 2) * (x, y), rng.uniform(0.4, 1.2)
        shade = [
            Part(cylinder((0, 0, 0), (0, 0, -drop), 0.006, segments=4), painted(rng, "dark")),
            Part(
                cylinder((0, 0, -drop), (0, 0, -drop - 0.2), 0.03, rng.uniform(0.1, 0.25), 18),
                painted(rng),
            ),
        ]
        scene.add(shade, (*at, height))
    indoor_sky(scene, rng)


def furnished(rng: Rng, library: Sequence[Builder], count: int) -> Scene:
    """A room with `count` pieces from a library."""
    scene = Scene()
    x, y, height = rng.uniform(2.5, 8), rng.uniform(3, 9), rng.uniform(2.3, 3.6)
    if rng.random() < 0.2:  # a corridor or hall
        x, y = rng.uniform(1.6, 3), rng.uniform(7, 20)
    _shell(scene, rng, x, y, height)
    _furnish(scene, rng, x, y, count, library)
    if rng.random() < 0.5:
        w, d = rng.uniform(1, 2.5, 2)
        scene.add(
            [Part(box((0, 0, 0.006), (min(w, x), d, 0.012)), textured(rng, gloss=0))],
            turn=rng.normal(0, 0.3),
        )
    for _ in range(int(rng.integers(0, 3))):
        scene.add(
            outdoors.person(rng),
            (rng.uniform(-x / 3, x / 3), rng.uniform(-y / 3, y / 3), 0),
            rng.uniform(0, 2 * np.pi),
        )
    _light(scene, rng, x, y, height)

    def camera(rng: Rng) -> Camera:
        angle = rng.uniform(0, 2 * np.pi)
        at = (
            np.cos(angle) * x * 0.42,
            np.sin(angle) * y * 0.42,
            rng.uniform(0.4, min(2.2, height - 0.3)),
        )
        target = (
            rng.uniform(-x / 4, x / 4),
            rng.uniform(-y / 4, y / 4),
            rng.uniform(0.2, height - 0.6),
        )
        return look(rng, at, target, (45, 90))

    scene.camera = camera
    return scene


def build(rng: Rng) -> Scene:
    """A furnished room."""
    return furnished(rng, FURNITURE, int(rng.integers(5, 14)))
