import struct
import sys
import warnings
from fractions import Fraction

import numpy as np
import pytest

from dav2.infer import steady
from dav2.infer.video import predict_video
from dav2.infer.video_io import frame_times, inspect_video, pad_to_even
from tests.helpers.video import (
    HEIGHT,
    RATE,
    WIDTH,
    backdrop,
    moving_square,
    plane,
    read_video,
    sine,
    write_sound,
    write_video,
)

av = pytest.importorskip("av")


def read_packets(path) -> list[tuple[bytes, float]]:
    """What the sound stream holds, and its times [s]."""
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(audio=0) if packet.dts is not None]
        return [(bytes(packet), float(packet.pts * packet.time_base)) for packet in packets]


def brightness(images: list[np.ndarray]) -> list[np.ndarray]:
    """A stand-in for a network: bright is near."""
    return [image.mean(axis=2, dtype=np.float32) / 16 for image in images]


class Unsteady:
    """A stand-in that looks at no picture: one plane, in another scale and shift each time."""

    def __init__(self):
        self.rng = np.random.default_rng(1)

    def __call__(self, images):
        return [
            plane() * self.rng.uniform(0.6, 1.6) + np.float32(self.rng.uniform(-1, 1))
            for _ in images
        ]


def run(predict, path, out, **options):
    return predict_video(predict, path, out, progress=False, **options)


def test_times_always_rise():
    assert frame_times([5, 15, 15, None, 20, 50], 10) == [5, 15, 16, 26, 27, 50]
    assert frame_times([None, None], 10) == [0, 10]


def test_odd_sides_repeat_the_edge():
    image = np.arange(3 * 5 * 3, dtype=np.uint8).reshape(3, 5, 3)
    padded = pad_to_even(image)
    assert padded.shape == (4, 6, 3)
    np.testing.assert_array_equal(padded[:3, :5], image)
    np.testing.assert_array_equal(padded[3, :5], image[2])
    np.testing.assert_array_equal(padded[:3, 5], image[:, 4])


@pytest.mark.parametrize(
    ("name", "sound"),
    [("a.mp4", "aac"), ("a.mov", "pcm_s16le"), ("a.mkv", "flac"), ("a.webm", None)],
)
def test_frames_times_and_sound_are_kept(tmp_path, name, sound):
    codec = "libvpx" if name.endswith("webm") else "libx264"
    path = write_video(tmp_path / name, moving_square(12), sound, codec)
    images, times = read_video(path)
    out = tmp_path / "deep" / "out.mp4"
    facts = run(brightness, path, out, batch_size=5)
    assert facts == {"frames": 12, "cuts": 0, "sound": sound is not None}
    written, written_times = read_video(out)
    assert len(written) == len(images) == 12
    assert written[0].shape == (HEIGHT, WIDTH, 3)
    np.testing.assert_allclose(written_times, times, atol=1e-3)
    if sound:
        packets, expected = read_packets(out), read_packets(path)
        assert b"".join(data for data, _ in packets) == b"".join(data for data, _ in expected)
        assert packets[0][1] == pytest.approx(expected[0][1], abs=1e-3)
        assert packets[-1][1] == pytest.approx(expected[-1][1], abs=0.15)  # mp4 regroups PCM
    assert [entry.name for entry in out.parent.iterdir()] == ["out.mp4"]


def test_a_variable_rate_and_a_late_start_are_kept(tmp_path):
    times = [9000, 18000, 22500, 31500, 76500, 80000]
    path = write_video(
        tmp_path / "a.mp4", moving_square(6), times=times, time_base=Fraction(1, 90000)
    )
    run(brightness, path, tmp_path / "out.mp4")
    _, expected = read_video(path)
    _, written = read_video(tmp_path / "out.mp4")
    np.testing.assert_allclose(written, expected, atol=1e-6)
    np.testing.assert_allclose(np.diff(written), np.diff(times) / 90000, atol=1e-6)


def test_the_last_frame_lasts_as_long_as_before(tmp_path):
    path, out = tmp_path / "a.mp4", tmp_path / "out.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=RATE, options={"bf": "0"})
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        stream.codec_context.flags |= av.codec.context.Flags.frame_duration
        for time, duration in ((0, 1), (1, 1), (2, 20)):
            frame = av.VideoFrame.from_ndarray(backdrop(), format="rgb24")
            frame.pts, frame.time_base, frame.duration = time, Fraction(1, RATE), duration
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    run(brightness, path, out)
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert float(stream.duration * stream.time_base) == pytest.approx(2.2, abs=0.01)


