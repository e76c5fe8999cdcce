"""Options of the recipe: each does what its name says, and nothing else."""

import os

import pytest
import torch
from safetensors.torch import save_file

from dav2.losses import depth_anything_loss
from dav2.manifests import read_manifest
from dav2.model import build_model
from dav2.scale import SCALES, get_scale
from dav2.stage import with_numbers
from dav2.train import DepthModule, fit
from dav2.train.inputs import accumulation, stage_inputs
from dav2.train.module import checkpoint_activations
from dav2.train.starting import build_network, encoder_file
from tests.helpers.options import as_options
from tests.helpers.training import batch, module_of, weights

SHORT = {"teacher.steps": 3, "validate_every_steps": 3, "warmup_steps": 0}
# Adam divides a gradient by its own size: where that is nothing but rounding, so is the step.
EXACT = {**SHORT, "precision": "64-true"}


@pytest.fixture
def beside(run, tmp_path):
    """Another run on the same scenes."""

    def make(name):
        (tmp_path / name).mkdir()
        for part in ("scenes", "scenes_validation"):
            os.symlink(run / part, tmp_path / name / part)
        return tmp_path / name

    return make


def test_accumulated_batches_give_the_weights_of_the_whole_batch(run, beside):
    whole = weights(fit(run, "teacher", get_scale("smoke", EXACT), progress=False))
    parts = get_scale("smoke", {**EXACT, "micro_batch": 1})
    pieces = weights(fit(beside("pieces"), "teacher", parts, progress=False))
    for name, value in whole.items():
        torch.testing.assert_close(pieces[name], value, atol=1e-6, rtol=0, msg=name)


def test_the_batch_is_shared_evenly_or_refused():
    assert accumulation({"photos": 192}, 1, 8) == 24
    assert accumulation({"photos": 192}, 64, 8) == 1
    assert accumulation({"photos": 192}, 8, None) == 1
    assert accumulation({"photos": 192}, 8, 7) == 4  # 24 samples: 6 at once
    assert accumulation({"scenes": 8, "photos": 8}, 2, 4) == 2
    assert SCALES["lab"].stages["student_both"].batches == {"scenes": 8, "photos": 8}
    with pytest.raises(ValueError, match="64 cannot be shared evenly by 5 devices"):
        accumulation({"scenes": 64}, 5, None)
    with pytest.raises(ValueError, match="cannot be shared"):
        accumulation({"scenes": 4}, 8, None)


@pytest.mark.parametrize("preset", ["tiny", "lite0", "convnext_atto"])
def test_checkpointing_gives_the_same_gradients(preset):
    torch.manual_seed(0)
    network = build_model(preset)
    image, target = torch.rand(2, 3, 64, 64), torch.rand(2, 1, 64, 64)
    valid = torch.ones_like(target, dtype=torch.bool)

    def gradients():
        network.zero_grad()
        depth_anything_loss(network(image), target, valid)[0].backward()
        return {name: p.grad.clone() for name, p in network.named_parameters() if p.requires_grad}

    before, names = gradients(), list(network.state_dict())
    kept = []
    checkpoint_activations(network)
    with torch.autograd.graph.saved_tensors_hooks(lambda x: kept.append(x) or x, lambda x: x):
        network(image)
    after = gradients()
    assert list(network.state_dict()) == names
    for name, value in before.items():
        torch.testing.assert_close(after[name], value, atol=1e-6, rtol=1e-5, msg=name)
    with_all = []
    with torch.autograd.graph.saved_tensors_hooks(lambda x: with_all.append(x) or x, lambda x: x):
        build_model(preset)(image)
    assert len(kept) < len(with_all) / 2


def test_the_average_is_what_its_definition_says(run, beside, monkeypatch):
    """a_1 = w_1, a_t = decay a_(t-1) + (1 - decay) w_t; validated, kept, and there after a kill."""
    seen = []
    original = DepthModule.on_train_batch_end
    monkeypatch.setattr(
        DepthModule,
        "on_train_batch_end",
        lambda self, *a: (
            seen.append({k: v.clone() for k, v in self.network.state_dict().items()}),
            original(self, *a),
        )[1],
    )
    scale = get_scale("smoke", {**SHORT, "average_decay": 0.7})
    stage = fit(run, "teacher", scale, progress=False)
    kept = weights(stage)
    assert len(seen) == 3
    for name, value in kept.items():
        average = seen[0][name]
        for later in seen[1:]:
            average = 0.7 * average + 0.3 * later[name]
        torch.testing.assert_close(value, average, atol=1e-6, rtol=1e-5, msg=name)
    assert any(not torch.equal(value, seen[-1][name]) for name, value in kept.items())
    error = read_manifest(stage)["validation_error"]

    (stage / "manifest.json").unlink()
    (stage / "model.safetensors").unlink()
    again = weights(fit(run, "teacher", scale, progress=False))
    assert all(torch.equal(again[name], kept[name]) for name in kept)
    assert read_manifest(stage)["validation_error"] == pytest.approx(error)


def test_options_reach_the_optimiser():
    numbers = {"betas": [0.8, 0.9], "decay_power": 2.0, "weight_decay": 0.5, "warmup_steps": 0}
    module = module_of("student_photos", **numbers, steps=10)
    configured = module.configure_optimizers()
    optimiser, schedule = configured["optimizer"], configured["lr_scheduler"]["scheduler"]
    (group, _) = optimiser.param_groups
    assert (group["betas"], group["weight_decay"]) == ((0.8, 0.9), 0.5)
    for _ in range(5):
        optimiser.step()
        schedule.step()
    assert group["lr"] == pytest.approx(0.5**2 * module.stage.encoder_lr)
    assert SCALES["paper"].stages["metric"].decay_power == 0.9


