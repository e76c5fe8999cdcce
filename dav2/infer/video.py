"""`dav2 predict` on a video: a video of disparity that does not flicker, with the sound kept."""

import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from dav2.data.photos import check_size
from dav2.disk import atomic_path, file_hash, write_npy
from dav2.errors import UserError
from dav2.infer.steady import steady, survey
from dav2.infer.video_io import (
    VideoFacts,
    frame_times,
    import_av,
    inspect_video,
    read_frames,
    upright,
    write_video,
)
from dav2.picture import colourise
from dav2.progress import is_hidden
from dav2.runs import Work, holds_others, identity_of, read_settings, work_in
from dav2.sample import check_map
from dav2.types import PredictMany

RANGE_SAMPLES = 1_000_000  # pixels of the whole video from which the range of colours is read, 4 MB


def _save_maps(
    predict: PredictMany,
    maps: Work,
    batch: list[tuple[str, np.ndarray]],
) -> None:
    found = predict([image for _, image in batch])
    if len(found) != len(batch):
        raise UserError(f"predict gave {len(found)} maps for {len(batch)} frames")
    for (name, image), disparity in zip(batch, found, strict=True):
        with np.errstate(over="ignore"):  # what float16 cannot hold becomes infinite
            half = disparity.astype(np.float16)
        check_map(half, image.shape[:2], f"frame {int(Path(name).stem)} as float16")
        with maps.write(name) as temporary:
            write_npy(temporary, half)


def _map_file(number: int) -> str:
    return f"{number:06d}.npy"


def _predict_missing(
    predict: PredictMany,
    path: Path,
    source: VideoFacts,
    maps: Work,
    batch_size: int,
    progress: bool,
) -> tuple[list[int], int]:
    """Predict missing maps; returns times of all frames and duration of the last one [ticks]."""
    stamps: list[int | None] = []
    step = duration = max(1, round(1 / (source.rate * source.time_base)))
    batch: list[tuple[str, np.ndarray]] = []
    bar = tqdm(
        total=source.frames or None, unit="frame", desc="predict", disable=is_hidden(progress)
    )
    with bar:
        for number, frame in enumerate(read_frames(path)):
            stamps.append(frame.pts)
            duration = frame.duration or step
            if not maps.holds(name := _map_file(number)):
                batch.append((name, upright(frame, source.size)))
            if len(batch) == batch_size:
                _save_maps(predict, maps, batch)
                batch = []
            bar.update()
        if batch:
            _save_maps(predict, maps, batch)
    return frame_times(stamps, step), duration


def _warn_if_cut_off(path: Path, source: VideoFacts, times: list[int], duration: int) -> None:
    end_s = float((times[-1] + duration) * source.time_base)
    early = source.end_s is not None and end_s + 2 / source.rate < source.end_s
    if early or len(times) < source.frames:
        warnings.warn(
            f"{path} is cut off or damaged: the {len(times)} frames that decode were used",
            stacklevel=3,
        )


def _read_steady(
    path: Path, source: VideoFacts, folder: Path, smooth: float
) -> Iterator[tuple[np.ndarray, np.ndarray, bool]]:
    pairs = (
        (upright(frame, source.size), np.load(folder / _map_file(number)).astype(np.float32))
        for number, frame in enumerate(read_frames(path))
    )
    return steady(pairs, smooth)


def _check_request(path: Path, out: Path, smooth: float, batch_size: int) -> None:
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there")
    if out.suffix.lower() != ".mp4" or out.resolve() == path.resolve():
        raise UserError(f"{out}: the video is written as .mp4, and not over its source")
    if not 0 <= smooth < 1:
        raise UserError(f"smooth must be 0 to below 1, not {smooth}")
    if batch_size < 1:
        raise UserError(f"batch_size must be at least 1, not {batch_size}")


def predict_video(
    predict: PredictMany,
    path: Path | str,
    out: Path | str,
    smooth: float = 0.0,
    side_by_side: bool = False,
    identity: str = "",
    batch_size: int = 1,
    progress: bool = True,
) -> dict[str, Any]:
    """Write the disparity of a video as a video in colours: red is near, blue is far.

    Frame times and sound stay as they are; one range of disparity is coloured in the whole
    video. A repeated call goes on where a killed one stopped: until the video is written, the
    raw maps lie in `<name>.frames` beside it (float16, 2 bytes a pixel; 4 MB a frame of 1080p).

    Args:
        predict: list of uint8 RGB [H, W, 3] -> list of disparity float32 [H, W].
        path: the video; `VIDEO_SUFFIXES` are usual.
        out: the `.mp4` to write; one that is there is replaced.
        smooth: weight of the past where nothing moves, 0 (none) to below 1.
        side_by_side: the frame left, its disparity right.
        identity: as for `predict_files`; frames begun with another are refused.
        batch_size: frames given to `predict` at once.

    Returns:
        {"frames": how many, "cuts": scenes begun anew, "sound": whether there is sound}.

    Raises:
        ModuleNotFoundError: PyAV is missing.
        FileNotFoundError: `path` is not there.
        UserError: no frame of `path` decodes, an argument is out of range, or the frames kept
            were begun with another model or video.
    """
    import_av()
    path, out = Path(path), Path(out)
    _check_request(path, out, smooth, batch_size)
    source, folder = inspect_video(path), out.with_name(f"{out.stem}.frames")
    check_size(*source.size, path)
    if read_settings(folder) is None and holds_others(folder):
        raise UserError(
            f"{folder} holds other files, and is needed for frames; delete it, or write to another "
            f"name than {out.name}"
        )
    asked = {"model": identity or identity_of(predict), "video": file_hash(path)}
    with work_in(folder, "frames of a video", asked) as maps:
        facts = _make(predict, path, out, source, maps, smooth, side_by_side, batch_size, progress)  # fmt: skip
        for frame in folder.glob("*.npy"):
            frame.unlink()
    shutil.rmtree(folder, ignore_errors=True)  # the lock in it is open no more
    return facts


def _make(
    predict: PredictMany,
    path: Path,
    out: Path,
    source: VideoFacts,
    maps: Work,
    smooth: float,
    side_by_side: bool,
    batch_size: int,
    progress: bool,
) -> dict[str, Any]:
    folder = maps.folder
    times, last_duration = _predict_missing(predict, path, source, maps, batch_size, progress)
    _warn_if_cut_off(path, source, times, last_duration)

    def steady_frames(what: str) -> Iterator[tuple[np.ndarray, np.ndarray, bool]]:
        frames = _read_steady(path, source, folder, smooth)
        return tqdm(frames, total=len(times), unit="frame", desc=what, disable=is_hidden(progress))

    samples_per_frame = max(1, RANGE_SAMPLES // len(times))
    low, high, cuts = survey(steady_frames("align"), samples_per_frame)

    def pictures() -> Iterator[np.ndarray]:
        # Aligned once more rather than kept: a second copy of every map would fill the disk.
        for image, disparity, _ in steady_frames("encode"):
            colours = colourise(disparity, low, high)
            yield np.concatenate([image, colours], axis=1) if side_by_side else colours

    width = source.size[1] * (2 if side_by_side else 1)
    # In the frames' folder, so that what a killed call left of it goes with the folder.
    with atomic_path(folder / out.name) as temporary:
        sound = write_video(temporary, path, source, pictures(), times, last_duration, width)
    os.replace(folder / out.name, out)
    return {"frames": len(times), "cuts": cuts, "sound": sound}
