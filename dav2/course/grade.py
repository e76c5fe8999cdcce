"""`dav2 course grade`: submissions graded by nbgrader, one after another, none stopping the next.

`out` becomes an ordinary nbgrader course (gradebook, source, submitted, autograded), which
nbgrader's own commands can go on with. This runs students' code with the rights of the caller; see
tutorials/for_instructors.md.
"""

import asyncio
import csv
import errno
import hashlib
import logging
import os
import re
import shutil
import sqlite3
import sys
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nbformat
from nbformat import NotebookNode
from tqdm import tqdm

from dav2.course.feedback import write_feedback
from dav2.course.notebooks import find_notebooks
from dav2.course.student import find_exercises, mark, run_settings
from dav2.disk import atomic_path, read_whole, write_json
from dav2.errors import UserError
from dav2.optional import optional
from dav2.progress import is_hidden
from dav2.runs import STATE, Work, work_in

GRADED = "graded"
NOT_THE_COURSE = ("lessons", "predictions", "sheets", "student")  # parts of a run no exercise needs
DISK_FULL = ("database or disk is full", os.strerror(errno.ENOSPC))  # as SQLite says it, and Python
FORBIDDEN = set("*?[]")  # nbgrader finds folders by glob


class Broken(Exception):
    """A submission cannot be graded; the message is the reason that its student reads."""


class Unexecuted(Broken):
    """It could not be executed, for which the machine may be to blame: the next call tries again."""


def _open_course(out: Path, timeout_s: int) -> Any:
    """nbgrader's API on the course folder `out`."""
    apps = optional("nbgrader.apps", "grading needs nbgrader", "instructor")
    from traitlets.config import Config

    # nbgrader starts `alembic` by its bare name.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    config = Config()
    config.CourseDirectory.root = str(out)
    config.CourseDirectory.course_id = "dav2"
    config.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE"}
    config.Execute.timeout = timeout_s
    config.Execute.iopub_timeout = timeout_s  # its 4 s are too few on a busy machine
    config.Execute.extra_arguments = ["--HistoryManager.hist_file=:memory:", "--log-level=CRITICAL"]
    config.OverwriteCells.add_missing_cells = True
    api = apps.NbGraderAPI(config=config)
    api.log.setLevel(logging.WARNING)
    api.log.propagate = False
    # All that it says is in what each call returns, and once more here, with a traceback.
    api.log.handlers = [logging.NullHandler()]
    logging.getLogger("tornado.application").addHandler(logging.NullHandler())
    return api


def _source(lesson: Path, settings: Mapping[str, Any]) -> NotebookNode:
    """A lesson as it is graded: marked, up to its last check, with the grader's parameters."""
    notebook = mark(nbformat.read(lesson, 4))
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = "\n".join(f"{name} = {value!r}" for name, value in settings.items())
    last = find_exercises(notebook)[-1].check
    notebook.cells = notebook.cells[: last + 1]
    return notebook


def _raise_if_stopped(told: Mapping[str, Any]) -> None:
    """Raise the Ctrl-C that nbgrader caught; what students print stands before its last line."""
    if told.get("error", "").rstrip().endswith("KeyboardInterrupt"):
        raise KeyboardInterrupt


def _known_lessons(out: Path) -> set[str]:
    """Stems of the lessons that nbgrader's data base holds.

    Raises:
        UserError: it is damaged.
    """
    file = out / "gradebook.db"
    if not file.is_file():
        return set()
    try:
        with closing(sqlite3.connect(file)) as base:
            tables = {name for (name,) in base.execute("SELECT name FROM sqlite_master")}
            rows = base.execute("SELECT name FROM assignment") if "assignment" in tables else ()
            return {name for (name,) in rows}
    except sqlite3.DatabaseError as error:
        raise UserError(
            f"{file} is damaged ({error}); put a copy of it there, or delete it: it is made anew, "
            "without what was graded by hand"
        ) from error


def _prepare(
    api: Any, begun: Work, lesson: Path, settings: Mapping[str, Any], known: set[str]
) -> str:
    """Tell nbgrader a lesson, if it does not know it yet; return the text that defines its grading.

    Raises:
        RuntimeError: nbgrader refused it.
    """
    text = nbformat.writes(_source(lesson, settings))
    name = f"source/{lesson.stem}/{lesson.name}"
    of = hashlib.sha256(text.encode()).hexdigest()
    if not (lesson.stem in known and begun.holds(name, of)):
        with atomic_path(begun.folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
        told = api.generate_assignment(lesson.stem)
        _raise_if_stopped(told)
        if not told["success"]:
            said = f"{told['error']}\n{told.get('log', '')}"
            if any(words in said for words in DISK_FULL):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(begun.folder))
            raise RuntimeError(f"nbgrader refused {lesson}:\n{said}")
        begun.record(name, of)  # not before nbgrader knows it
    return text


