"""Pseudo-labelling: a teacher looks at photographs and its disparity becomes their label.

V2 section 5.1: labels are made from clean images by the most capable teacher, once, and stored.
"""

from dav2.label.local import label_photos
from dav2.label.shards import label_shards
from dav2.label.store import summarise

__all__ = ["label_photos", "label_shards", "summarise"]
