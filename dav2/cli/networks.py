"""`dav2 fit`, `label` and `export`: networks, what they teach one another, and how they leave."""

from pathlib import Path
from time import perf_counter
from typing import Any, Literal

from jsonargparse.typing import PositiveFloat, PositiveInt

from dav2.cli.maps import relative
from dav2.errors import UserError

Overrides = dict[str, Any] | None
CALIBRATION = 100  # photographs at most, from which int8 learns its ranges


def fit(
    recipe: Literal["teacher", "student", "light", "metric"],
    run: Path,
    data: Literal["photos", "synthetic", "both"] | None = None,
    start: Path | None = None,
    scale: str = "lab",
    seed: int = 0,
    overrides: Overrides = None,
    dry_run: bool = False,
    devices: int = 1,
    step_seconds: float | None = None,
    images_per_second: float | None = None,
    peak_tflops: float | None = None,
    peak_share: float = 0.4,
) -> None:
    """Train a stage of a run: dav2 fit teacher|student|light|metric --run RUN. Repeat it to resume.

    A teacher learns from RUN/scenes; a student from RUN/labels, RUN/scenes or both; light is a much
    smaller student of RUN/labels; metric fine-tunes on RUN/scenes for depth in metres.

    Args:
        recipe: teacher, student, light or metric.
        run: the run folder.
        data: of a student: pseudo-labelled photos (the default, and the paper's), synthetic scenes, or
            both.
        start: of metric: whose encoder to start from, a stage or a file of weights (default:
            RUN/student_photos).
        scale: smoke, lab or paper.
        seed: seed of weights and order.
        overrides: numbers of the scale to replace, such as --overrides.teacher_steps 100.
        dry_run: print what it needs, and write nothing: data, memory, arithmetic, time. The time comes
            from one of the next options, or else from steps measured here, if they fit in here.
        devices: of the plan. (Training takes those that torchrun says.)
        step_seconds: a measured step of all devices together.
        images_per_second: measured on one device.
        peak_tflops: one device's rate as its maker states it.
        peak_share: how much of it is taken to be reached.
    """
    from dav2.scale import get_scale

    if data and recipe != "student":
        raise UserError(f"--data chooses what a student learns from; {recipe} takes no choice")
    stages = {"student": f"student_{data or 'photos'}", "light": "student_light"}
    stage = stages.get(recipe, recipe)
    chosen = get_scale(scale, overrides)
    if dry_run:
        from dav2.train import format_plan, plan, with_measured_step

        rates = (step_seconds, images_per_second, peak_tflops, peak_share)
        planned = plan(stage, chosen, run, devices, *rates)
        print(format_plan(planned if planned.step_seconds else with_measured_step(planned, chosen)))
        return
    from dav2.train import fit as train

    print(f"network: {train(stage, chosen, run, seed, start=start)}")


