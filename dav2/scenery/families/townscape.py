"""Cities, harbours, road crossings and grounds to fly over. Each puts itself into a scene."""

import numpy as np

from dav2.scenery.families.sites import FLAT, SIZE, WHITE, Site, rough, trees
from dav2.scenery.kit import *
from dav2.scenery.objects import buildings, landmarks, outdoors, plants, ships, vehicles


def city(scene: Scene, rng: Rng) -> Site:
    """Build blocks with towers, streets full of cars, trees on the pavements."""
    block, street, tall = span(rng, (34, 50), (10, 18), (18, 75))
    step, half, lane = block + street, block / 2, street * 0.2
    rise = tall * 1.25 + 12, tall * 1.6 + 45
    site = Site(scene, rng, FLAT, step * 0.9, rise, ("mottled",))
    towers = [buildings.tower(rng, tall * rng.uniform(0.35, 1.2)) for _ in range(6)]
    towers += [buildings.building(rng, 18, 16, rng.uniform(9, 24)) for _ in range(3)]
    middles = grid(np.arange(-2, 3) * step, np.arange(-2, 3) * step)
    stands, green, cars = [], [], []
    for x, y in middles:
        if chance(rng, 0.12):  # a park
            ats = rng.uniform(-half, half, (14, 2)) * 0.87
            green += [((x + a, y + b, 0.1), a, rng.uniform(0.5, 1.1)) for a, b in ats]
            continue
        for a, b in grid((-half / 2, half / 2), (-half / 2, half / 2)):
            if chance(rng, 0.85):
                stands.append(((x + a, y + b, 0.1), rng.integers(4) * np.pi / 2, block / 50))
        green += [((x + a, y - half + 1.5, 0.1), a, 0.45) for a in np.arange(3 - half, half, 9)]
        for a, b in rng.uniform(-half, half, (3, 2)):
            s, t = rng.choice((-1, 1), 2)
            cars.append(((x + a, y + step / 2 + s * lane, 0.02), (s + 1) * np.pi / 2, 1.0))
            cars.append(((x + step / 2 + t * lane, y + b, 0.02), t * np.pi / 2, 1.0))
    kerbs = [box((x, y, 0.08), (block, block, 0.16), 4) for x, y in middles]
    scene.add([part(textured(rng, "bricks", np.full(3, rng.uniform(0.4, 0.65)), 0), kerbs)])
    site.put(towers, stands)
    site.put(trees(rng, 2, 13, 13), green)
    site.park(cars)
    dashes = grid(np.arange(-150, 150, 8), np.arange(-2.5, 3) * step)
    scene.add([part(WHITE, [box((x, y, 0.03), (2.5, 0.2, 0.02)) for x, y in dashes])])
    if chance(rng, 0.4):
        scene.add(landmarks.crane(rng), (step / 2, step / 2, 0), angle_of(rng))
    return site


def harbour(scene: Scene, rng: Rng) -> Site:
    """Build quays with containers, sheds and cranes, ships at anchor and under way."""
    site = Site(scene, rng, FLAT, 35, (40, 100), ())
    edge, tall = span(rng, (-15, 5), (7, 11))
    scene.add([outdoors.water(SIZE * 3, -3.0)])
    stone = textured(rng, ("mottled", "bricks"), np.full(3, rng.uniform(0.35, 0.6)), 0)
    scene.add([part(stone, box((0, edge + 80, -4), (SIZE, 160, 8), 8))])
    if chance(rng, 0.6):
        pier = box((rng.uniform(-50, 50), edge - 35, -4), (rng.uniform(8, 16), 70, 8), 8)
        scene.add([part(textured(rng, "mottled", np.full(3, 0.5), 0), pier)])
    for x in np.arange(-90, 90, rng.uniform(70, 100)):
        at = (x + rng.normal(0, 5), edge - 10, -3)
        scene.add(ships.container_ship(rng), at, rng.choice([0, np.pi]))
    afloat = [span(rng, (-90, 90), (edge - 120, edge - 28), (0.8, 1.6)) for _ in range(22)]
    boats = few(rng, (ships.boat,), 4)
    site.put(boats, [((x, y, -3.0), angle_of(rng), size) for x, y, size in afloat])
    cranes = np.arange(-80, 90, rng.uniform(35, 70))
    site.put([landmarks.quay_crane(rng)], [((x, edge + 9, 0), 0, 1) for x in cranes])
    yard = [at for at in grid(range(-100, 100, 36), range(22, 70, 16)) if chance(rng, 0.75)]
    piles = few(rng, (landmarks.containers,), 4)
    site.put(piles, [((x, edge + y, 0), 0, 1) for x, y in yard])
    sheds = landmarks.tank(rng), landmarks.stack(rng), buildings.building(rng, 34, 18, tall)
    places = site.free(60, 110, 18, (0.9, 1.1))
    site.put(sheds, [p for p in places if p[0][1] > edge + 88])
    site.park([((x, edge + 19, 0), 0, 1) for x in rng.uniform(-90, 90, 9)])
    return site


