"""Boats and ships, waterline at z = 0, bow towards +x."""

import numpy as np

from dav2.scenery.kit import *
from dav2.scenery.objects.vehicles import DARK_GLASS, HUB, shell


def boat(rng: Rng, length: float | None = None) -> Parts:
    """A boat or ship afloat: hull, deck, wheelhouse, mast or sail."""
    length = length or rng.uniform(5, 16)
    wide, high, long, back = span(rng, (0.11, 0.17), (0.07, 0.12), (0.15, 0.25), (0.05, 0.3))
    half, tall, house, at = length * wide, length * high + 0.3, length * long, -length * back
    small = length < 14
    x = np.linspace(-length / 2, length / 2, 16)
    plan = half * np.clip(1 - np.clip((x / length + 0.05) / 0.55, 0, 1) ** 2.2, 0.03, 1)
    sheer = tall * (1 + 0.35 * (2 * x / length).clip(0) ** 2)
    rooms, windows = [], []
    for storey in range(1 if small else 2):
        room, z = house * (1 - 0.12 * storey), tall + 2.3 * storey
        rooms.append(box((at, 0, z + 1.1), (room, half * 1.4, 2.2)))
        windows.append(box((at, 0, z + 1.4), (room + 0.04, half * 1.42, 0.7)))
    mast, top = at + house, tall + 2.3 * len(rooms)
    rig = cylinder((mast, 0, tall), (mast, 0, top + length * 0.3), 0.06 + length * 0.002, 0.03)
    deck = box((-length * 0.05, 0, tall + 0.02), (length * 0.7, half * 1.25, 0.06))
    parts = [
        part(painted(rng, "any", 1), shell(x, -0.4, sheer, plan * 0.98, plan)),
        part(textured(rng, "wood", gloss=0), deck),
        part(painted(rng, "pastel", 0.5), rooms),
        part(HUB, rig),
        part(DARK_GLASS, windows),
    ]
    if small and chance(rng, 0.4):
        foot = [(mast, 0, tall + 0.8)] * 2
        peak = [(mast - length * 0.45, 0.3, tall + 0.9), (mast, 0.1, top + length * 0.28)]
        parts.append(part(painted(rng, "pastel", 0), sheet(np.array([foot, peak]))))
    return parts


def container_ship(rng: Rng) -> Parts:
    """A freighter with stacked containers."""
    length = rng.uniform(45, 90)
    hull, half = boat(rng, length)[0], length * 0.085
    _, wide, deck = hull.mesh.vertices.max(0)
    stacks: list[list[Mesh]] = [[], [], [], []]
    xs, ys = np.arange(-length * 0.3, length * 0.3, 6.4), np.arange(-wide * 0.75, wide * 0.8, 2.5)
    for x, y in grid(xs, ys):
        for level in range(some(rng, 0, 3)):
            pick(rng, stacks).append(box((x, y, deck + 1.3 + 2.6 * level), (6.1, 2.4, 2.55)))
    bridge = box((-length * 0.4, 0, deck + 5), (length * 0.07, half * 1.7, 10))
    wings = box((-length * 0.4, 0, deck + 10.2), (length * 0.05, half * 2.1, 2.2))
    funnel = post(-length * 0.43, 0, deck + 9, deck + 14, 1.2)
    panes = box((-length * 0.37, 0, deck + 10.4), (length * 0.01, half * 1.9, 1))
    containers = [part(painted(rng, "any", 0), stack) for stack in stacks if stack]
    house = part(painted(rng, "pastel", 0), bridge, wings, funnel)
    return [hull, *containers, house, part(DARK_GLASS, panes)]
