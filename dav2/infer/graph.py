"""One graph of a network for all sizes, as exporters need it."""

import copy
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

import torch
import torch.nn.functional as F
from timm.models.swin_transformer import SwinTransformer
from timm.models.swin_transformer_v2 import SwinTransformerV2
from torch import Tensor
from torch.export import Dim, ExportedProgram

from dav2.errors import UserError
from dav2.model.encoder import DINOv2
from dav2.model.network import DepthAnything
from dav2.model.presets import PRESETS

WINDOWED = (SwinTransformer, SwinTransformerV2)  # PyTorch works at them for many minutes


def _cubic(distance: Tensor, a: float = -0.75) -> Tensor:
    """Weigh a sample at that distance, 0 beyond 2 (Keys 1981; a as F.interpolate's)."""
    d = distance.clamp(max=2)
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = a * (((d - 5) * d + 8) * d - 4)
    return torch.where(d <= 1, near, far)


def _counted(count: int) -> Tensor:
    return torch.arange(count, dtype=torch.float64)


def cubic_positions(encoder: DINOv2, height: int, width: int) -> Tensor:
    """Compute `DINOv2.positions` by two matrix products, the same at every size, [1, 1 + h * w, C].

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


def smooth_positions(
    posemb: Tensor, new_size: Sequence[int], old_size: Sequence[int], num_prefix_tokens: int = 1
) -> Tensor:
    """timm's `resample_abs_pos_embed` as two matrix products, [1, prefix + h * w, C].

    Cubic with a = -0.5, as wide as what it shrinks to (F.interpolate with antialias). At the grid's
    own size all weights are exactly 0 and 1.
    """
    prefix, grid = posemb[0, :num_prefix_tokens], posemb[0, num_prefix_tokens:].float()
    products = []
    for new, old in zip(new_size, old_size, strict=True):
        step = old / torch.full((), new, dtype=torch.float64)
        centres = (_counted(new) + 0.5) * step
        distance = (_counted(old) + 0.5 - centres[:, None]).abs() / step.clamp(min=1)
        weights = _cubic(distance, -0.5)
        products.append((weights / weights.sum(1, keepdim=True)).float())  # [new, old]
    (height, width), (rows, columns), channels = new_size, old_size, grid.shape[1]
    down, across = products
    lines = (down @ grid.reshape(rows, -1)).reshape(height, columns, channels)
    lines = lines.transpose(0, 1).reshape(columns, height * channels)
    resized = (across @ lines).reshape(width, height, channels).transpose(0, 1)
    resized = resized.reshape(height * width, channels).to(posemb.dtype)
    return torch.cat([prefix, resized])[None]


@contextmanager
def _same_graph_for_all_sizes(model: DepthAnything) -> Iterator[None]:
    body = model.encoder.body
    if isinstance(body, DINOv2):
        body.positions = partial(cubic_positions, body)  # type: ignore[method-assign]
        try:
            yield
        finally:
            del body.positions
        return
    timm_s = sys.modules[type(body).__module__]
    if hasattr(timm_s, "resample_abs_pos_embed"):
        with patch.object(timm_s, "resample_abs_pos_embed", smooth_positions):
            yield
    else:
        yield


def portable(model: DepthAnything) -> DepthAnything:
    """Copy a network that predicts in float32 on the CPU, laid out as exporters expect."""
    return copy.deepcopy(model).cpu().float().to(memory_format=torch.contiguous_format).eval()


def trace(model: DepthAnything) -> ExportedProgram:
    """Trace the network's graph, for any batch and all sides that are multiples of its stride.

    Raises:
        UserError: its encoder computes with the size of the picture in a way that one graph cannot.
    """
    body, name = model.encoder.body, model.preset.encoder
    why = f"{name} cannot be exported as one graph for all sizes"
    if getattr(body, "rope", None) is not None or isinstance(body, WINDOWED):
        raise UserError(f"{why}: its positions or windows follow the size of the picture")
    stride = model.stride
    sides = {2: stride * Dim("rows", min=1), 3: stride * Dim("columns", min=1)}
    image = torch.zeros(2, 3, 5 * stride, 7 * stride)
    shapes = ({0: Dim("batch", min=1), **sides},)
    with torch.no_grad(), _same_graph_for_all_sizes(model):
        try:
            program = torch.export.export(model, (image,), dynamic_shapes=shapes, strict=False)
            program.module()(image[:1, :, : 3 * stride, : 4 * stride])
        except Exception as error:  # each operation says in its own way what it needs to know
            if model.preset in PRESETS.values():
                raise
            raise UserError(f"{why}: {' '.join(str(error).split()):.300}") from error
    return program
