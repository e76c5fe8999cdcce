"""`dav2 evaluate`: how good a model is, ours or anybody's."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, get_args

from dav2.cli.options import Count, ModelOptions, SetOptions, given, opening
from dav2.errors import UserError


def _opened(model: str, options: ModelOptions | None) -> Any:
    from dav2.evaluate.models import open_model

    opened = open_model(model, **opening(options))
    print(opened.description)
    if opened.device:
        print(f"device: {opened.device}")
    return opened


@contextmanager
def _kept(folder: Path | None) -> Iterator[Path]:
    """The folder that was asked for, or one that is deleted at the end."""
    if folder:
        yield folder
        return
    with TemporaryDirectory() as temporary:
        yield Path(temporary)


def _write_picture(path: Path, picture: Any) -> None:
    from dav2.disk import atomic_path

    with atomic_path(path) as temporary:
        temporary.write_bytes(picture.png())
    print(f"picture: {path}")


def da2k(
    root: Path,
    *,
    model: str,
    json: Path | None = None,
    predictions: Path | None = None,
    gallery: Path | None = None,
    options: ModelOptions | None = None,
) -> None:
    """Score any model on a benchmark in DA-2K's layout, beside rules that learned nothing.

    Args:
        root: folder with annotations.json and images/, or DA-2K.zip as downloaded.
        model: a finished stage of a run, weights, an export; hf:NAME (transformers) or
            marigold:NAME (diffusers), of the Hub or a folder; FILE.onnx; module:function; or a rule
            such as "lower is nearer".
        json: file for the result.
        predictions: folder in which maps are kept, larger is nearer (a repeated call goes on there).
        gallery: PNG file for a picture of what it gets wrong.
    """
    from dav2.disk import write_json
    from dav2.evaluate import evaluate_da2k, format_da2k, trivial_baselines
    from dav2.evaluate.table import format_remarks

    opened = _opened(model, options)
    with _kept(predictions) as folder:
        result = evaluate_da2k(opened.nearness, root, folder, identity=opened.identity)
        baselines = trivial_baselines(root)
        print(format_da2k({**baselines, model: result}))
        for remark in format_remarks(model, result):
            print(remark)
        if json:
            about = {
                "model": model,
                "description": opened.description,
                "sign": opened.sign,
                "seed": opened.seed,
                "root": str(root.resolve()),
                "predictions": str(predictions.resolve()) if predictions else None,
            }
            write_json(json, {**result, "baselines": baselines, **about})
        if gallery:
            from dav2.evaluate.gallery import da2k_sheet

            title = f"{model}: {result['accuracy']:.1%} of {result['pairs']} pairs"
            _write_picture(gallery, da2k_sheet(root, {model: folder}, title=title))


def compare(a: Path, b: Path, /, *, json: Path | None = None, gallery: Path | None = None) -> None:
    """Is one of two models better?

    Pair by pair, with an interval over images and McNemar's exact test.

    Args:
        a: what `dav2 evaluate da2k --json` wrote of one model.
        b: what it wrote of the other, on the same benchmark.
        json: file for the comparison.
        gallery: PNG file for pairs that only one has right; both need `--predictions` at that time.
    """
    from dav2.disk import read_json, write_json
    from dav2.evaluate import compare_da2k, format_comparison

    results = {}
    for file in (a, b):
        results[file] = read_json(file)
        if not isinstance(results[file], dict):
            raise UserError(f"{file} is no result of `dav2 evaluate da2k --json`")
    first, second = (results[file] for file in (a, b))
    try:
        compared = compare_da2k(first, second)
    except UserError as error:
        raise UserError(f"{a} and {b}: {error}") from error
    names = [str(results[file].get("model", file)) for file in (a, b)]
    print(format_comparison(names[0], names[1], compared))
    if json:
        write_json(json, {"a": names[0], "b": names[1], **compared})
    if gallery:
        from dav2.evaluate.gallery import da2k_sheet

        for file in (a, b):
            if not results[file].get("predictions"):
                raise UserError(
                    f"the maps of {file} were not kept; make it again with --predictions DIR"
                )
        maps = {
            f"{letter}: {name}": Path(one["predictions"])
            for letter, name, one in zip("ab", names, (first, second), strict=True)
        }
        sheet = da2k_sheet(Path(first["root"]), maps, title="   ".join(maps))
        _write_picture(gallery, sheet)


def relative(
    *,
    set: str,
    root: Path,
    model: str,
    protocol: Literal["all", "depth_anything", "midas", "marigold", "moge"] = "all",
    json: Path | None = None,
    predictions: Path | None = None,
    sheet: Path | None = None,
    limit: Count | None = None,
    set_options: SetOptions | None = None,
    options: ModelOptions | None = None,
) -> None:
    """Score any model's relative depth on a set with measured or rendered depth.

    Relative depth has no inverse, so that all protocols but marigold take disparity and metres only.
    The table says how many frames were fitted upside down (with a negative scale), and shows the
    parts of diode (indoors, outdoor) apart too. What others measured with the released weights
    stands on the cards of the sets.

    Args:
        set: rendered, hypersim, vkitti2, blendedmvs, irs, tartanair, nyuv2, kitti, sintel, eth3d,
            diode, moge, motorcycle, rgbd (NAME.jpg with NAME_depth.png, .npy or .exr), or module:name.
        root: its folder.
        model: as for `dav2 evaluate da2k`.
        protocol: depth_anything (errors of disparity, limits of MiDaS), midas (of depth, up to the
            set's cap), marigold (of depth, its limits and windows), moge (of depth, up to the
            farthest truth of the frame), or all.
        json: file for the results, frame by frame.
        predictions: folder in which maps are kept (a repeated call goes on there).
        sheet: PNG file for the best, the median and the worst frame; one per protocol.
        limit: only the first so many frames.
    """
    from dav2.disk import write_json
    from dav2.evaluate import format_relative
    from dav2.evaluate.protocols import Protocol
    from dav2.evaluate.sheet import relative_sheet

    depth_set = _depth_set(set, root, set_options)
    opened = _opened(model, options)
    protocols = list(get_args(Protocol)) if protocol == "all" else [protocol]
    inverse = opened.sign == "disparity" or opened.metric
    if protocol == "all" and not inverse:
        print("only marigold: the others need disparity, and relative depth has no inverse")
        protocols = ["marigold"]
    with _kept(predictions) as folder:
        results, maps = {}, {}
        for one in protocols:
            results[one], maps[one] = _relative(opened, depth_set, set, one, folder, limit)
        first, *others = results.values()
        print(format_relative({model: first} | {" " * i: r for i, r in enumerate(others, 1)}))
        for remark in [note for result in results.values() for note in result["remarks"]][:5]:
            print(f"{remark['frame']}: {remark['reason']}")
        if json:
            about = {
                "model": model,
                "description": opened.description,
                "sign": opened.sign,
                "seed": opened.seed,
            }
            write_json(json, {**about, "results": results})
        if sheet:
            for one in protocols:
                path = sheet if len(protocols) == 1 else sheet.with_stem(f"{sheet.stem}_{one}")
                _write_picture(path, relative_sheet(results[one], depth_set, maps[one]))


def _depth_set(name: str, root: Path, options: SetOptions | None) -> Any:
    from dav2.data.frames import DepthSet
    from dav2.data.labelled import find_labelled

    labelled = find_labelled(name, **given(options))
    depth_set = DepthSet(labelled, labelled.find(root))
    for remark in labelled.remarks(root) if labelled.remarks else ():
        print(remark)
    return depth_set


def _relative(
    opened: Any, depth_set: Any, name: str, protocol: Any, folder: Path, limit: int | None
) -> tuple[dict[str, Any], Path]:
    """The result under one protocol, and the folder of its maps."""
    from dav2.evaluate import evaluate_relative
    from dav2.evaluate.protocols import rules_of

    predict, sign = opened.predict, opened.sign
    if protocol != "marigold" and sign == "depth" and opened.metric:
        predict, sign = opened.disparity, "disparity"
    crop_px = rules_of(protocol, name).crop_px
    # Shared by protocols that want the same.
    out = folder / name / f"{sign}_{'x'.join(map(str, crop_px or ())) or 'whole'}"
    result = evaluate_relative(
        predict, depth_set, protocol, sign, out, limit, identity=f"{opened.identity} {sign}"
    )
    return result, out
