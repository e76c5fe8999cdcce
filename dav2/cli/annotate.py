"""`dav2 annotate`: a benchmark like DA-2K of one's own photographs; prepare, open, agreement, export."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from dav2.cli.options import LISTED, Count, Device, Natural, Port, Weights, given, relative
from dav2.errors import UserError


def _opinions(models: list[str], **weights: Any) -> dict[str, Callable[[Any], Any]]:
    """What is to disagree, by a name that stays with its weights; `weights` as of `open_network`."""
    from dav2.annotate import mirrored
    from dav2.evaluate import TRIVIAL_RULES
    from dav2.infer import open_predictor
    from dav2.model import network_hash

    found = {}
    for model in models:
        if model in TRIVIAL_RULES:
            found[model] = TRIVIAL_RULES[model]
            continue
        predictor = relative(open_predictor(model, **weights), model)
        print(f"device: {predictor.device}")
        name = f"{Path(model).name} {network_hash(predictor.model)[:12]}"
        found[f"{name}, {predictor.settings}"] = predictor.predict
        if len(models) == 1:
            closer = open_predictor(model, shorter_px=2 * predictor.shorter_px, **weights)
            found[f"{name}, mirrored"] = mirrored(predictor.predict)
            found[f"{name}, {closer.settings}"] = closer.predict
    return found


def prepare(
    *,
    images: Path,
    out: Path,
    models: Annotated[list[str], LISTED] | None = None,
    pairs_per_image: Count = 2,
    own_pairs_per_image: Natural | None = None,
    seed: Natural = 0,
    device: Device = "auto",
    weights: Weights | None = None,
) -> None:
    """List what annotators will be asked; repeat the call to go on.

    Args:
        images: folder of photographs, searched recursively. Folders named like DA-2K's scene types
            (indoor, outdoor, ...) preset the type.
        out: folder for tasks, copies of the photographs, and answers.
        models: networks that propose pairs by disagreeing: --models A B; stages of runs,
            files of weights, or trivial rules. A single network is compared with itself on the
            mirrored picture and at twice the size.
        pairs_per_image: at most so many proposed pairs.
        own_pairs_per_image: so many hard pairs that annotators look for (default: 1 without models,
            else none).
        seed: of the choice of pairs.
    """
    from dav2.annotate import prepare_tasks

    own = (0 if models else 1) if own_pairs_per_image is None else own_pairs_per_image
    opinions = _opinions(models or [], device=device, **given(weights))
    counts = prepare_tasks(images, out, opinions, pairs_per_image, own, seed)
    print(
        f"{out}: {counts['pictures']} pictures, {counts['proposed']} proposed pairs, "
        f"{counts['own']} of one's own, {len(counts['set_aside'])} set aside"
    )
    for entry in counts["set_aside"]:
        print(f"  {entry['reason']}")
    print(f"annotate: dav2 annotate open --out {out} --annotator NAME")


def open(*, out: Path, annotator: str, port: Port = 0, browser: bool = True) -> None:
    """Ask an annotator in the browser; stop with Ctrl+C, and go on any time.

    Args:
        out: folder that `dav2 annotate prepare` made.
        annotator: your name; your answers are in OUT/answers-NAME.json after every answer.
        port: of the page on this machine; 0 takes a free one.
        browser: open the page, or only print its address.
    """
    import webbrowser

    from dav2.annotate import Session
    from dav2.annotate.page import redirect, serve

    session = Session(out, annotator)
    try:
        server, address = serve(session, port)
    except OSError as error:
        raise UserError(f"port {port} cannot be had ({error}); choose another") from error
    print(f"{len(session.remaining)} questions for {annotator}: {address}", flush=True)
    try:
        with redirect(address) as file:
            if browser:
                webbrowser.open(file.as_uri())
            server.serve_forever()
    except KeyboardInterrupt:
        print(f"\n{session.file}: {len(session.answers)} answers")
    finally:
        server.server_close()


def agreement(*, out: Path, json: Path | None = None) -> None:
    """Say how far annotators agree, and about which pairs they do not.

    Args:
        out: folder with their answers.
        json: file for the numbers and the disputed pairs.
    """
    from dav2.annotate import agreement as compare
    from dav2.annotate import format_agreement
    from dav2.disk import write_json

    rows = compare(out)
    print(format_agreement(rows))
    if json:
        write_json(json, rows)


def export(*, out: Path, to: Path) -> None:
    """Write what all annotators decided alike in DA-2K's layout, for `dav2 evaluate da2k`.

    Args:
        out: folder with their answers.
        to: folder for the benchmark.
    """
    from dav2.annotate import export_da2k

    counts = export_da2k(out, to)
    print(f"{to}: {counts['pairs']} pairs on {counts['images']} images")
    for reason in ("disputed", "skipped", "unanswered", "scene_disputed"):
        if counts[reason]:
            print(f"  left out, {reason.replace('_', ' ')}: {counts[reason]}")
