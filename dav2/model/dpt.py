"""The DPT head of Depth Anything V2 (dpt.py, util/blocks.py), with the official names of weights.

Four feature maps are projected, brought to a pyramid, and fused from coarse to fine.
"""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn


def _resize(x: Tensor, size: Sequence[int]) -> Tensor:
    return F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=True)


class ResidualUnit(nn.Module):
    """x + conv(relu(conv(relu(x)))), no normalisation."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(F.relu(self.conv1(F.relu(x))))


class Fusion(nn.Module):
    """Add a finer map to the coarser path, refine, and resize to the next level."""

    def __init__(self, channels: int):
        super().__init__()
        self.out_conv = nn.Conv2d(channels, channels, 1)
        self.resConfUnit1 = ResidualUnit(channels)
        self.resConfUnit2 = ResidualUnit(channels)

    def forward(self, path: Tensor, level: Tensor | None, size: Sequence[int]) -> Tensor:
        if level is not None:
            path = path + self.resConfUnit1(level)
        return self.out_conv(_resize(self.resConfUnit2(path), size))


class DPTHead(nn.Module):
    """Feature maps -> disparity, or metric depth, [B, 1, H, W].

    Args:
        channels: channels of the four maps, shallow to deep.
        widths: channels after projection; None: the maps form a pyramid already (CNN encoders)
            and enter the fusion as they are. With widths, all maps share one resolution (ViT) and
            are resized by 4, 2, 1 and 1/2.
        features: channels of the fusion.
        fine: end at twice the resolution of the first level.
        max_depth: None for disparity >= 0 (a last ReLU); else metres, sigmoid times this
            (V2 metric_depth/).
    """

    def __init__(
        self,
        channels: Sequence[int],
        widths: Sequence[int] | None,
        features: int,
        fine: bool = True,
        max_depth: float | None = None,
    ):
        super().__init__()
        self.fine, self.max_depth = fine, max_depth
        if widths is None:
            self.projects = self.resize_layers = None
            widths = channels
        else:
            self.projects = nn.ModuleList(
                nn.Conv2d(c, w, 1) for c, w in zip(channels, widths, strict=True)
            )
            self.resize_layers = nn.ModuleList(
                [
                    nn.ConvTranspose2d(widths[0], widths[0], 4, stride=4),
                    nn.ConvTranspose2d(widths[1], widths[1], 2, stride=2),
                    nn.Identity(),
                    nn.Conv2d(widths[3], widths[3], 3, stride=2, padding=1),
                ]
            )
        self.scratch = nn.Module()
        for index, width in enumerate(widths, start=1):
            self.scratch.add_module(
                f"layer{index}_rn", nn.Conv2d(width, features, 3, padding=1, bias=False)
            )
            self.scratch.add_module(f"refinenet{index}", Fusion(features))
        # The coarsest fusion has no path to add to, so this unit never runs; the official
        # checkpoints hold weights for it all the same.
        self.scratch.refinenet4.resConfUnit1.requires_grad_(False)
        self.scratch.output_conv1 = nn.Conv2d(features, features // 2, 3, padding=1)
        self.scratch.output_conv2 = nn.Sequential(
            nn.Conv2d(features // 2, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 1, 1)
        )
        if max_depth is None:
            # Below zero everywhere, the last ReLU would never let a gradient through.
            nn.init.ones_(self.scratch.output_conv2[2].bias)

    def forward(self, maps: Sequence[Tensor], size: Sequence[int]) -> Tensor:
        if self.projects is not None:
            maps = [
                resize(project(x))
                for project, resize, x in zip(self.projects, self.resize_layers, maps, strict=True)
            ]
        net = self.scratch
        level1, level2, level3, level4 = (
            layer(x)
            for layer, x in zip(
                (net.layer1_rn, net.layer2_rn, net.layer3_rn, net.layer4_rn), maps, strict=True
            )
        )
        path = net.refinenet4(level4, None, level3.shape[-2:])
        path = net.refinenet3(path, level3, level2.shape[-2:])
        path = net.refinenet2(path, level2, level1.shape[-2:])
        height, width = level1.shape[-2:]
        scale = 2 if self.fine else 1
        path = net.refinenet1(path, level1, (scale * height, scale * width))
        path = net.output_conv1(path)
        if self.fine:
            path = net.output_conv2(_resize(path, size))
        else:
            path = _resize(net.output_conv2(path), size)
        return F.relu(path) if self.max_depth is None else path.sigmoid() * self.max_depth
