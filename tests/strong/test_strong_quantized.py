"""The chapter on quantized tickets: its own statements by enumeration, its record read back, its certificate."""

import sys
from itertools import product
from math import comb

import numpy as np
import pytest

from slthlib.lab import records
from slthlib.strong import laws, recorded


def sums_of(items):
    found = {0}
    for x in items:
        found |= {x + y for y in found}
    return found


@pytest.mark.ledger("prop-fine-source")
@pytest.mark.parametrize(("M", "n"), [(4, 1), (4, 2), (4, 3), (8, 2)])
def test_a_source_as_fine_as_the_target_meets_no_target_often(M, n):
    divisors = max(sum(x % y == 0 for y in range(1, x + 1)) for x in range(1, M * M + 1))
    values, ways = np.unique(np.multiply.outer(np.arange(-M, M + 1), np.arange(1, M + 1)), return_counts=True)
    law = dict(zip(values.tolist(), (ways / ways.sum()).tolist(), strict=True))
    met = dict.fromkeys(range(1, M * M + 1), 0.0)
    for items in product(law, repeat=n):
        chance = np.prod([law[x] for x in items])
        for t in sums_of(items) & met.keys():
            met[t] += chance
    bound = 2**n * divisors / (2 * M * M)
    assert max(met.values()) <= bound
    assert max(met.values()) > 0.1 * min(bound, 1)


@pytest.mark.ledger("prop-two-levels")
@pytest.mark.parametrize(("n", "d"), [(1, 2), (2, 2), (3, 1)])
def test_evenness_of_a_bank_by_enumeration(n, d):
    """Source {-2..2}: all banks of n positive b's, all a's of d outputs."""
    spoiled, total = 0, 0
    for b in product((1, 2), repeat=n):
        for a in product(range(-2, 3), repeat=n * d):
            outputs = np.array(a).reshape(d, n) * b
            spoiled += bool((outputs % 2 == 0).all(axis=1).any())
            total += 1
    q, h = 3 / 5, np.arange(n + 1)
    chance = np.array([comb(n, i) for i in h]) / 2**n
    exact = float(chance @ (1 - (1 - q**h) ** d))
    assert spoiled / total == pytest.approx(exact)
    assert all(exact <= chance[:g].sum() + d * q**g + 1e-12 for g in range(n + 2))


@pytest.mark.ledger("prop-transition-below")
@pytest.mark.parametrize(("bits", "n"), [(2, 1), (2, 2), (2, 4), (3, 2), (3, 3)])
def test_no_solve_does_better_than_the_bound_from_below(bits, n):
    S, half = 2**bits, 2 ** (bits - 1)
    met = [sum(abs(t) <= half for t in sums_of(items)) / (S + 1) for items in product(range(-S, S + 1), repeat=n)]
    few, sided = 2**n / (S + 1), 1 - S / (S + 1) * ((S + 1) / (2 * S + 1)) ** n
    assert np.mean(met) <= min(few, sided)
    for solves in (1, 50):
        lower = laws.transition_bounds(n, solves, bits=bits, source_bits=bits).lower[0]
        assert lower == pytest.approx(1 - min(1, few, sided) ** solves)


@pytest.mark.parametrize("source_bits", [2, 3])
def test_a_certificate_for_drawn_targets(source_bits):
    """Above the exact failure of one solve, and not far; the mean of the draws alone is not always above it."""
    S, step, n = 2**source_bits, 2 ** (source_bits - 2), 3
    wanted = {t * step for t in range(-2, 3)}
    exact = 1 - np.mean([len(sums_of(items) & wanted) / 5 for items in product(range(-S, S + 1), repeat=n)])
    given = {"bits": 2, "source_bits": source_bits, "draws": 20_000}
    found = [laws.certify_drawn_targets(n, 1, seed=seed, **given) for seed in range(8)]
    assert exact < min(found)
    assert max(found) < exact + 0.03
    assert found[0] == laws.certify_drawn_targets(n, 1, seed=0, **given)
    assert laws.certify_drawn_targets(n, 2, seed=0, **given) == pytest.approx(min(1.0, 2 * found[0]))


def test_drawn_targets_are_on_the_grid_of_the_items(monkeypatch):
    home, asked = sys.modules[laws.certify_drawn_targets.__module__], set()
    known = home.missed_given_magnitudes

    def spy(rows, target, **options):
        asked.add(target)
        return known(rows, target, **options)

    monkeypatch.setattr(home, "missed_given_magnitudes", spy)
    laws.certify_drawn_targets(3, 1, bits=2, source_bits=4, draws=500, seed=0)
    assert asked == {4, 8}


@pytest.fixture
def record(tmp_path):
    rows = [  # series, bits, weights, density, units, least, networks, q50, law
        ("single", 3, 100, 1.0, 64, 11, 5, 4, 11.0),
        ("single", 3, 100, 1.0, 64, 12, 5, 4, 11.0),
        ("single", 3, 100, 1.0, 64, -1, 1, 4, 11.0),
        ("sparse", 3, 100, 0.5, 12, -1, 3, -1, 0.25),
        ("sparse", 3, 100, 0.5, 12, 12, 1, -1, 0.25),
        ("sparse", 3, 100, 0.5, 14, 14, 4, -1, 0.75),
    ]
    names = ("series", "bits", "weights", "density", "units", "least", "networks", "q50", "law")
    table = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    records.write(tmp_path / "table.csv", table, command="none", seed=0)
    return records.read(tmp_path / "table.csv")


def test_records_of_transitions(record):
    least = recorded.least_candidates(record, "single", 3, 100)
    assert least.tolist() == [11] * 5 + [12] * 5 + [65]
    medians = recorded.compare_medians(record, "single")
    assert (medians.bits.tolist(), medians.weights.tolist()) == ([3], [100])
    assert (medians.measured.mid[0, 0], medians.law[0, 0], medians.solve[0, 0]) == (12, 11, 4)
    assert medians.measured.low[0, 0] == 11
    assert medians.excess[0, 0] == 1
    sparse = recorded.sparse_shares(record, 0.5, 3, 100)
    assert sparse.n.tolist() == [12, 14]
    assert sparse.law.tolist() == [0.25, 0.75]
    assert sparse.contained.tolist() == [1, 4]
    assert sparse.networks.tolist() == [4, 4]
    with pytest.raises(ValueError, match="has no rows with"):
        recorded.least_candidates(record, "single", 4, 100)
