"""The best partition against trying every sign: by Hypothesis, and by a hundred thousand hostile rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from partition_twins import (
    FAMILIES,
    LIMIT,
    batches,
    best_differences,
    check_signs,
    hostile_integers,
    meet_in_the_middle,
    meet_with_imbalance,
)

from slthlib.sums import best_partition, best_partitions, partition
from slthlib.sums.laws import window_size
from slthlib.sums.slow import slow_best_difference

DTYPES = [np.dtype(order + kind) for kind in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8") for order in "<>"]


@given(hostile_integers())
def test_agrees_with_its_slow_twin(items):
    found = best_partition(items)
    assert found.difference == slow_best_difference(items)
    assert found.difference == abs(sum(s * x for s, x in zip(found.signs.tolist(), items, strict=True)))
    assert found.optimal
    assert found.slack == 0
    assert type(found.difference) is int


@given(hostile_integers(), st.data())
def test_agrees_with_its_slow_twin_given_an_imbalance(items, data):
    imbalance = data.draw(st.sampled_from(range(-len(items), len(items) + 1, 2)))
    found = best_partition(items, imbalance=imbalance)
    assert found.difference == slow_best_difference(items, imbalance=imbalance)
    assert found.difference == abs(sum(s * x for s, x in zip(found.signs.tolist(), items, strict=True)))
    assert found.signs.sum() == imbalance
    assert found.optimal


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("n", [3, 4, 5, 8, 11])
def test_the_way_of_long_problems_taken_by_short_ones(n, family, monkeypatch):
    for items in FAMILIES[family](np.random.default_rng(n), 150, n).astype(np.int64):
        short = best_partition(items)
        with monkeypatch.context() as patch:
            patch.setattr(partition, "SHORTEST", 3)
            long = best_partition(items)
        made = abs(sum(s * x for s, x in zip(long.signs.tolist(), items.tolist(), strict=True)))
        assert long.difference == short.difference == made


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_integer_type(dtype):
    @given(npst.arrays(dtype, st.integers(1, 7)))
    def check(items):
        exact = [int(x) for x in items]
        if sum(map(abs, exact)) > LIMIT:
            with pytest.raises(ValueError, match=r"^items: "):
                best_partition(items)
            return
        before = items.copy()
        found = best_partition(items)
        assert found.difference == slow_best_difference(np.array(exact))
        assert found.difference == abs(sum(s * x for s, x in zip(found.signs.tolist(), exact, strict=True)))
        assert np.array_equal(items, before)

    check()


@pytest.mark.parametrize(
    ("items", "difference"),
    [
        ([5], 5),
        ([-5], 5),
        ([0], 0),
        ([LIMIT], LIMIT),
        ([-LIMIT], LIMIT),
        ([2**62, 2**62 - 1], 1),
        ([-(2**62), 2**62 - 1], 1),
        ([2**62, -(2**62) + 1, 0], 1),
        ([LIMIT - 1, 1], LIMIT - 2),
        ([LIMIT, 0, 0, 0, 0], LIMIT),
        ([2**61] * 3 + [2**61 - 1], 1),
        ([0] * 40, 0),
        ([1] * 45, 1),
        ([2**57] * 43, 2**57),
        ([3, 1, 1, 2, 2, 1], 0),
    ],
)
def test_by_hand(items, difference):
    found = best_partition(items)
    assert found.difference == difference
    check_signs(np.array([items]), best_partitions([items]))


def test_a_hundred_thousand_hostile_rows():
    seen = 0
    for family, rows in batches(100_000):
        found = best_partitions(rows)
        assert np.array_equal(found.differences, best_differences(rows)), family
        check_signs(rows, found)
        assert found.optimal.all()
        assert (found.slack == 0).all()
        seen += len(rows)
    assert seen >= 100_000


def test_a_hundred_thousand_hostile_rows_given_an_imbalance():
    seen = 0
    rng = np.random.default_rng(7)
    for family, rows in batches(100_000, seed=2027):
        n = rows.shape[1]
        imbalance = int(rng.integers(0, n, endpoint=True)) * 2 - n
        found = best_partitions(rows, imbalance=imbalance)
        assert np.array_equal(found.differences, best_differences(rows, imbalance)), (family, imbalance)
        check_signs(rows, found, imbalance)
        assert found.optimal.all()
        seen += len(rows)
    assert seen >= 100_000


@pytest.mark.parametrize("n", [13, 14, 19, 20, 21, 24, 27, 30])
@pytest.mark.parametrize("family", ["small", "window", "large", "limit", "one huge"])
def test_larger_sizes_against_sorting(n, family):
    rng = np.random.default_rng([n, list(FAMILIES).index(family)])
    rows = FAMILIES[family](rng, 11, n)
    found = best_partitions(rows)
    check_signs(rows, found)
    assert found.differences.tolist() == [meet_in_the_middle(row) for row in rows]


@pytest.mark.parametrize("n", [15, 20, 23])
@pytest.mark.parametrize("imbalance", [0, 4, -6])
def test_larger_sizes_against_sorting_given_an_imbalance(n, imbalance):
    imbalance += n % 2
    rng = np.random.default_rng([n, imbalance + 6])
    for family in ("window", "large", "limit"):
        rows = FAMILIES[family](rng, 5, n)
        found = best_partitions(rows, imbalance=imbalance)
        check_signs(rows, found, imbalance)
        assert found.differences.tolist() == [meet_with_imbalance(row, imbalance) for row in rows]


@pytest.mark.parametrize("n", [37, 40])
def test_about_forty_items_against_sorting(n):
    items = np.random.default_rng(n).integers(1, 2**57, size=n)
    found = best_partition(items)
    assert found.difference == meet_in_the_middle(items)
    assert abs(int((found.signs * items).sum())) == found.difference


def test_a_search_that_may_stop_early_does_not_stop_too_early():
    """Long lists are swept in pieces, and a difference of 0 or 1 ends it; here 2 and 3 are as frequent."""
    rows = np.random.default_rng(36).integers(1, window_size(36, -1), size=(8, 36))
    found = best_partitions(rows)
    check_signs(rows, found)
    assert found.differences.tolist() == [meet_in_the_middle(row) for row in rows]


@pytest.mark.parametrize("n", [28, 36, 44])
@pytest.mark.parametrize("odd", [0, 1])
def test_finds_a_planted_perfect_partition(n, odd):
    """The last item makes a random partition perfect: no smaller difference has the parity of the sum."""
    rng = np.random.default_rng([n, odd])
    items = rng.integers(1, 2**52, size=n)
    signs = rng.choice([-1, 1], size=n)
    short = int((signs[:-1] * items[:-1]).sum())
    items[-1] = short * -1 + odd  # of either sign
    signs[-1] = 1
    assert int((signs * items).sum()) == odd
    found = best_partition(items)
    assert found.difference == odd
    assert abs(int((found.signs * items).sum())) == odd


def test_arrays_in_any_order_and_none_is_changed():
    rng = np.random.default_rng(3)
    rows = rng.integers(-(2**40), 2**40, size=(6, 12))
    wide = np.zeros((12, 24), np.int64)
    wide[::2, ::2] = rows
    expected = best_differences(rows)
    locked = rows.copy()
    locked.setflags(write=False)
    for form in (np.asfortranarray(rows), wide[::2, ::2], locked, rows[::-1][::-1], rows.tolist(), rows.astype(">i8")):
        found = best_partitions(form)
        assert np.array_equal(found.differences, expected)
    assert np.array_equal(locked, rows)
