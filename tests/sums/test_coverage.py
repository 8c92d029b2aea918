"""Covering radii against listing every sum in exact arithmetic, each way of finding them by itself."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from partition_twins import FAMILIES
from reach_twins import all_sums, doubled_radii, exact_radius, small_batches

from slthlib.sums import CoveringBounds, _radius_ways, covering_radii, covering_radius, covering_radius_bounds
from slthlib.sums._coverage_kernels import half_lists, largest_gap_in_buckets
from slthlib.sums.slow import slow_covering_radius

#: Each of four ways: lists of all sums, intervals in one part, intervals in many parts, tables.
WAYS = {
    "lists": {"_SECONDS_PER_WORD": 1e9, "_LISTED": 99},
    "intervals": {"_SECONDS_PER_WORD": 1e9, "_LISTED": 0},
    "parts": {"_SECONDS_PER_WORD": 1e9, "_LISTED": 0, "_PART": 20.0},
    "tables": {"_SECONDS_PER_WORD": 0.0},
}
TABLED = ("tiny", "zeros", "small", "negative", "repeats", "equal")


def force(monkeypatch, way):
    for name, value in WAYS.get(way, {}).items():
        monkeypatch.setattr(_radius_ways, name, value)


def hostile_reals():
    """Few reals: multiples of powers of two, repeats, zeros, and numbers of very different sizes."""
    one = st.one_of(
        st.integers(-40, 40).map(lambda k: k / 16),
        st.floats(-1, 1, allow_subnormal=False),
        st.sampled_from([0.0, 1.0, -1.0, 0.5, 1e-3, 2.0**-40]),
    )
    return st.lists(one, min_size=1, max_size=5)


@pytest.mark.slow
@given(hostile_reals(), st.sampled_from([(-1.0, 1.0), (0.0, 0.0), (-0.3, 0.7), (0.5, 0.5), (-9.0, 9.0), (2.0, 3.5)]))
def test_agrees_with_its_slow_twin(items, window):
    radius = covering_radius(items, *window)
    assert type(radius) is float
    assert radius == pytest.approx(slow_covering_radius(items, *window), rel=1e-12, abs=1e-15)
    exact, unit = exact_radius(items, *window), max(map(abs, items)) * 2.0**-58
    assert abs(Fraction(radius) - exact) <= unit * len(items) ** 2 + float(exact) * 2.0**-53
    bounds = covering_radius_bounds(items, *window, resolution=2.0**-12)
    assert bounds.lower <= exact <= bounds.upper


def real_windows(rng, sums):
    """Windows of integers for a batch, by its first row: their ends on sums, between them, around all, or outside."""
    order = np.sort(sums[0])
    lowest, highest = int(order[0]), int(order[-1])
    kind = rng.integers(7)
    a, b = sorted(int(x) for x in rng.choice(order, 2))
    if kind == 0:
        return a, b
    if kind == 1:
        return a, a
    if kind == 2:
        return lowest - 3, highest + 5
    if kind == 3:
        return (a + b) // 2, (a + b) // 2
    if kind == 4:
        return highest + 1, highest + 9
    if kind == 5:
        return (lowest + a) // 2, (highest + b) // 2
    return lowest - 9, (lowest + highest) // 2


def check_batches(monkeypatch, way, count):
    """Integers, some as they are, some as floats on a grid of their own: every step is exact, and so is the answer."""
    force(monkeypatch, way)
    rng = np.random.default_rng(61)
    families = TABLED if way == "tables" else tuple(FAMILIES)
    seen = 0
    for family, rows in small_batches(count, families=families, seed=71):
        if family in ("equal", "limit", "one huge", "large"):
            rows = rows >> 5  # differences of sums have to fit
        if way == "tables" and family == "equal":
            rows = np.sign(rows) * (rows >> 52)
        sums = all_sums(rows)
        low, high = real_windows(rng, sums)
        expected = doubled_radii(sums, low, high) / 2
        scale = int(rng.integers(-70, 70)) if np.abs(rows).max() < 2**50 and rng.integers(2) else None
        if scale is None:
            if max(abs(low), abs(high)) < 2**53:
                assert np.array_equal(covering_radii(rows, low, high), expected), (family, rows.shape, low, high)
        else:
            found = covering_radii(np.ldexp(rows.astype(float), scale), math.ldexp(low, scale), math.ldexp(high, scale))
            assert np.array_equal(found, np.ldexp(expected, scale)), (family, rows.shape, low, high, scale)
        seen += len(rows)
    assert seen >= count


@pytest.mark.slow
@pytest.mark.parametrize("way", ["chosen", *WAYS])
def test_hostile_problems(way, monkeypatch):
    check_batches(monkeypatch, way, 100_000 if way in ("chosen", "lists") else 5_000)


@pytest.mark.long
@pytest.mark.parametrize("way", ["intervals", "parts", "tables"])
def test_a_hundred_thousand_hostile_problems(way, monkeypatch):
    check_batches(monkeypatch, way, 100_000)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["intervals", "parts"])
@pytest.mark.parametrize("n", [13, 14, 15, 17, 18, 20])
def test_larger_sizes_against_sorting(n, way, monkeypatch):
    force(monkeypatch, way)
    if way == "parts":
        monkeypatch.setattr(_radius_ways, "_PART", 2.0 ** (n - 3) / 1.5)
    rng = np.random.default_rng(n)
    draws = {
        "uniform": rng.integers(-(2**40), 2**40, (3, n)),
        "one sign": rng.integers(0, 2**40, (3, n)),
        "near a grid": rng.integers(-9, 9, (3, n)) * 2**30 + rng.integers(0, 50, (3, n)),
        "nearer to a grid": rng.integers(1, 4, (3, n)) * 2**30 + rng.integers(0, 2, (3, n)),
        "of all sizes": rng.integers(-(2**40), 2**40, (3, n)) >> np.arange(n),
        "doubling": np.tile(2 ** np.arange(n) * 2**15 + 1, (3, 1)),
        "repeated": np.repeat(rng.integers(1, 2**40, (3, 1)), n, axis=1) + rng.integers(-1, 2, (3, n)),
        "zeros": rng.integers(-(2**40), 2**40, (3, n)) * (rng.random((3, n)) < 0.7),
    }
    for name, rows in draws.items():
        sums = all_sums(rows)
        ends = [(-(2**39), 2**39), (0, 2**40), (2**38, 2**40), (-(2**44), 2**44), (-(2**41), -(2**38)), (5, 6)]
        for low, high in ends:
            found = covering_radii(rows, low, high)
            assert np.array_equal(found, doubled_radii(sums, low, high) / 2), (name, low, high)


@pytest.mark.slow
@pytest.mark.parametrize("n", [11, 12, 13])
def test_many_draws_of_ordinary_reals(n, monkeypatch):
    """The largest gap is at times the last one in the window, or just too short to be told from the next: try many."""
    force(monkeypatch, "intervals")
    rng = np.random.default_rng([3, n])
    for _ in range(30):
        rows = rng.integers(-(2**50), 2**50, (200, n))
        for low, high in [(-(2**50), 2**50), (2**48, 2**51)]:
            expected = doubled_radii(all_sums(rows), low, high) / 2
            assert np.array_equal(covering_radii(rows, low, high), expected)


@pytest.mark.parametrize("buckets", [1, 2, 7, 64, 8192])
@pytest.mark.parametrize("n", [1, 2, 5, 10, 13])
def test_buckets_against_sorting(n, buckets):
    """No public call can be sure to need them, so they are called by themselves."""
    rng = np.random.default_rng([n, buckets])
    for spread in (3, 100, 2**20, 2**50):
        sizes = np.sort(rng.integers(1, spread, n))
        signed = np.sort(2 * all_sums(sizes[None])[0] - sizes.sum())
        a, b, spare = half_lists(sizes, np.zeros(1, np.uint8))
        for low, high in [(0, signed[-1]), (signed[0], signed[-1]), (signed[0] // 3, signed[-1] // 2), (1, 2)]:
            inside = signed[(signed >= low) & (signed <= high)]
            gap = int(np.diff(inside).max(initial=0))
            for known in {0, gap // 2, max(gap - 1, 0), gap, gap + 1}:
                found = largest_gap_in_buckets(
                    a, b, spare, np.int64(low), np.int64(high), np.int64(known), buckets, np.zeros(1, np.uint8)
                )
                assert found == max(gap, known), (spread, low, high, known)


def real_rows(rng, count):
    """Float problems whose items need rounding on the grid of their row."""
    for n in (1, 2, 3, 5, 6):
        yield from rng.uniform(-1, 1, (count, n)) * 2.0 ** rng.integers(-20, 3, (count, n))
        yield from rng.normal(size=(count, n)).round(1)
        yield from rng.uniform(-1, 1, (count, n)) ** 9


@pytest.mark.slow
def test_reals_that_have_to_be_rounded():
    rng = np.random.default_rng(81)
    for items in real_rows(rng, 60):
        low, high = sorted(rng.normal(size=2).tolist())
        exact, radius = exact_radius(items, low, high), covering_radius(items, low, high)
        moved = np.abs(items).max() * 2.0**-58 * len(items) ** 2
        assert abs(Fraction(radius) - exact) <= moved + float(exact) * 2.0**-53
        for resolution in (1e-1, 1e-3, 1e-5):
            bounds = covering_radius_bounds(items, low, high, resolution=resolution)
            assert bounds.lower <= exact <= bounds.upper
            assert bounds.upper - bounds.lower <= len(items) * resolution + 2.0**-50 * abs(radius)


@pytest.mark.parametrize("count", [10_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_bounds_hold_for_hostile_problems(count):
    rng = np.random.default_rng(91)
    seen = 0
    for family, rows in small_batches(count, seed=101, largest=8):
        rows = rows >> max(0, int(np.abs(rows).max()).bit_length() - 50)
        sums = all_sums(rows)
        low, high = real_windows(rng, sums)
        expected = doubled_radii(sums, low, high) / 2
        for row, radius in zip(rows, expected.tolist(), strict=True):
            size = float(np.abs(row).max()) + 1
            bounds = covering_radius_bounds(row, low, high, resolution=size / float(rng.choice([3, 50, 700])))
            assert bounds.lower <= radius <= bounds.upper, (family, row, low, high)
        seen += len(rows)
    assert seen >= count


def test_bounds_close_in_on_the_radius():
    items = np.random.default_rng(5).uniform(-1, 1, 18)
    radius = covering_radius(items)
    for resolution in (1e-3, 1e-5, 1e-7):
        bounds = covering_radius_bounds(items, resolution=resolution)
        assert isinstance(bounds, CoveringBounds)
        assert bounds.lower <= radius <= bounds.upper
        assert bounds.upper - bounds.lower <= 18 * resolution
    assert covering_radius_bounds(items, resolution=2.0**-10).upper > 2 * radius  # coarse, and says so


def test_bounds_on_the_grid_are_the_radius():
    items = np.random.default_rng(6).integers(-(2**10), 2**10, 30) / 2**10
    bounds = covering_radius_bounds(items, resolution=1e-3)
    assert bounds.lower == bounds.upper == covering_radius(items)


def test_integers_beyond_floats_are_bounded_as_they_are():
    for item in (2**54 + 1, 2**54 - 1, -(2**60) - 1):
        bounds = covering_radius_bounds([item], min(item, 0), max(item, 0), resolution=2.0**30)
        assert Fraction(bounds.lower) <= Fraction(abs(item), 2) <= Fraction(bounds.upper)


def test_many_items():
    rng = np.random.default_rng(7)
    items = rng.uniform(-1, 1, 60)
    bounds = covering_radius_bounds(items, resolution=1e-5)
    assert 0 <= bounds.lower <= bounds.upper <= 60e-5
    whole = rng.integers(-100, 100, 2000)  # a table, however many there are
    assert covering_radius(whole, -50, 50) == 0.5
    assert covering_radius(whole / 128, -1, 1) == 1 / 256


@pytest.mark.parametrize(
    ("items", "window", "radius"),
    [
        ([1.0], (-1, 1), 1.0),
        ([0.0], (-1, 1), 1.0),
        ([-1.0, 1.0], (-1, 1), 0.5),
        ([-1.0, -1.0, -1.0], (-3, 0), 0.5),
        ([0.25, 0.5, 1.0], (0, 1.75), 0.125),
        ([1, 2, 4], (0, 7), 0.5),
        ([1, 2, 4], (3.25, 3.25), 0.25),
        ([1, 2, 4], (9, 11), 4.0),
        ([1, 2, 4], (-11, -9), 11.0),
        ([3, 3], (0, 6), 1.5),
        ([3, 3], (1, 2), 1.5),
        ([3, 3], (1, 1.25), 1.25),
        ([2**59], (0, 1), 1.0),
        ([2**59, -(2**59)], (0, 2**59), 2.0**58),
        ([1e300, -1e300], (0.0, 0.0), 0.0),
        ([5e-324], (0.0, 5e-324), 0.0),
        ([1.0], (1e308, 1.5e308), 1.5e308),
    ],
)
def test_by_hand(items, window, radius):
    assert covering_radius(items, *window) == radius
    assert covering_radii([items, items], *window).tolist() == [radius, radius]


def test_turned_items_have_the_same_radius():
    rng = np.random.default_rng(8)
    rows = rng.integers(-(2**30), 2**30, (200, 13)) / 2**30
    assert np.array_equal(covering_radii(rows), covering_radii(-rows))
    assert np.array_equal(covering_radii(rows, 0.0, 1.0), covering_radii(-rows, -1.0, 0.0))
    assert np.array_equal(covering_radii(rows), covering_radii(rows[:, ::-1]))


def test_a_further_item_never_hurts():
    rows = np.random.default_rng(9).uniform(-1, 1, (300, 15))
    radii = [covering_radii(rows[:, :n]) for n in range(1, 16)]
    assert (np.diff(radii, axis=0) <= 1e-15).all()
