"""What happens to a sample between disk and network. Image, disparity and valid stay aligned."""

import torch
from torchvision import tv_tensors
from torchvision.transforms import v2

from dav2.sample import Sample

FLIP = v2.RandomHorizontalFlip(0.5)

# Depth Anything V1 section 3.2 names colour jitter and Gaussian blur for the student; strengths
# and probabilities are not stated anywhere, so these are ours.
STRONG_COLOUR = v2.Compose(
    [
        # No hue: it costs ten times the rest of the jitter.
        v2.ColorJitter(brightness=0.4, contrast=0.4, saturation=0.5),
        v2.RandomGrayscale(0.1),
        v2.RandomApply([v2.GaussianBlur(5, (0.3, 1.5))], 0.3),
        v2.RandomApply([v2.GaussianNoise(sigma=0.03)], 0.3),
    ]
)


def random_crop(size_px: tuple[int, int], zoom: tuple[float, float]) -> v2.Transform:
    """A random crop resized to `size_px` (height, width).

    Args:
        zoom: smallest and largest share of the picture's area that the crop takes.
    """
    ratio = size_px[1] / size_px[0]
    return v2.RandomResizedCrop(size_px, scale=zoom, ratio=(ratio / 1.15, ratio * 1.15))


def augment(sample: Sample, crop: v2.Transform, colour: bool, seed: int) -> Sample:
    """Crop, flip and (if `colour`) disturb the colours of a sample; the seed decides everything.

    Disparity and valid are resampled with nearest neighbour: an average of two depths is the
    depth of nothing.
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
            image = STRONG_COLOUR(image)
    return Sample(
        image.clamp(0, 1),
        disparity.as_subclass(torch.Tensor),
        valid.as_subclass(torch.Tensor),
        sample.name,
    )
