import numpy as np
import pytest
from PIL import Image

from dav2.data.photos import UnreadableImage, find_images, read_image


def save(path, array, mode=None, **options):
    image = Image.fromarray(array) if mode is None else Image.fromarray(array).convert(mode)
    image.save(path, **options)
    return path


GREY = np.tile(np.arange(0, 240, 10, dtype=np.uint8)[:, None], (1, 32))  # [24, 32]


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK", "P", "LA", "RGBA"])
def test_every_mode_becomes_rgb(tmp_path, mode):
    suffix = "jpg" if mode == "CMYK" else "png"
    pixels = read_image(save(tmp_path / f"x.{suffix}", GREY, mode))
    assert pixels.shape == (24, 32, 3)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels[..., 0].astype(int) - GREY).max() <= 6


def test_sixteen_bits_keep_their_range(tmp_path):
    values = (GREY.astype(np.uint16) * 257).astype(np.uint16)
    pixels = read_image(save(tmp_path / "deep.png", values))
    assert np.abs(pixels[..., 1].astype(int) - GREY).max() <= 1


def test_exif_rotation_is_applied(tmp_path):
    array = np.zeros((24, 40, 3), np.uint8)
    array[:, :20] = 255  # the left half is white
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned clockwise by 90 degrees
    pixels = read_image(save(tmp_path / "turned.jpg", array, exif=exif))
    assert pixels.shape == (40, 24, 3)
    assert pixels[:15].mean() > 240
    assert pixels[25:].mean() < 15


@pytest.mark.parametrize("kind", ["cut", "text", "empty", "missing", "speck"])
def test_unusable_files_are_named(tmp_path, kind):
    path = tmp_path / f"{kind}.jpg"
    if kind == "cut":
        rng = np.random.default_rng(0)
        save(path, rng.integers(0, 255, (64, 64, 3), dtype=np.uint8))
        path.write_bytes(path.read_bytes()[:900])
    if kind == "text":
        path.write_text("I am not a picture")
    if kind == "empty":
        path.write_bytes(b"")
    if kind == "speck":
        save(path, np.zeros((1, 1, 3), np.uint8))
    with pytest.raises(UnreadableImage, match=path.name):
        read_image(path)


def test_find_images_is_recursive_sorted_and_says_when_there_are_none(photo_folder):
    (photo_folder / "deeper").mkdir()
    (photo_folder / "a.jpg").rename(photo_folder / "deeper" / "a.JPG")
    (photo_folder / "notes.txt").write_text("no picture")
    names = [path.relative_to(photo_folder).as_posix() for path in find_images(photo_folder)]
    assert names == ["b.png", "c.jpg", "d.jpg", "deeper/a.JPG"]
    (photo_folder / "bare").mkdir()
    with pytest.raises(FileNotFoundError, match="no images in"):
        find_images(photo_folder / "bare")
    with pytest.raises(FileNotFoundError, match="not a folder"):
        find_images(photo_folder / "nowhere")
