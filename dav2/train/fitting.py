"""`dav2 fit`: train a teacher or a student into a run folder, and go on where a killed one stopped."""

import logging
import signal
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import Callback, EMAWeightAveraging, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from safetensors import SafetensorError
from safetensors.torch import save_file
from tqdm import tqdm

from dav2.disk import FULL, atomic_path, file_hash
from dav2.errors import UserError
from dav2.manifests import is_finished, vouch
from dav2.model import WEIGHTS
from dav2.progress import is_hidden
from dav2.runs import finished, read_settings, stage
from dav2.scale import Scale
from dav2.train.checkpointing import BEFORE, BEST, LAST, Last, WholeCheckpoints, newest_whole
from dav2.train.devices import (
    ShardedModule,
    devices,
    heed_launcher,
    is_first,
    native_precision,
    strategy_of,
    whole_weights,
)
from dav2.train.inputs import (
    METRIC,
    accumulation,
    source_batches,
    stage_inputs,
    stage_numbers,
    stage_scale,
    training_data,
)
from dav2.train.module import PHOTOS, DepthModule
from dav2.train.starting import build_network, encoder_file, frozen_encoder, metric_start

KIND = "network"
# What Lightning warns of although it is meant here.
MEANT = (
    ".*dataloader is not resumable.*",  # ours is: `StepSampler` starts at the step it is told
    ".*does not have many workers.*",  # two cores are busy enough
    ".*exists and is not empty.*",  # a run that goes on
    ".*LeafSpec.*",  # Lightning's own use of a deprecated call
    ".*returned a view tensor.*",  # nothing is done in place to an encoder's maps
)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C stays Ctrl-C: Lightning makes an exit of it, and is deaf to the next one."""
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as end:
        if isinstance(end.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        raise
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, before)


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


@contextmanager
def _what_a_full_disk_means(stage: Path) -> Iterator[None]:
    """Turn the errors of a disk that takes no more into one that says what to do."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        if isinstance(error, OSError) and error.errno not in FULL:
            raise
        left = [name for name in (LAST, BEST, BEFORE) if (stage / "checkpoints" / name).exists()]
        raise UserError(
            f"{stage} is not finished, it cannot be written: {error}. Make room there and repeat the "
            f"call, it goes on from {f'checkpoints/{left[0]}' if left else 'the beginning'}"
        ) from error


def _nothing_trained(folder: Path) -> bool:
    """Whether a stage that was begun has no step to lose: other settings may take it over."""
    return not is_finished(folder) and next(folder.glob("checkpoints/*.ckpt"), None) is None


