"""Any encoder of timm in one line; timm's own forward is the independent oracle."""

import warnings

import numpy as np
import pytest
import timm
import torch

from dav2.errors import UserError
from dav2.infer import Predictor, open_network
from dav2.model import (
    DepthAnything,
    Preprocessing,
    Preset,
    build_model,
    find_preset,
    save_checkpoint,
)
from dav2.model.derived import derive_preset
from dav2.sample import Sample
from dav2.scale import SCALES, get_scale
from dav2.train.module import DepthModule

TRANSFORMERS = [
    "deit3_small_patch16_224",  # positions without the class token
    "vit_small_patch14_reg4_dinov2",  # registers
    "vit_small_patch16_dinov3",  # rotary positions
    "vit_base_patch16_siglip_224",  # no class token
    "vit_base_patch16_clip_224",  # a norm before the first block
]
PYRAMIDS = ["convnext_tiny", "resnet50", "mobilenetv3_small_100", "swin_tiny_patch4_window7_224"]


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def lively(model):
    """Norms, statistics and positions are not 1 and 0, so that one left out would show."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if value.is_floating_point() and (value.ndim == 1 or "embed" in name):
                value.add_(0.3 * torch.rand(value.shape, generator=generator))
    return model


@pytest.mark.parametrize("name", [*TRANSFORMERS, *PYRAMIDS])
def test_features_are_timm_s_own_at_its_own_size(name):
    ours = lively(build_model(name)).train()  # nothing is random, statistics of batch norms stay
    theirs = timm.create_model(name).eval()
    # Weights go over by name; what timm has besides is the classifier.
    missing, unexpected = theirs.load_state_dict(ours.encoder.body.state_dict(), strict=False)
    assert not unexpected
    classifier = ("head", "fc", "classifier", "conv_head", "attn_pool", "norm", "bn2")
    assert all(key.startswith(classifier) or "num_batches" in key for key in missing), missing
    config = timm.get_pretrained_cfg(name)
    image = torch.rand(2, *config.input_size)
    mean, std = (torch.tensor(x).view(1, 3, 1, 1) for x in (config.mean, config.std))
    with torch.no_grad():
        expected = theirs.forward_intermediates(
            (image - mean) / std,
            indices=list(ours.preset.taps),
            norm=name in TRANSFORMERS,
            intermediates_only=True,
        )
        got = ours.features(image)
    for a, b in zip(got, expected, strict=True):
        assert b.std() > 1e-3
        torch.testing.assert_close(a, b, atol=1e-4 * float(b.abs().max()), rtol=1e-5)


def test_a_frozen_encoder_sees_pictures_as_it_was_trained_to():
    """Its mean and std need not be the student's."""
    half = Preprocessing(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
    frozen = build_model("convnext_atto", preprocessing=half).encoder
    network = build_model("lite0")
    stage = get_scale("smoke", {"photos.feature_weight": 1.0}).stages["student_photos"]
    module = DepthModule(network, stage, frozen)
    seen = []
    frozen.body.stem.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    image = torch.rand(1, 3, 64, 64)
    module.log = lambda *_, **__: None
    disparity = torch.rand(1, 1, 64, 64)
    module.training_step({"photos": Sample(image, disparity, disparity >= 0, ["a"])}, 0)
    torch.testing.assert_close(seen[0], (image - 0.5) / 0.5)


def test_the_norm_before_the_first_block_counts():
    model = lively(build_model("vit_base_patch16_clip_224"))
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        whole = model.features(image)[0]
        model.encoder.body.norm_pre = torch.nn.Identity()
        assert (whole - model.features(image)[0]).abs().max() > 0.1


@pytest.mark.parametrize(
    "name", ["swin_tiny_patch4_window7_224", "swinv2_tiny_window8_256", "vit_small_patch16_dinov3"]
)
def test_another_size_is_computed_as_by_a_network_made_for_it(name):
    ours = lively(build_model(name)).eval()
    height, width = 9 * ours.stride, 10 * ours.stride
    theirs = timm.create_model(name, img_size=(height, width)).eval()
    theirs.load_state_dict(ours.encoder.body.state_dict(), strict=False)
    image = torch.randn(1, 3, height, width)
    with torch.no_grad():
        expected = theirs.forward_intermediates(
            (image - ours.encoder.mean) / ours.encoder.std,
            indices=list(ours.preset.taps),
            norm=ours.encoder.norm,
            intermediates_only=True,
        )
        pairs = list(zip(ours.encoder(image), expected, strict=True))
    # In Swin's last stage the windows of 224 or 256 px are the whole map, so timm moves none there.
    for a, b in pairs[:3] if "swin" in name else pairs:
        torch.testing.assert_close(a, b, atol=1e-4 * float(b.abs().max()), rtol=1e-5)


def test_presets_follow_the_paper_s_and_may_be_changed_by_hand():
    small, paper = find_preset("vit_small_patch14_dinov2"), find_preset("vits")
    assert small == paper
    assert find_preset("vit_base_patch14_dinov2") == find_preset("vitb")
    assert find_preset("resnet50").taps == (1, 2, 3, 4)  # strides 4, 8, 16, 32
    mine = Preset("convnext_tiny", 32, (0, 1, 2, 3), None, 32, fine=False)
    assert sum(p.numel() for p in build_model(mine).head.parameters()) < 1e6


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("convnxt_tiny", "timm has no such encoder; nearest are convnext_tiny"),
        ("vit-small", "unknown preset"),
        ("convnext_tiny.mine", r"no weights 'convnext_tiny\.mine'; there are .*fb_in22k"),
        ("mixer_b16_224", r"takes no picture of 48x64: Input height \(48\)"),
        ("beit_base_patch16_224", "takes no picture of 48x64"),
    ],
)
def test_what_cannot_be_an_encoder_is_refused_with_the_reason(name, said):
    with pytest.raises(UserError, match=said):
        build_model(name)


