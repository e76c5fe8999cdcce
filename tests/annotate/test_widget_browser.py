"""A person's mouse and keys, in Chromium: on the command's page, and in JupyterLab."""

import io
import json
import os
import re
from threading import Thread

import nbformat
import numpy as np
import pytest
from PIL import Image

from dav2.annotate import Session, read_tasks
from dav2.annotate.page import serve
from tests.helpers import browser as lessons

jupyterlab = lessons.jupyterlab
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(lessons.CHROMIUM is None, reason="no Chromium here"),
]
SPOT = range(177, 184), range(417, 424)  # rows and columns of the red spot, see conftest


@pytest.fixture
def page():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=lessons.CHROMIUM, args=lessons.FLAGS)
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(60_000)
        page.errors = []
        page.on(
            "console",
            lambda message: page.errors.append(message.text) if message.type == "error" else None,
        )
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        yield page
        browser.close()


@pytest.fixture
def serving(folder):
    """Start a session's page like the command does, and give its address; the one before ends."""
    servers = []

    def end():
        for server in servers:
            server.shutdown()
            server.server_close()
        servers.clear()

    def start():
        end()
        server, address = serve(Session(folder, "anna"))
        servers.append(server)
        Thread(target=server.serve_forever, daemon=True).start()
        return address

    start.end = end
    yield start
    end()


def answers(folder):
    file = folder / "answers-anna.json"
    return json.loads(file.read_text())["answers"] if file.exists() else []


def settled(page, done, total=6):
    """Wait until so many answers are shown, and the desk takes the next."""
    page.locator(".count", has_text=f"{done} of {total} answered").wait_for()
    page.locator(".dav2-annotate[data-ready]").wait_for()


def screenshot(page, name):
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png")


def red_middle(page):
    """Where on the screen the middle of the red spot is, found in a picture of the screen."""
    stage = page.locator(".stage")
    box = stage.bounding_box()
    pixels = np.asarray(Image.open(io.BytesIO(stage.screenshot())).convert("RGB")).astype(int)
    red = (pixels[..., 0] > 200) & (pixels[..., 1:].max(-1) < 80)
    rows, columns = np.nonzero(red)
    assert len(rows) > 20
    return box["x"] + columns.mean(), box["y"] + rows.mean()


def marker_distance(page):
    boxes = [page.locator(".marker").nth(index).bounding_box() for index in (0, 1)]
    return np.hypot(boxes[0]["x"] - boxes[1]["x"], boxes[0]["y"] - boxes[1]["y"])


def test_the_command_s_page(page, serving, folder):
    tasks = read_tasks(folder).tasks
    page.goto(serving())
    settled(page, 0)
    screenshot(page, "pair")

    # Keys answer; what Python wrote is what was pressed. Zoom changes no answer and no question.
    whole = marker_distance(page)
    page.keyboard.press("+")
    assert marker_distance(page) == pytest.approx(1.5 * whole, abs=2)
    page.keyboard.press("0")
    assert marker_distance(page) == whole
    page.keyboard.press("2")
    settled(page, 1)
    assert [answer["nearer"] for answer in answers(folder)] == [1]

    # A double click on a marker is one answer.
    box = page.locator(".marker.one").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.dblclick(x, y)
    settled(page, 2)
    assert [answer["nearer"] for answer in answers(folder)] == [1, 0]
    assert [answer["task"] for answer in answers(folder)] == [tasks[0].key, tasks[1].key]
    page.keyboard.press("Backspace")
    settled(page, 1)
    assert len(answers(folder)) == 1
    page.keyboard.press("ArrowLeft")
    settled(page, 2)

    # A pair of one's own: the red spot, as it lies on the screen, then zoomed in far beside it.
    x, y = red_middle(page)
    page.mouse.click(x, y)
    page.mouse.move(x, y)
    for _ in range(4):
        page.mouse.wheel(0, -400)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 90, y - 60, steps=3)  # a drag, no click
    page.mouse.up()
    page.locator(".marker").wait_for()  # one, or the locator would be refused
    x, y = red_middle(page)
    page.mouse.click(x - 20, y - 20)
    screenshot(page, "own_pair")
    page.keyboard.press("0")
    whole = marker_distance(page)
    page.keyboard.press("f")  # as close as 24 pixels across
    assert marker_distance(page) > 5 * whole
    screenshot(page, "close_up")
    page.keyboard.press("Enter")
    settled(page, 3)
    points, nearer = answers(folder)[2]["points"], answers(folder)[2]["nearer"]
    for row, column in points:
        assert row in SPOT[0]
        assert column in SPOT[1]
    assert np.hypot(*np.subtract(points[nearer], (180, 420))) <= 1
    assert points[nearer] != points[1 - nearer]

    # A folder that is no scene type: it must be chosen first.
    page.keyboard.press("1")
    page.locator(".message", has_text="choose the scene type").wait_for()
    screenshot(page, "no_scene")
    settled(page, 3)
    page.locator("select").select_option("outdoor")
    page.locator(".message", has_text=re.compile("^$")).wait_for(state="attached")
    settled(page, 3)
    page.locator("button.one").click()
    settled(page, 4)

    # A reload goes on; so does the command when started anew, and until then nothing is lost unseen.
    page.reload()
    settled(page, 4)
    serving.end()
    page.keyboard.press("s")
    page.locator(".message", has_text="Not saved").wait_for()
    page.goto(serving())
    settled(page, 4)
    page.keyboard.press("s")
    settled(page, 5)
    page.locator("button.skip").click()
    settled(page, 6)
    page.locator(".question", has_text="All answered").wait_for()
    screenshot(page, "end")
    page.keyboard.press("z")
    settled(page, 5)
    assert [answer["nearer"] for answer in answers(folder)][3:] == [0, None]
    assert [error for error in page.errors if "ERR_CONNECTION_REFUSED" not in error] == []


def test_the_widget_in_jupyterlab(page, jupyterlab, folder, tmp_path):
    source = f"from dav2.annotate.widget import Annotate\n\nAnnotate({str(folder)!r}, 'anna')"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, tmp_path / "notebooks/annotate.ipynb")

    def run():
        page.goto(f"{jupyterlab}/lab/tree/annotate.ipynb?token=t0k&reset")
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
        page.evaluate(lessons.READY)
        page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")

    run()
    settled(page, 0)
    page.locator(".stage").focus()
    page.keyboard.press("2")
    settled(page, 1)
    page.locator("button.one").click()
    settled(page, 2)
    screenshot(page, "lab")
    page.keyboard.press("z")
    settled(page, 1)
    page.keyboard.press("d")  # twice, it deletes a cell, where Lab hears it
    page.keyboard.press("d")
    page.keyboard.press("1")
    settled(page, 2)
    page.mouse.click(*red_middle(page))
    x, y = red_middle(page)
    page.mouse.click(x + 60, y)
    page.keyboard.press("Enter")
    settled(page, 3)
    run()
    settled(page, 3)
    cells = "window.jupyterapp.shell.currentWidget.content.model.cells"
    assert page.evaluate(f"{cells}.length") == 1
    assert page.evaluate(f"{cells}.get(0).sharedModel.getSource()") == source
    assert [answer["nearer"] for answer in answers(folder)] == [1, 0, 0]
    (row, column), (_, other_column) = answers(folder)[2]["points"]
    assert np.hypot(row - 180, column - 420) <= 2
    assert other_column > column
    assert page.errors == []