def label(
    model: str,
    images: Path,
    out: Path,
    collection: Literal[
        "folder",
        "bdd100k",
        "landmarks",
        "imagenet21k",
        "lsun",
        "objects365",
        "openimages",
        "places365",
        "sa1b",
    ] = "folder",
    shorter_px: PositiveInt | None = None,
    limit: PositiveInt | None = None,
    photos_per_shard: PositiveInt = 32,
    batch_size: PositiveInt = 1,
    threads: PositiveInt = 4,
    device: str | None = None,
    ray: int = 0,
    ray_cpus: PositiveInt = 1,
    ray_gpus: float = 0,
    sheets: int = 100,
    version: Literal[1, 2] | None = None,
    max_depth: PositiveFloat | None = None,
) -> None:
    """Pseudo-label photographs; repeat the call to resume.

    Args:
        model: a finished stage of a run, such as runs/lab-0/teacher, or a file of weights (official,
            Hugging Face, own, .onnx or .xml).
        images: folder of photographs, searched recursively.
        out: folder for the label store.
        collection: how they lie there: any folder, or one of the paper's sets as it comes, packed or
            unpacked (datasets/NAME/README.md).
        shorter_px: shorter side at which the teacher looks (default: as its run's scale says).
        limit: only the first so many photographs.
        photos_per_shard: a kill costs at most a shard, and each is two files: thousands for millions
            of photographs.
        batch_size: photographs of one size that go through the network together.
        threads: that decode and encode beside the network; more where a GPU waits for them.
        device: where the network computes (default: cuda if there is one, else cpu).
        ray: label with so many workers of Ray (pip install 'dav2[ray]'), on the cluster that
            RAY_ADDRESS names or else on this machine. All see the folders under the same paths.
        ray_cpus: of each worker, for the network.
        ray_gpus: of each worker, may be a fraction; with one the network computes there.
        sheets: draw the surest and least sure labels of the first shard and of every so many-th
            after it, OUT/sheet-NNNNN.png; 0: none.
        version: 1 or 2, of weights that do not say which Depth Anything they are.
        max_depth: metres, of metric weights that do not say it (20 indoors, Hypersim; 80 outdoors,
            VKITTI).
    """
    import torch

    from dav2.data.photographs import COLLECTIONS
    from dav2.infer import open_predictor
    from dav2.label import label_photos, label_shards, summarise
    from dav2.label.sheet import write_sheets

    driver = label_shards
    if ray:
        from dav2.label.ray import with_ray

        driver = with_ray(ray, ray_cpus, ray_gpus)
    photos = images if collection == "folder" else COLLECTIONS[collection](images)
    opened = open_predictor(
        model,
        shorter_px,
        labelling=True,
        batch_size=batch_size,
        version=version,
        max_depth=max_depth,
    )
    teacher = relative(opened, model)
    teacher.model.to(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    before, started = {path.name for path in out.glob("labels-*.json")}, perf_counter()
    manifest = label_photos(
        teacher,
        photos,
        out,
        limit,
        photos_per_shard=photos_per_shard,
        threads=threads,
        driver=driver,
    )
    print(f"label store: {out}, {summarise(manifest, before, perf_counter() - started)}")
    if sheets:
        written = write_sheets(out, teacher, sheets)
        print(f"sheets, surest and least sure labels: {written[0]}, {len(written)} in all")


def export(
    model: str,
    out: Path,
    format: Literal["onnx", "openvino"] = "onnx",
    precision: Literal["fp32", "bf16", "int8"] = "fp32",
    calibration: Path | None = None,
    version: Literal[1, 2] | None = None,
    max_depth: PositiveFloat | None = None,
) -> None:
    """Write a network for ONNX Runtime or OpenVINO, and compare it with PyTorch.

    Args:
        model: a finished stage of a run, or a file of released or own weights.
        out: the file, .onnx or .xml; `dav2 predict --model` takes it.
        format: onnx, openvino.
        precision: of OpenVINO; onnx is fp32.
        calibration: folder of photographs from which int8 learns its ranges.
        version: 1 or 2, of weights that do not say which Depth Anything they are.
        max_depth: metres, of metric weights that do not say it (20 indoors, Hypersim; 80 outdoors,
            VKITTI).
    """
    from dav2.data import find_images, read_image
    from dav2.infer import open_predictor
    from dav2.infer.export import export_onnx, export_openvino
    from dav2.infer.exported import EXPORTED_SUFFIXES

    if Path(model).suffix in EXPORTED_SUFFIXES:
        raise UserError(f"{model} is an export already; give the network that it was made from")
    if format == "onnx" and precision != "fp32":
        raise UserError(f"{precision} is for --format openvino; onnx is written in fp32")
    predictor = open_predictor(model, version=version, max_depth=max_depth)
    if format == "onnx":
        comparison = export_onnx(predictor.model, out)
    else:
        paths = find_images(calibration)[:CALIBRATION] if calibration else []
        photographs = [predictor.prepare(read_image(path)) for path in paths]
        comparison = export_openvino(predictor.model, out, precision, photographs)
    print(f"{out}: {comparison}")
