"""A foreign model, OBJ with MTL materials and pictures, as parts of a scene.

The model has y up and its front at +z. `trimesh` reads it; what its materials are to the renderer
is decided here.
"""

import io
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from dav2.errors import UserError
from dav2.scenery.meshes import Mesh
from dav2.scenery.scene import PANE, Material, Part
from dav2.scenery.textures import SIZE

MOST_TRIANGLES = 64_000  # of a model
MOST_PIXELS = 1 << 24  # of a texture
CLEAR, SHINY, HOLES = 0.6, 0.35, 0.05
Read = Callable[[str], bytes]


class _Beside:
    """The files in a model's folder, as trimesh asks for them; whatever folder they name."""

    def __init__(self, read: Read, folder: PurePosixPath) -> None:
        self.read, self.folder = read, folder

    def get(self, name: str) -> bytes:
        base = PurePosixPath(name.strip().replace("\\", "/")).name
        return self.read(str(self.folder / base))

    __getitem__ = get


def _statements(mtl: str) -> dict[str, dict[str, str]]:
    """What trimesh does not keep of an MTL: by material, what is stated of it."""
    said: dict[str, dict[str, str]] = {}
    for words in map(str.split, mtl.splitlines()):
        if len(words) > 1 and words[0] == "newmtl":
            said[" ".join(words[1:])] = current = {}
        elif len(words) > 1 and said:
            current[words[0]] = " ".join(words[1:])
    return said


def load_model(
    read: Read, name: str, size: Sequence[float], rotation: Sequence[float]
) -> tuple[list[Part], list[str]]:
    """An object in metres that stands on z = 0, centred, its front at -y; and what it lacks.

    Args:
        read: gives the content of a file by its name.
        name: of the OBJ; its materials and pictures are looked for beside it.
        size: width, depth, height in metres, to which it is stretched.
        rotation: of the model before anything else, nine numbers row by row.

    Raises:
        UserError: the model is not usable.
        FileNotFoundError: it is not there.
    """
    from trimesh.exchange.obj import load_obj  # here, for it takes a while
    from trimesh.geometry import triangulate_quads

    text = read(name)
    least = text.count(b"\nf ")
    if least > MOST_TRIANGLES:
        raise UserError(f"at least {least:,} triangles, {MOST_TRIANGLES:,} are allowed")
    beside = _Beside(read, PurePosixPath(name).parent)
    said, missing = {}, []
    named = text.partition(b"mtllib")[2].partition(b"\n")[0].decode("latin-1").strip()
    try:
        said = _statements(beside.get(named).decode("latin-1"))
    except (FileNotFoundError, ValueError):
        missing.append(f"material {named or 'not named'}")
    # It only asks the resolver for files.
    content = load_obj(io.BytesIO(text), resolver=beside)  # type: ignore[arg-type]
    loaded = list(content.get("geometry", {}).values())
    for one in loaded:
        one["faces"] = triangulate_quads(one["faces"])
    count = sum(len(one["faces"]) for one in loaded)
    if not count:
        raise UserError(f"{name} has no triangles")
    if count > MOST_TRIANGLES:
        raise UserError(f"{count:,} triangles, {MOST_TRIANGLES:,} are allowed")
    every = np.concatenate([one["vertices"] for one in loaded])
    if not np.isfinite(every).all():
        raise UserError(f"{name} has vertices that are no numbers")
    place = _placed(every, size, rotation)
    parts: list[Part] = []
    materials: dict[tuple[str, bytes], Material] = {}
    for one in loaded:
        uv = getattr(one["visual"], "uv", None)
        uv = np.zeros((len(one["vertices"]), 2)) if uv is None else np.nan_to_num(uv[:, :2])
        made = _material(getattr(one["visual"], "material", None), said, missing)
        material = materials.setdefault((made.kind, made.look.tobytes()), made)
        mesh = Mesh(place(one["vertices"]), one["faces"], uv * [1, -1])  # rows run down
        parts.append(Part(mesh, material))
    return parts, list(dict.fromkeys(missing))


def _placed(
    vertices: np.ndarray, size: Sequence[float], rotation: Sequence[float]
) -> Callable[[np.ndarray], np.ndarray]:
    """What takes the model's vertices, of which these are all, to metres with z up."""
    turn = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]) @ np.reshape(rotation, (3, 3))
    low, high = (vertices @ turn.T).min(0), (vertices @ turn.T).max(0)
    scale = np.array(size) / np.where(high > low, high - low, 1)
    middle = np.array([*(low + high)[:2] / 2, low[2]])
    return lambda points: (points @ turn.T - middle) * scale


def _material(made: Any, said: dict[str, dict[str, str]], missing: list[str]) -> Material:
    """A material of the renderer from one of trimesh; what it lacks is noted in `missing`."""
    stated = said.get(getattr(made, "name", ""), {})
    colours = getattr(made, "kwargs", {})
    if float(stated.get("d", "1").split()[-1]) < CLEAR:
        return PANE
    look = np.clip(np.resize(colours.get("kd", 0.6), 3), 0, 1).astype(float)
    if "map_Kd" in stated:
        picture = _picture(getattr(made, "image", None))
        if picture is None:
            missing.append(f"texture {stated['map_Kd']}")
        else:
            look = picture
    glossy = np.mean(colours.get("ks", 0)) > SHINY and np.mean(colours.get("ns", 0)) > 20
    return Material("plastic" if glossy else "diffuse", look)


def _picture(image: Image.Image | None) -> np.ndarray | None:
    """A texture uint8 [256, 256, 3]; None if it cannot be read.

    Raises:
        UserError: much of it is transparent, and depth would be that of the whole surface.
    """
    if image is None or image.width * image.height > MOST_PIXELS:
        return None
    try:
        pixels = np.asarray(image.convert("RGBA").resize((SIZE, SIZE), Image.Resampling.LANCZOS))
    except (OSError, SyntaxError, ValueError):  # what Pillow raises for broken files
        return None
    if (pixels[..., 3] < 128).mean() > HOLES:
        raise UserError("a texture with holes")
    return np.ascontiguousarray(pixels[..., :3])
