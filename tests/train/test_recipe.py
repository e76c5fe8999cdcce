"""Options of the recipe: each does what its name says, and nothing else."""

import os

import pytest
import torch
from safetensors.torch import save_file

from dav2.losses import depth_anything_loss
from dav2.manifests import read_manifest
from dav2.model import build_model
from dav2.scale import SCALES, get_scale
from dav2.train import DepthModule, fit
from dav2.train.inputs import accumulation, source_batches, stage_inputs
from dav2.train.module import checkpoint_activations
from dav2.train.starting import build_network, encoder_file
from tests.conftest import as_options
from tests.train.test_fit import weights

SHORT = {"teacher_steps": 3, "validate_every_steps": 3, "warmup_steps": 0}
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
    whole = weights(fit("teacher", get_scale("smoke", EXACT), run, progress=False))
    parts = get_scale("smoke", {**EXACT, "micro_batch": 1})
    pieces = weights(fit("teacher", parts, beside("pieces"), progress=False))
    for name, value in whole.items():
        torch.testing.assert_close(pieces[name], value, atol=1e-6, rtol=0, msg=name)


def test_the_batch_is_shared_evenly_or_refused():
    assert accumulation({"photos": 192}, 1, 8) == 24
    assert accumulation({"photos": 192}, 64, 8) == 1
    assert accumulation({"photos": 192}, 8, None) == 1
    assert accumulation({"photos": 192}, 8, 7) == 4  # 24 samples: 6 at once
    assert accumulation({"scenes": 8, "photos": 8}, 2, 4) == 2
    assert source_batches("student_both", 16) == {"scenes": 8, "photos": 8}
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
    stage = fit("teacher", scale, run, progress=False)
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
    again = weights(fit("teacher", scale, run, progress=False))
    assert all(torch.equal(again[name], kept[name]) for name in kept)
    assert read_manifest(stage)["validation_error"] == pytest.approx(error)


def test_options_reach_the_optimiser():
    scale = get_scale("smoke", {"betas": [0.8, 0.9], "decay_power": 2.0, "weight_decay": 0.5})
    module = DepthModule.of_scale(build_model("tiny"), scale, 10, photos=True)
    (group, _) = module.configure_optimizers()["optimizer"].param_groups
    assert (group["betas"], group["weight_decay"]) == ((0.8, 0.9), 0.5)
    assert module.decay_power == 2
    metric = DepthModule.of_scale(build_model("tiny", max_depth=20.0), scale, 10, photos=False)
    assert metric.decay_power == 0.9


def test_only_what_sees_photographs_is_held_to_a_frozen_encoder():
    scale = get_scale("smoke", {"feature_weight": 1.0})
    assert DepthModule.of_scale(build_model("tiny"), scale, 10, photos=False).reference is None
    assert DepthModule.of_scale(build_model("tiny"), scale, 10, photos=True).reference is not None


def test_encoders_start_from_the_file_that_the_scale_names(tmp_path):
    torch.manual_seed(7)
    file = tmp_path / "dinov2.safetensors"
    source = build_model("vits").encoder.state_dict()
    save_file(source, file)
    scale = get_scale("smoke", {"pretrained": True, "encoder_weights": str(file)})
    network = build_network(scale, "vits", encoder_file(scale, "vits"), metric=False)
    assert all(torch.equal(network.encoder.state_dict()[k], v) for k, v in source.items())
    assert encoder_file(scale, "lite0") is None
    file.unlink()
    with pytest.raises(FileNotFoundError, match="no encoder weights"):
        encoder_file(scale, "vits")


def test_the_papers_numbers():
    """Depth Anything V2 section 7.1, 5.1 and Table 7; metric_depth/dist_train.sh."""
    paper = SCALES["paper"]
    assert (paper.teacher, paper.teacher_batch, paper.teacher_steps) == ("vitg", 64, 160_000)
    assert (paper.student_batch, paper.student_steps) == (192, 480_000)
    assert (paper.encoder_lr, paper.head_lr) == (5e-6, 5e-5)
    assert (paper.crop_px, paper.crop_area, paper.trim) == ((518, 518), None, 0.1)
    assert len(paper.scene_sets) == 5
    for preset in ("vits", "vitb", "vitl", "vitg"):
        assert get_scale("paper", {"student": preset}).student == preset


def test_every_set_of_the_paper_is_asked_for(tmp_path):
    commands = [needed.command for needed in stage_inputs("teacher", SCALES["paper"], tmp_path)]
    for name in ("blendedmvs", "hypersim", "irs", "tartanair", "vkitti2"):
        assert f"dav2 data pack {name} DIR --out {tmp_path / 'scenes' / name}" in commands


def test_cutmix_reaches_photographs_and_their_loss(monkeypatch):
    from tests.train.test_fit import batch

    seen = []

    def record(pred, target, valid, region=None, **options):
        seen.append((target.clone(), region, options.get("trim_by")))
        return (pred.sum(),) * 3

    monkeypatch.setattr("dav2.train.module.depth_anything_loss", record)
    scale = get_scale("smoke", {"cutmix": 1.0, "trim_by": "region"})
    module = DepthModule.of_scale(build_model("tiny"), scale, 10, photos=True)
    module.log = lambda *a, **k: None
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

    alone = weights(fit("teacher", get_scale("smoke", EXACT), run, progress=False))
    two = beside("two")
    program = two / "rank.py"
    program.write_text(
        "import sys, dav2.cli; from dav2.manifests import is_finished; dav2.cli.main()\n"
        f"assert is_finished({str(two / 'teacher')!r}), 'a rank returned before the stage was finished'"
    )
    command = ["fit", "teacher", "--run", str(two), "--scale", "smoke"]
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
        + ["--", str(program), *command, *as_options(EXACT)],
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
    from tests.conftest import write_scenes

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
    assert read_manifest(fit("teacher", scale, root, progress=False))["steps"] == 3
