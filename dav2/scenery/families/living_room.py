"""Living rooms, bedrooms, studies, halls: the furnished boxes that people live in."""

from dav2.scenery.furnishing import furnished
from dav2.scenery.kit import *
from dav2.scenery.things import things_of


def build(rng: Rng) -> Scene:
    """Build a furnished room."""
    return furnished(rng, things_of("living"), some(rng, 6, 17))
