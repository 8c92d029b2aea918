"""Saddle points: the number of subsets near a sum, given the items."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Array = NDArray[np.float64]


def cumulants(items: Array, tilt: Array) -> tuple[Array, Array, Array]:
    """K, K' and K'' of the subset sums of ``items`` [B, n] at tilts [B, J]: K = sum ln(1 + e^{tilt a}); each [B, J]."""
    y = tilt[:, :, None] * items[:, None, :]
    p = expit(y)
    first = (p * items[:, None, :]).sum(axis=2)
    second = (p * (1 - p) * items[:, None, :] ** 2).sum(axis=2)
    return np.logaddexp(0.0, y).sum(axis=2), first, second


def tilts(items: Array, sums: Array) -> Array:
    """The tilt at which the mean subset sum is ``sums`` [B, J]: bisection in the tilt times the largest item, +-700.

    Beyond, the mean is as good as the least or the largest sum; what the caller makes of such ends is his affair.
    """
    scale = np.abs(items).max(axis=1, keepdims=True)
    low, high = np.full(sums.shape, -700.0), np.full(sums.shape, 700.0)
    for _ in range(60):
        middle = 0.5 * (low + high)
        y = (middle / scale)[:, :, None] * items[:, None, :]
        below = (expit(y) * items[:, None, :]).sum(axis=2) < sums
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return 0.5 * (low + high) / scale
