import csv
import hashlib

import numpy as np
import pytest
from PIL import Image

from dav2.data import find_images
from tests.helpers.project import ROOT

FOLDERS = [ROOT / "datasets" / "photos", ROOT / "datasets" / "da2k_mini"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_every_file_has_a_source_and_a_licence(folder):
    with (folder / "sources.csv").open(newline="") as file:
        listed = {row["file"]: row for row in csv.DictReader(file)}
    present = {path.relative_to(folder).as_posix() for path in find_images(folder / "images")}
    assert present == set(listed)
    assert all(row["source"] and row["licence"] for row in listed.values())
    for name, row in listed.items():
        with Image.open(folder / name) as image:
            assert image.size == (int(row["width"]), int(row["height"])), name


def fingerprint(path):
    """64 bits of the coarse brightness pattern: equal for near-duplicates."""
    with Image.open(path) as image:
        small = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.LANCZOS), int)
    return (small[:, 1:] > small[:, :-1]).ravel()


def test_nothing_is_on_both_sides():
    photos, benchmark = (find_images(folder / "images") for folder in FOLDERS)
    digests = [
        {hashlib.sha256(path.read_bytes()).digest() for path in paths}
        for paths in (photos, benchmark)
    ]
    assert not digests[0] & digests[1]
    a, b = (np.array([fingerprint(path) for path in paths]) for paths in (photos, benchmark))
    distance = (a[:, None] != b[None]).sum(-1)
    closest = np.unravel_index(distance.argmin(), distance.shape)
    assert distance.min() > 5, f"{photos[closest[0]]} and {benchmark[closest[1]]} look alike"


def test_datasets_holds_no_python():
    assert not list((ROOT / "datasets").rglob("*.py"))
