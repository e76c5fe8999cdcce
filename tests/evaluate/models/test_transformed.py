"""Depth estimators of transformers: small random ones, saved as theirs are, against its own pipeline."""

import numpy as np
import pytest
import torch

from dav2.evaluate.models import open_model
from tests.evaluate.models.conftest import BOTH


def dinov2(transformers, **more):
    return transformers.Dinov2Config(
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        image_size=28,
        patch_size=14,
        out_indices=[1, 2, 3, 4],
        reshape_hidden_states=False,
        apply_layernorm=True,
        **more,
    )


def save_depth_anything(folder, **settings):
    transformers = pytest.importorskip("transformers")
    config = transformers.DepthAnythingConfig(
        backbone_config=dinov2(transformers),
        reassemble_hidden_size=16,
        neck_hidden_sizes=[4, 4, 8, 8],
        fusion_hidden_size=8,
        head_hidden_size=4,
        **settings,
    )
    network = transformers.DepthAnythingForDepthEstimation(config)
    processor = transformers.DPTImageProcessor(
        size={"height": 42, "width": 42}, keep_aspect_ratio=True, ensure_multiple_of=14
    )
    return save(folder, network, processor)


def save_dpt(folder):
    transformers = pytest.importorskip("transformers")
    config = transformers.DPTConfig(
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=32,
        patch_size=16,
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[4, 4, 8, 8],
        fusion_hidden_size=8,
        is_hybrid=False,
        reassemble_factors=[4, 2, 1, 0.5],
    )
    network = transformers.DPTForDepthEstimation(config)
    return save(folder, network, transformers.DPTImageProcessor(size={"height": 32, "width": 32}))


def save_glpn(folder):
    transformers = pytest.importorskip("transformers")
    config = transformers.GLPNConfig(
        depths=[1, 1, 1, 1],
        hidden_sizes=[4, 8, 8, 8],
        num_attention_heads=[1, 1, 2, 2],
        decoder_hidden_size=8,
    )
    network = transformers.GLPNForDepthEstimation(config)
    return save(folder, network, transformers.GLPNImageProcessor(size_divisor=32))


def save(folder, network, processor):
    with torch.no_grad():  # untrained heads end in ReLU at almost nothing
        for parameter in network.head.parameters():
            parameter.add_(0.05)
    network.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def by_pipeline(folder, image):
    from PIL import Image
    from transformers import pipeline

    found = pipeline("depth-estimation", model=str(folder))(Image.fromarray(image))
    return found["predicted_depth"].numpy()


@pytest.mark.parametrize(
    ("make", "declared", "sign", "metric"),
    [
        (save_depth_anything, None, "disparity", False),
        (save_dpt, "disparity", "disparity", False),
        (save_dpt, "depth", "depth", False),
        (save_glpn, None, "depth", True),
    ],
)
def test_transformers_models_see_what_their_pipeline_sees(
    make, declared, sign, metric, image, tmp_path
):
    folder = make(tmp_path / "model")
    model = open_model(f"hf:{folder}", declared)
    found = model.predict(image)
    assert found.shape == image.shape[:2]
    assert np.ptp(found) > 0
    np.testing.assert_allclose(found, by_pipeline(folder, image), rtol=1e-5, atol=1e-6)
    assert (model.sign, model.metric) == (sign, metric)
    expected = found if sign == "disparity" else -found
    np.testing.assert_array_equal(model.nearness(image), expected)


def test_metric_depth_anything_is_known_as_depth(image, tmp_path):
    folder = save_depth_anything(tmp_path, depth_estimation_type="metric", max_depth=20)
    model = open_model(f"hf:{folder}")
    assert (model.sign, model.metric) == ("depth", True)
    np.testing.assert_allclose(model.disparity(image) * model.predict(image), 1, rtol=1e-6)
    with pytest.raises(ValueError, match="gives depth, not disparity"):
        open_model(f"hf:{folder}", "disparity")


def test_a_sign_that_nobody_knows_has_to_be_declared(image, tmp_path):
    folder = save_dpt(tmp_path)
    with pytest.raises(ValueError, match=BOTH):
        open_model(f"hf:{folder}")
    with pytest.raises(ValueError, match="disparity or depth, not 'near'"):
        open_model(f"hf:{folder}", "near")
    # A folder that only transformers knows needs no prefix; relative depth has no inverse.
    model = open_model(str(folder), "depth")
    assert model.description.startswith("hf:")
    with pytest.raises(ValueError, match="only depth in metres"):
        model.disparity(image)


def test_untrained_or_damaged_weights_are_never_used(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = save_depth_anything(tmp_path)
    file = folder / "model.safetensors"
    whole = load_file(file)
    save_file({k: v for k, v in whole.items() if k != "head.conv1.weight"}, file, {"format": "pt"})
    with pytest.raises(ValueError, match=r"lacks 1 of its weights, such as head\.conv1\.weight"):
        open_model(f"hf:{folder}")
    file.write_bytes(b"half")
    with pytest.raises(ValueError, match="no depth-estimation model"):
        open_model(f"hf:{folder}")
    with pytest.raises(ValueError, match="no depth-estimation model"):
        open_model(f"hf:{tmp_path / 'nowhere'}")


def test_weights_that_no_map_needs_may_be_missing(image, tmp_path):
    """Intel/dpt-large lacks them, and they would come out at random."""
    from safetensors.torch import load_file, save_file

    folder = save_dpt(tmp_path)
    first = open_model(f"hf:{folder}", "disparity")
    file = folder / "model.safetensors"
    kept = {k: v for k, v in load_file(file).items() if "layers.0.residual_layer1." not in k}
    assert len(kept) < len(load_file(file))
    save_file(kept, file, {"format": "pt"})
    model, again = (open_model(f"hf:{folder}", "disparity") for _ in range(2))
    np.testing.assert_array_equal(model.predict(image), first.predict(image))
    assert model.identity == again.identity


def test_other_weights_have_another_identity(tmp_path):
    torch.manual_seed(1)
    first = open_model(f"hf:{save_depth_anything(tmp_path)}").identity
    torch.manual_seed(2)
    assert open_model(f"hf:{save_depth_anything(tmp_path)}").identity != first
