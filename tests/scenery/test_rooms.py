import numpy as np
import pytest

from dav2.scenery.families import glass, kitchen, living_room, thin, warehouse
from dav2.scenery.furnishing import laden
from dav2.scenery.meshes import box
from dav2.scenery.rooms import Room, box_of, merged, put, viewpoints
from dav2.scenery.scene import Material, Part, Scene, extent
from dav2.scenery.textures import TEXTURES

ROOMS = {
    "living_room": living_room.build,
    "kitchen": kitchen.build,
    "corridor": warehouse.corridor,
    "hall": warehouse.hall,
    "garage": warehouse.garage,
    "room of wires": thin.room,
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
