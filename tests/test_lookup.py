"""`module:name` wherever a name is taken."""

import sys

import numpy as np
import pytest
from PIL import Image

from dav2 import cli
from dav2.data.pack import pack
from dav2.disk import read_json
from dav2.lookup import find_named, is_own
from dav2.manifests import read_manifest
from dav2.render import render_set
from tests.helpers.scenes import write_scenes

MODULE = """
from dav2.data import LabelledSet, RenderedSet
from dav2.data.labelled import LABELLED
from dav2.data.photographs import find_folder
from dav2.losses import ssi_loss
from dav2.scenery.families import tabletop
from dav2.train import DepthModule

ours = LABELLED["rendered"]
SET = LabelledSet("mine", ours.find, ours.read_depth)
number = 3

def photographs(root):
    return find_folder(root / "inside")

def build(rng):
    return tabletop.build(rng)

class Plain(DepthModule):
    def loss(self, source, batch, step):
        return ssi_loss(self(batch.image), batch.disparity, batch.valid)
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "own_things", raising=False)
    (tmp_path / "own_things.py").write_text(MODULE)
    yield tmp_path
    sys.modules.pop("own_things", None)


def test_names_of_a_table_come_first_and_the_nearest_is_suggested():
    assert find_named("a", {"a": 1}, "letter") == 1
    with pytest.raises(ValueError, match=r"unknown letter 'street1'; did you mean street\?"):
        find_named("street1", {"street": 1}, "letter")
    assert is_own("a.b:c")
    assert not is_own("C:\\\\a") and not is_own("a") and not is_own("a:b:c")  # noqa: PT018


def test_a_labelled_set_is_checked_packed_and_scored(here, capsys):
    write_scenes(here / "scenes", 3)
    cli.main(["data", "check", "own_things:SET", "scenes"])
    assert "own_things:SET in scenes: 3 found, 3 read, 3 whole" in capsys.readouterr().out
    packed = pack("own_things:SET", "scenes", here / "pack", workers=1, progress=False)
    assert packed["samples"] == 3
    again = pack("own_things:SET", "scenes", here / "pack", workers=1, progress=False)
    assert again == packed
    sys.modules.pop("own_things")
    (here / "own_things.py").write_text(MODULE + "\n# changed")
    with pytest.raises(ValueError, match=r"begun otherwise \(code was"):
        pack("own_things:SET", "scenes", here / "pack", workers=1, progress=False)
    command = ["evaluate", "relative", "--set", "own_things:SET", "--root", "scenes"]
    cli.main([*command, "--model", "lower is nearer", "--json", "r.json"])
    assert read_json(here / "r.json")["results"]["depth_anything"]["frames"]
    with pytest.raises(SystemExit, match=r"own_things:number is no dav2\.data\.LabelledSet"):
        cli.main([*command[:3], "own_things:number", *command[4:], "--model", "lower is nearer"])
    with pytest.raises(SystemExit, match="is neither a LabelledSet nor a function"):
        cli.main(["data", "check", "own_things:number", "scenes"])


def test_a_collection_of_ones_own_is_labelled(here):
    (here / "photos" / "inside").mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((64, 48)).save(here / "photos" / "inside" / "a.png")
    command = ["label", "--images", "photos", "--out", "out", "--sheets", "0"]
    command += ["--model", "lower is nearer", "--shorter-px", "32"]
    cli.main([*command, "--collection", "own_things:photographs"])
    assert read_manifest("out")["labelled"] == 1
    with pytest.raises(SystemExit, match=r"unknown collection 'sa1c'; did you mean sa1b\?"):
        cli.main([*command, "--collection", "sa1c"])


def test_a_scene_family_of_ones_own_is_rendered_by_workers(here):
    pytest.importorskip("mitsuba")
    out = render_set("own", 1, (32, 24), workers=1, families=["own_things:build"], progress=False)
    assert read_manifest(out)["families"] == {"own_things:build": 1}
    with pytest.raises(ValueError, match="families must be some of"):
        render_set("other", 1, (32, 24), families=["own_things.build"], progress=False)


def test_a_loss_of_ones_own_is_trained_from_the_command_line(here, capsys):
    write_scenes(here / "run" / "scenes", 4)
    write_scenes(here / "run" / "scenes_validation", 2)
    command = ["fit", "teacher", "--run", "run", "--scale", "smoke", "--steps", "2"]
    cli.main([*command, "--module", "own_things:Plain"])
    assert read_manifest("run/teacher")["asked"]["module"].startswith("own_things:Plain ")
    with pytest.raises(SystemExit, match=r"is no subclass of dav2\.train\.DepthModule"):
        cli.main([*command, "--module", "own_things:build"])
