"""The protocol that all stages share: what was asked, who writes, what counts as made."""

import errno
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dav2.disk import HOST, TEMPORARY, atomic_path, check_record, read_record, sweep
from dav2.manifests import MissingArtefact, is_finished, read_manifest, require, write_manifest
from dav2.runs import finished, read_settings, work_in

ROOT = Path(__file__).parents[1]
DEAD = 4194303  # the largest process number of Linux, which it gives last


def make(folder, asked, names=("a.txt", "b.txt"), of=1, interrupt=False):
    """A little stage: writes the names of its files into them; says which it made."""
    made = []
    with work_in(folder, "texts", asked) as texts:
        for name in names:
            if not texts.holds(name, of):
                made.append(name)
                with texts.write(name, of) as path:
                    path.write_text(f"{name} {of}")
        if interrupt:
            raise KeyboardInterrupt
        if made or texts.manifest is None:
            texts.finish()
    return made


def test_what_is_made_once_is_not_made_again_and_the_manifest_vouches_for_it(tmp_path):
    assert make(tmp_path, {"seed": 0}) == ["a.txt", "b.txt"]
    manifest = read_manifest(tmp_path, "texts")
    assert manifest["asked"] == {"seed": 0}
    assert manifest["files"] == {name: {"bytes": 7, "of": 1} for name in ("a.txt", "b.txt")}
    before = (tmp_path / "manifest.json").stat().st_mtime_ns
    assert make(tmp_path, {"seed": 0}) == []
    assert (tmp_path / "manifest.json").stat().st_mtime_ns == before
    assert finished(tmp_path, "texts", {"seed": 0}) == manifest
    assert require(tmp_path, "make it", "texts") == tmp_path


def test_a_folder_begun_with_something_else_is_refused_and_told_what_differs(tmp_path):
    make(tmp_path, {"seed": 0, "scale": {"steps": 5, "crop": (1, 2)}})
    make(tmp_path, {"seed": 0, "scale": {"steps": 5, "crop": [1, 2]}})  # the same, by JSON
    with pytest.raises(ValueError, match=r"\(scale\.steps was 5, now 6\); delete it or choose"):
        make(tmp_path, {"seed": 0, "scale": {"steps": 6, "crop": (1, 2)}})
    with (
        pytest.raises(ValueError, match="holds no maps but 'texts'"),
        work_in(tmp_path, "maps", {"seed": 0}),
    ):
        pass
    with pytest.raises(ValueError, match="holds no maps but 'texts'"):
        read_manifest(tmp_path, "maps")


def test_what_was_begun_and_holds_nothing_yet_does_not_block_the_corrected_call(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, {"seed": "wrong"}, names=[], interrupt=True)
    assert finished(tmp_path, "texts", {"seed": 0}) is None
    assert make(tmp_path, {"seed": 0}) == ["a.txt", "b.txt"]


def test_an_interrupted_stage_goes_on_and_half_a_line_costs_one_file(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, {}, interrupt=True)
    assert not is_finished(tmp_path)
    assert read_settings(tmp_path) == {"kind": "texts", "asked": {}}
    ledger = tmp_path / ".dav2" / "made.jsonl"
    ledger.write_text(ledger.read_text()[:-9])  # as the power may leave it
    assert make(tmp_path, {}) == ["b.txt"]


def test_a_lost_manifest_is_written_anew_and_nothing_else(tmp_path):
    make(tmp_path, {"seed": 0})
    whole = (tmp_path / "manifest.json").read_bytes()
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(ValueError, match="seed was 0, now 1"):
        make(tmp_path, {"seed": 1})
    assert make(tmp_path, {"seed": 0}) == []
    assert (tmp_path / "manifest.json").read_bytes() == whole


def test_what_was_emptied_by_hand_can_be_begun_otherwise_and_nothing_old_counts(tmp_path):
    make(tmp_path, {"seed": 0})
    for name in ("a.txt", "b.txt", "manifest.json"):
        (tmp_path / name).unlink()
    assert make(tmp_path, {"seed": 1}, names=["a.txt"]) == ["a.txt"]
    assert list(read_manifest(tmp_path)["files"]) == ["a.txt"]


