"""Kitchens: counters in a row or an L, cupboards, stove, sink, fridge, and all that stands about."""

from dataclasses import dataclass

import numpy as np

from dav2.scenery.furnishing import dangle, hang, laden, stand
from dav2.scenery.kit import *
from dav2.scenery.objects import furniture, household, kitchen_units
from dav2.scenery.objects.kitchen_units import DEPTH, HEIGHT
from dav2.scenery.rooms import Room, box_of, build_room, is_inside, light, merged, put, viewpoints
from dav2.scenery.scene import Material
from dav2.scenery.things import builders_of, things_of

PAPERS = {"plain": 2, "tiles": 1, "mottled": 1, "wallpaper": 1, "bricks": 1}
Run = tuple[int, float, float]  # wall, start, end along it


@dataclass
class _Looks:
    """What the units of one kitchen have in common."""

    front: Material
    upper_front: Material
    top: Material
    splash: Material
    shelf: Material
    tile: float
    upper: str
    things: list[Parts]


def _looks(rng: Rng) -> _Looks:
    return _Looks(
        front=painted(rng) if chance(rng, 0.6) else wooden(rng),
        upper_front=painted(rng),
        top=textured(rng, ("marble", "wood", "terrazzo", "plain", "concrete"), gloss=0.7),
        splash=textured(rng, ("tiles", "bricks", "checker", "plain"), gloss=0.8),
        shelf=wooden(rng),
        tile=rng.uniform(0.3, 0.9),
        upper=pick(rng, {"cupboards": 0.45, "shelves": 0.4, "rail": 0.15}),
        things=few(rng, builders_of("counter"), 13),
    )


def _clutter(
    room: Room, rng: Rng, things: list[Parts], run: Run, depth: float, z: float, headroom: float
) -> None:
    """Set things in a row along a wall, on a surface `depth` deep at height z."""
    wall, start, end = run
    x = start + rng.uniform(0.05, 0.3)
    while x < end - 0.1:
        parts = pick(rng, things)
        low, high = extent(parts)
        scale = min(1.0, headroom / high[2], (depth - 0.04) / (high[1] - low[1]))
        wide, deep = scale * (high - low)[:2]
        if x + wide > end - 0.02:
            break
        aside = rng.uniform(-1, 1) * max((depth - deep) / 2 - 0.01, 0)
        off = depth / 2 + scale * (low[1] + high[1]) / 2 + aside
        room.scene.add(parts, *room.at_wall(wall, x - scale * low[0], z, off), scale)
        x += wide + rng.exponential(0.14) + 0.02


def _stove(room: Room, rng: Rng, wall: int, middle: float) -> None:
    """A stove, often with pots and pans on it."""
    room.scene.add(kitchen_units.stove(rng), *room.at_wall(wall, middle))
    for side in (-0.14, 0.14):
        if chance(rng, 0.7):
            pot = pick(rng, builders_of("stove"))(rng)
            at, turn = room.at_wall(wall, middle + side, HEIGHT + 0.055, pick(rng, (0.2, 0.42)))
            turn += rng.normal(0, 0.5)
            if is_inside(room, *box_of(pot, at, turn)):
                room.scene.add(pot, at, turn)


def _counter(room: Room, rng: Rng, run: Run, looks: _Looks) -> None:
    """A run of units between two points of a wall, with what hangs above and stands on it."""
    wall, start, end = run
    add, long, middle = room.scene.add, end - start, (start + end) / 2
    count = max(2, int(long / 0.6))
    width = long / count
    special = dict(zip(rng.permutation(count)[:2], ("stove", "sink"), strict=False))
    hooded, upper = chance(rng, 0.7), 1.42 + rng.uniform(-0.05, 0.1)
    is_blind = wall not in room.windows
    for i in range(count):
        at, unit = start + (i + 0.5) * width, special.get(i)
        stove = unit == "stove" and width >= 0.6
        if stove:
            _stove(room, rng, wall, at)
        else:
            add(kitchen_units.base_unit(rng, width, looks.front), *room.at_wall(wall, at))
            top = box((0, -DEPTH / 2 - 0.01, HEIGHT + 0.02), (width, DEPTH + 0.04, 0.04))
            add([part(looks.top, top)], *room.at_wall(wall, at))
        if unit == "sink":
            add(kitchen_units.sink(rng), *room.at_wall(wall, at, HEIGHT + 0.04))
        if unit == "stove" and hooded:
            add(kitchen_units.hood(rng), *room.at_wall(wall, at, room.height - 0.96))
        elif is_blind and looks.upper == "cupboards" and chance(rng, 0.85):
            cupboard = kitchen_units.wall_unit(rng, width, looks.upper_front)
            add(cupboard, *room.at_wall(wall, at, upper))
        if unit is None:
            free = (wall, at - width / 2, at + width / 2 + 0.02)
            _clutter(room, rng, looks.things, free, 0.5, HEIGHT + 0.0405, 0.42)
    if is_blind:
        tiles = quad((-long / 2, -0.006, HEIGHT), (long, 0, 0), (0, 0, upper - HEIGHT), looks.tile)
        add([part(looks.splash, tiles)], *room.at_wall(wall, middle))
        for z in (upper, upper + 0.4) if looks.upper == "shelves" else ():
            board = box((0, -0.13, z), (long - 0.3, 0.26, 0.025))
            add([part(looks.shelf, board)], *room.at_wall(wall, middle))
            free = (wall, start + 0.2, end - 0.2)
            _clutter(room, rng, looks.things, free, 0.25, z + 0.0135, 0.34)
        if looks.upper == "rail" and long > 1.5:
            add(kitchen_units.pan_rail(rng), *room.at_wall(wall, middle, upper + 0.2))
    near, far = room.at_wall(wall, start)[0], room.at_wall(wall, end, room.height, DEPTH + 0.06)[0]
    ends = np.array([near, far])
    room.taken.append((ends.min(0), ends.max(0)))


