"""Rows of a table: the same small training again and again, each with one thing changed."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dav2.errors import UserError
from dav2.manifests import artefact_hash, read_manifest
from dav2.runs import finished, work_in
from dav2.scale import Scale
from dav2.stage import Stage, with_numbers
from dav2.train import fit


def small_scale(scale: Scale, steps: int, preset: str, share: float, **changes: Any) -> Scale:
    """Shrink a scale so that many rows can be trained: few steps, and small crops.

    Args:
        preset: of teacher and students.
        share: sides of crops and of predictions, as a share of the scale's.
        changes: further numbers of each stage, see `with_numbers`.
    """

    def small(stage: Stage) -> Stage:
        numbers = {
            "preset": preset,
            "steps": steps,
            "warmup_steps": min(stage.warmup_steps, steps // 10),
            "crop_px": tuple(max(1, round(share * side)) for side in stage.crop_px),
            "shorter_px": round(share * stage.shorter_px),
        }
        return with_numbers(stage, numbers | changes)

    names = ("teacher", "student_synthetic", "student_both")
    stages = {name: small(scale.stages[name]) for name in names}
    machine = replace(scale.machine, validate_every_steps=steps)
    return replace(scale, stages=stages, machine=machine)


def fit_row(name: str, scale: Scale, folder: Path, seed: int, **inputs: Path) -> Path:
    """Train in a folder of its own, with inputs of other runs: scenes, scenes_validation, labels.

    A finished row is returned at once; its checkpoints, which nobody goes on from, are deleted.

    Raises:
        UserError, MissingArtefact: see `fit`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for part, path in inputs.items():
        if not (folder / part).exists():
            (folder / part).unlink(missing_ok=True)  # a link to what is no longer there
            (folder / part).symlink_to(path.resolve())
        elif (folder / part).resolve() != path.resolve():
            raise UserError(f"{folder / part} is not {path}; delete it or choose another folder")
    stage = fit(folder, name, scale, seed=seed)
    shutil.rmtree(stage / "checkpoints", ignore_errors=True)
    return stage


def choose_views(scenes: Path, names: Sequence[str], out: Path) -> Path:
    """Make a rendered set that holds some views of another, by links.

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
    with work_in(out, "rendered", asked) as views:
        for name in (f"{name}{suffix}" for name in names for suffix in (".jpg", ".png", ".json")):
            if not (out / name).is_symlink():  # else left by a killed call
                views.refuse_foreign(name)
            (out / name).unlink(missing_ok=True)
            (out / name).symlink_to((scenes / name).resolve())
            views.record(name)
        views.finish(names=list(names), size_px=manifest["size_px"], seed=manifest["seed"])
    return out
