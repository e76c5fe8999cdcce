import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from dav2.cli.render import render
from dav2.encoding import encode_depth
from dav2.manifests import read_manifest
from dav2.render import FAMILIES, build_scene, render_set, render_view
from dav2.render.loading import CAPACITY, load
from dav2.render.tracing import trace_light
from dav2.render.views import family_of
from dav2.scenery.scene import Camera, Scene, extent
from dav2.scenery.sweethome import CATALOGUE, load_piece, open_catalogue
from tests.helpers.ray_caster import assert_depth_of_a_ray_caster

SIZE = (64, 48)
# a wedge, 2 wide, 1 high, 4 deep: low in front (+z), high at its back; quads and triangles
WEDGE = """mtllib wedge.mtl
v 5 0 0
v 7 0 0
v 7 0 4
v 5 0 4
v 5 1 0
v 7 1 0
usemtl yellow
f 1 2 3 4
f 1 2 6 5
f 4 3 6 5
f 1 4 5
f 2 3 6
"""
PANEL = """mtllib panel.mtl
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
vt 0 0
vt 1 0
vt 1 1
vt 0 1
usemtl picture
f 1/1 2/2 3/3 4/4
"""
PANE = "mtllib pane.mtl\nv 0 0 0\nv 1 0 0\nv 1 1 0\nusemtl glass\nf 1 2 3\n"
ENTRIES = {  # name: width, depth, height, elevation in cm
    "wedge": (90, 60, 120, 0),
    "panel": (100, 1, 80, 140),
    "pane": (30, 1, 30, 0),
    "absent": (50, 50, 50, 0),
}
YELLOW = (0.9, 0.8, 0.1)


def picture(*colours):
    """A PNG of horizontal stripes, from top to bottom."""
    content = io.BytesIO()
    Image.fromarray(np.repeat(np.array(colours, np.uint8)[:, None], 8, 1)).save(content, "png")
    return content.getvalue()


def catalogue_files(**changes):
    """The files of a small catalogue in the layout of Sweet Home 3D's."""
    lines = ["# a comment = ignored", "license=Public domain"]
    for number, (name, (width, depth, height, elevation)) in enumerate(ENTRIES.items(), 1):
        lines += [
            f"id#{number}=test#{name}", f"name#{number}={name}", "category#1=Office",
            f"model#{number}=/models/{name}/{name}.obj", f"width#{number}={width}",
            f"depth#{number}={depth}", f"height#{number}={height}",
            f"elevation#{number}={elevation}",
        ]  # fmt: skip
    lines += [
        "name#9=thief",
        "model#9=/models/../../thief.obj",
        "width#9=9",
        "depth#9=9",
        "height#9=9",
    ]
    files = {
        CATALOGUE: "\r\n".join(lines),
        "models/wedge/wedge.obj": WEDGE,
        "models/wedge/wedge.mtl": "newmtl yellow\nKd {} {} {}\n".format(*YELLOW),
        "models/panel/panel.obj": PANEL,
        "models/panel/panel.mtl": "newmtl picture\nKd 0.2 0.4 0.6\nmap_Kd C:\\art\\red blue.png\n",
        "models/panel/red blue.png": picture((255, 0, 0), (0, 0, 255)),
        "models/pane/pane.obj": PANE,
        "models/pane/pane.mtl": "newmtl glass\nd 0.3\nKd 1 1 1\n",
    }
    return {name: text for name, text in (files | changes).items() if text is not None}


