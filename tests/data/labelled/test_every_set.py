"""What holds for all labelled sets: good frames become samples, bad ones say which file and why."""

import sys

import numpy as np
import pytest
import torch
from PIL import Image

from dav2.data.frames import BrokenFrame, DepthSet
from dav2.data.labelled import LABELLED
from dav2.sample import check_sample
from tests.helpers.layouts import WRITE, nyuv2_mat, picture
from tests.helpers.project import ROOT
from tests.helpers.scenes import write_scenes

LAYOUTS = {
    "hypersim": "ai_*/images/scene_cam_*_final_preview/frame.*.tonemap.jpg",
    "vkitti2": "Scene*/*/frames/rgb/Camera_0/rgb_*.jpg",
    "blendedmvs": "*/blended_images/",
    "irs": "*/*/l_*.png",
    "tartanair": "*/*/Hard/P*/image_left/*_left.png",
    "nyuv2": "test/*/rgb_*.png.*nyu_depth_v2_labeled.mat",
    "kitti": "val/*/proj_depth/groundtruth/image_02/*.png",
    "sintel": "training/final/*/frame_*.png",
    "eth3d": "*/images/dslr_images/*.JPG",
    "diode": "val/indoors/scene_*/scan_*/*.png",
    "moge": ".index.txt",
    "motorcycle": "motorcycle_left.png",
}
every_set = pytest.mark.parametrize("name", WRITE)


def open_set(name, root):
    labelled = LABELLED[name]
    return DepthSet(labelled, labelled.find(root))


def test_every_set_of_the_paper_has_an_adapter_and_a_card():
    assert set(LABELLED) == {"rendered", "rgbd", *WRITE} == {"rendered", "rgbd", *LAYOUTS}
    for name in WRITE:
        card = (ROOT / "datasets" / name / "README.md").read_text()
        assert f"dav2 data check {name} DIR" in card
    assert [name for name, one in LABELLED.items() if one.up_to_scale] == ["blendedmvs"]


@every_set
def test_a_frame_becomes_a_sample(name, tmp_path):
    WRITE[name](tmp_path)
    data = open_set(name, tmp_path)
    assert len(data) == 1
    sample = check_sample(data[0])
    assert sample.image.shape == (3, 20, 32)
    assert sample.image[0, 4].mean() > 0.9  # red above, black below
    assert sample.image[:, 15].mean() < 0.1
    assert sample.valid[0, 10, 10]
    assert sample.disparity[0, 10, 10] > 0
    names = [frame.name for frame in data.frames]
    assert names == sorted(set(names))
    assert not any("\\" in one or one.startswith("/") for one in names)


def test_the_rendered_set_is_one_of_them(tmp_path):
    data = open_set("rendered", write_scenes(tmp_path / "scenes", 2))
    assert [frame.name for frame in data.frames] == ["000000", "000001"]
    check_sample(data[1])


@every_set
def test_a_missing_depth_file_is_found_and_named_when_read(name, tmp_path):
    depth = WRITE[name](tmp_path)
    if name == "kitti":  # its frames are found by their depth: only a list can name a missing one
        drive = "2011_09_26_drive_0002_sync"
        (tmp_path / "eigen_test_files_with_gt.txt").write_text(
            f"2011_09_26/{drive}/image_02/data/0000000069.png "
            f"{drive}/proj_depth/groundtruth/image_02/0000000069.png 721.5377\n"
        )
    depth.unlink()
    with pytest.raises(BrokenFrame, match=rf"{depth.name} is missing"):
        open_set(name, tmp_path)[0]


@every_set
@pytest.mark.parametrize("kept", [0, 7, 0.5, 0.75])
def test_a_depth_file_that_was_cut_off_is_broken(name, kept, tmp_path):
    depth = WRITE[name](tmp_path)
    whole = depth.read_bytes()
    depth.write_bytes(whole[: kept if kept in (0, 7) else int(kept * len(whole))])
    with pytest.raises(BrokenFrame, match=depth.name):
        open_set(name, tmp_path)[0]


@every_set
def test_a_picture_of_another_size_is_refused(name, tmp_path):
    depth = WRITE[name](tmp_path)
    frame = open_set(name, tmp_path).frames[0]
    picture(frame.image, (20, 32))  # turned: as many pixels, another shape
    if name == "eth3d":  # its depth has no shape of its own, only a number of values
        picture(frame.image, (32, 24))
    with pytest.raises(BrokenFrame, match=rf"{depth.name}.*(32x20.*20x32|32x24)"):
        open_set(name, tmp_path)[0]


@every_set
def test_a_damaged_picture_is_named(name, tmp_path):
    WRITE[name](tmp_path)
    frame = open_set(name, tmp_path).frames[0]
    frame.image.write_bytes(frame.image.read_bytes()[:60])
    with pytest.raises(BrokenFrame, match=f"{frame.image.name}"):
        open_set(name, tmp_path)[0]


@every_set
def test_an_empty_folder_is_told_the_layout_that_was_looked_for(name, tmp_path):
    (tmp_path / "unrelated.jpg").touch()
    with pytest.raises(FileNotFoundError) as caught:
        open_set(name, tmp_path)
    message = str(caught.value)
    assert str(tmp_path) in message
    for part in LAYOUTS[name].split(".*") if name == "nyuv2" else [LAYOUTS[name]]:
        assert part in message
    with pytest.raises(FileNotFoundError, match="is not a folder"):
        open_set(name, tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "module"),
    [("hypersim", "h5py"), ("irs", "OpenEXR"), ("nyuv2", "h5py"), ("nyuv2", "scipy.io")],
)
def test_a_missing_reader_is_no_broken_frame_but_an_install_command(
    name, module, tmp_path, monkeypatch
):
    (nyuv2_mat if name == "nyuv2" else WRITE[name])(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModuleNotFoundError, match=r"needs \w+: pip install 'dav2\[data\]'"):
        open_set(name, tmp_path)[0]


@pytest.mark.parametrize("name", ["vkitti2", "kitti", "nyuv2"])
def test_a_copy_with_8_bits_is_not_taken_for_depth(name, tmp_path):
    depth = WRITE[name](tmp_path)
    Image.fromarray(np.full((20, 32), 200, np.uint8)).save(depth)
    with pytest.raises(BrokenFrame, match=f"{depth.name} is not a 16-bit grey PNG.*mode L"):
        open_set(name, tmp_path)[0]


@pytest.mark.parametrize("name", ["tartanair", "diode"])
def test_pickled_objects_are_never_loaded(name, tmp_path):
    depth = WRITE[name](tmp_path)
    np.save(depth, np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(BrokenFrame, match="allow_pickle=False"):
        open_set(name, tmp_path)[0]
    with depth.open("wb") as file:
        np.savez(file, depth=np.ones((20, 32)))
    with pytest.raises(BrokenFrame, match=r"not a \.npy file"):
        open_set(name, tmp_path)[0]


def test_samples_can_be_collated(tmp_path):
    for name in ("vkitti2", "irs"):
        WRITE[name](tmp_path / name)
    one, two = (open_set(name, tmp_path / name)[0] for name in ("vkitti2", "irs"))
    assert torch.stack([one.disparity, two.disparity]).shape == (2, 1, 20, 32)
