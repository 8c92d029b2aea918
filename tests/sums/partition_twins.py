"""Twins in plain NumPy that try every sign, and hostile families of items to hold the solvers to them."""

import numpy as np
from hypothesis import strategies as st

LIMIT = 2**63 - 1


def all_signs(n, *, fixed=True):
    """Every sign pattern, int64 [2**n, n]; with ``fixed`` item 0 keeps its sign, so that mirror images are met once."""
    free = n - fixed
    bits = (np.arange(2**free)[:, None] >> np.arange(free)) & 1
    signs = 2 * bits.astype(np.int64) - 1
    return np.hstack([np.ones((len(signs), 1), np.int64), signs]) if fixed else signs


def differences(rows, imbalance=None):
    """|signed sum| of every pattern, mirror images once: int64 [B, patterns]; those of one imbalance if given."""
    signs = all_signs(rows.shape[1])
    if imbalance is not None:  # the mirror image of a pattern has the opposite imbalance and the same difference
        signs = signs[np.abs(signs.sum(axis=1)) == abs(imbalance)]
    return np.abs(rows @ signs.T)


def best_differences(rows, imbalance=None):
    return differences(rows, imbalance).min(axis=1)


def perfect_counts(rows, imbalance=None):
    """Signed sums of a row share their parity, so at most 1 is 0 for an even sum and 1 for an odd one."""
    return (differences(rows, imbalance) <= 1).sum(axis=1)


def differencing(rows):
    """Replace the two largest by their difference until one is left; which of equal numbers are taken is no matter."""
    values = np.sort(np.abs(rows), axis=1)
    while values.shape[1] > 1:
        step = values[:, -1] - values[:, -2]
        values = np.sort(np.hstack([values[:, :-2], step[:, None]]), axis=1)
    return values[:, 0]


def meet_in_the_middle(items):
    """Best difference of one problem by sorting: for sizes at which not every sign can be tried."""
    half = len(items) // 2
    left, right = (np.sort(all_signs(len(x), fixed=False) @ x) for x in (items[:half], items[half:]))
    near = np.searchsorted(right, -left)
    sums = [left + right[np.clip(near - side, 0, len(right) - 1)] for side in (0, 1)]
    return int(min(np.abs(s).min() for s in sums))


def meet_with_imbalance(items, imbalance):
    """The same among patterns with ``plus`` plus signs: one sorted list for each cardinality."""
    n = len(items)
    plus, half, best = (n + imbalance) // 2, n // 2, LIMIT
    halves = []
    for x in (items[:half], items[half:]):
        signs = all_signs(len(x), fixed=False)
        halves.append((signs @ x, (signs == 1).sum(axis=1)))
    (left, left_plus), (right, right_plus) = halves
    for c in range(max(0, plus - (n - half)), min(half, plus) + 1):
        a, b = left[left_plus == c], np.sort(right[right_plus == plus - c])
        near = np.searchsorted(b, -a)
        for side in (0, 1):
            best = min(best, int(np.abs(a + b[np.clip(near - side, 0, len(b) - 1)]).min()))
    return best


def check_signs(items, found, imbalance=None):
    """The signs make the difference that is claimed, and have the imbalance asked for."""
    assert found.signs.dtype == np.int8
    assert found.signs.shape == items.shape
    assert (np.abs(found.signs) == 1).all()
    assert np.array_equal(np.abs((found.signs * items).sum(axis=1)), found.differences)
    if imbalance is not None:
        assert (found.signs.sum(axis=1) == imbalance).all()


def _signed(rng, rows):
    return rows * rng.choice([-1, 1], size=rows.shape)


def _near_limit(rng, count, n):
    """Absolute values that sum to 2**63 - 1 exactly: the gaps between random cuts."""
    cuts = np.sort(rng.integers(0, LIMIT, size=(count, n - 1), endpoint=True), axis=1)
    ends = np.hstack([np.zeros((count, 1), np.int64), cuts, np.full((count, 1), LIMIT)])
    return _signed(rng, np.diff(ends, axis=1))


