"""`dav2 course site`: lessons as a run executed them, tutorials, cards and reference as web pages."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from dav2.course.lab import project_root
from dav2.course.notebooks import find_notebooks
from dav2.course.run import run_course
from dav2.course.student import run_settings
from dav2.errors import UserError
from dav2.manifests import is_finished
from dav2.optional import optional

PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/LOG.md", "docs/*.md")
FOLDERS = ("tutorials", "notebooks/pictures")
AT_THE_TOP = ("index.md", "api.md")  # of docs/: these include and list the others
CARDS = "datasets/**/README.md"


def choose_run(root: Path) -> Path:
    """The lab run of seed 0 if it is finished, else the smoke run, which is made if need be."""
    runs = [root / "runs" / name for name in ("lab-0", "smoke-0")]
    finished = next((run for run in runs if is_finished(run)), None)
    if finished is None:
        run_course(root / "notebooks", runs[-1], "smoke", 0, {})
    return finished or runs[-1]


def _assemble(root: Path, run: Path, source: Path) -> None:
    """Put the pages where their links to each other hold, as in the project."""
    shutil.rmtree(source, ignore_errors=True)
    for pattern in (*PAGES, CARDS, *(f"{folder}/*" for folder in FOLDERS)):
        for file in root.glob(pattern):
            if file.is_file():
                target = source / file.relative_to(root)
                if file.name in AT_THE_TOP and file.parent.name == "docs":
                    target = source / file.name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
    for lesson in find_notebooks(root / "notebooks"):
        notebook = nbformat.read(run / "lessons" / lesson.name, 4)
        # What papermill put in says where the run lies on somebody's disk.
        notebook.cells = [
            cell
            for cell in notebook.cells
            if "injected-parameters" not in cell.metadata.get("tags", [])
        ]
        nbformat.write(notebook, source / "notebooks" / lesson.name)


def build_site(run: Path | None, out: Path) -> Path:
    """Build the site of a finished run into `out/html`, offline; return its first page.

    Args:
        run: None takes `choose_run`'s.

    Raises:
        FileNotFoundError: `run` is not finished, or the project's folders are not here.
        ModuleNotFoundError: Sphinx is not installed.
        UserError: Sphinx warned, of a broken link for instance; what it said was printed.
    """
    optional("myst_nb", "the site needs Sphinx and MyST-NB", "site")
    root, out = project_root(), Path(out).resolve()
    run = Path(run or choose_run(root)).resolve()
    settings = run_settings(run)
    source, new, html = out / "source", out / "html.part", out / "html"
    _assemble(root, run, source)
    shutil.copyfile(run / "report.html", source / "report.html")
    shutil.rmtree(new, ignore_errors=True)
    told = (
        f"The lessons were executed at scale **{settings['SCALE']}**, seed {settings['SEED']}"
        + (
            " (tiny numbers: networks that learned next to nothing)"
            if settings["SCALE"] == "smoke"
            else ""
        )
        + '. <a href="report.html">The report of this run</a>.'
    )
    options = {"myst_substitutions.run": told, "html_extra_path": str(source / "report.html")}
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    command += [part for key, value in options.items() for part in ("-D", f"{key}={value}")]
    command += ["-c", str(root / "docs"), "-d", str(out / "doctrees"), str(source), str(new)]
    if subprocess.run(command).returncode:
        raise UserError("Sphinx complained, see above; the site is as it was")
    shutil.rmtree(html, ignore_errors=True)
    os.replace(new, html)
    return html / "index.html"
