"""Ship a finished stage with the package: its weights in half precision, and what made them.

    python benchmarks/ship.py --stage RUN/student_light    # any finished stage of a lite0

Writes dav2/shipped/lite0 (model.safetensors, manifest.json) and prints how far the shipped maps are
from those of the full weights, and the score on da2k_mini, which was not looked at in training.
"""

import argparse
from pathlib import Path

import numpy as np
from safetensors.torch import load_file, save_file

from dav2.data import read_image
from dav2.disk import atomic_path
from dav2.evaluate import evaluate_da2k, read_da2k
from dav2.infer import open_predictor
from dav2.manifests import MANIFEST, read_manifest, vouch, write_manifest
from dav2.model import SHIPPED, WEIGHTS

BENCHMARK = Path(__file__).parents[1] / "datasets" / "da2k_mini"


def halve(stage: Path, out: Path) -> None:
    """Write the weights of `stage` into `out` as float16."""
    state = {name: value.half() for name, value in load_file(stage / WEIGHTS).items()}
    with atomic_path(out / WEIGHTS) as temporary:
        save_file(state, temporary)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stage", type=Path, required=True)
    stage = parser.parse_args().stage
    facts = read_manifest(stage, "network")
    if facts["preset"] != (out := SHIPPED).name:
        parser.error(f"{stage} is a {facts['preset']}; what ships is {SHIPPED}")
    (out / MANIFEST).unlink(missing_ok=True)  # it vouches for what is about to change
    halve(stage, out)
    write_manifest(out, **facts | {"files": {WEIGHTS: vouch(out / WEIGHTS)}})

    full, shipped = open_predictor(stage), open_predictor(out)
    gaps = []
    for annotation in read_da2k(BENCHMARK):
        photo = read_image(BENCHMARK / annotation.name)
        one, other = full.predict(photo), shipped.predict(photo)
        gaps.append(float(np.abs(one - other).max() / np.ptp(one)))
    result = evaluate_da2k(shipped.predict, BENCHMARK, progress=False)
    scenes = {name: scene["accuracy"] for name, scene in result["scenes"].items()}
    low, high = result["interval"]
    print(f"{out}: {(out / WEIGHTS).stat().st_size / 1e6:.1f} MB")
    print(f"half precision changes a map by at most {max(gaps):.1e} of its range")
    print(f"da2k_mini {result['accuracy']:.1%} ({low:.1%} to {high:.1%}), {result['pairs']} pairs")
    print("  " + ", ".join(f"{name} {value:.0%}" for name, value in scenes.items()))


if __name__ == "__main__":
    main()
