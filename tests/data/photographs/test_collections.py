import pytest
from docstring_parser import parse_from_object

from dav2.cli.label import label
from dav2.data.photographs import COLLECTIONS
from tests.helpers.photographs import colours, look, picture, tar_bytes, write_files

# set -> {path when unpacked: key}, {tar: the paths in it}
SETS = {
    "landmarks": (
        {
            "0/1/2/0123456789abcdef.jpg": "0123456789abcdef",
            "f/f/0/ff00000000000001.jpg": "ff00000000000001",
            "f/f/1/ff10000000000002.jpg": "ff10000000000002",
        },
        {"images_000.tar": slice(0, 2), "images_001.tar": slice(2, 3)},
    ),
    "objects365": (
        {
            "train/patch0/objects365_v1_00000000.jpg": "objects365_v1_00000000",
            "train/patch16/objects365_v2_00900001.jpg": "objects365_v2_00900001",
            "val/images/v2/patch45/objects365_v2_02060288.jpg": "objects365_v2_02060288",
        },
        {"patch0.tar": slice(0, 1), "patch16.tar": slice(1, 2), "patch45.tar": slice(2, 3)},
    ),
    "openimages": (
        {
            "train/000002b66c9c498e.jpg": "000002b66c9c498e",
            "train/f00002b66c9c498e.jpg": "f00002b66c9c498e",
        },
        {"train_0.tar": slice(0, 1), "train_f.tar": slice(1, 2)},
    ),
    "places365": (
        {
            "data_256/a/airfield/00000001.jpg": "airfield/00000001",
            "data_256/a/apartment_building/outdoor/00000001.jpg": "apartment_building/outdoor/00000001",
            "val_256/Places365_val_00000001.jpg": "Places365_val_00000001",
        },
        {"train_256_places365standard.tar": slice(0, 2), "val_256.tar": slice(2, 3)},
    ),
    "sa1b": (
        {"sa_1.jpg": "sa_1", "sa_2.jpg": "sa_2", "sa_11187.jpg": "sa_11187"},
        {"sa_000000.tar": slice(0, 2), "sa_000001.tar": slice(2, 3)},
    ),
}


@pytest.mark.parametrize("name", SETS)
def test_packed_and_unpacked_sets_give_the_same_photographs(name, tmp_path):
    paths, tars = SETS[name]
    content = {path: picture(key) for path, key in paths.items()}
    content["notes.txt"] = content["sa_1.json"] = b"{}"
    unpacked = write_files(tmp_path / "unpacked", content)
    packed = write_files(
        tmp_path / "packed",
        {
            tar: tar_bytes({"LICENSE": b"text", **{p: content[p] for p in list(paths)[part]}})
            for tar, part in tars.items()
        },
    )
    expected = colours({key: key for key in paths.values()})
    assert look(COLLECTIONS[name](unpacked)) == look(COLLECTIONS[name](packed)) == expected
    in_order = [photo.key for photo in COLLECTIONS[name](unpacked)]
    assert in_order == [paths[path] for path in sorted(paths)]


def test_imagenet_is_class_tars_or_one_tar_of_them_or_class_folders(tmp_path):
    keys = [f"n{number:08d}_{image}" for number in (4475, 6024, 7846) for image in (1, 12, 120)]
    members = {key: {f"{key[:9]}/{key}.JPEG": picture(key)} for key in keys}
    classes = {
        f"{synset}.tar": tar_bytes(
            {p: c for key in keys if key.startswith(synset) for p, c in members[key].items()}
        )
        for synset in ("n00004475", "n00006024", "n00007846")
    }
    folders = {p: c for member in members.values() for p, c in member.items()}
    whole = tar_bytes({f"winter21_whole/{tar}": content for tar, content in classes.items()})
    flat = tar_bytes({f"{key}.JPEG": picture(key) for key in keys})
    for layout in (folders, classes, {"winter21_whole.tar": whole}, {"fall11.tar": flat}):
        root = write_files(tmp_path / str(len(list(tmp_path.iterdir()))), layout)
        assert look(COLLECTIONS["imagenet21k"](root)) == colours({key: key for key in keys})
    outer = tmp_path / "2" / "winter21_whole.tar"
    assert look(COLLECTIONS["imagenet21k"](outer)) == colours({key: key for key in keys})


def test_places_has_flat_category_folders_too(tmp_path):
    root = write_files(
        tmp_path,
        {
            "places365_standard/train/diner-outdoor/00000007.jpg": picture("a"),
            "places365_standard/val/diner-outdoor/Places365_val_00000435.jpg": picture("b"),
        },
    )
    assert look(COLLECTIONS["places365"](root)) == colours(
        {"diner/outdoor/00000007": "a", "Places365_val_00000435": "b"}
    )


@pytest.mark.parametrize("name", COLLECTIONS)
def test_what_holds_no_photographs_names_the_layout(name, tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(FileNotFoundError, match="looked for") as error:
        COLLECTIONS[name](tmp_path)
    assert str(tmp_path) in str(error.value)
    with pytest.raises(FileNotFoundError, match="is not there"):
        COLLECTIONS[name](tmp_path / "nowhere")


def test_folder_takes_every_image_by_its_path(tmp_path):
    root = write_files(tmp_path, {"b.png": picture("b"), "a/x.JPG": picture("x"), "c.txt": b"no"})
    assert look(COLLECTIONS["folder"](root)) == colours({"a/x.JPG": "x", "b.png": "b"})


def test_the_command_offers_every_collection():
    texts = {one.arg_name: one.description for one in parse_from_object(label).params}
    assert not [name for name in COLLECTIONS if name not in texts["collection"]]
