"""`dav2 plan`: numbers computed by hand or counted in another way, and no trace on disk."""

import shutil
import sys

import pytest
import torch
from torch import nn

from dav2 import cli
from dav2.model import build_model
from dav2.plan import format_plan, plan, with_measured_step
from dav2.plan.costs import count_activations, count_flop
from dav2.scale import get_scale
from tests.helpers.scenes import write_scenes


def test_numbers_of_the_tiny_network_by_hand(tmp_path):
    found = plan(tmp_path, "teacher", get_scale("smoke"), devices=2, step_seconds=0.5)
    network = build_model("tiny")
    every = sum(p.numel() for p in network.parameters())
    assert found.encoder_parameters + found.head_parameters == every
    # Never trained: the coarsest fusion's first unit, two 3x3 convolutions 16 -> 16.
    assert found.trained_parameters == every - 2 * (16 * 16 * 9 + 16)
    assert found.memory["weights"] == 4 * every
    assert found.memory["gradients"] == 4 * found.trained_parameters
    assert found.memory["Adam"] == 8 * found.trained_parameters
    assert found.memory["average"] == found.memory["frozen encoder"] == 0
    assert (found.batch, found.micro_batch, found.accumulate) == (4, 2, 1)
    assert (found.steps, found.samples, found.passes) == (12, 48, 4.0)  # 12 views by 4
    assert found.hours == pytest.approx(12 * 0.5 / 3600)
    assert found.flop_per_step == 4 * found.flop_per_sample


def test_an_average_and_a_frozen_encoder_take_their_place(tmp_path):
    scale = get_scale("smoke", {"average_decay": 0.9, "photos.feature_weight": 1.0})
    found = plan(tmp_path, "student_photos", scale)
    assert found.memory["frozen encoder"] == 4 * found.encoder_parameters
    network = found.encoder_parameters + found.head_parameters
    assert found.memory["average"] == 4 * (network + found.encoder_parameters)
    teacher = plan(tmp_path, "teacher", scale)
    assert teacher.memory["frozen encoder"] == 0
    assert teacher.flop_per_sample < found.flop_per_sample < 1.34 * teacher.flop_per_sample


def test_a_frozen_encoder_of_another_size_is_counted_as_itself(tmp_path):
    options = {"student_photos.preset": "lite0", "crop_px": (64, 96), "photos.feature_weight": 1.0}
    own = plan(tmp_path, "student_photos", get_scale("smoke", options))
    other = get_scale("smoke", {**options, "photos.feature_encoder": "lite2"})
    larger = plan(tmp_path, "student_photos", other)
    encoder = build_model("lite2").encoder
    assert larger.memory["frozen encoder"] == 4 * sum(p.numel() for p in encoder.parameters())
    assert larger.memory["weights"] == own.memory["weights"]
    assert larger.flop_per_sample > own.flop_per_sample


def test_shares_of_the_weights_lie_on_each_device(tmp_path):
    whole = plan(tmp_path, "teacher", get_scale("smoke"), devices=2)
    shared = plan(tmp_path, "teacher", get_scale("smoke", {"strategy": "fsdp"}), devices=2)
    for part in ("weights", "gradients", "Adam"):
        assert shared.memory[part] == pytest.approx(whole.memory[part] / 2, abs=1)
    assert shared.memory["activations"] == whole.memory["activations"]


def really_kept(network, image):
    """Bytes of the tensors that autograd keeps in a real forward pass."""
    weights = {p.data_ptr() for p in network.parameters()}
    kept = {}

    def keep(tensor):
        if tensor.untyped_storage().data_ptr() not in weights:
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes(), tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        pred = network(image)
    assert pred.requires_grad
    return sum(size for size, _ in kept.values())


@pytest.mark.parametrize("size", [(70, 98), (126, 126)])
def test_activations_are_those_of_a_real_pass(size):
    real = really_kept(build_model("vits"), torch.rand(2, 3, *size))
    with torch.device("meta"):
        network = build_model("vits")
    assert count_activations(network, size, 2, bf16=False) == pytest.approx(real, rel=0.01)


def test_flop_by_hand():
    def convolution():
        return nn.Conv2d(3, 8, 3, padding=1, device="meta")

    forward = 2 * 8 * (3 * 9) * (4 * 5)
    assert count_flop(convolution(), (4, 5), backward=False) == forward
    assert count_flop(convolution(), (4, 5)) == 2 * forward  # the image needs no gradient


