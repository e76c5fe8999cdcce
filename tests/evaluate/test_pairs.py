"""Reading benchmarks in DA-2K's layout: folders and archives, whole and broken."""

import json
import re
import zipfile

import numpy as np
import pytest
from PIL import Image

from dav2.evaluate import evaluate_da2k, read_da2k, read_photograph, trivial_baselines
from dav2.evaluate.pairs import SCENES, fingerprint, read_benchmark
from dav2.evaluate.table import format_remarks
from tests.helpers.da2k import change, rows
from tests.helpers.project import ROOT

DESK = "images/indoor/desk.png"


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: c[DESK][0].update(point1=[24, 0]), "outside"),
        (lambda c: c[DESK][0].update(point2=[0, -1]), "outside"),
        (lambda c: c[DESK][0].update(point2=[0.5, 1]), "whole pixels"),
        (lambda c: c[DESK][0].update(point1=[True, 1]), "whole pixels"),
        (lambda c: c[DESK][0].pop("point2"), "whole pixels"),
        (lambda c: c[DESK][0].update(closer_point="left"), "closer_point"),
        (lambda c: c[DESK][0].update(point1=[8, 8]), r"both points of a pair are \[8, 8\]"),
        (lambda c: c.update({DESK: {}}), "no list of pairs"),
        (lambda c: c.update({DESK: [3]}), "3 is no pair"),
        (lambda c: c.update({"../../secret.jpg": []}), "leaves the benchmark"),
        (lambda c: c.update({"/etc/passwd": []}), "leaves the benchmark"),
        (lambda c: c.update({"..\\..\\secret.jpg": []}), "leaves the benchmark"),
    ],
)
def test_a_bad_annotation_is_set_aside_and_named(benchmark, edit, message):
    before = {one.name: len(one.nearer) for one in read_da2k(benchmark)}
    change(benchmark, edit)
    annotations, [aside] = read_benchmark(benchmark)
    assert re.search(message, aside["reason"])
    after = {one.name: len(one.nearer) for one in annotations}
    if aside["image"] == DESK:
        before[DESK] -= 1
    assert after == {name: count for name, count in before.items() if count}


def test_the_result_says_what_was_set_aside(benchmark):
    change(benchmark, lambda c: c[DESK].extend([pair([99, 0], [1, 1]), pair([5, 5], [4, 4])]))
    result = evaluate_da2k(rows, benchmark, progress=False)
    assert result["pairs"] == 5
    reason = "point [99, 0] is outside the image of 24 rows x 32"
    assert result["set_aside"] == [{"image": DESK, "reason": reason}]
    assert (
        f"WARNING: 1 annotations cannot be used and do not count ({DESK}: {reason})"
        in format_remarks("rows", result)
    )


def test_a_benchmark_needs_pairs_and_its_images(benchmark):
    change(benchmark, lambda c: c.update({"images/indoor/gone.jpg": c[DESK]}))
    with pytest.raises(FileNotFoundError, match=r"gone\.jpg: there is no such image"):
        read_da2k(benchmark)
    change(benchmark, lambda c: [c.pop(name) for name in list(c) if name != DESK])
    change(benchmark, lambda c: c.update({DESK: [3]}))
    with pytest.raises(ValueError, match=r"no pairs that can be used; .*desk\.png: 3 is no pair"):
        read_da2k(benchmark)
    change(benchmark, lambda c: c.clear())
    with pytest.raises(ValueError, match="holds no pairs"):
        read_da2k(benchmark)


def test_missing_or_broken_annotations_are_named(benchmark):
    with pytest.raises(FileNotFoundError, match=r"annotations\.json is not there"):
        read_da2k(benchmark / "images/indoor")
    with pytest.raises(FileNotFoundError, match=r"annotations\.json is not there"):
        read_da2k(benchmark / "nowhere")
    file = benchmark / "annotations.json"
    whole = file.read_text()
    file.write_text(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"annotations\.json is not valid JSON; it was cut off"):
        read_da2k(benchmark)
    file.write_text("[]")
    with pytest.raises(ValueError, match=r"annotations\.json must be"):
        read_da2k(benchmark)
    file.write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(ValueError, match="not valid JSON"):
        read_da2k(benchmark)


def test_an_image_named_twice_has_the_pairs_of_both(benchmark):
    before = {one.name: len(one.nearer) for one in read_da2k(benchmark)}
    file = benchmark / "annotations.json"
    file.write_text(
        file.read_text()[:-1]
        + f', "{DESK}": [{{"point1": [5, 5], "point1": [6, 6]}}, {json.dumps(pair([5, 5], [4, 4]))}]}}'
    )
    annotations, [aside] = read_benchmark(benchmark)
    after = {one.name: len(one.nearer) for one in annotations}
    assert after == before | {DESK: before[DESK] + 1}
    assert "[row, column] in whole pixels, not [5, 5, 6, 6]" in aside["reason"]


def test_a_broken_image_is_named(benchmark):
    (benchmark / DESK).write_text("no picture")
    with pytest.raises(ValueError, match=r"desk\.png: it cannot be read as an image"):
        read_da2k(benchmark)


def pair(near, far, closer="point1"):
    return {"point1": near, "point2": far, "closer_point": closer}


