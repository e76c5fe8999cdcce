"""Checkpoints that survive: written whole or not at all, with the one before beside them."""

import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.fabric.plugins import TorchCheckpointIO
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities.exceptions import SIGTERMException

from dav2.disk import atomic_path
from dav2.errors import UserError

LAST, BEFORE, BEST = "last.ckpt", "before.ckpt", "best.ckpt"


def damage(path: Path) -> str | None:
    """Say what is wrong with a checkpoint on disk: None if it can be read and every checksum fits."""
    try:
        with zipfile.ZipFile(path) as file:
            if (broken := file.testzip()) is not None:
                return f"the checksum of {broken} does not fit"
        step_of(path)
    except pickle.UnpicklingError:  # whose text advises to run it
        return f"{path.stat().st_size:,} bytes, it holds more than plain data, which is not loaded"
    except Exception as error:  # a few wrong bits make the readers stumble in every way there is
        return f"{path.stat().st_size:,} bytes, {str(error).partition(chr(10))[0]}"
    return None


def step_of(path: Path) -> int:
    """Read after how many steps a checkpoint was written."""
    return int(torch.load(path, map_location="cpu", mmap=True, weights_only=True)["global_step"])


def newest_whole(folder: Path, say: bool = True) -> Path | None:
    """Find the newest checkpoint in `folder` that is whole; None if there is none at all.

    Says in one line which one is damaged and what is taken instead.

    Raises:
        UserError: there are checkpoints, and none of them is whole.
    """
    there = [path for name in (LAST, BEST, BEFORE) if (path := folder / name).exists()]
    flaws = []
    whole = []
    for path in there:
        flaw = damage(path)
        if flaw is None:
            whole.append(path)
        else:
            flaws.append(f"{path} is damaged ({flaw})")
    if whole:
        newest = max(whole, key=step_of)  # not by time: clocks of machines differ
        if say and flaws:
            print(f"{'; '.join(flaws)}: going on from {newest.name}", flush=True)
        return newest
    if flaws:
        raise UserError(f"{'; '.join(flaws)}. No checkpoint is left; delete {folder} to start over")
    return None


class WholeCheckpoints(TorchCheckpointIO):
    """Write to a temporary name, wait for the disk, rename. `last.ckpt` leaves `before.ckpt`."""

    def __init__(self) -> None:
        self.whole: set[Path] = set()  # what this process has read or written

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Path | str, storage_options: Any = None
    ) -> None:
        """Write `checkpoint`; a kill at any moment leaves the file before it, or this one.

        Raises:
            OSError: it cannot be written; what was there before is still there.
        """
        path = Path(path)
        with atomic_path(path) as temporary:
            with temporary.open("wb") as file:  # of a file that it opens, torch hides what failed
                try:
                    torch.save(checkpoint, file)
                except RuntimeError as error:
                    if isinstance(error.__context__, OSError):
                        raise error.__context__ from None  # torch hides the system's reason
                    raise
            # What is damaged must not take the place of a whole one.
            if path.name == LAST and path in self.whole:
                os.replace(path, path.with_name(BEFORE))
        self.whole.add(path)

    def load_checkpoint(self, path: Path | str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Read a checkpoint; `weights_only` is passed on by the trainer."""
        checkpoint = super().load_checkpoint(path, *args, **kwargs)
        self.whole.add(Path(path))
        return checkpoint


class Last(Checkpoint):
    """Write `last.ckpt` every `every` steps, after each validation and at the last step.

    (ModelCheckpoint's own `save_last` writes one only where the validation error has fallen.)
    """

    def __init__(self, folder: Path, every: int, validate_every: int):
        self.path, self.every, self.validate_every = folder / LAST, every, validate_every
        self.saved = 0

    def _save(self, trainer: L.Trainer) -> None:
        self.saved = trainer.global_step
        trainer.save_checkpoint(self.path)

    def on_exception(
        self, trainer: L.Trainer, module: L.LightningModule, exception: BaseException
    ) -> None:
        """Lose nothing to a scheduler's SIGTERM, which comes between two steps.

        Several devices do not get it at the same step, and would wait for each other. Ctrl-C may
        come in the middle of a step.
        """
        step = trainer.global_step
        if (
            isinstance(exception, SIGTERMException)
            and trainer.world_size == 1
            and step > self.saved
        ):
            self._save(trainer)
        if isinstance(exception, (SIGTERMException, KeyboardInterrupt)) and trainer.is_global_zero:
            print(f"stopped after step {step} of {trainer.max_steps}, {self.saved} are kept")

    def on_train_start(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        self.saved = trainer.global_step

    def on_train_batch_end(self, trainer: L.Trainer, *_: object) -> None:
        step = trainer.global_step
        if step == self.saved or step % self.validate_every == 0:
            return
        if step % self.every == 0 or step == trainer.max_steps:
            self._save(trainer)

    def on_validation_end(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        # After the best one, whose error this one remembers.
        if trainer.state.fn == TrainerFn.FITTING and trainer.global_step != self.saved:
            self._save(trainer)
