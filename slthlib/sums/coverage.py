"""How densely the sums of subsets cover an interval: the covering radius, exact or between bounds."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums._check import check_items, check_memory
from slthlib.sums._fixed_windows import FixedWindow
from slthlib.sums._radius_ways import double_radii_from_tables, radii_within, table_seconds
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
        For items or ends that are not finite numbers, low > high, integers whose absolute values sum to more than
        2**60, more than 44 items (unless they are multiples of one not too small number), or items of such different
        sizes that rounding could change the radius by more than a thousandth of it and by more than a billionth of
        the larger end.

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
    return float(
        radii_within(FixedWindow.around(items, low, high, batch=False), low, high, threads=None, progress=None)[0]
    )


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
    return radii_within(window, low, high, threads=threads, progress=progress)


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
        The radius r is certain to lie between; the bounds are at most ``n * resolution`` apart, up to the rounding
        of floats.

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
    checked = check_items(items, batch=False)
    given = checked.given.astype(np.float64)
    lost = 0 if checked.real else sum(abs(x - int(float(x))) for x in checked.given[0].tolist())
    grid = math.frexp(resolution)[1] - 1
    with np.errstate(over="ignore"):  # refused below
        whole = np.rint(np.ldexp(given, -grid))
    moved = np.ldexp(whole, grid) - given  # exact: a multiple of the last bit of the item, and no larger than it
    error = max(math.fsum(moved[moved > 0]), -math.fsum(moved[moved < 0])) + lost
    total = float(np.abs(whole).sum())
    check_memory(total / 4, f"a table of {total:.3g} sums on the grid 2**{grid}")
    # Spare bits below the grid let the ends of the interval be told more exactly.
    spare = max(0, 59 - math.frexp(total)[1])
    window = FixedWindow.on_grid(
        whole.astype(np.int64) << spare, np.array([spare - grid]), np.array([error]), low, high
    )
    unit = np.array([1 << spare], np.int64)
    seconds = table_seconds(len(given[0]), total / 128)
    doubled = double_radii_from_tables(window, np.array([0]), unit, seconds, 1, False)
    radius, error = float(window.radii(doubled)[0]), float(window.slack[0])
    if error == 0 and int(float(doubled[0])) == doubled[0] and window.outside[0] == _beyond(window, low, high):
        return CoveringBounds(radius, radius)
    # Every number that was rounded to a float moves outwards, the error by more than its few additions can lose.
    error = math.nextafter(error * (1 + 2.0**-50), math.inf)
    lower = math.nextafter(math.nextafter(radius, -math.inf) - error, -math.inf)
    upper = math.nextafter(math.nextafter(radius, math.inf) + error, math.inf)
    return CoveringBounds(max(0.0, lower), upper)


def _beyond(window: FixedWindow, low: float, high: float) -> Fraction:
    """How far the interval reaches beyond all sums of the one row, exactly."""
    row, unit = window.rows[0], Fraction(2) ** -int(window.scale[0])
    lowest, highest = int(np.minimum(row, 0).sum()) * unit, int(np.maximum(row, 0).sum()) * unit
    return max(Fraction(0), lowest - Fraction(low), Fraction(high) - highest)
