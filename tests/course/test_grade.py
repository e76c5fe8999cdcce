"""Submissions get the points they deserve, and a broken one costs nobody else anything."""

import csv
import shutil
import signal
import subprocess
import sys
import time
from functools import partial

import nbformat
import pytest

from dav2.cli import main
from dav2.course.grade import grade, summarise
from dav2.course.student import make_student
from dav2.disk import HOST, read_json
from dav2.errors import UserError
from dav2.manifests import MissingArtefact, write_manifest
from tests.helpers.exercises import WRONG, solve
from tests.helpers.project import ROOT

pytest.importorskip("nbgrader")

CHECK = '''def check_double(function, points):
    """A check as in dav2.course.answers, with nothing to import."""
    try:
        right = [function(x) == 2 * x for x in (1, -3)]
    except Exception as error:
        print("Not yet:", error)
        return 0
    print("Right." if all(right) else "Not yet: look at negative numbers.")
    return points * sum(right) / 2'''
EXERCISE = """def double(x):
    ### BEGIN SOLUTION
    return x + x
    ### END SOLUTION
    raise NotImplementedError"""
PARAMETERS = 'SCALE = "lab"\nSEED = 0\nOVERRIDES = {}\nRUN_DIR = ""'


@pytest.fixture
def course(tmp_path):
    """One small lesson that needs no library, its student version, and a run to grade it in."""
    code = nbformat.v4.new_code_cell
    cells = [
        nbformat.v4.new_markdown_cell("# Double", id="title"),
        code(PARAMETERS, id="parameters", metadata={"tags": ["parameters"]}),
        code(CHECK, id="helper"),
        code(EXERCISE, id="exercise"),
        code("check_double(double, points=2)", id="check"),
        code("open(RUN_DIR + '/trained', 'w').close()  # below the check: never graded", id="end"),
    ]
    (tmp_path / "notebooks").mkdir()
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells), tmp_path / "notebooks" / "00_double.ipynb"
    )
    make_student(tmp_path / "notebooks", tmp_path / "handout")
    run = tmp_path / "run"
    write_manifest(run, "course", {"scale": "smoke", "seed": 0, "overrides": {}})
    return tmp_path


def hand_in(course, student, code=None, edit=None, name="00_double.ipynb"):
    notebook = solve(course / "handout" / name, code or "# YOUR CODE HERE")
    if edit:
        edit({cell.id: cell for cell in notebook.cells}, notebook)
    folder = course / "submissions" / student
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / name)


def grade_all(course, **more):
    parts = (course / name for name in ("submissions", "grades", "run", "notebooks"))
    return grade(*parts, **more)


def exercise(source):
    return lambda cells, _: cells["exercise"].update(source=source)


def delete(*names):
    def edit(cells, notebook):
        notebook.cells = [cell for cell in notebook.cells if cell.id not in names]

    return edit


