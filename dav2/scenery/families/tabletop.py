"""Things on a table, seen from near: level, from above, from below the edge, under a shelf."""

from collections.abc import Callable, Sequence

import numpy as np

from dav2.scenery.meshes import box, cylinder, ellipsoid, lathe, merge, quad
from dav2.scenery.objects import creatures, furniture, outdoors, plants, tableware, thin, vehicles
from dav2.scenery.placing import rolled
from dav2.scenery.scene import (
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
LIBRARY = (
    *tableware.SMALL,
    *tableware.SMALL,
    tableware.monitor,
    thin.bird_cage,
    furniture.plant,
    creatures.bird,
    creatures.caterpillar,
    plants.flower,
    plants.branch,
    vehicles.car,
    vehicles.motorcycle,
    outdoors.parasol,
)


def _arrange(
    scene: Scene,
    rng: Rng,
    library: Sequence[Callable[[Rng], list[Part]]],
    count: int,
    half: tuple[float, float],
    z: float,
    y: float = 0.0,
) -> list[tuple[float, float, float]]:
    """Things on a board `half` wide and deep at height z; returns (x, y, top) of each."""
    taken: list[tuple[float, float, float]] = []
    tops = []
    for _ in range(count):
        parts = library[int(rng.integers(len(library)))](rng)
        low, high = extent(parts)
        reach = float(np.abs([low[:2], high[:2]]).max())
        scale = min(1.0, rng.uniform(0.1, 0.36) / reach)
        reach *= scale
        at = rng.uniform(-1, 1, 2) * half + [0, y]
        if any(np.hypot(at[0] - a, at[1] - b) < 0.75 * (reach + r) for a, b, r in taken):
            continue
        taken.append((at[0], at[1], reach))
        scene.add(parts, (*at, z - float(low[2]) * scale), rng.uniform(0, 2 * np.pi), scale)
        tops.append((at[0], at[1], z + float(high[2] - low[2]) * scale))
    return tops


def _over(scene: Scene, rng: Rng, library: Sequence[Callable[[Rng], list[Part]]]) -> None:
    """A shelf, hanging lamps, or a rail with things, above and often before the table."""
    kind = str(rng.choice(["shelf", "lamps", "rail", "none"], p=[0.35, 0.25, 0.2, 0.2]))
    y = rng.uniform(-0.75, 0.5)
    if kind == "shelf":
        z = rng.uniform(0.38, 0.7)
        board = [box((0, y, z - 0.015), (2.6, rng.uniform(0.25, 0.5), 0.03), 0.6)]
        board += [box((s * 0.88, y, z / 2), (0.03, 0.25, z)) for s in (-1, 1)]
        scene.add([Part(merge(board), textured(rng, "wood"))])
        _arrange(scene, rng, library, 5, (0.75, 0.08), z, y)
    elif kind == "lamps":
        shade = painted(rng)
        for x in rng.uniform(-0.8, 0.8, int(rng.integers(1, 4))):
            at, r, z = (
                np.array([x, y + rng.normal(0, 0.15), 0]),
                rng.uniform(0.08, 0.2),
                rng.uniform(0.3, 0.6),
            )
            hood = lathe([(r, z), (r * 0.75, z + r * 0.6), (0.02, z + r)], 20)
            cord = cylinder((0, 0, z + r), (0, 0, 3), 0.005, segments=5)
            scene.add([Part(merge([hood, cord]), shade)], at)
            scene.add([Part(ellipsoid((0, 0, z + r * 0.3), r * 0.3, 8), lamp(rng, 6))], at)
    elif kind == "rail":
        z = rng.uniform(0.55, 0.9)
        scene.add([Part(cylinder((-1.5, y, z), (1.5, y, z), 0.01), painted(rng, "dark"))])
        for x in np.arange(-0.9, 0.9, rng.uniform(0.2, 0.4)):
            parts = library[int(rng.integers(len(library)))](rng)
            low, high = extent(parts)
            scale = min(1.0, rng.uniform(0.12, 0.3) / float((high - low).max()))
            cord = [
                Part(
                    cylinder((x, y, z), (x, y, z - 0.15), 0.004, segments=4),
                    painted(rng, "dark", 0),
                )
            ]
            scene.add(cord)
            scene.add(parts, (x, y, z - 0.13 - float(high[2]) * scale), rng.uniform(0, 6), scale)


def set_table(rng: Rng, library: Sequence[Callable[[Rng], list[Part]]]) -> Scene:
    """A table with things from a library, more above it, walls or a room behind."""
    scene = Scene()
    half = np.array([rng.uniform(0.6, 0.95), rng.uniform(0.45, 0.75)])
    top = box((0, 0, -0.02), (2 * half[0], 2 * half[1], 0.04), rng.uniform(0.3, 1))
    legs = [
        box((s * (half[0] - 0.06), t * (half[1] - 0.06), -0.42), (0.06, 0.06, 0.76))
        for s in (-1, 1)
        for t in (-1, 1)
    ]
    wood = textured(rng)
    scene.add([Part(top, wood), Part(merge(legs), wood)])
    distance = rng.uniform(0.9, 4)
    wall = textured(rng, gloss=0)
    scene.add([Part(quad((-6, distance, -1), (12, 0, 0), (0, 0, 5), rng.uniform(0.8, 3)), wall)])
    if rng.random() < 0.6:
        x = rng.choice([-1, 1]) * rng.uniform(1.3, 4)
        scene.add([Part(quad((x, -6, -1), (0, 12, 0), (0, 0, 5), rng.uniform(0.8, 3)), wall)])
    scene.add([Part(quad((-6, -6, -0.8), (12, 0, 0), (0, 12, 0), 1), textured(rng, gloss=0))])
    if rng.random() < 0.5:
        scene.add([Part(quad((-6, -6, 2.2), (12, 0, 0), (0, 12, 0), 1), painted(rng, "pastel", 0))])
    tops = _arrange(
        scene, rng, library, int(rng.integers(4, 14)) * 3, (half[0] - 0.1, half[1] - 0.1), 0.0
    )
    _over(scene, rng, library)
    size = rng.uniform(0.3, 1.5)
    at = np.array([rng.uniform(-2, 2), rng.uniform(-2, 0.5), rng.uniform(1.5, 2.1)])
    panel = quad(at, (size, 0, 0), (0, size, 0.3))
    scene.add([Part(panel, lamp(rng, rng.uniform(8, 20) / size**2))])
    indoor_sky(scene, rng)

    def camera(rng: Rng) -> Camera:
        way = str(
            rng.choice(["level", "over", "down", "below", "close"], p=[0.28, 0.12, 0.2, 0.22, 0.18])
        )
        turn = rng.normal(-np.pi / 2, 0.6)
        out = np.array([np.cos(turn), np.sin(turn), 0])
        x, y, high = tops[int(rng.integers(len(tops)))] if tops else (0.0, 0.0, 0.2)
        aim = np.array([x * 0.5, y * 0.5, rng.uniform(0.05, 0.25)])
        if way == "level":
            view = look(
                rng,
                out * rng.uniform(0.7, 1.5) + [0, 0, rng.uniform(0.05, 0.3)],
                aim + [0, 0, 0.08],
                (35, 75),
            )
        elif way == "over":
            rise = rng.uniform(0.3, 0.9)
            view = look(
                rng,
                rng.uniform(0.8, 1.6) * (out * np.cos(rise) + [0, 0, np.sin(rise)]),
                aim,
                (35, 70),
            )
        elif way == "down":
            at = aim + out * rng.uniform(0.01, 0.25) + [0, 0, rng.uniform(0.45, 1.2)]
            view = look(rng, at, aim, (45, 80))
            return view._replace(roll=float(rng.uniform(-np.pi, np.pi)))
        elif way == "below":  # over the edge of the table, or under it
            at = out * (half.max() + rng.uniform(0.02, 0.5)) + [0, 0, rng.uniform(-0.45, 0.04)]
            view = look(rng, at, aim + [0, 0, rng.uniform(0.0, 0.5)], (50, 85))
        else:
            at = (
                np.array([x, y, high * 0.5])
                + out * rng.uniform(0.25, 0.5)
                + [0, 0, rng.uniform(-0.05, 0.25)]
            )
            at[2] = max(at[2], 0.04)
            view = look(rng, at, (x, y, high * 0.6), (45, 75))
        return rolled(view, rng, 0.35)

    scene.camera = camera
    return scene


def build(rng: Rng) -> Scene:
    """Everyday things on a table."""
    return set_table(rng, LIBRARY)
