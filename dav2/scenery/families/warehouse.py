"""Corridors, halls full of racks, cellars and garages: long rooms, great ranges of depth."""

import numpy as np

from dav2.scenery.families.living_room import a_few
from dav2.scenery.meshes import box, merge, quad, rods, tube
from dav2.scenery.objects import fittings, furniture, household, people, storage, thin, vehicles
from dav2.scenery.rooms import (
    Builder,
    Room,
    build_room,
    hang,
    light,
    merged,
    put,
    stand,
    viewpoints,
)
from dav2.scenery.scene import (
    Camera,
    Part,
    Scene,
    indoor_sky,
    lamp,
    look,
    metallic,
    painted,
    textured,
)

Rng = np.random.Generator
BARE = ("concrete", "concrete", "bricks", "plain", "peeling", "mottled")
IN_CORRIDORS: tuple[Builder, ...] = (
    furniture.plant,
    furniture.chair,
    furniture.cabinet,
    household.radiator,
    storage.parcels,
    storage.platform_cart,
    storage.bin_,
    thin.ladder,
    thin.bicycle,
    household.coat_stand,
    thin.step_ladder,
    furniture.bookshelf,
)


def _pipes(room: Room, rng: Rng) -> None:
    """Pipes and cables below the ceiling, along the room."""
    lines: list[list[float]] = []
    for side in (-1, 1):
        if rng.random() < 0.6:
            lines += [
                [side * (room.x / 2 - 0.15 - 0.13 * i), room.height - 0.18 - 0.12 * j]
                for i in range(int(rng.integers(1, 4)))
                for j in range(int(rng.integers(1, 3)))
            ]
    for across, z in lines:
        radius = rng.uniform(0.015, 0.05)
        start, end = [[across, -room.y / 2 + 0.01, z]], [[across, room.y / 2 - 0.01, z]]
        surface = metallic(rng) if rng.random() < 0.5 else painted(rng, "neutral")
        room.scene.add([Part(rods(start, end, radius, 8), surface)])
    if rng.random() < 0.6:
        ys = np.linspace(-room.y / 2 + 0.02, room.y / 2 - 0.02, 25)
        sag = room.height - 0.08 - 0.12 * np.abs(np.sin(ys * np.pi / 2.5))
        line = np.c_[np.full(25, rng.uniform(-0.3, 0.3) * room.x), ys, sag]
        room.scene.add([Part(tube(line, 0.012, 5), painted(rng, "dark", 0))])


def _strip_lights(room: Room, rng: Rng, spacing: float, columns: int) -> None:
    """Tubes in rows, one emitter for all."""
    drop = rng.uniform(0.03, 0.1) if room.height < 3.5 else rng.uniform(0.2, 1.2)
    xs = (np.arange(columns) + 0.5) / columns * room.x - room.x / 2
    tubes = [
        quad((x - 0.12, y - 0.55, room.height - drop), (0, 1.1, 0), (0.24, 0, 0))
        for x in xs
        for y in np.arange(-room.y / 2 + 1, room.y / 2 - 0.6, spacing)
    ]
    strength = rng.uniform(3, 9) * (1 + room.height / 4) * room.x / columns / 2
    room.scene.add([Part(merge(tubes), lamp(rng, strength))])
    if drop > 0.15:
        cases = [box((x, 0, room.height - drop + 0.04), (0.05, room.y - 0.1, 0.05)) for x in xs]
        room.scene.add([Part(merge(cases), painted(rng, "neutral", 0))])
    indoor_sky(room.scene, rng)


def corridor(rng: Rng) -> Scene:
    """Doors and lamps at intervals, pipes, a few things at the walls."""
    room = build_room(
        rng,
        rng.uniform(1.6, 3.2),
        rng.uniform(9, 32),
        rng.uniform(2.3, 3.3),
        papers=(*BARE, "wallpaper", "tiles"),
        windows=0,
    )
    doors, step = a_few(rng, (fittings.door,), 2), rng.uniform(2, 4)
    for along in np.arange(-room.y / 2 + 1.2, room.y / 2 - 1, step):
        for wall in (1, 3):
            if rng.random() < 0.7:
                at = room.at_wall(wall, float(along) + rng.uniform(-0.2, 0.2), off=0.002)
                put(room, doors[int(rng.integers(2))], *at)
    if rng.random() < 0.5:
        frames = [
            box((s * (room.x / 2 - 0.09), y, room.height / 2), (0.18, 0.3, room.height))
            for s in (-1, 1)
            for y in np.arange(-room.y / 2 + 3, room.y / 2 - 1, step * 2)
        ]
        room.scene.add([Part(merge(frames), textured(rng, "plain", gloss=0))])
    things = a_few(rng, IN_CORRIDORS, 6)
    for _ in range(int(rng.integers(2, 12))):
        stand(room, rng, things[int(rng.integers(6))], rng.random() < 0.8)
    for _ in range(int(rng.integers(0, 3))):
        stand(room, rng, people.person(rng), False)
    hang(
        room,
        rng,
        int(rng.integers(0, 10)),
        (furniture.picture, fittings.notice_board, fittings.fire_extinguisher, fittings.wall_clock),
    )
    _pipes(room, rng)
    _strip_lights(room, rng, rng.uniform(2.5, 4), 1)
    around = viewpoints(room)

    def camera(rng: Rng) -> Camera:
        if rng.random() < 0.35:
            return around(rng)
        end = rng.choice([-1, 1])
        at = np.array(
            [
                rng.uniform(-0.38, 0.38) * room.x,
                end * (room.y / 2 - rng.uniform(0.3, 3)),
                rng.uniform(0.25, room.height - 0.3),
            ]
        )
        to = np.array(
            [
                rng.uniform(-0.5, 0.5) * room.x,
                -end * room.y * rng.uniform(0, 0.4),
                rng.uniform(0.2, room.height),
            ]
        )
        return look(rng, at, to, (45, 92))

    room.scene.camera = camera
    return merged(room.scene)


