"""Which network is meant: a stage of a run, a file of weights, a folder of the Hub, an export."""

from pathlib import Path

from torch import nn

from dav2.disk import read_json
from dav2.infer.exported import EXPORTED_SUFFIXES, open_exported
from dav2.infer.predictor import PAPER_SHORTER_PX, Predictor
from dav2.model import SHIPPED, WEIGHTS, DepthAnything, open_checkpoint, open_stage
from dav2.runs import is_finished, read_manifest


def open_network(source: Path | str = SHIPPED) -> nn.Module:
    """The network at `source`, ready to predict; without one, that which ships with dav2.

    Args:
        source: a finished stage of a run (`runs/lab-0/teacher`), a file of weights (official,
            Hugging Face or own), a folder that `save_pretrained` or the Hub wrote, or an exported
            `.onnx` or `.xml`.

    Raises:
        MissingArtefact: no such file, and no finished stage.
        ValueError: it is something else, or damaged.
    """
    source = Path(source)
    if source.suffix in EXPORTED_SUFFIXES:
        return open_exported(source)
    if source.is_file():
        return open_checkpoint(source)
    config = source / "config.json"
    if config.is_file() and not is_finished(source):
        ours = "preset" in read_json(config)
        return DepthAnything.from_pretrained(source) if ours else open_checkpoint(source / WEIGHTS)
    return open_stage(source)[0]


def open_predictor(
    source: Path | str = SHIPPED,
    shorter_px: int | None = None,
    *,
    labelling: bool = False,
    flip: bool = False,
    tiles: int = 1,
    batch_size: int = 1,
) -> Predictor:
    """A `Predictor` that looks at pictures as the network at `source` was meant to.

    Networks of a run: smooth resize, at the size of their scale. All others: the official cubic
    resize at 518 px, with which the released weights were measured.

    Args:
        shorter_px: another size.
        labelling: take the run's size of pseudo-labelling, and average with the mirrored picture.
    """
    network = open_network(source)
    manifest = read_manifest(source) if is_finished(source) else {}
    key = "label_shorter_px" if labelling else "shorter_px"
    return Predictor(
        network,
        shorter_px or manifest.get(key, PAPER_SHORTER_PX),
        flip=flip or labelling,
        antialias=bool(manifest),
        tiles=tiles,
        batch_size=batch_size,
    )
