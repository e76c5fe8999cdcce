"""Glass and mirrors: what depth sensors get wrong and a renderer does not."""

import numpy as np

from dav2.scenery.families.living_room import FURNITURE, a_few, furnish, furnished
from dav2.scenery.families.tabletop import set_table
from dav2.scenery.meshes import box, merge, quad, rods
from dav2.scenery.objects import (
    furniture,
    glassware,
    household,
    kitchenware,
    outdoors,
    people,
    plants,
    tableware,
    vehicles,
)
from dav2.scenery.rooms import Builder, build_room, dangle, hang, light, merged, put, viewpoints
from dav2.scenery.scene import (
    PANE,
    Camera,
    Part,
    Scene,
    daylight,
    extent,
    indoor_sky,
    lamp,
    look,
    metallic,
    painted,
    textured,
    wooden,
)

Rng = np.random.Generator
GLASSWARE: tuple[Builder, ...] = (
    *glassware.GLASSWARE,
    tableware.glass_ball,
    tableware.standing_pane,
    tableware.wine_glass,
    tableware.bottle,
    tableware.pot,
    tableware.vase,
    tableware.mug,
    tableware.parcel,
    kitchenware.tumbler,
    kitchenware.pitcher,
    kitchenware.jar,
)
GLASS_FURNITURE: tuple[Builder, ...] = (
    furniture.glass_table,
    furniture.glass_table,
    furniture.showcase,
    furniture.standing_mirror,
    furniture.standing_mirror,
    furniture.glass_door,
    glassware.glass_shelf,
    glassware.glass_partition,
    furniture.chair,
    furniture.sofa,
    furniture.plant,
    furniture.floor_lamp,
    household.armchair,
    household.television,
)
ON_SILLS: tuple[Builder, ...] = (
    glassware.bottles,
    glassware.glasses,
    glassware.glasses,
    glassware.decanter,
    glassware.glass_prism,
    kitchenware.tumbler,
    kitchenware.pitcher,
    tableware.bottle,
    tableware.vase,
    kitchenware.jar,
    tableware.candle,
    plants.flower,
)


def _garden(scene: Scene, rng: Rng, front: float, away: float) -> None:
    """Ground, plants and a bench on the far side of y = front, towards -y."""
    ground = textured(
        rng, str(rng.choice(["grass", "gravel", "cobbles", "snow", "concrete"])), gloss=0
    )
    scene.add(
        [
            Part(
                quad((-40, front - 80, -0.03), (80, 0, 0), (0, 79.9, 0), rng.uniform(1.5, 4)),
                ground,
            )
        ]
    )
    kinds = [
        plants.tree(rng),
        plants.bush(rng),
        plants.bush(rng),
        outdoors.bench(rng),
        people.person(rng),
        vehicles.car(rng),
    ]
    for _ in range(int(rng.integers(5, 18))):
        distance = rng.uniform(2.5, away)
        thing = kinds[int(rng.integers(len(kinds)))]
        scene.add(
            thing,
            (rng.normal(0, 0.6) * (distance + 2), front - distance, -0.03),
            rng.uniform(0, 2 * np.pi),
        )


def mirror_room(rng: Rng) -> Scene:
    """A room with walls of mirrors that show it."""
    room = build_room(
        rng, rng.uniform(3.5, 7), rng.uniform(3.5, 8), rng.uniform(2.4, 3.4), windows=1
    )
    for _ in range(int(rng.integers(1, 4))):
        wall = int(rng.integers(4))
        if wall not in room.windows:
            put(
                room,
                glassware.mirror_wall(rng),
                *room.at_wall(wall, rng.uniform(-0.2, 0.2) * room.length(wall), off=0.003),
            )
    furnish(room, rng, FURNITURE[:18], int(rng.integers(5, 11)))
    hang(room, rng, 4)
    dangle(room, rng, int(rng.integers(0, 3)))
    light(room, rng)
    room.scene.camera = viewpoints(room)
    return merged(room.scene)


