"""Woods, villages, cliffs and fields to fly over. Each puts itself into a scene."""

import numpy as np

from dav2.scenery.families.sites import (
    FLAT,
    SIZE,
    Site,
    free_places,
    lay_ground,
    lay_road,
    level,
    park,
)
from dav2.scenery.meshes import cylinder, quad
from dav2.scenery.objects import buildings, landmarks, monuments, outdoors, plants
from dav2.scenery.placing import Placement, Spots, copies
from dav2.scenery.scene import Material, Part, Scene, textured
from dav2.scenery.textures import colour, noise, texture

Rng = np.random.Generator


def forest(scene: Scene, rng: Rng) -> Site:
    """A dense or open wood with a track, clearings and sometimes a river."""
    heights = (noise(rng, 2, 5, 0.45)[::2, ::2] - 0.5) * rng.uniform(1, 30)
    lay_ground(scene, rng, heights, ("grass", "mottled"))
    spots = Spots()
    if rng.random() < 0.6:
        wide = rng.uniform(4, 9)
        line = lay_road(scene, rng, heights, wide, rng.uniform(0, 15))
        spots.taken += [(*p, wide / 2 + 1.5) for p in line[::2]]
    if rng.random() < 0.3:
        scene.add([outdoors.water(SIZE, float(np.quantile(heights, rng.uniform(0.03, 0.15))))])
    trees = [plants.crown_tree(rng) for _ in range(5)]
    gap = rng.uniform(1.5, 3.2)
    for _ in range(int(rng.integers(0, 4))):
        spots.take(*rng.uniform(-40, 40, 2), rng.uniform(6, 16))
    copies(scene, rng, trees, free_places(rng, heights, 650, 52, gap, spots))
    small = [plants.boulder(rng, 1.2), plants.fallen(rng), plants.bush(rng)]
    copies(scene, rng, small, free_places(rng, heights, 90, 55, 0.5, Spots()))
    return Site(heights, 18, (26, 70))


def village(scene: Scene, rng: Rng) -> Site:
    """Houses with gardens and trees along a road, perhaps a church."""
    heights = (noise(rng, 2, 4, 0.4)[::2, ::2] - 0.5) * rng.uniform(0, 12)
    lay_ground(scene, rng, heights, ("grass", "mottled"))
    wide = rng.uniform(5, 8)
    line = lay_road(scene, rng, heights, wide, rng.uniform(0, 12))
    spots = Spots()
    spots.taken += [(*p, wide / 2 + 1) for p in line[::2]]
    if rng.random() < 0.4 and spots.take(8, 14, 14):
        scene.add(monuments.bell_tower(rng), (8, 14, level(heights, 8, 14)), rng.uniform(0, 6))
    houses = [
        buildings.building(rng, rng.uniform(8, 15), rng.uniform(7, 10), rng.uniform(4, 11))
        for _ in range(5)
    ]
    copies(scene, rng, houses, free_places(rng, heights, 120, 70, 9, spots, (0.9, 1.1)))
    trees = [plants.crown_tree(rng, rng.uniform(6, 15)) for _ in range(3)] + [plants.bush(rng)]
    copies(scene, rng, trees, free_places(rng, heights, 450, 65, rng.uniform(1.2, 2.5), spots))
    along = np.gradient(line, axis=0)
    park(
        scene,
        rng,
        [
            ((*line[i], level(heights, *line[i]) + 0.25), float(np.arctan2(*along[i][::-1])), 1.0)
            for i in rng.integers(5, 85, 7)
        ],
    )
    return Site(heights, 30, (16, 65))


