"""Sums that wrap around, products, and positive items: bounds against every problem, laws against exact counts."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from slthlib.sums import count_subsets, laws

# --- groups


def missed_by_all(n, N):
    """Over all N**n problems of Z_N: P(1 is missed), P(some element is missed), as fractions."""
    one = some = 0
    for items in itertools.product(range(N), repeat=n):
        sums = {0}
        for x in items:
            sums |= {(s + x) % N for s in sums}
        one += 1 not in sums
        some += len(sums) < N
    return Fraction(one, N**n), Fraction(some, N**n)


@pytest.mark.ledger("thm-modular")
@pytest.mark.parametrize(
    ("n", "N"), [(1, 2), (1, 7), (3, 5), (4, 4), (4, 8), (5, 6), (5, 7), (6, 6), (7, 4), (9, 2), (8, 3)]
)
def test_group_bounds_over_every_problem(n, N):
    one, some = missed_by_all(n, N)
    assert float(one) <= laws.group_missed_probability(n, N) * (1 + 1e-12)
    assert float(some) <= laws.group_failure_bound(n, N) * (1 + 1e-12)
    least = next(p for p in range(2, N + 1) if N % p == 0)
    assert laws.group_failure_lower_bound(n, least) <= float(some) * (1 + 1e-12)
    if n == 1:
        assert laws.group_missed_probability(n, N) == pytest.approx(float(one), rel=1e-14)


@pytest.mark.ledger("thm-modular")
def test_group_bounds_in_exact_arithmetic():
    for n, N in ((5, 2), (13, 256), (15, 1024), (19, 4096), (30, 10**6)):
        forms = [N ** (2.0**-b) * float(Fraction(N - 1, 2 ** (n - b) + N - 2)) for b in range(n)]
        assert laws.group_failure_bound(n, N) == pytest.approx(min(1, *forms), rel=1e-12)
        assert laws.group_failure_bound(n, N) <= 4 * N * math.log2(N) / 2**n * (1 + 1e-12)
        assert laws.group_missed_probability(n, N) == pytest.approx(float(Fraction(N - 1, 2**n + N - 2)), rel=1e-13)
        assert laws.group_missed_probability(n, N) <= (N - 1) / (2**n - 1)
    assert laws.group_failure_bound([13, 15, 19], [256, 1024, 4096]) == pytest.approx([0.40, 0.475, 0.166], abs=6e-3)


@pytest.mark.ledger("thm-modular")
def test_groups_of_every_size():
    n, N = np.array([1, 2, 10, 64, 1000, 10**6])[:, None], np.array([1, 2, 3, 2**20, 2**62])
    for law in (laws.group_failure_bound, laws.group_missed_probability):
        values = law(n, N)
        assert ((values >= 0) & (values <= 1)).all()
        assert (np.diff(values, axis=0) <= 0).all()
        assert (np.diff(values, axis=1) >= 0).all()
        assert (values[:, 0] == 0).all()  # the group of one element is its empty sum
    assert laws.group_failure_bound(62, 2**62) == pytest.approx(1, rel=1e-12)
    assert laws.group_failure_bound(100, 2**62) < 4 * 62 * 2.0**-38


# --- products


def is_odd_product(M1, M2, positive):
    first, second = range(-M1, M1 + 1), range(1, M2 + 1) if positive else range(-M2, M2 + 1)
    odd = sum((a * b) % 2 for a in first for b in second)
    return Fraction(odd, len(first) * len(second))


@pytest.mark.ledger("prop-products-parity")
@pytest.mark.parametrize("positive", [False, True])
def test_parity_by_counting(positive):
    for M1, M2, n in itertools.product((1, 2, 3, 4, 9, 16), (1, 2, 5, 8), (1, 3, 10)):
        exact = float((1 - is_odd_product(M1, M2, positive)) ** n)
        found = laws.product_parity_bound(n, M1, M2, positive=positive)
        assert found == pytest.approx(exact, rel=1e-12)
        if M1 % 2 == 0 and M2 % 2 == 0:
            assert found >= 0.75**n * (1 - 1e-12)


@pytest.mark.ledger("prop-products-parity")
def test_parity_is_a_lower_bound_over_every_problem():
    for M1, M2, n in ((2, 1, 2), (2, 2, 2), (3, 2, 2), (2, 1, 3)):
        products = [a * b for a in range(-M1, M1 + 1) for b in range(-M2, M2 + 1)]
        failed = 0
        for items in itertools.product(products, repeat=n):
            sums = {0}
            for x in items:
                sums |= {s + x for s in sums}
            failed += not all(t in sums for t in range(-M1 * M2, M1 * M2 + 1))
        assert laws.product_parity_bound(n, M1, M2) <= failed / len(products) ** n * (1 + 1e-12)


@pytest.mark.ledger("law-products")
def test_products_are_the_law_of_their_variance():
    """M2 = 1 with b > 0 is a single weight; known values for two factors up to 32, and 8."""
    n = np.arange(8, 20)
    single = laws.all_targets_probability(n, M=100)
    bound = laws.product_parity_bound(n, 100, 1, positive=True)
    assert laws.product_all_targets_probability(n, 100, 1, positive=True) == pytest.approx(
        np.minimum(single, 1 - bound)
    )
    law = laws.product_all_targets_probability([16, 18, 20, 22], 32, 32)
    assert law == pytest.approx([0.433, 0.786, 0.926, 0.976], abs=5e-3)
    assert laws.product_all_targets_probability(14, 8, 8) == pytest.approx(0.856, abs=5e-3)
    assert laws.product_all_targets_probability(60, 8, 8) <= 1 - 0.75**60
    half = laws.product_all_targets_probability(18, 32, 32, largest=512)
    assert half > laws.product_all_targets_probability(18, 32, 32)


# --- positive items


def test_positive_entropy():
    tau = np.array([0.25, 0.20, 0.15, 0.10, 0.05, 0.02])
    assert laws.positive_entropy(tau) == pytest.approx([1, 0.978, 0.910, 0.786, 0.578, 0.370], abs=6e-4)
    assert laws.positive_entropy(0.5 - tau) == pytest.approx(laws.positive_entropy(tau), abs=1e-12)
    fine = np.linspace(1e-9, 0.25, 400)
    assert (np.diff(laws.positive_entropy(fine)) >= 0).all()
    # Few items: the best are the smallest, and h is near pi sqrt(tau / 3) / ln 2.
    assert laws.positive_entropy(1e-8) == pytest.approx(math.pi * math.sqrt(1e-8 / 3) / math.log(2), rel=1e-4)


@pytest.mark.slow
def test_positive_counts_against_exact_ones():
    """Mean log2 ratio of exact counts to the law within 0.1 at n = 24, from the middle to a tenth of the sum."""
    rng = np.random.default_rng(24)
    for tau in (0.25, 0.15, 0.1):
        off = []
        for _ in range(6):
            items = rng.integers(1, 201, 24)
            t = round(tau * 24 * 200)
            exact = float(count_subsets(items, t, t)[0])
            off.append(math.log2(exact) - laws.positive_subset_log_count(items, t))
        print(f"tau = {tau}: {np.mean(off):.3f}")
        assert abs(np.mean(off)) < 0.1


def test_positive_counts_and_the_entropy_are_one_theory():
    """For very many items the saddle point per item is the entropy."""
    items = np.arange(1, 200_001)
    n, M = items.size, items.max()
    for tau in (0.25, 0.1, 0.4):
        found = laws.positive_subset_log_count(items, tau * n * M) / n
        assert found == pytest.approx(laws.positive_entropy(tau), abs=2e-4)


def test_shapes_and_signs_of_positive_counts():
    rng = np.random.default_rng(0)
    items = rng.integers(-50, 51, (4, 16))
    log_count = laws.positive_subset_log_count(items, 3)
    assert log_count.shape == (4,)
    for row, found in zip(items, log_count, strict=True):
        assert laws.positive_subset_log_count(row, 3) == pytest.approx(found, rel=1e-12)
        assert laws.positive_subset_log_count(row, [3, 5])[0] == pytest.approx(found, rel=1e-12)
        # Items and their negatives are mirror images.
        assert laws.positive_subset_log_count(-row, -3) == pytest.approx(found, rel=1e-10)
        total = int(row.sum())
        assert laws.positive_subset_log_count(row, total - 3) == pytest.approx(found, rel=1e-9)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: laws.group_failure_bound(0, 5), ValueError, "n: expected"),
        (lambda: laws.group_failure_bound(5, 0), ValueError, "N: expected"),
        (lambda: laws.group_failure_lower_bound(5, 1), ValueError, "p: expected whole numbers of at least 2"),
        (lambda: laws.product_parity_bound(5, 0, 3), ValueError, "M1: expected"),
        (
            lambda: laws.product_all_targets_probability(5, 3, 2, largest=31),
            ValueError,
            "largest: expected at most n M1",
        ),
        (lambda: laws.positive_entropy(0.5), ValueError, "tau: expected"),
        (lambda: laws.positive_entropy(0), ValueError, "tau: expected"),
        (lambda: laws.positive_subset_log_count([1, 2, 3], 6), ValueError, "target: expected numbers strictly between"),
        (lambda: laws.positive_subset_log_count([0, 0], 0), ValueError, "items: expected finite numbers, not all"),
        (
            lambda: laws.positive_subset_log_count([[1, 2], [3, 4]], [1, 2, 3]),
            ValueError,
            "target: expected one number",
        ),
        (lambda: laws.positive_subset_log_count([], 0), ValueError, "items: expected shape"),
    ],
)
def test_bad_input_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
