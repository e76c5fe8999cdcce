"""Depth of each set at known pixels, worked out by hand; `UNITS` is 325 at [3, 5], 991 at [19, 31]."""

import shutil

import h5py
import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from dav2.data.frames import BrokenFrame, DepthSet
from dav2.data.labelled import LABELLED, find_labelled
from dav2.data.labelled.files import open_hdf5
from tests.helpers import layouts


def depths(name, root, **options):
    layouts.WRITE[name](root, **options)
    labelled = LABELLED[name]
    data = DepthSet(labelled, labelled.find(root))
    return [data.read(frame)[1] for frame in data.frames], data.frames


@pytest.mark.parametrize(
    ("rgb", "depth"),
    [("", ""), ("rgb", "depth"), ("vkitti_2.0.3_rgb", "vkitti_2.0.3_depth")],
)
def test_vkitti2_is_in_centimetres_and_its_far_plane_is_sky(rgb, depth, tmp_path):
    [values], [frame] = depths("vkitti2", tmp_path, rgb=rgb, depth=depth)
    assert values[3, 5] == pytest.approx(3.25)
    assert values[19, 31] == pytest.approx(9.91)
    assert values[0, 1] == np.inf
    assert frame.name.endswith("Scene18/15-deg-left/frames/rgb/Camera_0/rgb_00012")
    sample = DepthSet(LABELLED["vkitti2"], [frame])[0]
    assert sample.disparity[0, 0, 1] == 0
    assert sample.valid.all()


def test_vkitti2_is_its_left_camera_unless_others_are_asked_for(tmp_path):
    layouts.vkitti2(tmp_path)
    layouts.vkitti2(tmp_path, camera=1)
    for part, cameras in ((None, "0"), ("camera_0", "0"), ("camera_1", "1"), ("both", "01")):
        labelled = find_labelled("vkitti2", part=part)
        assert labelled.part == part or part is None
        assert "".join(one.image.parent.name[-1] for one in labelled.find(tmp_path)) == cameras
    assert LABELLED["vkitti2"].part == "camera_0"


def test_one_bad_pixel_does_not_lose_a_frame(tmp_path):
    path = layouts.vkitti2(tmp_path)
    values = layouts.UNITS.copy()
    values[4, 4] = 0
    layouts.png16(path, values)
    data = DepthSet(LABELLED["vkitti2"], LABELLED["vkitti2"].find(tmp_path))
    depth = data.read(data.frames[0])[1]
    assert np.argwhere(np.isnan(depth)).tolist() == [[4, 4]]
    assert depth[3, 5] == pytest.approx(3.25)
    assert not data[0].valid[0, 4, 4]


def test_blendedmvs_rows_are_turned_and_background_is_unknown(tmp_path):
    [depth], [frame] = depths("blendedmvs", tmp_path)
    assert depth[3, 5] == pytest.approx(3.25)
    assert depth[19, 31] == pytest.approx(9.91)
    assert np.argwhere(np.isnan(depth)).tolist() == [[2, 4]]
    assert frame.name == "5bfe5ae0fe0ea555e6a969ca/blended_images/00000003"


def test_blendedmvs_subsets_may_lie_side_by_side(tmp_path):
    for subset in ("BlendedMVS", "BlendedMVS+"):
        layouts.blendedmvs(tmp_path / subset)
    names = [frame.name for frame in LABELLED["blendedmvs"].find(tmp_path)]
    assert {name.split("/")[0] for name in names} == {"BlendedMVS", "BlendedMVS+"}
    assert len(names) == 2


def test_blendedmvs_pfm_may_be_big_endian_but_not_in_colour(tmp_path):
    path = layouts.blendedmvs(tmp_path)
    data = DepthSet(LABELLED["blendedmvs"], LABELLED["blendedmvs"].find(tmp_path))
    values = (layouts.UNITS / 100).astype(">f4")
    path.write_bytes(b"Pf\n32 20\n1.0\n" + values[::-1].tobytes())
    assert data.read(data.frames[0])[1][3, 5] == pytest.approx(3.25)
    path.write_bytes(b"PF\n32 20\n-1.0\n" + bytes(32 * 20 * 12))
    with pytest.raises(BrokenFrame, match="not a grey PFM"):
        data.read(data.frames[0])
    path.write_bytes(b"Pf\n32 20\n-1.0\n" + bytes(32 * 20 * 4))
    with pytest.raises(BrokenFrame, match="no depth is known"):
        data.read(data.frames[0])