def cliffs(scene: Scene, rng: Rng) -> Site:
    """A canyon, a stepped quarry, or a coast with stacks in the surf."""
    deep = rng.uniform(15, 55)
    rough = noise(rng, 3, 6, 0.5)[::2, ::2]
    axis = np.linspace(-SIZE / 2, SIZE / 2, 128)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    kind = int(rng.integers(3))
    if kind == 0:
        middle = 25 * np.sin(x / rng.uniform(20, 45)) + 10 * np.sin(x / 11)
        away = np.abs(y - middle) + 22 * (rough - 0.5)
        share = np.clip((away - rng.uniform(5, 12)) / rng.uniform(6, 22), 0, 1)
    elif kind == 1:
        away = np.hypot(x, y * rng.uniform(0.6, 1)) + 40 * (rough - 0.5)
        share = np.clip((away - 10) / rng.uniform(40, 65), 0, 1)
    else:
        share = np.clip((rough - 0.42 + 0.004 * y) * rng.uniform(6, 14), 0, 1)
    if kind == 1 or rng.random() < 0.4:
        count = rng.integers(3, 8)
        ledge = share * count
        share = (np.floor(ledge) + np.clip((ledge % 1) * 4 - 3, 0, 1)) / count
    heights = deep * (share - 1) + 3 * noise(rng, 12, 4, 0.6)[::2, ::2]
    tint = colour(rng, str(rng.choice(["stone", "earth"])))
    mesh = outdoors.ground_of(heights, SIZE, rng.uniform(12, 25))
    scene.add([Part(mesh, Material("diffuse", texture(rng, "rock", tint)))])
    if kind != 1 or rng.random() < 0.4:
        scene.add([outdoors.water(SIZE * 2, -deep + rng.uniform(0.8, 2.2))])
    spots = Spots()
    trees = [plants.crown_tree(rng, rng.uniform(5, 12)) for _ in range(3)] + [
        plants.bush(rng),
        plants.boulder(rng, 2),
    ]
    places = [
        p
        for p in free_places(rng, heights, 220, 75, 2, spots)
        if p[0][2] > -deep * 0.2 or rng.random() < 0.15
    ]
    if rng.random() < 0.8:
        copies(scene, rng, trees, places)
    if kind == 0 and rng.random() < 0.5:
        scene.add(landmarks.bridge(rng, 110, 1.5, 9), (0, 0, 0), np.pi / 2)
    if kind == 1:
        park(
            scene,
            rng,
            [
                ((*p, level(heights, *p) + 0.1), rng.uniform(0, 6), 1.2)
                for p in rng.normal(0, 7, (5, 2))
            ],
        )
    return Site(heights, 30, (18, 80))


def farmland(scene: Scene, rng: Rng) -> Site:
    """Fields in strips with hedges, barns, silos, greenhouses and hay."""
    lay_ground(scene, rng, FLAT - 0.05, ("grass", "mottled"))
    fields = [
        textured(rng, str(kind), gloss=0)
        for kind in rng.choice(["grass", "stripes", "mottled", "plain"], 5)
    ]
    for k in range(5):
        if k % 2 == 0:
            fields[k] = Material(
                "diffuse",
                texture(
                    rng,
                    str(rng.choice(["stripes", "grass", "mottled"])),
                    colour(rng, str(rng.choice(["green", "earth"]))),
                ),
            )
    cut = np.sort(np.r_[-150, rng.uniform(-110, 110, 4), 150])
    hedges: list[Placement] = []
    for a, b in zip(cut[:-1], cut[1:], strict=True):
        edge = np.sort(np.r_[-150, rng.uniform(-100, 100, 2), 150])
        for c, d in zip(edge[:-1], edge[1:], strict=True):
            scene.add(
                [
                    Part(
                        quad(
                            (a + 1, c + 1, 0.02),
                            (b - a - 2, 0, 0),
                            (0, d - c - 2, 0),
                            rng.uniform(4, 12),
                        ),
                        fields[int(rng.integers(5))],
                    )
                ]
            )
            if rng.random() < 0.6:
                hedges += [
                    ((x, c, 0.0), x, rng.uniform(0.6, 1.2))
                    for x in np.arange(a, b, rng.uniform(2.5, 6))
                    if abs(x) < 90 and abs(c) < 90
                ]
    greens = [plants.crown_tree(rng, rng.uniform(6, 14)) for _ in range(3)] + [plants.bush(rng)]
    copies(scene, rng, greens, hedges)
    spots = Spots()
    yard = (
        landmarks.silo,
        landmarks.greenhouse,
        landmarks.tank,
        lambda r: buildings.building(r, 26, 13, 7),
        lambda r: buildings.building(r, 12, 9, 6),
        monuments.windmill,
    )
    for k in rng.permutation(len(yard))[:5]:
        for _ in range(6):
            x, y = rng.normal(0, 22, 2)
            if spots.take(x, y, 17):
                scene.add(yard[k](rng), (x, y, 0), rng.uniform(0, 2 * np.pi))
                break
    copies(scene, rng, greens, free_places(rng, FLAT, 70, 60, 3, spots))
    bale = [
        Part(
            cylinder((0, -0.7, 0.75), (0, 0.7, 0.75), 0.75, segments=14),
            textured(rng, "grass", np.array([0.7, 0.58, 0.3]), 0),
        )
    ]
    copies(scene, rng, [bale], free_places(rng, FLAT, 40, 70, 1.5, spots))
    park(scene, rng, free_places(rng, FLAT, 8, 40, 3, spots, (1, 1)))
    return Site(FLAT, 25, (18, 70))
