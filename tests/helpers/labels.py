"""Label stores, written by hand and compared."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from dav2.data.labels import encode_record, open_shard
from dav2.manifests import vouch, write_manifest


def write_shard(
    path: Path, records: Iterable[tuple[str, np.ndarray, np.ndarray, dict[str, Any]]]
) -> None:
    """Write (key, image uint8 [H, W, 3], disparity [H, W], facts) records as one tar."""
    with open_shard(path) as append:
        for record in records:
            append(encode_record(*record))


def write_labels_manifest(store: Path, labelled: int) -> None:
    """Finish a label store of one shard."""
    shard = {"file": "labels-00000.tar", "labelled": labelled}
    write_manifest(
        store, "labels", {}, {shard["file"]: vouch(store / shard["file"])}, shards=[shard]
    )


def shard_bytes(store):
    """Read all files of shards, tars and what they say of themselves, by name."""
    return {path.name: path.read_bytes() for path in sorted(store.glob("labels-*"))}
