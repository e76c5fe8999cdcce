import numpy as np
import pytest

from dav2.encoding import encode_depth
from dav2.geometry import intrinsics_from_fov
from dav2.render import FAMILIES, STYLES, build_scene, render_view
from dav2.render.photograph import expose, spoil
from dav2.render.styles import choose_style
from dav2.render.styles.filters import box_mean, most_common
from dav2.render.styles.night import flash
from dav2.render.styles.paint import outlines
from dav2.render.styles.weather import fog, transmission, under_water
from dav2.render.tracing import Light, Surface
from dav2.scenery import sky
from dav2.scenery.scene import Camera, Scene, daylight

SIZE = (64, 48)
LOOKS = [name for name in STYLES if name != "none"]
OUTSIDE = Scene(sun=(np.array([0, 0, 1.0]), np.ones(3)))


@pytest.fixture(scope="module")
def plain():
    return render_view(5, 0, SIZE, "portrait", "none")


@pytest.mark.parametrize("style", LOOKS)
def test_a_style_changes_the_picture_and_never_the_depth(plain, style):
    view = render_view(5, 0, SIZE, "portrait", style)
    assert view.style == style
    assert encode_depth(view.depth) == encode_depth(plain.depth)
    assert view.depth.tobytes() == plain.depth.tobytes()
    difference = np.abs(view.image.astype(int) - plain.image)
    assert difference.mean() > 5
    assert view.image.std() > 3  # and it still shows something


@pytest.mark.parametrize("family", ["portrait", "living_room"])
def test_nights_are_dark_and_can_be_seen_in(family):
    for seed in (1, 2):
        image = render_view(seed, 0, SIZE, family, "night").image
        assert 15 < image.mean() < 110
        assert np.quantile(image, 0.99) - np.quantile(image, 0.01) > 30


def test_equal_seeds_give_equal_bytes():
    first, other, again = (render_view(seed, 1, SIZE, "nature", "rain").image for seed in (1, 2, 1))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("style", [name for name, look in STYLES.items() if look.scene])
def test_a_changed_scene_has_the_same_triangles(family, style):
    def triangles(scene):
        found = np.concatenate([part.mesh.vertices[part.mesh.faces] for part in scene.parts])
        flat = found.reshape(len(found), 9)
        return flat[np.lexsort(flat.T)]

    scene = build_scene(family, 3, 1)
    changed = STYLES[style].scene(scene, np.random.default_rng(0))
    np.testing.assert_array_equal(triangles(changed), triangles(scene))
    again = STYLES[style].scene(scene, np.random.default_rng(0))
    np.testing.assert_array_equal(again.sky, changed.sky)


def test_which_styles_are_chosen():
    def shares(scene, family, allowed=tuple(STYLES)):
        rng = np.random.default_rng(0)
        names = [choose_style(rng, scene, family, allowed) for _ in range(2000)]
        return {name: names.count(name) / 2000 for name in set(names)}

    outdoors, rooms = shares(OUTSIDE, "street"), shares(Scene(), "living_room")
    assert outdoors["none"] == pytest.approx(STYLES["none"].outdoors, abs=0.03)
    assert outdoors["fog"] == pytest.approx(STYLES["fog"].outdoors, abs=0.03)
    assert not {"fog", "rain", "snow", "underwater"} & set(rooms)
    assert shares(OUTSIDE, "underwater") == {"underwater": 1}
    assert shares(OUTSIDE, "street", ("night",)) == {"night": 1}
    assert shares(Scene(), "living_room", ("rain",)) == {"rain": 1}  # asked for: so be it
    for total in (
        sum(s.indoors for s in STYLES.values()),
        sum(s.outdoors for s in STYLES.values()),
    ):
        assert total == pytest.approx(1)


@pytest.mark.parametrize("names", [{"family": "bedroom"}, {"style": "sepia"}])
def test_unknown_names_are_refused_with_the_known_ones(names):
    with pytest.raises(ValueError, match=r"none|street"):
        render_view(0, 0, SIZE, **names)


def test_without_any_light_the_camera_uses_its_flash():
    light, surface = bands()
    lamp = flash(light._replace(radiance=np.zeros((48, 64, 3))), surface, np.random.default_rng(0))
    level = columns(lamp.mean(-1), np.median)
    np.testing.assert_allclose(level[:-1] / level[1:], 9, rtol=1e-6)  # three times as far away
    assert lamp.min() > 0
    blind = surface._replace(clear=np.ones((48, 64), bool))  # glass throws it elsewhere
    np.testing.assert_array_equal(flash(light, blind, np.random.default_rng(0)), light.radiance)