def crossing(scene: Scene, rng: Rng) -> Site:
    """Lead a viaduct over a valley with a river or road, or motorways across one another."""
    x, y = np.mgrid[-1:1:128j, -1:1:128j] * SIZE / 2
    deep, slope, top = span(rng, (4, 35), (20, 60), (5, 12))
    valley = np.clip((np.abs(x + 12 * np.sin(y / 30)) - 12) / slope, 0, 1)
    site = Site(scene, rng, deep * (valley - 1) + 3 * rough(rng, 4, 5, 0.5), 25, (35, 85))
    decks = [(top, rng.uniform(-0.4, 0.4), rng.uniform(9, 16))]
    if chance(rng, 0.6):
        turn = np.pi / 2 + rng.uniform(-0.5, 0.5)
        decks.append((top + rng.uniform(6, 9), turn, rng.uniform(8, 14)))
    cars = []
    for z, turn, wide in decks:
        scene.add(landmarks.bridge(rng, SIZE, z, wide), (0, 0, 0), turn)
        along = np.array([np.cos(turn), np.sin(turn)])
        for u in rng.uniform(-75, 75, 16):
            way = rng.choice([-1, 1])
            x, y = u * along + way * wide * 0.24 * along[::-1] * [1, -1]
            cars.append(((x, y, z + 0.02), turn + (0 if way > 0 else np.pi), 1.0))
        site.spots.taken += [(*(u * along), wide / 2 + 3) for u in np.arange(-90, 90, 5)]
    site.park(cars)
    road = quad((-4, -160, -deep + 1.8), (8, 0, 0), (0, 320, 0), 5)
    dry = part(textured(rng, "mottled", np.full(3, 0.35), 0), road)
    scene.add([outdoors.water(SIZE, -deep + 0.6) if chance(rng, 0.6) else dry])
    grown = [*trees(rng, 4, 5, 13), plants.bush(rng)]
    places = site.free(200, 75, rng.uniform(2, 4))
    site.put(grown, [p for p in places if p[0][2] > -deep + 2])
    return site


def grounds(scene: Scene, rng: Rng) -> Site:
    """Build a stadium or a works, with car parks, trees and lamps around."""
    site = Site(scene, rng, FLAT, 45, (25, 80))
    if chance(rng, 0.5):
        scene.add(landmarks.stadium(rng), (45, 40, 0))
        site.spots.take(45, 40, 98)
    else:
        works = [landmarks.stack, landmarks.tank, landmarks.tank, landmarks.silo, landmarks.crane]
        works.insert(some(rng, 0, 4), lambda rng: buildings.building(rng, 45, 28, 12))
        places = scatter(rng, 6, lambda: rng.uniform([0, -20], [80, 70]), 17, site.spots)
        for make, (x, y, _) in zip(works, places, strict=False):
            scene.add(make(rng), (x, y, 0), rng.integers(4) * np.pi / 2)
    tarmac = textured(rng, "mottled", np.full(3, rng.uniform(0.2, 0.45)), 0)
    scene.add([part(tarmac, quad((-140, -150, 0.03), (280, 0, 0), (0, 115, 0), 6))])
    bays = grid(np.arange(-70, 75, 2.9), np.arange(-110, -40, 15.0))
    scene.add([part(WHITE, [box((x, y, 0.05), (0.12, 5, 0.02)) for x, y in bays])])
    ways = (-np.pi / 2, np.pi / 2)
    parked = [((x + 1.45, y, 0.04), pick(rng, ways), 1.0) for x, y in bays if chance(rng, 0.55)]
    site.put([*few(rng, (vehicles.car,), 4), vehicles.van(rng)], parked)
    lamps = grid(np.arange(-70, 75, 29), np.arange(-102, -40, 30))
    site.put([outdoors.street_lamp(rng)], [((x, y, 0.04), np.pi, 1.4) for x, y in lamps])
    site.put(trees(rng, 4, 6, 16), [p for p in site.free(200, 120, 3) if p[0][1] > -32])
    return site
