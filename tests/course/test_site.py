"""The web site of a run: every lesson with its figures, no warning, nothing from the network."""

import re
import sys

import pytest

from dav2.cli import main
from dav2.course.notebooks import find_notebooks
from dav2.manifests import MissingArtefact
from tests.helpers.project import ROOT

pytest.importorskip("myst_nb")
from dav2.course.site import build_site

LOADED = re.compile(
    r"""<(?:script|img|iframe|source|video)\b[^>]*\bsrc=["']?https?:[^>]*>"""
    r"""|<link\b(?=[^>]*\b(?:stylesheet|preload|icon)\b)[^>]*\bhref=["']?https?:[^>]*>"""
)


@pytest.fixture(scope="module")
def site(smoke_run, tmp_path_factory):
    """Built as `make site` does it; Sphinx's warnings are errors."""
    out = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        command = ["dav2", "course", "site", "--run", str(smoke_run), "--out", str(out)]
        patch.setattr(sys, "argv", command)
        main()
    return out / "html"


def test_every_lesson_is_there_with_its_figures(site):
    for lesson in find_notebooks(ROOT / "notebooks"):
        page = (site / "notebooks" / f"{lesson.stem}.html").read_text()
        pictures = re.findall(r'<img[^>]* src="(\.\./_images/[^"]+\.png)"', page)
        assert pictures, lesson.stem
        assert all((site / "notebooks" / picture).is_file() for picture in pictures)
        assert "RUN_DIR = &quot;/" not in page


def test_doors_tutorials_cards_guide_and_reference_are_there(site):
    first = (site / "index.html").read_text()
    assert "Four doors" in first
    assert "executed at scale <strong>smoke</strong>, seed 0" in first
    assert (site / "report.html").is_file()
    pages = {str(page.relative_to(site).with_suffix("")) for page in site.rglob("*.html")}
    assert {"tutorials/for_instructors", "benchmarks/LOG", "CHANGELOG", "search"} <= pages
    assert {f"tutorials/{path.stem}" for path in find_notebooks(ROOT / "tutorials")} <= pages
    cards = (ROOT / "datasets").glob("*/README.md")
    assert {str(card.relative_to(ROOT).with_suffix("")) for card in cards} <= pages
    assert "dav2.losses.ssi_loss" in (site / "api.html").read_text()


def test_no_page_loads_anything_from_elsewhere(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        assert LOADED.findall(page.read_text()) == [], page
    for style in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?https?:", style.read_text()), style
    assert LOADED.search('<script src="https://cdn.example/x.js">')
    assert LOADED.search('<link rel="stylesheet" href="https://cdn.example/x.css">')


def test_it_can_be_searched(site):
    index = (site / "searchindex.js").read_text()
    assert "pseudo" in index
    assert "notebooks/06_pseudo_labels" in index


def test_an_unfinished_run_is_named(tmp_path):
    with pytest.raises(MissingArtefact, match="dav2 course run"):
        build_site(tmp_path, tmp_path / "out")
