"""Every thing of the table stands, hangs, floats or swims where the table says."""

import inspect
from importlib import import_module
from pkgutil import iter_modules
from typing import get_args

import numpy as np
import pytest

from dav2.scenery import objects
from dav2.scenery.chance import pick
from dav2.scenery.rooms import Room, box_of
from dav2.scenery.scene import Material, Part, Scene, extent
from dav2.scenery.things import THINGS, Place, builders_of, things_of


def builders():
    """Find every public `rng -> Parts` of the objects."""
    for module in iter_modules(objects.__path__):
        module = import_module(f"dav2.scenery.objects.{module.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            signature = inspect.signature(function)
            needed = [p for p in signature.parameters.values() if p.default is p.empty]
            is_own = function.__module__ == module.__name__ and not name.startswith("_")
            makes_parts = signature.return_annotation == list[Part]
            if is_own and makes_parts and [p.name for p in needed] == ["rng"]:
                yield function


def test_the_table_holds_every_object_once():
    listed = [thing.build for thing in THINGS]
    assert len(set(listed)) == len(listed)
    missing = {f"{f.__module__}.{f.__name__}" for f in builders()} - {
        f"{f.__module__}.{f.__name__}" for f in listed
    }
    assert not missing, "say in dav2/scenery/things.py where they belong"
    assert len(listed) >= 200


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.build.__qualname__)
def test_a_thing_is_whole_and_where_it_belongs(thing):
    for seed in range(2):
        parts = thing.build(np.random.default_rng(seed))
        assert parts
        for mesh, material in parts:
            assert len(mesh.faces)
            assert np.isfinite(mesh.vertices).all()
            assert np.isfinite(mesh.uv).all()
            assert mesh.uv.shape == (len(mesh.vertices), 2)
            assert 0 <= mesh.faces.min() <= mesh.faces.max() < len(mesh.vertices)
            assert isinstance(material, Material)
        low, high = extent(parts)
        assert (high - low).max() < 300
        if thing.place in ("floor", "top"):  # neither sunk nor afloat
            assert -0.012 <= low[2] <= 0.03
        elif thing.place == "ceiling":
            assert -0.03 <= high[2] <= 0.05
        elif thing.place == "wall":
            assert low[2] < 0 < high[2]
            assert high[1] < 0.1, "its back is at the wall"
        elif thing.place in ("ground", "water"):  # reaches into what it stands or floats in
            assert low[2] <= 0.05
            assert high[2] > 0


@pytest.mark.parametrize("thing", [t for t in THINGS if t.holds], ids=lambda t: t.build.__name__)
def test_what_holds_things_has_a_level_top(thing):
    for seed in range(3):
        parts = thing.build(np.random.default_rng(seed))
        low, high = extent(parts)
        vertices = np.concatenate([one.mesh.vertices for one in parts])
        top = vertices[vertices[:, 2] > high[2] - 0.002, :2]
        assert (top.max(0) - top.min(0) > 0.8 * (high - low)[:2]).all()


def test_scenes_choose_by_weight_and_place():
    assert {thing.place for thing in THINGS} == set(get_args(Place))
    assert set(things_of("garage", "wall")).isdisjoint(things_of("garage", "floor"))
    rng, roads = np.random.default_rng(0), builders_of("road")
    drawn = [pick(rng, roads).__name__ for _ in range(900)]
    assert 430 < drawn.count("car") < 570  # 5 of 9
    assert all(thing.place == "top" for thing in things_of("dining"))


@pytest.mark.parametrize("thing", things_of("living"), ids=lambda thing: thing.build.__name__)
def test_a_thing_stands_with_its_back_to_a_wall(thing):
    room, parts = Room(Scene(), 8, 9, 3), thing.build(np.random.default_rng(1))
    _, high = extent(parts)
    at, turn = room.at_wall(0, 0, off=high[1] + 0.03)
    assert box_of(parts, at, turn)[1][1] == pytest.approx(4.5 - 0.03)
