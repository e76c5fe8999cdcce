"""Hypersim: distances along rays, each scene's own camera, official parts, colours in HDF5."""

import h5py
import numpy as np
import pytest

from dav2 import cli
from dav2.data.check import check, format_report
from dav2.data.frames import BrokenFrame, DepthSet
from dav2.data.labelled import find_labelled, hypersim
from dav2.data.labelled.hypersim import planar_from_camera, tone_map
from dav2.data.pack import pack
from dav2.data.sources import open_source
from dav2.disk import read_json
from tests.helpers import layouts

CAMERAS = "metadata_camera_parameters.csv"
SPLIT = "metadata_images_split_scene_v1.csv"
HEADER = "scene_name,camera_name,frame_id,included_in_public_release,exclude_reason,split_partition_name\n"
NOMINAL = [0.57735027, 0, 0, 0, 0.36084392, 0, 0, 0, -1]  # 32x20 pixels, 60 degrees


def read(root, labelled=None):
    labelled = labelled or find_labelled("hypersim")
    frames = DepthSet(labelled, labelled.find(root))
    return [frames.read(frame) for frame in frames.frames]


def test_without_the_table_every_scene_has_the_nominal_camera(tmp_path):
    layouts.hypersim(tmp_path)
    [(_, depth)] = read(tmp_path)
    # f = 16 / tan 30 = 27.713 px; pixel [3, 5] lies at (-10.5, -6.5): 8 * 27.713 / 30.340
    assert depth[3, 5] == pytest.approx(7.30732, abs=1e-4)
    # its mirror images in the other three quadrants share the factor of distance 4
    assert depth[16, 26] == depth[3, 26] == depth[16, 5] == pytest.approx(3.65366, abs=1e-4)
    assert depth[10, 16] == pytest.approx(4 * 27.7128 / np.sqrt(768.5), abs=1e-4)
    assert np.argwhere(np.isnan(depth)).tolist() == [[2, 4]]
    layouts.hypersim_cameras(tmp_path / CAMERAS, ai_003_010=NOMINAL)
    [(_, same)] = read(tmp_path)
    np.testing.assert_allclose(same, depth, rtol=1e-6)


def test_at_its_own_size_it_has_the_focal_length_of_the_official_readers(tmp_path):
    layouts.hypersim(tmp_path, size=(1024, 768))
    # corner (-511.5, -383.5), f = 886.81: 4 * 886.81 / sqrt(786431.98 + 261632.25 + 147072.25)
    assert read(tmp_path)[0][1][0, 0] == pytest.approx(3.244753, abs=1e-5)


def test_a_ray_is_the_matrix_times_u_v_1():
    # Four pixels at u, v = -1/2, 1/2; row 0 is above, v = 1/2.
    camera = np.array([[2, 0, 0], [0, 2, 0], [0, 0.5, -1.0]])
    depth = planar_from_camera(np.full((2, 2), 3.0), camera)
    # above: (-+1, 1, -0.75), of length sqrt(2.5625); below: (-+1, -1, -1.25), of sqrt(3.5625)
    assert depth[0] == pytest.approx([3 * 0.75 / 2.5625**0.5] * 2)
    assert depth[1] == pytest.approx([3 * 1.25 / 3.5625**0.5] * 2)
    camera = np.array([[2, 0, 1], [0, 2, 0], [0, 0, -1.0]])  # shifted to the side
    depth = planar_from_camera(np.full((2, 2), 3.0), camera)
    assert depth[0] == pytest.approx([3 / 2**0.5, 3 / 6**0.5])  # (0, 1, -1) and (2, 1, -1)


