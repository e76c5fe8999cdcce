"""`dav2 predict`: maps."""

from pathlib import Path
from typing import Annotated, Literal

from dav2.cli.options import LISTED, Count, Device, Positive, Share, Weights, given


def predict(
    inputs: list[Path],
    /,
    *,
    out: Path,
    model: str | None = None,
    formats: Annotated[list[Literal["png", "png16", "npy", "side", "ply"]], LISTED] | None = None,
    shorter_px: Count | None = None,
    tiles: Count = 1,
    flip: bool = False,
    focal_px: Positive | None = None,
    smooth: Share = 0.0,
    batch_size: Count = 1,
    device: Device = "auto",
    weights: Weights | None = None,
) -> None:
    """Maps of pictures, videos and folders; repeat the call to go on.

    Args:
        inputs: pictures, videos and folders (searched recursively).
        out: folder for the maps, and for set_aside.json.
        model: a finished stage of a run, a file of released or own weights, or an export (default:
            the light network that ships with dav2).
        formats: png (colours, red is near), png16, npy, side (picture and colours), ply (points);
            default png. Videos become videos in colours (png) or with the picture beside (side).
        shorter_px: shorter side of the network's input (default: as its run's scale says, or 518).
        tiles: look again, so many times as closely, in overlapping tiles.
        flip: average with the mirrored picture's map.
        focal_px: focal length in pixels, for ply.
        smooth: of videos, 0 to 1: how much of the frame before stays where nothing moves.
        batch_size: pictures of one size that go through the network together.
    """
    from dav2.infer import open_predictor, predict_files
    from dav2.model import SHIPPED

    predictor = open_predictor(
        SHIPPED if model is None else model,
        shorter_px,
        flip=flip,
        tiles=tiles,
        batch_size=batch_size,
        device=device,
        **given(weights),
    )
    print(f"device: {predictor.device}")
    set_aside = predict_files(
        predictor.predict,
        inputs,
        out,
        formats or ["png"],
        predictor.identity,
        metric=predictor.model.max_depth is not None,
        focal_px=focal_px,
        smooth=smooth,
        batch_size=batch_size,
    )
    print(
        f"maps: {out}, {set_aside.made} made, {set_aside.there} were there, "
        f"{len(set_aside)} set aside"
    )
    for entry in set_aside:
        print(f"  {entry['reason']}")
    if set_aside and not set_aside.made + set_aside.there:
        raise SystemExit(1)
