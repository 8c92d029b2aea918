"""Closed forms for random partition problems, each with its label in the book and how far it can be trusted.

X_1, ..., X_n are independent and uniform on {1, ..., M}. The sum of squares of one of them is sigma**2 =
(M + 1)(2 M + 1) / 6 on average, and everything below hangs on one number, the mean number of perfect partitions

    mu = 2**n / sqrt(2 pi n sigma**2).
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, xlogy

from slthlib.sums.laws._common import LOG2, checked, numbers, plain, wholes

__all__ = [
    "difference_tail",
    "first_correction",
    "perfect_partition_count_probability",
    "perfect_partition_mean",
    "perfect_partition_probability",
]

_PARITIES = ("even", "odd", None)


def perfect_partition_probability(
    n: ArrayLike, M: ArrayLike, *, parity: str | None = None
) -> float | NDArray[np.float64]:
    """Probability that a random problem has a perfect partition: 1 - exp(-mu), or 1 - exp(-2 mu) for an odd sum.

    Borgs, Chayes and Pittel (2001) prove that an explicit limit exists in the window; this form is derived. Label
    ``law-perfect``: law derived and simulated. Too high by about 0.1 / n in the middle of the window, and by less
    outside it; `first_correction` says by how much.

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    M : int or float, array-like
        Items are uniform on {1, ..., M}; from 1 to 2**62 and beyond.
    parity : {"even", "odd", None}
        Parity of the sum; None averages over the two.

    Returns
    -------
    float or float64 array, broadcast over n and M

    Examples
    --------
    >>> round(perfect_partition_probability(20, 2**20 / 20**0.5), 4)
    0.6239

    Used in: sums/partition.
    """
    return _by_parity(parity, lambda rate: -np.expm1(-rate * _mean(n, M)))


def first_correction(n: ArrayLike, M: ArrayLike, *, parity: str | None = None) -> float | NDArray[np.float64]:
    """What finite n adds to `perfect_partition_probability`, to first order in 1/n.

    It is ``-(m exp(-m) / n) (3/20 + m/10)``, with m = mu for an even sum and 2 mu for an odd one: the sum of squares
    fluctuates from problem to problem, and the density of the signed sum at zero is a little below the Gaussian's.
    Label ``law-correction``: law derived and simulated, from n = 16 on and for m up to about 1.5.

    Parameters
    ----------
    n : int, array-like
    M : int or float, array-like
    parity : {"even", "odd", None}

    Returns
    -------
    float or float64 array, at most 0

    Used in: sums/partition.
    """

    def correction(rate: float) -> NDArray[np.float64]:
        m = np.minimum(rate * np.asarray(_mean(n, M)), 1e300)  # beyond, exp(-m) is 0 anyway
        return -m * np.exp(-m) * (0.15 + 0.1 * m) / np.asarray(n, dtype=np.float64)

    return _by_parity(parity, correction)


def perfect_partition_mean(n: ArrayLike, M: ArrayLike, *, parity: str = "even") -> float | NDArray[np.float64]:
    """Mean number of perfect partitions given the parity of the sum, to leading order: mu, or 2 mu for an odd sum.

    Label ``law-perfect``.

    Parameters
    ----------
    n : int, array-like
    M : int or float, array-like
    parity : {"even", "odd"}

    Returns
    -------
    float or float64 array; infinite where it leaves the range of float64

    Used in: sums/partition.
    """
    if parity not in ("even", "odd"):
        raise ValueError(f"parity: expected 'even' or 'odd', got {parity!r}")
    with np.errstate(over="ignore"):
        return plain((1.0 if parity == "even" else 2.0) * _mean(n, M))


def perfect_partition_count_probability(
    count: ArrayLike, n: ArrayLike, M: ArrayLike, *, parity: str | None = None
) -> float | NDArray[np.float64]:
    """Probability of exactly ``count`` perfect partitions: Poisson with mean mu, or 2 mu for an odd sum.

    Label ``law-count``: law derived and simulated.

    Parameters
    ----------
    count : int, array-like
        Unordered partitions, 0 or more.
    n : int, array-like
    M : int or float, array-like
    parity : {"even", "odd", None}

    Returns
    -------
    float or float64 array

    Used in: sums/partition.
    """
    k = wholes("count", count, least=0.0)

    def poisson(rate: float) -> NDArray[np.float64]:
        mean = np.minimum(rate * np.asarray(_mean(n, M)), 1e300)  # beyond, every probability is 0 anyway
        return _poisson(k, mean)

    return _by_parity(parity, poisson)


def difference_tail(
    difference: ArrayLike, n: ArrayLike, M: ArrayLike, *, parity: str | None = None
) -> float | NDArray[np.float64]:
    """Probability that the best difference exceeds ``difference``.

    exp(-mu (1 + 2 l)) beyond 2 l for an even sum, exp(-2 mu (l + 1)) beyond 2 l + 1 for an odd one: every value a
    difference can take is hit by its own Poisson number of partitions, mean mu for 0 and 2 mu for every other. Label
    ``law-difference``: law derived and simulated, for differences far below the typical sqrt(n) M.

    Parameters
    ----------
    difference : int or float, array-like
    n : int, array-like
    M : int or float, array-like
    parity : {"even", "odd", None}

    Returns
    -------
    float or float64 array

    Used in: sums/partition.
    """
    d = numbers("difference", difference)
    mean = _mean(n, M)

    def tail(rate: float) -> NDArray[np.float64]:
        values = 1 + 2 * np.floor(d / 2) if rate == 1.0 else 2 * np.floor((d + 1) / 2)
        with np.errstate(invalid="ignore"):  # infinity times no value at all
            return np.where(values <= 0, 1.0, np.exp(-np.maximum(values, 0.0) * mean))

    return _by_parity(parity, tail)


def _poisson(k: NDArray[np.float64], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Poisson probabilities; for large k after Loader, as three logarithms of that size would cancel to noise."""
    few = np.minimum(k, 32.0)
    direct = np.exp(xlogy(few, mean) - mean - gammaln(few + 1))
    many = np.maximum(k, 32.0)
    far = (mean - many) / many
    with np.errstate(divide="ignore"):  # a mean that underflowed to 0
        exponent = many * (far - np.log1p(far)) + (1 / 12 - 1 / 360 / many / many) / many
    return np.where(k < 32, direct, np.exp(-exponent) / np.sqrt(2 * math.pi * many))


def _mean(n: ArrayLike, M: ArrayLike) -> NDArray[np.float64]:
    size, largest = checked(n, M)
    log_square = np.log1p(largest) + np.log(largest + 0.5) - math.log(3)
    with np.errstate(over="ignore"):  # beyond float64 the mean is infinite, and every probability is settled
        return np.exp(size * LOG2 - 0.5 * (np.log(2 * math.pi * size) + log_square))


def _by_parity(parity: str | None, probability: Callable[[float], NDArray[np.float64]]) -> float | NDArray[np.float64]:
    if parity not in _PARITIES:
        raise ValueError(f"parity: expected 'even', 'odd' or None, got {parity!r}")
    with np.errstate(over="ignore"):  # a mean beyond float64 settles the probability
        if parity is None:
            return plain(0.5 * (probability(1.0) + probability(2.0)))
        return plain(probability(1.0 if parity == "even" else 2.0))
