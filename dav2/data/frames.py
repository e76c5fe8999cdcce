"""Pictures with measured or rendered depth on disk, whatever their set calls and encodes it.

A labelled set is two functions: one finds its frames, the other reads a frame's depth. Everything
after that is the same for all sets, and is here.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from torch.utils.data import Dataset

from dav2.data.photos import UnreadableImage, read_image
from dav2.disk import stamp
from dav2.errors import UserError
from dav2.geometry import disparity_from_depth
from dav2.sample import Sample, make_sample

MOST_WRONG = 0.1  # of a frame's depths; more are no accident, but another unit or format


class Frame(NamedTuple):
    """One picture and where its depth lies; `name` is unique in its set.

    `index` counts from 0 in sets that keep many pictures in one file, and is None elsewhere.
    """

    name: str
    image: Path
    depth: Path
    index: int | None = None  # type: ignore[assignment]  # hides the method of tuples

    def stamp(self) -> list[list[int] | None]:
        """Return what tells its files from their next version; None for one that is missing."""
        return [stamp(path) if path.exists() else None for path in (self.image, self.depth)]


class BrokenFrame(UserError):
    """A frame cannot be used; the message names the file and the reason."""


class LabelledSet(NamedTuple):
    """How a set lies on disk.

    Attributes:
        name: by which commands and the protocols' rules know it.
        find: root -> its frames, sorted by name. Frames whose depth file is missing are included:
            it is reading them that says so. Raises FileNotFoundError, with the layout that was
            looked for, if there are none.
        read_depth: frame -> planar depth float32 [H, W] in metres; sky is inf, unknown is NaN.
            (`up_to_scale`: in a unit of the scene's own.) Raises BrokenFrame, OSError or ValueError.
        read_image: frame -> RGB uint8 [H, W, 3]; None: its image file is the picture.
        own_pictures: how the files end that `read_image` is for; others are pictures.
        parts: finds by name, of parts that can be asked for; see `of_part`.
        part: the one that `find` finds, where that is always the same.
        remarks: root -> what one has to know of this copy of the set, in sentences.
    """

    name: str
    find: Callable[[Path], list[Frame]]
    read_depth: Callable[[Frame], np.ndarray]
    read_image: Callable[[Frame], np.ndarray] | None = None
    up_to_scale: bool = False
    own_pictures: str = ""
    parts: Mapping[str, Callable[[Path], list[Frame]]] = {}
    part: str | None = None
    remarks: Callable[[Path], list[str]] | None = None

    def reader(self, frame: Frame) -> Callable[[Frame], np.ndarray] | None:
        """Return what reads a frame's picture; None: its image file is the picture."""
        return self.read_image if frame.image.name.endswith(self.own_pictures) else None

    def of_part(self, part: str) -> "LabelledSet":
        """Return the set of this part alone.

        Raises:
            UserError: there is no such part.
        """
        if part not in self.parts:
            known = f"only {', '.join(self.parts)}" if self.parts else "nor any other"
            raise UserError(f"{self.name} has no part {part!r}, {known}")
        return self._replace(find=self.parts[part], part=part)


class DepthSet(Dataset[Sample]):
    """Frames as samples: depth becomes disparity 1/z; sky has disparity 0 and is valid.

    A depth that is zero or negative is unknown. Reading one raises BrokenFrame if a file is missing or
    damaged, sizes differ, more than `MOST_WRONG` of the depths are so, or nothing is known.
    """

    def __init__(self, labelled: LabelledSet, frames: Sequence[Frame]):
        self.labelled, self.frames = labelled, frames

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: int) -> Sample:
        frame = self.frames[index]
        pixels, depth = self.read(frame)
        return make_sample(pixels, disparity_from_depth(depth), frame.name)

    def read(self, frame: Frame) -> tuple[np.ndarray, np.ndarray]:
        """Read a picture uint8 [H, W, 3] and its planar depth float32 [H, W] (sky inf, unknown NaN).

        Raises:
            BrokenFrame: see the class.
        """
        for path in (frame.image, frame.depth):
            if not path.is_file():
                raise BrokenFrame(f"{path} is missing")
        try:
            own = self.labelled.reader(frame)
            pixels = own(frame) if own else read_image(frame.image)
            depth = self.labelled.read_depth(frame).astype(np.float32, copy=False)
        except UnreadableImage as error:
            raise BrokenFrame(str(error)) from error
        except ModuleNotFoundError:
            raise  # the reader is missing, nothing is wrong with the file
        except Exception as error:  # damaged files make readers stumble in every way there is
            reason = str(error) or type(error).__name__
            raise BrokenFrame(f"{frame.depth} cannot be read as depth: {reason}") from error
        if depth.shape != pixels.shape[:2]:
            raise BrokenFrame(
                f"{frame.depth} is {depth.shape[-1]}x{depth.shape[0]}, its picture "
                f"{pixels.shape[1]}x{pixels.shape[0]}"
            )
        if (wrong := depth <= 0).any():
            if (share := float(wrong.mean())) > MOST_WRONG:
                raise BrokenFrame(f"{frame.depth}: {share:.0%} of its depths are zero or negative")
            depth = np.where(wrong, np.float32(np.nan), depth)  # a bad pixel does not lose a frame
        if np.isnan(depth).all():
            raise BrokenFrame(f"{frame.depth}: no depth is known")
        return pixels, depth
