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


class Benchmark(NamedTuple):
    """What a benchmark holds; `set_aside` are annotations that cannot be used: image and reason."""

    annotations: list[Annotation]
    set_aside: list[dict[str, str]]


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


def _joined(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Join the pairs of an image that stands there twice; anything else that does is no value."""
    content: dict[str, Any] = {}
    for name, value in members:
        if name not in content:
            content[name] = value
        elif isinstance(value, list) and isinstance(content[name], list):
            content[name] = content[name] + value
        else:
            content[name] = [content[name], value]
    return content


def _read_annotations(place: Place, file: str) -> dict[str, Any]:
    with _opened(place / ANNOTATIONS, file) as opened:
        content = opened.read()
    try:
        annotations = json.loads(content, object_pairs_hook=_joined)
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{file} is not valid JSON; it was cut off or edited, restore it: {error}"
        ) from error
    if not isinstance(annotations, dict):
        raise UserError(f'{file} must be {{"images/SCENE/FILE": [{{"point1": ...}}, ...], ...}}')
    return annotations


def _point(value: Any, size_px: tuple[int, int]) -> tuple[int, int]:
    if not (isinstance(value, list) and len(value) == 2 and all(type(v) is int for v in value)):
        raise UserError(f"a point must be [row, column] in whole pixels, not {value!r:.60}")
    row, column = value
    height, width = size_px
    if not (0 <= row < height and 0 <= column < width):
        raise UserError(f"point {value} is outside the image of {height} rows x {width}")
    return row, column


def _pair(pair: Any, size_px: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the nearer and the farther point of a pair; raises UserError."""
    if not isinstance(pair, dict):
        raise UserError(f"{pair!r:.60} is no pair of points")
    points = [_point(pair.get(key), size_px) for key in ("point1", "point2")]
    closer = pair.get("closer_point")
    if closer not in ("point1", "point2"):
        raise UserError(f"closer_point must be point1 or point2, not {closer!r:.60}")
    near, far = points if closer == "point1" else points[::-1]
    if near == far:
        raise UserError(f"both points of a pair are {list(near)}")
    return near, far


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


def _leaves(name: str, folder: Place) -> bool:
    """Tell whether a path leads out of the benchmark."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or ".." in parts or parts[0] == "/" or parts[0][1:2] == ":":
        return True
    if isinstance(folder, zipfile.Path):
        return False
    return not (folder / name).resolve().is_relative_to(folder.resolve())


def _annotation(
    name: str, pairs: list[Any], size_px: tuple[int, int]
) -> tuple[Annotation | None, list[str]]:
    """Return what can be used of an image's pairs, and what is wrong with the others."""
    wrong: list[str] = []
    counts: dict[tuple[tuple[int, int], tuple[int, int]], int] = {}  # nearer and farther point
    for pair in pairs:
        try:
            points = _pair(pair, size_px)
        except UserError as error:
            wrong.append(str(error))
        else:
            counts[points] = counts.get(points, 0) + 1
    for near, far in list(counts):
        if (far, near) in counts and (near, far) in counts:
            del counts[near, far], counts[far, near]
            wrong.append(
                f"of {list(near)} and {list(far)}, one pair calls the first nearer and another the "
                "second; neither counts"
            )
    if not counts:
        return None, wrong
    nearer, farther = np.array(list(counts)).transpose(1, 0, 2)
    repeated = sum(counts.values()) - len(counts)
    return Annotation(name, scene_of(name), nearer, farther, size_px, repeated), wrong


def read_benchmark(root: Path | str) -> Benchmark:
    """Read and check a benchmark in DA-2K's layout: a folder, or the zip archive as downloaded.

    A pair that stands there again counts once, see `Annotation.repeated`. One that cannot be used is
    set aside with its reason: a point outside its image, a wrong `closer_point`, two pairs that
    contradict each other, a path that leaves the folder.

    Raises:
        FileNotFoundError: no `annotations.json`, or an image that it names is missing.
        UserError: a damaged archive or file, or no pair that can be used; the message names file
            and image.
    """
    root = Path(root)
    folder = _place(root)
    file = f"{folder / ANNOTATIONS}"
    annotations, set_aside = [], []
    for name, pairs in _read_annotations(folder, file).items():
        where = f"{file}, {name}"
        wrong = []
        if _leaves(name, folder):
            wrong = ["the path leaves the benchmark folder"]
        elif not isinstance(pairs, list):
            wrong = [f"{pairs!r:.60} is no list of pairs"]
        elif not (folder / name).is_file():
            raise FileNotFoundError(
                f"{where}: there is no such image; restore it or drop its pairs"
            )
        elif pairs:
            annotation, wrong = _annotation(name, pairs, _size(folder / name, where))
            if annotation:
                annotations.append(annotation)
        set_aside += [{"image": name, "reason": reason} for reason in wrong]
    if not annotations:
        first = "; {image}: {reason}".format(**set_aside[0]) if set_aside else ""
        raise UserError(f"{file} holds no pairs that can be used{first}")
    return Benchmark(annotations, set_aside)


def read_da2k(root: Path | str) -> list[Annotation]:
    """Read the pairs of a benchmark that can be used; see `read_benchmark`."""
    return read_benchmark(root).annotations


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
