"""Student versions: lessons without their solutions, ready for nbgrader, proved to leak nothing."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from nbformat import NotebookNode

from dav2.course.notebooks import find_notebooks, normalise
from dav2.course.run import run_lesson
from dav2.disk import atomic_path, check_record, read_json
from dav2.errors import UserError
from dav2.manifests import MANIFEST, read_manifest, require

STUB = "# YOUR CODE HERE"
REGION = re.compile(
    r"^([ \t]*)### BEGIN SOLUTION\n(.*?)^[ \t]*### END SOLUTION[ \t]*$", re.M | re.S
)
POINTS = re.compile(r"^check_\w+\(.*\bpoints=(\d+)\)$", re.M)
TRIVIAL = 12  # characters without spaces: shorter lines, such as `terms = []`, give nothing away


class Exercise(NamedTuple):
    """Where an exercise stands in a lesson, and what it is worth."""

    cell: int
    check: int
    points: int


def find_exercises(notebook: NotebookNode) -> list[Exercise]:
    """The cells that hold a solution, each with the check behind it, whose `points=` is its worth.

    Raises:
        UserError: the next cell of code is no check, or names no points.
    """
    code = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    found = []
    for cell, check in zip(code, [*code[1:], None], strict=True):
        if not REGION.search(notebook.cells[cell].source):
            continue
        points = POINTS.search(notebook.cells[check].source) if check is not None else None
        if check is None or points is None:
            raise UserError(
                f"cell {notebook.cells[cell].id} has a solution, but the next cell ends with no "
                "check_...(function, points=N)"
            )
        found.append(Exercise(cell, check, int(points[1])))
    return found


def mark(notebook: NotebookNode) -> NotebookNode:
    """A copy in normal form, solutions included, with nbgrader's metadata (schema 3).

    The parameters are locked too, so that a submission is graded with the grader's own.
    """
    marked = normalise(notebook)

    def tell(cell: NotebookNode, **fields: Any) -> None:
        rest = {"grade": False, "locked": False, "solution": False, "task": False}
        about = {**rest, "grade_id": cell.id, "schema_version": 3, **fields}
        cell.metadata["nbgrader"] = nbformat.from_dict(about)

    for cell in marked.cells:
        if "parameters" in cell.metadata.get("tags", []):
            tell(cell, locked=True)
    for exercise in find_exercises(marked):
        tell(marked.cells[exercise.cell], solution=True)
        check = marked.cells[exercise.check]
        tell(check, grade=True, locked=True, points=exercise.points)
        check.metadata.update(deletable=False, editable=False)
    return marked


def without_solutions(notebook: NotebookNode) -> NotebookNode:
    """A marked copy in which every solution is a stub that says where to write.

    The `raise NotImplementedError` that follows each solution in a lesson stays, inside the
    function: an unsolved exercise fails when it is called, and the check answers that.

    Raises:
        UserError: an exercise would not be Python any more.
    """
    student = mark(notebook)
    for cell in student.cells:
        cell.source = REGION.sub(rf"\1{STUB}", cell.source)
        if cell.metadata.get("nbgrader", {}).get("solution"):
            try:
                ast.parse(cell.source)
            except SyntaxError as error:
                raise UserError(
                    f"cell {cell.id} is no Python without its solution ({error.msg}); "
                    "let `raise NotImplementedError` follow it"
                ) from error
    return student


def make_student(notebooks: Path | str, out: Path | str) -> list[Path]:
    """Write the student version of every lesson into the folder `out`; return the files.

    Raises:
        UserError: an exercise has no check or no points, or a solution shines through.
    """
    written = []
    for file in find_notebooks(notebooks):
        try:
            student = without_solutions(nbformat.read(file, 4))
        except ValueError as error:
            raise UserError(f"{file}: {error}") from error
        with atomic_path(Path(out) / file.name) as temporary:
            nbformat.write(student, temporary)
        written.append(Path(out) / file.name)
    assert_no_leaks(notebooks, written)
    return written


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from (key, *_strings(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
    elif isinstance(value, str):
        yield value


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


def solution_lines(notebook: NotebookNode) -> list[str]:
    """What must not be found: each line of each solution, without spaces and a leading return."""
    regions = [region for cell in notebook.cells for region in REGION.findall(cell.source)]
    lines = [line.strip() for _, body in regions for line in body.splitlines()]
    squeezed = [_squeeze(line.removeprefix("return ")) for line in lines]
    return [line for line in squeezed if len(line) >= TRIVIAL]


def find_leaks(notebooks: Path | str, files: Iterable[Path]) -> list[str]:
    """Lines of any lesson's solution in any of `files`; one sentence each.

    In a notebook every string is searched: code, text, outputs, metadata, attachments.
    """
    wanted = {
        line: source.name
        for source in find_notebooks(notebooks)
        for line in solution_lines(nbformat.read(source, 4))
    }
    found = []
    for file in files:
        strings = _strings(read_json(file)) if file.suffix == ".ipynb" else [file.read_text()]
        # The lines of a cell are strings of a list: joined, they are the cell.
        text = _squeeze("".join(strings))
        found += [f"{file}: {line} of {name}" for line, name in wanted.items() if line in text]
    return found


def assert_no_leaks(notebooks: Path | str, files: Iterable[Path]) -> None:
    """Nothing, if `find_leaks` finds nothing.

    Raises:
        UserError: it found something; the message lists it.
    """
    if leaks := find_leaks(notebooks, files):
        raise UserError("a solution shines through:\n" + "\n".join(leaks))


def run_settings(run: Path | str) -> dict[str, Any]:
    """The four parameters with which lessons go on in a finished run.

    Raises:
        MissingArtefact: the course did not come to its end there.
    """
    run = Path(run).resolve()
    command = f"dav2 course run --scale smoke --run {run}"
    begun = read_manifest(require(run, command, "course"))["asked"]
    fields = {"scale": str, "seed": int, "overrides": dict}
    check_record(begun, fields, f"what was asked in {run / MANIFEST}")
    return {
        "SCALE": begun["scale"],
        "SEED": begun["seed"],
        "OVERRIDES": begun["overrides"],
        "RUN_DIR": str(run),
    }


def try_student(students: Path | str, run: Path | str) -> dict[str, float]:
    """Execute student versions in a finished run, into `run/student`; seconds of each lesson.

    Raises:
        LessonFailed: an unsolved exercise, or anything else, stopped a lesson.
        UserError: a check took an unsolved exercise for solved.
    """
    settings = run_settings(run)
    seconds = {}
    for file in find_notebooks(students):
        out = Path(settings["RUN_DIR"]) / "student" / file.name
        seconds[file.stem] = run_lesson(file, out, settings)
        for cell in nbformat.read(out, 4).cells:
            if cell.metadata.get("nbgrader", {}).get("grade"):
                text = "".join(output.get("text", "") for output in cell.outputs)
                if "write the function first" not in text:
                    raise UserError(f"{out}: the check of an unsolved exercise says {text!r}")
    return seconds
