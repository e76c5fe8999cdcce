"""A teacher labels collections: iterators that are never held, with what is wrong in them."""

from functools import partial

import pytest

from dav2.data import LabelSet
from dav2.data.photographs import COLLECTIONS
from dav2.label import label_photos
from dav2.runs import read_settings
from tests.helpers.photographs import picture, tar_bytes, write_files

find = COLLECTIONS["sa1b"]


@pytest.fixture
def root(photo_folder, tmp_path):
    """Five photographs in two tars, the second one cut off."""
    pixels = [path.read_bytes() for path in sorted(photo_folder.iterdir())]
    first = {f"sa_{n}.jpg": content for n, content in enumerate(pixels[:3])}
    second = tar_bytes({"sa_3.jpg": pixels[3], "sa_4.jpg": pixels[0]})
    return write_files(
        tmp_path / "set",
        {
            "sa_000000.tar": tar_bytes({**first, "sa_8.jpg": b"no picture"}),
            "sa_000001.tar": second[: second.index(b"sa_4.jpg") + 600],
        },
    )


def label(teacher, photos, out, **options):
    return label_photos(teacher, photos, out, progress=False, photos_per_shard=2, **options)


def dying_at(number, photos, seen=None):
    """The same photographs; loading the `number`-th is as a kill."""

    def load(photo, place):
        if seen is not None:
            seen.append(photo.key)
        if place == number:
            raise KeyboardInterrupt
        return photo.load()

    for place, photo in enumerate(photos):
        yield photo._replace(load=partial(load, photo, place))


def test_a_collection_with_a_broken_tar_is_labelled_and_says_why(teacher, root, tmp_path):
    manifest = label(teacher, find(root), tmp_path / "labels")
    names = [sample.name for sample in LabelSet(tmp_path / "labels")]
    assert names == [f"sa_{number}" for number in range(manifest["labelled"])]
    assert manifest["labelled"] == 4
    assert manifest["photos"] == 6
    reasons = {entry["file"]: entry["reason"] for entry in manifest["skipped"]}
    assert list(reasons) == ["sa_8", "sa_000001.tar"]
    assert "cut off" in reasons["sa_000001.tar"]


def test_the_second_of_two_equal_keys_is_set_aside(teacher, root, tmp_path):
    write_files(root, {"sa_000002.tar": tar_bytes({"sa_1.jpg": picture("another")})})
    manifest = label(teacher, find(root), tmp_path / "labels")
    doubled = manifest["skipped"][-1]
    assert doubled["file"] == "sa_1"
    assert "before it has the key sa_1" in doubled["reason"]
    assert len(LabelSet(tmp_path / "labels")) == manifest["labelled"] == 4


def test_a_folder_whose_names_become_one_key_loses_none_in_silence(teacher, photo_folder, tmp_path):
    content = (photo_folder / "a.jpg").read_bytes()
    write_files(photo_folder, {"x/y.jpg": content, "x__y.jpg": content})
    manifest = label(teacher, photo_folder, tmp_path / "labels")
    assert manifest["labelled"] == len(LabelSet(tmp_path / "labels")) == 5
    assert [entry["file"] for entry in manifest["skipped"]] == ["x__y.jpg"]


def test_killed_in_the_middle_a_collection_goes_on(teacher, root, tmp_path):
    whole = label(teacher, find(root), tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        label(teacher, dying_at(5, find(root)), tmp_path / "cut", threads=1)
    made = len(list((tmp_path / "cut").glob("*.json")))
    assert made < 3
    loaded = []
    again = label(teacher, dying_at(None, find(root), loaded), tmp_path / "cut", threads=1)
    assert again == whole
    keys = ["sa_0", "sa_1", "sa_2", "sa_8", "sa_3", "sa_000001.tar"]
    assert loaded == keys[2 * made :]
    for shard in (tmp_path / "whole").glob("*.tar"):
        assert (tmp_path / "cut" / shard.name).read_bytes() == shard.read_bytes()


@pytest.mark.parametrize("change", ["in front", "among the finished", "shorter", "limit"])
def test_another_set_of_photographs_is_refused(teacher, root, tmp_path, change):
    out = tmp_path / "labels"
    label(teacher, find(root), out)
    # As killed in the third shard.
    for left in ("manifest.json", "labels-00002.json", "labels-00002.tar"):
        (out / left).unlink()
    content = {f"sa_{number}.jpg": b"" for number in (0, 1, 2, 8)}
    if change == "in front":
        content = {"sa_.jpg": b"", "sa_00.jpg": b"", **content}
    if change == "among the finished":
        content["sa_7.jpg"] = content.pop("sa_2.jpg")
    if change == "shorter":
        del content["sa_2.jpg"], content["sa_8.jpg"]
        (root / "sa_000001.tar").unlink()
    if change != "limit":
        write_files(root, {"sa_000000.tar": tar_bytes(content)})
    with pytest.raises(
        ValueError, match=r"another set of photographs|first_photographs was|limit was"
    ):
        label(teacher, find(root), out, limit=5 if change == "limit" else None)


def test_limit_takes_the_first_and_asks_for_no_more(teacher, root, tmp_path):
    def endless():
        yield from list(find(root))[:3]
        raise AssertionError("asked for a fourth")

    manifest = label(teacher, endless(), tmp_path / "labels", limit=3)
    assert manifest["labelled"] == manifest["photos"] == 3
    assert label(teacher, find(root), tmp_path / "labels", limit=3) == manifest


def test_a_folder_and_its_collection_give_equal_labels(teacher, photo_folder, tmp_path):
    label(teacher, photo_folder, tmp_path / "folder")
    label(teacher, COLLECTIONS["folder"](photo_folder), tmp_path / "collection")
    shard = "labels-00000.tar"
    assert (tmp_path / "folder" / shard).read_bytes() == (
        tmp_path / "collection" / shard
    ).read_bytes()
    begun = read_settings(tmp_path / "folder")
    assert list(begun["asked"])[-1] == "set_of_photographs"


def test_if_nothing_can_be_labelled_the_first_reason_is_told(teacher, tmp_path):
    write_files(tmp_path / "set", {"sa_1.jpg": b"no picture"})
    with pytest.raises(ValueError, match=r"none of the 1 photographs .*sa_1.jpg cannot be read"):
        label(teacher, find(tmp_path / "set"), tmp_path / "labels")
