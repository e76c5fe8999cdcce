"""`dav2`: every stage as a command. Signatures are the interface; jsonargparse makes the options."""

import sys
from itertools import takewhile
from json import dumps
from pathlib import Path
from typing import Any, Literal

from jsonargparse import auto_cli

Overrides = dict[str, Any] | None
CALIBRATION = 100  # photographs at most, from which int8 learns its ranges


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise ValueError(f"--size must look like 256x192, not {text!r}") from None
    return width, height


def _relative(predictor: Any, model: str) -> Any:
    """The predictor, if its network speaks of disparity and not of metres."""
    if predictor.model.max_depth is not None:
        raise ValueError(f"{model} is a metric model, and this command needs relative disparity")
    return predictor


def render(out: Path, count: int, size: str = "256x192", seed: int = 0, workers: int = 2) -> None:
    """Render scenes with exact depth; repeat the call to go on after an interruption.

    Args:
        out: folder for the views.
        count: number of views.
        size: width x height in pixels.
        seed: every view depends on this and its own number alone.
        workers: processes; one per core is best.
    """
    from dav2.render import render_set

    print(f"rendered set: {render_set(out, count, _size(size), seed, workers)}")


def fit_teacher(run: Path, scale: str = "lab", seed: int = 0, overrides: Overrides = None) -> None:
    """Train a teacher on RUN/scenes; repeat the call to resume.

    Args:
        run: the run folder.
        scale: smoke, lab or paper.
        seed: seed of weights and order.
        overrides: numbers of the scale to replace, such as --overrides.teacher_steps 100.
    """
    _fit("teacher", run, scale, seed, overrides)


def fit_student(
    run: Path,
    data: Literal["photos", "synthetic", "both"] = "photos",
    scale: str = "lab",
    seed: int = 0,
    overrides: Overrides = None,
) -> None:
    """Train a student on RUN/labels, RUN/scenes or both; repeat the call to resume.

    Args:
        run: the run folder.
        data: pseudo-labelled photographs (the paper's student), rendered scenes, or both.
        scale: smoke, lab or paper.
        seed: seed of weights and order.
        overrides: numbers of the scale to replace, such as --overrides.student_steps 100.
    """
    _fit(f"student_{data}", run, scale, seed, overrides)


def fit_metric(
    run: Path,
    start: Path | None = None,
    scale: str = "lab",
    seed: int = 0,
    overrides: Overrides = None,
) -> None:
    """Fine-tune for depth in metres on RUN/scenes; repeat the call to resume.

    Args:
        run: the run folder.
        start: whose encoder to start from: a stage or a file of weights (default: RUN/student_photos).
        scale: smoke, lab or paper.
        seed: seed of weights and order.
        overrides: numbers of the scale to replace, such as --overrides.max_depth_m 20.
    """
    _fit("metric", run, scale, seed, overrides, start)


def _fit(
    recipe: str,
    run: Path,
    scale: str,
    seed: int,
    overrides: Overrides,
    start: Path | None = None,
) -> None:
    from dav2.scale import get_scale
    from dav2.train import fit

    print(f"network: {fit(recipe, get_scale(scale, overrides), run, seed, start=start)}")


def label(
    model: str, images: Path, out: Path, shorter_px: int | None = None, limit: int | None = None
) -> None:
    """Pseudo-label a folder of photographs; repeat the call to resume.

    Args:
        model: a finished stage of a run, such as runs/lab-0/teacher, or a file of weights (official,
            Hugging Face, own, .onnx or .xml).
        images: folder of photographs, searched recursively.
        out: folder for the label store.
        shorter_px: shorter side at which the teacher looks (default: as its run's scale says).
        limit: only the first so many photographs.
    """
    from dav2.infer import open_predictor
    from dav2.label import label_photos

    teacher = _relative(open_predictor(model, shorter_px, labelling=True), model)
    manifest = label_photos(teacher, images, out, limit)
    print(
        f"label store: {out}, {manifest['labelled']} labelled, {len(manifest['skipped'])} set aside"
    )
    for entry in manifest["skipped"]:
        print(f"  {entry['file']}: {entry['reason']}")


def evaluate_da2k(
    root: Path,
    model: str,
    json: Path | None = None,
    predictions: Path | None = None,
    shorter_px: int | None = None,
) -> None:
    """Score a network, or a rule such as "lower is nearer", on a benchmark in DA-2K's layout.

    Args:
        root: folder with annotations.json and images/.
        model: a finished stage of a run, a file of weights, or the name of a trivial rule.
        json: file for the result.
        predictions: folder in which predictions are kept (a repeated call goes on there).
        shorter_px: shorter side of the network's input (default: as its run's scale says).
    """
    from dav2.evaluate import TRIVIAL_RULES, evaluate_da2k, format_da2k
    from dav2.infer import open_predictor
    from dav2.runs import is_finished, read_manifest, write_json

    if model in TRIVIAL_RULES:
        result = evaluate_da2k(TRIVIAL_RULES[model], root, predictions)
        seed = None
    else:
        predictor = _relative(open_predictor(model, shorter_px), model)
        result = evaluate_da2k(predictor.predict, root, predictions)
        seed = read_manifest(model)["seed"] if is_finished(model) else None
    print(format_da2k({model: result}))
    if json:
        write_json(json, {**result, "model": model, "seed": seed})


