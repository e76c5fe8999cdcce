"""Names as they are in real copies of the sets, out of the lists that papers published.

Samples of the lists of github.com/prs-eth/Marigold (data_split) and Depth-Anything-V2
(metric_depth/dataset/splits), both Apache-2.0; a name is a fact.
"""

import shutil
from pathlib import Path

import pytest

from dav2.data.labelled import find_labelled

KITTI = """\
2011_09_26/2011_09_26_drive_0002_sync/image_02/data/0000000069.png 2011_09_26_drive_0002_sync/proj_depth/groundtruth/image_02/0000000069.png 721.5377
2011_09_26/2011_09_26_drive_0009_sync/image_02/data/0000000128.png 2011_09_26_drive_0009_sync/proj_depth/groundtruth/image_02/0000000128.png 721.5377
2011_09_26/2011_09_26_drive_0009_sync/image_02/data/0000000016.png None 721.5377
2011_10_03/2011_10_03_drive_0047_sync/image_02/data/0000000768.png 2011_10_03_drive_0047_sync/proj_depth/groundtruth/image_02/0000000768.png 718.856
"""
V2_KITTI = """\
/mnt/bn/liheyang/Kitti/raw_data/2011_09_26/2011_09_26_drive_0002_sync/image_02/data/0000000069.png /mnt/bn/liheyang/Kitti/data_depth_annotated/val/2011_09_26_drive_0002_sync/proj_depth/groundtruth/image_02/0000000069.png
/mnt/bn/liheyang/Kitti/raw_data/2011_09_26/2011_09_26_drive_0009_sync/image_02/data/0000000128.png /mnt/bn/liheyang/Kitti/data_depth_annotated/val/2011_09_26_drive_0009_sync/proj_depth/groundtruth/image_02/0000000128.png
/mnt/bn/liheyang/Kitti/raw_data/2011_10_03/2011_10_03_drive_0047_sync/image_02/data/0000000768.png /mnt/bn/liheyang/Kitti/data_depth_annotated/val/2011_10_03_drive_0047_sync/proj_depth/groundtruth/image_02/0000000768.png
"""
PAIRS = {  # set: pictures and their depth, below the set's folder
    "eth3d": {
        "rgb/office/images/dslr_images/DSC_0219.JPG": "depth/office_dslr_depth/office/ground_truth_depth/dslr_images/DSC_0219.JPG",
        "rgb/electro/images/dslr_images/DSC_9303.JPG": "depth/electro_dslr_depth/electro/ground_truth_depth/dslr_images/DSC_9303.JPG",
    },
    "hypersim": {
        "train/ai_003_010/rgb_cam_00_fr0047.png": "train/ai_003_010/depth_plane_cam_00_fr0047.png",
        "train/ai_055_009/rgb_cam_01_fr0086.png": "train/ai_055_009/depth_plane_cam_01_fr0086.png",
    },
    "nyuv2": {
        "test/kitchen_0004/rgb_0001.png": "test/kitchen_0004/depth_0001.png",
        "test/dining_room_0036/rgb_1449.png": "test/dining_room_0036/depth_1449.png",
    },
    "diode": {
        "indoors/scene_00021/scan_00189/00021_00189_indoors_200_010.png": "indoors/scene_00021/scan_00189/00021_00189_indoors_200_010_depth.npy",
        "outdoor/scene_00024/scan_00202/00024_00202_outdoor_150_040.png": "outdoor/scene_00024/scan_00202/00024_00202_outdoor_150_040_depth.npy",
    },
    "vkitti2": {
        "rgb/Scene01/clone/frames/rgb/Camera_0/rgb_00000.jpg": "depth/Scene01/clone/frames/depth/Camera_0/depth_00000.png",
        "rgb/Scene20/sunset/frames/rgb/Camera_0/rgb_00560.jpg": "depth/Scene20/sunset/frames/depth/Camera_0/depth_00560.png",
    },
}


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.mark.parametrize("name", PAIRS)
def test_names_of_published_lists_are_found_and_no_others(name, tmp_path):
    pairs = PAIRS[name]
    touch(tmp_path, *pairs, *pairs.values(), "README.txt", "rgb/notes.txt")
    frames = find_labelled(name).find(tmp_path)
    assert {
        f"{f.image.relative_to(tmp_path)}": f"{f.depth.relative_to(tmp_path)}" for f in frames
    } == pairs


def test_marigold_s_hypersim_has_its_parts_in_folders(tmp_path):
    touch(
        tmp_path, *(f"{part}/ai_001_001/rgb_cam_00_fr0000.png" for part in ("train", "val", "test"))
    )
    for part, count in {None: 1, "val": 1, "all": 3}.items():
        assert len(find_labelled("hypersim", part=part).find(tmp_path)) == count
    shutil.rmtree(tmp_path / "train")
    with pytest.raises(FileNotFoundError, match="train"):
        find_labelled("hypersim").find(tmp_path)  # not the next part instead
    assert len(find_labelled("hypersim").find(tmp_path / "val")) == 1
    [said] = find_labelled("hypersim").remarks(tmp_path)
    assert "nominal camera" in said


@pytest.mark.parametrize("depths", ["", "val", "train", "data_depth_annotated/val"])
@pytest.mark.parametrize("pictures", ["", "raw_data"])
@pytest.mark.parametrize(
    ("table", "lines"),
    [("eigen_test_files_with_gt.txt", KITTI), ("val.txt", V2_KITTI)],
    ids=["marigold", "v2"],
)
def test_both_lists_of_kitti_find_pictures_and_depth_wherever_they_lie(
    table, lines, pictures, depths, tmp_path
):
    (tmp_path / table).write_text(lines)
    there = [line.split() for line in KITTI.splitlines() if "None" not in line]
    touch(tmp_path, *(Path(pictures, rgb) for rgb, *_ in there))
    touch(tmp_path, *(Path(depths, depth) for _, depth, _ in there))
    frames = find_labelled("kitti").find(tmp_path)
    assert len(frames) == 3
    assert all(frame.image.is_file() and frame.depth.is_file() for frame in frames)
    chosen = find_labelled("kitti", part="midas").find(tmp_path)
    assert [frame.image.name for frame in chosen] == ["0000000069.png", "0000000768.png"]
    (tmp_path / table).unlink()
    with pytest.raises(FileNotFoundError, match=r"no list \(\*eigen_test"):
        find_labelled("kitti", part="midas").find(tmp_path)