def test_a_scene_has_its_own_camera_from_its_folder_or_elsewhere(tmp_path):
    root = tmp_path / "scenes"
    layouts.hypersim(root)
    table = layouts.hypersim_cameras(
        tmp_path / "elsewhere.csv", ai_003_010=[0, 0, 3, 0, 0, 0, 0, 0, -4], ai_001_001=NOMINAL
    )
    [(_, depth)] = read(root, hypersim(table))
    assert depth[10, 10] == pytest.approx(4 * 0.8)
    [(_, depth)] = read(root)
    assert depth[10, 10] != pytest.approx(4 * 0.8)
    table.rename(root / CAMERAS)
    [(_, depth)] = read(root)
    assert depth[10, 10] == pytest.approx(4 * 0.8)
    layouts.hypersim_cameras(root / CAMERAS, ai_001_001=NOMINAL)
    with pytest.raises(BrokenFrame, match=r"parameters\.csv has no camera of scene ai_003_010"):
        read(root)
    layouts.hypersim_cameras(root / CAMERAS, ai_003_010=["nan", *NOMINAL[1:]])
    with pytest.raises(BrokenFrame, match=r"parameters\.csv:2 is not as ml-hypersim has it"):
        read(root)
    with pytest.raises(ValueError, match="cameras is of set hypersim, irs has none"):
        find_labelled("irs", cameras=table)


def test_infinity_is_unknown_and_no_sky(tmp_path):
    path = layouts.hypersim(tmp_path)
    with h5py.File(path, "a") as opened:
        opened["dataset"][7, 7] = np.inf
        opened["dataset"][8, 8] = 0
    [(_, depth)] = read(tmp_path)
    assert np.argwhere(np.isnan(depth)).tolist() == [[2, 4], [7, 7], [8, 8]]
    assert np.isfinite(depth).sum() == 32 * 20 - 3


def parts(root):
    for frame in ("0005", "0006", "0007", "0008", "0009"):
        layouts.hypersim(root, frame)
    (root / SPLIT).write_text(
        HEADER + "ai_003_010,cam_01,5,True,,val\nai_003_010,cam_01,6,True,,test\n"
        "ai_003_010,cam_01,7,True,,train\nai_003_010,cam_01,8,False,person,\n"
        "ai_003_010,cam_00,9,True,,train\n"
    )


@pytest.mark.parametrize(
    ("part", "expected"),
    [(None, "7"), ("train", "7"), ("val", "5"), ("test", "6"), ("all", "567")],
)
def test_the_official_partition_is_kept_apart(part, expected, tmp_path):
    parts(tmp_path)
    frames = find_labelled("hypersim", part=part).find(tmp_path)
    assert "".join(frame.image.name[9] for frame in frames) == expected


def test_a_part_needs_the_table_that_says_what_it_is(tmp_path):
    layouts.hypersim(tmp_path)
    assert len(find_labelled("hypersim").find(tmp_path)) == 1
    with pytest.raises(FileNotFoundError, match=r"v1\.csv is missing, which says what part val"):
        find_labelled("hypersim", part="val").find(tmp_path)
    (tmp_path / SPLIT).write_text(HEADER)
    with pytest.raises(
        FileNotFoundError, match=r"names no picture .* in part train; the parts are"
    ):
        find_labelled("hypersim").find(tmp_path)
    with pytest.raises(ValueError, match=r"no part 'valid', only train, val, test, all"):
        find_labelled("hypersim", part="valid")
    with pytest.raises(ValueError, match="irs has no part 'train', nor any other"):
        find_labelled("irs", part="train")


def test_a_table_of_another_kind_is_named(tmp_path):
    layouts.hypersim(tmp_path)
    for table, content in (
        (SPLIT, "a,b\n1,2\n"),
        (SPLIT, HEADER + "a,b,x,True,,train\n"),
        (CAMERAS, "a,b\n1,2\n"),
    ):
        (tmp_path / table).write_text(content)
        with pytest.raises(ValueError, match=rf"{table}:2 is not as ml-hypersim has it"):
            read(tmp_path)
        (tmp_path / table).unlink()


def test_colours_become_a_picture():
    colours = np.zeros((1, 11, 3))
    colours[0, :10] = np.arange(1, 11)[:, None] / 10  # grey: brightness is the value
    colours[0, 10] = 1000  # no geometry: does not count
    entities = np.array([[5] * 10 + [-1]])
    picture = tone_map(colours, entities)
    # Their 90th percentile is 0.91, which becomes 0.8; (x * 0.8^2.2 / 0.91) ^ (1/2.2) of 0.5 and 1
    assert picture[0, 4].tolist() == [int(255 * 0.8 * (0.5 / 0.91) ** (1 / 2.2))] * 3 == [155] * 3
    assert picture[0, 9].tolist() == [int(255 * 0.8 * (1 / 0.91) ** (1 / 2.2))] * 3 == [212] * 3
    assert picture[0, 10].tolist() == [255] * 3
    assert tone_map(colours * 1e-6, entities).max() == 0  # nothing but darkness
    assert tone_map(colours, entities * 0 - 1)[0, 9].tolist() == [255] * 3  # no geometry: as it is
    assert tone_map(np.array([[[1.0, 0, 0]]]), np.array([[1]])).tolist() == [[[255, 0, 0]]]


