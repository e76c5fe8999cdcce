"""The Hugging Face Hub's own mixin, without the network."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from dav2.errors import UserError
from dav2.infer import open_network
from dav2.model import CheckpointMismatch, DepthAnything, build_model, load_checkpoint


@pytest.fixture
def saved(tmp_path):
    model = build_model("tiny", max_depth=20.0, position_offset=0.0).eval()
    model.save_pretrained(tmp_path / "mine")
    return model, tmp_path / "mine"


def test_a_saved_network_comes_back_as_it_was(saved):
    model, folder = saved
    image = torch.rand(1, 3, 48, 64)
    for again in (DepthAnything.from_pretrained(folder), open_network(folder)):
        assert torch.equal(model(image), again(image))
        assert (again.max_depth, again.position_offset) == (20.0, 0.0)
        assert not again.training


def test_pretrained_encoders_come_from_the_file_alone(tmp_path, monkeypatch):
    build_model("lite0", pretrained=True).save_pretrained(tmp_path / "mine")

    def no_package(name):
        raise AssertionError(f"asked for {name}")

    monkeypatch.setattr("dav2.model.encoder.imagenet_weights", no_package)
    DepthAnything.from_pretrained(tmp_path / "mine")


def test_half_a_file_is_an_error(saved):
    _, folder = saved
    state = load_file(folder / "model.safetensors")
    state.pop("encoder.body.norm.weight")
    save_file(state, folder / "model.safetensors")
    with pytest.raises(UserError, match=r"is damaged.*encoder\.body\.norm\.weight"):
        DepthAnything.from_pretrained(folder)


def test_its_config_says_metric_and_version(saved):
    _, folder = saved
    facts = json.loads((folder / "config.json").read_text())
    assert (facts["version"], facts["max_depth"]) == (2, 20.0)
    with pytest.raises(CheckpointMismatch, match="metric model"):
        load_checkpoint(build_model("tiny"), folder / "model.safetensors")


def test_pushing_sends_exactly_the_saved_files(saved, monkeypatch):
    """`push_to_hub` up to the border of the network."""
    from huggingface_hub import HfApi

    model, _ = saved
    sent = {}

    def create_repo(self, repo_id, **_):
        return type("Repo", (), {"repo_id": repo_id})()

    def upload_folder(self, *, repo_id, folder_path, **_):
        sent[repo_id] = {path.name for path in folder_path.iterdir()}

    monkeypatch.setattr(HfApi, "create_repo", create_repo)
    monkeypatch.setattr(HfApi, "upload_folder", upload_folder)
    model.push_to_hub("someone/small")
    assert sent == {"someone/small": {"config.json", "model.safetensors", "README.md"}}
