import json

import numpy as np
import pytest

from dav2.annotate import Session, agreement, export_da2k, format_agreement, read_tasks
from dav2.annotate.agreement import cohen_kappa
from dav2.evaluate import evaluate_da2k, read_da2k
from dav2.manifests import MissingArtefact, read_manifest

OWN = [[200, 30], [100, 20]]


def annotate(folder, name, nearers, own=None, scene="outdoor"):
    """Answer in order: 0 or 1, None skips, "own" takes `own`; the rest is left."""
    session = Session(folder, name)
    for nearer in nearers:
        if session.scene(session.current.image) is None:
            session.choose_scene(scene)
        if nearer is None:
            session.skip()
        elif nearer == "own":
            session.answer(0, own)
        else:
            session.answer(nearer)


def test_kappa_by_hand():
    # 4 times both 0, 3 times both 1, 1 and 2 times otherwise: 7 of 10; by chance .5 .4 + .5 .6 = .5.
    one = [0] * 4 + [1] * 3 + [0] + [1] * 2
    other = [0] * 4 + [1] * 3 + [1] + [0] * 2
    assert cohen_kappa(one, other) == pytest.approx(0.4)
    assert cohen_kappa([0, 1], [0, 1]) == 1
    assert cohen_kappa([0, 1], [1, 0]) == -1
    assert cohen_kappa([0, 0], [0, 0]) is None
    assert cohen_kappa([], []) is None


def test_agreement_and_export_of_two(folder):
    tasks = read_tasks(folder).tasks
    annotate(folder, "anna", [0, 1, "own", 1, None], OWN)
    annotate(folder, "ben", [0, 0, None, 1, 1, None, 1])  # the last is anna's pair, checked
    (row,) = agreement(folder)
    assert row["annotators"] == ["anna", "ben"]
    # Decided by both: 0-0, 1-0, 1-1, and the pair that anna found 1-1. Kappa: (3/4 - 1/2) / (1/2).
    assert (row["pairs"], row["agreed"], row["skipped"]) == (4, 3, 1)
    assert row["kappa"] == pytest.approx(0.5)
    upper, lower = (list(point) for point in tasks[1].pair)
    assert row["disputed"] == [
        {"image": "indoor/room.png", "points": [upper, lower], "anna": lower, "ben": upper}
    ]
    assert "agreement 75.0%, Cohen's kappa 0.50, 1 skipped by one" in format_agreement([row])

    counts = export_da2k(folder, folder.parent / "mine")
    assert counts == {
        "annotators": ["anna", "ben"],
        "pairs": 3,
        "images": 2,
        "disputed": 1,
        "skipped": 1,
        "unanswered": 0,
        "scene_disputed": 0,
    }
    assert read_manifest(folder.parent / "mine")["pairs"] == 3
    room, street = read_da2k(folder.parent / "mine")
    assert (room.name, room.scene) == ("images/indoor/indoor_room.png", "indoor")
    assert (street.name, street.scene) == ("images/outdoor/new_street.png", "outdoor")
    found = {tuple(map(tuple, pair)) for pair in np.stack([room.nearer, room.farther], 1).tolist()}
    assert found == {tasks[0].pair, ((200, 30), (100, 20))}
    assert street.nearer.tolist() == [list(tasks[3].pair[1])]
    original, copy = folder / "pictures/indoor/room.png", folder.parent / "mine" / room.name
    assert copy.read_bytes() == original.read_bytes()
    result = evaluate_da2k(
        lambda image: np.zeros(image.shape[:2]), folder.parent / "mine", progress=False
    )
    assert result["pairs"] == 3


def test_one_annotator(folder):
    annotate(folder, "anna", [0, None])
    assert agreement(folder) == []
    assert "nobody to agree with" in format_agreement([])
    assert export_da2k(folder, folder.parent / "mine")["pairs"] == 1
    content = json.loads((folder.parent / "mine/annotations.json").read_text())
    near, far = (list(point) for point in read_tasks(folder).tasks[0].pair)
    assert content == {
        "images/indoor/indoor_room.png": [{"point1": near, "point2": far, "closer_point": "point1"}]
    }
    with pytest.raises(ValueError, match="holds a benchmark already"):
        export_da2k(folder, folder.parent / "mine")


def test_what_a_second_has_not_seen_or_places_elsewhere_stays_out(folder):
    annotate(folder, "anna", [0, 0, None, 0, 0], scene="outdoor")
    annotate(folder, "ben", [0, None, None, 0], scene="aerial")
    counts = export_da2k(folder, folder.parent / "mine")
    assert (counts["pairs"], counts["skipped"]) == (1, 1)
    assert (counts["unanswered"], counts["scene_disputed"]) == (1, 1)


def test_nothing_to_export(folder):
    with pytest.raises(MissingArtefact, match="dav2 annotate open"):
        export_da2k(folder, folder.parent / "mine")
    annotate(folder, "anna", [None])
    with pytest.raises(ValueError, match="no pair was decided"):
        export_da2k(folder, folder.parent / "mine")
    assert not (folder.parent / "mine").exists()
