"""One or two frames of every labelled set in its official layout, written by other means than read.

Depth grows by row and by column in different steps, so that a flip or a transposition shows.
Pictures are 32x20, except where a number of the format itself is at stake.
"""

import struct
from pathlib import Path

import h5py
import numpy as np
import OpenEXR
import scipy.io
from PIL import Image, PngImagePlugin

HEIGHT, WIDTH = 20, 32
ROW, COLUMN = np.mgrid[0:HEIGHT, 0:WIDTH]
UNITS = 200 + 40 * ROW + COLUMN  # integers: at [3, 5] 325, at [19, 31] 991


def picture(path: Path, size=(WIDTH, HEIGHT)) -> Path:
    """Write a picture that is red on top and black below."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    pixels[: size[1] // 2, :, 0] = 250  # red on top
    Image.fromarray(pixels).save(path, **({"quality": 95} if path.suffix != ".png" else {}))
    return path


def png16(path: Path, values: np.ndarray) -> Path:
    """Write integers as a PNG of 16 bits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values.astype(np.uint16)).save(path)
    return path


def npy(path: Path, values: np.ndarray) -> Path:
    """Write an array as NumPy does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, values)
    return path


def hypersim(root: Path, frame: str = "0007", size=(WIDTH, HEIGHT)) -> Path:
    """Write a picture with its distances in HDF5, one of them missing."""
    images = root / "ai_003_010/images"
    picture(images / f"scene_cam_01_final_preview/frame.{frame}.tonemap.jpg", size)
    picture(images / f"scene_cam_01_final_preview/frame.{frame}.diffuse_reflectance.jpg", size)
    path = images / f"scene_cam_01_geometry_hdf5/frame.{frame}.depth_meters.hdf5"
    path.parent.mkdir(parents=True, exist_ok=True)
    distance = np.full((size[1], size[0]), 4, np.float16)
    distance[2, 4] = np.nan
    distance[3, 5] = 8
    with h5py.File(path, "w") as opened:
        opened.create_dataset("dataset", data=distance, compression="gzip")
    return path


def hypersim_colours(root: Path, colours: np.ndarray, entities: np.ndarray) -> Path:
    """Put linear colours and entities in HDF5 into the place of the preview of `hypersim`."""
    path = hypersim(root)
    images = path.parents[1]
    (images / "scene_cam_01_final_preview/frame.0007.tonemap.jpg").unlink()
    (images / "scene_cam_01_final_hdf5").mkdir()
    for file, values in (
        (images / "scene_cam_01_final_hdf5/frame.0007.color.hdf5", colours.astype(np.float16)),
        (path.with_name("frame.0007.render_entity_id.hdf5"), entities.astype(np.int16)),
    ):
        with h5py.File(file, "w") as opened:
            opened.create_dataset("dataset", data=values)
    return path


def hypersim_cameras(path: Path, **matrices: list[float]) -> Path:
    """Write the table of the scenes' cameras, nine numbers each."""
    header = ["scene_name", *(f"M_cam_from_uv_{n // 3}{n % 3}" for n in range(9)), "M_proj_00"]
    rows = [[scene, *map(str, numbers), "1.7"] for scene, numbers in matrices.items()]
    path.write_text("\n".join(",".join(row) for row in [header, *rows]) + "\n")
    return path


def vkitti2(root: Path, rgb: str = "", depth: str = "", camera: int = 0) -> Path:
    """Write a picture with depth in centimetres, one pixel of it sky."""
    folder = "Scene18/15-deg-left/frames"
    picture(root / rgb / folder / f"rgb/Camera_{camera}/rgb_00012.jpg")
    values = UNITS.copy()
    values[0, 1] = 65535
    return png16(root / depth / folder / f"depth/Camera_{camera}/depth_00012.png", values)


def blendedmvs(root: Path) -> Path:
    """Write a picture with depth as PFM, the bottom row first."""
    project = root / "5bfe5ae0fe0ea555e6a969ca"
    picture(project / "blended_images/00000003.jpg")
    picture(project / "blended_images/00000003_masked.jpg")
    path = project / "rendered_depth_maps/00000003.pfm"
    path.parent.mkdir(parents=True)
    values = UNITS / 100
    values[2, 4] = 0
    with path.open("wb") as file:
        file.write(b"Pf\n%d %d\n-1.000000\n" % (WIDTH, HEIGHT))
        for row in reversed(range(HEIGHT)):
            file.write(struct.pack(f"<{WIDTH}f", *values[row]))
    return path


def irs(root: Path) -> Path:
    """Write both pictures with disparity and normals as EXR."""
    scene = root / "Home/ArchVizInterior03Data_Dark"
    for side in "lr":
        picture(scene / f"{side}_00041.png")
    disparity = UNITS.astype(np.float32) / 100
    disparity[2, 4], disparity[2, 5], disparity[2, 6] = 0, -1, np.nan
    exr(scene / "n_00041.exr", R=disparity, G=disparity, B=disparity)
    return exr(scene / "d_00041.exr", G=disparity)


def exr(path: Path, **channels: np.ndarray) -> Path:
    """Write channels by name as EXR."""
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, channels).write(str(path))
    return path


