"""BDD100K: its pictures, and frames of its videos."""

import re
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dav2.data.photographs.walk import require_any, set_aside, walk
from dav2.data.photos import Photo, UnreadableImage, check_size, files
from dav2.errors import UserError
from dav2.optional import optional

if TYPE_CHECKING:
    import av

RATE_HZ = 2  # ours: 8.2 million frames (V2 Table 7) of 100,000 videos of 40 s are 2 a second
LAYOUT = "images/100k/train/<id>.jpg or videos/100k/train/<id>.mov"
PICTURE = re.compile(r"(?:^|/)([0-9a-f]{8}-[0-9a-f]{8}(?:-\d{7})?)\.jpg$")
VIDEO = re.compile(r"([0-9a-f]{8}-[0-9a-f]{8})\.mov")


def _open(path: Path) -> "av.container.InputContainer":
    av = optional("av", "video needs PyAV", "predict")
    try:
        # An absolute path is never taken for a protocol.
        container = av.open(str(path.resolve()), metadata_errors="ignore")
    except (av.error.FFmpegError, OSError) as error:
        reason = f"{path} is not a video, or its beginning or index is cut off: {error}"
        raise UnreadableImage(reason) from error
    if not container.streams.video:
        container.close()
        raise UnreadableImage(f"{path} has no video stream")
    return container


def _tick_s(stream: "av.video.stream.VideoStream") -> Fraction:
    assert stream.time_base is not None  # of a stream that was opened for reading
    return stream.time_base


def _decoded(
    container: "av.container.InputContainer", seek: int
) -> Iterator[tuple[int, "av.VideoFrame"]]:
    """Yield whole frames with their times in ticks, from the key frame before `seek` on."""
    av = optional("av", "video needs PyAV", "predict")
    stream = container.streams.video[0]
    container.seek(seek, stream=stream)
    with suppress(av.error.FFmpegError):  # nothing can be read beyond the damage
        for packet in container.demux(stream):
            with suppress(av.error.InvalidDataError):
                for frame in packet.decode():
                    if frame.pts is not None and not frame.is_corrupt:
                        yield frame.pts, frame


def _shown_at(
    container: "av.container.InputContainer", ticks: Fraction, seek: int
) -> "av.VideoFrame | None":
    """Find the frame shown at `ticks`, decoding from the key frame before `seek`; None if there is none."""
    stream = container.streams.video[0]
    shown, since = None, 0
    for pts, frame in _decoded(container, seek):
        if pts > ticks:
            return shown
        shown, since = frame, pts
    # The last one is followed by nothing that says how long it is shown.
    longest = 2 / (stream.average_rate or Fraction(25)) / _tick_s(stream)
    return shown if ticks - since <= longest else None


def read_frame(path: Path, time_s: Fraction) -> np.ndarray:
    """Read the frame of a video shown `time_s` after its beginning: RGB uint8 [H, W, 3], upright.

    Raises:
        UnreadableImage: no video, or damaged or cut off before that time.
    """
    with _open(path) as container:
        stream = container.streams.video[0]
        start = stream.start_time or 0
        ticks = start + time_s / _tick_s(stream)
        check_size(stream.height, stream.width, path)
        # Key frames that are stored before frames shown earlier can mislead a seek.
        frame = _shown_at(container, ticks, int(ticks)) or _shown_at(container, ticks, start)
        if frame is None:
            raise UnreadableImage(f"{path} is cut off or damaged at {float(time_s)} s")
        upright = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90))
        return np.ascontiguousarray(upright)


def _length_s(path: Path) -> Fraction:
    with _open(path) as container:
        stream = container.streams.video[0]
        if not stream.duration:
            raise UnreadableImage(f"{path} does not say how long it is")
        return stream.duration * _tick_s(stream)


def _frames(root: Path, rate_hz: Fraction) -> Iterator[Photo]:
    for path in files(root):
        if not (match := VIDEO.fullmatch(path.name)):
            continue
        try:
            length_s = _length_s(path)
        except UnreadableImage as error:
            yield set_aside(path.name, str(error))
            continue
        for number in count():
            time_s = number / rate_hz
            if time_s >= length_s:
                break
            yield Photo(f"{match[1]}_{int(time_s * 1000):06d}", partial(read_frame, path, time_s))


def _picture(path: str) -> str | None:
    match = PICTURE.search(path)
    return match and match[1]


def find_bdd100k(root: Path, rate_hz: float = RATE_HZ) -> Iterator[Photo]:
    """Find pictures of BDD100K, key `<id>`; then frames of its videos, `<id>_<milliseconds>`.

    A frame is found by its time, so that any can be loaded without those before.

    Args:
        rate_hz: frames per second of video. The paper's rate is not stated.

    Raises:
        FileNotFoundError: there are neither.
        ModuleNotFoundError: there are videos, but no PyAV to read them with.
    """
    if not rate_hz > 0:
        raise UserError(f"rate_hz must be positive, not {rate_hz}")

    def both() -> Iterator[Photo]:
        yield from walk(root, _picture)
        yield from _frames(root, Fraction(rate_hz))

    return require_any(both(), root, LAYOUT)
