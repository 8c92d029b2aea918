"""Subsets of exactly k of n items: where they begin to hit a target."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln

from slthlib.sums.laws._common import between, model, plain

__all__ = ["sized_threshold"]


def sized_threshold(
    share: ArrayLike, *, M: ArrayLike | None = None, eps: ArrayLike | None = None
) -> float | NDArray[np.float64]:
    """The number of items n0, not rounded, at which subsets of k = share n0 items begin to hit a target near 0.

    It solves C(n, k) w = sqrt(2 pi k (1 - share) sigma**2), C continued to real k, w as in `subset_sum_probability`.
    To leading order n H2(share) = log2(k / eps) + log2(pi (1 - share) sigma), with H2 the binary entropy in bits: the
    form log2(k / eps) / H2(share) with the constant exactly 1. Label ``law-sized``: law derived and simulated.

    Parameters
    ----------
    share : float, array-like
        k / n, in (0, 1).
    M : int, array-like, or None
        Items are uniform on {-M, ..., M}.
    eps : float, array-like, or None
        Without M, items are uniform on [-1, 1]. With M, a tolerance in units of the grid.

    Returns
    -------
    float or float64 array, broadcast; at least the n at which k is 1

    Used in: strong/sparsity.
    """
    q = between("share", share, 0.0, 1.0, "(0, 1)")
    top, tolerance = model(M, eps)
    variance = np.full((), 1 / 3) if top is None else top * (top + 1) / 3
    slack = np.zeros(()) if tolerance is None else tolerance
    width = 2 * slack if top is None else 2 * slack + 1

    def log_mean(n: NDArray[np.float64]) -> NDArray[np.float64]:
        log_choose = -betaln(q * n + 1, (1 - q) * n + 1) - np.log1p(n)  # no difference of large logarithms
        return log_choose - 0.5 * np.log(2 * np.pi * q * n * (1 - q) * variance) + np.log(width)

    low = np.broadcast_to(np.maximum(1 / q, 1 / (1 - q)), np.broadcast_shapes(q.shape, np.shape(width))).astype(float)
    start, high = low, low + 4.0
    while np.any(short := log_mean(high) < 0):
        high = np.where(short, 2 * high, high)
    for _ in range(80):
        middle = 0.5 * (low + high)
        below = log_mean(middle) < 0
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return plain(np.where(low == start, start, 0.5 * (low + high)))
