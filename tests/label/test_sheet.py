"""Sheets show the labels of which the teacher is most and least sure."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from dav2.data import LabelSet
from dav2.disk import HOST
from dav2.infer import Predictor
from dav2.label import label_photos
from dav2.label.sheet import inconsistency, label_sheet, write_sheets
from dav2.manifests import MissingArtefact
from dav2.sample import Sample


class Brightness(nn.Module):
    """The picture's red is its disparity; with `ramp`, what stands on the right seems nearer."""

    stride = 16

    def __init__(self, ramp=0.0):
        super().__init__()
        self.ramp = ramp

    def forward(self, image):
        across = torch.linspace(0, 1, image.shape[-1])
        return image[:, :1] + self.ramp * across


def smooth_sample(name="a", size=(64, 96), left_to_right=False):
    row, column = torch.linspace(0, 1, size[0])[:, None], torch.linspace(0, 1, size[1])
    plane = (column if left_to_right else row).expand(size)
    return Sample(plane.expand(3, *size), plane[None], torch.ones(1, *size, dtype=torch.bool), name)


def test_a_network_that_sees_the_same_in_the_mirror_and_from_afar_is_consistent():
    mirrored, smaller = inconsistency(Predictor(Brightness(), 64), smooth_sample().image)
    assert mirrored.shape == smaller.shape == (64, 96)
    assert mirrored.max() < 1e-6
    # Bicubic shrinking keeps a plane but at its borders.
    assert smaller[8:-8].max() < 0.02


def test_a_network_that_prefers_one_side_is_found_out():
    image = smooth_sample().image
    means = [
        float(inconsistency(Predictor(Brightness(ramp), 64), image)[0].mean())
        for ramp in (0, 0.3, 1)
    ]
    assert means[0] < 1e-6 < means[1] < means[2]
    # Rows 0..1 plus columns 0..1, range 2; the mirror reverses the columns. Least squares between
    # the two has scale 0 (equal variances cancel): what is left is |x - mean| / 2, mean about 1/6.
    assert means[2] == pytest.approx(1 / 6, abs=0.01)


def test_the_inconsistency_has_no_scale_and_no_shift():
    class Scaled(Brightness):
        def forward(self, image):
            return 50 * super().forward(image) + 7

    image = torch.rand(3, 64, 96, generator=torch.Generator().manual_seed(1))
    plain = inconsistency(Predictor(Brightness(0.4), 64), image)
    scaled = inconsistency(Predictor(Scaled(0.4), 64), image)
    for one, other in zip(plain, scaled, strict=True):
        assert torch.allclose(one, other, atol=1e-4)


def test_a_sheet_sorts_by_sureness():
    predictor = Predictor(Brightness(0.5), 64)
    labels = [smooth_sample("plane"), smooth_sample("side", left_to_right=True)]
    means = [sum(float(m.mean()) for m in inconsistency(predictor, s.image)) for s in labels]
    figure = label_sheet(labels, predictor)
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    order = np.argsort(means)
    assert [labels[i].name for i in order] == [title.split("\n")[1] for title in titles]
    assert titles[0].startswith("most sure")
    assert titles[1].startswith("least sure")
    assert "mirrored" in titles[0]
    assert "2 labels" in figure.get_suptitle()
    assert label_sheet(labels[:1], predictor).png()
    with pytest.raises(ValueError, match="none"):
        label_sheet([], predictor)


def test_sheets_of_every_second_shard(teacher, photo_folder, tmp_path):
    store = tmp_path / "labels"
    with pytest.raises(MissingArtefact):
        write_sheets(store, teacher)
    label_photos(teacher, photo_folder, store, progress=False, photos_per_shard=1)
    before = {name: (store / name).read_bytes() for name in ("manifest.json", "labels-00000.tar")}
    sheets = write_sheets(store, teacher, every=2, progress=False)
    assert [path.name for path in sheets] == ["sheet-00000.png", "sheet-00002.png"]
    image = Image.open(io.BytesIO(sheets[0].read_bytes()))
    assert min(image.size) > 200
    times = [path.stat().st_mtime_ns for path in sheets]
    assert write_sheets(store, teacher, every=2, progress=False) == sheets
    assert [path.stat().st_mtime_ns for path in sheets] == times
    assert all((store / name).read_bytes() == content for name, content in before.items())
    assert len(LabelSet(store)) == 4
    whole, left = sheets[0].read_bytes(), store / f".dav2-tmp-{HOST}-4194303-0123456789ab.png"
    left.write_bytes(b"half")  # as a kill can leave it
    for damaged in (b"", whole[: len(whole) // 2]):
        sheets[0].write_bytes(damaged)
        write_sheets(store, teacher, every=2, progress=False)
        assert sheets[0].read_bytes() == whole
    assert not left.exists()
    with pytest.raises(ValueError, match="at least 1"):
        write_sheets(store, teacher, every=0)
