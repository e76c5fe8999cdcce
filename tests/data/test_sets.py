import json

import numpy as np
import pytest
import torch

from dav2.data import LabelSet, RenderedSet
from dav2.data.labels import write_shard
from dav2.data.stream import StepSampler
from dav2.encoding import decode_depth, encode_depth
from dav2.runs import MissingArtefact, write_manifest
from dav2.sample import Sample, check_sample
from dav2.transforms import augment, random_crop
from tests.conftest import write_scenes


def test_rendered_depth_becomes_disparity_sky_is_zero_and_valid(tmp_path):
    root = write_scenes(tmp_path / "scenes", 2)
    depth = decode_depth((root / "000000.png").read_bytes())
    depth[0, 0] = np.nan
    (root / "000000.png").write_bytes(encode_depth(depth))
    sample = RenderedSet(root)[0]
    assert sample.disparity[0, 0, 5] == 0
    assert sample.valid[0, 0, 5]
    assert not sample.valid[0, 0, 0]
    ball = np.argwhere(np.isclose(depth, 0.8, rtol=1e-3))[0]
    torch.testing.assert_close(
        sample.disparity[0][tuple(ball)], torch.tensor(1.25), rtol=5e-4, atol=0
    )


def test_an_unfinished_set_is_no_set(tmp_path):
    root = write_scenes(tmp_path / "scenes", 2)
    (root / "manifest.json").unlink()
    with pytest.raises(MissingArtefact):
        RenderedSet(root)
    write_manifest(root, kind="labels", shards=[])
    with pytest.raises(ValueError, match="not a rendered set"):
        RenderedSet(root)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": torch.rand(3, 4, 5) * 2}, "0..1"),
        ({"image": torch.rand(1, 4, 5)}, "float32"),
        ({"disparity": torch.full((1, 4, 5), -1.0)}, ">= 0"),
        ({"disparity": torch.full((1, 4, 5), torch.nan)}, "finite"),
        ({"valid": torch.ones(1, 4, 5)}, "bool"),
        ({"valid": torch.ones(1, 5, 4, dtype=torch.bool)}, "bool"),
    ],
)
def test_broken_samples_are_named(change, message):
    good = Sample(
        torch.rand(3, 4, 5), torch.rand(1, 4, 5), torch.ones(1, 4, 5, dtype=torch.bool), "it"
    )
    assert check_sample(good) is good
    with pytest.raises(ValueError, match=f"'it'.*{message}"):
        check_sample(good._replace(**change))


def test_shards_are_read_back_and_equal_content_gives_equal_bytes(tmp_path):
    rng = np.random.default_rng(0)
    records = [
        (
            f"k{i}",
            rng.integers(0, 255, (20 + i, 30, 3), dtype=np.uint8),
            rng.random((20 + i, 30)),
            {"file": f"{i}.jpg"},
        )
        for i in range(3)
    ]
    for name in ("one", "two"):
        write_shard(tmp_path / name / "labels-00000.tar", records)
    assert (tmp_path / "one/labels-00000.tar").read_bytes() == (
        tmp_path / "two/labels-00000.tar"
    ).read_bytes()
    write_manifest(tmp_path / "one", kind="labels", shards=[{"file": "labels-00000.tar"}])
    labels = LabelSet(tmp_path / "one")
    assert [labels[i].name for i in range(len(labels))] == ["k0", "k1", "k2"]
    assert labels[2].image.shape == (3, 22, 30)
    assert labels[2].disparity.min() == 0
    assert labels[2].disparity.max() == 1


def test_sampler_covers_every_pass_and_resumes_exactly():
    whole = list(StepSampler(length=10, batch_size=4, steps=5, seed=3))
    assert len(whole) == 5
    indices = [index for batch in whole for index, _ in batch]
    assert sorted(indices[:10]) == sorted(indices[10:20]) == list(range(10))
    assert indices[:10] != indices[10:20]
    assert len({seed for batch in whole for _, seed in batch}) == 20
    assert list(StepSampler(10, 4, 5, 3, start=2)) == whole[2:]
    assert list(StepSampler(10, 4, 5, 4)) != whole


def coordinates(height=48, width=64):
    """A sample that carries its own pixel coordinates in image and disparity."""
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    return Sample(torch.stack([x, y, x]), (x + 2 * y)[None], x[None] > 0.5, "grid")


def test_crops_keep_image_disparity_and_valid_together():
    crop = random_crop((32, 32), (0.3, 1.0))
    mirrored = 0
    for seed in range(20):
        out = augment(coordinates(), crop, colour=False, seed=seed)
        assert out.image.shape == (3, 32, 32)
        x, y = out.image[0], out.image[1]
        assert (out.disparity[0] - (x + 2 * y)).abs().max() < 0.08
        clear = (x - 0.5).abs() > 0.04
        assert torch.equal(out.valid[0][clear], (x > 0.5)[clear])
        mirrored += bool(x[0, 0] > x[0, -1])
        check_sample(out)
    assert 4 < mirrored < 16


def test_nearest_neighbour_invents_no_disparity():
    sample = coordinates()
    two = (sample.disparity > 1.5).float()
    out = augment(sample._replace(disparity=two), random_crop((40, 40), (0.2, 0.8)), False, 1)
    assert set(out.disparity.unique().tolist()) <= {0.0, 1.0}


def test_augmentation_depends_on_its_seed_alone_and_leaves_the_global_stream():
    crop = random_crop((32, 32), (0.3, 1.0))
    torch.manual_seed(5)
    a = augment(coordinates(), crop, True, 7)
    after = torch.rand(1)
    torch.manual_seed(5)
    assert torch.equal(after, torch.rand(1))
    b = augment(coordinates(), crop, True, 7)
    assert torch.equal(a.image, b.image)
    assert not torch.equal(a.image, augment(coordinates(), crop, True, 8).image)


def test_colour_touches_the_image_only():
    crop = random_crop((32, 32), (0.3, 1.0))
    plain, disturbed = (augment(coordinates(), crop, colour, 3) for colour in (False, True))
    assert torch.equal(plain.disparity, disturbed.disparity)
    assert not torch.equal(plain.image, disturbed.image)
    assert json.dumps(plain.name) == json.dumps(disturbed.name)
