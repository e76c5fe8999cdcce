import json

import pytest
import torch
from torchvision.transforms import v2

from dav2.sample import Sample, check_sample
from dav2.transforms import augment, cutmix, random_crop, shorter_side_crop, strong_colour


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


@pytest.mark.parametrize("size", [(48, 64), (90, 40), (32, 32), (20, 60)])
def test_the_paper_s_crop_keeps_the_aspect_and_everything_together(size):
    height, width = size
    scale = 32 / min(size)
    seen = set()
    for seed in range(12):
        out = augment(coordinates(height, width), shorter_side_crop(32), colour=False, seed=seed)
        assert out.image.shape == (3, 32, 32)
        x, y = out.image[0], out.image[1]
        # A source pixel off at most, and nearest neighbour may be half a pixel off.
        assert (out.disparity[0] - (x + 2 * y)).abs().max() < 1.6 * (1 / width + 2 / height)
        clear = (x - 0.5).abs() > 1.6 / width
        assert torch.equal(out.valid[0][clear], (x > 0.5)[clear])
        # The shorter side is whole; of the longer one, 32 px are seen, at the same scale.
        inner = slice(4, -4)  # borders are smoothed
        for coordinate, length, along in ((x, width, -1), (y, height, -2)):
            step = coordinate.diff(dim=along)[inner, inner].abs().mean()
            assert step == pytest.approx(1 / (scale * (length - 1)), rel=0.05)
        seen.add(round(float(x.min() + y.min()), 3))
        check_sample(out)
    assert len(seen) > 3 or height == width


def test_nearest_neighbour_invents_no_disparity():
    sample = coordinates()
    two = (sample.disparity > 1.5).float()
    for crop in (random_crop((40, 40), (0.2, 0.8)), shorter_side_crop(40)):
        out = augment(sample._replace(disparity=two), crop, False, 1)
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


def test_colour_has_options():
    crop = random_crop((32, 32), (0.3, 1.0))
    plain = augment(coordinates(), crop, False, 3).image
    nothing = strong_colour(0, 0, 0, 0, grey=0, blur=0, noise=0)
    assert torch.equal(augment(coordinates(), crop, nothing, 3).image, plain)
    grey = augment(coordinates(), crop, strong_colour(0, 0, 0, 0, grey=1, blur=0, noise=0), 3).image
    torch.testing.assert_close(grey[0], grey[1])
    noisy = coordinates()._replace(image=torch.rand(3, 48, 64))
    blurred = strong_colour(0, 0, 0, 0, grey=0, blur=1, noise=0)
    sharp = augment(noisy, v2.Identity(), False, 3).image
    assert augment(noisy, v2.Identity(), blurred, 3).image.std() < 0.9 * sharp.std()


def batch(size, height=24, width=36):
    """Every pixel of picture i is i, in image, target and (i odd) valid."""
    number = torch.arange(size, dtype=torch.float32).view(size, 1, 1, 1)
    number = number.expand(size, 1, height, width)
    return number.expand(size, 3, height, width), number, number % 2 == 1


def test_cutmix_lays_one_rectangle_of_the_next_picture():
    image, target, valid = batch(64)
    mixed = cutmix(image, target, valid, 0.5, torch.Generator().manual_seed(0))
    own_number, other = target, target.roll(-1, 0)
    expected = torch.where(mixed.own, own_number, other)
    assert torch.equal(mixed.target, expected)
    assert torch.equal(mixed.image, expected.expand(-1, 3, -1, -1))
    assert torch.equal(mixed.valid, expected % 2 == 1)
    shares = []
    for own in mixed.own[:, 0]:
        rows, columns = torch.nonzero(~own, as_tuple=True)
        if len(rows):
            box = own[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
            assert not box.any()  # all of what is not its own is one rectangle
            shares.append(len(rows) / own.numel())
    assert 20 <= len(shares) <= 44  # half of 64, and tiny rectangles may hold no pixel
    assert min(shares) < 0.1
    assert max(shares) > 0.5


def test_cutmix_never_always_and_alone():
    image, target, valid = batch(16)
    never = cutmix(image, target, valid, 0.0)
    assert never.own.all()
    assert torch.equal(never.image, image)
    always = cutmix(image, target, valid, 1.0, torch.Generator().manual_seed(1))
    assert (~always.own).flatten(1).any(1).float().mean() > 0.8
    again = cutmix(image, target, valid, 1.0, torch.Generator().manual_seed(1))
    assert torch.equal(always.own, again.own)
    assert cutmix(image[:1], target[:1], valid[:1], 1.0).own.all()  # nobody to mix with
