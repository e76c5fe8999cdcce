"""Hypersim: rendered rooms; depth files hold the distance to the camera centre."""

import csv
import re
from pathlib import Path

import numpy as np

from dav2.data.frames import Frame, LabelledSet
from dav2.data.labelled.files import find_files, frame_name, open_hdf5
from dav2.data.photos import LARGEST_SIDE_PX
from dav2.disk import read_text
from dav2.errors import UserError
from dav2.geometry import intrinsics_from_fov, planar_from_distance

PICTURES = "ai_*/images/scene_cam_*_final_preview/frame.*.tonemap.jpg"
SPLIT = "metadata_images_split_scene_v1.csv"
HORIZONTAL_FOV = np.pi / 3  # github.com/apple/ml-hypersim, README: 60 degrees, square pixels


def _key(image: Path) -> tuple[str, str, int]:
    """Return scene, camera and number of a picture, as the split's table writes them."""
    camera = re.sub(r"^scene_|_final_preview$", "", image.parent.name)
    return image.parents[2].name, camera, int(image.name.split(".")[1])


def _released(table: Path) -> set[tuple[str, str, int]]:
    rows = csv.DictReader(read_text(table).splitlines())
    try:
        return {
            (row["scene_name"], row["camera_name"], int(row["frame_id"]))
            for row in rows
            if row["included_in_public_release"] == "True"
        }
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise UserError(
            f"{table}:{rows.line_num} is not as ml-hypersim's evermotion_dataset has it ({error}); "
            "download it again"
        ) from error


def find_frames(root: Path) -> list[Frame]:
    """Find the tone-mapped previews; with the official split's table in `root`, only released ones.

    Raises:
        FileNotFoundError: no picture, or none that the table names as released.
    """
    images = find_files(root, [PICTURES])
    if (root / SPLIT).is_file():
        released = _released(root / SPLIT)
        images = [image for image in images if _key(image) in released]
        if not images:
            raise FileNotFoundError(f"{root / SPLIT} names no picture of {root} as released")
    frames = []
    for image in images:
        geometry = image.parent.name.replace("_final_preview", "_geometry_hdf5")
        depth = image.name.replace(".tonemap.jpg", ".depth_meters.hdf5")
        frames.append(Frame(frame_name(root, image), image, image.parents[1] / geometry / depth))
    return sorted(frames)


def read_depth(frame: Frame) -> np.ndarray:
    """Read planar depth [H, W] in metres from distances along the rays; unknown is NaN, as stored."""
    with open_hdf5(frame.depth, "dataset", "reading Hypersim needs h5py") as stored:
        if stored.ndim != 2 or max(stored.shape) > LARGEST_SIDE_PX:
            raise UserError(f"its depth has the shape {stored.shape}")
        distance = stored[()].astype(np.float32)
    height, width = distance.shape
    intrinsics = intrinsics_from_fov(width, height, HORIZONTAL_FOV)
    return planar_from_distance(distance, intrinsics).astype(np.float32)


HYPERSIM = LabelledSet("hypersim", find_frames, read_depth)
