"""Networks as files for ONNX Runtime and OpenVINO, each compared with PyTorch before it counts."""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.export import ExportedProgram

from dav2.disk import sweep, sync, temporary_folder
from dav2.errors import UserError
from dav2.infer.exported import KEY, PACKAGES, Facts, Precision, open_exported
from dav2.infer.graph import portable, trace
from dav2.model.network import DepthAnything
from dav2.optional import optional

ONE_FILE_BYTES = 1_900_000_000  # an .onnx file ends at 2 GiB; above, weights go to a second file
OPSET = 20  # the first with Gelu; ONNX Runtime reads it since 1.17
TOLERANCE = {"fp32": 1e-4, "bf16": 0.2, "int8": 0.5}  # the last two only refuse nonsense
PAIRS = 2000


class ExportMismatch(UserError):
    """The exported network computes something else than PyTorch; no file was written."""


class Comparison(NamedTuple):
    """How near an exported network is to PyTorch's.

    Attributes:
        difference: largest difference of a pixel, as a share of the range of PyTorch's map.
        same_order: share of random pairs of points that are in the same order in both maps.
    """

    difference: float
    same_order: float

    def __str__(self) -> str:
        return (
            f"largest difference from PyTorch {self.difference:.2g} of the map's range, "
            f"order unchanged in {self.same_order:.2%} of pairs"
        )


def _check_images(model: DepthAnything) -> list[Tensor]:
    """Draw smooth random images of several shapes; for a ViT also at its position grid's own size."""
    shapes = [(1, 5, 8), (2, 9, 4)]
    if model.encoder.norm:
        shapes.append((1, *model.encoder.body.patch_embed.grid_size))
    generator = torch.Generator().manual_seed(0)
    return [
        F.interpolate(
            torch.rand(batch, 3, 6, 6, generator=generator),
            size=(rows * model.stride, columns * model.stride),
            mode="bicubic",
        ).clamp(0, 1)
        for batch, rows, columns in shapes
    ]


@torch.inference_mode()
def compare(reference: nn.Module, candidate: nn.Module, images: Sequence[Tensor]) -> Comparison:
    """Measure how near `candidate` is to `reference` on images [B, 3, H, W], the worst pixel of all.

    The range of a nearly constant map is taken as a hundredth of its largest value: rounding would
    be all that such a map shows.
    """
    differences, agreements = [], []
    for image in images:
        expected, got = reference(image).flatten(1), candidate(image).flatten(1)
        spread = torch.maximum(expected.max() - expected.min(), expected.abs().max() / 100)
        differences.append((got - expected).abs().max() / spread.clamp(min=1e-12))
        generator = torch.Generator().manual_seed(0)
        a, b = torch.randint(expected.shape[1], (2, PAIRS), generator=generator)
        order = (expected[:, a] - expected[:, b]).sign()
        agrees = order == (got[:, a] - got[:, b]).sign()
        agreements.append(agrees[order != 0].double())
    agreement = torch.cat(agreements)
    same = float(agreement.mean()) if len(agreement) else 1.0
    return Comparison(float(torch.stack(differences).max()), same)


def _accept(comparison: Comparison, tolerance: float, path: Path) -> Comparison:
    if not comparison.difference <= tolerance:  # so that NaN fails too
        raise ExportMismatch(
            f"{path} was not written: {comparison}, allowed is {tolerance:g}; "
            "report it with the versions that `dav2 doctor` prints"
        )
    return comparison


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Yield `path` in a temporary folder; what the block wrote there is moved out, `path` last.

    A model may be two files, which name each other, so `atomic_path` does not do.
    """
    sweep(path.parent)
    with temporary_folder(path) as folder:
        yield folder / path.name
        parts = [part for part in folder.iterdir() if part.name != path.name]
        if parts:  # an older graph must not meet newer weights if we are killed between the moves
            path.unlink(missing_ok=True)
        for part in [*parts, folder / path.name]:
            sync(part)
            os.replace(part, path.with_name(part.name))
        sync(path.parent)


def _output(model: DepthAnything) -> str:
    return "disparity" if model.max_depth is None else "depth"


def _checked_path(path: Path | str, suffix: str) -> Path:
    path = Path(path)
    if path.suffix != suffix:
        raise UserError(f"{path} must end in {suffix}")
    return path


def _onnx_graph(program: ExportedProgram, output: str, facts: Facts) -> Any:
    ir = optional("onnx_ir", *PACKAGES)
    converted = torch.onnx.export(
        program,
        input_names=["image"],
        output_names=[output],
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    assert converted is not None  # so it is with dynamo
    graph = converted.model
    for node in graph.graph.all_nodes():
        node.metadata_props.clear()  # stack traces, with folders of this machine
    graph.graph.inputs[0].shape = ir.Shape(["batch", 3, "height", "width"])
    graph.graph.outputs[0].shape = ir.Shape(["batch", 1, "height", "width"])
    graph.metadata_props[KEY] = facts.to_json()
    return graph


def export_onnx(model: DepthAnything, path: Path | str) -> Comparison:
    """Write a network as ONNX and say how near ONNX Runtime comes to PyTorch.

    Input `image` float32 [B, 3, H, W] in 0..1 (it is normalised inside), output `disparity`, or
    `depth` in metres of a metric network, [B, 1, H, W]; batch and sides are free, sides multiples
    of `model.stride`. Stride, `max_depth`, precision and preprocessing are in the file, under `dav2`.
    Weights of more than 1.9 GB (vitg) go to `NAME.onnx.data` beside it, which must stay there.

    Args:
        path: ends in `.onnx`.

    Raises:
        ExportMismatch: the difference is larger than `TOLERANCE`; nothing was written.
        UserError: `path` does not end in `.onnx`.
        ModuleNotFoundError: onnx, onnxscript or onnxruntime is not installed.
    """
    for package in ("onnx", "onnxscript", "onnxruntime"):
        optional(package, *PACKAGES)
    path, model = _checked_path(path, ".onnx"), portable(model)
    facts = Facts(model.stride, model.max_depth, "fp32", model.preprocessing)
    graph = _onnx_graph(trace(model), _output(model), facts)
    size = sum(value.nbytes for value in model.state_dict().values())
    beside = f"{path.name}.data" if size > ONE_FILE_BYTES else None
    with _whole(path) as temporary:
        optional("onnx_ir", *PACKAGES).save(graph, temporary, external_data=beside)
        comparison = compare(model, open_exported(temporary), _check_images(model))
        return _accept(comparison, TOLERANCE["fp32"], path)


def _openvino_graph(program: ExportedProgram, output: str) -> Any:
    # Not by way of ONNX: from there attention arrives in pieces, with 80 transpositions for 31.
    graph = optional("openvino", *PACKAGES).convert_model(program)
    graph.reshape([-1, 3, -1, -1])
    graph.inputs[0].get_tensor().set_names({"image"})
    graph.outputs[0].get_tensor().set_names({output})
    return graph


def _calibration(images: Sequence[Tensor] | None, stride: int) -> Sequence[Tensor]:
    if not images:
        raise UserError(
            "int8 learns its ranges from photographs: give `calibration`, some 100 tensors "
            "[B, 3, H, W] as Predictor.prepare makes them (`dav2 export --calibration FOLDER`)"
        )
    for image in images:
        if image.ndim != 4 or image.shape[2] % stride or image.shape[3] % stride:
            raise UserError(
                f"images of `calibration` must be [B, 3, H, W], sides multiples of {stride}, not "
                f"{tuple(image.shape)}; prepare them with Predictor.prepare"
            )
    return images


@contextmanager
def _quiet_in_notebooks() -> Iterator[None]:
    """Silence NNCF's bars in notebooks: by rich they are widgets there, and papermill fails on those."""
    rich = optional("rich", *PACKAGES)
    console = rich.get_console()
    before = dict(vars(console))
    if console.is_jupyter:
        rich.reconfigure(force_jupyter=False, quiet=True)
    try:
        yield
    finally:
        vars(console).update(before)  # reconfigure changes the one console in place


