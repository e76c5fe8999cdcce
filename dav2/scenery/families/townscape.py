"""Cities, harbours, road crossings and grounds to fly over. Each puts itself into a scene."""

import numpy as np

from dav2.scenery.families.sites import FLAT, SIZE, Site, free_places, lay_ground, park
from dav2.scenery.meshes import box, merge, quad
from dav2.scenery.objects import buildings, landmarks, outdoors, plants, ships, vehicles
from dav2.scenery.placing import Placement, Spots, copies
from dav2.scenery.scene import Material, Part, Scene, textured
from dav2.scenery.textures import noise

Rng = np.random.Generator


def city(scene: Scene, rng: Rng) -> Site:
    """Blocks with towers, streets full of cars, trees on the pavements."""
    lay_ground(scene, rng, FLAT, ("mottled",))
    block, street = rng.uniform(34, 50), rng.uniform(10, 18)
    step = block + street
    tall = rng.uniform(18, 75)
    towers = [buildings.tower(rng, tall * rng.uniform(0.35, 1.2)) for _ in range(6)]
    towers += [buildings.building(rng, 18, 16, rng.uniform(9, 24)) for _ in range(3)]
    kerbs, stands, trees, cars = [], [], [], []
    for i in range(-2, 3):
        for j in range(-2, 3):
            x, y = i * step, j * step
            kerbs.append(box((x, y, 0.08), (block, block, 0.16), 4))
            if rng.random() < 0.12:  # a park
                trees += [
                    ((x + a, y + b, 0.1), a, rng.uniform(0.5, 1.1))
                    for a, b in rng.uniform(-block / 2.3, block / 2.3, (14, 2))
                ]
                continue
            for a in (-0.25, 0.25):
                for b in (-0.25, 0.25):
                    if rng.random() < 0.85:
                        stands.append(
                            (
                                (x + a * block, y + b * block, 0.1),
                                rng.integers(4) * np.pi / 2,
                                block / 50,
                            )
                        )
            trees += [
                ((x + a, y - block / 2 + 1.5, 0.1), a, 0.45)
                for a in np.arange(-block / 2 + 3, block / 2, 9)
            ]
            cars += [
                ((x + a, y + step / 2 + s * street * 0.2, 0.02), 0.0 if s < 0 else np.pi, 1.0)
                for a in rng.uniform(-block / 2, block / 2, 3)
                for s in (rng.choice([-1, 1]),)
            ]
            cars += [
                ((x + step / 2 + s * street * 0.2, y + a, 0.02), s * np.pi / 2, 1.0)
                for a in rng.uniform(-block / 2, block / 2, 3)
                for s in (rng.choice([-1, 1]),)
            ]
    scene.add([Part(merge(kerbs), textured(rng, "bricks", np.full(3, rng.uniform(0.4, 0.65)), 0))])
    copies(scene, rng, towers, stands)
    copies(scene, rng, [plants.crown_tree(rng, 13) for _ in range(2)], trees)
    park(scene, rng, cars)
    lines = [
        box((x, (j + 0.5) * step, 0.03), (2.5, 0.2, 0.02))
        for j in range(-3, 3)
        for x in np.arange(-150, 150, 8)
    ]
    scene.add([Part(merge(lines), Material("diffuse", np.full(3, 0.8)))])
    if rng.random() < 0.4:
        scene.add(landmarks.crane(rng), (step / 2, step / 2, 0), rng.uniform(0, 6))
    return Site(FLAT, step * 0.9, (tall * 1.25 + 12, tall * 1.6 + 45))


def harbour(scene: Scene, rng: Rng) -> Site:
    """Quays with containers, sheds and cranes, ships at anchor and under way."""
    scene.add([outdoors.water(SIZE * 3, -3.0)])
    edge = rng.uniform(-15, 5)
    quay = box((0, edge + 80, -4), (SIZE, 160, 8), 8)
    scene.add(
        [
            Part(
                quay,
                textured(
                    rng,
                    str(rng.choice(["mottled", "bricks"])),
                    np.full(3, rng.uniform(0.35, 0.6)),
                    0,
                ),
            )
        ]
    )
    if rng.random() < 0.6:
        pier = box((rng.uniform(-50, 50), edge - 35, -4), (rng.uniform(8, 16), 70, 8), 8)
        scene.add([Part(pier, textured(rng, "mottled", np.full(3, 0.5), 0))])
    for x in np.arange(-90, 90, rng.uniform(70, 100)):
        scene.add(
            ships.container_ship(rng),
            (x + rng.normal(0, 5), edge - 10, -3),
            rng.choice([0, np.pi]),
        )
    boats = [ships.boat(rng) for _ in range(4)]
    afloat = [
        (
            (rng.uniform(-90, 90), edge - rng.uniform(28, 120), -3.0),
            rng.uniform(0, 6),
            rng.uniform(0.8, 1.6),
        )
        for _ in range(22)
    ]
    copies(scene, rng, boats, afloat)
    spots = Spots()
    crane = landmarks.quay_crane(rng)
    copies(
        scene,
        rng,
        [crane],
        [((x, edge + 9, 0), 0, 1) for x in np.arange(-80, 90, rng.uniform(35, 70))],
    )
    piles = [landmarks.containers(rng) for _ in range(4)]
    copies(
        scene,
        rng,
        piles,
        [
            ((x, edge + y, 0), 0, 1)
            for y in range(22, 70, 16)
            for x in range(-100, 100, 36)
            if rng.random() < 0.75
        ],
    )
    sheds = [
        buildings.building(rng, 34, 18, rng.uniform(7, 11)),
        landmarks.tank(rng),
        landmarks.stack(rng),
    ]
    copies(
        scene,
        rng,
        sheds,
        [p for p in free_places(rng, FLAT, 60, 110, 18, spots, (0.9, 1.1)) if p[0][1] > edge + 88],
    )
    park(scene, rng, [((x, edge + 19, 0), 0, 1) for x in rng.uniform(-90, 90, 9)])
    return Site(FLAT, 35, (40, 100))


