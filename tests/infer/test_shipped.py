"""What ships: `dav2 predict photo.jpg` works after the installation, and is worth looking at."""

import re

import numpy as np
from PIL import Image
from safetensors.torch import load_file

import dav2
from dav2 import cli
from dav2.data import read_image
from dav2.evaluate import evaluate_da2k, trivial_baselines
from dav2.infer import open_predictor
from dav2.manifests import read_manifest, vouch
from dav2.model import SHIPPED, WEIGHTS
from tests.helpers.project import ROOT

BENCHMARK = ROOT / "datasets" / "da2k_mini"
PHOTO = BENCHMARK / "images" / "object" / "lemur.jpg"


def test_it_is_what_its_manifest_vouches_for():
    manifest = read_manifest(SHIPPED)
    assert manifest["files"] == {WEIGHTS: vouch(SHIPPED / WEIGHTS)}
    state = load_file(SHIPPED / WEIGHTS)
    assert {str(value.dtype) for value in state.values()} == {"torch.float16"}
    assert (SHIPPED / WEIGHTS).stat().st_size < 8e6
    assert all(np.isfinite(value.float().numpy()).all() for value in state.values())


def test_a_predictor_without_a_model_is_the_shipped_one():
    photo = read_image(PHOTO)
    predictor = dav2.Predictor()
    disparity = predictor.predict(photo)
    assert disparity.shape == photo.shape[:2]
    assert predictor.shorter_px == read_manifest(SHIPPED)["preprocessing"]["shorter_px"]
    assert np.array_equal(disparity, open_predictor().predict(photo))
    assert dav2.Predictor(shorter_px=128).shorter_px == 128


def test_predict_needs_no_model(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["dav2", "predict", str(PHOTO), "--out", str(tmp_path)])
    cli.main()
    assert np.asarray(Image.open(tmp_path / "lemur_disparity.png")).std() > 10


def test_it_orders_the_pairs_that_its_card_says():
    result = evaluate_da2k(dav2.Predictor().predict, BENCHMARK, progress=False)
    rules = trivial_baselines(BENCHMARK)
    assert result["accuracy"] > max(rule["accuracy"] for rule in rules.values()) + 0.2
    card = (ROOT / "datasets" / "shipped" / "README.md").read_text()
    claimed = float(re.search(r"\| all \| (\d+\.\d) %", card)[1])
    assert abs(100 * result["accuracy"] - claimed) < 0.7  # two pairs: processors round otherwise
