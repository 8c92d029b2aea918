"""The closed bounds: what they say exactly, that the truth respects them, and that a tightened one is caught."""

import math
from fractions import Fraction

import numpy as np
import pytest
from bounds_twins import failures, truths, worst_ratio

from slthlib.sums import covering_radii, laws

LAST = {1: 30, 2: 30, 3: 26, 4: 22}
UPPER = {
    "three quarters": lambda n, M: laws.three_quarters_bound(n, M=M),
    "binomial": laws.binomial_bound,
    "growth": laws.growth_bound,
    "second moment": laws.second_moment_bound,
    "proved": lambda n, M: laws.failure_bound(n, M=M),
    "floating-point": lambda n, M: laws.failure_bound(n, M=M, kind="floating-point"),
}


def binomial_tail(n, M):
    p = Fraction(M, 2 * M + 1)
    return sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(min(n, 2 * M - 1) + 1))


# --- never violated, and a violation would be seen


@pytest.mark.ledger("thm-three-quarters")
@pytest.mark.ledger("thm-fixed-m")
@pytest.mark.ledger("thm-growth")
@pytest.mark.ledger("thm-second-moment")
@pytest.mark.parametrize("name", UPPER)
@pytest.mark.parametrize("M", LAST)
def test_no_upper_bound_is_below_the_exact_probability(name, M):
    n = np.arange(1, LAST[M] + 1)
    truth, bound = truths(M, LAST[M]), UPPER[name](n, M)
    assert (truth <= bound * (1 + 1e-14)).all()
    assert (np.diff(bound) <= 0).all()


def test_a_tightened_bound_is_caught():
    cells, worst = 0, {}
    for name, bound in UPPER.items():
        ratios = [worst_ratio(truths(M, last), bound(np.arange(1, last + 1), M)) for M, last in LAST.items()]
        assert all(count >= 6 for _, count in ratios)
        cells += sum(count for _, count in ratios)
        worst[name] = max(ratio for ratio, _ in ratios)
        print(f"{name}: largest truth / bound {worst[name]:.4f} in {sum(count for _, count in ratios)} cells")
    assert cells >= 6 * len(UPPER)
    assert all(ratio <= 1 for ratio in worst.values())
    # So sharp is the check: bounds smaller by these factors would have been caught.
    assert worst["proved"] > 0.87
    assert worst["floating-point"] > 0.96
    assert worst["three quarters"] > 0.24
    n = np.arange(1, 31)
    assert (truths(1, 30) > (2 / 3) ** n * laws.failure_bound(n, M=1) / (3 / 4) ** n).any()


@pytest.mark.ledger("thm-necessity")
@pytest.mark.ledger("thm-fixed-m")
@pytest.mark.parametrize("M", LAST)
def test_no_lower_bound_is_above_the_exact_probability(M):
    n = np.arange(1, LAST[M] + 1)
    truth = truths(M, LAST[M])
    assert (laws.failure_lower_bound(n, M) <= truth * (1 + 1e-14)).all()
    assert (1 - truth <= laws.coverage_upper_bound(n, M=M) + 1e-14).all()
    assert laws.failure_lower_bound(1, M) == 1  # two sums, three targets
    # Somewhere the bound is of use, and a bound twice as large would have been caught.
    assert (2 * laws.failure_lower_bound(n, M) > truth).any()


def test_the_truth_is_the_truth():
    for M, last in ((1, 9), (2, 6), (3, 5)):
        for n in range(1, last + 1):
            assert truths(M, LAST[M])[n - 1] == pytest.approx(float(failures(n, M)), rel=1e-13)


@pytest.mark.slow
@pytest.mark.ledger("cor-continuous")
def test_real_targets_respect_the_bounds():
    rng = np.random.default_rng(41)
    for n, eps in ((3, 0.5), (6, 0.1), (12, 0.5), (12, 0.3)):
        missed = (covering_radii(rng.uniform(-1, 1, (500, n))) > eps).mean()
        noise = 4 * math.sqrt(missed * (1 - missed) / 500 + 1e-5)
        low, high = laws.failure_lower_bound(n, eps=eps), laws.failure_bound(n, eps=eps, kind="floating-point")
        assert low - noise <= missed <= high + noise
        assert laws.failure_bound(n, eps=eps) >= high


# --- what they say exactly


