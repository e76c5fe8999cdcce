"""`dav2 predict`: disparity maps of files and folders, written where people can use them."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from tqdm import tqdm

from dav2.colours import colourise
from dav2.data.labels import LEVELS
from dav2.data.photos import UnreadableImage, find_images, read_image
from dav2.runs import atomic_path, read_json, sweep_temporaries, write_json


def _save_array(path: Path, image: np.ndarray, disparity: np.ndarray) -> None:
    np.save(path, disparity)


def _save_colour(path: Path, image: np.ndarray, disparity: np.ndarray) -> None:
    Image.fromarray(colourise(disparity)).save(path)


def _save_16_bit(path: Path, image: np.ndarray, disparity: np.ndarray) -> None:
    low, high = float(disparity.min()), float(disparity.max())
    unit = (disparity - low) / (high - low) if high > low else np.zeros_like(disparity)
    Image.fromarray((unit * LEVELS).round().astype(np.uint16)).save(path)


def _save_side_by_side(path: Path, image: np.ndarray, disparity: np.ndarray) -> None:
    Image.fromarray(np.concatenate([image, colourise(disparity)], axis=1)).save(path)


class Format(NamedTuple):
    """How a map is written: what is appended to the picture's name, and the function."""

    ending: str
    save: Callable[[Path, np.ndarray, np.ndarray], None]


FORMATS: dict[str, Format] = {
    "png": Format("_disparity.png", _save_colour),
    "png16": Format("_disparity16.png", _save_16_bit),  # least 0, greatest 65535
    "npy": Format("_disparity.npy", _save_array),  # float32, as the network gave it
    "side": Format("_side.png", _save_side_by_side),
}


def find_inputs(inputs: Sequence[Path | str]) -> list[tuple[Path, Path]]:
    """(picture, its name below the output folder without suffix) of files and folders.

    Pictures that would write to the same name (`a.jpg` and `a.png`) keep their suffix in it.

    Raises:
        FileNotFoundError: an input is not there, or a folder holds no image.
    """
    found: list[tuple[Path, Path]] = []
    for entry in map(Path, inputs):
        if entry.is_dir():
            found += [(path, path.relative_to(entry)) for path in find_images(entry)]
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


def predict_files(
    predict: Callable[[np.ndarray], np.ndarray],
    inputs: Sequence[Path | str],
    out: Path | str,
    formats: Sequence[str] = ("png",),
    identity: str = "",
    progress: bool = True,
) -> list[dict[str, str]]:
    """Write the disparity of every picture in `inputs` (files and folders) into `out`.

    A repeated call goes on where a killed one stopped. Pictures that cannot be used are set aside
    and listed in `out/set_aside.json` with their reason.

    Args:
        predict: uint8 RGB [H, W, 3] -> disparity float32 [H, W].
        formats: of `FORMATS`.
        identity: what `predict` is (model and size); a folder begun with another is refused.

    Returns:
        What was set aside: [{"file", "reason"}].

    Raises:
        FileNotFoundError: an input is not there.
        ValueError: unknown format, or `out` was begun with another model or size.
    """
    if unknown := sorted(set(formats) - set(FORMATS)):
        raise ValueError(f"unknown format {', '.join(unknown)}; there are {', '.join(FORMATS)}")
    out, named = Path(out), find_inputs(inputs)
    plan = {"predict": hashlib.sha256(identity.encode()).hexdigest()}
    if (out / "plan.json").exists() and read_json(out / "plan.json") != plan:
        raise ValueError(f"{out} was begun with another model or size; choose another folder")
    write_json(out / "plan.json", plan)
    sweep_temporaries(out)
    set_aside: list[dict[str, str]] = []
    for path, name in tqdm(named, unit="picture", desc="predict", disable=not progress):
        targets = {kind: out / f"{name}{FORMATS[kind].ending}" for kind in formats}
        missing = {kind: target for kind, target in targets.items() if not target.exists()}
        if not missing:
            continue
        try:
            image = read_image(path)
        except UnreadableImage as error:
            set_aside.append({"file": str(path), "reason": str(error)})
            continue
        disparity = predict(image)
        for kind, target in missing.items():
            with atomic_path(target) as temporary:
                FORMATS[kind].save(temporary, image, disparity)
    write_json(out / "set_aside.json", set_aside)
    return set_aside
