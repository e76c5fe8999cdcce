"""Mitsuba 3 with the fastest variant that runs here."""

import os
import platform
import subprocess
import sys
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from dav2.optional import optional


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
    mi = optional("mitsuba", "rendering needs Mitsuba", "render")
    mi.set_variant(variant)
    mi.set_log_level(mi.LogLevel.Error)
    if variant.startswith("llvm"):
        import drjit

        drjit.set_thread_count(1)
    return mi