def test_irs_disparity_becomes_metres(tmp_path):
    [depth], [frame] = depths("irs", tmp_path)
    assert depth[3, 5] == pytest.approx(480 * 0.1 / 3.25)
    assert depth[19, 31] == pytest.approx(4.843592, abs=1e-5)
    assert np.argwhere(np.isnan(depth)).tolist() == [[2, 4], [2, 5], [2, 6]]
    assert frame.name == "Home/ArchVizInterior03Data_Dark/l_00041"


def test_irs_refuses_a_normal_map_in_the_place_of_a_disparity(tmp_path):
    path = layouts.irs(tmp_path)
    path.with_name("n_00041.exr").rename(path)
    data = DepthSet(LABELLED["irs"], LABELLED["irs"].find(tmp_path))
    with pytest.raises(BrokenFrame, match="3 channels, not 1"):
        data[0]


def test_irs_notices_that_a_later_block_is_missing(tmp_path):
    path = layouts.irs(tmp_path)
    noise = np.random.default_rng(0).random((200, 32), dtype=np.float32)
    layouts.exr(path, G=noise)  # several compressed blocks of 16 rows each
    layouts.picture(path.with_name("l_00041.png"), (32, 200))
    data = DepthSet(LABELLED["irs"], LABELLED["irs"].find(tmp_path))
    data[0]
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * 0.9)])
    with pytest.raises(BrokenFrame, match=r"d_00041\.exr"):
        data[0]


@pytest.mark.parametrize("world", ["soulcity/soulcity", "soulcity"])
def test_tartanair_is_in_metres_far_away_is_sky_and_black_is_unknown(world, tmp_path):
    [depth], [frame] = depths("tartanair", tmp_path, world=world)
    assert depth[3, 5] == pytest.approx(3.25)
    assert depth[19, 31] == pytest.approx(9.91)
    assert depth[0, 1] == np.inf
    assert depth[2, 5] == np.inf
    assert depth[2, 6] == 999
    assert np.argwhere(np.isnan(depth)).tolist() == [[2, 4], [12, 7]]
    assert frame.name == f"{world}/Hard/P002/image_left/000005_left"


def test_nyuv2_as_png_is_in_millimetres(tmp_path):
    [depth], [frame] = depths("nyuv2", tmp_path)
    assert depth[3, 5] == pytest.approx(3.25)
    assert depth[19, 31] == pytest.approx(9.91)
    assert np.argwhere(np.isnan(depth)).tolist() == [[2, 4]]
    assert frame.name == "test/kitchen_0004/rgb_0002"


def test_nyuv2_as_official_file_counts_from_one_and_is_turned(tmp_path):
    layouts.nyuv2_mat(tmp_path)
    data = DepthSet(LABELLED["nyuv2"], LABELLED["nyuv2"].find(tmp_path))
    assert [(frame.name, frame.index) for frame in data.frames] == [("0001", 0), ("0003", 2)]
    image, depth = data.read(data.frames[1])
    assert depth[3, 5] == pytest.approx(23.25)
    assert depth[19, 31] == pytest.approx(29.91)
    assert np.argwhere(np.isnan(depth)).tolist() == [[2, 4]]
    assert image.shape == (20, 32, 3)
    assert image[:10, :, 0].min() == 250
    assert image[10:].max() == 0
    assert data[1].name == "0003"


def test_nyuv2_without_its_split_is_not_taken_whole(tmp_path):
    layouts.nyuv2_mat(tmp_path)
    (tmp_path / "splits.mat").unlink()
    with pytest.raises(FileNotFoundError, match=r"splits\.mat is missing"):
        LABELLED["nyuv2"].find(tmp_path)


def test_kitti_is_in_256ths_of_a_metre(tmp_path):
    [depth], [frame] = depths("kitti", tmp_path)
    assert depth[3, 5] == 325 * 16 / 256 == 20.3125
    assert depth[19, 31] == 61.9375
    assert np.argwhere(np.isnan(depth)).tolist() == [[2, 4]]
    assert frame.name == "2011_09_26/2011_09_26_drive_0002_sync/image_02/data/0000000069"


