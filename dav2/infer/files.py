"""`dav2 predict`: maps of files and folders, written where people can use them."""

import hashlib
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from tqdm import tqdm

from dav2.colours import colourise
from dav2.data.photos import SUFFIXES, UnreadableImage, read_image
from dav2.encoding import to_levels
from dav2.infer.points import relative_depth, write_ply
from dav2.infer.video import predict_video
from dav2.infer.video_io import VIDEO_SUFFIXES, inspect_video
from dav2.runs import atomic_path, read_json, sweep_temporaries, write_json

Maps = Callable[[list[np.ndarray]], list[np.ndarray]]  # uint8 [H, W, 3] each -> [H, W] each
LEVELS_PER_METRE = 256  # of metric 16-bit files, as in KITTI's: 0 to 256 m in steps of 4 mm


def _nearness(values: np.ndarray, metric: bool) -> np.ndarray:
    """What colours show: disparity, which metric depth becomes by its inverse."""
    return 1 / values.clip(min=1e-3) if metric else values


class Prediction(NamedTuple):
    """A picture uint8 [H, W, 3] and its map [H, W]: relative disparity, or depth in metres."""

    image: np.ndarray
    values: np.ndarray
    metric: bool
    focal_px: float | None

    def colours(self) -> np.ndarray:
        """The map as uint8 [H, W, 3]; red is near."""
        return colourise(_nearness(self.values, self.metric))


def _save_array(path: Path, prediction: Prediction) -> None:
    np.save(path, prediction.values)


def _save_colour(path: Path, prediction: Prediction) -> None:
    Image.fromarray(prediction.colours()).save(path)


def _save_16_bit(path: Path, prediction: Prediction) -> None:
    if prediction.metric:
        levels = (prediction.values * LEVELS_PER_METRE).round().clip(0, 65535).astype(np.uint16)
    else:
        levels = to_levels(prediction.values)
    Image.fromarray(levels).save(path)


def _save_side_by_side(path: Path, prediction: Prediction) -> None:
    Image.fromarray(np.concatenate([prediction.image, prediction.colours()], axis=1)).save(path)


def _save_points(path: Path, prediction: Prediction) -> None:
    depth = prediction.values if prediction.metric else relative_depth(prediction.values)
    write_ply(path, prediction.image, depth, prediction.focal_px)


class Format(NamedTuple):
    """How a map is written: what is appended to the picture's name, and the function.

    `{}` in the ending becomes `disparity`, or `depth` for metric networks.
    """

    ending: str
    save: Callable[[Path, Prediction], None]


FORMATS: dict[str, Format] = {
    "png": Format("_{}.png", _save_colour),
    "png16": Format("_{}16.png", _save_16_bit),  # disparity: least 0, greatest 65535
    "npy": Format("_{}.npy", _save_array),  # float32, as the network gave it
    "side": Format("_side.png", _save_side_by_side),
    "ply": Format("_points.ply", _save_points),
}


def find_inputs(inputs: Sequence[Path | str]) -> list[tuple[Path, Path]]:
    """(picture or video, its name below the output folder without suffix) of files and folders.

    Files that would write to the same name (`a.jpg` and `a.png`) keep their suffix in it.

    Raises:
        FileNotFoundError: an input is not there, or a folder holds no picture and no video.
    """
    known = SUFFIXES | set(VIDEO_SUFFIXES)
    found: list[tuple[Path, Path]] = []
    for entry in map(Path, inputs):
        if entry.is_dir():
            inside = sorted(path for path in entry.rglob("*") if path.suffix.lower() in known)
            if not inside:
                raise FileNotFoundError(f"no pictures or videos in {entry}")
            found += [(path, path.relative_to(entry)) for path in inside]
        elif entry.is_file():
            found.append((entry, Path(entry.name)))
        else:
            raise FileNotFoundError(f"{entry} is not there")
    stems = [name.with_suffix("") for _, name in found]
    named = [
        (path, stem if stems.count(stem) == 1 else name.with_name(name.name.replace(".", "_")))
        for (path, name), stem in zip(found, stems, strict=True)
    ]
    taken: dict[Path, Path] = {}
    for path, name in named:
        if name in taken:
            raise ValueError(
                f"{taken[name]} and {path} would both be written to {name}; rename one"
            )
        taken[name] = path
    return named


