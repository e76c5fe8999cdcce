"""Scenes to pictures and exact depth with Mitsuba 3 and Intel's denoiser, one thread per process.

Dr.Jit compiles the renderer into one kernel per *layout* of the scene: the number of surfaces,
materials and lights, and every literal in it. A new kernel costs seconds, so all scenes are given
the same layout: materials are made once and only their textures are swapped, the number of meshes
is padded to a bucket, and the sun is a bright texel of the sky.
"""

import gc
import os
import platform
import subprocess
import sys
import warnings
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dav2.geometry import Intrinsics, intrinsics_from_fov, pixel_rays
from dav2.render.meshes import Mesh, quad
from dav2.render.scene import Camera, Material, Scene
from dav2.render.textures import SIZE

SAMPLES, GUIDE_SAMPLES, DEPTH = 12, 4, 5  # paths per pixel, for the denoiser's guides; bounces
SUB = 3  # depth is the median of SUB x SUB rays per pixel
CAPACITY = {"diffuse": 64, "plastic": 32}
LIGHTS = 8
METALS = ("Al", "Cu", "Au", "Cr", "Ag")
BUCKETS = (64, 128, 192, 256, 384, 512, 768, 1024, 2048)
_ELSEWHERE = quad((1e3, 1e3, -2e3), (0.01, 0, 0), (0, 0.01, 0))  # padding, never seen


def find_llvm() -> Path | None:
    """LLVM for Dr.Jit: `DRJIT_LIBLLVM_PATH`, the package karellen-llvm-core, or a system's 16+."""
    if path := os.environ.get("DRJIT_LIBLLVM_PATH"):
        return Path(path)
    found = sorted(Path(sys.prefix, "lib").glob("libLLVM.so.*"))
    for version in range(30, 15, -1):  # Dr.Jit aborts with 14 and 15
        for folder in (
            f"/usr/lib/{platform.machine()}-linux-gnu",
            "/usr/lib64",
            f"/usr/lib/llvm-{version}/lib",
            f"/opt/homebrew/opt/llvm@{version}/lib",
        ):
            found += [
                p
                for n in (f"libLLVM.so.{version}.1", f"libLLVM-{version}.so", "libLLVM.dylib")
                if (p := Path(folder, n)).exists() and str(version) in str(p)
            ]
    return found[0] if found else None


@cache
def choose_variant() -> str:
    """`llvm_ad_rgb` if it runs here, else `scalar_rgb` with a warning that says what that means.

    Probed in another process: a wrong LLVM aborts instead of raising.
    """
    llvm = find_llvm()
    if llvm:
        os.environ["DRJIT_LIBLLVM_PATH"] = str(llvm)
        probe = "import mitsuba as mi; mi.set_variant('llvm_ad_rgb'); import drjit as dr; dr.eval(mi.Float(1) + 1)"
        if subprocess.run([sys.executable, "-c", probe], capture_output=True).returncode == 0:
            return "llvm_ad_rgb"
    warnings.warn(
        "no usable LLVM: rendering with Mitsuba's scalar_rgb, about 10 times slower. "
        "On Linux x86_64: pip install karellen-llvm-core; elsewhere install LLVM 16 or newer "
        "and set DRJIT_LIBLLVM_PATH.",
        stacklevel=2,
    )
    return "scalar_rgb"


@cache
def mitsuba() -> Any:
    """The Mitsuba module with its variant set."""
    variant = choose_variant()
    try:
        import mitsuba as mi
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("rendering needs Mitsuba: pip install 'dav2[render]'") from error
    mi.set_variant(variant)
    mi.set_log_level(mi.LogLevel.Error)
    if variant.startswith("llvm"):
        import drjit

        drjit.set_thread_count(1)
    return mi


def _linear(look: np.ndarray) -> np.ndarray:
    """sRGB bytes or one colour -> linear reflectance [256, 256, 3], below 0.95."""
    values = look.astype(np.float32) / 255 if look.dtype == np.uint8 else look.astype(np.float32)
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4) * 0.95
    return np.array(np.broadcast_to(linear, (SIZE, SIZE, 3)), order="C", dtype=np.float32)


def _bitmap(values: np.ndarray) -> dict[str, Any]:
    return {
        "type": "bitmap",
        "bitmap": mitsuba().Bitmap(np.array(values, np.float32, order="C")),
        "raw": True,
        "wrap_mode": "repeat",
    }


class _Pool(NamedTuple):
    slots: dict[str, list[Any]]  # textured materials, reused by every scene
    handles: dict[str, list[Any]]  # their parameters
    fixed: dict[str, Any]


@cache
def _pool() -> _Pool:
    mi = mitsuba()
    grey = np.full((SIZE, SIZE, 3), 0.5, np.float32)

    def make(kind: str) -> Any:
        if kind == "diffuse":
            surface = {"type": "diffuse", "reflectance": _bitmap(grey)}
        else:
            surface = {
                "type": "roughplastic",
                "diffuse_reflectance": _bitmap(grey),
                "alpha": 0.12,
                "nonlinear": False,
            }
        return mi.load_dict({"type": "twosided", "surface": surface})

    slots = {kind: [make(kind) for _ in range(count)] for kind, count in CAPACITY.items()}
    handles = {kind: [mi.traverse(material) for material in made] for kind, made in slots.items()}
    fixed = {
        name: mi.load_dict(
            {"type": "twosided", "s": {"type": "roughconductor", "material": name, "alpha": 0.15}}
        )
        for name in METALS
    }
    fixed["mirror"] = mi.load_dict(
        {"type": "twosided", "s": {"type": "conductor", "material": "Ag"}}
    )
    fixed["glass"] = mi.load_dict({"type": "dielectric", "int_ior": 1.5, "ext_ior": 1.0})
    fixed["pane"] = mi.load_dict({"type": "thindielectric", "int_ior": 1.5})
    return _Pool(slots, handles, fixed)


