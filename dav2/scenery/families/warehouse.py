"""Corridors, halls full of racks, cellars and garages: long rooms, great ranges of depth."""

import numpy as np

from dav2.scenery.furnishing import hang, stand
from dav2.scenery.kit import *
from dav2.scenery.objects import fittings, people, storage, vehicles
from dav2.scenery.rooms import Room, build_room, light, merged, put, viewpoints
from dav2.scenery.things import builders_of, things_of

BARE = {"concrete": 2, "bricks": 1, "plain": 1, "peeling": 1, "mottled": 1}


def _pipes(room: Room, rng: Rng) -> None:
    """Pipes and cables below the ceiling, along the room."""
    for side in (-1, 1):
        if not chance(rng, 0.6):
            continue
        for i, j in grid(range(some(rng, 1, 3)), range(some(rng, 1, 2))):
            x, z = side * (room.x / 2 - 0.15 - 0.13 * i), room.height - 0.18 - 0.12 * j
            ends = [[x, s * (room.y / 2 - 0.01), z] for s in (-1, 1)]
            pipe = rods(ends[:1], ends[1:], rng.uniform(0.015, 0.05), 8)
            room.scene.add(
                [part(metallic(rng) if chance(rng, 0.5) else painted(rng, "neutral"), pipe)]
            )
    if chance(rng, 0.6):
        ys = np.linspace(-room.y / 2 + 0.02, room.y / 2 - 0.02, 25)
        sag = room.height - 0.08 - 0.12 * np.abs(np.sin(ys * np.pi / 2.5))
        line = np.c_[np.full(25, rng.uniform(-0.3, 0.3) * room.x), ys, sag]
        room.scene.add([part(painted(rng, "dark", 0), tube(line, 0.012, 5))])


def _strip_lights(room: Room, rng: Rng, spacing: float, columns: int) -> None:
    """Tubes in rows, one emitter for all."""
    drop = rng.uniform(0.03, 0.1) if room.height < 3.5 else rng.uniform(0.2, 1.2)
    xs, ys = row(columns, room.x), np.arange(-room.y / 2 + 1, room.y / 2 - 0.6, spacing)
    z = room.height - drop
    tubes = [quad((x - 0.12, y - 0.55, z), (0, 1.1, 0), (0.24, 0, 0)) for x, y in grid(xs, ys)]
    strength = rng.uniform(3, 9) * (1 + room.height / 4) * room.x / columns / 2
    room.scene.add([part(lamp(rng, strength), tubes)])
    if drop > 0.15:
        cases = [box((x, 0, z + 0.04), (0.05, room.y - 0.1, 0.05)) for x in xs]
        room.scene.add([part(painted(rng, "neutral", 0), cases)])
    indoor_sky(room.scene, rng)


def _fill(
    room: Room, rng: Rng, kind: str, models: int, count: int, at_wall: float, people_: int
) -> None:
    """Stand things of a kind of scene about, of a few models, and some people."""
    things = few(rng, builders_of(kind, "floor"), models)
    for _ in range(count):
        stand(room, rng, pick(rng, things), chance(rng, at_wall))
    for person in few(rng, [people.person], some(rng, 0, people_)):
        stand(room, rng, person, False)


def corridor(rng: Rng) -> Scene:
    """Build doors and lamps at intervals, pipes, a few things at the walls."""
    x, y, height = span(rng, (1.6, 3.2), (9, 32), (2.3, 3.3))
    papers = BARE | {"wallpaper": 1, "tiles": 1}
    room = build_room(rng, x, y, height, papers=papers, windows=0)
    doors, step = few(rng, [fittings.door], 2), rng.uniform(2, 4)
    for along, wall in grid(np.arange(-y / 2 + 1.2, y / 2 - 1, step), (1, 3)):
        if chance(rng, 0.7):
            where = room.at_wall(int(wall), along + rng.uniform(-0.2, 0.2), off=0.002)
            put(room, pick(rng, doors), *where)
    if chance(rng, 0.5):
        ys = np.arange(-y / 2 + 3, y / 2 - 1, step * 2)
        side, size = x / 2 - 0.09, (0.18, 0.3, height)
        frames = [both(lambda s, at=at: box((s * side, at, height / 2), size)) for at in ys]
        room.scene.add([part(textured(rng, "plain", gloss=0), frames)])
    _fill(room, rng, "corridor", 6, some(rng, 2, 11), 0.8, 2)
    hang(room, rng, things_of("corridor", "wall"), some(rng, 0, 9))
    _pipes(room, rng)
    _strip_lights(room, rng, rng.uniform(2.5, 4), 1)
    around = viewpoints(room)

    def camera(rng: Rng) -> Camera:
        if chance(rng, 0.35):
            return around(rng)
        end = pick(rng, (-1, 1))
        near, far = end * (y / 2 - rng.uniform(0.3, 3)), -end * y * rng.uniform(0, 0.4)
        at = (rng.uniform(-0.38, 0.38) * x, near, rng.uniform(0.25, height - 0.3))
        to = (rng.uniform(-0.5, 0.5) * x, far, rng.uniform(0.2, height))
        return look(rng, at, to, (45, 92))

    room.scene.camera = camera
    return merged(room.scene)


