"""The laws of random subset sum, for one target.

X_1, ..., X_n are independent, uniform on {-M, ..., M} (M given) or on [-1, 1] (only eps given). Write sigma**2 for
their variance, S for their sum and G = S / (sigma sqrt(n)). Given the items, the subset sums near z are a Poisson
process of rate

    lambda(z) = A exp(-(G - h)**2 / 2),   A = 2**(n+1) / sqrt(2 pi n sigma**2),   h = 2 z / (sigma sqrt(n)),

because a random subset has the mean S/2 and the variance n sigma**2 / 4. The laws average over G, which is standard
normal: the drift of the items, not the Poisson process, decides how often a problem fails.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, ndtr

from slthlib.sums.laws._common import LOG2, model, numbers, plain, wholes
from slthlib.sums.laws._quadrature import reach

__all__ = ["expected_subsets", "subset_sum_probability"]

Array = NDArray[np.float64]


def subset_sum_probability(
    n: ArrayLike,
    target: ArrayLike,
    *,
    M: ArrayLike | None = None,
    eps: ArrayLike | None = None,
    size: ArrayLike | None = None,
) -> float | NDArray[np.float64]:
    """Probability that some subset sums to ``target``, or comes within ``eps`` of it.

    It is E_G[1 - exp(-w lambda)] with lambda as in the head of this module and w = 1 (integers), 2 eps (reals) or
    2 eps + 1 (integers within eps units of the grid). With ``size`` = k, only the subsets of exactly k items count;
    with q = k/n,

        lambda = C(n, k) / sqrt(2 pi k (1 - q) sigma**2) * exp(-(q / (2 (1 - q))) (G - z / (q sigma sqrt(n)))**2).

    Labels ``law-one-real``, ``law-one-target`` and ``law-sized``: law derived and simulated. It is an asymptotic law:
    good to about 0.02 from n = 12 and M = 128 on, and for k and n - k of 3 or more. Where the empty subset already
    serves, the answer is 1, as it must be; for k = 0 and k = n, where one subset is all there is, it is the
    probability that this subset serves (for k = n by the normal law of the sum).

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    target : int or float, array-like
        A whole number if M is given. No farther out than the sums can come: n M, or n, and eps beyond.
    M : int, array-like, or None
        Items are uniform on {-M, ..., M}.
    eps : float, array-like, or None
        Without M, items are uniform on [-1, 1], and eps > 0. With M, a tolerance in units of the grid.
    size : int, array-like, or None
        Exactly so many items; None for subsets of every size.

    Returns
    -------
    float or float64 array, broadcast over the arguments

    Examples
    --------
    >>> round(subset_sum_probability(14, 1, M=512), 3)
    0.971

    Used in: sums/subset_sum, sums/quantized.
    """
    log_mean, shift, stretch, trivial, sure = one_target(n, target, M, eps, size)
    hit, _ = reach(log_mean, shift, stretch)
    return plain(np.where(trivial, sure, hit))


def expected_subsets(
    n: ArrayLike,
    target: ArrayLike,
    *,
    M: ArrayLike | None = None,
    eps: ArrayLike | None = None,
    size: ArrayLike | None = None,
) -> float | NDArray[np.float64]:
    """Mean number of subsets that sum to ``target``, or come within ``eps`` of it, to leading order.

    The average of ``w lambda`` over G (see `subset_sum_probability`): A w / sqrt(1 + b**2) * exp(-b**2 h**2 / (2 (1 +
    b**2))), with b = 1 for subsets of every size and b**2 = k / (n - k) for those of k items. At target 0 and for all
    sizes it is 2**n sqrt(3 / (pi n)) / M. Rare problems with many such subsets carry much of it, so it says less than
    the probability. Label ``law-one-target``: law derived and simulated.

    Parameters
    ----------
    n : int, array-like
    target : int or float, array-like
    M : int, array-like, or None
    eps : float, array-like, or None
    size : int, array-like, or None

    Returns
    -------
    float or float64 array; infinite where it leaves the range of float64

    Used in: no chapter.
    """
    log_mean, shift, stretch, _, sure = one_target(n, target, M, eps, size)
    square = stretch * stretch
    with np.errstate(over="ignore"):
        mean = np.exp(log_mean - 0.5 * np.log1p(square) - 0.5 * square / (1 + square) * shift * shift)
    if size is not None:
        k = np.asarray(size, dtype=np.float64)
        mean = np.where((k == 0) | (k == np.asarray(n)), sure, mean)
    return plain(mean)


def one_target(
    n: ArrayLike,
    target: ArrayLike,
    M: ArrayLike | None = None,
    eps: ArrayLike | None = None,
    size: ArrayLike | None = None,
) -> tuple[Array, Array, Array, NDArray[np.bool_], Array]:
    """ln(w A), h and b of the law; where the answer is known without it, and that answer."""
    largest, tolerance = model(M, eps)
    items, z = wholes("n", n), numbers("target", target)
    if largest is not None and not np.all(z == np.floor(z)):
        raise ValueError(f"target: expected whole numbers, as M is given, got {target!r}")
    unit = 1.0 if largest is None else largest
    slack = 0.0 if tolerance is None else tolerance
    chosen = items if size is None else wholes("size", size, least=0.0)
    if not np.all(chosen <= items):
        raise ValueError(f"size: expected whole numbers from 0 to n = {n!r}, got {size!r}")
    if not np.all(np.abs(z) <= items * unit + slack):
        reach_ = "n" if largest is None else "n M"
        raise ValueError(f"target: no subset can come near it; expected |target| <= {reach_} (+ eps), got {target!r}")
    log_width = np.log(2 * slack) if largest is None else np.log(2 * slack + 1)
    variance = variance_of(largest)
    if size is None:
        log_mean = items * LOG2 - 0.5 * np.log(np.pi * items * variance / 2) + log_width
        shift, stretch = 2 * z / np.sqrt(items * variance), np.ones(())
        trivial, sure = np.abs(z) <= slack, np.ones(())
    else:
        edge = (chosen == 0) | (chosen == items)
        # Placeholders where nothing is chosen or left out; n = 1 has no inside at all.
        count, whole = np.where(edge, 1.0, chosen), np.where(edge, 2.0, items)
        share = count / whole
        log_choose = gammaln(whole + 1) - gammaln(count + 1) - gammaln(whole - count + 1)
        log_mean = log_choose - 0.5 * np.log(2 * np.pi * count * (1 - share) * variance) + log_width
        shift, stretch = z / (share * np.sqrt(whole * variance)), np.sqrt(share / (1 - share))
        half = slack if largest is None else slack + 0.5
        spread = np.sqrt(items * variance)
        all_of_them = ndtr((half - np.abs(z)) / spread) - ndtr((-half - np.abs(z)) / spread)
        trivial = edge
        sure = np.where(chosen == 0, np.where(np.abs(z) <= slack, 1.0, 0.0), all_of_them)
    log_mean, shift, stretch, trivial, sure = np.broadcast_arrays(log_mean, shift, stretch, trivial, sure)
    return log_mean, shift, stretch, trivial, sure


def variance_of(largest: Array | None) -> Array:
    """Variance of an item: uniform on {-M, ..., M}, or on [-1, 1] for None."""
    return np.full((), 1 / 3) if largest is None else largest * (largest + 1) / 3
