"""Living rooms, bedrooms, studies, halls: the furnished boxes that people live in."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dav2.scenery.meshes import box
from dav2.scenery.objects import (
    fittings,
    furniture,
    household,
    kitchenware,
    people,
    tableware,
    thin,
)
from dav2.scenery.rooms import (
    Builder,
    Room,
    build_room,
    dangle,
    hang,
    laden,
    light,
    merged,
    put,
    stand,
    viewpoints,
)
from dav2.scenery.scene import Part, Scene, textured

Rng = np.random.Generator
FURNITURE: tuple[Builder, ...] = (
    furniture.chair,
    furniture.chair,
    furniture.table,
    furniture.sofa,
    furniture.bed,
    furniture.bookshelf,
    furniture.cabinet,
    furniture.floor_lamp,
    furniture.plant,
    furniture.plant,
    household.armchair,
    household.stool,
    household.desk,
    household.office_chair,
    household.wardrobe,
    household.drawers,
    household.television,
    household.radiator,
    household.fireplace,
    household.coat_stand,
    household.piano,
    household.basket,
    household.guitar,
    household.shoes,
    household.vacuum,
    thin.bird_cage,
    thin.tripod,
    thin.bicycle,
    thin.ladder,
    thin.clothes_rack,
    thin.standing_fan,
    thin.music_stand,
)
AT_WALLS = {
    furniture.sofa,
    furniture.bed,
    furniture.bookshelf,
    furniture.cabinet,
    household.desk,
    household.wardrobe,
    household.drawers,
    household.television,
    household.radiator,
    household.fireplace,
    household.piano,
}
TOPS = {
    furniture.table,
    furniture.cabinet,
    household.desk,
    household.drawers,
    furniture.glass_table,
}
ON_TOPS: tuple[Builder, ...] = (
    *tableware.SMALL,
    tableware.monitor,
    tableware.laptop,
    tableware.desk_lamp,
    tableware.globe,
    tableware.candle,
    kitchenware.teapot,
    kitchenware.fruit,
    kitchenware.meal,
)


def a_few(rng: Rng, library: Sequence[Builder], count: int) -> list[list[Part]]:
    """Some objects of a library, to be placed again and again: materials are scarce."""
    return [library[int(i)](rng) for i in rng.integers(0, len(library), count)]


def furnish(room: Room, rng: Rng, library: Sequence[Builder], count: int) -> None:
    """Put furniture into a room, with things on tables, chairs and desks."""
    things = a_few(rng, ON_TOPS, 9)
    for _ in range(count):
        build = library[int(rng.integers(len(library)))]
        parts = build(rng)
        if build in TOPS:
            parts = laden(rng, parts, things, int(rng.integers(1, 7)))
        stand(room, rng, parts, build in AT_WALLS or rng.random() < 0.4)


def furnished(
    rng: Rng,
    library: Sequence[Any],
    count: int,
    furnish: Callable[[Room, Rng, Sequence[Any], int], None] = furnish,
) -> Scene:
    """A room with about `count` pieces from a library, which `furnish` puts into it."""
    x, y, height = rng.uniform(2.8, 8), rng.uniform(3, 9), rng.uniform(2.3, 3.6)
    if rng.random() < 0.15:  # a hall
        x, y = rng.uniform(1.8, 3), rng.uniform(7, 16)
    room = build_room(rng, x, y, height, windows=int(rng.integers(0, 3)))
    if rng.random() < 0.7:
        wall = int(rng.integers(4))
        if wall not in room.windows:
            put(
                room,
                fittings.door(rng),
                *room.at_wall(wall, rng.uniform(-0.3, 0.3) * room.length(wall)),
            )
    furnish(room, rng, library, count)
    for _ in range(int(rng.integers(0, 3))):
        stand(room, rng, people.person(rng), False)
    if rng.random() < 0.6:
        w, d = min(rng.uniform(1, 2.5), x * 0.8), min(rng.uniform(1, 2.5), y * 0.8)
        cloth = textured(
            rng, str(rng.choice(["carpet", "fabric", "stripes", "tartan", "knitted"])), gloss=0
        )
        room.scene.add([Part(box((0, 0, 0.006), (w, d, 0.012), max(w, d)), cloth)])
    hang(room, rng, int(rng.integers(2, 8)))
    dangle(room, rng, int(rng.integers(0, 4)))
    light(room, rng)
    room.scene.camera = viewpoints(room)
    return merged(room.scene)


def build(rng: Rng) -> Scene:
    """A furnished room."""
    return furnished(rng, FURNITURE, int(rng.integers(6, 18)))
