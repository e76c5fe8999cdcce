"""What people type, in every order and spelling, and what they are told when it is wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

from dav2 import __version__
from dav2.cli import app, main
from dav2.cli.options import given, numbers_of
from dav2.scale import get_scale
from tests.helpers.command import called


@pytest.fixture
def asked(monkeypatch):
    """Parse a command as `dav2` does, without running it: its function's name and arguments."""

    def parse(text, split=str.split):
        seen = {}

        def record(tokens, **_):
            command, bound, _ = app.parse_args(tokens, print_error=False, exit_on_error=False)
            seen.update(name=command.__name__, arguments=dict(bound.arguments))

        monkeypatch.setattr(type(app), "__call__", _only_the_outer(type(app).__call__, record))
        main(split(text))
        return seen["name"], seen["arguments"]

    return parse


def _only_the_outer(original, record):
    def call(self, tokens=None, **options):
        return record(tokens, **options) if self is app else original(self, tokens, **options)

    return call


def refused(text, capsys):
    with pytest.raises(SystemExit) as end:
        main(text.split())
    assert end.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "predict a.jpg b.jpg --model M --out O --formats png npy --flip",
        "predict --model M --out O --flip --formats png,npy -- a.jpg b.jpg",
        "predict a.jpg b.jpg --formats png --formats npy --out=O --model=M --flip",
        "predict --model M --out O --formats png npy --flip a.jpg b.jpg",
    ],
)
def test_options_and_pictures_in_any_order(asked, text):
    name, arguments = asked(text)
    assert name == "predict"
    assert arguments["inputs"] == [Path("a.jpg"), Path("b.jpg")]
    assert (arguments["model"], arguments["out"]) == ("M", Path("O"))
    assert arguments["formats"] == ["png", "npy"]
    assert arguments["flip"] is True


def test_a_recipe_stands_first_or_last(asked):
    for text in ("fit teacher --run R --seed 3", "fit --run R --seed 3 teacher"):
        name, arguments = asked(text)
        assert name == "fit"
        assert arguments == {"stage": "teacher", "run": Path("R"), "seed": 3}


def test_every_number_of_a_scale_is_an_option_with_its_type(asked):
    text = "--steps 100 --crop-px 28 42 --scenes.no-colour --clip-norm none --precision 64-true"
    _, arguments = asked(f"fit teacher --run R {text} --scene-sets hypersim vkitti2")
    assert arguments["numbers"] == {
        "steps": 100,
        "crop_px": (28, 42),
        "scenes.colour": False,
        "clip_norm": None,
        "precision": "64-true",
        "scene_sets": ("hypersim", "vkitti2"),
    }
    text = "--steps 9 --teacher.steps 8 --photos.trim-by region"
    assert asked(f"course run {text}")[1]["numbers"] == {
        "steps": 9,
        "teacher.steps": 8,
        "photos.trim_by": "region",
    }


def test_what_is_typed_for_a_stage_is_of_that_stage():
    typed = {"steps": 90, "photos.trim": 0.2, "views": 3}
    wanted = {"student_photos.steps": 90, "student_photos.photos.trim": 0.2, "views": 3}
    assert numbers_of("student_photos", typed) == wanted
    assert get_scale("lab", wanted).stages["student_photos"].steps == 90


def test_a_folder_is_named_or_not(asked):
    for text in ("evaluate da2k ROOT --model M", "evaluate da2k --root ROOT --model M"):
        assert asked(text)[1] == {"root": Path("ROOT"), "model": "M"}
    for text in ("evaluate compare a b --json c", "evaluate compare --json c a b"):
        assert asked(text)[1] == {"a": Path("a"), "b": Path("b"), "json": Path("c")}
    assert asked("data check hypersim DIR --sample 3")[1]["root"] == Path("DIR")


def test_a_flag_can_be_taken_back(asked):
    assert asked("annotate open --out O --annotator A --no-browser")[1]["browser"] is False


def test_how_a_model_is_opened(asked):
    text = "--version 1 --max-depth 20 --mean 0.5,0.5,0.5 --std 0.1 0.2 0.3 --input-size 70x42"
    options = given(asked(f"evaluate da2k R --model M {text} --device cpu")[1]["options"])
    assert options == {
        "version": 1,
        "max_depth": 20.0,
        "mean": [0.5, 0.5, 0.5],
        "std": [0.1, 0.2, 0.3],
        "input_size": (70, 42),
        "device": "cpu",
    }


