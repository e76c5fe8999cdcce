"""Weights that do not say what they are (V1 or V2, relative or metric) are never guessed in silence."""

import json
import warnings

import pytest
import torch
from safetensors.torch import save_file

from dav2.cli import main
from dav2.errors import UserError
from dav2.evaluate.models import open_model
from dav2.infer import open_network, open_predictor
from dav2.model import (
    CheckpointMismatch,
    build_model,
    load_checkpoint,
    open_checkpoint,
    save_checkpoint,
)
from dav2.model.claims import Claims, claims, settled
from tests.helpers.scenes import write_scenes


@pytest.fixture(scope="module")
def state():
    return build_model("vits").state_dict()


def metric_training(state):
    """As train.py of metric_depth writes latest.pth."""
    best = {"d1": 0.9, "abs_rel": 0.1, "sq_rel": 0.2, "rmse": 3.0, "silog": 0.1}
    model = {f"module.{key}": value for key, value in state.items()}
    optimizer = {"state": {}, "param_groups": [{"lr": 5e-6}]}
    return {"model": model, "optimizer": optimizer, "epoch": 3, "previous_best": best}


@pytest.fixture(scope="module")
def weights(state, tmp_path_factory):
    """Files that do not say what they are: renamed weights, and the official metric training's."""
    folder = tmp_path_factory.mktemp("weights")
    torch.save(dict(state), folder / "renamed.pth")
    torch.save(metric_training(state), folder / "latest.pth")
    return folder


def what(network):
    return network.version, network.max_depth


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("depth_anything_v2_vits.pth", Claims(2)),
        ("depth_anything_v2_vitl (1).pth", Claims(2)),
        ("Depth-Anything-V2-Small.safetensors", Claims(2)),
        ("depth_anything_v2_metric_hypersim_vits.pth", Claims(2, True, 20.0)),
        ("depth_anything_v2_metric_vkitti_vitb.pth", Claims(2, True, 80.0)),
        ("Depth-Anything-V2-Metric-Outdoor-Large.safetensors", Claims(2, True, 80.0)),
        ("depth_anything_v2_metric_mine_vitl.pth", Claims(2, True)),
        ("my-metric.pth", Claims(None, True)),
        ("geometric.pth", Claims()),
        ("depth_anything_vitl14.pth", Claims(1)),
        ("weights.pth", Claims()),
    ],
)
def test_names_say_it(name, expected, tmp_path):
    assert claims(tmp_path / name) == expected


