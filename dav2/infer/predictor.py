"""From any picture to a disparity map of its own size."""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dav2.alignment import align
from dav2.data.photos import check_size, read_image
from dav2.model import DepthAnything


def input_size(height: int, width: int, shorter_px: int, stride: int) -> tuple[int, int]:
    """Network input (height, width): shorter side at least `shorter_px`, multiples of `stride`.

    The rule of Depth Anything V2's `Resize(..., "lower_bound")`: aspect kept, sides rounded to
    the nearest multiple, but upwards where that would fall below the bound.
    """
    scale = max(shorter_px / height, shorter_px / width)

    def fit(side: int) -> int:
        rounded = round(side * scale / stride) * stride
        return rounded if rounded >= shorter_px else -(-shorter_px // stride) * stride

    return fit(height), fit(width)


class Predictor:
    """Disparity for pictures of any size.

    Args:
        model: any network with `stride` that maps [B, 3, H, W] to [B, 1, H, W].
        shorter_px: shorter side of the network's input; the paper's is 518.
        flip: average with the mirrored picture's map (aligned in scale and shift first).
        antialias: shrink pictures smoothly, as our training saw them. False is the official
            code's cubic resize (V2 util/transform.py): what released weights were measured with.
    """

    def __init__(
        self,
        model: DepthAnything,
        shorter_px: int = 518,
        flip: bool = False,
        antialias: bool = True,
    ):
        self.model = model.eval().to(memory_format=torch.channels_last)
        self.shorter_px, self.flip, self.antialias = shorter_px, flip, antialias

    def prepare(self, image: np.ndarray) -> Tensor:
        """uint8 [H, W, 3] RGB -> float32 [1, 3, h, w] in 0..1 at network size, bicubic."""
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(f"image must be uint8 [H, W, 3], not {image.dtype} {image.shape}")
        check_size(*image.shape[:2], "the picture")
        size = input_size(*image.shape[:2], self.shorter_px, self.model.stride)
        pixels = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None].float() / 255
        resized = F.interpolate(pixels, size=size, mode="bicubic", antialias=self.antialias)
        if self.antialias:  # the official cubic may overshoot 0..1, and does not clip
            resized = resized.clamp(0, 1)
        device = next(self.model.parameters()).device
        return resized.to(device, memory_format=torch.channels_last)

    @torch.inference_mode()
    def predict_at_network_size(self, image: np.ndarray) -> tuple[Tensor, Tensor]:
        """The resized picture [1, 3, h, w] and its disparity [1, 1, h, w]."""
        prepared = self.prepare(image)
        disparity = self.model(prepared)
        if self.flip:
            mirrored = self.model(prepared.flip(-1)).flip(-1)
            everywhere = torch.ones_like(disparity, dtype=torch.bool)
            disparity = (disparity + align(mirrored, disparity, everywhere)).clamp(min=0) / 2
        return prepared, disparity

    def predict(self, image: np.ndarray | Path | str) -> np.ndarray:
        """Disparity float32 [H, W] at the picture's own size (bilinear, aligned corners).

        A metric network gives depth in metres instead.

        Args:
            image: uint8 RGB [H, W, 3], or the path of a picture.

        Raises:
            UnreadableImage: the file cannot be used.
            ValueError: the array is no such picture.
        """
        if isinstance(image, str | Path):
            image = read_image(image)
        _, disparity = self.predict_at_network_size(image)
        full = F.interpolate(
            disparity.float(), size=image.shape[:2], mode="bilinear", align_corners=True
        )
        return full[0, 0].cpu().numpy()
