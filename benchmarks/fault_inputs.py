"""What `faults.py` feeds to every stage: scenes, photographs, a benchmark, a video, a lesson, a network."""

import json
from pathlib import Path

import av
import nbformat
import numpy as np
from PIL import Image

from dav2.encoding import encode_depth
from dav2.manifests import write_manifest
from dav2.model import build_model


def write_inputs(folder: Path) -> None:
    """Write all inputs, tiny, into a new folder."""

    def picture(seed: int, size: tuple[int, int] = (64, 48)) -> Image.Image:
        noise = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
        return Image.fromarray(noise).resize(size)

    for part, count in (("scenes", 8), ("scenes_validation", 2)):
        (folder / part).mkdir(parents=True)
        names = [f"{number:06d}" for number in range(count)]
        for number, name in enumerate(names):
            picture(number).save(folder / part / f"{name}.jpg")
            near = np.array(picture(number).convert("L"), dtype=np.float32)
            (folder / part / f"{name}.png").write_bytes(encode_depth(1 + near / 16))
            (folder / part / f"{name}.json").write_text('{"family": "noise"}')
        facts = {"size_px": [64, 48], "seed": 0, "families": {}}
        write_manifest(folder / part, "rendered", names=names, **facts)
    (folder / "photos").mkdir()
    annotations = {}
    for number, size in enumerate([(64, 48), (48, 64), (80, 60), (100, 40), (64, 64), (72, 48)]):
        picture(number, size).save(folder / "photos" / f"{number}.jpg")
        image = folder / "da2k" / "images" / "indoor" / f"{number}.jpg"
        image.parent.mkdir(parents=True, exist_ok=True)
        picture(number, size).save(image)
        pair = {"point1": [3, 3], "point2": [20, 20], "closer_point": "point1"}
        annotations[f"images/indoor/{number}.jpg"] = [pair]
    (folder / "da2k" / "annotations.json").write_text(json.dumps(annotations))
    with av.open(str(folder / "walk.mp4"), "w") as video:
        stream = video.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(6):
            video.mux(stream.encode(av.VideoFrame.from_image(picture(number))))
        video.mux(stream.encode())
    solution = "def double(x):\n    ### BEGIN SOLUTION\n    return {}\n    ### END SOLUTION\n"
    settings = 'SCALE = "lab"\nSEED = 0\nOVERRIDES = {}\nRUN_DIR = ""'
    for student, answer in (("", "x + x"), ("anna", "2 * x"), ("ben", "x")):
        code = nbformat.v4.new_code_cell
        cells = [
            code(settings, id="parameters", metadata={"tags": ["parameters"]}),
            code(
                "def check_double(function, points):\n    return points * (function(3) == 6)",
                id="a",
            ),
            code(solution.format(answer) + "    raise NotImplementedError", id="b"),
            code("check_double(double, points=2)", id="c"),
        ]
        file = folder / ("submissions" if student else "lessons") / student / "00_double.ipynb"
        file.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(nbformat.v4.new_notebook(cells=cells), file)
    build_model("tiny").save_pretrained(folder / "tiny")
    write_manifest(folder / "run", "course", {"scale": "smoke", "seed": 0, "overrides": {}})