def test_sound_that_mp4_cannot_hold_is_left_out_with_a_warning(tmp_path):
    path = write_video(tmp_path / "a.avi", moving_square(5), "pcm_u8", "mpeg4")
    with pytest.warns(UserWarning, match=r"pcm_u8.* does not fit into mp4.*-c:a aac a\.mkv"):
        facts = run(brightness, path, tmp_path / "out.mp4")
    assert facts == {"frames": 5, "cuts": 0, "sound": False}
    assert len(read_video(tmp_path / "out.mp4")[0]) == 5


def lay_down(path, matrix):
    """Overwrite the display matrix of an mp4's picture, as phones held upright write it."""
    content = bytearray(path.read_bytes())
    start = content.index(b"tkhd") + 44  # ISO 14496-12, 8.3.2
    content[start : start + 36] = struct.pack(">9i", *matrix)
    path.write_bytes(content)


# 16.16 numbers; the last one has 2.30
CLOCKWISE = (0, 1 << 16, 0, -1 << 16, 0, 0, HEIGHT << 16, 0, 1 << 30)


@pytest.mark.parametrize(
    ("turn", "matrix", "corner"),
    [
        ("clockwise", CLOCKWISE, (0, -1)),
        ("half", (-1 << 16, 0, 0, 0, -1 << 16, 0, WIDTH << 16, HEIGHT << 16, 1 << 30), (-1, -1)),
        ("counter", (0, -1 << 16, 0, 1 << 16, 0, 0, 0, WIDTH << 16, 1 << 30), (-1, 0)),
    ],
)
def test_videos_of_phones_come_upright(tmp_path, turn, matrix, corner):
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[:16, :16] = 255
    path = write_video(tmp_path / "a.mp4", [image] * 3)
    lay_down(path, matrix)
    seen = []

    def predict(images):
        seen.extend(images)
        return brightness(images)

    run(predict, path, tmp_path / "out.mp4")
    size = (HEIGHT, WIDTH) if turn == "half" else (WIDTH, HEIGHT)
    assert seen[0].shape[:2] == size
    assert seen[0][corner].min() > 200
    written, _ = read_video(tmp_path / "out.mp4")
    assert written[0].shape[:2] == size
    near = written[0][corner].astype(int)
    assert near[0] > near[2], "near is red"


@pytest.mark.parametrize("turned", [False, True])
def test_pixels_that_are_not_square_stay_so(tmp_path, turned):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=RATE)
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        output.mux(stream.encode(av.VideoFrame.from_ndarray(backdrop(), format="rgb24")))
        output.mux(stream.encode())
    if turned:
        lay_down(path, CLOCKWISE)
    run(brightness, path, tmp_path / "out.mp4")
    aspect = inspect_video(tmp_path / "out.mp4").aspect
    assert aspect == (Fraction(3, 4) if turned else Fraction(4, 3))


def test_the_cover_of_a_song_is_no_video(tmp_path):
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as output:
        cover = output.add_stream("mjpeg", rate=1)
        cover.height, cover.width, cover.pix_fmt = HEIGHT, WIDTH, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        track = output.add_stream("aac", rate=8000, layout="mono")
        output.mux(cover.encode(av.VideoFrame.from_ndarray(backdrop(), format="rgb24")))
        output.mux(cover.encode())
        write_sound(output, track, sine(0.5))
    with pytest.raises(ValueError, match="has no video stream"):
        run(brightness, path, tmp_path / "out.mp4")


