"""Kitchens: counters in a row or an L, cupboards, stove, sink, fridge, and all that stands about."""

import numpy as np

from dav2.scenery.families.living_room import a_few
from dav2.scenery.meshes import box, quad
from dav2.scenery.objects import (
    fittings,
    furniture,
    household,
    kitchen_units,
    kitchenware,
    tableware,
    thin,
)
from dav2.scenery.objects.kitchen_units import DEPTH, HEIGHT
from dav2.scenery.rooms import (
    Builder,
    Room,
    box_of,
    build_room,
    dangle,
    hang,
    inside,
    laden,
    light,
    merged,
    put,
    stand,
    viewpoints,
)
from dav2.scenery.scene import Camera, Part, Scene, extent, look, painted, textured, wooden

Rng = np.random.Generator
THINGS: tuple[Builder, ...] = (
    *kitchenware.KITCHENWARE,
    thin.dish_rack,
    *tableware.SMALL[:5],
    furniture.plant,
)
ON_TABLE: tuple[Builder, ...] = (
    kitchenware.meal,
    kitchenware.pitcher,
    kitchenware.tumbler,
    kitchenware.fruit,
    kitchenware.teapot,
    tableware.wine_glass,
    tableware.bowl,
    tableware.bottle,
    tableware.vase,
    tableware.candle,
    kitchenware.plates,
)


def _clutter(
    room: Room,
    rng: Rng,
    wall: int,
    start: float,
    end: float,
    depth: float,
    z: float,
    headroom: float,
    things: list,
) -> None:
    """Things in a row along a wall, on a surface `depth` deep at height z."""
    x = start + rng.uniform(0.05, 0.3)
    while x < end - 0.1:
        parts = things[int(rng.integers(len(things)))]
        low, high = extent(parts)
        scale = min(1.0, headroom / high[2], (depth - 0.04) / (high[1] - low[1]))
        wide = scale * (high[0] - low[0])
        if x + wide > end - 0.02:
            break
        free = (depth - scale * (high[1] - low[1])) / 2 - 0.01
        at, turn = room.at_wall(
            wall,
            x - scale * low[0],
            z,
            depth / 2 + scale * (low[1] + high[1]) / 2 + rng.uniform(-1, 1) * max(free, 0),
        )
        room.scene.add(parts, at, turn, scale)
        x += wide + rng.exponential(0.14) + 0.02


def _counter(
    room: Room, rng: Rng, wall: int, start: float, end: float, things: list, looks: dict
) -> None:
    """A run of units between two points of a wall, with what hangs above and stands on it."""
    count = max(2, int((end - start) / 0.6))
    width = (end - start) / count
    special = dict(zip(rng.permutation(count)[:2], ("stove", "sink"), strict=False))
    hooded = rng.random() < 0.7
    upper = 1.42 + rng.uniform(-0.05, 0.1)
    for i in range(count):
        middle = start + (i + 0.5) * width
        if special.get(i) == "stove" and width >= 0.6:
            room.scene.add(kitchen_units.stove(rng), *room.at_wall(wall, middle))
            for side in (-0.14, 0.14):
                if rng.random() < 0.7:
                    pot = (
                        kitchenware.lidded_pot,
                        kitchenware.frying_pan,
                        kitchenware.kettle,
                        tableware.pot,
                    )[int(rng.integers(4))](rng)
                    at, turn = room.at_wall(
                        wall, middle + side, HEIGHT + 0.055, rng.choice([0.2, 0.42])
                    )
                    turn += rng.normal(0, 0.5)
                    if inside(room, *box_of(pot, at, turn)):
                        room.scene.add(pot, at, turn)
        else:
            room.scene.add(
                kitchen_units.base_unit(rng, width, looks["front"]), *room.at_wall(wall, middle)
            )
        if special.get(i) == "sink":
            room.scene.add(kitchen_units.sink(rng), *room.at_wall(wall, middle, HEIGHT + 0.04))
        if special.get(i) == "stove" and hooded:
            room.scene.add(kitchen_units.hood(rng), *room.at_wall(wall, middle, room.height - 0.96))
        elif wall not in room.windows and looks["upper"] == "cupboards" and rng.random() < 0.85:
            room.scene.add(
                kitchen_units.wall_unit(rng, width, looks["upper_front"]),
                *room.at_wall(wall, middle, upper),
            )
        if special.get(i) != "stove" or width < 0.6:
            top = box((0, -DEPTH / 2 - 0.01, HEIGHT + 0.02), (width, DEPTH + 0.04, 0.04))
            room.scene.add([Part(top, looks["top"])], *room.at_wall(wall, middle))
    if wall not in room.windows:
        splash = quad(
            (-(end - start) / 2, -0.006, HEIGHT),
            (end - start, 0, 0),
            (0, 0, upper - HEIGHT),
            looks["tile"],
        )
        room.scene.add([Part(splash, looks["splash"])], *room.at_wall(wall, (start + end) / 2))
        if looks["upper"] == "shelves":
            for z in (upper, upper + 0.4):
                board = box((0, -0.13, z), (end - start - 0.3, 0.26, 0.025))
                room.scene.add(
                    [Part(board, looks["shelf"])], *room.at_wall(wall, (start + end) / 2)
                )
                _clutter(room, rng, wall, start + 0.2, end - 0.2, 0.25, z + 0.0135, 0.34, things)
        elif looks["upper"] == "rail" and end - start > 1.5:
            room.scene.add(
                kitchen_units.pan_rail(rng), *room.at_wall(wall, (start + end) / 2, upper + 0.2)
            )
    for i in range(count):
        if i not in special:
            _clutter(
                room,
                rng,
                wall,
                start + i * width,
                start + (i + 1) * width + 0.02,
                0.5,
                HEIGHT + 0.0405,
                0.42,
                things,
            )
    ends = np.array(
        [room.at_wall(wall, start)[0], room.at_wall(wall, end, room.height, DEPTH + 0.06)[0]]
    )
    room.taken.append((ends.min(0), ends.max(0)))


