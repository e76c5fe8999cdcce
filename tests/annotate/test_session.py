import json
from multiprocessing import get_context

import pytest

from dav2.annotate import Session, read_tasks
from dav2.annotate.desk import act, view
from dav2.manifests import MissingArtefact

OWN = [[200, 30], [100, 20]]  # the nearer first, and right of the other


def answered(folder, name="anna"):
    return json.loads((folder / f"answers-{name}.json").read_text())["answers"]


def test_every_answer_is_on_disk_at_once_and_a_new_session_goes_on(folder):
    first = Session(folder, "anna")
    tasks = read_tasks(folder).tasks
    first.answer(1)
    assert answered(folder) == [
        {
            "task": tasks[0].key,
            "image": "indoor/room.png",
            "own": False,
            "points": [list(point) for point in tasks[0].pair],
            "nearer": 1,
        }
    ]
    first.skip()
    assert answered(folder)[1]["nearer"] is None
    again = Session(folder, "anna")
    assert again.current == tasks[2]
    assert len(again.remaining) == 4


def test_undo_asks_again(folder):
    session = Session(folder, "anna")
    with pytest.raises(ValueError, match="nothing to undo"):
        session.undo()
    first = session.current
    session.answer(0)
    session.undo()
    assert session.current == first
    assert answered(folder) == []


def test_own_pairs_are_the_nearer_point_first(folder):
    session = Session(folder, "anna")
    session.skip()
    session.skip()
    for pair, message in (
        (None, "pick two points"),
        ([[1, 1]], "pick two points"),
        ([[300, 1], [1, 1]], "outside"),
        ([[1, -1], [1, 1]], "outside"),
        ([[1.5, 1], [1, 1]], "whole pixels"),
        ([[1, 1], [1, 1]], "are one"),
        (read_tasks(folder).tasks[0].pair, "already"),
    ):
        with pytest.raises(ValueError, match=message):
            session.answer(0, pair)
    session.answer(0, OWN)
    assert answered(folder)[-1]["points"] == [[100, 20], [200, 30]]
    assert answered(folder)[-1]["nearer"] == 1


def test_the_scene_type_is_the_folder_s_or_must_be_chosen(folder):
    session = Session(folder, "anna")
    for _ in range(2):
        session.answer(0)
    session.answer(0, OWN)
    assert session.current.image == "new/street.png"
    with pytest.raises(ValueError, match="choose the scene type"):
        session.answer(0)
    with pytest.raises(ValueError, match=r"'street'; there are indoor, outdoor"):
        session.choose_scene("street")
    session.choose_scene("outdoor")
    session.answer(0)
    assert session.scenes == {"indoor/room.png": "indoor", "new/street.png": "outdoor"}
    assert Session(folder, "anna").scene("new/street.png") == "outdoor"


def test_others_check_the_pairs_that_one_found_without_seeing_the_answer(folder):
    anna = Session(folder, "anna")
    anna.skip()
    anna.skip()
    anna.answer(0, OWN)
    ben = Session(folder, "ben")
    assert len(ben.remaining) == 7
    check = ben.remaining[-1]
    assert check.pair == ((100, 20), (200, 30))
    while ben.current != check:
        ben.skip()
    assert view(ben)["pair"] == [[100, 20], [200, 30]]
    ben.answer(1)
    assert ben.current is None
    assert len(Session(folder, "anna").remaining) == 3  # a check of a check is not asked


def answer_for_ever(folder):
    session = Session(folder, "anna")
    while True:
        session.answer(0)
        session.skip()
        session.undo()
        session.undo()


def test_a_kill_at_any_moment_leaves_a_whole_file(folder):
    for _ in range(5):  # each time at another moment
        process = get_context("fork").Process(target=answer_for_ever, args=[folder])
        process.start()
        while not (folder / "answers-anna.json").exists():
            assert process.is_alive()
        process.kill()
        process.join()
        session = Session(folder, "anna")
        assert len(session.answers) in (0, 1, 2)
        assert len(session.answers) + len(session.remaining) == 6
        session.file.unlink()


def test_two_windows_do_not_overwrite_each_other(folder):
    one, other = Session(folder, "anna"), Session(folder, "anna")
    one.answer(1)
    with pytest.raises(ValueError, match="second window"):
        other.answer(0)
    assert [answer["nearer"] for answer in answered(folder)] == [1]


def test_what_belongs_elsewhere_is_refused(folder, tmp_path):
    session = Session(folder, "anna")
    session.answer(0)
    file = folder / "answers-anna.json"
    text = file.read_text()
    (folder / "answers-ben.json").write_text(text)
    with pytest.raises(ValueError, match="holds the answers of anna"):
        Session(folder, "ben")
    (folder / "answers-ben.json").unlink()
    file.write_text(text[:-9])
    with pytest.raises(ValueError, match="not valid JSON"):
        Session(folder, "anna")
    file.write_text(text)
    tasks = folder / "tasks.json"
    tasks.write_text(tasks.read_text().replace('"seed": 0', '"seed": 1'))
    with pytest.raises(ValueError, match="another list of tasks"):
        Session(folder, "anna")
    with pytest.raises(ValueError, match="letters"):
        Session(folder, "../anna")
    with pytest.raises(MissingArtefact, match="dav2 annotate prepare"):
        Session(tmp_path, "anna")
    (folder / "pictures/new/street.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"street.png is missing"):
        Session(folder, "clara")


class TestDesk:
    def test_a_second_click_answers_nothing(self, folder):
        session = Session(folder, "anna")
        shown = view(session)
        wish = {"do": "answer", "task": shown["task"], "done": 0, "nearer": 0}
        after = act(session, wish)
        assert (after["done"], after["message"]) == (1, "")
        assert act(session, wish) == after
        undo = {"do": "undo", "task": after["task"], "done": 1}
        assert act(session, undo)["done"] == act(session, undo)["done"] == 0

    def test_errors_are_said_and_change_nothing(self, folder):
        session = Session(folder, "anna")
        shown = view(session)
        base = {"task": shown["task"], "done": 0}
        for wish in ({"do": "undo"}, {"do": "answer", "nearer": 2}, {"do": "dance"}):
            after = act(session, base | wish)
            assert after["message"]
            assert after | {"message": ""} == shown

    def test_the_end(self, folder):
        session = Session(folder, "anna")
        while session.current:
            session.skip()
        shown = view(session)
        assert shown["task"] is None
        assert (shown["done"], shown["total"], shown["skipped"]) == (6, 6, 6)
