import json
import subprocess
import sys

import nbformat
import pytest

from dav2.course import LessonFailed, answers, check_notebooks, clean_notebooks, run_course, start
from dav2.course.notebooks import CONTRACT, find_notebooks
from dav2.course.run import check_parameters, run_lesson
from dav2.disk import read_json
from tests.helpers.project import ROOT

LESSONS = find_notebooks(ROOT / "notebooks")


def test_lessons_are_in_normal_form():
    assert check_notebooks(ROOT / "notebooks") == []
    assert [path.name[:2] for path in LESSONS] == [f"{i:02d}" for i in range(9)]


def lesson(tmp_path, *sources, name="00_x.ipynb"):
    cells = [nbformat.v4.new_markdown_cell("# Title", id="title")]
    parameters = 'SCALE = "lab"\nSEED = 0\nOVERRIDES = {}\nRUN_DIR = ""'
    cells.append(
        nbformat.v4.new_code_cell(parameters, id="parameters", metadata={"tags": ["parameters"]})
    )
    cells += [nbformat.v4.new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(sources)]
    path = tmp_path / name
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    clean_notebooks(path)
    return path


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda nb: nb.cells[0].update(source="no title"), "title"),
        (lambda nb: nb.cells[1].update(source="SCALE = 1"), "parameters"),
        (lambda nb: nb.cells[2].update(id="6d1b9a3f-X"), "not a word"),
        (lambda nb: nb.cells[2].update(source="\n".join(["x = 1"] * 30)), "30 lines"),
        (lambda nb: nb.cells[2].update(source="### BEGIN SOLUTION"), "not closed"),
        (lambda nb: nb.cells[2].update(execution_count=3), "normal form"),
        (lambda nb: nb.metadata.update(widgets={}), "normal form"),
    ],
)
def test_what_is_not_in_normal_form_is_named(tmp_path, edit, message):
    path = lesson(tmp_path, "x = 1")
    assert check_notebooks(path) == []
    notebook = nbformat.read(path, 4)
    edit(notebook)
    nbformat.write(notebook, path)
    assert any(message in problem for problem in check_notebooks(path))


def test_cleaning_keeps_text_of_contracts_only(tmp_path):
    path = lesson(tmp_path, f"{CONTRACT}\nprint(1)", "print(2)")
    notebook = nbformat.read(path, 4)
    for cell in notebook.cells[2:]:
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text="1\n")]
    nbformat.write(notebook, path)
    clean_notebooks(path)
    kept = nbformat.read(path, 4).cells
    assert kept[2].outputs[0].text == "1\n"
    assert kept[3].outputs == []
    assert clean_notebooks(path) == []


def test_unknown_parameters_are_errors_not_warnings():
    with pytest.raises(ValueError, match="no parameter STEPS"):
        check_parameters(LESSONS[0], {"SCALE": "smoke", "STEPS": 3})


def test_unknown_scales_and_overrides_are_errors(tmp_path):
    with pytest.raises(ValueError, match="unknown scale"):
        run_course(ROOT / "notebooks", tmp_path, "tiny", 0, {})
    with pytest.raises(ValueError, match="has no number 'stepz'"):
        run_course(ROOT / "notebooks", tmp_path, "smoke", 0, {"stepz": 1})
    with pytest.raises(ValueError, match="unknown scale"):
        start("tiny", 0, {}, "")
    assert list(tmp_path.iterdir()) == []


def test_a_failing_lesson_says_where_and_the_next_call_goes_on(tmp_path):
    flag = tmp_path / "flag"
    path = lesson(tmp_path, f"assert __import__('pathlib').Path({str(flag)!r}).exists(), 'no flag'")
    out = tmp_path / "out" / "00_x.ipynb"
    with pytest.raises(LessonFailed, match="AssertionError: no flag") as error:
        run_lesson(path, out, {"SCALE": "smoke"})
    assert "00_x.failed.ipynb" in str(error.value)
    assert (tmp_path / "out" / "00_x.failed.ipynb").exists()
    assert not out.exists()
    flag.touch()
    run_lesson(path, out, {"SCALE": "smoke"})
    assert out.exists()
    assert not (tmp_path / "out" / "00_x.failed.ipynb").exists()
    flag.unlink()
    run_lesson(path, out, {"SCALE": "smoke"})  # done already: the assertion is not run again


def test_the_course_hands_its_artefacts_on(smoke_run):
    results = read_json(smoke_run / "results.json")
    assert list(results) == [path.stem for path in LESSONS]
    models = results["08_da2k"]["models"]
    assert {
        "teacher",
        "student_synthetic",
        "student_photos",
        "student_both",
        "student_light",
        "lower is nearer",
    } <= models.keys()
    assert all(model["pairs"] >= 300 for model in models.values())
    shown = results["00_first_depth_map"]
    assert shown["finished_accuracy"] > 0.8 > 0.65 > shown["untrained_accuracy"]
    assert results["06_pseudo_labels"]["labelled"] == 12
    assert results["01_one_picture"]["order_kept"] == 1
    assert (
        results["01_one_picture"]["error_after"] < 0.25 * results["01_one_picture"]["error_before"]
    )
    assert (
        results["02_perfect_labels"]["kinect_error_at_edges"]
        > 2 * results["02_perfect_labels"]["kinect_error_elsewhere"]
    )
    assert results["04_losses"]["gradient_growth"] > 1


