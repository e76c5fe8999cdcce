"""Pictures that say who they are: each name has a colour of its own."""

import io
import pickle
import tarfile
import zlib

import numpy as np
from PIL import Image

from dav2.data.photos import UnreadableImage


def colour_of(name: str) -> np.ndarray:
    """Derive a colour, uint8 [3], from a name."""
    return np.frombuffer(zlib.crc32(name.encode()).to_bytes(4, "big")[:3], np.uint8)


def picture(name: str, kind: str = "PNG", size: tuple[int, int] = (24, 18)) -> bytes:
    """Encode a picture of one colour, its name's; PNG by default (whatever the suffix), so it is exact."""
    file = io.BytesIO()
    Image.new("RGB", size, tuple(map(int, colour_of(name)))).save(file, kind)
    return file.getvalue()


def tar_bytes(members: dict[str, bytes]) -> bytes:
    """Pack members, name -> content, into a tar."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def write_files(root, contents: dict[str, bytes]):
    """Write files, path below the root -> content."""
    for name, content in contents.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def look(photos) -> dict[str, str]:
    """Load photographs through pickle, as a worker does: key -> colour as hex, or the reason."""
    found = {}
    for photo in photos:
        load = pickle.loads(pickle.dumps(photo.load))
        assert photo.key not in found, f"{photo.key} comes twice"
        try:
            pixels = load()
        except UnreadableImage as error:
            found[photo.key] = str(error)
            continue
        assert pixels.dtype == np.uint8
        assert pixels.shape == (18, 24, 3)
        assert (pixels == pixels[0, 0]).all()
        found[photo.key] = pixels[0, 0].tobytes().hex()
    return found


def colours(names: dict[str, str]) -> dict[str, str]:
    """Tell from key -> name of its picture what `look` should see."""
    return {key: colour_of(name).tobytes().hex() for key, name in names.items()}
