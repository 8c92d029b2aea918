"""The laws of constrained partitions: known values, limits, and the count given the items against exact counts."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize
from scipy.special import ndtr

from slthlib.lab.statistics import z_score
from slthlib.sums import best_partitions, count_perfect_partitions, laws

BIAS = np.array([0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.40])


@pytest.mark.ledger("law-critical-line")
def test_known_values_on_the_critical_line():
    zeta, eta = laws.critical_tilt(BIAS)
    assert zeta == pytest.approx([0.2015, 0.4123, 0.6440, 0.9144, 1.2565, 1.7467, 2.6408, 6.2940], abs=6e-5)
    assert -eta == pytest.approx([0.3021, 0.6176, 0.9629, 1.3633, 1.8653, 2.5763, 3.8532, 8.9882], abs=6e-5)
    assert laws.critical_ratio(BIAS) == pytest.approx(
        [0.992760, 0.970710, 0.932782, 0.876881, 0.799166, 0.692149, 0.538055, 0.261321], abs=6e-7
    )
    assert laws.second_moment_ratio(BIAS) == pytest.approx(
        [0.985645, 0.943403, 0.875521, 0.785012, 0.674619, 0.545081, 0.390460, 0.169340], abs=6e-7
    )
    assert laws.annealed_ratio(BIAS) == pytest.approx(
        [0.992782, 0.971069, 0.934684, 0.883323, 0.816541, 0.733726, 0.634069, 0.516512], abs=6e-7
    )
    assert laws.critical_width(BIAS[:7]) == pytest.approx([0.008, 0.033, 0.078, 0.150, 0.263, 0.452, 0.833], abs=6e-4)
    assert laws.critical_width(0.4) == pytest.approx(2.42, abs=6e-3)


@pytest.mark.ledger("law-critical-line")
@pytest.mark.parametrize("b", [1e-6, 0.03, 0.2, 0.37, 0.41, 0.4142, -0.3])
def test_fields_by_adaptive_quadrature(b):
    zeta, eta = laws.critical_tilt(b)
    turn = -zeta / eta
    cuts = sorted({turn, *(np.clip(turn + np.array([-20, -5, 5, 20]) / max(abs(eta), 1), 0, 1))})

    def integral(f):
        return integrate.quad(f, 0, 1, points=cuts, epsabs=1e-13, epsrel=1e-12, limit=500)[0]

    assert integral(lambda x: math.tanh(zeta + eta * x)) == pytest.approx(b, abs=1e-11)
    assert integral(lambda x: x * math.tanh(zeta + eta * x)) == pytest.approx(0, abs=1e-11)
    potential = integral(lambda x: np.logaddexp(zeta + eta * x, -zeta - eta * x)) - b * zeta
    assert laws.critical_ratio(b) == pytest.approx(potential / math.log(2), abs=1e-10)
    square = integral(lambda x: math.tanh(zeta + eta * x) ** 2)
    assert laws.second_moment_ratio(b) == pytest.approx(-math.log2((1 + square) / 2), abs=1e-10)


@pytest.mark.ledger("law-critical-line")
def test_the_ends_of_the_critical_line():
    b = 1e-3
    assert (1 - laws.critical_ratio(b)) / b**2 == pytest.approx(2 / math.log(2), rel=1e-5)
    assert (1 - laws.second_moment_ratio(b)) / b**2 == pytest.approx(4 / math.log(2), rel=1e-5)
    distance = 10.0 ** -np.arange(3, 15)
    zeta, eta = laws.critical_tilt(laws.SORTED_BIAS - distance)
    assert -eta * np.sqrt(6 * math.sqrt(2) * distance) / math.pi == pytest.approx(np.ones(12), rel=2e-2)
    assert -eta[6] * math.sqrt(6 * math.sqrt(2) * distance[6]) / math.pi == pytest.approx(1, rel=1e-6)
    assert -zeta[6] / eta[6] == pytest.approx(math.sqrt(0.5), rel=1e-7)
    # The entropy of a border of width 1 / eta: int H2 = pi**2 / (6 ln 2 |eta|).
    ratio = laws.critical_ratio(laws.SORTED_BIAS - distance)
    assert ratio[6] * -eta[6] == pytest.approx(math.pi**2 / (6 * math.log(2)), rel=1e-6)
    assert laws.critical_ratio([0, laws.SORTED_BIAS, 0.5, -0.7, 1, -1]).tolist() == [1, 0, 0, 0, 0, 0]
    assert laws.critical_width([0.0, laws.SORTED_BIAS, 1]).tolist() == [0, math.inf, math.inf]


@pytest.mark.ledger("law-critical-line")
def test_order_and_symmetry():
    b = np.linspace(0, 1, 201)
    kappa, second, annealed = laws.critical_ratio(b), laws.second_moment_ratio(b), laws.annealed_ratio(b)
    assert (np.diff(kappa) <= 0).all()
    assert (np.diff(second) <= 0).all()
    assert (np.diff(annealed) < 0).all()
    assert (second <= kappa).all()
    inside = b < laws.SORTED_BIAS
    assert (kappa <= annealed + 1e-15)[inside].all()
    for law in (laws.critical_ratio, laws.second_moment_ratio, laws.annealed_ratio, laws.critical_width):
        assert law(-b).tolist() == law(b).tolist()
        assert type(law(0.2)) is float
    zeta, eta = laws.critical_tilt(-BIAS)
    assert (-zeta).tolist() == laws.critical_tilt(BIAS)[0].tolist()
    assert (-eta).tolist() == laws.critical_tilt(BIAS)[1].tolist()


@pytest.mark.ledger("law-critical-line")
@pytest.mark.parametrize("b", [0.0, 0.1, 0.4, 0.7])
def test_the_annealed_mean_by_minimisation(b):
    q = (1 + b) / 2

    def value(u):
        parts = q * math.log(math.expm1(u) / u) + (1 - q) * math.log(-math.expm1(-u) / u)
        return (parts - q * math.log(q) - (1 - q) * math.log(1 - q)) / math.log(2)

    best = optimize.minimize_scalar(value, bounds=(-30, -1e-6), method="bounded", options={"xatol": 1e-10})
    assert laws.annealed_ratio(b) == pytest.approx(best.fun, abs=1e-9)


@pytest.mark.ledger("law-critical-line")
def test_the_probability_far_from_and_on_the_line():
    assert laws.constrained_probability(100, laws.critical_ratio(0.2), 0.2) == pytest.approx(0.5, abs=1e-12)
    n = np.array([10, 100, 10**6])
    below, above = (laws.constrained_probability(n, laws.critical_ratio(0.3) + step, 0.3) for step in (-0.05, 0.05))
    assert below + above == pytest.approx(1, abs=1e-12)
    assert (np.diff(below) > 0).all()
    assert laws.constrained_probability(20, [0.9, 1.0, 1.1], 0).tolist() == [1, 0.5, 0]
    assert (laws.constrained_probability(n, 0.01, 0.5) == 0).all()
    assert (laws.constrained_probability(n, 0.01, 0.5, finite=True) == 0).all()


@pytest.mark.ledger("law-critical-line")
def test_the_finite_form_tends_to_the_leading_one():
    """The shift by log(n) / n fades, more slowly than the width n**(-1/2)."""
    gaps = []
    for n in (10**2, 10**4, 10**6, 10**8):
        ratio = laws.critical_ratio(0.25) + laws.critical_width(0.25) / math.sqrt(n) * np.array([-1.0, 0.0, 1.0])
        gap = laws.constrained_probability(n, ratio, 0.25) - laws.constrained_probability(n, ratio, 0.25, finite=True)
        gaps.append(float(np.abs(gap).max()))
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 0.01


@pytest.mark.ledger("law-critical-line")
def test_equal_cardinalities_in_closed_form():
    """At bias 0 there is no tilt: Z = 2**n (2 / (pi n M)) sqrt(12) / 2, doubled for odd sums."""
    for n, ratio in ((20, 0.9), (30, 0.7), (24, 1.2)):
        z = 2.0 ** (n * (1 - ratio)) * 2 / (math.pi * n) * math.sqrt(12) / 2
        expected = 1 - (math.exp(-z) + math.exp(-2 * z)) / 2
        assert laws.constrained_probability(n, ratio, 0, finite=True) == pytest.approx(expected, rel=1e-10)


# --- given the items


def all_sign_sums(items, s):
    """Sums of the signed items over all sign vectors with total s."""
    n = len(items)
    plus = itertools.combinations(range(n), (n + s) // 2)
    return np.array([2 * sum(items[i] for i in side) - sum(items) for side in plus])


@pytest.mark.slow
@pytest.mark.ledger("law-quenched")
def test_the_count_means_what_count_perfect_partitions_counts():
    """Averaged over many problems the means differ by less than 2 / n: even and odd sums, equal and unequal sides."""
    rng = np.random.default_rng(3)
    for n, s, M in ((12, 0, 40), (13, 1, 40), (12, 2, 25), (14, -4, 16)):
        items = rng.integers(1, M + 1, (4_000, n))
        law, exact = laws.quenched_partition_count(items, s), count_perfect_partitions(items, imbalance=s)
        for parity in (0, 1):
            rows = items.sum(axis=1) % 2 == parity
            ratio = exact[rows].mean() / law[rows].mean()
            error = exact[rows].std() / math.sqrt(rows.sum()) / law[rows].mean()
            print(f"n = {n}, s = {s}, parity {parity}: {ratio:.3f} +- {error:.3f}")
            assert 1 - 2 / n - 3.5 * error < ratio < 1 + 3.5 * error
    items = np.array([3, 5, 8, 9, 4, 7, 10, 2])
    assert np.sum(all_sign_sums(items, 2) == 0) == count_perfect_partitions(items, imbalance=2)
    assert np.sum(all_sign_sums(items, 0) == 0) == 2 * count_perfect_partitions(items, imbalance=0)


@pytest.mark.ledger("law-quenched")
@pytest.mark.parametrize(("n", "s", "bits"), [(20, 0, 8), (20, 4, 6), (24, 6, 6), (26, 6, 8)])
def test_many_partitions_are_counted_to_a_few_per_cent(n, s, bits):
    items = np.random.default_rng([n, s]).integers(1, 2**bits + 1, (60, n))
    law, exact = laws.quenched_partition_count(items, s), count_perfect_partitions(items, imbalance=s)
    many = exact > 200
    assert many.sum() > 20
    bits_off = np.log2(exact[many] / law[many])
    print(f"mean log2 ratio {bits_off.mean():.3f}, spread {bits_off.std():.3f}")
    assert -0.16 < bits_off.mean() < 0.01
    assert bits_off.std() < 0.25


@pytest.mark.slow
@pytest.mark.ledger("law-quenched")
@pytest.mark.parametrize(("n", "s", "ratio"), [(20, 4, 0.745), (20, 4, 0.8269), (24, 6, 0.7492)])
def test_perfect_partitions_simulated(n, s, ratio):
    """E(1 - exp(-Z)) over random items; simulation lies below it by at most 0.06 and never above."""
    items = np.random.default_rng([n, s]).integers(1, round(2 ** (ratio * n)) + 1, (3_000, n))
    perfect = int((best_partitions(items, imbalance=s).differences <= 1).sum())
    law = float(-np.expm1(-laws.quenched_partition_count(items, s)).mean())
    print(f"simulated {perfect / len(items):.3f}, law {law:.3f}")
    assert z_score(perfect, len(items), law) <= 3.5
    assert z_score(perfect, len(items), law - 0.06) >= -3.5
    closed = laws.constrained_probability(n, math.log2(round(2 ** (ratio * n))) / n, s / n, finite=True)
    assert abs(closed - perfect / len(items)) < 0.05


@pytest.mark.ledger("law-quenched")
def test_where_no_fields_balance_the_items():
    """Sorted items that lean to the side of the smaller ones: no perfect partition, and Z is 0."""
    rng = np.random.default_rng(0)
    items = rng.integers(1, 1000, (500, 12))
    ordered = np.sort(items, axis=1)
    for s in (2, 4, 6, 8):
        m = (12 + s) // 2
        leans = ordered[:, :m].sum(axis=1) < ordered[:, m:].sum(axis=1)
        law = laws.quenched_partition_count(items, s)
        assert ((law > 0) == leans).all()
        if s == 8:
            exact = count_perfect_partitions(items, imbalance=s)
            above = ordered[:, :m].sum(axis=1) > ordered[:, m:].sum(axis=1) + 1
            assert (exact[above] == 0).all()


@pytest.mark.ledger("law-quenched")
def test_rows_scales_and_signs_of_the_imbalance():
    items = np.random.default_rng(1).integers(1, 10**6, (30, 18))
    law = laws.quenched_partition_count(items, 4)
    assert laws.quenched_partition_count(items, -4).tolist() == law.tolist()
    assert laws.quenched_partition_count(items[3], 4) == pytest.approx(law[3], rel=1e-9)
    # Larger items, same fractions: the count goes down as 1 / scale; even multiples of odd sums are even.
    odd = items.sum(axis=1) % 2
    assert laws.quenched_partition_count(items * 2**40, 4) == pytest.approx(law / 2**40 / (1 + odd), rel=1e-9)
    # Beyond the range of float64 it is infinite, without a warning.
    assert laws.quenched_partition_count(np.tile(items[:2], 100), 4).tolist() == [math.inf, math.inf]
    # All equal: only the first coordinate is left to chance, and its law is that of a binomial.
    assert laws.quenched_partition_count([7] * 40, 0) == pytest.approx(math.comb(40, 20) / 2, rel=0.01)


@settings(max_examples=60)
@given(st.lists(st.integers(1, 2**50), min_size=2, max_size=24), st.data())
def test_any_items_give_a_finite_count(items, data):
    n = len(items)
    s = data.draw(st.sampled_from(range(-n + 2, n, 2)))
    law = laws.quenched_partition_count(items, s)
    assert 0 <= law <= 2.0 ** (n + 1)


# --- the sorted phase


@pytest.mark.ledger("law-sorted")
def test_the_sorted_phase():
    assert pytest.approx(math.sqrt(2) - 1, abs=1e-16) == laws.SORTED_BIAS
    b = np.array([0, 0.3, laws.SORTED_BIAS, 0.5, 1.0, -0.5])
    assert laws.sorted_difference(b) == pytest.approx([0, 0, 0, 0.0625, 0.5, 0.0625], abs=1e-15)
    n, z = 10**10, np.array([-1.0, 0.0, 0.7])
    # (sqrt(2) - 4/3)**(-1/2) = 3.51624 is the slope of the limit.
    slope = (math.sqrt(2) - 4 / 3) ** -0.5
    assert slope == pytest.approx(3.51624, abs=6e-6)
    found = laws.sorted_probability(n, laws.SORTED_BIAS + z / (slope * math.sqrt(n)))
    assert found == pytest.approx(ndtr(z), abs=1e-4)
    assert (np.diff(laws.sorted_probability(100, np.linspace(0, 1, 99))) >= 0).all()


@pytest.mark.ledger("law-sorted")
@pytest.mark.parametrize(("n", "s"), [(100, 40), (100, 42), (100, 46), (400, 160), (400, 172), (31, 13)])
def test_sorted_partitions_simulated(n, s):
    """The sorted partition is best when its smaller items weigh no less: draw, sort, weigh."""
    x = np.sort(np.random.default_rng([n, s]).uniform(size=(6_000, n)), axis=1)
    m = (n + s) // 2
    difference = x[:, :m].sum(axis=1) - x[:, m:].sum(axis=1)
    law = laws.sorted_probability(n, s / n)
    z = z_score(int((difference >= 0).sum()), len(x), law)
    print(f"law {law:.4f}, z = {z:.2f}")
    assert abs(z) <= 3.5


@pytest.mark.ledger("law-sorted")
def test_a_sorted_partition_that_leans_is_the_best():
    items = np.random.default_rng(5).integers(1, 10**4, (400, 14))
    ordered = np.sort(items, axis=1)
    for s in (6, 8):
        m = (14 + s) // 2
        difference = ordered[:, :m].sum(axis=1) - ordered[:, m:].sum(axis=1)
        best = best_partitions(items, imbalance=s).differences
        leans = difference >= 0
        assert leans.sum() > 20
        assert (best[leans] == difference[leans]).all()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: laws.critical_ratio(1.1), ValueError, r"bias: expected numbers in \[-1, 1\]"),
        (lambda: laws.critical_ratio(float("nan")), ValueError, "bias: expected numbers, got NaN"),
        (lambda: laws.critical_tilt(0.42), ValueError, "bias: expected numbers in"),
        (lambda: laws.critical_tilt("0.2"), TypeError, "bias: expected real"),
        (lambda: laws.constrained_probability(0, 0.5, 0.2), ValueError, "n: expected"),
        (lambda: laws.constrained_probability(10, 0, 0.2), ValueError, "ratio: expected"),
        (lambda: laws.constrained_probability(10, 0.5, 2), ValueError, "bias: expected"),
        (lambda: laws.sorted_probability(10, -1.5), ValueError, "bias: expected"),
        (lambda: laws.quenched_partition_count([1, 2, 3], 2), ValueError, "imbalance: 3 items can be split"),
        (
            lambda: laws.quenched_partition_count([1, 2, 3], 3),
            ValueError,
            "imbalance: expected a number smaller than n",
        ),
        (lambda: laws.quenched_partition_count([1, 2, 3], None), ValueError, "imbalance: expected a number"),
        (
            lambda: laws.quenched_partition_count([1, 2, 0], 1),
            ValueError,
            "items: expected whole numbers of at least 1",
        ),
        (lambda: laws.quenched_partition_count([1.5, 2], 0), ValueError, "items: expected whole numbers"),
        (lambda: laws.quenched_partition_count([5], 1), ValueError, "items: expected shape"),
    ],
)
def test_bad_input_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
