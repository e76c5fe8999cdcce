"""Scenes into Mitsuba, all in one layout.

Dr.Jit compiles the renderer into one kernel per *layout* of the scene: the number of surfaces,
materials and lights, and every literal in it. A new kernel costs seconds, so all scenes are given
the same layout: materials are made once and only their textures are swapped, all that is of one
material is one mesh, and the sun is a bright texel of the sky.
"""

import gc
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from dav2.render.engine import mitsuba
from dav2.scenery import sky
from dav2.scenery.meshes import Mesh, merge, quad
from dav2.scenery.scene import Material, Scene
from dav2.scenery.textures import SIZE

CAPACITY = {"diffuse": 64, "plastic": 32}
LIGHTS = 8
CLEAR = ("mirror", "glass", "pane")
METALS = ("Al", "Cu", "Au", "Cr", "Ag")
_ELSEWHERE = quad((1e3, 1e3, -2e3), (0.01, 0, 0), (0, 0.01, 0))  # padding, never seen


def _linear(look: np.ndarray) -> np.ndarray:
    """sRGB bytes or one colour -> linear reflectance [256, 256, 3], below 0.95."""
    if look.dtype == np.uint8:
        return _from_srgb(np.arange(256) / 255)[look]
    return np.array(np.broadcast_to(_from_srgb(look), (SIZE, SIZE, 3)), order="C")


def _from_srgb(values: np.ndarray) -> np.ndarray:
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return (0.95 * linear).astype(np.float32)


def _bitmap(values: np.ndarray) -> dict[str, Any]:
    return {
        "type": "bitmap",
        "bitmap": mitsuba().Bitmap(np.array(values, np.float32, order="C")),
        "raw": True,
        "format": "fp16",  # half the memory of the pool, and pictures the same to 1e-4 of their range
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
            surface: dict[str, Any] = {"type": "diffuse", "reflectance": _bitmap(grey)}
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
                handle[key] = mitsuba().TensorXf16(_linear(material.look).astype(np.float16))
                handle.update()
            used[material.kind] += 1
            assigned[id(material)] = pool.slots[material.kind][slot]
        else:
            name = material.metal if material.kind == "metal" else material.kind
            assigned[id(material)] = pool.fixed.get(name, pool.slots["diffuse"][-1])
    return assigned


def _environment(scene: Scene) -> dict[str, Any]:
    """The sky as Mitsuba's envmap; the sun is one texel of it."""
    radiance = np.array(scene.sky, np.float32)
    for axis, count in enumerate((sky.ROWS, sky.COLUMNS)):  # one size, or the layout would differ
        radiance = np.repeat(radiance, count // radiance.shape[axis], axis)
    if scene.sun:
        direction, irradiance = scene.sun
        row, column = sky.texel(direction)
        solid_angle = (
            2 * np.pi / sky.COLUMNS * np.pi / sky.ROWS * np.sin((row + 0.5) / sky.ROWS * np.pi)
        )
        radiance[row, column] += irradiance / solid_angle
    mi = mitsuba()
    return {
        "type": "envmap",
        "bitmap": mi.Bitmap(radiance),
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


class Loaded(NamedTuple):
    """A Mitsuba scene, and the names of its shapes that are glass or mirrors."""

    scene: Any
    clear: frozenset[str]


def load(scene: Scene) -> Loaded:
    """The Mitsuba scene, in the one layout that all scenes share: one mesh for each material made."""
    mi = mitsuba()
    gc.collect()  # a previous scene that is still alive would count in the kernel's layout
    lamps = sorted(
        (p for p in scene.parts if p.material.kind == "light"),
        key=lambda p: -_area(p.mesh) * p.material.radiance,
    )
    others = [p for p in scene.parts if p.material.kind != "light"] + lamps[LIGHTS:]
    assigned = _assign([p.material for p in others])
    pool = _pool()
    made: dict[Any, Any] = {  # by name, or by kind and slot
        **pool.fixed,
        **{(k, i): m for k in CAPACITY for i, m in enumerate(pool.slots[k])},
    }
    meshes: dict[int, list[Mesh]] = {id(material): [] for material in made.values()}
    for part in others:
        meshes[id(assigned[id(part.material)])].append(part.mesh)
    surfaces = [
        (merge(meshes[id(material)] or [_ELSEWHERE]), material, None) for material in made.values()
    ]
    clear = frozenset(f"m{i:05d}" for i, name in enumerate(made) if name in CLEAR)
    for lamp in lamps[:LIGHTS]:
        radiance = np.full((2, 2, 3), 1, np.float32) * lamp.material.look * lamp.material.radiance
        light = mi.load_dict({"type": "area", "radiance": _bitmap(radiance)})
        surfaces.append((lamp.mesh, pool.slots["diffuse"][-1], light))
    for _ in range(LIGHTS - len(lamps[:LIGHTS])):
        dark = {
            "type": "area",
            "radiance": _bitmap(np.full((2, 2, 3), 1e-4)),
            "sampling_weight": 1e-4,
        }
        surfaces.append((_ELSEWHERE, pool.slots["diffuse"][-1], mi.load_dict(dark)))
    content = {
        f"m{i:05d}": _mesh(mesh, f"m{i}", material, emitter)
        for i, (mesh, material, emitter) in enumerate(surfaces)
    }
    scene_ = {"type": "scene", "environment": _environment(scene), **content}
    return Loaded(mi.load_dict(scene_), clear)