def test_a_manifest_vouches_for_nothing_that_is_gone(tmp_path):
    make(tmp_path, {})
    for name in ("b.txt", "manifest.json"):
        (tmp_path / name).unlink()
    assert make(tmp_path, {}, names=["a.txt"]) == []
    assert list(read_manifest(tmp_path)["files"]) == ["a.txt"]


@pytest.mark.parametrize("content", ["", "a.tx", None])
def test_what_was_emptied_cut_off_or_deleted_is_made_anew(tmp_path, content):
    make(tmp_path, {})
    file = tmp_path / "a.txt"
    file.unlink() if content is None else file.write_text(content)
    with pytest.raises(
        ValueError, match=r"a\.txt .*it was written with 7\. Make it anew with: cmd"
    ):
        require(tmp_path, "cmd")
    assert finished(tmp_path, "texts", {}) is None
    assert make(tmp_path, {}) == ["a.txt"]
    assert require(tmp_path, "cmd").joinpath("a.txt").read_text() == "a.txt 1"


@pytest.mark.parametrize("content", ["", '{"kind": "te', '{"kind": "texts", "asked": {}}'])
def test_a_damaged_manifest_is_made_anew_and_settings_still_hold(tmp_path, content):
    make(tmp_path, {"seed": 0})
    whole = (tmp_path / "manifest.json").read_bytes()
    (tmp_path / "manifest.json").write_text(content)
    if "asked" not in content:
        with pytest.raises(ValueError, match="seed was 0, now 1"):
            make(tmp_path, {"seed": 1})
    (tmp_path / "manifest.json").write_text(content.replace("{}", '{"seed": 0}'))
    make(tmp_path, {"seed": 0})
    assert (tmp_path / "manifest.json").read_bytes() == whole


def test_a_first_file_is_ours_before_it_has_its_name(tmp_path, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("dav2.runs.Work.record", killed)
        with pytest.raises(KeyboardInterrupt):
            make(tmp_path, {})
    assert (tmp_path / "a.txt").exists()
    assert make(tmp_path, {}) == ["a.txt", "b.txt"]
    assert make(tmp_path, {}) == []


def test_only_what_is_made_of_something_else_is_made_anew(tmp_path):
    make(tmp_path, {})
    assert make(tmp_path, {}, names=["b.txt"], of=2) == ["b.txt"]
    assert (tmp_path / "b.txt").read_text() == "b.txt 2"
    assert read_manifest(tmp_path)["files"]["a.txt"]["of"] == 1


def test_a_finished_folder_that_is_written_again_is_not_finished_meanwhile(tmp_path):
    make(tmp_path, {})
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, {}, names=["c.txt"], interrupt=True)
    with pytest.raises(MissingArtefact):
        require(tmp_path, "cmd")
    assert make(tmp_path, {}, ["a.txt", "b.txt", "c.txt"]) == []
    assert sorted(read_manifest(tmp_path)["files"]) == ["a.txt", "b.txt", "c.txt"]


def test_a_second_process_is_refused_and_told_who_is_first(tmp_path):
    with (
        work_in(tmp_path, "texts", {}),
        pytest.raises(ValueError, match=f"is being written by process {os.getpid()} on {HOST}"),
    ):
        make(tmp_path, {})
    make(tmp_path, {})
    assert not (tmp_path / ".dav2" / "holder").exists()


HOLDS = """
import os, sys
from dav2.runs import work_in
with work_in(sys.argv[1], "texts", {}):
    os.kill(os.getpid(), 9)
"""


def test_a_dead_process_lets_go(tmp_path):
    killed = subprocess.run([sys.executable, "-c", HOLDS, tmp_path], cwd=ROOT, check=False)
    assert killed.returncode == -9
    assert make(tmp_path, {}) == ["a.txt", "b.txt"]


