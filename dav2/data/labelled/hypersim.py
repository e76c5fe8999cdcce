"""Hypersim: rendered rooms; depth files hold the distance to the camera centre."""

import csv
import re
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from dav2.data.frames import Frame, LabelledSet
from dav2.data.labelled.files import (
    find_files,
    frame_name,
    frames_of,
    open_hdf5,
    read_png16,
)
from dav2.data.photos import LARGEST_SIDE_PX
from dav2.disk import read_text, stamp
from dav2.errors import UserError

PREVIEWS = "ai_*/images/scene_cam_*_final_preview/frame.*.tonemap.jpg"
COLOURS = "ai_*/images/scene_cam_*_final_hdf5/frame.*.color.hdf5"
PACKED = "ai_*/rgb_cam_*_fr*.png"  # Marigold's copy, below train, val and test
SPLIT = "metadata_images_split_scene_v1.csv"
CAMERAS = "metadata_camera_parameters.csv"
PARTS = ("train", "val", "test")
HALF_WIDTH = np.tan(np.pi / 6)  # github.com/apple/ml-hypersim, README: 60 degrees, square pixels
BRIGHTEST = float(np.finfo(np.float16).max)
ENTRIES = [f"M_cam_from_uv_{row}{column}" for row in range(3) for column in range(3)]
Picture = tuple[str, str, int]
Read = TypeVar("Read")


def _key(image: Path) -> Picture:
    """Return scene, camera and number of a picture, as the split's table writes them."""
    camera = re.sub(r"^scene_|_final_(preview|hdf5)$", "", image.parent.name)
    return image.parents[2].name, camera, int(image.name.split(".")[1])


def _read_table(table: Path, read_row: Callable[[dict[str, str]], Read]) -> list[Read]:
    rows = csv.DictReader(read_text(table).splitlines())
    try:
        return [read_row(row) for row in rows]
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise UserError(
            f"{table}:{rows.line_num} is not as ml-hypersim has it ({error}); download it again"
        ) from error


def _released(table: Path, part: str) -> set[Picture]:
    def picture(row: dict[str, str]) -> tuple[Picture, bool]:
        key = row["scene_name"], row["camera_name"], int(row["frame_id"])
        is_in = part in ("all", row["split_partition_name"])
        return key, is_in and row["included_in_public_release"] == "True"

    return {key for key, taken in _read_table(table, picture) if taken}


