"""Partitions of many items as subsets aimed at half of the sum: lists too long for the cache are walked in pieces."""

import numpy as np
from numpy.typing import NDArray

from slthlib.sums._batches import Halt
from slthlib.sums._subset_alone import search_alone
from slthlib.sums._subset_grid import GOAL, HALF, PLAN_COLUMNS, STOP, TOTAL
from slthlib.sums._subset_long import long_half, long_scratch

#: From so many items on this is faster; beyond the last a mask of the others would not fit into a word.
SHORTEST, LONGEST = 42, 65


def bytes_needed(n: int) -> float:
    """Two lists; of more items than fit into these the rest takes time instead."""
    return 16.0 * 2.0 ** long_half(n - 1)


def solve_long(items: NDArray[np.int64], signs: NDArray[np.int8], threads: int | None, halt: Halt) -> int:
    """Write the signs of a best partition and return its difference.

    The smallest item keeps its side, since a partition and its mirror image are one: the others have to come closest
    to half of what they weigh more than it.
    """
    sizes = np.abs(items)
    one = int(sizes.argmin())
    others = np.delete(sizes, one).astype(np.uint64)
    total = int(others.sum())
    gap = total - int(sizes[one])
    plan = np.zeros(PLAN_COLUMNS, np.uint64)
    plan[TOTAL], plan[GOAL], plan[HALF], plan[STOP] = total, (gap + 1) // 2, gap % 2, 1
    n = others.size
    mask, _ = search_alone(others, plan, long_scratch(n), threads, halt)
    taken = (mask >> np.arange(n, dtype=np.uint64) & np.uint64(1)).astype(np.int8)
    signs[:] = np.insert(2 * taken - 1, one, 1)
    signs[items < 0] *= -1
    return abs(sum(int(s) * int(x) for s, x in zip(signs, items, strict=True)))
