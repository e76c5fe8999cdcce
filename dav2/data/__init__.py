"""Data sets that yield `Sample`, and the stream that feeds training."""

from dav2.data.labels import LabelSet
from dav2.data.photos import UnreadableImage, find_images, read_image
from dav2.data.rendered import RenderedSet
from dav2.data.stream import TrainingData

__all__ = [
    "LabelSet",
    "RenderedSet",
    "TrainingData",
    "UnreadableImage",
    "find_images",
    "read_image",
]
