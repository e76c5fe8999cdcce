"""Scene families: each module's `build(rng)` makes one scene of its kind."""

from collections.abc import Callable
from functools import partial

import numpy as np

from dav2.scenery.families import (
    aerial,
    glass,
    kitchen,
    living_room,
    monument,
    nature,
    portrait,
    showroom,
    street,
    tabletop,
    thin,
    underwater,
    warehouse,
)
from dav2.scenery.scene import Scene
from dav2.scenery.sweethome import Catalogue

Family = tuple[Callable[[np.random.Generator], Scene], float]  # builder, how often

FAMILIES: dict[str, Family] = {
    "living_room": (living_room.build, 0.12),
    "kitchen": (kitchen.build, 0.08),
    "warehouse": (warehouse.build, 0.08),
    "street": (street.build, 0.11),
    "nature": (nature.build, 0.12),
    "monument": (monument.build, 0.11),
    "portrait": (portrait.build, 0.11),
    "tabletop": (tabletop.build, 0.08),
    "glass": (glass.build, 0.09),
    "thin": (thin.build, 0.06),
    "aerial": (aerial.build, 0.1),
    "underwater": (underwater.build, 0.05),
}

# The scene types of DA-2K that a family stands for; the styles add "non_real" and "adverse_style".
SCENE_TYPES: dict[str, tuple[str, ...]] = {
    "living_room": ("indoor",),
    "kitchen": ("indoor",),
    "warehouse": ("indoor",),
    "street": ("outdoor",),
    "nature": ("outdoor",),
    "monument": ("outdoor",),
    "portrait": ("object", "outdoor"),
    "tabletop": ("object", "indoor"),
    "glass": ("transparent_reflective",),
    "thin": ("indoor", "outdoor"),
    "aerial": ("aerial",),
    "underwater": ("underwater",),
}


SHOWROOM = "showroom"  # a family only where furniture is given


def families_with(furniture: Catalogue | None) -> dict[str, Family]:
    """All families; `showroom` is one of them if there is furniture."""
    if furniture is None:
        return FAMILIES
    return FAMILIES | {SHOWROOM: (partial(showroom.build, catalogue=furniture), 0.14)}
