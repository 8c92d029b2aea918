"""The growth bound: its recursion against the definition, each step against all sets, and its table."""

from itertools import product

import numpy as np
import pytest
from bounds_twins import growth, majorant, truths
from hypothesis import given
from hypothesis import strategies as st

from slthlib.sums import _growth_kernels, laws
from slthlib.sums.laws.growth import growth_logs, growth_table

TABLE = {32: (21, 29, 37, 69), 128: (28, 35, 44, 76), 512: (34, 42, 51, 83), 2048: (40, 49, 58, 90)}
LEVELS = (0.5, 0.1, 0.01, 1e-6)


@given(
    st.lists(st.floats(0, 1, allow_subnormal=False), min_size=2, max_size=150),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_the_majorant_is_the_least_concave_one(heights, where, left, right):
    values = np.sort(np.array(heights))[::-1].copy()
    last = values.size - 1
    at = where * last
    a, b = int(left * int(at)), min(last, int(np.ceil(at + right * (last - at))))
    got, a, b = _growth_kernels.majorant(values, 0, last, at, a, b)
    expected = majorant(dict(enumerate(values)), at)
    assert expected * (1 - 1e-15) <= got <= expected * (1 + 1e-12) + 1e-300
    assert 0 <= a <= at <= b <= last


@pytest.mark.ledger("thm-growth")
@pytest.mark.parametrize("M", [1, 2, 5, 16])
def test_the_recursion_is_the_definition(M):
    steps = 25
    table, expected = growth_table(M, steps), np.array(growth(M, steps))
    assert (table[:, 1:] >= expected[:, 1:] * (1 - 1e-15)).all()
    assert table[:, 1:] == pytest.approx(expected[:, 1:], rel=1e-10)
    n = np.arange(1, steps + 1)
    assert laws.growth_bound(n, M) == pytest.approx(expected[1:, 1], rel=1e-10)


@pytest.mark.ledger("thm-growth")
@pytest.mark.ledger("lem-near-far")
@pytest.mark.parametrize("M", [1, 2, 3])
def test_one_more_item_is_no_worse_than_the_recursion_says_whatever_the_set(M):
    count, steps = 2 * M + 1, 12
    table = growth_table(M, steps)
    tight = 0.0
    for bits in product((0, 1), repeat=count):
        held = np.flatnonzero(bits) - M
        if held.size == 0:
            continue
        sizes = []
        for x in range(-M, M + 1):
            moved = held + x
            sizes.append(np.union1d(held, moved[abs(moved) <= M]).size)
        r = held.size
        assert np.mean(sizes) >= r + r * (count - r) / (2 * count) - 1e-12
        assert max(sizes) <= min(2 * r, count)
        before, after = table[1:, r], table[:-1][:, sizes].mean(axis=1)
        assert (after <= before * (1 + 1e-13)).all()
        if r < count:
            tight = max(tight, (after / before).max())
    assert tight > 0.99  # a recursion that asked for one per cent less would be caught


def test_a_recursion_that_grows_too_fast_is_caught():
    for M, last in ((1, 20), (2, 20), (3, 20)):
        honest, fast = np.array(growth(M, last)), np.array(growth(M, last, gain=1.0))
        truth = truths(M, last)
        assert (truth <= honest[1:, 1] * (1 + 1e-12)).all()
        assert (truth > fast[1:, 1] * (1 + 1e-12)).any()


@pytest.mark.ledger("thm-growth")
@pytest.mark.parametrize("M", TABLE)
def test_the_numbers_of_items(M):
    bound = laws.growth_bound(np.arange(1, 100), M)
    assert tuple(int(np.argmax(bound <= level)) + 1 for level in LEVELS) == TABLE[M]


def test_the_rate():
    for M in (2, 7, 32):
        _, rate = growth_logs(M, 512)
        assert np.exp(rate) == pytest.approx(0.75 - 1 / (4 * (2 * M + 1)), rel=1e-9)


def test_beyond_the_last_step():
    # Run to the end, in the slow twin, with a recursion that is exact to rounding.
    slow = np.array(growth(1, 700))[:, 1]
    n = np.array([500, 512, 513, 600, 700])
    got = laws.growth_bound(n, 1)
    assert (got >= slow[n] * (1 - 1e-12)).all()
    assert got == pytest.approx(slow[n], rel=1e-8)
    assert 0 < laws.growth_bound(10**6, 1) < 1e-300


def test_the_outer_maximum_was_never_needed():
    for M in (3, 32, 100):
        count = 2 * M + 1
        values = growth_table(M, 40)
        for k in (1, 5, 20, 39):
            for r in range(1, count):
                alone, _, _ = _growth_kernels.majorant(
                    values[k], r, min(2 * r, count), r + 0.5 * r * (count - r) / count, r, min(2 * r, count)
                )
                assert alone >= values[k + 1, r] * (1 - 1e-10)
