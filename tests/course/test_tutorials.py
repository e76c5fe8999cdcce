"""Every tutorial runs on the artefacts of a finished course, and stays short."""

import json
import os
import shutil

import nbformat
import pytest

from dav2.course import check_notebooks
from dav2.course.notebooks import find_notebooks
from dav2.course.run import run_lesson
from tests.helpers.project import ROOT

TUTORIALS = find_notebooks(ROOT / "tutorials")


def test_tutorials_are_in_normal_form_short_and_listed():
    assert check_notebooks(ROOT / "tutorials") == []
    listed = (ROOT / "tutorials" / "README.md").read_text()
    for path in TUTORIALS:
        assert len(nbformat.read(path, 4).cells) <= 12, path.name
        assert f"({path.name})" in listed


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_tutorial_runs(path, smoke_run, tmp_path):
    # Not the locks: linked, they would lock the course itself.
    without = shutil.ignore_patterns("lock", "holder")
    run = shutil.copytree(smoke_run, tmp_path / "run", copy_function=os.link, ignore=without)
    settings = {"SCALE": "smoke", "SEED": 0, "OVERRIDES": {}, "RUN_DIR": str(run)}
    out = tmp_path / path.name
    run_lesson(path, out, settings)
    outputs = [o for c in nbformat.read(out, 4).cells if c.cell_type == "code" for o in c.outputs]
    assert not [o for o in outputs if o.output_type == "error"]
    if path.stem != "released_weights":  # random weights make no picture worth showing
        assert "image/png" in json.dumps(outputs)
