"""What a stage learns from: where it lies, which command makes it, and how it becomes batches."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch.nn.functional as F
from torch.utils.data import Dataset
from torchvision.transforms import v2

from dav2.data import LabelSet, RenderedSet
from dav2.data.stream import Samples, TrainingData
from dav2.disk import read_json
from dav2.errors import UserError, nearest
from dav2.geometry import disparity_from_depth
from dav2.manifests import artefact_hash, is_finished, read_manifest, require
from dav2.model import find_preset
from dav2.sample import Sample, make_sample
from dav2.scale import Data, Scale, to_stride
from dav2.sensor import SENSORS
from dav2.stage import PHOTOS, SCENES, Stage
from dav2.transforms import random_crop, shorter_side_crop

VALIDATION = "validation"
VALIDATION_SEED = 1_000_003  # added to a run's: no view of validation is one that was learned from


class Input(NamedTuple):
    """Something on disk that a stage needs, and the command that makes it."""

    source: str  # SCENES, PHOTOS or VALIDATION
    path: Path
    command: str

    @property
    def fingerprint(self) -> str | None:
        """What tells it from any other version; None if it is not finished."""
        return artefact_hash(self.path) if is_finished(self.path) else None

    @property
    def samples(self) -> int | None:
        """How many there are; None if it is missing or not finished."""
        if not is_finished(self.path):
            return None
        manifest = read_manifest(self.path)
        return {
            "rendered": lambda: len(manifest["names"]),
            "labels": lambda: manifest["labelled"],
            "packed": lambda: manifest["samples"],
        }[manifest["kind"]]()


def fitted(stage: Stage) -> Stage:
    """Fit the crops of a stage to its network's stride."""
    return replace(stage, crop_px=to_stride(stage.crop_px, find_preset(stage.preset).stride))


def find_stage(scale: Scale, name: str) -> Stage:
    """Find a stage of a scale by name; its crops are fitted to its network.

    Raises:
        UserError: there is no such stage; the message lists the known ones.
    """
    if name not in scale.stages:
        raise UserError(f"unknown stage {name!r}; {nearest(name, scale.stages)}")
    return fitted(scale.stages[name])


def stage_inputs(stage: Stage, data: Data, run_dir: Path) -> list[Input]:
    """List all that a stage needs in a run folder, there or not."""
    needed = []
    width, height = data.view_size_px
    for name in data.scene_sets if stage.scenes is not None else ():
        if name == "rendered":
            scenes = run_dir / "scenes"
            command = f"dav2 render --out {scenes} --count {data.views} --size {width}x{height}"
        else:
            scenes = run_dir / "scenes" / name
            command = f"dav2 data pack {name} DIR --out {scenes}"
        needed.append(Input(SCENES, scenes, command))
    if stage.photos is not None:
        labels = run_dir / "labels"
        command = f"dav2 label --model {run_dir / 'teacher'} --images PHOTOS --out {labels}"
        needed.append(Input(PHOTOS, labels, command))
    validation = run_dir / "scenes_validation"
    command = (
        f"dav2 render --out {validation} --count {data.validation_views} "
        f"--size {width}x{height} --seed {VALIDATION_SEED}"
    )
    return [*needed, Input(VALIDATION, validation, command)]


def refuse_seen(run_dir: Path) -> None:
    """Raise UserError if the views of validation were rendered with the seed of those to learn from."""
    seeds = []
    folders = run_dir / "scenes", run_dir / "scenes_validation"
    for folder in folders:
        seeds.append(read_manifest(folder)["asked"].get("seed") if is_finished(folder) else None)
    if seeds[0] is not None and seeds[0] == seeds[1]:
        raise UserError(
            f"{folders[0]} and {folders[1]} have the same seed, {seeds[0]}: the network would be "
            "scored on what it learned from; render one of them with another --seed"
        )


