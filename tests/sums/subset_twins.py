"""Twins in plain Python and NumPy that try every subset, and targets to hold the solvers to them."""

from bisect import bisect_left
from fractions import Fraction

import numpy as np
from partition_twins import batches

from slthlib.sums import closest_subset


def all_masks(n, size=None):
    """Every mask of n items (of ``size`` of them) as rows of 0 and 1: int64 [masks, n]."""
    bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    return bits if size is None else bits[bits.sum(axis=1) == size]


def least_errors(rows, targets, size=None):
    """Least error of every row by trying all subsets."""
    return np.abs(rows @ all_masks(rows.shape[1], size).T - targets[:, None]).min(axis=1)


def limits(rows):
    """[low, high] of every row."""
    return np.minimum(rows, 0).sum(axis=1), np.maximum(rows, 0).sum(axis=1)


def hostile_targets(rng, rows):
    """For every row one of: any target, a sum that some subset makes, its neighbour, either end."""
    low, high = limits(rows)
    anywhere = rng.integers(low, high, endpoint=True)
    made = (rows * rng.integers(0, 2, rows.shape)).sum(axis=1)
    beside = np.where(made < high, made + (made < high), low)
    return np.choose(rng.integers(0, 5, len(rows)), [anywhere, made, beside, low, high])


def hostile_batches(count, *, seed=2028, largest=12):
    """Batches of hostile problems, ``count`` or a few more: (family, rows, targets)."""
    rng = np.random.default_rng(seed)
    for family, rows in batches(count, seed=seed, largest=largest):
        yield family, rows, hostile_targets(rng, rows)


def bits_of(masks, n):
    return ((masks[:, None] >> np.arange(n, dtype=np.uint64)) & np.uint64(1)).astype(np.int64)


def check_integers(rows, targets, found, size=None):
    """Masks, totals and errors belong together, and are of the kind promised."""
    n = rows.shape[1]
    bits = bits_of(found.masks, n)
    assert found.masks.dtype == np.uint64
    assert found.totals.dtype == found.errors.dtype == np.int64
    assert found.n == n
    assert n == 64 or not (found.masks >> np.uint64(n)).any()
    assert np.array_equal((rows * bits).sum(axis=1), found.totals)
    assert np.array_equal(np.abs(found.totals - targets), found.errors)
    assert size is None or (bits.sum(axis=1) == size).all()


def solve_singly(rows, targets, size=None):
    """Errors of `closest_subset`, one call a row; each answer is checked."""
    out = []
    for row, target in zip(rows, targets, strict=True):
        found = closest_subset(row, target, size=size)
        assert found.total == sum(row[found.mask].tolist())
        assert found.error == abs(found.total - int(target))
        assert size is None or found.mask.sum() == size
        out.append(found.error)
    return out


def meet(items, target, size=None):
    """Least error of one problem in exact arithmetic, by two sorted lists: integers or Fractions of any size."""
    half = len(items) // 2
    best = None
    left, right = _sums(items[:half]), _sums(items[half:])
    for c, near in left.items():
        far = sorted(x for d, xs in right.items() if size is None or c + d == size for x in xs)
        for x in near:
            at = bisect_left(far, target - x)
            for y in far[max(0, at - 1) : at + 1]:
                error = abs(x + y - target)
                best = error if best is None or error < best else best
    return best


def _sums(items):
    """All sums by the number of items they take."""
    out = {0: [items[0] * 0 if items else 0]}
    for x in items:
        new = {c: list(sums) for c, sums in out.items()}
        for c, sums in out.items():
            new.setdefault(c + 1, []).extend(y + x for y in sums)
        out = new
    return out


def exact_errors(rows, targets, size=None):
    """Least error of every row of floats without any rounding: all subsets, in integers without limit."""
    masks = all_masks(rows.shape[1], size).T.astype(object)
    out = []
    for row, target in zip(rows.tolist(), targets.tolist(), strict=True):
        *numbers, goal, unit = whole([*row, target])
        out.append(Fraction(min(abs(np.array(numbers, object) @ masks - goal)), unit))
    return out


def whole(numbers):
    """The numbers times the power of two that makes all of them whole, and that power."""
    ratios = [x.as_integer_ratio() for x in numbers]
    unit = max(below for _, below in ratios)
    return [above * (unit // below) for above, below in ratios] + [unit]


def check_floats(rows, targets, found, best=None, size=None):
    """Totals and errors are the correctly rounded ones of the masks; errors equal the best ones if these are given."""
    bits = bits_of(found.masks, rows.shape[1])
    assert size is None or (bits.sum(axis=1) == size).all()
    for r, (row, target) in enumerate(zip(rows.tolist(), targets.tolist(), strict=True)):
        *numbers, goal, unit = whole([*row, target])
        total = sum(x for x, taken in zip(numbers, bits[r], strict=True) if taken)
        assert found.totals[r] == float(Fraction(total, unit))
        assert found.errors[r] == float(Fraction(abs(total - goal), unit))
        assert best is None or abs(total - goal) == best[r] * unit
