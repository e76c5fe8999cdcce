"""Which model is meant by a name."""

from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any

from dav2.devices import choose_device
from dav2.disk import read_json
from dav2.errors import UserError
from dav2.evaluate.models.function import open_function
from dav2.evaluate.models.marigold import open_marigold
from dav2.evaluate.models.model import Model, resolve_sign
from dav2.evaluate.models.onnx_file import open_onnx, open_session
from dav2.evaluate.models.transformed import open_transformers
from dav2.evaluate.trivial import TRIVIAL_RULES
from dav2.infer import open_predictor
from dav2.infer.exported import KEY
from dav2.lookup import is_own
from dav2.manifests import is_finished, read_manifest
from dav2.model import network_hash
from dav2.types import Sign


def _open_rule(name: str, sign: Sign | None) -> Model:
    sign = resolve_sign("disparity", sign, name)
    return Model(TRIVIAL_RULES[name], sign, False, f"{name}: a rule that learned nothing", name)


def _open_ours(
    name: str,
    sign: Sign | None,
    *,
    device: str = "cpu",
    shorter_px: int | None = None,
    version: int | None = None,
    max_depth: float | None = None,
) -> Model:
    predictor = open_predictor(
        name, shorter_px, device=device, version=version, max_depth=max_depth
    )
    metric = predictor.model.max_depth is not None
    sign = resolve_sign("depth" if metric else "disparity", sign, name)
    digest = network_hash(predictor.model)
    # An export does not tell which it was.
    which = f"V{predictor.model.version}, " if hasattr(predictor.model, "version") else ""
    says = f"{name}: {which}{predictor.settings}, {sign}{' in metres' if metric else ''}"
    seed = read_manifest(name).get("seed") if is_finished(name) else None
    # Not the path: a run trained anew under the same name makes other maps.
    return Model(predictor.predict, sign, metric, says, f"{digest} {predictor.settings}", seed)


def _exported_by_us(path: Path) -> bool:
    return KEY in open_session(path).get_modelmeta().custom_metadata_map


def kind_of(model: str) -> str:
    """Tell what a name means: rule, hf, marigold, onnx, function or ours; see `dav2.evaluate.models`."""
    path, (kind, colon, _) = Path(model), model.partition(":")
    if model in TRIVIAL_RULES:
        return "rule"
    if colon and kind in ("hf", "marigold"):
        return kind
    if path.suffix == ".onnx" and path.is_file():
        return "ours" if _exported_by_us(path) else "onnx"
    if (path / "model_index.json").is_file():
        return "marigold"
    config = path / "config.json"
    if config.is_file() and not is_finished(path):
        facts = read_json(config)
        ours = "preset" in facts or facts.get("model_type") == "depth_anything"
        return "ours" if ours else "hf"
    return "function" if is_own(model) and not path.exists() else "ours"


OPENERS: dict[str, Callable[..., Model]] = {
    "rule": _open_rule,
    "ours": _open_ours,
    "hf": open_transformers,
    "marigold": open_marigold,
    "onnx": open_onnx,
    "function": open_function,
}


def open_model(
    model: str, sign: Sign | None = None, *, device: str = "auto", **options: Any
) -> Model:
    """Open any model; the table of `dav2.evaluate.models` says how each is named.

    Args:
        sign: disparity (larger is nearer) or depth, where the model's class does not say it.
        device: where it computes, if it is a network of PyTorch; see `choose_device`.
        options: what the opener of its kind takes besides: `open_predictor` (shorter_px, version,
            max_depth), `open_marigold`, `open_onnx`.

    Raises:
        UserError: no such model, an option that its kind does not take, or no sign.
        FileNotFoundError, ModuleNotFoundError: see the openers.
    """
    kind = kind_of(model)
    opener = OPENERS[kind]
    takes = signature(opener).parameters
    if foreign := options.keys() - takes.keys():
        names = ", ".join(f"--{name.replace('_', '-')}" for name in sorted(foreign))
        raise UserError(f"{model} takes no {names}: it is opened as {kind!r}")
    if "device" in takes:
        options["device"] = str(choose_device(device))
    elif device not in ("auto", "cpu"):
        raise UserError(f"{model} takes no --device: it is opened as {kind!r}")
    name = model.partition(":")[2] if model.startswith(("hf:", "marigold:")) else model
    return opener(name, sign, **options)._replace(device=options.get("device"))
