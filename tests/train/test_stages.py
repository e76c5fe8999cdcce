"""What a scale becomes for one stage: the network's crops, the light student's numbers, precision."""

import pytest
import torch

from dav2 import cli
from dav2.infer import open_network, open_predictor
from dav2.label import label_photos
from dav2.manifests import read_manifest
from dav2.model import build_model
from dav2.plan import plan
from dav2.scale import get_scale, to_stride
from dav2.train import DepthModule, fit
from dav2.train.devices import native_precision
from dav2.train.inputs import find_stage
from tests.helpers.options import as_options

SHORT = {"teacher.steps": 2, "steps": 2, "student_light.steps": 3, "validate_every_steps": 2}


def test_sides_go_to_the_nearest_multiple():
    assert to_stride((168, 224), 14) == (168, 224)
    assert to_stride((168, 224), 32) == (160, 224)
    assert to_stride((5, 100), 32) == (32, 96)


def test_another_encoder_is_one_override(run):
    scale = get_scale("smoke", {**SHORT, "teacher.preset": "lite0"})
    stage = fit(run, "teacher", scale, progress=False)
    assert read_manifest(stage)["asked"]["numbers"]["crop_px"] == [64, 64]  # 48x64 before
    assert open_network(stage).stride == 32


def test_the_light_student_has_its_own_network_and_numbers(run, photo_folder, monkeypatch):
    overrides = {
        **SHORT,
        "student_light.preset": "lite0",
        "student_light.batch": 2,
        "student_light.head_lr": 3e-3,
    }
    scale = get_scale("smoke", {**overrides, "student_light.encoder_lr": 4e-4})
    teacher = fit(run, "teacher", scale, progress=False)
    label_photos(open_predictor(teacher, labelling=True), photo_folder, run / "labels")
    seen = []
    original = DepthModule.training_step

    def look(self, batches, step):
        rates = [group["initial_lr"] for group in self.optimizers().param_groups]
        seen.append((set(batches), len(batches["photos"].name), rates))
        return original(self, batches, step)

    monkeypatch.setattr(DepthModule, "training_step", look)
    stage = fit(run, "student_light", scale, progress=False)
    assert seen == [({"photos"}, 2, [4e-4, 3e-3])] * 3
    manifest = read_manifest(stage)
    assert (stage.name, manifest["preset"], manifest["steps"]) == ("student_light", "lite0", 3)
    # All other stages keep theirs.
    other = find_stage(scale, "student_photos")
    assert (other.preset, other.steps, other.batch) == ("tiny", 2, 4)


def test_light_is_a_command_and_has_a_plan(run, photo_folder, monkeypatch, capsys):
    fit(run, "teacher", get_scale("smoke", SHORT), progress=False)
    label_photos(open_predictor(run / "teacher", labelling=True), photo_folder, run / "labels")
    monkeypatch.setattr(
        "sys.argv",
        [
            "dav2",
            "fit",
            "light",
            "--run",
            str(run),
            "--scale",
            "smoke",
            *as_options(SHORT, "student_light"),
        ],
    )
    cli.main()
    assert f"network: {run / 'student_light'}" in capsys.readouterr().out
    planned = plan(run, "student_light", get_scale("lab"), step_seconds=1.0)
    assert (planned.preset, planned.crop_px, planned.batch) == ("lite0", (128, 160), 16)


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
    changes = {**SHORT, "teacher.preset": "vits", "pretrained": True, "encoder_weights": str(file)}
    scale = get_scale(
        "smoke", {**changes, "teacher.steps": 1, "warmup_steps": 0, "crop_px": (28, 28)}
    )
    for seed in (0, 1):
        torch.manual_seed(seed)
        torch.save(build_model("vits").encoder.state_dict(), file)
        if seed == 0:
            stage = fit(run, "teacher", scale, progress=False)
            continue
        (stage / "manifest.json").rename(stage / "kept.json")  # as if it were not finished
        with pytest.raises(ValueError, match=r"begun otherwise \(start was"):
            fit(run, "teacher", scale, progress=False)
    (stage / "kept.json").rename(stage / "manifest.json")
    file.unlink()
    assert fit(run, "teacher", scale, progress=False) == stage  # finished: nothing is looked for
    assert read_manifest(stage)["precision"] == "32-true"