def test_options_from_a_file_and_what_is_typed_wins(asked, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("run: R\nseed: 3\nsteps: 7\nphotos:\n  trim: 0.2\n")
    _, arguments = asked(f"fit teacher --config {file} --seed 4")
    assert (arguments["run"], arguments["seed"]) == (Path("R"), 4)
    assert arguments["numbers"] == {"steps": 7, "photos.trim": 0.2}


def test_a_wrong_name_in_a_file_is_told(tmp_path, capsys):
    (tmp_path / "mine.yaml").write_text("run: R\nwarmup-stps: 7\n")
    said = refused(f"fit teacher --config {tmp_path / 'mine.yaml'}", capsys)
    assert "warmup-stps" in said
    assert "Did you mean --warmup-steps?" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: [1", "is no YAML"),
        ("- 1", "must hold options"),
        ("quiet: true", "can only be typed: --quiet"),
        (None, "is no file"),
    ],
)
def test_a_file_that_holds_no_options_is_named(content, said, tmp_path):
    file = tmp_path / "mine.yaml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SystemExit, match=f"mine.yaml.*{said}"):
        main(["fit", "teacher", "--run", "R", "--config", str(file)])


@pytest.mark.parametrize(
    ("text", "said", "usage"),
    [
        ("predict a --out O --format png", "Did you mean --formats?", "predict --out PATH"),
        ("predict a --out O --formats gif", 'Choose from: "png", "png16"', "predict --out PATH"),
        ("fit teacher", "--run requires an argument", "fit --run PATH [OPTIONS] STAGE"),
        ("fit teecher --run R", 'Did you mean "teacher"?', "fit --run PATH"),
        ("fit teacher --run R --warmup-stps 3", "Did you mean --warmup-steps?", "fit --run"),
        ("evaluate da2k", "--root requires an argument", "evaluate da2k --model STR"),
        ("render --out x --count 2 --size 12", "must look like 320x240, not '12'", "render --out"),
        ("render --out x --count 0", 'Invalid value "0" for --count', "render --out"),
        ("evaluate da2k R --model M --mean 1,2", "must look like 0.485", "evaluate da2k"),
        ("render --out x --count 1.5", "must be a whole number, not 1.5", "render --out"),
        ("fit teacher --run R --views 1.5", "must be a whole number, not 1.5", "fit --run"),
        ("fit teacher --run R --seed -1", 'Invalid value "-1" for --seed', "fit --run"),
        ("annotate open --out o --annotator a --port 99999", "--port", "annotate open"),
        ("predict --out O --formats png a.jpg", "--formats", "predict --out"),
        ("frobnicate", 'Unknown command "frobnicate"', "dav2 COMMAND"),
        ("predct a", 'Did you mean "predict"?', "dav2 COMMAND"),
        ("fit teacher --run R --compile false", "written --NAME or --no-NAME", "fit --run PATH"),
    ],
)
def test_a_wrong_call_says_what_was_meant_and_its_own_usage(text, said, usage, capsys):
    err = refused(text, capsys)
    assert err.startswith("dav2: ")
    assert said in err
    assert f"usage: dav2 {usage}".replace("dav2 dav2", "dav2") in err
    assert "--help" in err


def test_the_version(capsys):
    main(["--version"])
    assert capsys.readouterr().out.strip() == __version__


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_and_options(shell):
    script = app.generate_completion(shell=shell)
    assert all(word in script for word in ("predict", "evaluate", "warmup-steps"))


def test_quiet_shows_no_progress(photo_folder, tmp_path):
    loud, quiet = (
        called("predict", photo_folder, "--shorter-px", 32, "--out", tmp_path / name, *more)
        for name, more in (("loud", []), ("quiet", ["--quiet"]))
    )
    assert "picture" in loud.stderr
    assert quiet.stderr == ""


def test_help_waits_for_no_network():
    program = (
        "import sys, dav2.cli; dav2.cli.main(['fit', '--help']);"
        "print([m for m in ('torch', 'numpy', 'mitsuba', 'lightning') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
