"""A label store survives kills, a second process and another teacher: nothing lost, nothing twice."""

import os
import signal
import subprocess
import sys
from functools import partial

import pytest

from dav2.data import LabelSet
from dav2.disk import HOST
from dav2.infer import Predictor
from dav2.label import label_photos
from dav2.manifests import MissingArtefact, artefact_hash, read_manifest
from dav2.model import build_model, network_hash
from dav2.runs import read_settings
from tests.helpers.labelling import as_photos, die
from tests.helpers.labels import shard_bytes
from tests.helpers.project import ROOT


def label(teacher, photos, out, **options):
    return label_photos(teacher, photos, out, progress=False, **options)


def in_another_process(program, *arguments):
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


KILLED = """
import sys
from functools import partial
from pathlib import Path
from dav2.label import label_photos
from tests.helpers.labelling import as_photos, die, make_teacher
photos, out = as_photos(Path(sys.argv[1]), copies=4), Path(sys.argv[2])
photos[9] = photos[9]._replace(load=partial(die, out / "labels-00002.json"))
label_photos(make_teacher(), photos, out, progress=False, photos_per_shard=1, threads=1)
"""


def test_a_killed_driver_loses_and_doubles_nothing(teacher, photo_folder, tmp_path):
    photos = as_photos(photo_folder, copies=4)
    whole = label(teacher, photos, tmp_path / "whole", photos_per_shard=1)
    cut = tmp_path / "cut"
    killed = in_another_process(KILLED, photo_folder, cut)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with pytest.raises(MissingArtefact):
        LabelSet(cut)
    name = f".dav2-tmp-{HOST}-4194303-0123456789ab.tar"  # as a kill can leave it
    (cut / name).write_bytes(b"half")
    made = {path: path.stat().st_mtime_ns for path in cut.glob("labels-*.json")}
    assert 3 <= len(made) <= 9
    loaded = []

    def counted(photo):
        loaded.append(photo.key)
        return photo.load()

    watched = [photo._replace(load=partial(counted, photo)) for photo in photos]
    # The dead process held the lock.
    assert label(teacher, watched, cut, photos_per_shard=1, threads=1) == whole
    assert loaded == [photo.key for photo in photos[len(made) :]]
    assert all(path.stat().st_mtime_ns == time for path, time in made.items())
    assert shard_bytes(cut) == shard_bytes(tmp_path / "whole")
    assert not list(cut.glob(".dav2-tmp*"))
    assert whole["photos"] == whole["labelled"] == len(LabelSet(cut)) == 16


def test_a_finished_store_is_not_labelled_again(teacher, photo_folder, tmp_path):
    whole = label(teacher, photo_folder, tmp_path / "labels")
    dead = [photo._replace(load=partial(die, tmp_path)) for photo in as_photos(photo_folder)]
    assert label(teacher, dead, tmp_path / "labels") == whole


SECOND = """
import sys
from dav2.label import label_photos
from tests.helpers.labelling import make_teacher
try:
    label_photos(make_teacher(), sys.argv[1], sys.argv[2], progress=False)
except ValueError as error:
    print(error)
"""


def test_a_second_process_is_refused_and_told_who_is_first(teacher, photo_folder, tmp_path):
    out, said = tmp_path / "labels", []
    photos = as_photos(photo_folder)

    def load():
        said.append(in_another_process(SECOND, photo_folder, out))
        return third.load()

    third = photos[2]
    photos[2] = third._replace(load=load)
    manifest = label(teacher, photos, out)
    assert f"is being written by process {os.getpid()} on " in said[0].stdout
    assert manifest["labelled"] == len(LabelSet(out)) == 4


def test_without_locks_of_the_file_system_one_is_warned(
    teacher, photo_folder, tmp_path, monkeypatch
):
    def none(file, how):
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", none)
    with pytest.warns(UserWarning, match="has no locks"):
        manifest = label(teacher, photo_folder, tmp_path / "labels")
    assert manifest["labelled"] == 4


