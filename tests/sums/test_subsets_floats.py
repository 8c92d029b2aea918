"""Floats, held against exact arithmetic over every subset."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from subset_twins import check_floats, exact_errors, meet

from slthlib.sums import _subset_alone, _subset_long, _subset_solve, _subset_ties, closest_subset, closest_subsets

TINY = 5e-324
magnitudes = st.one_of(
    st.floats(-1, 1),
    st.floats(-(2.0**1018), 2.0**1018),
    st.floats(-1e-300, 1e-300),
    st.builds(lambda k: TINY * k, st.integers(-9, 9)),
    st.builds(lambda m, e: float(np.ldexp(m, e)), st.integers(-(2**53), 2**53), st.integers(-1074, 960)),
    st.sampled_from([0.0, -0.0, 1.0, 0.1, 0.2, 0.3, 1 / 3, 1e16, 1.0 + 2**-52]),
)
lists = st.one_of(
    st.lists(magnitudes, min_size=1, max_size=7),
    st.lists(st.floats(0.5, 1.0, exclude_max=True), min_size=1, max_size=7),
    st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.7, 1.1, -0.6]), min_size=1, max_size=7),
)


def inside(items, share):
    """A float between the sums of the negative and of the positive items, taken by its share of the way."""
    low = sum(Fraction(x) for x in items if x < 0)
    high = sum(Fraction(x) for x in items if x > 0)
    return min(max(float(low + (high - low) * Fraction(share)), float(low)), float(high))


def dyadic(rng, count, n):
    """What NumPy's uniform generators give: whole multiples of a power of two."""
    return rng.uniform(-1, 1, (count, n))


def decimal(rng, count, n):
    """Few different decimals: many subsets whose sums differ by rounding alone, or not at all."""
    return rng.choice([0.1, 0.2, 0.3, 0.7, 1.1, -0.6, 1e-17, 3e-18], (count, n))


def wide(rng, count, n):
    """Numbers of very different size, so that the grid rounds the small ones."""
    return rng.choice([-1, 1], (count, n)) * np.ldexp(rng.uniform(0.5, 1, (count, n)), rng.integers(-80, 1, (count, n)))


def beyond_the_grid(rng, count, n):
    """Two large items and others of half the grid's unit, which rounding loses or doubles."""
    rows = np.full((count, n), 0.75)
    rows[:, 2:] = rng.choice([-1, 1], (count, max(n - 2, 0))) * rng.uniform(0.4, 0.6, (count, max(n - 2, 0))) * 2.0**-59
    return rows


def tiny(rng, count, n):
    """At the small end of the floats."""
    return np.ldexp(rng.integers(-(2**53), 2**53, (count, n)).astype(float), rng.integers(-1074, -1000, (count, n)))


FAMILIES = {"dyadic": dyadic, "decimal": decimal, "wide": wide, "beyond the grid": beyond_the_grid, "tiny": tiny}


def float_targets(rng, rows):
    """Targets anywhere, at the rounded sum of some subset, or beside it by a little."""
    low, high = np.minimum(rows, 0).sum(axis=1), np.maximum(rows, 0).sum(axis=1)
    made = (rows * rng.integers(0, 2, rows.shape)).sum(axis=1)
    anywhere = low + (high - low) * rng.random(len(rows))
    beside = made * (1 + 2.0**-50 * rng.uniform(-1, 1, len(rows))) + (high - low) * 2.0 ** -rng.uniform(57, 64)
    return np.clip(np.choose(rng.integers(0, 4, len(rows)), [anywhere, made, beside, made]), low, high)


def hold(count, seed, *, largest=8):
    rng, seen = np.random.default_rng(seed), 0
    sizes = range(1, largest + 1)
    weights = np.array([2.0 ** -max(0, n - 5) for n in sizes])
    share = np.ceil(count / len(FAMILIES) * weights / weights.sum()).astype(int)
    for n, rows_each in zip(sizes, share, strict=True):
        for family, make in FAMILIES.items():
            rows = make(rng, rows_each, n)
            targets = float_targets(rng, rows)
            size = int(rng.integers(0, n, endpoint=True)) if rng.random() < 0.4 else None
            found = closest_subsets(rows, targets, size=size)
            assert found.errors.dtype == found.totals.dtype == np.float64, family
            check_floats(rows, targets, found, exact_errors(rows, targets, size), size)
            seen += rows_each
    return seen


def test_hostile_floats():
    assert hold(6_000, 1) >= 6_000


@pytest.mark.long
def test_a_hundred_thousand_hostile_floats():
    assert hold(100_000, 2) >= 100_000


@pytest.mark.parametrize("limits", [{"_BRUTE": 3}, {"_BRUTE": 0, "LONGEST": 0, "LONGEST_SIZED": 0}], ids=str)
def test_hostile_floats_by_other_routes(limits, monkeypatch):
    for name, value in ({"_SPARE": {}} | limits).items():
        monkeypatch.setattr(_subset_solve, name, value)
    assert hold(2_000, 3) >= 2_000


