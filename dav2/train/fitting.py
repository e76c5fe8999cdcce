"""`dav2 fit`: train a stage into a run folder, and go on where a killed one stopped."""

import hashlib
import inspect
import logging
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import Logger
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from dav2 import runs
from dav2.disk import FULL, atomic_path, file_hash
from dav2.errors import UserError
from dav2.manifests import is_finished, vouch
from dav2.model import WEIGHTS
from dav2.progress import is_hidden
from dav2.scale import Scale
from dav2.stage import Stage
from dav2.train.checkpointing import BEFORE, BEST, LAST
from dav2.train.devices import (
    devices,
    exit_with_launcher,
    is_first,
    sharded,
    whole_weights,
)
from dav2.train.inputs import accumulation, find_stage, stage_inputs, training_data
from dav2.train.module import DepthModule
from dav2.train.progress import Progress
from dav2.train.starting import build_network, encoder_file, frozen_encoder, metric_start
from dav2.train.trainer import MEANT, make_trainer, train

KIND = "network"


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
    """Tell whether a stage that was begun has no step to lose: other settings may take it over."""
    return not is_finished(folder) and next(folder.glob("checkpoints/*.ckpt"), None) is None


def _complete(asked: dict[str, Any], folder: Path) -> None:
    """Take as it was what a begun stage was made of and is no longer there to compare."""
    begun = (runs.read_settings(folder) or {"asked": {}})["asked"]
    for name, fingerprint in asked["inputs"].items():
        if fingerprint is None:
            asked["inputs"][name] = begun.get("inputs", {}).get(name)
    if "start" in begun:
        asked.setdefault("start", begun["start"])


def _identity(module: type[DepthModule]) -> str:
    """Name a module and its code: a loss of one's own is another training if its code is another."""
    if not (isinstance(module, type) and issubclass(module, DepthModule)):
        raise UserError(f"{module!r:.80} is no subclass of dav2.train.DepthModule")
    own = module.__mro__[: module.__mro__.index(DepthModule)]
    methods = [one for kind in own for one in vars(kind).values() if inspect.isfunction(one)]
    try:
        source = "".join(map(inspect.getsource, methods))  # of a class, notebooks know none
    except (OSError, TypeError) as error:
        raise UserError(
            f"the source of {module.__qualname__} cannot be read, so a run could not tell it from "
            "another one; define it in a file or a notebook's cell"
        ) from error
    digest = hashlib.sha256(source.encode()).hexdigest()[:16]
    return f"{module.__module__}:{module.__qualname__} {digest}"


def _asked(
    name: str,
    numbers: Stage,
    scale: Scale,
    run_dir: Path,
    seed: int,
    accumulate: int,
    module: type[DepthModule],
) -> dict[str, Any]:
    """Gather what decides the weights, but for the file that they start from."""
    asked: dict[str, Any] = {
        "stage": name,
        "seed": seed,
        "numbers": asdict(numbers),
        "precision": scale.machine.precision,
        "accumulate": accumulate,
        "inputs": {
            one.path.name: one.fingerprint for one in stage_inputs(numbers, scale.data, run_dir)
        },
    }
    if module is not DepthModule:
        asked["module"] = _identity(module)
    return asked


def _finish(
    held: runs.Work,
    weights: dict[str, Tensor],
    module: DepthModule,
    trainer: L.Trainer,
    seconds: float,
    error: float,
) -> None:
    """Write the weights, and the manifest that vouches for them."""
    file = held.folder / WEIGHTS
    with atomic_path(file) as temporary:
        save_file({key: value.contiguous() for key, value in weights.items()}, temporary)
    held.finish(
        {WEIGHTS: vouch(file)},
        preset=module.stage.preset,
        max_depth=module.network.max_depth,
        stage=held.folder.name,
        seed=held.asked["seed"],
        steps=trainer.max_steps,
        precision=trainer.precision,
        preprocessing=asdict(module.network.preprocessing),
        seconds=round(seconds, 1),
        validation_error=error,
    )
    (held.folder / "checkpoints" / BEFORE).unlink(missing_ok=True)  # nobody goes on from here


