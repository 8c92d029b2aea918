"""What the certificates draw on: two cited confidence bounds, and a law that dominates a block's with confidence."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainccinv

from slthlib.sums.laws._common import plain

__all__ = ["LEVELS", "THRESHOLDS", "dominating_masses", "empirical_bernstein", "product_above", "upper_limit"]

#: Levels g_k = 2**(-k/8), k = 0..159, at which the law of a block is bounded.
LEVELS: NDArray[np.float64] = 2.0 ** (-np.arange(160) / 8)
#: Thresholds l_j = 2**(-(j + 1/2)/8) for products of two levels; no product equals one of them.
THRESHOLDS: NDArray[np.float64] = 2.0 ** (-(np.arange(319) + 0.5) / 8)


def empirical_bernstein(mean: float, variance: float, draws: int, alpha: float, *, largest: float = 1.0) -> float:
    """Upper confidence bound for the mean of a variable in [0, largest]: Maurer and Pontil's inequality.

    mean + sqrt(2 V ln(2/alpha)/m) + 7 largest ln(2/alpha) / (3 (m - 1)). Label ``thm-cert-bernstein``: cited, A.
    Maurer and M. Pontil (2009), Theorem 4.

    Parameters
    ----------
    mean : float
        Mean of the draws.
    variance : float
        Their unbiased sample variance V.
    draws : int
        Number m of independent draws, at least 2.
    alpha : float
        Probability that the bound is below the true mean, at most; in (0, 1).
    largest : float
        The variable lies in [0, largest].

    Returns
    -------
    float

    Used in: appendix/certificates.
    """
    log_term = math.log(2.0 / alpha)
    return mean + math.sqrt(2.0 * variance * log_term / draws) + 7.0 * largest * log_term / (3.0 * (draws - 1))


def upper_limit(successes: ArrayLike, draws: ArrayLike, alpha: float) -> float | NDArray[np.float64]:
    """Upper confidence limit for a probability: Clopper and Pearson's, one-sided.

    The p at which ``successes`` or fewer have probability alpha; 1 if all draws were successes. Label
    ``thm-cert-clopper``: cited, C. J. Clopper and E. S. Pearson (1934).

    Parameters
    ----------
    successes : float, array-like
        Number of successes. Whole for a certificate; a plan may ask about expected numbers.
    draws : float, array-like
        Number of independent draws.
    alpha : float
        Probability that the limit is below the true probability, at most; in (0, 1).

    Returns
    -------
    float or float64 array

    Used in: appendix/certificates.
    """
    k, m = np.broadcast_arrays(np.asarray(successes, dtype=np.float64), np.asarray(draws, dtype=np.float64))
    inside = k < m
    return plain(np.where(inside, betainccinv(k + 1, np.where(inside, m - k, 1.0), alpha), 1.0))


def dominating_masses(tails: ArrayLike) -> NDArray[np.float64]:
    """Masses at the levels g_0, ..., g_159 of the law D that dominates every variable in [0, 1] with these tails.

    With p_k >= P(F >= g_k): mass p_1 at g_0 = 1, p_(k+1) - p_k at g_k, and 1 - p_159 at g_159. A value of F in
    [g_(k+1), g_k) is moved up to g_k, and one below g_159 up to g_159. Label ``lem-cert-dominates``: proved here.

    Parameters
    ----------
    tails : float [160]
        Bounds p_0, ..., p_159; made monotone here.

    Returns
    -------
    float64 [160]

    Used in: appendix/certificates.
    """
    # P(F >= g_k) grows with k, so a later bound holds for it too.
    p = np.minimum.accumulate(np.asarray(tails, dtype=np.float64)[::-1])[::-1]
    above = np.append(p[1:], 1.0)
    return np.diff(above, prepend=0.0)


def product_above(masses: ArrayLike) -> NDArray[np.float64]:
    """E[D D' 1(D D' > l_j)] for two independent variables with these masses, at every threshold l_j.

    Parameters
    ----------
    masses : float [160]
        As `dominating_masses` gives them.

    Returns
    -------
    float64 [319]
        j = 0..318.

    Used in: no chapter.
    """
    mass = np.asarray(masses, dtype=np.float64)
    return np.cumsum(np.convolve(mass, mass) * 2.0 ** (-np.arange(2 * LEVELS.size - 1) / 8))
