"""`dav2 data`: what sets hold, and packs of them."""

import sys
from pathlib import Path
from typing import Any

from dav2.cli.options import Count, Natural, Positive, SetOptions, given


def _named(name: str, options: SetOptions | None) -> Any:
    from dav2.data.labelled import find_labelled

    return find_labelled(name, **chosen) if (chosen := given(options)) else name


def check(
    name: str,
    root: Path,
    *,
    draw: Path | None = None,
    json: Path | None = None,
    limit: Count | None = None,
    sample: Count | None = None,
    seed: Natural = 0,
    options: SetOptions | None = None,
) -> None:
    """Say what a set holds and what is broken in it.

    Reads every sample as training would and never stops at a broken one. Ends with exit status 1 if
    a sample is broken or a name is used twice.

    Args:
        name: rendered, hypersim, vkitti2, blendedmvs, irs, tartanair, nyuv2, kitti, sintel, eth3d,
            diode, moge; rgbd (NAME.jpg with NAME_depth.png, .npy or .exr); folder, bdd100k, landmarks,
            imagenet21k, lsun, objects365, openimages, places365, sa1b; labels (a label store);
            packed, whose chunks are compared with their hashes; or module:name, a LabelledSet or a
            collection of your own.
        root: its folder.
        draw: PNG file for a sheet of samples, pictures beside their disparity (black is unknown).
        json: file for the whole report, every broken sample with its reason.
        limit: only the first so many samples.
        sample: read only so many, chosen by the seed (all are counted).
        seed: of the samples that are read and drawn.
    """
    from dav2.data.check import check as check_set
    from dav2.data.check import format_report, sample_sheet
    from dav2.disk import atomic_path, write_json

    report, drawn = check_set(
        _named(name, options), root, limit, sample, seed, drawn=8 if draw else 0
    )
    print(format_report(report))
    if json:
        write_json(json, report)
    if draw and drawn:
        with atomic_path(draw) as temporary:
            temporary.write_bytes(sample_sheet(drawn).png())
    if report["broken"] or report["duplicates"]:
        sys.exit(1)


def pack(
    name: str,
    root: Path,
    *,
    out: Path,
    chunk_mb: Positive = 64,
    workers: Count = 2,
    limit: Count | None = None,
    options: SetOptions | None = None,
) -> None:
    """Pack a set once into chunks for training.

    Stopped by a kill or a full disk, it is not finished; the same call goes on after the last whole
    chunk. Broken samples are set aside, see DIR/set_aside.json. JPEGs are copied as they are.

    Args:
        name: as for `dav2 data check`.
        root: its folder.
        out: new folder for the pack.
        chunk_mb: how large chunks shall be, about.
        workers: threads that read and encode.
        limit: only the first so many samples.
    """
    from dav2.data.pack import SET_ASIDE
    from dav2.data.pack import pack as pack_set

    manifest = pack_set(_named(name, options), root, out, chunk_mb, workers, limit)
    print(
        f"packed: {out}, {manifest['samples']} samples in {len(manifest['chunks'])} chunks, "
        f"{manifest['bytes'] / 1e6:.1f} MB, {manifest['set_aside']} set aside"
    )
    for remark in manifest["remarks"]:
        print(f"  {remark}")
    for reason, count in manifest["reasons"].items():
        print(f"  {count} x {reason}")
    if manifest["set_aside"]:
        print(f"  all of them: {out / SET_ASIDE}")
