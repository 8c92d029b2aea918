"""The dictionary of the chapter on the quantized law, and what its laws say in closed form."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from slthlib.sums import best_partition, laws

SMALL_ITEMS = st.lists(st.integers(-20, 20), min_size=1, max_size=8)


def subset_sums(items):
    """Every subset sum, once for each subset."""
    sums = [0]
    for item in items:
        sums += [total + item for total in sums]
    return sums


def signed_sums(items):
    """Every signed sum, once for each choice of signs."""
    return [
        sum(s * x for s, x in zip(signs, items, strict=True)) for signs in itertools.product((-1, 1), repeat=len(items))
    ]


# The dictionary


@pytest.mark.ledger("prop-dictionary")
@given(SMALL_ITEMS)
def test_subset_sums_are_signed_sums_and_signs_of_items_do_not_matter(items):
    translated = sorted(2 * t - sum(items) for t in subset_sums(items))
    assert translated == sorted(signed_sums(items))
    assert translated == sorted(signed_sums([abs(x) for x in items]))


@pytest.mark.ledger("prop-dictionary")
@given(SMALL_ITEMS, st.integers(-30, 30))
def test_one_more_item_turns_a_target_into_a_partition(items, target):
    numbers = [abs(x) for x in items] + [abs(2 * target - sum(items))]
    assert sum(numbers) % 2 == 0  # parity is never in the way
    assert (best_partition(numbers).difference == 0) == (target in subset_sums(items))


@pytest.mark.ledger("prop-dictionary")
@given(SMALL_ITEMS)
def test_a_best_partition_is_a_subset_sum_nearest_to_half(items):
    nearest = min(abs(2 * t - sum(items)) for t in subset_sums(items))
    assert best_partition([abs(x) for x in items]).difference == nearest


# The thresholds


@pytest.mark.ledger("law-threshold")
@pytest.mark.parametrize("m", [8, 10, 14, 20, 30, 40, 60])
def test_the_threshold_formula_follows_the_law(m):
    """The closed form is late, by less than one item."""

    def turn(n):
        return math.log2(math.sqrt(M * (M + 1))) + 0.5 * np.log2(math.pi * n / 6) + math.log2(math.log(2 * M + 1))

    M = 2 ** (m - 1)
    threshold = laws.subset_sum_threshold(M=M)
    assert threshold == pytest.approx(turn(threshold), abs=1e-9)
    assert abs(threshold - (m + 0.5 * math.log2(threshold) + math.log2(m) - 2)) < 0.02
    n = math.floor(threshold) + np.arange(1, 14)
    excess = np.maximum(n - turn(n), 0)
    closed = np.maximum(2 * ndtr(np.sqrt(2 * math.log(2) * excess) - np.sqrt(12 / n)) - 1, 0)
    law = laws.all_targets_probability(n, M=M)
    assert (closed <= law).all()
    assert (law[:-1] <= closed[1:]).all()


@pytest.mark.ledger("law-one-target")
@pytest.mark.parametrize(("M", "n"), [(64, 12), (64, 20), (256, 16)])
def test_the_mean_number_of_subsets(M, n):
    """The exact mean, sum_k C(n, k) P(X_1 + ... + X_k = t), against L / sqrt(2) * exp(-h**2 / 4)."""
    one, law, exact = np.full(2 * M + 1, 1 / (2 * M + 1)), np.ones(1), np.zeros(2 * n * M + 1)
    for k in range(n + 1):
        exact[(n - k) * M : (n + k) * M + 1] += math.comb(n, k) * law
        law = np.convolve(law, one)
    t = np.array([1, M // 2, M])
    peak = 2.0**n * math.sqrt(6 / (math.pi * n * M * (M + 1)))
    closed = peak / math.sqrt(2) * np.exp(-(t**2) / (n * M * (M + 1) / 3))
    assert abs(exact[n * M + t] / closed - 1).max() < 1 / n
    np.testing.assert_allclose(closed, [laws.expected_subsets(n, int(x), M=M) for x in t], rtol=1e-9)