def test_flop_of_depthwise_convolutions_by_hand():
    def network():
        thin = nn.Conv2d(8, 8, 3, padding=1, groups=8, device="meta")
        return nn.Sequential(nn.Conv2d(3, 8, 1, device="meta"), thin)

    first, second = 2 * 8 * 3 * (4 * 5), 2 * 8 * 9 * (4 * 5)
    assert count_flop(network(), (4, 5), backward=False) == first + second
    assert count_flop(network(), (4, 5)) == 2 * first + 3 * second


def test_checkpointing_trades_memory_for_arithmetic(tmp_path):
    plain = plan(tmp_path, "teacher", get_scale("smoke"))
    sparing = plan(tmp_path, "teacher", get_scale("smoke", {"checkpointing": True}))
    assert 0 < sparing.memory["activations"] < 0.7 * plain.memory["activations"]
    # A second forward pass of most parts; forward and backward are about three.
    assert 1.1 < sparing.flop_per_sample / plain.flop_per_sample < 1.34


def test_time_comes_from_what_is_given_and_says_so(run):
    scale = get_scale("smoke")
    assert plan(run, "teacher", scale).hours is None
    assert "not known" in format_plan(plan(run, "teacher", scale))
    rate = plan(run, "teacher", scale, devices=2, images_per_second=8.0)
    assert rate.step_seconds == 4 / (2 * 8)
    peak = plan(run, "teacher", scale, devices=2, peak_tflops=1e-6, peak_share=0.5)
    assert peak.step_seconds == pytest.approx(peak.flop_per_step / (2 * 1e6 * 0.5))
    assert "if 50% of 1e-06 TFLOP/s are reached" in format_plan(peak)
    measured = with_measured_step(plan(run, "student_both", scale), scale)
    assert measured.step_seconds > 0
    assert "measured here" in measured.basis
    with pytest.raises(ValueError, match="give one of"):
        plan(run, "teacher", scale, step_seconds=1.0, peak_tflops=1.0)
    with pytest.raises(ValueError, match="above 0"):
        plan(run, "teacher", scale, step_seconds=0.0)


def test_more_than_fits_is_not_measured(tmp_path, monkeypatch):
    monkeypatch.setattr("dav2.plan.estimate.free_bytes", lambda: 1_000_000)
    scale = get_scale("smoke")
    found = with_measured_step(plan(tmp_path, "teacher", scale), scale)
    assert found.step_seconds is None
    assert "1 MB are free here" in format_plan(found)


def test_the_command_says_what_is_missing_and_leaves_no_trace(run, monkeypatch, capsys):
    def tree():
        return {(p, p.stat().st_mtime_ns) for p in run.parent.rglob("*")}

    monkeypatch.chdir(run.parent)
    before = tree()
    command = ["dav2", "plan", "student", "--run", str(run), "--scale", "smoke"]
    monkeypatch.setattr(sys, "argv", [*command, "--step-seconds", "2", "--devices=2"])
    cli.main()
    text = capsys.readouterr().out
    assert f"{run / 'labels'}: missing" in text
    assert f"make it with: dav2 label --model {run / 'teacher'}" in text
    assert f"{run / 'scenes_validation'}: 2 samples" in text
    shutil.rmtree(run / "scenes_validation")
    cli.main([*command[1:], "--step-seconds", "2"])
    wanted = f"--out {run / 'scenes_validation'} --count 4 --size 64x48 --seed 1000003"
    assert wanted in " ".join(capsys.readouterr().out.split())
    write_scenes(run / "scenes_validation", 2)
    before = tree()
    cli.main([*command[1:], "--step-seconds", "2"])
    assert "2 devices x 2 at once x 1 accumulated" in text
    assert "2 s a step: predicted" in text
    assert tree() == before


def test_the_papers_teacher_needs_no_memory_to_be_planned(tmp_path):
    """V2 section 7.1: 160,000 steps by 64 are 17 passes over 595,000; ViT-G has 1,258,132,225."""
    found = plan(tmp_path, "teacher", get_scale("paper"), devices=64, peak_tflops=100.0)
    assert found.encoder_parameters + found.head_parameters == 1_258_132_225
    assert found.samples == 10_240_000
    assert found.passes == pytest.approx(17.2, abs=0.1)
    text = format_plan(found)
    for name in ("blendedmvs", "hypersim", "irs", "tartanair", "vkitti2"):
        assert f"dav2 data pack {name}" in text
