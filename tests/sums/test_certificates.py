"""Certificates: never too low more often than they may be, the same from the same seed, and clear about bad input."""

import dataclasses
import math

import numpy as np
import pytest
from bounds_twins import truths
from scipy import stats

from slthlib.sums import laws
from slthlib.sums.laws import _pilot, confidence
from slthlib.sums.laws._runs import CHUNK, Runs

#: n for each M: where failure is likely, for B1, and where it is rare, for B2.
SIZES = {1: (4, 20), 2: (6, 18), 3: (7, 16), 4: (8, 15)}


def certify(n, M, **about):
    return laws.certify_failure(n, M, threads=1, progress=False, **about)


# --- the promise


@pytest.mark.slow
@pytest.mark.ledger("thm-cert-b1")
@pytest.mark.ledger("thm-cert-b2")
@pytest.mark.parametrize("method", ["B1", "B2"])
@pytest.mark.parametrize("M", SIZES)
def test_a_thousand_certificates_are_too_low_no_more_often_than_alpha_allows(M, method):
    alpha, repetitions = 0.01, 1000
    n = SIZES[M][method == "B2"]
    draws = (1000, 2) if method == "B1" else (300, 1500)
    truth, about = truths(M, n)[n - 1], {"alpha": alpha, "draws": draws, "method": method}
    bounds = np.array([certify(n, M, seed=seed, **about).bound for seed in range(repetitions)])
    # More would happen once in a million runs if each were too low with probability alpha.
    allowed = stats.binom.isf(1e-6, repetitions, alpha)
    low = (bounds < truth * (1 - 1e-12)).sum()
    print(f"M = {M}, n = {n}, {method}: {low} of {repetitions} too low, at best {bounds.min() / truth:.3f} of P")
    assert low <= allowed


@pytest.mark.ledger("thm-cert-b1")
@pytest.mark.ledger("thm-cert-b2")
def test_a_certificate_that_forgets_a_term_is_caught():
    # The same check finds bounds that leave out what the inequalities ask for.
    n, M, alpha = 6, 2, 0.01
    truth, runs = truths(M, n)[n - 1], Runs(n, M, 0, 1, False)
    allowed = stats.binom.isf(1e-6, 1000, alpha)
    only_mean = without_range = without_exceeding = 0
    for seed in range(1000):
        runs.seed = seed
        values = runs.sample(2, 40, False)
        mean, variance = values.mean(), values.var(ddof=1)
        only_mean += mean < truth
        without_range += mean + math.sqrt(2 * variance / 40) < truth
        cut = 0.25
        bounded = np.minimum(values, cut)
        middle = confidence.empirical_bernstein(bounded.mean(), bounded.var(ddof=1), 40, alpha, largest=cut)
        without_exceeding += middle < truth
    assert min(only_mean, without_range, without_exceeding) > allowed


@pytest.mark.ledger("thm-cert-b1")
@pytest.mark.ledger("thm-cert-b2")
@pytest.mark.parametrize("method", ["B1", "B2"])
def test_the_bound_is_its_formula(method):
    n, M, seed, alpha, draws, blocks = 22, 100, 5, 1e-3, CHUNK + 700, 3 * CHUNK + 11
    made = certify(n, M, alpha=alpha, draws=(draws, blocks), seed=seed, method=method)
    runs = Runs(n, M, seed, 1, False)
    values = runs.sample(2, draws, False)
    if method == "B1":
        expected = confidence.empirical_bernstein(values.mean(), values.var(ddof=1), draws, alpha)
    else:
        bounded = np.minimum(values, made.cut)
        middle = confidence.empirical_bernstein(bounded.mean(), bounded.var(ddof=1), draws, alpha / 3, largest=made.cut)
        exceed = stats.beta.ppf(1 - alpha / 3, (values > made.cut).sum() + 1, draws - (values > made.cut).sum())
        block = runs.sample(3, blocks, True)
        hits = np.array([(block >= g).sum() for g in confidence.LEVELS])
        tails = np.where(hits < blocks, stats.beta.isf(alpha / 480, hits + 1, np.maximum(blocks - hits, 1)), 1.0)
        mass = confidence.dominating_masses(tails)
        pairs = np.multiply.outer(confidence.LEVELS, confidence.LEVELS)
        rest = (np.multiply.outer(mass, mass) * pairs)[pairs > made.threshold].sum()
        expected = middle + made.threshold * exceed + rest
        # Any other threshold would have been valid, and this one is the best.
        for other in confidence.THRESHOLDS[::20]:
            one = other * exceed + (np.multiply.outer(mass, mass) * pairs)[pairs > other].sum()
            assert middle + one >= expected * (1 - 1e-9)
    assert made.bound == pytest.approx(min(1.0, expected), rel=1e-6)
    assert made.bound >= min(1.0, expected)


