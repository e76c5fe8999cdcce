"""Scene families: each module's `build(rng)` makes one scene of its kind."""

from collections.abc import Callable

import numpy as np

from dav2.render.families import (
    aerial,
    glass,
    living_room,
    monument,
    nature,
    portrait,
    street,
    tabletop,
)
from dav2.render.scene import Scene

# name -> (builder, how often)
FAMILIES: dict[str, tuple[Callable[[np.random.Generator], Scene], float]] = {
    "living_room": (living_room.build, 0.18),
    "street": (street.build, 0.13),
    "nature": (nature.build, 0.15),
    "monument": (monument.build, 0.14),
    "portrait": (portrait.build, 0.16),
    "tabletop": (tabletop.build, 0.09),
    "glass": (glass.build, 0.1),
    "aerial": (aerial.build, 0.05),
}
