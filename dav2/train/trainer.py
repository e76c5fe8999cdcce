"""Lightning's trainer, as a stage and a machine want it."""

import inspect
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import Callback, EMAWeightAveraging, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger

from dav2.errors import UserError, nearest
from dav2.scale import Machine
from dav2.stage import Stage
from dav2.train.checkpointing import BEST, Last, WholeCheckpoints, newest_whole
from dav2.train.devices import devices, native_precision, strategy_of
from dav2.train.module import DepthModule

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


def make_trainer(
    folder: Path,
    numbers: Stage,
    machine: Machine,
    accumulate: int,
    callbacks: Sequence[Callback],
    loggers: Sequence[Logger],
    options: dict[str, Any],
) -> L.Trainer:
    """Make the trainer of a stage in `folder`.

    Args:
        callbacks, loggers, options: the user's, beside what stage and machine decide.

    Raises:
        UserError: an option that Lightning does not have, or that is decided already.
    """
    (local, machines), steps = devices(), numbers.steps
    checkpoints, validate_every = folder / "checkpoints", min(machine.validate_every_steps, steps)
    best = ModelCheckpoint(
        checkpoints,
        filename=Path(BEST).stem,
        monitor="validation/error",
        enable_version_counter=False,
    )
    last = Last(checkpoints, machine.checkpoint_every_steps or validate_every, validate_every)
    own: list[Callback] = [best, last]
    if numbers.average_decay is not None:
        own.append(EMAWeightAveraging(use_buffers=False, decay=numbers.average_decay))
    decided: dict[str, Any] = {
        "max_steps": steps,
        "max_epochs": -1,
        "devices": local,
        "num_nodes": machines,
        "strategy": strategy_of(numbers, machine, local * machines),
        "plugins": [WholeCheckpoints()],
        "use_distributed_sampler": False,  # `StepSampler` and packs know their rank
        "precision": native_precision(machine.precision),
        "gradient_clip_val": numbers.clip_norm,
        "accumulate_grad_batches": accumulate,
        "val_check_interval": validate_every * accumulate,  # in batches
        "check_val_every_n_epoch": None,
        "num_sanity_val_steps": 0,
        "logger": [
            CSVLogger(folder / "logs", "csv"),
            TensorBoardLogger(folder / "logs", "tensorboard", default_hp_metric=False),
            *loggers,
        ],
        "callbacks": [*own, *callbacks],
    }
    defaults: dict[str, Any] = {
        "accelerator": "auto",
        "log_every_n_steps": max(1, min(10, steps // 4)),
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    known = inspect.signature(L.Trainer).parameters
    for name in options:
        if name not in known:
            raise UserError(f"Lightning's trainer takes no {name}; {nearest(name, known)}")
        if name in decided or name in ("fast_dev_run", "overfit_batches", "limit_train_batches"):
            raise UserError(f"{name} is decided by stage and machine, see `dav2.scale`")
    return L.Trainer(**decided, **defaults | options)


def train(
    trainer: L.Trainer, module: DepthModule, data: L.LightningDataModule, checkpoints: Path
) -> float:
    """Train to the last step, from the newest checkpoint if there is one; return the validation error."""
    newest = newest_whole(checkpoints, say=trainer.is_global_zero)
    with _interruptible():
        trainer.fit(module, data, ckpt_path=newest and str(newest), weights_only=True)
    if trainer.global_step < trainer.max_steps:
        raise RuntimeError(
            f"training ended after step {trainer.global_step} of {trainer.max_steps}"
        )
    for callback in trainer.callbacks:  # type: ignore[attr-defined]  # Lightning sets it out of sight
        if isinstance(callback, EMAWeightAveraging):
            callback.on_train_end(trainer, module)  # resumed after the last step, it is skipped
    return trainer.validate(module, data, verbose=False)[0]["validation/error"]
