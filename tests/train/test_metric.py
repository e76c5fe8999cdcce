"""Fine-tuning for metres."""

import numpy as np
import pytest
import torch

from dav2.infer import open_predictor
from dav2.manifests import MissingArtefact, read_manifest
from dav2.metrics import AbsoluteRelativeError
from dav2.model import build_model, save_checkpoint
from dav2.scale import get_scale
from dav2.train import DepthModule, fit
from dav2.train.module import metric_target

SMALL = {"metric.steps": 4, "steps": 2, "validate_every_steps": 2}


def test_metres_are_one_over_disparity_and_sky_is_not_learned():
    disparity = torch.tensor([0.5, 0.0, 0.02, 0.25]).view(1, 1, 2, 2)
    valid = torch.tensor([True, True, True, False]).view(1, 1, 2, 2)
    depth, kept = metric_target(disparity, valid, max_depth=40.0)
    assert kept.flatten().tolist() == [True, False, False, False]  # 2 m; sky; 50 m; unknown
    assert depth[kept].item() == 2
    assert torch.isfinite(depth).all()


def test_absolute_relative_error_by_hand():
    metric = AbsoluteRelativeError()
    target = torch.tensor([[1.0, 2.0, 4.0, 9.0], [10.0, 0.0, 0.0, 0.0]]).view(2, 1, 2, 2)
    valid = target.bool() & (target < 9.5) | (target == 10)
    valid[0, 0, 1, 1] = False
    metric.update(torch.full_like(target, 2.0), target, valid)
    # first: (1 + 0 + 0.5) / 3; second: 0.8
    assert metric.compute().item() == pytest.approx((0.5 + 0.8) / 2)
    metric.reset()
    metric.update(target, target, valid)
    assert metric.compute() == 0
    metric.update(torch.ones(1, 1, 1, 1), torch.zeros(1, 1, 1, 1), torch.zeros(1, 1, 1, 1).bool())
    assert metric.compute() == 0, "a sample without valid pixels counts for nothing"


def test_metric_networks_start_from_a_stage_and_answer_in_metres(run):
    scale = get_scale("smoke", SMALL)
    with pytest.raises(MissingArtefact, match="dav2 fit student"):
        fit(run, "metric", scale, progress=False)
    fit(run, "student_synthetic", scale, progress=False)
    stage = fit(run, "metric", scale, progress=False, start=run / "student_synthetic")
    assert read_manifest(stage)["max_depth"] == 80
    assert 0 < read_manifest(stage)["validation_error"] < 80
    image = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    depth = open_predictor(stage).predict(image)
    assert depth.min() > 0
    assert depth.max() < 80


def test_the_encoder_is_taken_over_and_the_head_is_new(run, tmp_path, monkeypatch):
    torch.manual_seed(5)
    source = build_model("tiny")
    save_checkpoint(source, tmp_path / "w.safetensors")
    begun = {}

    class Seen(Exception):
        pass

    def look(self, network, *_):
        begun.update(network.state_dict())
        raise Seen

    monkeypatch.setattr(DepthModule, "__init__", look)
    with pytest.raises(Seen):
        fit(run, "metric", get_scale("smoke"), progress=False, start=tmp_path / "w.safetensors")
    for name, value in source.state_dict().items():
        if name.startswith("encoder."):
            assert torch.equal(begun[name], value), name
    head = "head.out.0.weight"
    assert not torch.equal(begun[head], source.state_dict()[head])


def test_metric_training_lowers_the_error_on_scenes_it_has_seen(run):
    steps = {"metric.steps": 60, "steps": 2, "head_lr": 3e-3, "encoder_lr": 1e-3}
    scale = get_scale("smoke", {**steps, "validate_every_steps": 60, "scenes.colour": False})
    fit(run, "student_synthetic", scale, progress=False)
    short = get_scale(
        "smoke", {**steps, "metric.steps": 1, "warmup_steps": 0, "scenes.colour": False}
    )
    start = run / "student_synthetic"
    early = fit(run, "metric", short, progress=False, start=start).rename(run / "early")
    late = fit(run, "metric", scale, progress=False, start=start)
    before, after = (read_manifest(stage)["validation_error"] for stage in (early, late))
    assert after < 0.7 * before


def test_another_start_or_a_start_for_others_is_refused(run, tmp_path):
    scale = get_scale("smoke", SMALL)
    for name in "ab":
        save_checkpoint(build_model("tiny"), tmp_path / f"{name}.safetensors")
    fit(run, "metric", scale, progress=False, start=tmp_path / "a.safetensors")
    with pytest.raises(ValueError, match="begun otherwise"):
        fit(run, "metric", scale, progress=False, start=tmp_path / "b.safetensors")
    with pytest.raises(ValueError, match="only metric takes a start"):
        fit(run, "teacher", scale, progress=False, start=tmp_path / "a.safetensors")


def test_decay_is_the_official_power():
    numbers = {"head_lr": 1e-3, "warmup_steps": 0, "steps": 100}
    stage = get_scale("smoke", numbers).stages["metric"]
    module = DepthModule(build_model("tiny", max_depth=20.0), stage)
    configured = module.configure_optimizers()
    optimiser, schedule = configured["optimizer"], configured["lr_scheduler"]["scheduler"]
    for _ in range(50):
        optimiser.step()
        schedule.step()
    assert optimiser.param_groups[1]["lr"] == pytest.approx(1e-3 * 0.5**0.9)
