"""LMDB data bases as plain files: where every key's value lies.

The library maps the file and trusts each page number in it, so a few wrong bits end the process.
Here pages are read and checked, which also leaves nothing open in threads and forks. The layout is
that of the library's `mdb.c` (0.9, 64 bits, little-endian).
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from dav2.errors import UserError

MAGIC = 0xBEEFC0DE
HEAD = 16  # bytes of a page before its content: number, flags, where free space begins and ends
BRANCH, LEAF, OVERFLOW = 1, 2, 4  # flags of a page
BIG, NESTED = 1, 6  # flags of a node: its value has pages of its own; it holds more data bases
NOWHERE = 2**64 - 1
# Magic, version, address, size of the map; of the data base of free pages and of the main one: bytes
# of a page, flags, depth, four counts, root; last page, version of the content.
FIRST = struct.Struct("<IIQQ IHH5Q IHH5Q QQ")


class Value(NamedTuple):
    """A key and where its value lies in the file."""

    key: bytes
    offset: int
    size: int


class _Tree(NamedTuple):
    file: BinaryIO
    page_bytes: int
    pages: int

    def page(self, number: int, kinds: int) -> tuple[bytes, int]:
        """A page and its kind.

        Raises:
            UserError: there is no such page, or it is of none of these kinds.
        """
        if number >= self.pages:
            raise UserError(f"page {number} of {self.pages}")
        self.file.seek(number * self.page_bytes)
        content = self.file.read(self.page_bytes)
        own, _, flags = struct.unpack_from("<QHH", content)
        if own != number or not flags & kinds:
            raise UserError(f"page {number} is damaged")
        return content, flags & kinds

    def values(self, number: int, depth: int) -> Iterator[Value]:
        """All values at and below a page that lies so deep at most, in the order of the tree."""
        content, kind = self.page(number, BRANCH | LEAF)
        (lower,) = struct.unpack_from("<H", content, 12)
        for place in struct.unpack_from(f"<{max(0, lower - HEAD) // 2}H", content, HEAD):
            low, high, flags, key_size = struct.unpack_from("<4H", content, place)
            first = place + 8
            if kind == BRANCH:
                if not depth:
                    raise UserError(f"page {number} leads round and round")
                yield from self.values(low | high << 16 | flags << 32, depth - 1)
                continue
            key, size = content[first : first + key_size], low | high << 16
            offset = number * self.page_bytes + first + key_size
            if flags & NESTED:
                raise UserError("it holds several data bases")
            if flags & BIG:
                (big,) = struct.unpack_from("<Q", content, first + key_size)
                self.page(big, OVERFLOW)
                offset = big * self.page_bytes + HEAD
            if offset + size > self.pages * self.page_bytes:
                raise UserError(f"the value of {key!r:.60} is cut off")
            yield Value(key, offset, size)


def _newest(file: BinaryIO) -> tuple[int, int, int, int]:
    """Read bytes of a page, depth, root and last page, as the newer of the two first pages says."""
    found, start = [], 0
    for _ in range(2):
        file.seek(start + HEAD)
        magic, _, _, _, *numbers = FIRST.unpack(file.read(FIRST.size))
        start = numbers[0]
        if magic != MAGIC or not 512 <= start <= 65536:
            raise UserError("it is none")
        depth, root, last, version = numbers[10], *numbers[15:]
        found.append((version, start, depth, root, last))
    return max(found)[1:]


def values(path: Path) -> Iterator[Value]:
    """Every key of a data base in its order, and where its value lies.

    Raises:
        UserError: it is cut off, damaged, or no LMDB; names the file.
    """
    try:
        with path.open("rb") as file:
            page_bytes, depth, root, last = _newest(file)
            present, size = path.stat().st_size, (last + 1) * page_bytes
            if present < size:
                raise UserError(f"it is cut off, {present} of {size} bytes are left")
            before = None
            if root == NOWHERE:
                return
            for value in _Tree(file, page_bytes, last + 1).values(root, min(depth, 32)):
                if before is not None and value.key <= before:
                    raise UserError("its keys do not rise")
                before = value.key
                yield value
    except (UserError, struct.error, OSError) as error:
        raise UserError(f"{path} cannot be read as LMDB: {error}") from error
