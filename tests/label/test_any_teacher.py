"""`dav2 label --model ANY`: other people's models, metric networks and functions teach, too."""

import sys

import numpy as np
import pytest
import torch
from PIL import Image

from dav2 import cli
from dav2.data import LabelSet
from dav2.errors import UserError
from dav2.infer import FunctionNetwork, Inverted, Predictor
from dav2.manifests import read_manifest
from dav2.model import build_model, network_hash, save_checkpoint

MODULE = """
def near(image):
    return image.mean(-1) + 1
def metres(image):
    return 1 + image.mean(-1)
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    (tmp_path / "mine.py").write_text(MODULE)
    (tmp_path / "pictures").mkdir()
    ramp = np.linspace(0, 255, 64)[None, :, None] + np.zeros((48, 64, 3))
    Image.fromarray(ramp.astype(np.uint8)).save(tmp_path / "pictures" / "ramp.png")
    return tmp_path


def labelled(model, *options):
    cli.main(
        [
            "label",
            "--model",
            model,
            "--images",
            "pictures",
            "--out",
            "out",
            "--sheets",
            "0",
            *options,
        ]
    )
    return LabelSet("out")[0]


def test_a_function_teaches_at_the_size_that_is_asked_for(here, capsys):
    sample = labelled("mine:near", "--sign", "disparity", "--shorter-px", "24")
    assert sample.image.shape == (3, 24, 32)
    # Mirrored and averaged, brightness is brightness: a ramp from left to right.
    row = sample.disparity[0, 12]
    assert torch.all(row.diff() >= 0)
    assert row[-1] - row[0] > 0.9
    assert "mine:near: Python function, disparity, as declared" in capsys.readouterr().out


def test_relative_depth_gives_the_order_and_says_so(here, capsys):
    sample = labelled("mine:metres", "--sign", "depth", "--shorter-px", "24")
    assert torch.all(sample.disparity[0, 12].diff() <= 0)  # larger was farther
    assert "its depth is relative" in capsys.readouterr().out


def test_a_metric_network_teaches_disparity(here):
    torch.manual_seed(0)
    network = build_model("vits", max_depth=20.0)
    save_checkpoint(network, "metric.safetensors")
    sample = labelled("metric.safetensors", "--shorter-px", "28")
    image = np.array(Image.open("pictures/ramp.png"))
    teacher = Predictor(Inverted(network), 28, flip=True)
    (disparity,) = teacher.predict_at_network_size(image)[1][0]
    span = disparity.max() - disparity.min()
    torch.testing.assert_close(
        sample.disparity[0], (disparity - disparity.min()) / span, atol=1e-4, rtol=0
    )
    with torch.no_grad():
        assert torch.equal(Inverted(network)(sample.image[None]), 1 / network(sample.image[None]))


def test_sizes_are_typed_width_first_as_in_evaluate(here, monkeypatch):
    seen = {}

    def look(model, **options):
        seen.update(options)
        raise UserError("seen")

    monkeypatch.setattr("dav2.evaluate.models.open_model", look)
    with pytest.raises(SystemExit, match="seen"):
        labelled("mine:near", "--sign", "disparity", "--input-size", "70x42")
    assert seen["input_size"] == (42, 70)


def test_options_of_another_kind_are_refused(here):
    with pytest.raises(SystemExit, match="mine:near takes no --ensemble"):
        labelled("mine:near", "--sign", "disparity", "--ensemble", "3")
    with pytest.raises(SystemExit, match="declare --sign disparity"):
        labelled("mine:near")


def test_another_function_is_another_teacher(here):
    labelled("mine:near", "--sign", "disparity", "--shorter-px", "24")
    before = read_manifest("out")["asked"]["teacher"]
    with pytest.raises(SystemExit, match=r"begun otherwise \(teacher was"):
        labelled("mine:metres", "--sign", "depth", "--shorter-px", "24")
    assert before != network_hash(FunctionNetwork(np.mean, "another"))
