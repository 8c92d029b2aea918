"""Counts of subsets against listing all of them, big integers, and identities that hold exactly."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from partition_twins import FAMILIES, SMALL, hostile_integers
from reach_twins import INT64_MAX, all_sums, counts_in, small_batches, windows

from slthlib.sums import _subset_counts as counting
from slthlib.sums import count_perfect_partitions, count_subsets, reachable_sums
from slthlib.sums.slow import slow_count_subsets

WIDTHS = [0, 1, 2, 5, 63, 64, 200, 1000]
WAYS = ["table", "meeting"]


def force(monkeypatch, way):
    """Let one way seem free, so that it is chosen, and take the kernel of the other away."""
    for cost in ("ENTRY",) if way == "table" else ("STEP", "SUM"):
        monkeypatch.setattr(counting, f"_SECONDS_PER_{cost}", 0.0)
    for cost in ("STEP", "SUM") if way == "table" else ("ENTRY",):
        monkeypatch.setattr(counting, f"_SECONDS_PER_{cost}", 1.0)
    monkeypatch.setattr(counting, "count_in_window" if way == "table" else "counts_by_table", None)


def polynomial(items):
    """Counts of the sums of non-negative items as big integers: multiply by 1 + z**x for each."""
    table = [1]
    for x in items:
        table = [a + b for a, b in zip(table + [0] * x, [0] * x + table, strict=True)]
    return table


@given(hostile_integers(), st.data())
def test_agrees_with_its_slow_twin(items, data):
    positive, negative = sum(x for x in items if x > 0), sum(x for x in items if x < 0)
    low = data.draw(st.sampled_from([-3, negative, negative - 2, positive - 10, positive + 1, positive // 2]))
    high = low + data.draw(st.integers(0, 150))
    expected = slow_count_subsets(items, low, high)
    found = count_subsets(items, low, high)
    assert found.dtype == np.float64
    assert found.tolist() == expected
    exact = count_subsets(items, low, high, exact=True)
    assert exact.dtype == object
    assert exact.tolist() == expected
    assert all(type(count) is int for count in exact)


def check_rows(monkeypatch, way, count):
    if way != "chosen":
        force(monkeypatch, way)
    rng = np.random.default_rng(41)
    seen = 0
    for family, rows in small_batches(count, families=SMALL if way == "table" else tuple(FAMILIES), seed=51, size=300):
        sums = all_sums(rows)
        for row, all_of_it in zip(rows, sums, strict=True):
            low, high = windows(rng, all_of_it, WIDTHS)
            exact = bool(rng.integers(2))
            found = count_subsets(row, low, high, exact=exact)
            assert np.array_equal(found, counts_in(all_of_it, low, high)), (family, row, low, high, exact)
        seen += len(rows)
    assert seen >= count


@pytest.mark.slow
@pytest.mark.parametrize("way", ["chosen", *WAYS])
def test_thousands_of_hostile_problems(way, monkeypatch):
    check_rows(monkeypatch, way, 5_000)


@pytest.mark.long
@pytest.mark.parametrize("way", ["chosen", *WAYS])
def test_a_hundred_thousand_hostile_problems(way, monkeypatch):
    check_rows(monkeypatch, way, 100_000)


@pytest.mark.slow
@pytest.mark.parametrize("n", [1, 13, 40, 63, 64, 66, 67, 68, 69, 90, 200])
@pytest.mark.parametrize("largest", [1, 5, 40, 63, 64, 65, 300])
def test_many_items_against_big_integers(n, largest):
    """On either side of 67 items, where words no longer suffice, and of 64, where blocks are added in place."""
    rng = np.random.default_rng([n, largest])
    row = rng.integers(0, largest, size=n, endpoint=True)
    row[0] = largest
    expected = polynomial(row.tolist())
    total = len(expected) - 1
    assert sum(expected) == 2**n
    signs = rng.choice([-1, 1], size=n)
    for turned, shift in ((row, 0), (row * signs, int((row * signs).clip(max=0).sum()))):
        for low, high in [(0, total), (total // 3, total // 3 + 50), (total - 3, total + 2), (-2, 1)]:
            wanted = [expected[t] if 0 <= t <= total else 0 for t in range(low, high + 1)]
            exact = count_subsets(turned, low + shift, high + shift, exact=True)
            assert exact.tolist() == wanted
            found = count_subsets(turned, low + shift, high + shift)
            if n <= 67:
                assert found.tolist() == list(map(float, wanted))
            else:
                assert all(abs(a - b) <= b * n * 2.0**-53 for a, b in zip(found.tolist(), wanted, strict=True))


@pytest.mark.parametrize("n", [5, 30, 67, 68, 120, 1000])
def test_equal_items_make_binomial_counts(n):
    binomials = [math.comb(n, k) for k in range(n + 1)]
    assert count_subsets([7] * n, 0, 7 * n, exact=True)[::7].tolist() == binomials
    assert count_subsets([-1] * n, -n, 0, exact=True).tolist() == binomials
    assert count_subsets([1] * n, n // 2, n // 2)[0] == pytest.approx(binomials[n // 2], rel=n * 2.0**-53)
    assert count_subsets([0] * n, -1, 1, exact=True).tolist() == [0, 2**n, 0]
    # A zero doubles every count, and costs no bit of a word.
    assert count_subsets([1] * n + [0] * 9, 0, n, exact=True).tolist() == [512 * b for b in binomials]


def test_the_largest_count_in_a_word():
    """67 equal items: the largest count there can be without zeros, just below 2**64."""
    assert 2**63 < math.comb(67, 33) < 2**64
    found = count_subsets([1] * 67, 33, 34)
    assert found.tolist() == [float(math.comb(67, 33))] * 2
    exact = count_subsets([2**40] * 67, 33 * 2**40, 33 * 2**40, exact=True)
    assert exact.tolist() == [math.comb(67, 33)]


@pytest.mark.parametrize("n", [14, 20, 27, 33])
def test_both_ways_agree_where_no_list_can_be_made(n, monkeypatch):
    rng = np.random.default_rng(n)
    row = rng.integers(-4000, 4000, size=n)
    found = []
    for way in WAYS:
        with monkeypatch.context() as patch:
            force(patch, way)
            found.append(count_subsets(row, -300, 300, exact=True))
    assert np.array_equal(*found)
    assert found[0].sum() > 0


def test_all_counts_sum_to_two_to_the_n():
    for n in (10, 33, 60, 67, 80, 150):
        row = np.random.default_rng(n).integers(-30, 60, size=n)
        low, high = int(row.clip(max=0).sum()), int(row.clip(min=0).sum())
        assert sum(count_subsets(row, low, high, exact=True).tolist()) == 2**n
        assert count_subsets(row, low - 5, high + 5).sum() == pytest.approx(2.0**n, rel=1e-12)


def test_zero_counts_are_sums_that_cannot_be_made():
    for seed in range(40):
        row = np.random.default_rng(seed).integers(-900, 900, size=10)
        assert np.array_equal(count_subsets(row, -2000, 2000) > 0, reachable_sums(row, -2000, 2000))


def test_perfect_partitions_are_subsets_of_half_the_sum():
    for seed in range(200):
        row = np.random.default_rng(seed).integers(-60, 90, size=17)
        total = int(row.sum())
        middle = count_subsets(row, total // 2, total - total // 2, exact=True)
        assert middle.sum() == 2 * count_perfect_partitions(row, exact=True)


def test_sums_at_the_very_edge():
    assert count_subsets([INT64_MAX, 0], INT64_MAX - 1, INT64_MAX).tolist() == [0, 2]
    assert count_subsets([-INT64_MAX], -(2**63), -INT64_MAX, exact=True).tolist() == [0, 1]
    assert count_subsets([2**62, 2**62 - 1], 2**63 - 2, 2**63).tolist() == [0, 1, 0]
    assert count_subsets([3], 2**70, 2**70 + 2).tolist() == [0, 0, 0]
    assert count_subsets([2**62, -(2**62) + 1], 0, 1).tolist() == [1, 1]


def test_counts_beyond_floats():
    largest = 2.0**1023
    assert count_subsets([0] * 1023, 0, 0).tolist() == [largest]
    for items in ([0] * 1024, [1] * 1100):
        with pytest.raises(ValueError, match=rf"^exact: expected True, since a count for n = {len(items)} exceeds"):
            count_subsets(items, 0, 600)
        low = count_subsets(items, 1, 3)  # where counts are small there is nothing to refuse
        assert low.tolist() == [0.0 if items[0] == 0 else float(math.comb(1100, k)) for k in range(1, 4)]
    assert count_subsets([1] * 1100, 550, 550, exact=True).tolist() == [math.comb(1100, 550)]
