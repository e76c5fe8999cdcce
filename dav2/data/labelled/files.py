"""What several sets share: finding files by pattern, and reading a few formats strictly."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from dav2.data.frames import Frame
from dav2.encoding import read_levels
from dav2.errors import UserError
from dav2.optional import optional


def find_files(root: Path, patterns: Sequence[str]) -> list[Path]:
    """Find the files under `root` that match any of the glob patterns.

    Raises:
        FileNotFoundError: there is no such folder or no such file; it names the patterns.
    """
    if not root.is_dir():
        raise FileNotFoundError(f"{root} is not a folder")
    found = sorted({path for pattern in patterns for path in root.glob(pattern)})
    if not found:
        raise FileNotFoundError(f"nothing in {root} looks like {' or '.join(patterns)}")
    return found


def frames_of(root: Path, images: Iterable[Path], depth_of: Callable[[Path], Path]) -> list[Frame]:
    """Make a frame of each picture, sorted by name; `depth_of` says where a picture's depth lies."""
    return sorted(Frame(frame_name(root, image), image, depth_of(image)) for image in images)


def frame_name(root: Path, image: Path) -> str:
    """Take a picture's path below `root` without its suffix, with forward slashes."""
    return image.relative_to(root).with_suffix("").as_posix()


def read_png16(path: Path) -> np.ndarray:
    """Read a 16-bit grey PNG as uint16 [H, W].

    Raises:
        UserError: it is something else, for instance a copy with 8 bits, or damaged.
    """
    return read_levels(path.read_bytes(), path)


@contextmanager
def open_hdf5(path: Path, key: str, need: str) -> Iterator[Any]:
    """Open one array of an HDF5 file, whose values lie in that file.

    Raises:
        UserError: there is no such array, or it leads out of the file.
        ModuleNotFoundError: h5py is missing; `need` are the error's first words.
    """
    h5py = optional("h5py", need, "data")
    with h5py.File(path, "r") as opened:
        if not isinstance(opened.get(key, getlink=True), h5py.HardLink):
            raise UserError(f"{path}: {key!r} is not there, or a link")
        array = opened[key]
        if not isinstance(array, h5py.Dataset) or array.external or array.is_virtual:
            raise UserError(f"{path}: the values of {key!r} do not lie in the file")
        yield array


def read_npy(path: Path) -> np.ndarray:
    """Read an array from a .npy file, which may hold numbers only.

    Raises:
        UserError: it holds objects, is an archive, or is damaged.
    """
    array = np.load(path, allow_pickle=False)
    if not isinstance(array, np.ndarray):
        raise UserError(f"{path} is not a .npy file")
    return array


def read_exr(path: Path) -> np.ndarray:
    """Read the only channel of an EXR file as float32 [H, W].

    Raises:
        UserError: damaged, or several channels (a normal map, say).
    """
    openexr = optional("OpenEXR", "reading EXR files needs OpenEXR", "data")
    try:
        with openexr.File(str(path), separate_channels=True) as opened:
            channels = opened.channels()
            if len(channels) != 1:
                raise UserError(f"{path} has {len(channels)} channels, not 1: {list(channels)}")
            return next(iter(channels.values())).pixels.astype(np.float32)
    except RuntimeError as error:
        raise UserError(f"{path} cannot be read as EXR: {error}") from error
