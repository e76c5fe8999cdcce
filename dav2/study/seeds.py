"""One seed is a lead, several are a result: numbers of the same rows over runs with different seeds."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from dav2.disk import read_json
from dav2.errors import UserError
from dav2.runs import record_results
from dav2.tables import markdown_table

# 97.5 % quantiles of Student's t for 1, 2, ... degrees of freedom. Beyond them the last one serves:
# its interval is a little too wide.
STUDENT_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
)
Numbers = Mapping[str, float]  # row -> what was measured


def mean_and_half(values: Sequence[float]) -> tuple[float, float | None]:
    """Average, with half of the 95 % interval (Student's t); a single value has none.

    Raises:
        UserError: there is no value.
    """
    if not values:
        raise UserError("there is no value to average")
    if len(values) == 1:
        return float(values[0]), None
    quantile = STUDENT_T[min(len(values) - 1, len(STUDENT_T)) - 1]
    return fmean(values), quantile * stdev(values) / len(values) ** 0.5


def record_seed(
    run_dir: Path | str, table: str, seed: int, settings: Mapping[str, Any], numbers: Numbers
) -> None:
    """Write the numbers of one seed into the run's `results.json`, beside those of other seeds.

    Args:
        settings: all that must be equal for seeds to be compared, such as the scale and the steps.
    """
    entry = {"settings": dict(settings), "numbers": dict(numbers)}
    record_results(run_dir, table, **{f"seed_{seed}": entry})


def read_seeds(
    run_dir: Path | str, table: str, settings: Mapping[str, Any]
) -> dict[int, dict[str, float]]:
    """Read what `record_seed` wrote with equal settings into this run and those beside it: seed -> numbers.

    A seed that several runs hold is taken from this run if it is there, else from the last by name.

    Raises:
        UserError: a `results.json` is broken.
    """
    own = Path(run_dir).resolve() / "results.json"
    files = sorted(own.parents[1].glob("*/results.json"), key=lambda file: (file == own, file))
    same = json.loads(json.dumps(settings))  # as it comes back: tuples have become lists
    found = {}
    for file in files:
        for name, entry in read_json(file).get(table, {}).items():
            if entry["settings"] == same:
                found[int(name.removeprefix("seed_"))] = entry["numbers"]
    return dict(sorted(found.items()))


def format_mean(values: Sequence[float], signed: bool = False) -> str:
    """Write the mean of shares in per cent, with half of its 95 % interval if there are several."""
    if not values:
        return ""
    mean, half = mean_and_half(values)
    sign = "+" if signed else ""
    return f"{100 * mean:{sign}.1f}" + ("" if half is None else f" ± {100 * half:.1f}")


def format_seeds(seeds: Mapping[int, Numbers], base: str | None = None) -> str:
    """Write a Markdown table in per cent: every row, seed by seed, with mean and 95 % interval.

    Args:
        seeds: seed -> row -> number; a row need not be in every seed.
        base: the row from which the others' differences are taken, seed by seed.

    Raises:
        UserError: there is no seed.
    """
    if not seeds:
        raise UserError("no seed was recorded with these settings")
    rows = list(dict.fromkeys(row for numbers in seeds.values() for row in numbers))
    several = len(seeds) > 1
    head = ["row", *(f"seed {seed}" for seed in seeds)]
    head += ["mean"] * several + [f"minus {base}"] * (base is not None)
    lines = [head]
    for row in rows:
        there = [numbers for numbers in seeds.values() if row in numbers]
        cells = [row]
        cells += [f"{100 * one[row]:.1f}" if row in one else "" for one in seeds.values()]
        if several:
            cells.append(format_mean([one[row] for one in there]))
        if base is not None:
            gaps = [one[row] - one[base] for one in there if base in one and row != base]
            cells.append(format_mean(gaps, signed=True))
        lines.append(cells)
    text = markdown_table(lines)
    if several:
        return text + f"\n\nPer cent; means over up to {len(seeds)} seeds ± half a 95 % interval."
    return text + "\n\nPer cent, of one seed: how far another would lie is not known."