def test_three_quarters_in_exact_arithmetic():
    for n, M in ((1, 1), (10, 1), (60, 512), (200, 2**20), (400, 2**62)):
        exact = min(Fraction(1), 4 * M**2 * Fraction(3, 4) ** n)
        assert exact <= Fraction(laws.three_quarters_bound(n, M=M)) <= exact * (1 + Fraction(1, 10**11))
    for n, eps in ((1, 0.5), (40, 0.25), (100, 2.0**-10)):
        exact = min(Fraction(1), 8 / Fraction(eps) ** 2 * Fraction(3, 4) ** n)
        assert exact <= Fraction(laws.three_quarters_bound(n, eps=eps)) <= exact * (1 + Fraction(1, 10**11))


@pytest.mark.ledger("thm-fixed-m")
def test_the_binomial_bound_in_exact_arithmetic():
    for n, M in ((1, 1), (5, 1), (40, 1), (400, 1), (12, 3), (90, 3), (300, 40), (900, 40), (2000, 200)):
        exact, got = binomial_tail(n, M), Fraction(laws.binomial_bound(n, M))
        assert exact <= got <= exact * (1 + Fraction(1, 10**8))
    # The rate: the limit of P**(1/n) is (M + 1)/N, exact for fixed M.
    assert math.log(laws.binomial_bound(800, 1)) / 800 == pytest.approx(math.log(2 / 3), rel=0.03)


def test_the_drift_bound_is_the_smallest_its_hypotheses_allow():
    n, M = 1600, 2**720
    log_n = math.log(2 * M + 1)
    best = 1.0
    for n0 in range(1200, n + 1):
        if math.log(n0) + n0 * math.log(1.5) > log_n:
            break
        for b in range(40):
            k = min(n - n0 - b, n0)
            if b + 5 <= math.sqrt(n0) / 4 and k >= 0:
                first = math.exp(math.log(64 * n0) + (1 + 2.0**-b) * log_n - n0 * math.log(2))
                best = min(best, first + math.exp(-n0 / 72) + 3 * math.exp(-(k**2) / (32 * n0)))
    assert 0 < best < 0.9
    assert laws.drift_bound(n, M) == pytest.approx(best, rel=1e-9)
    assert laws.failure_bound(n, M=M) == laws.drift_bound(n, M) < laws.three_quarters_bound(n, M=M) == 1
    # Never at practical sizes, and never with too few items.
    assert (laws.drift_bound(np.array([10, 1000, 10**6])[:, None], [1, 512, 2**62]) == 1).all()
    assert laws.drift_bound(1199, M) == 1


def test_the_halving_bound_asks_for_its_hypothesis():
    def terms(n, M):
        excess = n * math.log(2) - math.log(2 * M + 1)
        return excess, math.exp(-math.log(2) - excess - 79 - 9.5 * math.sqrt(excess))

    n, M = 1106, 2**1100
    excess, expected = terms(n, M)
    assert n >= (27.1 + 3.25 * math.sqrt(excess)) ** 2
    assert laws.failure_lower_bound(n, M) == pytest.approx(expected, rel=1e-9)
    n, M = 1006, 2**1000
    excess, expected = terms(n, M)
    assert n < (27.1 + 3.25 * math.sqrt(excess)) ** 2
    assert laws.failure_lower_bound(n, M) < expected


def test_counting():
    for M in (1, 2, 3, 4, 511, 512, 2**62, 2**2000):
        n = laws.counting_bound(M=M)
        assert 2**n >= 2 * M + 1 > 2 ** (n - 1)
    for eps in (1.0, 0.9, 0.5, 0.3, 0.25, 1e-3, 2.0**-40, 1e-300):
        n = laws.counting_bound(eps=eps)
        assert 2**n * Fraction(eps) >= 1
        assert n == 0 or 2 ** (n - 1) * Fraction(eps) < 1
        # With fewer items failure is certain, and the bounds say so.
        assert n <= 1 or laws.coverage_upper_bound(n - 1, eps=eps) == 0 == 1 - laws.failure_lower_bound(n - 1, eps=eps)
    assert laws.counting_bound(eps=2.0) == 0
    assert laws.coverage_upper_bound(9, M=512) == 0 < laws.coverage_upper_bound(11, M=512)


