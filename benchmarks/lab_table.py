"""The lab table: the whole course over several seeds, one seed a call.

    python benchmarks/lab_table.py --seed 0      # about an hour on two cores; repeat with 1, 2, ...
    python benchmarks/lab_table.py               # the table of all seeds so far, nothing is run

Runs live in runs/SCALE-SEED; a killed call goes on where it stopped.
"""

import argparse
from pathlib import Path

from dav2.course import STAGES, run_course
from dav2.disk import read_json
from dav2.study import format_seeds


def finished(runs: Path, scale: str) -> dict[int, dict[str, float]]:
    """Seed -> model -> accuracy, of every run that has come to lesson 08."""
    found = {}
    for file in runs.glob(f"{scale}-*/results.json"):
        results = read_json(file)
        if "08_da2k" in results:
            models = results["08_da2k"]["models"]
            seed = int(file.parent.name.rsplit("-", 1)[1])
            found[seed] = {model: models[model]["accuracy"] for model in STAGES}
    return dict(sorted(found.items()))


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
        format_seeds(results, base="student_synthetic")
        if results
        else f"no finished run of scale {arguments.scale} in {arguments.runs}"
    )


if __name__ == "__main__":
    main()
