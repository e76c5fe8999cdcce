"""Procedural colours and tileable textures, uint8 [256, 256, 3] sRGB."""

from collections.abc import Callable
from inspect import isfunction

import numpy as np

from dav2.scenery.chance import Rng, pick
from dav2.scenery.textures import natural, patterns
from dav2.scenery.textures.colours import SIZE, as_bytes, cells, colour, noise

__all__ = ["EVERYDAY", "SIZE", "TEXTURES", "cells", "colour", "noise", "texture"]

TEXTURES: dict[str, Callable[[Rng, np.ndarray], np.ndarray]] = {
    name: made
    for module in (natural, patterns)
    for name, made in vars(module).items()
    if isfunction(made) and made.__module__ == module.__name__ and not name.startswith("_")
}
EVERYDAY = (
    "plain", "mottled", "wood", "bricks", "checker", "marble", "stripes", "fabric", "dots",
    "poster", "tiles", "planks", "terrazzo", "knitted", "woven", "tartan", "wallpaper", "rust",
    "peeling",
)  # fmt: skip
# the palette that a texture has in life, where it has one
_USUAL = {
    **dict.fromkeys(("wood", "planks", "parquet", "bark", "woven"), "wood"),
    **dict.fromkeys(("grass", "leaves"), "green"),
    **dict.fromkeys(("gravel", "cobbles"), "stone"),
    **{"spots": "fur", "cracked": "earth", "sand": "sand"},
}


def texture(rng: Rng, kind: str | None = None, tint: np.ndarray | None = None) -> np.ndarray:
    """Make a tileable texture of a kind, uint8 [256, 256, 3]; of any everyday kind if None."""
    kind = kind or pick(rng, EVERYDAY)
    tint = colour(rng, _USUAL.get(kind)) if tint is None else np.asarray(tint)
    return as_bytes(TEXTURES[kind](rng, tint))