def test_real_bounds_are_the_better_of_both_routes():
    for n, eps in ((30, 0.2), (40, 0.05), (60, 0.01)):
        M = math.ceil(((n + 1) / Fraction(eps) - 1) / 2)
        assert 2 * M + 1 >= (n + 1) / Fraction(eps) > 2 * M - 1
        direct = laws.three_quarters_bound(n, eps=eps)
        assert laws.failure_bound(n, eps=eps) == min(direct, laws.failure_bound(n, M=M))
        over_integers = laws.failure_bound(n, M=M, kind="floating-point")
        assert laws.failure_bound(n, eps=eps, kind="floating-point") == min(direct, over_integers)
    assert laws.failure_bound(5, eps=1.0) == 0
    # Here the route over the integers wins.
    assert laws.failure_bound(20, eps=0.25, kind="floating-point") < laws.three_quarters_bound(20, eps=0.25)


# --- sizes, shapes, bad input


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["proved", "floating-point"])
def test_stable_and_vectorised(kind):
    n = np.array([1, 2, 10, 50, 100, 1000, 10**6])
    for M in ([1, 2, 100], [2**20, 2**40, 2**62]):
        together = laws.failure_bound(n[:, None], M=M, kind=kind)
        assert together.shape == (7, 3)
        assert ((together > 0) & (together <= 1)).all()
        assert (np.diff(together, axis=0) <= 0).all()
        assert together.tolist() == [[laws.failure_bound(int(a), M=b, kind=kind) for b in M] for a in n]
        assert type(laws.failure_bound(3, M=M[0], kind=kind)) is float
        low = laws.failure_lower_bound(n[:, None], M)
        assert ((low >= 0) & (low <= together)).all()
    eps = np.array([0.9, 0.1, 1e-3, 1e-18])
    for bound in (laws.failure_bound(n[:, None], eps=eps), laws.coverage_upper_bound(n[:, None], eps=eps)):
        assert bound.shape == (7, 4)
        assert ((bound >= 0) & (bound <= 1)).all()


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: laws.failure_bound(10), ValueError, "M, eps: expected exactly one"),
        (lambda: laws.failure_bound(10, M=3, eps=0.1), ValueError, "M, eps: expected exactly one"),
        (lambda: laws.failure_bound(10, M=3, kind="best"), ValueError, "kind: expected one of 'proved', 'floating"),
        (lambda: laws.failure_bound(0, M=3), ValueError, "n: expected whole numbers of at least 1, got 0"),
        (lambda: laws.failure_bound(2.5, M=3), ValueError, "n: expected whole"),
        (lambda: laws.failure_bound(math.nan, M=3), ValueError, "n: expected"),
        (lambda: laws.failure_bound(10, M=0), ValueError, "M: expected a whole number of at least 1, got 0"),
        (lambda: laws.failure_bound(10, M=2.5), ValueError, "M: expected a whole"),
        (lambda: laws.failure_bound(10, M="3"), TypeError, "M: expected a whole"),
        (lambda: laws.failure_bound(10, M=True), TypeError, "M: expected a whole"),
        (lambda: laws.failure_bound(10, M=math.inf), ValueError, "M: expected a whole"),
        (lambda: laws.failure_bound(10, eps=0), ValueError, "eps: expected finite numbers above 0, got 0"),
        (lambda: laws.failure_bound(10, eps=math.nan), ValueError, "eps: expected"),
        (lambda: laws.three_quarters_bound(10), ValueError, "M, eps"),
        (lambda: laws.binomial_bound(10, -1), ValueError, "M: expected"),
        (lambda: laws.drift_bound("many", 4), TypeError, "n: expected"),
        (lambda: laws.counting_bound(), ValueError, "M, eps"),
        (lambda: laws.counting_bound(eps=[0.1, 0.2]), TypeError, "eps: expected one number"),
        (lambda: laws.growth_bound(10, 2**18), ValueError, "M: the recursion takes M up to 131072, got 262144"),
        (lambda: laws.second_moment_bound(101, 4), ValueError, "n: second moments are for at most 100 items, got 101"),
        (lambda: laws.second_moment_bound(10, 5000), ValueError, "M: second moments are computed up to M = 4096"),
        (lambda: laws.second_moment_bound(10, 4, first=11), ValueError, "first: expected a whole number from 1 to n"),
        (lambda: laws.second_moment_missed(10, 4, width=0), ValueError, "width: expected a whole"),
    ],
)
def test_bad_input(call, error, text):
    with pytest.raises(error, match="^" + text):
        call()
