"""The subset whose sum is closest to a target: exact, one problem or a batch."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums._batches import run_in_chunks, run_interruptibly, thread_count
from slthlib.sums._check import as_array, check_memory
from slthlib.sums._jit import announce_compiling
from slthlib.sums._subset_solve import Solver


@dataclass(frozen=True)
class Subset:
    """A subset of items.

    Attributes
    ----------
    mask : bool [n]
        True for the items taken.
    total : int or float
        Their sum: exact for integers, correctly rounded for floats.
    error : int or float
        ``abs(total - target)``, computed from the exact sum.

    Used in: no chapter.
    """

    mask: NDArray[np.bool_]
    total: int | float
    error: int | float


@dataclass(frozen=True)
class Subsets:
    """A batch of subsets of n items each.

    Attributes
    ----------
    masks : uint64 [B]
        Bit i says whether item i is taken.
    totals, errors : int64 or float64 [B]
        As in `Subset`.
    n : int
        How many items a problem has.

    Used in: no chapter.
    """

    masks: NDArray[np.uint64]
    totals: NDArray
    errors: NDArray
    n: int

    def mask(self, b: int) -> NDArray[np.bool_]:
        """Which items the subset of problem ``b`` takes, bool [n]."""
        word = np.frombuffer(self.masks[b].tobytes(), np.uint8)  # little-endian, as on every machine of numba's
        return np.unpackbits(word, count=self.n, bitorder="little").view(np.bool_)


def closest_subset(items: ArrayLike, target: float, *, size: int | None = None) -> Subset:
    """Find the subset whose sum is closest to the target.

    Meet in the middle after Horowitz and Sahni (1974), on lists that are merged rather than sorted: time and memory
    grow as ``2**(n/2)``.

    Parameters
    ----------
    items : int or float [n]
        At most 64 numbers of either sign: integers whose absolute values sum to at most 2**63 - 1, or floats whose
        absolute values sum to at most 2**1022. See the notes for what floats are searched on.
    target : int or float
        Between the sum of the negative items and that of the positive ones. If items or target are floats, both are
        taken as floats.
    size : int, optional
        How many items to take, 0 to n. None leaves it free.

    Returns
    -------
    Subset
        Among equally good subsets any one may be returned, always the same for the same input.

    Raises
    ------
    ValueError, TypeError
        For more than 64 items, numbers that are not finite, sums that are too large, a target out of reach, an
        impossible size, or lists that would not fit into memory.

    Notes
    -----
    *Memory*: 16 bytes times 2**(n/2), half as much from 50 items on without a size, twice as much with one, and never
    more than 4.3 GB: beyond 56 items (54 with a size) time grows instead, twofold with each item. Up to 34 MB stay in
    use for the next call. From 36 items on two threads build the two lists, and where those do not hold all items
    every thread searches a share of the rest, unless SLTHLIB_THREADS says 1; the answer does not depend on it.

    *Floats* that are whole multiples of a power of two of at least 2**-57 of the sum of their absolute values, such
    as uniform ones from NumPy, are solved exactly as integers, wherever the target lies. For the search others are
    rounded to multiples of at most 2**-59 of that sum, which moves an error by at most ``(n + 1) * 2**-60`` of it.
    Where that leaves more than one candidate for the best, exact arithmetic decides between all subsets of up to 40
    items, in a second or so; with more items the problem is refused. ``total`` and ``error`` are summed again from
    the items: exact for integers, correctly rounded for floats.

    Examples
    --------
    >>> closest_subset([8, 7, 6], 12).error
    1

    Used in: tickets/hidden, sums/subset_sum, strong/pruning_is_all.
    """
    array = as_array(items, finite=False)
    if array.ndim != 1:
        raise ValueError(f"items: expected shape [n], got an array of shape {array.shape}")
    goal = as_array(target, "target", finite=False)
    if goal.ndim != 0:
        raise ValueError(f"target: expected one number, got an array of shape {goal.shape}")
    found = _solve(array[None], goal[None], "target", size, 0.0, None, False)
    return Subset(found.mask(0), found.totals.item(), found.errors.item())


def closest_subsets(
    items: ArrayLike,
    targets: ArrayLike,
    *,
    size: int | None = None,
    tolerance: float = 0.0,
    threads: int | None = None,
    progress: bool | None = None,
) -> Subsets:
    """Solve a batch of subset-sum problems of one size, on every core.

    How is chosen by the problems: all subsets of few items are tried, many targets for the same items share one
    sorted list, and the others are met in the middle, four problems at once or one after the other. A batch is worked
    through in chunks, so that beyond items and answers little memory is needed; from 38 items on each thread needs
    that of one problem (see `closest_subset`), and fewer threads work where not all would have it.

    Parameters
    ----------
    items : int or float [B, n] or [n]
        One problem a row, or one row that all targets share; see `closest_subset`.
    targets : int or float [B]
        One for each problem.
    size : int, optional
        How many items to take, the same for every problem; None leaves it free.
    tolerance : float
        An error of at most so much is good enough: the first such subset that is found is returned, and the closest
        one where there is none. It is compared with the error before rounding.
    threads : int, optional
        How many threads to use; by default SLTHLIB_THREADS or every processor. The answers do not depend on it.
    progress : bool, optional
        Show a progress bar; by default on a terminal, for work of more than a second or two.

    Returns
    -------
    Subsets

    Raises
    ------
    ValueError, TypeError
        As `closest_subset`, and for a negative tolerance or targets that do not fit the items.

    Examples
    --------
    >>> closest_subsets([[8, 7, 6], [1, 2, 4]], [12, 5]).errors
    array([1, 0])

    Used in: tickets/hidden, sums/subset_sum, sums/quantized, strong/pruning_is_all, strong/bits.
    """
    array = as_array(items, finite=False)
    if array.ndim not in (1, 2):
        raise ValueError(f"items: expected shape [B, n] or [n], got an array of shape {array.shape}")
    goals = as_array(targets, "targets", finite=False)
    if goals.ndim != 1 or (array.ndim == 2 and goals.size != len(array)):
        wanted = f"[{len(array)}], one for each row of items" if array.ndim == 2 else "[B]"
        raise ValueError(f"targets: expected shape {wanted}, got {goals.shape}")
    rows = array if array.ndim == 2 else array[None]
    return _solve(rows, goals, "targets", size, tolerance, threads, progress)


def _solve(
    rows: NDArray,
    goals: NDArray,
    name: str,
    size: int | None,
    tolerance: float,
    threads: int | None,
    progress: bool | None,
) -> Subsets:
    n = rows.shape[1]
    if n > 64:
        raise ValueError(f"items: expected at most 64 items, since a mask is one 64-bit word, got {n}")
    _check_size(size, n)
    limit = _check_tolerance(tolerance)
    if threads is not None:
        thread_count(threads)  # a wrong value is refused for one row too
    if rows.dtype != goals.dtype:
        rows, goals = _as_floats(rows, "items"), _as_floats(goals, name)
    solver = Solver(rows, goals, name, None if size is None else int(size), limit, threads)
    check_memory(solver.memory, f"the closest subset of n = {n} items")
    announce_compiling(solver.compiled)
    if solver.rows == 1:
        if solver.seconds < 5e-3:  # shorter than starting a thread
            solver.work(0, 1, np.zeros(1, np.uint8))
        else:
            run_interruptibly(lambda halt: solver.work(0, 1, halt))
    else:
        if solver.rows * solver.seconds > 2.0:  # rather than after minutes
            solver.check()
        label = f"subsets of {n}"
        run_in_chunks(
            solver.work, solver.rows, solver.seconds, threads=threads, progress=progress, label=label,
            memory=solver.memory, abreast=solver.abreast,
        )  # fmt: skip
    solver.finish()
    return Subsets(solver.masks, solver.totals, solver.errors, n)


def _check_size(size: object, n: int) -> None:
    if size is None:
        return
    if isinstance(size, bool | np.bool_) or not isinstance(size, int | np.integer):
        raise TypeError(f"size: expected None or a whole number, got {size!r}")
    if not 0 <= size <= n:
        raise ValueError(f"size: expected a whole number from 0 to n = {n}, got {size}")


def _check_tolerance(tolerance: object) -> float:
    """The largest float that is not above the tolerance."""
    if isinstance(tolerance, bool | np.bool_) or not isinstance(tolerance, int | float | np.integer | np.floating):
        raise TypeError(f"tolerance: expected a number, got {tolerance!r}")
    if not tolerance >= 0:
        raise ValueError(f"tolerance: expected a number of at least 0, got {tolerance}")
    limit = float(min(tolerance, 1e308)) if isinstance(tolerance, int) else float(tolerance)
    return math.nextafter(limit, 0.0) if limit > tolerance else limit


def _as_floats(numbers: NDArray, name: str) -> NDArray[np.float64]:
    """Integers as floats, if nothing is lost."""
    if numbers.dtype.kind == "i" and (np.abs(numbers).view(np.uint64) > 2**53).any():
        raise ValueError(f"{name}: integers beside floats must be at most 2**53 in absolute value, got larger ones")
    return numbers.astype(np.float64)