def window_front(rng: Rng) -> Scene:
    """A room with a wall of panes, from inside towards a garden, or from the garden into it."""
    x, y, height = rng.uniform(4, 9), rng.uniform(3.5, 7), rng.uniform(2.5, 3.6)
    room = build_room(rng, x, y, height, windows=0, missing=2)
    count = int(rng.integers(2, 7))
    bars = [
        box((q, -y / 2, height / 2), (0.06, 0.06, height))
        for q in np.linspace(-x / 2, x / 2, count + 1)
    ]
    bars += [box((0, -y / 2, z), (x, 0.07, 0.08)) for z in (0.04, height - 0.04)]
    room.scene.add(
        [Part(merge(bars), painted(rng, "dark", 0.5) if rng.random() < 0.5 else metallic(rng))]
    )
    open_ = int(rng.integers(-1, count))  # one of the panes may stand open
    panes = [
        quad((-x / 2 + i * x / count, -y / 2, 0.08), (x / count, 0, 0), (0, 0, height - 0.16))
        for i in range(count)
        if i != open_
    ]
    room.scene.add([Part(merge(panes), PANE)])
    furnish(room, rng, FURNITURE, int(rng.integers(6, 13)))
    hang(room, rng, 4)
    light(room, rng, strength=2)
    inside = viewpoints(room)
    _garden(room.scene, rng, -y / 2, 30)
    face = textured(rng, str(rng.choice(["bricks", "plain", "planks", "concrete"])), gloss=0)
    sides = [box((s * (x / 2 + 2), -y / 2 + 0.1, 1.9), (3.9, 0.2, 3.8)) for s in (-1, 1)]
    sides.append(box((0, -y / 2 + 0.1, height + 0.6), (x + 7.8, 0.2, 1.15)))
    room.scene.add([Part(merge(sides), face)])
    from_inside = rng.random() < 0.5
    if not from_inside:  # no renderer of ours finds the sun through a pane without speckles
        daylight(room.scene, rng)

    def camera(rng: Rng) -> Camera:
        if from_inside:
            if rng.random() < 0.4:
                return inside(rng)
            at = np.array(
                [rng.uniform(-0.4, 0.4) * x, rng.uniform(0.1, 0.45) * y, rng.uniform(0.6, 1.9)]
            )
            return look(
                rng,
                at,
                (rng.uniform(-0.5, 0.5) * x, -y / 2 - 2, at[2] + rng.normal(0, 0.4)),
                (45, 85),
            )
        at = np.array([rng.uniform(-0.7, 0.7) * x, -y / 2 - rng.uniform(1, 6), rng.uniform(0.4, 2)])
        return look(
            rng, at, (rng.uniform(-0.4, 0.4) * x, y * 0.3, at[2] + rng.normal(0.2, 0.4)), (40, 80)
        )

    room.scene.camera = camera
    return merged(room.scene)


def sill(rng: Rng) -> Scene:
    """Glasses and bottles in rows on a board before a lit window."""
    scene, w, d = Scene(), rng.uniform(1.4, 2.4), rng.uniform(0.25, 0.5)
    scene.add(
        [
            Part(
                box((0, 0, -0.02), (w + 1, d, 0.04), 0.5),
                textured(rng, str(rng.choice(["marble", "wood", "plain", "terrazzo"])), gloss=0.6),
            )
        ]
    )
    back, high = d / 2 + rng.uniform(0.02, 0.5), rng.uniform(0.8, 1.4)
    wall = [
        quad((s * (w / 2 + 1.5) - 1.5 * 1, back, -1), (3, 0, 0), (0, 0, 4), 1.5) for s in (-1, 1)
    ]
    wall += [quad((-w / 2, back, z), (w, 0, 0), (0, 0, h), 1.5) for z, h in ((-1, 1.02), (high, 2))]
    scene.add([Part(merge(wall), textured(rng, gloss=0))])
    xs = np.linspace(-w / 2, w / 2, int(rng.integers(2, 6)))
    bars = rods(
        np.c_[xs, np.full(len(xs), back), 0 * xs],
        np.c_[xs, np.full(len(xs), back), 0 * xs + high],
        0.025,
        4,
    )
    scene.add([Part(bars, wooden(rng))])
    things, x = a_few(rng, ON_SILLS, 7), -w / 2 - 0.2
    while x < w / 2 + 0.2:
        parts = things[int(rng.integers(7))]
        low, high_ = extent(parts)
        scale = min(1.0, (d - 0.02) / (high_[1] - low[1]))
        free = max(0.0, d / 2 - scale * max(-low[1], high_[1]))
        scene.add(parts, (x - scale * low[0], rng.uniform(-1, 1) * free, 0.001), 0, scale)
        x += scale * (high_[0] - low[0]) + rng.exponential(0.07) + 0.015
    yard = Scene()
    _garden(yard, rng, 0, 25)
    scene.add(yard.parts, (0, back + 0.3, -rng.uniform(0.6, 3)), np.pi)
    scene.add(
        [Part(quad((-0.6, -1.4, 1.9), (1.2, 0, 0), (0, 0.6, 0.2)), lamp(rng, rng.uniform(1, 8)))]
    )
    indoor_sky(scene, rng)

    def camera(rng: Rng) -> Camera:
        at = np.array(
            [rng.uniform(-0.45, 0.45) * w, -d / 2 - rng.uniform(0.2, 1), rng.uniform(0.06, 0.7)]
        )
        return look(rng, at, (rng.uniform(-0.3, 0.3) * w, 0.3, rng.uniform(0, 0.4)), (35, 75))

    scene.camera = camera
    return merged(scene)


def glass_room(rng: Rng) -> Scene:
    """A room of glass tables, shelves, doors, showcases and mirrors."""
    return furnished(rng, GLASS_FURNITURE, int(rng.integers(6, 15)))


def build(rng: Rng) -> Scene:
    """Glassware on a table or a sill, a room of mirrors or panes, a front of windows."""
    choice = int(rng.choice(5, p=[0.25, 0.2, 0.2, 0.15, 0.2]))
    if choice == 0:
        return merged(set_table(rng, GLASSWARE))
    return (sill, glass_room, mirror_room, window_front)[choice - 1](rng)
