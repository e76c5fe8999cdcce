import pytest
import torch

from dav2 import losses


def sample(batch=4, size=(12, 16), share=0.7):
    pred, target = torch.rand(2, batch, 1, *size)
    return pred, target, torch.rand(batch, 1, *size) < share


def slow_normalise(values):
    ordered = sorted(values.values())
    median = ordered[(len(ordered) - 1) // 2]
    spread = sum(abs(v - median) for v in ordered) / len(ordered) + 1e-6
    return {place: (v - median) / spread for place, v in values.items()}


def slow_kept(errors, trim, trim_by, block):
    """Places kept: all but the `trim` of pixels, or of square blocks, with the largest errors."""
    if trim_by == "pixel":
        groups = {place: [place] for place in errors}
    else:
        groups = {}
        for i, j in errors:
            groups.setdefault((i // block, j // block), []).append((i, j))
    mean = {g: sum(errors[place] for place in places) / len(places) for g, places in groups.items()}
    order = sorted(groups, key=mean.get)
    kept = order[: len(order) - int(len(order) * trim)]
    return {place for group in kept for place in groups[group]}


def slow_losses(
    pred, target, valid, trim=0.0, trim_by="pixel", block=5, trim_gradient=False, scales=4
):
    """The losses as the paper states them, pixel by pixel in Python: means over samples."""
    ssi, gradient = [], []
    for p, t, v in zip(pred[:, 0].tolist(), target[:, 0].tolist(), valid[:, 0], strict=True):
        places = [tuple(place) for place in v.nonzero().tolist()]
        if not places:
            continue
        p, t = (slow_normalise({(i, j): m[i][j] for i, j in places}) for m in (p, t))
        residual = {place: p[place] - t[place] for place in places}
        errors = {place: abs(r) for place, r in residual.items()}
        kept = slow_kept(errors, trim, trim_by, block) if trim else set(places)
        ssi.append(sum(errors[place] for place in kept) / len(kept))
        total = 0.0
        for step in (2**k for k in range(scales)):
            used = kept if trim_gradient else places
            r = {(i, j): residual[i, j] for i, j in used if i % step == j % step == 0}
            for i, j in r:
                for other in ((i + step, j), (i, j + step)):
                    total += abs(r[other] - r[i, j]) / len(r) if other in r else 0
        gradient.append(total)
    mean = [torch.tensor(sum(terms) / max(len(terms), 1)) for terms in (ssi, gradient)]
    return mean[0] + 2 * mean[1], *mean


CASES = [
    "random mask",
    "sparse mask",
    "one valid",
    "none valid",
    "constant target",
    "constant pred",
    "small values",
    "large values",
    "far from zero",
    "negative",
    "stripes",
]


def hard(case, batch=3, size=(23, 30)):
    pred, target, valid = sample(batch, size)
    first = {
        "sparse mask": lambda: valid.logical_and_(torch.rand(valid.shape) < 0.03),
        "one valid": lambda: valid[0].zero_()[0, 8, 16].fill_(True),
        "none valid": lambda: valid[0].zero_(),
        "constant target": lambda: target[0].fill_(0.5),
        "constant pred": lambda: pred[0].fill_(0.5),
        "small values": lambda: pred.mul_(1e-4),
        "large values": lambda: (pred.mul_(1e20), target.mul_(1e15)),
        "far from zero": lambda: pred.add_(8),
        "negative": lambda: pred.neg_(),
        "stripes": lambda: pred[..., ::2].fill_(0.25),  # many ties
    }
    first.get(case, lambda: None)()
    target[~valid] = torch.nan  # whatever stands there must not matter
    return pred, target, valid


RECIPES = [
    {},
    {"trim": 0.1},
    {"trim": 0.35, "trim_gradient": True},
    {"trim": 0.2, "trim_by": "region"},
    {"trim": 0.2, "trim_by": "region", "trim_gradient": True},
]


@pytest.fixture
def small_regions(monkeypatch):
    monkeypatch.setattr(losses, "REGION_PX", 5)  # leaves rests at both borders of the pictures here


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
@pytest.mark.parametrize("case", CASES)
def test_losses_equal_the_loop_and_gradients_stay_finite(case, recipe, small_regions):
    pred, target, valid = hard(case)
    pred.requires_grad_()
    got = losses.depth_anything_loss(pred, target, valid, **recipe)
    got[0].backward()
    assert pred.grad.isfinite().all()
    assert not pred.grad[~valid].any()
    if case in ("stripes", "constant pred") and recipe.get("trim_gradient"):
        return  # which of several equal errors is trimmed is open; only its sum is not
    expected = slow_losses(pred.detach().double(), target.double(), valid, **recipe)
    if case in ("stripes", "constant pred") and recipe.get("trim_by") == "region":
        expected, got = expected[1:2], got[1:2]
    for one, other in zip(got, expected, strict=True):
        torch.testing.assert_close(one.double(), other.double(), atol=1e-4, rtol=2e-4)


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
@pytest.mark.parametrize("with_region", [False, True])
def test_gradients_equal_finite_differences(recipe, with_region, small_regions):
    pred, target, valid = (x.double() if x.is_floating_point() else x for x in sample(2, (9, 11)))
    pred.requires_grad_()
    region = torch.zeros_like(valid)
    region[..., 2:8, 3:9] = True

    def total(x):
        regions = region if with_region else None
        return losses.depth_anything_loss(x, target, valid, **recipe, region=regions)[0]

    assert torch.autograd.gradcheck(total, (pred,), eps=1e-7, atol=1e-5)


def test_large_pictures_equal_a_sort_of_their_pixels():
    pred, target, valid = hard("random mask", 2, (300, 310))
    for trim in (0.0, 0.1):
        got = losses.ssi_loss(pred, target, valid, trim).double()
        terms = []
        for p, t, v in zip(pred.double(), target.double(), valid, strict=True):
            p, t = ((x - x.median()) / ((x - x.median()).abs().mean() + 1e-6) for x in (p[v], t[v]))
            errors = (p - t).abs().sort().values
            terms.append(errors[: len(errors) - int(len(errors) * trim)].mean())
        torch.testing.assert_close(got, sum(terms) / 2, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_single(dtype):
    pred, target, valid = sample()
    pred = pred.to(dtype).requires_grad_()
    total = losses.depth_anything_loss(pred, target.to(dtype), valid, 0.1)[0]
    total.backward()
    same = losses.depth_anything_loss(pred.float(), target.to(dtype).float(), valid, 0.1)[0]
    assert total.dtype == torch.float32
    assert pred.grad.dtype == dtype
    assert total == same
    assert pred.grad.isfinite().all()
    assert pred.grad.any()


def test_mixed_precision_around_it_changes_nothing():
    pred, target, valid = sample()
    with torch.autocast("cpu", torch.bfloat16):
        mixed = losses.depth_anything_loss(pred, target, valid, 0.1)
    assert mixed == losses.depth_anything_loss(pred, target, valid, 0.1)


def test_a_prediction_that_is_not_a_number_is_not_hidden():
    pred, target, valid = sample(share=1.0)
    pred[0, 0, 0, 0] = torch.nan
    assert losses.depth_anything_loss(pred, target, valid)[0].isnan()


def test_regions_of_a_cutmix_are_normalised_on_their_own_and_weighted_by_area():
    first, second, other = torch.rand(3, 2, 1, 20, 24)
    region = torch.zeros(2, 1, 20, 24, dtype=torch.bool)
    region[0, :, 5:15, 6:18] = True  # a quarter of the picture
    region[1] = True  # a picture that was not mixed
    target = torch.where(region, first, second)
    everywhere = torch.ones_like(region)
    # Each region has a scale and a shift of its own, and neither costs anything.
    pred = torch.where(region, 3 * first + 5, 0.1 * second - 2)
    assert losses.depth_anything_loss(pred, target, everywhere, region=region)[0] < 1e-3
    assert losses.ssi_loss(pred, target, everywhere) > 0.1
    got = losses.depth_anything_loss(other, target, everywhere, 0.1, region=region)
    inside, outside, whole = (
        slow_losses(other[i : i + 1], target[i : i + 1], mask[i : i + 1], 0.1)
        for i, mask in ((0, region), (0, ~region), (1, region))
    )
    for value, a, b, c in zip(got, inside, outside, whole, strict=True):
        torch.testing.assert_close(value, ((a / 4 + b * 3 / 4) + c) / 2, atol=1e-4, rtol=1e-4)


def test_a_region_without_valid_pixels_adds_nothing_and_hands_its_weight_to_nobody():
    pred, target, valid = sample(1, (20, 24), 1.0)
    region = torch.zeros_like(valid)
    region[..., :12] = True
    valid &= ~region
    whole = losses.depth_anything_loss(pred, target, valid)[0]
    half = losses.depth_anything_loss(pred, target, valid, region=region)[0]
    torch.testing.assert_close(half, whole / 2)


def test_the_parts_can_be_differentiated_like_the_total():
    pred, target, valid = sample()
    pred.requires_grad_()
    total, ssi, gradient = losses.depth_anything_loss(pred, target, valid, 0.1)
    slopes = [
        torch.autograd.grad(loss, pred, retain_graph=True)[0] for loss in (total, ssi, gradient)
    ]
    torch.testing.assert_close(slopes[0], slopes[1] + 2 * slopes[2])


def test_gradient_by_hand():
    # One row, residual after normalisation 0 0 0 0 d: one step of size d over five pixels at scale
    # 0, and the same step between columns 2 and 4 over three pixels at scale 1 (then 0 and 4).
    pred = torch.tensor([0.0, 1, 2, 3, 10]).view(1, 1, 1, 5)
    target = torch.tensor([0.0, 1, 2, 3, 4]).view(1, 1, 1, 5)
    valid = torch.ones_like(pred, dtype=torch.bool)
    r = (torch.tensor([-2.0, -1, 0, 1, 8]) / 2.4 - torch.tensor([-2.0, -1, 0, 1, 2]) / 1.2).tolist()
    changes = [sum(abs(b - a) for a, b in zip(r[::s], r[s::s], strict=False)) for s in (1, 2, 4)]
    expected = changes[0] / 5 + changes[1] / 3 + changes[2] / 2
    torch.testing.assert_close(
        float(losses.gradient_loss(pred, target, valid)), expected, atol=1e-4, rtol=1e-4
    )


@pytest.mark.parametrize("loss", [losses.ssi_loss, losses.gradient_loss])
def test_invariant_to_scale_and_shift_of_either(loss):
    pred, target, valid = sample(size=(24, 24))
    base = loss(pred, target, valid)
    torch.testing.assert_close(loss(5 * pred + 2, target, valid), base, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(loss(pred, 0.2 * target + 9, valid), base, atol=1e-3, rtol=1e-3)
    assert loss(3 * target + 1, target, valid) < 1e-3
    assert base > 0.1


def test_a_larger_error_costs_more():
    _, target, valid = sample(size=(24, 24))
    noise = torch.randn_like(target)
    costs = [float(losses.ssi_loss(target + s * noise, target, valid)) for s in (0, 0.05, 0.2, 0.8)]
    assert costs == sorted(costs)


def test_a_flipped_sign_is_worst():
    _, target, valid = sample()
    assert losses.ssi_loss(-target, target, valid) > losses.ssi_loss(
        torch.rand_like(target), target, valid
    )


def test_trim_drops_the_largest_errors_unlike_the_well_known_line():
    pred, target, valid = sample(1, (1, 100), 1.0)
    pred = target.clone()
    pred[..., :5] += 50
    whole, trimmed = (losses.ssi_loss(pred, target, valid, trim) for trim in (0.0, 0.1))
    assert trimmed < 0.5 * whole
    errors = torch.tensor([3.0, 1, 2, 100])
    well_known, _ = torch.sort(errors)[:3]  # the bug: a slice of (values, indices)
    assert len(well_known) == 4


def test_trim_is_per_sample_not_per_batch():
    pred, target, valid = sample(2, (10, 10), 1.0)
    pred[0] = target[0] + 0.01 * torch.rand_like(target[0])  # a sample that is nearly right
    together = losses.ssi_loss(pred, target, valid, 0.1)
    apart = (
        sum(
            losses.ssi_loss(pred[i : i + 1], target[i : i + 1], valid[i : i + 1], 0.1)
            for i in (0, 1)
        )
        / 2
    )
    torch.testing.assert_close(together, apart)


def test_samples_weigh_the_same_whatever_their_number_of_valid_pixels():
    pred, target, valid = sample(2, (20, 20), 1.0)
    valid[1, :, 3:] = False
    apart = (
        sum(losses.ssi_loss(pred[i : i + 1], target[i : i + 1], valid[i : i + 1]) for i in (0, 1))
        / 2
    )
    torch.testing.assert_close(losses.ssi_loss(pred, target, valid), apart)


def test_total_is_one_to_two():
    pred, target, valid = sample()
    total, ssi, gradient = losses.depth_anything_loss(pred, target, valid)
    torch.testing.assert_close(ssi, losses.ssi_loss(pred, target, valid))
    torch.testing.assert_close(gradient, losses.gradient_loss(pred, target, valid))
    torch.testing.assert_close(total, ssi + 2 * gradient)


def test_bad_shapes_and_types_are_named():
    pred, target, valid = sample()
    with pytest.raises(ValueError, match="share one shape"):
        losses.ssi_loss(pred[:, 0], target, valid)
    with pytest.raises(ValueError, match="valid must be bool"):
        losses.ssi_loss(pred, target, valid.float())
    with pytest.raises(ValueError, match="trim"):
        losses.ssi_loss(pred, target, valid, trim=1.0)
    with pytest.raises(ValueError, match="trim_by must be pixel or region"):
        losses.ssi_loss(pred, target, valid, trim=0.1, trim_by="patch")
    with pytest.raises(ValueError, match="must be bool"):
        losses.ssi_loss(pred, target, valid, region=valid.float())


def test_feature_loss_leaves_similar_positions_alone():
    reference = torch.randn(2, 8, 3, 3)
    assert losses.feature_loss(reference * 4, reference) == 0  # same direction: within tolerance
    torch.testing.assert_close(losses.feature_loss(-reference, reference), torch.tensor(2.0))
    half = reference.clone()
    half[0] = -half[0]  # cosine -1 in the first sample, 1 (tolerated) in the second
    torch.testing.assert_close(losses.feature_loss(half, reference), torch.tensor(2.0))


def test_feature_loss_does_not_move_the_reference():
    features, reference = (
        torch.randn(2, 1, 8, 3, 3).requires_grad_(),
        torch.randn(1, 8, 3, 3, requires_grad=True),
    )
    losses.feature_loss(features[0], reference).backward()
    assert reference.grad is None
    with pytest.raises(ValueError, match="projection"):
        losses.feature_loss(features[0][:, :4], reference)


@pytest.mark.parametrize("case", ["all similar", "zero features", "half"])
def test_feature_gradients_stay_finite(case):
    reference = torch.randn(2, 8, 3, 3)
    features = reference.clone() if case == "all similar" else torch.randn(2, 8, 3, 3)
    if case == "zero features":
        features.zero_()
    if case == "half":
        features = features.bfloat16()
    loss = losses.feature_loss(features.requires_grad_(), reference)
    loss.backward()
    assert loss.isfinite()
    assert features.grad.isfinite().all()
    if case == "all similar":
        assert loss == 0
        assert not features.grad.any()


def test_feature_loss_equals_the_loop():
    reference = torch.randn(2, 8, 3, 4)
    features = reference + 0.8 * torch.randn(2, 8, 3, 4)
    costs = []
    for one, other in zip(
        features.movedim(1, -1).reshape(-1, 8), reference.movedim(1, -1).reshape(-1, 8), strict=True
    ):
        cosine = float(
            one.double() @ other.double() / (one.double().norm() * other.double().norm())
        )
        costs += [1 - cosine] if cosine <= 0.85 else []
    assert 0 < len(costs) < 24  # some are left alone, some are not
    torch.testing.assert_close(
        float(losses.feature_loss(features, reference)), sum(costs) / len(costs)
    )


def test_a_projection_is_learned_only_where_widths_differ():
    reference = torch.randn(2, 8, 5, 5)
    assert not list(losses.FeatureAlignment(8, 8).parameters())
    features = torch.randn(2, 3, 5, 5)
    alignment = losses.FeatureAlignment(3, 8)
    loss = alignment(features.requires_grad_(), reference)
    loss.backward()
    assert features.grad.any()
    assert alignment.projection.weight.grad.any()
    torch.testing.assert_close(
        losses.FeatureAlignment(8, 8)(-reference, reference), torch.tensor(2.0)
    )


def test_silog_by_hand():
    target = torch.tensor([1.0, 1.0, 1.0, 7.0]).view(1, 1, 2, 2)
    valid = torch.tensor([True, True, False, False]).view(1, 1, 2, 2)
    pred = torch.tensor([1.0, torch.e, 5.0, 5.0]).view(1, 1, 2, 2)  # g = 0, -1
    expected = (0.5 - 0.5 * 0.25) ** 0.5
    torch.testing.assert_close(losses.silog_loss(pred, target, valid), torch.tensor(expected))
    whole = torch.ones_like(valid)
    one_factor = losses.silog_loss(2 * target, target, whole)
    torch.testing.assert_close(one_factor, 0.5**0.5 * torch.tensor(2.0).log())


def test_silog_equals_finite_differences():
    pred, target, valid = sample(2, (4, 5))
    pred = (pred.double() + 0.5).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x: losses.silog_loss(x, target.double() + 0.5, valid), (pred,), eps=1e-6, atol=1e-4
    )


def test_silog_is_trainable_at_its_minimum_and_refuses_depth_without_logarithm():
    target = torch.rand(2, 1, 4, 4) + 1
    pred = target.clone().requires_grad_()
    valid = torch.ones_like(target, dtype=torch.bool)
    losses.silog_loss(pred, target, valid).backward()
    assert pred.grad.isfinite().all()
    losses.silog_loss(pred, target, ~valid).backward()  # nothing valid: no loss, no NaN
    assert losses.silog_loss(torch.zeros_like(target), target, valid).isfinite()
    with pytest.raises(ValueError, match="above 0 m"):
        losses.silog_loss(pred, target * 0, valid)
