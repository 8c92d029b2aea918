"""Floats, held against exact rational arithmetic over every sign."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from slthlib.sums import best_partition, best_partitions, karmarkar_karp

TINY, LARGEST = 5e-324, 2.0**1023
#: Enough to reach what two floats close to each other can differ by, and everything in between.
magnitudes = st.one_of(
    st.floats(-1, 1),
    st.floats(-LARGEST / 16, LARGEST / 16),
    st.floats(-1e-300, 1e-300),
    st.builds(lambda k: TINY * k, st.integers(-9, 9)),
    st.builds(lambda m, e: float(np.ldexp(m, e)), st.integers(-(2**53), 2**53), st.integers(-1074, 960)),
    st.sampled_from([0.0, -0.0, 1.0, 0.1, 0.2, 0.3, 1 / 3, 1e16, 1.0 + 2**-52]),
)
lists = st.one_of(
    st.lists(magnitudes, min_size=1, max_size=7),
    # Of like size, as they come in practice; there rounding to the grid matters.
    st.lists(st.floats(0.5, 1.0, exclude_max=True), min_size=1, max_size=7),
    st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.7, 1.1, -0.6]), min_size=1, max_size=7),
)


def exact_best(items, imbalance=None):
    numbers = [Fraction(x) for x in items]
    return min(
        abs(sum(s * x for s, x in zip(signs, numbers, strict=True)))
        for signs in product((1, -1), repeat=len(numbers))
        if imbalance is None or sum(signs) == imbalance
    )


def exact_sum(signs, items):
    return abs(sum(int(s) * Fraction(x) for s, x in zip(signs, items, strict=True)))


def check(items, found, imbalance=None):
    best, value = exact_best(items, imbalance), exact_sum(found.signs, items)
    assert found.difference == float(value)  # a Fraction becomes the nearest float
    assert best <= value <= best + Fraction(found.slack)
    if found.optimal:
        assert value == best
        assert found.slack == 0
    assert type(found.difference) is float
    assert type(found.optimal) is bool


@pytest.mark.slow
@settings(max_examples=300)
@given(lists)
@example([1.0, 2**-54 - 2**-106])  # rounding the difference moves it further than the slack
@example([TINY])
@example([TINY, TINY, -TINY])
@example([1e300, TINY, TINY])
@example([0.0, -0.0])
@example([-0.0])
@example([2.0**1022, -(2.0**1022)])
@example([0.1] * 7)
def test_the_best_partition(items):
    check(items, best_partition(items))


@pytest.mark.slow
@settings(max_examples=200)
@given(lists, st.data())
def test_the_best_partition_given_an_imbalance(items, data):
    imbalance = data.draw(st.sampled_from(range(-len(items), len(items) + 1, 2)))
    check(items, best_partition(items, imbalance=imbalance), imbalance)


@settings(max_examples=200)
@given(lists)
def test_differencing_never_claims_too_much(items):
    found = karmarkar_karp(items)
    assert found.difference == float(exact_sum(found.signs, items))
    if found.optimal:
        assert exact_sum(found.signs, items) == exact_best(items)
        assert found.slack == 0
    else:
        assert found.slack == np.inf


@pytest.mark.slow
def test_rounded_to_a_grid_it_may_be_second_best_and_says_so():
    """Items of about half the grid's unit are lost or doubled: the slack covers it, and not by much."""
    rng = np.random.default_rng(5)
    rows = np.full((400, 7), 0.75)
    rows[:, 2:] = rng.choice([-1, 1], (400, 5)) * rng.uniform(0.45, 0.55, (400, 5)) * 2.0**-59
    found = best_partitions(rows)
    assert not found.optimal.any()
    shares = []
    for row, signs, difference, slack in zip(rows, found.signs, found.differences, found.slack, strict=True):
        best, value = exact_best(row), exact_sum(signs, row)
        assert difference == float(value)
        assert best <= value <= best + Fraction(slack)
        shares.append(float((value - best) / Fraction(slack)))
    assert max(shares) > 0.25


def test_numbers_on_a_grid_are_solved_exactly():
    rows = np.random.default_rng(6).uniform(-1, 1, size=(200, 7))  # multiples of 2**-53
    found = best_partitions(rows)
    assert found.optimal.all()
    assert [Fraction(x) for x in found.differences] == [Fraction(float(exact_best(row))) for row in rows]


@given(st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=8), st.integers(-1000, 900))
def test_scaling_by_a_power_of_two_changes_nothing(numbers, shift):
    assume(any(numbers))
    whole = best_partition(numbers)
    scaled = best_partition([float(np.ldexp(float(x), shift)) for x in numbers])
    assert scaled.optimal
    assert scaled.difference == float(np.ldexp(float(whole.difference), shift))


@pytest.mark.parametrize("solve", [best_partition, karmarkar_karp])
@pytest.mark.parametrize("items", [[1e308] * 4, [1.7e308, 1.0], [2.0**1023, 2.0**1000], [-1.7e308]])
def test_sums_beyond_the_floats_are_refused(solve, items):
    with pytest.raises(ValueError, match=r"^items: the absolute values must sum to at most 2\*\*1023, got "):
        solve(items)


def test_the_largest_admissible_sum():
    assert best_partition([2.0**1022, 2.0**1022], imbalance=2).difference == 2.0**1023
    assert best_partition([2.0**1023]).difference == 2.0**1023


def test_narrow_floats_are_taken_as_they_are():
    items = np.array([0.1, 0.2, 0.3], np.float32)
    assert best_partition(items).difference == float(exact_best(items.tolist()))
    assert best_partition(np.array([1.5, 1.25], np.float16)).difference == 0.25
