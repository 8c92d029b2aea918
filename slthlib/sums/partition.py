"""The best partition of numbers into two sides: exact, by meet in the middle on merged lists."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums._batches import Halt, run_in_chunks, run_interruptibly, thread_count
from slthlib.sums._check import Items, check_imbalance, check_items, check_memory
from slthlib.sums._imbalance import ConstrainedSolver, bytes_needed_with_imbalance
from slthlib.sums._jit import announce_compiling
from slthlib.sums._long_partition import LONGEST, SHORTEST, bytes_needed, solve_long
from slthlib.sums._partition_kernels import solve_rows
from slthlib.sums._subset_long import walk_outside

#: Measured seconds per 2**(n/2): only to cut batches into chunks and to decide when a progress bar is welcome.
_SECONDS_PER_STEP = 4e-9


@dataclass(frozen=True)
class Partition:
    """One way to split items into two sides.

    Attributes
    ----------
    signs : int8 [n]
        +1 for the items on one side, -1 for those on the other.
    difference : int or float
        ``abs(sum(signs * items))``: exact for integers, correctly rounded for floats.
    optimal : bool
        Whether no partition of the kind asked for has a smaller difference.
    slack : float
        The smallest difference there is lies at most this far below that of ``signs`` (summed exactly), where
        ``optimal`` says False because floats were rounded to a grid; infinite where nothing is promised.

    Used in: no chapter.
    """

    signs: NDArray[np.int8]
    difference: int | float
    optimal: bool
    slack: float = 0.0


@dataclass(frozen=True)
class Partitions:
    """A batch of partitions: the fields of `Partition`, with a leading axis.

    Attributes
    ----------
    signs : int8 [B, n]
    differences : int64 or float64 [B]
    optimal : bool [B]
    slack : float64 [B]

    Used in: no chapter.
    """

    signs: NDArray[np.int8]
    differences: NDArray
    optimal: NDArray[np.bool_]
    slack: NDArray[np.float64]


def best_partition(items: ArrayLike, *, imbalance: int | None = None) -> Partition:
    """Split numbers into two sides whose sums are as close as they can be.

    Meet in the middle after Horowitz and Sahni (1974), on lists that are merged rather than sorted: time and memory
    grow as ``2**(n/2)``.

    Parameters
    ----------
    items : int or float [n]
        The numbers. Integers of either sign whose absolute values sum to at most 2**63 - 1, or floats whose absolute
        values sum to at most 2**1023. Floats are rounded to a grid of about 2**-(61 - log2 n) of the largest one;
        where that changes any of them, ``slack`` bounds what it can cost and ``optimal`` is False.
    imbalance : int, optional
        Number of items on the + side minus number on the - side; it has the parity of n. None leaves it free.

    Returns
    -------
    Partition
        Among equally good partitions any one may be returned, always the same for the same input.

    Raises
    ------
    ValueError, TypeError
        For items that are not finite numbers, sums beyond 64 bits, an impossible imbalance, or lists that would not
        fit into memory (16 bytes times 2**(n/2), twice as much with an imbalance). There can be at most 65 items, 64
        with an imbalance; beyond 57 and 54 time grows twofold with each item instead of memory.

    Examples
    --------
    >>> best_partition([8, 7, 6, 5, 4]).difference
    0

    Used in: sums/partition, sums/constrained.
    """
    checked = check_items(items, batch=False)
    wanted = check_imbalance(imbalance, checked.given.shape[1])
    signs, differences = _solve(checked, wanted, threads=None, progress=False)
    if not checked.real:  # the short way: a small problem is solved in less time than a batch of results is wrapped
        return Partition(signs[0], differences.item(), True)
    return _single(_results(checked, signs, differences))


def best_partitions(
    items: ArrayLike, *, imbalance: int | None = None, threads: int | None = None, progress: bool | None = None
) -> Partitions:
    """Solve a batch of partition problems of one size, on every core.

    Parameters
    ----------
    items : int or float [B, n]
        One problem a row; see `best_partition`.
    imbalance : int, optional
        As in `best_partition`, the same for every row.
    threads : int, optional
        How many threads to use; by default SLTHLIB_THREADS or every processor. The answers do not depend on it.
    progress : bool, optional
        Show a progress bar; by default on a terminal, for work of more than a second or two.

    Returns
    -------
    Partitions
        With an imbalance, possibly another of equally good ones than `best_partition` returns for the row.

    Used in: sums/partition, sums/constrained, sums/quantized.
    """
    checked = check_items(items, batch=True)
    wanted = check_imbalance(imbalance, checked.given.shape[1])
    return _results(checked, *_solve(checked, wanted, threads=threads, progress=progress))


def _solve(
    items: Items, imbalance: int | None, *, threads: int | None, progress: bool | None
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Signs [B, n] and differences [B] of the integers."""
    integers = items.integers
    rows, n = integers.shape
    thread_count(threads)  # a wrong value is refused for one row too
    if imbalance is not None and n > 64:
        raise ValueError(f"items: expected at most 64 items where an imbalance is given, got {n}")
    long = imbalance is None and SHORTEST <= n <= LONGEST
    if imbalance is None:
        needed = bytes_needed(n) if long else 16.0 * 2.0 ** min((n - 2) // 2, 500)
    else:
        needed = bytes_needed_with_imbalance(n)
    check_memory(needed, f"an exact partition of n = {n} items")
    signs = np.empty((rows, n), np.int8)
    differences = np.empty(rows, np.int64)
    constrained = None if imbalance is None else ConstrainedSolver(integers, (n + imbalance) // 2)
    announce_compiling(walk_outside if long else solve_rows if constrained is None else constrained.kernel)

    def work(start: int, stop: int, halt: Halt) -> None:
        if long:
            for r in range(start, stop):
                differences[r] = solve_long(integers[r], signs[r], threads if rows == 1 else 1, halt)
        elif constrained is None:
            solve_rows(integers[start:stop], signs[start:stop], differences[start:stop], halt)
        else:
            constrained.work(start, stop, signs, differences, halt)

    if rows == 1 and n < 40:  # shorter than starting a thread
        work(0, 1, np.zeros(1, np.uint8))
        return signs, differences
    if rows == 1:
        run_interruptibly(lambda halt: work(0, 1, halt))
    else:
        seconds = _SECONDS_PER_STEP * 2.0 ** (n / 2) * (1 if imbalance is None else 2)
        label = f"partitions of {n}"
        run_in_chunks(work, rows, seconds, threads=threads, progress=progress, label=label, memory=needed)
    return signs, differences


def _results(items: Items, signs: NDArray[np.int8], differences: NDArray[np.int64]) -> Partitions:
    """Differences of floats are summed again from the signs, exactly: the grid is only there to find them."""
    if not items.real:
        return Partitions(signs, differences, items.slack == 0, items.slack)
    exact = np.array([abs(math.fsum(row)) for row in signs * items.given])
    optimal = (items.slack == 0) | (exact == 0)
    return Partitions(signs, exact, optimal, np.where(optimal, 0.0, items.slack))


def _single(batch: Partitions) -> Partition:
    return Partition(batch.signs[0], batch.differences[0].item(), bool(batch.optimal[0]), float(batch.slack[0]))
