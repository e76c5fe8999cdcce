"""Which model is meant by a name."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dav2.disk import read_json
from dav2.errors import UserError
from dav2.evaluate.models.function import open_function
from dav2.evaluate.models.marigold import open_marigold
from dav2.evaluate.models.model import Model, Sign, settled
from dav2.evaluate.models.onnx_file import open_onnx, open_session
from dav2.evaluate.models.transformed import open_transformers
from dav2.evaluate.trivial import TRIVIAL_RULES
from dav2.infer import open_predictor
from dav2.infer.exported import KEY
from dav2.manifests import is_finished, read_manifest
from dav2.model import network_hash

FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def _open_rule(name: str, sign: Sign | None) -> Model:
    sign = settled("disparity", sign, name)
    return Model(TRIVIAL_RULES[name], sign, False, f"{name}: a rule that learned nothing", name)


def _open_ours(
    name: str,
    sign: Sign | None,
    device: str = "cpu",
    shorter_px: int | None = None,
    version: int | None = None,
    max_depth: float | None = None,
) -> Model:
    predictor = open_predictor(name, shorter_px, version=version, max_depth=max_depth)
    metric = predictor.model.max_depth is not None
    sign = settled("depth" if metric else "disparity", sign, name)
    digest = network_hash(predictor.model)
    predictor.model.to(device)
    # An export does not tell which it was.
    which = f"V{predictor.model.version}, " if hasattr(predictor.model, "version") else ""
    says = f"{name}: {which}{predictor.settings}, {sign}{' in metres' if metric else ''}"
    seed = read_manifest(name).get("seed") if is_finished(name) else None
    # Not the path: a run trained anew under the same name makes other maps.
    return Model(predictor.predict, sign, metric, says, f"{digest} {predictor.settings}", seed)


def _exported_by_us(path: Path) -> bool:
    return KEY in open_session(path).get_modelmeta().custom_metadata_map


def _kind(model: str) -> str:
    """rule, hf, marigold, onnx, function or ours; see the table of `dav2.evaluate.models`."""
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
    return "function" if FUNCTION.fullmatch(model) and not path.exists() else "ours"


OPENERS = {
    "rule": _open_rule,
    "ours": _open_ours,
    "hf": open_transformers,
    "marigold": open_marigold,
    "onnx": open_onnx,
    "function": open_function,
}
OPTIONS = {
    "ours": ("device", "shorter_px", "version", "max_depth"),
    "hf": ("device",),
    "marigold": ("device", "steps", "ensemble", "longer_px", "seed"),
    "onnx": ("mean", "std", "input_size", "output"),
}


def open_model(
    model: str,
    sign: Sign | None = None,
    *,
    device: str | None = None,
    shorter_px: int | None = None,
    version: int | None = None,
    max_depth: float | None = None,
    steps: int | None = None,
    ensemble: int | None = None,
    longer_px: int | None = None,
    seed: int | None = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    input_size: tuple[int, int] | None = None,
    output: str | None = None,
) -> Model:
    """Open any model; the table of `dav2.evaluate.models` says how each is named.

    Args:
        sign: disparity (larger is nearer) or depth, where the model's class does not say it.
        device: cpu or cuda; of ours, `hf:` and `marigold:`.
        shorter_px: of ours, see `open_predictor`.
        version, max_depth: of weights of ours that do not say it, see `open_checkpoint`.
        steps, ensemble, longer_px, seed: of Marigold, see `open_marigold`.
        mean, std, input_size, output: of other people's ONNX files, see `open_onnx`.

    Raises:
        UserError: no such model, an option that its kind does not take, or no sign.
        FileNotFoundError, ModuleNotFoundError: see the openers.
    """
    kind = _kind(model)
    options: dict[str, Any] = {
        "device": device,
        "shorter_px": shorter_px,
        "version": version,
        "max_depth": max_depth,
        "steps": steps,
        "ensemble": ensemble,
        "longer_px": longer_px,
        "seed": seed,
        "mean": mean,
        "std": std,
        "input_size": input_size,
        "output": output,
    }
    given = {name: value for name, value in options.items() if value is not None}
    if foreign := given.keys() - set(OPTIONS.get(kind, ())):
        names = ", ".join(f"--{name.replace('_', '-')}" for name in sorted(foreign))
        raise UserError(f"{model} takes no {names}: it is opened as {kind!r}")
    name = model.partition(":")[2] if model.startswith(("hf:", "marigold:")) else model
    return OPENERS[kind](name, sign, **given)
