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

from slthlib.sums.laws._common import LOG2, checked, plain

__all__ = [
    "difference_tail",
    "first_correction",
    "perfect_partition_bounds",
    "perfect_partition_count_probability",
    "perfect_partition_mean",
    "perfect_partition_probability",
    "window_parameter",
    "window_size",
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
    k = np.asarray(count, dtype=np.float64)
    if not np.all((k >= 0) & (k == np.floor(k)) & np.isfinite(k)):
        raise ValueError(f"count: expected whole numbers of at least 0, got {count!r}")

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
    d = np.asarray(difference, dtype=np.float64)
    if np.isnan(d).any():
        raise ValueError("difference: expected numbers, got NaN")
    mean = _mean(n, M)

    def tail(rate: float) -> NDArray[np.float64]:
        values = 1 + 2 * np.floor(d / 2) if rate == 1.0 else 2 * np.floor((d + 1) / 2)
        with np.errstate(invalid="ignore"):  # infinity times no value at all
            return np.where(values <= 0, 1.0, np.exp(-np.maximum(values, 0.0) * mean))

    return _by_parity(parity, tail)


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
    exponent = float(size) - 0.5 * math.log2(float(size)) + float(position)
    if not exponent < 1023:
        raise ValueError(f"position: n = {n} and lambda = {position} give M = 2**{exponent:.0f}, beyond float64")
    return max(1, round(2.0**exponent))


def perfect_partition_bounds(n: int, M: int) -> tuple[float, float]:
    """Proved bounds on the probability of a perfect partition given that the sum is even.

    From below by the exact second moment and the inequality of Cauchy and Schwarz (label ``prop-second-moment``), with
    no error but that of float64. From above by the first moment (label ``thm-first-moment``). Both are proved in the
    chapter.

    Parameters
    ----------
    n : int
        At least 2.
    M : int
        At least 2, and n M at most 2**25: the lower bound sums a characteristic function at 2 n M points.

    Returns
    -------
    tuple of two floats, each within [0, 1]

    Used in: sums/partition.
    """
    if n < 2 or M < 2 or n % 1 or M % 1 or n * M > 2**25:
        raise ValueError(f"n, M: expected whole n >= 2 and M >= 2 with n M <= 2**25, got n = {n}, M = {M}")
    odd_items = ((M + 1) // 2) / M
    even = 0.5 * (1 + (1 - 2 * odd_items) ** n)
    logs = (
        0.5 * math.log(3 / (2 * math.pi * n * M * (M + 1))),
        math.log(2 / (M * (n - 1))) + (n - 1) * math.log(0.5 + 0.75 / M),
        -math.log(M) - n * math.log(2 * M),
    )
    upper = sum(math.exp(min((n - 1) * LOG2 + log, 1.0)) for log in logs) / even
    p = _zero_probabilities(n, M)
    k = np.arange(n + 1)
    log_choose = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    # With Z ordered perfect partitions, E Z = 2**n p_n and E Z**2 = 2**n sum_k C(n, k) p_k p_{n-k}; both vanish for
    # odd sums, so P(Z > 0 | even) >= (E Z)**2 / (E Z**2 P(even)).
    second = float(np.sum(np.exp(log_choose - n * LOG2) * p * p[::-1]))
    return min(1.0, float(p[n]) ** 2 / (second * even)), min(1.0, upper)


def _zero_probabilities(n: int, M: int) -> NDArray[np.float64]:
    """P(Y_1 + ... + Y_k = 0) for k = 0..n and Y uniform on {-M..-1, 1..M}: a sum over more points than values is exact.

    Returns float64 [n + 1].
    """
    points = 2 * n * M + 1  # the sum of n of them takes that many values, so the trapezoid rule has no error
    angle = np.pi * np.arange(1, n * M + 1) / points  # half the angles; the other half mirrors them
    wave = np.sin((2 * M + 1) * angle)
    wave /= np.sin(angle)
    wave -= 1
    wave /= 2 * M
    power = np.ones_like(wave)
    out = np.empty(n + 1)
    out[0] = 1.0
    for k in range(1, n + 1):
        power *= wave
        out[k] = (1 + 2 * power.sum()) / points
    return out


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
