"""Student versions hold no solution, carry nbgrader's marks, and run with nothing solved."""

import io
import json
import shutil
from contextlib import redirect_stdout

import nbformat
import pytest
import torch

from dav2.course import answers
from dav2.course.notebooks import find_notebooks
from dav2.course.student import (
    find_exercises,
    find_leaks,
    make_student,
    mark,
    run_settings,
    solution_lines,
    try_student,
)
from dav2.manifests import MissingArtefact
from tests.helpers.exercises import WRONG, solve
from tests.helpers.project import ROOT

LESSONS = find_notebooks(ROOT / "notebooks")


@pytest.fixture(scope="module")
def students(tmp_path_factory):
    out = tmp_path_factory.mktemp("students")
    make_student(ROOT / "notebooks", out)
    return out


def answer(notebook):
    """Points and words of the one exercise: its cell and its check, in a namespace of their own."""
    cells = {cell.id: cell.source for cell in notebook.cells}
    names = {"torch": torch}  # imported above exercise 06
    exec(cells["exercise"], names)
    *imports, call = cells["check"].splitlines()
    exec("\n".join(imports), names)
    with redirect_stdout(io.StringIO()) as words:
        points = eval(call, names)
    return points, words.getvalue()


LESSON_OF = {path.name[:2]: path for path in LESSONS}


def test_every_lesson_has_one_exercise_and_sixteen_points_are_to_be_had():
    exercises = [find_exercises(nbformat.read(path, 4)) for path in LESSONS]
    assert [len(found) for found in exercises] == [1] * 9
    assert sum(found[0].points for found in exercises) == 16


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_solved_gives_all_points_blank_none_and_a_wrong_answer_what_it_deserves(path, students):
    (exercise,) = find_exercises(nbformat.read(path, 4))
    points, words = answer(nbformat.read(path, 4))
    assert (points, words) == (exercise.points, "Right.\n")
    points, words = answer(nbformat.read(students / path.name, 4))
    assert points == 0
    assert "write the function first" in words
    code, share = WRONG[path.stem]
    points, words = answer(solve(students / path.name, code))
    assert points == share * exercise.points
    assert words.startswith("Not yet: ")


@pytest.mark.parametrize("name", [n for n in dir(answers) if n.startswith("check_")])
@pytest.mark.parametrize(
    "result", ["word", [1, [2]], object(), {}], ids=["word", "list", "object", "dict"]
)
def test_a_check_survives_whatever_an_answer_returns(name, result):
    assert getattr(answers, name)(lambda *_: result, points=3) == 0


def test_marks_are_nbgrader_s(students):
    pytest.importorskip("nbgrader")
    from nbgrader.nbgraderformat import MetadataValidator

    for path in find_notebooks(students):
        notebook = nbformat.read(path, 4)
        MetadataValidator().validate_nb(notebook)
        nbformat.validate(notebook)
        roles = {c.id: c.metadata.nbgrader for c in notebook.cells if "nbgrader" in c.metadata}
        assert list(roles) == ["parameters", "exercise", "check"]
        assert roles["exercise"].solution
        assert not roles["exercise"].locked
        assert roles["check"].grade
        assert roles["check"].locked
        assert roles["check"].points > 0


def test_no_line_of_a_solution_is_anywhere(students):
    files = find_notebooks(students)
    assert len(files) == 9
    assert find_leaks(ROOT / "notebooks", files) == []
    for file in files:
        text = file.read_text()
        assert "BEGIN SOLUTION" not in text
        assert "# YOUR CODE HERE" in text
    # Nor do the checks, which students can read in the library.
    assert find_leaks(ROOT / "notebooks", [ROOT / "dav2" / "course" / "answers.py"]) == []


def test_every_solution_has_a_line_to_look_for():
    for path in LESSONS:
        assert solution_lines(nbformat.read(path, 4)), path.name


