import json
import sys

import numpy as np
import pytest
from PIL import Image

from dav2.cli import main
from dav2.data.check import check, format_report, sample_sheet
from dav2.data.labelled import find_labelled
from dav2.data.pack import pack
from dav2.disk import read_json, write_json
from dav2.encoding import encode_depth
from tests.helpers import layouts
from tests.helpers.scenes import write_scenes


@pytest.fixture
def scenes(tmp_path):
    return write_scenes(tmp_path / "scenes", 12)


def spoil(scenes):
    """Four broken views of different kinds, one name twice; 8 of 12 are left."""
    (scenes / "000001.png").unlink()
    (scenes / "000002.png").unlink()
    (scenes / "000003.jpg").write_bytes((scenes / "000003.jpg").read_bytes()[:200])
    (scenes / "000004.png").write_bytes(encode_depth(np.ones((7, 9), np.float32)))
    manifest = read_json(scenes / "manifest.json")
    write_json(scenes / "manifest.json", {**manifest, "names": [*manifest["names"], "000005"]})
    return scenes


def test_numbers_of_a_whole_set_are_those_of_its_depths(scenes):
    depth = np.full((48, 64), 2.0, np.float32)
    depth[:12] = np.inf  # a quarter is sky
    depth[12:18] = np.nan  # an eighth is unknown
    depth[18:21, :] = 10.0  # a tenth of the known
    for path in scenes.glob("0*.png"):
        path.write_bytes(encode_depth(depth))
    report, drawn = check("rendered", scenes, progress=False)
    assert (report["found"], report["read"], report["whole"]) == (12, 12, 12)
    assert report["broken"] == report["duplicates"] == drawn == []
    assert report["sizes"] == {"64x48": 12}
    assert report["sky_share"] == 0.25
    assert report["unknown_share"] == 0.125
    expected = {"min": 2, "p1": 2, "p50": 2, "p75": 2, "p95": 10, "p99": 10, "max": 10}
    measured = {key: report["depth"][key] for key in expected}
    assert measured == pytest.approx(expected, rel=2e-3)
    assert json.loads(json.dumps(report)) == report
    assert "metres" in format_report(report)


def test_broken_samples_are_counted_with_their_reasons_and_stop_nothing(scenes):
    report, _ = check("rendered", spoil(scenes), progress=False)
    assert (report["found"], report["read"], report["whole"]) == (13, 13, 9)
    reasons = {entry["name"]: entry["reason"] for entry in report["broken"]}
    assert reasons.keys() == {"000001", "000002", "000003", "000004"}
    assert "missing" in reasons["000001"]
    assert "000003.jpg" in reasons["000003"]
    assert "9x7" in reasons["000004"]
    assert report["duplicates"] == ["000005"]
    text = format_report(report, shown=1)
    assert "000001.png is missing" in text
    assert "000002.png" not in text  # the same kind, the first of which is named
    assert "1 more like these" in text
    assert "used twice: 000005" in text


def test_a_sample_is_chosen_by_the_seed_and_a_limit_is_the_beginning(scenes):
    def read(**chosen):
        return check("rendered", scenes, drawn=99, progress=False, **chosen)

    report, drawn = read(sample=5, seed=1)
    assert (report["found"], report["read"]) == (12, 5)
    names = [one.name for one in drawn]
    assert names == [one.name for one in read(sample=5, seed=1)[1]]
    assert names != [one.name for one in read(sample=5, seed=2)[1]]
    report, drawn = read(limit=3)
    assert (report["found"], report["read"]) == (3, 3)
    assert [one.name for one in drawn] == ["000000", "000001", "000002"]
    assert len(check("rendered", scenes, drawn=4, progress=False)[1]) == 4


def test_a_sheet_has_four_pictures_in_a_row_each_beside_its_disparity(scenes):
    _, drawn = check("rendered", scenes, drawn=3, progress=False)
    shown = [axes for axes in sample_sheet(drawn).axes if axes.get_visible()]
    assert len(shown) == 6
    names = [axes.get_ylabel() for axes in shown if axes.get_ylabel()]
    assert names == ["\n".join(one.name for one in drawn[:2]), drawn[2].name]


