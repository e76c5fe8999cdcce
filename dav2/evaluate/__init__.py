"""Predict to disk, then evaluate from disk."""

from dav2.evaluate.da2k import Annotation, evaluate_da2k, predict_da2k, read_da2k, score_da2k
from dav2.evaluate.relative import evaluate_relative, format_relative
from dav2.evaluate.table import format_da2k
from dav2.evaluate.trivial import TRIVIAL_RULES

__all__ = [
    "TRIVIAL_RULES",
    "Annotation",
    "evaluate_da2k",
    "evaluate_relative",
    "format_da2k",
    "format_relative",
    "predict_da2k",
    "read_da2k",
    "score_da2k",
]
