"""How many perfect partitions there are: exact counts, by whichever of three ways is cheapest."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums._batches import Halt, run_in_chunks, run_interruptibly, thread_count
from slthlib.sums._check import INT64_MAX, as_array, check_imbalance, check_items, check_memory
from slthlib.sums._counting_kernels import count_by_meeting, count_by_table
from slthlib.sums._jit import announce_compiling
from slthlib.sums._ranges import check_range, whole_rows

#: Measured seconds: one table entry per item, and one step of the meet in the middle (times 2**(n/2)).
_SECONDS_PER_ENTRY = 1.2e-10
_SECONDS_PER_STEP = 8e-9


def count_subsets(items: ArrayLike, low: int, high: int, *, exact: bool = False) -> NDArray:
    """Count, for every integer from ``low`` to ``high``, the subsets of the items that add up to it.

    Parameters
    ----------
    items : int [n]
        Integers of either sign; the absolute values sum to at most 2**63 - 1. The empty subset makes 0.
    low, high : int
        The range asked for, both ends included.
    exact : bool
        Return Python integers. The default returns float64, which is exact up to 2**53.

    Returns
    -------
    float64 or object [high - low + 1]

    Used in: no chapter.
    """
    rows, _ = whole_rows(items, batch=False)
    low, high = check_range(low, high)
    row = [int(x) for x in rows[0]]
    shift, total = sum(min(x, 0) for x in row), sum(map(abs, row))
    check_memory(16.0 * (total + 1) + 8.0 * (high - low + 1), f"a table of {total + 1} counts")
    table = np.zeros(total + 1, object if exact else np.float64)
    table[0] = 1
    for x in map(abs, row):
        table[x:] = table[x:] + table[: total + 1 - x]
    out = np.zeros(high - low + 1, table.dtype)
    start, stop = max(low, shift), min(high, shift + total)
    if start <= stop:
        out[start - low : stop - low + 1] = table[start - shift : stop - shift + 1]
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
    array = as_array(items)
    if array.dtype.kind == "f":
        raise TypeError("items: expected integers, got floats; scale them to whole numbers first")
    if array.ndim not in (1, 2):
        raise ValueError(f"items: expected shape [n] or [B, n], got an array of shape {array.shape}")
    batch = array.ndim == 2
    rows = check_items(array if batch else array[None, :], batch=True).integers
    wanted = check_imbalance(imbalance, rows.shape[1])
    thread_count(threads)
    if rows.shape[1] <= 64:
        counts = _count_in_words(rows, wanted, threads=threads, progress=progress).astype(object)
    else:
        counts = np.array([_count_in_big_integers([int(x) for x in row], wanted) for row in rows], dtype=object)
    if not exact:
        try:
            counts = counts.astype(np.float64)
        except OverflowError:
            raise ValueError(f"exact: expected True, since a count for n = {rows.shape[1]} exceeds float64") from None
    return counts if batch else counts.tolist()[0]


def _count_in_words(
    rows: NDArray[np.int64], imbalance: int | None, *, threads: int | None, progress: bool | None
) -> NDArray[np.uint64]:
    count, n = rows.shape
    plus = -1 if imbalance is None else (n + abs(imbalance)) // 2
    small, low, high = _table_targets(rows, plus)
    # The table runs over the sums up to the larger target, once for every cardinality if that is prescribed.
    entries = (float(max(low.max(), high.max())) + 1) * max(1, plus + 1)
    by_table = n * entries * _SECONDS_PER_ENTRY
    by_meeting = _SECONDS_PER_STEP * 2.0 ** (n / 2) * (1 if plus < 0 else 2)
    use_table = by_table < by_meeting and entries < 2**34
    check_memory(8 * entries if use_table else (8 if plus < 0 else 48) * 2.0 ** (n / 2), f"counting with n = {n}")
    out = np.empty(count, np.uint64)
    solver = count_by_table if use_table else count_by_meeting
    announce_compiling(solver)

    def work(start: int, stop: int, halt: Halt) -> None:
        if use_table:
            count_by_table(small[start:stop], low[start:stop], high[start:stop], plus, out[start:stop], halt)
        else:
            count_by_meeting(rows[start:stop], plus, out[start:stop], halt)

    seconds = min(by_table, by_meeting) + 1e-7
    if count == 1 and seconds > 0.5:
        run_interruptibly(lambda halt: work(0, 1, halt))
    else:
        run_in_chunks(work, count, seconds, threads=threads, progress=progress, label=f"counts for n = {n}")
    if plus >= 0 and 2 * plus == n:
        out //= np.uint64(2)  # with equal sides both a side and its complement were counted
    return out


def _table_targets(
    rows: NDArray[np.int64], plus: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Items that are not negative, and the one or two sums of a side that make a partition perfect.

    Without a cardinality only absolute values matter. With one, adding a number to all items moves every sum of
    ``plus`` of them alike, so the smallest becomes 0. Sums no side can reach are marked by -1.
    """
    if plus < 0:
        small, lowest = np.abs(rows), np.zeros(len(rows), np.int64)
    else:
        lowest = rows.min(axis=1)
        if (rows.max(axis=1).astype(np.float64) - lowest).max() * rows.shape[1] > INT64_MAX / 2:
            huge = np.full(len(rows), INT64_MAX)  # too large for any table
            return rows, huge, huge
        small = rows - lowest[:, None]
    total = (small if plus < 0 else rows).sum(axis=1)
    odd = total & 1
    targets = [(total + side * odd) // 2 - plus * lowest for side in (-1, 1)]
    reach = small.sum(axis=1)
    low, high = (np.where((t >= 0) & (t <= reach), t, -1) for t in targets)
    return small, low, np.where(odd == 1, high, -1)


def _count_in_big_integers(items: list[int], imbalance: int | None) -> int:
    """A polynomial in one big integer: coefficient s, in its own ``n + 1`` bits, counts the subsets of sum s."""
    n = len(items)
    width = n + 1
    lowest = 0 if imbalance is None else min(items)
    shifted = [abs(x) for x in items] if imbalance is None else [x - lowest for x in items]
    total = sum(shifted) if imbalance is None else sum(items)
    plus = (n + abs(imbalance or 0)) // 2
    targets = [(total + odd) // 2 for odd in ({0} if total % 2 == 0 else {-1, 1})]
    if imbalance is not None:
        targets = [t - plus * lowest for t in targets]
    if imbalance is None:
        shifted, layers = shifted[1:], 1  # item 0 stays on the other side: every partition is met once
    else:
        layers = plus + 1
    top = max(targets)
    if top < 0:
        return 0
    check_memory(3.0 * layers * (top + 1) * width / 8, f"an exact count with n = {n} items")
    mask = (1 << (width * (top + 1))) - 1
    table = [1] + [0] * (layers - 1)
    for x in shifted:
        if x > top and layers == 1:
            continue
        for c in range(layers - 1, -1, -1) if layers > 1 else (0,):
            source = table[c - 1] if layers > 1 and c else (0 if layers > 1 else table[0])
            table[c] = (table[c] + (source << (width * x))) & mask if x <= top else table[c]
    unit = (1 << width) - 1
    found = sum((table[-1] >> (width * t)) & unit for t in targets if t >= 0)
    return found // 2 if imbalance == 0 else found
