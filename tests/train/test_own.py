"""What a researcher brings: a loss, a logger, callbacks, trainer options, stages; and checkpoints opened."""

import dataclasses

import pytest
import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import Logger

from dav2.infer import open_network
from dav2.losses import ssi_loss
from dav2.manifests import read_manifest
from dav2.model import build_model
from dav2.scale import get_scale
from dav2.stage import Scenes
from dav2.train import DepthModule, fit
from dav2.train.devices import ShardedModule, sharded

SHORT = {"steps": 3, "warmup_steps": 0, "validate_every_steps": 3}


class Plain(DepthModule):
    """Without gradient matching."""

    def loss(self, source, batch, step):
        loss = ssi_loss(self(batch.image), batch.disparity, batch.valid)
        self.log(f"{source}/plain", loss.detach())
        return loss


class Kept(Logger):
    """Keeps what it is told."""

    name, version = "kept", 0

    def __init__(self):
        super().__init__()
        self.metrics, self.numbers = {}, {}

    def log_metrics(self, metrics, step=None):
        self.metrics |= metrics

    def log_hyperparams(self, params, *_):
        self.numbers |= params


class Counter(Callback):
    steps = 0

    def on_train_batch_end(self, *_):
        self.steps += 1


def test_a_loss_of_ones_own_is_trained_logged_and_part_of_the_run(run):
    scale, kept, counter = get_scale("smoke", SHORT), Kept(), Counter()
    stage = fit(
        run, "teacher", scale, module=Plain, logger=kept, callbacks=[counter], progress=False
    )
    assert counter.steps == 3
    assert {"scenes/plain", "loss", "validation/error"} <= kept.metrics.keys()
    assert "scenes/gradient" not in kept.metrics
    assert kept.numbers["stage"]["steps"] == 3
    assert (stage / "logs" / "csv").is_dir()
    assert read_manifest(stage)["asked"]["module"].startswith(f"{__name__}:Plain ")
    assert fit(run, "teacher", scale, module=Plain, progress=False) == stage
    with pytest.raises(ValueError, match=r"begun otherwise \(module was .*:Plain .*, now None\)"):
        fit(run, "teacher", scale, progress=False)

    class Plain2(Plain):
        def loss(self, source, batch, step):
            return 2 * super().loss(source, batch, step)

    with pytest.raises(ValueError, match=r"begun otherwise \(module was"):
        fit(run, "teacher", scale, module=Plain2, progress=False)


def test_trainer_options_are_the_users_where_nothing_is_decided(run):
    scale = get_scale("smoke", SHORT)
    with pytest.raises(ValueError, match="max_steps is decided by stage and machine"):
        fit(run, "teacher", scale, progress=False, max_steps=7)
    with pytest.raises(ValueError, match="takes no limit_vall_batches; did you mean limit_val"):
        fit(run, "teacher", scale, progress=False, limit_vall_batches=1)
    counter = Counter()
    fit(
        run,
        "teacher",
        scale,
        progress=False,
        callbacks=[counter],
        deterministic="warn",
        profiler="simple",
    )
    assert counter.steps == 3


def test_a_stage_of_ones_own_is_trained_by_its_name(run):
    scale = get_scale("smoke", SHORT)
    mine = dataclasses.replace(scale.stages["teacher"], scenes=Scenes(gradient_weight=0.0))
    scale = dataclasses.replace(scale, stages=scale.stages | {"mine": mine})
    stage = fit(run, "mine", scale, progress=False)
    assert stage == run / "mine"
    assert read_manifest(stage)["asked"]["numbers"]["scenes"]["gradient_weight"] == 0
    assert open_network(stage).stride == 16
    with pytest.raises(ValueError, match=r"unknown stage 'mein'; did you mean mine\?"):
        fit(run, "mein", scale, progress=False)


def test_a_checkpoint_gives_back_network_and_stage(run):
    scale = get_scale("smoke", SHORT)
    stage = fit(run, "teacher", scale, module=Plain, progress=False)
    image = torch.rand(1, 3, 48, 64)
    with torch.no_grad():
        expected = open_network(stage)(image)
        for kind in (DepthModule, Plain):
            module = kind.load_from_checkpoint(stage / "checkpoints" / "last.ckpt")
            assert isinstance(module, kind)
            assert module.stage == scale.stages["teacher"]
            assert module.network.preprocessing == open_network(stage).preprocessing
            assert torch.equal(module.eval()(image), expected)
    torch.save({"state_dict": build_model("tiny").state_dict()}, run / "other.ckpt")
    with pytest.raises(ValueError, match=r"other\.ckpt says no stage"):
        DepthModule.load_from_checkpoint(run / "other.ckpt")


@pytest.mark.parametrize("encoder", [None, "lite2"])
def test_a_frozen_encoder_comes_back_from_a_checkpoint(encoder, tmp_path):
    numbers = {"preset": "lite0", "photos.feature_weight": 1.0, "photos.feature_encoder": encoder}
    stage = get_scale("smoke", numbers).stages["student_photos"]
    reference = encoder and build_model(encoder).encoder
    module = DepthModule(build_model("lite0"), stage, reference)
    with torch.no_grad():
        next(module.reference.parameters()).add_(1)
    kept = {"state_dict": module.state_dict(), "hyper_parameters": dict(module.hparams)}
    module.on_save_checkpoint(kept)
    torch.save(kept, tmp_path / "kept.ckpt")
    found = DepthModule.load_from_checkpoint(tmp_path / "kept.ckpt").state_dict()
    for name, value in module.state_dict().items():
        assert torch.equal(found[name], value), name


def test_a_loss_of_ones_own_is_shared_out_over_devices():
    kind = sharded(Plain)
    module = kind(build_model("tiny"), get_scale("smoke").stages["teacher"])
    assert isinstance(module, Plain)
    assert isinstance(module, ShardedModule)
    assert kind.loss is Plain.loss
    assert kind.configure_model is ShardedModule.configure_model
