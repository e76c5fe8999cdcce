"""From linear light to the picture that a phone would have kept."""

import io

import numpy as np
from PIL import Image, ImageFilter

Rng = np.random.Generator


def expose(radiance: np.ndarray, rng: Rng, brightness: tuple[float, float]) -> np.ndarray:
    """Linear radiance [H, W, 3] to sRGB in 0..1: exposure, white balance, lens, highlights.

    Args:
        brightness: range of the exposed picture's geometric mean, before highlights are compressed.
    """
    luminance = radiance.mean(-1)
    key = np.exp(np.log(np.maximum(luminance, 1e-3 * luminance.mean() + 1e-9)).mean())
    gain = rng.uniform(*brightness) / key
    if rng.random() < 0.12:  # a wrong guess of the camera's
        gain *= 2 ** rng.uniform(-1.5, 1.2)
    linear = radiance * gain * rng.uniform(0.92, 1.08, 3)
    if rng.random() < 0.5:
        linear = linear * _vignette(linear.shape[:2], rng.uniform(0.05, 0.4))[..., None]
    white = rng.uniform(3, 8)  # this much light is white
    compressed = linear * 1.25 * (1 + linear * 1.25 / white**2) / (1 + linear * 1.25)
    grey = compressed.mean(-1, keepdims=True)
    vivid = grey + (compressed - grey) * rng.uniform(0.9, 1.35)
    return np.clip(vivid, 0, 1) ** (1 / 2.2)


def _vignette(shape: tuple[int, int], strength: float) -> np.ndarray:
    """The light [H, W] that a lens lets through, 1 in the middle, 1 - strength in the corners."""
    y, x = (np.linspace(-1, 1, count) for count in shape)
    return 1 - strength * ((y[:, None] ** 2 + x[None] ** 2) / 2) ** 1.5


def spoil(picture: np.ndarray, rng: Rng, noise: tuple[float, float] | None) -> np.ndarray:
    """What small cameras do to a picture [H, W, 3] in 0..1: blur, noise, compression.

    Args:
        noise: range of the noise's standard deviation; None: little, and in few pictures.
    """
    if rng.random() < 0.25:
        picture = blur(picture, rng.uniform(0.3, 0.9))
    if noise or rng.random() < 0.3:
        sigma = rng.uniform(*(noise or (0.003, 0.015)))
        grain = rng.normal(0, sigma, picture.shape)
        blotches = blur(rng.normal(0.5, 0.15, picture.shape).clip(0, 1), 1.5) - 0.5
        picture = picture + grain.mean(-1, keepdims=True) + 0.5 * grain + 4 * sigma * blotches
    if rng.random() < 0.2:
        buffer = io.BytesIO()
        Image.fromarray(to_bytes(picture)).save(buffer, "JPEG", quality=int(rng.integers(35, 85)))
        picture = np.asarray(Image.open(buffer)) / 255
    return picture


def blur(picture: np.ndarray, radius_px: float) -> np.ndarray:
    """Gaussian blur of a picture [H, W, 3] in 0..1, in 8 bits."""
    soft = Image.fromarray(to_bytes(picture)).filter(ImageFilter.GaussianBlur(radius_px))
    return np.asarray(soft) / 255


def to_bytes(picture: np.ndarray) -> np.ndarray:
    """A picture in 0..1 as uint8."""
    return (np.clip(picture, 0, 1) * 255).round().astype(np.uint8)
