"""The chapter's own lemma and theorem, and its first correction, held to exact numbers and to simulation."""

import math

import numpy as np
import pytest

from slthlib.lab.statistics import z_score
from slthlib.sums import best_partitions, laws


def sum_of_signed(n, M):
    """P(Y_1 + ... + Y_n = z) for z = -nM..nM, by repeated convolution of the plain definition."""
    one = np.full(2 * M + 1, 1 / (2 * M))
    one[M] = 0.0
    out = np.ones(1)
    for _ in range(n):
        out = np.convolve(out, one)
    return out


@pytest.mark.ledger("lem-local-limit")
@pytest.mark.parametrize("M", [2, 3, 4, 6, 10, 50, 300])
def test_local_limit_bounds_hold(M):
    for n in range(2, 26 if M < 100 else 12):
        exact = sum_of_signed(n, M)
        assert len(exact) == 2 * n * M + 1
        rest = 2 / (M * (n - 1)) * (1 / 2 + 3 / (4 * M)) ** (n - 1) + (2 * M) ** -n / M
        upper = math.sqrt(3 / (2 * math.pi * n * M * (M + 1))) + rest
        variance = (M + 1) * (2 * M + 1) / 6
        gammas = math.exp(math.lgamma(n + 1) - math.lgamma(n + 1.5))
        lower = gammas / math.sqrt(2 * math.pi * variance) - rest
        assert exact.max() <= upper * (1 + 1e-12)
        assert exact[n * M] >= lower * (1 - 1e-12)
        if n > 10 and M >= 10:  # neither side is idle: together they pin the probability down
            assert upper / lower < 1.4


@pytest.mark.slow
@pytest.mark.ledger("thm-transition")
def test_the_bounds_close_on_both_sides_of_the_transition():
    below = [laws.perfect_partition_bounds(n, round(2 ** (0.6 * n)))[0] for n in (8, 12, 16, 20, 24, 28)]
    above = [laws.perfect_partition_bounds(n, round(2 ** (1.4 * n)))[1] for n in (8, 10, 12, 14)]
    assert below == sorted(below)
    assert below[-1] > 0.98
    assert above == sorted(above, reverse=True)
    assert above[-1] < 0.01


@pytest.mark.slow
@pytest.mark.ledger("law-correction")
@pytest.mark.parametrize(("n", "position"), [(18, 0), (20, 1)])
def test_first_correction(n, position):
    M = laws.window_size(n, position)
    rows = np.random.default_rng([2001, n]).integers(1, M + 1, (600_000, n))
    perfect, odd = best_partitions(rows).differences <= 1, rows.sum(axis=1) % 2
    plain = []
    for parity, name in enumerate(("even", "odd")):
        hits, trials = int(perfect[odd == parity].sum()), int((odd == parity).sum())
        law = laws.perfect_partition_probability(n, M, parity=name)
        plain.append(abs(z_score(hits, trials, law)))
        assert abs(z_score(hits, trials, law + laws.first_correction(n, M, parity=name))) <= 3.5
    assert max(plain) > 3.5  # so many problems do see that the law alone is a little off
