"""Ray's workers write the shards that one machine writes, whoever is killed."""

import os
import signal
import subprocess
import sys
from functools import partial

import pytest

from dav2.data import LabelSet
from dav2.data.photos import find_images
from dav2.label import label_photos
from dav2.label.ray import with_ray
from tests.helpers.labelling import as_photos, die_once, make_teacher
from tests.helpers.labels import shard_bytes
from tests.helpers.project import ROOT

ray = pytest.importorskip("ray")


@pytest.fixture
def photos(photo_folder):
    """Eight photographs and one that is none."""
    for path in find_images(photo_folder):
        (photo_folder / f"e{path.name}").write_bytes(path.read_bytes())
    (photo_folder / "c2.png").write_text("no picture")
    return as_photos(photo_folder)


@pytest.fixture(scope="module")
def cluster():
    """One for all tests here: to start it takes longer than they do."""
    ray.init("local", num_cpus=3, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def label(photos, out, **options):
    return label_photos(make_teacher(), photos, out, progress=False, photos_per_shard=2, **options)


@pytest.mark.usefixtures("cluster")
class TestInACluster:
    def test_shards_and_manifest_are_those_of_one_machine(self, photos, tmp_path):
        here = label(photos, tmp_path / "here")
        assert label(photos, tmp_path / "ray", driver=with_ray(2)) == here
        assert shard_bytes(tmp_path / "ray") == shard_bytes(tmp_path / "here")
        assert len(LabelSet(tmp_path / "ray")) == here["labelled"] == 8
        assert not (tmp_path / "ray" / "to_do").exists()
        # Whoever goes on: one machine takes what Ray has made.
        assert label(photos, tmp_path / "ray") == here

    def test_a_killed_worker_loses_and_doubles_nothing(self, photos, tmp_path):
        here = label(photos, tmp_path / "here")
        sign = tmp_path / "killed"
        path = tmp_path / "photos" / photos[4].key
        photos[4] = photos[4]._replace(load=partial(die_once, sign, path))
        assert label(photos, tmp_path / "ray", driver=with_ray(2)) == here
        assert int(sign.read_text()) != os.getpid()
        assert shard_bytes(tmp_path / "ray") == shard_bytes(tmp_path / "here")

    def test_an_error_in_a_worker_arrives_as_itself(self, photos, tmp_path):
        photos[1] = photos[1]._replace(load=partial(int, "no photograph"))
        with pytest.raises(ValueError, match="invalid literal for int"):
            label(photos, tmp_path / "ray", driver=with_ray(1))
        assert not (tmp_path / "ray" / "manifest.json").exists()

    def test_more_workers_than_the_cluster_holds_are_refused(self, photos, tmp_path):
        with pytest.raises(ValueError, match=r"3 workers need 4 CPUs .* the cluster has 3"):
            label(photos, tmp_path / "ray", driver=with_ray(3))
        with pytest.raises(ValueError, match=r"need 1 GPUs"):
            label(photos, tmp_path / "ray", driver=with_ray(1, gpus=1))
        with pytest.raises(ValueError, match="at least 1"):
            with_ray(0)


DRIVER = """
import os, signal, sys
from pathlib import Path
from dav2.label import label_photos
from dav2.label.ray import with_ray
from tests.helpers.labelling import as_photos, make_teacher

def killed_after_two(teacher, shards, threads):
    for number, count in enumerate(with_ray(1)(teacher, shards, threads), 1):
        yield count
        if number == 2:
            os.kill(os.getpid(), signal.SIGKILL)

photos = as_photos(Path(sys.argv[1]))
label_photos(
    make_teacher(), photos, sys.argv[2], progress=False, photos_per_shard=2, driver=killed_after_two
)
"""


def test_a_killed_driver_s_store_is_finished_by_the_next_call(photos, photo_folder, tmp_path):
    here = label(photos, tmp_path / "here")
    killed = subprocess.run(
        [sys.executable, "-c", DRIVER, str(photo_folder), str(tmp_path / "cut")],
        cwd=ROOT,
        timeout=300,
    )
    assert killed.returncode == -signal.SIGKILL
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "cut").glob("labels-*.json")}
    assert len(made) >= 2
    assert not (tmp_path / "cut" / "manifest.json").exists()
    assert label(photos, tmp_path / "cut") == here
    assert all(path.stat().st_mtime_ns == time for path, time in made.items())
    assert shard_bytes(tmp_path / "cut") == shard_bytes(tmp_path / "here")