def test_another_teacher_size_or_shard_is_refused_by_name(teacher, photo_folder, tmp_path):
    manifest = label(teacher, photo_folder, tmp_path / "labels")
    assert manifest["asked"]["teacher"] == network_hash(teacher.model)
    other = Predictor(build_model("tiny"), 48, flip=True)
    assert network_hash(other.model) != network_hash(teacher.model)
    closer = Predictor(teacher.model, 64, flip=True)
    for changed, what in ((other, "teacher was"), (closer, r"looks was 48 px.*now 64 px")):
        with pytest.raises(ValueError, match=what):
            label(changed, photo_folder, tmp_path / "labels")
    with pytest.raises(ValueError, match="photos_per_shard was 32, now 2"):
        label(teacher, photo_folder, tmp_path / "labels", photos_per_shard=2)
    assert read_manifest(tmp_path / "labels") == manifest


def test_an_unfinished_store_of_another_teacher_is_refused(teacher, photo_folder, tmp_path):
    killed = in_another_process(KILLED, photo_folder, tmp_path / "cut")
    assert killed.returncode == -signal.SIGKILL
    other = Predictor(build_model("tiny"), 48, flip=True)
    before = shard_bytes(tmp_path / "cut")
    with pytest.raises(ValueError, match="teacher was"):
        label(other, as_photos(photo_folder, copies=4), tmp_path / "cut", photos_per_shard=1)
    assert shard_bytes(tmp_path / "cut") == before


@pytest.mark.parametrize("change", ["order", "more", "fewer", "renamed"])
def test_other_photographs_are_refused(teacher, photo_folder, tmp_path, change):
    label(teacher, as_photos(photo_folder), tmp_path / "labels")
    photos = as_photos(photo_folder)
    changed = {
        "order": photos[::-1],
        "more": [*photos, photos[0]._replace(key="z.jpg")],
        "fewer": photos[:-1],
        "renamed": [photos[0]._replace(key="0.jpg"), *photos[1:]],
    }[change]
    with pytest.raises(ValueError, match="set_of_photographs was"):
        label(teacher, changed, tmp_path / "labels")


def test_a_shard_that_holds_another_number_is_never_counted(teacher, photo_folder, tmp_path):
    killed = in_another_process(KILLED, photo_folder, tmp_path / "cut")
    assert killed.returncode == -signal.SIGKILL
    facts = tmp_path / "cut" / "labels-00000.json"
    facts.write_text(facts.read_text().replace('"labelled": 1', '"labelled": 2'))
    with pytest.raises(ValueError, match="another set of photographs"):
        label(teacher, as_photos(photo_folder, copies=4), tmp_path / "cut", photos_per_shard=1)


def test_a_photograph_given_twice_is_labelled_once(teacher, photo_folder, tmp_path):
    photos = as_photos(photo_folder)
    manifest = label(teacher, [*photos, *photos[:2]], tmp_path / "labels", photos_per_shard=3)
    assert manifest["photos"] == 6
    assert manifest["labelled"] == len(LabelSet(tmp_path / "labels")) == 4
    assert [entry["file"] for entry in manifest["skipped"]] == ["a.jpg", "b.png"]


def test_labels_span_0_to_1_and_fit_their_image(teacher, photo_folder, tmp_path):
    label(teacher, photo_folder, tmp_path / "labels")
    sample = LabelSet(tmp_path / "labels")[0]
    assert sample.image.shape[-2:] == sample.disparity.shape[-2:]
    assert sample.disparity.min() == 0
    assert sample.disparity.max() == 1