def _assign(materials: list[Material]) -> dict[int, Any]:
    """Put textures into pool slots; beyond the capacity, materials share the slots in turn."""
    pool = _pool()
    assigned: dict[int, Any] = {}
    used = {kind: 0 for kind in CAPACITY}
    for material in materials:
        if id(material) in assigned:
            continue
        if material.kind in CAPACITY:
            slot = used[material.kind] % CAPACITY[material.kind]
            if used[material.kind] < CAPACITY[material.kind]:
                handle = pool.handles[material.kind][slot]
                key = next(key for key in handle.keys() if key.endswith("reflectance.data"))  # noqa: SIM118
                handle[key] = mitsuba().TensorXf(_linear(material.look))
                handle.update()
            used[material.kind] += 1
            assigned[id(material)] = pool.slots[material.kind][slot]
        else:
            name = material.metal if material.kind == "metal" else material.kind
            assigned[id(material)] = pool.fixed.get(name, pool.slots["diffuse"][0])
    return assigned


def _environment(scene: Scene) -> dict[str, Any]:
    sky = np.array(scene.sky, np.float32)
    rows, columns = sky.shape[:2]
    if scene.sun:
        direction, irradiance = scene.sun
        theta = np.arccos(np.clip(direction[2], -1, 1))
        phi = np.arctan2(direction[1], direction[0])
        row = int(np.clip(theta / np.pi * rows, 0, rows // 2 - 1))
        column = int((np.pi / 2 - phi) / (2 * np.pi) % 1 * columns) % columns
        solid_angle = (
            2 * np.pi / columns * np.pi / rows * max(0.08, np.sin((row + 0.5) / rows * np.pi))
        )
        sky[row, column] += irradiance / solid_angle
    mi = mitsuba()
    return {
        "type": "envmap",
        "bitmap": mi.Bitmap(sky),
        "to_world": mi.ScalarTransform4f().rotate([1, 0, 0], 90),
    }


def _mesh(mesh: Mesh, name: str, material: Any, emitter: Any | None) -> Any:
    mi = mitsuba()
    properties = mi.Properties()
    properties["bsdf"] = material
    if emitter is not None:
        properties["emitter"] = emitter
    made = mi.Mesh(
        name, len(mesh.vertices), len(mesh.faces), has_vertex_texcoords=True, props=properties
    )
    parameters = mi.traverse(made)
    parameters["vertex_positions"] = mesh.vertices.astype(np.float32).ravel()
    parameters["faces"] = mesh.faces.astype(np.uint32).ravel()
    parameters["vertex_texcoords"] = mesh.uv.astype(np.float32).ravel()
    parameters.update()
    return made


def _area(mesh: Mesh) -> float:
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def load(scene: Scene) -> Any:
    """The Mitsuba scene, in the one layout that all scenes share."""
    mi = mitsuba()
    gc.collect()  # a previous scene that is still alive would count in the kernel's layout
    lamps = sorted(
        (p for p in scene.parts if p.material.kind == "light"),
        key=lambda p: -_area(p.mesh) * p.material.radiance,
    )
    others = [p for p in scene.parts if p.material.kind != "light"] + lamps[LIGHTS:]
    assigned = _assign([p.material for p in others])
    blank = _pool().slots["diffuse"][-1]
    surfaces = [(p.mesh, assigned[id(p.material)], None) for p in others]
    for lamp in lamps[:LIGHTS]:
        radiance = np.full((2, 2, 3), 1, np.float32) * lamp.material.look * lamp.material.radiance
        surfaces.append(
            (lamp.mesh, blank, mi.load_dict({"type": "area", "radiance": _bitmap(radiance)}))
        )
    for _ in range(LIGHTS - len(lamps[:LIGHTS])):
        dark = {
            "type": "area",
            "radiance": _bitmap(np.full((2, 2, 3), 1e-4)),
            "sampling_weight": 1e-4,
        }
        surfaces.append((_ELSEWHERE, blank, mi.load_dict(dark)))
    surfaces += [(_ELSEWHERE, material, None) for material in _pool().fixed.values()]
    surfaces += [
        (_ELSEWHERE, material, None) for kind in CAPACITY for material in _pool().slots[kind]
    ]
    size = next((b for b in BUCKETS if b >= len(surfaces)), len(surfaces))
    surfaces += [(_ELSEWHERE, blank, None)] * (size - len(surfaces))
    content = {
        f"m{i:05d}": _mesh(mesh, f"m{i}", material, emitter)
        for i, (mesh, material, emitter) in enumerate(surfaces)
    }
    return mi.load_dict({"type": "scene", "environment": _environment(scene), **content})


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
