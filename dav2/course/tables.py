"""Rows of a table: the same small training again and again, each with one thing changed."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dav2.model import PRESETS
from dav2.runs import is_finished, read_manifest, write_manifest
from dav2.scale import Scale, to_stride
from dav2.train import fit


def small_scale(scale: Scale, steps: int, preset: str, share: float, **changes: Any) -> Scale:
    """A scale for rows that many can be trained of: few steps, and small crops.

    Args:
        preset: of both teacher and student.
        share: sides of crops and of predictions, as a share of the scale's; those of crops to the
            nearest multiple of the network's stride.
        changes: further numbers of the scale.
    """
    stride, (height, width) = PRESETS[preset].stride, scale.crop_px
    numbers = {
        "teacher": preset,
        "student": preset,
        "teacher_steps": steps,
        "student_steps": steps,
        "warmup_steps": min(scale.warmup_steps, steps // 10),
        "validate_every_steps": steps,
        "crop_px": to_stride((round(share * height), round(share * width)), stride),
        "shorter_px": round(share * scale.shorter_px),
    }
    return replace(scale, **(numbers | changes))


def fit_row(recipe: str, scale: Scale, folder: Path, seed: int, **inputs: Path) -> Path:
    """`fit` into a folder of its own, with inputs of other runs: scenes, scenes_validation, labels.

    A finished row is returned at once; its checkpoints, which nobody goes on from, are deleted.

    Raises:
        ValueError, MissingArtefact: see `fit`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in inputs.items():
        if not (folder / name).exists():
            (folder / name).unlink(missing_ok=True)  # a link to what is no longer there
            (folder / name).symlink_to(path.resolve())
    stage = fit(recipe, scale, folder, seed)
    shutil.rmtree(stage / "checkpoints", ignore_errors=True)
    return stage


def choose_views(scenes: Path, names: Sequence[str], out: Path) -> Path:
    """A rendered set that holds some views of another, by links.

    Raises:
        MissingArtefact: `scenes` is not finished.
        ValueError: a view is not in `scenes`, or `out` was made of other views.
    """
    manifest = read_manifest(scenes)
    if unknown := sorted(set(names) - set(manifest["names"])):
        raise ValueError(f"{scenes} holds no view {', '.join(unknown[:3])}")
    if is_finished(out):
        if read_manifest(out)["names"] != list(names):
            raise ValueError(f"{out} holds other views; delete it or choose another folder")
        return out
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for name in names:
        for suffix in (".jpg", ".png", ".json"):
            (out / f"{name}{suffix}").symlink_to((scenes / f"{name}{suffix}").resolve())
    size_px, seed = manifest["size_px"], manifest["seed"]
    write_manifest(out, "rendered", names=list(names), size_px=size_px, seed=seed)
    return out