def test_nothing_to_label_is_an_error(teacher, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no images"):
        label(teacher, tmp_path / "empty", tmp_path / "labels")
    (tmp_path / "empty" / "a.jpg").write_text("nothing")
    with pytest.raises(ValueError, match="none of the 1"):
        label(teacher, tmp_path / "empty", tmp_path / "labels")
    assert not (tmp_path / "labels" / "manifest.json").exists()
    for wrong in ({"photos_per_shard": 0}, {"threads": 0}):
        with pytest.raises(ValueError, match="must be at least 1"):
            label(teacher, tmp_path / "empty", tmp_path / "other", **wrong)


def test_the_folder_says_with_what_a_store_was_begun(teacher, photo_folder, tmp_path):
    label(teacher, photo_folder, tmp_path / "labels")
    begun = read_settings(tmp_path / "labels")
    assert list(begun["asked"]) == [
        "teacher",
        "looks",
        "photos_per_shard",
        "set_of_photographs",
    ]


def test_a_photograph_that_was_replaced_has_its_shard_made_anew(teacher, photo_folder, tmp_path):
    out = tmp_path / "labels"
    label(teacher, photo_folder, out, photos_per_shard=1)
    before = shard_bytes(out)
    (photo_folder / "a.jpg").write_bytes((photo_folder / "c.jpg").read_bytes())
    label(teacher, photo_folder, out, photos_per_shard=1)
    label(teacher, photo_folder, tmp_path / "fresh", photos_per_shard=1)
    after = shard_bytes(out)
    assert after == shard_bytes(tmp_path / "fresh")
    assert {name for name in after if after[name] != before[name]} == {
        "labels-00000.json",
        "labels-00000.tar",
    }


@pytest.mark.parametrize("content", ["", "half", "zeros", None])
def test_a_shard_that_is_not_what_was_written_is_refused_and_made_anew(
    teacher, photo_folder, tmp_path, content
):
    out = tmp_path / "labels"
    label(teacher, photo_folder, out, photos_per_shard=2)
    whole, shard = shard_bytes(out), out / "labels-00001.tar"
    (out / "manifest.json").unlink()
    if content is None:
        shard.unlink()
    else:
        old = shard.read_bytes()
        shard.write_bytes({"": b"", "half": old[: len(old) // 2], "zeros": bytes(512)}[content])
    label(teacher, photo_folder, out, photos_per_shard=2)
    assert shard_bytes(out) == whole
    shard.write_bytes(shard.read_bytes()[:-700])
    with pytest.raises(ValueError, match=r"labels-00001\.tar is .* bytes long.*dav2 label"):
        LabelSet(out)
    label(teacher, photo_folder, out, photos_per_shard=2)
    assert len(LabelSet(out)) == 4


@pytest.mark.parametrize("is_finished", [True, False])
def test_what_a_shard_says_of_itself_is_made_anew(teacher, photo_folder, tmp_path, is_finished):
    out = tmp_path / "labels"
    label(teacher, photo_folder, out, photos_per_shard=2)
    whole = shard_bytes(out)
    (out / "labels-00001.json").write_text("")
    if not is_finished:
        (out / "manifest.json").unlink()
    label(teacher, photo_folder, out, photos_per_shard=2)
    assert shard_bytes(out) == whole


def test_noise_of_the_same_length_is_named(teacher, photo_folder, tmp_path):
    label(teacher, photo_folder, tmp_path / "labels")
    shard = tmp_path / "labels" / "labels-00000.tar"
    size = shard.stat().st_size
    for content in (bytes(size), b"\xff" * size):
        shard.write_bytes(content)
        with pytest.raises(ValueError, match=r"labels-00000\.tar (holds 0 labels|is cut off)"):
            LabelSet(tmp_path / "labels")


def test_labels_made_again_of_the_same_are_the_same_whatever_the_clock_says(
    teacher, photo_folder, tmp_path
):
    out = tmp_path / "labels"
    label(teacher, photo_folder, out)
    before = artefact_hash(out)
    for path in photo_folder.iterdir():
        os.utime(path, (0, 0))  # as a copy of the folder may have it
    label(teacher, photo_folder, out)
    assert artefact_hash(out) == before
    (photo_folder / "a.jpg").write_bytes((photo_folder / "c.jpg").read_bytes())
    label(teacher, photo_folder, out)
    assert artefact_hash(out) != before
