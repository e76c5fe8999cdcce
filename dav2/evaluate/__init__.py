"""Predict to disk, then evaluate from disk."""

from dav2.evaluate.compare import compare_da2k
from dav2.evaluate.da2k import evaluate_da2k, predict_da2k, score_da2k, trivial_baselines
from dav2.evaluate.pairs import Annotation, read_da2k, read_photograph
from dav2.evaluate.relative import evaluate_relative, format_relative
from dav2.evaluate.table import format_comparison, format_da2k
from dav2.evaluate.trivial import TRIVIAL_RULES

__all__ = [
    "TRIVIAL_RULES",
    "Annotation",
    "compare_da2k",
    "evaluate_da2k",
    "evaluate_relative",
    "format_comparison",
    "format_da2k",
    "format_relative",
    "predict_da2k",
    "read_da2k",
    "read_photograph",
    "score_da2k",
    "trivial_baselines",
]
