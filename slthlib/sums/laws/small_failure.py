"""The law where failure is rare: large signs against a hole in the sums of the magnitudes.

Write a_j for the magnitudes, P for the set of their subset sums, and A for the random set of negative items. The items
fail when {a(A) - M, ..., a(A) + M} is not contained in P. All holes of P lie near its two ends, so failure asks that
a(A) comes within M of the last hole below the middle: far in the lower tail of a(A), where its law is not normal.
Tilting by exp(-x a / M) moves the tail into the middle.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erfcx, exp1

from slthlib.sums.laws._common import LOG2, plain, wholes
from slthlib.sums.laws._quadrature import panels
from slthlib.sums.laws.targets import all_targets

__all__ = ["all_targets_failure", "small_failure_probability"]

Array = NDArray[np.float64]

#: Where the law of small failure takes over from the law of the middle.
SEAM = 0.01


def all_targets_failure(n: ArrayLike, M: ArrayLike) -> float | NDArray[np.float64]:
    """Probability that some target of {-M, ..., M} is no subset sum: one curve from 1 down to the smallest numbers.

    1 - `all_targets_probability` down to 0.01, and `small_failure_probability` (at most 0.01) below. At the seam the
    second law is the larger, by a factor of 1.0 to 1.5 for M from 32 on, and by 2 to 20 below, where neither is good.
    Label ``law-small-failure``: law derived and simulated.

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    M : int, array-like
        Items are uniform on {-M, ..., M}.

    Returns
    -------
    float or float64 array, broadcast over n and M

    Used in: sums/quantized, appendix/certificates.
    """
    _, failure = all_targets(n, M, None)
    items, top = np.broadcast_arrays(wholes("n", n), wholes("M", M))
    rare = failure < SEAM
    if rare.any():
        small = small_failure_probability(items[rare], top[rare])
        failure = failure.copy()
        failure[rare] = np.minimum(small, SEAM)
    return plain(failure)


def small_failure_probability(n: ArrayLike, M: ArrayLike) -> float | NDArray[np.float64]:
    """Probability that some target of {-M, ..., M} is no subset sum, where that is rare (below about 0.01).

    With tau(x) = int_0^1 v / (1 + e^{xv}) dv, s2(x) = int_0^1 v**2 e^{xv} / (1 + e^{xv})**2 dv and H(x) = int_0^1
    ln(1 + e^{-xv}) dv + x tau(x), the sums of the magnitudes near n M tau(x) have the density

        c(x) = exp(n H(x)) / sqrt(2 pi n M**2 s2(x)).

    The last hole below the middle is near m0 = n M tau(x0), where x0 is the smallest x at which (M/x) E_1(c(x)) rises
    through ln 2, or, if it stays below, the x that maximises it. With K = m0 + M = n M tau(x1),

        P(fail) = 1.4 * 2**(1-n) * exp(n H(x1)) * erfcx(x1 sqrt(n s2(x1) / 2)) / 2.

    The factor 1.4, the mean over the median of the count, was read off once at M = 512 and is not derived. So used, the
    law gives the n of a measured failure to within one item for M from 32 to 2048 and failures from 0.5 to 1e-9; its
    ratio to the measured failure at M = 512 and n = 24, 30, 43, 50 is 1.10, 1.04, 0.88, 0.80. It treats the
    magnitudes as real numbers, which asks for n far below M**2, and it is never taken below the proved bound
    ((M + 1) / (2 M + 1))**n. Label ``law-small-failure``: law derived and simulated.

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    M : int, array-like
        Items are uniform on {-M, ..., M}.

    Returns
    -------
    float or float64 array, broadcast over n and M; at most 1, and 0 where float64 ends

    Used in: sums/quantized.
    """
    items, top = np.broadcast_arrays(wholes("n", n), wholes("M", M))
    shape = items.shape
    items, top = items.reshape(-1), top.reshape(-1)
    out = np.empty(items.size)
    for start in range(0, items.size, 256):
        part = slice(start, start + 256)
        out[part] = _log_failure(items[part], top[part])
    bound = items * (np.log1p(top) - np.log1p(2 * top))
    return plain(np.exp(np.minimum(np.maximum(out, bound), 0.0)).reshape(shape))


def tilted(x: Array) -> tuple[Array, Array, Array]:
    """tau, s2 and H at tilts x >= 0, by Gauss-Legendre on panels that follow the scale 1/x."""
    scale = np.maximum(x, 1e-300)[..., None]
    edges = np.minimum(1.0, np.array([0.0, 1, 2, 4, 8, 16, 32, 64, np.inf]) / scale)
    v, weight = panels(edges)
    q = np.exp(-x[..., None] * v)
    tau = (weight * v * q / (1 + q)).sum(axis=-1)
    spread = (weight * v * v * q / (1 + q) ** 2).sum(axis=-1)
    return tau, spread, (weight * np.log1p(q)).sum(axis=-1) + x * tau


_GRID = np.exp(np.linspace(np.log(1e-2), np.log(1e8), 1000))
_TABLE = tilted(_GRID)


def _log_failure(n: Array, M: Array) -> Array:
    x0 = _last_hole(n, M)
    level = tilted(x0)[0] + 1 / n  # K / (n M)
    hopeless = (x0 <= _GRID[0]) | (level >= 0.25)  # a(A) comes that far every other time
    x1 = inverse_tau(np.where(hopeless, 0.1, level))
    _, spread, entropy = tilted(x1)
    log_share = n * (entropy - LOG2) + np.log(erfcx(x1 * np.sqrt(0.5 * n * spread)))
    return np.where(hopeless, 0.0, np.log(1.4) + log_share)


def _log_holes(n: Array, M: Array, x: Array, table: tuple[Array, Array, Array]) -> Array:
    """Logarithm of the mean number of holes below n M tau(x): (M/x) E_1(c(x))."""
    _, spread, entropy = table
    log_c = n * entropy - 0.5 * np.log(2 * np.pi * n * spread) - np.log(M)
    c = np.exp(np.minimum(log_c, 600.0))
    # E_1(c) = e^-c / (c + 1 - ...) once c is large; the two branches agree to 1e-5 where they meet.
    log_e1 = np.where(c < 500, np.log(exp1(np.minimum(c, 500.0))), -c - np.log1p(c))
    return np.log(M) - np.log(x) + log_e1


def _last_hole(n: Array, M: Array) -> Array:
    """x0 for each problem; the smallest tilt of the grid where there are holes everywhere."""
    n, M = n[:, None], M[:, None]
    holes = _log_holes(n, M, _GRID, _TABLE)
    aim = np.log(LOG2)
    above = holes >= aim
    first = np.where(above.any(axis=1), above.argmax(axis=1), -1)
    best = holes.argmax(axis=1)
    spot = np.where(first > 0, first, np.clip(best, 1, _GRID.size - 2))
    rises = first > 0
    low = _GRID[spot - 1]
    high = np.where(rises, _GRID[spot], _GRID[np.minimum(spot + 1, _GRID.size - 1)])

    def holes_at(x: Array) -> Array:
        return _log_holes(n[:, 0], M[:, 0], x, tilted(x))

    for _ in range(44):  # bisection where the level is passed, golden section where it is not
        width = high - low
        a, b = np.where(rises, low + 0.5 * width, low + 0.382 * width), low + 0.618 * width
        left = holes_at(a) >= (aim if rises.all() else np.where(rises, aim, holes_at(b)))
        low, high = np.where(left, low, a), np.where(left, np.where(rises, a, b), high)
    return np.where(first == 0, _GRID[0], 0.5 * (low + high))


def inverse_tau(level: Array) -> Array:
    """The x with tau(x) = level, for 0 < level < 1/4: tau falls from 1/4 to 0."""
    low, high = np.zeros_like(level), 1 / np.sqrt(level)  # tau(x) < pi**2 / (12 x**2)
    for _ in range(54):
        middle = 0.5 * (low + high)
        below = tilted(middle)[0] < level
        low, high = np.where(below, low, middle), np.where(below, middle, high)
    return 0.5 * (low + high)