def _check(formats: Sequence[str], metric: bool, focal_px: float | None) -> None:
    if unknown := sorted(set(formats) - set(FORMATS)):
        raise ValueError(f"unknown format {', '.join(unknown)}; there are {', '.join(FORMATS)}")
    if "ply" not in formats:
        return
    if not focal_px:
        raise ValueError(
            "a point cloud needs the camera's focal length in pixels (focal_px); "
            "width / 2 / tan(horizontal field of view / 2)"
        )
    if not metric:
        warnings.warn(
            "relative disparity has no metric scale and an unknown shift: the point cloud's size "
            "and its stretch along the view are a guess; take a metric network to measure in it",
            stacklevel=3,
        )


def predict_files(
    predict: Maps,
    inputs: Sequence[Path | str],
    out: Path | str,
    formats: Sequence[str] = ("png",),
    identity: str = "",
    *,
    metric: bool = False,
    focal_px: float | None = None,
    smooth: float = 0.0,
    batch_size: int = 1,
    progress: bool = True,
) -> list[dict[str, str]]:
    """Write the map of every picture and video in `inputs` (files and folders) into `out`.

    A repeated call goes on where a killed one stopped. Files that cannot be used are set aside
    and listed in `out/set_aside.json` with their reason. A video becomes a video in colours, with
    its picture beside them if `side` is among the formats.

    Args:
        predict: a list of uint8 RGB [H, W, 3] -> their maps float32 [H, W].
        formats: of `FORMATS`.
        identity: what `predict` is (model and size); a folder begun with another is refused.
        metric: `predict` gives depth in metres, not disparity.
        focal_px: focal length of the pictures in pixels, for point clouds.
        smooth: of videos, see `predict_video`.
        batch_size: how many pictures `predict` gets at once.

    Returns:
        What was set aside: [{"file", "reason"}].

    Raises:
        FileNotFoundError: an input is not there.
        ValueError: unknown format, or `out` was begun with another model or size.
    """
    _check(formats, metric, focal_px)
    out, named = Path(out), find_inputs(inputs)
    plan = {"predict": hashlib.sha256(identity.encode()).hexdigest()}
    if (out / "plan.json").exists() and read_json(out / "plan.json") != plan:
        raise ValueError(f"{out} was begun with another model or size; choose another folder")
    write_json(out / "plan.json", plan)
    sweep_temporaries(out)
    set_aside: list[dict[str, str]] = []

    word = "depth" if metric else "disparity"
    pictures = [entry for entry in named if entry[0].suffix.lower() not in VIDEO_SUFFIXES]
    videos = [entry for entry in named if entry[0].suffix.lower() in VIDEO_SUFFIXES]
    todo = []
    for path, name in pictures:
        targets = {kind: out / f"{name}{FORMATS[kind].ending.format(word)}" for kind in formats}
        if missing := {kind: target for kind, target in targets.items() if not target.exists()}:
            todo.append((path, missing))
    with tqdm(total=len(todo), unit="picture", desc="predict", disable=not progress) as bar:
        for first in range(0, len(todo), batch_size):
            some = todo[first : first + batch_size]
            readable = []
            for path, missing in some:
                try:
                    readable.append((read_image(path), missing))
                except UnreadableImage as error:
                    set_aside.append({"file": str(path), "reason": str(error)})
            maps = predict([image for image, _ in readable]) if readable else []
            for (image, missing), values in zip(readable, maps, strict=True):
                prediction = Prediction(image, values, metric, focal_px)
                for kind, target in missing.items():
                    with atomic_path(target) as temporary:
                        FORMATS[kind].save(temporary, prediction)
            bar.update(len(some))

    def disparities(images: list[np.ndarray]) -> list[np.ndarray]:
        return [_nearness(values, metric) for values in predict(images)]

    side = "side" in formats
    for path, name in videos:
        target = out / f"{name}_{'side' if side else word}.mp4"
        if target.exists():
            continue
        try:
            inspect_video(path)
        except ValueError as error:
            set_aside.append({"file": str(path), "reason": str(error)})
            continue
        predict_video(
            disparities,
            path,
            target,
            smooth=smooth,
            side_by_side=side,
            identity=identity,
            batch_size=batch_size,
            progress=progress,
        )
    write_json(out / "set_aside.json", set_aside)
    return set_aside
