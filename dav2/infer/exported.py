"""Exported networks: files of ONNX Runtime and OpenVINO that predict like the network they hold."""

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from dav2.disk import check_record, file_hash
from dav2.errors import UserError
from dav2.model.preprocessing import Preprocessing
from dav2.optional import optional

EXPORTED_SUFFIXES = (".onnx", ".xml")
KEY = "dav2"  # under which a file holds its facts
Precision = Literal["fp32", "bf16", "int8"]
PACKAGES = ("exported networks need onnx, onnxruntime, openvino and nncf", "export")
EXPORT_AGAIN = "export it again with `dav2 export`"


@dataclass(frozen=True)
class Facts:
    """What a file must say about itself beside its graph.

    Attributes:
        stride: sides of the input must be multiples of it.
        max_depth: metres, of a metric network; None: the output is relative disparity.
        precision: in which it is computed: fp32, bf16, or int8 (linear layers, or all of a CNN;
            the rest in bf16 where the processor knows it).
        preprocessing: how the network looks at pictures.
    """

    stride: int
    max_depth: float | None
    precision: Precision
    preprocessing: Preprocessing

    def __post_init__(self) -> None:
        if isinstance(self.preprocessing, dict):  # as JSON has it
            object.__setattr__(self, "preprocessing", Preprocessing(**self.preprocessing))
        check_record(
            asdict(self),
            {"stride": int, "max_depth": (float, type(None)), "precision": str},
            "what the file says",
        )
        if self.stride < 1 or not (self.max_depth is None or 0 < self.max_depth < math.inf):
            raise UserError(f"stride {self.stride}, max_depth {self.max_depth}")

    def to_json(self) -> str:
        """Write one line of JSON, for the file."""
        return json.dumps(asdict(self))


def _facts(text: str | None, path: Path) -> Facts:
    try:
        return Facts(**json.loads(text or ""))
    except (ValueError, TypeError) as error:
        raise UserError(
            f"{path} does not say what it is (stride, metric or not), so dav2 did not export it, "
            f"or another version did; {EXPORT_AGAIN}"
        ) from error


def _digest(path: Path) -> Tensor:
    digest = hashlib.sha256()
    beside = (
        path.with_suffix(".bin") if path.suffix == ".xml" else path.with_name(f"{path.name}.data")
    )
    for part in (path, beside):
        if part.is_file():
            digest.update(file_hash(part).encode())
    return torch.tensor(list(digest.digest()), dtype=torch.uint8)