def hall(rng: Rng) -> Scene:
    """Racks in rows, pallets and vehicles in the aisles, pillars, trusses."""
    aisle, rows = rng.uniform(2.2, 3.5), int(rng.integers(2, 5))
    room = build_room(
        rng,
        rows * (1.1 + aisle),
        rng.uniform(12, 34),
        rng.uniform(4.5, 8.5),
        floors=("concrete", "plain", "mottled"),
        papers=(*BARE, "corrugated"),
        windows=int(rng.integers(0, 2)),
    )
    rack_height = min(room.height - 0.8, rng.uniform(2.5, 6.5))
    cartons = [storage.cardboard(rng) for _ in range(5)]
    length = 2.7 * int(rng.integers(2, 5))
    racks = [storage.pallet_rack(rng, length, rack_height, cartons) for _ in range(2)]
    for i in range(rows):
        x = (i + 0.5) * room.x / rows - room.x / 2
        for y in np.arange(
            -room.y / 2 + length / 2 + 1.5,
            room.y / 2 - length / 2,
            length + rng.choice([0.15, 1.8]),
        ):
            if rng.random() < 0.9:
                put(room, racks[int(rng.integers(2))], (x, float(y), 0), np.pi / 2)
    if rng.random() < 0.5:
        pillars = [
            box((x, y, room.height / 2), (0.3, 0.3, room.height))
            for x in np.arange(-room.x / 2 + aisle / 2, room.x / 2, room.x / rows)
            for y in np.arange(-room.y / 2 + 3, room.y / 2, 6)
        ]
        for pillar in pillars:
            if rng.random() < 0.5:
                put(room, [Part(pillar, cartons[0])], (0, 0, 0))
    beams = [
        box((0, y, room.height - 0.2), (room.x - 0.02, 0.12, 0.3))
        for y in np.arange(-room.y / 2 + 2, room.y / 2 - 1, 4)
    ]
    room.scene.add([Part(merge(beams), painted(rng, "neutral", 0))])
    things = a_few(rng, storage.STORED, 8)
    for _ in range(int(rng.integers(8, 22))):
        stand(room, rng, things[int(rng.integers(8))], rng.random() < 0.3)
    for _ in range(int(rng.integers(0, 4))):
        stand(room, rng, people.person(rng), False)
    wall = int(rng.choice([0, 2]))
    if wall not in room.windows:
        put(
            room,
            storage.roller_door(rng, 3, min(3.2, room.height - 0.8)),
            *room.at_wall(wall, rng.uniform(-0.25, 0.25) * room.x),
        )
    _pipes(room, rng)
    _strip_lights(room, rng, rng.uniform(3, 6), rows)
    around = viewpoints(room)

    def camera(rng: Rng) -> Camera:
        if rng.random() < 0.5:
            return around(rng)
        lane = int(rng.integers(0, rows + 1)) * room.x / rows - room.x / 2
        lane = float(np.clip(lane, -room.x / 2 + aisle * 0.25, room.x / 2 - aisle * 0.25))
        end = rng.choice([-1, 1])
        at = (
            lane + rng.normal(0, 0.2),
            end * (room.y / 2 - rng.uniform(0.4, 6)),
            rng.uniform(0.5, min(5, room.height - 0.7)),
        )
        to = (
            lane + rng.normal(0, 1),
            -end * room.y * rng.uniform(0, 0.4),
            rng.uniform(0, room.height * 0.9),
        )
        return look(rng, at, to, (45, 90))

    room.scene.camera = camera
    return merged(room.scene)


def garage(rng: Rng) -> Scene:
    """Shelves, a bench, tyres, often a car and bicycles."""
    room = build_room(
        rng,
        rng.uniform(3.5, 7),
        rng.uniform(5.5, 9),
        rng.uniform(2.3, 3),
        floors=("concrete", "mottled", "tiles"),
        papers=BARE,
        windows=int(rng.integers(0, 2)),
    )
    if 2 not in room.windows:
        put(
            room,
            storage.roller_door(rng, min(2.8, room.x - 0.4), min(2.1, room.height - 0.35)),
            *room.at_wall(2, 0),
        )
    if rng.random() < 0.6:
        put(
            room,
            vehicles.car(rng),
            (rng.uniform(-0.1, 0.1) * room.x, rng.uniform(-0.1, 0.1) * room.y, 0),
            rng.choice([-1, 1]) * np.pi / 2,
        )
    things = a_few(
        rng,
        (*storage.GARAGE, *storage.STORED[2:5], thin.bicycle, thin.ladder, thin.step_ladder),
        10,
    )
    for _ in range(int(rng.integers(9, 20))):
        stand(room, rng, things[int(rng.integers(10))], rng.random() < 0.85)
    hang(
        room,
        rng,
        int(rng.integers(1, 6)),
        (fittings.wall_shelf, fittings.fire_extinguisher, fittings.notice_board),
    )
    _pipes(room, rng)
    if rng.random() < 0.5:
        light(room, rng)
    else:
        _strip_lights(room, rng, 2.5, 1)
    room.scene.camera = viewpoints(room)
    return merged(room.scene)


def build(rng: Rng) -> Scene:
    """A corridor, a hall or a garage."""
    return (corridor, hall, garage)[int(rng.choice(3, p=[0.35, 0.4, 0.25]))](rng)
