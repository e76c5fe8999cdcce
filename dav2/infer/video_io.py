"""Video files by PyAV: frames in, upright and in time; H.264 out, with the source's times and sound."""

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dav2.errors import UserError
from dav2.optional import optional

if TYPE_CHECKING:
    import av

VIDEO_SUFFIXES = (".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v")


class VideoFacts(NamedTuple):
    """What the header and the first frame of a video say."""

    size: tuple[int, int]  # height, width of the upright picture
    turned: bool  # by a quarter: stored lying, shown upright
    time_base: Fraction  # seconds of one tick
    rate: Fraction  # frames per second on average
    aspect: Fraction | None  # width of a stored pixel over its height
    frames: int  # as promised; 0 where the container does not say
    end_s: float | None  # as promised


def pad_to_even(image: np.ndarray) -> np.ndarray:
    """Repeat the last row and column of [H, W, 3] where a side is odd, as H.264 needs it."""
    height, width = image.shape[:2]
    return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def frame_times(stamps: Sequence[int | None], step: int) -> list[int]:
    """Make times [ticks] rise strictly: a missing one follows by `step`, a late one by one tick."""
    times: list[int] = []
    for stamp in stamps:
        last = times[-1] if times else None
        if stamp is None:
            stamp = 0 if last is None else last + step
        times.append(stamp if last is None else max(stamp, last + 1))
    return times


def import_av() -> Any:
    """Import PyAV, only when a video is at hand."""
    return optional("av", "video needs PyAV", "predict")


@contextmanager
def _open(path: Path) -> Iterator["av.container.InputContainer"]:
    av = import_av()
    try:
        # An absolute path is never taken for a protocol; tags in other encodings do not matter.
        container = av.open(str(path.resolve()), metadata_errors="ignore")
    except av.error.FFmpegError as error:
        raise UserError(
            f"{path} is not a video, or its beginning or index is cut off ({error.strerror})"
        ) from error
    with container:
        yield container


def _video_stream(
    container: "av.container.InputContainer", path: Path
) -> "av.video.stream.VideoStream":
    cover = import_av().stream.Disposition.attached_pic
    streams = [stream for stream in container.streams.video if not stream.disposition & cover]
    if not streams or streams[0].codec_context is None:
        raise UserError(f"{path} has no video stream that can be decoded")
    return streams[0]


def read_frames(path: Path) -> Iterator["av.VideoFrame"]:
    """Yield the frames of a video that decode, in order of time, one in memory at a time.

    Raises:
        UserError: the file cannot be opened or has no video stream.
    """
    av = import_av()
    with _open(path) as container:
        stream = _video_stream(container, path)
        with suppress(av.error.FFmpegError):  # nothing can be read beyond the damage
            for packet in container.demux(stream):
                with suppress(av.error.InvalidDataError):
                    yield from packet.decode()


def upright(frame: "av.VideoFrame", size: tuple[int, int]) -> np.ndarray:
    """Turn a decoded frame as its metadata says: uint8 RGB [H, W, 3] at (H, W) `size`."""
    quarters = round(frame.rotation / 90)
    height, width = size[::-1] if quarters % 2 else size
    image = frame.to_ndarray(format="rgb24", height=height, width=width)
    return np.ascontiguousarray(np.rot90(image, quarters))


def _tick_s(stream: "av.video.stream.VideoStream") -> Fraction:
    assert stream.time_base is not None  # of a stream that was opened for reading
    return stream.time_base


def _promised_end_s(stream: "av.video.stream.VideoStream") -> float | None:
    if stream.duration is not None:
        return float(((stream.start_time or 0) + stream.duration) * _tick_s(stream))
    tag = re.match(r"(\d+):(\d+):([\d.]+)", stream.metadata.get("DURATION", ""))  # Matroska
    if tag is None:
        return None
    hours, minutes, seconds = map(float, tag.groups())
    return 3600 * hours + 60 * minutes + seconds


def inspect_video(path: Path) -> VideoFacts:
    """Read size, timing and promised length of a video.

    Raises:
        UserError: the file is no video, has no video stream, or no frame decodes.
    """
    first = next(read_frames(path), None)
    if first is None:
        raise UserError(f"{path} has no frame that decodes: it is empty, cut off or damaged")
    turned = bool(round(first.rotation / 90) % 2)
    with _open(path) as container:
        stream = _video_stream(container, path)
        # An edit list (a film trimmed on the phone) hides frames of a QuickTime file on purpose.
        hides_frames = "mov" in container.format.name
        return VideoFacts(
            size=(first.width, first.height) if turned else (first.height, first.width),
            turned=turned,
            time_base=_tick_s(stream),
            rate=stream.average_rate or stream.guessed_rate or Fraction(25),
            aspect=stream.sample_aspect_ratio,
            frames=0 if hides_frames else stream.frames,
            end_s=_promised_end_s(stream),
        )