def test_a_pair_that_stands_there_again_counts_once(benchmark):
    again = [pair([3, 3], [8, 8]), pair([8, 8], [3, 3], "point2"), pair([3, 3], [8, 9])]
    change(benchmark, lambda c: c[DESK].extend(again))
    annotation = next(one for one in read_da2k(benchmark) if one.name == DESK)
    assert annotation.nearer.tolist() == [[3, 3], [3, 3]]
    assert annotation.farther.tolist() == [[8, 8], [8, 9]]
    assert annotation.repeated == 2
    result = evaluate_da2k(rows, benchmark, progress=False)
    assert (result["pairs"], result["repeated"]) == (5, 2)


@pytest.mark.parametrize(
    "other", [pair([8, 8], [3, 3]), pair([3, 3], [8, 8], "point2")], ids=["points", "closer"]
)
def test_of_pairs_that_contradict_each_other_neither_counts(benchmark, other):
    change(benchmark, lambda c: c[DESK].extend([pair([5, 5], [4, 4]), other, other]))
    annotations, [aside] = read_benchmark(benchmark)
    [desk] = [one for one in annotations if one.name == DESK]
    assert (desk.nearer.tolist(), desk.farther.tolist()) == ([[5, 5]], [[4, 4]])
    assert desk.repeated == 0
    assert aside["reason"].startswith("of [3, 3] and [8, 8], one pair calls the first nearer")


def zipped(folder, file, prefix="", skip=()):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name not in skip:
                archive.write(path, prefix + path.relative_to(folder).as_posix())
    return file


@pytest.mark.parametrize("prefix", ["", "DA-2K/"])
def test_an_archive_is_read_as_its_folder_and_left_alone(benchmark, tmp_path, prefix):
    photograph = benchmark / "images/outdoor/hill.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # lying on its side
    pixels = np.random.default_rng(0).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(photograph, exif=exif)
    (tmp_path / "zip").mkdir()
    archive = zipped(benchmark, tmp_path / "zip/DA-2K.zip", prefix)
    before = archive.read_bytes()
    expected, found = (evaluate_da2k(rows, root, progress=False) for root in (benchmark, archive))
    assert found == expected
    assert read_photograph(archive, "images/outdoor/hill.jpg").shape == (32, 24, 3)
    assert trivial_baselines(archive, progress=False) == trivial_baselines(
        benchmark, progress=False
    )
    assert archive.read_bytes() == before
    assert list(archive.parent.iterdir()) == [archive]


def test_a_folder_in_a_folder_is_found_and_two_are_not_mixed(benchmark, tmp_path):
    outer = tmp_path / "outer"
    outer.mkdir()
    benchmark.rename(outer / "one")
    assert len(read_da2k(outer)) == 3
    (outer / "two").mkdir()
    (outer / "two/annotations.json").write_text("{}")
    with pytest.raises(ValueError, match=r"more than one benchmark \(one, two\)"):
        read_da2k(outer)


def test_archives_that_are_cut_off_damaged_or_incomplete_are_named(benchmark, tmp_path):
    whole = zipped(benchmark, tmp_path / "whole.zip")
    half = tmp_path / "half.zip"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(ValueError, match=r"half\.zip is no zip archive, or was cut off"):
        read_da2k(half)
    content = whole.read_bytes()
    with zipfile.ZipFile(whole) as archive:
        info = archive.getinfo("annotations.json")
    start = info.header_offset + 30 + len("annotations.json")
    damaged = tmp_path / "damaged.zip"
    damaged.write_bytes(content[: start + 10] + b"\0\0\0\0" + content[start + 14 :])
    with pytest.raises(ValueError, match=r"annotations\.json is damaged in its archive"):
        read_da2k(damaged)
    with pytest.raises(FileNotFoundError, match=r"desk\.png: there is no such image"):
        read_da2k(zipped(benchmark, tmp_path / "lacks.zip", skip=("desk.png",)))
    with pytest.raises(FileNotFoundError, match=r"annotations\.json is not there"):
        read_da2k(zipped(benchmark, tmp_path / "none.zip", skip=("annotations.json",)))


def test_archives_cannot_reach_outside_or_swell(benchmark, tmp_path, monkeypatch):
    change(benchmark, lambda c: c.update({"images/../../secret.jpg": c[DESK]}))
    archive = zipped(benchmark, tmp_path / "leaves.zip")
    with zipfile.ZipFile(archive, "a") as opened:
        opened.write(benchmark / DESK, "images/../../secret.jpg")
    annotations, [aside] = read_benchmark(archive)
    assert all("secret" not in one.name for one in annotations)
    assert aside == {
        "image": "images/../../secret.jpg",
        "reason": "the path leaves the benchmark folder",
    }
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("annotations.json", " " * 100_000)
    monkeypatch.setattr("dav2.evaluate.pairs.LARGEST_MEMBER_BYTES", 10_000)
    with pytest.raises(ValueError, match="unpacks to"):
        read_da2k(bomb)


def test_the_fingerprint_is_of_the_pairs_and_not_of_their_order(benchmark):
    first = fingerprint(read_da2k(benchmark))
    file = benchmark / "annotations.json"
    content = json.loads(file.read_text())
    file.write_text(json.dumps(dict(reversed(content.items()))))
    assert fingerprint(read_da2k(benchmark)) == first
    change(benchmark, lambda c: c[DESK][0].update(point1=[3, 4]))
    assert fingerprint(read_da2k(benchmark)) != first


def test_the_card_names_the_eight_scene_types():
    card = (ROOT / "datasets/da2k/README.md").read_text()
    assert all(f"| {scene} |" in card for scene in SCENES)
