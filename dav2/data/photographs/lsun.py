"""LSUN: one LMDB per category, or what the authors' tool exports from it."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from dav2.data.photographs.lmdb_file import values
from dav2.data.photographs.walk import part_of, require_any, set_aside
from dav2.data.photos import Photo, files, photo_from_file
from dav2.errors import UserError

LAYOUT = (
    "bedroom_train_lmdb/data.mdb ... or exported bedroom_train/0/0/0/1/c/4/0001c4<34 more>.webp"
)
EXPORTED = re.compile(r"(?:(?:.*/)?([^/]{2,})/)?(?:[0-9a-f]/){0,6}([0-9a-f]{40})\.(?:webp|jpg)")
PLAIN_KEY = re.compile(rb"[\w.-]+")


def _walk_lmdb(file: Path) -> Iterator[Photo]:
    category = file.parent.resolve().name.removesuffix("_lmdb")
    try:
        for key, offset, size in values(file):
            text = key.decode() if PLAIN_KEY.fullmatch(key) else key.hex()
            content = partial(part_of, file, offset, size)
            yield photo_from_file(f"{category}/{text}", content, f"{file.parent}: {text}", file)
    except UserError as error:
        yield set_aside(category, str(error))


def _walk(root: Path) -> Iterator[Photo]:
    for path in files(root):
        if path.name == "data.mdb":
            yield from _walk_lmdb(path)
        elif match := EXPORTED.fullmatch(path.relative_to(root).as_posix()):
            category = match[1] or root.resolve().name
            yield photo_from_file(f"{category}/{match[2]}", path.read_bytes, path)


def find_lsun(root: Path) -> Iterator[Photo]:
    """Find photographs of LSUN's categories; the key is `<category>_<split>/<key in the LMDB>`.

    Raises:
        FileNotFoundError: there are none.
    """
    return require_any(_walk(root), root, LAYOUT)
