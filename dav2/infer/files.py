"""`dav2 predict`: maps of files and folders, written where people can use them."""

import errno
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from tqdm import tqdm

from dav2.data.photos import SUFFIXES, files, read_image, warn_of_unread
from dav2.disk import stamp, write_json, write_npy
from dav2.encoding import to_levels
from dav2.errors import UserError
from dav2.infer.points import relative_depth, write_ply
from dav2.infer.video import predict_video
from dav2.infer.video_io import VIDEO_SUFFIXES
from dav2.picture import colourise
from dav2.progress import is_hidden
from dav2.runs import Work, identity_of, work_in
from dav2.sample import check_map
from dav2.types import PredictMany

LEVELS_PER_METRE = 256  # of metric 16-bit files, as in KITTI's: 0 to 256 m in steps of 4 mm


def _nearness(values: np.ndarray, metric: bool) -> np.ndarray:
    """Return what colours show: disparity, which metric depth becomes by its inverse."""
    return 1 / values.clip(min=1e-3) if metric else values


class Prediction(NamedTuple):
    """A picture uint8 [H, W, 3] and its map [H, W]: relative disparity, or depth in metres."""

    image: np.ndarray
    values: np.ndarray
    metric: bool
    focal_px: float | None

    def colours(self) -> np.ndarray:
        """Colour the map as uint8 [H, W, 3]; red is near."""
        return colourise(_nearness(self.values, self.metric))


def _save_array(path: Path, prediction: Prediction) -> None:
    write_npy(path, prediction.values)


def _save_colour(path: Path, prediction: Prediction) -> None:
    Image.fromarray(prediction.colours()).save(path)


def _save_16_bit(path: Path, prediction: Prediction) -> None:
    if prediction.metric:
        levels = (prediction.values * LEVELS_PER_METRE).round().clip(0, 65535).astype(np.uint16)
    else:
        levels = to_levels(prediction.values)
    Image.fromarray(levels).save(path)


def _save_side_by_side(path: Path, prediction: Prediction) -> None:
    Image.fromarray(np.concatenate([prediction.image, prediction.colours()], axis=1)).save(path)


def _save_points(path: Path, prediction: Prediction) -> None:
    depth = prediction.values if prediction.metric else relative_depth(prediction.values)
    assert prediction.focal_px is not None  # `_check` asks for it
    write_ply(path, prediction.image, depth, prediction.focal_px)


class Format(NamedTuple):
    """How a map is written: what is appended to the picture's name, and the function.

    `{}` in the ending becomes `disparity`, or `depth` for metric networks.
    """

    ending: str
    save: Callable[[Path, Prediction], None]


FORMATS: dict[str, Format] = {
    "png": Format("_{}.png", _save_colour),
    "png16": Format("_{}16.png", _save_16_bit),  # disparity: least 0, greatest 65535
    "npy": Format("_{}.npy", _save_array),  # float32, as the network gave it
    "side": Format("_side.png", _save_side_by_side),
    "ply": Format("_points.ply", _save_points),
}


def find_inputs(inputs: Sequence[Path | str]) -> list[tuple[Path, Path]]:
    """List files and folders as (picture or video, its name below the output folder without suffix).

    Files that would write to the same name (`a.jpg` and `a.png`) keep their suffix in it.

    Raises:
        FileNotFoundError: an input is not there, or a folder holds no picture and no video.
    """
    known = SUFFIXES | set(VIDEO_SUFFIXES)
    found: list[tuple[Path, Path]] = []
    for entry in map(Path, inputs):
        if entry.is_dir():
            there = list(files(entry))
            warn_of_unread(entry, there)
            inside = [path for path in there if path.suffix.lower() in known]
            if not inside:
                raise FileNotFoundError(f"no pictures or videos in {entry}")
            found += [(path, path.relative_to(entry)) for path in inside]
        elif entry.is_file():
            found.append((entry, Path(entry.name)))
        elif entry.exists():
            raise FileNotFoundError(f"{entry} is neither a file nor a folder")
        else:
            raise FileNotFoundError(f"{entry} is not there")
    stems = [name.with_suffix("") for _, name in found]
    times = Counter(stems)
    named = [
        (path, stem if times[stem] == 1 else name.with_name(name.name.replace(".", "_")))
        for (path, name), stem in zip(found, stems, strict=True)
    ]
    taken: dict[Path, Path] = {}
    for path, name in named:
        if name in taken:
            raise UserError(f"{taken[name]} and {path} would both be written to {name}; rename one")
        taken[name] = path
    return named


