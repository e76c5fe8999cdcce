"""Exact depth and denoised light of a loaded scene, one thread per process."""

from functools import cache
from typing import Any

import numpy as np

from dav2.geometry import Intrinsics, intrinsics_from_fov, pixel_rays
from dav2.render.engine import mitsuba
from dav2.render.scene import Camera

SAMPLES, GUIDE_SAMPLES, DEPTH = 12, 4, 5  # paths per pixel, for the denoiser's guides; bounces
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


def trace_depth(
    loaded: Any, camera: Camera, size_px: tuple[int, int]
) -> tuple[np.ndarray, Intrinsics]:
    """Planar depth [H, W] float32 in metres along our own pixel rays, and the intrinsics.

    The first surface counts, glass and mirrors included. Each pixel takes the median of 3 x 3 rays:
    an order statistic is always the depth of a real surface, where a mean would float between two.
    """
    width, height = size_px
    intrinsics = intrinsics_from_fov(width, height, camera.fov)
    fine = intrinsics_from_fov(width * SUB, height * SUB, camera.fov)
    rays = pixel_rays(fine, height * SUB, width * SUB).reshape(-1, 3)
    directions = rays @ _axes(camera)[0]
    lengths = np.linalg.norm(directions, axis=1)
    distance = _first_hit(loaded, camera.position, directions / lengths[:, None])
    depth = (distance / lengths).reshape(height, SUB, width, SUB).transpose(0, 2, 1, 3)
    middle = np.sort(depth.reshape(height, width, -1), axis=-1)[..., SUB * SUB // 2]
    return middle.astype(np.float32), intrinsics


def _first_hit(loaded: Any, origin: np.ndarray, directions: np.ndarray) -> np.ndarray:
    mi = mitsuba()
    if mi.variant().startswith("scalar"):
        return np.array(
            [
                hit.t
                if (
                    hit := loaded.ray_intersect_preliminary(
                        mi.Ray3f(mi.Point3f(*origin.tolist()), mi.Vector3f(*d.tolist()))
                    )
                ).is_valid()
                else np.inf
                for d in directions
            ]
        )
    import drjit as dr

    ray = mi.Ray3f(mi.Point3f(*origin.tolist()), mi.Vector3f(directions.T.astype(np.float32)))
    hit = loaded.ray_intersect_preliminary(ray, coherent=True)
    return np.array(dr.select(hit.is_valid(), hit.t, dr.inf), dtype=np.float64)


@cache
def _denoiser() -> Any:
    import pyoidn

    device = pyoidn.Device(pyoidn.OIDN_DEVICE_TYPE_CPU)
    device.set_int("numThreads", 1)
    device.commit()
    return device


def _denoise(radiance: np.ndarray, albedo: np.ndarray, normal: np.ndarray) -> np.ndarray:
    import pyoidn

    out = np.zeros_like(radiance)
    kernel = pyoidn.Filter(_denoiser(), "RT")
    for name, image in (
        (pyoidn.OIDN_IMAGE_COLOR, radiance),
        (pyoidn.OIDN_IMAGE_ALBEDO, albedo),
        (pyoidn.OIDN_IMAGE_NORMAL, normal),
        (pyoidn.OIDN_IMAGE_OUTPUT, out),
    ):
        kernel.set_image(name, image, pyoidn.OIDN_FORMAT_FLOAT3)
    kernel.set_bool("hdr", True)
    kernel.commit()
    kernel.execute()
    kernel.release()
    return np.maximum(out, 0)


def trace_light(loaded: Any, camera: Camera, size_px: tuple[int, int], seed: int) -> np.ndarray:
    """Denoised linear radiance [H, W, 3] of a loaded scene."""
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
        np.array(mi.render(loaded, sensor=sensor, integrator=light, spp=SAMPLES, seed=seed))
    )
    maps = np.nan_to_num(
        np.array(
            mi.render(loaded, sensor=sensor, integrator=guides, spp=GUIDE_SAMPLES, seed=seed + 1)
        )
    )
    albedo, normal = (
        np.ascontiguousarray(part, np.float32)
        for part in (np.clip(maps[..., :3], 0, 1), maps[..., 3:6])
    )
    return _denoise(np.ascontiguousarray(radiance[..., :3], np.float32), albedo, normal)
