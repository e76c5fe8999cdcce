"""Walking over photographs in folders and in plain tars, lazily and in a fixed order.

A tar counts as the folder that unpacking it in place would make, so packed and unpacked sets have
the same paths. Of a tar only headers are read; a photograph in it is (file, offset, size). Names of
members never become paths on disk.
"""

import itertools
import os
import tarfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from dav2.data.photos import Photo, UnreadableImage, files, photo_from_file

COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip", ".7z", ".rar")
GZIP = b"\x1f\x8b"
ADVICE = "it is compressed, so its pictures cannot be reached one by one: unpack it first"

Name = Callable[[str], str | None]  # path in the set, "/" -> key, or None if it is no photograph


def _raise(reason: str) -> np.ndarray:
    raise UnreadableImage(reason)


def set_aside(key: str, reason: str) -> Photo:
    """Stand in the place of what cannot be used: whoever loads it learns why."""
    return Photo(key, partial(_raise, reason), problem=reason)


def part_of(path: Path, offset: int, size: int) -> bytes:
    """Read the bytes of a file that begin at `offset`."""
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(size)


def walk(root: Path, name: Name) -> Iterator[Photo]:
    """Yield photographs under the folder `root`, or in the tar `root`, in folders and plain tars.

    Args:
        name: makes the key of a photograph from its path under `root`.
    """
    for path in files(root) if root.is_dir() else [root]:
        place = path.relative_to(root).as_posix() if path != root else path.name
        if path.name.lower().endswith(COMPRESSED):
            yield set_aside(place, f"{path}: {ADVICE}")
        elif path.suffix.lower() == ".tar":
            yield from _walk_tar(path, place, name)
        elif (key := name(place)) is not None:
            yield photo_from_file(key, path.read_bytes, path)


def _walk_tar(path: Path, place: str, name: Name) -> Iterator[Photo]:
    try:
        with path.open("rb") as file:
            if file.read(2) == GZIP:
                yield set_aside(place, f"{path}: {ADVICE}")
                return
            end = file.seek(0, os.SEEK_END)
    except OSError as error:
        yield set_aside(place, f"{path} cannot be read: {error}")
        return
    yield from _walk_members(path, place, name, 0, end, inner=False)


def _walk_members(
    path: Path, place: str, name: Name, start: int, end: int, inner: bool
) -> Iterator[Photo]:
    """Yield photographs of the tar in bytes `start` to `end` of a file; `place` is its path in the set.

    What is whole is found; where it ends too early, the last one says so.
    """
    folder = PurePosixPath(place).parent
    label = f"{path}: {place}" if inner else str(path)
    try:
        # Opened at an offset, a tar counts the offsets of its members from the file's beginning.
        with path.open("rb") as file:
            file.seek(start)
            with tarfile.open(fileobj=file, mode="r:") as tar:
                while (member := tar.next()) is not None:
                    # Else millions of headers stay in memory; typeshed does not know them.
                    tar.members.clear()  # type: ignore[attr-defined]
                    if member.offset >= end:
                        break
                    if member.offset_data + member.size > end:
                        raise tarfile.ReadError(f"{member.name!r:.200} is cut off")
                    yield from _walk_member(path, place, folder, name, member, inner)
                file.seek(tar.offset)
                closing = file.read(tarfile.BLOCKSIZE) if tar.offset < end else b""
                if closing != bytes(tarfile.BLOCKSIZE):
                    raise tarfile.ReadError(f"no more members, but no end, at byte {tar.offset}")
    except (tarfile.TarError, OSError, ValueError, OverflowError) as error:
        yield set_aside(place, f"{label} is cut off or damaged: {error}; the rest of it is lost")


def _walk_member(
    path: Path, place: str, folder: PurePosixPath, name: Name, member: tarfile.TarInfo, inner: bool
) -> Iterator[Photo]:
    inside = (folder / member.name).as_posix()
    nested = inside.lower().endswith(".tar")
    key = name(inside)
    if member.isdir() or (key is None and not nested):
        return
    label = f"{path}: {member.name!r:.200}"
    named = PurePosixPath(member.name.replace("\\", "/"))
    if named.is_absolute() or ".." in named.parts:
        yield set_aside(f"{place}@{member.offset}", f"{label} points outside its tar")
    elif not member.isfile() or member.issparse():
        yield set_aside(f"{place}@{member.offset}", f"{label} is a link or device, not a picture")
    elif nested and inner:
        yield set_aside(inside, f"{label} is a tar in a tar in a tar: unpack the outer one")
    elif nested:
        end = member.offset_data + member.size
        yield from _walk_members(path, inside, name, member.offset_data, end, inner=True)
    elif key is not None:
        content = partial(part_of, path, member.offset_data, member.size)
        yield photo_from_file(key, content, label, path)


def require_any(photos: Iterator[Photo], root: Path, layout: str) -> Iterator[Photo]:
    """Return the same photographs, of which one at least is not set aside.

    Raises:
        FileNotFoundError: there is none; the message says which `layout` was looked for, and why
            what was found is of no use.
    """
    if not root.exists():
        raise FileNotFoundError(f"{root} is not there; looked for {layout}")
    begun = []
    for photo in photos:
        begun.append(photo)
        if photo.problem is None:
            return itertools.chain(begun, photos)
    why = f"; {begun[0].problem}" if begun else ""
    raise FileNotFoundError(f"no photographs in {root}: looked for {layout}{why}")