def test_a_file_system_without_locks_gets_a_warning(tmp_path, monkeypatch):
    def none(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", none)
    with pytest.warns(UserWarning, match="has no locks"):
        assert make(tmp_path, {}) == ["a.txt", "b.txt"]


def test_files_of_users_survive_and_only_the_temporaries_of_the_dead_go(tmp_path):
    number = "0123456789ab"
    mine = ["x.part-1.jpg", "sa1b.part-01.tar", f"my.dav2-tmp-{HOST}-{DEAD}-{number}.jpg"]
    living = [f".dav2-tmp-{HOST}-{os.getpid()}-{number}.npy", f".dav2-tmp-{HOST}-1-{number}.png"]
    dead = [f".dav2-tmp-{HOST}-{DEAD}-{number}.jpg", f".dav2-tmp-{HOST}-{DEAD}-{number}"]
    elsewhere = [f".dav2-tmp-another.host-77-{number}.jpg"]
    below = tmp_path / "below"
    below.mkdir()
    for name in mine + living + dead + elsewhere:
        (tmp_path / name).touch()
        (below / name).touch()
    assert sweep(tmp_path) == len(dead)
    there = {path.name for path in tmp_path.iterdir()}
    assert there == {*mine, *living, *elsewhere, "below"}
    assert sweep(tmp_path, alone=True) == 1
    assert len(list(below.iterdir())) == 8, "only where it is told to"
    assert not (tmp_path / elsewhere[0]).exists(), "who holds the lock knows that they are dead"


def test_a_name_as_long_as_the_disk_takes_can_be_written(tmp_path):
    name = "n" * 250 + ".npy"
    with atomic_path(tmp_path / name) as temporary:
        assert TEMPORARY.fullmatch(temporary.name)
        temporary.write_text("whole")
    assert (tmp_path / name).read_text() == "whole"


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_files_get_the_permissions_of_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        with atomic_path(tmp_path / "weights") as temporary:
            temporary.unlink()
            os.close(os.open(temporary, os.O_CREAT | os.O_WRONLY, 0o600))  # as safetensors does
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "weights").stat().st_mode) == 0o666 & ~umask


def test_a_failed_writer_leaves_what_was_there(tmp_path):
    (tmp_path / "a").write_text("old")

    def fail():
        with atomic_path(tmp_path / "a") as temporary:
            temporary.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "old"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "must be a JSON object, not list"),
        ("null", "must be a JSON object, not NoneType"),
        ('{"kind": "x"}', "lacks 'asked'"),
        ('{"kind": 3, "asked": {}, "files": {}}', "'kind' must be str, not 3"),
        ('{"kind": "x", "asked": [], "files": {}}', r"'asked' must be dict, not \[\]"),
        ("{", "is not valid JSON"),
        ("[" * 100_000, "is not valid JSON"),
    ],
)
def test_a_manifest_of_another_shape_is_named(tmp_path, content, message):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(ValueError, match=message) as error:
        read_manifest(tmp_path)
    assert str(tmp_path / "manifest.json") in str(error.value)


def test_numbers_are_no_truth_values(tmp_path):
    (tmp_path / "a").write_text(json.dumps({"steps": 3, "rate": 1, "none": None}))
    fields = {"steps": int, "rate": float, "none": (str, type(None))}
    assert read_record(tmp_path / "a", fields)["steps"] == 3
    with pytest.raises(ValueError, match="'steps' must be int, not True"):
        check_record({"steps": True}, {"steps": int}, "it")


def test_a_manifest_says_the_same_in_whatever_order_files_were_made(tmp_path):
    for folder, names in (("one", "ab"), ("two", "ba")):
        write_manifest(tmp_path / folder, "texts", {}, {name: {"bytes": 1} for name in names})
    one, two = ((tmp_path / folder / "manifest.json").read_bytes() for folder in ("one", "two"))
    assert one == two


NO_FCNTL = """
import sys
sys.modules["fcntl"] = None
import dav2.train, dav2.label, dav2.course, dav2.infer, dav2.evaluate, dav2.render, dav2.data
"""


def test_no_room_needs_the_locks_of_unix():
    done = subprocess.run(
        [sys.executable, "-c", NO_FCNTL], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
