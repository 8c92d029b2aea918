"""How many subsets make a sum, and how many partitions are perfect: exact, in whichever way is cheapest."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums._batches import Halt, run_in_chunks, run_interruptibly, thread_count
from slthlib.sums._big_counts import perfect_in_big_integers
from slthlib.sums._check import INT64_MAX, check_imbalance, check_memory
from slthlib.sums._counting_kernels import (
    count_by_meeting,
    count_by_table,
    count_of_size_by_meeting,
    count_of_size_by_table,
)
from slthlib.sums._jit import announce_compiling
from slthlib.sums._ranges import Window, check_range, whole_rows
from slthlib.sums._subset_counts import counts_in_window

#: Measured seconds: one table entry for one item, one step of a meet in the middle (times 2**(n/2)), and one perfect
#: partition met.
_SECONDS_PER_ENTRY = 1e-10
_SECONDS_PER_STEP = 6e-9
_SECONDS_PER_HIT = 2e-8


def count_subsets(items: ArrayLike, low: int, high: int, *, exact: bool = False) -> NDArray:
    """Count, for every integer from ``low`` to ``high``, the subsets of the items that add up to it.

    Parameters
    ----------
    items : int [n]
        Integers of either sign, any number of them; the absolute values sum to at most 2**63 - 1.
    low, high : int
        The range asked for, both ends included.
    exact : bool
        Return Python integers. The default returns float64.

    Returns
    -------
    float64 or object [high - low + 1]
        Entry i counts the subsets that add up to ``low + i``; the empty subset makes 0. Floats are the exact counts,
        correctly rounded, for up to 67 items that are not zero, hence exact up to 2**53. Beyond, where they are
        summed as floats, their relative error is below n * 2**-53.

    Raises
    ------
    ValueError, TypeError
        For items or ends of the range that are not whole numbers, low > high, sums beyond 64 bits, tables that would
        not fit into memory, or a count beyond float64 (it can occur from n = 1024 on) where ``exact`` is False.

    Notes
    -----
    A table holds the counts of at most the lower half of the sums of the absolute values; the rest is its mirror
    image. Time grows as n T, T the sum of the absolute values divided by their greatest common divisor. Where the
    items are large and the range is short, merged lists of ``2**(n/2)`` sums are met in the middle instead. Exact
    counts of more than 67 items are the coefficients of a polynomial, held in one big integer.

    Examples
    --------
    >>> count_subsets([1, 1, -1], -1, 2)
    array([1., 3., 3., 1.])

    Used in: no chapter.
    """
    rows, _ = whole_rows(items, batch=False)
    low, high = check_range(low, high)
    zeros = rows.size - int(np.count_nonzero(rows))
    kept = rows[:, rows[0] != 0] if zeros else rows
    check_memory((64.0 if exact else 24.0) * (high - low + 1), f"a range of {high - low + 1} numbers")
    window = Window.around(kept, low, high)
    first, last, unit = (int(x[0]) for x in (window.first, window.last, window.unit))
    if first > last:
        return np.zeros(high - low + 1, object if exact else np.float64)
    counts = counts_in_window(window, exact=exact)
    if zeros:  # each of them doubles every count
        with np.errstate(over="ignore"):
            counts = counts * 2**zeros if exact else np.ldexp(counts, zeros)
    if not exact and rows.size >= 1024 and np.isinf(counts).any():
        raise ValueError(f"exact: expected True, since a count for n = {rows.shape[1]} exceeds float64")
    if len(counts) == high - low + 1:
        return counts
    out = np.zeros(high - low + 1, object if exact else np.float64)
    out[first * unit - low : last * unit - low + 1 : unit] = counts
    return out


def count_perfect_partitions(
    items: ArrayLike,
    *,
    imbalance: int | None = None,
    exact: bool = False,
    threads: int | None = None,
    progress: bool | None = None,
) -> float | int | NDArray:
    """Count the partitions {A, complement} whose sides differ by 0 (even sum) or by 1 (odd sum).

    Parameters
    ----------
    items : int [n] or [B, n]
        Integers of either sign; the absolute values of a row sum to at most 2**63 - 1. One problem, or one a row.
    imbalance : int, optional
        Count only partitions whose sides differ by this many items; it has the parity of n, its sign is of no
        consequence. None counts all.
    exact : bool
        Return Python integers. The default returns float64, which is exact up to 2**53.
    threads, progress : optional
        As in `best_partitions`, for batches.

    Returns
    -------
    float, int, or an array [B] of them (float64 or object)

    Raises
    ------
    ValueError, TypeError
        As in `best_partition`; floats are refused, since a count of exact ties needs exact numbers.

    Notes
    -----
    Up to n = 64 every count fits in 64 bits and is computed exactly: in a table over all sums where the numbers are
    small, by meet in the middle on merged lists where they are large. Beyond, big Python integers hold the table.

    Examples
    --------
    >>> count_perfect_partitions([8, 7, 6, 5, 4])
    1.0

    Used in: sums/partition, sums/constrained.
    """
    rows, many = whole_rows(items, batch=None)
    wanted = check_imbalance(imbalance, rows.shape[1])
    thread_count(threads)
    if rows.shape[1] <= 64:
        counts = _count_in_words(rows, wanted, threads=threads, progress=progress).astype(object)
    else:
        counts = np.array([perfect_in_big_integers([int(x) for x in row], wanted) for row in rows], dtype=object)
    if not exact:
        try:
            counts = counts.astype(np.float64)
        except OverflowError:
            raise ValueError(f"exact: expected True, since a count for n = {rows.shape[1]} exceeds float64") from None
    return counts if many else counts.tolist()[0]


def _count_in_words(
    rows: NDArray[np.int64], imbalance: int | None, *, threads: int | None, progress: bool | None
) -> NDArray[np.uint64]:
    count, n = rows.shape
    out = np.empty(count, np.uint64)
    way, arguments, seconds = _free_way(rows) if imbalance is None else _way_of_size(rows, (n + abs(imbalance)) // 2)
    announce_compiling(way)

    def work(start: int, stop: int, halt: Halt) -> None:
        part = slice(start, stop)
        way(*(x[part] if isinstance(x, np.ndarray) else x for x in arguments), out[part], halt)

    if count == 1 and seconds > 0.5:
        run_interruptibly(lambda halt: work(0, 1, halt))
    else:
        run_in_chunks(work, count, seconds, threads=threads, progress=progress, label=f"counts for n = {n}")
    if imbalance == 0:
        out //= np.uint64(2)  # both a side and its complement were counted
    return out


def _free_way(rows: NDArray[np.int64]) -> tuple[Callable[..., None], tuple[NDArray | int, ...], float]:
    """The kernel to count all perfect partitions, its arguments, and the seconds a row takes."""
    n = rows.shape[1]
    entries = float(np.abs(rows).sum(axis=1).max()) / 2 + 1
    spread = 1 + float(np.sqrt(np.square(rows.astype(np.float64)).sum(axis=1)).max())
    hits = min(2.0 ** (n / 2), 2.0 ** (n - 1) / spread)
    by_table = n * entries * _SECONDS_PER_ENTRY
    by_meeting = 2.0 ** (n / 2) * _SECONDS_PER_STEP + hits * _SECONDS_PER_HIT
    use_table = by_table < by_meeting and entries < 2**34
    lists = 2.0 ** ((n - 1) // 2) * (16 if len(rows) == 1 else 32)
    check_memory(8 * entries if use_table else lists, f"counting with n = {n}")
    return (count_by_table if use_table else count_by_meeting), (rows,), min(by_table, by_meeting) + 1e-7


def _way_of_size(rows: NDArray[np.int64], plus: int) -> tuple[Callable[..., None], tuple[NDArray | int, ...], float]:
    """The same for partitions with ``plus`` items on one side: the table has a layer for every cardinality."""
    n = rows.shape[1]
    small, low, high = _table_targets(rows, plus)
    entries = (float(max(low.max(), high.max())) + 1) * (plus + 1)
    by_table, by_meeting = n * entries * _SECONDS_PER_ENTRY, 2 * _SECONDS_PER_STEP * 2.0 ** (n / 2)
    use_table = by_table < by_meeting and entries < 2**34
    check_memory(8 * entries if use_table else 48 * 2.0 ** (n / 2), f"counting with n = {n}")
    if use_table:
        return count_of_size_by_table, (small, low, high, plus), by_table + 1e-7
    return count_of_size_by_meeting, (rows, plus), by_meeting + 1e-7


def _table_targets(
    rows: NDArray[np.int64], plus: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Items that are not negative, and the one or two sums of ``plus`` of them that make a partition perfect.

    Adding a number to all items moves every sum of ``plus`` of them alike, so the smallest becomes 0. Sums no side
    can reach are marked by -1.
    """
    lowest = rows.min(axis=1)
    if (rows.max(axis=1).astype(np.float64) - lowest).max() * rows.shape[1] > INT64_MAX / 2:
        huge = np.full(len(rows), INT64_MAX)  # too large for any table
        return rows, huge, huge
    small = rows - lowest[:, None]
    total = rows.sum(axis=1)
    odd = total & 1
    targets = [(total + side * odd) // 2 - plus * lowest for side in (-1, 1)]
    reach = small.sum(axis=1)
    low, high = (np.where((t >= 0) & (t <= reach), t, -1) for t in targets)
    return small, low, np.where(odd == 1, high, -1)
