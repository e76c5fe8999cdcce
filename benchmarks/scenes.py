"""What each scene family, each style and the number of views teach: the paper's Table 9 in small.

    python benchmarks/scenes.py --out runs/scenes_benchmark             # an hour on two cores; resumes
    python benchmarks/scenes.py --out runs/scenes_benchmark --seed 1    # adds another seed
    python benchmarks/scenes.py --out runs/scenes_benchmark --table     # what is there, nothing is run

The same small network learns for the same number of steps from different views, and counts pairs on
da2k_mini. `only X`: views of one family, as the paper's Table 9 trains on single data sets.
`families / N`: N views of all families in equal shares, without styles. `with X`: a third of the
middle one's views are replaced by the same number in a style. Everything is smaller than in the lab (views of
192x144, crops of 96x128): rows compare with each other, not with the course's table.
"""

import argparse
import shutil
from pathlib import Path

import numpy as np

from dav2.disk import read_json, write_json
from dav2.evaluate import evaluate_da2k, format_da2k
from dav2.infer import open_predictor
from dav2.manifests import is_finished, read_manifest, write_manifest
from dav2.render import FAMILIES, STYLES, render_set
from dav2.scale import get_scale
from dav2.study import fit_row
from dav2.tables import markdown_table

ROOT = Path(__file__).parents[1]
SIZE_PX = (192, 144)
SHORTER_PX = 160  # crops of 96x128 show pictures as if their shorter side were 96 to 160 px
PLAIN, WET = "none", "underwater"
OUTDOORS = ("street", "nature", "monument", "portrait", "aerial")  # where the weather is
Views = list[tuple[str, int]]  # (rendered set, how many of its views)


def added_styles() -> list[str]:
    """All styles but the plain one and the look of the family `underwater`."""
    return [name for name in STYLES if name not in (PLAIN, WET)]


def rows(views: int) -> dict[str, Views]:
    """Row -> the views that it learns from; `views` of each family and each style are rendered."""

    def families(count: int) -> Views:
        return [(f"family_{name}", count) for name in FAMILIES]

    share = views // 4  # of each family, in the mixtures with styles
    kept, styles = families(share * 2 // 3), added_styles()
    rest = (share - share * 2 // 3) * len(FAMILIES)
    return {
        **{f"only {name}": [(f"family_{name}", views)] for name in FAMILIES},
        **{
            f"families / {count * len(FAMILIES)}": families(count)
            for count in (views // 16, share, views)
        },
        **{f"with {name}": [*kept, (f"style_{name}", min(rest, views))] for name in styles},
        "with all styles": [*kept, *((f"style_{name}", rest // len(styles)) for name in styles)],
    }


def render(out: Path, views: int, workers: int) -> None:
    """The sets from which all rows are mixed, and one small set for validation."""
    for name in FAMILIES:
        style = WET if name == WET else PLAIN
        render_set(
            out / f"family_{name}", views, SIZE_PX, 0, workers, families=[name], styles=[style]
        )
    for number, name in enumerate(added_styles(), 1):
        families = [f for f in FAMILIES if f != WET] if STYLES[name].indoors else OUTDOORS
        folder = out / f"style_{name}"
        render_set(folder, views, SIZE_PX, number, workers, families=families, styles=[name])
    render_set(out / "validation", 16, SIZE_PX, 1_000, workers)


def mix(sets: Path, views: Views, out: Path) -> None:
    """A rendered set of views from several sets, by hard links."""
    if is_finished(out):
        return
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    names = []
    for folder, count in views:
        known = read_manifest(sets / folder)["names"]
        for name in known[:count]:
            names.append(f"{folder}_{name}")
            for suffix in (".jpg", ".png", ".json"):
                (out / f"{names[-1]}{suffix}").hardlink_to(sets / folder / f"{name}{suffix}")
    write_manifest(out, "rendered", names=names, size_px=list(SIZE_PX))


def measure(out: Path, row: str, views: Views, steps: int, seed: int) -> None:
    """Train and count one row, unless that was done."""
    run = out / f"seed_{seed}" / row.replace(" ", "_").replace("/", "of")
    if (run / "result.json").exists():
        return
    mix(out / "sets", views, run / "scenes")
    scale = get_scale(
        "lab",
        {
            "teacher.preset": "lite0",
            "teacher.batch": 16,
            "head_lr": 1e-3,
            "encoder_lr": 2e-4,
            "warmup_steps": 50,
            "precision": "32-true",
            "crop_px": (96, 128),
            "teacher.steps": steps,
            "validate_every_steps": steps,
            "shorter_px": SHORTER_PX,
        },
    )
    held_out = out / "sets" / "validation"
    predictor = open_predictor(fit_row("teacher", scale, run, seed, scenes_validation=held_out))
    result = evaluate_da2k(predictor.predict, ROOT / "datasets" / "da2k_mini", progress=False)
    write_json(run / "result.json", {"row": row, "views": sum(n for _, n in views), **result})


def table(out: Path) -> str:
    """All results: the first seed in full, and the mean and spread over seeds."""
    found: dict[str, list[dict]] = {}
    for file in sorted(out.glob("seed_*/*/result.json")):
        result = read_json(file)
        found.setdefault(result["row"], []).append(result)
    means = {row: np.array([r["accuracy"] for r in results]) for row, results in found.items()}
    order = sorted(found, key=lambda row: (row.split()[0], -means[row].mean()))
    text = format_da2k({f"{row} ({found[row][0]['views']})": found[row][0] for row in order})
    if max(len(values) for values in means.values()) > 1:
        lines = [["row", "seeds", "mean", "spread"]]
        for row in order:
            values = means[row]
            lines.append([row, f"{len(values)}", f"{values.mean():.1%}", f"{np.ptp(values):.1%}"])
        text += f"\n\n{markdown_table(lines)}"
    return text


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--views", type=int, default=96, help="of each family and each style")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0, help="of the training")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", nargs="*", help="rows whose names begin so")
    parser.add_argument("--table", action="store_true", help="print what is there")
    arguments = parser.parse_args()
    out = arguments.out
    if not arguments.table:
        render(out / "sets", arguments.views, arguments.workers)
        for row, views in rows(arguments.views).items():
            if not arguments.only or any(row.startswith(name) for name in arguments.only):
                measure(out, row, views, arguments.steps, arguments.seed)
    print(table(out))


if __name__ == "__main__":
    main()