def tartanair(root: Path, world: str = "soulcity/soulcity") -> Path:
    """Write both pictures of a flight with depth as .npy; one pixel is black and one nearly."""
    flight = root / world / "Hard/P002"
    for side in ("left", "right"):
        path = picture(flight / f"image_{side}/000005_{side}.png")
        with Image.open(path) as opened:
            pixels = np.maximum(opened, 1)
        pixels[12, 7], pixels[12, 8] = 0, (0, 0, 1)
        Image.fromarray(pixels).save(path)
    values = (UNITS / 100).astype(np.float32)
    values[0, 1], values[2, 4], values[2, 5], values[2, 6] = 10_000, 0, 1_000, 999
    return npy(flight / "depth_left/000005_left_depth.npy", values)


def nyuv2(root: Path) -> Path:
    """Write a picture with depth in millimetres as PNG."""
    picture(root / "test/kitchen_0004/rgb_0002.png")
    picture(root / "test/kitchen_0004/filled_0002.png")
    values = UNITS * 10
    values[2, 4] = 0
    return png16(root / "test/kitchen_0004/depth_0002.png", values)


def nyuv2_mat(root: Path, depth: np.ndarray = UNITS) -> Path:
    """Write three pictures as MATLAB does: columns before rows; 1 and 3 are for testing."""
    images = np.zeros((3, 3, WIDTH, HEIGHT), np.uint8)
    images[2, 0, :, : HEIGHT // 2] = 250
    raw = np.zeros((3, WIDTH, HEIGHT), np.float32)
    for number in range(3):
        raw[number] = (depth / 100 + 10 * number).T
    raw[2, 4, 2] = 0
    path = root / "nyu_depth_v2_labeled.mat"
    with h5py.File(path, "w", userblock_size=512) as opened:  # MATLAB 7.3 has a block of text first
        opened["images"], opened["rawDepths"], opened["depths"] = images, raw, np.full_like(raw, 9)
    splits = {"trainNdxs": np.array([[2]], "u2"), "testNdxs": np.array([[3], [1]], "u2")}
    scipy.io.savemat(root / "splits.mat", splits)
    return path


def kitti(root: Path, part: str = "val", frame: str = "0000000069") -> Path:
    """Write a picture of a drive with depth in 1/256 m as PNG."""
    drive = "2011_09_26_drive_0002_sync"
    picture(root / f"2011_09_26/{drive}/image_02/data/{frame}.png")
    values = UNITS * 16
    values[2, 4] = 0
    return png16(root / part / f"{drive}/proj_depth/groundtruth/image_02/{frame}.png", values)


def sintel(root: Path) -> Path:
    """Write both renderings of a frame with depth as .dpt."""
    for rendering in ("clean", "final"):
        picture(root / f"training/{rendering}/alley_1/frame_0001.png")
    path = root / "training/depth/alley_1/frame_0001.dpt"
    path.parent.mkdir(parents=True)
    values = (UNITS / 100).ravel()
    path.write_bytes(struct.pack("<fii", 202021.25, WIDTH, HEIGHT) + struct.pack("<640f", *values))
    return path


def eth3d(root: Path) -> Path:
    """Write a picture with depth as bare floats, one of them infinite."""
    picture(root / "office/images/dslr_images/DSC_0219.JPG")
    path = root / "office/ground_truth_depth/dslr_images/DSC_0219.JPG"
    path.parent.mkdir(parents=True)
    values = (UNITS / 100).ravel().tolist()
    values[2 * WIDTH + 4] = float("inf")
    path.write_bytes(struct.pack("<640f", *values))
    return path


def diode(root: Path, part: str = "val") -> Path:
    """Write a picture with depth and its mask as .npy."""
    scan = root / part / "outdoor/scene_00022/scan_00193"
    stem = "00022_00193_outdoor_010_020"
    picture(scan / f"{stem}.png")
    mask = np.ones((HEIGHT, WIDTH))
    mask[2, 4] = 0
    npy(scan / f"{stem}_depth_mask.npy", mask)
    return npy(scan / f"{stem}_depth.npy", (UNITS / 100)[..., None].astype(np.float32))


def moge(root: Path) -> Path:
    """Write a sample that the index names, depth by its logarithm between what the PNG says."""
    picture(root / "rooms/0001/image.jpg")
    (root / ".index.txt").write_text("rooms/0001\n")
    levels = (UNITS * 50).astype(np.uint16)
    levels[2, 4], levels[3, 4] = 0, 65535
    said = PngImagePlugin.PngInfo()
    said.add_text("near", "0.5")
    said.add_text("far", "80.0")
    path = root / "rooms/0001/depth.png"
    Image.fromarray(levels).save(path, pnginfo=said)
    return path


def motorcycle(root: Path) -> Path:
    """Write both pictures with disparity, one pixel of it missing."""
    picture(root / "motorcycle_left.png")
    picture(root / "motorcycle_right.png")
    disparity = (UNITS / 20).astype(np.float32)
    disparity[2, 4] = np.nan
    path = root / "motorcycle_disp.npz"
    np.savez_compressed(path, disparity)
    return path


WRITE = {
    write.__name__: write
    for write in (
        hypersim,
        vkitti2,
        blendedmvs,
        irs,
        tartanair,
        nyuv2,
        kitti,
        sintel,
        eth3d,
        diode,
        moge,
        motorcycle,
    )
}
