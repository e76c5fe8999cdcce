import inspect
from importlib import import_module
from pkgutil import iter_modules

import numpy as np
import pytest

from dav2.render import FAMILIES
from dav2.render.loading import CAPACITY, LIGHTS, load
from dav2.render.styles import STYLES
from dav2.render.tracing import trace_surface
from dav2.render.views import CAMERA_TRIES, build_scene, is_worth_keeping
from dav2.scenery import objects
from dav2.scenery.families import SCENE_TYPES, glass, kitchen, living_room, thin, warehouse
from dav2.scenery.meshes import box, planted, rods
from dav2.scenery.rooms import Room, box_of, laden, merged, put, viewpoints
from dav2.scenery.scene import Material, Part, Scene, extent
from dav2.scenery.textures import TEXTURES, texture

LIBRARIES = sorted(module.name for module in iter_modules(objects.__path__))
# what does not stand on z = 0, as its docstring or its module's says
HANGING = {"pendant", "hanging_plant", "mobile", "pan_rail", "island_rack"}
ON_WALLS = {
    "picture", "wall_clock", "wall_shelf", "notice_board", "wall_lamp", "fire_extinguisher",
}  # fmt: skip
# what is rooted, founded or afloat in ground that is seldom level; branches for foregrounds
ROOTED = {"buildings", "creatures", "landmarks", "plants", "ships"}


def builders(library):
    module = import_module(f"dav2.scenery.objects.{library}")
    return [
        (name, function)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and next(iter(inspect.signature(function).parameters), "") == "rng"
        and "list" in str(inspect.signature(function).return_annotation)
        and [p.default for p in inspect.signature(function).parameters.values()].count(
            inspect.Parameter.empty
        )
        == 1
    ]


OBJECTS = [pytest.param(f, id=f"{lib}-{name}") for lib in LIBRARIES for name, f in builders(lib)]


def test_there_are_many_objects_and_textures():
    assert len(OBJECTS) >= 150
    assert len(TEXTURES) >= 30


@pytest.mark.parametrize("build", OBJECTS)
def test_an_object_is_whole_and_stands_on_the_ground(build):
    for seed in range(2):
        parts = build(np.random.default_rng(seed))
        assert parts
        for mesh, material in parts:
            assert len(mesh.faces)
            assert np.isfinite(mesh.vertices).all()
            assert np.isfinite(mesh.uv).all()
            assert mesh.uv.shape == (len(mesh.vertices), 2)
            assert mesh.faces.min() >= 0
            assert mesh.faces.max() < len(mesh.vertices)
            assert isinstance(material, Material)
        low, high = extent(parts)
        assert (high - low).max() < 300
        if build.__name__ in HANGING:
            assert high[2] < 0.05
        elif build.__name__ not in ON_WALLS and build.__module__.split(".")[-1] not in ROOTED:
            assert low[2] >= -0.01


@pytest.mark.parametrize("kind", TEXTURES)
def test_a_texture_is_a_picture_that_is_not_flat(kind):
    made = texture(np.random.default_rng(3), kind)
    assert made.shape == (256, 256, 3)
    assert made.dtype == np.uint8
    assert made.std() > 0.5


ROOMS = {
    "living_room": living_room.build,
    "kitchen": kitchen.build,
    "corridor": warehouse.corridor,
    "hall": warehouse.hall,
    "garage": warehouse.garage,
    "room of wires": lambda rng: living_room.furnished(rng, thin.ROOM, 14),
    "room of glass": glass.glass_room,
    "room of mirrors": glass.mirror_room,
}


@pytest.mark.parametrize("name", ROOMS)
def test_nothing_reaches_through_the_walls_of_a_room(name, monkeypatch):
    for kind in TEXTURES:  # shapes are looked at here, and patterns are slow
        monkeypatch.setitem(TEXTURES, kind, lambda rng, tint: np.full((2, 2, 3), 0.5))
    for seed in range(20):
        floor, ceiling, *rest = ROOMS[name](np.random.default_rng([seed, 5])).parts
        low, high = extent([floor, ceiling])
        for part in rest:
            a, b = extent([part])
            assert (a >= low - 0.02).all(), (seed, a, low)
            assert (b <= high + 0.02).all(), (seed, b, high)


# families in which no two surfaces have to share a texture for want of slots
OWN_TEXTURES = {"living_room", "kitchen", "warehouse", "thin", "glass", "underwater"}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_shows_something_and_fits_the_renderer(family):
    for number in range(2):
        scene = build_scene(family, 21, number)
        kinds = list({id(p.material): p.material.kind for p in scene.parts}.values())
        assert len(scene.parts) <= 400
        assert kinds.count("light") <= LIGHTS
        if family in OWN_TEXTURES:
            assert all(kinds.count(kind) <= CAPACITY[kind] for kind in CAPACITY)
        loaded, rng = load(scene), np.random.default_rng(number)
        depths = [
            trace_surface(loaded, scene.camera(rng), (48, 36)).depth for _ in range(CAMERA_TRIES)
        ]
        assert any(map(is_worth_keeping, depths))


