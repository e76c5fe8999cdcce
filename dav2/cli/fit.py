"""`dav2 fit` and `dav2 plan`: train a stage, or say what that would need."""

from pathlib import Path
from typing import Literal

from dav2.cli.options import Count, Natural, Overrides, Positive, ScaleName
from dav2.errors import UserError

Recipe = Literal["teacher", "student", "light", "metric"]
Data = Literal["photos", "synthetic", "both"]


def stage_of(recipe: Recipe, data: Data | None) -> str:
    """The stage's name, which is its folder's, too."""
    if data and recipe != "student":
        raise UserError(f"--data chooses what a student learns from; {recipe} takes no choice")
    return {"student": f"student_{data or 'photos'}", "light": "student_light"}.get(recipe, recipe)


def fit(
    recipe: Recipe,
    *,
    run: Path,
    data: Data | None = None,
    start: Path | None = None,
    scale: ScaleName = "lab",
    seed: Natural = 0,
    overrides: Overrides = None,
) -> None:
    """Train a stage of a run; repeat the call to resume.

    A teacher learns from RUN/scenes; a student from RUN/labels, RUN/scenes or both; light is a much
    smaller student of RUN/labels; metric fine-tunes on RUN/scenes for depth in metres.

    Args:
        recipe: teacher, student, light or metric.
        run: the run folder.
        data: of a student: pseudo-labelled photos (the default, and the paper's), synthetic scenes, or
            both.
        start: of metric: whose encoder to start from, a stage or a file of weights (default:
            RUN/student_photos).
        scale: where the numbers below come from.
        seed: seed of weights and order.
    """
    from dav2.scale import get_scale
    from dav2.train import fit as train

    chosen = get_scale(scale, overrides)
    print(f"network: {train(stage_of(recipe, data), chosen, run, seed, start=start)}")


def plan(
    recipe: Recipe,
    *,
    run: Path = Path("runs/lab-0"),
    data: Data | None = None,
    scale: ScaleName = "lab",
    devices: Count = 1,
    step_seconds: Positive | None = None,
    images_per_second: Positive | None = None,
    peak_tflops: Positive | None = None,
    peak_share: Positive = 0.4,
    overrides: Overrides = None,
) -> None:
    """Say what a training would need, and write nothing: data, memory, arithmetic, time.

    The time comes from one of the measured or stated rates, or else from steps measured here, if they
    fit in here.

    Args:
        recipe: teacher, student, light or metric.
        run: the run folder, where data may lie already.
        data: of a student: photos, synthetic or both.
        scale: where the numbers below come from.
        devices: GPUs, all alike.
        step_seconds: a measured step of all devices together.
        images_per_second: measured on one device.
        peak_tflops: one device's rate as its maker states it.
        peak_share: how much of it is taken to be reached.
    """
    from dav2.scale import get_scale
    from dav2.train import format_plan, with_measured_step
    from dav2.train import plan as estimate

    chosen = get_scale(scale, overrides)
    rates = (step_seconds, images_per_second, peak_tflops, peak_share)
    planned = estimate(stage_of(recipe, data), chosen, run, devices, *rates)
    print(format_plan(planned if planned.step_seconds else with_measured_step(planned, chosen)))
