"""From pictures to maps: arrays, files, videos; and networks for other runtimes."""

from dav2.infer.export import export_onnx, export_openvino
from dav2.infer.exported import open_exported
from dav2.infer.files import FORMATS, predict_files
from dav2.infer.opening import open_network, open_predictor
from dav2.infer.predictor import Predictor, input_size
from dav2.infer.video import predict_video

__all__ = [
    "FORMATS",
    "Predictor",
    "export_onnx",
    "export_openvino",
    "input_size",
    "open_exported",
    "open_network",
    "open_predictor",
    "predict_files",
    "predict_video",
]