def test_kitti_follows_a_list_and_leaves_out_frames_without_depth(tmp_path):
    layouts.kitti(tmp_path, "val", "0000000069")
    layouts.kitti(tmp_path, "train", "0000000054")
    layouts.kitti(tmp_path, "val", "0000000001")
    drive = "2011_09_26_drive_0002_sync"
    line = (
        "2011_09_26/{0}/image_02/data/{1}.png {0}/proj_depth/groundtruth/image_02/{1}.png 721.5377"
    )
    lines = [line.format(drive, number) for number in ("0000000069", "0000000054")]
    lines += [f"2011_09_26/{drive}/image_02/data/0000000001.png None 721.5377", ""]
    table = tmp_path / "eigen_test_files_with_gt.txt"
    table.write_text("\n".join(lines))
    frames = LABELLED["kitti"].find(tmp_path)
    assert [(frame.image.stem, frame.depth.parents[4].name) for frame in frames] == [
        ("0000000054", "train"),
        ("0000000069", "val"),
    ]
    assert len({DepthSet(LABELLED["kitti"], frames)[i].name for i in range(2)}) == 2
    text = "\n".join(lines)
    for content in (  # of other systems
        text.replace("\n", "\r\n").encode(),
        text.encode("utf-8-sig"),
        text.encode("utf-16"),
        text.replace("/", "\\").encode(),
    ):
        table.write_bytes(content)
        assert LABELLED["kitti"].find(tmp_path) == frames
    table.write_bytes(b"\xff" + text.encode())
    with pytest.raises(ValueError, match=r"gt\.txt is no text"):
        LABELLED["kitti"].find(tmp_path)
    table.write_text(lines[0] + "\nonly_a_picture.png\n")
    with pytest.raises(ValueError, match=r"gt\.txt:2 is not 'rgb depth' or 'rgb depth focal'"):
        LABELLED["kitti"].find(tmp_path)
    for wrong in ("../../etc/passwd x.png", lines[0].replace("data/", "data/../../")):
        table.write_text(wrong + "\n")
        with pytest.raises(ValueError, match=r"gt\.txt:1 names no picture and depth of KITTI"):
            LABELLED["kitti"].find(tmp_path)
    table.write_text(lines[2])
    with pytest.raises(FileNotFoundError, match="no frame with depth"):
        LABELLED["kitti"].find(tmp_path)
    (tmp_path / "kitti_eigen_test.txt").touch()
    with pytest.raises(ValueError, match="several lists"):
        LABELLED["kitti"].find(tmp_path)


def test_moge_s_copies_hold_the_logarithm_of_depth(tmp_path):
    [depth], [frame] = depths("moge", tmp_path)
    assert frame.name == "rooms/0001"
    level = 50 * (200 + 40 * 3 + 5)
    share = (level - 1) / 65533
    assert depth[3, 5] == pytest.approx(0.5 ** (1 - share) * 80**share, rel=1e-5)
    assert np.isnan(depth[2, 4])
    assert np.isposinf(depth[3, 4])
    Image.fromarray(np.ones((20, 32), np.uint16)).save(frame.depth)
    with pytest.raises(ValueError, match="which depths are `near` and `far`"):
        LABELLED["moge"].read_depth(frame)
    for near, far in (("0", "9"), ("nan", "9"), ("1", "-9"), ("1", "inf"), ("m", "9")):
        said = PngImagePlugin.PngInfo()
        said.add_text("near", near)
        said.add_text("far", far)
        Image.fromarray(np.ones((20, 32), np.uint16)).save(frame.depth, pnginfo=said)
        with pytest.raises(ValueError, match=r"depth\.png does not say .* numbers above 0"):
            LABELLED["moge"].read_depth(frame)
    (tmp_path / ".index.txt").write_text("../elsewhere\n")
    with pytest.raises(ValueError, match="leads out of the folder"):
        LABELLED["moge"].find(tmp_path)


def test_sintel_passes_share_one_depth_and_are_never_mixed(tmp_path):
    [depth], [frame] = depths("sintel", tmp_path)
    assert depth[3, 5] == pytest.approx(3.25)
    assert depth[19, 31] == pytest.approx(9.91)
    assert frame.name == "training/final/alley_1/frame_0001"
    [clean] = find_labelled("sintel", part="clean").find(tmp_path)
    assert clean == (
        "training/clean/alley_1/frame_0001",
        tmp_path / "training/clean/alley_1/frame_0001.png",
        frame.depth,
        None,
    )
    shutil.rmtree(tmp_path / "training/final")
    with pytest.raises(
        FileNotFoundError, match=r"looks like training/final/.*; ask for part clean"
    ):
        LABELLED["sintel"].find(tmp_path)
    with pytest.raises(ValueError, match="no part 'both', only final, clean"):
        find_labelled("sintel", part="both")


