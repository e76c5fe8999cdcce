"""Every thing, where it belongs, and in which kinds of scene it appears: the one table of them.

Families choose from it by what they need, and tests check every thing by its place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from dav2.scenery.kit import Builder, Parts, Rng, pick
from dav2.scenery.objects import (
    buildings,
    creatures,
    fittings,
    furniture,
    glassware,
    household,
    kitchen_units,
    kitchenware,
    landmarks,
    monuments,
    outdoors,
    people,
    plants,
    reef,
    ships,
    storage,
    swimmers,
    tableware,
    thin,
    vehicles,
    wirework,
)

# floor and top (of furniture): it stands on z = 0; ground: rooted or founded, for it is seldom level;
# wall: around the origin, its back at +y; ceiling: below z = 0; water: afloat; sea: swims.
Place = Literal["floor", "top", "wall", "ceiling", "ground", "water", "sea"]


@dataclass(frozen=True, eq=False)
class Thing:
    """A thing and where it belongs."""

    build: Builder
    place: Place
    scenes: Mapping[str, float] = field(default_factory=dict)
    """Kinds of scene that choose it by lot, and how often, beside the others there."""
    at_wall: float = 0.0
    """In how many cases it stands with its back to a wall, if the room does not ask for more."""
    holds: bool = False
    """Small things may stand on its top."""
    height: tuple[float, float] = (1.2, 1.8)
    """Of its origin above the floor, on a wall."""


def posed(rng: Rng) -> Parts:
    """A person in any pose, lying ones too."""
    return people.person(rng, pick(rng, list(people.POSES)))


FURNITURE = (
    Thing(furniture.chair, "floor", {"living": 2, "mirrors": 2, "corridor": 1, "glass": 1, "wires": 1, "subject": 1}),
    Thing(furniture.table, "floor", {"living": 1, "mirrors": 1}, holds=True),
    Thing(furniture.glass_table, "floor", {"glass": 2}, holds=True),
    Thing(furniture.sofa, "floor", {"living": 1, "mirrors": 1, "glass": 1, "wires": 1}, at_wall=1),
    Thing(furniture.bed, "floor", {"living": 1, "mirrors": 1}, at_wall=1),
    Thing(furniture.bookshelf, "floor", {"living": 1, "mirrors": 1, "corridor": 1}, at_wall=1),
    Thing(furniture.cabinet, "floor", {"living": 1, "mirrors": 1, "corridor": 1}, at_wall=1, holds=True),
    Thing(furniture.floor_lamp, "floor", {"living": 1, "mirrors": 1, "glass": 1, "wires": 1}),
    Thing(furniture.plant, "floor", {"living": 2, "mirrors": 2, "corridor": 1, "glass": 1, "wires": 1, "counter": 1, "table": 1}),
    Thing(furniture.standing_mirror, "floor", {"glass": 2}),
    Thing(furniture.glass_door, "floor", {"glass": 1}),
    Thing(furniture.showcase, "floor", {"glass": 1}),
    Thing(household.armchair, "floor", {"living": 1, "mirrors": 1, "glass": 1}),
    Thing(household.stool, "floor", {"living": 1, "mirrors": 1, "wires": 1}),
    Thing(household.desk, "floor", {"living": 1, "mirrors": 1}, at_wall=1, holds=True),
    Thing(household.office_chair, "floor", {"living": 1, "mirrors": 1, "wires": 1}),
    Thing(household.wardrobe, "floor", {"living": 1, "mirrors": 1}, at_wall=1),
    Thing(household.drawers, "floor", {"living": 1, "mirrors": 1}, at_wall=1, holds=True),
    Thing(household.television, "floor", {"living": 1, "mirrors": 1, "glass": 1}, at_wall=1),
    Thing(household.radiator, "floor", {"living": 1, "mirrors": 1, "corridor": 1}, at_wall=1),
    Thing(household.fireplace, "floor", {"living": 1}, at_wall=1),
    Thing(household.coat_stand, "floor", {"living": 1, "corridor": 1}),
    Thing(household.piano, "floor", {"living": 1}, at_wall=1),
    Thing(household.basket, "floor", {"living": 1}),
    Thing(household.guitar, "floor", {"living": 1}),
    Thing(household.shoes, "floor", {"living": 1}),
    Thing(household.vacuum, "floor", {"living": 1}),
    Thing(glassware.glass_shelf, "floor", {"glass": 1}),
    Thing(glassware.glass_partition, "floor", {"glass": 1}),
    Thing(glassware.mirror_wall, "floor"),
)  # fmt: skip

# Spokes, rods and wires indoors.
THIN = (
    Thing(thin.ladder, "floor", {"living": 1, "wires": 2, "yard": 1, "corridor": 1, "garage": 1}),
    Thing(thin.step_ladder, "floor", {"wires": 2, "corridor": 1, "garage": 1}),
    Thing(thin.bicycle, "floor", {"living": 1, "wires": 2, "yard": 2, "corridor": 1, "garage": 1, "subject": 1}),
    Thing(thin.wire_shelf, "floor", {"wires": 2}),
    Thing(thin.bird_cage, "floor", {"living": 1, "wires": 2, "table": 1}),
    Thing(thin.tripod, "floor", {"living": 1, "wires": 2}),
    Thing(thin.clothes_rack, "floor", {"living": 1, "wires": 2}),
    Thing(thin.drying_rack, "floor", {"wires": 2}),
    Thing(thin.standing_fan, "floor", {"living": 1, "wires": 2}),
    Thing(thin.music_stand, "floor", {"living": 1, "wires": 2}),
    Thing(thin.shopping_cart, "floor", {"wires": 2, "yard": 1}),
    Thing(thin.parasol_frame, "floor", {"wires": 2, "yard": 1}),
    Thing(thin.dish_rack, "top", {"counter": 1}),
)  # fmt: skip

SMALL = (
    Thing(tableware.bottle, "top", {"desk": 1, "counter": 1, "dining": 1, "table": 2, "glassware": 1, "sill": 1}),
    Thing(tableware.vase, "top", {"desk": 1, "counter": 1, "dining": 1, "table": 2, "glassware": 1, "sill": 1}),
    Thing(tableware.mug, "top", {"desk": 1, "counter": 1, "table": 2, "glassware": 1}),
    Thing(tableware.wine_glass, "top", {"desk": 1, "counter": 1, "dining": 1, "table": 2, "glassware": 1}),
    Thing(tableware.bowl, "top", {"desk": 1, "counter": 1, "dining": 1, "table": 2}),
    Thing(tableware.ball, "top", {"desk": 1, "table": 2}),
    Thing(tableware.parcel, "top", {"desk": 1, "table": 2, "glassware": 1}),
    Thing(tableware.books, "top", {"desk": 1, "table": 2}),
    Thing(tableware.monitor, "top", {"desk": 1, "table": 1}),
    Thing(tableware.laptop, "top", {"desk": 1}),
    Thing(tableware.desk_lamp, "top", {"desk": 1}),
    Thing(tableware.globe, "top", {"desk": 1}),
    Thing(tableware.candle, "top", {"desk": 1, "dining": 1, "sill": 1}),
    Thing(tableware.glass_ball, "top", {"glassware": 1}),
    Thing(tableware.standing_pane, "top", {"glassware": 1}),
    Thing(tableware.pot, "top", {"glassware": 1, "stove": 1}),
    Thing(kitchenware.kettle, "top", {"counter": 1, "stove": 1}),
    Thing(kitchenware.teapot, "top", {"desk": 1, "counter": 1, "dining": 1}),
    Thing(kitchenware.frying_pan, "top", {"counter": 1, "stove": 1}),
    Thing(kitchenware.lidded_pot, "top", {"counter": 1, "stove": 1}),
    Thing(kitchenware.jar, "top", {"counter": 2, "glassware": 1, "sill": 1}),
    Thing(kitchenware.plates, "top", {"counter": 1, "dining": 1}),
    Thing(kitchenware.meal, "top", {"desk": 1, "dining": 1}),
    Thing(kitchenware.cutting_board, "top", {"counter": 1}),
    Thing(kitchenware.knife_block, "top", {"counter": 1}),
    Thing(kitchenware.toaster, "top", {"counter": 1}),
    Thing(kitchenware.microwave, "top", {"counter": 1}),
    Thing(kitchenware.coffee_machine, "top", {"counter": 1}),
    Thing(kitchenware.scales, "top", {"counter": 1}),
    Thing(kitchenware.utensils, "top", {"counter": 1}),
    Thing(kitchenware.loaf, "top", {"counter": 1}),
    Thing(kitchenware.fruit, "top", {"desk": 1, "counter": 1, "dining": 1}),
    Thing(kitchenware.pitcher, "top", {"counter": 1, "dining": 1, "glassware": 1, "sill": 1}),
    Thing(kitchenware.tumbler, "top", {"counter": 1, "dining": 1, "glassware": 1, "sill": 1}),
    Thing(kitchenware.tin, "top", {"counter": 1}),
    Thing(kitchenware.carton, "top", {"counter": 1}),
    Thing(glassware.glass_cube, "top", {"glassware": 1}),
    Thing(glassware.glass_prism, "top", {"glassware": 1, "sill": 1}),
    Thing(glassware.aquarium, "top", {"glassware": 1}),
    Thing(glassware.bell_jar, "top", {"glassware": 1}),
    Thing(glassware.bottles, "top", {"glassware": 1, "sill": 1}),
    Thing(glassware.glasses, "top", {"glassware": 1, "sill": 2}),
    Thing(glassware.decanter, "top", {"glassware": 1, "sill": 1}),
    Thing(glassware.table_mirror, "top", {"glassware": 1}),
)  # fmt: skip

FITTINGS = (
    Thing(furniture.picture, "wall", {"wall": 2, "corridor": 1}),
    Thing(fittings.wall_clock, "wall", {"wall": 1, "corridor": 1}),
    Thing(fittings.wall_shelf, "wall", {"wall": 1, "garage": 1}),
    Thing(fittings.notice_board, "wall", {"wall": 1, "corridor": 1, "garage": 1}),
    Thing(fittings.wall_lamp, "wall", {"wall": 1}),
    Thing(fittings.fire_extinguisher, "wall", {"corridor": 1, "garage": 1}),
    Thing(fittings.pendant, "ceiling", {"ceiling": 1, "kitchen": 2}),
    Thing(fittings.hanging_plant, "ceiling", {"ceiling": 1, "kitchen": 1}),
    Thing(fittings.mobile, "ceiling", {"ceiling": 1}),
    Thing(kitchen_units.pan_rail, "ceiling"),
    Thing(kitchen_units.island_rack, "ceiling"),
    Thing(kitchen_units.wall_unit, "floor"),
    Thing(kitchen_units.hood, "floor"),
    Thing(kitchen_units.base_unit, "floor"),
    Thing(kitchen_units.sink, "floor"),
    Thing(kitchen_units.stove, "floor"),
    Thing(kitchen_units.fridge, "floor"),
    Thing(fittings.door, "floor"),
    Thing(fittings.curtain, "floor"),
    Thing(storage.roller_door, "floor"),
)

STORED = (
    Thing(storage.loaded_pallet, "floor", {"hall": 2}),
    Thing(storage.pallet, "floor", {"hall": 1, "garage": 1}),
    Thing(storage.barrel, "floor", {"hall": 1, "garage": 2}),
    Thing(storage.crate, "floor", {"hall": 1, "garage": 2}),
    Thing(storage.forklift, "floor", {"hall": 1}),
    Thing(storage.traffic_cone, "floor", {"hall": 1}),
    Thing(storage.hand_truck, "floor", {"hall": 1, "garage": 1}),
    Thing(storage.platform_cart, "floor", {"hall": 1, "corridor": 1}),
    Thing(storage.pallet_rack, "floor"),
    Thing(storage.tool_shelf, "floor", {"garage": 2}),
    Thing(storage.workbench, "floor", {"garage": 1}),
    Thing(storage.tyres, "floor", {"hall": 1, "garage": 1}),
    Thing(storage.gas_bottle, "floor", {"hall": 1, "garage": 1}),
    Thing(storage.cable_drum, "floor", {"hall": 1, "garage": 1}),
    Thing(storage.bin_, "floor", {"hall": 1, "garage": 1, "corridor": 1}),
    Thing(storage.parcels, "floor", {"hall": 1, "garage": 1, "corridor": 1}),
)

OUTDOORS = (
    Thing(wirework.chain_link, "floor", {"yard": 1, "screen": 1}),
    Thing(wirework.mesh_fence, "floor", {"yard": 1, "screen": 1}),
    Thing(wirework.railing, "floor", {"yard": 1, "screen": 1}),
    Thing(wirework.cable_railing, "floor", {"yard": 1, "screen": 1}),
    Thing(wirework.net, "floor", {"yard": 1, "screen": 1}),
    Thing(wirework.trellis, "floor", {"yard": 1, "screen": 1}),
    Thing(wirework.goal, "floor", {"yard": 1}),
    Thing(wirework.antenna, "floor", {"yard": 1}),
    Thing(wirework.lattice_mast, "floor", {"yard": 1}),
    Thing(wirework.scaffold, "floor", {"yard": 1}),
    Thing(wirework.washing_line, "floor", {"yard": 1}),
    Thing(wirework.hanging_ropes, "floor", {"yard": 1}),
    Thing(wirework.swing, "floor", {"yard": 1}),
    Thing(wirework.bare_shrub, "floor", {"yard": 1}),
    Thing(outdoors.fence, "floor", {"yard": 1}),
    Thing(outdoors.bench, "floor", {"yard": 1, "garden": 1}),
    Thing(outdoors.planter, "floor", {"subject": 1}),
    Thing(outdoors.parasol, "floor", {"table": 1}),
    Thing(outdoors.street_lamp, "floor"),
    Thing(outdoors.sign, "floor"),
    Thing(outdoors.wires, "floor"),
    Thing(outdoors.traffic_light, "floor"),
    Thing(outdoors.road_sign, "floor"),
    Thing(outdoors.bollards, "floor"),
    Thing(outdoors.bin_, "floor"),
    Thing(outdoors.grate, "floor"),
    Thing(outdoors.steps, "floor"),
    Thing(vehicles.car, "floor", {"road": 5, "far": 1, "garden": 1, "subject": 1, "table": 1}),
    Thing(vehicles.van, "floor", {"road": 2}),
    Thing(vehicles.bus, "floor", {"road": 1}),
    Thing(vehicles.lorry, "floor", {"road": 1}),
    Thing(vehicles.motorcycle, "floor", {"subject": 1, "table": 1}),
    Thing(buildings.building, "ground"),
    Thing(buildings.tower, "ground"),
    Thing(monuments.temple, "floor", {"monument": 1}),
    Thing(monuments.castle, "floor", {"monument": 2}),
    Thing(monuments.dome, "floor", {"monument": 1}),
    Thing(monuments.pyramid, "floor", {"monument": 1}),
    Thing(monuments.arcade, "floor", {"monument": 1}),
    Thing(monuments.statue, "floor", {"monument": 1, "subject": 1}),
    Thing(monuments.windmill, "floor", {"monument": 1}),
    Thing(monuments.bell_tower, "floor", {"monument": 1}),
    Thing(monuments.gateway, "floor", {"monument": 1}),
    Thing(landmarks.silo, "ground"),
    Thing(landmarks.greenhouse, "ground"),
    Thing(landmarks.crane, "ground"),
    Thing(landmarks.quay_crane, "ground"),
    Thing(landmarks.bridge, "ground"),
    Thing(landmarks.stadium, "ground"),
    Thing(landmarks.tank, "ground"),
    Thing(landmarks.stack, "ground"),
    Thing(landmarks.containers, "ground"),
    Thing(ships.boat, "water"),
    Thing(ships.container_ship, "water"),
)

ALIVE = (
    Thing(people.person, "floor", {"subject": 2, "far": 1, "garden": 1}),
    Thing(posed, "floor", {"subject": 1}),
    Thing(creatures.four_legs, "ground", {"subject": 6}),
    Thing(creatures.bird, "ground", {"subject": 4, "table": 1}),
    Thing(creatures.fish, "sea", {"subject": 2}),
    Thing(creatures.caterpillar, "ground", {"subject": 2, "table": 1}),
    Thing(plants.flower, "ground", {"subject": 1, "table": 1, "sill": 1}),
    Thing(plants.branch, "ground", {"subject": 1, "table": 1}),
    Thing(plants.tree, "ground", {"far": 1, "garden": 1}),
    Thing(plants.bush, "ground", {"far": 1, "garden": 2}),
    Thing(plants.tuft, "ground", {"far": 1}),
    Thing(plants.crown_tree, "ground"),
    Thing(plants.trunk, "ground"),
    Thing(plants.fern, "ground"),
    Thing(plants.fallen, "ground"),
    Thing(plants.rock, "ground"),
    Thing(plants.boulder, "ground"),
    Thing(reef.stag_coral, "floor", {"reef": 2}),
    Thing(reef.brain_coral, "floor", {"reef": 1}),
    Thing(reef.fan_coral, "floor", {"reef": 1}),
    Thing(reef.sponge, "floor", {"reef": 1}),
    Thing(reef.table_coral, "floor", {"reef": 1}),
    Thing(reef.kelp, "floor", {"reef": 2}),
    Thing(reef.boulders, "floor", {"reef": 2}),
    Thing(reef.anemone, "floor", {"reef": 1, "sea floor": 1}),
    Thing(reef.sea_grass, "floor", {"reef": 1, "sea floor": 1}),
    Thing(reef.sea_star, "floor", {"sea floor": 1}),
    Thing(reef.urchin, "floor", {"sea floor": 1}),
    Thing(reef.wreck, "floor", {"lost": 1}),
    Thing(reef.anchor, "floor", {"lost": 1}),
    Thing(reef.amphora, "floor", {"lost": 1}),
    Thing(reef.chest, "floor", {"lost": 1}),
    Thing(reef.arch, "floor", {"lost": 2}),
    Thing(swimmers.reef_fish, "sea", {"fish": 3}),
    Thing(swimmers.school, "sea", {"fish": 2}),
    Thing(swimmers.shark, "sea", {"swimming": 1}),
    Thing(swimmers.ray, "sea", {"swimming": 1}),
    Thing(swimmers.turtle, "sea", {"swimming": 1}),
    Thing(swimmers.diver, "sea", {"swimming": 2}),
    Thing(swimmers.jellyfish, "sea", {"swimming": 2}),
    Thing(swimmers.bubbles, "sea"),
)

THINGS: tuple[Thing, ...] = (*FURNITURE, *THIN, *SMALL, *FITTINGS, *STORED, *OUTDOORS, *ALIVE)


@cache
def things_of(scene: str, place: Place | None = None) -> dict[Thing, float]:
    """The things that a kind of scene chooses by lot, with their weights; at one place, if given."""
    return {
        thing: thing.scenes[scene]
        for thing in THINGS
        if scene in thing.scenes and place in (None, thing.place)
    }


@cache
def builders_of(scene: str, place: Place | None = None) -> dict[Builder, float]:
    """The builders of `things_of`, for scenes that place by themselves."""
    return {thing.build: often for thing, often in things_of(scene, place).items()}
