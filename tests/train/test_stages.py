"""What a scale becomes for one stage: the network's crops, its first weights, precision."""

import pytest
import torch

from dav2.infer import open_network
from dav2.model import build_model
from dav2.runs import read_manifest
from dav2.scale import get_scale, to_stride
from dav2.train import fit
from dav2.train.devices import native_precision

SHORT = {"teacher_steps": 2, "validate_every_steps": 2}


def test_sides_go_to_the_nearest_multiple():
    assert to_stride((168, 224), 14) == (168, 224)
    assert to_stride((168, 224), 32) == (160, 224)
    assert to_stride((5, 100), 32) == (32, 96)


def test_another_encoder_is_one_override(run):
    scale = get_scale("smoke", {**SHORT, "teacher": "lite0"})
    stage = fit("teacher", scale, run, progress=False)
    assert read_manifest(stage)["asked"]["scale"]["crop_px"] == [64, 64]  # 48x64 before
    assert open_network(stage).stride == 32


@pytest.mark.parametrize(
    ("gpu", "avx512", "amx", "expected"),
    [
        (None, False, False, "32-true"),
        (None, True, False, "bf16-mixed"),
        (None, False, True, "bf16-mixed"),
        (True, False, False, "bf16-mixed"),
        (False, True, True, "32-true"),  # an old GPU beside a new processor
    ],
)
def test_auto_is_what_the_hardware_computes_in(monkeypatch, gpu, avx512, amx, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu is not None)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: gpu)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert native_precision("auto") == expected
    assert native_precision("64-true") == "64-true"


def test_encoder_weights_are_part_of_what_was_asked_until_a_stage_is_finished(run, tmp_path):
    file = tmp_path / "dinov2.pth"
    changes = {**SHORT, "teacher": "vits", "pretrained": True, "encoder_weights": str(file)}
    scale = get_scale("smoke", {**changes, "teacher_steps": 1, "crop_px": (28, 28)})
    for seed in (0, 1):
        torch.manual_seed(seed)
        torch.save(build_model("vits").pretrained.state_dict(), file)
        if seed == 0:
            stage = fit("teacher", scale, run, progress=False)
            continue
        (stage / "manifest.json").rename(stage / "kept.json")  # as if it were not finished
        with pytest.raises(ValueError, match=r"begun otherwise \(start was"):
            fit("teacher", scale, run, progress=False)
    (stage / "kept.json").rename(stage / "manifest.json")
    file.unlink()
    assert fit("teacher", scale, run, progress=False) == stage  # finished: nothing is looked for
    assert read_manifest(stage)["precision"] == "32-true"