def predict(
    inputs: list[Path],
    model: str,
    out: Path,
    formats: list[Literal["png", "png16", "npy", "side", "ply"]] | None = None,
    shorter_px: int | None = None,
    tiles: int = 1,
    flip: bool = False,
    focal_px: float | None = None,
    smooth: float = 0.0,
    batch_size: int = 1,
) -> None:
    """Maps of pictures, videos and folders: dav2 predict PICTURE... --model M --out DIR.

    Repeat the call to go on.

    Args:
        inputs: pictures, videos and folders (searched recursively).
        model: a finished stage of a run, a file of released or own weights, or an export.
        out: folder for the maps, and for set_aside.json.
        formats: png (colours, red is near), png16, npy, side (picture and colours), ply (points);
            default png. Videos become videos in colours (png) or with the picture beside (side).
        shorter_px: shorter side of the network's input (default: as its run's scale says, or 518).
        tiles: look again, so many times as closely, in overlapping tiles.
        flip: average with the mirrored picture's map.
        focal_px: focal length in pixels, for ply.
        smooth: of videos, 0 to 1: how much of the frame before stays where nothing moves.
        batch_size: pictures of one size that go through the network together.
    """
    from dav2.infer import open_predictor, predict_files
    from dav2.model import weights_hash

    predictor = open_predictor(model, shorter_px, flip=flip, tiles=tiles, batch_size=batch_size)
    # Not the path: a run trained anew under the same name makes other maps.
    identity = f"{weights_hash(predictor.model)} {predictor.settings}"
    set_aside = predict_files(
        predictor.predict,
        inputs,
        out,
        formats or ["png"],
        identity,
        metric=predictor.model.max_depth is not None,
        focal_px=focal_px,
        smooth=smooth,
        batch_size=batch_size,
    )
    print(f"maps: {out}, {len(set_aside)} set aside")
    for entry in set_aside:
        print(f"  {entry['reason']}")


def export(
    model: str,
    out: Path,
    format: Literal["onnx", "openvino"] = "onnx",
    precision: Literal["fp32", "bf16", "int8"] = "fp32",
    calibration: Path | None = None,
) -> None:
    """Write a network for ONNX Runtime or OpenVINO, and compare it with PyTorch.

    Args:
        model: a finished stage of a run, or a file of released or own weights.
        out: the file, .onnx or .xml; `dav2 predict --model` takes it.
        format: onnx, openvino.
        precision: of OpenVINO; onnx is fp32.
        calibration: folder of photographs from which int8 learns its ranges.
    """
    from dav2.data import find_images, read_image
    from dav2.infer import open_predictor
    from dav2.infer.export import export_onnx, export_openvino
    from dav2.infer.exported import EXPORTED_SUFFIXES

    if Path(model).suffix in EXPORTED_SUFFIXES:
        raise ValueError(f"{model} is an export already; give the network that it was made from")
    if format == "onnx" and precision != "fp32":
        raise ValueError(f"{precision} is for --format openvino; onnx is written in fp32")
    predictor = open_predictor(model)
    if format == "onnx":
        comparison = export_onnx(predictor.model, out)
    else:
        paths = find_images(calibration)[:CALIBRATION] if calibration else []
        photographs = [predictor.prepare(read_image(path)) for path in paths]
        comparison = export_openvino(predictor.model, out, precision, photographs)
    print(f"{out}: {comparison}")


def course_run(
    scale: str = "lab",
    seed: int = 0,
    run: Path | None = None,
    overrides: Overrides = None,
    notebooks: Path = Path("notebooks"),
) -> None:
    """Execute all lessons in order and build the report; repeat the call to resume.

    Args:
        scale: smoke, lab or paper.
        seed: one number for everything random.
        run: the run folder (default: runs/SCALE-SEED).
        overrides: numbers of the scale to replace.
        notebooks: folder of the lessons.
    """
    from dav2.course import run_course

    run_course(notebooks, run or Path("runs") / f"{scale}-{seed}", scale, seed, overrides or {})


def course_clean(notebooks: Path = Path("notebooks")) -> None:
    """Bring notebooks to normal form: no outputs but contracts, no stray metadata.

    Args:
        notebooks: a notebook or a folder of them.
    """
    from dav2.course import clean_notebooks

    clean_notebooks(notebooks)


def course_check(notebooks: Path = Path("notebooks")) -> None:
    """Say what in the notebooks is not in normal form; fail if anything is.

    Args:
        notebooks: a notebook or a folder of them.
    """
    from dav2.course import check_notebooks

    problems = check_notebooks(notebooks)
    print("\n".join(problems) or "all in normal form")
    if problems:
        sys.exit(1)


def doctor() -> None:
    """Say what is installed, what is missing, and what that means."""
    from dav2.doctor import report

    print(report())


COMMANDS = {
    "render": render,
    "fit": {
        "_help": "Train a teacher or a student, or fine-tune for metres.",
        "teacher": fit_teacher,
        "student": fit_student,
        "metric": fit_metric,
    },
    "label": label,
    "evaluate": {"_help": "Score a network on a benchmark.", "da2k": evaluate_da2k},
    "predict": predict,
    "export": export,
    "course": {
        "_help": "Run, clean or check the lessons.",
        "run": course_run,
        "clean": course_clean,
        "check": course_check,
    },
    "doctor": doctor,
}


def _inputs_as_options(arguments: list[str]) -> list[str]:
    """`predict A B --model M` -> `predict --inputs ["A", "B"] --model M`.

    jsonargparse takes lists as options only; people type pictures first.
    """
    if arguments[:1] != ["predict"]:
        return arguments
    inputs = list(takewhile(lambda argument: not argument.startswith("-"), arguments[1:]))
    given = ["--inputs", dumps(inputs)] if inputs else []
    return ["predict", *given, *arguments[1 + len(inputs) :]]


def main() -> None:
    """The `dav2` command. Errors that name their fix are printed without a traceback."""
    try:
        auto_cli(COMMANDS, as_positional=False, prog="dav2", args=_inputs_as_options(sys.argv[1:]))
    except (ValueError, FileNotFoundError, ModuleNotFoundError) as error:
        sys.exit(f"dav2: {error}")


if __name__ == "__main__":
    main()
