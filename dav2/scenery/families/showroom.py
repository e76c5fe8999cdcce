"""Rooms furnished from a catalogue of models that the user has; see `furniture`."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from dav2.scenery.families.living_room import furnished
from dav2.scenery.rooms import Room, laden, put, stand
from dav2.scenery.scene import Scene
from dav2.scenery.sweethome import Catalogue, Piece, load_piece

Rng = np.random.Generator
VARIETY = {"floor": 9, "top": 6, "wall": 3, "ceiling": 1}  # how many models a room may show
ELSEWHERE = ("Vehicles", "Staircases")  # categories that no room holds
MOST = (36, 16, 250_000)  # dull and glossy materials, which are scarce, and triangles, of these


def choose(rng: Rng, catalogue: Catalogue) -> list[Piece]:
    """Different models for a room, many of one category, within the renderer's means."""
    pieces = [piece for piece in catalogue.pieces if piece.entry.category not in ELSEWHERE]
    theme = pieces[int(rng.integers(len(pieces)))].entry.category if pieces else ""
    chosen: list[Piece] = []
    for place, most in VARIETY.items():
        fitting = [piece for piece in pieces if piece.entry.place == place]
        alike = [piece for piece in fitting if piece.entry.category == theme]
        found: list[Piece] = []
        for _ in range(3 * most if fitting else 0):
            pool = alike if alike and rng.random() < 0.6 else fitting
            piece = pool[int(rng.integers(len(pool)))]
            means = np.sum(
                [[p.diffuse, p.plastic, p.triangles] for p in [*chosen, *found, piece]], 0
            )
            if piece not in found and len(found) < most and (means <= MOST).all():
                found.append(piece)
        chosen += found
    return chosen


def arrange(path: Path, room: Room, rng: Rng, chosen: Sequence[Piece], count: int) -> None:
    """About `count` pieces on the floor with things on their tops, others on walls and ceiling."""
    at = {place: [p for p in chosen if p.entry.place == place] for place in VARIETY}
    things = [load_piece(path, piece) for piece in at["top"]]
    for _ in range(count if at["floor"] else 0):
        piece = at["floor"][int(rng.integers(len(at["floor"])))]
        parts = load_piece(path, piece)
        if piece.flat and things:
            parts = laden(rng, parts, things, int(rng.integers(1, 7)))
        width, _, height = piece.entry.size
        large = width > 1.3 or height > 1.1
        stand(room, rng, parts, bool(rng.random() < (0.75 if large else 0.4)))
    for piece in at["wall"]:
        wall = int(rng.integers(4))
        width, depth, height = piece.entry.size
        free = room.length(wall) / 2 - width / 2 - 0.1
        if wall not in room.windows and free > 0:
            along = rng.uniform(-free, free)
            where = room.at_wall(wall, along, piece.entry.elevation, depth / 2 + 0.005)
            put(room, load_piece(path, piece), *where)
    for piece in at["ceiling"]:
        z = room.height - piece.entry.size[2] - 0.001
        where = (*rng.uniform(-0.3, 0.3, 2) * (room.x, room.y), z)
        put(room, load_piece(path, piece), where, rng.uniform(0, 2 * np.pi))


def build(rng: Rng, catalogue: Catalogue) -> Scene:
    """A room furnished from a catalogue."""
    chosen = choose(rng, catalogue)
    count = int(rng.integers(8, 20))
    return furnished(rng, chosen, count, partial(arrange, catalogue.path))
