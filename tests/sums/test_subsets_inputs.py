"""Input that cannot be answered is refused, with the argument, what was expected and what came."""

import numpy as np
import pytest
from test_partition_inputs import BAD_ITEMS, BIG

from slthlib.sums import _subset_long, _subset_sized_long, _subset_solve, closest_subset, closest_subsets


@pytest.mark.parametrize("name", BAD_ITEMS)
def test_bad_items(name):
    items, error, message = BAD_ITEMS[name]
    if name == "signs do not help":  # here they do not need to
        message = "must sum to"
    with pytest.raises(error, match=rf"^items: .*{message}"):
        closest_subset(items, 0)


@pytest.mark.parametrize("name", [name for name in BAD_ITEMS if name not in ("ragged", "None", "a set")])
def test_bad_items_in_a_batch(name):
    items, error, message = BAD_ITEMS[name]
    rows = np.ma.stack([items, items]) if name == "a mask" else [items, items]
    if isinstance(items, np.ndarray) and name != "a mask":
        rows = np.stack([items, items])
    message = message.replace(r"\(0,\)", r"\(2, 0\)")
    with pytest.raises(error, match=rf"^items: .*{message}"):
        closest_subsets(rows, [0, 0])


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        (np.nan, ValueError, "expected finite numbers, got nan"),
        (-np.inf, ValueError, "expected finite numbers, got -inf"),
        (True, TypeError, "got dtype bool"),
        ("1", TypeError, "got dtype <U1"),
        (None, TypeError, "got dtype object"),
        (1j, TypeError, "got dtype complex128"),
        (BIG, ValueError, "integers must fit in int64"),
        (2**64, ValueError, f"integers must fit in 64 bits, got {2**64}"),
        (9, ValueError, r"expected within \[low, high\] = \[-2, 8\], the sums of the negative .* items, got 9"),
        (-3, ValueError, r"expected within \[low, high\] = \[-2, 8\], .* got -3"),
        (8.000001, ValueError, r"expected within \[low, high\] = \[-2\.0, 8\.0\], .* got 8\.000001"),
        (-1e300, ValueError, r"expected within .* got -1e\+300"),
    ],
)
def test_bad_targets(target, error, message):
    with pytest.raises(error, match=rf"^target: .*{message}"):
        closest_subset([3, -2, 5], target)
    goals = [0, target] if not isinstance(target, str) else ["0", target]
    for items in ([3, -2, 5], [[3, -2, 5]] * 2):
        if isinstance(target, bool):
            goals = [target, target]
        with pytest.raises(error, match=rf"^targets: .*{message}"):
            closest_subsets(items, goals)


def test_not_finite_in_a_batch():
    rows, targets = np.ones((70, 3)), np.ones(70)
    for bad in (np.nan, np.inf, -np.inf):
        items = rows.copy()
        items[66, 1] = bad
        with pytest.raises(ValueError, match=f"^items: expected finite numbers, got {bad}"):
            closest_subsets(items, targets)
        with pytest.raises(ValueError, match=f"^items: expected finite numbers, got {bad}"):
            closest_subsets(items[66], targets)
        goals = targets.copy()
        goals[66] = bad
        for form in (rows, rows[0]):
            with pytest.raises(ValueError, match=f"^targets: expected finite numbers, got {bad}"):
                closest_subsets(form, goals)


def test_the_first_bad_row_of_a_long_batch_is_named_before_the_work_begins(monkeypatch):
    monkeypatch.setattr(_subset_solve.Solver, "work", None)
    rng = np.random.default_rng(1)
    rows = rng.integers(1, 2**40, (6000, 34))
    targets = rows[:, 0].copy()
    targets[5990:] = rows[5990:].sum(axis=1) + np.arange(1, 11)
    with pytest.raises(ValueError, match=rf"^targets: .*got {targets[5990]}$"):
        closest_subsets(rows, targets)