def _add_picture(
    output: "av.container.OutputContainer", source: VideoFacts, size: tuple[int, int]
) -> "av.video.stream.VideoStream":
    """Add an H.264 stream for pictures of (height, width) `size`, with the source's ticks."""
    # No frames out of order and durations of their own: else the last one of a variable rate
    # gets the length of the one before.
    options = {"crf": "18", "bf": "0"}
    stream = output.add_stream("libx264", rate=source.rate, options=options)
    encoder = stream.codec_context
    encoder.height, encoder.width = size
    encoder.pix_fmt, encoder.time_base = "yuv420p", source.time_base
    if source.aspect:
        encoder.sample_aspect_ratio = 1 / source.aspect if source.turned else source.aspect
    # Said aloud (BT.709, limited range), because players guess the colours of small pictures.
    encoder.color_primaries = encoder.color_trc = encoder.colorspace = encoder.color_range = 1
    encoder.flags |= import_av().codec.context.Flags.frame_duration
    return stream


def _add_sound(
    output: "av.container.OutputContainer", container: "av.container.InputContainer", path: Path
) -> tuple[Any, Iterator["av.Packet"]]:
    """Add a copy of the first known sound stream, or None; returns it and the packets to put there."""
    if not container.streams.audio:
        return None, iter(())
    known = [stream for stream in container.streams.audio if stream.codec_context is not None]
    name = known[0].codec_context.name if known else "unknown"
    try:
        target = output.add_stream_from_template(known[0])
    except (IndexError, ValueError):
        warnings.warn(
            f"the sound of {path} ({name}) does not fit into mp4, so the video is silent; "
            f"to keep it: ffmpeg -i {path.name} -c:v copy -c:a aac {path.stem}.mkv",
            stacklevel=4,
        )
        return None, iter(())
    return target, _sound_packets(container, known[0])


def _sound_packets(
    container: "av.container.InputContainer", stream: "av.audio.stream.AudioStream"
) -> Iterator["av.Packet"]:
    with suppress(import_av().error.FFmpegError):  # nothing can be read beyond the damage
        for packet in container.demux(stream):
            if packet.dts is not None:  # the last one is empty
                yield packet


def _mux_sound(
    output: "av.container.OutputContainer",
    target: Any,
    packets: Iterator["av.Packet"],
    until_s: float,
) -> None:
    """Copy packets up to `until_s` and the one beyond, so that players need not seek."""
    for packet in packets:
        assert packet.dts is not None  # see `_sound_packets`
        assert packet.time_base is not None
        packet.stream = target
        late = packet.dts * packet.time_base > until_s
        output.mux(packet)
        if late:
            return


def write_video(
    target: Path,
    path: Path,
    source: VideoFacts,
    pictures: Iterable[np.ndarray],
    times: list[int],
    last_duration: int,
    width: int,
) -> bool:
    """Encode upright pictures uint8 [H, `width`, 3] with the source's times and its sound.

    Returns:
        Whether there is sound.
    """
    av = import_av()
    height = source.size[0]
    durations = np.diff(times, append=times[-1] + last_duration).tolist()
    options = {"movflags": "+faststart"}  # the index in front: browsers play while loading
    with _open(path) as container, av.open(str(target), "w", options=options) as output:
        stream = _add_picture(output, source, (height + height % 2, width + width % 2))
        sound, packets = _add_sound(output, container, path)
        for picture, time, duration in zip(pictures, times, durations, strict=True):
            rgb = av.VideoFrame.from_ndarray(pad_to_even(picture), format="rgb24")
            frame = rgb.reformat(format="yuv420p", dst_colorspace="ITU709")
            frame.pts, frame.time_base, frame.duration = time, source.time_base, duration
            output.mux(stream.encode(frame))
            _mux_sound(output, sound, packets, float(time * source.time_base))
        output.mux(stream.encode())
        _mux_sound(output, sound, packets, float("inf"))
    return sound is not None