def accumulation(batches: Mapping[str, int], devices: int, micro_batch: int | None) -> int:
    """Count how often each device runs forward and backward for one step of the optimiser.

    Args:
        batches: samples of each source in one step, over all devices.
        micro_batch: samples at most that a device takes at once; None: all of its share.

    Raises:
        UserError: the batch cannot be shared evenly.
    """
    most = micro_batch or sum(batches.values())
    for times in range(1, min(batches.values()) // devices + 1):
        parts = devices * times
        even = all(count % parts == 0 for count in batches.values())
        if even and sum(batches.values()) // parts <= most:
            return times
    counts = " + ".join(str(count) for count in batches.values())
    raise UserError(
        f"a batch of {counts} cannot be shared evenly by {devices} devices, {most} samples at a "
        "time; choose another batch, micro_batch or number of devices"
    )


class ResizedForValidation(Dataset[Sample]):
    """Samples brought to one size that the network takes."""

    def __init__(self, samples: Samples, size_px: tuple[int, int]):
        self.samples, self.size_px = samples, size_px

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Sample:
        image, disparity, valid, name = self.samples[index]
        image = F.interpolate(image[None], self.size_px, mode="bilinear", antialias=True)[0]
        disparity = F.interpolate(disparity[None], self.size_px, mode="nearest")[0]
        valid = F.interpolate(valid[None].float(), self.size_px, mode="nearest")[0] > 0.5
        return Sample(image.clamp(0, 1), disparity, valid, name)


class Measured(Dataset[Sample]):
    """Rendered views with the depth that a sensor would have measured; holes are not valid.

    A view keeps its errors in every pass, as a recorded one does: they depend on sensor, seed and
    the view's name. Rendered sets do not say what is glass or a mirror, so these are measured as if
    they were opaque.

    Raises:
        UserError: unknown sensor; or, on reading, a view whose camera is not known.
    """

    def __init__(self, views: RenderedSet, sensor: str, seed: int):
        if sensor not in SENSORS:
            raise UserError(f"unknown sensor {sensor!r}; there are {', '.join(SENSORS)}")
        self.views, self.measure, self.seed = views, SENSORS[sensor], seed

    def __len__(self) -> int:
        return len(self.views)

    def __getitem__(self, index: int) -> Sample:
        frame = self.views.frames[index]
        pixels, depth = self.views.read(frame)
        facts = frame.image.with_suffix(".json")
        if not (camera := read_json(facts).get("intrinsics")):
            raise UserError(f"{facts} holds no intrinsics, which a sensor needs: render it again")
        rng = np.random.default_rng([self.seed, *frame.name.encode()])
        clear = np.zeros(depth.shape, bool)
        measured = self.measure(depth, pixels, camera, clear, rng)
        return make_sample(pixels, disparity_from_depth(measured), frame.name)


def _open(needed: Input, sensor: str | None, seed: int) -> Samples | Path:
    """Open a finished data set; the folder itself where it is a pack."""
    kind = read_manifest(require(needed.path, needed.command)).get("kind")
    measured_by = sensor if needed.source == SCENES else None
    if kind == "packed":
        if measured_by is not None:
            raise UserError(
                f"{needed.path} is packed, and packs keep no cameras: sensor needs a rendered set"
            )
        return needed.path
    if needed.source == PHOTOS:
        return LabelSet(needed.path)
    views = RenderedSet(needed.path)
    return views if measured_by is None else Measured(views, measured_by, seed)


def _together(source: str, found: list[Samples | Path]) -> Samples | Path | list[Path]:
    if len(found) == 1:
        return found[0]
    packs = [one for one in found if isinstance(one, Path)]
    if len(packs) < len(found):
        raise UserError(f"{source}: several sets at once must be packed (`dav2 data pack`)")
    return packs


def _crop(stage: Stage) -> v2.Transform:
    height, width = stage.crop_px
    if stage.crop_area is not None:
        return random_crop(stage.crop_px, stage.crop_area)
    if height != width:
        raise UserError(f"without crop_area, crop_px must be square, not {height}x{width}")
    return shorter_side_crop(height)


def training_data(
    stage: Stage,
    data: Data,
    run_dir: Path,
    batches: Mapping[str, int],
    seed: int,
    loader_workers: int = 0,
    accumulate: int = 1,
) -> TrainingData:
    """Open the streams of a stage, `batches` samples of each source at a time and device.

    Raises:
        MissingArtefact: something is not there; names the command that makes it.
        UserError: the crop's size does not fit its kind, there is no such sensor for these scenes, or
            validation would see what is learned from.
    """
    refuse_seen(run_dir)
    sensor = stage.scenes.sensor if stage.scenes else None
    opened: dict[str, list[Samples | Path]] = {}
    for needed in stage_inputs(stage, data, run_dir):
        opened.setdefault(needed.source, []).append(_open(needed, sensor, seed))
    (validation,) = opened.pop(VALIDATION)
    if isinstance(validation, Path):
        raise UserError(f"{validation} is packed; validation needs a rendered set")
    return TrainingData(
        {source: (_together(source, found), batches[source]) for source, found in opened.items()},
        ResizedForValidation(validation, stage.crop_px),
        _crop(stage),
        {name: source.colour for name, source in stage.sources.items()},
        stage.steps,
        seed,
        loader_workers,
        accumulate,
    )
