"""How densely the sums of subsets cover an interval: the covering radius, exact or between bounds."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums._batches import Halt, run_in_chunks, run_interruptibly, thread_count
from slthlib.sums._check import check_items, check_memory
from slthlib.sums._fixed_windows import FixedWindow
from slthlib.sums._jit import announce_compiling
from slthlib.sums._radius_kernels import double_radii, double_radii_by_lists, double_radii_by_tables
from slthlib.sums._ranges import check_real_range

#: Up to so many items a list of all sums is shortest; beyond so many the exact radius takes hours.
_LISTED, _LARGEST = 12, 44
#: Measured seconds for one of the 2**n sums, from lists or by intervals, and for a word of a table.
_SECONDS_LISTED, _SECONDS_PER_SUM, _SECONDS_PER_WORD = 2e-9, 2e-10, 2e-10
#: Sums in one part of a window that is worked through in parts.
_PART = 2.0**27


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
    items : float or int [n]
        Numbers of either sign. The empty sum 0 counts.
    low, high : float
        The interval to cover; low = high asks for the distance from one point.

    Returns
    -------
    float
        Sums are exact: items are counted in a power of two, less than n * 2**-58 times the largest of them, and the
        radius is that of these sums, rounded once. Items or ends that are no multiples of it are rounded first. Then
        the radius is off by at most what the roundings move in all, less than n**2 * 2**-58 times the largest item.
        Draws from U[-1, 1] by NumPy are multiples for n <= 64.

    Raises
    ------
    ValueError, TypeError
        For items or ends that are not finite numbers, low > high, more than 44 items (unless they are multiples of
        one not too small number), or items of such different sizes that rounding could change the radius by more
        than a thousandth.

    Notes
    -----
    The interval is cut into as many short ones as there are sums to be expected, a bit for each. The sums of all but
    four items set their bits one by one; shifted copies for the sums of these four are joined 64 bits at a time. Only
    the longest runs of zeros can hold the largest gap: there the neighbouring sums are found exactly, by meeting in
    the middle. Time grows as ``2**n``, a small fraction of a nanosecond a sum; memory as ``2**(n/2)`` and some bits
    for every sum in a part of the interval. Where very many gaps are about the largest, the sums are put into
    buckets that keep their extremes, no wider than the largest gap known. Items that are multiples of a number that
    is not too small are counted in it, and a table of all their sums is searched, for any n.

    Examples
    --------
    >>> covering_radius([0.5, -0.5, 1.0])
    0.5

    Used in: sums/subset_sum.
    """
    low, high = check_real_range(low, high)
    return float(_radii(FixedWindow.around(items, low, high, batch=False), low, high, threads=None, progress=None)[0])


def covering_radii(
    items: ArrayLike,
    low: float = -1.0,
    high: float = 1.0,
    *,
    threads: int | None = None,
    progress: bool | None = None,
) -> NDArray[np.float64]:
    """Find the covering radius of every row of a batch, on every core.

    Parameters
    ----------
    items : float or int [B, n]
        One problem a row; see `covering_radius`.
    low, high : float
        The interval to cover, the same for every row.
    threads : int, optional
        How many threads to use; by default SLTHLIB_THREADS or every processor. The answers do not depend on it.
    progress : bool, optional
        Show a progress bar; by default on a terminal, for work of more than a second or two.

    Returns
    -------
    float64 [B]

    Used in: sums/subset_sum.
    """
    low, high = check_real_range(low, high)
    window = FixedWindow.around(items, low, high, batch=True)
    return _radii(window, low, high, threads=threads, progress=progress)


def covering_radius_bounds(
    items: ArrayLike, low: float = -1.0, high: float = 1.0, *, resolution: float = 1e-5
) -> CoveringBounds:
    """Bound the covering radius from both sides, for any number of items, by rounding them to a grid.

    Parameters
    ----------
    items : float or int [n]
        Numbers of either sign.
    low, high : float
        The interval to cover.
    resolution : float
        The grid is the largest power of two up to this; time and memory grow as its inverse.

    Returns
    -------
    CoveringBounds
        The radius r is certain to lie between; the bounds are at most ``n * resolution`` apart.

    Raises
    ------
    ValueError, TypeError
        As in `covering_radius`, and for a table of sums on the grid that would not fit into memory.

    Notes
    -----
    Rounding moves item i by d_i, at most half of the grid. The sum of a subset moves by the d_i of its members, hence
    by at most E, the sum of the positive d_i or that of the negative ones, whichever is larger; E <= n/2 grid units.
    A point within r of some sum is within r + E of the moved sum, and the other way round: the radius of the moved
    sums, which a table of bits tells exactly, is within E of r.

    Examples
    --------
    >>> covering_radius_bounds([0.5, -0.5, 1.0])
    CoveringBounds(lower=0.5, upper=0.5)

    Used in: no chapter.
    """
    low, high = check_real_range(low, high)
    if isinstance(resolution, bool | np.bool_) or not isinstance(resolution, int | float | np.integer | np.floating):
        raise TypeError(f"resolution: expected a positive number, got {resolution!r}")
    if not 0 < resolution < math.inf:
        raise ValueError(f"resolution: expected a positive finite number, got {resolution!r}")
    given = check_items(items, batch=False).given.astype(np.float64)
    grid = math.frexp(resolution)[1] - 1
    whole = np.rint(np.ldexp(given, -grid))
    moved = np.ldexp(whole, grid) - given  # exact: a multiple of the last bit of the item, and no larger than it
    error = max(math.fsum(moved[moved > 0]), -math.fsum(moved[moved < 0]))
    total = float(np.abs(whole).sum())
    check_memory(total / 4, f"a table of {total:.3g} sums on the grid 2**{grid}")
    # Spare bits below the grid let the ends of the interval be told more exactly.
    spare = max(0, 59 - max(grid, 0) - math.frexp(total)[1])
    window = FixedWindow.on_grid(
        whole.astype(np.int64) << spare, np.array([spare - grid]), np.array([error]), low, high
    )
    unit = np.array([1 << spare], np.int64)
    doubled = _by_tables(window, np.array([0]), unit, len(given[0]) * total * _SECONDS_PER_WORD / 128, 1, False)
    radius, error = float(window.radii(doubled)[0]), float(window.slack[0])
    if error == 0 and window.outside[0] == 0 and int(float(doubled[0])) == doubled[0]:
        return CoveringBounds(radius, radius)
    # Every number that was rounded to a float moves outwards, the error by more than its few additions can lose.
    error = math.nextafter(error * (1 + 2.0**-50), math.inf)
    lower = math.nextafter(math.nextafter(radius, -math.inf) - error, -math.inf)
    upper = math.nextafter(math.nextafter(radius, math.inf) + error, math.inf)
    return CoveringBounds(max(0.0, lower), upper)


