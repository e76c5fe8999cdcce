"""Shared fixtures: tiny pictures, tiny networks, and one smoke run of the whole course."""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock
from PIL import Image

pytest.register_assert_rewrite("tests.helpers")  # before the first of them is imported

from tests.helpers.project import ROOT  # noqa: E402


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.fixture
def photo_folder(tmp_path):
    """Four photographs of different shapes."""
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name, size in (
        ("a.jpg", (64, 48)),
        ("b.png", (48, 64)),
        ("c.jpg", (80, 60)),
        ("d.jpg", (100, 40)),
    ):
        smooth = Image.fromarray(rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)).resize(size)
        smooth.save(folder / name)
    return folder


@pytest.fixture
def benchmark(tmp_path):
    """A DA-2K folder of two scene types, three images and four pairs."""
    root = tmp_path / "da2k"
    annotations = {}
    for scene, name, pairs in (
        ("indoor", "room.jpg", [((10, 5), (2, 5)), ((9, 3), (1, 9))]),
        ("indoor", "desk.png", [((3, 3), (8, 8))]),
        ("outdoor", "hill.jpg", [((11, 0), (0, 0))]),
    ):
        path = root / "images" / scene / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((24, 32, 3), 128, np.uint8)).save(path)
        annotations[f"images/{scene}/{name}"] = [
            {"point1": list(near), "point2": list(far), "closer_point": "point1"}
            for near, far in pairs
        ]
    (root / "annotations.json").write_text(json.dumps(annotations))
    return root


def kill_course_when(run: Path, sign: Path) -> None:
    """Start the course as a user would, and `kill -9` it as soon as `sign` appears."""
    command = ["course", "run", "--scale", "smoke", "--run", str(run)]
    command += ["--notebooks", str(ROOT / "notebooks")]
    process = subprocess.Popen([sys.executable, "-m", "dav2.cli", *command], cwd=ROOT)
    while not sign.exists():
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
            raise AssertionError(f"the course ended before {sign} appeared")
    process.kill()
    process.wait()


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory, worker_id):
    """The whole course at smoke scale, killed while rendering, training and labelling, and finished
    by the next call. Executed once for all tests that look at it, whichever process they run in."""
    folder = tmp_path_factory.getbasetemp()
    if worker_id != "master":  # of processes beside each other, each has its own folder below one
        folder = folder.parent
    run = folder / "course" / "smoke"
    with FileLock(folder / "course.lock"):
        if not (run / "report.html").exists():
            finish_after_three_kills(run)
    return run


def finish_after_three_kills(run: Path) -> None:
    from dav2.course import run_course

    finished = {}
    begun = ".dav2/settings.json"
    signs = {"scenes": "000000.json", "teacher": begun, "labels": begun}
    for stage, sign in signs.items():
        kill_course_when(run, run / stage / sign)
        for path in (*run.glob("scenes/0*.json"), *run.glob("*/manifest.json")):
            finished.setdefault(path, path.stat().st_mtime_ns)
    run_course(ROOT / "notebooks", run, "smoke", 0, {})
    again = [path for path, time in finished.items() if path.stat().st_mtime_ns != time]
    assert again == [], "made again although it was finished before the kill"
    assert len(finished) > 12


def pytest_make_parametrize_id(val, argname):
    """Call long values by their length: pytest puts a test's name, 64 MB of one here, into the
    environment of every process, and native libraries have ended at that."""
    return f"{argname} of {len(val)}" if isinstance(val, str | bytes) and len(val) > 80 else None


# What takes longest; `-m "not slow"` answers in two minutes without it. In this order they run.
SLOW = (
    "tests/annotate/test_command",
    "tests/annotate/test_widget_browser",
    "tests/cli/test_errors",
    "tests/data/test_pack",
    "tests/infer/test_shipped",
    "tests/label/test_ray",
    "tests/label/test_store",
    "tests/model/test_encoders",
    "tests/model/test_parity",
    "tests/model/test_pretrained",
    "tests/scenery/test_things",
    "tests/test_fuzz",
    "tests/test_lookup",
    "tests/course/test_course",
    "tests/train",
    "tests/render",
    "tests/course",  # late: they wait for the course that is run for test_course
    # Last: OpenVINO after litdata leaves a process that crashes when it forks.
    "tests/infer/test_preprocessing",
    "tests/infer/test_export",
)


# Before pytest-xdist's own hook, which reads the marks.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Fast tests first: what breaks is known before the long runs begin.

    Beside each other (`pytest -n 2 --dist loadgroup`), a file's tests share a process and its fixtures.
    """

    def place(item):
        return next((i for i, path in enumerate(SLOW, 1) if item.nodeid.startswith(path)), 0)

    items.sort(key=place)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(item.path.name))
        if place(item):
            item.add_marker(pytest.mark.slow)
