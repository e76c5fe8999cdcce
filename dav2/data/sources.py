"""Everything with a name that pictures can be read from, one at a time and whatever it is."""

import io
import random
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from dav2.data.frames import DepthSet, Frame
from dav2.data.labelled import LABELLED
from dav2.data.labels import JPEG_QUALITY, LabelSet
from dav2.data.photographs import COLLECTIONS
from dav2.data.photos import Photo
from dav2.disk import stamp
from dav2.encoding import encode_depth
from dav2.errors import UserError

JPEG_SIGN = b"\xff\xd8\xff"
DEPTH, DISPARITY = "depth", "disparity"

Pictures = tuple[np.ndarray, np.ndarray | None]


class Item(NamedTuple):
    """One picture of a source, not yet read.

    Both functions raise ValueError (BrokenFrame, UnreadableImage) or OSError, naming the file.

    Attributes:
        read: RGB uint8 [H, W, 3] and depth or disparity float32 [H, W], None if there is neither.
        encode: the picture as JPEG, as on disk where it is one there, and its depth or disparity
            as 16-bit PNG (`dav2.encoding`), empty if there is neither.
        stamp: what tells its files from their next version (`dav2.disk.stamp`).
    """

    name: str
    read: Callable[[], Pictures]
    encode: Callable[[], tuple[bytes, bytes]]
    stamp: Callable[[], Any]


class Source(NamedTuple):
    """Pictures in their order, and what comes with them: depth, disparity or nothing (None)."""

    items: Iterator[Item]
    target: str | None
    up_to_scale: bool = False


def _jpeg(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def _encode_frame(frames: DepthSet, frame: Frame) -> tuple[bytes, bytes]:
    pixels, depth = frames.read(frame)
    # A set that reads pictures in a way of its own (crops, tone maps) has no file to copy.
    content = b"" if frames.labelled.read_image else frame.image.read_bytes()
    return (content if content.startswith(JPEG_SIGN) else _jpeg(pixels)), encode_depth(depth)


def _read_photo(photo: Photo) -> Pictures:
    return photo.load(), None


def _encode_photo(photo: Photo) -> tuple[bytes, bytes]:
    pixels = photo.load()
    content = photo.content() if photo.content else b""
    return (content if content.startswith(JPEG_SIGN) else _jpeg(pixels)), b""


def reason_kind(reason: str) -> str:
    """Strip from a reason what is particular to one file, so that equal ones can be counted."""
    return re.sub(r"\d+(\.\d+)?", "N", re.sub(r"\S*[/\\\\]\S*", "FILE", reason))


def open_source(name: str, root: Path, shuffled: bool = False) -> Source:
    """Open the pictures under `root` as the set or collection `name`, or as a label store.

    Args:
        shuffled: in a fixed random order, so that neighbours of a video part. Collections, whose
            number is not known before their end, stay in their own order.

    Raises:
        UserError: unknown name; the message lists the known ones. Or another kind of folder.
        FileNotFoundError: nothing of the kind is there.
    """
    if name in LABELLED:
        labelled = LABELLED[name]
        frames = labelled.find(root)
        if shuffled:
            frames = random.Random(0).sample(frames, len(frames))
        samples = DepthSet(labelled, frames)
        items = (
            Item(
                frame.name,
                partial(samples.read, frame),
                partial(_encode_frame, samples, frame),
                frame.stamp,
            )
            for frame in frames
        )
        return Source(items, DEPTH, labelled.up_to_scale)
    if name in COLLECTIONS:
        items = (
            Item(photo.key, partial(_read_photo, photo), partial(_encode_photo, photo), photo.stamp)
            for photo in COLLECTIONS[name](root)
        )
        return Source(items, None)
    if name == "labels":
        labels = LabelSet(root)
        order = list(range(len(labels)))
        if shuffled:
            random.Random(0).shuffle(order)
        items = (
            Item(
                labels.places[i][1],
                partial(labels.read, i),
                partial(labels.files, i),
                partial(stamp, labels.places[i][0]),
            )
            for i in order
        )
        return Source(items, DISPARITY)
    known = ", ".join([*LABELLED, *COLLECTIONS, "labels"])
    raise UserError(f"unknown set {name!r}; there are {known} (and packed, to check)")
