"""Reachable sums against listing every subset, and against Python's integers as bitsets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from partition_twins import FAMILIES, SMALL, hostile_integers
from reach_twins import INT64_MAX, all_sums, counts_in, missed_in, small_batches, windows

from slthlib.sums import count_missed, reachable_sums, sets
from slthlib.sums.slow import slow_reachable_sums

WIDTHS = [0, 1, 2, 5, 62, 63, 64, 65, 127, 128, 200, 1000]
FREE = {"table": ("WORD",), "meeting": ("STEP", "MARK")}


def force(monkeypatch, way):
    """Let one way seem free, so that it is chosen, and take the kernels of the other away."""
    for cost in FREE[way]:
        monkeypatch.setattr(sets, f"_SECONDS_PER_{cost}", 0.0)
    for cost in FREE["meeting" if way == "table" else "table"]:
        monkeypatch.setattr(sets, f"_SECONDS_PER_{cost}", 1.0)
    for kernel in ("mark_by_meeting", "count_marked") if way == "table" else ("table_of", "count_reachable"):
        monkeypatch.setattr(sets, kernel, None)


@given(hostile_integers(), st.data())
def test_agrees_with_its_slow_twin(items, data):
    positive, negative = sum(x for x in items if x > 0), sum(x for x in items if x < 0)
    low = data.draw(st.sampled_from([-3, negative, negative - 2, positive - 10, positive + 1, positive // 2]))
    high = low + data.draw(st.integers(0, 150))
    expected = slow_reachable_sums(items, low, high)
    found = reachable_sums(items, low, high)
    assert found.dtype == np.bool_
    assert np.array_equal(found, expected)
    missed = count_missed(items, low, high)
    assert type(missed) is int
    assert missed == (~expected).sum()


def check_rows(monkeypatch, way, count):
    if way != "chosen":
        force(monkeypatch, way)
    rng = np.random.default_rng(21)
    seen = 0
    for family, rows in small_batches(count, families=SMALL if way == "table" else tuple(FAMILIES), seed=31, size=300):
        sums = all_sums(rows)
        for row, all_of_it in zip(rows, sums, strict=True):
            low, high = windows(rng, all_of_it, WIDTHS)
            expected = counts_in(all_of_it, low, high) > 0
            assert np.array_equal(reachable_sums(row, low, high), expected), (family, row, low, high)
        seen += len(rows)
    assert seen >= count


def check_batches(monkeypatch, way, count):
    if way != "chosen":
        force(monkeypatch, way)
    rng = np.random.default_rng(22)
    seen = 0
    for family, rows in small_batches(count, families=SMALL if way == "table" else tuple(FAMILIES), seed=32):
        sums = all_sums(rows)
        low, high = windows(rng, sums[0], WIDTHS)
        found = count_missed(rows, low, high)
        assert found.dtype == np.int64
        low_in, high_in = max(low, -INT64_MAX), min(high, INT64_MAX)
        expected = missed_in(sums, low_in, high_in) + (low_in - low) + (high - high_in)
        assert np.array_equal(found, expected), (family, rows.shape, low, high)
        seen += len(rows)
    assert seen >= count


@pytest.mark.parametrize("way", ["chosen", *FREE])
def test_thousands_of_hostile_problems(way, monkeypatch):
    check_rows(monkeypatch, way, 6_000)


@pytest.mark.long
@pytest.mark.parametrize("way", ["chosen", *FREE])
def test_a_hundred_thousand_hostile_problems(way, monkeypatch):
    check_rows(monkeypatch, way, 100_000)


@pytest.mark.parametrize("way", ["chosen", *FREE])
def test_a_hundred_thousand_hostile_problems_in_batches(way, monkeypatch):
    check_batches(monkeypatch, way, 100_000)


def bits(items):
    """All sums in one big integer: bit s - lowest tells whether s is one."""
    lowest, reached = sum(x for x in items if x < 0), 1
    for x in items:
        reached = reached | reached << x if x >= 0 else reached | reached << -x
    return lowest, reached


def bits_in(items, low, high):
    lowest, reached = bits(items)
    part = reached >> (low - lowest) if low >= lowest else reached << (lowest - low)
    width = high - low + 1
    data = (part & ((1 << width) - 1)).to_bytes(width // 8 + 1, "little")
    return np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")[:width].astype(bool)


@pytest.mark.parametrize("n", [1, 5, 30, 64, 65, 200, 1500])
@pytest.mark.parametrize("largest", [1, 7, 63, 64, 65, 700, 9000])
def test_many_items_against_big_integers(n, largest):
    """Items below a word, of some words, and beyond the size at which blocks are joined in place."""
    rng = np.random.default_rng([n, largest])
    for lowest in (-largest, 0, 1):
        row = rng.integers(lowest, largest, size=n, endpoint=True)
        if n * largest > 10**6:
            row[n // 20 :] //= 20
        items = row.tolist()
        below, above = sum(x for x in items if x < 0), sum(x for x in items if x > 0)
        for low, high in [
            (below, above),
            (below - 3, above + 70),
            (0, 500),
            ((below + above) // 2 - 64, (below + above) // 2 + 64),
            (above - 1000, above),
            (below, below + 99),
            (-40, 40),
        ]:
            assert np.array_equal(reachable_sums(row, low, high), bits_in(items, low, high)), (lowest, low, high)
        assert count_missed(row, below, above) == above - below + 1 - bits(items)[1].bit_count()


@pytest.mark.parametrize("factor", [1, 3, 64, 10**6, 2**40])
def test_a_common_divisor_only_spreads_the_sums(factor):
    row = np.random.default_rng(factor).integers(-50, 50, size=12) * factor
    for low, high in [(-100, 3000), (5 * factor, 5 * factor), (-2 * factor + 1, 2000 - 2 * factor)]:
        assert np.array_equal(reachable_sums(row, low, high), counts_in(all_sums(row[None])[0], low, high) > 0)
    assert count_missed(row, -7 * factor, 7 * factor) == missed_in(all_sums(row[None]), -7 * factor, 7 * factor)[0]


def test_sums_at_the_very_edge():
    assert reachable_sums([INT64_MAX], INT64_MAX - 1, INT64_MAX).tolist() == [False, True]
    assert reachable_sums([-INT64_MAX], -INT64_MAX, 1 - INT64_MAX).tolist() == [True, False]
    assert reachable_sums([-INT64_MAX], -(2**63), -INT64_MAX).tolist() == [False, True]
    assert reachable_sums([2**62, 2**62 - 1], 2**63 - 3, 2**63 + 1).tolist() == [False, False, True, False, False]
    assert reachable_sums([3], 2**63, 2**63 + 1).tolist() == [False, False]
    assert reachable_sums([3], -(10**30), 1 - 10**30).tolist() == [False, False]
    assert reachable_sums([2**62, 3 - 2**62], 2**62 - 1, 2**62).tolist() == [False, True]
    assert count_missed([INT64_MAX], 0, 2**63 - 2) == 2**63 - 2
    assert count_missed([INT64_MAX], 1, INT64_MAX) == 2**63 - 2
    assert count_missed([1, 2, 4, 8], -(2**61), 2**61) == 2**62 + 1 - 16
    rows = [[INT64_MAX, 0], [1, 1], [2**62, -(2**61)], [0, 0]]
    assert count_missed(rows, 0, 2).tolist() == [2, 0, 2, 2]
    assert count_missed(rows, 2**63, 2**63 + 4).tolist() == [5, 5, 5, 5]
    assert count_missed(rows, -(10**20), -(10**20)).tolist() == [1, 1, 1, 1]


def test_by_hand():
    assert reachable_sums([0, 0], -1, 1).tolist() == [False, True, False]
    assert reachable_sums([-2, -3], -5, 0).tolist() == [True, False, True, True, False, True]
    assert reachable_sums([5, 5, 5], 0, 15).nonzero()[0].tolist() == [0, 5, 10, 15]
    assert reachable_sums(np.uint8([200, 100]), 300, 300).tolist() == [True]
    assert count_missed([[5, 5, 5], [1, 2, 4]], 1, 7).tolist() == [6, 0]
    assert count_missed(np.int8([1, 2, 4]), np.int64(0), np.uint8(9)) == 2


def test_an_item_and_its_negative_only_shift():
    rng = np.random.default_rng(4)
    row = rng.integers(1, 400, size=30)
    turned = row * rng.choice([-1, 1], size=30)
    shift = int(turned[turned < 0].sum())
    assert np.array_equal(reachable_sums(row, 0, 5000), reachable_sums(turned, shift, 5000 + shift))


@pytest.mark.parametrize("n", [14, 19, 24])
def test_both_ways_agree_where_no_list_can_be_made(n, monkeypatch):
    rng = np.random.default_rng(n)
    for largest in (300, 3000, 30_000):
        row = rng.integers(-largest, largest, size=n)
        found = []
        for way in FREE:
            with monkeypatch.context() as patch:
                force(patch, way)
                found.append(reachable_sums(row, -2000, 2000))
                assert count_missed(row, -2000, 2000) == (~found[-1]).sum()
        assert np.array_equal(*found)
        assert found[0].any()
