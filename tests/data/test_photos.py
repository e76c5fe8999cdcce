import io
import os
import struct
import subprocess
import sys
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from dav2.data import photos
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


def header_only(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds no pixel at all."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [header, b"IDAT" + zlib.compress(b""), b"IEND"]
    packed = (
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


@pytest.mark.parametrize(
    "size", [(30_000, 20_000), (16_000, 11_000), (17_000, 2_000), (8, 20), (4_000, 20)]
)
def test_a_claimed_size_is_refused_before_any_pixel_is_decoded(tmp_path, size, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    path = tmp_path / "claims.png"
    path.write_bytes(header_only(*size))
    assert path.stat().st_size < 100
    with pytest.raises(UnreadableImage, match=r"claims\.png is .* px; "):
        read_image(path)


def test_bytes_and_open_files_are_read_under_a_name(tmp_path):
    path = save(tmp_path / "x.png", GREY, "RGB")
    content = path.read_bytes()
    assert np.array_equal(read_image(content), read_image(path))
    assert np.array_equal(read_image(io.BytesIO(content), "x"), read_image(path))
    for broken in (b"", b"no picture", content[:60]):
        with pytest.raises(UnreadableImage, match=r"tar: x\.png cannot be read") as error:
            read_image(broken, "tar: x.png")
        assert " at 0x" not in str(error.value)


def test_a_wrong_suffix_does_not_matter(tmp_path):
    (tmp_path / "x.jpg").write_bytes(save(tmp_path / "x.png", GREY, "RGB").read_bytes())
    assert np.array_equal(read_image(tmp_path / "x.jpg"), read_image(tmp_path / "x.png"))


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


def test_what_pillow_would_give_to_an_interpreter_is_no_photograph(tmp_path):
    path = tmp_path / "script.jpg"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n%%EndComments\n")
    with pytest.raises(UnreadableImage, match="unknown format"):
        read_image(path)


def test_a_dark_frame_of_sixteen_bits_stays_dark(tmp_path):
    """Brightness is the file's matter and never depends on the brightest pixel."""
    shown = [
        read_image(save(tmp_path / f"{top}.png", np.full((24, 32), top, np.uint16))).max()
        for top in (255, 256, 30_000, 65_535)
    ]
    assert shown == [1, 1, 117, 255]


@pytest.mark.parametrize("wrong", [np.nan, -0.1, 1.5, 200.0])
def test_floating_point_needs_the_range_that_tells_white(tmp_path, wrong):
    ramp = np.tile(np.linspace(0, 1, 32, dtype=np.float32), (24, 1))
    shown = read_image(save(tmp_path / "ramp.tif", ramp))
    assert np.array_equal(shown[0, :, 0], np.round(255 * ramp[0]).astype(np.uint8))
    ramp[3, 3] = wrong
    with pytest.raises(UnreadableImage, match="must be 0 to 1, where 1 is white"):
        read_image(save(tmp_path / "wrong.tif", ramp))


def test_text_and_profiles_of_megabytes_are_not_part_of_the_picture(tmp_path):
    facts = PngInfo()
    for number in range(40):
        facts.add_text(f"note {number}", "x" * 2_000_000, zip=True)
    path = save(tmp_path / "notes.png", GREY, "RGB", pnginfo=facts, icc_profile=bytes(3_000_000))
    assert np.array_equal(read_image(path)[..., 0], GREY)


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# Red and green have changed places.
SWAPPED = SRGB.replace(b"rXYZ", b"?XYZ").replace(b"gXYZ", b"rXYZ").replace(b"?XYZ", b"gXYZ")
SWAPPED = SWAPPED.replace("sRGB".encode("utf-16-be"), "ours".encode("utf-16-be"))


def test_colours_of_another_space_become_those_of_screens(tmp_path):
    plain = np.zeros((24, 32, 3), np.uint8) + np.array([40, 200, 60], np.uint8)
    for profile, expected in ((SRGB, [40, 200, 60]), (SWAPPED, [200, 40, 60]), (b"no profile", [40, 200, 60])):  # fmt: skip
        path = save(tmp_path / "a.png", plain, icc_profile=profile)
        assert np.abs(read_image(path).astype(int) - expected).max() <= 3


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"GIF89a" + bytes(20), "GIF is not read; convert it to PNG"),
        (b"\0\0\0\x18ftypheic" + bytes(20), "a damaged HEIC"),
        (b"\0\0\0\x18ftypavif" + bytes(20), "a damaged AVIF, or a video"),
        (b"%PDF-1.4" + bytes(20), "unknown format"),
    ],
)
def test_what_is_no_picture_of_ours_is_called_by_its_name(tmp_path, content, reason):
    (tmp_path / "x.jpg").write_bytes(content)
    for source in (tmp_path / "x.jpg", content):
        with pytest.raises(UnreadableImage, match=reason):
            read_image(source)


