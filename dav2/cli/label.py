"""`dav2 label`: what a teacher teaches its students."""

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from dav2.cli.options import Count, ModelOptions, Natural, opening

if TYPE_CHECKING:
    from dav2.infer import Predictor


def _teacher(model: str, batch_size: int, options: dict[str, Any]) -> "Predictor":
    """Open anything as a teacher. A network of ours looks at its own size of labelling; other models
    are shown pictures at the official one."""
    from dav2.evaluate.models import kind_of, open_model
    from dav2.infer import FunctionNetwork, Inverted, Predictor, open_predictor
    from dav2.model import OFFICIAL

    if kind_of(model) == "ours" and options.keys() <= {
        "version",
        "max_depth",
        "shorter_px",
        "device",
    }:
        predictor = open_predictor(model, labelling=True, batch_size=batch_size, **options)
        if predictor.model.max_depth is not None:
            predictor.model = Inverted(predictor.model)
        return predictor
    shorter_px = options.pop("shorter_px", OFFICIAL.label_shorter_px)
    opened = open_model(model, **options)
    print(opened.description)
    if opened.sign == "depth" and not opened.metric:
        print(
            "its depth is relative: labels have its order, and the spacing of depth, not disparity's"
        )
        function = opened.nearness
    else:
        function = opened.disparity
    network = FunctionNetwork(function, f"{opened.identity} {function.__name__}")
    return Predictor(network, shorter_px, flip=True, batch_size=batch_size)


def label(
    *,
    model: str,
    images: Path,
    out: Path,
    collection: str = "folder",
    limit: Count | None = None,
    photos_per_shard: Count = 32,
    batch_size: Count = 1,
    threads: Count = 4,
    ray: Natural = 0,
    ray_cpus: Count = 1,
    ray_gpus: Annotated[float, Parameter(validator=Number(gte=0))] = 0,
    sheets: Natural = 100,
    options: ModelOptions | None = None,
) -> None:
    """Pseudo-label photographs; repeat the call to resume.

    Args:
        model: a finished stage of a run, such as runs/lab-0/teacher, a file of weights (official,
            Hugging Face, own), an exported file, hf:NAME, marigold:NAME, or module:function.
        images: folder of photographs, searched recursively.
        out: folder for the label store.
        collection: how they lie there: folder, or one of the paper's sets as it comes, packed or
            unpacked (datasets/NAME/README.md): bdd100k, landmarks, imagenet21k, lsun, objects365,
            openimages, places365, sa1b; or module:name, a function of your own.
        limit: only the first so many photographs.
        photos_per_shard: a kill costs at most a shard, and each is two files: thousands for millions
            of photographs.
        batch_size: photographs of one size that go through the network together.
        threads: that decode and encode beside the network; more where a GPU waits for them.
        ray: label with so many workers of Ray (pip install 'dav2[ray]'), on the cluster that
            RAY_ADDRESS names or else on this machine. All see the folders under the same paths.
        ray_cpus: of each worker, for the network.
        ray_gpus: of each worker, may be a fraction; with one the network computes there.
        sheets: draw the surest and least sure labels of the first shard and of every so many-th
            after it, OUT/sheet-NNNNN.png; 0: none.
    """
    from dav2.data.photographs import COLLECTIONS
    from dav2.label import label_photos, label_shards, summarise
    from dav2.label.local import Driver
    from dav2.label.sheet import write_sheets
    from dav2.lookup import find_named

    driver: Driver = label_shards
    if ray:
        from dav2.label.ray import with_ray

        driver = with_ray(ray, ray_cpus, ray_gpus)
    found = find_named(collection, COLLECTIONS, "collection")
    photos = images if collection == "folder" else found(images)
    teacher = _teacher(model, batch_size, opening(options))
    print(f"device: {teacher.device}")
    before, started = {path.name for path in out.glob("labels-*.json")}, perf_counter()
    manifest = label_photos(
        teacher,
        photos,
        out,
        limit,
        photos_per_shard=photos_per_shard,
        threads=threads,
        driver=driver,
    )
    print(f"label store: {out}, {summarise(manifest, before, perf_counter() - started)}")
    if sheets:
        written = write_sheets(out, teacher, sheets)
        print(f"sheets, surest and least sure labels: {written[0]}, {len(written)} in all")
