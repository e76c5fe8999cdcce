"""Glass, mirrors and thin things: what depth sensors get wrong and a renderer does not."""

import numpy as np

from dav2.render import furniture
from dav2.render.families.living_room import furnished
from dav2.render.families.tabletop import set_table
from dav2.render.scene import Scene


def build(rng: np.random.Generator) -> Scene:
    """Glassware on a table, a room with mirrors and panes, or a room of wires and spokes."""
    choice = rng.random()
    if choice < 0.4:
        return set_table(rng, furniture.GLASSWARE)
    return furnished(
        rng, furniture.GLASS_FURNITURE if choice < 0.7 else furniture.THIN, int(rng.integers(5, 12))
    )
