"""How commands end that cannot go on: one sentence, a status, and nothing lost."""

import errno
import os
import re
import resource
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import torch

from dav2.cli import main
from dav2.cli.errors import sentence
from dav2.errors import UserError
from dav2.infer import open_network
from dav2.manifests import MissingArtefact, is_finished, write_manifest
from tests.helpers.command import called, dav2
from tests.helpers.options import as_options
from tests.helpers.project import ROOT
from tests.helpers.scenes import write_scenes

DAV2 = [sys.executable, "-m", "dav2.cli"]
needs_a_user = pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")


@pytest.fixture
def run(tmp_path):
    write_scenes(tmp_path / "run" / "scenes", 8)
    write_scenes(tmp_path / "run" / "scenes_validation", 2)
    return tmp_path / "run"


@pytest.mark.parametrize(
    ("sign", "status", "said"),
    [(signal.SIGTERM, 143, "ended by SIGTERM"), (signal.SIGINT, 130, "stopped")],
)
def test_a_training_that_is_told_to_end_says_so_and_goes_on(run, sign, status, said):
    changes = {"teacher.steps": 4000, "validate_every_steps": 4000, "checkpoint_every_steps": 3}
    command = [*DAV2, "fit", "teacher", "--run", str(run), "--scale", "smoke"]
    command += as_options(changes, "teacher")
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Whatever runs the tests in the background may have made them deaf to Ctrl-C.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    last = run / "teacher" / "checkpoints" / "last.ckpt"
    while not last.exists():
        assert process.poll() is None, process.communicate()
    process.send_signal(sign)
    out, err = (text.decode() for text in process.communicate(timeout=300))
    assert process.returncode == status, err
    assert "Traceback" not in err
    assert f"dav2: {said}; the same command goes on" in err
    step, kept = map(
        int, re.search(r"stopped after step (\d+) of 4000, (\d+) are kept", out).groups()
    )
    assert torch.load(last, weights_only=True)["global_step"] == kept
    assert kept == step if sign == signal.SIGTERM else kept <= step
    assert not is_finished(run / "teacher")


def limit_file_size(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_full_disk_is_one_sentence_and_the_next_call_goes_on(photo_folder, tmp_path):
    """The system refuses to write more than so many bytes into a file, as a full disk does."""
    command = ["predict", photo_folder, "--out", tmp_path / "out", "--formats", "npy"]
    full = dav2(*command, preexec_fn=partial(limit_file_size, 10_000))
    assert full.returncode == 1
    assert "Traceback" not in full.stderr
    assert re.search(r"dav2: cannot write.*Make room there; the same command goes on", full.stderr)
    done = called(*command)
    assert done.returncode == 0, done.stderr
    assert "4 made, 0 were there, 0 set aside" in done.stdout


def test_a_file_in_the_place_of_a_folder_is_called_so(photo_folder, tmp_path):
    (tmp_path / "out").touch()
    done = called("predict", photo_folder / "a.jpg", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "is a file, and a folder is needed there; choose another name" in done.stderr
    assert "Traceback" not in done.stderr


@needs_a_user
def test_a_read_only_folder_is_called_so(photo_folder, tmp_path):
    (tmp_path / "out").mkdir(mode=0o500)
    done = dav2("predict", photo_folder / "a.jpg", "--out", tmp_path / "out")
    assert "no right to use" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_but_unusable_files_is_no_success(tmp_path):
    (tmp_path / "a.jpg").write_text("no picture")
    done = called("predict", tmp_path / "a.jpg", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "0 made, 0 were there, 1 set aside" in done.stdout


def test_names_that_are_no_text_do_not_end_a_command(photo_folder, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    name = os.fsencode(folder) + b"/caf\xe9.jpg"
    Path(os.fsdecode(name)).write_bytes((photo_folder / "a.jpg").read_bytes())
    Path(os.fsdecode(name[:-4] + b"2.jpg")).write_text("no picture")
    for command in (("predict", folder), ("label", "--images", folder, "--sheets", "0")):
        model = () if command[0] == "predict" else ("--model", ROOT / "dav2/shipped/lite0")
        done = called(*command, *model, "--out", tmp_path / command[0], "--shorter_px", "64")
        assert done.returncode == 0, done.stderr
        assert r"caf\udce92.jpg" in done.stdout


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "x/a.png"),
            "cannot write x/a.png: No space",
        ),
        (OSError(errno.EROFS, "Read-only file system", "x"), "no right to use x: Read-only"),
        (
            NotADirectoryError(errno.ENOTDIR, "Not a directory", "x/y"),
            "x/y is a file, and a folder",
        ),
        (FileNotFoundError("x is not there"), "x is not there"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "x"), "No such file.*: x"),
        (MemoryError(), "there is too little memory"),
        (RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed. "), "a worker that"),
        (UserError("y"), "y"),
        (
            ModuleNotFoundError("No module named 'mitsuba.x'", name="mitsuba.x"),
            r"this needs mitsuba: pip install 'dav2\[render\]'",
        ),
        (ModuleNotFoundError("No module named 'other'", name="other"), "No module named 'other'"),
    ],
)
def test_errors_of_the_system_become_sentences(error, said):
    assert re.match(said, sentence(error))


def test_our_own_mistakes_keep_their_traceback():
    assert sentence(TypeError("x")) is None
    assert sentence(ValueError("of NumPy")) is None
    assert sentence(AssertionError()) is None


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("predict", "x.jpg", "--out", "o", "--shorter-px", "0"), "--shorter-px"),
        (("predict", "x.jpg", "--out", "o", "--batch-size", "-2"), "--batch-size"),
        (("label", "--model", "m", "--images", "i", "--out", "o", "--limit", "-1"), "limit"),
        (("data", "check", "rendered", "x", "--sample", "-3"), "sample"),
        (("data", "pack", "rendered", "x", "--out", "o", "--chunk-mb", "-1"), "--chunk-mb"),
        (("render", "--out", "o", "--count", "2", "--workers", "0"), "workers"),
        (
            ("render", "--out", "o", "--count", "2", "--size", "9999999x9999999"),
            "sides must be 1 to",
        ),
        (("predict", "x.jpg", "--out", "o", "--model", "no/such"), "no/such is not there"),
    ],
)
def test_numbers_out_of_range_and_models_of_nothing_are_one_line(
    command, said, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["dav2", *command])
    with pytest.raises(SystemExit) as end:
        main()
    text = f"{end.value.code} {capsys.readouterr().err}"
    assert end.value.code not in (0, None)
    assert said in text
    assert not list(tmp_path.iterdir())


def test_a_run_is_no_model_and_says_which_it_holds(tmp_path, monkeypatch):
    for name in ("teacher", "student_photos"):
        write_manifest(tmp_path / "runs" / "lab-0" / name, "network")
    write_manifest(tmp_path / "runs" / "lab-0" / "scenes", "rendered")
    with pytest.raises(ValueError, match="holds the stages student_photos, teacher: choose one"):
        open_network(tmp_path / "runs" / "lab-0")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MissingArtefact, match="did you mean runs/lab-0/teacher"):
        open_network("runs/lab-0/techer")
