"""Exact depth and denoised light of a loaded scene, one thread per process."""

import sys
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from dav2.geometry import Intrinsics, intrinsics_from_fov, pixel_rays, unproject
from dav2.render.engine import mitsuba
from dav2.render.loading import Loaded
from dav2.scenery.scene import Camera

SAMPLES, GUIDE_SAMPLES, DEPTH = 8, 4, 5  # paths per pixel, for the denoiser's guides; bounces
SUB = 3  # depth is the median of SUB x SUB rays per pixel


def _axes(camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """Camera axes [3, 3] (rows: right, down, forward) and the up vector."""
    forward = camera.target - camera.position
    forward = forward / np.linalg.norm(forward)
    up = np.array([0.0, 1, 0]) if abs(forward[2]) > 0.98 else np.array([0, 0, 1.0])
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    cos, sin = np.cos(camera.roll), np.sin(camera.roll)
    right, down = cos * right + sin * down, cos * down - sin * right
    return np.stack([right, down, forward]), -down


class Surface(NamedTuple):
    """What the pixels' rays hit first.

    Attributes:
        depth: planar, float32 [H, W] in metres, sky inf.
        clear: bool [H, W]: it is glass or a mirror.
        points: positions in the world [H, W, 3], not finite in the sky.
    """

    depth: np.ndarray
    intrinsics: Intrinsics
    clear: np.ndarray
    points: np.ndarray
    camera: Camera


class Light(NamedTuple):
    """Denoised linear radiance [H, W, 3], and the surfaces' albedo and world normals [H, W, 3]."""

    radiance: np.ndarray
    albedo: np.ndarray
    normal: np.ndarray


def trace_surface(loaded: Loaded, camera: Camera, size_px: tuple[int, int]) -> Surface:
    """The first surface along our own pixel rays, glass and mirrors included.

    Each pixel takes the median of 3 x 3 rays: an order statistic is always the depth of a real
    surface, where a mean would float between two.
    """
    width, height = size_px
    fine = intrinsics_from_fov(width * SUB, height * SUB, camera.fov)
    rays = pixel_rays(fine, height * SUB, width * SUB).reshape(-1, 3)
    directions = rays @ _axes(camera)[0]
    lengths = np.linalg.norm(directions, axis=1)
    distance, clear = _first_hit(loaded, camera.position, directions / lengths[:, None])
    depth = _blocks(distance / lengths, width, height)
    middle = np.argsort(depth, axis=-1, kind="stable")[..., SUB * SUB // 2, None]
    depth, clear = (
        np.take_along_axis(values, middle, -1)[..., 0]
        for values in (depth, _blocks(clear, width, height))
    )
    intrinsics = intrinsics_from_fov(width, height, camera.fov)
    with np.errstate(invalid="ignore"):
        points = camera.position + unproject(depth, intrinsics) @ _axes(camera)[0]
    return Surface(depth.astype(np.float32), intrinsics, clear, points, camera)


def _blocks(values: np.ndarray, width: int, height: int) -> np.ndarray:
    """Values of fine rays -> [H, W, SUB * SUB], by pixel."""
    fine = values.reshape(height, SUB, width, SUB).transpose(0, 2, 1, 3)
    return fine.reshape(height, width, SUB * SUB)


def _first_hit(
    loaded: Loaded, origin: np.ndarray, directions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Distance to the first surface (inf: none), and whether that is glass or a mirror."""
    mi = mitsuba()
    if mi.variant().startswith("scalar"):
        start = mi.Point3f(*origin.tolist())
        hits = [
            loaded.scene.ray_intersect_preliminary(mi.Ray3f(start, mi.Vector3f(*d.tolist())))
            for d in directions
        ]
        return (
            np.array([hit.t if hit.is_valid() else np.inf for hit in hits]),
            np.array([hit.is_valid() and hit.shape.id() in loaded.clear for hit in hits]),
        )
    import drjit as dr

    ray = mi.Ray3f(mi.Point3f(*origin.tolist()), mi.Vector3f(directions.T.astype(np.float32)))
    hit = loaded.scene.ray_intersect_preliminary(ray, coherent=True)
    valid = hit.is_valid()
    shape = dr.select(valid, dr.reinterpret_array(mi.UInt32, hit.shape), 0)
    distance = dr.select(valid, hit.t, dr.inf)
    dr.eval(distance, shape)
    clear = [
        # drjit declares an object.
        int(dr.reinterpret_array(mi.UInt32, mi.ShapePtr(one))[0])  # type: ignore[index]
        for one in loaded.scene.shapes()
        if one.id() in loaded.clear
    ]
    return np.array(distance, dtype=np.float64), np.isin(np.array(shape), clear)


@cache
def _pyoidn() -> Any:
    """The denoiser's module, imported without torch.

    It imports torch where it is installed, for tensors that we do not have: 0.4 GB and 1.5 s.
    """
    hide = "torch" not in sys.modules
    if hide:
        sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        import pyoidn
    finally:
        if hide:
            del sys.modules["torch"]
    return pyoidn


@cache
def _denoiser() -> Any:
    device = _pyoidn().Device(_pyoidn().OIDN_DEVICE_TYPE_CPU)
    device.set_int("numThreads", 1)
    device.commit()
    return device


def _denoise(radiance: np.ndarray, albedo: np.ndarray, normal: np.ndarray) -> np.ndarray:
    oidn = _pyoidn()
    out = np.zeros_like(radiance)
    kernel = oidn.Filter(_denoiser(), "RT")
    for name, image in (
        (oidn.OIDN_IMAGE_COLOR, radiance),
        (oidn.OIDN_IMAGE_ALBEDO, albedo),
        (oidn.OIDN_IMAGE_NORMAL, normal),
        (oidn.OIDN_IMAGE_OUTPUT, out),
    ):
        kernel.set_image(name, image, oidn.OIDN_FORMAT_FLOAT3)
    kernel.set_bool("hdr", True)
    kernel.commit()
    kernel.execute()
    kernel.release()
    return np.maximum(out, 0)


def trace_light(loaded: Loaded, camera: Camera, size_px: tuple[int, int], seed: int) -> Light:
    """What the camera sees of a loaded scene."""
    mi = mitsuba()
    width, height = size_px
    to_world = mi.ScalarTransform4f().look_at(
        origin=camera.position.tolist(), target=camera.target.tolist(), up=_axes(camera)[1].tolist()
    )
    sensor = mi.load_dict(
        {
            "type": "perspective",
            "fov": float(np.degrees(camera.fov)),
            "fov_axis": "x",
            "near_clip": 0.01,
            "far_clip": 5000.0,
            "to_world": to_world,
            "film": {
                "type": "hdrfilm",
                "width": width,
                "height": height,
                "rfilter": {"type": "box"},
                "pixel_format": "rgb",
                "component_format": "float32",
            },
            "sampler": {"type": "independent", "sample_count": SAMPLES},
        }
    )
    # Two integrators: one `aov` around `path` makes Dr.Jit trace all paths twice.
    light = mi.load_dict({"type": "path", "max_depth": DEPTH, "rr_depth": 50})
    guides = mi.load_dict({"type": "aov", "aovs": "a:albedo,n:sh_normal"})
    radiance = np.nan_to_num(
        np.array(mi.render(loaded.scene, sensor=sensor, integrator=light, spp=SAMPLES, seed=seed))
    )
    maps = np.nan_to_num(
        np.array(
            mi.render(
                loaded.scene, sensor=sensor, integrator=guides, spp=GUIDE_SAMPLES, seed=seed + 1
            )
        )
    )
    albedo, normal = (
        np.ascontiguousarray(part, np.float32)
        for part in (np.clip(maps[..., :3], 0, 1), maps[..., 3:6])
    )
    noisy = np.ascontiguousarray(radiance[..., :3], np.float32)
    return Light(_denoise(noisy, albedo, normal), albedo, normal)
