"""The network of transformers beside ours, with the same weights."""

import torch
import transformers

from dav2.model import save_checkpoint
from dav2.model.presets import PRESETS

TOLERANCE = 1e-5


def config_of(
    preset: str, taps=None, max_depth: int | None = None
) -> transformers.DepthAnythingConfig:
    """Describe a network of the paper's table as transformers does."""
    ours = PRESETS[preset]
    width, depth, heads = {
        "vits": (384, 12, 6),
        "vitb": (768, 12, 12),
        "vitl": (1024, 24, 16),
        "vitg": (1536, 40, 24),
    }[preset]
    backbone = transformers.Dinov2Config(
        image_size=518,
        patch_size=14,
        hidden_size=width,
        num_hidden_layers=depth,
        num_attention_heads=heads,
        mlp_ratio=4,
        layerscale_value=1.0,
        use_swiglu_ffn=preset == "vitg",
        out_indices=[tap + 1 for tap in taps or ours.taps],
        apply_layernorm=True,
        reshape_hidden_states=False,
    )
    return transformers.DepthAnythingConfig(
        backbone_config=backbone,
        reassemble_hidden_size=width,
        patch_size=14,
        fusion_hidden_size=ours.features,
        neck_hidden_sizes=list(ours.widths),
        head_hidden_size=32,
        depth_estimation_type="metric" if max_depth else "relative",
        max_depth=max_depth or 1,  # relative: the factor of transformers' own default
    )


def oracle(preset: str, taps=None, max_depth: int | None = None) -> torch.nn.Module:
    """Build the network of transformers, with random weights."""
    config = config_of(preset, taps, max_depth)
    return transformers.DepthAnythingForDepthEstimation(config).eval()


def largest_difference(model, theirs, size: tuple[int, int]) -> float:
    """Compare our map with theirs on one image of noise."""
    image = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        ours = model(image)[:, 0]
        expected = theirs((image - model.encoder.mean) / model.encoder.std).predicted_depth
    assert expected.std() > 1e-3, "a constant map would prove nothing"
    return float((ours - expected).abs().max())


def handed_over(model, theirs, folder) -> torch.nn.Module:
    """Put our weights into their network, through a file and their own reader."""
    theirs.config.save_pretrained(folder)
    save_checkpoint(model, folder / "model.safetensors", huggingface=True)
    loaded, report = type(theirs).from_pretrained(folder, output_loading_info=True)
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    return loaded.eval()