def test_points_reasons_and_pages(course):
    """All kinds of submissions at once; none stops the others."""
    hand_in(course, "right", "return 2 * x")
    hand_in(course, "blank")
    hand_in(course, "half", "return abs(x) * 2")
    hand_in(course, "syntax", "return ((")
    hand_in(course, "loop", edit=exercise("while True: pass"))
    hand_in(course, "dead", edit=exercise("import os; os._exit(1)"))
    hand_in(course, "forged", edit=lambda cells, _: cells["check"].update(source="2"))
    hand_in(course, "unchecked", "return 2 * x", delete("check"))
    hand_in(course, "emptied", edit=delete("check", "exercise"))
    hand_in(course, "unmarked", "return 2 * x", lambda cells, _: [c.update(metadata={}) for c in cells.values()])  # fmt: skip
    hand_in(course, "richer", "return 2 * x", lambda cells, _: cells["check"].metadata.nbgrader.update(points=99))  # fmt: skip
    hand_in(course, "silent", edit=exercise("from IPython.core.interactiveshell import InteractiveShell\nInteractiveShell.ast_node_interactivity = 'none'"))  # fmt: skip
    hand_in(course, "Jörg Müller (7) <b>/deep/00_double", "return 2 * x")
    hand_in(course, "twice/a", "return 2 * x")
    hand_in(course, "twice/b", "return 2 * x")
    hand_in(course, "st*r", "return 2 * x")
    (course / "submissions" / "nothing").mkdir()
    (course / "submissions" / "garbage").mkdir()
    (course / "submissions" / "garbage" / "00_double.ipynb").write_text("{")
    grades = grade_all(course, timeout_s=5)
    points = {student: row["00_double"]["points"] for student, row in grades.items()}
    full = ("right", "unchecked", "unmarked", "richer", "Jörg Müller (7) <b>")
    assert points == {s: 2 if s in full else 1 if s == "half" else 0 for s in grades}
    entries = {student: row["00_double"] for student, row in grades.items()}
    assert {e["of"] for e in entries.values()} == {2}
    reasons = {
        "nothing": "not handed in",
        "garbage": "not a notebook",
        "emptied": "'exercise' was deleted",
        "twice": "handed in twice: a/00_double.ipynb, b/00_double.ipynb",
        "dead": "could not be executed: DeadKernelError",
        "st*r": "the folder's name",
    }
    for student, entry in entries.items():
        assert reasons.get(student, "graded") in entry["status"], student
    notes = {student: " ".join(entry["notes"]) for student, entry in entries.items()}
    assert "the check was changed" in notes["forged"]
    assert "the check was deleted" in notes["unchecked"]
    assert "SyntaxError" in notes["syntax"]
    assert "CellTimeoutError" in notes["loop"]
    assert entries["silent"]["says"][-1] == "the check returned no points"
    assert entries["half"]["says"] == ["Not yet: look at negative numbers."]
    assert not (course / "run" / "trained").exists()

    rows = list(csv.DictReader((course / "grades" / "grades.csv").open(encoding="utf-8")))
    assert {row["student"]: float(row["total"]) for row in rows} == points
    assert read_json(course / "grades" / "grades.json") == grades
    page = (course / "grades" / "feedback" / "half.html").read_text()
    assert "half: 1 of 2 points" in page
    assert "look at negative numbers" in page
    page = (course / "grades" / "feedback" / "Jörg Müller (7) <b>.html").read_text()
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert "1 not handed in" in summarise(grades)

    # nbgrader's own gradebook has the same points for what it graded itself.
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'grades' / 'gradebook.db'}", "dav2") as book:
        scores = {s.student_id: s.score for s in book.assignment_submissions("00_double")}
    assert {s: scores[s] for s in ("right", "blank", "half", "forged")} == {
        s: points[s] for s in ("right", "blank", "half", "forged")
    }


def test_a_second_call_grades_what_is_new_only(course, monkeypatch, capsys):
    hand_in(course, "first", "return 2 * x")
    grade_all(course)
    kept = course / "grades" / "results" / "first" / "00_double.json"
    before = kept.stat().st_mtime_ns
    hand_in(course, "second")
    command = "dav2 course grade SUBMISSIONS --out GRADES --run RUN --notebooks NOTEBOOKS"
    places = {
        "SUBMISSIONS": "submissions",
        "GRADES": "grades",
        "RUN": "run",
        "NOTEBOOKS": "notebooks",
    }
    words = [str(course / places[w]) if w in places else w for w in command.split()]
    monkeypatch.setattr(sys, "argv", words)
    main()
    assert "first: 2 of 2\nsecond: 0 of 2" in capsys.readouterr().out
    assert kept.stat().st_mtime_ns == before
    hand_in(course, "first")  # handed in again, worse
    assert grade_all(course)["first"]["00_double"]["points"] == 0


def test_what_the_machine_could_not_execute_is_tried_again(course, monkeypatch):
    """A full disk is not the student's mistake: no 0 is kept for it."""
    from nbgrader.apps import NbGraderAPI

    hand_in(course, "first", "return 2 * x")
    log = "OSError: [Errno 28] No space left on device"
    with monkeypatch.context() as full:
        full.setattr(NbGraderAPI, "autograde", lambda *_: {"success": False, "log": log})
        entry = grade_all(course)["first"]["00_double"]
    assert (entry["points"], "No space left" in entry["status"]) == (0, True)
    assert grade_all(course)["first"]["00_double"]["points"] == 2


CAUGHT = {
    "success": False,
    "error": "Traceback ...\nKeyboardInterrupt\n",
    "log": "[ERROR] Canceled",
}


@pytest.mark.parametrize("name", ["generate_assignment", "autograde"])
def test_ctrl_c_ends_grading_although_nbgrader_catches_it(course, monkeypatch, name):
    from nbgrader.apps import NbGraderAPI

    hand_in(course, "first", "return 2 * x")
    with monkeypatch.context() as stopped:
        stopped.setattr(NbGraderAPI, name, lambda *_: CAUGHT)
        with pytest.raises(KeyboardInterrupt):
            grade_all(course)
    assert grade_all(course)["first"]["00_double"]["points"] == 2


