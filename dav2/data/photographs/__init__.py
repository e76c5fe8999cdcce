"""Collections of photographs without labels: any folder, and the paper's eight sets as they come.

A collection is a function: root -> its photographs, lazily and in a fixed order, whether unpacked or
in plain tars. Keys are made from names alone, so both give the same. What cannot be used (a tar that
is cut off, a compressed one) stands there as a photograph whose `load` says why.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from dav2.data.photographs.bdd100k import find_bdd100k
from dav2.data.photographs.lsun import find_lsun
from dav2.data.photographs.walk import require_any, walk
from dav2.data.photos import SUFFIXES, Photo, files, photo_from_file


def find_folder(root: Path) -> Iterator[Photo]:
    """Find all image files under `root`; their keys are their paths.

    Raises:
        FileNotFoundError: there are none.
    """
    found = (
        photo_from_file(path.relative_to(root).as_posix(), path.read_bytes, path)
        for path in files(root)
        if path.suffix.lower() in SUFFIXES
    )
    return require_any(found, root, f"image files ({', '.join(sorted(SUFFIXES))})")


def _name(pattern: re.Pattern[str], path: str) -> str | None:
    match = pattern.search(path)
    # Places365 writes a category as `diner/outdoor`, or `diner-outdoor` where folders are flat.
    return match and "/".join(filter(None, match.groups())).replace("-", "/")


def find_named(pattern: str, layout: str, root: Path) -> Iterator[Photo]:
    """Find photographs in folders and plain tars by the names that their set gives them.

    Args:
        pattern: of the end of a photograph's path; its groups make the key.
        layout: what the set looks like, for the error.

    Raises:
        FileNotFoundError: there are none.
    """
    name = partial(_name, re.compile(rf"(?:^|/){pattern}$"))
    return require_any(walk(root, name), root, layout)


Collection = Callable[[Path], Iterator[Photo]]
COLLECTIONS: dict[str, Collection] = {
    "folder": find_folder,
    "bdd100k": find_bdd100k,
    "landmarks": partial(
        find_named,
        r"([0-9a-f]{16})\.jpg",
        "0/1/2/0123456789abcdef.jpg or images_000.tar ... images_499.tar",
    ),
    "imagenet21k": partial(
        find_named,
        r"(n\d{8}_\d+)\.(?:JPEG|jpe?g)",
        "n00000000/n00000000_1.JPEG, n00000000.tar or one tar of such tars",
    ),
    "lsun": find_lsun,
    "objects365": partial(
        find_named,
        r"(objects365_v[12]_\d+)\.jpg",
        "patch0/objects365_v1_00000000.jpg or patch0.tar",
    ),
    "openimages": partial(
        find_named,
        r"([0-9a-f]{16})\.jpg",
        "train/0123456789abcdef.jpg or train_0.tar ... train_f.tar",
    ),
    "places365": partial(
        find_named,
        r"(?:(?:[a-z]|train)/([a-z_]+(?:[/-][a-z_]+)?)/(\d{8})|(Places365_(?:val|test)_\d{8}))\.jpg",
        "data_256/a/airfield/00000001.jpg, train/airfield/00000001.jpg or their tars",
    ),
    "sa1b": partial(find_named, r"(sa_\d+)\.jpg", "sa_1.jpg or sa_000000.tar ... sa_000999.tar"),
}
