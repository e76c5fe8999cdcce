"""From pictures to disparity maps: arrays, and whole folders of files."""

from dav2.infer.files import FORMATS, predict_files
from dav2.infer.predictor import Predictor, input_size

__all__ = ["FORMATS", "Predictor", "input_size", "predict_files"]