def _radii(
    window: FixedWindow, low: float, high: float, *, threads: int | None, progress: bool | None
) -> NDArray[np.float64]:
    rows, n = window.rows.shape
    workers = thread_count(threads)
    unit = np.maximum(np.gcd.reduce(window.rows, axis=1), 1)
    words = np.abs(window.rows // unit[:, None]).sum(axis=1) / 128.0
    tabled = n * words * _SECONDS_PER_WORD < 2.0 ** min(n, 500) * _SECONDS_PER_SUM
    doubled = np.empty(rows, np.int64)
    if tabled.any():
        which = np.flatnonzero(tabled)
        check_memory(min(workers, len(which)) * 16 * float(words[which].max()), f"a table of the sums of {n} items")
        doubled[which] = _by_tables(
            window, which, unit, n * float(words[which].mean()) * _SECONDS_PER_WORD, threads, progress
        )
    if not tabled.all():
        which = np.flatnonzero(~tabled)
        if n > _LARGEST:
            raise ValueError(
                f"items: expected at most {_LARGEST} for the exact radius, got n = {n}; covering_radius_bounds "
                "brackets it for any n"
            )
        doubled[which] = _by_sums(window, which, workers, threads, progress)
    radii = window.radii(doubled)
    lost = window.slack > np.maximum(1e-3 * radii, 1e-9 * max(abs(low), abs(high)))
    if lost.any() and not low == high == 0:
        worst = np.argmax(window.slack * lost)
        raise ValueError(
            f"items: their sizes are so different that rounding may move sums by {window.slack[worst]:.3g}, too much "
            f"for a radius of about {radii[worst]:.3g}; covering_radius_bounds brackets it"
        )
    return radii


def _by_tables(
    window: FixedWindow,
    which: NDArray[np.intp],
    unit: NDArray[np.int64],
    seconds: float,
    threads: int | None,
    progress: bool | None,
) -> NDArray[np.int64]:
    rows, low, high, unit = window.rows[which], window.low[which], window.high[which], unit[which]
    out = np.empty(len(which), np.int64)
    announce_compiling(double_radii_by_tables)

    def work(start: int, stop: int, halt: Halt) -> None:
        part = slice(start, stop)
        double_radii_by_tables(rows[part], unit[part], low[part], high[part], out[part], halt)

    _run(work, len(which), seconds + 2e-6, threads, progress)
    return out


def _by_sums(
    window: FixedWindow, which: NDArray[np.intp], workers: int, threads: int | None, progress: bool | None
) -> NDArray[np.int64]:
    rows, low, high = window.rows[which], window.low[which], window.high[which]
    n = rows.shape[1]
    if n <= _LISTED:
        out = np.empty(len(which), np.int64)
        announce_compiling(double_radii_by_lists)

        def list_all(start: int, stop: int, halt: Halt) -> None:
            part = slice(start, stop)
            double_radii_by_lists(rows[part], low[part], high[part], out[part], halt)

        _run(list_all, len(which), 2.0**n * _SECONDS_LISTED, threads, progress)
        return out
    # Parts bound the memory, and let several threads work on one problem; the largest of their gaps is the answer.
    parts = max(1, math.ceil(2.0**n / _PART))
    check_memory(workers * (2.0**30 if parts > 1 else 2.0**n), f"the sums of n = {n} items")
    found = np.empty(len(which) * parts, np.int64)
    announce_compiling(double_radii)

    def work(start: int, stop: int, halt: Halt) -> None:
        double_radii(rows, low, high, parts, start, stop, found, halt)

    _run(work, len(found), 2.0**n * _SECONDS_PER_SUM / parts + 1e-5, threads, progress)
    return found.reshape(-1, parts).max(axis=1)


def _run(
    work: Callable[[int, int, Halt], None], jobs: int, seconds: float, threads: int | None, progress: bool | None
) -> None:
    if jobs == 1 and seconds > 0.5:
        run_interruptibly(lambda halt: work(0, 1, halt))
    else:
        run_in_chunks(work, jobs, seconds, threads=threads, progress=progress, label="covering radii")
