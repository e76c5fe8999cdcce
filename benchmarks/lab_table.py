"""The lab table: the whole course over several seeds, one seed a call.

    python benchmarks/lab_table.py --seed 0      # about an hour on two cores; repeat with 1, 2, ...
    python benchmarks/lab_table.py               # the table of all seeds so far, nothing is run

Runs live in runs/SCALE-SEED; a killed call goes on where it stopped.
"""

import argparse
from pathlib import Path

import numpy as np

from dav2.course import run_course
from dav2.runs import read_json

MODELS = ("teacher", "student_synthetic", "student_photos", "student_both")


def finished(runs: Path, scale: str) -> dict[int, dict]:
    """Seed -> results of lesson 08, of every run that has them."""
    found = {}
    for file in sorted(runs.glob(f"{scale}-*/results.json")):
        results = read_json(file)
        if "08_da2k" in results:
            found[int(file.parent.name.rsplit("-", 1)[1])] = results["08_da2k"]["models"]
    return found


def table(results: dict[int, dict]) -> str:
    """Accuracy per seed, mean and spread (standard deviation over seeds) as Markdown."""
    seeds = sorted(results)
    head = ["model", *(f"seed {seed}" for seed in seeds), "mean", "spread"]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for model in MODELS:
        values = np.array([results[seed][model]["accuracy"] for seed in seeds])
        spread = f"{values.std(ddof=1):.1%}" if len(values) > 1 else "one seed"
        cells = [model, *(f"{v:.1%}" for v in values), f"{values.mean():.1%}", spread]
        lines.append("| " + " | ".join(cells) + " |")
    gain = np.array(
        [
            results[s]["student_photos"]["accuracy"] - results[s]["student_synthetic"]["accuracy"]
            for s in seeds
        ]
    )
    spread = f"{gain.std(ddof=1):.1%}" if len(gain) > 1 else "one seed"
    cells = ["photos - synthetic", *(f"{v:+.1%}" for v in gain), f"{gain.mean():+.1%}", spread]
    lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, help="run the course with this seed first")
    parser.add_argument("--scale", default="lab")
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    arguments = parser.parse_args()
    if arguments.seed is not None:
        run = arguments.runs / f"{arguments.scale}-{arguments.seed}"
        run_course("notebooks", run, arguments.scale, arguments.seed, {})
    results = finished(arguments.runs, arguments.scale)
    print(
        table(results)
        if results
        else f"no finished run of scale {arguments.scale} in {arguments.runs}"
    )


if __name__ == "__main__":
    main()
