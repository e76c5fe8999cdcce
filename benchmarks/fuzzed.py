"""What `benchmarks/fuzz.py` damages: of every format how a small valid file is written and read."""

import contextlib
import io
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import numpy as np
import torch
from PIL import Image

from dav2.annotate import Session, agreement, export_da2k, prepare_tasks, read_tasks
from dav2.cli.evaluate import compare
from dav2.course.grade import Broken, _read
from dav2.course.student import mark, run_settings
from dav2.data import LabelSet
from dav2.data.check import check
from dav2.data.frames import DepthSet
from dav2.data.labelled import LABELLED
from dav2.data.labels import encode_record, open_shard
from dav2.data.pack import pack
from dav2.data.photographs import COLLECTIONS
from dav2.data.photos import find_images, read_image
from dav2.data.sources import open_source
from dav2.disk import write_json
from dav2.errors import UserError
from dav2.evaluate import score_da2k
from dav2.evaluate.da2k import predict_da2k
from dav2.evaluate.pairs import read_da2k, read_photograph
from dav2.infer import open_predictor
from dav2.label.store import FACTS, is_whole
from dav2.manifests import artefact_hash, require, vouch, write_manifest
from dav2.model import WEIGHTS, build_model, load_checkpoint, network_hash, save_checkpoint
from dav2.model.states import INDEX, read_state
from dav2.runs import finished, work_in
from dav2.train.checkpointing import newest_whole
from tests.helpers.layouts import WRITE, nyuv2_mat
from tests.helpers.scenes import write_scenes


class Format(NamedTuple):
    """A kind of folder.

    Attributes:
        write: fill the folder.
        read: open and read all of it; what it holds, for comparison.
        vouched: files whose content is compared with a checksum on reading.
        damaged: what is damaged, as a pattern below the folder.
    """

    write: Callable[[Path], Any]
    read: Callable[[Path], list[Any]]
    vouched: tuple[str, ...] = ()
    damaged: str = "**/*"


ASKED = {"scale": "lab", "seed": 0, "overrides": {"teacher.steps": 3}}


def _pixels(seed: int, height: int = 24, width: int = 32) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 255, (4, 4, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height)))


