"""`dav2 fit`: train a teacher or a student into a run folder, and go on where a killed one stopped."""

import json
import logging
import time
import warnings
from dataclasses import asdict
from pathlib import Path

import lightning as L
import torch
import torch.nn.functional as F
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from safetensors.torch import save_file
from torch.utils.data import Dataset
from tqdm import tqdm

from dav2.data import LabelSet, RenderedSet, TrainingData
from dav2.model import WEIGHTS, DepthAnything, build_model, load_backbone
from dav2.runs import (
    atomic_path,
    file_hash,
    is_finished,
    read_json,
    require,
    sweep_temporaries,
    write_json,
    write_manifest,
)
from dav2.sample import Sample
from dav2.scale import Scale
from dav2.train.module import PHOTOS, SCENES, DepthModule
from dav2.transforms import random_crop

# Which sources a stage learns from, and with which share of the batch.
RECIPES: dict[str, dict[str, float]] = {
    "teacher": {SCENES: 1.0},
    "student_synthetic": {SCENES: 1.0},
    "student_photos": {PHOTOS: 1.0},  # the paper's student: pseudo-labelled photographs only
    "student_both": {SCENES: 0.5, PHOTOS: 0.5},
}
# Fine-tuning for metres, beside the paper's three stages (V2 metric_depth/).
METRIC: dict[str, dict[str, float]] = {"metric": {SCENES: 1.0}}
# What Lightning warns of although it is meant here.
MEANT = (
    ".*dataloader is not resumable.*",  # ours is: `StepSampler` starts at the step it is told
    ".*does not have many workers.*",  # two cores are busy enough
    ".*LeafSpec.*",  # Lightning's own use of a deprecated call
)


class ResizedForValidation(Dataset[Sample]):
    """Samples brought to one size that the network takes."""

    def __init__(self, samples: Dataset[Sample], size_px: tuple[int, int]):
        self.samples, self.size_px = samples, size_px

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Sample:
        image, disparity, valid, name = self.samples[index]
        image = F.interpolate(image[None], self.size_px, mode="bilinear", antialias=True)[0]
        disparity = F.interpolate(disparity[None], self.size_px, mode="nearest")[0]
        valid = F.interpolate(valid[None].float(), self.size_px, mode="nearest")[0] > 0.5
        return Sample(image.clamp(0, 1), disparity, valid, name)


def _training_data(
    recipe: str, scale: Scale, run_dir: Path, batch: int, steps: int, seed: int
) -> TrainingData:
    sources: dict[str, tuple[Dataset[Sample], int]] = {}
    for source, share in (RECIPES | METRIC)[recipe].items():
        if source == SCENES:
            width, height = scale.view_size_px
            command = f"dav2 render --out {run_dir / 'scenes'} --count {scale.views} --size {width}x{height}"
            samples: Dataset[Sample] = RenderedSet(require(run_dir / "scenes", command))
        else:
            command = f"dav2 label --model {run_dir / 'teacher'} --images PHOTOS --out {run_dir / 'labels'}"
            samples = LabelSet(require(run_dir / "labels", command))
        sources[source] = (samples, max(1, round(share * batch)))
    command = f"dav2 render --out {run_dir / 'scenes_validation'} --count {scale.validation_views}"
    validation = RenderedSet(require(run_dir / "scenes_validation", command))
    return TrainingData(
        sources,
        ResizedForValidation(validation, scale.crop_px),
        random_crop(scale.crop_px, scale.metric_crop_area if recipe in METRIC else scale.crop_area),
        scale.colour,
        steps,
        seed,
        scale.loader_workers,
    )


