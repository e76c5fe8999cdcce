"""Rows of a table: the same small training again and again, each with one thing changed."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dav2.errors import UserError
from dav2.manifests import artefact_hash, read_manifest
from dav2.model import find_preset
from dav2.runs import finished, stage
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
    stride, (height, width) = find_preset(preset).stride, scale.crop_px
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
        UserError, MissingArtefact: see `fit`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in inputs.items():
        if not (folder / name).exists():
            (folder / name).unlink(missing_ok=True)  # a link to what is no longer there
            (folder / name).symlink_to(path.resolve())
        elif (folder / name).resolve() != path.resolve():
            raise UserError(f"{folder / name} is not {path}; delete it or choose another folder")
    stage = fit(recipe, scale, folder, seed)
    shutil.rmtree(stage / "checkpoints", ignore_errors=True)
    return stage


def choose_views(scenes: Path, names: Sequence[str], out: Path) -> Path:
    """A rendered set that holds some views of another, by links.

    Raises:
        MissingArtefact: `scenes` is not finished.
        UserError: a view is not in `scenes`, or `out` was made of others.
    """
    manifest = read_manifest(scenes)
    if unknown := sorted(set(names) - set(manifest["names"])):
        raise UserError(f"{scenes} holds no view {', '.join(unknown[:3])}")
    asked = {"of": artefact_hash(scenes), "names": list(names)}
    if finished(out, "rendered", asked) is not None:
        return out
    with stage(out, "rendered", asked) as views:
        for name in (f"{name}{suffix}" for name in names for suffix in (".jpg", ".png", ".json")):
            if not (out / name).is_symlink():  # else left by a killed call
                views.refuse_foreign(name)
            (out / name).unlink(missing_ok=True)
            (out / name).symlink_to((scenes / name).resolve())
            views.record(name)
        views.finish(names=list(names), size_px=manifest["size_px"], seed=manifest["seed"])
    return out
