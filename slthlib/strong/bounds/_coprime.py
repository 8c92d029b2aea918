"""Products rigorously and at every size: two units with coprime factors make every small number."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.strong.bounds._checks import Array, counts, upper, whole

__all__ = ["coprime_failure", "coprime_share"]


def coprime_failure(pairs: ArrayLike, M: int) -> float | Array:
    """Bound on the probability that some ``|w|`` <= 1/8 is missed by products on the grid M**-2, for all w at once.

    Given disjoint pairs of factors b_1, b_2 in [M/2, M] without a common divisor, chosen before the a are drawn,
    every integer ``|d|`` <= M**2/4 is a_1 b_1 + a_2 b_2 for some ``|a_i|`` <= M, so a pair of units makes d with
    probability at least (2M + 1)**-2. The argument of `half_range_failure` on {-M**2/8..M**2/8} gives, with r =
    (M**2/4 + 1)/(2M + 1)**2,

        P(some target is missed) <= (M**4/16) (1 - r/2)**pairs.

    Trust level: proved here. Rigorous at every size, with a poor constant: r is about 1/16.

    Parameters
    ----------
    pairs : int, array-like
        Number of disjoint pairs of units.
    M : int
        The factors a are uniform on {-M..M}; a multiple of 4.

    Returns
    -------
    float or float64 array, at most 1

    Used in: strong/quantized.
    """
    count, largest = counts(pairs, "pairs", 0), whole("M", M, 4)
    if largest % 4:
        raise ValueError(f"M: expected a multiple of 4, got {M}")
    r = (largest**2 // 4 + 1) / (2 * largest + 1) ** 2
    return upper(4 * math.log(largest) - math.log(16) + count * math.log1p(-r / 2))


def coprime_share(M: int) -> float:
    """Probability that two factors b, uniform on {-M..M}, both lie in [M/2, M] and have no common divisor.

    By inclusion and exclusion over common divisors. Trust level: proved here (an exact count).

    Parameters
    ----------
    M : int
        Even.

    Returns
    -------
    float

    Used in: no chapter.
    """
    largest = whole("M", M, 2, 2**24)
    if largest % 2:
        raise ValueError(f"M: expected an even number, got {M}")
    divisors = np.arange(1, largest + 1)
    multiples = largest // divisors - (largest // 2 - 1) // divisors
    coprime = int((_moebius(largest)[1:].astype(np.int64) * multiples * multiples).sum())
    return coprime / (2 * largest + 1) ** 2


def _moebius(n: int) -> NDArray[np.int8]:
    """The Moebius function at 0..n (0 at 0)."""
    mu, composite = np.ones(n + 1, dtype=np.int8), np.zeros(n + 1, dtype=bool)
    mu[0] = 0
    for p in range(2, n + 1):
        if not composite[p]:
            composite[2 * p :: p] = True
            mu[p::p] *= -1
            mu[p * p :: p * p] = 0
    return mu
