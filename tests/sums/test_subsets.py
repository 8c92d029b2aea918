"""The closest subset against trying every subset: by Hypothesis, and by a hundred thousand hostile problems."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from partition_twins import FAMILIES, LIMIT, hostile_integers
from subset_twins import (
    check_integers,
    hostile_batches,
    hostile_targets,
    least_errors,
    limits,
    meet,
    solve_singly,
)

from slthlib.sums import _subset_long, _subset_sized_long, _subset_solve, closest_subset, closest_subsets

#: Settings under which small problems go through the kernels that are meant for large ones.
ROUTES = {
    "as it comes": {},
    "four rows at once": {"_subset_solve._BRUTE": 3},
    "long lists": {"_subset_solve._BRUTE": 0, "_subset_solve.LONGEST": 0, "_subset_solve.LONGEST_SIZED": 0},
    "items outside the lists": {"_subset_solve._BRUTE": 0, "_subset_solve.LONGEST": 0, "_subset_solve.LONGEST_SIZED": 0,
                                "_subset_long.LONGEST_HALF": 3, "_subset_sized_long.LONGEST_HALF": 3},
    "one problem in shares": {"_subset_solve._BRUTE": 0, "_subset_solve.LONGEST": 0, "_subset_solve.LONGEST_SIZED": 0,
                              "_subset_long.LONGEST_HALF": 4, "_subset_solve._WORTH_TWO": 0},
}  # fmt: skip
MODULES = {"_subset_solve": _subset_solve, "_subset_long": _subset_long, "_subset_sized_long": _subset_sized_long}


@pytest.fixture(params=ROUTES)
def route(request, monkeypatch):
    monkeypatch.setattr(_subset_solve, "_SPARE", {})  # what earlier calls worked in has other sizes
    for place, value in ROUTES[request.param].items():
        module, name = place.split(".")
        monkeypatch.setattr(MODULES[module], name, value)
    return request.param


@pytest.mark.slow
@given(hostile_integers(), st.data())
def test_agrees_with_every_subset(items, data):
    rows = np.array([items])
    low, high = limits(rows)
    target = data.draw(st.integers(int(low[0]), int(high[0])))
    size = data.draw(st.one_of(st.none(), st.integers(0, len(items))))
    found = closest_subset(items, target, size=size)
    assert found.error == least_errors(rows, np.array([target]), size)[0]
    assert found.total == sum(x for x, taken in zip(items, found.mask.tolist(), strict=True) if taken)
    assert found.error == abs(found.total - target)
    assert size is None or found.mask.sum() == size
    assert (type(found.total), type(found.error)) == (int, int)
    assert found.mask.dtype == bool


@pytest.mark.parametrize(
    ("items", "target", "size", "error"),
    [
        ([5], 2, None, 2),
        ([5], 2, 1, 3),
        ([5], 5, 0, 5),
        ([-5], -3, None, 2),
        ([0], 0, None, 0),
        ([LIMIT], LIMIT, None, 0),
        ([LIMIT], 2**62, None, 2**62 - 1),
        ([-LIMIT], -LIMIT, None, 0),
        ([-LIMIT, 0], -1, 1, 1),
        ([2**62, -(2**62) + 1], 1, None, 0),
        ([2**62, -(2**62) + 1], 2**62, None, 0),
        ([2**62, -(2**62) + 1], 2, 0, 2),
        ([2**61] * 3 + [2**61 - 1], 2**62 - 1, None, 0),
        ([2**61] * 3 + [2**61 - 1], LIMIT, 3, 2**61 - 1),
        ([0] * 40, 0, 17, 0),
        ([1] * 40, 17, None, 0),
        ([2] * 37, 17, 9, 1),
        ([3, 1, 1, 2, 2, 1], 10, 5, 1),
        ([8, 7, 6], 12, None, 1),
    ],
)
def test_by_hand(items, target, size, error):
    found = closest_subset(items, target, size=size)
    assert found.error == error
    for count in (1, 5):
        rows, targets = np.array([items] * count), np.array([target] * count)
        for form in (rows, rows[0]):
            many = closest_subsets(form, targets, size=size)
            check_integers(rows, targets, many, size)
            assert (many.errors == error).all()
            assert many.mask(0).sum() == bin(int(many.masks[0])).count("1")


def hold(count, seed, *, sizes, singly=False):
    """``count`` hostile problems through a solver; each of them is compared with every subset."""
    rng, seen = np.random.default_rng(seed), 0
    for family, rows, targets in hostile_batches(count, seed=seed):
        n = rows.shape[1]
        size = int(rng.integers(0, n, endpoint=True)) if sizes else None
        best = least_errors(rows, targets, size)
        if singly:
            assert solve_singly(rows, targets, size) == best.tolist(), (family, size)
        else:
            found = closest_subsets(rows, targets, size=size)
            assert np.array_equal(found.errors, best), (family, n, size)
            check_integers(rows, targets, found, size)
        seen += len(rows)
    return seen


def test_a_hundred_thousand_hostile_problems():
    assert hold(100_000, 2028, sizes=False) >= 100_000


def test_a_hundred_thousand_hostile_problems_of_a_size():
    assert hold(100_000, 2029, sizes=True) >= 100_000


@pytest.mark.parametrize("sizes", [False, True])
def test_hostile_problems_one_by_one(sizes):
    assert hold(10_000, 2030, sizes=sizes, singly=True) >= 10_000


@pytest.mark.long
@pytest.mark.parametrize("sizes", [False, True])
def test_a_hundred_thousand_hostile_problems_one_by_one(sizes):
    assert hold(100_000, 2031, sizes=sizes, singly=True) >= 100_000


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [False, True])
def test_hostile_problems_by_every_route(route, sizes):
    assert hold(5_000, 2032, sizes=sizes) >= 5_000


@pytest.mark.parametrize("low_bits", [18, 20, 22, 24])
def test_near_ties_in_the_bits_that_do_not_fit_in_32(low_bits, route):
    """Few distinct leading bits make many subsets nearly as good as the best; the last bits decide between them."""
    rng = np.random.default_rng(low_bits)
    for n in (6, 9, 12):
        rows = rng.integers(0, 4, (400, n)) * 2**46 + rng.integers(0, 2**low_bits, (400, n))
        rows *= rng.choice([-1, 1], rows.shape)
        targets = (rows * rng.integers(0, 2, rows.shape)).sum(axis=1) + rng.integers(-(2**low_bits), 2**low_bits, 400)
        targets = np.clip(targets, *limits(rows))
        found = closest_subsets(rows, targets)
        check_integers(rows, targets, found)
        assert np.array_equal(found.errors, least_errors(rows, targets))


def hold_shared(count, seed, *, sizes=False):
    """Hostile items shared by up to fifty targets: by looking up, or by walking along the lists again."""
    rng, seen = np.random.default_rng(seed), 0
    for family, rows, _ in hostile_batches(count // 20, seed=seed):
        n = rows.shape[1]
        for row in rows:
            many = np.broadcast_to(row, (int(rng.integers(1, 40)), n))
            targets = hostile_targets(rng, many)
            size = int(rng.integers(0, n, endpoint=True)) if sizes else None
            found = closest_subsets(row, targets, size=size)
            assert np.array_equal(found.errors, least_errors(many, targets, size)), (family, n, size)
            check_integers(many, targets, found, size)
            seen += len(many)
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("listed", [None, 0, 1, 5])
def test_items_shared_by_all_targets(listed, monkeypatch):
    if listed is not None:
        monkeypatch.setattr(_subset_solve, "listed", lambda n, targets: min(listed, n))
    assert hold_shared(10_000, 2033) >= 10_000


def test_items_of_a_size_shared_by_all_targets():
    assert hold_shared(4_000, 2034, sizes=True) >= 4_000


@pytest.mark.long
def test_a_hundred_thousand_hostile_targets_for_shared_items():
    assert hold_shared(100_000, 2035) >= 100_000


@pytest.mark.parametrize("n", [13, 14, 17, 20, 23])
@pytest.mark.parametrize("family", ["small", "large", "negative", "limit", "one huge"])
def test_larger_sizes_against_sorting(n, family):
    rng = np.random.default_rng([n, list(FAMILIES).index(family)])
    rows = FAMILIES[family](rng, 7, n)
    targets = hostile_targets(rng, rows)
    for size in (None, n // 2, n // 4):
        found = closest_subsets(rows, targets, size=size)
        check_integers(rows, targets, found, size)
        assert found.errors.tolist() == [
            meet(row, target, size) for row, target in zip(rows.tolist(), targets.tolist(), strict=True)
        ]
    shared = closest_subsets(rows[0], np.repeat(targets[0], 9))
    assert shared.errors.tolist() == [closest_subset(rows[0], targets[0]).error] * 9


@pytest.mark.parametrize(("n", "rows"), [(30, 5), (36, 4), (38, 4), (40, 1)])
@pytest.mark.parametrize("half", [False, True])
def test_finds_a_planted_subset(n, rows, half):
    """Only the planted subset makes the target, give or take a chance of 2**-20."""
    rng = np.random.default_rng([n, rows])
    items = rng.integers(-(2 ** (n + 18)), 2 ** (n + 18), (rows, n))
    order = np.argsort(rng.random((rows, n)), axis=1)
    planted = order < n // 2 if half else rng.random((rows, n)) < 0.5
    targets = (items * planted).sum(axis=1)
    found = closest_subsets(items, targets, size=n // 2 if half else None)
    check_integers(items, targets, found)
    assert (found.errors == 0).all()
    assert all(np.array_equal(found.mask(r), planted[r]) for r in range(rows))


@pytest.mark.parametrize("n", [26, 31])
def test_longer_lists_against_sorting(n):
    rng = np.random.default_rng(n)
    items = rng.integers(-(2**56), 2**56, n)
    target = int(items[::3].sum()) + 12345
    best = meet(items.tolist(), target)
    assert closest_subset(items, target).error == best
    assert closest_subsets([items] * 4, [target] * 4).errors.tolist() == [best] * 4
    assert closest_subset(items, target, size=9).error == meet(items.tolist(), target, 9)


@pytest.mark.slow
@pytest.mark.parametrize("tolerance", [1, 7, 1000, 2**40, 2.5, np.inf])
def test_within_a_tolerance(route, tolerance):
    """Where some subset is good enough, a good one comes back, and otherwise the closest."""
    rng, early = np.random.default_rng(8), 0
    for n in (5, 11, 14, 15, 18):
        for size in (None, n // 2):
            rows = rng.integers(-(2**20), 2**20, (40, n)) // 2 ** rng.integers(0, 20, (40, 1))
            targets = hostile_targets(rng, rows)
            best = least_errors(rows, targets, size)
            found = closest_subsets(rows, targets, size=size, tolerance=tolerance)
            check_integers(rows, targets, found, size)
            assert np.array_equal(found.errors <= tolerance, best <= tolerance)
            assert np.array_equal(found.errors[best > tolerance], best[best > tolerance])
            early += int((found.errors > best).sum())
            shared = closest_subsets(rows[0], np.clip(targets, *(x[0] for x in limits(rows))), tolerance=tolerance)
            assert shared.errors.size == 40
    assert early or tolerance < 7


def test_arrays_in_any_order_and_none_is_changed():
    rng = np.random.default_rng(3)
    rows = rng.integers(-(2**40), 2**40, size=(6, 12))
    targets = hostile_targets(rng, rows)
    wide = np.zeros((12, 24), np.int64)
    wide[::2, ::2] = rows
    expected = least_errors(rows, targets)
    locked = rows.copy()
    locked.setflags(write=False)
    forms = [np.asfortranarray(rows), wide[::2, ::2], locked, rows[::-1][::-1], rows.tolist(), rows.astype(">i8")]
    for form in forms:
        for goals in (targets, targets.tolist(), np.repeat(targets, 2)[::2], targets.astype(">i8")):
            assert np.array_equal(closest_subsets(form, goals).errors, expected)
    assert np.array_equal(locked, rows)


@pytest.mark.parametrize("dtype", ["i1", "u1", "<i2", ">u4", "u8", "<i8"])
def test_every_integer_type(dtype):
    rows = np.random.default_rng(4).integers(0, 40, (20, 7))
    targets = rows[:, :3].sum(axis=1)
    found = closest_subsets(rows.astype(dtype), targets.astype(dtype))
    check_integers(rows, targets, found)
    assert np.array_equal(found.errors, least_errors(rows, targets))
