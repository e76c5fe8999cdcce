import numpy as np
import pytest

from dav2.render import FAMILIES
from dav2.render.loading import CAPACITY, LIGHTS, load
from dav2.render.styles import STYLES
from dav2.render.tracing import trace_surface
from dav2.render.views import CAMERA_TRIES, build_scene, is_worth_keeping
from dav2.scenery.families import SCENE_TYPES

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
        assert any(is_worth_keeping(depth, scene.relief) for depth in depths)


def test_every_scene_type_of_da2k_has_data():
    types = {kind for kinds in SCENE_TYPES.values() for kind in kinds}
    assert set(SCENE_TYPES) == set(FAMILIES)
    assert types == {
        "indoor", "outdoor", "object", "transparent_reflective", "aerial", "underwater",
    }  # fmt: skip
    assert {"night", "fog", "rain", "painted", "drawn", "underwater"} <= set(STYLES)  # the others
