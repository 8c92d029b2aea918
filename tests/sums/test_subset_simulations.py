"""The laws of subset sum against exact solutions of random problems."""

import math

import numpy as np
import pytest
from law_twins import every_subset
from scipy import special

from slthlib.lab.statistics import clopper_pearson
from slthlib.sums import count_missed, covering_radii, laws
from slthlib.sums.laws.refined import given_items

SIGMAS = 2 * special.ndtr(3.5) - 1  # the level of an interval of 3.5 standard deviations


def draws(seed, rows, n, M):
    return np.random.default_rng(seed).integers(-M, M, (rows, n), endpoint=True)


def near(successes, trials, law, bias):
    """Whether a law that is off by at most ``bias`` could have given so many successes."""
    interval = clopper_pearson(successes, trials, SIGMAS)
    print(f"simulated {interval.low:.4f} to {interval.high:.4f}, law {law:.4f}")
    return interval.low - bias <= law <= interval.high + bias


@pytest.mark.ledger("law-all-targets")
@pytest.mark.parametrize(("m", "n"), [(8, 12), (8, 14), (8, 16), (10, 15), (10, 16), (10, 18), (12, 18), (12, 21)])
def test_all_targets(m, n):
    """Within 0.03 in the middle of the transition and above it, from 8 bits on."""
    M, rows = 2 ** (m - 1), 20_000
    solved = int((count_missed(draws([m, n], rows, n, M), -M, M) == 0).sum())
    assert abs(solved / rows - laws.all_targets_probability(n, M=M)) <= 0.03
    assert near(solved, rows, laws.all_targets_probability(n, M=M), 0.02)


@pytest.mark.ledger("law-refined")
@pytest.mark.parametrize(("m", "n"), [(10, 15), (10, 18), (12, 17), (14, 19)])
def test_the_refined_law(m, n):
    """Within three standard errors of both, from 10 bits on."""
    M, rows = 2 ** (m - 1), 20_000
    p = float((count_missed(draws([m, n, 1], rows, n, M), -M, M) == 0).mean())
    refined = laws.refined_all_targets_probability(n, M, draws=6_000, seed=m * n)
    z = (p - refined.value) / math.hypot(refined.standard_error, math.sqrt(p * (1 - p) / rows))
    print(f"simulated {p:.4f}, refined {refined.value:.4f} +- {refined.standard_error:.4f}: z = {z:.2f}")
    assert abs(z) <= 3


@pytest.mark.ledger("law-refined")
def test_the_refined_law_knows_the_problem():
    """For given items it tells easy problems from hard ones; of the former it expects a little too much."""
    n, M = 16, 512
    items = draws(7, 8_000, n, M)
    chance = np.concatenate([given_items(part, M) for part in np.array_split(items, 8)])
    solved = count_missed(items, -M, M) == 0
    assert solved[chance < 0.01].mean() < 0.02
    assert solved[chance > 0.99].mean() > 0.98
    sure = (chance > 0.9) & (chance < 0.99)
    assert 0.85 < solved[sure].mean() < chance[sure].mean() - 0.01
    # Over all problems the errors cancel: paired differences are far less noisy than either mean.
    difference = chance - solved
    assert abs(difference.mean()) < 0.004 + 3.5 * difference.std() / math.sqrt(len(items))


@pytest.mark.slow
@pytest.mark.ledger("law-all-targets")
@pytest.mark.parametrize(("n", "M", "tolerance"), [(14, 512, 1), (13, 1024, 5)])
def test_all_targets_within_a_tolerance(n, M, tolerance):
    """Every third, or every eleventh, integer on a line is within reach exactly where a run of misses is too short."""
    rows, solved = 1_000, 0
    for items in draws([n, M], rows, n, M):
        sums = np.unique(every_subset(n) @ items)
        sums = sums[(sums >= -M - tolerance) & (sums <= M + tolerance)]
        ends = np.concatenate([[-M - tolerance - 1], sums, [M + tolerance + 1]])
        solved += bool((np.diff(ends) <= 2 * tolerance + 1).all())
    assert near(solved, rows, laws.all_targets_probability(n, M=M, eps=tolerance), 0.02)