def write_zip(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return write_zip(tmp_path_factory.mktemp("shop") / "shop.sh3f", catalogue_files())


def pieces(catalogue):
    names = [piece.entry.model.split("/")[2] for piece in catalogue.pieces]
    return {n: load_piece(catalogue, p) for n, p in zip(names, catalogue.pieces, strict=True)}


def test_a_model_has_its_size_in_metres_stands_upright_and_faces_the_room(shop):
    wedge = pieces(open_catalogue(shop))["wedge"]
    low, high = extent(wedge)
    np.testing.assert_allclose(low, [-0.45, -0.3, 0], atol=1e-9)
    np.testing.assert_allclose(high, [0.45, 0.3, 1.2], atol=1e-9)
    assert sum(len(part.mesh.faces) for part in wedge) == 8  # three quads, two triangles
    points = np.concatenate([part.mesh.vertices for part in wedge])
    assert points[points[:, 2] > 0.1, 1] == pytest.approx(0.3)  # high at its back, +y
    np.testing.assert_allclose(wedge[0].material.look, YELLOW)


def test_a_turned_model_gets_its_size_after_the_turn(tmp_path):
    text = catalogue_files()[CATALOGUE] + "\nmodelRotation#1=1 0 0 0 0 1 0 -1 0"  # front up
    shop = write_zip(tmp_path / "a.sh3f", catalogue_files(**{CATALOGUE: text}))
    wedge = pieces(open_catalogue(shop))["wedge"]
    np.testing.assert_allclose(extent(wedge), [[-0.45, -0.3, 0], [0.45, 0.3, 1.2]], atol=1e-9)
    points = np.concatenate([part.mesh.vertices for part in wedge])
    top = points[points[:, 2] > 1.1]
    assert np.ptp(top[:, 1]) == pytest.approx(0)  # what was the front is an edge on top


def test_a_texture_is_the_right_way_up_and_glass_is_glass(shop):
    made = pieces(open_catalogue(shop))
    assert made["pane"][0].material.kind == "pane"
    camera = Camera(np.array([0, -1, 0.4]), np.array([0, 0, 0.4]), 0.6)
    light = trace_light(load(Scene(made["panel"])), camera, (32, 32), 0)
    radiance = np.asarray(light.radiance)
    assert radiance[:12, 16, 0].mean() > 5 * radiance[:12, 16, 2].mean()  # red above
    assert radiance[-12:, 16, 2].mean() > 5 * radiance[-12:, 16, 0].mean()  # blue below


def test_what_cannot_be_used_is_set_aside_with_its_reason(shop):
    catalogue = open_catalogue(shop)
    assert len(catalogue.pieces) == 3
    assert catalogue.licence == "Public domain"
    assert catalogue.set_aside == {
        "absent #4": "/models/absent/absent.obj is not there",
        "thief #9": "/models/../../thief.obj leaves the catalogue",
    }
    assert catalogue.plain == {}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("models/wedge/wedge.obj", "no model", "no triangles"),
        ("models/wedge/wedge.obj", WEDGE + "f 1 2 99\n", "cannot be read"),
        ("models/wedge/wedge.obj", WEDGE.replace("v 5 0 0", "v nan 0 0"), "no numbers"),
        ("models/wedge/wedge.obj", WEDGE + "f 1 2 3\n" * 64_000, "triangles, 64,000 are allowed"),
        ("models/wedge/wedge.obj", b"\n" * ((32 << 20) + 1), "larger than 32 MiB"),
        (CATALOGUE, "name#1=wedge\nmodel#1=/models/wedge/wedge.dae\nmodel#2=/models/panel/panel.obj"
         "\nwidth#2=9\ndepth#2=9\nheight#2=9", "not an OBJ"),
        (CATALOGUE, "name#1=wedge\nmodel#1=/models/wedge/wedge.obj\nwidth#1=x"
         "\nmodel#2=/models/panel/panel.obj\nwidth#2=9\ndepth#2=9\nheight#2=9", "no size"),
    ],
)  # fmt: skip
def test_a_broken_model_is_set_aside(tmp_path, name, content, reason):
    shop = write_zip(tmp_path / "a.sh3f", catalogue_files(**{name: content}))
    catalogue = open_catalogue(shop)
    assert reason in catalogue.set_aside["wedge #1"]
    assert len(catalogue.pieces) >= 1


@pytest.mark.parametrize(
    ("changes", "reason", "look"),
    [
        ({"models/panel/red blue.png": None}, "red blue.png", (0.2, 0.4, 0.6)),
        ({"models/panel/red blue.png": b"broken"}, "red blue.png", (0.2, 0.4, 0.6)),
        ({"models/panel/panel.mtl": None}, "material panel.mtl", (0.6, 0.6, 0.6)),
    ],
)
def test_a_missing_texture_or_material_leaves_a_plain_colour_and_is_said(
    tmp_path, changes, reason, look
):
    catalogue = open_catalogue(write_zip(tmp_path / "a.sh3f", catalogue_files(**changes)))
    assert list(catalogue.plain) == ["panel #2"]
    assert reason in catalogue.plain["panel #2"]
    np.testing.assert_allclose(pieces(catalogue)["panel"][0].material.look, look)


def test_a_catalogue_that_was_replaced_gives_its_own_models(tmp_path):
    shop = write_zip(tmp_path / "a.sh3f", catalogue_files())
    before = pieces(open_catalogue(shop))["panel"][0].material.look
    write_zip(shop, catalogue_files(**{"models/panel/panel.mtl": None}))
    after = pieces(open_catalogue(shop))["panel"][0].material.look
    assert before.shape == (256, 256, 3)
    np.testing.assert_allclose(after, 0.6)


def test_a_texture_with_holes_is_set_aside(tmp_path):
    holes = picture((255, 0, 0, 255), (0, 0, 255, 0))
    shop = write_zip(tmp_path / "a.sh3f", catalogue_files(**{"models/panel/red blue.png": holes}))
    assert open_catalogue(shop).set_aside["panel #2"] == "a texture with holes"


def test_a_folder_is_as_good_as_a_file_and_nothing_leaves_it(shop, tmp_path):
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(shop) as archive:
        archive.extractall(folder)
    catalogue = open_catalogue(folder)
    assert [p.entry for p in catalogue.pieces] == [p.entry for p in open_catalogue(shop).pieces]
    assert catalogue.set_aside == open_catalogue(shop).set_aside
    inside = folder / "models" / "wedge" / "wedge.obj"
    inside.rename(tmp_path / "outside.obj")
    inside.symlink_to(tmp_path / "outside.obj")
    again = open_catalogue(folder)
    assert "leaves the catalogue" in again.set_aside["wedge #1"]