def _train_into(
    folder: Path,
    asked: dict[str, Any],
    trainer: L.Trainer,
    module: DepthModule,
    data: L.LightningDataModule,
    timer: Progress,
) -> None:
    """Train and finish the stage; of several devices the first alone writes its folder."""
    first = trainer.is_global_zero
    alone = runs.work_in(folder, KIND, asked, is_empty=_nothing_trained) if first else nullcontext()
    with _what_a_full_disk_means(folder), alone as held, warnings.catch_warnings():
        for message in MEANT:
            warnings.filterwarnings("ignore", message)
        if held is not None:
            held.sweep(folder / "checkpoints")
        error = train(trainer, module, data, folder / "checkpoints")
        state = whole_weights(module)
        if held is not None:
            _finish(held, state, module, trainer, timer.seconds, error)
        trainer.strategy.barrier()  # to every device that returns, the stage is finished


def fit(
    run_dir: Path | str,
    name: str,
    scale: Scale,
    *,
    seed: int = 0,
    start: Path | str | None = None,
    module: type[DepthModule] = DepthModule,
    logger: Logger | Sequence[Logger] = (),
    callbacks: Sequence[Callback] = (),
    progress: bool = True,
    **trainer_options: Any,
) -> Path:
    """Train one stage into `run_dir/<name>` and return that folder.

    Finished already: returns at once. Killed before: resumes from the last checkpoint with the
    same order of samples; from the one before, if that is damaged. Under torchrun, on all of its
    devices. Writes `model.safetensors`, logs (CSV and TensorBoard), the best and the last
    checkpoint, and the manifest last.

    Args:
        name: of the scale's stages: teacher, student_photos, student_synthetic, student_both,
            student_light, metric, or one that you added.
        start: whose encoder a metric stage starts from: a finished stage or a file of weights;
            default `run_dir/student_photos`. The head is trained anew (V2 metric_depth/train.py).
        module: a subclass of `DepthModule` with a loss of your own; its code is part of what the run
            was begun with.
        logger: beside the two that are always there.
        callbacks: of your own.
        trainer_options: of `lightning.Trainer`, where stage and machine do not decide.

    Raises:
        UserError: unknown stage, the folder was begun with other settings, the batch cannot be
            shared evenly by the devices, another process trains there, no checkpoint is whole, or
            the disk is full.
        MissingArtefact: scenes, labels or `start` are not there; names the command that makes them.
    """
    numbers, machine, run_dir = find_stage(scale, name), scale.machine, Path(run_dir)
    folder, metric = run_dir / name, numbers.max_depth_m is not None
    if start is not None and not metric:
        raise UserError(f"{name} starts from the pretrained encoder; only metric takes a start")
    world = math.prod(devices())
    accumulate = accumulation(numbers.batches, world, machine.micro_batch)
    asked = _asked(name, numbers, scale, run_dir, seed, accumulate, module)
    weights: Path | None = None
    if metric:
        weights = metric_start(run_dir, start)
    elif not is_finished(folder):
        weights = encoder_file(numbers)
    if weights is not None:
        asked["start"] = file_hash(weights)
    if not _nothing_trained(folder):
        _complete(asked, folder)
        if runs.finished(folder, KIND, asked) is not None:
            return folder
        if weights is None and (weights := encoder_file(numbers)) is not None:
            # Its weights are damaged: it goes on, or begins again.
            asked["start"] = file_hash(weights)
    exit_with_launcher()
    micro = {source: count // (world * accumulate) for source, count in numbers.batches.items()}
    data = training_data(
        numbers, scale.data, run_dir, micro, seed, machine.loader_workers, accumulate
    )
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    L.seed_everything(seed, verbose=False)
    network = build_network(numbers, machine, weights)
    kind = sharded(module) if machine.strategy == "fsdp" and world > 1 else module
    trained = kind(network, numbers, frozen_encoder(numbers, machine))
    timer = Progress(name, numbers.steps, not is_hidden(progress) and is_first())
    loggers = [logger] if isinstance(logger, Logger) else logger
    trainer = make_trainer(
        folder, numbers, machine, accumulate, [timer, *callbacks], loggers, trainer_options
    )
    _train_into(folder, asked, trainer, trained, data, timer)
    return folder