class Progress(Callback):
    """A text bar over steps, the same in terminals and notebooks, and the seconds of all restarts."""

    def __init__(self, name: str, steps: int, show: bool):
        self.bar = tqdm(total=steps, desc=name, unit="step", mininterval=1.0, disable=not show)
        self.before, self.started = 0.0, time.monotonic()

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
        shown = {"loss": "loss", "validation/error": "error"}
        measured = {
            shown[k]: f"{float(v):.3f}" for k, v in trainer.callback_metrics.items() if k in shown
        }
        self.bar.set_postfix(measured, refresh=False)
        self.bar.update(trainer.global_step - self.bar.n)

    def on_train_end(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        self.bar.close()


def _weights_to_start_from(run_dir: Path, start: Path | str | None) -> Path:
    start = Path(start or run_dir / "student_photos")
    if start.is_file():
        return start
    return require(start, f"dav2 fit student --data photos --run {run_dir}") / WEIGHTS


def _build(scale: Scale, preset: str, start: Path | None) -> DepthAnything:
    if start is None:
        network = build_model(preset, scale.pretrained)
    else:
        network = load_backbone(build_model(preset, max_depth=scale.max_depth_m), start)
    return network.to(memory_format=torch.channels_last)


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
    same order of samples. Writes `model.safetensors`, logs (CSV and TensorBoard), the best and the
    last checkpoint, and the manifest last.

    Args:
        recipe: one of `RECIPES`, or "metric".
        start: whose encoder "metric" starts from: a finished stage or a file of weights; default
            `run_dir/student_photos`. The head is trained anew (V2 metric_depth/train.py).

    Raises:
        ValueError: unknown recipe, or the folder was begun with other settings.
        MissingArtefact: scenes, labels or `start` are not there; names the command that makes them.
    """
    known = RECIPES | METRIC
    if recipe not in known:
        raise ValueError(f"unknown recipe {recipe!r}; there are {', '.join(known)}")
    if start is not None and recipe not in METRIC:
        raise ValueError(f"{recipe} starts from the pretrained encoder; only metric takes a start")
    run_dir = Path(run_dir)
    stage = run_dir / recipe
    # Through JSON and back, so that tuples compare equal to what was read.
    settings = json.loads(json.dumps({"recipe": recipe, "seed": seed, "scale": asdict(scale)}))
    if recipe in METRIC:
        start = _weights_to_start_from(run_dir, start)
        settings["start"] = file_hash(start)
    plan = stage / "plan.json"
    if plan.exists() and read_json(plan) != settings:
        raise ValueError(
            f"{stage} was begun with other settings (see {plan}); delete it or use another run"
        )
    if is_finished(stage):
        return stage
    role = recipe.split("_")[0]
    preset = scale.teacher if role == "teacher" else scale.student
    steps, batch = getattr(scale, f"{role}_steps"), getattr(scale, f"{role}_batch")
    data = _training_data(recipe, scale, run_dir, batch, steps, seed)
    L.seed_everything(seed, verbose=False)
    network = _build(scale, preset, start)
    write_json(plan, settings)
    sweep_temporaries(stage)

    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    module = DepthModule(
        network,
        steps,
        scale.head_lr,
        scale.encoder_lr,
        scale.warmup_steps,
        scale.weight_decay,
        scale.feature_weight,
    )
    timer = Progress(recipe, steps, progress)
    checkpoints = ModelCheckpoint(
        stage / "checkpoints",
        filename="best",
        monitor="validation/error",
        save_last=True,
        enable_version_counter=False,
    )
    trainer = L.Trainer(
        max_steps=steps,
        max_epochs=-1,
        accelerator="auto",
        precision=scale.precision,
        gradient_clip_val=scale.clip_norm,
        val_check_interval=min(scale.validate_every_steps, steps),
        check_val_every_n_epoch=None,
        num_sanity_val_steps=0,
        logger=[CSVLogger(stage / "logs", "csv"), TensorBoardLogger(stage / "logs", "tensorboard")],
        log_every_n_steps=max(1, min(10, steps // 4)),
        callbacks=[checkpoints, timer],
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    last = stage / "checkpoints" / "last.ckpt"
    with warnings.catch_warnings():
        for message in MEANT:
            warnings.filterwarnings("ignore", message)
        trainer.fit(module, data, ckpt_path=str(last) if last.exists() else None, weights_only=True)
        error = trainer.validate(module, data, verbose=False)[0]["validation/error"]

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
