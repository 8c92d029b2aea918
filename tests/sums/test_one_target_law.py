"""The laws of one target, of subsets of one size and of vectors: slow twins, exact means and known values."""

import math

import numpy as np
import pytest
from law_twins import average_over_drift, exact_mean, rates
from scipy import special

from slthlib.sums import laws
from slthlib.sums.laws._quadrature import reach


@pytest.mark.ledger("law-one-target")
@pytest.mark.ledger("law-one-real")
def test_known_values_for_one_target():
    law = laws.subset_sum_probability
    assert law(14, [1, 256, 512], M=512) == pytest.approx([0.971, 0.956, 0.908], abs=6e-4)
    assert law(10, [1, 64, 128], M=128) == pytest.approx([0.852, 0.814, 0.705], abs=6e-4)
    assert law([12, 14, 16, 18], 0.5, eps=1e-4) == pytest.approx([0.1912, 0.5239, 0.8749, 0.9725], abs=6e-5)
    assert law([14, 16, 18], 1, eps=1e-4) == pytest.approx([0.4569, 0.8087, 0.9438], abs=6e-5)


@pytest.mark.ledger("law-one-target")
@pytest.mark.parametrize(("n", "target", "M", "eps"), [(10, 3, 50, 0), (12, 50, 50, 2), (9, -20, 11, 0)])
def test_one_target_on_a_fine_grid(n, target, M, eps):
    rate = rates(n, target, M * (M + 1) / 3)
    expected = average_over_drift(lambda g: -math.expm1(-(2 * eps + 1) * rate(g)))
    assert laws.subset_sum_probability(n, target, M=M, eps=eps) == pytest.approx(expected, abs=1e-10)


def test_subsets_of_half_the_items_and_of_all_sizes():
    """With k = n / 2 the drift acts as in the law of all sizes; only the number of subsets differs."""
    n, M = 40, 2**30
    rest = math.log(math.comb(n, n // 2)) - 0.5 * math.log(2 * math.pi * n / 4 * M * (M + 1) / 3)
    for t in (1, M, 5 * M):
        h = 2 * t / math.sqrt(n * M * (M + 1) / 3)
        expected = reach(np.array(rest), np.array(h))[0]
        assert laws.subset_sum_probability(n, t, M=M, size=n // 2) == pytest.approx(expected, rel=1e-12)


def test_what_the_empty_and_the_full_subset_do():
    law = laws.subset_sum_probability
    assert law([1, 5, 10**6], 0, M=7) == pytest.approx([1, 1, 1])
    assert law(5, [-3, 3, 4], M=100, eps=3).tolist()[:2] == [1, 1]
    assert law(5, 4, M=100, eps=3) < 1
    assert law(5, [0.0, 0.05, 0.06], eps=0.05).tolist()[:2] == [1, 1]
    assert law(5, [0, 2, 3], M=100, eps=2, size=0).tolist() == [1, 1, 0]
    # One item of one: the normal law of a uniform number is all this law knows.
    assert law(1, 0, M=10, size=1) == pytest.approx(special.erf(0.5 / math.sqrt(110 / 3) / math.sqrt(2)), rel=1e-12)
    assert law(8, 0, M=10, size=8) == pytest.approx(special.erf(0.5 / math.sqrt(8 * 110 / 3) / math.sqrt(2)), rel=1e-12)


@pytest.mark.ledger("law-one-target")
@pytest.mark.parametrize(("n", "M", "target", "tolerance"), [(10, 20, 1, 0), (14, 30, 60, 0), (14, 30, 10, 3)])
def test_the_mean_number_against_the_exact_one(n, M, target, tolerance):
    """To leading order: the exact mean, by convolution, is within 2 / n of it."""
    exact = exact_mean(n, M, target, tolerance)
    found = laws.expected_subsets(n, target, M=M, eps=tolerance)
    assert abs(found / exact - 1) < 2 / n
    finer = laws.expected_subsets(2 * n, target, M=M, eps=tolerance) / exact_mean(2 * n, M, target, tolerance)
    assert abs(finer - 1) < 0.7 * abs(found / exact - 1)


@pytest.mark.ledger("law-sized")
@pytest.mark.parametrize(("n", "k", "target"), [(16, 8, 1), (24, 6, 5), (24, 18, 60)])
def test_the_mean_number_of_sized_subsets_against_the_exact_one(n, k, target):
    exact = exact_mean(n, 20, target, size=k)
    assert laws.expected_subsets(n, target, M=20, size=k) == pytest.approx(exact, rel=1.5 / k)


def test_the_mean_is_what_the_rate_averages_to():
    for n, t, M, k in ((10, 3, 50, None), (12, 40, 50, 4), (30, 7, 9, 20)):
        share = 0.5 if k is None else k / n
        count = 2.0**n if k is None else math.comb(n, k)
        spread = share * (1 - share) * n * M * (M + 1) / 3

        def rate(g, n=n, t=t, M=M, share=share, count=count, spread=spread):
            mean = share * g * math.sqrt(n * M * (M + 1) / 3)
            return count * math.exp(-((t - mean) ** 2) / (2 * spread)) / math.sqrt(2 * math.pi * spread)

        assert laws.expected_subsets(n, t, M=M, size=k) == pytest.approx(average_over_drift(rate), rel=1e-9)
    assert laws.expected_subsets(10, 0, M=10) == pytest.approx(2**10 * math.sqrt(3 / (math.pi * 10 * 110)), rel=1e-12)
    assert laws.expected_subsets(10**6, 0, M=10) == math.inf


@pytest.mark.ledger("law-multi")
def test_vectors():
    law = laws.vector_subset_sum_probability
    for n, eps, z in ((12, 1e-3, 0.5), (18, 1e-4, 1.0), (8, 0.01, 7.0)):
        assert law(n, 1, eps, distance=z) == pytest.approx(laws.subset_sum_probability(n, z, eps=eps), rel=1e-11)
    # In two dimensions exp(-|G|**2 / 2) is uniform on [0, 1].
    mean = np.array([1e-3, 0.1, 1.0, 10.0, 1e4])
    eps = np.sqrt(mean / 2**14 * np.pi * 14 / 6) / 2
    assert law(14, 2, eps) == pytest.approx(1 + np.expm1(-mean) / mean, rel=1e-11)
    assert law([14, 14, 14], 2, [0.05, 0.02, 0.01]) == pytest.approx([0.955, 0.728, 0.339], abs=6e-4)