def test_tags_in_another_encoding_do_not_matter(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as output:
        output.metadata["title"] = "Munchen"
        stream = output.add_stream("libx264", rate=RATE)
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        output.mux(stream.encode(av.VideoFrame.from_ndarray(backdrop(), format="rgb24")))
        output.mux(stream.encode())
    path.write_bytes(path.read_bytes().replace(b"Munchen", "München".encode("latin-1")))
    assert run(brightness, path, tmp_path / "out.mp4")["frames"] == 1


def test_alignment_takes_the_flicker_away(tmp_path, monkeypatch):
    path = write_video(tmp_path / "a.mp4", moving_square(20))
    deviation = {}
    for align in (True, False):
        if not align:
            monkeypatch.setattr(steady, "align_to_previous", lambda disparity, *_: disparity)
        run(Unsteady(), path, tmp_path / "out.mp4")
        written = np.stack(read_video(tmp_path / "out.mp4")[0]).astype(float)
        deviation[align] = written[:, 30:].std(axis=0).mean()  # below the square nothing moves
    assert deviation[False] > 10 * deviation[True]
    assert deviation[False] > 10, "of 255: there is flicker to take away"


def test_side_by_side_and_odd_sizes(tmp_path):
    images = [image[:47, :63] for image in moving_square(4)]
    images = [np.ascontiguousarray(image) for image in images]
    path = write_video(tmp_path / "a.mkv", images)
    run(brightness, path, tmp_path / "one.mp4")
    assert read_video(tmp_path / "one.mp4")[0][0].shape == (48, 64, 3)
    run(brightness, path, tmp_path / "two.mp4", side_by_side=True)
    both = read_video(tmp_path / "two.mp4")[0][2].astype(int)
    assert both.shape == (48, 126, 3)
    frame = read_video(path)[0][2].astype(int)
    assert np.abs(both[:47, :60] - frame[:, :60]).mean() < 6, "the frame is left"
    assert np.abs(both[:47, 66:] - frame[:, 3:]).mean() > 20


def test_the_frame_keeps_its_colours(tmp_path):
    path = write_video(tmp_path / "a.mp4", [np.full((HEIGHT, WIDTH, 3), (200, 40, 60), np.uint8)])
    run(brightness, path, tmp_path / "out.mp4", side_by_side=True)
    written = read_video(tmp_path / "out.mp4")[0][0][24, 32]
    np.testing.assert_allclose(written, (200, 40, 60), atol=6)  # another matrix: off by over 10


def test_a_cut_is_counted(tmp_path):
    path = write_video(tmp_path / "a.mp4", [backdrop(0)] * 4 + [255 - backdrop(3)] * 4)
    assert run(brightness, path, tmp_path / "out.mp4")["cuts"] == 1


def test_black_frames_are_no_trouble(tmp_path):
    black = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    path = write_video(tmp_path / "a.mp4", [black] * 3 + [backdrop()] * 3 + [black] * 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        facts = run(brightness, path, tmp_path / "out.mp4", smooth=0.5)
    assert facts["frames"] == 8
    path = write_video(tmp_path / "black.mp4", [black] * 3)
    assert run(brightness, path, tmp_path / "out.mp4") == {"frames": 3, "cuts": 0, "sound": False}


def test_an_interrupted_call_goes_on(tmp_path):
    path, out = write_video(tmp_path / "a.mp4", moving_square(10), "aac"), tmp_path / "out.mp4"
    seen = []

    def interrupted(images):
        seen.append(len(images))
        if len(seen) == 3:
            raise KeyboardInterrupt
        return brightness(images)

    with pytest.raises(KeyboardInterrupt):
        run(interrupted, path, out, batch_size=2, identity="one")
    assert not out.exists()
    kept = {entry.name for entry in (tmp_path / "out.frames").iterdir()}
    assert kept == {".dav2", *(f"{number:06d}.npy" for number in range(4))}
    assert run(interrupted, path, out, batch_size=2, identity="one")["frames"] == 10
    assert seen == [2, 2, 2, 2, 2, 2], "the four finished frames are not predicted again"
    assert {entry.name for entry in tmp_path.iterdir()} == {"a.mp4", "out.mp4"}


def test_an_interrupted_encoding_leaves_no_video(tmp_path, monkeypatch):
    path, out = write_video(tmp_path / "a.mp4", moving_square(5)), tmp_path / "out.mp4"

    def killed(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("dav2.infer.video.colourise", killed)
        with pytest.raises(KeyboardInterrupt):
            run(brightness, path, out, identity="one")
    assert not list(tmp_path.rglob("out*.mp4"))
    assert run(killed, path, out, identity="one")["frames"] == 5, "all frames were there"


def test_frames_of_another_model_or_video_are_refused(tmp_path):
    path, out = write_video(tmp_path / "a.mp4", moving_square(3)), tmp_path / "out.mp4"

    seen = []

    def killed(images):
        if seen:
            raise KeyboardInterrupt
        seen.extend(images)
        return brightness(images)

    with pytest.raises(KeyboardInterrupt):
        run(killed, path, out, identity="one")
    with pytest.raises(
        ValueError, match=r"out\.frames was begun otherwise .model was one, now two.*delete it"
    ):
        run(brightness, path, out, identity="two")
    other = write_video(tmp_path / "b.mp4", moving_square(4))
    with pytest.raises(ValueError, match=r"video was .*delete"):
        run(brightness, other, out, identity="one")
    assert run(brightness, path, out, identity="one")["frames"] == 3


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    path = write_video(tmp_path / "a.mp4", moving_square(3))
    mine = tmp_path / "out.frames" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("keep")
    with pytest.raises(ValueError, match="holds other files"):
        run(brightness, path, tmp_path / "out.mp4")
    assert mine.read_text() == "keep"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no video at all", "is not a video"),
        (b"", "is not a video"),
        ("half", "its beginning or index is cut off"),
        ("sound", "has no video stream"),
        ("no frame", "has no frame that decodes"),
    ],
)
def test_a_file_that_is_no_video_is_named_and_leaves_nothing(tmp_path, content, reason):
    path = tmp_path / "bad.mp4"
    if content == "sound":
        with av.open(str(path), "w") as output:
            write_sound(output, output.add_stream("aac", rate=8000, layout="mono"), sine(0.5))
    elif content == "half":
        whole = write_video(path, moving_square(10)).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif content == "no frame":
        write_video(path, moving_square(10), options={"movflags": "+faststart"})
        whole = path.read_bytes()
        path.write_bytes(whole[: whole.index(b"mdat") + 8])
    else:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"bad\.mp4 {reason}|bad\.mp4 .*{reason}"):
        run(brightness, path, tmp_path / "out.mp4")
    assert [entry.name for entry in tmp_path.iterdir()] == ["bad.mp4"]


