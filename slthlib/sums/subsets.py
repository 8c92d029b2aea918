"""The subset whose sum is closest to a target: exact, one problem or a batch."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums._batches import Halt, run_in_chunks, run_interruptibly, thread_count
from slthlib.sums._check import INT64_MAX, as_array, check_memory
from slthlib.sums._jit import announce_compiling
from slthlib.sums._subset_kernels import solve_plain, solve_sized

_SECONDS_PER_STEP = 4e-9


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
    totals : int64 or float64 [B]
    errors : int64 or float64 [B]
    n : int

    Used in: no chapter.
    """

    masks: NDArray[np.uint64]
    totals: NDArray
    errors: NDArray
    n: int

    def mask(self, b: int) -> NDArray[np.bool_]:
        """Which items the subset of problem ``b`` takes, bool [n]."""
        return (self.masks[b] >> np.arange(self.n, dtype=np.uint64) & np.uint64(1)).astype(bool)


def closest_subset(items: ArrayLike, target: float, *, size: int | None = None) -> Subset:
    """Find the subset whose sum is closest to the target.

    Parameters
    ----------
    items : int or float [n]
    target : int or float
    size : int, optional

    Returns
    -------
    Subset

    Examples
    --------
    >>> closest_subset([8, 7, 6, 5, 4], 16).error
    1

    Used in: sums/subset_sum.
    """
    array = as_array(items)
    if array.ndim != 1:
        raise ValueError(f"items: expected shape [n], got an array of shape {array.shape}")
    goal = as_array(target, "target")
    if goal.ndim != 0:
        raise ValueError(f"target: expected one number, got an array of shape {goal.shape}")
    found = _solve(array[None], goal[None], "target", size, 0.0, 1, False)
    return Subset(found.mask(0), found.totals[0].item(), found.errors[0].item())


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

    Parameters
    ----------
    items : int or float [B, n] or [n]
    targets : int or float [B]
    size : int, optional
    tolerance : float
    threads : int, optional
    progress : bool, optional

    Returns
    -------
    Subsets

    Used in: sums/subset_sum.
    """
    array = as_array(items)
    if array.ndim not in (1, 2):
        raise ValueError(f"items: expected shape [B, n] or [n], got an array of shape {array.shape}")
    goals = as_array(targets, "targets")
    rows = array if array.ndim == 2 else np.broadcast_to(array, (goals.size, array.size))
    if goals.shape != rows.shape[:1]:
        raise ValueError(f"targets: expected shape [{len(rows)}], one for each row of items, got {goals.shape}")
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
    if size is not None:
        if isinstance(size, bool | np.bool_) or not isinstance(size, int | np.integer):
            raise TypeError(f"size: expected None or a whole number, got {size!r}")
        if not 0 <= size <= n:
            raise ValueError(f"size: expected a whole number from 0 to n = {n}, got {size}")
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float | np.integer | np.floating):
        raise TypeError(f"tolerance: expected a number, got {tolerance!r}")
    if not tolerance >= 0:
        raise ValueError(f"tolerance: expected a number of at least 0, got {tolerance}")
    thread_count(threads)
    check_memory(16.0 * 2.0 ** ((n + 1) // 2), f"the closest subset of n = {n} items")
    real = rows.dtype.kind == "f" or goals.dtype.kind == "f"
    if real:
        rows, goals = rows.astype(np.float64), goals.astype(np.float64)
    low, high = np.where(rows < 0, rows, 0).sum(axis=1), np.where(rows > 0, rows, 0).sum(axis=1)
    slack = 1e-13 * np.maximum(abs(low), abs(high)) if real else 0
    outside = np.nonzero((goals < low - slack) | (goals > high + slack))[0]
    if outside.size:
        r = outside[0]
        raise ValueError(
            f"{name}: expected within [low, high] = [{low[r]}, {high[r]}], the sums of the negative and of the "
            f"positive items, got {goals[r]}"
        )
    if real:
        scale = 61 - np.frexp(np.maximum(np.abs(rows).sum(axis=1), np.abs(goals)))[1]
        integers = np.rint(np.ldexp(rows, scale[:, None])).astype(np.int64)
        aims = np.rint(np.ldexp(goals, scale)).astype(np.int64)
        stops = np.floor(np.minimum(np.ldexp(float(tolerance), scale), 2.0**60)).astype(np.int64)
        stops = np.maximum(stops - n - 2, 0)
    else:
        if (np.abs(rows.astype(float)).sum(axis=1) > INT64_MAX / 2).any():
            raise ValueError("items: the absolute values must sum to at most 2**62")
        integers, aims = np.ascontiguousarray(rows), goals
        stops = np.full(len(rows), int(min(tolerance, 2.0**62)), np.int64)
    masks = np.empty(len(rows), np.uint64)
    announce_compiling(solve_plain if size is None else solve_sized)

    def work(start: int, stop: int, halt: Halt) -> None:
        part = slice(start, stop)
        if size is None:
            solve_plain(integers[part], aims[part], stops[part], masks[part], halt)
        else:
            solve_sized(integers[part], aims[part], stops[part], size, masks[part], halt)

    if len(rows) == 1:
        run_interruptibly(lambda halt: work(0, 1, halt))
    else:
        run_in_chunks(
            work,
            len(rows),
            _SECONDS_PER_STEP * 2.0 ** (n / 2),
            threads=threads,
            progress=progress,
            label=f"subsets of {n}",
        )
    bits = (masks[:, None] >> np.arange(n, dtype=np.uint64)) & np.uint64(1) == 1
    if not real:
        totals = (rows * bits).sum(axis=1)
        return Subsets(masks, totals, np.abs(totals - goals), n)
    chosen = rows * bits
    totals = np.array([math.fsum(row) for row in chosen])
    errors = np.array([abs(math.fsum([*row, -t])) for row, t in zip(chosen, goals, strict=True)])
    return Subsets(masks, totals, errors, n)
