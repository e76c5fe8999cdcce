"""`dav2 export`: networks for other runtimes."""

from pathlib import Path
from typing import Literal

from dav2.cli.options import Weights, given
from dav2.errors import UserError

CALIBRATION = 100  # photographs at most, from which int8 learns its ranges


def export(
    *,
    model: str,
    out: Path,
    format: Literal["onnx", "openvino"] = "onnx",
    precision: Literal["fp32", "bf16", "int8"] = "fp32",
    calibration: Path | None = None,
    weights: Weights | None = None,
) -> None:
    """Write a network for ONNX Runtime or OpenVINO, and compare it with PyTorch.

    Args:
        model: a finished stage of a run, or a file of released or own weights.
        out: the file, .onnx or .xml; `dav2 predict --model` takes it.
        format: onnx, openvino.
        precision: of OpenVINO; onnx is fp32.
        calibration: folder of photographs from which int8 learns its ranges.
    """
    from dav2.data import find_images, read_image
    from dav2.infer import open_predictor
    from dav2.infer.export import export_onnx, export_openvino
    from dav2.infer.exported import EXPORTED_SUFFIXES

    if Path(model).suffix in EXPORTED_SUFFIXES:
        raise UserError(f"{model} is an export already; give the network that it was made from")
    if format == "onnx" and precision != "fp32":
        raise UserError(f"{precision} is for --format openvino; onnx is written in fp32")
    predictor = open_predictor(model, **given(weights))
    if format == "onnx":
        comparison = export_onnx(predictor.model, out)
    else:
        paths = find_images(calibration)[:CALIBRATION] if calibration else []
        photographs = [predictor.prepare(read_image(path)) for path in paths]
        comparison = export_openvino(predictor.model, out, precision, photographs)
    print(f"{out}: {comparison}")
