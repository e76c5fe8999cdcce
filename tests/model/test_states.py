"""Weights as trainers and the Hub leave them, and what only looks like weights."""

import json
from argparse import Namespace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from dav2.model import build_model, load_checkpoint
from dav2.model.states import INDEX, read_state, weights_in


@pytest.fixture(scope="module")
def state():
    return build_model("tiny").state_dict()


def under(prefix, state):
    return {prefix + key: value for key, value in state.items()}


KEPT = {
    "compiled": lambda state: under("_orig_mod.", state),
    "DDP and compiled": lambda state: under("module._orig_mod.", state),
    "Lightning and compiled": lambda state: {"state_dict": under("network._orig_mod.", state)},
    "SWA": lambda state: under("module.", state) | {"n_averaged": torch.tensor(3)},
    "trainer": lambda state: {"model_state_dict": state, "epoch": 3},
    "average": lambda state: {"ema": state},
    "average of parameters": lambda state: {"params_ema": state},
    "NumPy beside": lambda state: {"model": state, "best": np.float64(0.9)},
    "arguments beside": lambda state: {"model": state, "args": Namespace(lr=0.1)},
}


@pytest.mark.parametrize("kind", KEPT)
def test_every_trainer_s_file_is_read(kind, state, tmp_path):
    torch.save(KEPT[kind](state), tmp_path / "weights.pth")
    loaded = load_checkpoint(build_model("tiny"), tmp_path / "weights.pth").state_dict()
    assert all(torch.equal(loaded[key], state[key]) for key in state)


def test_which_of_two_was_taken_is_said(state, tmp_path):
    averaged = {key: value + 1 for key, value in state.items()}
    torch.save({"state_dict_ema": averaged, "state_dict": state}, tmp_path / "two.pth")
    with pytest.warns(UserWarning, match="state_dict and state_dict_ema: state_dict was taken"):
        taken = read_state(tmp_path / "two.pth")
    assert all(torch.equal(taken[key], state[key]) for key in state)


def test_folders_of_the_hub_hold_weights_in_three_ways(state, tmp_path):
    with pytest.raises(FileNotFoundError, match="no checkpoint at"):
        weights_in(tmp_path)
    torch.save(state, tmp_path / "pytorch_model.bin")
    assert read_state(weights_in(tmp_path)).keys() == state.keys()
    names, parts = list(state), {}
    for number in range(2):
        file = f"model-{number}.safetensors"
        save_file({name: state[name] for name in names[number::2]}, tmp_path / file)
        parts |= dict.fromkeys(names[number::2], file)
    (tmp_path / INDEX).write_text(json.dumps({"weight_map": parts}))
    whole = read_state(weights_in(tmp_path))
    assert all(torch.equal(whole[key], state[key]) for key in state)
    for wrong in ("../elsewhere.safetensors", "gone.safetensors"):
        (tmp_path / INDEX).write_text(json.dumps({"weight_map": parts | {names[0]: wrong}}))
        with pytest.raises(ValueError, match="there is no part"):
            read_state(tmp_path / INDEX)


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
            "Git LFS pointer.*git lfs pull",
        ),
        (b"<!DOCTYPE html><html></html>", "is a web page"),
        (b"PK\x03\x04" + bytes(90), "is cut off|cannot be read as weights alone: .* header"),
        (b"anything else", "cannot be read as weights alone"),
    ],
)
def test_what_only_looks_like_weights_is_called_by_its_name(content, said, suffix, tmp_path):
    path = tmp_path / f"weights.{suffix}"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=said) as error:
        read_state(path)
    assert "weights_only=False" not in str(error.value)


class Runs:
    def __reduce__(self):
        return print, ("this file ran code",)


def test_a_file_that_would_run_code_is_refused_without_advice_to_run_it(tmp_path, capsys):
    torch.save({"model": Runs()}, tmp_path / "evil.pth")
    with pytest.raises(ValueError, match="holds more than weights, save them alone") as error:
        read_state(tmp_path / "evil.pth")
    assert "weights_only" not in str(error.value)
    assert "ran code" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (torch.full((2,), torch.nan), "not finite"),
        (torch.ones(2, dtype=torch.complex64), "complex64"),
        (torch.ones(2, dtype=torch.int8), "int8"),
        (torch.ones(2, 2).to_sparse(), "no array of real numbers"),
    ],
)
def test_values_that_are_no_weights_are_refused(value, said, tmp_path):
    torch.save({"head.weight": value}, tmp_path / "weights.pth")
    with pytest.raises(ValueError, match=f"head.weight .*{said}"):
        read_state(tmp_path / "weights.pth")


def test_keys_that_are_no_names_are_refused(tmp_path):
    torch.save({3: torch.ones(2)}, tmp_path / "weights.pth")
    with pytest.raises(ValueError, match="holds no state dict"):
        read_state(tmp_path / "weights.pth")


def test_a_safetensors_file_under_another_ending_is_read_by_content(state, tmp_path):
    save_file(dict(state), tmp_path / "weights.pth")
    assert read_state(tmp_path / "weights.pth").keys() == state.keys()
