"""Glass and mirrors: what depth sensors get wrong and a renderer does not."""

import numpy as np

from dav2.scenery.families.tabletop import set_table
from dav2.scenery.furnishing import dangle, furnish, furnished, hang
from dav2.scenery.kit import *
from dav2.scenery.objects import glassware
from dav2.scenery.rooms import build_room, light, merged, put, viewpoints
from dav2.scenery.things import builders_of, things_of


def _garden(scene: Scene, rng: Rng, front: float, away: float) -> None:
    """Ground, plants and a bench on the far side of y = front, towards -y."""
    ground = textured(rng, ("grass", "gravel", "cobbles", "snow", "concrete"), gloss=0)
    field = quad((-40, front - 80, -0.03), (80, 0, 0), (0, 79.9, 0), rng.uniform(1.5, 4))
    scene.add([part(ground, field)])
    kinds = few(rng, builders_of("garden"), 6)
    for _ in range(some(rng, 5, 17)):
        distance = rng.uniform(2.5, away)
        at = (rng.normal(0, 0.6) * (distance + 2), front - distance, -0.03)
        scene.add(pick(rng, kinds), at, angle_of(rng))


def mirror_room(rng: Rng) -> Scene:
    """Build a room with walls of mirrors that show it."""
    x, y, height = span(rng, (3.5, 7), (3.5, 8), (2.4, 3.4))
    room = build_room(rng, x, y, height, windows=1)
    for _ in range(some(rng, 1, 3)):
        wall = some(rng, 0, 3)
        if wall not in room.windows:
            along = rng.uniform(-0.2, 0.2) * room.length(wall)
            put(room, glassware.mirror_wall(rng), *room.at_wall(wall, along, off=0.003))
    furnish(room, rng, things_of("mirrors"), some(rng, 5, 10))
    hang(room, rng, things_of("wall"), 4)
    dangle(room, rng, things_of("ceiling"), some(rng, 0, 2))
    light(room, rng)
    room.scene.camera = viewpoints(room)
    return merged(room.scene)


def window_front(rng: Rng) -> Scene:
    """Build a room with a wall of panes, seen from inside towards a garden, or from the garden."""
    x, y, height = span(rng, (4, 9), (3.5, 7), (2.5, 3.6))
    room = build_room(rng, x, y, height, windows=0, missing=2)
    count, front = some(rng, 2, 6), -y / 2
    xs = np.linspace(-x / 2, x / 2, count + 1)
    bars = [box((q, front, height / 2), (0.06, 0.06, height)) for q in xs]
    bars += [box((0, front, z), (x, 0.07, 0.08)) for z in (0.04, height - 0.04)]
    frame = painted(rng, "dark", 0.5) if chance(rng, 0.5) else metallic(rng)
    left_open = some(rng, -1, count - 1)  # one of the panes may stand open
    panes = [
        quad((q, front, 0.08), (x / count, 0, 0), (0, 0, height - 0.16))
        for i, q in enumerate(xs[:-1])
        if i != left_open
    ]
    room.scene.add([part(frame, bars), part(PANE, panes)])
    furnish(room, rng, things_of("living"), some(rng, 6, 12))
    hang(room, rng, things_of("wall"), 4)
    light(room, rng, strength=2)
    inside = viewpoints(room)
    _garden(room.scene, rng, front, 30)
    face = textured(rng, ("bricks", "plain", "planks", "concrete"), gloss=0)
    sides = both(lambda s: box((s * (x / 2 + 2), front + 0.1, 1.9), (3.9, 0.2, 3.8)))
    above = box((0, front + 0.1, height + 0.6), (x + 7.8, 0.2, 1.15))
    room.scene.add([part(face, sides, above)])
    from_inside = chance(rng, 0.5)
    if not from_inside:  # no renderer of ours finds the sun through a pane without speckles
        daylight(room.scene, rng)

    def camera(rng: Rng) -> Camera:
        if not from_inside:
            at = (rng.uniform(-0.7, 0.7) * x, front - rng.uniform(1, 6), rng.uniform(0.4, 2))
            to = (rng.uniform(-0.4, 0.4) * x, y * 0.3, at[2] + rng.normal(0.2, 0.4))
            return look(rng, at, to, (40, 80))
        if chance(rng, 0.4):
            return inside(rng)
        at = (rng.uniform(-0.4, 0.4) * x, rng.uniform(0.1, 0.45) * y, rng.uniform(0.6, 1.9))
        to = (rng.uniform(-0.5, 0.5) * x, front - 2, at[2] + rng.normal(0, 0.4))
        return look(rng, at, to, (45, 85))

    room.scene.camera = camera
    return merged(room.scene)