@pytest.mark.parametrize("changed", [{"taps": (0, 1, 2, 9)}, {"taps": (0, 1)}, {"features": -1}])
def test_a_preset_that_does_not_fit_its_encoder_is_refused(changed):
    numbers = {"stride": 32, "taps": (0, 1, 2, 3), "widths": None, "features": 32}
    with pytest.raises(UserError, match="taps"):
        build_model(Preset("convnext_tiny", **(numbers | changed)))


@pytest.mark.parametrize("name", ["vit_base_patch16_clip_224", "resnetv2_50"])
def test_mean_and_std_are_those_of_the_encoder_s_own_training(name):
    config = timm.get_pretrained_cfg(name)
    look = build_model(name).preprocessing
    assert (look.mean, look.std) == (config.mean, config.std)


@pytest.fixture(params=["convnext_atto", "mobilenetv3_small_050", "vit_tiny_patch16_224"])
def small(request):
    return lively(build_model(request.param))


def test_it_trains_whole(small):
    """One step; nothing of the encoder is left out, and batch norms keep their statistics."""
    module = DepthModule(small, SCALES["smoke"].stages["teacher"])
    before = {key: value.clone() for key, value in small.state_dict().items()}
    size = (2 * small.stride, 3 * small.stride)
    disparity = torch.rand(2, 1, *size)
    batch = Sample(torch.rand(2, 3, *size), disparity, disparity >= 0, ["a", "b"])
    optimiser = module.configure_optimizers()["optimizer"]
    module.log = lambda *_, **__: None
    module.training_step({"scenes": batch}, 0).backward()
    trained = {name for name, p in small.named_parameters() if p.requires_grad}
    assert trained == {name for name, p in small.named_parameters() if p.grad is not None}
    optimiser.step()
    for name, value in small.state_dict().items():
        if "running" in name:
            assert torch.equal(value, before[name]), name
    assert any(not torch.equal(value, before[name]) for name, value in small.state_dict().items())


def test_it_is_kept_under_its_own_description(small, tmp_path):
    small.eval().save_pretrained(tmp_path / "folder")
    save_checkpoint(small, tmp_path / "mine.safetensors")
    picture = np.random.default_rng(0).integers(0, 255, (60, 90, 3), np.uint8)
    expected = Predictor(small, 96).predict(picture)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for again in (
            DepthAnything.from_pretrained(tmp_path / "folder"),
            open_network(tmp_path / "folder"),
            open_network(tmp_path / "mine.safetensors"),
        ):
            assert (again.preset, again.preprocessing) == (small.preset, small.preprocessing)
            np.testing.assert_array_equal(Predictor(again, 96).predict(picture), expected)


def test_an_encoder_s_own_file_starts_it(small, tmp_path):
    """As the Hub keeps it: with a classifier, and with batch norms' counters."""
    name = small.preset.encoder
    source = lively(timm.create_model(name)).state_dict()
    torch.save(source, tmp_path / "timm.pth")
    started = build_model(name, pretrained=tmp_path / "timm.pth").encoder.body.state_dict()
    assert all(torch.equal(value, source[key]) for key, value in started.items())
    source.pop(next(iter(started)))
    torch.save(source, tmp_path / "half.pth")
    with pytest.raises(UserError, match="missing"):
        build_model(name, pretrained=tmp_path / "half.pth")


def test_published_weights_are_timm_s_and_missing_ones_say_what_to_do(monkeypatch):
    asked = []

    def create(name, pretrained=False, **_):
        asked.append((name, pretrained))
        raise OSError

    derive_preset("convnext_atto")
    monkeypatch.setattr("dav2.model.encoder.timm.create_model", create)
    with pytest.raises(FileNotFoundError, match="pretrained=FILE"):
        build_model("convnext_atto", pretrained=True)
    assert asked == [("convnext_atto", True)]
