"""Streets: between houses, from the pavement, from windows, between parked cars, facades above."""

import numpy as np

from dav2.scenery.kit import *
from dav2.scenery.objects import buildings, landmarks, monuments, outdoors, plants, thin, vehicles
from dav2.scenery.objects.people import person
from dav2.scenery.placing import Placement, inside
from dav2.scenery.things import builders_of

LENGTH = 150.0
CLUTTER = (
    outdoors.street_lamp, outdoors.sign, outdoors.road_sign, outdoors.traffic_light, outdoors.bench,
    outdoors.bin_, outdoors.planter, outdoors.bollards, plants.bush, thin.bicycle, outdoors.parasol,
    vehicles.motorcycle,
)  # fmt: skip
WAYS = {"pavement": 0.38, "low": 0.17, "up": 0.17, "window": 0.18, "down": 0.1}  # to look
VIEWS = {  # height of the eyes or how far out of a window; what is ahead, aside, above; fov
    "pavement": ((1.1, 2.2), (10, 10), (-7, 7), (-1.5, 2.7), (45, 85)),
    "low": ((0.25, 0.7), (10, 10), (-7, 7), (0.5, 5), (45, 80)),
    "up": ((1, 2), (-8, 8), (-8, 8), (3, 14), (55, 90)),
    "window": ((0, 0), (3, 12), (1, 8), (-6, 0.5), (45, 80)),
    "down": ((1, 1), (-1, 2), (0.2, 2), (-12, -4), (50, 80)),
}
# the sides of the street, and the turn of what drives there; what faces it is turned about
SIDES = ((-1, 0.0), (1, np.pi))


def _surfaces(rng: Rng, road: float, pavement: float) -> Parts:
    """Make road, kerbs, markings, and whatever lies behind the houses."""
    half, kerb = LENGTH / 2, (LENGTH, pavement, 0.14)
    field = quad((-half, -half, -0.02), (LENGTH, 0, 0), (0, LENGTH, 0), 4)
    lane = quad((-half, -road / 2, 0), (LENGTH, 0, 0), (0, road, 0), 3)
    kerbs = both(lambda s: box((0, s * (road + pavement) / 2, 0.06), kerb, 1.2))
    grey, pale = (np.full(3, value) for value in span(rng, (0.15, 0.4), (0.3, 0.6)))
    asphalt = textured(rng, pick(rng, {"mottled": 0.7, "bricks": 0.3}), grey, 0.1)
    parts = [part(textured(rng, ("grass", "mottled"), gloss=0), field), part(asphalt, lane)]
    parts.append(part(textured(rng, "bricks", pale, 0), kerbs))
    if chance(rng, 0.7):
        dashes = [box((x, 0, 0.01), (2, 0.12, 0.01)) for x in np.arange(-60, 60, 5)]
        stripes = np.arange(0.5 - road / 2, road / 2, 0.9)
        zebra = [box((9, y, 0.01), (3, 0.45, 0.01)) for y in stripes]
        parts.append(part(Material("diffuse", np.full(3, 0.75)), dashes, zebra))
    return parts


def _houses(scene: Scene, rng: Rng, tall: float, wall: float) -> None:
    """Build rows of four kinds of houses, some with shops, whose fronts stand at y = ±wall."""
    kinds: list[tuple[float, float, Parts, list[Placement]]] = []
    for _ in range(4):
        width, depth, height = span(rng, (6, 15), (8, 14), (0.6 * tall, 1.4 * tall))
        shop = buildings.shop_front(rng, width, -depth / 2) if chance(rng, 0.65) else []
        kinds.append((width, depth, buildings.building(rng, width, depth, height) + shop, []))
    for side, turn in SIDES:
        x = -LENGTH / 2
        while x < LENGTH / 2:
            width, depth, _, places = pick(rng, kinds)
            if chance(rng, 0.9):
                places.append(((x + width / 2, side * (wall + depth / 2), 0.0), np.pi - turn, 1.0))
            x += width + (rng.uniform(1.5, 6) if chance(rng, 0.15) else 0.02)
    for _, _, house, places in kinds:
        copies(scene, rng, [house], places)


def _clutter(scene: Scene, rng: Rng, road: float, pavement: float, spots: Spots) -> None:
    """Put on pavements what stands there."""
    stands: list[Placement] = []
    for side, turn in SIDES:
        for x in np.arange(-35, 55, rng.uniform(4, 9)):
            y = side * (road / 2 + rng.uniform(0.4, 0.7))
            if spots.take(x, y, 0.9):
                stands.append(((x, y, 0.13), np.pi - turn, 1.0))
    copies(scene, rng, [make(rng) for make in rng.permutation(CLUTTER)[:6]], stands)
    if chance(rng, 0.7):
        rows = grid(np.arange(-42, 60, rng.uniform(8, 14)), (-road / 2 - 0.9, road / 2 + 0.9))
        ats = [(x, y, 0.13) for x, y in rows if chance(rng, 0.7)]
        trees = [(at, angle_of(rng), rng.uniform(0.5, 0.8)) for at in ats]
        copies(scene, rng, few(rng, (plants.tree,), 2), trees)
        copies(scene, rng, [outdoors.grate(rng)], [(at, 0.0, 1.0) for at in ats])
    if chance(rng, 0.5):
        scene.add(outdoors.cables(rng, road + 2 * pavement), (8, 0, 0))
    if chance(rng, 0.25):
        scene.add(outdoors.wires(rng), (10, road / 2 + 1, 0))
    if chance(rng, 0.3):
        scene.add(outdoors.fence(rng, 20), (-4, -road / 2 - 0.3, 0.13))


