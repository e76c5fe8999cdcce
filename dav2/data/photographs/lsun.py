"""LSUN: one LMDB per category, or what the authors' tool exports from it."""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dav2.data.photographs.walk import set_aside, some
from dav2.data.photos import Photo, UnreadableImage, files, photo_from_file
from dav2.optional import optional

if TYPE_CHECKING:
    import lmdb

LAYOUT = (
    "bedroom_train_lmdb/data.mdb ... or exported bedroom_train/0/0/0/1/c/4/0001c4<34 more>.webp"
)
EXPORTED = re.compile(r"(?:(?:.*/)?([^/]{2,})/)?(?:[0-9a-f]/){0,6}([0-9a-f]{40})\.(?:webp|jpg)")
PLAIN_KEY = re.compile(rb"[\w.-]+")
KEYS_AT_ONCE = 10_000
_alone = threading.Lock()
# A fork waits until nothing is open: the child could neither open it again nor unlock.
if hasattr(os, "register_at_fork"):  # Windows forks nothing
    os.register_at_fork(
        before=_alone.acquire, after_in_parent=_alone.release, after_in_child=_alone.release
    )


@contextmanager
def _reading(folder: Path) -> Iterator["lmdb.Transaction"]:
    """A look into an LMDB, closed at once: it can neither be open twice nor live through a fork."""
    lmdb = optional("lmdb", "reading LSUN needs lmdb", "data")
    options = {"readonly": True, "lock": False, "readahead": False, "meminit": False}
    with _alone:
        try:
            with lmdb.open(str(folder), create=False, **options) as environment:
                size = (environment.info()["last_pgno"] + 1) * environment.stat()["psize"]
                present = (folder / "data.mdb").stat().st_size
                if present < size:  # reading beyond the end would kill the process
                    raise UnreadableImage(f"{folder} is cut off: {present} of {size} bytes")
                with environment.begin() as transaction:
                    yield transaction
        except (lmdb.Error, OSError) as error:
            raise UnreadableImage(f"{folder} cannot be read as LMDB: {error}") from error


def _keys(folder: Path, after: bytes | None) -> list[bytes]:
    with _reading(folder) as transaction, transaction.cursor() as cursor:
        found = cursor.first() if after is None else cursor.set_range(after + b"\0")
        keys = []
        while found and len(keys) < KEYS_AT_ONCE:
            key = bytes(cursor.key())
            if after is not None and key <= after:  # else a damaged tree leads round and round
                raise UnreadableImage(f"{folder} is damaged: its keys do not rise")
            keys.append(key)
            after = key
            found = cursor.next()
        return keys


def _value(folder: Path, key: bytes, name: str) -> bytes:
    with _reading(folder) as transaction:
        content = transaction.get(key)
    if content is None:
        raise UnreadableImage(f"{name} is not there any more")
    return content


def _walk_lmdb(folder: Path) -> Iterator[Photo]:
    category = folder.resolve().name.removesuffix("_lmdb")
    last = None
    try:
        while keys := _keys(folder, last):
            for key in keys:
                text = key.decode() if PLAIN_KEY.fullmatch(key) else key.hex()
                name = f"{folder}: {text}"
                content = partial(_value, folder, key, name)
                yield photo_from_file(f"{category}/{text}", content, name, folder / "data.mdb")
            last = keys[-1]
    except UnreadableImage as error:
        yield set_aside(category, str(error))


def _walk(root: Path) -> Iterator[Photo]:
    for path in files(root):
        if path.name == "data.mdb":
            yield from _walk_lmdb(path.parent)
        elif match := EXPORTED.fullmatch(path.relative_to(root).as_posix()):
            category = match[1] or root.resolve().name
            yield photo_from_file(f"{category}/{match[2]}", path.read_bytes, path)


def find_lsun(root: Path) -> Iterator[Photo]:
    """Photographs of LSUN's categories; the key is `<category>_<split>/<key in the LMDB>`.

    Raises:
        FileNotFoundError: there are none.
        ModuleNotFoundError: there is an LMDB, but no lmdb to read it with.
    """
    return some(_walk(root), root, LAYOUT)
