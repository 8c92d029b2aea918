"""Positive items: how many subsets make a sum, far from the middle too."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums.laws._common import LOG2, between, numbers, plain
from slthlib.sums.laws._saddle import cumulants, tilts
from slthlib.sums.laws.small_failure import inverse_tau, tilted

__all__ = ["positive_entropy", "positive_subset_log_count"]


def positive_entropy(tau: ArrayLike) -> float | NDArray[np.float64]:
    """Bits per item in the number of subsets of n items, uniform on {1, ..., M}, that sum to within O(M) of tau n M.

    2**(n h(tau)) of them, with h = (int_0^1 ln(1 + e^{ux}) dx - u tau) / ln 2 and u such that int_0^1 x / (1 + e^{-ux})
    dx = tau. An exact target needs n h(tau) >= log2 M + O(log n). h is 1 at tau = 1/4, symmetric about it, and 0 at
    0 and 1/2. Law derived; the count given the items is checked by exact counting.

    Parameters
    ----------
    tau : float, array-like
        In (0, 1/2): the target over n M.

    Returns
    -------
    float or float64 array

    Examples
    --------
    >>> round(positive_entropy(0.1), 3)
    0.786

    Used in: no chapter.
    """
    level = between("tau", tau, 0.0, 0.5, "(0, 1/2)")
    lower = np.minimum(level, 0.5 - level)
    if not np.all(lower >= 1e-300):
        raise ValueError(f"tau: expected numbers in (0, 1/2) and 1e-300 from its ends, got {tau!r}")
    return plain(np.minimum(tilted(inverse_tau(lower))[2] / LOG2, 1.0))


def positive_subset_log_count(items: ArrayLike, target: ArrayLike) -> float | NDArray[np.float64]:
    """log2 of the number of subsets of these items that sum to ``target``, by the saddle point.

    With u such that sum_j a_j / (1 + e^{-u a_j}) = target and p_j = 1 / (1 + e^{-u a_j}), the number is about

        exp(sum_j ln(1 + e^{u a_j}) - u target) / sqrt(2 pi sum_j a_j**2 p_j (1 - p_j)).

    Only the number of subsets per grid point in the neighbourhood: whether one hits the target is a matter of chance.
    Items of either sign will do. Law derived; checked by exact counting.

    Parameters
    ----------
    items : int or float, array-like, shape [n] or [B, n]
        Integers with greatest common divisor 1, or else the count is that of the multiples only.
    target : int or float, array-like, shape [] or [B]
        Strictly between the least and the largest subset sum.

    Returns
    -------
    float or float64 array [B]

    Used in: no chapter.
    """
    a, t = numbers("items", items), numbers("target", target)
    if a.ndim not in (1, 2) or a.size == 0:
        raise ValueError(f"items: expected shape [n] or [B, n], got shape {a.shape}")
    rows = np.atleast_2d(a)
    if not np.isfinite(rows).all() or not (rows != 0).any(axis=1).all():
        raise ValueError("items: expected finite numbers, not all of a row 0")
    if t.ndim > 1 or (t.ndim == 1 and t.size not in (1, len(rows)) and a.ndim == 2):
        raise ValueError(f"target: expected one number, or one for each of {len(rows)} rows, got shape {t.shape}")
    sums = np.broadcast_to(t, (len(rows),)) if a.ndim == 2 else np.atleast_1d(t)
    low, high = np.minimum(rows, 0).sum(axis=1), np.maximum(rows, 0).sum(axis=1)
    if not np.all((sums > low) & (sums < high)):
        raise ValueError(f"target: expected numbers strictly between the least and the largest sum, got {target!r}")
    if a.ndim == 1 and t.ndim == 1:
        rows = np.broadcast_to(rows, (t.size, rows.shape[1]))
    tilt = tilts(rows, sums[:, None])
    log_total, _, spread = cumulants(rows, tilt)
    log_count = (log_total - tilt * sums[:, None] - 0.5 * np.log(2 * np.pi * spread))[:, 0] / LOG2
    return plain(log_count[0] if a.ndim == 1 and t.ndim == 0 else log_count)
