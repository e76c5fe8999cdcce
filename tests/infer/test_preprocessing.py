"""A network carries how it looks at pictures, into every form in which it is kept."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from dav2.infer import open_network, open_predictor
from dav2.infer.export import export_onnx, export_openvino
from dav2.infer.predictor import Predictor
from dav2.manifests import vouch, write_manifest
from dav2.model import OFFICIAL, WEIGHTS, Preprocessing, build_model, save_checkpoint
from dav2.scale import SCALES
from dav2.train import DepthModule

LOOK = Preprocessing(48, 64, antialias=True, mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4))
FORMS = ("stage", "stage/model.safetensors", "hub", "network.onnx", "network.xml")


@pytest.fixture(scope="module")
def forms(tmp_path_factory):
    """One network as a finished stage, a folder of the Hub, ONNX and OpenVINO."""
    folder = tmp_path_factory.mktemp("forms")
    model = build_model("tiny", preprocessing=LOOK).eval()
    stage = folder / "stage"
    save_checkpoint(model, stage / WEIGHTS)
    facts = {"preset": "tiny", "max_depth": None, "preprocessing": vars(LOOK)}
    write_manifest(stage, "network", {}, {WEIGHTS: vouch(stage / WEIGHTS)}, **facts)
    model.save_pretrained(folder / "hub")
    export_onnx(model, folder / "network.onnx")
    export_openvino(model, folder / "network.xml")
    return folder


@pytest.mark.parametrize("labelling", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_looks_at_pictures_alike(forms, form, labelling):
    image = np.random.default_rng(0).integers(0, 256, (90, 70, 3), dtype=np.uint8)
    first = open_predictor(forms / "stage", labelling=labelling)
    assert first.shorter_px == (64 if labelling else 48)
    opened = open_predictor(forms / form, labelling=labelling)
    assert opened.settings == first.settings
    assert opened.model.preprocessing == LOOK
    expected = first.predict(image)
    np.testing.assert_allclose(
        opened.predict(image), expected, atol=2e-4 * np.ptp(expected), rtol=1e-4
    )


def test_a_file_of_ours_says_alone_how_it_looks(tmp_path):
    """The weights that are saved alone, and a training's checkpoint beside nothing."""
    model = build_model("vits", max_depth=20.0, preprocessing=LOOK)
    save_checkpoint(model, tmp_path / "saved.safetensors")
    module = DepthModule(model, SCALES["smoke"].stages["teacher"])
    checkpoint = {"state_dict": module.state_dict()}
    module.on_save_checkpoint(checkpoint)
    torch.save(checkpoint, tmp_path / "last.ckpt")
    for name in ("saved.safetensors", "last.ckpt"):
        opened = open_predictor(tmp_path / name)
        assert (opened.shorter_px, opened.model.preprocessing) == (48, LOOK), name
        assert opened.model.max_depth == 20.0


def test_weights_alone_look_as_released_ones_do(tmp_path):
    torch.save(build_model("vits").state_dict(), tmp_path / "depth_anything_v2_vits.pth")
    opened = open_predictor(tmp_path / "depth_anything_v2_vits.pth", 70)
    assert opened.model.preprocessing == OFFICIAL == Preprocessing(518, None, antialias=False)
    assert opened.settings == Predictor(build_model("vits"), 70).settings


def test_mean_and_std_are_those_that_the_network_carries():
    """A picture in other units, whose mean and std say so, gives the same map."""
    network = build_model("tiny", preprocessing=LOOK)
    other = build_model("tiny", preprocessing=replace(LOOK, mean=(0, 0, 0), std=(1, 1, 1)))
    other.load_state_dict(network.state_dict())
    image = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    mean, std = (torch.tensor(one).view(3, 1, 1) for one in (LOOK.mean, LOOK.std))
    torch.testing.assert_close(other((image - mean) / std), network(image), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"shorter_px": 0},
        {"shorter_px": True},
        {"shorter_px": 51.8},
        {"label_shorter_px": -1},
        {"std": (1, 0, 1)},
        {"mean": (0.5, 0.5)},
        {"mean": (0.5, float("nan"), 0.5)},
    ],
)
def test_impossible_preprocessing_is_refused(wrong):
    with pytest.raises(ValueError, match=r"must be|are three"):
        Preprocessing(**wrong)


def test_a_stage_that_does_not_say_how_it_looks_is_named(forms, tmp_path):
    manifest = json.loads((forms / "stage" / "manifest.json").read_text())
    (tmp_path / WEIGHTS).write_bytes((forms / "stage" / WEIGHTS).read_bytes())
    for wrong, message in (({}, None), ({"shorter": 3}, "none of ours"), (None, "must be dict")):
        changed = manifest | {"preprocessing": wrong}
        (tmp_path / "manifest.json").write_text(json.dumps(changed))
        if message is None:
            assert open_network(tmp_path).preprocessing == OFFICIAL
            continue
        with pytest.raises(ValueError, match=message):
            open_network(tmp_path)