def test_what_says_nothing_is_taken_for_v2_and_that_is_said(weights):
    with pytest.warns(UserWarning, match=r"renamed\.pth does not say .*V2's relative.*--version 1"):
        assert what(open_network(weights / "renamed.pth")) == (2, None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for version in (1, 2):
            opened = open_network(weights / "renamed.pth", version=version)
            assert what(opened) == (version, None)
        opened = open_predictor(weights / "renamed.pth", max_depth=80).model
        assert what(opened) == (2, 80.0)
        model = open_model(str(weights / "renamed.pth"), max_depth=80.0)
        assert (model.sign, model.metric) == ("depth", True)
        assert "V1" in open_model(str(weights / "renamed.pth"), version=1).description


def test_official_metric_training_files_are_refused_until_somebody_says_how_far(weights):
    said = r"latest\.pth is of a metric model.*--max-depth METRES.*20 .*Hypersim.*80 on VKITTI"
    for options in ({}, {"version": 2}):
        with pytest.raises(UserError, match=said):
            open_network(weights / "latest.pth", **options)
    assert what(open_network(weights / "latest.pth", max_depth=80)) == (2, 80.0)
    with pytest.raises(CheckpointMismatch, match=r"max_depth=METRES.*Hypersim"):
        load_checkpoint(build_model("vits"), weights / "latest.pth")
    load_checkpoint(build_model("vits", max_depth=20.0), weights / "latest.pth")


def test_a_metric_training_file_under_its_set_s_name_says_how_far(weights):
    file = (weights / "latest.pth").rename(weights / "metric_vkitti_latest.pth")
    try:
        assert what(open_checkpoint(file)) == (2, 80.0)
    finally:
        file.rename(weights / "latest.pth")


@pytest.mark.parametrize(
    ("claimed", "told", "said"),
    [
        (Claims(1), {"version": 2}, "says that it is V1: leave --version out"),
        (Claims(2, False), {"max_depth": 20}, "says that it is a relative model"),
        (Claims(2, True, 20.0), {"max_depth": 80}, "says 20 metres: leave --max-depth out"),
        (Claims(None, True), {"version": 2}, "--max-depth METRES"),
        (Claims(), {"version": 3}, "must be 1 or 2, not 3"),
        (Claims(), {"max_depth": 0}, "metres above 0, not 0"),
        (Claims(), {"max_depth": float("inf")}, "metres above 0, not inf"),
    ],
)
def test_contradictions_and_impossible_options_are_refused(claimed, told, said):
    with pytest.raises(UserError, match=said):
        settled(claimed, "weights.pth", **told)


def test_a_config_beside_the_hub_s_file_says_it_and_no_other_file_s(state, tmp_path):
    save_file(dict(state), tmp_path / "model.safetensors")
    taps = {"out_indices": [3, 6, 9, 12]}
    facts = {"model_type": "depth_anything", "backbone_config": taps}
    config = tmp_path / "config.json"
    config.write_text(json.dumps(facts))
    assert claims(tmp_path / "model.safetensors") == Claims(2, False)
    assert claims(tmp_path / "depth_anything_v2_metric_vkitti_vits.pth") == Claims(2, True, 80.0)
    with pytest.raises(UserError, match="says that it is a relative model"):
        open_network(tmp_path, max_depth=20)
    with pytest.raises(CheckpointMismatch, match="is of a relative model"):
        load_checkpoint(build_model("vits", max_depth=20.0), tmp_path / "model.safetensors")
    config.write_text(json.dumps(facts | {"depth_estimation_type": "metric"}))
    with pytest.raises(UserError, match="--max-depth METRES"):
        open_network(tmp_path)
    assert what(open_network(tmp_path, max_depth=20)) == (2, 20.0)
    config.write_text(json.dumps(facts | {"depth_estimation_type": "metric", "max_depth": "far"}))
    with pytest.raises(UserError, match="metres above 0, not 'far'"):
        open_network(tmp_path)


def test_our_files_say_what_they_are_under_any_name(tmp_path):
    save_checkpoint(build_model("vits", max_depth=12.0), tmp_path / "mine.safetensors")
    save_checkpoint(build_model("vits", version=1), tmp_path / "first.safetensors")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert what(open_network(tmp_path / "mine.safetensors")) == (2, 12.0)
        assert what(open_network(tmp_path / "first.safetensors")) == (1, None)
    with pytest.raises(CheckpointMismatch, match="of a metric model of 12 m, the network's are 20"):
        load_checkpoint(build_model("vits", max_depth=20.0), tmp_path / "mine.safetensors")
    file = (tmp_path / "first.safetensors").rename(tmp_path / "depth_anything_v2_vits.safetensors")
    with pytest.raises(UserError, match="its name says version 2, its content says version 1"):
        open_network(file)


def test_what_says_all_takes_no_other_word(tmp_path):
    build_model("tiny", max_depth=20.0).save_pretrained(tmp_path / "mine")
    for source in (tmp_path / "mine", tmp_path / "mine" / "model.safetensors"):
        assert what(open_network(source, version=2, max_depth=20)) == (2, 20.0)
        with pytest.raises(
            UserError, match="says itself what it is, and not 80: leave --max-depth"
        ):
            open_network(source, max_depth=80)
    with pytest.raises(UserError, match="and not 1: leave --version out"):
        open_predictor(version=1)


COMMANDS = {
    "predict": "predict {photos} --out {out}",
    "label": "label --images {photos} --out {out}",
    "export": "export --out {out}/network.onnx",
    "evaluate da2k": "evaluate da2k --root {photos}",
    "evaluate relative": "evaluate relative --set rendered --root {scenes}",
    "annotate prepare": "annotate prepare --images {photos} --out {out}",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_opens_weights_takes_both_options(
    command, weights, photo_folder, tmp_path, monkeypatch
):
    write_scenes(tmp_path / "scenes", 1)
    asked = []

    def opened(path, **options):
        asked.append(options)
        raise UserError("opened")

    monkeypatch.setattr("dav2.infer.opening.open_checkpoint", opened)
    paths = {"photos": photo_folder, "out": tmp_path / "out", "scenes": tmp_path / "scenes"}
    call = ["dav2", *COMMANDS[command].format(**paths).split()]
    name = "--models" if command == "annotate prepare" else "--model"
    call += [name, str(weights / "renamed.pth")]
    for options in ([], ["--version", "1", "--max-depth", "80"]):
        monkeypatch.setattr("sys.argv", [*call, *options])
        with pytest.raises(SystemExit, match="dav2: opened"):
            main()
    assert asked == [{"version": None, "max_depth": None}, {"version": 1, "max_depth": 80.0}]


def test_the_command_refuses_in_one_sentence(weights, photo_folder, tmp_path, monkeypatch):
    call = ["dav2", "predict", str(photo_folder), "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", [*call, "--model", str(weights / "latest.pth")])
    with pytest.raises(SystemExit, match=r"is of a metric model .* give --max-depth METRES"):
        main()
