"""Vectors in place of numbers: one target in d dimensions."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chndtr

from slthlib.sums.laws._common import LOG2, numbers, plain, wholes
from slthlib.sums.laws._quadrature import clock

__all__ = ["vector_subset_sum_probability"]


def vector_subset_sum_probability(
    n: ArrayLike, dimension: ArrayLike, eps: ArrayLike, *, distance: ArrayLike = 0.0
) -> float | NDArray[np.float64]:
    """Probability that some subset sum of n vectors comes within ``eps`` of one target in every coordinate.

    The coordinates of the vectors are independent and uniform on [-1, 1]. Given the drift G, now a standard normal
    vector, the sums near the target are Poisson with the mean ``A exp(-|G - h|**2 / 2)`` within the cube, A =
    (2 eps)**d 2**n (6 / (pi n))**(d / 2) and h = 2 sqrt(3 / n) times the target; the square of G - h is noncentral
    chi-square. So n = d log2(1 / eps) + (d / 2) log2(pi n / 24) items are where it turns. Label ``law-multi``: law
    derived; compared with few simulations, in two dimensions.

    Parameters
    ----------
    n : int, array-like
        Number of vectors, at least 1.
    dimension : int, array-like
        d, from 1 to 1000.
    eps : float, array-like
        Above 0.
    distance : float, array-like
        Euclidean norm of the target. At 0 the empty subset is left out of account.

    Returns
    -------
    float or float64 array, broadcast over the arguments

    Used in: no chapter.
    """
    items, d = wholes("n", n), wholes("dimension", dimension)
    tolerance, far = numbers("eps", eps), numbers("distance", distance)
    if not np.all((tolerance > 0) & np.isfinite(tolerance)):
        raise ValueError(f"eps: expected finite numbers above 0, got {eps!r}")
    if not np.all(d <= 1000):
        raise ValueError(f"dimension: expected at most 1000, got {dimension!r}")
    if not np.all((far >= 0) & (far <= items * np.sqrt(d))):
        raise ValueError(f"distance: expected numbers from 0 to n sqrt(d), got {distance!r}")
    items, d, tolerance, far = np.broadcast_arrays(items, d, tolerance, far)
    log_mean = d * np.log(2 * tolerance) + items * LOG2 + 0.5 * d * np.log(6 / (np.pi * items))
    shift = 2 * far * np.sqrt(3 / items)
    column = [x.reshape(-1, 1).astype(np.float64) for x in (log_mean, shift, d)]
    s, density = clock(column[0], column[1], 1.0)
    hit = (density * chndtr(s * s, column[2], column[1] ** 2)).sum(axis=1)
    return plain(np.minimum(hit, 1.0).reshape(items.shape))