def test_what_is_no_catalogue_is_one_error_that_names_the_fix(shop, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no furniture.*apt-get install sweethome3d"):
        open_catalogue(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"Give one of its files: shop\.sh3f"):
        open_catalogue(shop.parent)
    with pytest.raises(FileNotFoundError, match=r"not there.*apt-get install"):
        render(out=tmp_path / "set", count=1, furniture=tmp_path / "nothing.sh3f")
    (tmp_path / "text.sh3f").write_text("no zip")
    with pytest.raises(ValueError, match=r"no furniture catalogue.*apt-get install"):
        open_catalogue(tmp_path / "text.sh3f")
    alone = {CATALOGUE: "model#1=/a.obj\nwidth#1=1\ndepth#1=1\nheight#1=1"}
    with pytest.raises(ValueError, match=r"none of its pieces.*/a\.obj is not there"):
        open_catalogue(write_zip(tmp_path / "a.sh3f", alone))


def test_furniture_stands_on_the_floor_and_nothing_reaches_through_walls(shop):
    catalogue, seen = open_catalogue(shop), 0
    for seed in range(12):
        scene = build_scene("showroom", seed, 0, furniture=catalogue)
        floor, ceiling, *rest = scene.parts
        low, high = extent([floor, ceiling])
        for part in rest:
            a, b = extent([part])
            assert (a >= low - 0.02).all()
            assert (b <= high + 0.02).all()
            if part.material.look.shape == (3,) and np.allclose(part.material.look, YELLOW):
                seen += 1
                assert a[2] == pytest.approx(0, abs=1e-9)
                assert b[2] == pytest.approx(1.2)
        kinds = list({id(p.material): p.material.kind for p in scene.parts}.values())
        assert all(kinds.count(kind) <= CAPACITY[kind] for kind in CAPACITY)
    assert seen > 6


def test_depth_of_a_showroom_equals_an_independent_ray_caster(shop):
    assert_depth_of_a_ray_caster(build_scene("showroom", 11, 3, furniture=open_catalogue(shop)))


def test_without_furniture_there_is_no_showroom_and_with_it_the_others_stay_the_same(shop):
    catalogue = open_catalogue(shop)
    assert "showroom" not in FAMILIES
    assert "showroom" not in {family_of(1, scene) for scene in range(400)}
    assert "showroom" in {family_of(1, scene, None, catalogue) for scene in range(100)}
    with pytest.raises(ValueError, match="showroom needs furniture: --furniture FILE"):
        render_view(0, 0, SIZE, "showroom")
    with pytest.raises(ValueError, match=r"some of .*, showroom, not"):
        family_of(0, 0, ["shop"], catalogue)
    alone, beside = (render_view(4, 1, SIZE, "tabletop", "none", path) for path in (None, shop))
    np.testing.assert_array_equal(alone.image, beside.image)
    np.testing.assert_array_equal(alone.depth, beside.depth)


def test_a_set_knows_its_furniture_and_refuses_other(shop, tmp_path, capsys):
    out = tmp_path / "set"
    arguments = {
        "size": (64, 48),
        "seed": 2,
        "workers": 1,
        "families": ["showroom"],
        "styles": ["none"],
    }
    render(out=out, count=2, **arguments, furniture=shop)
    assert "3 models (Public domain), 2 set aside" in capsys.readouterr().out
    manifest = read_manifest(out)
    assert manifest["families"] == {"showroom": 2}
    assert manifest["furniture"]["models"] == 3
    assert manifest["furniture"]["sha256"] == manifest["asked"]["furniture"]
    assert len(manifest["furniture"]["set_aside"]) == 2
    view = render_view(2, 1, SIZE, "showroom", "none", shop)
    assert encode_depth(view.depth) == (out / "000001.png").read_bytes()
    same = write_zip(tmp_path / "moved.sh3f", {})
    same.write_bytes(shop.read_bytes())
    before = (out / "manifest.json").stat().st_mtime_ns
    render(out=out, count=2, **arguments, furniture=same)  # by content, wherever it lies
    assert (out / "manifest.json").stat().st_mtime_ns == before
    other = write_zip(tmp_path / "other.sh3f", catalogue_files(**{"models/wedge/wedge.mtl": None}))
    with pytest.raises(ValueError, match="furniture was"):
        render(out=out, count=2, **arguments, furniture=other)
    with pytest.raises(ValueError, match="furniture was"):
        render_set(out, 2, SIZE, 2, 1, styles=["none"])


def test_furniture_that_changes_meanwhile_is_noticed(shop, tmp_path):
    copy = tmp_path / "copy.sh3f"
    copy.write_bytes(shop.read_bytes())
    catalogue = open_catalogue(copy)
    copy.write_bytes(b"gone")
    with pytest.raises(ValueError, match="changed while it was in use"):
        load_piece(catalogue, catalogue.pieces[0])
