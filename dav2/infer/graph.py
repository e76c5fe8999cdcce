"""One graph of a network for all sizes, as exporters need it."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.export import Dim, ExportedProgram

from dav2.model.encoder import TappedViT
from dav2.model.network import DepthAnything


def _cubic(distance: Tensor) -> Tensor:
    """Weigh a sample at that distance, 0 beyond 2 (a = -0.75, as F.interpolate)."""
    d = distance.clamp(max=2)
    near = (1.25 * d - 2.25) * d * d + 1
    far = -0.75 * (((d - 5) * d + 8) * d - 4)
    return torch.where(d <= 1, near, far)


def _counted(count: int) -> Tensor:
    return torch.arange(count, dtype=torch.float64)


def cubic_positions(encoder: TappedViT, height: int, width: int) -> Tensor:
    """Compute `TappedViT.positions` by two matrix products, the same at every size, [1, 1 + h * w, C].

    Where the eager method chooses (the grid as it is, or F.interpolate), a graph for all sizes
    cannot; and exporters lose the scale factors of F.interpolate. Here the offset is a tensor that
    is 0 at the grid's own size, where all weights then are exactly 0 and 1.
    """
    grid = encoder.pos_embed[0, 1:].float()
    side, channels = int(len(grid) ** 0.5), grid.shape[1]
    # Two samples on, borders repeat: no position looks further.
    square = grid.T.reshape(channels, side, side)
    square = F.pad(square, (2, 2, 2, 2), mode="replicate").permute(1, 2, 0)
    samples = torch.arange(-2, side + 2, dtype=torch.float32)
    size = torch.stack([torch.full((), n, dtype=torch.float64) for n in (height, width)])
    step = side / (size + encoder.position_offset * (size != side).any().double())
    step = step.float().double()  # rounded where F.interpolate rounds
    down, across = (
        _cubic((((_counted(n) + 0.5) * step[i] - 0.5).float()[:, None] - samples).abs())
        for i, n in enumerate((height, width))
    )
    # Products of plain matrices: OpenVINO 2026.4 gives empty maps for a batched one here.
    rows = (down @ square.reshape(side + 4, -1)).reshape(height, side + 4, channels)
    columns = rows.transpose(0, 1).reshape(side + 4, height * channels)
    resized = (across @ columns).reshape(width, height, channels).transpose(0, 1)
    resized = resized.reshape(1, height * width, channels).to(encoder.pos_embed.dtype)
    return torch.cat([encoder.pos_embed[:, :1], resized], dim=1)


@contextmanager
def _same_graph_for_all_sizes(model: DepthAnything) -> Iterator[None]:
    encoder = model.pretrained
    if isinstance(encoder, TappedViT):
        encoder.positions = partial(cubic_positions, encoder)
    try:
        yield
    finally:
        vars(encoder).pop("positions", None)


def portable(model: DepthAnything) -> DepthAnything:
    """Copy a network that predicts in float32 on the CPU, laid out as exporters expect."""
    return copy.deepcopy(model).cpu().float().to(memory_format=torch.contiguous_format).eval()


def trace(model: DepthAnything) -> ExportedProgram:
    """Trace the network's graph, for any batch and all sides that are multiples of its stride."""
    stride = model.stride
    sides = {2: stride * Dim("rows", min=1), 3: stride * Dim("columns", min=1)}
    image = torch.zeros(2, 3, 5 * stride, 7 * stride)
    with torch.no_grad(), _same_graph_for_all_sizes(model):
        return torch.export.export(
            model, (image,), dynamic_shapes=({0: Dim("batch", min=1), **sides},), strict=False
        )