def bands():
    """A picture of noise at 1, 3, 9 and 27 m, 16 columns each."""
    rng = np.random.default_rng(0)
    depth = np.repeat([1.0, 3.0, 9.0, 27.0], 16)[None].repeat(48, 0)
    intrinsics = intrinsics_from_fov(*SIZE, 1.0)
    normal = np.broadcast_to([0.0, 0, 1], (48, 64, 3))
    light = Light(rng.uniform(0.2, 1, (48, 64, 3)), np.full((48, 64, 3), 0.5), normal)
    points = np.stack([depth, depth, depth], -1)
    camera = Camera(np.zeros(3), np.ones(3), 1.0)
    return light, Surface(depth, intrinsics, np.zeros((48, 64), bool), points, camera)


def columns(values, statistic):
    return np.array([statistic(values[:, i : i + 16], (0, 1)) for i in range(0, 64, 16)])


def test_transmission_is_beer_lambert():
    share = transmission(np.array([[0.0, 1.0, 2.0, np.inf]]), np.array([0.0, np.log(2), 1.0])[1:])
    np.testing.assert_allclose(share[0], [[1, 1], [0.5, np.exp(-1)], [0.25, np.exp(-2)], [0, 0]])


def test_contrast_falls_with_depth_in_fog():
    light, surface = bands()
    for seed in range(5):
        contrast = columns(fog(light, surface, np.random.default_rng(seed)), np.std).mean(-1)
        assert (np.diff(contrast) < 0).all()
        plain = columns(light.radiance, np.std).mean(-1)
        assert contrast[3] < plain[3] * contrast[0] / plain[0]


def test_red_fades_first_under_water():
    light, surface = bands()
    for seed in range(5):
        spoiled = columns(under_water(light, surface, np.random.default_rng(seed)), np.std)
        contrast = spoiled / columns(light.radiance, np.std)
        red_to_blue = contrast[:, 0] / contrast[:, 2]
        assert (np.diff(red_to_blue) < 0).all()


def test_lines_are_drawn_at_outlines_and_not_on_slanted_planes():
    light, surface = bands()
    slanted = np.broadcast_to(1 / np.linspace(0.1, 1, 64), (48, 64))
    assert not outlines(surface._replace(depth=slanted), light).any()
    drawn = outlines(surface, light)
    assert drawn[:, [15, 31, 47]].all()  # the nearer side of each step
    assert drawn.mean() < 0.1


def test_filters_by_hand():
    dot = np.zeros((5, 5))
    dot[2, 2] = 9
    expected = np.zeros((5, 5))
    expected[1:4, 1:4] = 1
    np.testing.assert_allclose(box_mean(dot, 1), expected)
    picture = np.full((9, 9, 3), 0.2)
    picture[:, 5:] = [0.9, 0.8, 0.7]
    picture[4, 2] = 1.0  # a speck is not common
    smooth = most_common(picture, 1, 10)
    np.testing.assert_allclose(smooth[:, :5], 0.2)
    np.testing.assert_allclose(smooth[:, 5:], np.broadcast_to([0.9, 0.8, 0.7], (9, 4, 3)))


def test_skies_point_where_they_say_and_nights_are_dark():
    rng = np.random.default_rng(0)
    towards = sky.directions()
    np.testing.assert_allclose(np.linalg.norm(towards, axis=-1), 1)
    for _ in range(50):
        direction = rng.normal(size=3) * [1, 1, 0.5] + [0, 0, 1]
        direction[2] = abs(direction[2]) + 0.05
        direction /= np.linalg.norm(direction)
        assert towards[sky.texel(direction)] @ direction > np.cos(np.radians(1.5))
    for cover in (0, 0.5, 1):
        above = sky.day(rng, cover, np.array([0.6, 0, 0.8]))[: sky.ROWS // 2]
        assert above.shape == (sky.ROWS // 2, sky.COLUMNS, 3)
        assert above.min() > 0
        assert sky.night(rng).mean() < 0.1 * above.mean()
    clear = sky.day(rng, 0, np.array([0.6, 0, 0.8]))[:10].mean((0, 1))
    assert clear[2] > 2 * clear[0]  # blue


def test_daylight_depends_on_the_generator_alone():
    scenes = [Scene(), Scene(), Scene()]
    for scene, seed in zip(scenes, (1, 1, 2), strict=True):
        daylight(scene, np.random.default_rng(seed))
    np.testing.assert_array_equal(scenes[0].sky, scenes[1].sky)
    assert not np.array_equal(scenes[0].sky, scenes[2].sky)


def test_exposure_does_not_depend_on_the_unit_of_light():
    radiance = np.random.default_rng(0).uniform(0.1, 1, (48, 64, 3))
    for seed in range(5):
        one, ten = (
            expose(radiance * gain, np.random.default_rng(seed), (0.16, 0.3)) for gain in (1, 10)
        )
        np.testing.assert_allclose(one, ten, atol=1e-6)
        assert 0.1 < one.mean() < 0.9
        spoilt = spoil(one, np.random.default_rng(seed), None)
        assert np.abs(spoilt - one).mean() < 0.1
