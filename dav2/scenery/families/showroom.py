"""Rooms furnished from a catalogue of models that the user has; see `sweethome`."""

from functools import partial

import numpy as np

from dav2.scenery.furnishing import furnished
from dav2.scenery.kit import *
from dav2.scenery.sweethome import Catalogue, Piece, load_piece
from dav2.scenery.things import Thing

VARIETY = {"floor": 9, "top": 6, "wall": 3, "ceiling": 1}  # how many models a room may show
ELSEWHERE = ("Vehicles", "Staircases")  # categories that no room holds
MOST = (36, 16, 250_000)  # dull and glossy materials, which are scarce, and triangles, of these


def choose(rng: Rng, catalogue: Catalogue) -> list[Piece]:
    """Choose different models for a room, many of one category, within the renderer's means."""
    pieces = [piece for piece in catalogue.pieces if piece.entry.category not in ELSEWHERE]
    theme = pick(rng, pieces).entry.category if pieces else ""
    chosen: list[Piece] = []
    for place, most in VARIETY.items():
        fitting = [piece for piece in pieces if piece.entry.place == place]
        alike = [piece for piece in fitting if piece.entry.category == theme]
        found: list[Piece] = []
        for _ in range(3 * most if fitting else 0):
            piece = pick(rng, alike if alike and chance(rng, 0.6) else fitting)
            together = [[p.diffuse, p.plastic, p.triangles] for p in [*chosen, *found, piece]]
            if piece not in found and len(found) < most and (np.sum(together, 0) <= MOST).all():
                found.append(piece)
        chosen += found
    return chosen


def as_thing(catalogue: Catalogue, piece: Piece) -> Thing:
    """Make a thing of a piece of the catalogue: it goes where our own go."""
    entry = piece.entry
    width, _, height = entry.size

    def build(_: Rng, drop: float = 0.0) -> Parts:
        return moved(load_piece(catalogue, piece), (0, 0, -drop))

    return Thing(
        partial(build, drop=height) if entry.place == "ceiling" else build,
        entry.place,
        at_wall=0.75 if width > 1.3 or height > 1.1 else 0.4,
        holds=piece.flat,
        height=(entry.elevation, entry.elevation),
    )


def build(rng: Rng, catalogue: Catalogue) -> Scene:
    """Build a room furnished from a catalogue."""
    things = {as_thing(catalogue, piece): 1.0 for piece in choose(rng, catalogue)}
    tops = {thing: often for thing, often in things.items() if thing.place == "top"}
    return furnished(rng, things, some(rng, 8, 19), tops)
