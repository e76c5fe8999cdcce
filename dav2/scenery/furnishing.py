"""How things come into a room: on the floor, on each other's tops, on walls, under the ceiling."""

from collections.abc import Mapping, Sequence

from dav2.scenery.kit import (
    Parts,
    Rng,
    Spots,
    angle_of,
    box,
    chance,
    extent,
    few,
    moved,
    part,
    pick,
    reach,
    some,
    textured,
)
from dav2.scenery.objects import fittings, people
from dav2.scenery.rooms import Room, build_room, light, merged, put, viewpoints
from dav2.scenery.scene import Scene
from dav2.scenery.things import Thing, things_of

Things = Mapping[Thing, float]


def laden(rng: Rng, parts: Parts, things: Sequence[Parts], count: int) -> Parts:
    """Put things on the top of an object, chosen from `things` and apart from one another."""
    low, high = extent(parts)
    spots, out = Spots(), list(parts)
    for _ in range(count):
        thing = pick(rng, things)
        radius = reach(thing)
        free = (high[:2] - low[:2]) / 2 - radius - 0.02
        if (free < 0).any():
            continue
        x, y = (low[:2] + high[:2]) / 2 + rng.uniform(-1, 1, 2) * free
        if spots.take(x, y, 0.85 * radius):
            out += moved(thing, (x, y, high[2] + 0.001), angle_of(rng))
    return out


def stand(room: Room, rng: Rng, parts: Parts, at_wall: bool, tries: int = 8) -> bool:
    """Find an object a place at a wall, or anywhere; tell whether there was one."""
    low, high = extent(parts)
    for _ in range(tries):
        if at_wall:
            wall = some(rng, 0, 3)
            free = max(0.0, room.length(wall) / 2 - max(-low[0], high[0]) - 0.05)
            at, turn = room.at_wall(wall, rng.uniform(-free, free), off=high[1] + 0.03)
        else:
            at, turn = (*rng.uniform(-1, 1, 2) * room.edge, 0.0), angle_of(rng)
        if put(room, parts, at, turn):
            return True
    return False


def furnish(
    room: Room,
    rng: Rng,
    things: Things,
    count: int,
    at_wall: float = 0.4,
    tops: Things | None = None,
) -> None:
    """Stand about `count` things of the floor in a room, with small ones on tables and desks.

    Args:
        at_wall: in how many cases a thing stands at a wall that does not ask for it.
        tops: what stands on them; the things of desks, if nothing is given.
    """
    floor = {thing: often for thing, often in things.items() if thing.place == "floor"}
    if not floor:
        return
    small = [pick(rng, tops or things_of("desk")).build(rng) for _ in range(9)]
    for _ in range(count):
        thing = pick(rng, floor)
        parts = thing.build(rng)
        if thing.holds:
            parts = laden(rng, parts, small, some(rng, 1, 6))
        stand(room, rng, parts, chance(rng, max(thing.at_wall, at_wall)))


def hang(room: Room, rng: Rng, things: Things, count: int) -> None:
    """Hang pictures and the like on walls without windows, where nothing stands in front."""
    for _ in range(count):
        wall, thing = some(rng, 0, 3), pick(rng, things)
        if wall in room.windows:
            continue
        parts = thing.build(rng)
        low, high = extent(parts)
        free = room.length(wall) / 2 - max(-low[0], high[0]) - 0.1
        z = rng.uniform(*thing.height)
        if free > 0 and z + high[2] < room.height - 0.05:
            put(room, parts, *room.at_wall(wall, rng.uniform(-free, free), z, high[1] + 0.005))


def dangle(room: Room, rng: Rng, things: Things, count: int) -> None:
    """Hang lamps and plants from the ceiling, out of the way of what stands there."""
    for _ in range(count):
        parts = pick(rng, things).build(rng)
        if room.height + extent(parts)[0][2] > 1.3:
            at = (*rng.uniform(-0.76, 0.76, 2) * room.edge, room.height - 0.001)
            put(room, parts, at, angle_of(rng))


def furnished(rng: Rng, things: Things, count: int, tops: Things | None = None) -> Scene:
    """Build a room with about `count` of some things; what they do not bring for walls and ceiling
    is chosen from our own."""
    x, y, height = rng.uniform(2.8, 8), rng.uniform(3, 9), rng.uniform(2.3, 3.6)
    if chance(rng, 0.15):  # a hall
        x, y = rng.uniform(1.8, 3), rng.uniform(7, 16)
    room = build_room(rng, x, y, height, windows=some(rng, 0, 2))
    wall = some(rng, 0, 3)
    if chance(rng, 0.7) and wall not in room.windows:
        along = rng.uniform(-0.3, 0.3) * room.length(wall)
        put(room, fittings.door(rng), *room.at_wall(wall, along))
    furnish(room, rng, things, count, tops=tops)
    for person in few(rng, [people.person], some(rng, 0, 2)):
        stand(room, rng, person, False)
    if chance(rng, 0.6):
        w, d = min(rng.uniform(1, 2.5), x * 0.8), min(rng.uniform(1, 2.5), y * 0.8)
        cloth = textured(rng, ("carpet", "fabric", "stripes", "tartan", "knitted"), gloss=0)
        room.scene.add([part(cloth, box((0, 0, 0.006), (w, d, 0.012), max(w, d)))])
    walls, ceilings = (
        {thing: often for thing, often in things.items() if thing.place == place}
        or things_of(place)
        for place in ("wall", "ceiling")
    )
    hang(room, rng, walls, some(rng, 2, 7))
    dangle(room, rng, ceilings, some(rng, 0, 3))
    light(room, rng)
    room.scene.camera = viewpoints(room)
    return merged(room.scene)