def _traffic(scene: Scene, rng: Rng, road: float, spots: Spots) -> None:
    """Park cars along the kerbs, and drive some; only small ones near the camera."""
    places: list[Placement] = []
    for side, turn in SIDES:
        xs = np.cumsum(rng.uniform(7, 14, 12)) - 35
        if road > 6:
            places += [((x, side * (road / 2 - 1.15), 0.0), turn, 1.0) for x in xs if x < 60]
        if road > 8.5:
            driven = span(rng, (-4, 20), (32, 55))
            places += [((x, side * road * 0.17, 0.0), turn, 1.0) for x in driven]
    cars, fleet = few(rng, (vehicles.car,), 1), few(rng, builders_of("road"), 4)
    copies(scene, rng, cars, [place for place in places if place[0][0] <= 2])
    copies(scene, rng, fleet + cars, [place for place in places if place[0][0] > 2])
    spots.taken += [(x + o, y, 1.1) for (x, y, _), _, _ in places for o in (-1.3, 0.0, 1.3)]


def _walkers(scene: Scene, rng: Rng, road: float, wall: float, alley: bool, spots: Spots) -> None:
    def propose() -> tuple[float, float]:
        aside = road / 2 + rng.uniform(0.9, max(1.0, wall - road / 2))
        y = rng.uniform(-wall, wall) if alley else pick(rng, (-1, 1)) * aside
        return rng.uniform(-14, 30), y

    discs = scatter(rng, some(rng, 4, 15), propose, 0.35, spots)
    ats = [(x, y, 0.13 if abs(y) > road / 2 else 0.0) for x, y, _ in discs]
    copies(scene, rng, few(rng, (person,), 5), [(at, angle_of(rng), 1.0) for at in ats])


def _spanned(rng: Rng, wall: float) -> Parts:
    """Build an arcade, a house or a bridge across the street, along x."""
    kind = pick(rng, ("arcade", "house", "bridge"))
    if kind == "arcade":
        return monuments.arcade(rng)
    if kind == "bridge":
        return landmarks.bridge(rng, 2 * wall + 30, rng.uniform(5.5, 7), 8)
    return [part(textured(rng, "facade", gloss=0), box((0, 0, 5.4), (2 * wall + 0.5, 3, 3), 2))]


def build(rng: Rng) -> Scene:
    """Build a street along x, an alley or an avenue."""
    scene, spots, alley = Scene(), Spots(), chance(rng, 0.25)
    road, pavement = span(rng, *(((2, 4), (0.6, 1.2)) if alley else ((6, 13), (2, 5))))
    tall = rng.uniform(*((5, 10) if chance(rng, 0.4) else (10, 24)))
    wall = road / 2 + pavement
    scene.add(_surfaces(rng, road, pavement))
    _houses(scene, rng, tall, wall)
    if not alley:
        _clutter(scene, rng, road, pavement, spots)
        _traffic(scene, rng, road, spots)
    _walkers(scene, rng, road, wall, alley, spots)
    if chance(rng, 0.7 if alley else 0.25):
        scene.add(_spanned(rng, wall), (rng.uniform(4, 25), 0, 0), np.pi / 2)
    if alley:
        scene.add(outdoors.cables(rng, 2 * wall, 40), (10, 0, 0))
        if chance(rng, 0.5):
            scene.add(outdoors.steps(rng, road, 12), (rng.uniform(12, 25), 0, 0))
    daylight(scene, rng)
    bars = [post(x, 0, -0.05, 0.95, 0.01, 4) for x in np.linspace(-1.5, 1.5, 13)]
    rail = part(painted(rng, "dark", 0), box((0, 0, 0.95), (3, 0.06, 0.06)), bars)
    windows = []
    for _ in range(2):  # one may look out of, some over a rail
        side, (x, z) = pick(rng, (-1, 1)), span(rng, (-15, 5), (4, max(5, tall * 0.8)))
        windows.append((np.array([x, side * (wall - 0.9), z]), side))
        if chance(rng, 0.6):
            scene.add([rail], (x, side * (wall - 1.4), z - 1.35))

    def propose(rng: Rng) -> Camera:
        way, (at, side) = pick(rng, WAYS), pick(rng, windows)
        *ranges, fov = VIEWS[way]
        first, x, y, z = span(rng, *ranges)
        if way in ("window", "down"):
            return look(rng, at - [0, side * first, 0], at + [x, -side * (first + y), z], fov)
        at = np.array([rng.uniform(-22, -4), rng.uniform(-0.9, 0.9) * (wall - 0.6), first])
        return look(rng, at, at + [x, y, z], fov)

    def camera(rng: Rng) -> Camera:
        for _ in range(21):
            view = propose(rng)
            x, y, z = view.position
            is_free = z > 2.5 or spots.free(x, y, 0.3)
            if is_free and not inside(scene.parts, view.position, 0.25):
                break
        return rolled(view, rng)

    scene.camera = camera
    return scene
