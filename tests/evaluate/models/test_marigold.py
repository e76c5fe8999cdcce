"""Marigold: a small random pipeline, saved as released ones are, against diffusers' own."""

import json

import numpy as np
import pytest
import torch

from dav2.evaluate.models import open_model
from tests.helpers.models import BOTH


@pytest.fixture(scope="module")
def marigold(tmp_path_factory):
    """A random pipeline as small as it gets, in the shape of the released ones."""
    diffusers = pytest.importorskip("diffusers")
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("marigold")
    torch.manual_seed(0)
    words = {"<|startoftext|>": 0, "<|endoftext|>": 1, "a</w>": 2}
    (folder / "vocab.json").write_text(json.dumps(words))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = transformers.CLIPTokenizer.from_pretrained(folder, model_max_length=8)
    text = transformers.CLIPTextConfig(
        vocab_size=3,
        hidden_size=16,
        intermediate_size=16,
        num_attention_heads=2,
        num_hidden_layers=1,
        bos_token_id=0,
        eos_token_id=1,
    )
    blocks = {"block_out_channels": (8, 16), "norm_num_groups": 4}
    pipeline = diffusers.MarigoldDepthPipeline(
        unet=diffusers.UNet2DConditionModel(
            **blocks,
            layers_per_block=1,
            sample_size=8,
            in_channels=8,
            out_channels=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=16,
            attention_head_dim=4,
        ),
        vae=diffusers.AutoencoderKL(
            **blocks,
            latent_channels=4,
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
        ),
        scheduler=diffusers.DDIMScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            prediction_type="v_prediction",
            clip_sample=False,
        ),
        text_encoder=transformers.CLIPTextModel(text),
        tokenizer=tokenizer,
        prediction_type="depth",
        scale_invariant=True,
        shift_invariant=True,
        default_denoising_steps=2,
        default_processing_resolution=32,
    )
    pipeline.save_pretrained(folder / "pipeline")
    return folder / "pipeline"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"num_inference_steps": 2, "ensemble_size": 1, "processing_resolution": 32}),
        (
            {"steps": 3, "ensemble": 2, "longer_px": 48},
            {"num_inference_steps": 3, "ensemble_size": 2, "processing_resolution": 48},
        ),
    ],
)
def test_marigold_sees_what_its_pipeline_sees(marigold, options, expected, image):
    import diffusers

    if expected["ensemble_size"] > 1:
        pytest.importorskip("scipy")
    model = open_model(f"marigold:{marigold}", **options)
    assert (model.sign, model.metric) == ("depth", False)
    assert f"{expected['num_inference_steps']} steps" in model.description
    pipeline = diffusers.MarigoldDepthPipeline.from_pretrained(marigold)
    pipeline.set_progress_bar_config(disable=True)
    found = pipeline(image / 255.0, generator=torch.Generator().manual_seed(0), **expected)
    assert model.predict(image).shape == image.shape[:2]
    np.testing.assert_allclose(model.predict(image), found.prediction[0, ..., 0], atol=1e-5)
    np.testing.assert_array_equal(model.nearness(image), -model.predict(image))


def test_marigold_depends_on_its_seed_and_not_on_what_came_before(marigold, image):
    model, other = (open_model(str(marigold), noise_seed=seed, steps=1) for seed in (0, 1))
    first = model.predict(image)
    model.predict(image[::-1].copy())
    np.testing.assert_array_equal(model.predict(image), first)
    assert not np.array_equal(other.predict(image), first)
    assert other.identity != model.identity


def test_an_incomplete_marigold_is_never_used(marigold, tmp_path):
    import shutil

    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(marigold, tmp_path / "copy")
    file = folder / "unet/diffusion_pytorch_model.safetensors"
    kept = {k: v for k, v in load_file(file).items() if k != "conv_in.bias"}
    save_file(kept, file, {"format": "pt"})
    with pytest.raises(ValueError, match=r"lacks 1 of its weights, such as unet\.conv_in\.bias"):
        open_model(f"marigold:{folder}")


def test_marigold_has_to_say_how_it_is_meant(marigold, tmp_path):
    import shutil

    folder = shutil.copytree(marigold, tmp_path / "copy")
    index = json.loads((folder / "model_index.json").read_text())
    del index["prediction_type"], index["default_denoising_steps"]
    (folder / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match=BOTH):
        open_model(f"marigold:{folder}")
    with pytest.raises(ValueError, match="declare --steps"):
        open_model(f"marigold:{folder}", "depth")
    assert open_model(f"marigold:{folder}", "depth", steps=1).sign == "depth"
    with pytest.raises(ValueError, match="at least 1"):
        open_model(f"marigold:{folder}", "depth", steps=1, ensemble=0)
    index["prediction_type"] = "normals"
    (folder / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match="gives normals, neither depth nor disparity"):
        open_model(f"marigold:{folder}", "depth", steps=1)
    with pytest.raises(ValueError, match="no pipeline that diffusers opens"):
        open_model(f"marigold:{tmp_path}")
