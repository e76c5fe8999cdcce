"""Rendered scenes from disk: perfect labels."""

from pathlib import Path

import numpy as np

from dav2.data.frames import DepthSet, Frame, LabelledSet
from dav2.disk import check_record
from dav2.encoding import decode_depth
from dav2.manifests import MANIFEST, read_manifest, require


def find_frames(root: Path) -> list[Frame]:
    """Find the views of a finished rendered set.

    Raises:
        MissingArtefact: the set is not finished.
        ValueError: the folder holds something else.
    """
    require(root, f"dav2 render --out {root}", "rendered")
    manifest = check_record(read_manifest(root), {"names": list}, root / MANIFEST)
    return [Frame(name, root / f"{name}.jpg", root / f"{name}.png") for name in manifest["names"]]


def read_depth(frame: Frame) -> np.ndarray:
    """Read planar depth [H, W] in metres; sky is inf."""
    return decode_depth(frame.depth.read_bytes())


RENDERED = LabelledSet("rendered", find_frames, read_depth)


class RenderedSet(DepthSet):
    """The views of a finished rendered set (`dav2 render`), at full size.

    Raises:
        MissingArtefact: the set is not finished.
        ValueError: the folder holds something else.
    """

    def __init__(self, root: Path | str):
        super().__init__(RENDERED, find_frames(Path(root)))
