"""Pseudo-labelling: a teacher looks at photographs and its disparity becomes their label.

V2 section 5.1: labels are made from clean images by the most capable teacher, once, and stored.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from dav2.data.labels import write_shard
from dav2.data.photos import UnreadableImage, find_images, read_image
from dav2.infer import Predictor
from dav2.model import weights_hash
from dav2.runs import is_finished, read_json, sweep_temporaries, write_json, write_manifest

PHOTOS_PER_SHARD = 32


def _label_one(predictor: Predictor, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """The photograph uint8 [h, w, 3] at network size and its disparity [h, w].

    Raises:
        UnreadableImage: the file is unusable, or the label is constant or not finite.
    """
    prepared, disparity = predictor.predict_at_network_size(read_image(path))
    label = disparity[0, 0].float().cpu().numpy()
    if not np.isfinite(label).all() or label.max() <= label.min():
        raise UnreadableImage(f"{path}: the teacher's disparity is constant or not finite")
    pixels = (prepared[0] * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    return pixels, label


def _label_shard(predictor: Predictor, root: Path, paths: Sequence[Path], shard: Path) -> None:
    records: list[tuple[str, np.ndarray, np.ndarray, dict[str, Any]]] = []
    skipped = []
    for path in paths:
        source = path.relative_to(root).as_posix()
        try:
            pixels, label = _label_one(predictor, path)
        except UnreadableImage as error:
            skipped.append({"file": source, "reason": str(error)})
            continue
        key = source.replace("/", "__").replace(".", "_")
        low, high = float(label.min()), float(label.max())
        records.append((key, pixels, label, {"file": source, "range": [low, high]}))
    write_shard(shard, records)
    write_json(shard.with_suffix(".json"), {"labelled": len(records), "skipped": skipped})


def label_photos(
    teacher: Predictor,
    photos: Path | str,
    out: Path | str,
    limit: int | None = None,
    progress: bool = True,
) -> dict[str, Any]:
    """Pseudo-label the photographs under `photos` into a label store at `out`.

    Image and label are kept at the size at which the teacher looks. Files that cannot be used are
    set aside and counted with their reason. Finished shards are kept when a killed call is
    repeated; the manifest is written last.

    Args:
        teacher: averages with the mirrored photograph's map if made by
            `open_predictor(..., labelling=True)`.
        limit: take only the first so many photographs.

    Returns:
        The manifest: shards, number of labelled photographs, skipped files with reasons.

    Raises:
        FileNotFoundError: no photographs.
        ValueError: `out` was begun with another teacher, size or set of photographs.
    """
    photos, out = Path(photos), Path(out)
    paths = find_images(photos)[:limit]
    names = "\n".join(path.relative_to(photos).as_posix() for path in paths)
    plan = {
        "teacher": weights_hash(teacher.model),
        "looks": teacher.settings,
        "photos": len(paths),
        "names": hashlib.sha256(names.encode()).hexdigest(),
    }
    if (out / "plan.json").exists() and read_json(out / "plan.json") != plan:
        raise ValueError(
            f"{out} was begun with another teacher, size or set of photographs; "
            "delete it or choose another folder"
        )
    if is_finished(out):
        return read_json(out / "manifest.json")
    write_json(out / "plan.json", plan)
    sweep_temporaries(out)

    shards = []
    with tqdm(total=len(paths), unit="photo", desc="label", disable=not progress) as bar:
        for number, first in enumerate(range(0, len(paths), PHOTOS_PER_SHARD)):
            shard = out / f"labels-{number:05d}.tar"
            part = paths[first : first + PHOTOS_PER_SHARD]
            if not shard.with_suffix(".json").exists():
                _label_shard(teacher, photos, part, shard)
            shards.append({"file": shard.name, **read_json(shard.with_suffix(".json"))})
            bar.update(len(part))
    labelled = sum(shard["labelled"] for shard in shards)
    if not labelled:
        raise ValueError(f"none of the {len(paths)} photographs in {photos} could be labelled")
    skipped = [entry for shard in shards for entry in shard.pop("skipped")]
    manifest = {
        "kind": "labels",
        **plan,
        "labelled": labelled,
        "skipped": skipped,
        "shards": shards,
    }
    write_manifest(out, **manifest)
    return manifest
