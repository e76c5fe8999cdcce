import numpy as np
import pytest
import torch

from dav2.data import LabelSet, RenderedSet
from dav2.data.stream import StepSampler
from dav2.encoding import decode_depth, encode_depth
from dav2.manifests import MissingArtefact, write_manifest
from dav2.sample import Sample, check_sample
from tests.helpers.labels import write_labels_manifest, write_shard
from tests.helpers.scenes import write_scenes


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
    write_manifest(root, "labels", shards=[])
    with pytest.raises(ValueError, match="holds no rendered but 'labels'"):
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
    write_labels_manifest(tmp_path / "one", 3)
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
