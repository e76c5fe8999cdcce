import random
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest

from dav2.data.photographs import COLLECTIONS
from dav2.data.photographs.lmdb_file import values
from tests.helpers.photographs import colours, look, picture, write_files

lmdb = pytest.importorskip("lmdb")
find = COLLECTIONS["lsun"]
KEYS = [f"{number:040x}" for number in range(5)]


def write_lmdb(folder, content, map_size=1 << 22):
    folder.mkdir(parents=True)
    with (
        lmdb.open(str(folder), map_size=map_size) as environment,
        environment.begin(write=True) as t,
    ):
        for key, value in content.items():
            t.put(key if isinstance(key, bytes) else key.encode(), value)
    return folder


@pytest.fixture
def root(tmp_path):
    for category, kind in (("bedroom_train", "PNG"), ("tower_val", "WEBP")):
        options = {key: picture(category + key, kind) for key in KEYS}
        if kind == "WEBP":  # lossy: only the first is looked at by colour
            options = {KEYS[0]: picture(category + KEYS[0])}
        write_lmdb(tmp_path / "lsun" / f"{category}_lmdb", options)
    return tmp_path / "lsun"


def expected(category, keys=KEYS):
    return colours({f"{category}/{key}": category + key for key in keys})


def test_every_category_with_its_own_values(root):
    everything = {**expected("bedroom_train"), **expected("tower_val", KEYS[:1])}
    assert look(find(root)) == everything
    assert look(find(root / "bedroom_train_lmdb")) == expected("bedroom_train")


def test_exported_folders_give_the_same_keys(root, tmp_path):
    out = tmp_path / "bedroom_train"
    write_files(
        out, {f"{'/'.join(key[:6])}/{key}.webp": picture("bedroom_train" + key) for key in KEYS}
    )
    assert look(find(out)) == look(find(root / "bedroom_train_lmdb"))
    flat = {f"tower_val/{KEYS[0]}.jpg": picture("tower_val" + KEYS[0])}
    assert look(find(write_files(tmp_path / "flat", flat))) == expected("tower_val", KEYS[:1])


def test_loads_run_in_threads_and_forked_workers_while_the_set_is_walked(root):
    photos = find(root)
    first, second = next(photos), next(photos)
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(1, get_context("fork")) as processes:
        loads = [pool.submit(p.load) for pool in (threads, processes) for p in (first, second)]
        assert [load.result().shape for load in loads] == [(18, 24, 3)] * 4
    assert len(list(photos)) == 4


def test_a_cut_data_base_is_set_aside_and_the_others_are_read(root):
    data = root / "bedroom_train_lmdb" / "data.mdb"
    with data.open("r+b") as file:
        file.truncate(data.stat().st_size - 4096)
    found = look(find(root))
    assert "it is cut off, 8192 of 12288 bytes are left" in found.pop("bedroom_train")
    assert found == expected("tower_val", KEYS[:1])


def test_what_is_no_data_base_is_set_aside(root):
    write_files(root, {"church_outdoor_val_lmdb/data.mdb": b"no data base"})
    assert "cannot be read as LMDB" in look(find(root))["church_outdoor_val"]


def test_odd_keys_and_values(tmp_path):
    write_lmdb(tmp_path / "cat_lmdb", {b"../x\xff": picture("odd"), b"empty": b"", b"text": b"no"})
    found = look(find(tmp_path))
    assert found.pop("cat/2e2e2f78ff") == colours({"": "odd"})[""]
    assert list(found) == ["cat/empty", "cat/text"]
    assert all("cannot be read as an image" in reason for reason in found.values())


def test_deep_trees_and_large_values_are_as_lmdb_itself_reads_them(tmp_path):
    rng = random.Random(0)
    written = {
        rng.randbytes(20).hex(): rng.randbytes(rng.choice((0, 9, 3000, 9000))) for _ in range(900)
    }
    data = write_lmdb(tmp_path / "deep", written, 1 << 26) / "data.mdb"
    content = data.read_bytes()
    found = {key.decode(): content[first : first + size] for key, first, size in values(data)}
    assert found == written
    assert list(found) == sorted(written)


def test_a_tree_that_leads_astray_is_an_error_and_no_crash(root):
    data = root / "bedroom_train_lmdb" / "data.mdb"
    content = bytearray(data.read_bytes())
    for first in range(4096 * 2, len(content), 4096):
        content[first + 16 : first + 64] = bytes([255]) * 48
    data.write_bytes(content)
    found = look(find(root))
    assert "bedroom_train_lmdb" in found.pop("bedroom_train")
    assert found == expected("tower_val", KEYS[:1])
