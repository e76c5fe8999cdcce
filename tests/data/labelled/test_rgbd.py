"""RGB-D captures of one's own: depth beside pictures, in any of three kinds of files."""

import numpy as np
import pytest
from PIL import Image

from dav2 import cli
from dav2.data.frames import BrokenFrame, DepthSet
from dav2.data.labelled import find_labelled
from dav2.data.pack import pack
from dav2.disk import read_json

METRES = np.tile(np.float32([[1.0, 2.5, np.nan, 4.0], [0.5, 8.0, 3.0, 60.0]]), (8, 8))


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (32, 16), "white").save(path)


def write_png(path, steps):
    levels = np.nan_to_num(METRES * steps).round().astype(np.uint16)
    Image.fromarray(levels).save(path)


def only(root, depth_scale=None):
    labelled = find_labelled("rgbd", depth_scale)
    frames = DepthSet(labelled, labelled.find(root))
    return [frames.read(frame)[1] for frame in frames.frames]


def test_steps_a_metre(tmp_path):
    picture(tmp_path / "a" / "1.jpg")
    write_png(tmp_path / "a" / "1_depth.png", 1000)
    np.testing.assert_allclose(only(tmp_path)[0], METRES, rtol=1e-6)
    write_png(tmp_path / "a" / "1_depth.png", 256)  # KITTI's
    np.testing.assert_allclose(only(tmp_path, 256)[0], METRES, atol=0.5 / 256)
    with pytest.raises(ValueError, match="above 0 steps"):
        only(tmp_path, 0)
    with pytest.raises(ValueError, match="depth scale is of set rgbd, kitti has its own"):
        find_labelled("kitti", 256)


def test_arrays_hold_metres_and_sky(tmp_path):
    openexr = pytest.importorskip("OpenEXR")
    picture(tmp_path / "1.png")
    np.save(tmp_path / "1_depth.npy", np.where(METRES == 60, np.inf, METRES))
    picture(tmp_path / "2.jpeg")
    header = {"compression": openexr.ZIP_COMPRESSION, "type": openexr.scanlineimage}
    openexr.File(header, {"Z": np.nan_to_num(METRES)}).write(str(tmp_path / "2_depth.exr"))
    first, second = only(tmp_path)
    np.testing.assert_array_equal(first, np.where(METRES == 60, np.inf, METRES))
    np.testing.assert_array_equal(second, METRES)


def test_what_is_wrong_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="looks like"):
        only(tmp_path)
    picture(tmp_path / "1.jpg")
    with pytest.raises(BrokenFrame, match=r"1_depth\.png is missing"):
        only(tmp_path)
    Image.new("L", (32, 16)).save(tmp_path / "1_depth.png")
    with pytest.raises(BrokenFrame, match="16"):
        only(tmp_path)
    np.save(tmp_path / "1_depth.npy", METRES)
    with pytest.raises(BrokenFrame, match=r"several depths, keep one: 1_depth\.png, 1_depth\.npy"):
        only(tmp_path)
    (tmp_path / "1_depth.png").unlink()
    np.save(tmp_path / "1_depth.npy", METRES[..., None])
    with pytest.raises(BrokenFrame, match=r"not numbers \[H, W\]"):
        only(tmp_path)
    np.save(tmp_path / "1_depth.npy", METRES[:1])
    with pytest.raises(BrokenFrame, match="32x1, its picture 32x16"):
        only(tmp_path)


def test_it_is_checked_packed_and_scored_from_the_command_line(tmp_path, capsys):
    root = tmp_path / "captures"
    for name in "ab":
        picture(root / f"{name}.jpg")
        write_png(root / f"{name}_depth.png", 5000)
    cli.main(["data", "check", "rgbd", str(root), "--depth-scale", "5000"])
    assert "rgbd, 5000 steps a metre" in (said := capsys.readouterr().out)
    assert "2 whole" in said
    out = tmp_path / "pack"
    packing = ["data", "pack", "rgbd", str(root), "--out", str(out), "--workers", "1"]
    cli.main([*packing, "--depth-scale", "5000"])
    with pytest.raises(SystemExit, match="begun otherwise"):
        cli.main(packing)
    with pytest.raises(ValueError, match="begun otherwise"):
        pack(find_labelled("rgbd", 256.0), root, out, progress=False)
    command = [
        "evaluate",
        "relative",
        "--set",
        "rgbd",
        "--root",
        str(root),
        "--depth-scale",
        "5000",
    ]
    result = tmp_path / "r.json"
    cli.main([*command, "--model", "lower is nearer", "--json", str(result)])
    assert read_json(result)["results"]["marigold"]["frames"] == 2