def _dine(room: Room, rng: Rng) -> None:
    """A laid table with chairs around it, where there is room."""
    parts = (furniture.glass_table if rng.random() < 0.15 else furniture.table)(rng)
    things = a_few(rng, ON_TABLE, 6)
    if not stand(room, rng, laden(rng, parts, things, int(rng.integers(3, 12))), False, 12):
        return
    a, b = room.taken[-1]
    middle, chair = (
        (a + b)[:2] / 2,
        (household.stool if rng.random() < 0.3 else furniture.chair)(rng),
    )
    for angle in rng.permutation(6)[: int(rng.integers(1, 6))] * np.pi / 3:
        way = np.array([np.cos(angle), np.sin(angle)])
        reach = (b - a)[:2] / 2 + 0.3
        put(
            room,
            chair,
            (*(middle + way * reach), 0),
            float(angle) - np.pi / 2 + rng.normal(0, 0.15),
        )


def build(rng: Rng) -> Scene:
    """A kitchen, often with a table."""
    x, y, height = rng.uniform(2.6, 5.5), rng.uniform(2.8, 6), rng.uniform(2.35, 3)
    room = build_room(
        rng,
        x,
        y,
        height,
        papers=("plain", "plain", "tiles", "mottled", "wallpaper", "bricks"),
        windows=int(rng.integers(0, 3)),
    )
    looks = {
        "front": painted(rng) if rng.random() < 0.6 else wooden(rng),
        "upper_front": painted(rng),
        "top": textured(
            rng, str(rng.choice(["marble", "wood", "terrazzo", "plain", "concrete"])), gloss=0.7
        ),
        "splash": textured(
            rng, str(rng.choice(["tiles", "bricks", "checker", "plain"])), gloss=0.8
        ),
        "shelf": wooden(rng),
        "tile": rng.uniform(0.3, 0.9),
        "upper": str(rng.choice(["cupboards", "shelves", "rail"], p=[0.45, 0.4, 0.15])),
    }
    things = a_few(rng, THINGS, 13)
    runs = [(0, -x / 2 + (0.95 if rng.random() < 0.5 else 0.02), x / 2 - rng.choice([0.02, 0.9]))]
    if rng.random() < 0.5:
        runs.append((1, -y / 2 + rng.uniform(0.3, 1.2), y / 2 - 0.66))
        runs[0] = (0, -x / 2 + 0.01, runs[0][2])
    for run in runs:
        _counter(room, rng, *run, things, looks)
    tall = kitchen_units.fridge(rng)
    for wall, along in (
        (0, -x / 2 + 0.47),
        (0, x / 2 - 0.47),
        (3, rng.uniform(-0.4, 0.4) * y),
        (2, 0.2 * x),
    ):
        if wall not in room.windows and put(
            room, tall, *room.at_wall(wall, along, off=0.02), gap=-0.02
        ):
            break
    if x > 3 and rng.random() < 0.75:
        _dine(room, rng)
    for build_ in (furniture.cabinet, furniture.bookshelf, furniture.plant, household.basket):
        if rng.random() < 0.35:
            stand(
                room,
                rng,
                laden(rng, build_(rng), things, 3) if build_ is furniture.cabinet else build_(rng),
                True,
            )
    if rng.random() < 0.35:
        put(
            room,
            kitchen_units.island_rack(rng),
            (*rng.uniform(-0.2, 0.2, 2) * (x, y), height - 0.001),
        )
    dangle(
        room,
        rng,
        int(rng.integers(0, 4)),
        (fittings.pendant, fittings.pendant, fittings.hanging_plant),
    )
    hang(room, rng, int(rng.integers(1, 5)))
    light(room, rng)
    around = viewpoints(room)

    def camera(rng: Rng) -> Camera:
        if rng.random() < 0.6:
            return around(rng)
        wall, start, end = runs[int(rng.integers(len(runs)))]  # low over the counter, along it
        here, there = (start + 0.1, end) if rng.random() < 0.5 else (end - 0.1, start)
        at, _ = room.at_wall(
            wall,
            here + (there - here) * rng.uniform(0, 0.5),
            rng.uniform(1.0, 1.45),
            rng.uniform(0.45, 0.95),
        )
        to, _ = room.at_wall(wall, there, rng.uniform(0.8, 1.7), rng.uniform(-0.4, 0.9))
        return look(rng, at, to, (45, 85))

    room.scene.camera = camera
    return merged(room.scene)
