"""Rooms: a shell of walls with windows, light, and cameras that keep out of what stands there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dav2.scenery.kit import (
    PANE,
    Camera,
    Mesh,
    Part,
    Parts,
    Rng,
    Scene,
    both,
    box,
    chance,
    indoor_sky,
    lamp,
    look,
    merge,
    painted,
    part,
    pick,
    quad,
    rods,
    rotation,
    row,
    some,
    span,
    textured,
)
from dav2.scenery.objects import fittings
from dav2.scenery.scene import Material

Box = tuple[np.ndarray, np.ndarray]  # smallest and largest corner
Hole = tuple[float, float, float, float]  # of a window in a wall: start, end, sill, lintel

FLOORS = (
    "wood", "planks", "parquet", "bricks", "checker", "marble", "fabric", "tiles", "terrazzo",
    "concrete",
)  # fmt: skip
PAPERS = {
    "plain": 3, "mottled": 1, "bricks": 1, "stripes": 1, "dots": 1, "planks": 1, "wallpaper": 2,
    "peeling": 1,
}  # fmt: skip


@dataclass
class Room:
    """A scene of the size [-x/2, x/2] x [-y/2, y/2] x [0, height], and what stands in it."""

    scene: Scene
    x: float
    y: float
    height: float
    windows: tuple[int, ...] = ()
    """Walls 0..3 (at +y, -x, -y, +x) that have a window."""
    taken: list[Box] = field(default_factory=list)
    """Boxes in which things stand."""

    @property
    def edge(self) -> np.ndarray:
        """The corner (x, y) of the room."""
        return np.array([self.x, self.y]) / 2

    def length(self, wall: int) -> float:
        """Measure a wall, in metres."""
        return self.x if wall % 2 == 0 else self.y

    def at_wall(
        self, wall: int, along: float, z: float = 0.0, off: float = 0.0
    ) -> tuple[tuple[float, float, float], float]:
        """Give position and turn of an object with its back to a wall; `along` 0 is the middle."""
        turn = wall * np.pi / 2
        back = (self.y if wall % 2 == 0 else self.x) / 2 - off
        cos, sin = np.cos(turn), np.sin(turn)
        return (float(along * cos - back * sin), float(along * sin + back * cos), z), turn


def box_of(parts: Sequence[Part], at: Sequence[float], turn: float, scale: float = 1.0) -> Box:
    """Give the bounding box of an object once it is turned and placed."""
    points = np.concatenate([one.mesh.vertices for one in parts]) * scale
    points = points @ rotation("z", turn).T
    return points.min(0) + at, points.max(0) + at


def is_inside(room: Room, low: np.ndarray, high: np.ndarray) -> bool:
    """Tell whether a box is between floor, ceiling and walls."""
    within = (low[:2] >= -room.edge).all() and (high[:2] <= room.edge).all()
    return bool(within and high[2] <= room.height)


def is_taken(room: Room, low: np.ndarray, high: np.ndarray, gap: float) -> bool:
    """Tell whether a box comes closer than `gap` to something."""
    return any((low - gap < b).all() and (high + gap > a).all() for a, b in room.taken)


def put(
    room: Room, parts: Sequence[Part], at: Sequence[float], turn: float = 0.0, gap: float = 0.03
) -> bool:
    """Place an object if it stays in the room and touches nothing; tell whether it did."""
    low, high = box_of(parts, at, turn)
    if not is_inside(room, low, high) or is_taken(room, low, high, gap):
        return False
    room.taken.append((low, high))
    room.scene.add(parts, at, turn)
    return True


# The shell


def _wall(
    corner: np.ndarray, along: np.ndarray, height: float, tile: float, hole: Hole | None
) -> Mesh:
    """Make a wall, with a hole for a window."""
    if hole is None:
        return quad(corner, along, (0, 0, height), tile)
    start, end, sill, lintel = hole
    unit, up = along / np.linalg.norm(along), np.array([0, 0, 1.0])
    above = corner + unit * start + up * lintel
    return merge(
        [
            quad(corner, unit * start, up * height, tile),
            quad(corner + unit * end, along - unit * end, up * height, tile),
            quad(corner + unit * start, unit * (end - start), up * sill, tile),
            quad(above, unit * (end - start), up * (height - lintel), tile),
        ]
    )


def _window(room: Room, rng: Rng, wall: int, hole: Hole, frame: Material) -> None:
    """Put bars, a sill, sometimes a pane and curtains into the hole of a wall."""
    start, end, sill, lintel = hole
    width, middle, tall = end - start, (start + end - room.length(wall)) / 2, lintel - sill
    xs = np.linspace(-width / 2, width / 2, some(rng, 2, 5))
    zs = [sill, lintel, *([(sill + lintel) / 2] if chance(rng, 0.4) else [])]
    bars = [box((x, -0.03, (sill + lintel) / 2), (0.05, 0.05, tall)) for x in xs]
    bars += [box((0, -0.03, z), (width, 0.05, 0.05)) for z in zs]
    parts = [part(frame, bars, box((0, -0.08, sill - 0.02), (width + 0.1, 0.16, 0.03)))]
    if chance(rng, 0.5):
        parts.append(part(PANE, quad((-width / 2, -0.03, sill), (width, 0, 0), (0, 0, tall))))
    room.scene.add(parts, *room.at_wall(wall, middle))
    if not chance(rng, 0.5):
        return
    top, most = min(room.height - 0.05, lintel + 0.15), room.length(wall) / 2 - 0.4
    cloth = fittings.curtain(rng, 0.5 + 0.12 * width, top)
    for side in (-1, 1):
        along = float(np.clip(middle + side * width / 2, -most, most))
        room.scene.add(cloth, *room.at_wall(wall, along, off=0.1))
    rail = rods([[-width / 2 - 0.2, -0.17, top]], [[width / 2 + 0.2, -0.17, top]], 0.012)
    room.scene.add([part(frame, rail)], *room.at_wall(wall, middle))


def build_room(
    rng: Rng,
    x: float,
    y: float,
    height: float,
    floors: Sequence[str] = FLOORS,
    papers: Sequence[str] | Mapping[str, float] = PAPERS,
    windows: int = 1,
    missing: int | None = None,
) -> Room:
    """Build floor, ceiling (the first two parts), walls with some windows but without one that is
    `missing`, and skirting."""
    holes = tuple(int(wall) for wall in rng.permutation(4)[:windows])
    room = Room(Scene(), x, y, height, (*holes, *([] if missing is None else [missing])))
    floor = textured(rng, floors, gloss=0.4)
    ceiling = textured(rng, "planks", gloss=0) if chance(rng, 0.1) else painted(rng, "pastel", 0)
    corner = (-x / 2, -y / 2)
    room.scene.add([part(floor, quad((*corner, 0), (x, 0, 0), (0, y, 0), rng.uniform(0.8, 2)))])
    room.scene.add([part(ceiling, quad((*corner, height), (0, y, 0), (x, 0, 0), 1.5))])
    paper, tile = textured(rng, pick(rng, papers), gloss=0.05), rng.uniform(0.8, 2.5)
    frame = painted(rng, "pastel")
    for wall in range(4):
        if wall == missing:
            continue
        length, hole = room.length(wall), None
        (right, top, _), turn = room.at_wall(wall, length / 2)
        along = length * np.array([-np.cos(turn), -np.sin(turn), 0])
        if wall in holes:
            left, free, sill, above = span(rng, (0.1, 0.3), (0.1, 0.3), (0.1, 1), (0.2, 0.5))
            hole = (free * length, (1 - left) * length, sill, height - above)
        mesh = _wall(np.array([right, top, 0.0]), along, height, tile, hole)
        room.scene.add([part(paper if chance(rng, 0.85) else textured(rng, gloss=0), mesh)])
        if hole:
            _window(room, rng, wall, (length - hole[1], length - hole[0], *hole[2:]), frame)
    skirting = both(lambda s: box((0, s * (y / 2 - 0.01), 0.05), (x, 0.02, 0.1)))
    skirting += both(lambda s: box((s * (x / 2 - 0.01), 0, 0.05), (0.02, y, 0.1)))
    room.scene.add([part(frame, skirting)])
    return room


def light(room: Room, rng: Rng, count: int | None = None, strength: float = 1.0) -> None:
    """Hang flat lamps of one kind under the ceiling, and let in what comes through the windows."""
    count = count or some(rng, 1, 3)
    w, d = min(rng.uniform(0.3, 1.2), room.x / 3), min(rng.uniform(0.3, 1.2), room.y / 3)
    columns = max(1, round(np.sqrt(count * room.x / room.y)))
    rows = max(1, round(count / columns))
    panels = [
        quad((x - w / 2, y - d / 2, room.height - 0.02), (0, d, 0), (w, 0, 0))
        for x in row(columns, room.x)
        for y in row(rows, room.y)
    ]
    radiance = strength * rng.uniform(4, 14) * room.x * room.y / 20 / (w * d + 0.4)
    room.scene.add([part(lamp(rng, radiance / np.sqrt(len(panels))), panels)])
    indoor_sky(room.scene, rng)


def merged(scene: Scene) -> Scene:
    """Make one mesh of all parts of the same material, in order of appearance."""
    groups: dict[int, Parts] = {}
    for one in scene.parts:
        groups.setdefault(id(one.material), []).append(one)
    scene.parts = [part(group[0].material, [p.mesh for p in group]) for group in groups.values()]
    return scene


# Cameras


def free_spot(
    room: Room, rng: Rng, heights: tuple[float, float], margin: float = 0.2
) -> np.ndarray:
    """Find a point of the room outside everything that stands in it, as far as 40 tries find one."""
    at = np.zeros(3)
    for _ in range(40):
        at = np.array([*rng.uniform(-1, 1, 2) * (room.edge - margin), rng.uniform(*heights)])
        if not is_taken(room, at, at, 0.12):
            break
    return at


def _beside(room: Room, rng: Rng, heights: tuple[float, float]) -> np.ndarray | None:
    """Find a point close to the side of something."""
    for _ in range(20 if room.taken else 0):
        a, b = pick(rng, room.taken)
        angle = rng.uniform(0, 2 * np.pi)
        out = (b - a)[:2] / 2 + rng.uniform(0.2, 0.5)
        side = (a + b)[:2] / 2 + out * [np.cos(angle), np.sin(angle)]
        at = np.array([*side, rng.uniform(*heights)])
        if (np.abs(side) < room.edge - 0.1).all() and not is_taken(room, at, at, 0.1):
            return at
    return None


def viewpoints(room: Room, low: float = 0.3) -> Callable[[Rng], Camera]:
    """Make cameras in a room: across it at any height, up from below, down from above, past a thing
    that stands close. "Lower in the picture is nearer" must not be a rule that always holds."""
    high = room.height
    ways = {"across": 0.38, "up": 0.2, "down": 0.12, "past": 0.3}
    heights = {
        "across": (low, min(2.0, high - 0.3)),
        "up": (low, 0.45 * high),
        "down": (0.55 * high, high - 0.2),
        "past": (low, min(1.9, high - 0.3)),
    }

    def camera(rng: Rng) -> Camera:
        way = pick(rng, ways)
        at = free_spot(room, rng, heights[way])
        if way == "past" and (near := _beside(room, rng, heights[way])) is not None:
            at = near
        pieces = [(a + b)[:2] / 2 for a, b in room.taken]
        reach, target = 0.0, at
        for _ in range(10):  # look along the room, often at something, not at the nearest wall
            beyond = rng.uniform(-0.45, 0.45, 2) * (room.x, room.y)
            if pieces and chance(rng, 0.6):
                beyond = pick(rng, pieces) + rng.normal(0, 0.3, 2)
            if np.hypot(*(beyond - at[:2])) > reach:
                reach = float(np.hypot(*(beyond - at[:2])))
                target = np.array([*beyond, at[2]])
            if reach > 0.45 * max(room.x, room.y):
                break
        pitch = {
            "across": rng.normal(0, 0.12),
            "up": rng.uniform(0.1, 0.6),
            "down": -rng.uniform(0.2, 0.7),
            "past": rng.normal(0.05, 0.2),
        }[way]
        return look(rng, at, target + [0, 0, reach * np.tan(pitch)], (45, 92))

    return camera
