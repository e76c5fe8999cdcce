"""The DPT head as the paper draws it: reassemble four maps, fuse from coarse to fine, read out.

V2 dpt.py and util/blocks.py; the names of weights there stand in `conversion.OFFICIAL_NAMES`.
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
        self.skip = ResidualUnit(channels)
        self.refine = ResidualUnit(channels)
        self.out = nn.Conv2d(channels, channels, 1)

    def forward(self, path: Tensor, level: Tensor | None, size: Sequence[int]) -> Tensor:
        if level is not None:
            path = path + self.skip(level)
        return self.out(_resize(self.refine(path), size))


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

    project: nn.ModuleList | None
    resize: nn.ModuleList | None

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
            self.project = self.resize = None
            widths = channels
        else:
            self.project = nn.ModuleList(
                nn.Conv2d(c, w, 1) for c, w in zip(channels, widths, strict=True)
            )
            self.resize = nn.ModuleList(
                [
                    nn.ConvTranspose2d(widths[0], widths[0], 4, stride=4),
                    nn.ConvTranspose2d(widths[1], widths[1], 2, stride=2),
                    nn.Identity(),
                    nn.Conv2d(widths[3], widths[3], 3, stride=2, padding=1),
                ]
            )
        self.lateral = nn.ModuleList(
            nn.Conv2d(width, features, 3, padding=1, bias=False) for width in widths
        )
        self.fuse = nn.ModuleList(Fusion(features) for _ in widths)
        # The coarsest fusion has no path to add to, so this unit never runs; the official
        # checkpoints hold weights for it all the same.
        self.fuse[3].skip.requires_grad_(False)
        self.out = nn.ModuleList(
            [
                nn.Conv2d(features, features // 2, 3, padding=1),
                nn.Conv2d(features // 2, 32, 3, padding=1),
                nn.Conv2d(32, 1, 1),
            ]
        )
        if max_depth is None:
            # Below zero everywhere, the last ReLU would never let a gradient through.
            nn.init.ones_(self.out[2].get_parameter("bias"))

    def forward(self, maps: Sequence[Tensor], size: Sequence[int]) -> Tensor:
        if self.project is not None and self.resize is not None:
            maps = [
                resize(project(x))
                for project, resize, x in zip(self.project, self.resize, maps, strict=True)
            ]
        one, two, three, four = (
            lateral(x) for lateral, x in zip(self.lateral, maps, strict=True)
        )  # [B, features, h, w], fine to coarse
        end = [side * (2 if self.fine else 1) for side in one.shape[-2:]]
        path = self.fuse[3](four, None, three.shape[-2:])
        path = self.fuse[2](path, three, two.shape[-2:])
        path = self.fuse[1](path, two, one.shape[-2:])
        path = self.fuse[0](path, one, end)

        halve, narrow, read = self.out
        path = halve(path)
        if self.fine:
            path = _resize(path, size)
        path = read(F.relu(narrow(path)))  # [B, 1, ., .]
        if not self.fine:
            path = _resize(path, size)
        return F.relu(path) if self.max_depth is None else path.sigmoid() * self.max_depth
