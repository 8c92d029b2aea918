"""The counts of one row's sums over a window: a table, lists that meet in the middle, or one big integer."""

import numpy as np
from numpy.typing import NDArray

from slthlib.sums._batches import run_one
from slthlib.sums._big_counts import subsets_in_big_integers
from slthlib.sums._check import check_memory
from slthlib.sums._counting_kernels import counts_by_table
from slthlib.sums._jit import announce_compiling
from slthlib.sums._meeting_kernels import count_in_window
from slthlib.sums._ranges import Window

#: Measured seconds: one table entry for one item, one step along the lists (times 2**(n/2)), one sum counted.
_SECONDS_PER_ENTRY = 1e-10
_SECONDS_PER_STEP = 1.2e-8
_SECONDS_PER_SUM = 2e-9
#: So many items that are not zero make any sum in fewer than 2**64 ways: no more than binomial(67, 33) (Sperner).
_LARGEST_IN_WORDS = 67


def counts_in_window(window: Window, *, exact: bool) -> NDArray:
    """Counts of the sums first..last of the window's one row, none of whose items is zero: float64 or object."""
    row, first, last = window.rows[0], int(window.first[0]), int(window.last[0])
    n, width = len(row), last - first + 1
    by_table = n * window.top * _SECONDS_PER_ENTRY + 1e-6
    sums = min(2.0 ** min(n, 1000) * min(1.0, width / window.spread), 2.0 ** min(n / 2, 500) * width)
    by_lists = 2.0 ** min(n / 2, 500) * _SECONDS_PER_STEP + sums * _SECONDS_PER_SUM
    if n > _LARGEST_IN_WORDS and exact:
        return _in_big_integers(row, first, last)
    counts: NDArray = np.empty(width, np.uint64 if exact else np.float64)
    if n <= _LARGEST_IN_WORDS and by_lists < by_table:
        check_memory(32 * 2.0 ** (n // 2), f"counting with n = {n} items")
        words, total = np.empty(width, np.uint64), int(row.sum())
        announce_compiling(count_in_window)
        run_one(lambda halt: count_in_window(row, 2 * first - total, 2 * last - total, words, halt), by_lists)
        counts = words if exact else words.astype(np.float64)
    else:
        check_memory(8.0 * window.top, f"a table of the counts of {window.top:.4g} sums")
        table = np.empty(int(window.top), np.uint64 if n <= _LARGEST_IN_WORDS else np.float64)
        announce_compiling(counts_by_table)
        run_one(lambda halt: counts_by_table(row, first, last, table, counts, halt), by_table)
    return counts.astype(object) if exact else counts


def _in_big_integers(row: NDArray[np.int64], first: int, last: int) -> NDArray:
    """The lower half of the sums of absolute values tells the rest, as in the table."""
    sizes = [abs(x) for x in row.tolist()]
    total, shift = sum(sizes), int(np.minimum(row, 0).sum())
    start, stop = first - shift, last - shift
    table = subsets_in_big_integers(sizes, min(stop, total - start, total // 2))
    counts = np.empty(stop - start + 1, object)
    for k in range(len(counts)):
        counts[k] = table[min(start + k, total - start - k)]
    return counts