def _dine(room: Room, rng: Rng) -> None:
    """A laid table with chairs around it, where there is room."""
    parts = (furniture.glass_table if chance(rng, 0.15) else furniture.table)(rng)
    laid = laden(rng, parts, few(rng, builders_of("dining"), 6), some(rng, 3, 11))
    if not stand(room, rng, laid, False, 12):
        return
    a, b = room.taken[-1]
    chair = (household.stool if chance(rng, 0.3) else furniture.chair)(rng)
    for angle in rng.permutation(6)[: some(rng, 1, 5)] * np.pi / 3:
        reach = np.array([np.cos(angle), np.sin(angle)]) * ((b - a)[:2] / 2 + 0.3)
        turn = float(angle) - np.pi / 2 + rng.normal(0, 0.15)
        put(room, chair, (*((a + b)[:2] / 2 + reach), 0), turn)


def _runs(rng: Rng, x: float, y: float) -> list[Run]:
    """A counter along one wall, or an L along two."""
    if chance(rng, 0.5):
        return [
            (0, -x / 2 + 0.01, x / 2 - pick(rng, (0.02, 0.9))),
            (1, -y / 2 + rng.uniform(0.3, 1.2), y / 2 - 0.66),
        ]
    return [(0, -x / 2 + pick(rng, (0.95, 0.02)), x / 2 - pick(rng, (0.02, 0.9)))]


def build(rng: Rng) -> Scene:
    """Build a kitchen, often with a table."""
    x, y, height = rng.uniform(2.6, 5.5), rng.uniform(2.8, 6), rng.uniform(2.35, 3)
    room = build_room(rng, x, y, height, papers=PAPERS, windows=some(rng, 0, 2))
    looks, runs = _looks(rng), _runs(rng, x, y)
    for run in runs:
        _counter(room, rng, run, looks)
    fridge = kitchen_units.fridge(rng)
    corners = [(0, -x / 2 + 0.47), (0, x / 2 - 0.47), (3, rng.uniform(-0.4, 0.4) * y), (2, 0.2 * x)]
    for wall, along in corners:
        where = room.at_wall(wall, along, off=0.02)
        if wall not in room.windows and put(room, fridge, *where, gap=-0.02):
            break
    if x > 3 and chance(rng, 0.75):
        _dine(room, rng)
    for piece in (furniture.cabinet, furniture.bookshelf, furniture.plant, household.basket):
        if chance(rng, 0.35):
            parts = piece(rng)
            if piece is furniture.cabinet:
                parts = laden(rng, parts, looks.things, 3)
            stand(room, rng, parts, True)
    if chance(rng, 0.35):
        rack = kitchen_units.island_rack(rng)
        put(room, rack, (*rng.uniform(-0.2, 0.2, 2) * (x, y), height - 0.001))
    dangle(room, rng, things_of("kitchen"), some(rng, 0, 3))
    hang(room, rng, things_of("wall"), some(rng, 1, 4))
    light(room, rng)
    around = viewpoints(room)

    def camera(rng: Rng) -> Camera:
        if chance(rng, 0.6):
            return around(rng)
        wall, start, end = pick(rng, runs)  # low over the counter, along it
        here, there = (start + 0.1, end) if chance(rng, 0.5) else (end - 0.1, start)
        along = here + (there - here) * rng.uniform(0, 0.5)
        at, _ = room.at_wall(wall, along, rng.uniform(1.0, 1.45), rng.uniform(0.45, 0.95))
        to, _ = room.at_wall(wall, there, rng.uniform(0.8, 1.7), rng.uniform(-0.4, 0.9))
        return look(rng, at, to, (45, 85))

    room.scene.camera = camera
    return merged(room.scene)
