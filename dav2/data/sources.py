"""Everything with a name that pictures can be read from, one at a time and whatever it is."""

import io
import random
import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from dav2.data.frames import DepthSet, Frame, LabelledSet
from dav2.data.labelled import LABELLED
from dav2.data.labels import JPEG_QUALITY, LabelSet
from dav2.data.photographs import COLLECTIONS, Collection
from dav2.data.photos import Photo
from dav2.disk import stamp
from dav2.encoding import encode_depth
from dav2.errors import UserError
from dav2.lookup import find_named

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
    part: str | None = None
    remarks: tuple[str, ...] = ()  # what one has to know of this copy


def _jpeg(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def _encode_frame(frames: DepthSet, frame: Frame) -> tuple[bytes, bytes]:
    pixels, depth = frames.read(frame)
    # A set that reads pictures in a way of its own (crops, tone maps) has no file to copy.
    content = b"" if frames.labelled.reader(frame) else frame.image.read_bytes()
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


def _labelled_items(labelled: LabelledSet, root: Path, shuffled: bool) -> Iterator[Item]:
    frames = labelled.find(root)
    if shuffled:
        frames = random.Random(0).sample(frames, len(frames))
    samples = DepthSet(labelled, frames)
    for frame in frames:
        encode = partial(_encode_frame, samples, frame)
        yield Item(frame.name, partial(samples.read, frame), encode, frame.stamp)


def _photo_items(collection: Collection, root: Path) -> Iterator[Item]:
    for photo in collection(root):
        encode = partial(_encode_photo, photo)
        yield Item(photo.key, partial(_read_photo, photo), encode, photo.stamp)


def _label_items(root: Path, shuffled: bool) -> Iterator[Item]:
    labels = LabelSet(root)
    order = list(range(len(labels)))
    if shuffled:
        random.Random(0).shuffle(order)
    for i in order:
        path, key, _ = labels.places[i]
        read, encode = partial(labels.read, i), partial(labels.files, i)
        yield Item(key, read, encode, partial(stamp, path))


def open_source(name: str | LabelledSet, root: Path, shuffled: bool = False) -> Source:
    """Open the pictures under `root` as a labelled set, a collection, or a label store.

    Args:
        name: in `LABELLED` or `COLLECTIONS`, `module:name` of one's own, "labels"; or a set itself.
        shuffled: in a fixed random order, so that neighbours of a video part. Collections, whose
            number is not known before their end, stay in their own order.

    Raises:
        UserError: unknown name; the message lists the known ones. Or another kind of folder.
        FileNotFoundError: nothing of the kind is there.
    """
    if name == "labels":
        return Source(_started(_label_items(root, shuffled)), DISPARITY)
    found: Any = name
    if isinstance(name, str):
        found = find_named(name, {**LABELLED, **COLLECTIONS}, "set")
    if isinstance(found, LabelledSet):
        items = _started(_labelled_items(found, root, shuffled))
        said = tuple(found.remarks(root)) if found.remarks else ()
        return Source(items, DEPTH, found.up_to_scale, found.part, said)
    if not callable(found):
        raise UserError(f"{name} is neither a LabelledSet nor a function that finds photographs")
    return Source(_started(_photo_items(found, root)), None)


def _started(items: Iterator[Item]) -> Iterator[Item]:
    """Find the first item at once, so that a wrong folder is an error now and not at first use."""
    first = list(islice(items, 1))
    return chain(first, items)
