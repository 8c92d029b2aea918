"""How densely the sums of subsets cover an interval: the covering radius."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums._batches import Halt, run_in_chunks
from slthlib.sums._check import check_items, check_memory
from slthlib.sums._ranges import check_real_range


@dataclass(frozen=True)
class CoveringBounds:
    """A covering radius lies between these two numbers.

    Attributes
    ----------
    lower, upper : float

    Used in: no chapter.
    """

    lower: float
    upper: float


def covering_radius(items: ArrayLike, low: float = -1.0, high: float = 1.0) -> float:
    """Find the smallest eps such that every z in [low, high] is within eps of the sum of some items.

    Parameters
    ----------
    items : float [n]
    low, high : float

    Returns
    -------
    float

    Used in: sums/subset_sum.
    """
    low, high = check_real_range(low, high)
    return float(_radii(check_items(items, batch=False).given.astype(np.float64), low, high)[0])


def covering_radii(
    items: ArrayLike,
    low: float = -1.0,
    high: float = 1.0,
    *,
    threads: int | None = None,
    progress: bool | None = None,
) -> NDArray[np.float64]:
    """Covering radii of a batch, on every core.

    Parameters
    ----------
    items : float [B, n]
    low, high : float
    threads : int, optional
    progress : bool, optional

    Returns
    -------
    float64 [B]

    Used in: sums/subset_sum.
    """
    low, high = check_real_range(low, high)
    rows = check_items(items, batch=True).given.astype(np.float64)
    out = np.empty(len(rows))

    def work(start: int, stop: int, halt: Halt) -> None:
        out[start:stop] = _radii(rows[start:stop], low, high)

    seconds = 3e-8 * 2.0 ** rows.shape[1]
    run_in_chunks(work, len(rows), seconds, threads=threads, progress=progress, label="covering radii")
    return out


def _radii(rows: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    check_memory(16 * 2.0 ** rows.shape[1], f"all sums of n = {rows.shape[1]} items")
    out = np.empty(len(rows))
    for r, row in enumerate(rows):
        sums = np.zeros(1)
        for x in row:
            sums = np.concatenate([sums, sums + x])
        sums.sort()
        first = max(np.searchsorted(sums, low, side="right") - 1, 0)
        last = min(np.searchsorted(sums, high), len(sums) - 1)
        near = sums[first : last + 1]
        middles = (near[:-1] + near[1:]) / 2
        points = np.concatenate([[low, high], middles[(middles > low) & (middles < high)]])
        at = np.searchsorted(near, points)
        distance = np.minimum(
            np.abs(points - near[np.clip(at, 0, len(near) - 1)]),
            np.abs(points - near[np.clip(at - 1, 0, len(near) - 1)]),
        )
        out[r] = distance.max()
    return out


def covering_radius_bounds(
    items: ArrayLike, low: float = -1.0, high: float = 1.0, *, resolution: float = 1e-5
) -> CoveringBounds:
    """Bound the covering radius from both sides, for any number of items, by rounding them to a grid.

    Parameters
    ----------
    items : float [n]
    low, high : float
    resolution : float

    Returns
    -------
    CoveringBounds

    Used in: no chapter.
    """
    from slthlib.sums.sets import reachable_sums

    low, high = check_real_range(low, high)
    row = check_items(items, batch=False).given[0].astype(np.float64)
    grid = 2.0 ** math.floor(math.log2(resolution))
    whole = np.rint(row / grid).astype(np.int64)
    error = math.fsum(np.abs(row - whole * grid))
    lowest, highest = int(np.minimum(whole, 0).sum()), int(np.maximum(whole, 0).sum())
    sums = (np.flatnonzero(reachable_sums(whole, lowest, highest)) + lowest) * grid
    first = max(np.searchsorted(sums, low, side="right") - 1, 0)
    last = min(np.searchsorted(sums, high), len(sums) - 1)
    near = sums[first : last + 1]
    middles = (near[:-1] + near[1:]) / 2
    points = np.concatenate([[low, high], middles[(middles > low) & (middles < high)]])
    at = np.searchsorted(near, points)
    radius = float(
        np.minimum(
            np.abs(points - near[np.clip(at, 0, len(near) - 1)]),
            np.abs(points - near[np.clip(at - 1, 0, len(near) - 1)]),
        ).max()
    )
    return CoveringBounds(max(0.0, radius - error), radius + error)
