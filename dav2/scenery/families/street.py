"""Streets: between houses, from the pavement, from windows, between parked cars, facades above."""

import numpy as np

from dav2.scenery.meshes import box, merge, move, quad, rotation
from dav2.scenery.objects import (
    buildings,
    landmarks,
    monuments,
    outdoors,
    people,
    plants,
    thin,
    vehicles,
)
from dav2.scenery.placing import Placement, Spots, copies, inside, rolled
from dav2.scenery.scene import Camera, Material, Part, Scene, daylight, look, painted, textured

Rng = np.random.Generator
LENGTH = 150.0


def _surfaces(scene: Scene, rng: Rng, road: float, pavement: float) -> None:
    """Road, kerbs, markings, and whatever lies behind the houses."""
    half = LENGTH / 2
    field = quad((-half, -half, -0.02), (LENGTH, 0, 0), (0, LENGTH, 0), 4)
    scene.add([Part(field, textured(rng, str(rng.choice(["grass", "mottled"])), gloss=0))])
    grey = np.full(3, rng.uniform(0.15, 0.4))
    asphalt = textured(rng, str(rng.choice(["mottled", "bricks"], p=[0.7, 0.3])), grey, 0.1)
    scene.add([Part(quad((-half, -road / 2, 0), (LENGTH, 0, 0), (0, road, 0), 3), asphalt)])
    kerbs = [
        box((0, s * (road + pavement) / 2, 0.06), (LENGTH, pavement, 0.14), 1.2) for s in (-1, 1)
    ]
    scene.add([Part(merge(kerbs), textured(rng, "bricks", np.full(3, rng.uniform(0.3, 0.6)), 0))])
    if rng.random() < 0.7:
        marks = [box((x, 0, 0.01), (2, 0.12, 0.01)) for x in np.arange(-60, 60, 5)]
        marks += [
            box((9, y, 0.01), (3, 0.45, 0.01)) for y in np.arange(-road / 2 + 0.5, road / 2, 0.9)
        ]
        scene.add([Part(merge(marks), Material("diffuse", np.full(3, 0.75)))])


def _houses(rng: Rng, tall: float) -> list[tuple[float, float, list[Part]]]:
    """Width, depth and parts of four houses, some with shops."""
    kinds = []
    for _ in range(4):
        width, depth, height = rng.uniform(6, 15), rng.uniform(8, 14), tall * rng.uniform(0.6, 1.4)
        parts = buildings.building(rng, width, depth, height)
        if rng.random() < 0.65:
            parts = parts + buildings.shop_front(rng, width, -depth / 2)
        kinds.append((width, depth, parts))
    return kinds


def _row(
    scene: Scene,
    rng: Rng,
    side: int,
    wall: float,
    kinds: list[tuple[float, float, list[Part]]],
) -> None:
    """Houses side by side whose fronts stand at y = side * wall."""
    x = -LENGTH / 2
    turn = 0.0 if side > 0 else np.pi
    places: list[list[Placement]] = [[], [], [], []]
    while x < LENGTH / 2:
        k = int(rng.integers(4))
        width, depth, _ = kinds[k]
        if rng.random() < 0.9:
            places[k].append(((x + width / 2, side * (wall + depth / 2), 0.0), turn, 1.0))
        x += width + (rng.uniform(1.5, 6) if rng.random() < 0.15 else 0.02)
    for (_, _, parts), spots in zip(kinds, places, strict=True):
        copies(scene, rng, [parts], spots)


def _clutter(scene: Scene, rng: Rng, road: float, pavement: float, spots: Spots) -> None:
    """What stands on pavements."""
    makers = (
        outdoors.street_lamp, outdoors.sign, outdoors.road_sign, outdoors.traffic_light, outdoors.bench,
        outdoors.bin_, outdoors.planter, outdoors.bollards, plants.bush, thin.bicycle, outdoors.parasol,
        vehicles.motorcycle,
    )  # fmt: skip
    chosen = [makers[k](rng) for k in rng.permutation(len(makers))[:6]]
    stands: list[Placement] = []
    for side in (-1, 1):
        turn = 0.0 if side > 0 else np.pi
        for x in np.arange(-35, 55, rng.uniform(4, 9)):
            y = side * (road / 2 + rng.uniform(0.4, 0.7))
            if spots.take(x, y, 0.9):
                stands.append(((x, y, 0.13), turn, 1.0))
    copies(scene, rng, chosen, stands)
    if rng.random() < 0.7:
        trees = [plants.tree(rng) for _ in range(2)]
        places = [
            ((x, s * (road / 2 + 0.9), 0.13), rng.uniform(0, 6), rng.uniform(0.5, 0.8))
            for x in np.arange(-42, 60, rng.uniform(8, 14))
            for s in (-1, 1)
            if rng.random() < 0.7
        ]
        copies(scene, rng, trees, places)
        copies(scene, rng, [outdoors.grate(rng)], [(at, 0.0, 1.0) for at, _, _ in places])
    if rng.random() < 0.5:
        scene.add(outdoors.cables(rng, road + 2 * pavement), (8, 0, 0))
    if rng.random() < 0.25:
        scene.add(outdoors.wires(rng), (10, road / 2 + 1, 0))
    if rng.random() < 0.3:
        scene.add(outdoors.fence(rng, 20), (-4, -road / 2 - 0.3, 0.13))