def _complete(asked: dict[str, Any], folder: Path) -> None:
    """Take as it was what a begun stage was made of and is no longer there to compare."""
    begun = (read_settings(folder) or {"asked": {}})["asked"]
    for name, fingerprint in asked["inputs"].items():
        if fingerprint is None:
            asked["inputs"][name] = begun.get("inputs", {}).get(name)
    if "start" in begun:
        asked.setdefault("start", begun["start"])


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
    same order of samples; from the one before, if that is damaged. Under torchrun, on all of its
    devices. Writes `model.safetensors`, logs (CSV and TensorBoard), the best and the last
    checkpoint, and the manifest last.

    Args:
        recipe: one of `RECIPES`, or "metric".
        start: whose encoder "metric" starts from: a finished stage or a file of weights; default
            `run_dir/student_photos`. The head is trained anew (V2 metric_depth/train.py).

    Raises:
        UserError: unknown recipe, the folder was begun with other settings, the batch cannot be
            shared evenly by the devices, another process trains there, no checkpoint is whole, or
            the disk is full.
        MissingArtefact: scenes, labels or `start` are not there; names the command that makes them.
    """
    scale = stage_scale(recipe, scale)
    preset, steps, batch = stage_numbers(recipe, scale)
    if start is not None and recipe not in METRIC:
        raise UserError(f"{recipe} starts from the pretrained encoder; only metric takes a start")
    run_dir = Path(run_dir)
    folder = run_dir / recipe
    asked: dict[str, Any] = {"recipe": recipe, "seed": seed, "scale": asdict(scale)}
    (local, machines), batches = devices(), source_batches(recipe, batch)
    world = local * machines
    strategy = strategy_of(scale, world)
    accumulate = accumulation(batches, world, scale.micro_batch)
    asked["accumulate"] = accumulate
    inputs = stage_inputs(recipe, scale, run_dir)
    asked["inputs"] = {one.path.name: one.fingerprint for one in inputs}
    if recipe in METRIC:
        start = metric_start(run_dir, start)
    elif not is_finished(folder):
        start = encoder_file(scale, preset)
    if start is not None:
        asked["start"] = file_hash(start)
    if not _nothing_trained(folder):
        _complete(asked, folder)
        if finished(folder, KIND, asked) is not None:
            return folder
        if start is None and (start := encoder_file(scale, preset)) is not None:
            # Its weights are damaged: it goes on, or begins again.
            asked["start"] = file_hash(start)
    heed_launcher()
    precision = native_precision(scale.precision)
    parts = world * accumulate
    micro = {source: count // parts for source, count in batches.items()}
    data = training_data(recipe, scale, run_dir, micro, steps, seed, accumulate)
    L.seed_everything(seed, verbose=False)
    network = build_network(scale, preset, start, metric=recipe in METRIC)

    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    photos = PHOTOS in batches
    frozen = frozen_encoder(scale) if photos and scale.feature_weight else None
    sharded = scale.strategy == "fsdp" and world > 1
    module = (ShardedModule if sharded else DepthModule).of_scale(
        network, scale, steps, photos, frozen
    )
    timer = Progress(recipe, steps, not is_hidden(progress) and is_first())
    checkpoints, validate_every = folder / "checkpoints", min(scale.validate_every_steps, steps)
    best = ModelCheckpoint(
        checkpoints,
        filename=Path(BEST).stem,
        monitor="validation/error",
        enable_version_counter=False,
    )
    last = Last(checkpoints, scale.checkpoint_every_steps or validate_every, validate_every)
    callbacks: list[Callback] = [best, last, timer]
    if scale.average_decay is not None:
        average = EMAWeightAveraging(use_buffers=False, decay=scale.average_decay)
        callbacks.append(average)
    trainer = L.Trainer(
        max_steps=steps,
        max_epochs=-1,
        accelerator="auto",
        devices=local,
        num_nodes=machines,
        strategy=strategy,
        plugins=[WholeCheckpoints()],
        use_distributed_sampler=False,  # `StepSampler` and packs know their rank
        precision=precision,
        gradient_clip_val=scale.clip_norm,
        accumulate_grad_batches=accumulate,
        val_check_interval=validate_every * accumulate,  # in batches
        check_val_every_n_epoch=None,
        num_sanity_val_steps=0,
        logger=[
            CSVLogger(folder / "logs", "csv"),
            TensorBoardLogger(folder / "logs", "tensorboard"),
        ],
        log_every_n_steps=max(1, min(10, steps // 4)),
        callbacks=callbacks,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    first = trainer.is_global_zero
    alone = stage(folder, KIND, asked, is_empty=_nothing_trained) if first else nullcontext()
    with _what_a_full_disk_means(folder), alone as held, warnings.catch_warnings():
        for message in MEANT:
            warnings.filterwarnings("ignore", message)
        if held is not None:
            held.sweep(checkpoints)
        newest = newest_whole(checkpoints, say=first)
        with _interruptible():
            trainer.fit(module, data, ckpt_path=newest and str(newest), weights_only=True)
        if trainer.global_step < steps:
            raise RuntimeError(f"training ended after step {trainer.global_step} of {steps}")
        if scale.average_decay is not None:
            average.on_train_end(trainer, module)  # resumed after the last step, Lightning skips it
        error = trainer.validate(module, data, verbose=False)[0]["validation/error"]
        weights = whole_weights(module)
        if held is not None:
            with atomic_path(folder / WEIGHTS) as temporary:
                save_file({key: value.contiguous() for key, value in weights.items()}, temporary)
            held.finish(
                {WEIGHTS: vouch(folder / WEIGHTS)},
                preset=preset,
                max_depth=network.max_depth,
                recipe=recipe,
                seed=seed,
                steps=steps,
                precision=precision,
                preprocessing=asdict(network.preprocessing),
                seconds=round(timer.seconds, 1),
                validation_error=error,
            )
            (checkpoints / BEFORE).unlink(missing_ok=True)  # nobody goes on from here
        trainer.strategy.barrier()  # to every device that returns, the stage is finished
    return folder
