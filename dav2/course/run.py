"""`dav2 course run`: the lessons in order, headless, each handing its artefacts to the next."""

import hashlib
import os
import sys
import time
from pathlib import Path
from typing import Any

import papermill
from papermill.exceptions import PapermillExecutionError

from dav2.course.notebooks import PARAMETERS, find_notebooks
from dav2.course.report import write_report
from dav2.disk import atomic_path, read_record, write_json
from dav2.errors import UserError
from dav2.runs import work_in
from dav2.scale import get_scale


class LessonFailed(RuntimeError):
    """A cell of a lesson raised; the message names the lesson, the error and the saved notebook."""


def check_parameters(notebook: Path, given: dict[str, Any]) -> None:
    """papermill only warns about unknown parameters; here they are an error.

    Raises:
        UserError: the lesson does not take one of them.
    """
    known = papermill.inspect_notebook(str(notebook))
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise UserError(
            f"{notebook} takes no parameter {', '.join(unknown)}; it takes {', '.join(known)}"
        )


def run_lesson(notebook: Path, out: Path, parameters: dict[str, Any]) -> float:
    """Execute one lesson into `out`, atomically; return its seconds. Done already: return at once.

    Raises:
        LessonFailed: a cell raised; the notebook up to there is kept as `<name>.failed.ipynb`.
    """
    check_parameters(notebook, parameters)
    source = hashlib.sha256(notebook.read_bytes() + repr(sorted(parameters.items())).encode())
    done, failed = out.with_suffix(".json"), out.with_suffix(".failed.ipynb")
    if out.exists() and done.exists():
        said = read_record(done, {"source": str, "seconds": float, "bytes": int})
        if said["source"] == source.hexdigest() and said["bytes"] == out.stat().st_size:
            return said["seconds"]
    started = time.monotonic()
    with atomic_path(out) as temporary:
        try:
            papermill.execute_notebook(
                str(notebook),
                str(temporary),
                parameters,
                kernel_name="python3",
                cwd=str(notebook.parent),
                progress_bar=False,
                stdout_file=sys.stdout,
                stderr_file=sys.stderr,
                store_widget_state=False,
            )
        except PapermillExecutionError as error:
            os.replace(temporary, failed)
            raise LessonFailed(
                f"{notebook.name} failed: {error.ename}: {error.evalue}\n"
                f"See {failed}; mend it and run the same command again, it goes on here."
            ) from None
    failed.unlink(missing_ok=True)
    seconds = round(time.monotonic() - started, 1)
    facts = {"source": source.hexdigest(), "seconds": seconds, "bytes": out.stat().st_size}
    write_json(done, facts)
    return seconds


def run_course(
    notebooks: Path | str, run_dir: Path | str, scale: str, seed: int, overrides: dict[str, Any]
) -> Path:
    """Execute all lessons in order into `run_dir/lessons` and write `run_dir/report.html`.

    A repeated call goes on after the last finished lesson, and inside a lesson after the last
    finished piece of work.

    Raises:
        UserError: unknown scale or override, or `run_dir` was begun with others.
        LessonFailed: see `run_lesson`.
    """
    get_scale(scale, overrides)
    run_dir = Path(run_dir).resolve()
    settings = {"SCALE": scale, "SEED": seed, "OVERRIDES": overrides, "RUN_DIR": str(run_dir)}
    assert tuple(settings) == PARAMETERS
    lessons = find_notebooks(notebooks)
    with work_in(run_dir, "course", {"scale": scale, "seed": seed, "overrides": overrides}) as run:
        run.sweep(run_dir / "lessons")
        for notebook in lessons:
            print(f"== {notebook.stem}", flush=True)
            name = f"lessons/{notebook.name}"
            seconds = run_lesson(notebook, run_dir / name, settings)
            if not run.holds(name):
                run.record(name)
            print(f"== {notebook.stem}: {seconds:.0f} s", flush=True)
        report, table = write_report(run_dir)
        run.finish()
    print(f"\n{table}\n\nreport: {report}")
    return report
