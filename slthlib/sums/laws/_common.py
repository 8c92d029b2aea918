"""What the laws share: checked arguments, and plain numbers out when plain numbers came in."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

LOG2 = math.log(2.0)


def checked(n: ArrayLike, M: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    size, largest = np.asarray(n, dtype=np.float64), np.asarray(M, dtype=np.float64)
    if not np.all((size >= 1) & (size == np.floor(size)) & np.isfinite(size)):
        raise ValueError(f"n: expected whole numbers of at least 1, got {n!r}")
    if not np.all((largest >= 1) & np.isfinite(largest)):
        raise ValueError(f"M: expected finite numbers of at least 1, got {M!r}")
    return size, largest


def plain(value: NDArray[np.float64]) -> float | NDArray[np.float64]:
    return float(value) if np.ndim(value) == 0 else value
