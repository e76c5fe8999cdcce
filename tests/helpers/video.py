"""Small videos, written and read."""

from fractions import Fraction

import numpy as np
import pytest

av = pytest.importorskip("av")


HEIGHT, WIDTH = 48, 64

RATE = 10


def backdrop(seed: int = 0) -> np.ndarray:
    """A smooth picture, uint8 [48, 64, 3]."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    waves = [np.sin(x * rng.uniform(0.1, 0.3) + y * rng.uniform(0.1, 0.3) + k) for k in range(3)]
    return (120 + 80 * np.stack(waves, -1)).astype(np.uint8)


def moving_square(count: int, size_px: int = 8) -> list[np.ndarray]:
    """A white square crosses the backdrop, 3 px a frame."""
    images = [backdrop() for _ in range(count)]
    for number, image in enumerate(images):
        image[20 : 20 + size_px, 3 * number : 3 * number + size_px] = 255
    return images


def sine(seconds: float, sample_rate: int = 8000) -> np.ndarray:
    time_s = np.arange(int(seconds * sample_rate)) / sample_rate
    return (np.sin(2 * np.pi * 440 * time_s) * 20000).astype(np.int16)[None]


def write_sound(output, stream, samples, pts=0):
    for start in range(0, samples.shape[1], 1000):
        frame = av.AudioFrame.from_ndarray(
            samples[:, start : start + 1000].copy(), format="s16", layout="mono"
        )
        frame.sample_rate, frame.time_base = 8000, Fraction(1, 8000)
        frame.pts = pts + start
        output.mux(stream.encode(frame))
    output.mux(stream.encode())


def write_video(
    path, images, sound=None, codec="libx264", times=None, time_base=None, options=None
):
    """A video with these frames, by default at 10 a second, and a sine where `sound` is a codec."""
    time_base = time_base or Fraction(1, RATE)
    times = list(range(len(images))) if times is None else times
    with av.open(str(path), "w", options=options or {}) as output:
        stream = output.add_stream(codec, rate=RATE)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuv444p" if images[0].shape[1] % 2 else "yuv420p"
        stream.codec_context.time_base = time_base
        track = output.add_stream(sound, rate=8000, layout="mono") if sound else None
        for image, time in zip(images, times, strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = time, time_base
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
        if track:
            write_sound(output, track, sine(len(images) / RATE))
    return path


def read_video(path) -> tuple[list[np.ndarray], list[float]]:
    """Frames as RGB and their times [s]."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    return [frame.to_ndarray(format="rgb24") for frame in frames], [frame.time for frame in frames]


def plane() -> np.ndarray:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    return 2 + y / HEIGHT + 0.5 * np.sin(x / 7)