def _racks(room: Room, rng: Rng, rows: int) -> None:
    """Racks in rows along the hall."""
    height = min(room.height - 0.8, rng.uniform(2.5, 6.5))
    cartons = [storage.cardboard(rng) for _ in range(5)]
    length = 2.7 * some(rng, 2, 4)
    racks = [storage.pallet_rack(rng, length, height, cartons) for _ in range(2)]
    for x in row(rows, room.x):
        first, step = -room.y / 2 + length / 2 + 1.5, length + pick(rng, (0.15, 1.8))
        for y in np.arange(first, room.y / 2 - length / 2, step):
            if chance(rng, 0.9):
                put(room, pick(rng, racks), (x, float(y), 0), np.pi / 2)


def hall(rng: Rng) -> Scene:
    """Build racks in rows, pallets and vehicles in the aisles, pillars, trusses."""
    aisle, rows = rng.uniform(2.2, 3.5), some(rng, 2, 4)
    x, (y, height) = rows * (1.1 + aisle), span(rng, (12, 34), (4.5, 8.5))
    floors, papers = ("concrete", "plain", "mottled"), BARE | {"corrugated": 1}
    room = build_room(rng, x, y, height, floors, papers, some(rng, 0, 1))
    _racks(room, rng, rows)
    if chance(rng, 0.5):
        stone = textured(rng, ("concrete", "plain"), gloss=0)
        xs, ys = np.arange(-x / 2 + aisle / 2, x / 2, x / rows), np.arange(-y / 2 + 3, y / 2, 6)
        for at in grid(xs, ys):
            if chance(rng, 0.5):
                put(room, [part(stone, box((0, 0, height / 2), (0.3, 0.3, height)))], (*at, 0))
    ys = np.arange(-y / 2 + 2, y / 2 - 1, 4)
    beams = [box((0, at, height - 0.2), (x - 0.02, 0.12, 0.3)) for at in ys]
    room.scene.add([part(painted(rng, "neutral", 0), beams)])
    _fill(room, rng, "hall", 8, some(rng, 8, 21), 0.3, 3)
    wall = pick(rng, (0, 2))
    if wall not in room.windows:
        door = storage.roller_door(rng, 3, min(3.2, height - 0.8))
        put(room, door, *room.at_wall(wall, rng.uniform(-0.25, 0.25) * x))
    _pipes(room, rng)
    _strip_lights(room, rng, rng.uniform(3, 6), rows)
    around = viewpoints(room)

    def camera(rng: Rng) -> Camera:
        if chance(rng, 0.5):
            return around(rng)
        edge, end = x / 2 - aisle * 0.25, pick(rng, (-1, 1))
        lane = float(np.clip(some(rng, 0, rows) * x / rows - x / 2, -edge, edge))
        near, far = end * (y / 2 - rng.uniform(0.4, 6)), -end * y * rng.uniform(0, 0.4)
        at = (lane + rng.normal(0, 0.2), near, rng.uniform(0.5, min(5, height - 0.7)))
        to = (lane + rng.normal(0, 1), far, rng.uniform(0, height * 0.9))
        return look(rng, at, to, (45, 90))

    room.scene.camera = camera
    return merged(room.scene)


def garage(rng: Rng) -> Scene:
    """Build shelves, a bench, tyres, often a car and bicycles."""
    x, y, height = span(rng, (3.5, 7), (5.5, 9), (2.3, 3))
    room = build_room(rng, x, y, height, ("concrete", "mottled", "tiles"), BARE, some(rng, 0, 1))
    if 2 not in room.windows:
        door = storage.roller_door(rng, min(2.8, x - 0.4), min(2.1, height - 0.35))
        put(room, door, *room.at_wall(2, 0))
    if chance(rng, 0.6):
        at = (*rng.uniform(-0.1, 0.1, 2) * (x, y), 0)
        put(room, vehicles.car(rng), at, pick(rng, (-1, 1)) * np.pi / 2)
    _fill(room, rng, "garage", 10, some(rng, 9, 19), 0.85, 0)
    hang(room, rng, things_of("garage", "wall"), some(rng, 1, 5))
    _pipes(room, rng)
    if chance(rng, 0.5):
        light(room, rng)
    else:
        _strip_lights(room, rng, 2.5, 1)
    room.scene.camera = viewpoints(room)
    return merged(room.scene)


def build(rng: Rng) -> Scene:
    """Build a corridor, a hall or a garage."""
    return pick(rng, {corridor: 0.35, hall: 0.4, garage: 0.25})(rng)