def test_a_target_that_is_a_rounded_sum_of_all_items_is_within_reach():
    rng = np.random.default_rng(2)
    for _ in range(200):
        items = rng.normal(size=20)
        for total in (items[items > 0].sum(), items[items > 0][::-1].sum()):
            assert closest_subset(items, total).error < 1e-14


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: closest_subset(5, 5), r"^items: expected shape \[n\], got an array of shape \(\)"),
        (lambda: closest_subset([[1, 2]], 1), r"^items: expected shape \[n\], got an array of shape \(1, 2\)"),
        (lambda: closest_subset([1, 2], [1]), r"^target: expected one number, got an array of shape \(1,\)"),
        (lambda: closest_subsets(5, [5]), r"^items: expected shape \[B, n\] or \[n\], got .* shape \(\)"),
        (lambda: closest_subsets(np.ones((1, 2, 3), int), [1]), r"^items: .* shape \(1, 2, 3\)"),
        (lambda: closest_subsets([[1, 2]], [1, 2]), r"^targets: expected shape \[1\], one for each row .* got \(2,\)"),
        (lambda: closest_subsets([[1, 2]], 1), r"^targets: expected shape \[1\], one for each row .* got \(\)"),
        (lambda: closest_subsets([[1, 2]], [[1]]), r"^targets: expected shape \[1\], .* got \(1, 1\)"),
        (lambda: closest_subsets([1, 2], 1), r"^targets: expected shape \[B\], got \(\)"),
        (lambda: closest_subsets([1, 2], []), r"^targets: expected at least one item, got shape \(0,\)"),
        (lambda: closest_subsets(np.ones((0, 3)), []), r"^items: expected at least one item"),
        (lambda: closest_subset([1] * 65, 1), r"^items: expected at most 64 items, since a mask is one .* got 65"),
        (lambda: closest_subsets([[1] * 80], [1]), r"^items: expected at most 64 items, .* got 80"),
        (lambda: closest_subset([1, 2], 1, size=3), r"^size: expected a whole number from 0 to n = 2, got 3"),
        (lambda: closest_subset([1, 2], 1, size=-1), r"^size: expected a whole number from 0 to n = 2, got -1"),
        (lambda: closest_subset([1, 2], 1, size=1.0), r"^size: expected None or a whole number, got 1.0"),
        (lambda: closest_subset([1, 2], 1, size=True), r"^size: expected None or a whole number, got True"),
        (lambda: closest_subsets([1, 2], [1], tolerance=-1), r"^tolerance: expected .* at least 0, got -1"),
        (lambda: closest_subsets([1, 2], [1], tolerance=-1e-300), r"^tolerance: expected .* got -1e-300"),
        (lambda: closest_subsets([1, 2], [1], tolerance=np.nan), r"^tolerance: expected .* got nan"),
        (lambda: closest_subsets([1, 2], [1], tolerance=None), r"^tolerance: expected a number, got None"),
        (lambda: closest_subsets([1, 2], [1], tolerance=True), r"^tolerance: expected a number, got True"),
        (lambda: closest_subsets([1, 2], [1], tolerance="1"), r"^tolerance: expected a number, got '1'"),
        (lambda: closest_subsets([1, 2], [1], threads=0), r"^threads: expected a whole number of at least 1, got 0"),
        (lambda: closest_subsets([1, 2], [1], threads=1.5), r"^threads: expected a whole number .* got 1.5"),
        (lambda: closest_subset([1.7e308, 1.7e308], 0), r"^items: the absolute values must sum to at most 2\*\*1022"),
        (lambda: closest_subset([2**60, 1], 0.5), r"^items: integers beside floats must be at most 2\*\*53 in abs"),
        (lambda: closest_subset([0.5, 1], 2**53 + 1), r"^target: integers beside floats must be at most 2\*\*53"),
        (lambda: closest_subset([0.0, 0.0], 1e-300), r"^target: expected within \[low, high\] = \[0.0, 0.0\]"),
    ],
)  # fmt: skip
def test_refusals(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_a_whole_number_as_tolerance_is_not_rounded_up():
    """2**54 + 3 is no float; the one above it would let through an error of 2**54 + 4, whichever is met first."""
    for pair in ([2**54 + 4, 2**54 + 2], [2**54 + 2, 2**54 + 4]):
        for count in (1, 5):
            found = closest_subsets([pair] * count, [0] * count, size=1, tolerance=2**54 + 3)
            assert (found.errors == 2**54 + 2).all()
    assert closest_subsets([[7]], [7], tolerance=10**400).errors[0] <= 7


@pytest.mark.parametrize("size", [None, 20])
def test_what_cannot_fit_in_memory_is_refused_beforehand(size, monkeypatch):
    monkeypatch.setattr(_subset_long, "LONGEST_HALF", 64)
    monkeypatch.setattr(_subset_sized_long, "LONGEST_HALF", 64)
    message = r"^items: the closest subset of n = 64 items would need [\d.,]+ GiB of memory; this machine has "
    for call in (lambda: closest_subset([1] * 64, 9, size=size), lambda: closest_subsets([1] * 64, [1, 2], size=size)):
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize("setting", ["x", "1.5", "0", "-3"])
def test_impossible_settings_of_the_environment(setting, monkeypatch):
    monkeypatch.setenv("SLTHLIB_THREADS", setting)
    with pytest.raises(ValueError, match=r"^SLTHLIB_THREADS: expected a whole number of at least 1, got "):
        closest_subsets([[1, 2, 3]] * 3, [1, 1, 1])
    assert closest_subsets([[1, 2, 3]], [1], threads=1) is not None