def test_without_previews_pictures_are_tone_mapped(tmp_path):
    colours = np.ones((20, 32, 3)) * [1, 1, 0]
    colours[0, 0], colours[0, 1] = np.inf, np.nan
    path = layouts.hypersim_colours(tmp_path, colours, np.ones((20, 32)))
    [(picture, depth)] = read(tmp_path)
    # brightness 0.89 becomes 0.8: 0.8 / 0.89 ^ (1/2.2) = 0.8435
    assert picture.shape == (20, 32, 3)
    assert picture[5, 5].tolist() == [215, 215, 0]
    assert picture[0, :2].tolist() == [[255] * 3, [0] * 3]
    assert depth[3, 5] == pytest.approx(7.30732, abs=1e-4)
    [item] = open_source("hypersim", tmp_path).items
    assert item.encode()[0].startswith(b"\xff\xd8\xff")
    entities = path.with_name("frame.0007.render_entity_id.hdf5")
    entities.unlink()
    with pytest.raises(BrokenFrame, match=r"render_entity_id\.hdf5 is missing"):
        read(tmp_path)
    layouts.hypersim(tmp_path, "0008")  # one preview: nothing else is taken
    [frame] = find_labelled("hypersim").find(tmp_path)
    assert frame.image.name == "frame.0008.tonemap.jpg"
    [item] = open_source("hypersim", tmp_path).items
    assert item.encode()[0] == frame.image.read_bytes()


def test_check_says_which_camera_and_which_part(tmp_path):
    layouts.hypersim(tmp_path)
    said = format_report(check("hypersim", tmp_path, progress=False)[0])
    assert f"WARNING: no {CAMERAS}, so that every scene has the nominal camera: depth is" in said
    assert "more than 1 % wrong within 43 % of the pictures" in said
    assert f"WARNING: no {SPLIT}" in said
    parts(tmp_path)
    layouts.hypersim_cameras(tmp_path / CAMERAS, ai_003_010=NOMINAL)
    said = format_report(check("hypersim", tmp_path, progress=False)[0])
    assert "depth along the axis of each scene's own camera" in said
    assert "1 found" in said
    assert "WARNING" not in said


def test_a_pack_is_of_one_camera_and_one_part(tmp_path):
    root, out = tmp_path / "scenes", tmp_path / "pack"
    layouts.hypersim(root)
    assert "nominal camera" in pack("hypersim", root, out, progress=False)["remarks"][0]
    layouts.hypersim_cameras(root / CAMERAS, ai_003_010=NOMINAL)
    with pytest.raises(ValueError, match="begun otherwise"):
        pack("hypersim", root, out, progress=False)


def test_a_part_is_asked_for_on_the_command_line(tmp_path, capsys):
    root = tmp_path / "scenes"
    parts(root)
    table = layouts.hypersim_cameras(tmp_path / "cameras.csv", ai_003_010=NOMINAL)
    options = ["--part", "all", "--cameras", str(table)]
    cli.main(["data", "check", "hypersim", str(root), *options])
    said = capsys.readouterr().out
    assert "hypersim, part all in" in said
    assert "3 whole" in said
    assert "own camera" in said
    out = tmp_path / "pack"
    cli.main(["data", "pack", "hypersim", str(root), "--out", str(out), *options])
    assert "own camera" in capsys.readouterr().out
    assert read_json(out / "manifest.json")["part"] == "all"
    command = ["evaluate", "relative", "--set", "hypersim", "--root", str(root), "--part", "val"]
    cli.main([*command, "--model", "lower is nearer"])
    said = capsys.readouterr().out
    assert "| hypersim val " in said
    assert "nominal camera" in said
