"""Optimizers, held to torch's; schedules, held to their formulas."""

import math

import pytest
import torch

from slthlib.nets import SGD, Adam, constant, cosine, steps_down, warm_up

CASES = [
    (SGD(), torch.optim.SGD, dict(momentum=0.9)),
    (SGD(momentum=0.0), torch.optim.SGD, {}),
    (SGD(0.5, 0.2), torch.optim.SGD, dict(momentum=0.5, weight_decay=0.2)),
    (Adam(), torch.optim.Adam, {}),
    (Adam((0.8, 0.9), 1e-3, 0.2), torch.optim.Adam, dict(betas=(0.8, 0.9), eps=1e-3, weight_decay=0.2)),
]


@pytest.mark.slow
@pytest.mark.parametrize(("ours", "theirs", "options"), CASES, ids=lambda case: repr(case)[:30])
def test_steps_are_torch_s(ours, theirs, options):
    torch.manual_seed(0)
    values = torch.randn(50, dtype=torch.float64)
    leaf = values.clone().requires_grad_()
    reference = theirs([leaf], lr=0.1, **options)
    ours.start(values)
    for step in range(30):
        gradient = torch.randn(50, dtype=torch.float64) * 10.0 ** (step % 5 - 4)
        leaf.grad = gradient.clone()
        rate = 0.1 / (step + 1)
        reference.param_groups[0]["lr"] = rate
        reference.step()
        ours.step(values, gradient, rate)
        assert torch.allclose(values, leaf, rtol=1e-12, atol=1e-13)
    assert ours.steps == 30


@pytest.mark.parametrize("ours", [SGD(), Adam()])
def test_a_start_forgets_the_past(ours):
    def moved(values):
        ours.step(values, torch.ones(3), 0.1)
        return values

    ours.start(torch.zeros(3))
    first = moved(torch.zeros(3))
    moved(torch.zeros(3))
    ours.start(torch.zeros(3))
    assert torch.equal(moved(torch.zeros(3)), first)


def test_schedules_are_their_formulas():
    assert [cosine(8)(t) for t in (0, 4, 8)] == pytest.approx([1, 0.5, 0])
    assert cosine(8)(2) == pytest.approx((1 + math.sqrt(0.5)) / 2)
    assert [constant()(t) for t in (0, 99)] == [1, 1]
    assert [steps_down(100)(t) for t in (0, 49, 50, 74, 75, 99)] == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])
    assert steps_down(10, at=(0.3,), by=0.5)(3) == 0.5
    warm = warm_up(cosine(8), 3)
    assert [warm(t) for t in range(3)] == pytest.approx([cosine(8)(t) * (t + 1) / 4 for t in range(3)])
    assert warm(5) == cosine(8)(5)


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: SGD(1.0), ValueError, r"momentum: expected a number in \[0, 1\), got 1"),
        (lambda: SGD(-0.1), ValueError, r"momentum: expected a number in \[0, 1\), got -0.1"),
        (lambda: SGD(0.9, -1), ValueError, "weight_decay: expected a finite number of at least 0"),
        (lambda: Adam((0.9, 1)), ValueError, r"betas: expected a number in \[0, 1\), got 1"),
        (lambda: Adam(eps=0), ValueError, "eps: expected a finite number above 0"),
        (lambda: cosine(0), ValueError, "steps: expected a whole number of at least 1"),
        (lambda: steps_down(2.5), TypeError, "steps: expected a whole number"),
        (lambda: warm_up(cosine(3), -1), ValueError, "steps: expected a whole number of at least 0"),
    ],
)
def test_what_does_not_fit_is_refused(make, kind, words):
    with pytest.raises(kind, match=words):
        make()
