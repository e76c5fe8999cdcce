"""One HTML file that tells what a run found, with pictures, readable offline."""

import base64
import html
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from dav2.course.lab import STAGES, project_root
from dav2.data import LabelSet, RenderedSet, read_image
from dav2.disk import atomic_path, read_json
from dav2.evaluate import read_da2k
from dav2.evaluate.table import da2k_rows
from dav2.manifests import is_finished
from dav2.picture import gallery
from dav2.runs import read_settings
from dav2.show.figures import accuracy_bars, training_curves
from dav2.tables import html_table, markdown_table

SHOWN = 12
STYLE = """body{font:16px/1.5 sans-serif;max-width:64em;margin:2em auto;padding:0 1em;color:#222}
img{max-width:100%}table{border-collapse:collapse;font-size:14px}td,th{padding:.2em .7em;
border-bottom:1px solid #ccc;text-align:right}td:first-child,th:first-child{text-align:left}"""


def _image(figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="jpg", dpi=110)
    return f'<img src="data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}">'


def stage_seconds(run_dir: Path) -> dict[str, float]:
    """Read the seconds of every lesson, and in all."""
    lessons = sorted((run_dir / "lessons").glob("[0-9]*.json"))
    seconds = {path.stem: float(read_json(path)["seconds"]) for path in lessons}
    return {**seconds, "in all": round(sum(seconds.values()), 1)}


def _maps(run_dir: Path, root: Path, stages: Sequence[str]) -> Figure:
    """Draw evenly chosen benchmark photographs with the map of every network."""
    annotations = read_da2k(root)
    chosen = annotations[:: max(1, len(annotations) // SHOWN)][:SHOWN]
    rows = []
    for annotation in chosen:
        maps = [
            np.load((run_dir / "predictions" / stage / annotation.name).with_suffix(".npy"))
            for stage in stages
        ]
        rows.append([read_image(root / annotation.name), *maps])
    return gallery(rows, ["photograph", *stages], [Path(a.name).stem for a in chosen])


def _samples(samples: Any, count: int = 6) -> Figure:
    picked = [samples[i] for i in range(0, len(samples), max(1, len(samples) // count))][:count]
    images = [sample.image.permute(1, 2, 0).numpy() for sample in picked]
    return gallery([images, [sample.disparity[0].numpy() for sample in picked]], width=1.8)


def write_report(run_dir: Path | str) -> tuple[Path, str]:
    """Write `run_dir/report.html` from what the lessons left behind.

    Returns:
        The file, and the result table as Markdown.

    Raises:
        KeyError: lesson 08 has recorded no results in this run.
    """
    run_dir = Path(run_dir)
    results: Mapping[str, Any] = read_json(run_dir / "results.json")["08_da2k"]["models"]
    settings = (read_settings(run_dir) or {"asked": {}})["asked"]
    stages = [stage for stage in STAGES if is_finished(run_dir / stage)]
    accuracies = da2k_rows(results)
    seconds = [["lesson", "seconds"], *([k, f"{v:.0f}"] for k, v in stage_seconds(run_dir).items())]
    sections = [
        f"<h1>dav2: a run at scale {html.escape(settings['scale'])}, seed {settings['seed']}</h1>",
        "<p>Pairs of points on real photographs, of which a network has to say the nearer. "
        "This is a small benchmark and a small training run: nothing here is the paper's result.</p>",
        html_table(accuracies),
        _image(accuracy_bars(results)),
        "<h2>What the networks see</h2><p>Photographs that no network was trained on. "
        "Red is near, blue is far.</p>",
        _image(_maps(run_dir, project_root() / "datasets" / "da2k_mini", stages)),
        "<h2>Rendered scenes: perfect labels</h2>",
        _image(_samples(RenderedSet(run_dir / "scenes"))),
        "<h2>Photographs: pseudo-labels by the teacher</h2>",
        _image(_samples(LabelSet(run_dir / "labels"))),
        "<h2>Training</h2>",
        _image(training_curves({stage: run_dir / stage for stage in stages})),
        "<h2>Time</h2>",
        html_table(seconds),
    ]
    page = f"<!doctype html><meta charset=utf-8><title>dav2</title><style>{STYLE}</style>"
    report = run_dir / "report.html"
    with atomic_path(report) as temporary:
        temporary.write_text(page + "\n".join(sections), encoding="utf-8")
    return report, f"{markdown_table(accuracies)}\n\n{markdown_table(seconds)}"
