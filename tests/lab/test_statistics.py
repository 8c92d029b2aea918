"""Intervals against SciPy, exact values, and coverage by enumerating the binomial law."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from slthlib.lab.statistics import (
    Interval,
    clopper_pearson,
    mean_interval,
    median_interval,
    paired_difference,
    wilson,
    z_score,
)

counts = st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
levels = st.floats(0.01, 0.999)
PEERS = [(wilson, "wilson"), (clopper_pearson, "exact")]


@pytest.mark.parametrize(("ours", "method"), PEERS)
@given(counts, levels)
def test_proportion_interval_is_scipys(ours, method, count, level):
    k, n = count
    mine = ours(k, n, level)
    peer = stats.binomtest(k, n).proportion_ci(level, method=method)
    assert mine.mid == k / n
    assert mine.low == pytest.approx(peer.low, rel=1e-9, abs=1e-14)
    assert mine.high == pytest.approx(peer.high, rel=1e-9, abs=1e-14)
    assert 0 <= mine.low <= mine.mid <= mine.high <= 1


@given(counts)
def test_clopper_pearson_is_the_beta_quantile(count):
    k, n = count
    mine = clopper_pearson(k, n, 0.9)
    assert mine.low == pytest.approx(stats.beta.ppf(0.05, k, n - k + 1) if k else 0, rel=1e-9)
    assert mine.high == pytest.approx(stats.beta.ppf(0.95, k + 1, n - k) if k < n else 1, rel=1e-9)


def test_proportion_intervals_by_hand():
    # All failures in n trials: (1 - high)^n = 0.025, and Wilson's limit is z² / (n + z²).
    z2 = stats.norm.ppf(0.975) ** 2
    assert clopper_pearson(0, 10).high == pytest.approx(1 - 0.025 ** (1 / 10), rel=1e-12)
    assert wilson(0, 10).high == pytest.approx(z2 / (10 + z2), rel=1e-12)
    for interval in (wilson, clopper_pearson):
        assert interval(0, 10).low == 0
        assert interval(10, 10).high == 1
        assert isinstance(interval(3, 10).low, float)
        assert type(interval(np.int64(3), 10).mid) is float


@pytest.mark.parametrize("ours", [wilson, clopper_pearson])
def test_proportion_intervals_of_arrays(ours):
    k, n = np.array([[0], [2], [5]]), np.array([5, 50])
    whole = ours(k, n)
    assert whole.low.shape == whole.mid.shape == whole.high.shape == (3, 2)
    assert whole.high[1, 1] == ours(2, 50).high
    np.testing.assert_array_equal(whole.errorbar, [whole.mid - whole.low, whole.high - whole.mid])
    np.testing.assert_array_equal(whole.contains(whole.mid), True)


@pytest.mark.parametrize("n", [1, 5, 20, 60])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
def test_coverage_by_enumeration(n, level):
    p = np.linspace(0.0005, 0.9995, 997)[:, None]
    k = np.arange(n + 1)
    law = stats.binom.pmf(k, n, p)
    exact = (law * clopper_pearson(k, n, level).contains(p)).sum(axis=1)
    assert exact.min() >= level - 1e-12
    # Wilson promises the mean only, and keeps it from n = 20 on to within two points.
    average = (law * wilson(k, n, level).contains(p)).sum(axis=1).mean()
    assert n < 20 or abs(average - level) < 0.02


@given(counts, st.floats(0.01, 0.99))
def test_z_score_is_the_formula(count, p):
    k, n = count
    exact = (k - n * Fraction(p)) / 1
    assert z_score(k, n, p) == pytest.approx(float(exact) / math.sqrt(n * p * (1 - p)), rel=1e-9, abs=1e-9)


def test_z_score_at_the_ends():
    np.testing.assert_array_equal(
        z_score([0, 1, 7, 7, 6, 0], 7, [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]), [0, np.inf, np.inf, 0, -np.inf, -np.inf]
    )
    assert z_score(0, 5, 0) == 0
    assert z_score(1, 1, 5e-324) == pytest.approx(5e-324**-0.5)
    assert z_score(2**53, 2**53, 1) == 0


def test_z_score_has_variance_one():
    k = np.arange(101)
    law = stats.binom.pmf(k, 100, 0.3)
    assert (law * z_score(k, 100, 0.3)).sum() == pytest.approx(0, abs=1e-12)
    assert (law * z_score(k, 100, 0.3) ** 2).sum() == pytest.approx(1, rel=1e-12)


def samples(least):
    return st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 3)), min_size=least, max_size=40)


@given(samples(2), st.floats(0.05, 0.999))
def test_mean_interval_is_the_t_test(sample, level):
    ours = mean_interval(sample, level=level)
    assert ours.mid == pytest.approx(np.mean(sample))
    assert type(ours.low) is float
    # SciPy warns about, and answers nan to, values that are all but constant.
    if np.ptp(sample) > 1e-3:
        peer = stats.ttest_1samp(sample, 0.0).confidence_interval(level)
        scale = np.abs(sample).max()
        assert ours.low == pytest.approx(peer.low, rel=1e-9, abs=1e-9 * scale)
        assert ours.high == pytest.approx(peer.high, rel=1e-9, abs=1e-9 * scale)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
def test_intervals_along_any_axis(axis):
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, 4, 5, 6))
    mean, difference = mean_interval(a, axis, 0.9), paired_difference(a, b, 0.9, axis=axis)
    assert difference.n == a.shape[axis]
    t = stats.t.ppf(0.95, a.shape[axis] - 1)
    for ours, values in ((mean, a), (difference, a - b)):
        half = t * stats.sem(values, axis=axis)
        np.testing.assert_allclose(ours.mid, values.mean(axis=axis), rtol=1e-12)
        np.testing.assert_allclose(ours.high - ours.mid, half, rtol=1e-9)
        np.testing.assert_allclose(ours.mid - ours.low, half, rtol=1e-9)
        assert ours.low.shape == values.mean(axis=axis).shape


def test_mean_interval_by_hand():
    ours = mean_interval([1, 2, 3])
    assert ours.mid == 2
    assert ours.high - 2 == pytest.approx(4.302652729911275 / math.sqrt(3))
    same = mean_interval(np.full((2, 3), 0.5, np.float32))
    np.testing.assert_array_equal([same.low, same.mid, same.high], np.full((3, 2), 0.5))


def test_mean_interval_coverage():
    """For normal values the mean lies in it as often as it says: 20 000 draws of 4, within 5 standard deviations."""
    inside = mean_interval(np.random.default_rng(8).normal(size=(20_000, 4)), level=0.9).contains(0.0)
    assert abs(z_score(int(inside.sum()), inside.size, 0.9)) < 5


@given(st.data(), st.floats(0.05, 0.999))
def test_paired_difference_is_the_t_test(data, level):
    a = data.draw(samples(2))
    b = data.draw(st.lists(st.floats(-1e3, 1e3), min_size=len(a), max_size=len(a)))
    ours = paired_difference(a, b, level)
    assert ours.n == len(a)
    assert ours.mid == pytest.approx(np.mean(np.subtract(a, b)))
    # SciPy warns about, and answers nan to, differences that are all but constant.
    if np.ptp(np.subtract(a, b)) > 1e-3:
        peer = stats.ttest_rel(a, b).confidence_interval(level)
        scale = np.abs(np.subtract(a, b)).max()
        assert ours.low == pytest.approx(peer.low, rel=1e-9, abs=1e-9 * scale)
        assert ours.high == pytest.approx(peer.high, rel=1e-9, abs=1e-9 * scale)


def test_paired_difference_by_hand():
    ours = paired_difference([1, 2, 3], [0, 0, 0])
    assert ours.mid == 2
    assert ours.high - 2 == pytest.approx(4.302652729911275 / math.sqrt(3))
    same = paired_difference([1.5, 2.5], [1.0, 2.0])
    assert (same.low, same.mid, same.high) == (0.5, 0.5, 0.5)
    several = paired_difference([[1, 2, 3], [0, 0, 1]], np.zeros((2, 3)))
    assert several.low.shape == (2,)
    assert several.low[0] == ours.low
    assert paired_difference(np.array([0, 0], np.uint8), np.array([1, 1], np.uint8)).mid == -1


@given(samples(6), levels)
def test_median_interval_is_two_order_statistics_of_the_law(sample, level):
    n = len(sample)
    needed = next(m for m in range(1, 100) if 2 * 0.5**m <= 1 - level)
    if n < needed:
        with pytest.raises(ValueError, match=f"at least {needed} observations"):
            median_interval(sample, level)
        return
    ours = median_interval(sample, level)
    assert ours.mid == np.median(sample)
    cumulative = [sum(math.comb(n, j) for j in range(k + 1)) / 2**n for k in range(n)]
    k = max(i for i in range(n) if 2 * cumulative[i] <= (1 - level) * (1 + 1e-12))
    k = min(k, (n - 1) // 2)
    assert (ours.low, ours.high) == (sorted(sample)[k], sorted(sample)[n - 1 - k])


@pytest.mark.parametrize(("n", "level"), [(6, 0.95), (7, 0.95), (20, 0.95), (30, 0.99), (2, 0.5), (3, 0.75)])
def test_median_interval_coverage_is_at_least_the_level(n, level):
    # For distinct values the chance to hold the median depends on the ranks alone: the exact binomial says it.
    interval = median_interval(np.arange(n), level)
    inside = sum(math.comb(n, j) for j in range(int(interval.low) + 1, n - int(interval.low))) / 2**n
    assert inside >= level


def test_interval_contains_its_ends():
    interval = Interval(0.0, 0.5, 1.0)
    assert interval.contains(0.0)
    assert interval.contains(1.0)
    assert interval.contains(1.5) is False
    np.testing.assert_array_equal(interval.contains([-1, 0.2]), [False, True])


BAD = [
    (wilson, (4, 3), ValueError, "successes: expected at most trials, got 4 of 3"),
    (wilson, (-1, 3), ValueError, "successes: expected integers from 0 .* got -1"),
    (wilson, (0, 0), ValueError, "trials: expected integers from 1 .* got 0"),
    (wilson, (1, 2**53 + 1), ValueError, "trials: .* to 2\\^53"),
    (wilson, ([], []), ValueError, "successes: .* empty array"),
    (wilson, (True, 3), TypeError, "successes: expected integers, got dtype bool"),
    (wilson, (1.0, 3), TypeError, "successes: expected integers, got dtype float64"),
    (wilson, (math.nan, 3), TypeError, "successes: expected integers"),
    (wilson, ([2**70], 3), TypeError, "successes: expected integers, got dtype object"),
    (wilson, ([1, 2], [3, 4, 5]), ValueError, "successes, trials: expected shapes that broadcast"),
    (wilson, (1, 3, 1.0), ValueError, "level: expected a float in .* got 1.0"),
    (wilson, (1, 3, 0), ValueError, "level: "),
    (wilson, (1, 3, math.nan), ValueError, "level: .* got nan"),
    (wilson, (1, 3, "0.9"), TypeError, "level: "),
    (wilson, (1, 3, True), TypeError, "level: .* got True"),
    (clopper_pearson, (4, 3), ValueError, "successes: "),
    (clopper_pearson, (1, 3, 95), ValueError, "level: .* got 95"),
    (z_score, (1, 3, math.nan), ValueError, "probability: expected finite"),
    (z_score, (1, 3, 1.5), ValueError, "probability: expected numbers in .* got 1.5"),
    (z_score, (1, 3, -0.1), ValueError, "probability: "),
    (z_score, (1, 3, [True]), TypeError, "probability: .* dtype bool"),
    (z_score, ([1, 2], 3, [0.1, 0.2, 0.3]), ValueError, "probability: expected shapes"),
    (paired_difference, ([1, 2], [1, 2, 3]), ValueError, "b: expected the shape of a"),
    (paired_difference, ([1], [2]), ValueError, "a: expected at least 2 pairs"),
    (paired_difference, (1.0, 2.0), ValueError, "a: expected at least 2 pairs"),
    (paired_difference, ([1, math.inf], [1, 2]), ValueError, "a: expected finite numbers, got inf"),
    (paired_difference, ([1, 2], [1, math.nan]), ValueError, "b: expected finite numbers, got nan"),
    (paired_difference, (["x", "y"], [1, 2]), TypeError, "a: expected real numbers"),
    (paired_difference, ([1j, 2], [1, 2]), TypeError, "a: expected real numbers, got dtype complex128"),
    (paired_difference, ([None, 2], [1, 2]), TypeError, "a: .* dtype object"),
    (paired_difference, (np.ones((3, 4)), np.ones((3, 4)), 0.9, 0), TypeError, "positional"),
    (mean_interval, ([1],), ValueError, r"values: expected at least 2 values along axis -1, got shape \(1,\)"),
    (mean_interval, (3.0,), ValueError, "values: expected at least 2 values"),
    (mean_interval, (np.ones((1, 5)), 0), ValueError, "values: expected at least 2 values along axis 0"),
    (mean_interval, (np.ones((3, 5)), 2), ValueError, "axis: expected one of the 2 axes of values, got 2"),
    (mean_interval, (np.ones((3, 5)), 0.0), TypeError, "axis: expected an integer, got 0.0"),
    (mean_interval, (np.ones((3, 5)), True), TypeError, "axis: expected an integer, got True"),
    (mean_interval, ([1, math.nan],), ValueError, "values: expected finite numbers, got nan"),
    (mean_interval, ([1, 2], -1, 1.5), ValueError, "level: "),
    (median_interval, ([1, 2, 3, 4, 5],), ValueError, "at least 6 observations for level 0.95, got 5"),
    (median_interval, ([],), ValueError, "sample: .* empty"),
    (median_interval, (np.ones((3, 4)),), ValueError, "sample: expected one axis"),
    (median_interval, ([math.nan] * 9,), ValueError, "sample: expected finite"),
    (median_interval, ([True] * 9,), TypeError, "sample: "),
]


@pytest.mark.parametrize(("function", "arguments", "kind", "message"), BAD)
def test_bad_input_is_named(function, arguments, kind, message):
    with pytest.raises(kind, match=message):
        function(*arguments)
