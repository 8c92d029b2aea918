"""What cannot be avoided: proved lower bounds on the number of items, and on the probability of failure.

X_1, ..., X_n are independent and uniform on {-M..M}, N = 2M + 1, and "failure" means that some t in {-M..M} is no
subset sum; or they are uniform on [-1, 1], and some z in [-1, 1] is farther than eps from every subset sum.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums.laws._common import LOG2, plain
from slthlib.sums.laws._sizes import either, items_checked, probability, sizes, tolerance_checked, whole

__all__ = ["counting_bound", "coverage_upper_bound", "failure_lower_bound"]


def counting_bound(*, M: int | None = None, eps: float | None = None) -> int:
    """Fewest items with which all targets could be met at all: 2**n >= 2M + 1, or 2**n * eps >= 1 for reals.

    Label ``thm-necessity``: proved here (n items have 2**n subset sums, and each serves one integer, or an interval
    of length 2 eps of [-1, 1]).

    Parameters
    ----------
    M : int, optional
        Integers: targets {-M..M}; of any size.
    eps : float, optional
        Reals: targets [-1, 1] within eps.

    Returns
    -------
    int

    Used in: sums/subset_sum, sums/quantized, appendix/certificates.
    """
    if either(M, eps):
        return (2 * whole(M)).bit_length()
    tolerance = tolerance_checked(eps)  # type: ignore[arg-type]
    if tolerance.ndim:
        raise TypeError(f"eps: expected one number, got {eps!r}")
    return max(0, 1 - math.frexp(float(tolerance))[1])  # eps = fraction * 2**exponent with fraction in [1/2, 1)


def coverage_upper_bound(
    n: ArrayLike, *, M: ArrayLike | None = None, eps: ArrayLike | None = None
) -> float | NDArray[np.float64]:
    """Upper bound on the probability that all targets are met: 3.1 * 2**n / (N sqrt(n)), and 0 while 2**n < N.

    For reals, eps (1 + 2 sqrt(2) (1 + eps) 2**n / sqrt(n)), and 0 while 2**n * eps < 1. Labels ``thm-necessity`` and
    ``thm-continuous-lower``: proved here.

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    M : int, array-like, optional
        Integers: items and targets in {-M..M}; of any size.
    eps : float, array-like, optional
        Reals: every z in [-1, 1] within eps.

    Returns
    -------
    float or float64 array, in [0, 1]

    Used in: sums/subset_sum.
    """
    if either(M, eps):
        size = sizes(n, M)  # type: ignore[arg-type]
        log_sets, log_needed = size.n * LOG2, size.log_count
        bound = probability(math.log(3.1) + log_sets - log_needed - 0.5 * np.log(size.n))
    else:
        count, tolerance = np.broadcast_arrays(items_checked(n), tolerance_checked(eps))  # type: ignore[arg-type]
        log_sets, log_needed = count * LOG2, -np.log(tolerance)
        sums = 0.5 * math.log(8.0) + np.log1p(tolerance) + log_sets - 0.5 * np.log(count)
        bound = np.where(tolerance <= 1, probability(-log_needed + np.logaddexp(0.0, sums)), 1.0)
    # Counting is exact: leave a little room, so that rounding the logarithms cannot call a tie a failure.
    return plain(np.where(log_sets * (1 + 1e-12) < log_needed, 0.0, bound))


def failure_lower_bound(
    n: ArrayLike, M: ArrayLike | None = None, *, eps: ArrayLike | None = None
) -> float | NDArray[np.float64]:
    """Largest proved lower bound on the probability that some target is missed.

    The maximum of ((M + 1)/N)**n (all items on one side; label ``thm-fixed-m``), of 1 - `coverage_upper_bound` (label
    ``thm-necessity``) and, where 2**n > N and n >= (27.1 + 3.25 sqrt(D))**2 with D = ln(2**n / N), of
    N 2**-n exp(-79 - 9.5 sqrt(D)) / 2 (label ``thm-sharp-halving``). For reals: 1 - `coverage_upper_bound`, and
    2**-n while eps < 1 (all items negative). Proved here.

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    M : int, array-like, optional
        Integers: items and targets in {-M..M}; of any size.
    eps : float, array-like, optional
        Reals: every z in [-1, 1] within eps.

    Returns
    -------
    float or float64 array, in [0, 1]

    Used in: sums/quantized.
    """
    missed = 1.0 - np.asarray(coverage_upper_bound(n, M=M, eps=eps))
    if not either(M, eps):
        count, tolerance = np.broadcast_arrays(items_checked(n), tolerance_checked(eps))  # type: ignore[arg-type]
        with np.errstate(under="ignore"):
            one_side = np.where(tolerance < 1, np.exp(-count * LOG2) * (1 - 1e-12), 0.0)
        return plain(np.maximum(missed, one_side))
    size = sizes(n, M)  # type: ignore[arg-type]
    excess = size.n * LOG2 - size.log_count
    root = np.sqrt(np.maximum(excess, 0.0))
    halving = np.where(
        (excess > 0) & (size.n >= (27.1 + 3.25 * root) ** 2), -LOG2 - excess - 79.0 - 9.5 * root, -np.inf
    )
    one_side = size.n * (size.log_m1 - size.log_count)
    with np.errstate(under="ignore"):
        return plain(np.maximum(missed, np.exp(np.maximum(one_side, halving)) * (1 - 1e-12)))
