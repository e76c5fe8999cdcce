import gzip
import io
import os
import tarfile

import numpy as np
import pytest

from dav2.data.photographs import COLLECTIONS
from dav2.data.photographs.walk import require_any, set_aside
from dav2.data.photos import Photo
from tests.helpers.photographs import colours, look, picture, tar_bytes, write_files

find = COLLECTIONS["sa1b"]
THREE = {f"sa_{number}.jpg": picture(f"sa_{number}") for number in (1, 2, 3)}


@pytest.mark.parametrize("where", ["in a picture", "in a header", "between members", "in the end"])
def test_of_a_cut_tar_what_is_whole_is_found_and_the_rest_is_reported(tmp_path, where):
    whole = tar_bytes(THREE)
    third = whole.index(b"sa_3.jpg")
    at = {"in a picture": third + 530, "in a header": third + 100, "between members": third}
    cut = whole[: at.get(where, third + 1024)]
    root = write_files(
        tmp_path, {"sa_000000.tar": cut, "sa_000001.tar": tar_bytes({"sa_9.jpg": picture("sa_9")})}
    )
    found = look(find(root))
    reason = found.pop("sa_000000.tar")
    assert str(root / "sa_000000.tar") in reason
    assert "cut off" in reason
    left = ["sa_1", "sa_2", "sa_9"] + (["sa_3"] if where == "in the end" else [])
    assert found == colours({key: key for key in left})


def test_a_header_that_is_damaged_does_not_end_a_tar_in_silence(tmp_path):
    damaged = bytearray(tar_bytes(THREE))
    damaged[damaged.index(b"sa_2.jpg") + 120] ^= 0xFF  # the checksum no longer fits
    found = look(find(write_files(tmp_path, {"sa_000000.tar": bytes(damaged)})))
    assert "damaged" in found.pop("sa_000000.tar")
    assert found == colours({"sa_1": "sa_1"})


def test_an_inner_tar_ends_where_the_outer_one_says(tmp_path):
    """Without an end of its own, it must not run on into its neighbour."""
    inner = {"n00000001.tar": "n00000001_1", "n00000002.tar": "n00000002_1"}
    content = {tar: tar_bytes({f"{key}.JPEG": picture(key)}) for tar, key in inner.items()}
    first = content["n00000001.tar"]
    content["n00000001.tar"] = first[: 512 + -(-len(picture("n00000001_1")) // 512) * 512]
    root = write_files(tmp_path, {"whole.tar": tar_bytes(content)})
    found = look(COLLECTIONS["imagenet21k"](root))
    assert "no end" in found.pop("n00000001.tar")
    assert found == colours({key: key for key in inner.values()})


def test_members_that_point_outside_or_are_no_files_are_set_aside(tmp_path):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name in ("../../sa_1.jpg", "/etc/sa_2.jpg", "deep/./sa_3.jpg"):
            entry = tarfile.TarInfo(name)
            entry.size = len(picture("sa_3"))
            tar.addfile(entry, io.BytesIO(picture("sa_3")))
        kinds = {
            "sa_4.jpg": tarfile.SYMTYPE,
            "sa_5.jpg": tarfile.LNKTYPE,
            "sa_6.jpg": tarfile.CHRTYPE,
        }
        for name, kind in kinds.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            tar.addfile(entry)
        entry = tarfile.TarInfo("sa_7.jpg")
        entry.type = tarfile.DIRTYPE
        tar.addfile(entry)
    root = write_files(tmp_path / "set", {"sa_000000.tar": file.getvalue()})
    found = look(find(root))
    assert found.pop("sa_3") == colours({"": "sa_3"})[""]
    assert all(key.startswith("sa_000000.tar@") for key in found)
    reasons = " ".join(found.values())
    assert reasons.count("points outside") == 2
    assert reasons.count("link or device") == 3
    assert [path.name for path in tmp_path.rglob("*")] == ["set", "sa_000000.tar"]


def test_empty_and_wrong_members_have_a_reason_each(tmp_path):
    content = {
        "sa_1.jpg": b"",
        "sa_2.jpg": b"no picture",
        "sa_3.jpg": picture("sa_3", "JPEG")[:200],
    }
    root = write_files(
        tmp_path, {"sa_000000.tar": tar_bytes({**content, "sa_4.jpg": picture("a")})}
    )
    found = look(find(root))
    assert found.pop("sa_4") == colours({"": "a"})[""]
    assert list(found) == ["sa_1", "sa_2", "sa_3"]
    for key, reason in found.items():
        assert f"sa_000000.tar: '{key}.jpg' cannot be read as an image" in reason


@pytest.mark.parametrize("name", ["sa_000000.tar.gz", "sa_000000.tar", "sa.zip"])
def test_compressed_tars_are_named_with_what_to_do(tmp_path, name):
    write_files(tmp_path, {name: gzip.compress(tar_bytes(THREE))})
    with pytest.raises(FileNotFoundError, match="unpack it first") as error:
        find(tmp_path)
    assert name in str(error.value)
    write_files(tmp_path, {"sa_5.jpg": picture("sa_5")})
    found = look(find(tmp_path))
    assert "unpack it first" in found.pop(name)
    assert found == colours({"sa_5": "sa_5"})


def test_nothing_is_read_before_it_is_asked_for(tmp_path, monkeypatch):
    """Each tar is opened only when the one before it is through, and headers are not kept."""
    names = [f"sa_{number:06d}.tar" for number in range(3)]
    write_files(
        tmp_path,
        {tar: tar_bytes({f"sa_{i}{n}.jpg": b"x" for n in range(9)}) for i, tar in enumerate(names)},
    )
    opened = []
    original = tarfile.open

    def spy(*args, **options):
        tar = original(*args, **options)
        opened.append(tar)
        return tar

    monkeypatch.setattr(tarfile, "open", spy)
    photos = find(tmp_path)
    assert len(opened) == 1
    for _ in range(9):
        next(photos)
    assert len(opened) == 1
    assert len(opened[0].members) <= 1
    next(photos)
    assert len(opened) == 2


def test_links_to_folders_are_followed_but_not_in_circles(tmp_path):
    write_files(tmp_path / "elsewhere", {"sa_1.jpg": picture("sa_1")})
    (tmp_path / "set").mkdir()
    os.symlink(tmp_path / "elsewhere", tmp_path / "set" / "linked")
    os.symlink(tmp_path / "set", tmp_path / "set" / "again")
    assert look(find(tmp_path / "set")) == colours({"sa_1": "sa_1"})


def test_a_photograph_whose_tar_has_gone_says_so(tmp_path):
    root = write_files(tmp_path, {"sa_000000.tar": tar_bytes(THREE)})
    photos = list(find(root))
    (root / "sa_000000.tar").unlink()
    found = look(photos)
    assert all(
        "sa_000000.tar" in reason and "cannot be read" in reason for reason in found.values()
    )


def test_a_photograph_with_a_loader_of_any_kind_is_one(tmp_path):
    class Loader:
        def __call__(self):
            return np.zeros((20, 20, 3), np.uint8)

    photo = Photo("a", Loader())
    assert list(require_any(iter([photo]), tmp_path, "pictures")) == [photo]
    with pytest.raises(FileNotFoundError, match="looked for pictures; it is gone"):
        require_any(iter([set_aside("b", "it is gone")]), tmp_path, "pictures")
