"""`dav2 fit` and `dav2 plan`: train a stage, or say what that would need."""

from pathlib import Path
from typing import Any, Literal

from dav2.cli.options import Count, Natural, Numbers, Positive, ScaleName, numbers_of
from dav2.errors import UserError

Kind = Literal["teacher", "student", "light", "metric"]
Data = Literal["photos", "synthetic", "both"]


def stage_name(stage: Kind, data: Data | None) -> str:
    """The stage's name, which is its folder's, too."""
    if data and stage != "student":
        raise UserError(f"--data chooses what a student learns from; {stage} takes no choice")
    return {"student": f"student_{data or 'photos'}", "light": "student_light"}.get(stage, stage)


def fit(
    stage: Kind,
    *,
    run: Path,
    data: Data | None = None,
    start: Path | None = None,
    module: str | None = None,
    scale: ScaleName = "lab",
    seed: Natural = 0,
    numbers: Numbers = None,
) -> None:
    """Train a stage of a run; repeat the call to resume.

    A teacher learns from RUN/scenes; a student from RUN/labels, RUN/scenes or both; light is a much
    smaller student of RUN/labels; metric fine-tunes on RUN/scenes for depth in metres.

    Args:
        stage: teacher, student, light or metric.
        run: the run folder.
        data: of a student: pseudo-labelled photos (the default, and the paper's), synthetic scenes, or
            both.
        start: of metric: whose encoder to start from, a stage or a file of weights (default:
            RUN/student_photos).
        module: module:name, a DepthModule with a loss of your own.
        scale: where the numbers below come from.
        seed: seed of weights and order.
    """
    from dav2.lookup import find_named
    from dav2.scale import get_scale
    from dav2.train import fit as train

    name = stage_name(stage, data)
    chosen = get_scale(scale, numbers_of(name, numbers))
    options: dict[str, Any] = {"module": find_named(module, {}, "module")} if module else {}
    print(f"network: {train(run, name, chosen, seed=seed, start=start, **options)}")


def plan(
    stage: Kind,
    *,
    run: Path = Path("runs/lab-0"),
    data: Data | None = None,
    scale: ScaleName = "lab",
    devices: Count = 1,
    step_seconds: Positive | None = None,
    images_per_second: Positive | None = None,
    peak_tflops: Positive | None = None,
    peak_share: Positive = 0.4,
    numbers: Numbers = None,
) -> None:
    """Say what a training would need, and write nothing: data, memory, arithmetic, time.

    The time comes from one of the measured or stated rates, or else from steps measured here, if they
    fit in here.

    Args:
        stage: teacher, student, light or metric.
        run: the run folder, where data may lie already.
        data: of a student: photos, synthetic or both.
        scale: where the numbers below come from.
        devices: GPUs, all alike.
        step_seconds: a measured step of all devices together.
        images_per_second: measured on one device.
        peak_tflops: one device's rate as its maker states it.
        peak_share: how much of it is taken to be reached.
    """
    from dav2.plan import format_plan, with_measured_step
    from dav2.plan import plan as estimate
    from dav2.scale import get_scale

    name = stage_name(stage, data)
    chosen = get_scale(scale, numbers_of(name, numbers))
    rates = (step_seconds, images_per_second, peak_tflops, peak_share)
    planned = estimate(run, name, chosen, devices, *rates)
    print(format_plan(planned if planned.step_seconds else with_measured_step(planned, chosen)))
