"""The differencing method of Karmarkar and Karp: a good partition, fast, for any number of items."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums._batches import Halt, run_in_chunks, run_interruptibly, thread_count
from slthlib.sums._check import Items, check_items
from slthlib.sums._differencing_kernels import difference_rows
from slthlib.sums._jit import announce_compiling
from slthlib.sums.partition import Partition, Partitions, _results, _single

#: From here on a heap beats a sorted buffer, in which every difference is inserted by shifting.
_HEAP_FROM = 160


def karmarkar_karp(items: ArrayLike) -> Partition:
    """Commit the two largest numbers to opposite sides, replace them by their difference, repeat.

    Karmarkar and Karp (1982). For n random numbers the difference left is n**(-Theta(log n)) of their size (Yakir
    1996), far above the best there is, in time n log n.

    Parameters
    ----------
    items : int or float [n]
        As in `best_partition`, of any length.

    Returns
    -------
    Partition
        ``optimal`` is True only where that is evident: the difference is 0 or 1 for integers, 0 for floats, or the
        largest item outweighs all others. ``slack`` is infinite otherwise: differencing promises nothing.

    Examples
    --------
    >>> karmarkar_karp([8, 7, 6, 5, 4]).difference
    2

    Used in: sums/partition.
    """
    checked = check_items(items, batch=False)
    signs, differences, evident = _difference(checked, threads=1, progress=False)
    if not checked.real:
        return Partition(signs[0], differences.item(), evident.item(), 0.0 if evident[0] else math.inf)
    return _single(_judged(checked, signs, differences, evident))


def karmarkar_karp_batch(items: ArrayLike, *, threads: int | None = None, progress: bool | None = None) -> Partitions:
    """Apply `karmarkar_karp` to every row of a batch, on every core.

    Parameters
    ----------
    items : int or float [B, n]
    threads : int, optional
        As in `best_partitions`.
    progress : bool, optional
        As in `best_partitions`.

    Returns
    -------
    Partitions

    Used in: sums/partition.
    """
    checked = check_items(items, batch=True)
    return _judged(checked, *_difference(checked, threads=threads, progress=progress))


def _difference(
    items: Items, *, threads: int | None, progress: bool | None
) -> tuple[NDArray[np.int8], NDArray[np.int64], NDArray[np.bool_]]:
    """Signs [B, n] and differences [B] of the integers, and where these are evidently the smallest [B]."""
    integers = items.integers
    rows, n = integers.shape
    thread_count(threads)
    signs = np.empty((rows, n), np.int8)
    differences = np.empty(rows, np.int64)
    evident = np.empty(rows, np.bool_)
    announce_compiling(difference_rows)

    def work(start: int, stop: int, halt: Halt) -> None:
        part = slice(start, stop)
        difference_rows(integers[part], n >= _HEAP_FROM, signs[part], differences[part], evident[part], halt)

    if rows == 1 and n < 10**6:
        work(0, 1, np.zeros(1, np.uint8))
    elif rows == 1:
        run_interruptibly(lambda halt: work(0, 1, halt))
    else:
        run_in_chunks(
            work, rows, 2e-8 * n * np.log2(n + 1), threads=threads, progress=progress, label=f"differencing {n}"
        )
    return signs, differences, evident


def _judged(
    items: Items, signs: NDArray[np.int8], differences: NDArray[np.int64], evident: NDArray[np.bool_]
) -> Partitions:
    found = _results(items, signs, differences)
    # Where the grid lost digits of floats, what is evident about the integers says nothing about them.
    optimal = ((items.slack == 0) & evident) | (found.differences == 0)
    return Partitions(signs, found.differences, optimal, np.where(optimal, 0.0, np.inf))
