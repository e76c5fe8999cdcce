"""What each ingredient of the paper is worth: its Tables 5 and 6, B.7 and more, in small.

    python benchmarks/ablations.py --out runs/ablations                       # hours; resumes
    python benchmarks/ablations.py --out runs/ablations --rows data gradient  # these first
    python benchmarks/ablations.py --out runs/ablations --table               # nothing is run

One thing is changed at a time; everything else stays: the same views, steps, seeds, and, for students,
the same pseudo-labels, made once a seed by that seed's own teacher. Everything is smaller than in the
lab (views of 192x144, crops of 98x126, lite0's 96x128): rows compare with each other, not with the
course's table.
What is counted, in per cent:

    pairs   pairs of da2k_mini that are ordered rightly; more is better
    error   |aligned disparity - true| / range of the true one, on perfect rendered views that were not
            trained on, at their full size, mean over pixels and views; less is better
    edges   the same within 2 px of an edge, where a neighbour is a tenth nearer or farther: detail

Means with 95 % intervals over seeds (Student's t); views and photographs are the same for all seeds.
Differences are paired, seed by seed; those whose interval leaves out 0 are bold. There are many, so one
in twenty is bold by chance.
"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dav2.alignment import align
from dav2.data import RenderedSet, find_images
from dav2.data.photos import photo_from_file
from dav2.disk import read_json, write_json
from dav2.evaluate import evaluate_da2k
from dav2.infer import open_predictor
from dav2.label import label_photos
from dav2.manifests import read_manifest
from dav2.render import render_set
from dav2.runs import work_in
from dav2.scale import SCALES, Scale, get_scale
from dav2.study import choose_views, fit_row, format_mean, mean_and_half
from dav2.tables import markdown_table
from dav2.train.inputs import Measured

DATASETS = Path(__file__).parents[1] / "datasets"
SIZE_PX = (192, 144)
SHORTER_PX = 160  # such crops show pictures as if their shorter side were 96 to 160 px
NUMBERS = ("pairs", "error", "edges")


class Run(NamedTuple):
    """One network to train, with what differs from the base; students name who labels for them."""

    stage: str
    overrides: dict[str, Any] | None = None
    teacher: str | None = None
    photos: float = 1.0  # share of the photographs that is labelled
    views: float = 1.0  # share of the rendered views that is learned from
    label_px: int = SHORTER_PX
    longer: int = 1  # times as many steps


class Ingredient(NamedTuple):
    """Settings -> runs, the first of which is the base; and what the paper says of the same."""

    settings: dict[str, str]
    paper: str


def student(**options: Any) -> Run:
    return Run(**({"stage": "student_photos", "teacher": "teacher"} | options))


LIGHT = SCALES["lab"].stages["student_light"]
IMAGENET = {"preset": "lite0", "head_lr": LIGHT.head_lr, "encoder_lr": LIGHT.encoder_lr}

RUNS: dict[str, Run] = {
    "teacher": Run("teacher"),
    "student": student(),
    "both": student(stage="student_both"),
    "gradient_0": Run("teacher", {"scenes.gradient_weight": 0.0}),
    "gradient_2": Run("teacher", {"scenes.gradient_weight": 2.0}),
    "slow_encoder": Run("teacher", {"encoder_lr": 1e-5}),
    "frozen_encoder": Run("teacher", {"encoder_lr": 0.0}),
    "imagenet_teacher": Run("teacher", IMAGENET),
    "half_views": Run("teacher", views=0.5),
    "quarter_views": Run("teacher", views=0.25),
    "imagenet_student": student(overrides=IMAGENET),
    "kinect": Run("teacher", {"scenes.sensor": "kinect"}),
    "stereo": Run("teacher", {"scenes.sensor": "stereo"}),
    "trim_0": student(overrides={"photos.trim": 0.0}),
    "features_1": student(overrides={"photos.feature_weight": 1.0}),
    "half_photos": student(photos=0.5),
    "quarter_photos": student(photos=0.25),
    "long_teacher": Run("teacher", longer=4),
    "of_long_teacher": student(teacher="long_teacher"),
    "labels_96": student(label_px=96),
    "labels_256": student(label_px=256),
    "no_colour": student(overrides={"photos.colour": False}),
    "cutmix": student(overrides={"photos.cutmix": 0.5}),
    "student_gradient_0": student(overrides={"photos.gradient_weight": 0.0}),
}

# In order of importance. What a student on scenes only would be, the teacher is: same steps, same size.
INGREDIENTS: dict[str, Ingredient] = {
    "data": Ingredient(
        {"pseudo-labels only": "student", "scenes only": "teacher", "both": "both"},
        "Table 5, ViT-S, DA-2K: pseudo 95.3, scenes 89.8, both 94.1",
    ),
    "gradient": Ingredient(
        {"weight 0.5": "teacher", "weight 2": "gradient_2", "weight 0": "gradient_0"},
        "B.7: 0.5 to 4 tried, 2 chosen",
    ),
    "teacher's encoder, each at rates of its own": Ingredient(
        {"DINOv2 ViT-S": "teacher", "ImageNet lite0": "imagenet_teacher"},
        "Table 13, KITTI AbsRel: DINOv2-L .081, BEiT-L .149",
    ),
    "student's encoder, each at rates of its own": Ingredient(
        {"DINOv2 ViT-S": "student", "ImageNet lite0": "imagenet_student"},
        "7.1: each from its own DINOv2",
    ),
    "encoder's rate": Ingredient(
        {"1/10 of the head's": "teacher", "1/30": "slow_encoder", "0": "frozen_encoder"},
        "7.1: 1/10, nothing compared",
    ),
    "views": Ingredient(
        {"all": "teacher", "1/2": "half_views", "1/4": "quarter_views"},
        "nothing compared",
    ),
    "sensor": Ingredient(
        {"perfect": "teacher", "stereo": "stereo", "kinect": "kinect"},
        "Table 6, photographs of DIML, DA-2K: a sensor's labels 80.2, pseudo-labels 89.7",
    ),
    "trim": Ingredient({"10 %": "student", "0": "trim_0"}, "5.2: 10 %, nothing compared"),
    "features": Ingredient(
        {"off": "student", "weight 1": "features_1"},
        "V1 Table 9, ViT-L, KITTI AbsRel: off .081, on .076",
    ),
    "photographs": Ingredient(
        {"all": "student", "1/2": "half_photos", "1/4": "quarter_photos"},
        "Tables 10 and 11, ViT-S, KITTI AbsRel: eight sets .085, SA-1B alone .090",
    ),
    "teacher": Ingredient(
        {"as many steps": "student", "4 times as many": "of_long_teacher"},
        "5.1: the largest teacher",
    ),
    "teacher itself": Ingredient(
        {"as many steps": "teacher", "4 times as many": "long_teacher"}, "Table 5: ViT-G 97.4"
    ),
    "label size": Ingredient(
        {"160 px": "student", "96 px": "labels_96", "256 px": "labels_256"},
        "518 px, nothing compared",
    ),
    "augmentation": Ingredient(
        {"colour": "student", "none": "no_colour", "colour and CutMix": "cutmix"},
        "V1 Table 9, ViT-L, KITTI AbsRel: none .085, both .081; not needed for ViT-S (V2 issue 207)",
    ),
    "student's gradient": Ingredient(
        {"weight 0.5": "student", "weight 0": "student_gradient_0"}, "B.7: nothing on real labels"
    ),
}


def needed(rows: Sequence[str]) -> list[str]:
    """The runs of some ingredients, teachers before their students."""
    names: dict[str, None] = {}
    for row in rows:
        for name in INGREDIENTS[row].settings.values():
            if RUNS[name].teacher:
                names[RUNS[name].teacher] = None
            names[name] = None
    return list(names)


def near_edges(disparity: Tensor, ratio: float = 1.1) -> Tensor:
    """Bool [1, 1, H, W]: within 2 px of where a neighbour's depth differs by more than a tenth."""
    edge = torch.zeros_like(disparity, dtype=torch.bool)
    for axis in (-1, -2):
        length = disparity.shape[axis] - 1
        one, other = disparity.narrow(axis, 0, length), disparity.narrow(axis, 1, length)
        jump = torch.maximum(one, other) > ratio * torch.minimum(one, other)
        edge.narrow(axis, 0, length).logical_or_(jump)
        edge.narrow(axis, 1, length).logical_or_(jump)
    # Both sides of the jump are marked, so one more pixel makes two.
    return F.max_pool2d(edge.float(), 3, 1, 1) > 0


