"""Upper bounds on the probability that some target is missed: the closed forms, and the best certified bound held.

X_1, ..., X_n are independent and uniform on {-M..M}, N = 2M + 1, and "failure" means that some t in {-M..M} is no
subset sum; or they are uniform on [-1, 1], and some z in [-1, 1] is farther than eps from every subset sum. Every
function here returns a number that the probability of failure cannot exceed, rounded up, at most 1 and never 0.
"""

import math
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc

from slthlib.sums.laws._common import LOG2, plain
from slthlib.sums.laws._sizes import (
    TINY,
    either,
    items_checked,
    probability,
    sizes,
    tolerance_checked,
    whole,
)
from slthlib.sums.laws.growth import GROWTH_LIMIT, growth_bound
from slthlib.sums.laws.second_moment import SECOND_MOMENT_LIMIT, second_moment_bound

__all__ = ["binomial_bound", "drift_bound", "failure_bound", "three_quarters_bound"]

KINDS = ("proved", "floating-point")


def three_quarters_bound(
    n: ArrayLike, *, M: ArrayLike | None = None, eps: ArrayLike | None = None
) -> float | NDArray[np.float64]:
    """The one-page bound on the probability of failure: 4 M**2 (3/4)**n, or 8 eps**-2 (3/4)**n for reals.

    Label ``thm-three-quarters``: proved here.

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    M : int, array-like, optional
        Integers: items and targets in {-M..M}; of any size.
    eps : float, array-like, optional
        Reals: every z in [-1, 1] within eps.

    Returns
    -------
    float or float64 array, in (0, 1]

    Used in: sums/subset_sum, appendix/sharp, appendix/certificates.
    """
    if either(M, eps):
        size = sizes(n, M)  # type: ignore[arg-type]
        return plain(probability(2 * LOG2 + 2 * size.log_m + size.n * math.log(0.75)))
    count, tolerance = items_checked(n), tolerance_checked(eps)  # type: ignore[arg-type]
    return plain(probability(3 * LOG2 - 2 * np.log(tolerance) + count * math.log(0.75)))


def binomial_bound(n: ArrayLike, M: ArrayLike) -> float | NDArray[np.float64]:
    """P(Bin(n, M/N) <= 2M - 1): the bound with the exact rate for fixed M.

    While some target is missed, each item makes the set of targets met larger with probability at least M/N, and 2M
    enlargements are enough. Label ``thm-fixed-m``: proved here. Useful for n beyond about 4M only.

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    M : int, array-like
        Items and targets are in {-M..M}; of any size.

    Returns
    -------
    float or float64 array, in (0, 1]

    Used in: sums/quantized, appendix/certificates.
    """
    size = sizes(n, M)
    # Where the bound is below 1, n >= 2M, so the float of M is M.
    useful = np.exp(np.minimum(size.log_m, 700.0)) * 2 <= size.n + 0.5
    largest = np.where(useful, np.rint(np.exp(np.where(useful, size.log_m, 0.0))), 1.0)
    count = np.maximum(size.n, 2 * largest)
    with np.errstate(under="ignore"):
        tail = betainc(count - 2 * largest + 1, 2 * largest, (largest + 1) / (2 * largest + 1))
    return plain(np.where(useful, np.clip(tail * (1 + 1e-9), TINY, 1.0), 1.0))


def drift_bound(n: ArrayLike, M: ArrayLike) -> float | NDArray[np.float64]:
    """The explicit bound with leading constant 1, n = n0 + k + b, at the best n0, k and b its hypotheses allow.

    64 N**(2**-b) N n0 2**-n0 + exp(-n0/72) + 3 exp(-k**2 / (32 n0)), where n0 >= 1200, n0 (3/2)**n0 <= N,
    b + 5 <= sqrt(n0)/4 and k <= n0. Label ``thm-sharp-small``: proved here. Its hypotheses ask for M of 2**711 and
    more: elsewhere the bound is 1.

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    M : int, array-like
        Items and targets are in {-M..M}; of any size.

    Returns
    -------
    float or float64 array, in (0, 1]

    Used in: no chapter.
    """
    size = sizes(n, M)
    flat = [
        _best_drift(int(count), log_count) for count, log_count in zip(size.n.flat, size.log_count.flat, strict=True)
    ]
    return plain(np.array(flat).reshape(size.n.shape))


