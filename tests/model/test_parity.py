"""Whoever has released weights gets released results; transformers is the independent oracle."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from dav2.model import (
    CheckpointMismatch,
    build_model,
    load_backbone,
    load_checkpoint,
    open_checkpoint,
    save_checkpoint,
)
from dav2.model.checkpoints import official_state
from dav2.model.conversion import from_huggingface, from_official, to_huggingface, to_official
from tests.helpers.parity import TOLERANCE, handed_over, largest_difference, oracle

COUNTS = {  # PAPER 2.1: keys and weights of the released files
    "vits": (239, 24_785_089),
    "vitb": (239, 97_470_785),
    "vitl": (407, 335_315_649),
    "vitg": (631, 1_258_132_225),
}


def lively(model: torch.nn.Module) -> torch.nn.Module:
    """Random weights under which every part matters: scales, norms and biases are not 1 and 0."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name.endswith("gamma") or (value.ndim == 1 and name.endswith("weight")):
                value.copy_(0.5 + torch.rand(value.shape, generator=generator))
            elif name.endswith(("bias", "token", "pos_embed")):
                value.add_(0.1 * torch.randn(value.shape, generator=generator))
    return model.eval()


@pytest.fixture(scope="module")
def vits():
    return lively(build_model("vits", position_offset=0.0))


@pytest.fixture(scope="module")
def theirs(vits, tmp_path_factory):
    return handed_over(vits, oracle("vits"), tmp_path_factory.mktemp("hf"))


@pytest.mark.parametrize("size", [(518, 518), (392, 518), (518, 686), (224, 280)])
def test_vits_equals_transformers(vits, theirs, size):
    assert largest_difference(vits, theirs, size) <= TOLERANCE


def test_the_official_position_offset_matters_beside_the_square_only(vits, theirs):
    official = build_model("vits").eval()
    official.load_state_dict(vits.state_dict())
    assert largest_difference(official, theirs, (518, 518)) <= TOLERANCE
    assert largest_difference(official, theirs, (224, 280)) > 10 * TOLERANCE


def test_official_positions_follow_their_written_definition(vits):
    """dinov2.py: bicubic by the factors (h + 0.1) / 37 and (w + 0.1) / 37, class token untouched."""
    encoder = build_model("vits").encoder.body
    encoder.load_state_dict(vits.encoder.body.state_dict())
    grid = encoder.pos_embed[:, 1:].reshape(1, 37, 37, -1).permute(0, 3, 1, 2)
    expected = torch.nn.functional.interpolate(
        grid, scale_factor=(16.1 / 37, 20.1 / 37), mode="bicubic", antialias=False
    )
    got = encoder.positions(16, 20)
    assert torch.equal(got[:, :1], encoder.pos_embed[:, :1])
    torch.testing.assert_close(got[0, 1:].T.reshape(-1, 16, 20), expected[0])


def test_version_1_taps_the_last_four_blocks(vits, tmp_path):
    first = build_model("vits", version=1, position_offset=0.0).eval()
    first.load_state_dict(vits.state_dict())
    hf = handed_over(first, oracle("vits", taps=(8, 9, 10, 11)), tmp_path)
    assert largest_difference(first, hf, (224, 280)) <= TOLERANCE
    assert largest_difference(vits, hf, (224, 280)) > 100 * TOLERANCE


def test_metric_head_equals_transformers(tmp_path):
    model = lively(build_model("vits", max_depth=20.0, position_offset=0.0))
    hf = handed_over(model, oracle("vits", max_depth=20), tmp_path)
    assert largest_difference(model, hf, (224, 280)) <= 20 * TOLERANCE


@pytest.mark.parametrize("preset", ["vitb", "vitl"])
def test_larger_networks_equal_transformers(preset, tmp_path):
    model = lively(build_model(preset, position_offset=0.0))
    hf = handed_over(model, oracle(preset), tmp_path)
    assert largest_difference(model, hf, (224, 280)) <= TOLERANCE


@pytest.mark.parametrize("preset", COUNTS)
def test_keys_and_weights_are_those_of_the_released_files(preset):
    with torch.device("meta"):
        state = official_state(build_model(preset))
    assert (len(state), sum(value.numel() for value in state.values())) == COUNTS[preset]
    assert ("pretrained.blocks.0.mlp.w12.weight" in state) == (preset == "vitg")


def test_names_convert_both_ways_without_loss(vits, theirs):
    official = official_state(vits)
    on_disk = to_huggingface(official)
    assert len(on_disk) == 239 - 12 * 2 + 12 * 6  # PAPER 6
    for spelling in (on_disk, theirs.state_dict()):  # in files, and in transformers 5's memory
        back = from_huggingface(spelling)
        assert back.keys() == official.keys()
        assert all(torch.equal(back[key], official[key]) for key in official)


def test_the_giant_s_names_convert_both_ways():
    """Names and shapes alone, without memory for a billion weights; transformers is the oracle."""
    with torch.device("meta"):
        state = official_state(build_model("vitg"))
        hf = oracle("vitg").state_dict()
    names = from_huggingface({key: torch.empty_like(value) for key, value in hf.items()})
    assert {key: value.shape for key, value in names.items()} == {
        key: value.shape for key, value in state.items()
    }
    assert from_huggingface(to_huggingface(state)).keys() == state.keys()


