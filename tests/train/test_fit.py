import json
import os
import signal
import subprocess
import sys

import pytest
import torch

from dav2.disk import read_json
from dav2.infer import open_network, open_predictor
from dav2.label import label_photos
from dav2.losses import TRIM
from dav2.manifests import MissingArtefact, read_manifest
from dav2.model import open_stage
from dav2.scale import get_scale
from dav2.show.figures import logged
from dav2.train import fit
from dav2.train import module as training
from dav2.train.checkpointing import newest_whole
from tests.helpers.scenes import write_scenes
from tests.helpers.training import batch, module_of, weights

SMALL = {"teacher.steps": 8, "steps": 4, "validate_every_steps": 2}


def test_teacher_labels_student(run, photo_folder):
    """The whole method, end to end, in seconds."""
    scale = get_scale("smoke", SMALL)
    teacher = fit(run, "teacher", scale, progress=False)
    manifest = read_manifest(teacher)
    assert manifest["steps"] == 8
    assert {path.name for path in (teacher / "checkpoints").iterdir()} == {"best.ckpt", "last.ckpt"}
    assert (teacher / "logs" / "csv" / "version_0" / "metrics.csv").exists()
    assert list((teacher / "logs" / "tensorboard" / "version_0").iterdir())

    predictor = open_predictor(teacher, labelling=True)
    assert predictor.flip
    assert not open_predictor(teacher).flip
    labels = label_photos(predictor, photo_folder, run / "labels", progress=False)
    assert labels["labelled"] == 4
    student = fit(run, "student_photos", scale, progress=False)
    both = fit(run, "student_both", scale, progress=False)
    assert not all(
        torch.equal(a, b)
        for a, b in zip(weights(student).values(), weights(both).values(), strict=True)
    )


def test_commands_take_a_finished_stage(run, photo_folder, benchmark, capsys):
    from dav2.cli import evaluate
    from dav2.cli.fit import fit as fit_command
    from dav2.cli.label import label

    numbers = {"steps": 4, "validate_every_steps": 2}
    fit_command("teacher", run=run, scale="smoke", numbers=numbers)
    label(model=str(run / "teacher"), images=photo_folder, out=run / "labels")
    fit_command("student", run=run, scale="smoke", numbers=numbers)
    evaluate.da2k(benchmark, model=str(run / "student_photos"), json=run / "result.json")
    result = read_json(run / "result.json")
    assert result["pairs"] == 4
    assert result["seed"] == 0
    assert "4 labelled, 0 set aside" in capsys.readouterr().out


def test_training_lowers_the_loss_on_scenes_it_has_seen(run):
    import csv

    scale = get_scale(
        "smoke",
        {**SMALL, "teacher.steps": 60, "scenes.colour": False, "encoder_lr": 1e-3},
    )
    stage = fit(run, "teacher", scale, progress=False)
    with (stage / "logs/csv/version_0/metrics.csv").open(newline="") as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file) if row["loss"]]
    assert sum(losses[-2:]) < 0.9 * sum(losses[:2])


def test_validation_on_what_was_learned_is_refused(run):
    for name in ("scenes", "scenes_validation"):
        manifest = run / name / "manifest.json"
        facts = read_json(manifest)
        facts["asked"]["seed"] = 7
        manifest.write_text(json.dumps(facts))
    with pytest.raises(ValueError, match="have the same seed, 7: the network would be scored on"):
        fit(run, "teacher", get_scale("smoke", SMALL), progress=False)
    assert not (run / "teacher" / "checkpoints").exists()


def test_a_finished_stage_is_not_trained_again(run):
    scale = get_scale("smoke", SMALL)
    stage = fit(run, "teacher", scale, progress=False)
    before = (stage / "model.safetensors").stat().st_mtime_ns
    fit(run, "teacher", scale, progress=False)
    assert (stage / "model.safetensors").stat().st_mtime_ns == before
    with pytest.raises(ValueError, match="begun otherwise"):
        fit(run, "teacher", scale, seed=1, progress=False)


KILLED = """
import os, signal, sys
from dav2.train import DepthModule, fit
from dav2.scale import get_scale
from dav2.show.figures import logged
whole = DepthModule.training_step
def training_step(self, batches, step):
    if self.global_step == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(self, batches, step)
DepthModule.training_step = training_step
fit({run!r}, "teacher", get_scale("smoke", {overrides}), progress=False)
"""