def test_every_scene_type_of_da2k_has_data():
    types = {kind for kinds in SCENE_TYPES.values() for kind in kinds}
    assert set(SCENE_TYPES) == set(FAMILIES)
    assert types == {
        "indoor", "outdoor", "object", "transparent_reflective", "aerial", "underwater",
    }  # fmt: skip
    assert {"night", "fog", "rain", "painted", "drawn", "underwater"} <= set(STYLES)  # the others


def cube(size=1.0):
    return [Part(box((0, 0, size / 2), (size, size, size)), Material("diffuse"))]


def test_a_room_takes_only_what_fits_and_touches_nothing():
    room = Room(Scene(), 4, 4, 2.5)
    assert put(room, cube(), (0, 0, 0))
    assert not put(room, cube(), (0.9, 0, 0))  # in the first one
    assert not put(room, cube(), (1.6, 0, 0))  # in the wall
    assert put(room, cube(), (1.4, 0, 0))
    assert not put(room, cube(3), (0, 0, 0))  # higher than the room
    assert put(room, cube(), (0, 0, 1.2))  # on top is free
    assert len(room.taken) == 3


@pytest.mark.parametrize("wall", range(4))
def test_at_a_wall_an_object_has_its_back_to_it(wall):
    room = Room(Scene(), 4, 6, 2.5)
    at, turn = room.at_wall(wall, 0.5)
    low, high = box_of([Part(box((0, -0.25, 0.5), (1, 0.5, 1)), Material("diffuse"))], at, turn)
    side, edge = [(1, 3.0), (0, -2.0), (1, -3.0), (0, 2.0)][wall]
    touching = high if edge > 0 else low
    assert touching[side] == pytest.approx(edge)
    assert (np.abs([low[0], high[0]]) <= 2 + 1e-9).all()
    assert (np.abs([low[1], high[1]]) <= 3 + 1e-9).all()


def test_things_on_a_table_stay_on_it_and_apart():
    rng = np.random.default_rng(0)
    parts = laden(rng, cube(1.0), [cube(0.2)], 30)
    things = [extent([part]) for part in parts[1:]]
    assert len(things) > 3
    for i, (low, high) in enumerate(things):
        assert low[2] == pytest.approx(1.001)
        assert (np.abs([low[:2], high[:2]]) <= 0.5).all()
        for a, b in things[:i]:
            assert (np.hypot(*((low + high) / 2 - (a + b) / 2)[:2])) > 0.17


def test_cameras_keep_out_of_the_furniture():
    room, rng = Room(Scene(), 4, 5, 2.6), np.random.default_rng(1)
    for at in ((-1, -1, 0), (1, 1, 0), (-1, 1.5, 0)):
        assert put(room, cube(), at)
    camera = viewpoints(room)
    for _ in range(100):
        at = camera(rng).position
        assert (np.abs(at[:2]) < [2, 2.5]).all()
        assert 0 < at[2] < 2.6
        assert not any((at > low).all() and (at < high).all() for low, high in room.taken)


def test_merged_keeps_every_triangle_and_one_mesh_per_material():
    a, b = Material("diffuse"), Material("metal")
    scene = Scene([Part(box((i, 0, 0), (1, 1, 1)), a if i % 2 else b) for i in range(5)])
    before = extent(scene.parts)
    parts = merged(scene).parts
    assert [part.material for part in parts] == [b, a]
    assert [len(part.mesh.faces) for part in parts] == [36, 24]
    np.testing.assert_array_equal(extent(parts), before)


def test_rods_run_between_their_points_with_their_radius():
    mesh = rods([[0, 0, 0], [1, 2, 3]], [[0, 0, 2], [4, 2, 3]], 0.1, 12)
    first, second = mesh.vertices[:26], mesh.vertices[26:]
    np.testing.assert_allclose(np.hypot(first[:, 0], first[:, 1]), 0.1)
    assert set(np.round(first[:, 2], 9)) == {0, 2}
    np.testing.assert_allclose(np.hypot(second[:, 1] - 2, second[:, 2] - 3), 0.1)
    assert mesh.faces.max() == len(mesh.vertices) - 1


def test_planted_presses_flat_what_is_below_the_ground():
    mesh = planted(box((0, 0, 0), (2, 2, 2)))
    np.testing.assert_allclose(mesh.vertices.min(0), [-1, -1, 0])
    np.testing.assert_allclose(mesh.vertices.max(0), [1, 1, 1])
