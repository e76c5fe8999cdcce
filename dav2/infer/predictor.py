"""From any picture to a disparity map of its own size."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, overload

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from dav2.alignment import align
from dav2.data.photos import check_size, read_image
from dav2.devices import choose_device
from dav2.errors import UserError
from dav2.infer.tiles import predict_in_tiles
from dav2.model import OFFICIAL, SHIPPED, network_hash, open_stage

Picture = np.ndarray | Image.Image | Path | str


def input_size(height: int, width: int, shorter_px: int, stride: int) -> tuple[int, int]:
    """Choose the network's input (height, width): shorter side at least `shorter_px`, multiples of `stride`.

    The rule of Depth Anything V2's `Resize(..., "lower_bound")`: aspect kept, sides rounded to
    the nearest multiple, but upwards where that would fall below the bound.
    """
    scale = max(shorter_px / height, shorter_px / width)

    def fit(side: int) -> int:
        rounded = round(side * scale / stride) * stride
        return rounded if rounded >= shorter_px else -(-shorter_px // stride) * stride

    return fit(height), fit(width)


def _checked(image: Picture) -> np.ndarray:
    if isinstance(image, str | Path):
        return read_image(image)
    if isinstance(image, Image.Image):
        image = np.array(image.convert("RGB"))
    if not isinstance(image, np.ndarray):
        raise UserError(
            f"image must be RGB uint8 [H, W, 3], a path or a PIL image, not {type(image).__name__}"
        )
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise UserError(
            f"image must be RGB uint8 [H, W, 3], not {image.dtype} {image.shape}; convert it, "
            "for example with PIL.Image.convert('RGB')"
        )
    height, width = image.shape[:2]
    check_size(height, width, "the picture")
    return image


class Predictor:
    """Disparity for pictures of any size.

    Args:
        model: any network with `stride` that maps [B, 3, H, W] to [B, 1, H, W]: of `build_model`,
            or an exported one (`open_exported`). None: the one that ships with dav2. It says how
            it looks at pictures (`dav2.model.Preprocessing`); one that does not looks as released
            weights do.
        shorter_px: shorter side of the network's input, in place of the network's own. More shows
            more detail (V2, B.8).
        flip: average with the mirrored picture's map (aligned in scale and shift first).
        tiles: look again, `tiles` times as closely, in overlapping tiles of the same input size.
        batch_size: pictures of one size that go through the network together. On a CPU one at a
            time is fastest.
        device: "cpu", "cuda", "mps" or "auto", see `choose_device`; None: where the network is.

    Raises:
        UserError: a number below 1, or a device that is not here.
    """

    def __init__(
        self,
        model: nn.Module | None = None,
        shorter_px: int | None = None,
        flip: bool = False,
        tiles: int = 1,
        batch_size: int = 1,
        device: str | None = None,
    ):
        model = open_stage(SHIPPED) if model is None else model
        own = getattr(model, "preprocessing", OFFICIAL)
        shorter_px = own.shorter_px if shorter_px is None else shorter_px
        if min(shorter_px, tiles, batch_size) < 1:
            raise UserError("shorter_px, tiles and batch_size must be at least 1")
        # Any: an nn.Module with `stride`.
        self.model: Any = model.eval().to(memory_format=torch.channels_last)
        if device is not None:
            self.model.to(choose_device(device))
        self.shorter_px, self.flip, self.antialias = shorter_px, flip, own.antialias
        self.tiles, self.batch_size = tiles, batch_size

    @property
    def settings(self) -> str:
        """Return what besides the model decides a map; a folder of maps is kept to one such setting."""
        return f"{self.shorter_px} px, flip {self.flip}, antialias {self.antialias}, tiles {self.tiles}"

    @property
    def identity(self) -> str:
        """Return what decides its maps, network and settings: two predictors are alike if this is.

        Not a path: a run trained anew under the same name makes other maps.
        """
        return f"{self.settings}, weights {network_hash(self.model)[:16]}"

    @property
    def device(self) -> torch.device:
        """Return where the network computes; an exported one has no parameters, and runs on the CPU."""
        return next((p.device for p in self.model.parameters()), torch.device("cpu"))

    def size(self, image: np.ndarray) -> tuple[int, int]:
        """Return the size (height, width) at which the network looks at a picture [H, W, 3]."""
        height, width = image.shape[:2]
        return input_size(height, width, self.shorter_px, self.model.stride)

    def prepare(self, image: np.ndarray, size: tuple[int, int] | None = None) -> Tensor:
        """Resize uint8 [H, W, 3] RGB to float32 [1, 3, h, w] in 0..1 at network size, bicubic."""
        image = _checked(image)
        pixels = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None].float() / 255
        size = size or self.size(image)
        resized = F.interpolate(pixels, size=size, mode="bicubic", antialias=self.antialias)
        if self.antialias:  # the official cubic may overshoot 0..1, and does not clip
            resized = resized.clamp(0, 1)
        return resized.to(self.device, memory_format=torch.channels_last)

    @torch.inference_mode()
    def run(self, prepared: Tensor) -> Tensor:
        """Compute the disparity [B, 1, h, w] of prepared pictures of one size [B, 3, h, w]."""
        if not self.flip:
            return self.model(prepared).float()
        disparity, mirrored = self._both_ways(prepared)
        return (disparity + mirrored).clamp(min=0) / 2

    def _both_ways(self, prepared: Tensor) -> tuple[Tensor, Tensor]:
        """Return the maps of prepared pictures, and those of their mirror images, turned back and aligned."""
        disparity = self.model(prepared).float()
        mirrored = self.model(prepared.flip(-1)).float().flip(-1)
        return disparity, align(mirrored, disparity, torch.ones_like(disparity, dtype=torch.bool))

    @torch.inference_mode()
    def spread(self, image: Picture) -> np.ndarray:
        """Compute how far map and mirror image disagree, float32 [H, W], as a share of the map's range.

        A measure of doubt for one more look: where a network is sure, it says the same of a picture
        and of its mirror image. It does not see what both get wrong. Without tiles.
        """
        image = _checked(image)
        disparity, mirrored = self._both_ways(self.prepare(image))
        extent = (disparity.max() - disparity.min()).clamp(min=1e-12)
        return _at_own_size((disparity - mirrored).abs() / extent, image)

    @torch.inference_mode()
    def predict_at_network_size(self, *images: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return pictures of one network size, resized [B, 3, h, w], and their disparity [B, 1, h, w]."""
        prepared = torch.cat([self.prepare(image) for image in images])
        return prepared, self.run(prepared)

    def _refined(self, image: np.ndarray, coarse: Tensor) -> Tensor:
        height, width = image.shape[:2]
        fine = input_size(height, width, self.tiles * self.shorter_px, self.model.stride)
        rows, columns = coarse.shape[-2:]
        return predict_in_tiles(self.run, self.prepare(image, fine), coarse, (rows, columns))

    @overload  # a path is a sequence, of str
    def predict(self, image: Picture) -> np.ndarray: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, image: Sequence[Picture]) -> list[np.ndarray]: ...
    @torch.inference_mode()
    def predict(self, image: Picture | Sequence[Picture]) -> np.ndarray | list[np.ndarray]:
        """Predict disparity float32 [H, W] at the picture's own size (bilinear, aligned corners).

        A metric network gives depth in metres instead. A list of pictures, of whatever sizes,
        gives a list of maps in the same order.

        Args:
            image: uint8 RGB [H, W, 3], a PIL image, the path of a picture, or a list of these.

        Raises:
            UnreadableImage: the file cannot be used.
            UserError: the array is no such picture, or the network's map is not finite.
        """
        if not isinstance(image, list | tuple):
            # Another kind of sequence is refused there.
            return self.predict([image])[0]  # type: ignore[list-item]
        images = [_checked(one) for one in image]
        sizes = [self.size(one) for one in images]
        by_size = sorted(range(len(images)), key=sizes.__getitem__)
        maps: dict[int, np.ndarray] = {}
        for _, group in groupby(by_size, sizes.__getitem__):
            same = list(group)
            for first in range(0, len(same), self.batch_size):
                batch = same[first : first + self.batch_size]
                _, disparity = self.predict_at_network_size(*(images[i] for i in batch))
                for index, one in zip(batch, disparity.split(1), strict=True):
                    if self.tiles > 1:
                        one = self._refined(images[index], one)
                    maps[index] = _at_own_size(one, images[index])
        return [maps[index] for index in range(len(images))]


def _at_own_size(disparity: Tensor, image: np.ndarray) -> np.ndarray:
    if not torch.isfinite(disparity).all():
        raise UserError("the network's map is not finite; its weights are damaged or overflow")
    full = F.interpolate(disparity, size=image.shape[:2], mode="bilinear", align_corners=True)
    return full[0, 0].cpu().numpy()
