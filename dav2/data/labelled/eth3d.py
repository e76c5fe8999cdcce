"""ETH3D: high-resolution photographs with laser depth, bare float32 without a header."""

from pathlib import Path

import numpy as np

from dav2.data.frames import Frame, LabelledSet
from dav2.data.labelled.files import find_files, frames_of
from dav2.data.photos import UnreadableImage, check_size, open_image
from dav2.errors import UserError

PICTURES = "*/images/dslr_images/*.JPG"
MARIGOLD = f"rgb/{PICTURES}"  # as Marigold packs them


def find_frames(root: Path) -> list[Frame]:
    """Find the distorted photographs of all scenes, in the official layout or in Marigold's.

    Raises:
        FileNotFoundError: no photograph.
    """

    def depth_of(image: Path) -> Path:
        scene = image.parents[2]
        if scene.parent == root / "rgb":
            scene = root / "depth" / f"{scene.name}_dslr_depth" / scene.name
        return scene / "ground_truth_depth" / "dslr_images" / image.name

    return frames_of(root, find_files(root, [PICTURES, MARIGOLD]), depth_of)


def read_image(frame: Frame) -> np.ndarray:
    """Read RGB uint8 [H, W, 3] as stored: depth belongs to the sensor's pixels, never turned upright."""
    try:
        with open_image(frame.image) as opened:
            check_size(opened.height, opened.width, frame.image)
            return np.array(opened.convert("RGB"))
    except UnreadableImage:
        raise
    except (OSError, SyntaxError, ValueError) as error:
        raise UnreadableImage(f"{frame.image} cannot be read as an image: {error}") from error


def read_depth(frame: Frame) -> np.ndarray:
    """Read planar depth [H, W] in metres, of its photograph's size; inf in the file is unknown (NaN).

    Raises:
        UserError: more or fewer values than the photograph has pixels.
    """
    with open_image(frame.image) as opened:
        width, height = opened.size
    stored = frame.depth.read_bytes()
    if len(stored) != width * height * 4:
        raise UserError(
            f"{len(stored)} bytes are not {width}x{height}x4, the size of its photograph"
        )
    depth = np.frombuffer(stored, "<f4").reshape(height, width)
    return np.where(np.isposinf(depth), np.nan, depth).astype(np.float32)


ETH3D = LabelledSet("eth3d", find_frames, read_depth, read_image)
