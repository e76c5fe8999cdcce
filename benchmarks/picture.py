"""The picture of the README: photographs of the benchmark with the maps of a finished run.

python benchmarks/picture.py --run runs/lab-0 --out notebooks/pictures/maps.jpg
"""

import argparse
from pathlib import Path

import numpy as np

from dav2.data import read_image
from dav2.picture import gallery

ROOT = Path(__file__).parents[1] / "datasets" / "da2k_mini"
PHOTOGRAPHS = (
    "outdoor/konark_sun_temple",
    "object/lemur",
    "indoor/pov_hands",
    "outdoor/castle_maintenon",
    "object/chicken",
    "transparent_reflective/coffee",
)
STAGES = ("teacher", "student_photos")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, default=Path("runs/lab-0"))
    parser.add_argument("--out", type=Path, default=Path("notebooks/pictures/maps.jpg"))
    arguments = parser.parse_args()
    columns = []
    for name in PHOTOGRAPHS:
        photo = read_image(ROOT / "images" / f"{name}.jpg")
        height, width = photo.shape[:2]
        # One shape for all, so that the rows line up.
        side = (slice(0, min(height, width * 3 // 4)), slice(0, min(width, height * 4 // 3)))
        maps = [
            np.load(arguments.run / "predictions" / stage / "images" / f"{name}.npy")
            for stage in STAGES
        ]
        columns.append([picture[side] for picture in (photo, *maps)])
    rows = [[column[i] for column in columns] for i in range(1 + len(STAGES))]
    figure = gallery(rows, names=("photograph", *STAGES), width=1.9)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(arguments.out, dpi=90, pil_kwargs={"quality": 85})
    print(arguments.out)


if __name__ == "__main__":
    main()
