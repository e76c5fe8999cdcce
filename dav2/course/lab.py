"""Where a lesson is: its scale, its run folder, the data that came with the course."""

from pathlib import Path
from typing import Any, NamedTuple

import dav2
from dav2.scale import SCALES, Scale, get_scale

# The networks of the course, in the order in which it trains them.
STAGES = tuple(name for name, one in SCALES["lab"].stages.items() if one.max_depth_m is None)


class Lab(NamedTuple):
    """What every lesson starts from."""

    scale: Scale
    seed: int
    run: Path
    datasets: Path


def project_root() -> Path:
    """Find the folder that holds `datasets/` and `notebooks/`.

    Raises:
        FileNotFoundError: dav2 is installed without its course.
    """
    for folder in (Path.cwd(), *Path.cwd().parents, Path(dav2.__file__).parents[1]):
        if (folder / "datasets" / "da2k_mini").is_dir() and (folder / "notebooks").is_dir():
            return folder
    raise FileNotFoundError(
        "the course's folders are not here: clone the repository and install it with `pip install -e .`"
    )


def start(SCALE: str, SEED: int, OVERRIDES: dict[str, Any], RUN_DIR: str) -> Lab:
    """Turn a lesson's four parameters into its lab.

    Args:
        RUN_DIR: run folder; empty means runs/SCALE-SEED in the project.

    Raises:
        ValueError: unknown scale or override.
    """
    root = project_root()
    run = Path(RUN_DIR) if RUN_DIR else root / "runs" / f"{SCALE}-{SEED}"
    return Lab(get_scale(SCALE, OVERRIDES), SEED, run, root / "datasets")
