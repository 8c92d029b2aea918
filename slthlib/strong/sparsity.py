"""Sums of exactly so many items: with how many items they begin to hit a target, and the smallest set that does.

The sums of exactly c items are held as the bits of one Python integer: with y = x + L for each item x, no item larger
than L, the sums of c items are whole numbers from 0 to 2 c L, and a new item shifts the sums of c - 1 items by y.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["first_hits", "frozen_misses", "random_first_hits", "smallest_subset"]


def first_hits(items: ArrayLike, targets: ArrayLike, sizes: Sequence[int]) -> NDArray[np.int64]:
    """After how many items a sum of exactly c of them is the target, for each c asked for.

    Parameters
    ----------
    items : int [B, n]
        One problem a row; items count in this order.
    targets : int [B]
    sizes : sequence of int
        Numbers c of items taken, from 1 on.

    Returns
    -------
    int64 [B, sizes]
        n + 1 where n items are not enough.

    Raises
    ------
    ValueError, TypeError
        For items or targets that are not whole numbers or do not fit each other, and for sizes below 1.

    Used in: strong/sparsity.
    """
    rows, goals = np.asarray(items), np.asarray(targets)
    if rows.dtype.kind not in "iu" or goals.dtype.kind not in "iu":
        raise TypeError(f"items, targets: expected whole numbers, got dtypes {rows.dtype} and {goals.dtype}")
    if rows.ndim != 2 or goals.shape != rows.shape[:1]:
        raise ValueError(f"items, targets: expected shapes [B, n] and [B], got {rows.shape} and {goals.shape}")
    wanted = [int(c) for c in sizes]
    if not wanted or min(wanted) < 1:
        raise ValueError(f"sizes: expected whole numbers of at least 1, got {sizes!r}")
    largest = int(np.abs(rows).max(initial=0))
    pairs = zip(rows.tolist(), goals.tolist(), strict=True)
    return np.array([_one(row, t, wanted, largest) for row, t in pairs], np.int64).reshape(-1, len(wanted))


def _one(items: list[int], target: int, sizes: list[int], largest: int) -> list[int]:
    open_ = {c for c in sizes if abs(target) <= c * largest}
    sums = [1] + [0] * max(sizes)
    found = dict.fromkeys(sizes, len(items) + 1)
    for n, x in enumerate(items, 1):
        if not open_:
            break
        for c in range(min(n, max(open_)), 0, -1):
            sums[c] |= sums[c - 1] << (x + largest)
            if c in open_ and sums[c] >> (target + c * largest) & 1:
                found[c] = n
                open_.discard(c)
    return [found[c] for c in sizes]


def random_first_hits(
    bits: int, solves: int, items: int, sizes: Sequence[int], *, seed: int | np.random.Generator
) -> NDArray[np.int64]:
    """First hits of random solves: single weights on the target's grid, targets uniform on it.

    Parameters
    ----------
    bits : int
        Items are uniform on -M..M with M = 2**bits, targets on -M/2..M/2.
    solves : int
        How many.
    items : int
        So many are drawn for each.
    sizes : sequence of int
        As in `first_hits`.
    seed : int or Generator
        Of items and targets.

    Returns
    -------
    int64 [solves, sizes]

    Used in: strong/sparsity.
    """
    rng, M = np.random.default_rng(seed), 2**bits
    drawn = rng.integers(-M, M + 1, (solves, items))
    return first_hits(drawn, rng.integers(-M // 2, M // 2 + 1, solves), sizes)


def smallest_subset(items: ArrayLike, target: int, *, most: int = 4) -> NDArray[np.bool_]:
    """Find a smallest set of items with this sum.

    Parameters
    ----------
    items : int [n]
    target : int
    most : int
        Sets of more items are not looked at.

    Returns
    -------
    bool [n]

    Raises
    ------
    ValueError
        Where no set of at most so many items has this sum.

    Used in: strong/sparsity.
    """
    numbers = np.asarray(items).tolist()
    largest = max((abs(x) for x in numbers), default=0)
    table = [[1] + [0] * most]
    for x in numbers:
        old = table[-1]
        table.append([1] + [old[c] | old[c - 1] << (x + largest) for c in range(1, most + 1)])

    def met(place: int, c: int, t: int) -> bool:
        return abs(t) <= c * largest and bool(table[place][c] >> (t + c * largest) & 1)

    left = int(target)
    c = next((c for c in range(most + 1) if met(-1, c, left)), None)
    if c is None:
        raise ValueError(f"most: no set of at most {most} of the {len(numbers)} items has the sum {target}")
    chosen = np.zeros(len(numbers), np.bool_)
    for place in reversed(range(len(numbers))):
        if not met(place, c, left):  # without this item it does not go
            chosen[place], left, c = True, left - numbers[place], c - 1
    return chosen


def frozen_misses(
    bits: int, free: int, solves: int, *, present: float = 1.0, locked: float = 0.0, seed: int | np.random.Generator
) -> int:
    """Draw solves on a source some of whose weights are removed or locked, and count those that fail.

    Parameters
    ----------
    bits : int
        As in `random_first_hits`.
    free : int
        Items that the mask may choose from, in the mean.
    solves : int
        How many.
    present : float
        Each of ``free / present`` items is there with this probability.
    locked : float
        So many items for each free one are always kept.
    seed : int or Generator
        Of items and targets.

    Returns
    -------
    int

    Used in: strong/sparsity.
    """
    rng, M = np.random.default_rng(seed), 2**bits
    items = rng.integers(-M, M + 1, (solves, round(free / present)))
    items *= rng.random(items.shape) < present
    shift = rng.integers(-M, M + 1, (solves, round(locked * free))).sum(axis=1)
    goals = rng.integers(-M // 2, M // 2 + 1, solves) - shift
    return sum(not _made(row, t) for row, t in zip(items.tolist(), goals.tolist(), strict=True))


def _made(items: list[int], target: int) -> bool:
    """Whether a subset of any size does; the bits are sums of |x|."""
    sums, place = 1, target
    for x in items:
        sums |= sums << abs(x)
        place -= min(x, 0)
    return place >= 0 and bool(sums >> place & 1)
