"""Damaged files of every format are read or refused in words, see `benchmarks/fuzz.py`."""

import sys
from importlib import import_module, util

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("forks, and limits memory, as Linux does", allow_module_level=True)
fuzz = import_module("benchmarks.fuzz")
# Exports take seconds to write.
FORMATS = [name for name in fuzz.FORMATS if name not in ("ONNX", "OpenVINO")]
NEEDS = {
    "hypersim": "h5py", "nyuv2, official": "h5py", "irs": "OpenEXR", "LMDB": "lmdb",
    "pack": "litdata", "pack, checked": "litdata", "pack, resumed": "litdata",
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_damage_is_read_or_named(name):
    if name in NEEDS and util.find_spec(NEEDS[name]) is None:
        pytest.skip(f"no {NEEDS[name]}")
    assert [row for row in fuzz.fuzz(name, 20) if row[2] in ("unclear", "silent")] == []