def _quantised(graph: Any, images: Sequence[Tensor]) -> Any:
    nncf = optional("nncf", *PACKAGES)
    nncf.set_log_level(logging.WARNING)
    inputs = nncf.Dataset([{"image": image.detach().cpu().numpy()} for image in images])
    # The products that interpolate positions are arithmetic, not layers.
    positions = [
        node.get_friendly_name()
        for node in graph.get_ops()
        if node.get_type_name() == "MatMul" and "linear" not in node.get_friendly_name()
    ]
    # In transformers the linear layers alone: attention and head treble the error for a seventh
    # of the time (benchmarks/LOG.md). What is left runs in bf16.
    attention = "ScaledDotProductAttention"
    is_transformer = any(node.get_type_name() == attention for node in graph.get_ops())
    head = ["Convolution", "ConvolutionBackpropData", "Interpolate"]
    kept = [attention, *head] if is_transformer else []
    with _quiet_in_notebooks():
        return nncf.quantize(
            graph,
            inputs,
            subset_size=len(images),
            model_type=nncf.ModelType.TRANSFORMER,
            ignored_scope=nncf.IgnoredScope(names=positions, types=kept),
        )


def export_openvino(
    model: DepthAnything,
    path: Path | str,
    precision: Precision = "fp32",
    calibration: Sequence[Tensor] | None = None,
    *,
    tolerance: float | None = None,
) -> Comparison:
    """Write a network as OpenVINO's `.xml` and `.bin` and say how near it comes to PyTorch.

    Input, output and facts are those of `export_onnx`. bf16 is a wish in the file that
    `open_exported` passes on; its weights are float32. Other programs must ask for it, and also for
    f32 (`INFERENCE_PRECISION_HINT`): where the processor knows bf16, OpenVINO takes it unasked.

    Args:
        path: ends in `.xml`; `.bin` is written beside it.
        calibration: images [B, 3, H, W] in 0..1, as the network will see them. int8 learns its
            ranges from them (some 100 are enough), and they are what maps are compared on.
        tolerance: largest difference, as a share of the range of PyTorch's map (see `TOLERANCE`).

    Raises:
        ExportMismatch: the difference is larger; nothing was written.
        UserError: unknown precision, `path` does not end in `.xml`, or int8 without calibration.
        ModuleNotFoundError: openvino, or nncf for int8, is not installed.
    """
    if precision not in get_args(Precision):
        raise UserError(f"unknown precision {precision!r}; there are fp32, bf16 and int8")
    for package in ("openvino", *(["nncf"] if precision == "int8" else [])):
        optional(package, *PACKAGES)
    path, model = _checked_path(path, ".xml"), portable(model)
    photographs: Sequence[Tensor] = ()
    if precision == "int8" or calibration:
        photographs = _calibration(calibration, model.stride)
    graph = _openvino_graph(trace(model), _output(model))
    if precision == "int8":
        graph = _quantised(graph, photographs)
    facts = Facts(model.stride, model.max_depth, precision, model.preprocessing)
    graph.set_rt_info(facts.to_json(), [KEY])
    images = photographs[:8] or _check_images(model)
    with _whole(path) as temporary:
        optional("openvino", *PACKAGES).save_model(graph, temporary, compress_to_fp16=False)
        comparison = compare(model, open_exported(temporary), images)
        allowed = TOLERANCE[precision] if tolerance is None else tolerance
        return _accept(comparison, allowed, path)