def _find(folder: Path, name: str) -> Path | None:
    """The one notebook of that name in a student's folder, at any depth; None: there is none."""
    found = [path for path in sorted(folder.rglob(name)) if ".ipynb_checkpoints" not in path.parts]
    if len(found) > 1:
        raise Broken("handed in twice: " + ", ".join(str(p.relative_to(folder)) for p in found))
    return found[0] if found else None


def _read(file: Path, source: NotebookNode) -> NotebookNode:
    """A submission up to its last check, its cells marked as the lesson's are.

    Raises:
        Broken: it is no notebook, or an exercise is not in it.
    """
    marks = {cell.id: cell.metadata for cell in source.cells if "nbgrader" in cell.metadata}
    try:
        notebook = nbformat.read(file, 4)
        for cell in notebook.cells:
            cell.metadata = marks.get(cell.get("id"), cell.metadata)
        roles = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
        nbformat.writes(notebook)  # as nbgrader gets it: what cannot be written is none
    except Exception as error:  # whatever was handed in
        raise Broken(f"is not a notebook ({type(error).__name__}: {error})"[:300]) from error
    there = {role.get("grade_id") for role in roles}
    for exercise in find_exercises(source):
        if (name := source.cells[exercise.cell].id) not in there:
            raise Broken(f"the cell {name!r} was deleted")
    checks = [i for i, role in enumerate(roles) if role.get("grade")]
    if checks:
        notebook.cells = notebook.cells[: checks[-1] + 1]
    return notebook


def _notes(source: NotebookNode, submitted: NotebookNode, graded: NotebookNode) -> list[str]:
    """What a person should know about a graded notebook: changed checks, errors, time-outs."""
    notes = []
    for exercise in find_exercises(source):
        check = source.cells[exercise.check]
        theirs = [
            c for c in submitted.cells if c.metadata.get("nbgrader", {}).get("grade_id") == check.id
        ]
        if not theirs:
            notes.append("the check was deleted; it was put back")
        elif theirs[0].source != check.source:
            notes.append("the check was changed; it was put back")
    for cell in graded.cells:
        if cell.metadata.get("nbgrader"):
            errors = [o for o in cell.get("outputs", []) if o.output_type == "error"]
            notes += [f"{o.ename}: {o.evalue}"[:300].removesuffix(": ") for o in errors]
    return notes


def _points(graded: NotebookNode) -> tuple[float, list[str]]:
    """Points and answers of the check cells: the number that each returned, and what it printed.

    nbgrader gives full points to a check that returns nothing; here that is 0.
    """
    points, says = 0.0, []
    for cell in graded.cells:
        if not cell.metadata.get("nbgrader", {}).get("grade"):
            continue
        says += [o.text.strip() for o in cell.outputs if o.output_type == "stream"]
        results = [o.data["text/plain"] for o in cell.outputs if o.output_type == "execute_result"]
        try:
            points += min(max(float(results[-1]), 0.0), cell.metadata.nbgrader.points)
        except (IndexError, ValueError):
            says.append("the check returned no points")
    return points, says


def _grade_one(
    api: Any, out: Path, run: Path, source: NotebookNode, student: str, lesson: Path, file: Path
) -> dict[str, Any]:
    """Grade one notebook of one student in a fresh copy of the run.

    Raises:
        Broken: it could not be read.
        Unexecuted: nbgrader came to no end with it.
    """
    if FORBIDDEN & set(student):
        raise Broken(f"the folder's name {student!r} has one of {' '.join(sorted(FORBIDDEN))}")
    submitted = _read(file, source)
    copy = out / "submitted" / student / lesson.stem / lesson.name
    with atomic_path(copy) as temporary:
        nbformat.write(submitted, temporary)
    shutil.rmtree(out / STATE / "run", ignore_errors=True)
    shutil.copytree(run, out / STATE / "run", ignore=shutil.ignore_patterns(*NOT_THE_COURSE))
    # nbclient would take Ctrl-C and SIGTERM for itself, end this kernel, and let the next one begin.
    deaf = patch.object(asyncio.SelectorEventLoop, "add_signal_handler", side_effect=RuntimeError)
    with warnings.catch_warnings(), deaf:
        warnings.simplefilter("ignore")  # of nbgrader's own use of its data base
        done = api.autograde(lesson.stem, student)
    _raise_if_stopped(done)
    result = out / "autograded" / student / lesson.stem / lesson.name
    if not done["success"] or not result.exists():
        raised = re.findall(r"^ *(?:\w+\.)*(\w+(?:Error|Exception)\b.*)", done.get("log", ""), re.M)
        raise Unexecuted(f"could not be executed: {raised[-1] if raised else done}"[:300])
    graded = nbformat.read(result, 4)
    points, says = _points(graded)
    return {
        "points": points,
        "status": GRADED,
        "says": says,
        "notes": _notes(source, submitted, graded),
    }


