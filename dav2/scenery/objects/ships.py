"""Boats and ships, waterline at z = 0, bow towards +x. `rng -> list[Part]`."""

import numpy as np

from dav2.scenery.meshes import Mesh, box, cylinder, merge, sheet
from dav2.scenery.objects.vehicles import DARK_GLASS, HUB, shell
from dav2.scenery.scene import Part, painted, textured

Rng = np.random.Generator
Parts = list[Part]


def boat(rng: Rng, length: float | None = None) -> Parts:
    """A boat or ship afloat, waterline at z = 0: hull, deck, wheelhouse, mast or sail."""
    length = length or rng.uniform(5, 16)
    half, tall = length * rng.uniform(0.11, 0.17), length * rng.uniform(0.07, 0.12) + 0.3
    x = np.linspace(-length / 2, length / 2, 16)
    plan = half * np.clip(1 - np.clip((x / length + 0.5 - 0.45) / 0.55, 0, 1) ** 2.2, 0.03, 1)
    sheer = tall * (1 + 0.35 * (2 * x / length).clip(0) ** 2)
    hull = shell(x, np.full(16, -0.4), sheer, plan * 0.98, plan)
    house = length * rng.uniform(0.15, 0.25)
    at = -length * rng.uniform(0.05, 0.3)
    storeys = 1 if length < 14 else 2
    rooms = [
        box((at, 0, tall + 1.1 + 2.3 * i), (house * (1 - 0.12 * i), half * 1.4, 2.2), 2.5)
        for i in range(storeys)
    ]
    top = tall + 2.3 * storeys
    rig = [
        cylinder(
            (at + house, 0, tall), (at + house, 0, top + length * 0.3), 0.06 + length * 0.002, 0.03
        )
    ]
    parts = [
        Part(hull, painted(rng, "any", 1)),
        Part(
            merge([box((-length * 0.05, 0, tall + 0.02), (length * 0.7, half * 1.25, 0.06))]),
            textured(rng, "wood", gloss=0),
        ),
        Part(merge(rooms), painted(rng, "pastel", 0.5)),
        Part(merge(rig), HUB),
        Part(
            merge(
                [
                    box(
                        (at, 0, tall + 1.4 + 2.3 * i),
                        (house * (1 - 0.12 * i) + 0.04, half * 1.42, 0.7),
                    )
                    for i in range(storeys)
                ]
            ),
            DARK_GLASS,
        ),
    ]
    if length < 14 and rng.random() < 0.4:
        mast = at + house
        sail = np.array(
            [
                [[mast, 0, tall + 0.8], [mast, 0, tall + 0.8]],
                [[mast - length * 0.45, 0.3, tall + 0.9], [mast, 0.1, top + length * 0.28]],
            ]
        )
        parts.append(Part(sheet(sail), painted(rng, "pastel", 0)))
    return parts


def container_ship(rng: Rng) -> Parts:
    """A freighter with stacked containers, waterline at z = 0."""
    length = rng.uniform(45, 90)
    half = length * 0.085
    parts = boat(rng, length)[:1]
    colours = [painted(rng, "any", 0) for _ in range(4)]
    stacks: list[list[Mesh]] = [[], [], [], []]
    deck = float(parts[0].mesh.vertices[:, 2].max())
    wide = float(parts[0].mesh.vertices[:, 1].max())
    for x in np.arange(-length * 0.3, length * 0.3, 6.4):
        for y in np.arange(-wide * 0.75, wide * 0.8, 2.5):
            for k in range(int(rng.integers(0, 4))):
                stacks[int(rng.integers(4))].append(
                    box((x, y, deck + 1.3 + 2.6 * k), (6.1, 2.4, 2.55))
                )
    bridge = [
        box((-length * 0.4, 0, deck + 5), (length * 0.07, half * 1.7, 10), 3),
        box((-length * 0.4, 0, deck + 10.2), (length * 0.05, half * 2.1, 2.2), 3),
    ]
    parts += [
        Part(merge(stack), paint) for stack, paint in zip(stacks, colours, strict=True) if stack
    ]
    parts.append(
        Part(
            merge(
                [
                    *bridge,
                    cylinder((-length * 0.43, 0, deck + 9), (-length * 0.43, 0, deck + 14), 1.2),
                ]
            ),
            painted(rng, "pastel", 0),
        )
    )
    parts.append(
        Part(box((-length * 0.37, 0, deck + 10.4), (length * 0.01, half * 1.9, 1)), DARK_GLASS)
    )
    return parts
