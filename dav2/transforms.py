"""What happens to a sample between disk and network. Image, disparity and valid stay aligned."""

from typing import NamedTuple

import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from dav2.sample import Sample

FLIP = v2.RandomHorizontalFlip(0.5)


def strong_colour(
    brightness: float = 0.4,
    contrast: float = 0.4,
    saturation: float = 0.5,
    hue: float = 0.0,
    grey: float = 0.1,
    blur: float = 0.3,
    blur_sigma_px: tuple[float, float] = (0.3, 1.5),
    blur_size_px: int = 5,
    noise: float = 0.3,
    noise_sigma: float = 0.03,
) -> v2.Transform:
    """Colour jitter, Gaussian blur and more, for float32 images [..., 3, H, W] in 0..1.

    V1 section 3.2 names jitter and blur for the student; strengths and probabilities are not stated
    in paper or code, so the defaults are ours. `grey`, `blur` and `noise` are probabilities.

    Args:
        hue: 0 leaves it out; it costs ten times the rest of the jitter.
        blur_size_px: of the kernel, odd.
    """
    return v2.Compose(
        [
            v2.ColorJitter(brightness, contrast, saturation, hue),
            v2.RandomGrayscale(grey),
            v2.RandomApply([v2.GaussianBlur(blur_size_px, blur_sigma_px)], blur),
            v2.RandomApply([v2.GaussianNoise(sigma=noise_sigma)], noise),
        ]
    )


STRONG_COLOUR = strong_colour()


def random_crop(size_px: tuple[int, int], zoom: tuple[float, float]) -> v2.Transform:
    """A random crop resized to `size_px` (height, width).

    Args:
        zoom: smallest and largest share of the picture's area that the crop takes.
    """
    ratio = size_px[1] / size_px[0]
    return v2.RandomResizedCrop(size_px, scale=zoom, ratio=(ratio / 1.15, ratio * 1.15))


def shorter_side_crop(side_px: int = 518) -> v2.Transform:
    """The shorter side resized to `side_px`, the aspect kept, and a random square of that side.

    V2 section 7.1, with 518.
    """
    return v2.Compose([v2.Resize(side_px), v2.RandomCrop(side_px)])


def augment(sample: Sample, crop: v2.Transform, colour: bool | v2.Transform, seed: int) -> Sample:
    """Crop, flip and (if `colour`) disturb the colours of a sample; the seed decides everything.

    Disparity and valid are resampled with nearest neighbour: an average of two depths is the
    depth of nothing.

    Args:
        crop: see `random_crop` and `shorter_side_crop`.
        colour: True for `STRONG_COLOUR`, or a transform of the image.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        image, disparity, valid = FLIP(
            crop(
                tv_tensors.Image(sample.image),
                tv_tensors.Mask(sample.disparity),
                tv_tensors.Mask(sample.valid),
            )
        )
        image = image.as_subclass(torch.Tensor)
        if colour:
            image = (STRONG_COLOUR if colour is True else colour)(image)
    return Sample(
        image.clamp(0, 1),
        disparity.as_subclass(torch.Tensor),
        valid.as_subclass(torch.Tensor),
        sample.name,
    )


class Mixed(NamedTuple):
    """A batch after `cutmix`: `own` is where a picture is still itself, bool [B, 1, H, W]."""

    image: Tensor
    target: Tensor
    valid: Tensor
    own: Tensor


def cutmix(
    image: Tensor,
    target: Tensor,
    valid: Tensor,
    probability: float = 0.5,
    generator: torch.Generator | None = None,
) -> Mixed:
    """Lay a rectangle of the batch's next picture, with its target, over some pictures.

    V1 section 3.2, eq. 5: `own` is M for u_a = the picture and u_b = the next one; a loss must
    normalise `own` and its complement each on its own (eq. 6-8). The probability is V1's. The law
    of the rectangle is not stated: ours is CutMix's own (Yun et al. 2019, with alpha 1): its
    share of the area is uniform in 0..1, its shape the picture's, its centre uniform, and what
    lies outside the picture is cut off. A batch of one stays as it is.

    Args:
        image: float [B, C, H, W]; target float and valid bool [B, 1, H, W].
        probability: of every picture, to get a rectangle.
    """
    batch, height, width = image.shape[0], *image.shape[-2:]
    share, row, column, chance = torch.rand(4, batch, 1, 1, 1, generator=generator).to(image.device)
    half_height, half_width = share.sqrt() * height / 2, share.sqrt() * width / 2
    y = torch.arange(height, device=image.device).view(1, 1, height, 1) + 0.5
    x = torch.arange(width, device=image.device).view(1, 1, 1, width) + 0.5
    inside = ((y - row * height).abs() < half_height) & ((x - column * width).abs() < half_width)
    own = ~(inside & (chance < probability)) if batch > 1 else torch.ones_like(inside)
    return Mixed(
        torch.where(own, image, image.roll(-1, 0)),
        torch.where(own, target, target.roll(-1, 0)),
        torch.where(own, valid, valid.roll(-1, 0)),
        own,
    )
