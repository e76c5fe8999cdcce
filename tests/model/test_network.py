import pickle

import pytest
import timm
import torch
from safetensors.torch import save_file

from dav2.model import PRESETS, CheckpointMismatch, DepthAnything, build_model, load_checkpoint
from dav2.model.checkpoints import official_state
from dav2.model.encoder import build_encoder


def test_the_head_has_the_paper_s_weights():
    assert sum(p.numel() for p in build_model("vits").head.parameters()) == 2_728_513


@pytest.mark.parametrize("name", ["tiny", "lite0", "lite2", "vits"])
def test_output_is_disparity_of_the_input_size(name):
    model = build_model(name).eval()
    height, width = 3 * model.stride, 4 * model.stride
    with torch.no_grad():
        out = model(torch.rand(2, 3, height, width))
    assert out.shape == (2, 1, height, width)
    assert out.min() >= 0


def test_vits_taps_are_the_paper_s():
    assert PRESETS["vits"].taps == PRESETS["vitb"].taps == (2, 5, 8, 11)
    assert PRESETS["vitl"].taps == (4, 11, 17, 23)
    assert PRESETS["vitg"].taps == (9, 19, 29, 39)


def test_taps_equal_timm_s_intermediates():
    """At the position grid's own size, our forward is timm's."""
    ours = build_model("tiny").encoder.eval()  # mean and std are 0.5 in timm's configuration
    vit = timm.create_model("test_vit", num_classes=0, dynamic_img_size=True).eval()
    vit.load_state_dict(ours.body.state_dict())
    image = torch.rand(1, 3, 160, 160)
    with torch.no_grad():
        expected = vit.forward_intermediates(
            (image - 0.5) / 0.5,
            indices=list(ours.taps),
            output_fmt="NCHW",
            norm=True,
            intermediates_only=True,
        )
        for a, b in zip(ours(image), expected, strict=True):
            torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)


def test_folded_batch_norm_computes_what_timm_computes_in_eval_mode():
    encoder = build_encoder(PRESETS["lite0"], pretrained=True)
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in encoder.modules())
    plain = timm.create_model(
        "efficientnet_lite0", features_only=True, out_indices=(1, 2, 3, 4)
    ).eval()
    from dav2.model.pretrained import imagenet_weights

    weights = imagenet_weights(PRESETS["lite0"].imagenet).values()
    full = timm.create_model("efficientnet_lite0").state_dict()
    named = dict(zip(full, weights, strict=True))
    plain.load_state_dict({key: named[key] for key in plain.state_dict()})
    image = torch.randn(1, 3, 96, 128)
    with torch.no_grad():
        for a, b in zip(encoder(image), plain((image - encoder.mean) / encoder.std), strict=True):
            torch.testing.assert_close(a, b, atol=1e-4 * float(b.abs().max()), rtol=1e-3)


def test_pretrained_is_the_same_each_time_and_refused_where_there_are_no_weights():
    torch.manual_seed(0)
    a = build_model("lite0", pretrained=True).encoder.state_dict()
    b = build_model("lite0", pretrained=True).encoder.state_dict()
    assert all(torch.equal(a[key], b[key]) for key in a)
    with pytest.raises(
        ValueError, match="nobody published weights for the encoder convnext_atto_rms"
    ):
        build_model("convnext_atto_rms", pretrained=True)


def test_unknown_preset_and_wrong_sides_are_named():
    with pytest.raises(ValueError, match="vits"):
        build_model("vit-small")
    with pytest.raises(ValueError, match="multiples of 16, not 30x32"):
        build_model("tiny")(torch.rand(1, 3, 30, 32))


def test_the_image_decides_its_own_map_not_its_batch():
    model = build_model("lite0").eval()
    images = torch.rand(3, 3, 64, 96)
    with torch.no_grad():
        together, alone = model(images), model(images[1:2])
    torch.testing.assert_close(together[1:2], alone, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("kind", ["pth", "ckpt", "safetensors"])
def test_checkpoints_round_trip(tmp_path, kind):
    torch.manual_seed(0)
    source = build_model("tiny")
    path = tmp_path / f"weights.{kind}"
    state = source.state_dict()
    if kind == "safetensors":
        save_file(state, path)
    elif kind == "pth":  # as torch.nn.parallel saves it
        torch.save(
            {f"module.{k}": v for k, v in state.items()},
            path,
        )
    else:  # as Lightning saves it
        torch.save({"state_dict": {f"network.{k}": v for k, v in state.items()}, "epoch": 1}, path)
    torch.manual_seed(1)
    target = load_checkpoint(build_model("tiny"), path)
    assert all(
        torch.equal(a, b) for a, b in zip(state.values(), target.state_dict().values(), strict=True)
    )


def test_a_checkpoint_with_other_keys_says_which(tmp_path):
    state = build_model("tiny").state_dict()
    state.pop("head.out.0.bias")
    state["something.else"] = torch.zeros(1)
    state["encoder.body.cls_token"] = torch.zeros(1, 1, 3)
    torch.save(state, tmp_path / "other.pth")
    with pytest.raises(CheckpointMismatch) as error:
        load_checkpoint(build_model("tiny"), tmp_path / "other.pth")
    for part in (
        "missing head.out.0.bias",
        "unexpected something.else",
        "cls_token is (1, 1, 3)",
    ):
        assert part in str(error.value)


def before_its_own_names(model):
    """Names of our files when they were the official ones; Lite encoders were called `stages`."""
    lite = model.preset.imagenet is not None
    return {
        key.replace("pretrained.", "pretrained.stages.", 1) if lite else key: value
        for key, value in official_state(model).items()
    }


@pytest.mark.parametrize("preset", ["tiny", "lite0"])
def test_our_files_of_official_names_load(preset, tmp_path):
    source = build_model(preset)
    old = before_its_own_names(source)
    assert not old.keys() & source.state_dict().keys()
    torch.save({"state_dict": {f"network.{k}": v for k, v in old.items()}}, tmp_path / "last.ckpt")
    source.save_pretrained(tmp_path / "hub")
    save_file(old, tmp_path / "hub" / "model.safetensors")
    loaded = load_checkpoint(build_model(preset), tmp_path / "last.ckpt")
    for again in (loaded, DepthAnything.from_pretrained(tmp_path / "hub")):
        state = again.state_dict()
        assert all(torch.equal(state[key], value) for key, value in source.state_dict().items())


class Bomb:
    def __reduce__(self):
        return (print, ("this code must not run",))


def test_a_checkpoint_cannot_run_code(tmp_path, capsys):
    torch.save({"state_dict": Bomb()}, tmp_path / "bomb.pth")
    (tmp_path / "bomb2.pth").write_bytes(pickle.dumps(Bomb()))
    (tmp_path / "cut.safetensors").write_bytes(b"\x10\x00\x00")
    for name in ("bomb.pth", "bomb2.pth"):
        with pytest.raises(ValueError, match="it holds more than weights"):
            load_checkpoint(build_model("tiny"), tmp_path / name)
    with pytest.raises(Exception, match=r"(?i)header|small"):
        load_checkpoint(build_model("tiny"), tmp_path / "cut.safetensors")
    with pytest.raises(FileNotFoundError):
        load_checkpoint(build_model("tiny"), tmp_path / "nothing.pth")
    assert "must not run" not in capsys.readouterr().out