def _check(formats: Sequence[str], metric: bool, focal_px: float | None) -> None:
    if unknown := sorted(set(formats) - set(FORMATS)):
        raise UserError(f"unknown format {', '.join(unknown)}; there are {', '.join(FORMATS)}")
    if "ply" not in formats:
        return
    if not focal_px:
        raise UserError(
            "a point cloud needs the camera's focal length in pixels (focal_px); "
            "width / 2 / tan(horizontal field of view / 2)"
        )
    if not metric:
        warnings.warn(
            "relative disparity has no metric scale and an unknown shift: the point cloud's size "
            "and its stretch along the view are a guess; take a metric network to measure in it",
            stacklevel=3,
        )


class SetAside(list[dict[str, str]]):
    """Files that could not be used, [{"file", "reason"}], beside how many were `made` and `there`."""

    made = 0
    there = 0


def _all_files(name: Path) -> list[str]:
    """List every file that could be made of an input with this name."""
    endings = [form.ending for form in FORMATS.values()] + ["_{}.mp4", "_side.mp4"]
    return [f"{name}{end.format(word)}" for end in endings for word in ("disparity", "depth")]


def _without_maps(
    named: list[tuple[Path, Path]], inputs: Sequence[Path | str], out: Path
) -> list[tuple[Path, Path]]:
    """Leave out the maps of inputs: where they lie beside their pictures, they are no pictures."""
    root = out.resolve()
    if not any(root.is_relative_to(Path(entry).resolve()) for entry in inputs):
        return named
    ours = {root / file for _, name in named for file in _all_files(name)}
    return [entry for entry in named if entry[0].resolve() not in ours]


def predict_files(
    predict: PredictMany,
    inputs: Sequence[Path | str],
    out: Path | str,
    formats: Sequence[str] = ("png",),
    identity: str = "",
    *,
    metric: bool = False,
    focal_px: float | None = None,
    smooth: float = 0.0,
    batch_size: int = 1,
    progress: bool = True,
) -> SetAside:
    """Write the map of every picture and video in `inputs` (files and folders) into `out`.

    A repeated call goes on where a killed one stopped, and makes anew what was replaced or is asked
    otherwise. Files that cannot be used are set aside and listed in `out/set_aside.json` with their
    reason; none stops the others. A video becomes a video in colours, with its picture beside them if
    `side` is among the formats.

    Args:
        predict: a list of uint8 RGB [H, W, 3] -> their maps float32 [H, W].
        formats: of `FORMATS`.
        identity: what `predict` is (model and size); a folder begun with another is refused. A
            `Predictor`'s is known without it, any other function needs one to go on later.
        metric: `predict` gives depth in metres, not disparity.
        focal_px: focal length of the pictures in pixels, for point clouds.
        smooth: of videos, see `predict_video`.
        batch_size: how many pictures `predict` gets at once.

    Raises:
        FileNotFoundError: an input is not there.
        UserError: unknown format, or `out` was begun with another model or size, or is being written.
    """
    _check(formats, metric, focal_px)
    out, named, identity = Path(out), find_inputs(inputs), identity or identity_of(predict)
    with work_in(out, "maps", {"model": identity}) as maps:
        maps.refuse_foreign("set_aside.json")
        named = _without_maps(named, inputs, out)
        pictures = [entry for entry in named if entry[0].suffix.lower() not in VIDEO_SUFFIXES]
        videos = [entry for entry in named if entry[0].suffix.lower() in VIDEO_SUFFIXES]
        work = _Work(predict, maps, metric, focal_px, smooth, batch_size, identity, progress)
        work.pictures(pictures, formats)
        work.videos(videos, "side" in formats)
        maps.claim("set_aside.json")
        write_json(out / "set_aside.json", work.set_aside)
        maps.record("set_aside.json")
    return work.set_aside


