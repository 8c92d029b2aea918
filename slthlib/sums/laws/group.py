"""Sums that wrap around: items uniform on a finite abelian group, such as the integers modulo N."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums.laws._common import LOG2, plain, wholes

__all__ = ["group_failure_bound", "group_failure_lower_bound", "group_missed_probability"]


def group_failure_bound(n: ArrayLike, N: ArrayLike) -> float | NDArray[np.float64]:
    """Proved upper bound on the probability that some element of a group of order N is no subset sum of n items.

    The items are independent and uniform on any finite abelian group with N elements. The least over b of

        N**(2**-b) (N - 1) / (2**(n - b) + N - 2),   0 <= b < n,

    which is at most 4 N log2(N) / 2**n for N >= 2. Label ``thm-modular``: proved here.

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    N : int, array-like
        Order of the group, at least 1.

    Returns
    -------
    float or float64 array, broadcast over n and N, at most 1

    Examples
    --------
    >>> round(group_failure_bound(13, 256), 2)
    0.4

    Used in: sums/quantized.
    """
    items, order = np.broadcast_arrays(wholes("n", n), wholes("N", N))
    # Beyond b = 64 the first factor is 1 in float64, and the rest only grows with b.
    b = np.arange(64)
    n_, N_ = items[..., None], order[..., None]
    log_bound = np.log(N_) * 0.5**b + _log_missed(np.maximum(n_ - b, 0.0), N_)
    log_bound = np.where(b < n_, log_bound, np.inf).min(axis=-1)
    return plain(np.where(order == 1, 0.0, np.exp(np.minimum(log_bound, 0.0))))


def group_missed_probability(n: ArrayLike, N: ArrayLike) -> float | NDArray[np.float64]:
    """Proved upper bound on the probability that one given element of a group of order N is no subset sum.

    The 2**n - 1 nonempty subsets have uniform sums that are independent in pairs, so by Chebyshev's inequality in the
    form Var / (Var + mean**2) it is at most (N - 1) / (2**n + N - 2), a little below (N - 1) / (2**n - 1). It is an
    equality for n = 1. Label ``thm-modular``: proved here.

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    N : int, array-like
        Order of the group, at least 1.

    Returns
    -------
    float or float64 array, broadcast over n and N

    Used in: no chapter.
    """
    items, order = wholes("n", n), wholes("N", N)
    return plain(np.where(order == 1, 0.0, np.exp(np.minimum(_log_missed(items, order), 0.0))))


def _log_missed(n: NDArray[np.float64], N: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of (N - 1) / (2**n + N - 2)."""
    log_count = n * LOG2 + np.log1p((N - 2) * np.exp2(-np.clip(n, 1.0, 1100.0)))
    return np.log(np.maximum(N - 1, 0.5)) - log_count


def group_failure_lower_bound(n: ArrayLike, p: ArrayLike) -> float | NDArray[np.float64]:
    """Proved lower bound p**-n on the probability that some element of a finite abelian group is no subset sum.

    All items may fall into one subgroup of index p. Label ``thm-modular``: proved here.

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    p : int, array-like
        The least prime that divides the order of the group; at least 2.

    Returns
    -------
    float or float64 array, broadcast over n and p

    Used in: no chapter.
    """
    return plain(np.exp(-wholes("n", n) * np.log(wholes("p", p, least=2.0))))
