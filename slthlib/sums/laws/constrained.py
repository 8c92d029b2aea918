"""How likely a perfect partition of a given bias is at finite n, and how likely that the sorted partition is best."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from slthlib.sums.laws._common import LOG2, between, numbers, plain, wholes
from slthlib.sums.laws._quadrature import panels
from slthlib.sums.laws.critical import SORTED_BIAS, critical_ratio, critical_width, field_nodes, tilt_of

__all__ = ["constrained_probability", "sorted_difference", "sorted_probability"]

Array = NDArray[np.float64]


def constrained_probability(
    n: ArrayLike, ratio: ArrayLike, bias: ArrayLike, *, finite: bool = False
) -> float | NDArray[np.float64]:
    """Probability of a perfect partition of this bias: Phi((kappa_c - ratio) sqrt(n) / sd), to leading order.

    kappa_c is `critical_ratio` and sd `critical_width`. It leaves out everything of order log(n) / n in the ratio, and
    is too high by up to 0.5 at n = 24. With ``finite`` that is kept: the number of perfect partitions is Poisson, and
    the logarithm of its mean Z given the items is normal, with the variance n (sd ln 2)**2 and the mean

        n (kappa_c - ratio) ln 2 + ln(2 / (pi n sqrt(det H))) - (1/2) trace(C H**-1),

    H the mean of (1 - tanh(u)**2) (1, x)(1, x)' and C the covariance of tanh(u) (1, x), u = zeta + eta x; Z is doubled
    for odd sums, half of all, and halved at bias 0, where it counts every partition twice. `quenched_partition_count`
    is the same for given items. Without ``finite``, label ``cor-critical-line``: a limit proved here, new and not
    refereed. With it, label ``law-critical-line``: law derived and simulated.

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    ratio : float, array-like
        log2(M) / n, above 0.
    bias : float, array-like
        In [-1, 1].
    finite : bool
        Keep what matters at finite n. Without it the law at bias 0 is a step, as the width is 0 there.

    Returns
    -------
    float or float64 array, broadcast; 0 in the sorted phase

    Used in: sums/constrained.
    """
    items, kappa = wholes("n", n), numbers("ratio", ratio)
    b = np.abs(between("bias", bias, -1.0, 1.0, "[-1, 1]"))
    if not np.all((kappa > 0) & np.isfinite(kappa)):
        raise ValueError(f"ratio: expected finite numbers above 0, got {ratio!r}")
    distance = np.asarray(critical_ratio(b)) - kappa
    width = np.asarray(critical_width(b))
    if not finite:
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(distance == 0, 0.0, distance * np.sqrt(items) / width)
        return plain(np.where(np.isinf(width), 0.0, ndtr(z)))
    inside = b < SORTED_BIAS
    log_mean = items * distance * LOG2 - np.log(items) + _log_prefactor(np.where(inside, b, 0.0))
    log_mean = log_mean - np.where(b == 0, LOG2, 0.0)
    spread = np.where(inside, width, 0.0) * LOG2 * np.sqrt(items)
    x, weight = panels(np.linspace(-9.0, 9.0, 37))
    log_z = log_mean[..., None] + spread[..., None] * x
    chance = sum(-np.expm1(-np.exp(np.minimum(log_z + odd, 700.0))) for odd in (0.0, LOG2))
    average = (0.5 * chance * weight * np.exp(-0.5 * x * x)).sum(axis=-1) / np.sqrt(2 * np.pi)
    return plain(np.where(inside, np.minimum(average, 1.0), 0.0))


def _log_prefactor(b: Array) -> Array:
    """What the number of perfect partitions holds besides 2**(n (kappa_c - ratio)) / n."""
    zeta, eta = tilt_of(b)
    x, weight = field_nodes(zeta, eta)
    spin = np.tanh(zeta[..., None] + eta[..., None] * x)
    v = weight * (1 - spin * spin)
    h00, h01, h11 = v.sum(axis=-1), (v * x).sum(axis=-1), (v * x * x).sum(axis=-1)
    square = weight * spin * spin
    c00, c01, c11 = square.sum(axis=-1) - b * b, (square * x).sum(axis=-1), (square * x * x).sum(axis=-1)
    det = h00 * h11 - h01 * h01
    trace = (c00 * h11 - 2 * c01 * h01 + c11 * h00) / det
    return np.log(2 / np.pi) - 0.5 * np.log(det) - 0.5 * trace


def sorted_probability(n: ArrayLike, bias: ArrayLike) -> float | NDArray[np.float64]:
    """Probability that the sorted partition is the best one of its bias.

    It is the best as soon as its smaller items, m = (1 + b) n / 2 of them, weigh at least as much as the others. Their
    difference D has the mean (m (m + 1) - n (n + 1) / 2) M / (n + 1) and, with q = m / n, the variance
    n M**2 Var abs(x - q) for x uniform on [0, 1]; the probability is Phi(mean / deviation), and around b_c =
    sqrt(2) - 1 it tends to Phi(3.51624 sqrt(n) (b - b_c)). Label ``law-sorted``: law derived and simulated.

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    bias : float, array-like
        In [-1, 1]; the sign does not matter.

    Returns
    -------
    float or float64 array, broadcast over n and bias

    Used in: sums/constrained.
    """
    items, b = wholes("n", n), np.abs(between("bias", bias, -1.0, 1.0, "[-1, 1]"))
    q = 0.5 * (1 + b)
    m = q * items
    mean = (m * (m + 1) - items * (items + 1) / 2) / (items + 1)
    variance = (q**3 + (1 - q) ** 3) / 3 - ((q**2 + (1 - q) ** 2) / 2) ** 2
    return plain(ndtr(mean / np.sqrt(items * variance)))


def sorted_difference(bias: ArrayLike) -> float | NDArray[np.float64]:
    """The best difference over n M in the sorted phase: ((1 + b) / 2)**2 - 1/2, and 0 for b <= sqrt(2) - 1.

    The limit for large n. Label ``thm-sorted``: proved here.

    Parameters
    ----------
    bias : float, array-like
        In [-1, 1]; the sign does not matter.

    Returns
    -------
    float or float64 array

    Used in: no chapter.
    """
    b = np.abs(between("bias", bias, -1.0, 1.0, "[-1, 1]"))
    # ((1 + b)**2 - 2) / 4, as a product: exactly 0 at b_c.
    return plain(np.maximum((b - SORTED_BIAS) * (b + SORTED_BIAS + 2) / 4, 0.0))
