"""The laws against simulation: z-scores of seeded runs, not tolerances."""

import numpy as np
import pytest
from scipy import stats

from slthlib.lab.statistics import z_score
from slthlib.sums import best_partitions, count_perfect_partitions, laws

INSTANCES = 20_000


def simulate(n, position):
    M = laws.window_size(n, position)
    rows = np.random.default_rng(2001).integers(1, M, endpoint=True, size=(INSTANCES, n))
    return M, rows, rows.sum(axis=1) % 2


@pytest.mark.ledger("law-perfect")
@pytest.mark.parametrize(("n", "position"), [(16, 0), (20, -1), (20, 0), (20, 1), (20, 2), (24, 0)])
def test_fraction_with_a_perfect_partition(n, position):
    M, rows, odd = simulate(n, position)
    perfect = best_partitions(rows).differences <= 1
    for parity, name in enumerate(("even", "odd")):
        seen = perfect[odd == parity]
        z = z_score(int(seen.sum()), seen.size, laws.perfect_partition_probability(n, M, parity=name))
        print(f"n = {n}, lambda = {position}, {name}: z = {z:.2f}")
        assert abs(z) <= 3.5


@pytest.mark.ledger("law-count")
@pytest.mark.parametrize("parity", ["even", "odd"])
def test_counts_are_poisson(parity):
    M, rows, odd = simulate(22, -1)
    counts = count_perfect_partitions(rows[odd == (parity == "odd")]).astype(int)
    k = np.arange(counts.max() + 1)
    expected = counts.size * laws.perfect_partition_count_probability(k, 22, M, parity=parity)
    cut = int(np.argmax(np.cumsum(expected) > counts.size - 10))  # the last bin expects ten at least
    expected = np.append(expected[:cut], counts.size - expected[:cut].sum())
    seen = np.append(np.bincount(counts, minlength=cut)[:cut], (counts >= cut).sum())
    chance = stats.chisquare(seen, expected).pvalue
    print(f"{parity}: {seen.tolist()} where {np.round(expected, 1).tolist()} are expected; p = {chance:.3f}")
    assert chance > 1e-3


@pytest.mark.ledger("law-difference")
@pytest.mark.parametrize("parity", ["even", "odd"])
def test_differences_beyond_a_threshold(parity):
    M, rows, odd = simulate(24, 6)
    best = best_partitions(rows).differences[odd == (parity == "odd")]
    for threshold in (0, 1, 5, 10, 20, 50, 100, 200, 400):
        law = laws.difference_tail(threshold, 24, M, parity=parity)
        z = z_score(int((best > threshold).sum()), best.size, law)
        print(f"{parity}, beyond {threshold}: z = {z:.2f}")
        assert abs(z) <= 3.5
