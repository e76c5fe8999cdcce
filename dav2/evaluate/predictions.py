"""Predictions of relative depth on disk: written frame by frame, read when they are scored."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from dav2.data.frames import BrokenFrame, DepthSet, Frame
from dav2.evaluate.protocols import Rules, Unusable, crop
from dav2.runs import atomic_path, is_finished, read_manifest, sweep_temporaries, write_manifest

KIND = "relative predictions"
Predict = Callable[[np.ndarray], np.ndarray]  # uint8 [H, W, 3] -> [H, W]


def predicted(predict: Predict, image: np.ndarray, name: str) -> np.ndarray:
    """The prediction for an image as float32 [H, W].

    Raises:
        ValueError: another size than the image, or not finite.
    """
    pred = np.asarray(predict(image), dtype=np.float32)
    if pred.shape != image.shape[:2]:
        raise ValueError(f"{name}: the prediction is {pred.shape}, the image {image.shape[:2]}")
    if not np.isfinite(pred).all():
        raise ValueError(f"{name}: the prediction is not finite everywhere")
    return pred


def read_cropped(depth_set: DepthSet, frame: Frame, rules: Rules) -> tuple[np.ndarray, np.ndarray]:
    """Picture and depth of a frame, cropped. Raises BrokenFrame or Unusable."""
    image, depth = depth_set.read(frame)
    return crop(image, rules), crop(depth, rules)


def predict_relative(
    predict: Predict,
    depth_set: DepthSet,
    out: Path | str,
    rules: Rules,
    frames: Sequence[Frame] | None = None,
    progress: bool = True,
) -> Path:
    """Write the predictions of a set's frames to `out` as float32 [H, W]; repeat it to resume.

    Frames that cannot be read are left out. The manifest is written last. A folder that was finished
    with fewer frames is continued.

    Raises:
        ValueError: a prediction has another size than its image or is not finite, or `out` holds
            something else, or predictions of pictures that were cropped otherwise.
    """
    out = Path(out)
    frames = depth_set.frames if frames is None else frames
    names = [frame.name for frame in frames]
    cropped = list(rules.crop_px) if rules.crop_px else None
    if is_finished(out):
        manifest = read_manifest(out)
        if manifest.get("kind") != KIND:
            raise ValueError(f"{out} holds no {KIND} but {manifest.get('kind')!r}")
        if manifest["crop_px"] != cropped:
            raise ValueError(
                f"{out} was predicted with the crop {manifest['crop_px']}, not {cropped}: "
                "choose another folder"
            )
        if set(names) <= set(manifest["frames"]):
            return out
        names = sorted({*names, *manifest["frames"]})
    sweep_temporaries(out)
    for frame in tqdm(frames, unit="image", desc="predict", disable=not progress):
        target = out / f"{frame.name}.npy"
        if target.exists():
            continue
        try:
            image, _ = read_cropped(depth_set, frame, rules)
        except (BrokenFrame, Unusable):
            continue  # scoring says why
        pred = predicted(predict, image, frame.name)
        with atomic_path(target) as temporary:
            np.save(temporary, pred)
    write_manifest(out, kind=KIND, frames=names, crop_px=cropped)
    return out


def load_prediction(folder: Path | str, image: np.ndarray, name: str) -> np.ndarray:
    """What `predict_relative` wrote for a frame.

    Raises:
        FileNotFoundError: nothing.
        ValueError: it has another size than the image, or is not finite.
    """
    file = Path(folder) / f"{name}.npy"
    if not file.is_file():
        raise FileNotFoundError(f"no prediction for {name} in {folder}; predict the set again")
    return predicted(lambda _: np.load(file, allow_pickle=False), image, str(file))
