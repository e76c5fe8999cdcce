"""`dav2 predict`: maps."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from dav2.cli.options import LISTED, Count, Degrees, Device, Positive, Share, Weights, given
from dav2.errors import UserError

if TYPE_CHECKING:
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
            map and mirror image disagree), ply (points); default png. Videos become videos in colours
            (png) or with the picture beside (side).
        shorter_px: shorter side of the network's input (default: as its run's scale says, or 518).
        tiles: look again, so many times as closely, in overlapping tiles.
        flip: average with the mirrored picture's map.
        focal_px: focal length in pixels, for ply (default: as EXIF says, or of 60 degrees).
        fov: horizontal field of view in degrees, for ply, instead.
        known: file of known distances, which make metres of the map of one picture: a table
            (row,column,metres, .csv; from 0, from the top left), or depth known in places (.npy, .exr,
            .png). Metres count along the camera's axis: at the border a tape shows some 15 % more.
        depth_scale: of known distances in whole numbers, steps a metre: 256 as KITTI's PNGs, 1000 for
            millimetres.
        smooth: of videos, 0 to 1: how much of the frame before stays where nothing moves.
        batch_size: pictures of one size that go through the network together.
    """
    from dav2.infer import open_predictor, predict_files
    from dav2.model import SHIPPED

    if depth_scale is not None and known is None:
        raise UserError("--depth-scale is of --known FILE, which is not given")
    if fov is not None and focal_px is not None:
        raise UserError("--fov and --focal-px say the same: give one of them")
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
    also: dict[str, str] = {}
    if known is not None:
        maps, also = _in_metres(predictor, inputs, known, depth_scale)
    set_aside = predict_files(
        maps,
        inputs,
        out,
        formats or ["png"],
        predictor.identity,
        metric=known is not None or predictor.model.max_depth is not None,
        focal_px=focal_px,
        fov=fov,
        spread=predictor.spread,
        also=also,
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
) -> tuple["PredictMany", dict[str, str]]:
    """Predict one picture in metres; give what returns that, and what else its files are made of."""
    from dav2.data import read_image
    from dav2.disk import file_hash
    from dav2.infer.metres import FARTHEST_M, metres_from_points, read_known

    if len(inputs) != 1 or inputs[0].is_dir():
        raise UserError("--known holds distances of one picture: give this picture alone")
    if predictor.model.max_depth is not None:
        raise UserError(
            "--known makes metres of relative disparity; this model gives metres already"
        )
    image = read_image(inputs[0])
    points = read_known(known, image.shape[:2], depth_scale)
    try:
        found = metres_from_points(predictor.predict(image), points)
    except UserError as error:
        raise UserError(f"{known}: {error}") from error
    worst = abs(found.errors).argmax()
    row, column, metres = points[worst]
    print(
        "fitted to 2 known distances, which always fits: a third would show the error"
        if len(points) == 2
        else f"fitted to {len(points)} known distances; largest error {found.errors[worst]:+.2f} m, at "
        f"row {row:g}, column {column:g} ({metres:g} m)"
    )
    if (far := (found.depth >= FARTHEST_M).mean()) > 0:
        print(
            f"{far:.0%} of the picture comes out at {FARTHEST_M:g} m or beyond, and is kept at that"
        )
    return lambda _: [found.depth], {"known": f"{file_hash(known)} {depth_scale}"}
