import shutil

import numpy as np
import pytest
from PIL import Image

from dav2.annotate import prepare_tasks, read_tasks
from dav2.disk import HOST
from dav2.manifests import MissingArtefact
from tests.helpers.opinions import OPINIONS, left_is_nearer, right_is_nearer


def test_questions_picture_by_picture(folder):
    tasks, sizes = read_tasks(folder)
    assert sizes == {"indoor/room.png": (300, 500), "new/street.png": (300, 500)}
    assert [task.image for task in tasks] == ["indoor/room.png"] * 3 + ["new/street.png"] * 3
    assert [task.pair is None for task in tasks] == [False, False, True] * 2
    assert len({task.key for task in tasks}) == 6
    assert (folder / "pictures/indoor/room.png").is_file()


def test_a_killed_call_goes_on_and_ends_as_if_never_killed(photographs, folder, tmp_path):
    seen = []

    def left_killed_at_the_second(image):
        seen.append(1)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return left_is_nearer(image)

    out = tmp_path / "again"
    opinions = {"left": left_killed_at_the_second, "right": right_is_nearer}
    with pytest.raises(KeyboardInterrupt):
        prepare_tasks(photographs, out, opinions, 2, 1, progress=False)
    with pytest.raises(MissingArtefact, match="dav2 annotate prepare"):
        read_tasks(out)
    prepare_tasks(photographs, out, opinions, 2, 1, progress=False)
    assert len(seen) == 3  # the first picture was not looked at again
    assert (out / "tasks.json").read_bytes() == (folder / "tasks.json").read_bytes()


DAMAGED = ["tasks.json", "manifest.json", "proposals/000001.json", "pictures/new/street.png"]


@pytest.mark.parametrize("name", DAMAGED)
def test_what_is_damaged_is_made_anew(photographs, folder, name):
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 2])
    prepare_tasks(photographs, folder, OPINIONS, 2, 1, progress=False)
    assert (folder / name).read_bytes() == whole
    assert (folder / "manifest.json").is_file()


def test_what_a_killed_call_left_is_deleted(photographs, folder):
    left = folder / "proposals" / f".dav2-tmp-{HOST}-4194303-0123456789ab.json"
    left.write_text("half")
    (folder / "tasks.json").unlink()
    prepare_tasks(photographs, folder, OPINIONS, 2, 1, progress=False)
    assert not left.exists()


@pytest.mark.parametrize("change", [{"seed": 1}, {"pairs_per_image": 1}, {"predicts": None}])
def test_a_folder_is_kept_to_its_settings(photographs, folder, change):
    settings = {"predicts": OPINIONS, "pairs_per_image": 2, "progress": False}
    prepare_tasks(photographs, folder, **settings)  # finished: nothing happens
    with pytest.raises(ValueError, match="was begun otherwise"):
        prepare_tasks(photographs, folder, **{**settings, **change})


def test_photographs_that_cannot_be_used_are_set_aside(photographs, tmp_path):
    (photographs / "broken.jpg").write_bytes(b"no picture")
    counts = prepare_tasks(photographs, tmp_path / "out", progress=False)
    assert (counts["pictures"], counts["proposed"], counts["own"]) == (2, 0, 2)
    assert [entry["image"] for entry in counts["set_aside"]] == ["broken.jpg"]
    assert "unknown format" in counts["set_aside"][0]["reason"]


def test_sizes_are_those_of_the_upright_picture(tmp_path):
    (tmp_path / "lying").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.zeros((40, 60, 3), np.uint8)).save(tmp_path / "lying/a.jpg", exif=exif)
    prepare_tasks(tmp_path / "lying", tmp_path / "out", progress=False)
    assert read_tasks(tmp_path / "out").sizes == {"a.jpg": (60, 40)}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"predicts": {"one": left_is_nearer}}, "nobody to disagree with"),
        ({"own_pairs_per_image": 0}, "nothing would be asked"),
        (
            {"predicts": {"a": left_is_nearer, "b": left_is_nearer}, "own_pairs_per_image": 0},
            "about nothing",
        ),
        ({"own_pairs_per_image": -1}, "negative"),
    ],
)
def test_what_asks_nothing_is_refused(photographs, tmp_path, settings, message):
    with pytest.raises(ValueError, match=message):
        prepare_tasks(photographs, tmp_path / "out", **settings, progress=False)


def test_one_name_in_the_benchmark_is_refused_before_anybody_works(photographs, tmp_path):
    shutil.copy(photographs / "indoor/room.png", photographs / "indoor_room.jpg")
    with pytest.raises(ValueError, match=r"indoor/room.png.*rename one"):
        prepare_tasks(photographs, tmp_path / "out", progress=False)


def test_the_folder_may_not_lie_among_the_photographs(photographs):
    with pytest.raises(ValueError, match="choose another"):
        prepare_tasks(photographs, photographs / "out", progress=False)
