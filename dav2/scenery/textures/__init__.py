"""Procedural colours and tileable textures, uint8 [256, 256, 3] sRGB."""

from collections.abc import Callable

import numpy as np

from dav2.scenery.textures import natural, patterns
from dav2.scenery.textures.colours import SIZE, as_bytes, cells, colour, noise

__all__ = ["EVERYDAY", "SIZE", "TEXTURES", "cells", "colour", "noise", "texture"]

Rng = np.random.Generator
TEXTURES: dict[str, Callable[[Rng, np.ndarray], np.ndarray]] = {
    f.__name__: f
    for f in (
        natural.plain,
        natural.mottled,
        natural.wood,
        natural.marble,
        natural.grass,
        natural.rock,
        natural.spots,
        natural.bark,
        natural.leaves,
        natural.gravel,
        natural.cobbles,
        natural.cracked,
        natural.sand,
        natural.snow,
        natural.asphalt,
        natural.concrete,
        natural.rust,
        natural.peeling,
        natural.scales,
        patterns.bricks,
        patterns.tiles,
        patterns.planks,
        patterns.parquet,
        patterns.terrazzo,
        patterns.checker,
        patterns.stripes,
        patterns.dots,
        patterns.wallpaper,
        patterns.fabric,
        patterns.knitted,
        patterns.woven,
        patterns.carpet,
        patterns.tartan,
        patterns.corrugated,
        patterns.facade,
        patterns.poster,
        patterns.newspaper,
        patterns.chart,
    )
}
EVERYDAY = (
    "plain",
    "mottled",
    "wood",
    "bricks",
    "checker",
    "marble",
    "stripes",
    "fabric",
    "dots",
    "poster",
    "tiles",
    "planks",
    "terrazzo",
    "knitted",
    "woven",
    "tartan",
    "wallpaper",
    "rust",
    "peeling",
)
# the palette that a texture has in life, where it has one
_USUAL = {
    "wood": "wood",
    "planks": "wood",
    "parquet": "wood",
    "bark": "wood",
    "woven": "wood",
    "grass": "green",
    "leaves": "green",
    "spots": "fur",
    "gravel": "stone",
    "cobbles": "stone",
    "cracked": "earth",
    "sand": "sand",
}


def texture(rng: Rng, kind: str | None = None, tint: np.ndarray | None = None) -> np.ndarray:
    """A tileable texture of a kind, uint8 [256, 256, 3]; any everyday kind if None."""
    kind = kind or str(rng.choice(EVERYDAY))
    if tint is None:
        tint = colour(rng, _USUAL.get(kind))
    return as_bytes(TEXTURES[kind](rng, np.asarray(tint)))
