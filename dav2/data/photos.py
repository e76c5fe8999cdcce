"""Photographs on disk: finding them and reading whatever people really have."""

import io
import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import IO, NamedTuple

import numpy as np
from PIL import Image, ImageCms, ImageOps, PngImagePlugin, UnidentifiedImageError

from dav2.disk import stamp
from dav2.errors import UserError
from dav2.optional import optional

HEIF = {".heic", ".heif", ".hif"}  # of phones; the extra `predict` reads them
SUFFIXES = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".avif", ".bmp", ".tif", ".tiff"}
if find_spec("pillow_heif"):
    SUFFIXES |= HEIF
# Not EPS: Pillow would start an interpreter.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "BMP", "TIFF")
# Pictures all the same, which people should hear of when we pass them over.
NOT_READ = {
    *HEIF,
    *(".gif", ".jp2", ".j2k", ".jxl", ".ppm", ".pgm", ".pnm", ".tga"),
    *(".psd", ".svg", ".eps", ".exr", ".hdr", ".ico"),
    *(".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2"),
}
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
HEIF_FIX = "pip install 'dav2[predict]', which reads HEIC"
SMALLEST_SIDE_PX = 16  # below this there is nothing to see and no multiple of a patch to resize to
LARGEST_SIDE_PX = 16_384  # above this, or this elongated, network inputs outgrow memory
LARGEST_ASPECT = 16
# 9 bytes a pixel while it is read.
LARGEST_MEGAPIXELS = float(os.environ.get("DAV2_MEGAPIXELS", 150))
# Text and profiles in a PNG may be larger than Pillow likes: they are not part of the picture.
PngImagePlugin.MAX_TEXT_CHUNK = max(PngImagePlugin.MAX_TEXT_CHUNK, 1 << 24)
PngImagePlugin.MAX_TEXT_MEMORY = max(PngImagePlugin.MAX_TEXT_MEMORY, 1 << 28)
_OPENING = Lock()


class UnreadableImage(UserError):
    """The file cannot be used as a photograph; the message says which and why."""


class Photo(NamedTuple):
    """One photograph of a collection."""

    key: str  # unique in its collection; names its label
    load: Callable[[], np.ndarray]  # RGB uint8 [H, W, 3]; raises UnreadableImage; can be pickled
    content: Callable[[], bytes] | None = None  # the image file that `load` decodes, if any
    file: Path | None = None  # in which it lies
    problem: str | None = None  # why it was set aside when it was found; `load` raises it

    def stamp(self) -> list[int] | None:
        """Return what tells its file from its next version; None if that cannot be told."""
        return stamp(self.file) if self.file is not None and self.file.exists() else None


def files(root: Path, parents: tuple[str, ...] = ()) -> Iterator[Path]:
    """Yield every regular file under `root`, sorted by path; hidden files and folders are passed over.

    Links to folders are followed, circles are not.
    """
    here = os.path.realpath(root)
    if here in parents:
        return
    for name in sorted(os.listdir(root)):
        path = root / name
        if name.startswith("."):
            continue
        if path.is_dir():
            yield from files(path, (*parents, here))
        elif path.is_file():
            yield path


def find_images(root: Path | str) -> list[Path]:
    """Find all image files under `root`, see `files`. Warns of pictures in formats that are not read.

    Raises:
        FileNotFoundError: there is no such folder, or no image in it.
    """
    root = Path(root)
    if not root.is_dir():
        raise FileNotFoundError(f"{root} is not a folder")
    there = list(files(root))
    warn_of_unread(root, there)
    found = [path for path in there if path.suffix.lower() in SUFFIXES]
    if not found:
        raise FileNotFoundError(f"no images in {root} (looked for {', '.join(sorted(SUFFIXES))})")
    return found


def warn_of_unread(root: Path, paths: Iterable[Path]) -> None:
    """Say how many pictures of which kinds are passed over, so that nobody misses them later."""
    unread = NOT_READ - SUFFIXES
    kinds = Counter(path.suffix.lower() for path in paths if path.suffix.lower() in unread)
    if kinds:
        said = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
        heif = f", or {HEIF_FIX}" if HEIF & kinds.keys() else ""
        warnings.warn(
            f"{root}: formats that are not read were passed over: {said}; convert them to JPEG or "
            f"PNG{heif}",
            stacklevel=3,
        )


def _levels(image: Image.Image) -> np.ndarray:
    """Convert grey values of more than 8 bits to 0..255, by what the file's type can hold.

    Never by the values: a dark frame of a recording must stay dark.

    Raises:
        UserError: the type does not say what is white.
    """
    values = np.asarray(image, dtype=np.float64)
    if image.mode == "F":
        if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
            raise UserError(
                "floating-point values must be 0 to 1, where 1 is white; convert it to 8 or 16 bits"
            )
        return values * 255
    if values.min() < 0 or values.max() > 65535:
        raise UserError("its values need more than 16 bits; convert it to 16 bits")
    return values / 65535 * 255


