"""Data sets that yield `Sample`; `dav2.data.stream` feeds them to training, with Lightning."""

from dav2.data.frames import Frame, LabelledSet
from dav2.data.labels import LabelSet
from dav2.data.photos import UnreadableImage, find_images, read_image
from dav2.data.rendered import RenderedSet

__all__ = [
    "Frame",
    "LabelSet",
    "LabelledSet",
    "RenderedSet",
    "UnreadableImage",
    "find_images",
    "read_image",
]
