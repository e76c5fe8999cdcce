"""Photographs on disk: finding them and reading whatever people really have."""

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from dav2.disk import stamp

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}
# Not EPS: Pillow would start an interpreter.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
SMALLEST_SIDE_PX = 16  # below this there is nothing to see and no multiple of a patch to resize to
LARGEST_SIDE_PX = 16_384  # above this, or this elongated, network inputs outgrow memory
LARGEST_ASPECT = 16


class UnreadableImage(ValueError):
    """The file cannot be used as a photograph; the message says which and why."""


class Photo(NamedTuple):
    """One photograph of a collection."""

    key: str  # unique in its collection; names its label
    load: Callable[[], np.ndarray]  # RGB uint8 [H, W, 3]; raises UnreadableImage; can be pickled
    content: Callable[[], bytes] | None = (
        None  # the image file that `load` decodes, if there is one
    )
    file: Path | None = None  # in which it lies

    def stamp(self) -> list[int] | None:
        """What tells its file from its next version; None if that cannot be told."""
        return stamp(self.file) if self.file is not None and self.file.exists() else None


def find_images(root: Path | str) -> list[Path]:
    """All image files under `root`, recursively, sorted by path.

    Raises:
        FileNotFoundError: there is no such folder, or no image in it.
    """
    root = Path(root)
    if not root.is_dir():
        raise FileNotFoundError(f"{root} is not a folder")
    found = sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not found:
        raise FileNotFoundError(f"no images in {root} (looked for {', '.join(sorted(SUFFIXES))})")
    return found


def _to_rgb(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I") or image.mode == "F":
        # Pillow would clip 16-bit values at 255; the full range is what the camera meant.
        values = np.asarray(image, dtype=np.float32)
        grey = np.clip(values / (65535 if values.max() > 255 else 255) * 255, 0, 255)
        return np.repeat(grey.round().astype(np.uint8)[..., None], 3, axis=-1)
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return np.array(image.convert("RGB"))


def check_size(height: int, width: int, name: object) -> None:
    """Raise `UnreadableImage`, with the fix, if a picture of this size cannot be used."""
    short, long = sorted((height, width))
    if short < SMALLEST_SIDE_PX:
        fix = f"the shortest useful side is {SMALLEST_SIDE_PX}"
    elif long > LARGEST_SIDE_PX:
        fix = f"the longest usable side is {LARGEST_SIDE_PX}: shrink it or cut it into pieces"
    elif long > LARGEST_ASPECT * short:
        fix = f"sides may differ by a factor of {LARGEST_ASPECT}: cut it into pieces"
    else:
        return
    raise UnreadableImage(f"{name} is {width}x{height} px; {fix}")


def read_image(source: Path | str | BinaryIO | bytes, name: object = None) -> np.ndarray:
    """Read a photograph as RGB uint8 [H, W, 3], upright (EXIF orientation applied).

    Greyscale, 16-bit, CMYK, palette and transparent images are converted. The size is checked in
    the header, before any pixel is decoded.

    Args:
        source: a path, an open binary file, or the file's content.
        name: what messages call it (default: the path).

    Raises:
        UnreadableImage: missing, damaged, cut off, too large or too small to use.
    """
    if name is None:
        name = source if isinstance(source, Path | str) else "the image"
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        with Image.open(file, formats=FORMATS) as opened:
            check_size(opened.height, opened.width, name)
            return _to_rgb(ImageOps.exif_transpose(opened))
    except UnreadableImage:
        raise
    except UnidentifiedImageError as error:  # its own message may say where in memory the file lies
        raise UnreadableImage(f"{name} cannot be read as an image: unknown format") from error
    except Exception as error:  # damaged files make decoders stumble in every way there is
        raise UnreadableImage(f"{name} cannot be read as an image: {error}") from error


def _decode(content: Callable[[], bytes], name: object) -> np.ndarray:
    try:
        return read_image(content(), name)
    except OSError as error:
        raise UnreadableImage(f"{name} cannot be read: {error}") from error


def photo_from_file(
    key: str, content: Callable[[], bytes], name: object, file: Path | None = None
) -> Photo:
    """The photograph that decodes from an image file.

    Args:
        content: reads the file, wherever it lies; may raise OSError or UnreadableImage.
        name: what messages call it.
        file: the file on disk in which it lies; None: `name`, if that is a path.
    """
    if file is None and isinstance(name, Path):
        file = name
    return Photo(key, partial(_decode, content, name), content, file)