@pytest.mark.ledger("thm-cert-b2")
def test_the_inequality_behind_b2_for_any_cut_and_threshold():
    # With the magnitudes enumerated and f itself for both of its bounds.
    n, M = 6, 3
    rows = np.array(np.meshgrid(*[np.arange(M + 1)] * n)).reshape(n, -1).T
    weight = (2.0 ** (rows > 0)).prod(axis=1) / (2 * M + 1) ** n
    f = laws.failure_given_magnitudes(rows, M)
    both = laws.failure_given_magnitudes(rows[:, :3], M) * laws.failure_given_magnitudes(rows[:, 3:], M)
    truth = laws.exact_failure(n, M)
    assert weight @ f == pytest.approx(truth, abs=1e-12)
    tight = math.inf
    for cut in (0.05, 0.2, 0.5, 0.9, 1.0):
        for level in (0.05, 0.3, 0.7, 1.0):
            bound = weight @ np.minimum(f, cut) + level * (weight @ (f > cut)) + weight @ (both * (both > level))
            assert bound >= truth - 1e-12
            tight = min(tight, bound / truth)
    assert tight == pytest.approx(1, abs=1e-9)


# --- what it says


def test_the_fields():
    made = certify(20, 64, draws=(3000, 9000), seed=7, method="B2", alpha=1e-4)
    assert dataclasses.is_dataclass(made)
    assert (made.n, made.M, made.alpha, made.draws, made.block_draws, made.seed) == (20, 64, 1e-4, 3000, 9000, 7)
    assert made.method == "B2"
    assert 0 < made.cut <= 1
    assert 0 < made.threshold <= 1
    assert made.pilot_draws == 3000
    assert 0 < made.bound <= 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.bound = 0.0
    text = str(made)
    for piece in ("n = 20", "M = 64", "1 - 0.0001", "3,000 draws and 9,000 of blocks", "seed 7", "not a proof"):
        assert piece in text
    first = certify(20, 64, draws=3000, seed=7, method="B1")
    assert (first.block_draws, first.cut, first.threshold, first.pilot_draws) == (0, 1.0, 0.0, 0)
    assert "of blocks" not in str(first)
    assert certify(20, 64, draws=3000, seed=7, method="B2").block_draws == 30_000


@pytest.mark.slow
@pytest.mark.parametrize("method", ["B1", "B2", None])
def test_one_seed_one_certificate(method):
    about = {"draws": (3 * CHUNK + 5, 2 * CHUNK + 9), "method": method, "progress": False}
    one, two = (laws.certify_failure(26, 50, seed=11, threads=k, **about) for k in (1, 2))
    assert one == two
    assert laws.certify_failure(26, 50, seed=12, threads=1, **about).bound != one.bound
    drawn = laws.certify_failure(26, 50, seed=np.random.default_rng(4), threads=1, **about)
    assert drawn == laws.certify_failure(26, 50, seed=drawn.seed, threads=1, **about)


def test_pilot_and_certificate_use_different_draws():
    runs = Runs(20, 64, 7, 1, False)
    streams = [runs.sample(k, 500, block) for k in range(4) for block in (False, True)]
    assert len({values.tobytes() for values in streams}) == len(streams)


@pytest.mark.slow
def test_the_pilot_chooses_what_serves_best():
    assert certify(12, 32, draws=20_000, seed=1).method == "B1"
    made = certify(40, 32, draws=(60_000, 200_000), seed=1)
    assert made.method == "B2"
    assert made.bound < certify(40, 32, draws=60_000, seed=1, method="B1").bound / 50
    # What it expects is about what comes out.
    full, block = (_pilot.Tail(Runs(40, 32, 3, 1, False).sample(k, 50_000, k == 1)) for k in (0, 1))
    expected, _ = _pilot.expect_second(full, block, 60_000, 200_000, 1e-6)
    assert made.bound == pytest.approx(expected, rel=0.5)
    # Block draws follow the clock that steps count, so that they are the same everywhere.
    plan = _pilot.make_plan(Runs(40, 32, 3, 1, False), 1e-6, 0.2, None, None)
    assert plan == _pilot.make_plan(Runs(40, 32, 3, 2, False), 1e-6, 0.2, None, None)
    assert plan.method == "B2"
    assert plan.draws > 2000
    assert plan.block_draws > 2000


@pytest.mark.ledger("lem-cert-signs")
def test_measured_failure_is_the_mean_over_the_magnitudes():
    for n, M in ((8, 3), (9, 2), (12, 4)):
        made = laws.averaged_failure(n, M, draws=20_000, seed=3)
        assert abs(made.value - laws.exact_failure(n, M)) <= 3.5 * made.standard_error
        assert made.standard_error > 0
        assert made == laws.averaged_failure(n, M, draws=20_000, seed=3, threads=1)


def test_a_measurement_may_overlook_what_a_certificate_does_not():
    # All magnitudes even: certain failure, with probability (3/5)**20, which the draws do not meet.
    n, M, truth = 20, 2, laws.exact_failure(20, 2)
    made = laws.averaged_failure(n, M, draws=20_000, seed=3)
    assert truth - made.value > 5 * made.standard_error
    assert truth - made.value == pytest.approx(0.6**n, rel=0.5)
    assert certify(n, M, draws=20_000, seed=3).bound > truth


