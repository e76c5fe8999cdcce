"""`dav2 fit`: train a teacher or a student into a run folder, and go on where a killed one stopped."""

import json
import logging
import os
import time
import warnings
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import lightning as L
from lightning.pytorch.callbacks import Callback, EMAWeightAveraging, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from lightning.pytorch.strategies import DDPStrategy
from safetensors.torch import save_file
from tqdm import tqdm

from dav2.model import WEIGHTS
from dav2.runs import (
    atomic_path,
    file_hash,
    is_finished,
    read_json,
    sweep_temporaries,
    write_json,
    write_manifest,
)
from dav2.scale import Scale
from dav2.train.inputs import METRIC, accumulation, source_batches, stage_numbers, training_data
from dav2.train.module import PHOTOS, DepthModule
from dav2.train.starting import build_network, encoder_file, metric_start

STUCK = timedelta(minutes=5)  # a rank that answers no longer ends the others after this time
# What Lightning warns of although it is meant here.
MEANT = (
    ".*dataloader is not resumable.*",  # ours is: `StepSampler` starts at the step it is told
    ".*does not have many workers.*",  # two cores are busy enough
    ".*LeafSpec.*",  # Lightning's own use of a deprecated call
)


class Progress(Callback):
    """A text bar over steps, the same in terminals and notebooks, and the seconds of all restarts."""

    def __init__(self, name: str, steps: int, show: bool):
        self.bar = tqdm(total=steps, desc=name, unit="step", mininterval=1.0, disable=not show)
        self.before, self.started, self.shown = 0.0, time.monotonic(), 0.0

    def state_dict(self) -> dict[str, float]:
        return {"seconds": self.seconds}

    def load_state_dict(self, state_dict: dict[str, float]) -> None:
        self.before = state_dict["seconds"]

    @property
    def seconds(self) -> float:
        return self.before + time.monotonic() - self.started

    def on_train_start(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        self.bar.update(trainer.global_step - self.bar.n)

    def on_train_batch_end(self, trainer: L.Trainer, *_: object) -> None:
        # Once a second: reading a number waits until the device has computed it.
        if not self.bar.disable and time.monotonic() - self.shown > 1:
            names = {"loss": "loss", "validation/error": "error"}
            measured = {
                names[k]: f"{float(v):.3f}"
                for k, v in trainer.callback_metrics.items()
                if k in names
            }
            self.bar.set_postfix(measured, refresh=False)
            self.shown = time.monotonic()
        self.bar.update(trainer.global_step - self.bar.n)

    def on_train_end(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        self.bar.close()


def _devices() -> tuple[int, int]:
    """Devices on this machine and machines, as torchrun says; one and one without it."""
    local = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    return local, int(os.environ.get("WORLD_SIZE", local)) // local


def fit(
    recipe: str,
    scale: Scale,
    run_dir: Path | str,
    seed: int = 0,
    progress: bool = True,
    start: Path | str | None = None,
) -> Path:
    """Train one stage into `run_dir/<recipe>` and return that folder.

    Finished already: returns at once. Killed before: resumes from the last checkpoint with the
    same order of samples. Under torchrun, on all of its devices. Writes `model.safetensors`, logs
    (CSV and TensorBoard), the best and the last checkpoint, and the manifest last.

    Args:
        recipe: one of `RECIPES`, or "metric".
        start: whose encoder "metric" starts from: a finished stage or a file of weights; default
            `run_dir/student_photos`. The head is trained anew (V2 metric_depth/train.py).

    Raises:
        ValueError: unknown recipe, the folder was begun with other settings, or the batch cannot
            be shared evenly by the devices.
        MissingArtefact: scenes, labels or `start` are not there; names the command that makes them.
    """
    preset, steps, batch = stage_numbers(recipe, scale)
    if start is not None and recipe not in METRIC:
        raise ValueError(f"{recipe} starts from the pretrained encoder; only metric takes a start")
    run_dir = Path(run_dir)
    stage = run_dir / recipe
    # Through JSON and back, so that tuples compare equal to what was read.
    settings = json.loads(json.dumps({"recipe": recipe, "seed": seed, "scale": asdict(scale)}))
    (devices, machines), batches = _devices(), source_batches(recipe, batch)
    accumulate = accumulation(batches, devices * machines, scale.micro_batch)
    settings["accumulate"] = accumulate
    if recipe in METRIC:
        start = metric_start(run_dir, start)
        settings["start"] = file_hash(start)
    plan = stage / "plan.json"
    if plan.exists() and read_json(plan) != settings:
        raise ValueError(
            f"{stage} was begun with other settings (see {plan}); delete it or use another run"
        )
    if is_finished(stage):
        return stage
    parts = devices * machines * accumulate
    micro = {source: count // parts for source, count in batches.items()}
    data = training_data(recipe, scale, run_dir, micro, steps, seed, accumulate)
    L.seed_everything(seed, verbose=False)
    network = build_network(
        scale, preset, start or encoder_file(scale, preset), metric=recipe in METRIC
    )

    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    module = DepthModule.of_scale(network, scale, steps, PHOTOS in batches)
    timer = Progress(recipe, steps, progress)
    checkpoints = ModelCheckpoint(
        stage / "checkpoints",
        filename="best",
        monitor="validation/error",
        save_last=True,
        enable_version_counter=False,
    )
    callbacks: list[Callback] = [checkpoints, timer]
    if scale.average_decay is not None:
        average = EMAWeightAveraging(use_buffers=False, decay=scale.average_decay)
        callbacks.append(average)
    strategy = DDPStrategy(timeout=STUCK, gradient_as_bucket_view=True)
    trainer = L.Trainer(
        max_steps=steps,
        max_epochs=-1,
        accelerator="auto",
        devices=devices,
        num_nodes=machines,
        strategy=strategy if devices * machines > 1 else "auto",
        use_distributed_sampler=False,  # `StepSampler` and packs know their rank
        precision=scale.precision,
        gradient_clip_val=scale.clip_norm,
        accumulate_grad_batches=accumulate,
        val_check_interval=min(scale.validate_every_steps, steps) * accumulate,  # in batches
        check_val_every_n_epoch=None,
        num_sanity_val_steps=0,
        logger=[CSVLogger(stage / "logs", "csv"), TensorBoardLogger(stage / "logs", "tensorboard")],
        log_every_n_steps=max(1, min(10, steps // 4)),
        callbacks=callbacks,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    if trainer.is_global_zero:
        write_json(plan, settings)
        sweep_temporaries(stage)
    last = stage / "checkpoints" / "last.ckpt"
    with warnings.catch_warnings():
        for message in MEANT:
            warnings.filterwarnings("ignore", message)
        trainer.fit(module, data, ckpt_path=str(last) if last.exists() else None, weights_only=True)
        if scale.average_decay is not None:
            average.on_train_end(trainer, module)  # resumed after the last step, Lightning skips it
        error = trainer.validate(module, data, verbose=False)[0]["validation/error"]

    if not trainer.is_global_zero:
        return stage
    with atomic_path(stage / WEIGHTS) as temporary:
        save_file(
            {key: value.contiguous() for key, value in network.state_dict().items()}, temporary
        )
    write_manifest(
        stage,
        kind="network",
        preset=preset,
        max_depth=network.max_depth,
        recipe=recipe,
        seed=seed,
        steps=steps,
        shorter_px=scale.shorter_px,
        label_shorter_px=scale.label_shorter_px,
        seconds=round(timer.seconds, 1),
        validation_error=error,
    )
    return stage
