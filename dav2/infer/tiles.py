"""More detail than the network's own size shows: overlapping tiles, held together by a coarse map.

V2 appendix B.8 enlarges the whole picture instead (`shorter_px`); tiles keep every look at the size
the network was trained for.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from dav2.alignment import scale_and_shift
from dav2.errors import UserError

OVERLAP = 0.25  # of a tile's side, shared with its neighbour


def tile_starts(length: int, tile: int) -> list[int]:
    """Place tiles of size `tile` so that they cover `length` with at least `OVERLAP`.

    Raises:
        UserError: the tile is longer than what it should cover.
    """
    if tile > length:
        raise UserError(f"a tile of {tile} px does not fit into {length} px")
    fresh = tile * (1 - OVERLAP)
    count = 1 + -(-(length - tile) // int(fresh))
    return [round(i * (length - tile) / max(count - 1, 1)) for i in range(count)]


def _ramp(tile: int, device: torch.device) -> Tensor:
    """Weigh pixels [tile] less from the middle to the borders, so that no seam shows."""
    at = (torch.arange(tile, device=device) + 0.5) / tile
    return torch.minimum(at, 1 - at)


def predict_in_tiles(
    network: Callable[[Tensor], Tensor], picture: Tensor, coarse: Tensor, tile: tuple[int, int]
) -> Tensor:
    """Predict the map [1, 1, H, W] of a large picture, tile by tile.

    A tile knows neither its scale nor its shift, so each is brought to those of the coarse map of
    the whole picture and blended with its neighbours.

    Args:
        network: [1, 3, h, w] -> [1, 1, h, w].
        picture: [1, 3, H, W].
        coarse: map [1, 1, h, w] of the whole picture, seen at the size of one tile.
        tile: (height, width) of a tile.
    """
    height, width = picture.shape[-2:]
    whole = F.interpolate(coarse, (height, width), mode="bilinear", align_corners=True)
    weight = _ramp(tile[0], picture.device)[:, None] * _ramp(tile[1], picture.device)  # [h, w]
    shown = (coarse.shape[-2] / height, coarse.shape[-1] / width)  # coarse pixels per fine one
    total, weights = torch.zeros_like(whole), torch.zeros_like(whole)
    for top in tile_starts(height, tile[0]):
        for left in tile_starts(width, tile[1]):
            here = (..., slice(top, top + tile[0]), slice(left, left + tile[1]))
            total[here] += weight * _brought_to(network(picture[here]), whole[here], shown)
            weights[here] += weight
    return (total / weights).clamp(min=0)


def _brought_to(fine: Tensor, coarse: Tensor, shown: tuple[float, float]) -> Tensor:
    """Bring `fine` to scale and shift of `coarse`, by least squares over what both can show.

    Compared pixel by pixel, detail that the coarse map lacks would count as noise, and the fit
    would flatten the very detail that the tile is for.
    """
    size = [max(2, round(side * part)) for side, part in zip(fine.shape[-2:], shown, strict=True)]
    small, target = (
        F.interpolate(x, size, mode="bilinear", antialias=True) for x in (fine, coarse)
    )
    scale, shift = scale_and_shift(small, target, torch.ones_like(small, dtype=torch.bool))
    return fine * scale[:, None, None, None] + shift[:, None, None, None]
