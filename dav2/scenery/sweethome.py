"""Modelled furniture from a Sweet Home 3D catalogue: an `.sh3f` file, or a folder it was unpacked to.

The file is a zip: `PluginFurnitureCatalog.properties` lists pieces with their size in centimetres,
the rest are OBJ models with y up and their front at +z, MTL materials and pictures. Optional, and
not part of the project; see `datasets/scenes/README.md`.
"""

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple

import numpy as np
from tqdm import tqdm

from dav2.disk import file_hash
from dav2.errors import UserError
from dav2.progress import is_hidden
from dav2.scenery.foreign import Read, load_model
from dav2.scenery.scene import Part, extent

CATALOGUE = "PluginFurnitureCatalog.properties"
MOST_BYTES = 32 << 20  # of one file
CEILING = 2.5  # metres, in Sweet Home 3D
FIX = "On Debian: apt-get install sweethome3d-furniture, then --furniture {}".format(
    "/usr/share/sweethome3d/furniture/BlendSwap-CC-0.sh3f"
)


class Entry(NamedTuple):
    """What the catalogue says of a piece.

    Attributes:
        model: path of its OBJ in the catalogue.
        size: width, depth, height in metres.
        elevation: metres above the floor.
        rotation: of the model before anything else, nine numbers row by row.
    """

    model: str
    category: str
    size: tuple[float, float, float]
    elevation: float
    rotation: tuple[float, ...]

    @property
    def place(self) -> Literal["ceiling", "wall", "top", "floor"]:
        """Where it belongs: `top` is on top of other furniture."""
        if self.elevation > 0:
            hangs = self.elevation > 1 and abs(self.elevation + self.size[2] - CEILING) < 0.02
            return "ceiling" if hangs else "wall"
        return "top" if np.linalg.norm(self.size) < 0.6 else "floor"


