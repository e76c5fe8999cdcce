"""What a colleague's file, or a stranger's request, cannot do."""

import http.client
import json
import stat
from threading import Thread
from urllib.parse import urlsplit

import pytest

from dav2.annotate import Session, export_da2k
from dav2.annotate.page import redirect, serve
from dav2.annotate.tasks import read_tasks
from dav2.disk import read_json, write_json


@pytest.fixture
def answered(folder):
    session = Session(folder, "anna")
    session.answer(0)
    return folder


ROOM = "indoor/room.png"
WRONG = {
    "scene outside": lambda one: one["scenes"].update({ROOM: "../../../pwned"}),
    "scene of no picture": lambda one: one["scenes"].update({"other.png": "indoor"}),
    "picture outside": lambda one: one["answers"][0].update(image="../../secret.png"),
    "third point nearer": lambda one: one["answers"][0].update(nearer=7),
    "truth value": lambda one: one["answers"][0].update(nearer=True),
    "no verdict": lambda one: one["answers"][0].pop("nearer"),
    "point outside": lambda one: one["answers"][0].update(points=[[-9, 1], [5, 5]]),
    "point beyond": lambda one: one["answers"][0].update(points=[[300, 1], [5, 5]]),
    "one point": lambda one: one["answers"][0].update(points=[[5, 5], [5, 5]]),
    "half a point": lambda one: one["answers"][0].update(points=[[5], [5, 6]]),
    "no points": lambda one: one["answers"][0].update(points=None),
    "words": lambda one: one["answers"][0].update(points="left"),
    "answers": lambda one: one.update(answers={}),
    "an answer": lambda one: one["answers"].append(3),
    "no task": lambda one: one["answers"][0].pop("task"),
    "annotator": lambda one: one.update(annotator=3),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_file_of_answers_that_cannot_be_is_refused_by_name(answered, tmp_path, wrong):
    file = answered / "answers-anna.json"
    content = read_json(file)
    WRONG[wrong](content)
    write_json(file, content)
    for call in (lambda: Session(answered, "anna"), lambda: export_da2k(answered, tmp_path / "to")):
        with pytest.raises(ValueError, match=r"answers-anna\.json"):
            call()
    assert not (tmp_path / "to").exists()


TASKS = {
    "picture outside": lambda one: one.update(image="../../secret.jpg"),
    "root": lambda one: one.update(image="/etc/passwd"),
    "drive": lambda one: one.update(image="C:\\secret.jpg"),
    "size": lambda one: one.update(size=[0, 5]),
    "pair": lambda one: one["pairs"].append([[1, 2], [999, 9]]),
    "own": lambda one: one.update(own=-1),
    "key": lambda one: one.pop("pairs"),
}


@pytest.mark.parametrize("wrong", TASKS)
def test_a_list_of_tasks_that_cannot_be_is_refused_by_name(folder, wrong):
    content = read_json(folder / "tasks.json")
    TASKS[wrong](content["pictures"][0])
    write_json(folder / "tasks.json", content)
    with pytest.raises(ValueError, match=r"tasks\.json"):
        read_tasks(folder)


@pytest.fixture
def page(folder):
    server, address = serve(Session(folder, "anna"))
    Thread(target=server.serve_forever, daemon=True).start()
    yield urlsplit(address)
    server.shutdown()
    server.server_close()


def ask(page, method="GET", name="view", body=None, **headers):
    connection = http.client.HTTPConnection(page.hostname, page.port, timeout=20)
    connection.request(method, page.path + name, body, {"Host": page.netloc, **headers})
    response = connection.getresponse()
    return response, response.read()


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"[]", {}, 400),
        (b"null", {}, 400),
        (b"[" * 50_000, {}, 400),
        (b"x" * 200_000, {}, 413),
        (b"", {"Content-Length": "-5"}, 411),
        (b"", {"Content-Length": "many"}, 411),
        (b"{}", {"Host": "evil.example"}, 403),
    ],
)
def test_malformed_requests_get_a_status_and_the_page_goes_on(page, body, headers, status):
    response, said = ask(page, "POST", "act", body, **headers)
    assert (response.status, bool(said)) == (status, True)
    response, view = ask(page)
    assert response.status == 200
    assert json.loads(view)["done"] == 0


def test_the_page_loads_nothing_but_itself(page):
    response, content = ask(page, name="")
    assert b"Which point is nearer" in content
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert ask(page, name="../../etc/passwd")[0].status == 404


def test_the_secret_stays_off_the_command_line():
    with redirect("http://127.0.0.1:1/secret/") as file:
        assert "secret" not in file.as_uri()
        assert "url=http://127.0.0.1:1/secret/" in file.read_text()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not file.exists()
