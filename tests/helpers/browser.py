"""JupyterLab, and a browser to look at it."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from time import sleep
from urllib.parse import urlsplit

import pytest

from tests.helpers.project import ROOT

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