def _best_drift(n: int, log_count: float) -> float:
    last = min(n, int(log_count / math.log(1.5)) + 1)
    if last < 1200:
        return 1.0
    n0 = np.arange(1200, last + 1)[:, None]
    b = np.arange(0, 60)[None, :]
    k = np.minimum(n - n0 - b, n0)
    # A hair inside the hypotheses, so that rounding a logarithm cannot let a pair in that does not satisfy them.
    allowed = (np.log(n0) + n0 * math.log(1.5) <= log_count * (1 - 1e-12)) & (16 * (b + 5) ** 2 <= n0) & (k >= 0)
    if not allowed.any():
        return 1.0
    with np.errstate(under="ignore"):
        first = math.log(64) + (1 + 0.5**b) * log_count + np.log(n0) - n0 * LOG2
        total = np.logaddexp(first, np.logaddexp(-n0 / 72, math.log(3) - k.astype(float) ** 2 / (32 * n0)))
        return float(probability(np.where(allowed, total, 0.0).min()))


def failure_bound(
    n: ArrayLike, *, M: ArrayLike | None = None, eps: ArrayLike | None = None, kind: str = "proved"
) -> float | NDArray[np.float64]:
    """The best certified upper bound held on the probability that some target is missed.

    ``"proved"`` is the least of `three_quarters_bound`, `binomial_bound` and `drift_bound`. ``"floating-point"`` adds
    what is proved up to rounding: `growth_bound`, and `second_moment_bound` joined to it. For reals an integer
    bound holds at N >= (n + 1)/eps (label ``cor-continuous``), and eps >= 1 never fails.

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    M : int, array-like, optional
        Integers: items and targets in {-M..M}; of any size.
    eps : float, array-like, optional
        Reals: every z in [-1, 1] within eps.
    kind : {"proved", "floating-point"}
        Which bounds to take the least of.

    Returns
    -------
    float or float64 array, in [0, 1]; 0 only for eps >= 1

    Notes
    -----
    The floating-point bounds are computed where they take seconds: `growth_bound` up to M = 32768, and
    `second_moment_bound` up to M = 256 and n = 100. Beyond, call them by name.

    Used in: sums/quantized, appendix/certificates.
    """
    if kind not in KINDS:
        raise ValueError(f"kind: expected one of {', '.join(map(repr, KINDS))}, got {kind!r}")
    if either(M, eps):
        return plain(_integer_bound(n, M, kind))  # type: ignore[arg-type]
    count, tolerance = np.broadcast_arrays(items_checked(n), tolerance_checked(eps))  # type: ignore[arg-type]
    # The least M with 2M + 1 >= (n + 1)/eps, in exact arithmetic.
    halves = [((int(c) + 1) / Fraction(t) - 1) / 2 for c, t in zip(count.flat, tolerance.flat, strict=True)]
    grid = np.array([max(1, math.ceil(x)) for x in halves], dtype=object).reshape(count.shape)
    bound = np.minimum(three_quarters_bound(count, eps=tolerance), _integer_bound(count, grid, kind))
    return plain(np.where(tolerance >= 1, 0.0, bound))


def _integer_bound(n: ArrayLike, M: ArrayLike, kind: str) -> NDArray[np.float64]:
    bounds = [three_quarters_bound(n, M=M), binomial_bound(n, M), drift_bound(n, M)]
    if kind == "floating-point":
        bounds.append(_floating_point(n, M))
    return np.minimum.reduce([np.asarray(bound) for bound in bounds])


def _floating_point(n: ArrayLike, M: ArrayLike) -> NDArray[np.float64]:
    values = np.array(M, dtype=object)
    count, largest = np.broadcast_arrays(items_checked(n), values)
    out = np.ones(count.shape)
    for one in {whole(x) for x in values.flat}:
        here = largest == one
        if one <= GROWTH_LIMIT:
            out[here] = growth_bound(count[here], one)
        few = here & (count <= 100)
        if one <= SECOND_MOMENT_LIMIT and few.any():
            out[few] = np.minimum(out[few], second_moment_bound(count[few], one))
    return out