def test_only_what_sees_photographs_is_held_to_a_frozen_encoder():
    numbers = {"photos.feature_weight": 1.0}
    assert module_of("student_synthetic", **numbers).reference is None
    assert module_of("student_photos", **numbers).reference is not None


def test_encoders_start_from_the_file_that_the_scale_names(tmp_path):
    torch.manual_seed(7)
    file = tmp_path / "dinov2.safetensors"
    source = build_model("vits").encoder.state_dict()
    save_file(source, file)
    numbers = {"pretrained": True, "encoder_weights": str(file), "preset": "vits"}
    scale = get_scale("smoke", {**numbers, "student_light.preset": "lite0"})
    stage = scale.stages["teacher"]
    network = build_network(stage, scale.machine, encoder_file(stage))
    assert all(torch.equal(network.encoder.state_dict()[k], v) for k, v in source.items())
    assert encoder_file(scale.stages["student_light"]) is None
    file.unlink()
    with pytest.raises(FileNotFoundError, match="no encoder weights"):
        encoder_file(stage)


def test_the_papers_numbers():
    """Depth Anything V2 section 7.1, 5.1 and Table 7; metric_depth/dist_train.sh."""
    stages = SCALES["paper"].stages
    teacher, student = stages["teacher"], stages["student_photos"]
    assert (teacher.preset, teacher.batch, teacher.steps) == ("vitg", 64, 160_000)
    assert (student.preset, student.batch, student.steps) == ("vits", 192, 480_000)
    assert student.photos.trim == 0.1
    assert len(SCALES["paper"].data.scene_sets) == 5
    for stage in stages.values():
        assert (stage.encoder_lr, stage.head_lr) == (5e-6, 5e-5)
        assert (stage.crop_px, stage.crop_area) == ((518, 518), None)
        assert {source.gradient_weight for source in stage.sources.values()} == {2.0}
    for preset in ("vits", "vitb", "vitl", "vitg"):
        assert with_numbers(student, {"preset": preset}).preset == preset


def test_every_set_of_the_paper_is_asked_for(tmp_path):
    paper = SCALES["paper"]
    needed = stage_inputs(paper.stages["teacher"], paper.data, tmp_path)
    commands = [one.command for one in needed]
    for name in ("blendedmvs", "hypersim", "irs", "tartanair", "vkitti2"):
        assert f"dav2 data pack {name} DIR --out {tmp_path / 'scenes' / name}" in commands


def test_cutmix_reaches_photographs_and_their_loss(monkeypatch):
    seen = []

    def record(pred, target, valid, region=None, **options):
        seen.append((target.clone(), region, options.get("trim_by")))
        return (pred.sum(),) * 3

    monkeypatch.setattr("dav2.train.module.depth_anything_loss", record)
    module = module_of("student_both", **{"photos.cutmix": 1.0, "photos.trim_by": "region"})
    batches = {"scenes": batch(4), "photos": batch(4)}
    for step in (0, 0, 1):
        module.training_step(batches, step)
    (scene, none, _), (photo, own, trim_by) = seen[:2]
    assert none is None
    assert torch.equal(scene, batches["scenes"].disparity)
    assert trim_by == "region"
    assert not own.all()
    original = batches["photos"].disparity
    assert torch.equal(photo[own], original[own])
    assert torch.equal(photo[~own], original.roll(-1, 0)[~own])
    assert torch.equal(own, seen[3][1]), "a resumed step mixes as it did before"
    assert not torch.equal(own, seen[5][1]), "another step mixes otherwise"


def test_unknown_options_name_the_known():
    with pytest.raises(ValueError, match="average_decay"):
        get_scale("paper", {"ema": 0.99})


def test_torchrun_gives_the_result_of_one_device(run, beside):
    """Two processes with half of the batch each: the weights of one with the whole."""
    import subprocess
    import sys

    alone = weights(fit(run, "teacher", get_scale("smoke", EXACT), progress=False))
    two = beside("two")
    program = two / "rank.py"
    program.write_text(
        "import sys, dav2.cli; from dav2.manifests import is_finished; dav2.cli.main()\n"
        f"assert is_finished({str(two / 'teacher')!r}), 'a rank returned before the stage was finished'"
    )
    command = ["fit", "teacher", "--run", str(two), "--scale", "smoke"]
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
        + ["--", str(program), *command, *as_options(EXACT, "teacher")],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    together = weights(two / "teacher")
    for name, value in alone.items():
        torch.testing.assert_close(together[name], value, atol=1e-6, rtol=0, msg=name)


def test_several_packed_sets_are_trained_on_as_one(tmp_path):
    """Plain concatenation (V2 section 7.1): in one pass every sample of every set comes once."""
    from collections import Counter

    from dav2.data.pack import pack
    from dav2.data.stream import PackedSteps
    from tests.helpers.scenes import write_scenes

    root = tmp_path / "run"
    write_scenes(root / "scenes_validation", 2)
    for name, count in (("hypersim", 6), ("vkitti2", 4)):
        write_scenes(tmp_path / name, count)
        pack("rendered", tmp_path / name, root / "scenes" / name, workers=1, progress=False)
    folders = [root / "scenes" / name for name in ("hypersim", "vkitti2")]
    steps = PackedSteps(folders, None, False, 2, 5, 0)
    names = Counter(name for batch in steps for name in batch.name)
    once = read_manifest(tmp_path / "hypersim")["names"]
    again = read_manifest(tmp_path / "vkitti2")["names"]
    assert names == Counter(once) + Counter(again)

    scale = get_scale("smoke", {**SHORT, "scene_sets": ["hypersim", "vkitti2"]})
    assert read_manifest(fit(root, "teacher", scale, progress=False))["steps"] == 3
