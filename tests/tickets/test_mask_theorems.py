"""What the chapters on supermasks and hidden networks prove, by other means than their proofs."""

from fractions import Fraction
from itertools import combinations, product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slthlib.nets import Dense, top_k
from slthlib.tickets import criterion, edge_popup
from slthlib.tickets.actions import signed_constant
from slthlib.tickets.bits import mask_bits, mask_entropy
from slthlib.tickets.scores import prune

WEIGHTS = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=8)


def all_masks(n, k):
    return [np.isin(np.arange(n), kept) for kept in combinations(range(n), k)]


@pytest.mark.ledger("prop-nearest-mask")
@given(WEIGHTS, st.data())
def test_the_nearest_mask_among_all(pairs, data):
    w, v = np.array(pairs).T
    k = data.draw(st.integers(0, len(w)))
    chosen = np.argsort(-w * (2 * v - w), kind="stable")[:k]
    found = np.isin(np.arange(len(w)), chosen)
    assert ((found * w - v) ** 2).sum() == min(((mask * w - v) ** 2).sum() for mask in all_masks(len(w), k))


@pytest.mark.ledger("prop-nearest-mask")
def test_same_sign_is_nearest_on_signed_constants():
    network = Dense((3, 3), bias=False)
    for seed in range(20):
        start, trained = network.init(1, seed=seed), network.init(1, seed=100 + seed)
        constants = signed_constant(start)
        w, v = (one["weight0"].double().flatten().numpy() for one in (constants, trained))
        same = int((w * v > 0).sum())
        for k in range(1, same + 1):
            mask = prune(criterion("large_final_same_sign")(start, trained), k / 9, output_rate=1, seed=0)["weight0"]
            kept = mask.flatten().numpy()
            assert kept.sum() == k
            others = all_masks(9, k)
            assert ((kept * w - v) ** 2).sum() <= min(((one * w - v) ** 2).sum() for one in others) + 1e-12
            assert (kept * w) @ v >= max((one * w) @ v for one in others) - 1e-12


def gradients(loss, slopes, p, i):
    """Means over all coins, exactly: of the slope in coordinate i, and of the difference that coin i makes."""
    through = slope = 0
    for m in product((0, 1), repeat=len(p)):
        chance = np.prod([q if x else 1 - q for q, x in zip(p, m, strict=True)])
        through += chance * slopes(np.array(m))[i]
        slope += chance * loss(np.array(m)) / (p[i] if m[i] else p[i] - 1)
    return through, slope


@pytest.mark.ledger("prop-straight-through")
@given(st.lists(st.integers(-5, 5), min_size=12, max_size=12), st.lists(st.integers(1, 9), min_size=3, max_size=3))
def test_straight_through_forgets_half_the_curvature(numbers, tenths):
    half, linear = np.array(numbers[:9]).reshape(3, 3), np.array(numbers[9:])
    hessian, p = half + half.T, [Fraction(tenth, 10) for tenth in tenths]
    for i in range(3):
        through, slope = gradients(
            lambda m: Fraction(int(m @ hessian @ m), 2) + int(linear @ m), lambda m: hessian @ m + linear, p, i
        )
        assert through - slope == (p[i] - Fraction(1, 2)) * int(hessian[i, i])
        assert through == sum(int(hessian[i, j]) * p[j] for j in range(3)) + int(linear[i])


@pytest.mark.ledger("prop-straight-through")
def test_straight_through_is_off_by_at_most_half_the_curvature():
    # Logistic losses: the second derivative in coordinate i is at most w_i**2 / 4. Some come near the bound's size.
    rng, largest = np.random.default_rng(3), 0.0
    for _ in range(200):
        w, shift, p = 4 * rng.standard_normal(4), 3 * rng.standard_normal(), rng.random(4)
        for i in range(4):
            through, slope = gradients(
                lambda m, w=w, shift=shift: np.logaddexp(0, w @ m + shift),
                lambda m, w=w, shift=shift: w / (1 + np.exp(-(w @ m + shift))), p, i,
            )  # fmt: skip
            off = abs(through - slope) / (w[i] ** 2 / 8)
            largest = max(largest, off)
            assert off <= 1
    assert largest > 0.5