def grade(
    submissions: Path | str,
    out: Path | str,
    run: Path | str,
    notebooks: Path | str,
    timeout_s: int = 60,
) -> dict[str, dict[str, Any]]:
    """Grade a folder of submissions: a folder for every student, with notebooks at any depth.

    Only what stands above a lesson's last check is executed, at the scale of `run`, in a copy of
    it: a finished smoke run makes every lesson a matter of seconds. A repeated call grades only
    what is new, and what could not be executed. Writes `grades.csv`, `grades.json` and `feedback/STUDENT.html` into `out`.

    Args:
        notebooks: the solved lessons; a folder, or one lesson.
        timeout_s: seconds that one cell may take.

    Returns:
        {student: {lesson: {"points", "of", "status", "says", "notes"}}}; status is "graded", or why
        there are no points.

    Raises:
        FileNotFoundError: no students' folders, or `run` is not finished.
        ModuleNotFoundError: nbgrader is not installed.
        RuntimeError: nbgrader refused a lesson.
        UserError: another process grades into `out`.
    """
    out, run = Path(out).resolve(), Path(run).resolve()
    students = [p for p in sorted(Path(submissions).glob("*")) if p.is_dir() and p.name[0] != "."]
    if out.is_relative_to(run):
        raise UserError(f"{out} lies in {run}, which is copied for every student; choose another")
    if not students:
        raise FileNotFoundError(f"{submissions} holds no folders; there is one for each student")
    settings = {**run_settings(run), "RUN_DIR": str(out / STATE / "run")}
    with work_in(out, "grades", {}) as begun:  # nobody else grades there at the same time
        return _grade_all(students, begun, run, notebooks, settings, timeout_s)


def _grade_all(
    students: Sequence[Path],
    begun: Work,
    run: Path,
    notebooks: Path | str,
    settings: Mapping[str, Any],
    timeout_s: int,
) -> dict[str, dict[str, Any]]:
    out = begun.folder
    for folder in {
        path.parent for path in out.rglob(".dav2-tmp-*")
    }:  # nbgrader copies what lies there
        begun.sweep(folder)
    api = _open_course(out, timeout_s)
    lessons = [p for p in find_notebooks(notebooks) if find_exercises(nbformat.read(p, 4))]
    known = _known_lessons(out)
    sources = {lesson: _prepare(api, begun, lesson, settings, known) for lesson in lessons}
    grades: dict[str, dict[str, Any]] = {folder.name: {} for folder in students}
    for folder in tqdm(students, desc="students", unit="student", disable=is_hidden(True)):
        for lesson, text in sources.items():
            source = nbformat.reads(text, 4)
            of = sum(exercise.points for exercise in find_exercises(source))
            try:
                file = _find(folder, lesson.name)
                if file is None:
                    raise Broken("not handed in")
                state = hashlib.sha256(
                    file.read_bytes() + f"{text}{timeout_s}".encode()
                ).hexdigest()
                kept = out / "results" / folder.name / f"{lesson.stem}.json"
                entry = read_whole(kept, {}) or {}
                if entry.get("state") != state:
                    entry = {"state": state, "of": of}
                    try:
                        entry |= _grade_one(api, out, run, source, folder.name, lesson, file)
                    except Unexecuted:
                        raise
                    except Broken as reason:
                        entry |= {"points": 0.0, "status": str(reason), "says": [], "notes": []}
                    write_json(kept, entry)
            except Broken as reason:
                entry = {"of": of, "points": 0.0, "status": str(reason), "says": [], "notes": []}
            grades[folder.name][lesson.stem] = {k: v for k, v in entry.items() if k != "state"}
        write_feedback(out / "feedback" / f"{folder.name}.html", folder.name, grades[folder.name])
    shutil.rmtree(out / STATE / "run", ignore_errors=True)
    write_json(out / "grades.json", grades)
    _write_csv(out / "grades.csv", grades)
    return grades


def _write_csv(path: Path, grades: Mapping[str, Mapping[str, Any]]) -> None:
    lessons = list(next(iter(grades.values())))
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["student", *lessons, "total", "of"])
        for student, row in grades.items():
            points = [row[lesson]["points"] for lesson in lessons]
            of = sum(row[lesson]["of"] for lesson in lessons)
            writer.writerow([student, *points, sum(points), of])


def summarise(grades: Mapping[str, Mapping[str, Any]]) -> str:
    """A line for each student, and how many notebooks had no points for which reason."""
    lines = []
    for student, row in grades.items():
        points, of = (sum(entry[key] for entry in row.values()) for key in ("points", "of"))
        lines.append(f"{student}: {points:g} of {of}")
        lines += [
            f"    {lesson}: {note}" for lesson, entry in row.items() for note in entry["notes"]
        ]
    counts = Counter(entry["status"] for row in grades.values() for entry in row.values())
    return "\n".join([*lines, "", *(f"{count} {status}" for status, count in counts.most_common())])