@pytest.mark.parametrize("name", ["cut.mp4", "cut.mkv", "cut.avi"])
def test_a_video_cut_off_in_the_middle_gives_the_frames_that_decode(tmp_path, name):
    images = [backdrop(seed) for seed in range(30)]
    options = {"movflags": "+faststart"} if name.endswith("mp4") else {}
    codec = "mpeg4" if name.endswith("avi") else "libx264"
    path = write_video(tmp_path / name, images, codec=codec, options=options)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 6 // 10])
    with pytest.warns(UserWarning, match=r"cut\.\w+ is cut off .*: the (\d+) frames"):
        facts = run(brightness, path, tmp_path / "out.mp4")
    assert 2 < facts["frames"] < 25
    assert len(read_video(tmp_path / "out.mp4")[0]) == facts["frames"]


def test_frames_hidden_by_an_edit_list_are_not_missed(tmp_path):
    times = range(-5, 15)  # what lies before 0 is hidden
    path = write_video(tmp_path / "a.mp4", moving_square(20, 2), times=times)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        facts = run(brightness, path, tmp_path / "out.mp4")
    assert facts["frames"] < 20


def test_maps_that_cannot_be_kept_are_refused(tmp_path):
    path, out = write_video(tmp_path / "a.mp4", moving_square(2)), tmp_path / "out.mp4"
    with pytest.raises(ValueError, match="frame 0 as float16: its map is not finite"):
        run(lambda images: [np.full(images[0].shape[:2], 1e6, np.float32)], path, out)
    with pytest.raises(ValueError, match=r"frame 0 as float16: its map is \("):
        run(lambda images: [np.zeros((2, 2), np.float32)], path, out)
    with pytest.raises(ValueError, match="gave 0 maps for 1 frames"):
        run(lambda images: [], path, out)
    assert not out.exists()


def test_bad_requests_name_the_fix(tmp_path, monkeypatch):
    path, out = write_video(tmp_path / "a.mp4", moving_square(2)), tmp_path / "out.mp4"
    with pytest.raises(FileNotFoundError, match=r"nowhere\.mp4 is not there"):
        run(brightness, tmp_path / "nowhere.mp4", out)
    with pytest.raises(ValueError, match=r"written as \.mp4"):
        run(brightness, path, tmp_path / "out.avi")
    with pytest.raises(ValueError, match="not over its source"):
        run(brightness, path, path)
    with pytest.raises(ValueError, match="smooth must be 0 to below 1, not 1"):
        run(brightness, path, out, smooth=1)
    with pytest.raises(ValueError, match="batch_size must be at least 1"):
        run(brightness, path, out, batch_size=0)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'dav2\[predict\]'"):
        run(brightness, path, out)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.mp4"]
