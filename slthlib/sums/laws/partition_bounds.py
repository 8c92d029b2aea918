"""Proved bounds on the probability of a perfect partition: a first moment from above, a second one from below."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from slthlib.sums.laws._common import LOG2, numbers

__all__ = ["perfect_partition_bounds"]


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
    for name, value in (("n", n), ("M", M)):
        if np.ndim(numbers(name, value)):
            raise TypeError(f"{name}: expected one whole number, got {value!r}")
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