def test_sintel_refuses_another_tag(tmp_path):
    path = layouts.sintel(tmp_path)
    path.write_bytes(path.read_bytes()[::-1])
    data = DepthSet(LABELLED["sintel"], LABELLED["sintel"].find(tmp_path))
    with pytest.raises(BrokenFrame, match=r"not a \.dpt file"):
        data[0]


def test_eth3d_takes_its_shape_from_the_photograph(tmp_path):
    [depth], [frame] = depths("eth3d", tmp_path)
    assert depth[3, 5] == pytest.approx(3.25)
    assert depth[19, 31] == pytest.approx(9.91)
    assert np.argwhere(np.isnan(depth)).tolist() == [[2, 4]]
    assert frame.name == "office/images/dslr_images/DSC_0219"


def test_eth3d_photographs_are_not_turned_upright(tmp_path):
    layouts.eth3d(tmp_path)
    [frame] = LABELLED["eth3d"].find(tmp_path)
    exif = Image.Exif()
    exif[0x0112] = 6  # a camera held upright; depth has the sensor's rows and columns
    with Image.open(frame.image) as opened:
        pixels = opened.copy()
    pixels.save(frame.image, exif=exif)
    image, depth = DepthSet(LABELLED["eth3d"], [frame]).read(frame)
    assert image.shape == (20, 32, 3)
    assert depth[3, 5] == pytest.approx(3.25)


@pytest.mark.parametrize("part", ["val", ""])
def test_diode_keeps_what_its_mask_keeps(part, tmp_path):
    [depth], [frame] = depths("diode", tmp_path, part=part)
    assert depth.shape == (20, 32)
    assert depth[3, 5] == pytest.approx(3.25)
    assert depth[19, 31] == pytest.approx(9.91)
    assert np.argwhere(np.isnan(depth)).tolist() == [[2, 4]]
    assert frame.name.endswith("scan_00193/00022_00193_outdoor_010_020")


def test_diode_needs_its_mask(tmp_path):
    path = layouts.diode(tmp_path)
    mask = path.with_name(f"{path.stem}_mask.npy")
    data = DepthSet(LABELLED["diode"], LABELLED["diode"].find(tmp_path))
    np.save(mask, np.ones((32, 20)))
    with pytest.raises(BrokenFrame, match=r"its mask \(32, 20\)"):
        data[0]
    mask.unlink()
    with pytest.raises(BrokenFrame, match=r"depth_mask\.npy"):
        data[0]


def test_motorcycle_depth_comes_from_disparity_and_calibration(tmp_path):
    [depth], [frame] = depths("motorcycle", tmp_path)
    # 325 / 20 px of disparity: 994.978 x 0.193001 / (16.25 + 31.086)
    assert depth[3, 5] == pytest.approx(192.03175 / 47.336, rel=1e-5)
    assert np.argwhere(np.isnan(depth)).tolist() == [[2, 4]]
    assert frame.name == "motorcycle_left"


def test_hdf5_never_leads_out_of_its_file(tmp_path):
    """External storage would read any file of this machine as depth."""
    (tmp_path / "secret").write_bytes(np.arange(6, dtype="<f4").tobytes())
    path = tmp_path / "depth.hdf5"
    with h5py.File(path, "w") as file:
        file.create_dataset("plain", data=np.ones((2, 3), "f4"))
        out = [(str(tmp_path / "secret"), 0, 24)]
        file.create_dataset("external", (2, 3), "f4", external=out)
        file["link"] = h5py.ExternalLink("secret", "/")
        file["soft"] = h5py.SoftLink("/plain")
        file.create_group("group")
        layout = h5py.VirtualLayout((2, 3), "f4")
        file.create_virtual_dataset("virtual", layout)
    with open_hdf5(path, "plain", "") as stored:
        assert stored.shape == (2, 3)
    for key in ("external", "link", "soft", "group", "virtual", "nothing"):
        with (
            pytest.raises(ValueError, match=r"a link|do not lie in the file"),
            open_hdf5(path, key, ""),
        ):
            pass


def test_a_split_that_is_no_matlab_file_is_named(tmp_path):
    (tmp_path / "nyu_depth_v2_labeled.mat").touch()
    (tmp_path / "splits.mat").write_bytes(b"damaged" * 40)
    with pytest.raises(ValueError, match=r"splits\.mat is damaged"):
        LABELLED["nyuv2"].find(tmp_path)
