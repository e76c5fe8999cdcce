"""`dav2 course` and `doctor`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from dav2.cli.options import Count, Natural, ScaleName, numbers_options
from dav2.scale import SCALES

if TYPE_CHECKING:
    Numbers = dict[str, Any] | None
else:
    Numbers = Annotated[numbers_options(tuple(SCALES["lab"].stages)) | None, Parameter(name="*")]


def run(
    *,
    scale: ScaleName = "lab",
    seed: Natural = 0,
    run: Path | None = None,
    notebooks: Path = Path("notebooks"),
    numbers: Numbers = None,
) -> None:
    """Execute all lessons in order and build the report; repeat the call to resume.

    Numbers of the stage are those of all stages; --teacher.steps 100 is of one.

    Args:
        scale: where the numbers below come from.
        seed: one number for everything random.
        run: the run folder (default: runs/SCALE-SEED).
        notebooks: folder of the lessons.
    """
    from dav2.course import run_course

    run_course(notebooks, run or Path("runs") / f"{scale}-{seed}", scale, seed, numbers or {})


def clean(*, notebooks: Path = Path("notebooks")) -> None:
    """Bring notebooks to normal form: no outputs but contracts, no stray metadata.

    Args:
        notebooks: a notebook or a folder of them.
    """
    from dav2.course import clean_notebooks

    clean_notebooks(notebooks)


def check(*, notebooks: Path = Path("notebooks")) -> None:
    """Say what in the notebooks is not in normal form; fail if anything is.

    Args:
        notebooks: a notebook or a folder of them.
    """
    from dav2.course import check_notebooks

    problems = check_notebooks(notebooks)
    print("\n".join(problems) or "all in normal form")
    if problems:
        sys.exit(1)


def student(*, out: Path, notebooks: Path = Path("notebooks"), run: Path | None = None) -> None:
    """Write student versions: no solutions, nbgrader's metadata, searched for leaks.

    Args:
        out: folder for the notebooks.
        notebooks: the solved lessons; a folder, or one lesson.
        run: a finished run; execute the student versions in it, too.
    """
    from dav2.course import student as versions

    written = versions.make_student(notebooks, out)
    print(f"{len(written)} student versions in {out}; no line of a solution in any of them")
    if run is not None:
        for lesson, seconds in versions.try_student(out, run).items():
            print(f"{lesson}: {seconds:.0f} s, its exercise unsolved, nothing blocked")
        versions.assert_no_leaks(notebooks, sorted((run / "student").glob("*.ipynb")))
        print("no line of a solution in what they print either")


def grade(
    submissions: Path,
    *,
    out: Path,
    run: Path = Path("runs/smoke-0"),
    notebooks: Path = Path("notebooks"),
    timeout_s: Count = 60,
) -> None:
    """Grade a folder of submissions with nbgrader; repeat the call to resume or add.

    Executes students' code with your rights: use a container without network.

    Args:
        submissions: a folder for every student, with notebooks at any depth.
        out: gets grades.csv, grades.json, feedback/ and an nbgrader course.
        run: a finished smoke run, in copies of which the notebooks are executed.
        notebooks: the solved lessons; a folder, or one lesson.
        timeout_s: seconds that one cell may take.
    """
    from dav2.course.grade import grade, summarise

    print(summarise(grade(submissions, out, run, notebooks, timeout_s)))
    print(f"\n{out / 'grades.csv'}, {out / 'grades.json'}, {out / 'feedback'}")


def site(*, run: Path | None = None, out: Path = Path("runs/site")) -> None:
    """Build the web site: lessons as a run executed them, tutorials, cards, guide, reference.

    Args:
        run: the run whose lessons are shown (default: runs/lab-0, or else runs/smoke-0, which is
            made if it is not there).
        out: folder of the site; open html/index.html in it.
    """
    from dav2.course.site import build_site

    print(f"site: {build_site(run, out)}")


def doctor() -> None:
    """Say what is installed, what is missing, and what that means."""
    from dav2.doctor import report

    print(report())
