"""One short page for each student: points, and what the checks said."""

import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dav2.course.report import STYLE
from dav2.disk import atomic_path


def write_feedback(path: Path, student: str, lessons: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the page; `lessons` are one student's of `dav2.course.grade.grade`.

    Everything that came from the student is escaped.
    """
    points, of = (sum(entry[key] for entry in lessons.values()) for key in ("points", "of"))
    rows = []
    for lesson, entry in lessons.items():
        status = [] if entry["status"] == "graded" else [entry["status"]]
        remarks = "<br>".join(
            html.escape(text) for text in (*status, *entry["says"], *entry["notes"])
        )
        rows.append(
            f"<tr><td>{html.escape(lesson)}</td><td>{entry['points']:g} of {entry['of']}</td>"
            f"<td style='text-align:left'>{remarks}</td></tr>"
        )
    page = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(student)}</title>
<style>{STYLE}</style><h1>{html.escape(student)}: {points:g} of {of} points</h1>
<table><tr><th>lesson</th><th>points</th><th style="text-align:left">what the check said</th></tr>
{"".join(rows)}</table></html>
"""
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