def crossing(scene: Scene, rng: Rng) -> Site:
    """A viaduct over a valley with a river or road, or motorways that cross."""
    axis = np.linspace(-SIZE / 2, SIZE / 2, 128)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    deep = rng.uniform(4, 35)
    valley = deep * np.clip((np.abs(x + 12 * np.sin(y / 30)) - 12) / rng.uniform(20, 60), 0, 1)
    heights = valley - deep + 3 * (noise(rng, 4, 5, 0.5)[::2, ::2] - 0.5)
    lay_ground(scene, rng, heights, ("grass", "mottled"))
    top = rng.uniform(5, 12)
    cars: list[Placement] = []
    decks = [(top, rng.uniform(-0.4, 0.4), rng.uniform(9, 16))]
    if rng.random() < 0.6:
        decks.append(
            (top + rng.uniform(6, 9), np.pi / 2 + rng.uniform(-0.5, 0.5), rng.uniform(8, 14))
        )
    for z, turn, wide in decks:
        scene.add(landmarks.bridge(rng, SIZE, z, wide), (0, 0, 0), turn)
        c, s = np.cos(turn), np.sin(turn)
        for u in rng.uniform(-75, 75, 16):
            v = rng.choice([-1, 1])
            lane = -v * wide * 0.24
            cars.append(
                (
                    (u * c - lane * s, u * s + lane * c, z + 0.02),
                    turn + (0 if v > 0 else np.pi),
                    1.0,
                )
            )
    park(scene, rng, cars)
    if rng.random() < 0.6:
        scene.add([outdoors.water(SIZE, -deep + 0.6)])
    else:
        scene.add(
            [
                Part(
                    quad((-4, -160, -deep + 1.8), (8, 0, 0), (0, 320, 0), 5),
                    textured(rng, "mottled", np.full(3, 0.35), 0),
                )
            ]
        )
    spots = Spots()
    for _, turn, wide in decks:
        spots.taken += [
            (u * np.cos(turn), u * np.sin(turn), wide / 2 + 3) for u in np.arange(-90, 90, 5)
        ]
    trees = [plants.crown_tree(rng, rng.uniform(5, 13)) for _ in range(4)] + [plants.bush(rng)]
    places = free_places(rng, heights, 200, 75, rng.uniform(2, 4), spots)
    copies(scene, rng, trees, [p for p in places if p[0][2] > -deep + 2])
    return Site(heights, 25, (35, 85))


def grounds(scene: Scene, rng: Rng) -> Site:
    """A stadium or a works, with car parks, trees and lamps around."""
    lay_ground(scene, rng, FLAT, ("mottled", "grass"))
    spots = Spots()
    if rng.random() < 0.5:
        scene.add(landmarks.stadium(rng), (45, 40, 0))
        spots.take(45, 40, 98)
    else:
        for make in (
            landmarks.stack,
            landmarks.tank,
            landmarks.tank,
            landmarks.silo,
            lambda r: buildings.building(r, 45, 28, 12),
            landmarks.crane,
        ):
            p = rng.uniform([0, -20], [80, 70])
            if spots.take(*p, 17):
                scene.add(make(rng), (*p, 0), rng.integers(4) * np.pi / 2)
    scene.add(
        [
            Part(
                quad((-140, -150, 0.03), (280, 0, 0), (0, 115, 0), 6),
                textured(rng, "mottled", np.full(3, rng.uniform(0.2, 0.45)), 0),
            )
        ]
    )
    cars, marks = [], []
    for y in np.arange(-110, -40, 15.0):
        for x in np.arange(-70, 75, 2.9):
            marks.append(box((x, y, 0.05), (0.12, 5, 0.02)))
            if rng.random() < 0.55:
                cars.append(((x + 1.45, y, 0.04), rng.choice([-1, 1]) * np.pi / 2, 1.0))
    scene.add([Part(merge(marks), Material("diffuse", np.full(3, 0.8)))])
    fleet = [vehicles.car(rng) for _ in range(4)] + [vehicles.van(rng)]
    copies(scene, rng, fleet, cars)
    lamps = [outdoors.street_lamp(rng)]
    copies(
        scene,
        rng,
        lamps,
        [
            ((x, y, 0.04), np.pi, 1.4)
            for x in np.arange(-70, 75, 29)
            for y in np.arange(-102, -40, 30)
        ],
    )
    for y in (-150, -34):
        spots.taken += [(x, y, 1) for x in range(-150, 150, 20)]
    trees = [plants.crown_tree(rng, rng.uniform(6, 16)) for _ in range(4)]
    places = free_places(rng, FLAT, 200, 120, 3, spots)
    copies(scene, rng, trees, [p for p in places if p[0][1] > -32])
    return Site(FLAT, 45, (25, 80))
