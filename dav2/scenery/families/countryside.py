"""Woods, villages, cliffs and fields to fly over. Each puts itself into a scene."""

import numpy as np

from dav2.scenery.families.sites import FLAT, SIZE, Site, rough, trees
from dav2.scenery.kit import *
from dav2.scenery.objects import buildings, landmarks, monuments, outdoors, plants


def forest(scene: Scene, rng: Rng) -> Site:
    """Grow a dense or open wood with a track, clearings and sometimes a river."""
    site = Site(scene, rng, rough(rng, 2, 5, 0.45) * rng.uniform(1, 30), 18, (26, 120))
    if chance(rng, 0.6):
        site.road(*span(rng, (4, 9), (0, 15)))
    if chance(rng, 0.3):
        scene.add([outdoors.water(SIZE, np.quantile(site.heights, rng.uniform(0.03, 0.15)))])
    for _ in range(some(rng, 0, 3)):  # clearings
        site.spots.take(*span(rng, (-40, 40), (-40, 40), (6, 16)))
    site.put(trees(rng, 7, 8, 22), site.free(1200, 80, rng.uniform(1.5, 3.2)))
    site.spots = Spots()  # what is small lies under trees, too
    small = [plants.boulder(rng, 1.2), plants.fallen(rng), plants.bush(rng)]
    site.put(small, site.free(90, 55, 0.5))
    return site


def village(scene: Scene, rng: Rng) -> Site:
    """Build houses with gardens and trees along a road, perhaps a church."""
    site = Site(scene, rng, rough(rng, 2, 4, 0.4) * rng.uniform(0, 12), 30, (16, 65))
    line = site.road(*span(rng, (5, 8), (0, 12)))
    if chance(rng, 0.4) and site.spots.take(8, 14, 14):
        scene.add(monuments.bell_tower(rng), (8, 14, site.level(8, 14)), angle_of(rng))
    houses = [buildings.building(rng, *span(rng, (8, 15), (7, 10), (4, 11))) for _ in range(5)]
    site.put(houses, site.free(120, 70, 9, (0.9, 1.1)))
    green = [*trees(rng, 3, 6, 15), plants.bush(rng)]
    site.put(green, site.free(450, 65, rng.uniform(1.2, 2.5)))
    turns = np.arctan2(*np.gradient(line, axis=0).T[::-1])
    driven = rng.integers(5, 85, 7)
    site.park([((*line[k], site.level(*line[k]) + 0.25), turns[k], 1.0) for k in driven])
    return site


def _eroded(rng: Rng, kind: str) -> np.ndarray:
    """Make the shares [128, 128] of its depth that a landscape of rock rises to."""
    x, y = np.mgrid[-1:1:128j, -1:1:128j] * SIZE / 2
    bumps = rough(rng, 3, 6, 0.5)
    if kind == "canyon":
        middle = 25 * np.sin(x / rng.uniform(20, 45)) + 10 * np.sin(x / 11)
        share = (np.abs(y - middle) + 22 * bumps - rng.uniform(5, 12)) / rng.uniform(6, 22)
    elif kind == "quarry":
        away = np.hypot(x, y * rng.uniform(0.6, 1)) + 40 * bumps
        share = (away - 10) / rng.uniform(40, 65)
    else:
        share = (bumps + 0.08 + 0.004 * y) * rng.uniform(6, 14)
    share = np.clip(share, 0, 1)
    if kind == "quarry" or chance(rng, 0.4):  # in ledges
        count = some(rng, 3, 7)
        ledge, within = np.divmod(share * count, 1)
        share = (ledge + np.clip(within * 4 - 3, 0, 1)) / count
    return share


def cliffs(scene: Scene, rng: Rng) -> Site:
    """Cut a canyon or a stepped quarry, or raise a coast with stacks in the surf."""
    kind, deep = pick(rng, ("canyon", "quarry", "coast")), rng.uniform(15, 55)
    heights = deep * (_eroded(rng, kind) - 1) + 3 * (rough(rng, 12, 4, 0.6) + 0.5)
    site = Site(scene, rng, heights, 30, (18, 80), ("rock",))
    if kind != "quarry" or chance(rng, 0.4):
        scene.add([outdoors.water(SIZE * 2, -deep + rng.uniform(0.8, 2.2))])
    if chance(rng, 0.8):
        grown = [*trees(rng, 3, 5, 12), plants.bush(rng), plants.boulder(rng, 2)]
        places = site.free(220, 75, 2)
        site.put(grown, [p for p in places if p[0][2] > -deep * 0.2 or chance(rng, 0.15)])
    if kind == "canyon" and chance(rng, 0.5):
        scene.add(landmarks.bridge(rng, 110, 1.5, 9), (0, 0, 0), np.pi / 2)
    if kind == "quarry":
        ats = rng.normal(0, 7, (5, 2))
        site.park([((*at, site.level(*at) + 0.1), angle_of(rng), 1.2) for at in ats])
    return site


def _strips(rng: Rng, reach: float, cuts: int) -> list[tuple[float, float]]:
    ends = np.sort([-150, *rng.uniform(-reach, reach, cuts), 150])
    return list(zip(ends[:-1], ends[1:], strict=True))


def farmland(scene: Scene, rng: Rng) -> Site:
    """Lay out fields in strips with hedges, barns, silos, greenhouses and hay."""
    site = Site(scene, rng, FLAT, 25, (18, 70))
    crops, tints = ("stripes", "grass", "mottled"), ("green", "earth")
    fields = [textured(rng, (*crops, "plain"), gloss=0) for _ in range(2)]
    fields += [textured(rng, crops, colour(rng, pick(rng, tints)), 0) for _ in range(3)]
    hedges = []
    for a, b in _strips(rng, 110, 4):
        for c, d in _strips(rng, 100, 2):
            width, depth = (b - a - 2, 0, 0), (0, d - c - 2, 0)
            field = quad((a + 1, c + 1, 0.04), width, depth, rng.uniform(4, 12))
            scene.add([part(pick(rng, fields), field)])
            if abs(c) < 90 and chance(rng, 0.6):
                xs = np.arange(max(a, -90), min(b, 90), rng.uniform(2.5, 6))
                hedges += [((x, c, 0.0), x, rng.uniform(0.6, 1.2)) for x in xs]
    greens = [*trees(rng, 3, 6, 14), plants.bush(rng)]
    site.put(greens, hedges)
    yard = [landmarks.silo, landmarks.greenhouse, landmarks.tank, monuments.windmill]
    yard.append(lambda rng: buildings.building(rng, 26, 13, 7))
    yard.append(lambda rng: buildings.building(rng, 12, 9, 6))
    places = scatter(rng, 30, lambda: rng.normal(0, 22, 2), 17, site.spots)
    for make, (x, y, _) in zip(rng.permutation(yard)[:5], places, strict=False):
        scene.add(make(rng), (x, y, 0), angle_of(rng))
    site.put(greens, site.free(70, 60, 3))
    hay = textured(rng, "grass", np.array([0.7, 0.58, 0.3]), 0)
    bale = part(hay, cylinder((0, -0.7, 0.75), (0, 0.7, 0.75), 0.75, segments=14))
    site.put([[bale]], site.free(40, 70, 1.5))
    site.park(site.free(8, 40, 3, (1, 1)))
    return site
