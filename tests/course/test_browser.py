"""A lesson in JupyterLab in a real browser: all cells run, a slider moves the picture."""

import json
import os
import urllib.request

import pytest

from tests.helpers import browser as lessons
from tests.helpers.browser import CHROMIUM, FLAGS, READY

jupyterlab = lessons.jupyterlab  # a fixture


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