def sill(rng: Rng) -> Scene:
    """Build glasses and bottles in rows on a board before a lit window."""
    scene, (w, d) = Scene(), span(rng, (1.4, 2.4), (0.25, 0.5))
    board = textured(rng, ("marble", "wood", "plain", "terrazzo"), gloss=0.6)
    scene.add([part(board, box((0, 0, -0.02), (w + 1, d, 0.04), 0.5))])
    back, high = d / 2 + rng.uniform(0.02, 0.5), rng.uniform(0.8, 1.4)
    wall = both(lambda s: quad((s * (w / 2 + 1.5) - 1.5, back, -1), (3, 0, 0), (0, 0, 4), 1.5))
    wall += [quad((-w / 2, back, z), (w, 0, 0), (0, 0, h), 1.5) for z, h in ((-1, 1.02), (high, 2))]
    xs = np.linspace(-w / 2, w / 2, some(rng, 2, 5))
    feet = np.c_[xs, np.full(len(xs), back), 0 * xs]
    bars = rods(feet, feet + [0, 0, high], 0.025, 4)
    scene.add([part(textured(rng, gloss=0), wall), part(wooden(rng), bars)])
    things, x = few(rng, builders_of("sill"), 7), -w / 2 - 0.2
    while x < w / 2 + 0.2:
        parts = pick(rng, things)
        low, high_ = extent(parts)
        scale = min(1.0, (d - 0.02) / (high_[1] - low[1]))
        aside = rng.uniform(-1, 1) * max(0.0, d / 2 - scale * max(-low[1], high_[1]))
        scene.add(parts, (x - scale * low[0], aside, 0.001), 0, scale)
        x += scale * (high_[0] - low[0]) + rng.exponential(0.07) + 0.015
    yard = Scene()
    _garden(yard, rng, 0, 25)
    scene.add(yard.parts, (0, back + 0.3, -rng.uniform(0.6, 3)), np.pi)
    panel = quad((-0.6, -1.4, 1.9), (1.2, 0, 0), (0, 0.6, 0.2))
    scene.add([part(lamp(rng, rng.uniform(1, 8)), panel)])
    indoor_sky(scene, rng)

    def camera(rng: Rng) -> Camera:
        x, away, z = span(rng, (-0.45, 0.45), (0.2, 1), (0.06, 0.7))
        aside, up = span(rng, (-0.3, 0.3), (0, 0.4))
        return look(rng, (x * w, -d / 2 - away, z), (aside * w, 0.3, up), (35, 75))

    scene.camera = camera
    return merged(scene)


def glass_room(rng: Rng) -> Scene:
    """Build a room of glass tables, shelves, doors, showcases and mirrors."""
    return furnished(rng, things_of("glass"), some(rng, 6, 14))


def glass_table(rng: Rng) -> Scene:
    """Build a table with glassware."""
    return merged(set_table(rng, builders_of("glassware")))


PLACES = {glass_table: 0.25, sill: 0.2, glass_room: 0.2, mirror_room: 0.15, window_front: 0.2}


def build(rng: Rng) -> Scene:
    """Build glassware on a table or a sill, a room of mirrors or panes, a front of windows."""
    return pick(rng, PLACES)(rng)