class Piece(NamedTuple):
    """An entry whose model was read and found good.

    Attributes:
        diffuse: how many dull materials it has.
        plastic: how many glossy ones.
        flat: things can stand on its top.
    """

    entry: Entry
    triangles: int
    diffuse: int
    plastic: int
    flat: bool


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The pieces of a file or folder that can be used.

    Attributes:
        licence: as the catalogue states it.
        set_aside: reason by name, of what cannot be used.
        plain: reason by name, of what has plain colours where a texture or material is missing.
    """

    path: Path
    sha256: str
    licence: str
    pieces: tuple[Piece, ...]
    set_aside: dict[str, str]
    plain: dict[str, str]


def _archive(path: Path) -> zipfile.ZipFile:
    """A catalogue file, opened.

    Raises:
        UserError: it is none.
    """
    reason = f"no zip with {CATALOGUE} in it"
    try:
        archive = zipfile.ZipFile(path)
        if CATALOGUE in archive.namelist():
            return archive
        archive.close()
    except Exception as error:  # a few wrong bits are more than its reader has a word for
        reason = str(error)
    raise UserError(f"{path} is no furniture catalogue: {reason}. {FIX}")


@contextmanager
def _reading(path: Path) -> Iterator[Read]:
    """A function that reads one file of the catalogue, by its path in it.

    It raises FileNotFoundError for what is not there and UserError for what is damaged in the
    file, for a path that leaves the catalogue and for what is larger than MOST_BYTES.
    """
    archive = None if path.is_dir() else _archive(path)

    def read(name: str) -> bytes:
        try:
            return read_inside(name)
        except (UserError, FileNotFoundError):
            raise
        except Exception as error:  # a zip may be broken in any way
            raise UserError(f"{name} is damaged in {path}: {error}") from error

    def read_inside(name: str) -> bytes:
        inner = PurePosixPath(name.replace("\\", "/").lstrip("/"))
        if ".." in inner.parts:
            raise UserError(f"{name} leaves the catalogue")
        if archive:
            if str(inner) not in archive.namelist():
                raise FileNotFoundError(f"{name} is not there")
            file: Any = archive.open(str(inner))
        else:
            found = (path / inner).resolve()
            if not found.is_relative_to(path.resolve()):
                raise UserError(f"{name} leaves the catalogue")
            if not found.is_file():
                raise FileNotFoundError(f"{name} is not there")
            file = found.open("rb")
        with file:
            content = file.read(MOST_BYTES + 1)  # whatever size a zip claims for it
        if len(content) > MOST_BYTES:
            raise UserError(f"{name} is larger than {MOST_BYTES >> 20} MiB")
        return content

    try:
        yield read
    finally:
        if archive:
            archive.close()


def furniture_hash(path: Path | str) -> str:
    """SHA-256 of a catalogue file, or of all files of a folder with their names.

    Raises:
        FileNotFoundError: there is no such file, or no catalogue in the folder.
        UserError: the file is no catalogue.
    """
    path = Path(path)
    if path.is_dir():
        if not (path / CATALOGUE).is_file():
            files = sorted(found.name for found in path.glob("*.sh3f"))
            fix = f"Give one of its files: {', '.join(files)}" if files else FIX
            raise FileNotFoundError(f"{path} holds no furniture: no {CATALOGUE} in it. {fix}")
        digest = hashlib.sha256()
        for file in sorted(path.rglob("*")):
            if not file.is_file() or not file.resolve().is_relative_to(path.resolve()):
                continue
            digest.update(f"{file.relative_to(path).as_posix()} {file_hash(file)}\n".encode())
        return digest.hexdigest()
    if not path.exists():
        raise FileNotFoundError(f"no furniture: {path} is not there. {FIX}")
    _archive(path).close()
    return file_hash(path)


def open_catalogue(path: Path | str, progress: bool = False) -> Catalogue:
    """Read every model of a catalogue once, and set aside what cannot be used.

    Args:
        path: an `.sh3f` file, or a folder it was unpacked to.

    Raises:
        FileNotFoundError: there is no such file, or no catalogue in the folder.
        UserError: the file is no catalogue, or none of its pieces can be used.
    """
    return _open(Path(path), furniture_hash(path), progress)


@lru_cache(maxsize=2)
def _open(path: Path, sha256: str, progress: bool) -> Catalogue:
    pieces, set_aside, plain = [], {}, {}
    with _reading(path) as read:
        values = _properties(read(CATALOGUE))
        numbers = [key[len("model#") :] for key in values if key.startswith("model#")]
        for number in tqdm(numbers, unit="model", desc="furniture", disable=is_hidden(progress)):
            name = f"{values.get(f'name#{number}', 'piece')} #{number}"
            try:
                entry = _entry(values, number)
                parts, missing = load_model(read, entry.model, entry.size, entry.rotation)
            except Exception as error:  # a foreign file may be broken in any way
                set_aside[name] = (
                    str(error)
                    if isinstance(error, (ValueError, OSError))
                    else (f"{values[f'model#{number}']} cannot be read: {error!r}")
                )
                continue
            kinds = [part.material.kind for part in parts]
            triangles = sum(len(part.mesh.faces) for part in parts)
            pieces.append(
                Piece(
                    entry, triangles, kinds.count("diffuse"), kinds.count("plastic"), _flat(parts)
                )
            )
            if missing:
                plain[name] = "; ".join(missing)
    if not pieces:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in list(set_aside.items())[:3])
        raise UserError(f"{path}: none of its pieces can be used. {reasons}")
    licence = values.get("license", "not stated")
    return Catalogue(path, sha256, licence, tuple(pieces), set_aside, plain)


def _properties(content: bytes) -> dict[str, str]:
    """Key and value of a Java properties file without continued lines."""
    lines = (line.strip() for line in content.decode("latin-1").splitlines())
    pairs = (line.partition("=") for line in lines if not line.startswith(("#", "!")))
    return {key.strip(): value.strip() for key, equals, value in pairs if equals}


def _entry(values: dict[str, str], number: str) -> Entry:
    """One entry; ValueError says what is wrong with it."""
    model = values[f"model#{number}"]
    if not model.lower().endswith(".obj"):
        raise UserError(f"{model} is not an OBJ model")
    if values.get(f"doorOrWindow#{number}") == "true":
        raise UserError("a door or window")
    keys = ("width", "depth", "height")
    try:
        width, depth, height = (float(values[f"{key}#{number}"]) / 100 for key in keys)
        elevation = float(values.get(f"elevation#{number}", 0)) / 100
        turned = values.get(f"modelRotation#{number}", "1 0 0 0 1 0 0 0 1")
        rotation = tuple(float(text) for text in turned.split())
    except (KeyError, ValueError) as error:
        raise UserError(f"no size in the catalogue: {error}") from None
    if not all(0.001 <= length <= 20 for length in (width, depth, height)):
        raise UserError(f"a size of {width:g} x {depth:g} x {height:g} m")
    if len(rotation) != 9 or not np.isfinite([*rotation, elevation]).all():
        raise UserError("its rotation or elevation are no numbers")
    category = values.get(f"category#{number}", "")
    return Entry(model, category, (width, depth, height), elevation, rotation)


def _flat(parts: list[Part]) -> bool:
    """Whether most of the footprint is a level surface at the very top, as of a table."""
    low, high = extent(parts)
    area = 0.0
    for mesh, _ in parts:
        a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
        top = np.minimum(np.minimum(a[:, 2], b[:, 2]), c[:, 2]) > high[2] - 0.01
        area += np.abs(np.cross(b - a, c - a)[top, 2]).sum() / 2
    return bool(area > 0.7 * np.prod((high - low)[:2]))


@lru_cache(maxsize=32)
def load_piece(catalogue: Catalogue, piece: Piece) -> list[Part]:
    """The object itself: metres, on z = 0, centred, its front at -y.

    Raises:
        UserError: the catalogue is no longer what it was when it was opened.
    """
    try:
        entry = piece.entry
        with _reading(catalogue.path) as read:
            return load_model(read, entry.model, entry.size, entry.rotation)[0]
    except (OSError, ValueError) as error:
        raise UserError(f"{catalogue.path} changed while it was in use: {error}") from error
