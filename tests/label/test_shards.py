"""The labelling function: whatever runs beside what, the bytes are those of a plain loop."""

import io
import tarfile
import threading

import numpy as np
import pytest
import torch
from PIL import Image

from dav2.data.labels import LabelSet, encode_record
from dav2.data.photos import UnreadableImage, find_images, photo_from_file, read_image
from dav2.encoding import decode_disparity
from dav2.label import label_photos, label_shards
from dav2.label.shards import Shard
from tests.helpers.labelling import make_teacher
from tests.helpers.labels import shard_bytes, write_shard


@pytest.fixture
def many(photo_folder):
    """Eleven files: four sizes in turn, two unreadable."""
    for number, path in enumerate(find_images(photo_folder)):
        (photo_folder / f"e{number}{path.suffix}").write_bytes(path.read_bytes())
    (photo_folder / "b2.jpg").write_bytes((photo_folder / "a.jpg").read_bytes()[:200])
    (photo_folder / "c2.png").write_text("no picture")
    Image.new("RGB", (100, 40)).save(photo_folder / "f.jpg")
    return photo_folder


def by_plain_loop(teacher, folder, out, per_shard):
    """Shards as one thread on one core writes them, one photograph after the other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    out.mkdir()
    paths = find_images(folder)
    for first in range(0, len(paths), per_shard):
        records = []
        for path in paths[first : first + per_shard]:
            name = path.relative_to(folder).as_posix()
            try:
                prepared, disparity = teacher.predict_at_network_size(read_image(path))
            except UnreadableImage:
                continue
            pixels = np.rint(prepared[0].permute(1, 2, 0).numpy() * 255).astype(np.uint8)
            label = disparity[0, 0].numpy()
            facts = {"file": name, "range": [float(label.min()), float(label.max())]}
            key = name.replace("/", "__").replace(".", "_")
            records.append((key, pixels, label, facts))
        write_shard(out / f"labels-{first // per_shard:05d}.tar", records)
    torch.set_num_threads(threads)


def tar_bytes_of(store):
    return {path.name: path.read_bytes() for path in sorted(store.glob("labels-*.tar"))}


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("per_shard", [1, 4, 32])
def test_shards_are_those_of_a_plain_loop(teacher, many, tmp_path, threads, per_shard):
    by_plain_loop(teacher, many, tmp_path / "plain", per_shard)
    manifest = label_photos(
        teacher,
        many,
        tmp_path / "labels",
        progress=False,
        photos_per_shard=per_shard,
        threads=threads,
    )
    assert tar_bytes_of(tmp_path / "labels") == tar_bytes_of(tmp_path / "plain")
    assert manifest["labelled"] == 9
    assert [entry["file"] for entry in manifest["skipped"]] == ["b2.jpg", "c2.png"]
    assert manifest["asked"]["photos_per_shard"] == per_shard


def test_sizes_are_those_of_the_files(teacher, many, tmp_path):
    manifest = label_photos(teacher, many, tmp_path / "labels", progress=False, photos_per_shard=4)
    sizes = {"jpg": 0, "png": 0, "json": 0}
    for path in (tmp_path / "labels").glob("*.tar"):
        with tarfile.open(path) as tar:
            for entry in tar:
                sizes[entry.name.rsplit(".")[-1]] += entry.size
    assert (manifest["jpg_bytes"], manifest["png_bytes"]) == (sizes["jpg"], sizes["png"])


def test_batches_hold_one_size_and_labels_stay_in_order(many, tmp_path):
    seen = []
    together = make_teacher(batch_size=3)
    run = together.run
    together.run = lambda prepared: (seen.append(tuple(prepared.shape)), run(prepared))[1]
    label_photos(together, many, tmp_path / "batches", progress=False)
    label_photos(make_teacher(), many, tmp_path / "alone", progress=False)
    assert sum(shape[0] for shape in seen) == 9
    assert max(shape[0] for shape in seen) == 3
    pairs = zip(LabelSet(tmp_path / "batches"), LabelSet(tmp_path / "alone"), strict=True)
    for batched, alone in pairs:
        assert batched.name == alone.name
        assert torch.equal(batched.image, alone.image)
        # The last bits of a map may depend on what is computed beside it.
        assert torch.allclose(batched.disparity, alone.disparity, atol=1e-4)


def test_lanes_of_the_network_are_its_own_and_end_with_the_call(teacher, many, tmp_path):
    inside = {"decode": set(), "network": set()}
    run = teacher.run

    def watched(prepared):
        inside["network"].add(threading.get_ident())
        return run(prepared)

    teacher.run = watched

    def load(path):
        inside["decode"].add(threading.get_ident())
        return read_image(path)

    photos = [
        photo_from_file(path.name, path.read_bytes, path)._replace(
            load=lambda path=path: load(path)
        )
        for path in find_images(many)
    ]
    threads, before = torch.get_num_threads(), set(threading.enumerate())
    label_photos(teacher, photos, tmp_path / "labels", progress=False)
    assert 1 <= len(inside["network"]) <= threads
    assert inside["decode"]
    assert threading.get_ident() not in inside["decode"]
    assert not inside["network"] & inside["decode"]
    assert torch.get_num_threads() == threads
    begun = set(threading.enumerate()) - before
    assert not [thread for thread in begun if "ThreadPoolExecutor" in thread.name]


def test_only_few_photographs_are_decoded_ahead(teacher, many, tmp_path):
    """Memory does not grow with the number of photographs."""
    loaded, most = [], []
    pixels = read_image(many / "a.jpg")

    def load():
        loaded.append(1)
        return pixels

    run = teacher.run

    def watched(prepared):
        most.append(len(loaded) - len(most))
        return run(prepared)

    teacher.run = watched
    photos = [
        photo_from_file(str(number), bytes, number)._replace(load=load) for number in range(100)
    ]
    label_photos(teacher, photos, tmp_path / "labels", progress=False, threads=2)
    assert len(loaded) == 100
    assert max(most) <= 6 + torch.get_num_threads() + 1


@pytest.mark.parametrize("scale", [1e-3, 1.0, 3e4])
def test_a_label_errs_by_less_than_a_ten_thousandth_of_its_range(scale):
    rng = np.random.default_rng(0)
    label = (rng.random((40, 50)) * scale + 7 * scale).astype(np.float32)
    facts = {"range": [float(label.min()), float(label.max())]}
    record = encode_record("a", np.zeros((40, 50, 3), np.uint8), label, facts)
    low, high = facts["range"]
    back = decode_disparity(record.files["png"]) * (high - low) + low
    assert np.abs(back - label).max() <= 1e-4 * (high - low)


def test_constant_and_infinite_labels_are_set_aside(teacher, photo_folder, tmp_path):
    run = teacher.run

    def sometimes_broken(prepared):
        disparity = run(prepared)
        height, width = prepared.shape[-2:]
        if height > width:  # b.png alone
            return disparity / 0
        return torch.zeros_like(disparity) if (height, width) == a_and_c else disparity

    a_and_c = teacher.size(read_image(photo_folder / "a.jpg"))
    teacher.run = sometimes_broken
    manifest = label_photos(teacher, photo_folder, tmp_path / "labels", progress=False)
    assert [entry["file"] for entry in manifest["skipped"]] == ["a.jpg", "b.png", "c.jpg"]
    assert all("constant or not finite" in entry["reason"] for entry in manifest["skipped"])
    assert manifest["labelled"] == 1


def test_an_error_ends_the_call_and_leaves_only_whole_shards(teacher, photo_folder, tmp_path):
    def broken():
        raise MemoryError("not a matter of the photograph")

    photos = [
        photo_from_file(path.name, path.read_bytes, path) for path in find_images(photo_folder)
    ]
    photos[3] = photos[3]._replace(load=broken)
    with pytest.raises(MemoryError):
        label_photos(teacher, photos, tmp_path / "labels", progress=False, photos_per_shard=2)
    left = {path.name for path in (tmp_path / "labels").iterdir()}
    assert left - {"labels-00000.tar", "labels-00000.json"} == {".dav2"}


def test_a_full_disk_ends_the_call_with_the_system_s_error(teacher, photo_folder, tmp_path):
    shard = Shard(tmp_path / "labels-00000.tar", [], {})
    (tmp_path / "labels-00000.json").mkdir()  # cannot be replaced by a file
    with pytest.raises(OSError, match=r"labels-00000\.json"):
        list(label_shards(teacher, [shard]))


def test_the_files_are_what_other_tools_read(teacher, photo_folder, tmp_path):
    label_photos(teacher, photo_folder, tmp_path / "labels", progress=False)
    with tarfile.open(tmp_path / "labels" / "labels-00000.tar") as tar:
        names = tar.getnames()
        assert names[:3] == ["a_jpg.jpg", "a_jpg.png", "a_jpg.json"]
        content = {name: tar.extractfile(name).read() for name in names[:3]}
    image = Image.open(io.BytesIO(content["a_jpg.jpg"]))
    label = Image.open(io.BytesIO(content["a_jpg.png"]))
    assert image.size == label.size == (64, 48)
    assert label.mode == "I;16"
    assert shard_bytes(tmp_path / "labels").keys() == {"labels-00000.tar", "labels-00000.json"}


def test_unreadable_says_why(teacher, many, tmp_path):
    manifest = label_photos(teacher, many, tmp_path / "labels", progress=False)
    assert all(entry["file"] in entry["reason"] for entry in manifest["skipped"])
    with pytest.raises(UnreadableImage):
        read_image(many / "c2.png")