@pytest.mark.ledger("law-all-reals")
@pytest.mark.parametrize(("n", "eps"), [(12, 0.01), (14, 0.002)])
def test_all_reals(n, eps):
    items = np.random.default_rng([n, 5]).uniform(-1, 1, (2_000, n))
    solved = int((covering_radii(items) <= eps).sum())
    assert near(solved, len(items), laws.all_targets_probability(n, eps=eps), 0.02)


@pytest.mark.ledger("law-one-target")
@pytest.mark.parametrize(("n", "M", "target"), [(14, 512, 1), (14, 512, 256), (14, 512, 512), (12, 128, 200)])
def test_one_target(n, M, target):
    rows = 8_000
    hits = int((count_missed(draws([n, M, target], rows, n, M), target, target) == 0).sum())
    assert near(hits, rows, laws.subset_sum_probability(n, target, M=M), 0.015)


@pytest.mark.ledger("law-one-real")
@pytest.mark.parametrize(("n", "target", "eps"), [(12, 0.5, 1e-4), (13, 1.0, 1e-4), (10, 0.01, 1e-3)])
def test_one_real(n, target, eps):
    rng, subsets = np.random.default_rng([n, 6]), every_subset(n)[1:].T.astype(np.float64)
    hits = 0
    for _ in range(10):
        sums = rng.uniform(-1, 1, (200, n)) @ subsets
        hits += int((np.abs(sums - target) <= eps).any(axis=1).sum())
    assert near(hits, 2_000, laws.subset_sum_probability(n, target, eps=eps), 0.015)


@pytest.mark.ledger("law-sized")
@pytest.mark.parametrize(("n", "k", "M", "parts"), [(16, 8, 2048, (0, 1)), (20, 4, 512, (0, 1)), (18, 14, 256, (0, 1))])
def test_subsets_of_one_size(n, k, M, parts):
    subsets = every_subset(n)
    subsets = subsets[subsets.sum(axis=1) == k].T.astype(np.float64)
    rng = np.random.default_rng([n, k])
    targets = [max(1, round(part * math.sqrt(k) * M)) for part in parts]
    hits, rows = np.zeros(len(targets), dtype=int), 3_000
    for _ in range(rows // 250):
        sums = rng.integers(-M, M, (250, n), endpoint=True).astype(np.float64) @ subsets
        hits += [int((sums == t).any(axis=1).sum()) for t in targets]
    for hit, t in zip(hits, targets, strict=True):
        assert near(int(hit), rows, laws.subset_sum_probability(n, t, M=M, size=k), 0.025)


@pytest.mark.ledger("law-products")
def test_products_need_more_items_than_the_law_says():
    """The law promises more than simulation shows, and as much one or two items later."""
    rng, rows = np.random.default_rng(32), 2_000
    for n in (16, 18, 20):
        items = rng.integers(-32, 33, (rows, n)) * rng.integers(-32, 33, (rows, n))
        p = (count_missed(items, -1024, 1024) == 0).mean()
        law = laws.product_all_targets_probability(np.arange(n - 3, n + 1), 32, 32)
        error = math.sqrt(p * (1 - p) / rows)
        assert law[0] < p + 3.5 * error
        assert p + 3.5 * error < law[-1]


@pytest.mark.ledger("law-multi")
@pytest.mark.parametrize(("n", "eps"), [(10, 0.1), (12, 0.05)])
def test_two_dimensions(n, eps):
    rng, subsets = np.random.default_rng(n), every_subset(n)[1:].T.astype(np.float64)
    target, hits, rows = np.array([0.3, 0.4]), 0, 1_500
    for _ in range(rows // 250):
        x = rng.uniform(-1, 1, (2, 250, n)) @ subsets
        hits += int((np.abs(x - target[:, None, None]).max(axis=0) <= eps).any(axis=1).sum())
    assert near(hits, rows, laws.vector_subset_sum_probability(n, 2, eps, distance=0.5), 0.03)