def test_certificates_lie_just_above_what_is_measured():
    for n, M in ((18, 128), (24, 512)):
        made = certify(n, M, draws=40_000, seed=2, method="B1")
        measured = laws.averaged_failure(n, M, draws=40_000, seed=8)
        assert measured.value - 4 * measured.standard_error < made.bound < 1.5 * measured.value


def test_one_item():
    assert certify(1, 5, draws=10, seed=0).bound == 1
    assert laws.exact_failure(1, 5) == 1


@pytest.mark.long
@pytest.mark.ledger("thm-cert-b1")
@pytest.mark.ledger("thm-cert-b2")
def test_the_defaults_certify_within_seconds():
    for (n, M), level in {(18, 512): 0.07, (30, 512): 1.2e-4, (35, 32): 1.2e-6, (48, 32): 1e-8}.items():
        made = laws.certify_failure(n, M, seed=1)
        assert made.bound < level
        assert made.bound > laws.averaged_failure(n, M, draws=50_000, seed=2).value


# --- bad input


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: certify(0, 4, seed=1), ValueError, "n: expected a whole number of at least 1, got 0"),
        (lambda: certify(2.5, 4, seed=1), ValueError, "n: expected a whole number"),
        (lambda: certify(1001, 4, seed=1), ValueError, "n: expected at most 1000 items"),
        (lambda: certify(10, 0, seed=1), ValueError, "M: expected a whole number of at least 1, got 0"),
        (lambda: certify(10, True, seed=1), TypeError, "M: expected a whole number"),
        (lambda: certify(10, 2**50, seed=1), ValueError, "the table of all sums would need"),
        (lambda: certify(10, 4, seed=-1), ValueError, "seed: expected a whole number of at least 0"),
        (lambda: certify(10, 4, seed="1"), TypeError, "seed: expected a whole number"),
        (lambda: certify(10, 4, seed=1, alpha=0), ValueError, r"alpha: expected numbers in \(0, 1\), got 0"),
        (lambda: certify(10, 4, seed=1, alpha=1.0), ValueError, r"alpha: expected numbers in \(0, 1\), got 1"),
        (lambda: certify(10, 4, seed=1, alpha=math.nan), ValueError, "alpha: expected numbers, got NaN"),
        (lambda: certify(10, 4, seed=1, alpha="small"), TypeError, "alpha: expected"),
        (lambda: certify(10, 4, seed=1, alpha=[0.1]), TypeError, "alpha: expected one number"),
        (lambda: certify(10, 4, seed=1, draws=1), ValueError, "draws: expected a whole number of at least 2, got 1"),
        (lambda: certify(10, 4, seed=1, draws=(50, 1)), ValueError, "draws: expected"),
        (lambda: certify(10, 4, seed=1, draws=(5, 5, 5)), ValueError, "draws: expected a whole number, two of them"),
        (lambda: certify(10, 4, seed=1, draws="many"), TypeError, "draws: expected"),
        (lambda: certify(10, 4, seed=1, method="B3"), ValueError, "method: expected 'B1', 'B2' or None, got 'B3'"),
        (lambda: certify(1, 4, seed=1, method="B2"), ValueError, "method: B2 takes at least 2 items, got n = 1"),
        (lambda: laws.averaged_failure(10, 4, draws=1, seed=1), ValueError, "draws: expected"),
        (lambda: laws.averaged_failure(1001, 4, draws=9, seed=1), ValueError, "n: expected at most 1000"),
        (lambda: laws.exact_failure(60, 8), ValueError, "n, M: expected at most 2000000 multisets"),
        (lambda: laws.exact_failure(4, 2, target=0.5), TypeError, "target: expected a whole number"),
        (lambda: laws.failure_given_magnitudes([1, -2], 2), ValueError, "magnitudes: expected no negative numbers"),
        (lambda: laws.failure_given_magnitudes([1.0, 2.0], 2), TypeError, "magnitudes: expected integers, got floats"),
        (lambda: laws.failure_given_magnitudes([[[1]]], 2), ValueError, r"magnitudes: expected shape \[n\]"),
        (lambda: laws.failure_given_magnitudes([1] * 1001, 2), ValueError, "n: expected at most 1000"),
        (lambda: laws.failure_given_magnitudes([1, 2], -1), ValueError, "largest: expected"),
        (lambda: laws.failure_given_magnitudes([1, 2], 1.5), TypeError, "largest: expected"),
        (lambda: laws.failure_given_magnitudes([2**40, 1], 2), ValueError, "the table of all sums would need"),
        (lambda: laws.missed_given_magnitudes([1, 2], "2"), TypeError, "target: expected a whole number"),
    ],
)
def test_bad_input(call, error, text):
    with pytest.raises(error, match=text):
        call()