@pytest.mark.ledger("prop-swaps")
@pytest.mark.parametrize("rate", [0.1, 1.0, 10.0])
def test_swaps_go_downhill_to_first_order(rate):
    network = Dense((6, 12, 12, 3), init="kaiming-normal", bias=False)
    weights, rng = network.init(5, seed=1), np.random.default_rng(2)
    data = rng.standard_normal((40, 6)).astype(np.float32), rng.integers(3, size=40)
    scores = Dense(network.widths, init="torch", bias=False).init(5, seed=3)
    before = top_k(scores, 0.4, seed=0)
    _, slopes = network.gradients(weights, *data, before)
    plain = {"momentum": 0, "weight_decay": 0, "schedule": "constant", "scale": False, "absolute": False}
    found = edge_popup(network, weights, data, keep=0.4, steps=1, batch=40, lr=rate, seed=0, scores=scores,
                       progress=False, **plain)  # fmt: skip
    swapped = 0
    for name, slope in slopes.items():
        change = found.masks[name].double() - before[name].double()
        swapped += int(change.abs().sum())
        assert ((slope.double() * weights[name] * change).flatten(1).sum(1) <= 0).all()
    assert swapped > 0


def test_ranking_by_size_can_go_uphill():
    # The exercise: the score that changes its sign enters although its weight harms.
    s, gw, rate = np.array([0.1, 0.2]), np.array([3.0, 0.0]), 0.2
    moved = s - rate * gw * np.sign(s)
    enters, leaves = np.argmax(abs(moved)), np.argmax(abs(s))
    assert (enters, leaves) == (0, 1)
    assert gw[enters] - gw[leaves] > 0


@pytest.mark.ledger("prop-mask-variance")
@pytest.mark.parametrize("masks", [
    all_masks(5, 2),
    [np.roll([True, True, False, False, False], shift) for shift in range(5)],  # entries that depend on each other
    [np.ones(5, bool)] * 2 + [np.zeros(5, bool)] * 3,
])  # fmt: skip
def test_variance_under_any_mask(masks):
    # Weights of -3, -1, 1, 3 with chances 1, 3, 3, 1 of 8: variance 3. Every mask here keeps an entry in 2 of 5 cases.
    x, values = np.array([2, -1, 3, 1, 4]), np.array([-3, -1, -1, -1, 1, 1, 1, 3])
    assert np.mean(masks, axis=0) == pytest.approx([0.4] * 5)
    weights = np.array(list(product(values, repeat=5)))
    z = np.concatenate([weights @ (x * mask) for mask in masks])
    assert z.sum() == 0
    assert Fraction(int(z @ z), z.size) == Fraction(2, 5) * 3 * int(x @ x)
    assert 2 * int((np.maximum(z, 0) ** 2).sum()) == int(z @ z)


@pytest.mark.ledger("prop-mask-bits")
@given(st.integers(1, 10**9), st.floats(0, 1))
def test_bits_of_a_mask_between_both_bounds(n, share):
    k = round(share * n)
    exact, bound = mask_bits(n, k), mask_entropy(n, k / n)
    slack = 1e-14 * n * np.log2(n + 1)  # gamma functions of large numbers are rounded
    assert bound - np.log2(n + 1) - slack <= exact <= bound + slack


@pytest.mark.ledger("prop-mask-bits")
def test_bits_of_a_mask_in_whole_numbers():
    for n in range(1, 200):
        for k in range(n + 1):
            term = comb(n, k) * k**k * (n - k) ** (n - k)
            assert term <= n**n <= (n + 1) * term