def _fibonacci(n):
    a, b, out = 1, 1, []
    for _ in range(n):
        out.append(a)
        a, b = b, a + b
    return np.array(out)


FAMILIES = {
    "tiny": lambda rng, count, n: rng.integers(1, 5, size=(count, n)),
    "zeros": lambda rng, count, n: rng.integers(0, 3, size=(count, n)) * rng.integers(0, 2, size=(count, n)),
    "small": lambda rng, count, n: rng.integers(1, 101, size=(count, n)),
    "window": lambda rng, count, n: rng.integers(1, 2**n, endpoint=True, size=(count, n)),
    "large": lambda rng, count, n: rng.integers(1, 2**56, size=(count, n)),
    "negative": lambda rng, count, n: rng.integers(-40, 1, size=(count, n)),
    "signed": lambda rng, count, n: _signed(rng, rng.integers(0, 2**20, size=(count, n))),
    "equal": lambda rng, count, n: np.repeat(rng.integers(0, 2**58, size=(count, 1)), n, axis=1),
    "repeats": lambda rng, count, n: rng.permuted(
        np.repeat(rng.integers(1, 50, size=(count, (n + 1) // 2)), 2, axis=1)[:, :n], axis=1
    ),
    "powers": lambda rng, count, n: (
        rng.permuted(np.tile(2 ** np.arange(n), (count, 1)), axis=1) + rng.integers(-1, 2, size=(count, n))
    ),
    "fibonacci": lambda rng, count, n: _signed(rng, rng.permuted(np.tile(_fibonacci(n), (count, 1)), axis=1)),
    "one huge": lambda rng, count, n: rng.permuted(
        np.hstack([rng.integers(2**40, 2**60, size=(count, 1)), rng.integers(1, 1000, size=(count, n - 1))]), axis=1
    ),
    "limit": _near_limit,
}
#: Families whose sums are small enough for a table, whatever the size.
SMALL = ("tiny", "zeros", "small", "negative", "repeats")


def batches(count, *, families=tuple(FAMILIES), largest=12, seed=2026):
    """Batches of hostile rows for n = 1..largest, ``count`` rows in all or a few more: (family, rows)."""
    rng = np.random.default_rng(seed)
    # Half as many rows at every second size above 8, where trying all signs begins to take time.
    weights = np.array([2.0 ** -max(0, n - 8) for n in range(1, largest + 1)])
    share = np.ceil(count / len(families) * weights / weights.sum()).astype(int)
    for n in range(1, largest + 1):
        for family in families:
            yield family, FAMILIES[family](rng, share[n - 1], n).astype(np.int64)


def _within_limit(numbers, full):
    """Shrink numbers until their absolute values sum to at most 2**63 - 1; ``full`` fills up to it exactly."""
    while sum(map(abs, numbers)) > LIMIT:
        numbers = [int(x / 2) if abs(x) < 2**53 else (abs(x) // 2) * (1 if x > 0 else -1) for x in numbers]
    if full:
        spare = LIMIT - sum(map(abs, numbers))
        numbers[-1] += spare if numbers[-1] >= 0 else -spare
    return numbers


def hostile_integers(low=1, high=9):
    """Lists of integers: repeats, zeros, tiny and huge, powers of two, at times up to the last admissible sum."""
    powers = st.builds(lambda k, d, s: s * (2**k + d), st.integers(0, 62), st.integers(-1, 1), st.sampled_from([1, -1]))
    one = st.one_of(st.integers(-3, 3), st.integers(-100, 100), powers, st.integers(-(2**62), 2**62))
    plain = st.lists(one, min_size=low, max_size=high)
    repeats = st.lists(st.sampled_from([0, 1, 2, 7, 7, 2**40]), min_size=low, max_size=high)
    return st.builds(_within_limit, st.one_of(plain, repeats), st.booleans())
