"""From pictures to maps: arrays, files, videos; and networks for other runtimes.

Exporters stand in `dav2.infer.export`: importing them takes seconds that predictions need not wait.
"""

from dav2.infer.exported import open_exported
from dav2.infer.files import predict_files
from dav2.infer.focal import find_focal
from dav2.infer.formats import FORMATS
from dav2.infer.function import FunctionNetwork, Inverted
from dav2.infer.metres import Metres, metres_from_points, read_known
from dav2.infer.opening import open_network, open_predictor
from dav2.infer.points import sky_mask
from dav2.infer.predictor import Predictor, input_size
from dav2.infer.video import predict_video

__all__ = [
    "FORMATS",
    "FunctionNetwork",
    "Inverted",
    "Metres",
    "Predictor",
    "find_focal",
    "input_size",
    "metres_from_points",
    "open_exported",
    "open_network",
    "open_predictor",
    "predict_files",
    "predict_video",
    "read_known",
    "sky_mask",
]
