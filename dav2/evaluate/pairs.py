"""Benchmarks in DA-2K's layout: pairs of points on photographs, in a folder or in its zip archive.

`annotations.json` is {"images/<scene>/<file>": [pair, ...]}, where a pair is {"point1": [row, column],
"point2": [row, column], "closer_point": "point1"} in pixels of the original image (DA-2K.md). It may
lie in one folder more, as in an archive of a folder. Archives are read where they are, never unpacked.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple

import numpy as np

from dav2.data.photos import open_image, read_image
from dav2.disk import stamp
from dav2.errors import UserError

ANNOTATIONS = "annotations.json"
# The eight of DA-2K (V2, Figure 9b); a benchmark of one's own may have others, which are then named in its result.
SCENES = (
    "indoor",
    "outdoor",
    "non_real",
    "transparent_reflective",
    "adverse_style",
    "aerial",
    "underwater",
    "object",
)
LARGEST_MEMBER_BYTES = 1 << 28  # of a file in an archive, unpacked: 256 MB
Place = Path | zipfile.Path


class Annotation(NamedTuple):
    """The pairs of one image; `nearer` and `farther` are int [N, 2], (row, column)."""

    name: str  # as in annotations.json
    scene: str
    nearer: np.ndarray
    farther: np.ndarray
    size_px: tuple[int, int]  # height, width
    repeated: int = 0  # pairs that were there again, and count once


@contextmanager
def _opened(place: Place, name: object) -> Iterator[IO[bytes]]:
    """Open a file, or a member of an archive that is not too large."""
    if isinstance(place, Path):
        with place.open("rb") as file:
            yield file
        return
    size = place.root.getinfo(place.at).file_size
    if size > LARGEST_MEMBER_BYTES:
        raise UserError(f"{name} unpacks to {size / 1e6:.0f} MB, which no photograph does")
    try:
        with place.open("rb") as file:
            yield file
    except UserError:
        raise
    except RuntimeError as error:  # zipfile's word for a password
        raise UserError(f"{name} cannot be read from its archive: {error}") from error
    except Exception as error:  # damaged archives make the reader stumble in every way there is
        raise UserError(f"{name} is damaged in its archive; download it again: {error}") from error


def _place(root: Path) -> Place:
    """Find the folder of `annotations.json`, which may be within an archive.

    Raises:
        FileNotFoundError: there is none.
        UserError: no archive, or a damaged one; or more than one benchmark.
    """
    if root.is_file():
        try:
            top: Place = zipfile.Path(root)
        except Exception as error:  # a few wrong bits are more than its reader has a word for
            raise UserError(
                f"{root} is no zip archive, or was cut off; download it again: {error}"
            ) from error
    else:
        top = root
    if (top / ANNOTATIONS).is_file():
        return top
    below: list[Place] = [*top.iterdir()] if top.is_dir() else []
    found = [
        one for one in sorted(below, key=str) if one.is_dir() and (one / ANNOTATIONS).is_file()
    ]
    if not found:
        raise FileNotFoundError(
            f"{root / ANNOTATIONS} is not there; {root} is no DA-2K folder or archive"
        )
    if len(found) > 1:
        names = ", ".join(one.name for one in found)
        raise UserError(f"{root} holds more than one benchmark ({names}); choose one of them")
    return found[0]


def _without_repeats(members: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(members)
    if len(content) < len(members):
        names = [name for name, _ in members]
        twice = next(name for name in names if names.count(name) > 1)
        raise UserError(f"{twice} stands there twice; put its pairs into one list")
    return content


def _read_annotations(place: Place, file: str) -> dict[str, Any]:
    with _opened(place / ANNOTATIONS, file) as opened:
        content = opened.read()
    try:
        annotations = json.loads(content, object_pairs_hook=_without_repeats)
    except UserError as error:
        raise UserError(f"{file}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{file} is not valid JSON; it was cut off or edited, restore it: {error}"
        ) from error
    if not isinstance(annotations, dict) or not all(
        isinstance(pairs, list) and all(isinstance(pair, dict) for pair in pairs)
        for pairs in annotations.values()
    ):
        raise UserError(f'{file} must be {{"images/SCENE/FILE": [{{"point1": ...}}, ...], ...}}')
    return annotations


def _point(value: Any, size_px: tuple[int, int], where: str) -> tuple[int, int]:
    if not (isinstance(value, list) and len(value) == 2 and all(type(v) is int for v in value)):
        raise UserError(
            f"{where}: a point must be [row, column] in whole pixels, not {value!r:.60}"
        )
    row, column = value
    height, width = size_px
    if not (0 <= row < height and 0 <= column < width):
        raise UserError(f"{where}: point {value} is outside the image of {height} rows x {width}")
    return row, column


def _size(place: Place, where: str) -> tuple[int, int]:
    """Read height and width of an image as it stands upright, from its header."""
    try:
        with _opened(place, where) as file, open_image(file) as opened:
            width, height = opened.size
            lying = opened.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    except UserError:
        raise
    except Exception as error:  # damaged files make decoders stumble in every way there is
        raise UserError(f"{where}: it cannot be read as an image; restore it") from error
    return (width, height) if lying else (height, width)


def scene_of(name: str) -> str:
    """Return the scene type of an image: the folder that it lies in."""
    return PurePosixPath(name).parent.name or "none"


def _annotation(name: str, pairs: list[dict[str, Any]], place: Place, where: str) -> Annotation:
    size_px = _size(place, where)
    decided: dict[frozenset, tuple[int, int]] = {}  # both points -> the nearer
    order, repeated = [], 0
    for pair in pairs:
        points = [_point(pair.get(key), size_px, where) for key in ("point1", "point2")]
        closer = pair.get("closer_point")
        if closer not in ("point1", "point2"):
            raise UserError(f"{where}: closer_point must be point1 or point2, not {closer!r:.60}")
        near, far = points if closer == "point1" else points[::-1]
        if near == far:
            raise UserError(f"{where}: both points of a pair are {list(near)}; drop the pair")
        known = decided.setdefault(frozenset(points), near)
        if known != near:
            raise UserError(
                f"{where}: of {list(near)} and {list(far)}, one pair calls the first nearer and "
                "another the second; drop one of the two"
            )
        if (near, far) in order:
            repeated += 1
        else:
            order.append((near, far))
    nearer, farther = np.array(order).transpose(1, 0, 2)
    return Annotation(name, scene_of(name), nearer, farther, size_px, repeated)


def read_da2k(root: Path | str) -> list[Annotation]:
    """Read and check a benchmark in DA-2K's layout: a folder, or the zip archive as downloaded.

    A pair that stands there again counts once, see `Annotation.repeated`.

    Raises:
        FileNotFoundError: no `annotations.json`, or an image that it names is missing.
        UserError: a damaged archive or file, a path that leaves the folder, a point outside its
            image, a wrong `closer_point`, two pairs that contradict each other, or no pairs at all;
            the message names file and image.
    """
    root = Path(root)
    folder = _place(root)
    file = f"{folder / ANNOTATIONS}"
    annotations = []
    for name, pairs in _read_annotations(folder, file).items():
        where = f"{file}, {name}"
        parts = PurePosixPath(name.replace("\\", "/")).parts
        leaves = not parts or ".." in parts or parts[0] == "/" or parts[0][1:2] == ":"
        inside = isinstance(folder, zipfile.Path) or (folder / name).resolve().is_relative_to(
            folder.resolve()
        )
        if leaves or not inside:
            raise UserError(f"{where}: the path leaves the benchmark folder")
        if not (folder / name).is_file():
            raise FileNotFoundError(
                f"{where}: there is no such image; restore it or drop its pairs"
            )
        if pairs:
            annotations.append(_annotation(name, pairs, folder / name, where))
    if not annotations:
        raise UserError(f"{file} holds no pairs")
    return annotations


def read_photograph(root: Path | str, name: str) -> np.ndarray:
    """Read an image of a benchmark as RGB uint8 [H, W, 3], upright; raises UnreadableImage."""
    with _opened(_place(Path(root)) / name, f"{root}, {name}") as file:
        return read_image(file, f"{root}, {name}")


def stamp_of(root: Path | str, name: str) -> list[int]:
    """Return what tells an image of a benchmark from its next version; of an archive its checksum."""
    place = _place(Path(root)) / name
    if isinstance(place, zipfile.Path):
        facts = place.root.getinfo(place.at)
        return [facts.file_size, facts.CRC]
    return stamp(place)


def fingerprint(annotations: Sequence[Annotation]) -> str:
    """Hash all names and pairs: what tells two benchmarks apart."""
    digest = hashlib.sha256()
    for one in sorted(annotations, key=lambda one: one.name):
        digest.update(f"{one.name}{one.nearer.tolist()}{one.farther.tolist()}".encode())
    return digest.hexdigest()[:16]
