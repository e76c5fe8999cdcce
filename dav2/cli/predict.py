"""`dav2 predict`: maps."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from dav2.cli.options import LISTED, Count, Degrees, Device, Positive, Share, Weights, given
from dav2.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from dav2.infer import Predictor
    from dav2.types import PredictMany


def predict(
    inputs: list[Path],
    /,
    *,
    out: Path,
    model: str | None = None,
    formats: Annotated[list[Literal["png", "png16", "npy", "side", "spread", "ply"]], LISTED]
    | None = None,
    shorter_px: Count | None = None,
    tiles: Count = 1,
    flip: bool = False,
    focal_px: Positive | None = None,
    fov: Degrees | None = None,
    known: Path | None = None,
    depth_scale: Positive | None = None,
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
        formats: png (colours, red is near), png16, npy, side (picture and colours), spread (grey: where
            map and mirror image disagree), ply (points); default png. Videos become videos in colours (png) or with the picture beside (side).
        shorter_px: shorter side of the network's input (default: as its run's scale says, or 518).
        tiles: look again, so many times as closely, in overlapping tiles.
        flip: average with the mirrored picture's map.
        focal_px: focal length in pixels, for ply (default: as EXIF says, or of 60 degrees).
        fov: horizontal field of view in degrees, for ply, instead.
        known: file of known distances, which make metres of the map of one picture: a table
            (row,column,metres, .csv), or depth known in places (.npy, .exr, .png).
        depth_scale: of known distances in a PNG, steps a metre: 256 as KITTI's, 1000 for millimetres.
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
    maps: PredictMany = predictor.predict
    identity = predictor.identity
    if known is not None:
        maps, identity = _in_metres(predictor, inputs, known, depth_scale)
    set_aside = predict_files(
        maps,
        inputs,
        out,
        formats or ["png"],
        identity,
        metric=known is not None or predictor.model.max_depth is not None,
        focal_px=focal_px,
        fov=fov,
        spread=predictor.spread,
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


def _in_metres(
    predictor: "Predictor", inputs: Sequence[Path], known: Path, depth_scale: float | None
) -> tuple["PredictMany", str]:
    """Make the function that predicts one picture in metres, and what names it in a folder of maps."""
    from dav2.data import read_image
    from dav2.disk import json_hash
    from dav2.infer.metres import metres_from_points, read_known

    if len(inputs) != 1 or not inputs[0].is_file():
        raise UserError("--known holds distances of one picture: give this picture alone")
    if predictor.model.max_depth is not None:
        raise UserError(
            "--known makes metres of relative disparity; this model gives metres already"
        )
    points = read_known(known, read_image(inputs[0]).shape[:2], depth_scale)

    def predict(images: list["np.ndarray"]) -> list["np.ndarray"]:
        found = metres_from_points(predictor.predict(images[0]), points)
        worst = abs(found.errors).argmax()
        row, column, metres = points[worst]
        print(
            f"fitted to {len(points)} known distances; largest error {found.errors[worst]:+.3g} m, at row "
            f"{row:g}, column {column:g} ({metres:g} m)"
        )
        return [found.depth]

    return predict, f"{predictor.identity}, metres by {json_hash(points.tolist())[:16]}"
