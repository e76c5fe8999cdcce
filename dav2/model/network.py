"""The network: normalise, encode, decode to disparity."""

import torch
from torch import Tensor, nn

from dav2.model.dpt import DPTHead
from dav2.model.encoder import build_encoder
from dav2.model.presets import PRESETS, Preset

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class DepthAnything(nn.Module):
    """Image [B, 3, H, W] in 0..1 -> relative disparity [B, 1, H, W] >= 0, larger is nearer.

    `pretrained` and `depth_head` are the official names of the encoder and the head.
    """

    def __init__(self, preset: Preset, pretrained: bool = False):
        super().__init__()
        self.stride = preset.stride
        self.pretrained = build_encoder(preset, pretrained)
        self.depth_head = DPTHead(
            self.pretrained.channels, preset.widths, preset.features, preset.fine
        )
        mean = torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1)
        std = torch.tensor(IMAGENET_STD).view(1, 3, 1, 1)
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("std", std, persistent=False)

    def features(self, image: Tensor) -> list[Tensor]:
        """The encoder's four maps, shallow to deep."""
        height, width = image.shape[-2:]
        if height % self.stride or width % self.stride or not height or not width:
            raise ValueError(f"sides must be multiples of {self.stride}, not {height}x{width}")
        return self.pretrained((image - self.mean) / self.std)

    def forward(self, image: Tensor) -> Tensor:
        return self.depth_head(self.features(image), image.shape[-2:])


def build_model(preset: str, pretrained: bool = False) -> DepthAnything:
    """Build one of `PRESETS` by name.

    Args:
        pretrained: start the encoder from ImageNet weights (lite0, lite1, lite2).

    Raises:
        ValueError: unknown preset, or no weights to be had offline for it.
    """
    if preset not in PRESETS:
        raise ValueError(f"unknown preset {preset!r}; there are {', '.join(PRESETS)}")
    return DepthAnything(PRESETS[preset], pretrained)
