"""Which network is meant: a stage of a run, a file of weights, a folder of the Hub, an export."""

from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path

from dav2.disk import read_record
from dav2.errors import UserError
from dav2.infer.exported import EXPORTED_SUFFIXES, ExportedNetwork, open_exported
from dav2.infer.predictor import Predictor
from dav2.manifests import MANIFEST, MissingArtefact, is_finished, read_manifest
from dav2.model import SHIPPED, WEIGHTS, DepthAnything, open_checkpoint, open_stage
from dav2.model.states import weights_in


def open_network(
    source: Path | str = SHIPPED, *, version: int | None = None, max_depth: float | None = None
) -> DepthAnything | ExportedNetwork:
    """Open the network at `source`, ready to predict; without one, that which ships with dav2.

    Args:
        source: a finished stage of a run (`runs/lab-0/teacher`), a file of weights (official,
            Hugging Face or own), a folder that `save_pretrained` or the Hub wrote, or an exported
            `.onnx` or `.xml`.
        version, max_depth: of weights that do not say it, see `open_checkpoint`.

    Raises:
        MissingArtefact: no such file, and no finished stage.
        UserError: it is something else, or damaged; it is metric and nobody says how far; or it
            says something else than `version` and `max_depth`.
    """
    source = Path(source)
    if source.is_file() and source.name == WEIGHTS and _is_whole(source.parent):
        # Weights say less than the folder that a stage or `save_pretrained` made of them.
        return open_network(source.parent, version=version, max_depth=max_depth)
    if source.is_file() and source.suffix not in EXPORTED_SUFFIXES:
        return open_checkpoint(source, version=version, max_depth=max_depth)
    if (source / "config.json").is_file() and not _is_whole(source):
        return open_checkpoint(weights_in(source), version=version, max_depth=max_depth)
    network = _open_whole(source)
    for option, told in (("version", version), ("max_depth", max_depth)):
        if told is not None and told != getattr(network, option, None):
            name = option.replace("_", "-")
            raise UserError(
                f"{source} says itself what it is, and not {told:g}: leave --{name} out"
            )
    return network


def _open_whole(source: Path) -> DepthAnything | ExportedNetwork:
    """Open what says itself all that it is: a stage, an export, our folder of the Hub."""
    if source.suffix in EXPORTED_SUFFIXES:
        return open_exported(source)
    if _is_ours(source) and not is_finished(source):
        return DepthAnything.from_pretrained(source)
    if not source.is_dir():
        raise MissingArtefact(f"{source} is not there{_like(source)}")
    if stages := stages_in(source):
        raise UserError(
            f"{source} holds the stages {', '.join(stages)}: choose one, {source / stages[0]}"
        )
    return open_stage(source)


def _is_whole(folder: Path) -> bool:
    return is_finished(folder) or _is_ours(folder)


def _is_ours(folder: Path) -> bool:
    """Tell whether `save_pretrained` wrote this folder."""
    config = folder / "config.json"
    return config.is_file() and "preset" in read_record(config, {})


def stages_in(run: Path) -> list[str]:
    """List the names of the finished networks in a run."""
    found = []
    for manifest in sorted(run.glob(f"*/{MANIFEST}")):
        with suppress(ValueError):  # somebody else's
            if read_manifest(manifest.parent)["kind"] == "network":
                found.append(manifest.parent.name)
    return found


def _like(source: Path) -> str:
    """Hint at what is there and is called nearly so."""
    there = [str(one.parent) for one in Path.cwd().glob(f"runs/*/*/{MANIFEST}")]
    near = get_close_matches(
        str(source), [str(Path(one).relative_to(Path.cwd())) for one in there], 1, 0.5
    )
    return f"; did you mean {near[0]}?" if near else ""


def open_predictor(
    source: Path | str = SHIPPED,
    shorter_px: int | None = None,
    *,
    labelling: bool = False,
    flip: bool = False,
    tiles: int = 1,
    batch_size: int = 1,
    device: str | None = None,
    version: int | None = None,
    max_depth: float | None = None,
) -> Predictor:
    """Open a `Predictor` of the network at `source`; see `open_network`.

    Args:
        shorter_px: in place of the network's own size.
        labelling: take its size of pseudo-labelling, and average with the mirrored picture.
        device: see `Predictor`.
        version, max_depth: of weights that do not say it, see `open_checkpoint`.
    """
    network = open_network(source, version=version, max_depth=max_depth)
    if labelling and shorter_px is None:
        shorter_px = network.preprocessing.label_shorter_px
    return Predictor(
        network,
        shorter_px,
        flip=flip or labelling,
        tiles=tiles,
        batch_size=batch_size,
        device=device,
    )
