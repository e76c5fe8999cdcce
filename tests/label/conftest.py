"""A tiny teacher, photographs that kill whoever loads them, and labels made by a plain loop."""

import os
import signal
from pathlib import Path
from time import sleep

import numpy as np
import pytest
import torch

from dav2.data.photos import UnreadableImage, find_images, photo_from_file, read_image
from dav2.infer import Predictor
from dav2.model import build_model
from tests.helpers.labels import write_shard


def make_teacher(**options):
    torch.manual_seed(3)
    return Predictor(build_model("tiny"), 48, flip=True, **options)


@pytest.fixture
def teacher():
    return make_teacher()


def die(after):
    """A photograph that kills -9 the process that loads it, once the file `after` is there."""
    while not Path(after).exists():
        sleep(0.01)
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(sign, path):
    """A photograph that kills -9 the first process that loads it, and leaves its pid in `sign`."""
    if not Path(sign).exists():
        Path(sign).write_text(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGKILL)
    return read_image(path)


def as_photos(folder, copies=1):
    """The photographs of a folder as a collection; copies have keys of their own."""
    return [
        photo_from_file(f"{number}_{path.name}" if number else path.name, path.read_bytes, path)
        for number in range(copies)
        for path in find_images(folder)
    ]


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


def shard_bytes(store):
    return {path.name: path.read_bytes() for path in sorted(store.glob("labels-*"))}


def tar_bytes_of(store):
    return {path.name: path.read_bytes() for path in sorted(store.glob("labels-*.tar"))}