def _traffic(scene: Scene, rng: Rng, road: float, spots: Spots) -> None:
    """Cars parked along the kerbs and driving; bicycles now and then."""
    fleet = [vehicles.ROAD[int(rng.integers(len(vehicles.ROAD)))](rng) for _ in range(4)]
    fleet.append(vehicles.car(rng))
    places = []
    for side in (-1, 1):
        turn = 0.0 if side < 0 else np.pi
        if road > 6:
            x = -35.0
            while x < 50:
                x += rng.uniform(7, 14)
                places.append(((x, side * (road / 2 - 1.15), 0.0), turn, 1.0))
        if road > 8.5:
            places += [
                ((x, side * road * 0.17, 0.0), turn, 1.0)
                for x in (rng.uniform(-4, 20), rng.uniform(32, 55))
            ]
    copies(scene, rng, fleet[-1:], [place for place in places if place[0][0] <= 2])
    copies(scene, rng, fleet, [place for place in places if place[0][0] > 2])
    spots.taken += [(x + o, y, 1.1) for (x, y, _), _, _ in places for o in (-1.3, 0.0, 1.3)]


def build(rng: Rng) -> Scene:
    """A street along x, an alley or an avenue."""
    scene = Scene()
    alley = rng.random() < 0.25
    road, pavement = (
        (rng.uniform(2, 4), rng.uniform(0.6, 1.2))
        if alley
        else (rng.uniform(6, 13), rng.uniform(2, 5))
    )
    tall = rng.uniform(5, 10) if rng.random() < 0.4 else rng.uniform(10, 24)
    wall = road / 2 + pavement
    _surfaces(scene, rng, road, pavement)
    houses = _houses(rng, tall)
    for side in (-1, 1):
        _row(scene, rng, side, wall, houses)
    spots = Spots()
    if not alley:
        _clutter(scene, rng, road, pavement, spots)
        _traffic(scene, rng, road, spots)
    walkers = [people.person(rng) for _ in range(5)]
    walking: list[Placement] = []
    for _ in range(int(rng.integers(4, 16))):
        x, y = (
            rng.uniform(-14, 30),
            rng.choice([-1, 1]) * (road / 2 + rng.uniform(0.9, max(1.0, pavement))),
        )
        y = rng.uniform(-wall, wall) if alley else y
        if spots.take(x, y, 0.35):
            walking.append(((x, y, 0.13 if abs(y) > road / 2 else 0.0), rng.uniform(0, 6), 1.0))
    copies(scene, rng, walkers, walking)
    if rng.random() < (0.7 if alley else 0.25):  # something spans the street
        x = rng.uniform(4, 25)
        match int(rng.integers(3)):
            case 0:
                scene.add(monuments.arcade(rng), (x, 0, 0), np.pi / 2)
            case 1:
                span = [box((0, 0, 5.4), (3, 2 * wall + 0.5, 3), 2)]
                scene.add([Part(merge(span), textured(rng, "facade", gloss=0))], (x, 0, 0))
            case _:
                scene.add(
                    landmarks.bridge(rng, 2 * wall + 30, rng.uniform(5.5, 7), 8),
                    (x, 0, 0),
                    np.pi / 2,
                )
    if alley:
        scene.add(outdoors.cables(rng, 2 * wall, 40), (10, 0, 0))
        if rng.random() < 0.5:
            scene.add(outdoors.steps(rng, road, 12), (rng.uniform(12, 25), 0, 0))
    rail = [
        box((0, 0, 0.95), (0.06, 3, 0.06)),
        *(box((0, y, 0.45), (0.02, 0.02, 1)) for y in np.linspace(-1.5, 1.5, 13)),
    ]
    daylight(scene, rng)
    sill = painted(rng, "dark", 0)
    windows = []
    for _ in range(2):  # a rail or a sill of the window one may look out of
        side = rng.choice([-1, 1])
        at = np.array(
            [rng.uniform(-15, 5), side * (wall - 0.9), rng.uniform(4, max(5, tall * 0.8))]
        )
        windows.append((at, side))
        if rng.random() < 0.6:
            scene.add(
                [
                    Part(
                        move(merge(rail), at + [0.0, -side * 0.5, -1.35], rotation("z", np.pi / 2)),
                        sill,
                    )
                ]
            )

    def propose(rng: Rng) -> Camera:
        view = str(
            rng.choice(["pavement", "low", "up", "window", "down"], p=[0.38, 0.17, 0.17, 0.18, 0.1])
        )
        x = rng.uniform(-22, -4)
        y = rng.uniform(-0.9, 0.9) * (wall - 0.6)
        if view == "pavement":
            at = np.array([x, y, rng.uniform(1.1, 2.2)])
            return look(rng, at, at + [10, rng.normal(0, 4), rng.normal(0.6, 1.2)], (45, 85))
        if view == "low":
            at = np.array([x, y, rng.uniform(0.25, 0.7)])
            return look(rng, at, at + [10, rng.normal(0, 4), rng.uniform(0.5, 5)], (45, 80))
        if view == "up":
            at = np.array([x, y * 0.8, rng.uniform(1, 2)])
            turn = rng.uniform(-np.pi, np.pi)
            return look(
                rng, at, at + [6 * np.cos(turn), 6 * np.sin(turn), rng.uniform(3, 14)], (55, 90)
            )
        at, side = windows[int(rng.integers(2))]
        if view == "window":
            return look(
                rng,
                at,
                at + [rng.uniform(3, 12), -side * rng.uniform(1, 8), rng.uniform(-6, 0.5)],
                (45, 80),
            )
        return look(
            rng,
            at + [0, -side, 0],
            at + [rng.uniform(-1, 2), -side * rng.uniform(1.2, 3), -at[2]],
            (50, 80),
        )

    def camera(rng: Rng) -> Camera:
        view = propose(rng)
        for _ in range(20):
            x, y, z = view.position
            beside = z > 2.5 or spots.free(x, y, 0.3)
            if beside and not inside(scene.parts, view.position, 0.25):
                break
            view = propose(rng)
        return rolled(view, rng)

    scene.camera = camera
    return scene