@pytest.mark.parametrize(
    "hide",
    [
        lambda cells: cells[0].update(source="# T\n\nHint: `(nearer>farther).mean( )`"),
        lambda cells: cells[1].metadata.update(hint="return (nearer > farther).mean()"),
        lambda cells: cells[1].update(source="x = (nearer\n     > farther).mean()"),
        lambda cells: cells[1].update(
            outputs=[nbformat.v4.new_output("stream", text="return (nearer > farther).mean()")]
        ),
        lambda cells: cells[0].update(
            attachments={"a": {"text/plain": "(nearer > farther).mean()"}}
        ),
    ],
    ids=["text", "metadata", "code", "output", "attachment"],
)
def test_a_leak_is_found_wherever_it_hides(hide, students, tmp_path):
    notebook = nbformat.read(students / "04_losses.ipynb", 4)
    hide(notebook.cells)
    (tmp_path / "04.ipynb").write_text(json.dumps(notebook))
    (leak,) = find_leaks(ROOT / "notebooks", [tmp_path / "04.ipynb"])
    assert "(nearer>farther).mean() of 08_da2k.ipynb" in leak


def test_a_leaking_lesson_writes_an_error_not_a_handout(tmp_path):
    notebook = nbformat.read(LESSON_OF["08"], 4)
    notebook.cells[0].source += "\n\nThink of `(nearer > farther).mean()`."
    nbformat.write(notebook, tmp_path / "08_da2k.ipynb")
    with pytest.raises(ValueError, match="shines through"):
        make_student(tmp_path, tmp_path / "out")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("points=1", "", "points=N"),
        ("    raise NotImplementedError", "", "no Python without its solution"),
    ],
)
def test_an_exercise_that_cannot_be_handed_out_is_named(old, new, message, tmp_path):
    notebook = nbformat.read(LESSON_OF["08"], 4)
    for cell in notebook.cells:
        cell.source = cell.source.replace(old, new)
        cell.source = cell.source.replace('"""Share of pairs that are ordered rightly; two flat arrays of disparities."""', "")  # fmt: skip
    nbformat.write(notebook, tmp_path / "08_da2k.ipynb")
    with pytest.raises(ValueError, match=message) as error:
        make_student(tmp_path, tmp_path / "out")
    assert "08_da2k.ipynb" in str(error.value)


def test_marking_changes_no_code():
    for path in LESSONS:
        source = nbformat.read(path, 4)
        assert [c.source for c in mark(source).cells] == [c.source for c in source.cells]


def test_students_run_needs_a_finished_run(tmp_path, students):
    with pytest.raises(MissingArtefact, match="dav2 course run --scale smoke"):
        try_student(students, tmp_path)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_an_unsolved_exercise_blocks_nothing(path, students, smoke_run, tmp_path, monkeypatch):
    """Every cell of a student version, one after another, in a finished run.

    In this process, as nine kernels would take minutes to import the same libraries.
    """
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.chdir(tmp_path)
    # Half a gigabyte, which only one lesson reads.
    unread = () if path.stem == "08_da2k" else ("predictions",)
    run = shutil.copytree(smoke_run, tmp_path / "run", ignore=shutil.ignore_patterns(*unread))
    names = {"__name__": "__main__"}
    with redirect_stdout(io.StringIO()) as words:
        for cell in nbformat.read(students / path.name, 4).cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, cell.id, "exec"), names)
            if cell.id == "parameters":
                names |= {**run_settings(run), "RUN_DIR": str(run)}
    assert "Not yet: write the function first." in words.getvalue()


def test_a_student_version_runs_headless(students, smoke_run, tmp_path):
    ignore = shutil.ignore_patterns("predictions")
    run = shutil.copytree(smoke_run, tmp_path / "run", ignore=ignore)
    (tmp_path / "handout").mkdir()
    shutil.copy(students / "04_losses.ipynb", tmp_path / "handout")
    seconds = try_student(tmp_path / "handout", run)
    assert list(seconds) == ["04_losses"]
    executed = [run / "student" / "04_losses.ipynb"]
    assert find_leaks(ROOT / "notebooks", executed) == []
    assert "image/png" in executed[0].read_text()
