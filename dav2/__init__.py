"""Depth Anything V2's method: teacher, pseudo-labels, student, DA-2K; and a course around it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dav2 import alignment, geometry, losses, metrics, transforms
    from dav2.evaluate import evaluate_da2k
    from dav2.infer import Predictor
    from dav2.model import build_model, list_models, load_checkpoint

__version__ = "0.1.0"
# Loaded when first used, so that `dav2 --help` and renderer workers do not wait for torch.
_HOMES = {
    "build_model": "dav2.model",
    "list_models": "dav2.model",
    "load_checkpoint": "dav2.model",
    "Predictor": "dav2.infer",
    "evaluate_da2k": "dav2.evaluate",
}
__all__ = [
    "Predictor",
    "alignment",
    "build_model",
    "evaluate_da2k",
    "geometry",
    "list_models",
    "load_checkpoint",
    "losses",
    "metrics",
    "transforms",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in __all__:
        return import_module(f"dav2.{name}")
    raise AttributeError(f"module 'dav2' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
