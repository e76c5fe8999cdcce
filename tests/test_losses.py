import pytest
import torch

from dav2 import losses


def sample(batch=4, size=(12, 16), share=0.7):
    pred, target = torch.rand(2, batch, 1, *size)
    return pred, target, torch.rand(batch, 1, *size) < share


def slow_ssi(pred, target, valid, trim=0.0):
    """The loss as the paper states it: float64, one sample and one step at a time."""
    terms = []
    for p, t, v in zip(pred.double(), target.double(), valid, strict=True):
        p, t = p[v], t[v]
        if not len(p):
            continue
        p = (p - p.median()) / ((p - p.median()).abs().mean() + 1e-6)
        t = (t - t.median()) / ((t - t.median()).abs().mean() + 1e-6)
        errors = (p - t).abs().sort().values
        terms.append(errors[: len(errors) - int(len(errors) * trim)].mean())
    return torch.stack(terms).mean()


def slow_gradient(pred, target, valid, scales=4):
    total = 0.0
    for k in range(scales):
        terms = []
        for p, t, v in zip(pred, target, valid, strict=True):
            r, m = (p - t)[0, :: 2**k, :: 2**k].double(), v[0, :: 2**k, :: 2**k]
            if not m.any():
                continue
            change = 0.0
            for i in range(r.shape[0]):
                for j in range(r.shape[1]):
                    if j + 1 < r.shape[1] and m[i, j] and m[i, j + 1]:
                        change += abs(r[i, j + 1] - r[i, j])
                    if i + 1 < r.shape[0] and m[i, j] and m[i + 1, j]:
                        change += abs(r[i + 1, j] - r[i, j])
            terms.append(change / m.sum())
        total = total + sum(terms) / len(terms)
    return total


@pytest.mark.parametrize("share", [1.0, 0.6, 0.1])
@pytest.mark.parametrize("trim", [0.0, 0.1, 0.5])
def test_ssi_equals_the_loop(share, trim):
    pred, target, valid = sample(share=share)
    torch.testing.assert_close(
        losses.ssi_loss(pred, target, valid, trim).double(),
        slow_ssi(pred, target, valid, trim),
        atol=1e-4,
        rtol=1e-4,
    )


@pytest.mark.parametrize("share", [1.0, 0.6])
def test_gradient_equals_the_loop(share):
    pred, target, valid = sample(share=share)
    expected = slow_gradient(losses.normalise(pred, valid), losses.normalise(target, valid), valid)
    torch.testing.assert_close(
        losses.gradient_loss(pred, target, valid).double(), expected, atol=1e-4, rtol=1e-4
    )


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


@pytest.mark.parametrize(
    "case", ["none valid", "one valid", "constant target", "constant pred", "huge", "half"]
)
def test_hard_cases_stay_finite(case):
    pred, target, valid = sample()
    if case == "none valid":
        valid[0] = False
    if case == "one valid":
        valid[0] = False
        valid[0, 0, 3, 3] = True
    if case == "constant target":
        target[0] = 0.5
    if case == "constant pred":
        pred[0] = 0.5
    if case == "huge":
        target *= 1e6
    if case == "half":
        pred = pred.bfloat16()
    pred = pred.requires_grad_()
    total, _, _ = losses.depth_anything_loss(pred, target, valid, 0.1)
    total.backward()
    assert torch.isfinite(total)
    assert torch.isfinite(pred.grad).all()


def test_gradient_equals_finite_differences():
    pred, _, valid = sample(1, (3, 4), 1.0)
    # Away from ties the loss is smooth; float64 is kept because the inputs are float64.
    pred = pred.double().requires_grad_()
    with torch.enable_grad():
        assert torch.autograd.gradcheck(
            lambda x: losses.normalise(x, valid).square().sum(), (pred,), eps=1e-6, atol=1e-4
        )


def test_bad_shapes_and_types_are_named():
    pred, target, valid = sample()
    with pytest.raises(ValueError, match="share one shape"):
        losses.ssi_loss(pred[:, 0], target, valid)
    with pytest.raises(ValueError, match="valid must be bool"):
        losses.ssi_loss(pred, target, valid.float())
    with pytest.raises(ValueError, match="trim"):
        losses.ssi_loss(pred, target, valid, trim=1.0)


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


def test_silog_by_hand():
    target = torch.tensor([1.0, 1.0, 1.0, 7.0]).view(1, 1, 2, 2)
    valid = torch.tensor([True, True, False, False]).view(1, 1, 2, 2)
    pred = torch.tensor([1.0, torch.e, 5.0, 5.0]).view(1, 1, 2, 2)  # g = 0, -1
    expected = (0.5 - 0.5 * 0.25) ** 0.5
    torch.testing.assert_close(losses.silog_loss(pred, target, valid), torch.tensor(expected))
    whole = torch.ones_like(valid)
    one_factor = losses.silog_loss(2 * target, target, whole)
    torch.testing.assert_close(one_factor, 0.5**0.5 * torch.tensor(2.0).log())


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
