"""`dav2 predict`: maps of files and folders, written where people can use them."""

import errno
import warnings
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from tqdm import tqdm

from dav2.data.photos import SUFFIXES, files, read_image, warn_of_unread
from dav2.disk import stamp, write_json
from dav2.errors import UserError
from dav2.infer.focal import ASSUMED_FOV_DEGREES, find_focal
from dav2.infer.formats import FORMATS, Prediction, check_formats, nearness
from dav2.infer.video import predict_video
from dav2.infer.video_io import VIDEO_SUFFIXES
from dav2.progress import is_hidden
from dav2.runs import Work, identity_of, work_in
from dav2.sample import check_map
from dav2.types import Predict, PredictMany


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
    fov: float | None = None,
    spread: Predict | None = None,
    also: Mapping[str, Any] = MappingProxyType({}),
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
        fov: their horizontal field of view in degrees, instead. Without both, each picture's EXIF says
            it, or 60 degrees are assumed, which a warning counts.
        spread: picture -> where the map is in doubt [H, W], for the format `spread`; see
            `Predictor.spread`.
        also: what else the maps are made of; a map that was made of something else is made anew.
        smooth: of videos, see `predict_video`.
        batch_size: how many pictures `predict` gets at once.

    Raises:
        FileNotFoundError: an input is not there.
        UserError: unknown format, or `out` was begun with another model or size, or is being written.
    """
    check_formats(formats, metric, spread is not None)
    out, named, identity = Path(out), find_inputs(inputs), identity or identity_of(predict)
    with work_in(out, "maps", {"model": identity}) as maps:
        maps.refuse_foreign("set_aside.json")
        named = _without_maps(named, inputs, out)
        pictures = [entry for entry in named if entry[0].suffix.lower() not in VIDEO_SUFFIXES]
        videos = [entry for entry in named if entry[0].suffix.lower() in VIDEO_SUFFIXES]
        work = _Call(
            predict=predict,
            maps=maps,
            metric=metric,
            focal_px=focal_px,
            fov=fov,
            spread=spread,
            also=also,
            smooth=smooth,
            batch_size=batch_size,
            identity=identity,
            progress=progress,
        )
        work.pictures(pictures, formats)
        work.warn_of_assumed()
        work.videos(videos, "side" in formats)
        maps.claim("set_aside.json")
        write_json(out / "set_aside.json", work.set_aside)
        maps.record("set_aside.json")
    return work.set_aside


@dataclass(kw_only=True)
class _Call:
    """The files of one call on their way to their maps."""

    predict: PredictMany
    maps: Work
    metric: bool
    focal_px: float | None
    fov: float | None
    spread: Predict | None
    also: Mapping[str, Any]
    smooth: float
    batch_size: int
    identity: str
    progress: bool
    set_aside: SetAside = field(default_factory=SetAside)
    assumed: int = 0  # point clouds whose field of view is a guess

    @property
    def word(self) -> str:
        """What the maps are, as it stands in their names."""
        return "depth" if self.metric else "disparity"

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
        of = {"source": stamp(path), **self.also}
        wanted = {
            kind: (
                f"{name}{FORMATS[kind].ending.format(self.word)}",
                of | ({"focal_px": self.focal_px, "fov": self.fov} if kind == "ply" else {}),
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
                prediction = self._prediction(path, image, values, missing)
                for kind, (file, of) in missing.items():
                    with self.maps.write(file, of) as temporary:
                        FORMATS[kind].save(temporary, prediction)
                self.set_aside.made += 1

    def _prediction(
        self, path: Path, image: np.ndarray, values: np.ndarray, kinds: Collection[str]
    ) -> Prediction:
        size = image.shape[:2]
        focal = find_focal(path, size[1], self.focal_px, self.fov) if "ply" in kinds else None
        self.assumed += focal is not None and focal.source == "assumed"
        spread = check_map(self.spread(image), size, path) if self.spread and "spread" in kinds else None  # fmt: skip
        return Prediction(
            image, check_map(values, size, path), self.metric, focal and focal.px, spread
        )

    def warn_of_assumed(self) -> None:
        if self.assumed:
            warnings.warn(
                f"pictures without a focal length in their EXIF: {self.assumed}; their point clouds assume "
                f"a horizontal field of view of {ASSUMED_FOV_DEGREES:g} degrees. Better give --fov DEGREES "
                "or --focal-px PIXELS",
                stacklevel=3,
            )

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
                    lambda images: [nearness(one, self.metric) for one in self.predict(images)],
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
