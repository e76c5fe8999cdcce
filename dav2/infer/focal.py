"""Focal lengths: what a photograph's file says, what a user says, or what is assumed."""

import math
from pathlib import Path
from typing import NamedTuple

from PIL import ExifTags

from dav2.data.photos import open_image
from dav2.errors import UserError
from dav2.geometry import intrinsics_from_fov

ASSUMED_FOV_DEGREES = 60.0
FILM_DIAGONAL_MM = math.hypot(36, 24)  # to which EXIF's "focal length in 35 mm film" refers
SHORTEST_MM, LONGEST_MM = 5, 2000  # in 35 mm film; other numbers are damage
CROPPED = 0.02  # of the aspect that the camera wrote


class Focal(NamedTuple):
    """A focal length in pixels of the picture, and where it is from."""

    px: float
    source: str  # "given", "field of view", "EXIF" or "assumed"


def focal_from_fov(width: int, horizontal_degrees: float) -> float:
    """Compute the focal length in pixels of a picture that shows so much from left to right.

    Raises:
        UserError: no angle between 0 and 180 degrees.
    """
    if not 0 < horizontal_degrees < 180:
        raise UserError(
            f"a field of view lies between 0 and 180 degrees, not {horizontal_degrees:g}"
        )
    return intrinsics_from_fov(width, 1, math.radians(horizontal_degrees))["fx"]


def focal_from_exif(path: Path | str) -> float | None:
    """Read the focal length in pixels out of a photograph's EXIF; None: it does not say.

    Uses the focal length in 35 mm film, which shrinking does not change. A picture whose aspect is
    not the one that its camera wrote was cropped, so its EXIF does not hold for it.
    """
    try:
        with open_image(path) as image:
            tags = image.getexif().get_ifd(ExifTags.IFD.Exif)
            film_mm = float(tags.get(ExifTags.Base.FocalLengthIn35mmFilm) or 0)
            width = float(tags.get(ExifTags.Base.ExifImageWidth) or 0)
            height = float(tags.get(ExifTags.Base.ExifImageHeight) or 0)
            short, long = sorted(image.size)
    except Exception:  # damaged EXIF raises whatever it likes, and is worth no picture
        return None
    if not SHORTEST_MM <= film_mm <= LONGEST_MM:
        return None
    if width > 0 and height > 0:
        aspect = max(width, height) / min(width, height)
        if abs(long / short / aspect - 1) > CROPPED:
            return None
    return film_mm / FILM_DIAGONAL_MM * math.hypot(short, long)


def find_focal(
    path: Path | str, width: int, focal_px: float | None = None, fov: float | None = None
) -> Focal:
    """Find a picture's focal length: as given, by the field of view, by EXIF, or of 60 degrees.

    Args:
        width: of this picture, upright, in pixels.
        focal_px: in pixels; what the user says wins.
        fov: horizontal field of view in degrees.
    """
    if focal_px is not None:
        return Focal(focal_px, "given")
    if fov is not None:
        return Focal(focal_from_fov(width, fov), "field of view")
    if (found := focal_from_exif(path)) is not None:
        return Focal(found, "EXIF")
    return Focal(focal_from_fov(width, ASSUMED_FOV_DEGREES), "assumed")