def score(stage: Path, views: RenderedSet) -> dict[str, Any]:
    """`NUMBERS` of a trained stage, as shares."""
    predictor = open_predictor(stage)
    errors, edges = [], []
    for frame, sample in zip(views.frames, views, strict=True):
        pixels, _ = views.read(frame)
        pred = torch.from_numpy(predictor.predict(pixels))[None, None]
        target, valid = sample.disparity[None], sample.valid[None]
        known = target[valid]
        error = (align(pred, target, valid) - target).abs() / (known.max() - known.min())
        errors.append(float(error[valid].mean()))
        if (at := valid & near_edges(target)).any():
            edges.append(float(error[at].mean()))
    result = evaluate_da2k(predictor.predict, DATASETS / "da2k_mini", progress=False)
    return {
        "pairs": result["accuracy"],
        "error": float(np.mean(errors)),
        "edges": float(np.mean(edges)),
        "scenes": result["scenes"],
    }


def scale_of(run: Run, steps: int) -> Scale:
    numbers = {"steps": steps * run.longer}
    sizes = {"crop_px": (96, 128), "shorter_px": SHORTER_PX, "label_shorter_px": SHORTER_PX}
    often = {"validate_every_steps": steps * run.longer}
    return get_scale("lab", numbers | sizes | often | (run.overrides or {}))