def _picture(path: Path, seed: int = 0, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(_pixels(seed)).save(path, **options)
    return path


def _ramp(image: np.ndarray) -> np.ndarray:
    return np.add.outer(np.arange(len(image)), np.arange(image.shape[1])).astype(np.float32)


def _tiny(**options: Any) -> torch.nn.Module:
    torch.manual_seed(0)
    return build_model("tiny", **options).eval()


def write_labels(folder: Path) -> None:
    facts = {"file": "a.jpg"}
    tar = folder / "labels-00000.tar"
    with open_shard(tar) as append:
        for i in range(2):
            append(encode_record(f"k{i}", _pixels(i), _ramp(_pixels(i)), facts))
    about = {key: kind() for key, kind in FACTS.items()}
    write_json(tar.with_suffix(".json"), {**about, "photographs": "p", **vouch(tar)})
    shards = [{"file": tar.name, "labelled": 2}]
    write_manifest(folder, "labels", {}, {tar.name: vouch(tar)}, shards=shards)


def read_labels(folder: Path) -> list[Any]:
    whole = is_whole(folder / "labels-00000.tar", "", "p")
    labels = LabelSet(folder)
    plain = [item.read() for item in open_source("labels", folder).items]
    return [whole, [labels[i] for i in range(len(labels))], plain]


def write_pack(folder: Path) -> None:
    pack("rendered", write_scenes(folder / "scenes", 3), folder / "pack", progress=False)


def read_pack(folder: Path) -> list[Any]:
    from dav2.data.packed import PackedSet

    packed = PackedSet(folder / "pack")
    return [packed[i] for i in range(len(packed))]


def check_pack(folder: Path) -> list[Any]:
    report, _ = check("packed", folder / "pack", progress=False)
    if report["broken"]:
        raise UserError(report["broken"][0]["reason"])
    return [report, read_pack(folder)]


def write_half_pack(folder: Path) -> None:
    write_pack(folder)
    (folder / "pack/manifest.json").unlink()


def resume_pack(folder: Path) -> list[Any]:
    manifest = pack("rendered", folder / "scenes", folder / "pack", progress=False)
    return [manifest, check_pack(folder)]


def write_begun(folder: Path) -> None:
    with work_in(folder, "maps", {"model": "m", "sizes": [1, 2]}) as maps:
        for name in ("a.npy", "b.npy"):
            with maps.write(name, {"source": [3, 4]}) as temporary:
                np.save(temporary, np.ones(3))


def read_begun(folder: Path) -> list[Any]:
    with work_in(folder, "maps", {"model": "m", "sizes": [1, 2]}) as maps:
        return [maps.holds(name, {"source": [3, 4]}) for name in ("a.npy", "b.npy")]


def write_finished(folder: Path) -> None:
    (folder / "a.txt").write_text("whole")
    write_manifest(folder, "course", ASKED, {"a.txt": vouch(folder / "a.txt")})


def read_finished(folder: Path) -> list[Any]:
    require(folder, "dav2 course run", "course")
    settings = run_settings(folder)
    settings.pop("RUN_DIR")
    return [settings, artefact_hash(folder), finished(folder, "course", ASKED)]


def write_benchmark(folder: Path) -> None:
    pairs = [{"point1": [1, 2], "point2": [20, 30], "closer_point": "point2"}]
    names = ["images/indoor/a.jpg", "images/outdoor/b.png"]
    for seed, name in enumerate(names):
        _picture(folder / "da2k" / name, seed)
    write_json(folder / "da2k/annotations.json", dict.fromkeys(names, pairs))
    predict_da2k(_ramp, folder / "da2k", folder / "maps", False, "ramp")


def read_benchmark(folder: Path) -> list[Any]:
    again = predict_da2k(_ramp, folder / "da2k", folder / "maps", False, "ramp")
    return [score_da2k(folder / "da2k", again)]


def write_archive(folder: Path) -> None:
    write_benchmark(folder / "loose")
    root = folder / "loose/da2k"
    with zipfile.ZipFile(folder / "da2k.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(root.rglob("*.*")):
            archive.write(path, path.relative_to(root))


def read_archive(folder: Path) -> list[Any]:
    annotations = read_da2k(folder / "da2k.zip")
    return [(one, read_photograph(folder / "da2k.zip", one.name)) for one in annotations]


def write_results(folder: Path) -> None:
    write_benchmark(folder / "benchmark")
    result = score_da2k(folder / "benchmark/da2k", folder / "benchmark/maps")
    for name in "ab":
        write_json(folder / f"{name}.json", {"model": name, **result})


def read_results(folder: Path) -> list[Any]:
    with contextlib.redirect_stdout(io.StringIO()) as said:
        compare(folder / "a.json", folder / "b.json")
    return [said.getvalue()]


def read_labelled(name: str, folder: Path) -> list[Any]:
    samples = DepthSet(LABELLED[name], LABELLED[name].find(folder))
    return [samples.read(frame) for frame in samples.frames]


def write_lmdb(folder: Path) -> None:
    import lmdb

    store = folder / "bedroom_val_lmdb"
    with lmdb.open(str(store), map_size=1 << 20) as opened, opened.begin(write=True) as written:
        for seed in range(5):
            picture = _picture(folder / "one.webp", seed).read_bytes()
            written.put(f"{seed:040x}".encode(), picture)
    (store / "lock.mdb").unlink()
    (folder / "one.webp").unlink()


def write_tar(folder: Path) -> None:
    picture = _picture(folder / "sa_1.jpg")
    with tarfile.open(folder / "sa_000000.tar", "w") as tar:
        for number in range(3):
            tar.add(picture, f"sa_{number}.jpg")
    picture.unlink()


def read_collection(name: str, folder: Path) -> list[Any]:
    return [(photo.key, photo.load()) for photo in COLLECTIONS[name](folder)]


def write_pictures(folder: Path) -> None:
    for name in ("a.jpg", "b.png", "c.webp", "d.tif", "e.bmp"):
        _picture(folder / name)
    _picture(folder / "f.tif", compression="tiff_lzw")
    Image.fromarray(_ramp(_pixels(0)).astype(np.uint16)).save(folder / "g.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    _picture(folder / "h.jpg", exif=exif, comment="x")


def read_pictures(folder: Path) -> list[Any]:
    return [read_image(path) for path in find_images(folder)]


def write_stage(folder: Path) -> None:
    network = _tiny()
    save_checkpoint(network, folder / WEIGHTS)
    facts = {"preset": "tiny", "max_depth": None, "preprocessing": asdict(network.preprocessing)}
    write_manifest(folder, "network", {}, {WEIGHTS: vouch(folder / WEIGHTS)}, **facts)


def read_network(folder: Path) -> list[Any]:
    return [network_hash(open_predictor(folder).model)]


def write_huggingface(folder: Path) -> None:
    backbone = {"out_indices": [3, 6, 9, 12], "model_type": "dinov2"}
    facts = {"model_type": "depth_anything", "backbone_config": backbone, "max_depth": 20}
    write_json(folder / "config.json", {**facts, "depth_estimation_type": "metric"})
    save_checkpoint(_tiny(max_depth=20), folder / WEIGHTS)


def read_huggingface(folder: Path) -> list[Any]:
    return [network_hash(load_checkpoint(_tiny(max_depth=20), folder / WEIGHTS))]


def write_parts(folder: Path) -> None:
    from safetensors.torch import save_file

    state = list(_tiny().state_dict().items())
    parts = {"a.safetensors": dict(state[:9]), "b.safetensors": dict(state[9:20])}
    for name, part in parts.items():
        save_file(part, folder / name)
    where = {key: name for name, part in parts.items() for key in part}
    write_json(folder / INDEX, {"weight_map": where})


def read_parts(folder: Path) -> list[Any]:
    return sorted(read_state(folder / INDEX).items())


def write_checkpoints(folder: Path) -> None:
    state = _tiny().state_dict()
    torch.save(state, folder / "weights.pth")
    kept = {"state_dict": {f"network.{key}": value for key, value in state.items()}}
    torch.save({**kept, "global_step": 3, "epoch": 0}, folder / "last.ckpt")


def read_checkpoints(folder: Path) -> list[Any]:
    found = [folder / "weights.pth", folder / "last.ckpt"]
    return [network_hash(load_checkpoint(_tiny(), path)) for path in found]


def read_newest(folder: Path) -> list[Any]:
    return [network_hash(load_checkpoint(_tiny(), newest_whole(folder, say=False)))]


def write_export(suffix: str, folder: Path) -> None:
    from dav2.infer import export

    write = {".onnx": export.export_onnx, ".xml": export.export_openvino}[suffix]
    write(_tiny(), folder / f"tiny{suffix}")


def read_export(suffix: str, folder: Path) -> list[Any]:
    network = open_predictor(folder / f"tiny{suffix}").model
    return [network(torch.zeros(1, 3, 32, 32))]


def write_tasks(folder: Path) -> None:
    _picture(folder / "photographs/indoor/a.png")
    prepare_tasks(folder / "photographs", folder / "tasks", None, 0, 2, progress=False)
    for name in ("ada", "bob"):
        session = Session(folder / "tasks", name)
        session.answer(0, [[1, 2], [3, 4]])
        session.answer(1, [[5, 6], [7, 8]])


def read_answered(folder: Path) -> list[Any]:
    counts = prepare_tasks(folder / "photographs", folder / "tasks", None, 0, 2, progress=False)
    session = Session(folder / "tasks", "ada")
    said = [session.remaining, read_tasks(folder / "tasks"), agreement(folder / "tasks")]
    return [counts, *said, export_da2k(folder / "tasks", folder / "exported")]


def _lesson() -> nbformat.NotebookNode:
    code = nbformat.v4.new_code_cell
    solved = "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION"
    cells = [
        code("SCALE = 1", id="parameters", metadata={"tags": ["parameters"]}),
        code(solved, id="exercise"),
        code("check_f(f, points=2)", id="check"),
    ]
    return mark(nbformat.v4.new_notebook(cells=cells))


def write_submission(folder: Path) -> None:
    nbformat.write(_lesson(), folder / "00.ipynb")


def read_submission(folder: Path) -> list[Any]:
    try:
        return [nbformat.writes(_read(folder / "00.ipynb", _lesson()))]
    except Broken as error:  # what its student reads beside the notebook's name
        raise UserError(f"{folder}: {error}") from error


def write_furniture(folder: Path) -> None:
    facts = {"model": "/m/a.obj", "name": "a", "width": 90, "depth": 60, "height": 120}
    lines = [f"{key}#1={value}" for key, value in facts.items()]
    _picture(folder / "a.png")
    with zipfile.ZipFile(folder / "a.sh3f", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("PluginFurnitureCatalog.properties", "\n".join(lines))
        corners = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 1\nvt 0 0\nvt 1 0\nvt 1 1\n"
        archive.writestr("m/a.obj", f"mtllib a.mtl\n{corners}usemtl a\nf 1/1 2/2 3/3\nf 1 2 4\n")
        archive.writestr("m/a.mtl", "newmtl a\nKd 0.2 0.4 0.6\nmap_Kd a.png\n")
        archive.write(folder / "a.png", "m/a.png")
    (folder / "a.png").unlink()


def read_furniture(folder: Path) -> list[Any]:
    from dav2.scenery.sweethome import load_piece, open_catalogue

    catalogue = open_catalogue(folder / "a.sh3f")
    pieces = [load_piece(catalogue, piece) for piece in catalogue.pieces]
    return [catalogue.licence, catalogue.set_aside, catalogue.plain, pieces]


FORMATS: dict[str, Format] = {
    "labels": Format(write_labels, read_labels),
    "pack": Format(write_pack, read_pack, damaged="pack/*"),
    "pack, checked": Format(write_pack, check_pack, ("chunk-000000.bin",), "pack/*"),
    "pack, resumed": Format(write_half_pack, resume_pack, ("chunk-000000.bin",), "pack/**/*"),
    "stage, begun": Format(write_begun, read_begun),
    "stage, finished": Format(write_finished, read_finished),
    "maps and DA-2K": Format(write_benchmark, read_benchmark),
    "DA-2K archive": Format(write_archive, read_archive, damaged="*.zip"),
    "DA-2K results": Format(write_results, read_results, damaged="*.json"),
    "rendered": Format(
        lambda folder: write_scenes(folder / "s", 1),
        lambda folder: read_labelled("rendered", folder / "s"),
    ),
    **{name: Format(write, partial(read_labelled, name)) for name, write in WRITE.items()},
    "nyuv2, official": Format(nyuv2_mat, partial(read_labelled, "nyuv2")),
    "LMDB": Format(write_lmdb, partial(read_collection, "lsun")),
    "tar of photographs": Format(write_tar, partial(read_collection, "sa1b")),
    "pictures": Format(write_pictures, read_pictures),
    "stage of a network": Format(write_stage, read_network, (WEIGHTS,)),
    "hub": Format(lambda folder: _tiny().save_pretrained(folder), read_network),
    "hub of transformers": Format(write_huggingface, read_huggingface),
    "weights in parts": Format(write_parts, read_parts),
    "checkpoints": Format(write_checkpoints, read_checkpoints),
    "last checkpoint": Format(write_checkpoints, read_newest, damaged="*.ckpt"),
    "ONNX": Format(partial(write_export, ".onnx"), partial(read_export, ".onnx")),
    "OpenVINO": Format(partial(write_export, ".xml"), partial(read_export, ".xml")),
    "annotation": Format(write_tasks, read_answered),
    "submission": Format(write_submission, read_submission),
    "furniture": Format(write_furniture, read_furniture),
}