class _Work:
    """The files of one call on their way to their maps."""

    def __init__(
        self,
        predict: PredictMany,
        maps: Work,
        metric: bool,
        focal_px: float | None,
        smooth: float,
        batch_size: int,
        identity: str,
        progress: bool,
    ):
        self.predict, self.maps, self.metric, self.focal_px = predict, maps, metric, focal_px
        self.smooth, self.batch_size, self.progress = smooth, batch_size, progress
        self.identity, self.word = identity, "depth" if metric else "disparity"
        self.set_aside = SetAside()

    @contextmanager
    def guard(self, path: Path) -> Iterator[None]:
        """Set a file aside that cannot be used, with the reason; the disk's own errors end the call."""
        try:
            yield
        except (ValueError, MemoryError, RuntimeError) as error:
            reason = str(error) or "it needs more memory than there is"
            self.set_aside.append({"file": str(path), "reason": reason})
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            reason = f"{path}: with its ending the name is too long for this disk; shorten it"
            self.set_aside.append({"file": str(path), "reason": reason})

    def _missing(
        self, path: Path, name: Path, formats: Sequence[str]
    ) -> dict[str, tuple[str, Any]]:
        """List what is not there yet: format -> its file below the folder and what it is made of."""
        of = {"source": stamp(path)}
        wanted = {
            kind: (
                f"{name}{FORMATS[kind].ending.format(self.word)}",
                of | ({"focal_px": self.focal_px} if kind == "ply" else {}),
            )
            for kind in formats
        }
        return {kind: one for kind, one in wanted.items() if not self.maps.holds(*one)}

    def pictures(self, named: Sequence[tuple[Path, Path]], formats: Sequence[str]) -> None:
        todo = []
        for path, name in named:
            with self.guard(path):
                if missing := self._missing(path, name, formats):
                    todo.append((path, missing))
                else:
                    self.set_aside.there += 1
        with tqdm(
            total=len(todo), unit="picture", desc="predict", disable=is_hidden(self.progress)
        ) as bar:
            for first in range(0, len(todo), self.batch_size):
                some = todo[first : first + self.batch_size]
                self._batch(some)
                bar.update(len(some))

    def _batch(self, some: Sequence[tuple[Path, dict[str, tuple[str, Any]]]]) -> None:
        readable = []
        for path, missing in some:
            with self.guard(path):
                readable.append((path, read_image(path), missing))
        images = [image for _, image, _ in readable]
        try:
            found = self.predict(images) if images else []
        except (ValueError, MemoryError, RuntimeError):
            if len(images) == 1:
                with self.guard(readable[0][0]):
                    raise
                return
            for one in readable:  # which of them was it?
                self._batch([(one[0], one[2])])
            return
        for (path, image, missing), values in zip(readable, found, strict=True):
            with self.guard(path):
                prediction = Prediction(image, check_map(values, image.shape[:2], path), self.metric, self.focal_px)  # fmt: skip
                for kind, (file, of) in missing.items():
                    with self.maps.write(file, of) as temporary:
                        FORMATS[kind].save(temporary, prediction)
                self.set_aside.made += 1

    def videos(self, named: Sequence[tuple[Path, Path]], side: bool) -> None:
        for path, name in named:
            with self.guard(path):
                file = f"{name}_{'side' if side else self.word}.mp4"
                of = {"source": stamp(path), "smooth": self.smooth}
                if self.maps.holds(file, of):
                    self.set_aside.there += 1
                    continue
                self.maps.refuse_foreign(file)
                self.maps.claim(file)
                predict_video(
                    lambda images: [_nearness(one, self.metric) for one in self.predict(images)],
                    path,
                    self.maps.folder / file,
                    smooth=self.smooth,
                    side_by_side=side,
                    identity=self.identity,
                    batch_size=self.batch_size,
                    progress=self.progress,
                )
                self.maps.record(file, of)
                self.set_aside.made += 1