def test_killed_while_nbgrader_is_told_a_lesson_the_next_call_tells_it_again(course, monkeypatch):
    from nbgrader.apps import NbGraderAPI

    def killed(*_):
        raise SystemError

    hand_in(course, "first", "return 2 * x")
    with monkeypatch.context() as begun:
        begun.setattr(NbGraderAPI, "generate_assignment", killed)
        with pytest.raises(SystemError):
            grade_all(course)
    assert grade_all(course)["first"]["00_double"]["points"] == 2


def test_a_full_disk_is_called_so_although_nbgrader_speaks_of_its_data_base(course, monkeypatch):
    from nbgrader.apps import NbGraderAPI

    full = {"success": False, "error": "(sqlite3.OperationalError) database or disk is full"}
    monkeypatch.setattr(NbGraderAPI, "generate_assignment", lambda *_: full)
    hand_in(course, "first", "return 2 * x")
    with pytest.raises(OSError, match="No space left on device"):
        grade_all(course)


def test_damaged_results_and_what_a_killed_call_left_do_no_harm(course):
    hand_in(course, "first", "return 2 * x")
    grade_all(course)
    kept = course / "grades" / "results" / "first" / "00_double.json"
    whole = kept.read_bytes()
    kept.write_bytes(whole[:20])
    left = f".dav2-tmp-{HOST}-4194303-0123456789ab.ipynb"  # as a kill can leave it
    (course / "grades" / "submitted" / "first" / "00_double" / left).write_text("half")
    grade_all(course)
    assert kept.read_bytes() == whole
    assert not list((course / "grades").rglob(".dav2-tmp-*"))


def test_a_damaged_data_base_is_named_and_one_that_was_deleted_is_made_anew(course):
    hand_in(course, "first", "return 2 * x")
    grade_all(course)
    base = course / "grades" / "gradebook.db"
    base.write_bytes(base.read_bytes()[:5000])
    with pytest.raises(UserError, match=r"gradebook\.db is damaged .* or delete it"):
        grade_all(course)
    for content in (None, b""):
        base.unlink() if content is None else base.write_bytes(content)
        hand_in(course, "first", f"return 2 * x  # {content}")
        assert grade_all(course)["first"]["00_double"]["points"] == 2


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_grading_while_a_notebook_runs(course, sign):
    started = course / "started"
    hand_in(course, "slow", edit=exercise(f"open({str(started)!r}, 'w').close()\nwhile True: pass"))
    names = ("submissions", "grades", "run", "notebooks")
    places = [str(course / name) for name in names]
    command = [sys.executable, "-m", "dav2.cli", "course", "grade", places[0], "--out", places[1]]
    process = subprocess.Popen(
        [*command, "--run", places[2], "--notebooks", places[3]],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    while not started.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(sign)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == (130 if sign == signal.SIGINT else -sign)
    assert "Traceback" not in said


def test_a_student_cannot_spoil_the_run(course):
    hand_in(course, "vandal", edit=exercise("import shutil\nshutil.rmtree(RUN_DIR)"))
    hand_in(course, "wary", "return 2 * x if __import__('os').path.exists(RUN_DIR + '/manifest.json') else 0")  # fmt: skip
    assert grade_all(course)["wary"]["00_double"]["points"] == 2
    assert (course / "run" / "manifest.json").exists()


def test_what_is_missing_is_named(course):
    with pytest.raises(FileNotFoundError, match="one for each student"):
        grade_all(course)
    hand_in(course, "right", "return 2 * x")
    (course / "run" / "manifest.json").unlink()
    with pytest.raises(MissingArtefact, match="dav2 course run --scale smoke"):
        grade_all(course)


def test_a_real_lesson(smoke_run, tmp_path):
    """Lesson 04: solved, blank, and with invalid pixels in the median."""
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    shutil.copy(ROOT / "notebooks" / "04_losses.ipynb", notebooks)
    make_student(notebooks, tmp_path / "handout")
    code, share = WRONG["04_losses"]
    hand_in(tmp_path, "blank", name="04_losses.ipynb")
    hand_in(tmp_path, "wrong", code, name="04_losses.ipynb")
    solved = tmp_path / "submissions" / "solved"
    solved.mkdir()
    shutil.copy(notebooks / "04_losses.ipynb", solved)
    grades = grade(tmp_path / "submissions", tmp_path / "grades", smoke_run, notebooks)
    points = {student: row["04_losses"]["points"] for student, row in grades.items()}
    assert points == {"solved": 4, "blank": 0, "wrong": 4 * share}
