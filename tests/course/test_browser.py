"""A lesson in JupyterLab in a real browser: all cells run, a slider moves the picture."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
from time import sleep
from urllib.parse import urlsplit

import pytest

from tests.conftest import ROOT

CHROMIUM = next(
    (
        path
        for name in ("chromium", "google-chrome", "chromium-browser")
        if (path := shutil.which(name))
    ),
    None,
)
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
READY = """async () => {
    const app = window.jupyterapp; await app.restored;
    const panel = app.shell.currentWidget; await panel.revealed;
    await panel.sessionContext.ready; await panel.sessionContext.session.kernel.info;
}"""


def listens(address):
    url = urlsplit(address)
    try:
        socket.create_connection((url.hostname, url.port)).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.fixture
def jupyterlab(tmp_path):
    """The address of a JupyterLab over a copy of the lessons, isolated from the user's own settings."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    environment = dict(os.environ)
    for name in ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR"):
        environment[f"JUPYTER_{name}"] = str(tmp_path / name)
    for name in ("SETTINGS_DIR", "WORKSPACES_DIR"):
        environment[f"JUPYTERLAB_{name}"] = str(tmp_path / name)
    quiet = tmp_path / "SETTINGS_DIR" / "@jupyterlab" / "apputils-extension"
    quiet.mkdir(parents=True)
    (quiet / "notification.jupyterlab-settings").write_text(
        json.dumps({"fetchNews": "false", "checkForUpdates": False})
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]  # if another takes it before the server does, the next one
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}",
        "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=t0k", f"--ServerApp.root_dir={tmp_path / 'notebooks'}",
        "--LabApp.expose_app_in_browser=True",
    ]  # fmt: skip
    server = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    log = []
    for line in server.stderr:
        log.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            break
    else:
        raise AssertionError("JupyterLab did not start:\n" + "".join(log))
    address = found[0]
    # It prints the address before it listens there.
    while server.poll() is None and not listens(address):
        sleep(0.1)
    assert server.poll() is None, "JupyterLab ended:\n" + "".join(log) + server.stderr.read()
    yield address
    server.terminate()
    server.stderr.close()
    server.wait()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_lesson_01_runs_and_its_slider_moves_the_picture(jupyterlab, tmp_path):
    from playwright.sync_api import sync_playwright

    with urllib.request.urlopen(f"{jupyterlab}/api/status?token=t0k") as status:
        assert status.status == 200
    errors = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1300, "height": 1900})
        page.on(
            "console",
            lambda message: errors.append(message.text) if message.type == "error" else None,
        )
        page.goto(f"{jupyterlab}/lab/tree/01_one_picture.ipynb?token=t0k&reset")
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=60_000)
        page.evaluate(READY)
        # The lesson's own parameter cell, set as a student would.
        page.evaluate(
            """() => { const cells = window.jupyterapp.shell.currentWidget.content.model.cells;
            for (let i = 0; i < cells.length; i++) { const s = cells.get(i).sharedModel;
            if (s.getSource().startsWith('SCALE =')) s.setSource(s.getSource().replace('"lab"', '"smoke"')
                .replace('RUN_DIR = ""', 'RUN_DIR = "%s"')); } }"""
            % (tmp_path / "run")
        )
        page.set_default_timeout(180_000)
        page.evaluate(
            "async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells') }"
        )
        handle = page.locator(".widget-slider .noUi-handle").first
        handle.scroll_into_view_if_needed()
        picture = page.locator(".widget-image").first
        picture.wait_for()
        before = picture.get_attribute("src")
        handle.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "before => document.querySelector('.widget-image').src !== before",
            arg=before,
            timeout=60_000,
        )
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{folder}/lesson_01.png")
        text = page.evaluate(
            """() => { const cells = window.jupyterapp.shell.currentWidget.content.model.cells; const out = [];
            for (let i = 0; i < cells.length; i++) { const c = cells.get(i); if (c.type === 'code')
            out.push(...c.outputs.toJSON()); } return JSON.stringify(out) }"""
        )
        browser.close()
    outputs = json.loads(text)
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert any("Right." in output.get("text", "") for output in outputs)
    assert errors == []
