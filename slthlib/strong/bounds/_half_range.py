"""Single weights on a grid: one page of proof, all targets at once, at every size."""

import math

from numpy.typing import ArrayLike

from slthlib.strong.bounds._checks import (
    Array,
    counts,
    probability,
    real,
    upper,
    whole,
)

__all__ = ["half_range_failure"]


def half_range_failure(
    n: ArrayLike,
    *,
    M: int | None = None,
    eps: float | None = None,
    tolerance: int = 0,
    zero: bool = True,
    share: float = 1.0,
) -> float | Array:
    """Bound on the probability that some target of half the items' range is missed, for all targets at once.

    Items uniform on {-M..M}, M even, targets w in {-M/2..M/2}: with N = M + 1, r = N/(2M + 1) and a tolerance of
    2 D grid points,

        P(some target is missed) <= (N/(2D + 1) - 1) (N/(D + 1) - 1) (1 - r/2)**n,

    which is M**2 (3/4)**n at most for D = 0. Let A be the targets met so far, grown inside the range only. For y not
    in A the differences y - A are ``|A|`` values of {-M..M}, and the next item meets y with probability ``|A|``/(2M +
    1): the mean of 1/v - 1, with v the share met, shrinks by 1 - r/2. A failure leaves at least D + 1 targets
    uncovered, and Markov's inequality does the rest. For reals, items uniform on [-1, 1] and ``|z|`` <= 1/2:
    (2/eps**2) (3/4)**n. If an item is uniform with probability ``share`` only, r becomes share r. Trust level: proved
    here.

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    M : int, optional
        Integers: largest item; even.
    eps : float, optional
        Reals: every ``|z|`` <= 1/2 within eps, in (0, 1).
    tolerance : int
        D, from 0 to M/2; only with M.
    zero : bool
        Whether 0 is among the items; without it r = N/(2M).
    share : float
        Probability with which an item is uniform, in (0, 1].

    Returns
    -------
    float or float64 array, at most 1

    Used in: strong/quantized.
    """
    count, part = counts(n), real("share", share, 0.0, 1.0, "(0, 1]")
    if (M is None) == (eps is None):
        raise ValueError(f"M, eps: expected exactly one of them, got {'neither' if M is None else 'both'}")
    if M is None:
        accuracy = probability("eps", eps)
        if tolerance:
            raise ValueError(f"tolerance: expected only with M, got {tolerance!r} with eps")
        return upper(math.log(2) - 2 * math.log(accuracy) + count * math.log1p(-part / 4))
    largest, slack = whole("M", M, 2), whole("tolerance", tolerance, 0)
    if largest % 2 or 2 * slack > largest:
        raise ValueError(f"M, tolerance: expected an even M and a tolerance of at most M/2, got {M} and {tolerance}")
    size, every = largest + 1, 2 * largest + 1 if zero else 2 * largest
    first = math.log(size - 2 * slack - 1) - math.log(2 * slack + 1) if size > 2 * slack + 1 else -math.inf
    second = math.log(size - slack - 1) - math.log(slack + 1)
    return upper(first + second + count * math.log1p(-0.5 * part * (size / every)))
