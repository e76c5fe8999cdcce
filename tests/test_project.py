"""The project as a whole: one list of dependencies, one name for a thing, commands that answer."""

import ast
import json
import re
import subprocess
import sys
import tomllib

import pytest
import yaml

from dav2.cli import app, main
from dav2.disk import atomic_path, write_json
from dav2.manifests import MissingArtefact, read_manifest, require, write_manifest
from tests.helpers.command import called
from tests.helpers.project import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def names(requirements):
    return {re.split(r"[\[><=;\s]", requirement)[0].lower() for requirement in requirements}


def closure(extra):
    found = set()
    for requirement in PROJECT["optional-dependencies"][extra]:
        inner = re.match(r"dav2\[(.*)\]", requirement)
        if inner:
            found |= set().union(*(closure(name) for name in inner.group(1).split(",")))
        else:
            found |= names([requirement])
    return found


def test_the_course_installs_all_that_its_lessons_import():
    found = set()
    for lesson in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(lesson.read_text())["cells"]
        for cell in (one for one in cells if one["cell_type"] == "code"):
            for node in ast.walk(ast.parse("".join(cell["source"]))):
                if isinstance(node, ast.Import):
                    found |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    found.add(node.module.split(".")[0])
    foreign = {name.lower() for name in found - sys.stdlib_module_names - {"dav2"}}
    assert {"torch", "transformers"} <= foreign
    with_others = {"ipython"}  # of ipykernel
    assert foreign <= closure("course") | names(PROJECT["dependencies"]) | with_others


def test_environment_is_pyproject():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert pip == ["-e .[course]"]
    python = next(
        entry for entry in environment["dependencies"] if str(entry).startswith("python=")
    )
    assert python == "python=3.11"
    assert PROJECT["requires-python"] == ">=3.11"
    card = {
        "jupyterlab",
        "torch",
        "lightning",
        "timm",
        "ipywidgets",
        "plotly",
        "papermill",
        "nbval",
    }
    assert card <= closure("all") | names(PROJECT["dependencies"])


def test_constraints_pin_every_direct_dependency():
    pinned = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
    }
    assert closure("all") | names(PROJECT["dependencies"]) <= pinned


def test_style():
    for command in (["check", "."], ["format", "--check", "."]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


def commands(group=app, words=()):
    """All commands that there are, read from the command line itself."""
    yield " ".join(words)
    for name in group:
        if not name.startswith("-"):
            yield from commands(group[name], (*words, name))


@pytest.mark.parametrize("command", commands())
def test_every_command_explains_itself(command, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["dav2", *command.split(), "--help"])
    main()
    assert f"Usage: dav2 {command}".strip() in capsys.readouterr().out


def test_errors_are_one_line_that_names_the_fix(tmp_path):
    done = called("fit", "teacher", "--run", str(tmp_path), "--scale", "smoke")
    assert done.returncode == 1
    assert "dav2 render --out" in done.stderr
    assert "Traceback" not in done.stderr
    done = called("evaluate", "da2k", "--root", str(tmp_path), "--model", "lower is nearer")
    assert "annotations.json is not there" in done.stderr


def test_doctor_says_what_is_there():
    done = called("doctor")
    assert done.returncode == 0
    for subject in ("Python", "torch", "renderer", "GPU", "browser", "disk"):
        assert subject in done.stdout


def test_evaluate_writes_json(benchmark, tmp_path):
    import json

    done = called(
        "evaluate",
        "da2k",
        "--root",
        str(benchmark),
        "--model",
        "lower is nearer",
        "--json",
        str(tmp_path / "r.json"),
    )
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "r.json").read_text())
    assert result["accuracy"] == 0.75
    assert {"interval", "pairs", "scenes", "model", "seed"} <= result.keys()


def test_nothing_half_written_is_left_or_taken_for_finished(tmp_path):
    target = tmp_path / "a" / "file.json"

    def breaks():
        with atomic_path(target) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        breaks()
    assert list(target.parent.iterdir()) == []
    write_json(target, [1])
    with pytest.raises(MissingArtefact, match="make it so"):
        require(target.parent, "make it so")
    write_manifest(target.parent, "thing")
    assert read_manifest(require(target.parent, ""))["kind"] == "thing"


def rooms_imported(file):
    """The rooms of dav2/ that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "dav2":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.removeprefix("dav2.").split(".")[0] * node.module.startswith("dav2.")
        elif isinstance(node, ast.Import):
            yield from (a.name.split(".")[1] for a in node.names if a.name.startswith("dav2."))


def test_a_room_imports_only_those_before_it_in_the_readme():
    house = re.search(r"^`dav2/`, each room.*?on top\.", (ROOT / "README.md").read_text(), re.M)
    rooms = " ".join(re.findall(r"`([\w ]+)`", house[0])).split()
    there = {path.relative_to(ROOT / "dav2").parts[0] for path in ROOT.glob("dav2/**/*.py")}
    assert {name.removesuffix(".py") for name in there} - {"__init__"} == set(rooms)
    up = [
        f"{file.relative_to(ROOT)} imports {other}"
        for place, room in enumerate(rooms)
        for file in (*ROOT.glob(f"dav2/{room}.py"), *ROOT.glob(f"dav2/{room}/**/*.py"))
        for other in rooms_imported(file)
        if other in rooms[place + 1 :]
    ]
    assert up == []


def modules_imported(file):
    """What a file imports, anywhere in it and in the programs that it holds."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r"^\s*(?:from|import) (tests\.\S+)", node.value, re.M)


def test_what_tests_share_lies_in_helpers():
    elsewhere = re.compile(r"tests\.(?!helpers\.)|(conftest|test_\w+)(\.|$)")
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in (*ROOT.glob("tests/**/*.py"), *ROOT.glob("benchmarks/**/*.py"))
        for name in modules_imported(file)
        if elsewhere.match(name)
    ]
    assert wrong == []


def test_importing_the_package_is_light():
    program = "import sys, dav2, dav2.cli; print([m for m in ('torch', 'mitsuba', 'lightning') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