class ExportedNetwork(nn.Module):
    """Image [B, 3, H, W] in 0..1 -> disparity, or depth in metres, [B, 1, H, W], on the CPU.

    It takes the place of a `DepthAnything` in `Predictor`, and uses as many threads as PyTorch
    does (`torch.set_num_threads`). It has no parameters and cannot be trained.
    """

    def __init__(self, path: Path, facts: Facts):
        super().__init__()
        # In place of weights, so that `network_hash` tells two exports apart.
        self.register_buffer("digest", _digest(path))
        self.path, self.facts = path, facts
        self.stride, self.max_depth = facts.stride, facts.max_depth
        self.preprocessing = facts.preprocessing

    def _run(self, image: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def forward(self, image: Tensor) -> Tensor:
        if image.ndim != 4 or image.shape[1] != 3:
            raise UserError(f"{self.path} takes images [B, 3, H, W], not {tuple(image.shape)}")
        height, width = image.shape[-2:]
        if height % self.stride or width % self.stride or not image.numel():
            raise UserError(
                f"{self.path} takes sides that are multiples of {self.stride}, not "
                f"{height}x{width}; resize the image, as dav2.Predictor does"
            )
        array = image.detach().to("cpu", torch.float32).contiguous().numpy()
        return torch.from_numpy(self._run(array)).to(image.device)


class OnnxNetwork(ExportedNetwork):
    """An `.onnx` file in ONNX Runtime; see `open_exported`."""

    def __init__(self, path: Path):
        session = _onnx_session(path, torch.get_num_threads())
        metadata = session.get_modelmeta().custom_metadata_map
        super().__init__(path, _facts(metadata.get(KEY), path))
        self._session, self._threads = session, torch.get_num_threads()

    def _run(self, image: np.ndarray) -> np.ndarray:
        threads = torch.get_num_threads()
        if threads != self._threads:
            self._session, self._threads = _onnx_session(self.path, threads), threads
        return self._session.run(None, {"image": image})[0]


def _onnx_session(path: Path, threads: int) -> Any:
    runtime = optional("onnxruntime", *PACKAGES)
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    try:
        return runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # each kind of damage has its own class, all private
        raise UserError(
            f"{path} is no ONNX model, is damaged, or lacks its .data file; {EXPORT_AGAIN}: {error}"
        ) from error


class OpenVinoNetwork(ExportedNetwork):
    """An `.xml` file with its `.bin` in OpenVINO; see `open_exported`."""

    def __init__(self, path: Path, static_sizes: int, compute: Precision | None):
        model = _openvino_model(path)
        text = model.get_rt_info([KEY]).astype(str) if model.has_rt_info([KEY]) else None
        super().__init__(path, _facts(text, path))
        self._model, self._static_sizes = model, static_sizes
        self.compute = compute or self.facts.precision
        self._hint = "f32" if self.compute == "fp32" else "bf16"
        self._threads = 0
        self._requests: dict[tuple[int, ...] | None, Any] = {}

    def _run(self, image: np.ndarray) -> np.ndarray:
        # What comes out is a copy: the request's own memory is overwritten by its next run.
        return self._request(image.shape).infer({0: image}, share_inputs=True)[0]

    def _request(self, shape: tuple[int, ...]) -> Any:
        threads = torch.get_num_threads()
        if threads != self._threads:
            self._threads, self._requests = threads, {}
        static = len(self._requests.keys() - {None})
        key = shape if shape in self._requests or static < self._static_sizes else None
        if key not in self._requests:
            self._requests[key] = self._compile(key)
        return self._requests[key]

    def _compile(self, shape: tuple[int, ...] | None) -> Any:
        model = self._model
        if shape is not None:
            model = model.clone()
            model.reshape(list(shape))
        options = {
            # Where the processor knows bf16, OpenVINO takes it unasked, even for float32 files.
            "INFERENCE_PRECISION_HINT": self._hint,
            "INFERENCE_NUM_THREADS": self._threads,
            "ENABLE_HYPER_THREADING": True,  # else it may use fewer threads than it was given
            "NUM_STREAMS": 1,
        }
        openvino = optional("openvino", *PACKAGES)
        return openvino.Core().compile_model(model, "CPU", options).create_infer_request()


def _openvino_model(path: Path) -> Any:
    openvino = optional("openvino", *PACKAGES)
    weights = path.with_suffix(".bin")
    if not weights.is_file():
        raise UserError(f"{path} lacks its weights; put {weights.name} beside it")
    problem = f"{path} is no OpenVINO model, or it or {weights.name} is damaged; {EXPORT_AGAIN}"
    with path.open("rb") as file:
        # OpenVINO tries its readers of other formats on anything else, each with its own noise.
        if b"<net" not in file.read(1000):
            raise UserError(problem)
    try:
        return openvino.Core().read_model(path)
    except RuntimeError as error:
        raise UserError(f"{problem}: {error}") from error


def open_exported(
    path: Path | str, *, static_sizes: int = 4, compute: Precision | None = None
) -> ExportedNetwork:
    """Open the network in a file that `export_onnx` or `export_openvino` wrote, ready to predict.

    Args:
        path: an `.onnx` file, or an `.xml` file with its `.bin` beside it.
        static_sizes: OpenVINO compiles the network anew for each of the first so many shapes of
            input that it meets, which costs about a second and the memory of the weights each
            time, and runs faster from then on. Further shapes share one graph for all. 0: only
            that.
        compute: fp32 or bf16, in place of the precision that the file asks of OpenVINO.

    Raises:
        FileNotFoundError: no such file.
        UserError: it is something else, was not exported by dav2, or is damaged.
        ModuleNotFoundError: its runtime is not installed.
    """
    path = Path(path)
    if path.suffix not in EXPORTED_SUFFIXES:
        raise UserError(f"{path} is neither .onnx nor .xml; open weights with dav2.load_checkpoint")
    if not path.is_file():
        raise FileNotFoundError(f"no exported network at {path}; make it with `dav2 export`")
    if path.suffix == ".xml":
        return OpenVinoNetwork(path, static_sizes, compute).eval()
    if compute not in (None, "fp32"):
        raise UserError(f"{path} is computed in fp32 only; export to OpenVINO for {compute}")
    return OnnxNetwork(path).eval()
