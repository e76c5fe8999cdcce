"""`dav2 render`: scenes with perfect depth."""

from pathlib import Path
from typing import Annotated

from dav2.cli.options import LISTED, Count, Natural, Size


def render(
    *,
    out: Path,
    count: Count,
    size: Size = (320, 240),
    seed: Natural = 0,
    workers: Count = 2,
    families: Annotated[list[str], LISTED] | None = None,
    styles: Annotated[list[str], LISTED] | None = None,
    sheets: Path | None = None,
    furniture: Path | None = None,
) -> None:
    """Render scenes with exact depth; repeat the call to go on after an interruption.

    Args:
        out: folder for the views.
        count: number of views.
        size: width x height in pixels, such as 320x240.
        seed: every view depends on this and its own number alone.
        workers: processes; one per core is best.
        families: which kinds of scene, such as street,aerial (default: all); module:function is one of
            your own.
        styles: which looks, such as none,night,fog (default: all).
        sheets: folder for contact sheets, one per family and style.
        furniture: catalogue of modelled furniture (.sh3f file or folder), which adds the family
            showroom; datasets/scenes/README.md says where it comes from.
    """
    from dav2.manifests import read_manifest
    from dav2.render import contact_sheets, render_set

    done = render_set(
        out,
        count,
        size,
        seed,
        workers,
        families=families,
        styles=styles,
        furniture=furniture,
    )
    print(f"rendered set: {done}")
    if furniture:
        facts = read_manifest(done)["furniture"]
        print(
            f"furniture: {facts['models']} models ({facts['licence']}), "
            f"{len(facts['set_aside'])} set aside, {len(facts['plain'])} partly in plain colours"
        )
        for what in ("set_aside", "plain"):
            for name, reason in facts[what].items():
                print(f"  {what.replace('_', ' ')}: {name}: {reason}")
    for sheet in contact_sheets(done, sheets) if sheets else ():
        print(f"contact sheet: {sheet}")
