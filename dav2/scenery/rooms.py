"""Rooms: a shell of walls, and furniture placed in it by bounding boxes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from dav2.scenery.meshes import Mesh, box, merge, quad, rods, rotation
from dav2.scenery.objects import fittings, furniture
from dav2.scenery.scene import (
    PANE,
    Camera,
    Material,
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
Box = tuple[np.ndarray, np.ndarray]  # smallest and largest corner

FLOORS = (
    "wood",
    "planks",
    "parquet",
    "bricks",
    "checker",
    "marble",
    "fabric",
    "tiles",
    "terrazzo",
    "concrete",
)
PAPERS = (
    "plain",
    "plain",
    "plain",
    "mottled",
    "bricks",
    "stripes",
    "dots",
    "planks",
    "wallpaper",
    "wallpaper",
    "peeling",
)


@dataclass
class Room:
    """A scene of the size [-x/2, x/2] x [-y/2, y/2] x [0, height], and what stands in it.

    Attributes:
        windows: walls 0..3 (at +y, -x, -y, +x) that have a window.
        taken: boxes in which things stand.
    """

    scene: Scene
    x: float
    y: float
    height: float
    windows: tuple[int, ...] = ()
    taken: list[Box] = field(default_factory=list)

    def length(self, wall: int) -> float:
        """Of a wall, in metres."""
        return self.x if wall % 2 == 0 else self.y

    def at_wall(
        self, wall: int, along: float, z: float = 0.0, off: float = 0.0
    ) -> tuple[tuple[float, float, float], float]:
        """Position and turn of an object with its back to a wall; `along` 0 is the middle."""
        turn = wall * np.pi / 2
        back = (self.y if wall % 2 == 0 else self.x) / 2 - off
        cos, sin = np.cos(turn), np.sin(turn)
        return (float(along * cos - back * sin), float(along * sin + back * cos), z), turn


def box_of(parts: Sequence[Part], at: Sequence[float], turn: float, scale: float = 1.0) -> Box:
    """The bounding box of an object once it is turned and placed."""
    points = np.concatenate([part.mesh.vertices for part in parts]) * scale
    points = points @ rotation("z", turn).T
    return points.min(0) + at, points.max(0) + at


def inside(room: Room, low: np.ndarray, high: np.ndarray) -> bool:
    """Whether a box is between floor, ceiling and walls."""
    edge = np.array([room.x / 2, room.y / 2])
    return bool((low[:2] >= -edge).all() and (high[:2] <= edge).all() and high[2] <= room.height)


def put(
    room: Room, parts: Sequence[Part], at: Sequence[float], turn: float = 0.0, gap: float = 0.03
) -> bool:
    """Place an object if it stays in the room and touches nothing; say whether it did."""
    low, high = box_of(parts, at, turn)
    if not inside(room, low, high):
        return False
    if any((low - gap < b).all() and (high + gap > a).all() for a, b in room.taken):
        return False
    room.taken.append((low, high))
    room.scene.add(parts, at, turn)
    return True


def laden(rng: Rng, parts: list[Part], things: Sequence[list[Part]], count: int) -> list[Part]:
    """An object with things on its top, chosen from `things` and apart from one another."""
    low, high = extent(parts)
    spots: list[tuple[float, float, float]] = []
    out = list(parts)
    for _ in range(count):
        thing = things[int(rng.integers(len(things)))]
        reach = max(float(np.hypot(*p.mesh.vertices[:, :2].T).max()) for p in thing)
        free = (high[:2] - low[:2]) / 2 - reach - 0.02
        if (free < 0).any():
            continue
        x, y = (low[:2] + high[:2]) / 2 + rng.uniform(-1, 1, 2) * free
        if any(np.hypot(x - p, y - q) < 0.85 * (reach + r) for p, q, r in spots):
            continue
        spots.append((x, y, reach))
        top = Scene()
        top.add(thing, (x, y, high[2] + 0.001), rng.uniform(0, 2 * np.pi))
        out += top.parts
    return out


def stand(room: Room, rng: Rng, parts: list[Part], against_wall: bool, tries: int = 8) -> bool:
    """Find an object a place at a wall, or anywhere."""
    low, high = extent(parts)
    for _ in range(tries):
        if against_wall:
            wall = int(rng.integers(4))
            free = max(0.0, room.length(wall) / 2 - max(-low[0], high[0]) - 0.05)
            at, turn = room.at_wall(wall, rng.uniform(-free, free), off=high[1] + 0.03)
        else:
            at = (*rng.uniform(-0.5, 0.5, 2) * (room.x, room.y), 0.0)
            turn = rng.uniform(0, 2 * np.pi)
        if put(room, parts, at, turn):
            return True
    return False


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


def _window(
    room: Room, rng: Rng, wall: int, hole: tuple[float, float, float, float], frame: Material
) -> None:
    """Bars, a sill, sometimes a pane and curtains in the hole of a wall."""
    start, end, sill, lintel = hole
    width, middle = end - start, (start + end - room.length(wall)) / 2
    bars = [
        box((x, -0.03, (sill + lintel) / 2), (0.05, 0.05, lintel - sill))
        for x in np.linspace(-width / 2, width / 2, int(rng.integers(2, 6)))
    ]
    bars += [
        box((0, -0.03, z), (width, 0.05, 0.05))
        for z in (sill, lintel, *([(sill + lintel) / 2] if rng.random() < 0.4 else []))
    ]
    bars.append(box((0, -0.08, sill - 0.02), (width + 0.1, 0.16, 0.03)))
    parts = [Part(merge(bars), frame)]
    if rng.random() < 0.5:
        parts.append(
            Part(quad((-width / 2, -0.03, sill), (width, 0, 0), (0, 0, lintel - sill)), PANE)
        )
    at, turn = room.at_wall(wall, middle)
    room.scene.add(parts, at, turn)
    if rng.random() < 0.5:
        tall = min(room.height - 0.05, lintel + 0.15)
        cloth = fittings.curtain(rng, 0.5 + 0.12 * width, tall)
        for side in (-1, 1):
            along = float(
                np.clip(
                    middle + side * width / 2,
                    0.4 - room.length(wall) / 2,
                    room.length(wall) / 2 - 0.4,
                )
            )
            at, turn = room.at_wall(wall, along, off=0.1)
            room.scene.add(cloth, at, turn)
        rail = rods([[-width / 2 - 0.2, -0.17, tall]], [[width / 2 + 0.2, -0.17, tall]], 0.012)
        room.scene.add([Part(rail, frame)], *room.at_wall(wall, middle))


def build_room(
    rng: Rng,
    x: float,
    y: float,
    height: float,
    floors: Sequence[str] = FLOORS,
    papers: Sequence[str] = PAPERS,
    windows: int = 1,
    missing: int | None = None,
) -> Room:
    """Floor, ceiling (the first two parts), walls with some windows but without one that is
    `missing`, and skirting."""
    open_walls = tuple(int(wall) for wall in rng.permutation(4)[:windows])
    room = Room(Scene(), x, y, height, (*open_walls, *([] if missing is None else [missing])))
    floor = textured(rng, str(rng.choice(floors)), gloss=0.4)
    ceiling = textured(rng, "planks", gloss=0) if rng.random() < 0.1 else painted(rng, "pastel", 0)
    room.scene.add(
        [Part(quad((-x / 2, -y / 2, 0), (x, 0, 0), (0, y, 0), rng.uniform(0.8, 2)), floor)]
    )
    room.scene.add([Part(quad((-x / 2, -y / 2, height), (0, y, 0), (x, 0, 0), 1.5), ceiling)])
    paper = textured(rng, str(rng.choice(papers)), gloss=0.05)
    tile, frame = rng.uniform(0.8, 2.5), painted(rng, "pastel")
    for wall in range(4):
        if wall == missing:
            continue
        length = room.length(wall)
        (right, top, _), turn = room.at_wall(wall, length / 2)
        along = length * np.array([-np.cos(turn), -np.sin(turn), 0])
        hole = None
        if wall in open_walls:
            margin = rng.uniform(0.1, 0.3) * length
            hole = (
                margin,
                length - rng.uniform(0.1, 0.3) * length,
                rng.uniform(0.1, 1),
                height - rng.uniform(0.2, 0.5),
            )
            hole = (length - hole[1], length - hole[0], *hole[2:])
        mesh = _wall(np.array([right, top, 0.0]), along, height, tile, hole)
        room.scene.add([Part(mesh, paper if rng.random() < 0.85 else textured(rng, gloss=0))])
        if hole:
            _window(room, rng, wall, (length - hole[1], length - hole[0], *hole[2:]), frame)
    trim = [box((0, s * (y / 2 - 0.01), 0.05), (x, 0.02, 0.1)) for s in (-1, 1)]
    trim += [box((s * (x / 2 - 0.01), 0, 0.05), (0.02, y, 0.1)) for s in (-1, 1)]
    room.scene.add([Part(merge(trim), frame)])
    return room


def hang(
    room: Room,
    rng: Rng,
    count: int,
    library: Sequence[Builder] = (furniture.picture, furniture.picture, *fittings.WALL),
) -> None:
    """Pictures and the like on walls without windows, where nothing stands in front."""
    for _ in range(count):
        wall = int(rng.integers(4))
        if wall in room.windows:
            continue
        parts = library[int(rng.integers(len(library)))](rng)
        low, high = extent(parts)
        free = room.length(wall) / 2 - max(-low[0], high[0]) - 0.1
        z = rng.uniform(1.2, 1.8)
        if free > 0 and z + high[2] < room.height - 0.05:
            at, turn = room.at_wall(wall, rng.uniform(-free, free), z, high[1] + 0.005)
            put(room, parts, at, turn)


def light(room: Room, rng: Rng, count: int | None = None, strength: float = 1.0) -> None:
    """Flat lamps on the ceiling, of one kind, and what comes through the windows."""
    count = count or int(rng.integers(1, 4))
    w, d = rng.uniform(0.3, 1.2, 2)
    w, d = min(w, room.x / 3), min(d, room.y / 3)
    columns = max(1, round(np.sqrt(count * room.x / room.y)))
    rows = max(1, round(count / columns))
    panels = [
        quad(
            (
                (i + 0.5) / columns * room.x - room.x / 2 - w / 2,
                (j + 0.5) / rows * room.y - room.y / 2 - d / 2,
                room.height - 0.02,
            ),
            (0, d, 0),
            (w, 0, 0),
        )
        for i in range(columns)
        for j in range(rows)
    ]
    radiance = (
        strength * rng.uniform(4, 14) * room.x * room.y / 20 / (w * d + 0.4) / np.sqrt(len(panels))
    )
    room.scene.add([Part(merge(panels), lamp(rng, radiance))])
    indoor_sky(room.scene, rng)


def dangle(room: Room, rng: Rng, count: int, library: Sequence[Builder] = fittings.HANGING) -> None:
    """Lamps and plants that hang from the ceiling, out of the way of what stands there."""
    for _ in range(count):
        parts = library[int(rng.integers(len(library)))](rng)
        low, _ = extent(parts)
        if room.height + low[2] > 1.3:
            put(room, parts, (*rng.uniform(-0.38, 0.38, 2) * (room.x, room.y), room.height - 0.001))


def merged(scene: Scene) -> Scene:
    """The same scene with one mesh for all parts of the same material, in order of appearance."""
    groups: dict[int, list[Part]] = {}
    for part in scene.parts:
        groups.setdefault(id(part.material), []).append(part)
    scene.parts = [
        Part(merge([p.mesh for p in group]), group[0].material) for group in groups.values()
    ]
    return scene


def free_spot(
    room: Room, rng: Rng, heights: tuple[float, float], margin: float = 0.2
) -> np.ndarray:
    """A point of the room outside everything that stands in it, as far as 40 tries find one."""
    edge = np.array([room.x, room.y]) / 2 - margin
    at = np.zeros(3)
    for _ in range(40):
        at = np.array([*rng.uniform(-1, 1, 2) * edge, rng.uniform(*heights)])
        if not any((at > a - 0.12).all() and (at < b + 0.12).all() for a, b in room.taken):
            break
    return at


def viewpoints(room: Room, low: float = 0.3) -> Callable[[Rng], Camera]:
    """Cameras in a room: across it at any height, up from below, down from above, past a thing
    that stands close. "Lower in the picture is nearer" must not be a rule that always holds."""
    high = room.height

    def camera(rng: Rng) -> Camera:
        kind = rng.choice(["across", "up", "down", "past"], p=[0.38, 0.2, 0.12, 0.3])
        span = {
            "across": (low, min(2.0, high - 0.3)),
            "up": (low, 0.45 * high),
            "down": (0.55 * high, high - 0.2),
            "past": (low, min(1.9, high - 0.3)),
        }[str(kind)]
        at = free_spot(room, rng, span)
        if kind == "past" and room.taken:
            for _ in range(20):  # close to the side of something
                a, b = room.taken[int(rng.integers(len(room.taken)))]
                angle = rng.uniform(0, 2 * np.pi)
                out = (b - a)[:2] / 2 + rng.uniform(0.2, 0.5)
                near = np.array(
                    [*((a + b)[:2] / 2 + out * [np.cos(angle), np.sin(angle)]), rng.uniform(*span)]
                )
                within = (np.abs(near[:2]) < np.array([room.x, room.y]) / 2 - 0.1).all()
                if within and not any(
                    (near > p - 0.1).all() and (near < q + 0.1).all() for p, q in room.taken
                ):
                    at = near
                    break
        pieces = [(a + b)[:2] / 2 for a, b in room.taken]
        reach, target = 0.0, at
        for _ in range(10):  # look along the room, often at something, not at the nearest wall
            beyond = rng.uniform(-0.45, 0.45, 2) * (room.x, room.y)
            if pieces and rng.random() < 0.6:
                beyond = pieces[int(rng.integers(len(pieces)))] + rng.normal(0, 0.3, 2)
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
        }[str(kind)]
        return look(rng, at, target + [0, 0, reach * np.tan(pitch)], (45, 92))

    return camera
