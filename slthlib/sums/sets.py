"""Which sums can be made: one bit for each, set by shifting and joining."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums._batches import Halt, run_in_chunks, run_interruptibly, thread_count
from slthlib.sums._bitset_kernels import count_reachable, reachable_words
from slthlib.sums._check import check_memory
from slthlib.sums._jit import announce_compiling
from slthlib.sums._ranges import check_range, whole_rows

#: Measured seconds to shift and join one word.
_SECONDS_PER_WORD = 3e-10


def reachable_sums(items: ArrayLike, low: int, high: int) -> NDArray[np.bool_]:
    """Tell which of the integers from ``low`` to ``high`` are sums of some of the items.

    Parameters
    ----------
    items : int [n]
        Integers of either sign; the absolute values sum to at most 2**63 - 1. The empty sum 0 counts.
    low, high : int
        The range asked for, both ends included.

    Returns
    -------
    bool [high - low + 1]
        Entry i tells whether a subset adds up to ``low + i``.

    Used in: no chapter.
    """
    rows, _ = whole_rows(items, batch=False)
    low, high = check_range(low, high)
    check_memory(1.125 * (high - low + 1), f"a range of {high - low + 1} numbers")
    out = np.zeros(high - low + 1, np.bool_)
    first, last = _clip(rows, low, high)
    if first[0] > last[0]:
        return out
    words = np.empty((last[0] - first[0]) // 64 + 1, np.uint64)
    bits = _bits_needed(rows, first, last)
    check_memory(bits.max() / 8, f"a table of the sums up to {bits.max():.0f}")
    announce_compiling(reachable_words)

    def work(halt: Halt) -> None:
        reachable_words(rows[0], first[0], last[0], words, halt)

    if rows.shape[1] * bits[0] / 64 * _SECONDS_PER_WORD > 0.5:
        run_interruptibly(work)
    else:
        work(np.zeros(1, np.uint8))
    count = int(last[0] - first[0]) + 1
    start = int(first[0]) - low
    out[start : start + count] = np.unpackbits(words.view(np.uint8), count=count, bitorder="little").view(np.bool_)
    return out


def count_missed(
    items: ArrayLike, low: int, high: int, *, threads: int | None = None, progress: bool | None = None
) -> int | NDArray[np.int64]:
    """Count the integers from ``low`` to ``high`` that are not the sum of any of the items.

    Parameters
    ----------
    items : int [n] or [B, n]
        One problem, or one a row; as in `reachable_sums`.
    low, high : int
        The range, both ends included, the same for every row.
    threads : int, optional
        How many threads to use; by default SLTHLIB_THREADS or every processor. The answers do not depend on it.
    progress : bool, optional
        Show a progress bar; by default on a terminal, for work of more than a second or two.

    Returns
    -------
    int, or int64 [B]

    Used in: no chapter.
    """
    rows, many = whole_rows(items, batch=None)
    low, high = check_range(low, high)
    workers = thread_count(threads)
    first, last = _clip(rows, low, high)
    bits = _bits_needed(rows, first, last)
    check_memory(min(workers, len(rows)) * bits.max() / 8, f"a table of the sums up to {bits.max():.0f}")
    found = np.empty(len(rows), np.int64)
    announce_compiling(count_reachable)

    def work(start: int, stop: int, halt: Halt) -> None:
        count_reachable(rows[start:stop], first[start:stop], last[start:stop], found[start:stop], halt)

    seconds = rows.shape[1] * float(bits.mean()) / 64 * _SECONDS_PER_WORD + 1e-6
    if len(rows) == 1 and seconds > 0.5:
        run_interruptibly(lambda halt: work(0, 1, halt))
    else:
        run_in_chunks(work, len(rows), seconds, threads=threads, progress=progress, label="ranges of sums")
    missed = high - low + 1 - found
    return missed if many else int(missed[0])


def _clip(rows: NDArray[np.int64], low: int, high: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The part of the range between the smallest and the largest sum of each row; empty where first > last."""
    lowest = np.minimum(rows, 0).sum(axis=1)
    highest = np.maximum(rows, 0).sum(axis=1)
    limit = np.iinfo(np.int64).max
    bounded = [min(max(x, -limit), limit) for x in (low, high)]
    first, last = np.maximum(lowest, bounded[0]), np.minimum(highest, bounded[1])
    if low > limit or high < -limit:
        first, last = np.ones_like(lowest), np.zeros_like(lowest)
    return first, last


def _bits_needed(
    rows: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Size of the table for each row: by symmetry never more than half of all sums."""
    lowest = np.minimum(rows, 0).sum(axis=1).astype(np.float64)
    total = np.abs(rows).sum(axis=1).astype(np.float64)
    top = np.minimum(np.minimum(last - lowest, total - (first - lowest)), total / 2)
    return np.where(first > last, 0.0, top) + 1