@pytest.mark.parametrize("family", FAMILIES)
def test_floats_that_share_their_items(family, monkeypatch):
    rng = np.random.default_rng(4)
    for n in range(1, 8):
        for listed in (None, 0, n):
            if listed is not None:
                monkeypatch.setattr(_subset_solve, "listed", lambda n, targets, listed=listed: listed)
            row = FAMILIES[family](rng, 1, n)
            rows = np.repeat(row, 30, axis=0)
            targets = float_targets(rng, rows)
            found = closest_subsets(row[0], targets)
            check_floats(rows, targets, found, exact_errors(rows, targets))


@pytest.mark.slow
@settings(max_examples=300)
@given(lists, st.floats(0, 1), st.data())
@example([TINY], 1.0, None)
@example([TINY, TINY, -TINY], 0.5, None)
@example([1e300, TINY, TINY], 0.0, None)
@example([0.0, -0.0], 0.0, None)
@example([0.1] * 7, 0.5, None)
@example([2.0**1021, -(2.0**1021)], 0.3, None)
def test_the_closest_subset(items, share, data):
    target = inside(items, share)
    size = data.draw(st.one_of(st.none(), st.integers(0, len(items)))) if data else None
    found = closest_subset(items, target, size=size)
    row, goal = np.array([items]), np.array([target])
    total = sum((Fraction(x) for x, taken in zip(items, found.mask.tolist(), strict=True) if taken), Fraction(0))
    assert abs(total - Fraction(target)) == exact_errors(row, goal, size)[0]
    assert found.total == float(total)
    assert found.error == float(abs(total - Fraction(target)))
    assert (type(found.total), type(found.error)) == (float, float)


