"""The window of the partition transition: where in it a problem lies, and problems that lie at a given place.

The transition from problems with perfect partitions to problems without happens at M = 2**n n**(-1/2) 2**lambda, while
lambda goes through the numbers of order 1.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums.laws._common import checked, numbers, plain

__all__ = ["window_parameter", "window_size"]


def window_parameter(n: ArrayLike, M: ArrayLike) -> float | NDArray[np.float64]:
    """lambda, the position in the window: M = 2**n n**(-1/2) 2**lambda.

    Parameters
    ----------
    n : int, array-like
    M : int or float, array-like

    Returns
    -------
    float or float64 array

    Used in: no chapter.
    """
    size, largest = checked(n, M)
    return plain(np.log2(largest) - size + 0.5 * np.log2(size))


def window_size(n: int, position: float) -> int:
    """M, the largest item, at position lambda of the window: 2**n n**(-1/2) 2**lambda, rounded.

    Parameters
    ----------
    n : int
    position : float

    Returns
    -------
    int, at least 1

    Used in: sums/partition.
    """
    size, _ = checked(n, 1)
    place = numbers("position", position)
    for name, value in (("n", size), ("position", place)):
        if value.ndim:
            raise TypeError(f"{name}: expected one number, got {value!r}")
    exponent = float(size) - 0.5 * math.log2(float(size)) + float(place)
    if not exponent < 1023:
        raise ValueError(f"position: n = {n} and lambda = {position} give M = 2**{exponent:.0f}, beyond float64")
    return max(1, round(2.0**exponent))