@lru_cache(1)
def _cameras(table: Path, stamped: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Read the matrix of each scene that makes rays [x, y, z] of [u, v, 1]."""

    def camera(row: dict[str, str]) -> tuple[str, np.ndarray]:
        matrix = np.array([float(row[entry]) for entry in ENTRIES]).reshape(3, 3)
        if not np.isfinite(matrix).all():
            raise ValueError("a matrix that is not finite")
        return row["scene_name"], matrix

    return dict(_read_table(table, camera))


def find_frames(root: Path, part: str | None = None) -> list[Frame]:
    """Find the tone-mapped previews or, where there are none at all, the colours in HDF5.

    Or else the pictures as Marigold packs them.

    Args:
        part: of the official partition: train, val, test or all (that were released). None: train,
            or every picture where `root` has neither a table of the partition nor folders of parts.

    Raises:
        FileNotFoundError: no picture, or none that the table has in this part; or no table.
    """
    try:
        images = find_files(root, [PREVIEWS])
    except FileNotFoundError as error:
        try:
            images = find_files(root, [COLOURS])
        except FileNotFoundError:
            if _packed_folders(root):
                return _packed(root, part)
            raise error from None
    table = root / SPLIT
    if table.is_file():
        released = _released(table, part or "train")
        images = [image for image in images if _key(image) in released]
        if not images:
            raise FileNotFoundError(
                f"{table} names no picture of {root} as released in part {part or 'train'}; "
                f"the parts are {', '.join(PARTS)} and all"
            )
    elif part is not None:
        raise FileNotFoundError(
            f"{table} is missing, which says what part {part} is; it lies in ml-hypersim's "
            "evermotion_dataset/analysis"
        )
    frames = []
    for image in images:
        geometry = re.sub(r"_final_(preview|hdf5)$", "_geometry_hdf5", image.parent.name)
        depth = re.sub(r"\.(tonemap\.jpg|color\.hdf5)$", ".depth_meters.hdf5", image.name)
        frames.append(Frame(frame_name(root, image), image, image.parents[1] / geometry / depth))
    return sorted(frames)


def _packed_folders(root: Path) -> list[str]:
    """Name the folders of Marigold's copy in `root`: parts, or "" where it is one of them."""
    return [part for part in (*PARTS, "") if next((root / part).glob(PACKED), None)]


def _packed(root: Path, part: str | None) -> list[Frame]:
    there = _packed_folders(root)
    if part is None and there == [""]:
        wanted: tuple[str, ...] = ("",)
    else:
        wanted = PARTS if part == "all" else (part or "train",)
    images = find_files(root, [f"{one}/{PACKED}" if one else PACKED for one in wanted])
    return frames_of(
        root, images, lambda image: image.with_name(image.name.replace("rgb", "depth_plane", 1))
    )


def _read(path: Path, dimensions: int) -> np.ndarray:
    with open_hdf5(path, "dataset", "reading Hypersim needs h5py") as stored:
        if stored.ndim != dimensions or max(stored.shape) > LARGEST_SIDE_PX:
            raise UserError(f"{path} has the shape {stored.shape}")
        return stored[()]


def tone_map(colours: np.ndarray, entities: np.ndarray) -> np.ndarray:
    """Make a picture uint8 [H, W, 3] of linear colours, with entities [H, W] (-1: no geometry).

    As scene_generate_images_tonemap.py of ml-hypersim, which Marigold
    (script/depth/dataset_preprocess/hypersim/hypersim_util.py) and CUT3R (preprocess_hypersim.py)
    follow: the 90th percentile of brightness, where there is geometry, becomes 0.8; gamma is 1/2.2.
    """
    brightness = (colours @ np.array([0.3, 0.59, 0.11]))[entities != -1]
    scale = 1.0
    if brightness.size:
        bright = np.percentile(brightness, 90)
        scale = 0.8**2.2 / bright if bright >= 1e-4 else 0.0
    return (np.clip(np.maximum(scale * colours, 0) ** (1 / 2.2), 0, 1) * 255).astype(np.uint8)


def read_colours(frame: Frame) -> np.ndarray:
    """Read RGB uint8 [H, W, 3] from linear colours; see `tone_map`."""
    colours = _read(frame.image, 3).astype(np.float64)
    entities = frame.depth.with_name(
        frame.depth.name.replace(".depth_meters.", ".render_entity_id.")
    )
    if not entities.is_file():
        raise UserError(f"{entities} is missing, which tone mapping needs")
    ids = _read(entities, 2)
    if colours.shape != (*ids.shape, 3):
        raise UserError(f"{frame.image} has the shape {colours.shape}, its entities {ids.shape}")
    # float16 overflows: what is too bright for it is white, what is no number black.
    return tone_map(np.nan_to_num(colours, nan=0, posinf=BRIGHTEST, neginf=0), ids)


def planar_from_camera(distance: np.ndarray, camera: np.ndarray) -> np.ndarray:
    """Turn distances [H, W] along the rays into depth along the axis.

    Rays are `camera` [3, 3] times (u, v, 1), u from -1 left to 1 right, v from -1 below to 1 above
    (contrib/mikeroberts3000 of ml-hypersim); the camera looks along -z.
    """
    height, width = distance.shape
    u = (2 * np.arange(width) + 1) / width - 1
    v = 1 - (2 * np.arange(height) + 1) / height
    grid_u, grid_v = np.meshgrid(u, v)
    rays = np.stack([grid_u, grid_v, np.ones_like(grid_u)], -1) @ camera.T
    return distance * (-rays[..., 2] / np.linalg.norm(rays, axis=-1))


def read_depth(frame: Frame, cameras: Path | None = None) -> np.ndarray:
    """Read planar depth [H, W] in metres from distances along the rays; not finite is unknown (NaN).

    Args:
        cameras: table of the scenes' cameras; None: the one beside the scenes, and without it every
            scene has the nominal camera.

    Raises:
        UserError: the table has no camera of this scene, or another shape.
    """
    if frame.depth.suffix == ".png":  # planar already, by the nominal camera; 0 is unknown
        millimetres = read_png16(frame.depth)
        return np.where(millimetres == 0, np.nan, millimetres / np.float32(1000)).astype(np.float32)
    distance = _read(frame.depth, 2).astype(np.float32)
    distance[~np.isfinite(distance)] = np.nan  # float16 overflows to inf: no sky
    scene = frame.depth.parents[2]
    table = cameras or scene.parent / CAMERAS
    if cameras is None and not table.is_file():
        height, width = distance.shape
        camera = np.diag([HALF_WIDTH, HALF_WIDTH * height / width, -1.0])
    else:
        known = _cameras(table, tuple(stamp(table)))
        if scene.name not in known:
            raise UserError(f"{table} has no camera of scene {scene.name}; download it again")
        camera = known[scene.name]
    return planar_from_camera(distance, camera).astype(np.float32)


def remarks(root: Path, cameras: Path | None = None) -> list[str]:
    """Say which camera, which part and which pictures are read."""
    said = []
    previews = next(root.glob(PREVIEWS), None)
    if previews is None and next(root.glob(COLOURS), None) is None and _packed_folders(root):
        return [
            "WARNING: Marigold's copy, whose depth is by the nominal camera: more than 1 % wrong within "
            "43 % of the pictures (see the card)"
        ]
    if cameras is not None or (root / CAMERAS).is_file():
        said.append("depth along the axis of each scene's own camera")
    else:
        said.append(
            f"WARNING: no {CAMERAS}, so that every scene has the nominal camera: depth is more than "
            "1 % wrong within 43 % of the pictures, more than 5 % within 11 % (see the card); put "
            "the table from contrib/mikeroberts3000 of ml-hypersim into the folder"
        )
    if not (root / SPLIT).is_file():
        said.append(
            f"WARNING: no {SPLIT}, so that training, validation and test are one set; put the table "
            "from evermotion_dataset/analysis of ml-hypersim into the folder"
        )
    if previews is None:
        said.append("no previews; pictures are tone-mapped from color.hdf5")
    return said


def hypersim(cameras: Path | None = None) -> LabelledSet:
    """Make the set; its cameras' table lies in its folder, or elsewhere at `cameras`."""
    return LabelledSet(
        "hypersim",
        find_frames,
        partial(read_depth, cameras=cameras),
        read_colours,
        own_pictures=".hdf5",
        parts={part: partial(find_frames, part=part) for part in (*PARTS, "all")},
        remarks=partial(remarks, cameras=cameras),
    )


HYPERSIM = hypersim()
