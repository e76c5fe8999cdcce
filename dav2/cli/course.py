"""`dav2 course` and `doctor`."""

import sys
from pathlib import Path
from typing import Any

Overrides = dict[str, Any] | None


def run(
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


def clean(notebooks: Path = Path("notebooks")) -> None:
    """Bring notebooks to normal form: no outputs but contracts, no stray metadata.

    Args:
        notebooks: a notebook or a folder of them.
    """
    from dav2.course import clean_notebooks

    clean_notebooks(notebooks)


def check(notebooks: Path = Path("notebooks")) -> None:
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
