"""How many items: thresholds as fixed points, known sizes, and the smallest n that is likely enough."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special

from slthlib.sums import laws

BITS = np.array([4, 6, 8, 10, 12, 16, 20, 24, 32])


@pytest.mark.slow
@pytest.mark.ledger("law-threshold")
def test_known_thresholds_and_sizes():
    M = 2.0 ** (BITS - 1)
    one, every = laws.subset_sum_threshold(M=M, targets="one"), laws.subset_sum_threshold(M=M)
    assert one == pytest.approx([3.53, 5.83, 8.04, 10.21, 12.35, 16.56, 20.72, 24.85, 33.06], abs=0.006)
    assert every == pytest.approx([5.33, 8.13, 10.72, 13.19, 15.57, 20.17, 24.64, 29.02, 37.62], abs=0.006)
    # Both are fixed points.
    assert one == pytest.approx(np.log2(np.sqrt(M * (M + 1))) + np.log2(one) / 2 + np.log2(np.pi / 6) / 2, abs=1e-9)
    base = np.log2(np.sqrt(M * (M + 1))) + np.log2(every) / 2 + np.log2(np.pi / 6) / 2
    assert every == pytest.approx(base + np.log2(np.log(2 * M + 1)), abs=1e-9)
    assert laws.samples_needed([[0.5], [0.95], [0.99]], M=M).tolist() == [
        [8, 10, 13, 15, 17, 22, 26, 31, 39],
        [11, 14, 16, 19, 21, 25, 30, 34, 42],
        [14, 17, 19, 21, 24, 28, 32, 37, 45],
    ]


@pytest.mark.ledger("law-threshold")
def test_thresholds_of_reals_and_of_tolerances():
    eps = np.array([0.1, 1e-3, 1e-10, 1e-100])
    one, every = laws.subset_sum_threshold(eps=eps, targets="one"), laws.subset_sum_threshold(eps=eps)
    assert one == pytest.approx(-np.log2(eps) + np.log2(one) / 2 - 1 + np.log2(np.pi / 6) / 2, abs=1e-9)
    log_a = every * math.log(2) + 0.5 * np.log(6 / (np.pi * every))
    base = -np.log2(eps) + np.log2(every) / 2 - 1 + np.log2(np.pi / 6) / 2
    assert every == pytest.approx(base + np.log2(log_a + math.log(2)), abs=1e-9)
    fine = laws.subset_sum_threshold(M=2**50, eps=2**40)
    assert fine == pytest.approx(laws.subset_sum_threshold(eps=(2**40 + 0.5) / 2**50), abs=1e-6)
    assert (np.diff(laws.subset_sum_threshold(M=2**20, eps=np.arange(0, 1000))) < 0).all()


@pytest.mark.ledger("law-threshold")
def test_the_limit_of_the_window():
    """P_all is near 2 Phi(sqrt(2 (n - n0) ln 2) - sqrt(12 / n)) - 1, ever nearer as M grows."""
    worst = []
    for bits in (10, 30, 60):
        M = 2.0**bits
        n0 = laws.subset_sum_threshold(M=M)
        n = np.ceil(n0) + np.arange(1, 8)
        limit = 2 * special.ndtr(np.sqrt(2 * (n - n0) * math.log(2)) - np.sqrt(12 / n)) - 1
        worst.append(np.abs(laws.all_targets_probability(n, M=M) - limit).max())
    assert worst[0] > worst[1] > worst[2]
    assert worst[2] < 0.05


@pytest.mark.ledger("law-sized")
def test_sized_threshold_is_where_one_subset_is_expected_at_the_best_drift():
    for share, M in ((0.5, 2**20), (0.25, 2**20), (0.9, 1000)):
        n0 = laws.sized_threshold(share, M=M)
        log_choose = special.gammaln(n0 + 1) - special.gammaln(share * n0 + 1) - special.gammaln((1 - share) * n0 + 1)
        spread = math.sqrt(2 * math.pi * share * n0 * (1 - share) * M * (M + 1) / 3)
        assert log_choose == pytest.approx(math.log(spread), rel=1e-9)
    # A share so small that k = 2 or so: n**k / k! subsets, however large n is.
    for share in (1e-9, 1e-15):
        n0 = laws.sized_threshold(share, M=2**62)
        k = share * n0
        subsets = k * math.log(n0) - special.gammaln(k + 1)
        assert subsets == pytest.approx(math.log(math.sqrt(2 * math.pi * k / 3) * 2**62), abs=1e-5)
    entropy = lambda q: -q * math.log2(q) - (1 - q) * math.log2(1 - q)  # noqa: E731
    for share in (0.1, 0.5):
        for eps in (1e-100, 1e-300):
            n0 = laws.sized_threshold(share, eps=eps)
            form = math.log2(share * n0 / eps) + math.log2(math.pi * (1 - share) / math.sqrt(3))
            assert n0 * entropy(share) == pytest.approx(form, abs=0.05)


@pytest.mark.ledger("law-large-deviation")
def test_the_tilt_costs_what_it_saves():
    """E 1 / (1 + e^{s X}) = 1/2 at every tilt, so the rate and the exponent add up to ln 2."""
    for s in (-7.0, -0.3, 0.0, 2.0, 40.0):
        assert integrate.quad(lambda x, s=s: special.expit(-s * x) / 2, -1, 1)[0] == pytest.approx(0.5, abs=1e-12)
    r = np.linspace(0, math.log(2), 9)
    assert laws.large_deviation_rate(r) + r == pytest.approx(math.log(2), abs=1e-15)


@pytest.mark.ledger("law-threshold")
@settings(max_examples=20)
@given(st.floats(1e-6, 1 - 1e-9), st.integers(0, 62))
def test_samples_needed_is_the_smallest(success, bits):
    M = 2**bits
    n = laws.samples_needed(success, M=M)
    assert type(n) is int
    assert 1 - laws.all_targets_failure(n, M) >= success
    assert n == 1 or 1 - laws.all_targets_failure(n - 1, M) < success


@pytest.mark.ledger("law-threshold")
def test_samples_needed_for_other_targets():
    for eps in (0.3, 0.01, 1e-8):
        n = laws.samples_needed(0.9, eps=eps)
        assert laws.all_targets_probability(n, eps=eps) >= 0.9 > laws.all_targets_probability(n - 1, eps=eps)
        n = laws.samples_needed(0.9, eps=eps, targets=2.5)
        assert laws.subset_sum_probability(n, 2.5, eps=eps) >= 0.9
        assert n == 3 or laws.subset_sum_probability(n - 1, 2.5, eps=eps) < 0.9
    n = laws.samples_needed(0.9, M=4096, eps=20)
    assert laws.all_targets_probability(n, M=4096, eps=20) >= 0.9 > laws.all_targets_probability(n - 1, M=4096, eps=20)
    assert laws.samples_needed(0.9, M=4096, targets=0) == 1
    # Where 2 eps and the number of sums leave the range in which their product would be a float64.
    for eps in (1e-100, 1e-300):
        n, n0 = laws.samples_needed(0.9, eps=eps), laws.subset_sum_threshold(eps=eps)
        assert n0 < n < n0 + 5
    # A target near 0 that the empty subset does not serve costs as much as the target 1.
    assert laws.samples_needed(0.9, M=4096, targets="one") == laws.samples_needed(0.9, M=4096, targets=1)
    table = laws.samples_needed([[0.5], [0.9]], M=[10, 100], eps=[[[0]], [[3]]])
    assert table.shape == (2, 2, 2)
    assert table.dtype == np.int64
