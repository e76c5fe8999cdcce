"""Depth Anything V2's method: teacher, pseudo-labels, student, DA-2K; and a course around it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dav2.evaluate import evaluate_da2k
    from dav2.infer import Predictor
    from dav2.model import build_model, load_checkpoint

_FACES = {
    "build_model": "dav2.model",
    "load_checkpoint": "dav2.model",
    "Predictor": "dav2.infer",
    "evaluate_da2k": "dav2.evaluate",
}
__all__ = ["Predictor", "build_model", "evaluate_da2k", "load_checkpoint"]


def __getattr__(name: str) -> Any:
    # Lazy, so that `dav2 --help` and renderer workers do not wait for torch.
    if name in _FACES:
        return getattr(import_module(_FACES[name]), name)
    if name in {"losses", "metrics", "alignment", "geometry", "transforms"}:
        return import_module(f"dav2.{name}")
    raise AttributeError(f"module 'dav2' has no attribute {name!r}")