def test_drawn_disparity_is_black_where_unknown_and_red_where_near(scenes):
    depth = np.full((48, 64), 50.0, np.float32)
    depth[:, :20] = 1.0
    depth[:, 60:] = np.nan
    (scenes / "000000.png").write_bytes(encode_depth(depth))
    _, (drawn,) = check("rendered", scenes, limit=1, drawn=1, progress=False)
    assert drawn.image.shape == drawn.colours.shape == (48, 64, 3)
    assert (drawn.colours[:, 60:] == 0).all()
    red, _, blue = drawn.colours[24, 5].astype(int)
    assert red > blue + 50
    red, _, blue = drawn.colours[24, 40].astype(int)
    assert blue > red + 50


def test_photographs_have_no_depth(photo_folder):
    (photo_folder / "e.jpg").write_text("no picture")
    report, drawn = check("folder", photo_folder, drawn=9, progress=False)
    assert (report["whole"], len(report["broken"])) == (4, 1)
    assert "e.jpg" in report["broken"][0]["reason"]
    assert all(one.colours is None for one in drawn)
    assert "depth" not in report
    format_report(report)


def test_a_set_of_nothing_but_broken_samples_is_still_reported(scenes):
    for path in scenes.glob("0*.png"):
        path.unlink()
    report, _ = check("rendered", scenes, progress=False)
    assert (report["whole"], len(report["broken"])) == (0, 12)
    assert "0 whole" in format_report(report)


@pytest.mark.parametrize("damage", ["flipped", "cut", "missing"])
def test_a_damaged_chunk_is_found_and_the_others_are_read(scenes, tmp_path, damage):
    packed = tmp_path / "packed"
    manifest = pack("rendered", scenes, packed, chunk_mb=0.01, progress=False)
    assert len(manifest["chunks"]) > 1
    report, _ = check("packed", packed, progress=False)
    assert (report["whole"], report["broken"]) == (12, [])
    name, samples = list(manifest["chunks"].items())[1]
    path = packed / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()
    if damage != "missing":
        path.write_bytes(content[:-10] if damage == "cut" else content)
    report, _ = check("packed", packed, progress=False)
    assert [entry["name"] for entry in report["broken"]] == [name]
    assert report["whole"] == 12 - samples


def test_unknown_sets_and_empty_folders_are_one_clear_error(tmp_path):
    with pytest.raises(ValueError, match=r"unknown set 'hyperism'.*hypersim"):
        check("hyperism", tmp_path)
    with pytest.raises(FileNotFoundError, match="is not there or not finished"):
        check("rendered", tmp_path)
    with pytest.raises(FileNotFoundError):
        check("folder", tmp_path)


def test_command(scenes, tmp_path, monkeypatch, capsys):
    def dav2(*arguments):
        """Exit status, or message, of `dav2 data ...`."""
        monkeypatch.setattr(sys, "argv", ["dav2", "data", *map(str, arguments)])
        try:
            main()
        except SystemExit as end:
            return end.code

    sheet, file = tmp_path / "sheet.png", tmp_path / "report.json"
    assert dav2("check", "rendered", spoil(scenes), "--draw", sheet, "--json", file) == 1
    assert "9 whole, 4 broken" in capsys.readouterr().out
    assert len(read_json(file)["broken"]) == 4
    with Image.open(sheet) as picture:
        assert min(picture.size) > 200
    assert dav2("pack", "rendered", scenes, "--out", tmp_path / "packed") is None
    said = capsys.readouterr().out
    assert "8 samples" in said
    assert "5 set aside" in said
    assert dav2("check", "packed", tmp_path / "packed") is None
    assert "unknown set 'nothing'" in dav2("check", "nothing", scenes)


def test_counts_stand_beside_the_paper_s_where_they_are_of_the_same_thing(tmp_path):
    layouts.vkitti2(tmp_path)
    report, _ = check("vkitti2", tmp_path, progress=False)
    assert "the paper trained on 20,000 of this set (V2, Table 7); here are 1" in format_report(
        report
    )
    limited, _ = check("vkitti2", tmp_path, limit=1, progress=False)
    other, _ = check(find_labelled("vkitti2", part="both"), tmp_path, progress=False)
    for one in (limited, other):
        assert "Table 7" not in format_report(one)