def test_avif_is_read(tmp_path):
    path = save(tmp_path / "x.avif", GREY, "RGB", quality=95)
    assert np.abs(read_image(path)[..., 0].astype(int) - GREY).max() <= 12
    assert find_images(tmp_path) == [path]


def test_links_are_followed_hidden_and_irregular_files_passed_over_and_others_counted(tmp_path):
    real, root = tmp_path / "real", tmp_path / "in"
    (root / ".ipynb_checkpoints").mkdir(parents=True)
    real.mkdir()
    for path in (real / "a.png", root / ".ipynb_checkpoints/a.png", root / "._a.png"):
        save(path, GREY, "RGB")
    (root / "link").symlink_to(real)
    (root / "round").symlink_to(root)
    os.mkfifo(root / "waits.jpg")
    (root / "zeros.jpg").symlink_to("/dev/zero")
    for name in ("IMG_1.JXL", "b.gif", "c.jxl", "notes.txt"):
        (root / name).touch()
    with pytest.warns(UserWarning, match=r"passed over: \.gif 1, \.jxl 2; .* to JPEG or PNG$"):
        assert find_images(root) == [root / "link" / "a.png"]


def save_heif(path, image, **options):
    pillow_heif.from_pillow(image).save(path, quality=95, format="HEIF", **options)
    return path


def test_heic_is_read_like_all_others(tmp_path):
    path = save_heif(tmp_path / "IMG_1.HEIC", Image.fromarray(GREY).convert("RGB"))
    assert find_images(tmp_path) == [path]
    for source in (path, str(path), path.read_bytes(), io.BytesIO(path.read_bytes())):
        pixels = read_image(source)
        assert pixels.dtype == np.uint8
        assert np.abs(pixels[..., 1].astype(int) - GREY).max() <= 6
    assert "HEIF" not in Image.OPEN  # other people's calls of Pillow are as they were
    (tmp_path / "renamed.jpg").write_bytes(path.read_bytes())
    assert np.array_equal(read_image(tmp_path / "renamed.jpg"), read_image(path))


def test_heic_is_turned_upright_once_and_shown_in_srgb(tmp_path):
    array = np.zeros((64, 96, 3), np.uint8)
    array[:, :48] = (40, 200, 60)
    image = Image.fromarray(array)
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned clockwise by 90 degrees
    image.info["icc_profile"] = SWAPPED
    # Both in its own words and in EXIF's, as phones do it.
    path = save_heif(tmp_path / "turned.heic", image, exif=exif.tobytes())
    pixels = read_image(path).astype(int)
    assert pixels.shape == (96, 64, 3)
    assert np.abs(pixels[:40] - (200, 40, 60)).max() <= 12
    assert pixels[56:].max() <= 12


def test_a_heic_s_size_is_checked_before_any_pixel_is_decoded(tmp_path, monkeypatch):
    path = save_heif(tmp_path / "long.heic", Image.new("RGB", (1200, 64)))
    monkeypatch.setattr(pillow_heif.HeifImageFile, "load", lambda self: pytest.fail("decoded"))
    with pytest.raises(UnreadableImage, match=r"long\.heic is 1200x64 px; "):
        read_image(path)


def test_a_heic_that_is_cut_off_is_named(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    path = save_heif(tmp_path / "cut.heic", Image.fromarray(noise))
    whole = path.read_bytes()
    for size in (100, len(whole) // 2):
        path.write_bytes(whole[:size])
        with pytest.raises(UnreadableImage, match=r"cut\.heic cannot be read"):
            read_image(path)


def test_without_the_extra_heic_is_counted_and_the_extra_named(tmp_path, monkeypatch):
    path = save_heif(tmp_path / "b.heic", Image.fromarray(GREY).convert("RGB"))
    (tmp_path / "c.HEIC").write_bytes(path.read_bytes())
    save(tmp_path / "a.png", GREY, "RGB")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    monkeypatch.setattr(photos, "SUFFIXES", photos.SUFFIXES - photos.HEIF)
    with pytest.raises(UnreadableImage, match=r"b\.heic .*pip install 'dav2\[predict\]'"):
        read_image(path)
    with pytest.warns(UserWarning, match=r"passed over: \.heic 2; .*pip install 'dav2\[predict\]'"):
        assert find_images(tmp_path) == [tmp_path / "a.png"]


def test_importing_dav2_does_not_load_the_reader_of_heic():
    code = "import sys, dav2.data.photos; sys.exit('pillow_heif' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