def _in_srgb(image: Image.Image) -> Image.Image:
    """Convert colours to sRGB, where the file says that its own are others."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "CMYK"):
        return image
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(own):
            return image
        srgb = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, own, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a damaged profile tells nothing
    return image if converted is None else converted  # it is None only in place


def _to_rgb(image: Image.Image) -> np.ndarray:
    if image.mode.startswith("I") or image.mode == "F":
        grey = _levels(image).round().astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=-1)
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return np.array(_in_srgb(image).convert("RGB"))


def check_size(height: int, width: int, name: object) -> None:
    """Raise `UnreadableImage`, with the fix, if a picture of this size cannot be used."""
    short, long = sorted((height, width))
    if short < SMALLEST_SIDE_PX:
        fix = f"the shortest useful side is {SMALLEST_SIDE_PX}"
    elif long > LARGEST_SIDE_PX:
        fix = f"the longest usable side is {LARGEST_SIDE_PX}: shrink it or cut it into pieces"
    elif height * width > LARGEST_MEGAPIXELS * 1e6:
        fix = (
            f"the largest are {LARGEST_MEGAPIXELS:g} megapixels: shrink it, or set DAV2_MEGAPIXELS if "
            "there is memory for more"
        )
    elif long > LARGEST_ASPECT * short:
        fix = f"sides may differ by a factor of {LARGEST_ASPECT}: cut it into pieces"
    else:
        return
    raise UnreadableImage(f"{name} is {width}x{height} px; {fix}")


def open_image(file: Path | str | IO[bytes]) -> Image.Image:
    """Open a picture in one of `FORMATS` or a HEIC, not yet decoded; `check_size` is for its size.

    Raises:
        UnidentifiedImageError, OSError: it is none.
        ModuleNotFoundError: a HEIC, and the extra `predict` is not installed.
    """
    if _is_heif(_start(file)):
        return _open_heif(file)
    with _OPENING:  # Pillow's own limit of pixels is one number for the whole process
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            return Image.open(file, formats=FORMATS)
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _start(file: Path | str | IO[bytes], size: int = 64) -> bytes:
    """Read the first bytes of a file; all of them for size -1."""
    if isinstance(file, Path | str):
        with open(file, "rb") as opened:
            return opened.read(size)
    file.seek(0)
    return file.read(size)


def _is_heif(start: bytes) -> bool:
    """Tell whether a file begins as HEIC does, by its brands: AVIF is packed alike."""
    if start[4:8] != b"ftyp":
        return False
    brands = {start[at : at + 4] for at in range(8, int.from_bytes(start[:4]), 4)}
    return start[8:12] in HEIF_BRANDS and not brands & {b"avif", b"avis"}


def _open_heif(file: Path | str | IO[bytes]) -> Image.Image:
    # Its class, and not its opener for all of Pillow: nobody else's pictures are our matter.
    heif = optional("pillow_heif", "HEIC needs pillow-heif", "predict")
    try:
        return heif.HeifImageFile(io.BytesIO(_start(file, -1)))
    except SyntaxError as error:  # as Pillow's own readers say it
        raise UnidentifiedImageError(str(error)) from error


def _kind(file: Path | str | IO[bytes]) -> str:
    """Say what a file is that is no picture of ours."""
    start = _start(file)
    if not start:
        return "it is empty"
    if start.startswith(b"\x89PNG"):
        return "a damaged PNG chunk"
    if start.startswith(b"GIF8"):
        return "GIF is not read; convert it to PNG"
    if start[4:8] == b"ftyp":
        return f"a damaged {'HEIC' if _is_heif(start) else 'AVIF, or a video'}"
    return "unknown format"


def read_image(source: Path | str | IO[bytes] | bytes, name: object = None) -> np.ndarray:
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
        with open_image(file) as opened:
            check_size(opened.height, opened.width, name)
            return _to_rgb(ImageOps.exif_transpose(opened))
    except UnreadableImage:
        raise
    except UnidentifiedImageError as error:  # its own message may say where in memory the file lies
        raise UnreadableImage(f"{name} cannot be read as an image: {_kind(file)}") from error
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
    """Make the photograph that decodes from an image file.

    Args:
        content: reads the file, wherever it lies; may raise OSError or UnreadableImage.
        name: what messages call it.
        file: the file on disk in which it lies; None: `name`, if that is a path.
    """
    if file is None and isinstance(name, Path):
        file = name
    return Photo(key, partial(_decode, content, name), content, file)
