"""The laws of random subset sum: what they say exactly, against slow twins, exact numbers and known limits."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from law_twins import all_integers, all_reals, average_over_drift, exact_mean, rates
from scipy import integrate, optimize, special

from slthlib.sums import laws
from slthlib.sums.laws._quadrature import integer_nodes, reach
from slthlib.sums.laws.refined import given_items

BITS = np.array([4, 6, 8, 10, 12, 16, 20, 24, 32])
SIZES = np.array([1, 2, 3, 10, 20, 64, 1000, 10**6])[:, None]
LARGEST = np.array([1, 2, 7, 1000, 2**20, 2**53, 2**62])


# --- the quadrature


def by_quad(log_a, h, b):
    """P(reached) and P(missed) by adaptive quadrature over the drift, split at the cliffs."""
    cliff = math.sqrt(2 * max(log_a, 0.0)) / b
    cuts = {h + side * cliff + step / (b * max(b * cliff, 1)) for side in (-1, 1) for step in (-8, -4, -2, 0, 2, 4)}
    points = sorted(x for x in cuts | {h / 2, -4.0, 0.0, 4.0, -38.0, 38.0} if abs(x) <= 38)

    def density(g, missed):
        rate = math.exp(min(log_a - (b * (g - h)) ** 2 / 2, 700.0))
        return (math.exp(-rate) if missed else -math.expm1(-rate)) * math.exp(-g * g / 2) / math.sqrt(2 * math.pi)

    def integral(missed):
        return sum(
            integrate.quad(density, low, high, args=(missed,), epsabs=0, epsrel=1e-10, limit=200)[0]
            for low, high in itertools.pairwise(points)
        )

    return integral(False), integral(True)


@pytest.mark.parametrize(
    ("log_a", "h", "b"),
    [
        (-5, 1, 1), (0, 0, 1), (2, 0.5, 1), (2.3, 0, 1), (10, 1, 1), (30, 2, 1), (5, 8, 1), (5, 14, 1), (20, 0.3, 0.3),
        (8, 20, 0.1), (10, 1, 4), (60, 1, 1),
    ],
)  # fmt: skip
def test_one_place_by_adaptive_quadrature(log_a, h, b):
    hit, miss = reach(np.array(float(log_a)), np.array(float(h)), float(b))
    expected = by_quad(log_a, h, b)
    assert hit == pytest.approx(expected[0], rel=1e-8)
    assert miss == pytest.approx(expected[1], rel=1e-8)
    assert hit + miss == pytest.approx(1, rel=1e-13)


def test_few_points_miss_the_cliff():
    """Why the quadrature looks for the cliff: twenty points of Gauss and Hermite are off by a tenth of the failures."""
    g, w = np.polynomial.hermite_e.hermegauss(20)
    for log_a in (8.0, 12.0, 16.0):
        crude = (w * np.exp(-np.exp(log_a - g * g / 2))).sum() / math.sqrt(2 * math.pi)
        assert abs(crude / reach(np.array(log_a), np.array(0.0))[1] - 1) > 0.1


def test_failure_of_one_target_far_beyond_the_threshold():
    """P(fail) = (1 + o(1)) / (A sqrt(pi ln A)): known ratios, and the ratio tends to 1."""
    a = np.array([10.0, 1e2, 1e3, 1e5, 1e30, 1e300])
    ratio = reach(np.log(a), np.zeros(6))[1] * a * np.sqrt(np.pi * np.log(a))
    assert ratio[:4] == pytest.approx([0.965, 0.963, 0.970, 0.980], abs=6e-4)
    assert ratio[4:] == pytest.approx(1, abs=6e-3)
    assert abs(ratio[5] - 1) < abs(ratio[4] - 1)


@pytest.mark.parametrize("T", [1, 5, 144, 145, 1000, 12_345, 500_000])
def test_sums_over_integers_by_few_nodes(T):
    places, weights = integer_nodes(T)
    t = np.arange(-T, T + 1) / T
    assert weights.sum() == pytest.approx(2 * T + 1, rel=1e-13)
    for steep in (0.0, 1.5, 4.0):
        cliff = lambda x, steep=steep: np.exp(-np.exp(3 - steep * x))  # noqa: E731
        assert weights @ cliff(places) == pytest.approx(cliff(t).sum(), rel=1e-9)


# --- all targets


@pytest.mark.ledger("law-all-targets")
@pytest.mark.parametrize(("n", "M"), [(8, 8), (10, 32), (13, 128), (16, 128), (15, 512), (20, 512)])
def test_all_targets_one_by_one(n, M):
    assert laws.all_targets_probability(n, M=M) == pytest.approx(all_integers(n, M), abs=1e-9)


@pytest.mark.ledger("law-all-targets")
@pytest.mark.parametrize(
    ("n", "M", "tolerance", "largest"),
    [(10, 64, 1, 64), (12, 200, 2, 200), (12, 500, 9, 500), (14, 128, 0, 300), (12, 128, 0, 1)],
)
def test_all_targets_within_a_tolerance_or_in_another_window(n, M, tolerance, largest):
    found = laws.all_targets_probability(n, M=M, eps=tolerance, largest=largest)
    assert found == pytest.approx(all_integers(n, M, tolerance=tolerance, largest=largest), abs=1e-9)


@pytest.mark.ledger("law-all-reals")
@pytest.mark.parametrize(("n", "eps"), [(12, 0.01), (14, 0.002), (8, 0.1)])
def test_all_reals_on_a_grid(n, eps):
    assert laws.all_targets_probability(n, eps=eps) == pytest.approx(all_reals(n, eps), abs=1e-6)


@pytest.mark.ledger("law-all-reals")
def test_all_reals_of_another_window():
    for largest in (0.5, 3.0):
        found = laws.all_targets_probability(12, eps=0.02, largest=largest)
        assert found == pytest.approx(all_reals(12, 0.02, largest=largest), abs=1e-6)


@pytest.mark.ledger("law-all-reals")
def test_a_fine_grid_with_a_tolerance_is_the_real_line():
    """X / M is uniform on [-1, 1] in the limit, and a tolerance of d steps becomes (2 d + 1) / (2 M)."""
    for n, eps in ((12, 0.01), (14, 0.003), (20, 1e-4)):
        M = 2**45
        d = round(eps * M)
        assert laws.all_targets_probability(n, M=M, eps=d) == pytest.approx(
            laws.all_targets_probability(n, eps=(d + 0.5) / M), abs=1e-9
        )
        assert laws.subset_sum_probability(n, M // 2, M=M, eps=d) == pytest.approx(
            laws.subset_sum_probability(n, 0.5, eps=(d + 0.5) / M), abs=1e-9
        )


@pytest.mark.ledger("law-all-reals")
def test_known_values_for_reals():
    eps = np.array([0.01, 0.01, 0.01, 0.002, 0.002, 5e-4, 5e-4, 1e-4, 1e-4, 1e-4])
    n = np.array([12, 14, 18, 14, 16, 16, 18, 18, 20, 22])
    known = [0.7175, 0.9151, 0.9932, 0.5628, 0.8689, 0.4788, 0.8465, 0.2230, 0.7818, 0.9371]
    assert laws.all_targets_probability(n, eps=eps) == pytest.approx(known, abs=6e-5)


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


def test_too_few_subsets_serve_no_window():
    n = np.arange(1, 12)
    assert (laws.all_targets_probability(n[2.0**n < 1025], M=512) == 0).all()
    assert (laws.all_targets_probability(n, eps=0.9 * 2.0**-n) == 0).all()
    assert laws.all_targets_probability(5, M=8, eps=8) == 1
    assert laws.all_targets_probability(5, eps=1.0) == 1
    assert laws.all_targets_probability(1, M=2**62, eps=1e200) == 1


# --- one target


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


@pytest.mark.ledger("law-sized")
def test_sized_threshold_is_where_one_subset_is_expected_at_the_best_drift():
    for share, M in ((0.5, 2**20), (0.25, 2**20), (0.9, 1000)):
        n0 = laws.sized_threshold(share, M=M)
        log_choose = special.gammaln(n0 + 1) - special.gammaln(share * n0 + 1) - special.gammaln((1 - share) * n0 + 1)
        spread = math.sqrt(2 * math.pi * share * n0 * (1 - share) * M * (M + 1) / 3)
        assert log_choose == pytest.approx(math.log(spread), rel=1e-9)
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


def refined_twin(items, M):
    """Every pair of a target and its mirror image S - t once, with a saddle point solved for it."""
    total, x = int(items.sum()), items[items != 0].astype(float)
    pairs = {frozenset((t, total - t)) for t in range(-M, M + 1)}
    log_none = 0.0
    for pair in pairs:
        t = min(pair)
        if not np.minimum(x, 0).sum() < t < np.maximum(x, 0).sum():
            return 0.0
        lack = lambda a, t=t: (x * special.expit(a * x)).sum() - t  # noqa: E731
        a = optimize.brentq(lack, -1.0, 1.0, xtol=1e-14)
        p = special.expit(a * x)
        spread = (x * x * p * (1 - p)).sum()
        rate = math.exp(np.logaddexp(0, a * x).sum() - a * t) / math.sqrt(2 * math.pi * spread)
        log_none += math.log(-math.expm1(-rate))
    return math.exp(log_none)


@pytest.mark.ledger("law-all-targets")
def test_the_refined_law_pair_by_pair():
    """For given items, some of them 0, some with a sum beyond the window and some within it."""
    rng, n, M = np.random.default_rng(4), 15, 400
    items = rng.integers(-M, M, (60, n), endpoint=True)
    items[:20, 3] = 0
    items[40:] = np.abs(items[40:]) * rng.choice([-1, 1, 1, 1], (20, n))
    found, expected = given_items(items, M), np.array([refined_twin(row, M) for row in items])
    assert ((expected > 0.01) & (expected < 0.99)).sum() >= 15
    assert found == pytest.approx(expected, abs=1e-4)  # a sum taken for an integral


@pytest.mark.ledger("law-all-targets")
def test_the_refined_law_is_the_mean_over_its_draws():
    found = laws.refined_all_targets_probability(14, 300, draws=700, seed=5)
    rng, parts = np.random.default_rng(5), []
    for rows in (256, 256, 188):
        parts.append(given_items(rng.integers(-300, 300, (rows, 14), endpoint=True), 300))
    chance = np.concatenate(parts)
    assert found.value == pytest.approx(chance.mean(), rel=1e-12)
    assert found.standard_error == pytest.approx(chance.std(ddof=1) / math.sqrt(700), rel=1e-12)
    assert laws.refined_all_targets_probability(14, 300, draws=700, seed=5) == found
    for n, M in ((1, 1), (3, 100), (4, 2**62)):
        assert laws.refined_all_targets_probability(n, M, draws=50, seed=0).value == 0
    assert laws.refined_all_targets_probability(3000, 100, draws=10, seed=0).value == pytest.approx(1, abs=1e-12)


# --- every size, shape and order


@pytest.mark.parametrize(
    "law",
    [
        lambda n, M: laws.subset_sum_probability(n, 1, M=M),
        lambda n, M: laws.subset_sum_probability(n, M, M=M, eps=3),
        lambda n, M: laws.subset_sum_probability(n, M, M=M, size=np.maximum(n // 2, 1)),
        lambda n, M: laws.all_targets_probability(n, M=M),
        lambda n, M: laws.all_targets_probability(n, M=M, eps=M / 100),
        lambda n, M: laws.all_targets_probability(n, eps=1 / np.asarray(M, dtype=float)),
        laws.all_targets_failure,
        laws.small_failure_probability,
        lambda n, M: laws.vector_subset_sum_probability(n, 3, 1 / np.asarray(M, dtype=float)),
    ],
)
def test_finite_and_quiet_at_every_size(law):
    values = law(SIZES, LARGEST)
    assert values.shape == (len(SIZES), len(LARGEST))
    assert np.isfinite(values).all()
    assert ((values >= 0) & (values <= 1)).all()
    for i, j in ((0, 0), (3, 2), (4, 4), (5, 6), (7, 6)):
        one = law(int(SIZES[i, 0]), int(LARGEST[j]))
        assert type(one) is float
        assert one == pytest.approx(values[i, j], rel=1e-12, abs=0)


def test_monotone():
    n, T = np.arange(2, 50, 2), 2.0**16
    for M in (7, 2**30):
        assert (np.diff(laws.subset_sum_probability(n, min(M, 7), M=M)) >= -1e-14).all()
        assert (np.diff(laws.all_targets_probability(n, M=M)) >= -1e-14).all()
        assert (np.diff(laws.all_targets_failure(n, M)) <= 0).all()
    M = np.unique(np.round(2.0 ** np.linspace(4, 62, 30)))
    assert (np.diff(laws.all_targets_probability(24, M=M)) <= 1e-14).all()
    assert (np.diff(laws.subset_sum_probability(24, 1, M=M)) <= 1e-14).all()
    eps = np.linspace(0.001, 0.3, 40)
    assert (np.diff(laws.all_targets_probability(12, eps=eps)) >= -1e-14).all()
    assert (np.diff(laws.all_targets_probability(16, M=4096, eps=np.arange(0, 200, 10))) >= -1e-14).all()
    t = np.arange(0, 5000, 50)
    assert (np.diff(laws.subset_sum_probability(12, t, M=500)[1:]) <= 1e-14).all()
    assert laws.subset_sum_probability(12, t, M=500).tolist() == laws.subset_sum_probability(12, -t, M=500).tolist()
    assert (np.diff(laws.all_targets_probability(22, M=T, largest=np.arange(1, 3 * 2**16, 2**14))) <= 1e-14).all()


@settings(max_examples=30)
@given(st.integers(1, 40), st.integers(1, 10**6), st.floats(0, 1))
def test_all_targets_are_rarer_than_any_one(n, M, part):
    """Where the law is any good; far below the threshold the Poisson count has no meaning for single targets."""
    t = max(1, round(part * M))
    if 2**n > 4 * M:
        assert laws.all_targets_probability(n, M=M) <= laws.subset_sum_probability(n, t, M=M) + 1e-12


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
    # A target near 0 that the empty subset does not serve costs as much as the target 1.
    assert laws.samples_needed(0.9, M=4096, targets="one") == laws.samples_needed(0.9, M=4096, targets=1)
    table = laws.samples_needed([[0.5], [0.9]], M=[10, 100], eps=[[[0]], [[3]]])
    assert table.shape == (2, 2, 2)
    assert table.dtype == np.int64


# --- bad input


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: laws.subset_sum_probability(0, 1, M=5), ValueError, "n: expected whole numbers of at least 1"),
        (lambda: laws.subset_sum_probability(2.5, 1, M=5), ValueError, "n: expected whole"),
        (lambda: laws.subset_sum_probability(5, 1, M=0), ValueError, "M: expected whole numbers of at least 1"),
        (lambda: laws.subset_sum_probability(5, 1, M=-3), ValueError, "M: expected"),
        (lambda: laws.subset_sum_probability(5, 1), ValueError, "M, eps: expected"),
        (lambda: laws.subset_sum_probability(5, 1, eps=0), ValueError, "eps: expected finite numbers above 0"),
        (
            lambda: laws.subset_sum_probability(5, 1, M=5, eps=-1),
            ValueError,
            "eps: expected finite numbers of at least",
        ),
        (lambda: laws.subset_sum_probability(5, 26, M=5), ValueError, "target: no subset can come near"),
        (lambda: laws.subset_sum_probability(5, 5.2, eps=0.1), ValueError, "target: no subset"),
        (lambda: laws.subset_sum_probability(5, 1.5, M=5), ValueError, "target: expected whole"),
        (lambda: laws.subset_sum_probability(5, 1, M=5, size=6), ValueError, "size: expected whole numbers from 0"),
        (lambda: laws.subset_sum_probability(5, 1, M=5, size=-1), ValueError, "size: expected"),
        (
            lambda: laws.subset_sum_probability(5, float("nan"), eps=0.1),
            ValueError,
            "target: expected numbers, got NaN",
        ),
        (lambda: laws.subset_sum_probability("5", 1, M=5), TypeError, "n: expected real numbers"),
        (lambda: laws.subset_sum_probability(True, 1, M=5), TypeError, "n: expected real"),
        (lambda: laws.all_targets_probability(5, M=5, largest=26), ValueError, "largest: expected numbers above 0"),
        (lambda: laws.all_targets_probability(5, M=5, largest=0), ValueError, "largest: expected"),
        (lambda: laws.all_targets_probability(5, eps=0.1, largest=5.5), ValueError, "largest: expected"),
        (lambda: laws.all_targets_probability(5, M=float("inf")), ValueError, "M: expected"),
        (lambda: laws.all_targets_failure(5, 0), ValueError, "M: expected"),
        (lambda: laws.small_failure_probability(0, 5), ValueError, "n: expected"),
        (lambda: laws.samples_needed(0, M=5), ValueError, r"success: expected numbers in \(0, 1\)"),
        (lambda: laws.samples_needed(1, M=5), ValueError, "success: expected"),
        (lambda: laws.samples_needed(1 - 1e-16, M=5), ValueError, "success: expected at most"),
        (lambda: laws.samples_needed(0.5), ValueError, "M, eps: expected"),
        (lambda: laws.samples_needed(0.5, M=5, targets="some"), ValueError, "targets: expected 'all', 'one' or"),
        (lambda: laws.samples_needed(0.5, M=5, targets=0.5), ValueError, "targets: expected a whole number"),
        (lambda: laws.subset_sum_threshold(M=5, targets="some"), ValueError, "targets: expected 'all' or 'one'"),
        (lambda: laws.sized_threshold(0, M=5), ValueError, "share: expected"),
        (lambda: laws.large_deviation_rate(0.7), ValueError, "r: expected"),
        (lambda: laws.refined_all_targets_probability(5, 5, draws=1, seed=0), ValueError, "draws: expected"),
        (lambda: laws.refined_all_targets_probability([5, 6], 5, draws=9, seed=0), TypeError, "n: expected one"),
        (lambda: laws.refined_all_targets_probability(5, 2**63, draws=9, seed=0), ValueError, "M: expected at most"),
        (lambda: laws.vector_subset_sum_probability(5, 2, 0.1, distance=8), ValueError, "distance: expected"),
        (lambda: laws.vector_subset_sum_probability(5, 0, 0.1), ValueError, "dimension: expected"),
    ],
)
def test_bad_input_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()
