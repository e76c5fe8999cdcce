"""What every data set yields and every stage receives."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dav2.errors import UserError


class Sample(NamedTuple):
    """One labelled picture, or a batch of them with a leading dimension.

    `disparity` is inverse depth up to a scale and a shift: larger is nearer, sky is 0 and valid.
    """

    image: Tensor  # float32 [3, H, W], RGB, 0..1
    disparity: Tensor  # float32 [1, H, W], >= 0
    valid: Tensor  # bool [1, H, W]
    name: str


def check_sample(sample: Sample) -> Sample:
    """Return `sample` unchanged if it keeps the contract.

    Raises:
        UserError: a type, shape or range is wrong; the message names the sample.
    """

    def wrong(what: str) -> UserError:
        return UserError(f"sample {sample.name!r}: {what}")

    image, disparity, valid, _ = sample
    if image.dtype != torch.float32 or image.ndim != 3 or image.shape[0] != 3:
        raise wrong(f"image must be float32 [3, H, W], not {image.dtype} {tuple(image.shape)}")
    size = (1, *image.shape[1:])
    if disparity.dtype != torch.float32 or disparity.shape != size:
        raise wrong(
            f"disparity must be float32 {size}, not {disparity.dtype} {tuple(disparity.shape)}"
        )
    if valid.dtype != torch.bool or valid.shape != size:
        raise wrong(f"valid must be bool {size}, not {valid.dtype} {tuple(valid.shape)}")
    if not (image.min() >= 0 and image.max() <= 1):
        raise wrong("image must lie in 0..1")
    known = disparity[valid]
    if known.numel() and not (torch.isfinite(known).all() and known.min() >= 0):
        raise wrong("valid disparity must be finite and >= 0")
    return sample


def check_map(values: np.ndarray, size_px: tuple[int, ...], name: object) -> np.ndarray:
    """Return a predicted map [H, W] unchanged if it has its picture's size and is finite.

    Raises:
        UserError: it is not; the message names the picture.
    """
    if values.shape != tuple(size_px):
        raise UserError(f"{name}: its map is {values.shape}, the picture {tuple(size_px)}")
    if not np.isfinite(values).all():
        raise UserError(f"{name}: its map is not finite everywhere")
    return values


def make_sample(pixels: np.ndarray, disparity: np.ndarray, name: str) -> Sample:
    """The sample of a picture uint8 [H, W, 3] and its disparity [H, W], NaN where unknown.

    Raises:
        UserError: see `check_sample`.
    """
    valid = ~np.isnan(disparity)
    return check_sample(
        Sample(
            image=torch.from_numpy(pixels).permute(2, 0, 1).float() / 255,
            disparity=torch.from_numpy(np.where(valid, disparity, 0).astype(np.float32))[None],
            valid=torch.from_numpy(valid)[None],
            name=name,
        )
    )
