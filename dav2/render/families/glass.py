"""Glass, mirrors and thin things: what depth sensors get wrong and a renderer does not."""

import numpy as np

from dav2.render import furniture, tableware, thin
from dav2.render.families.living_room import furnished
from dav2.render.families.tabletop import set_table
from dav2.render.scene import Scene

GLASSWARE = (
    tableware.glass_ball,
    tableware.standing_pane,
    tableware.wine_glass,
    tableware.wine_glass,
    tableware.bottle,
    tableware.pot,
    tableware.vase,
    tableware.mug,
    tableware.parcel,
)
GLASS_FURNITURE = (
    furniture.glass_table,
    furniture.showcase,
    furniture.standing_mirror,
    furniture.glass_door,
    furniture.standing_mirror,
    furniture.chair,
    furniture.sofa,
    furniture.plant,
    furniture.floor_lamp,
)
THIN = (
    thin.bicycle,
    thin.wire_shelf,
    thin.bird_cage,
    thin.ladder,
    thin.tripod,
    furniture.floor_lamp,
    furniture.plant,
    furniture.chair,
)


def build(rng: np.random.Generator) -> Scene:
    """Glassware on a table, a room with mirrors and panes, or a room of wires and spokes."""
    choice = rng.random()
    if choice < 0.4:
        return set_table(rng, GLASSWARE)
    return furnished(rng, GLASS_FURNITURE if choice < 0.7 else THIN, int(rng.integers(5, 12)))