def test_three_kills_left_nothing_half_written(smoke_run):
    assert not list(smoke_run.rglob(".dav2-tmp*"))
    for stage in ("scenes", "scenes_validation", "teacher", "labels", "student_photos"):
        assert (smoke_run / stage / "manifest.json").exists(), stage
    labels = read_json(smoke_run / "labels" / "manifest.json")
    assert labels["labelled"] + len(labels["skipped"]) == labels["photos"] == 12


def test_executed_lessons_hold_pictures_and_no_widget_state(smoke_run):
    for path in LESSONS:
        notebook = nbformat.read(smoke_run / "lessons" / path.name, 4)
        assert "widgets" not in notebook.metadata
        outputs = [o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs]
        assert any("image/png" in o.get("data", {}) for o in outputs), path.name
        text = json.dumps(notebook)
        assert "Not yet:" not in text, path.name
        assert text.count('"Right.\\n"') == 1, path.name


def test_the_report_stands_alone(smoke_run):
    page = (smoke_run / "report.html").read_text()
    assert page.count("data:image/jpeg;base64") == 5
    assert 'src="http' not in page
    assert "student_photos" in page
    assert "lower is nearer" in page


def test_a_second_call_repeats_nothing_and_other_settings_are_refused(smoke_run):
    before = {path: path.stat().st_mtime_ns for path in (smoke_run / "lessons").iterdir()}
    run_course(ROOT / "notebooks", smoke_run, "smoke", 0, {})
    assert {path: path.stat().st_mtime_ns for path in (smoke_run / "lessons").iterdir()} == before
    with pytest.raises(ValueError, match=r"begun otherwise \(seed was 0, now 1\)"):
        run_course(ROOT / "notebooks", smoke_run, "smoke", 1, {})


def test_contract_cells_hold(smoke_run):
    """What contract cells printed in the smoke course is what is committed."""
    for path in LESSONS:
        committed = nbformat.read(path, 4).cells
        executed = {c.id: c for c in nbformat.read(smoke_run / "lessons" / path.name, 4).cells}
        for cell in committed:
            if CONTRACT in cell.source:
                assert printed(executed[cell.id]) == printed(cell), f"{path.name}: {cell.id}"


def printed(cell):
    """What a cell printed, whatever parts it came in."""
    return "".join(o.text for o in cell.outputs if o.get("name") == "stdout")


def test_nbval_runs_a_lesson_on_a_finished_course(smoke_run, tmp_path):
    """As instructors check a lesson that they changed: executed anew, contract cells compared."""
    import papermill

    lesson = ROOT / "notebooks" / "04_losses.ipynb"
    settings = {"SCALE": "smoke", "SEED": 0, "OVERRIDES": {}, "RUN_DIR": str(smoke_run)}
    prepared = tmp_path / lesson.name
    papermill.execute_notebook(
        str(lesson), str(prepared), settings, prepare_only=True, progress_bar=False
    )
    call = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval-lax"]
    done = subprocess.run([*call, str(prepared)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout[-4000:]


def test_every_lesson_has_a_contract_or_results():
    contracts = [CONTRACT in path.read_text() for path in LESSONS]
    assert sum(contracts) >= 6
    for path in LESSONS:
        for cell in nbformat.read(path, 4).cells:
            if CONTRACT in cell.source:
                assert cell.outputs, f"{path.name}: contract cell {cell.id} has no committed output"


@pytest.mark.parametrize("name", [n for n in dir(answers) if n.startswith("check_")])
def test_checks_answer_an_empty_exercise(name, capsys):
    def unsolved(*_):
        raise NotImplementedError

    assert getattr(answers, name)(unsolved) == 0
    assert "write the function first" in capsys.readouterr().out
    assert getattr(answers, name)(lambda *_: None) == 0
    assert getattr(answers, name)(lambda *_: 1 / 0) == 0
    assert "ZeroDivisionError" in capsys.readouterr().out


def test_checks_say_what_is_wrong(capsys):
    assert not answers.check_planar_depth(lambda distance, intrinsics: distance)
    assert "towards the corners" in capsys.readouterr().out
    assert not answers.check_pair_accuracy(lambda near, far: (near >= far).mean())
    assert "a tie is wrong" in capsys.readouterr().out
    assert not answers.check_nearer(
        lambda d, a, b: "first" if d[a] < d[b] else "second" if d[b] < d[a] else "tie"
    )
    assert "larger disparity is nearer" in capsys.readouterr().out