def test_the_giant_s_gate_is_the_first_half():
    """SwiGLU of DINOv2: w3(silu(first half of w12) * second half)."""
    with torch.device("meta"):
        mlp = build_model("vitg").encoder.body.blocks[0].mlp
    mlp = mlp.to_empty(device="cpu")
    with torch.no_grad():
        for value in mlp.parameters():
            value.normal_(0, 0.02, generator=torch.Generator().manual_seed(0))
        x = torch.randn(1, 3, 1536, generator=torch.Generator().manual_seed(1))
        gate, value = (x @ mlp.fc1.weight.T + mlp.fc1.bias).chunk(2, -1)
        expected = (torch.nn.functional.silu(gate) * value) @ mlp.fc2.weight.T + mlp.fc2.bias
        torch.testing.assert_close(mlp(x), expected, atol=1e-5, rtol=1e-5)


def test_a_backbone_comes_from_dinov2_s_and_timm_s_files(vits, tmp_path):
    encoder = {k: v for k, v in vits.encoder.body.state_dict().items()}
    torch.save(encoder, tmp_path / "dinov2_vits14_pretrain.pth")
    without = {k: v.contiguous() for k, v in encoder.items() if k != "mask_token"}
    save_file(without, tmp_path / "timm.safetensors")
    for name in ("dinov2_vits14_pretrain.pth", "timm.safetensors"):
        model = build_model("vits")
        head = model.head.out[0].weight.clone()
        load_backbone(model, tmp_path / name)
        assert torch.equal(model.encoder.body.pos_embed, encoder["pos_embed"])
        assert torch.equal(model.head.out[0].weight, head)
    torch.save(encoder | {"register_tokens": torch.zeros(1, 4, 384)}, tmp_path / "reg.pth")
    with pytest.raises(CheckpointMismatch, match="registers"):
        load_backbone(build_model("vits"), tmp_path / "reg.pth")


def test_versions_are_not_mixed_in_silence(vits, tmp_path):
    one = tmp_path / "depth_anything_vits14.pth"
    torch.save(official_state(vits), one)
    with pytest.raises(CheckpointMismatch, match="version=1"):
        load_checkpoint(build_model("vits"), one)
    load_checkpoint(build_model("vits", version=1), one)
    hf = tmp_path / "hf"
    hf.mkdir()
    save_checkpoint(build_model("vits", version=1), hf / "model.safetensors", huggingface=True)
    config = {"model_type": "depth_anything", "backbone_config": {"out_indices": [9, 10, 11, 12]}}
    (hf / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointMismatch, match="version=1"):
        load_checkpoint(build_model("vits"), hf / "model.safetensors")
    with pytest.raises(ValueError, match="no version 3"):
        build_model("vits", version=3)
    assert open_checkpoint(one).version == 1


def test_metric_files_are_not_read_as_relative_ones(vits, tmp_path):
    metric = tmp_path / "depth_anything_v2_metric_hypersim_vits.pth"
    torch.save(official_state(vits), metric)
    with pytest.raises(CheckpointMismatch, match="max_depth=20"):
        load_checkpoint(build_model("vits"), metric)
    opened = open_checkpoint(metric)
    assert (opened.version, opened.max_depth) == (2, 20.0)
    assert torch.equal(opened.encoder.body.cls_token, vits.encoder.body.cls_token)
    torch.save(build_model("tiny").state_dict(), tmp_path / "tiny.pth")
    with pytest.raises(ValueError, match="none of the DINOv2 networks"):
        open_checkpoint(tmp_path / "tiny.pth")


def test_a_checkpoint_of_another_size_names_the_shapes(vits, tmp_path):
    save_checkpoint(vits, tmp_path / "small.safetensors")
    assert load_file(tmp_path / "small.safetensors").keys() == vits.state_dict().keys()
    with torch.device("meta"):
        base = build_model("vitb")
    with pytest.raises(CheckpointMismatch, match=r"cls_token is \(1, 1, 384\), the model has"):
        load_checkpoint(base, tmp_path / "small.safetensors")


def test_official_metric_training_files_load(vits, tmp_path):
    """train.py of metric_depth saves {"model": DDP state, "optimizer": ..., "epoch": ...}."""
    model = build_model("vits", max_depth=20.0)
    state = {f"module.{key}": value for key, value in official_state(vits).items()}
    torch.save({"model": state, "epoch": 3}, tmp_path / "latest.pth")
    load_checkpoint(model, tmp_path / "latest.pth")
    assert torch.equal(model.encoder.body.cls_token, vits.encoder.body.cls_token)


@pytest.mark.parametrize("preset", ["vits", "vitg"])
def test_official_names_and_ours_convert_both_ways(preset):
    with torch.device("meta"):
        ours = build_model(preset).state_dict()
    official = to_official(ours)
    assert all(key.startswith(("pretrained.", "depth_head.")) for key in official)
    assert from_official(official).keys() == ours.keys() == from_official(ours).keys()
    assert all(from_official(official)[key] is ours[key] for key in ours)
