"""Maps on disk: written picture by picture, whatever is scored, and read when they are scored."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from dav2.data.frames import BrokenFrame
from dav2.disk import write_npy
from dav2.errors import UserError
from dav2.evaluate.protocols import Unusable
from dav2.progress import is_hidden
from dav2.runs import finished, work_in
from dav2.sample import check_map
from dav2.types import Predict

KIND = "predictions"


class Item(NamedTuple):
    """A picture to predict."""

    name: str  # of its map, below the folder, without suffix
    of: Any  # what tells its file from the next version, see `dav2.disk.stamp`
    read: Callable[[], np.ndarray]  # uint8 [H, W, 3]; raises BrokenFrame or Unusable

    @property
    def file(self) -> str:
        """Return the file of its map, below the folder."""
        return f"{self.name}.npy"


def predicted(predict: Predict, image: np.ndarray, name: str) -> np.ndarray:
    """Predict an image as float32 [H, W].

    Raises:
        UserError: another size than the image, or not finite.
    """
    return check_map(np.asarray(predict(image), dtype=np.float32), image.shape[:2], name)


def write_maps(
    predict: Predict,
    items: Iterable[Item],
    out: Path | str,
    asked: Mapping[str, Any],
    progress: bool = True,
) -> Path:
    """Write the maps of pictures to `out` as float32 [H, W]; repeat the call to go on.

    A picture that was replaced since is predicted anew, one that cannot be read is left out. A
    finished folder can be asked for more pictures.

    Args:
        asked: what besides the picture decides a map, above all the model's identity.

    Raises:
        UserError: a map has another size than its picture or is not finite, or `out` was begun with
            something else, holds something else, or is being written.
    """
    out, items = Path(out), list(items)
    done = finished(out, KIND, asked)
    if done is not None and all(_is_there(done, item) for item in items):
        return out
    with work_in(out, KIND, asked) as maps:
        unusable = {}
        for item in tqdm(items, unit="image", desc="predict", disable=is_hidden(progress)):
            if maps.holds(item.file, item.of):
                continue
            try:
                image = item.read()
            except (BrokenFrame, Unusable):
                unusable[item.name] = item.of  # scoring says why
                continue
            with maps.write(item.file, item.of) as temporary:
                write_npy(temporary, predicted(predict, image, item.name))
        maps.finish(unusable=unusable)
    return out


def _is_there(manifest: Mapping[str, Any], item: Item) -> bool:
    of = json.loads(json.dumps(item.of))
    made = manifest["files"].get(item.file)
    if made is not None:
        return made.get("of") == of
    return item.name in manifest["unusable"] and manifest["unusable"][item.name] == of


def load_map(folder: Path | str, name: str, size_px: tuple[int, ...]) -> np.ndarray:
    """Load the map [H, W] that `write_maps` wrote for a picture of this size, not yet into memory.

    Raises:
        FileNotFoundError: there is none.
        UserError: it is damaged, or of another size.
    """
    file = Path(folder) / f"{name}.npy"
    if not file.is_file():
        raise FileNotFoundError(f"no prediction for {name} in {folder}; predict the set again")
    try:
        values = np.load(file, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # damaged headers make the reader stumble in every way there is
        raise UserError(f"{file} is damaged; predict the set again: {error}") from error
    if values.shape != tuple(size_px):
        raise UserError(
            f"{file} is {values.shape}, its image {tuple(size_px)}: it belongs to another"
        )
    return values