@pytest.mark.parametrize("n", [13, 16, 19])
@pytest.mark.parametrize("family", ["dyadic", "wide", "decimal"])
def test_larger_sizes_against_exact_sums(n, family):
    rng = np.random.default_rng(n)
    rows = FAMILIES[family](rng, 6, n)
    targets = float_targets(rng, rows)
    for size in (None, n // 3):
        best = [
            meet([Fraction(x) for x in row], Fraction(target), size)
            for row, target in zip(rows.tolist(), targets.tolist(), strict=True)
        ]
        for count in (6, 1):  # four at once, and one alone
            found = closest_subsets(rows[:count], targets[:count], size=size)
            check_floats(rows[:count], targets[:count], found, best[:count], size)


def test_rounding_leaves_candidates_that_only_exact_arithmetic_can_tell_apart(monkeypatch):
    """Without the last step some of these would be wrong, so the step is needed, and it is taken."""
    rng = np.random.default_rng(5)
    rows = beyond_the_grid(rng, 300, 7)
    targets = np.full(300, 0.75)
    best = exact_errors(rows, targets)
    check_floats(rows, targets, closest_subsets(rows, targets), best)
    monkeypatch.setattr(_subset_solve.Solver, "_decide", lambda *given: None)
    rounded = closest_subsets(rows, targets)
    assert sum(error > float(exact) for error, exact in zip(rounded.errors, best, strict=True)) > 30


@pytest.mark.parametrize("family", ["decimal", "beyond the grid"])
def test_candidates_in_different_shares_of_one_problem(family, monkeypatch):
    """Each share of the walks knows its own best only; that another comes as near is seen when they are compared."""
    for name, value in (("_SPARE", {}), ("_BRUTE", 0), ("LONGEST", 0), ("_WORTH_TWO", 0)):
        monkeypatch.setattr(_subset_solve, name, value)
    monkeypatch.setattr(_subset_long, "LONGEST_HALF", 3)
    monkeypatch.setattr(_subset_alone, "_WALK", 1.0)  # so that every walk is a share of its own
    rng = np.random.default_rng(6)
    rows = FAMILIES[family](rng, 200, 7)
    targets = np.full(200, 0.75) if family == "beyond the grid" else float_targets(rng, rows)
    for r, best in enumerate(exact_errors(rows, targets)):
        one = slice(r, r + 1)
        check_floats(rows[one], targets[one], closest_subsets(rows[one], targets[one]), [best])


def test_too_many_candidates_are_refused_unless_a_tolerance_helps():
    rng = np.random.default_rng(6)
    items = rng.normal(size=44)
    items[:8] = items[0] * (1 + 2.0**-52 * np.arange(8)) + 1e-17  # their sums differ by less than the grid can tell
    items[8:40] *= 2.0**-62
    message = r"^items: several subsets of these n = 44 floats come so near .* up to 40 items; round .* or allow a tol"
    with pytest.raises(ValueError, match=message):
        closest_subset(items, 0.4)
    with pytest.raises(ValueError, match=message):
        closest_subsets([items], [0.4], tolerance=1e-18)
    error = closest_subsets([items], [0.4], tolerance=5.0).errors[0]
    assert 1e-18 < error <= 5.0


def test_uniform_floats_are_solved_exactly_whatever_their_number():
    """On the grid nothing is rounded: no candidate ever has to be told apart by exact arithmetic."""
    rng = np.random.default_rng(7)
    for n in (5, 21, 40, 64):
        rows = rng.uniform(-1, 1, (50, n))
        plans = _subset_solve.Solver(rows, rows[:, 0] / 3, "targets", None, 0.0).plan(0, 50)[1]
        assert (plans[:, _subset_solve.grid.EXACT] == 1).all()
        assert (plans[:, _subset_solve.grid.WINDOW] == 0).all()


def test_rounding_to_the_grid_stays_within_the_bound_promised():
    """Items and target are off by at most 2**-60 of the sum each, and what is near the best covers twice the whole."""
    rng = np.random.default_rng(8)
    grid = _subset_solve.grid
    for n in (3, 20, 64):
        rows = wide(rng, 200, n)
        low, high = np.minimum(rows, 0).sum(axis=1), np.maximum(rows, 0).sum(axis=1)
        targets = low + (high - low) * 0.3
        magnitudes, plans, _ = _subset_solve.Solver(rows, targets, "targets", None, 0.0).plan(0, 200)
        seen = 0
        for row, target, found, plan in zip(rows.tolist(), targets.tolist(), magnitudes, plans, strict=True):
            if plan[grid.EXACT]:
                continue
            unit = Fraction(2) ** -int(plan[grid.SCALE].view(np.int64))
            off = [abs(Fraction(x)) - int(m) * unit for x, m in zip(row, found, strict=True)]
            goal = Fraction(target) - (int(plan[grid.GOAL]) - int(plan[grid.NEGATIVE])) * unit
            total = sum(abs(Fraction(x)) for x in row)
            assert max(map(abs, [*off, goal])) <= total / 2**60
            assert 2 * (sum(map(abs, off)) + abs(goal)) < int(plan[grid.WINDOW]) * unit
            seen += 1
        assert seen > 100


@pytest.mark.parametrize("tolerance", [1e-18, 2.0**-58, 1e-15, 1e-9, 0.01, np.inf])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_tolerance_is_held_before_rounding(family, tolerance):
    rng = np.random.default_rng(9)
    for n in (6, 14, 15):
        rows = FAMILIES[family](rng, 24, n)
        targets = float_targets(rng, rows)
        best = [
            meet([Fraction(x) for x in row], Fraction(target))
            for row, target in zip(rows.tolist(), targets.tolist(), strict=True)
        ]
        found = closest_subsets(rows, targets, tolerance=tolerance)
        check_floats(rows, targets, found)
        for row, target, mask, least in zip(rows, targets, range(24), best, strict=True):
            total = sum((Fraction(x) for x in row[found.mask(mask)].tolist()), Fraction(0))
            error = abs(total - Fraction(float(target)))
            assert error <= tolerance if least <= tolerance else error == least


def test_scaling_by_a_power_of_two_changes_nothing():
    rng = np.random.default_rng(10)
    rows = rng.uniform(-1, 1, (40, 9))
    targets = float_targets(rng, rows)
    plain = closest_subsets(rows, targets)
    for shift in (-900, -37, 800):
        scaled = closest_subsets(np.ldexp(rows, shift), np.ldexp(targets, shift))
        assert np.array_equal(scaled.errors, np.ldexp(plain.errors, shift))
        assert np.array_equal(scaled.masks, plain.masks)


def test_integers_beside_floats_are_taken_as_floats():
    assert closest_subset([3, 5, 9], 7.5).error == 0.5
    assert closest_subset([0.5, 2.25], 2).error == 0.25
    found = closest_subsets([[1, 2, 4]] * 3, [2.5, 3.25, 6.875])
    assert found.errors.tolist() == [0.5, 0.25, 0.125]
    assert found.totals.dtype == np.float64


def test_narrow_floats_are_taken_as_they_are():
    items = np.array([0.1, 0.2, 0.3], np.float32)
    found = closest_subset(items, np.float32(0.35))
    row = items.astype(np.float64)[None]
    assert Fraction(found.error) == exact_errors(row, np.array([float(np.float32(0.35))]))[0]


def test_the_exact_last_step_is_right_by_itself():
    rng = np.random.default_rng(11)
    for n in (1, 2, 5, 9):
        for size in (None, n // 2):
            for items in rng.normal(size=(20, n)).tolist():
                target = inside(items, 0.4)
                mask = _subset_ties.best_mask(items, target, size)
                total = sum((Fraction(x) for i, x in enumerate(items) if mask >> i & 1), Fraction(0))
                least = exact_errors(np.array([items]), np.array([target]), size)[0]
                assert abs(total - Fraction(target)) == least
                assert size is None or mask.bit_count() == size