def test_a_killed_fit_resumes_and_ends_where_an_uninterrupted_one_does(run, tmp_path):
    scale = get_scale("smoke", SMALL)
    program = KILLED.replace("{overrides}", repr(SMALL)).replace("{run!r}", repr(str(run)))
    killed = subprocess.run([sys.executable, "-c", program], capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    assert not (run / "teacher" / "manifest.json").exists()
    assert (run / "teacher" / "checkpoints" / "last.ckpt").exists()
    resumed = weights(fit(run, "teacher", scale, progress=False))
    steps, _ = logged(run / "teacher", "loss")
    assert steps[0] < 4 < steps[-1]  # the curve from before the kill is still there

    other = tmp_path / "other"
    other.mkdir()
    for name in ("scenes", "scenes_validation"):
        os.symlink(run / name, other / name)
    straight = weights(fit(other, "teacher", scale, progress=False))
    for name in straight:
        torch.testing.assert_close(resumed[name], straight[name], atol=1e-6, rtol=1e-5, msg=name)


def test_killed_between_the_last_step_and_the_manifest(run):
    scale = get_scale("smoke", SMALL)
    stage = fit(run, "teacher", scale, progress=False)
    before = weights(stage)
    (stage / "manifest.json").unlink()
    (stage / "model.safetensors").unlink()
    after = weights(fit(run, "teacher", scale, progress=False))
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_bfloat16_trains_on_a_cpu(run):
    stage = fit(
        run, "teacher", get_scale("smoke", {**SMALL, "precision": "bf16-mixed"}), progress=False
    )
    assert 0 < read_manifest(stage)["validation_error"] < 1
    assert all(value.dtype == torch.float32 for value in weights(stage).values())


def test_missing_inputs_name_the_command(tmp_path):
    scale = get_scale("smoke")
    with pytest.raises(MissingArtefact, match="dav2 render"):
        fit(tmp_path, "teacher", scale, progress=False)
    with pytest.raises(MissingArtefact, match="dav2 label"):
        fit(tmp_path, "student_photos", scale, progress=False)
    with pytest.raises(ValueError, match="student_both"):
        fit(tmp_path, "pupil", scale)
    with pytest.raises(MissingArtefact):
        open_network(tmp_path)


def test_only_pseudo_labels_are_trimmed(monkeypatch):
    seen = {}

    def record(pred, target, valid, trim=0.0, **_):
        seen[float(target[0, 0, 0, 0])] = trim
        return (pred.sum(),) * 3

    monkeypatch.setattr(training, "depth_anything_loss", record)
    module = module_of("student_both")
    scenes, photos = batch(), batch()
    module.training_step({"scenes": scenes, "photos": photos}, 0)
    assert seen[float(scenes.disparity[0, 0, 0, 0])] == 0
    assert seen[float(photos.disparity[0, 0, 0, 0])] == TRIM == 0.1


def test_two_learning_rates_and_linear_decay():
    numbers = {"head_lr": 1e-3, "encoder_lr": 1e-4, "warmup_steps": 0, "steps": 100}
    module = module_of("teacher", **numbers)
    configured = module.configure_optimizers()
    optimiser, schedule = configured["optimizer"], configured["lr_scheduler"]["scheduler"]
    assert [group["lr"] for group in optimiser.param_groups] == [1e-4, 1e-3]
    encoder = {id(p) for p in module.network.encoder.parameters()}
    assert {id(p) for p in optimiser.param_groups[0]["params"]} == encoder
    for _ in range(50):
        optimiser.step()
        schedule.step()
    assert [group["lr"] for group in optimiser.param_groups] == pytest.approx([5e-5, 5e-4])


def test_feature_alignment_uses_a_frozen_copy():
    module = module_of("student_photos", **{"photos.feature_weight": 1.0})
    logged = {}
    module.log = lambda name, value, **_: logged.update({name: float(value)})
    module.training_step({"photos": batch()}, 0)
    assert logged["photos/features"] == 0  # nothing has moved yet
    with torch.no_grad():
        for parameter in module.network.encoder.parameters():
            parameter.copy_(torch.randn_like(parameter))
    module.training_step({"photos": batch()}, 0).backward()
    assert logged["photos/features"] > 0
    assert all(p.grad is None for p in module.reference.parameters())


def test_what_was_asked_is_kept(run):
    fit(run, "teacher", get_scale("smoke", SMALL), progress=False)
    assert read_manifest(run / "teacher")["asked"]["numbers"]["steps"] == 8


def test_what_failed_before_its_first_checkpoint_does_not_block_the_corrected_call(
    run, monkeypatch
):
    def fails(*_, **__):
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("lightning.Trainer.fit", fails)
        with pytest.raises(ZeroDivisionError):
            fit(run, "teacher", get_scale("smoke", SMALL | {"head_lr": 7.0}), progress=False)
    stage = fit(run, "teacher", get_scale("smoke", SMALL), progress=False)
    assert read_manifest(stage)["asked"]["numbers"]["head_lr"] != 7.0


def test_other_scenes_are_another_training_and_gone_ones_need_not_be_there(run, tmp_path):
    stage = fit(run, "teacher", get_scale("smoke", SMALL), progress=False)
    (run / "scenes").rename(tmp_path / "kept")
    assert fit(run, "teacher", get_scale("smoke", SMALL), progress=False) == stage
    write_scenes(run / "scenes", 5)
    with pytest.raises(ValueError, match=r"begun otherwise \(inputs\.scenes was"):
        fit(run, "teacher", get_scale("smoke", SMALL), progress=False)


def test_emptied_weights_are_written_again(run):
    stage = fit(run, "teacher", get_scale("smoke", SMALL), progress=False)
    content = (stage / "model.safetensors").read_bytes()
    (stage / "model.safetensors").write_bytes(b"")
    with pytest.raises(ValueError, match=r"model\.safetensors is 0 bytes long"):
        open_stage(stage)
    assert fit(run, "teacher", get_scale("smoke", SMALL), progress=False) == stage
    assert (stage / "model.safetensors").read_bytes() == content


def test_the_checkpoint_of_the_latest_step_counts_whatever_the_clock_says(run):
    fit(run, "teacher", get_scale("smoke", SMALL), progress=False)
    folder = run / "teacher" / "checkpoints"
    content = torch.load(folder / "last.ckpt", weights_only=True)
    content["global_step"] -= 1
    torch.save(content, folder / "before.ckpt")
    os.utime(folder / "last.ckpt", (0, 0))
    assert newest_whole(folder) == folder / "last.ckpt"
