"""Rows of the paper's tables in small: what they may share, and that they are not made twice."""

import numpy as np
import pytest

from dav2.data import RenderedSet
from dav2.disk import read_json
from dav2.manifests import MissingArtefact
from dav2.scale import get_scale
from dav2.study import choose_views, fit_row, small_scale
from dav2.train.inputs import find_stage
from tests.helpers.scenes import write_scenes


def test_small_crops_are_multiples_of_the_stride():
    scale = small_scale(get_scale("lab"), 300, "lite0", 0.8, encoder_lr=0.0)
    for name in ("teacher", "student_synthetic", "student_both"):
        stage = find_stage(scale, name)
        assert (stage.crop_px, stage.shorter_px) == ((96, 128), 202)
        assert (stage.preset, stage.steps, stage.warmup_steps) == ("lite0", 300, 20)
        assert stage.encoder_lr == 0
    smaller = small_scale(get_scale("lab"), 300, "vits", 0.8)
    assert find_stage(smaller, "teacher").crop_px == (98, 140)
    smallest = small_scale(get_scale("smoke"), 2, "lite2", 0.1)
    assert find_stage(smallest, "teacher").crop_px == (32, 32)


def test_chosen_views_are_those_of_the_whole_set(tmp_path):
    scenes = write_scenes(tmp_path / "scenes", 4)
    out = choose_views(scenes, ["000003", "000001"], tmp_path / "some")
    assert choose_views(scenes, ["000003", "000001"], out) == out
    whole, some = RenderedSet(scenes), RenderedSet(out)
    assert len(some) == 2
    for chosen, index in zip(some, (3, 1), strict=True):
        assert np.array_equal(chosen.image, whole[index].image)
        assert np.array_equal(chosen.disparity, whole[index].disparity)
    with pytest.raises(ValueError, match="begun otherwise"):
        choose_views(scenes, ["000000"], out)
    with pytest.raises(ValueError, match="holds no view 000009"):
        choose_views(scenes, ["000000", "000009"], tmp_path / "none")
    with pytest.raises(MissingArtefact):
        choose_views(tmp_path, ["000000"], tmp_path / "none")


def test_choosing_starts_anew_after_a_kill(tmp_path):
    scenes, out = write_scenes(tmp_path / "scenes", 3), tmp_path / "some"
    out.mkdir()
    (out / "000002.jpg").symlink_to(scenes / "000002.jpg")  # killed here
    assert len(RenderedSet(choose_views(scenes, ["000002"], out))) == 1


def test_a_row_is_trained_once_and_refuses_other_settings(tmp_path):
    scale = small_scale(get_scale("smoke"), 2, "tiny", 0.6)
    inputs = {
        "scenes": write_scenes(tmp_path / "scenes", 4),
        "scenes_validation": write_scenes(tmp_path / "held_out", 2),
    }
    row = tmp_path / "table" / "row"
    stage = fit_row("student_synthetic", scale, row, 0, **inputs)
    assert read_json(stage / "manifest.json")["steps"] == 2
    assert not (stage / "checkpoints").exists()
    written = (stage / "model.safetensors").stat().st_mtime_ns
    assert fit_row("student_synthetic", scale, row, 0, **inputs) == stage
    assert (stage / "model.safetensors").stat().st_mtime_ns == written
    with pytest.raises(ValueError, match="begun otherwise"):
        fit_row("student_synthetic", scale, row, 1, **inputs)


def test_a_row_follows_scenes_that_have_moved(tmp_path):
    scale = small_scale(get_scale("smoke"), 2, "tiny", 0.6)
    held_out = write_scenes(tmp_path / "held_out", 2)
    row = tmp_path / "row"
    row.mkdir()
    (row / "scenes").symlink_to(tmp_path / "gone")
    scenes = write_scenes(tmp_path / "scenes", 4)
    fit_row("student_synthetic", scale, row, 0, scenes=scenes, scenes_validation=held_out)
    assert (row / "scenes").resolve() == scenes