def random_share(names: Sequence[Any], share: float, seed: int) -> list[Any]:
    """Take a random share of a sequence, in its order; a smaller share is part of a larger one."""
    order = np.random.default_rng(seed).permutation(len(names))[: round(share * len(names))]
    return [names[index] for index in sorted(order)]


def scenes(out: Path, run: Run, seed: int) -> Path:
    """Choose the rendered views that a network learns from: all of them, or a share by links."""
    if run.views == 1:
        return out / "scenes"
    names = random_share(read_manifest(out / "scenes")["names"], run.views, seed)
    return choose_views(out / "scenes", names, out / f"seed_{seed}" / f"scenes_{run.views}")


def labels(out: Path, run: Run, seed: int) -> Path:
    """The pseudo-labels that a student learns from, made once and shared."""
    folder = out / f"seed_{seed}" / f"labels_{run.teacher}_{run.label_px}_{run.photos}"
    chosen = random_share(find_images(DATASETS / "photos"), run.photos, seed)
    photos = [photo_from_file(file.name, file.read_bytes, file) for file in chosen]
    stage = out / f"seed_{seed}" / run.teacher / "teacher"
    label_photos(open_predictor(stage, run.label_px, labelling=True), photos, folder)
    return folder


def measure(out: Path, name: str, steps: int, seed: int) -> None:
    """Train and count one run, unless that was done."""
    run, folder = RUNS[name], out / f"seed_{seed}" / name
    if (folder / "result.json").exists():
        return
    inputs = {"scenes": scenes(out, run, seed), "scenes_validation": out / "validation"}
    if run.teacher:
        inputs["labels"] = labels(out, run, seed)
    scale = scale_of(run, steps)
    stage = fit_row(run.stage, scale, folder, seed, **inputs)
    result = {"run": name, "seed": seed} | score(stage, RenderedSet(out / "validation"))
    learned = scale.stages[run.stage].scenes
    if learned is not None and learned.sensor:
        views = Measured(RenderedSet(out / "scenes"), learned.sensor, seed)
        known = [float(views[index].valid.float().mean()) for index in range(len(views))]
        result |= {"known": float(np.mean(known)), "blind": float(np.mean(np.equal(known, 0)))}
    write_json(folder / "result.json", result)


def cell(values: Sequence[float], difference: bool = False) -> str:
    text = format_mean(values, difference)
    if not difference or len(values) < 2:
        return text
    mean, half = mean_and_half(values)
    return f"**{text}**" if abs(mean) > half else text


def table(out: Path, rows: Sequence[str] = tuple(INGREDIENTS)) -> str:
    """All results so far as Markdown, each setting beside its base, seed by seed."""
    found: dict[str, dict[int, dict]] = {name: {} for name in RUNS}
    for file in sorted(out.glob("seed_*/*/result.json")):
        result = read_json(file)
        found[result["run"]][result["seed"]] = result
    head = ["ingredient", "setting", "seeds"]
    head += [text for number in NUMBERS for text in (number, "- base")] + ["in the paper"]
    lines = [head]
    for row in rows:
        settings, paper = INGREDIENTS[row]
        base = found[next(iter(settings.values()))]
        for place, (setting, name) in enumerate(settings.items()):
            results = found[name]
            if not results:
                continue
            if "known" in (first := next(iter(results.values()))):
                setting += (
                    f" ({first['known']:.0%} of pixels known, {first['blind']:.0%} of views blind)"
                )
            cells = ["" if place else row, setting, str(len(results))]
            pairs = [(results[seed], base[seed]) for seed in results if seed in base]
            for number in NUMBERS:
                gaps = [one[number] - other[number] for one, other in pairs] if place else []
                cells += [cell([r[number] for r in results.values()]), cell(gaps, True)]
            cells.append("" if place else paper)
            lines.append(cells)
    return markdown_table(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rows", nargs="+", choices=INGREDIENTS, default=list(INGREDIENTS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=400, help="of every network")
    parser.add_argument("--views", type=int, default=288, help="to train on; 48 more to validate")
    parser.add_argument("--workers", type=int, default=2, help="that render")
    parser.add_argument("--table", action="store_true", help="print what is there")
    arguments = parser.parse_args()
    out, names = arguments.out, needed(arguments.rows)
    if not arguments.table:
        recipes = {name: asdict(scale_of(run, arguments.steps)) for name, run in RUNS.items()}
        with work_in(out, "ablations", {"views": arguments.views, "recipes": recipes}) as held:
            render_set(out / "scenes", arguments.views, SIZE_PX, 0, arguments.workers)
            render_set(out / "validation", 48, SIZE_PX, 1_000, arguments.workers)
            runs = [(seed, name) for seed in arguments.seeds for name in names]
            for number, (seed, name) in enumerate(runs, 1):
                print(f"run {number} of {len(runs)}: seed {seed}, {name}", flush=True)
                measure(out, name, arguments.steps, seed)
                held.record(f"seed_{seed}/{name}/result.json")
    print(table(out, arguments.rows))


if __name__ == "__main__":
    main()
