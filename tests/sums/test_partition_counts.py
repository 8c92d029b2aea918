"""Counts of perfect partitions against listing all of them, each way of counting by itself."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from partition_twins import FAMILIES, LIMIT, SMALL, all_signs, batches, hostile_integers, perfect_counts

from slthlib.sums import count_perfect_partitions, counting
from slthlib.sums._big_counts import perfect_in_big_integers
from slthlib.sums.slow import slow_count_perfect

WAYS = ["table", "meeting"]


def force(monkeypatch, way):
    """Let one kernel seem free, so that it is chosen."""
    for cost in ("ENTRY",) if way == "table" else ("STEP", "HIT"):
        monkeypatch.setattr(counting, f"_SECONDS_PER_{cost}", 0.0)
    for kind in ("count_by_", "count_of_size_by_"):
        monkeypatch.setattr(counting, kind + ("meeting" if way == "table" else "table"), None)


@pytest.mark.slow
@given(hostile_integers(), st.data())
def test_agrees_with_its_slow_twin(items, data):
    imbalance = data.draw(st.sampled_from([None, *range(-len(items), len(items) + 1, 2)]))
    expected = slow_count_perfect(items, imbalance=imbalance)
    found = count_perfect_partitions(items, imbalance=imbalance, exact=True)
    assert found == expected
    assert type(found) is int
    approximate = count_perfect_partitions(items, imbalance=imbalance)
    assert approximate == expected
    assert type(approximate) is float


@pytest.mark.parametrize("free", [True, False], ids=["free", "imbalance"])
@pytest.mark.parametrize("way", ["chosen", *WAYS])
def test_a_hundred_thousand_hostile_rows(way, free, monkeypatch):
    if way != "chosen":
        force(monkeypatch, way)
    rng = np.random.default_rng(11)
    seen = 0
    for family, rows in batches(100_000, families=SMALL if way == "table" else tuple(FAMILIES), seed=2029):
        n = rows.shape[1]
        imbalance = None if free else int(rng.integers(0, n, endpoint=True)) * 2 - n
        found = count_perfect_partitions(rows, imbalance=imbalance)
        assert found.dtype == np.float64
        assert np.array_equal(found, perfect_counts(rows, imbalance)), (family, n, imbalance)
        seen += len(rows)
    assert seen >= 100_000


@pytest.mark.parametrize("free", [True, False], ids=["free", "imbalance"])
def test_ten_thousand_rows_in_big_integers(free):
    rng = np.random.default_rng(12)
    seen = 0
    for family, rows in batches(10_000, families=SMALL, seed=2030):
        n = rows.shape[1]
        imbalance = None if free else int(rng.integers(0, n, endpoint=True)) * 2 - n
        expected = perfect_counts(rows, imbalance)
        found = [perfect_in_big_integers(row, imbalance) for row in rows.tolist()]
        assert found == expected.tolist(), (family, n, imbalance)
        seen += len(rows)
    assert seen >= 10_000


def meet_and_count(items):
    """Count by sorting: pairs of half sums that cancel up to 1, halved for the mirror images."""
    half = len(items) // 2
    left, right = (np.sort(all_signs(len(x), fixed=False) @ x) for x in (items[:half], items[half:]))
    ends = np.searchsorted(right, -left + 1, side="right"), np.searchsorted(right, -left - 1, side="left")
    return int((ends[0] - ends[1]).sum()) // 2


@pytest.mark.parametrize("n", [13, 17, 20, 23, 26])
@pytest.mark.parametrize("way", WAYS)
def test_larger_sizes_against_sorting(n, way, monkeypatch):
    force(monkeypatch, way)
    rng = np.random.default_rng(n)
    for family in SMALL:
        rows = FAMILIES[family](rng, 5, n).astype(np.int64)
        found = count_perfect_partitions(rows, exact=True)
        assert found.tolist() == [meet_and_count(row) for row in rows], family


@pytest.mark.parametrize("n", [20, 33, 63, 64, 65, 71])
def test_equal_items_make_binomial_counts(n):
    half = math.comb(n, n // 2) // (1 if n % 2 else 2)
    assert count_perfect_partitions([1] * n, exact=True) == half
    assert count_perfect_partitions([3] * n, exact=True) == (0 if n % 2 else half)
    assert count_perfect_partitions([1] * n, imbalance=n % 2, exact=True) == half
    assert count_perfect_partitions([0] * n, exact=True) == 2 ** (n - 1)
    assert count_perfect_partitions([0] * n, imbalance=n, exact=True) == 1
    assert count_perfect_partitions([0] * n, imbalance=n - 2, exact=True) == n


@pytest.mark.parametrize("imbalance", [None, 0, 4])
def test_words_and_big_integers_agree_where_both_can_count(imbalance):
    rng = np.random.default_rng(64)
    for low in (1, -9):
        items = rng.integers(low, 12, size=64)
        expected = perfect_in_big_integers(items.tolist(), imbalance)
        assert count_perfect_partitions(items, imbalance=imbalance, exact=True) == expected
        assert expected > 2**40


def test_counts_of_all_imbalances_make_the_count():
    rows = np.random.default_rng(8).integers(-20, 20, size=(40, 15))
    by_imbalance = [count_perfect_partitions(rows, imbalance=k) for k in range(1, 16, 2)]
    assert np.array_equal(sum(by_imbalance), count_perfect_partitions(rows))


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=9))
def test_an_imbalance_and_its_negative_are_one(items):
    for k in range(len(items), 0, -2):
        assert count_perfect_partitions(items, imbalance=k) == count_perfect_partitions(items, imbalance=-k)


def test_floats_round_what_is_exact():
    items = [0] * 64
    assert count_perfect_partitions(items) == 2.0**63
    assert count_perfect_partitions(items, exact=True) == 2**63
    both = count_perfect_partitions([items, items], exact=True)
    assert both.dtype == object
    assert both.tolist() == [2**63, 2**63]
    assert count_perfect_partitions([0] * 1000) == 2.0**999
    with pytest.raises(ValueError, match="exact: expected True"):
        count_perfect_partitions([0] * 1100)
    assert count_perfect_partitions([0] * 1100, exact=True) == 2**1099


@pytest.mark.parametrize(
    ("items", "count"),
    [([1], 1), ([-1], 1), ([2], 0), ([0], 1), ([8, 7, 6, 5, 4], 1), ([LIMIT], 0), ([2**62, 2**62 - 1], 1)],
)
def test_by_hand(items, count):
    assert count_perfect_partitions(items) == count
    assert count_perfect_partitions([items, items]).tolist() == [count, count]


def test_the_largest_sums_of_a_batch_do_not_disturb_the_others():
    rows = np.array([[LIMIT, 0, 0], [1, 2, 3], [-(2**62), 2**62 - 1, 0], [2**60, 2**60, -(2**61)], [1, 1, 1]])
    assert count_perfect_partitions(rows).tolist() == [0, 1, 2, 1, 3]
    for plus in (-3, -1, 1, 3):
        expected = [slow_count_perfect(row, imbalance=plus) for row in rows]
        assert count_perfect_partitions(rows, imbalance=plus).tolist() == expected


def test_sizes_next_to_each_other_cover_both_ways_of_choosing():
    """The table for small numbers, lists for large ones: the choice never shows in the count."""
    chosen = []
    for bits in (3, 10, 20, 40):
        items = np.random.default_rng(bits).integers(1, 2**bits, size=20)
        items[-1] = abs(int((items[:-1] * np.resize([1, -1], 19)).sum()))  # so that there is one to count
        chosen.append(count_perfect_partitions(items))
        assert chosen[-1] == meet_and_count(items)
    assert all(a >= b for a, b in pairwise(chosen))
