"""The refined law: a saddle point for every pair of targets of given items, and the mean over its draws."""

import math

import numpy as np
import pytest
from scipy import optimize, special

from slthlib.sums import laws
from slthlib.sums.laws.refined import given_items


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


@pytest.mark.slow
@pytest.mark.ledger("law-refined")
def test_the_refined_law_pair_by_pair():
    """For given items, some of them 0, some with a sum beyond the window and some within it."""
    rng, n, M = np.random.default_rng(4), 14, 150
    items = rng.integers(-M, M, (45, n), endpoint=True)
    items[:15, 3] = 0
    items[30:] = np.abs(items[30:]) * rng.choice([-1, 1, 1, 1], (15, n))
    found, expected = given_items(items, M), np.array([refined_twin(row, M) for row in items])
    assert ((expected > 0.01) & (expected < 0.99)).sum() >= 10
    assert found == pytest.approx(expected, abs=1e-4)  # a sum taken for an integral


@pytest.mark.ledger("law-refined")
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
