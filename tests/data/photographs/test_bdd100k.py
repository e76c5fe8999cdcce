import pickle
import sys
from fractions import Fraction

import numpy as np
import pytest

from dav2.data.photographs import COLLECTIONS
from dav2.data.photographs.bdd100k import find_bdd100k
from dav2.data.photos import UnreadableImage
from tests.helpers.photographs import colours, look, picture, write_files

av = pytest.importorskip("av")
ID = "0000f77c-6257be58"
FPS = 10


def write_clip(path, frames=25, start=0, options=None):
    """Frame n has the mean brightness 8 n + 20; 10 frames a second, a key frame every 12, B-frames."""
    noise = np.random.default_rng(0).integers(-12, 13, (frames, 24, 64, 1))
    noise = np.concatenate([noise, -noise], axis=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", options=options or {}) as output:
        stream = output.add_stream("libx264", rate=FPS, options={"g": "12", "bf": "2", "crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, FPS)
        for number in range(frames):
            grey = (noise[number] + 8 * number + 20).astype(np.uint8).repeat(3, axis=-1)
            frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
            frame.pts, frame.time_base = number + start, Fraction(1, FPS)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return path


def numbers(photos) -> dict[str, int]:
    """key -> number of the frame that its brightness says."""
    return {
        photo.key: round((pickle.loads(pickle.dumps(photo.load))().mean() - 20) / 8)
        for photo in photos
    }


def test_pictures_of_all_splits_and_parts(tmp_path):
    tracked = "0000f77c-cb820c98-0000001"
    root = write_files(
        tmp_path,
        {
            f"bdd100k/images/100k/train/{ID}.jpg": picture("a"),
            "bdd100k/images/100k/test/fd5bae34-d63db3d7.jpg": picture("b"),
            f"bdd100k/images/track/train/0000f77c-cb820c98/{tracked}.jpg": picture("c"),
            f"bdd100k/labels/lane/masks/train/{ID}.png": picture("mask"),
        },
    )
    found = look(COLLECTIONS["bdd100k"](root))
    assert found == colours({ID: "a", "fd5bae34-d63db3d7": "b", tracked: "c"})


def test_frames_are_those_shown_at_their_time(tmp_path):
    write_clip(tmp_path / "bdd100k" / "videos" / "100k" / "val" / f"{ID}.mov")
    expected = {f"{ID}_{time:06d}": time // 100 for time in (0, 500, 1000, 1500, 2000)}
    assert numbers(COLLECTIONS["bdd100k"](tmp_path)) == expected
    assert numbers(find_bdd100k(tmp_path, rate_hz=1)) == {
        key: number for key, number in expected.items() if key.endswith("000")
    }
    assert list(numbers(find_bdd100k(tmp_path, rate_hz=FPS)).values()) == list(range(25))
    assert numbers(reversed(list(find_bdd100k(tmp_path, rate_hz=4))))[f"{ID}_002250"] == 22


def test_time_counts_from_the_beginning_of_the_video(tmp_path):
    write_clip(tmp_path / f"{ID}.mov", start=7, options={"use_editlist": "0"})
    found = list(numbers(find_bdd100k(tmp_path, rate_hz=FPS)).values())
    assert found[:25] == list(range(25))


def test_turned_clips_come_upright(tmp_path):
    plain = write_clip(tmp_path / "plain.mov", frames=3)
    marked = bytearray(plain.read_bytes())
    one = (1 << 16).to_bytes(4, "big")
    unity = (1 << 30).to_bytes(4, "big")
    nought, minus = bytes(4), (-(1 << 16) & 0xFFFFFFFF).to_bytes(4, "big")
    straight = one + nought * 3 + one + nought * 3 + unity
    at = marked.index(straight, marked.index(b"tkhd"))
    marked[at : at + 36] = nought + one + nought + minus + nought * 4 + unity
    write_files(tmp_path / "set", {f"{ID}.mov": bytes(marked)})
    photo = next(find_bdd100k(tmp_path / "set"))
    assert photo.load().shape == (64, 48, 3)


def test_a_cut_video_gives_what_is_there(tmp_path):
    whole = write_clip(tmp_path / "whole.mp4", options={"movflags": "+faststart"}).read_bytes()
    middle = (whole.index(b"mdat") + len(whole)) // 2
    write_files(tmp_path / "set", {f"{ID}.mov": whole[:middle]})
    photos = list(find_bdd100k(tmp_path / "set", rate_hz=FPS))
    assert len(photos) == 25
    assert list(numbers(photos[:8]).values()) == list(range(8))
    with pytest.raises(UnreadableImage, match=f"{ID}.mov is cut off"):
        photos[-1].load()


def test_no_video_is_set_aside_with_the_rest_found(tmp_path):
    write_clip(tmp_path / "0000f77c-00000001.mov", frames=5)
    write_files(tmp_path, {f"{ID}.mov": b"no video"})
    photos = list(find_bdd100k(tmp_path))
    assert [photo.key for photo in photos] == ["0000f77c-00000001_000000", f"{ID}.mov"]
    with pytest.raises(UnreadableImage, match=f"{ID}.mov is not a video"):
        photos[1].load()


def test_bad_rates_and_a_missing_package(tmp_path, monkeypatch):
    write_clip(tmp_path / f"{ID}.mov", frames=2)
    with pytest.raises(ValueError, match="rate_hz"):
        find_bdd100k(tmp_path, rate_hz=0)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'dav2\[predict\]'"):
        find_bdd100k(tmp_path)
