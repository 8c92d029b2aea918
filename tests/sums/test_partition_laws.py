"""The laws of random partition: what they say exactly, and the proved bounds against exact enumeration."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from partition_twins import all_signs
from scipy import stats

from slthlib.sums import laws
from slthlib.sums.laws.partition_bounds import _zero_probabilities

SIZES = [1, 2, 3, 12, 20, 64, 1000, 1_000_000]
LARGEST = [1, 2, 3, 100, 2**20, 2**53 + 1, 2**62, 1e308]
FUNCTIONS = {
    "probability": laws.perfect_partition_probability,
    "count": lambda n, M, parity=None: laws.perfect_partition_count_probability(3, n, M, parity=parity),
    "tail": lambda n, M, parity=None: laws.difference_tail(5, n, M, parity=parity),
}


def dice_sums(n, M):
    """Ways in which n numbers of {-M..-1, 1..M} make each sum -nM..nM: exact integers."""
    one = [1] * M + [0] + [1] * M
    ways = [1]
    for _ in range(n):
        new = [0] * (len(ways) + 2 * M)
        for i, w in enumerate(ways):
            for j, v in enumerate(one):
                new[i + j] += w * v
        ways = new
    return ways


def zero_probabilities(n, M):
    """P(Y_1 + ... + Y_k = 0) for k = 0..n, exactly."""
    return [Fraction(dice_sums(k, M)[k * M], (2 * M) ** k) for k in range(n + 1)]


def every_problem(n, M):
    return np.array(list(product(range(1, M + 1), repeat=n)))


# --- what the closed forms say


@pytest.mark.parametrize("law", FUNCTIONS.values(), ids=FUNCTIONS)
def test_finite_and_quiet_at_every_size(law):
    n, M = np.array(SIZES)[:, None], np.array(LARGEST, dtype=float)
    for parity in ("even", "odd", None):
        values = law(n, M, parity=parity)
        assert values.shape == (len(SIZES), len(LARGEST))
        assert np.isfinite(values).all()
        assert ((values >= 0) & (values <= 1)).all()
        one_by_one = [[law(a, b, parity=parity) for b in LARGEST] for a in SIZES]
        assert values.tolist() == one_by_one
        assert type(one_by_one[0][0]) is float


@pytest.mark.parametrize("law", FUNCTIONS.values(), ids=FUNCTIONS)
def test_the_unconditional_law_is_the_average_of_both_parities(law):
    for n, M in product(SIZES, LARGEST):
        assert law(n, M) == 0.5 * (law(n, M, parity="even") + law(n, M, parity="odd"))


def test_the_mean_in_exact_arithmetic():
    for n, M in product([1, 2, 10, 24, 60, 500], [1, 2, 7, 2**20, 2**62]):
        square = Fraction((M + 1) * (2 * M + 1), 6)
        expected = 2.0**n / math.sqrt(2 * math.pi * n * float(square))
        assert laws.perfect_partition_mean(n, M) == pytest.approx(expected, rel=1e-12)
        assert laws.perfect_partition_mean(n, M, parity="odd") == 2 * laws.perfect_partition_mean(n, M)
    assert laws.perfect_partition_mean(10**6, 3) == math.inf


@pytest.mark.ledger("law-perfect")
def test_probability_of_a_perfect_partition_in_terms_of_the_mean():
    for n, M in [(10, 200), (20, 2**18), (20, 2**40), (30, 2**70)]:
        mu = laws.perfect_partition_mean(n, M)
        assert laws.perfect_partition_probability(n, M, parity="even") == pytest.approx(-math.expm1(-mu), rel=1e-14)
        assert laws.perfect_partition_probability(n, M, parity="odd") == pytest.approx(-math.expm1(-2 * mu), rel=1e-14)


def test_monotone_in_both_arguments():
    M = np.unique(np.round(2.0 ** np.linspace(0, 62, 500)))
    for n in (2, 20, 60):
        for parity in ("even", "odd", None):
            assert (np.diff(laws.perfect_partition_probability(n, M, parity=parity)) <= 0).all()
            assert (np.diff(laws.difference_tail(7, n, M, parity=parity)) >= 0).all()
    n = np.arange(1, 3000)
    assert (np.diff(laws.perfect_partition_probability(n, 2**62)) >= 0).all()
    d = np.arange(-5, 4000)
    assert (np.diff(laws.difference_tail(d, 20, 2**22)) <= 0).all()


@pytest.mark.ledger("law-difference")
@pytest.mark.parametrize(("n", "M"), [(12, 500), (20, 2**20), (24, 2**28), (50, 2**62)])
def test_the_tail_begins_where_perfect_partitions_end(n, M):
    mu = laws.perfect_partition_mean(n, M)
    even = lambda d: laws.difference_tail(d, n, M, parity="even")  # noqa: E731
    odd = lambda d: laws.difference_tail(d, n, M, parity="odd")  # noqa: E731
    assert even(-1) == even(-0.5) == even(-np.inf) == 1
    assert odd(-1) == odd(0) == odd(0.99) == 1
    assert even(0) == even(1) == even(1.99) == pytest.approx(math.exp(-mu), rel=1e-14)
    assert odd(1) == odd(2) == odd(2.99) == pytest.approx(math.exp(-2 * mu), rel=1e-14)
    assert even(2) == pytest.approx(math.exp(-3 * mu), rel=1e-14)
    assert odd(3) == pytest.approx(math.exp(-4 * mu), rel=1e-14)
    assert even(np.inf) == odd(np.inf) == 0
    for parity, least in (("even", 0), ("odd", 1)):
        perfect = laws.perfect_partition_probability(n, M, parity=parity)
        assert laws.difference_tail(least, n, M, parity=parity) == pytest.approx(1 - perfect, rel=1e-12)


@pytest.mark.ledger("law-count")
@pytest.mark.parametrize("parity", ["even", "odd", None])
@pytest.mark.parametrize(("n", "M"), [(10, 3), (20, 2**14), (22, 2**18), (24, 2**30)])
def test_counts_are_a_distribution(n, M, parity):
    mu = laws.perfect_partition_mean(n, M)
    k = np.arange(int(2 * mu + 40 * math.sqrt(mu + 1)) + 20)
    p = laws.perfect_partition_count_probability(k, n, M, parity=parity)
    assert p.sum() == pytest.approx(1, abs=1e-9)
    mean = {"even": mu, "odd": 2 * mu, None: 1.5 * mu}[parity]
    assert p @ k == pytest.approx(mean, rel=1e-9)
    assert p[0] == pytest.approx(1 - laws.perfect_partition_probability(n, M, parity=parity), rel=1e-9, abs=1e-12)


@pytest.mark.ledger("law-count")
@pytest.mark.parametrize("n", [20, 30, 64, 200])
def test_counts_where_they_are_huge(n):
    """Near a mean of 1e6 to 1e58 three logarithms of that size would cancel; the normal density has no such trouble."""
    mu = laws.perfect_partition_mean(n, 2)
    k = np.floor(mu + math.sqrt(mu) * np.linspace(-3, 3, 13))
    p = laws.perfect_partition_count_probability(k, n, 2, parity="even")
    near = stats.norm.pdf(k, mu, math.sqrt(mu)) * (
        1 + ((k - mu) / mu**0.5) * (((k - mu) / mu**0.5) ** 2 - 3) / 6 / mu**0.5
    )
    assert p == pytest.approx(near, rel=1e-4)
    assert laws.perfect_partition_count_probability([0, np.floor(mu * 1e3), 1e300], n, 2, parity="even").tolist() == [
        0,
        0,
        0,
    ]


def test_counts_agree_with_scipy():
    k = np.arange(200)
    for n, M in [(12, 60), (20, 2**18), (20, 2**14), (24, 2**40)]:
        expected = stats.poisson.pmf(k, laws.perfect_partition_mean(n, M))
        found = laws.perfect_partition_count_probability(k, n, M, parity="even")
        assert found == pytest.approx(expected, rel=1e-10, abs=1e-100)


@given(st.integers(1, 60), st.floats(-8, 8))
def test_position_in_the_window_and_back(n, position):
    M = laws.window_size(n, position)
    assert type(M) is int
    assert M >= 1
    # M is rounded to a whole number: half a unit moves lambda by at most this.
    assert abs(laws.window_parameter(n, M) - position) <= 1.5 / M + 1e-9 or M == 1
    assert laws.window_size(n, laws.window_parameter(n, M)) == pytest.approx(M, rel=1e-12)


def test_window_by_hand():
    assert laws.window_size(16, 0) == 2**14
    assert laws.window_size(16, 3) == 2**17
    assert laws.window_size(16, -20) == 1
    assert laws.window_parameter(16, 2**14) == 0
    assert laws.window_parameter([4, 16], [[8], [16]]).tolist() == [[0, -11], [1, -10]]
    assert laws.window_size(1000, 0) > 10**290


# --- what is proved, against exact numbers


@pytest.mark.parametrize(("n", "M"), [(1, 1), (2, 2), (3, 5), (6, 4), (9, 3), (12, 10), (20, 7)])
def test_zero_probabilities_by_a_transform_and_by_convolution(n, M):
    exact = [float(p) for p in zero_probabilities(n, M)]
    assert _zero_probabilities(n, M) == pytest.approx(exact, rel=1e-10, abs=1e-15)


@pytest.mark.ledger("thm-first-moment")
@pytest.mark.parametrize("M", [2, 3, 4, 5, 8, 13, 30])
@pytest.mark.parametrize("n", [2, 3, 4, 5, 7, 10])
def test_no_sum_is_likelier_than_the_first_moment_bound(n, M):
    bound = (
        math.sqrt(3 / (2 * math.pi * n * M * (M + 1)))
        + 2 / (M * (n - 1)) * (1 / 2 + 3 / (4 * M)) ** (n - 1)
        + (2 * M) ** -n / M
    )
    ways = dice_sums(n, M)
    assert sum(ways) == (2 * M) ** n
    for w in ways:
        assert Fraction(w, (2 * M) ** n) <= Fraction(bound)


EVERY = [
    (2, 2),
    (2, 9),
    (3, 2),
    (3, 7),
    (4, 2),
    (4, 5),
    (5, 2),
    (5, 5),
    (6, 2),
    (6, 4),
    (7, 3),
    (8, 3),
    (9, 2),
    (12, 2),
]


@pytest.mark.ledger("thm-first-moment")
@pytest.mark.ledger("prop-second-moment")
@pytest.mark.parametrize(("n", "M"), EVERY)
def test_bounds_hold_for_the_exact_probability(n, M):
    """Over all M**n problems: bounds and probability are those given that the sum is even."""
    problems = every_problem(n, M)
    problems = problems[problems.sum(axis=1) % 2 == 0]
    perfect = ((problems @ all_signs(n).T) == 0).any(axis=1).mean()
    low, high = laws.perfect_partition_bounds(n, M)
    assert low <= perfect * (1 + 1e-12)
    assert perfect <= high * (1 + 1e-12)


@pytest.mark.ledger("prop-second-moment")
@pytest.mark.parametrize(("n", "M"), [(1, 3), (2, 2), (2, 9), (3, 4), (4, 3), (5, 3), (6, 2), (7, 2)])
def test_the_second_moment_exactly(n, M):
    """Z counts the sign vectors with sum zero; its mean square over every problem is a sum of products."""
    zeros = ((every_problem(n, M) @ all_signs(n, fixed=False).T) == 0).sum(axis=1)
    p = zero_probabilities(n, M)
    assert Fraction(int(zeros.sum()), M**n) == 2**n * p[n]
    second = sum(math.comb(n, k) * p[k] * p[n - k] for k in range(n + 1))
    assert Fraction(int((zeros**2).sum()), M**n) == 2**n * second


@pytest.mark.ledger("prop-second-moment")
@pytest.mark.parametrize(("n", "M"), [(2, 2), (4, 5), (6, 4), (10, 3), (12, 8)])
def test_the_lower_bound_is_the_inequality_of_cauchy_and_schwarz(n, M):
    p = zero_probabilities(n, M)
    odd = Fraction((M + 1) // 2, M)
    even = (1 + (1 - 2 * odd) ** n) / 2
    second = sum(math.comb(n, k) * p[k] * p[n - k] for k in range(n + 1))
    exact = (2**n * p[n]) ** 2 / (2**n * second * even)
    assert laws.perfect_partition_bounds(n, M)[0] == pytest.approx(float(exact), rel=1e-10)


@pytest.mark.parametrize(("n", "M"), [(2, 2), (500, 2), (3000, 2), (2, 10**6), (20, 2**17), (4, 2**20)])
def test_bounds_stay_in_order_at_every_size(n, M):
    low, high = laws.perfect_partition_bounds(n, M)
    assert 0 <= low <= high <= 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: laws.perfect_partition_probability("5", 10), "n: expected real numbers, got '5'"),
        (lambda: laws.perfect_partition_probability(True, 10), "n: expected real numbers, got True"),
        (lambda: laws.perfect_partition_mean(5, "10"), "M: expected real numbers"),
        (lambda: laws.perfect_partition_count_probability("x", 5, 5), "count: expected real numbers"),
        (lambda: laws.difference_tail(None, 5, 5), "difference: expected real numbers"),
        (lambda: laws.window_parameter(5, None), "M: expected real numbers"),
        (lambda: laws.window_size([5, 6], 0.0), "n: expected one number"),
        (lambda: laws.window_size(5, [0.0, 1.0]), "position: expected one number"),
        (lambda: laws.perfect_partition_bounds("5", 3), "n: expected real numbers"),
        (lambda: laws.perfect_partition_bounds(5, [3, 4]), "M: expected one whole number"),
    ],
)
def test_what_is_no_number_is_refused(call, words):
    with pytest.raises(TypeError, match=f"^{words}"):
        call()
