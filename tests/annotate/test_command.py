"""`dav2 annotate` without a browser: prepare, open, agreement, export."""

import json
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dav2.annotate import Session, page
from dav2.cli import annotate
from dav2.evaluate import read_da2k
from tests.helpers.project import ROOT


def fetch(address, wish=None):
    data = None if wish is None else json.dumps(wish).encode()
    with urllib.request.urlopen(urllib.request.Request(address, data)) as answer:
        return answer.read()


def test_from_photographs_to_a_benchmark(photographs, tmp_path, capsys):
    out = tmp_path / "out"
    annotate.prepare(images=photographs, out=out, own_pairs_per_image=1)
    assert "2 pictures, 0 proposed pairs, 2 of one's own, 0 set aside" in capsys.readouterr().out

    command = ["annotate", "open", "--out", str(out), "--annotator", "anna", "--no-browser"]
    process = subprocess.Popen(
        [sys.executable, "-m", "dav2.cli", *command], stdout=subprocess.PIPE, text=True
    )
    address = process.stdout.readline().split()[-1]
    shown = json.loads(fetch(f"{address}view"))
    assert shown["image"] == "indoor/room.png"
    assert fetch(f"{address}picture")[:2] == b"\xff\xd8"  # JPEG
    wish = {"do": "answer", "nearer": 0, "pair": [[5, 9], [5, 3]]}
    fetch(f"{address}act", {**wish, "task": shown["task"], "done": 0})
    # Who does not know the secret sees and does nothing; and no other file is served.
    origin = address.rsplit("/", 2)[0]
    for path in ("/", "/view", "/act", f"{address.removeprefix(origin)}../session.py"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            fetch(origin + path)
    process.kill()
    process.communicate()
    assert len(Session(out, "anna").answers) == 1

    annotate.agreement(out=out, json=tmp_path / "agreement.json")
    annotate.export(out=out, to=tmp_path / "mine")
    assert "1 pairs on 1 images" in capsys.readouterr().out
    (room,) = read_da2k(tmp_path / "mine")
    assert (room.nearer.tolist(), room.farther.tolist()) == ([[5, 9]], [[5, 3]])
    assert json.loads((tmp_path / "agreement.json").read_text()) == []


def test_rules_propose_where_there_is_no_network_yet(tmp_path, capsys):
    # Bright above and dark below: two rules that agree, and one that does not.
    (tmp_path / "photographs").mkdir()
    pixels = np.repeat(np.linspace(255, 0, 200).astype(np.uint8)[:, None], 200, 1)
    Image.fromarray(pixels).save(tmp_path / "photographs/a.png")
    for number, (rules, pairs) in enumerate(
        [
            (["lower is nearer", "darker is nearer"], 0),
            (["lower is nearer", "centre is nearer"], 2),
        ]
    ):
        out = tmp_path / f"out{number}"
        annotate.prepare(
            images=tmp_path / "photographs", out=out, models=rules, own_pairs_per_image=1
        )
        assert f"1 pictures, {pairs} proposed pairs" in capsys.readouterr().out
        assert len(Session(out, "anna").remaining) == pairs + 1


def test_a_single_network_is_compared_with_itself(tmp_path):
    from dav2.model import build_model

    build_model("tiny").save_pretrained(tmp_path / "tiny")
    opinions = annotate._opinions([str(tmp_path / "tiny")])
    plain, mirrored, closer = opinions
    assert "518 px" in plain
    assert "mirrored" in mirrored
    assert "1036 px" in closer
    image = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    flipped = opinions[plain](np.ascontiguousarray(image[:, ::-1]))[:, ::-1]
    assert np.array_equal(opinions[mirrored](image), flipped)
    assert not np.array_equal(opinions[plain](image), flipped)


def test_a_taken_port_is_said(folder, capsys):
    server, _ = page.serve(Session(folder, "anna"))
    with pytest.raises(ValueError, match="choose another"):
        annotate.open(out=folder, annotator="ben", port=server.server_port, browser=False)
    server.server_close()


def test_what_the_browser_needs_is_installed_with_the_package():
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    patterns = setuptools["package-data"]["dav2.annotate"]
    files = [path for path in Path(page.__file__).parent.iterdir() if path.is_file()]
    others = {path for path in files if path.suffix != ".py"}
    assert {path.name for path in others} == {"page.html", "widget.js", "widget.css"}
    assert all(any(path.match(pattern) for pattern in patterns) for path in others)
