"""Confidence intervals and comparisons with a law.

A simulation in the book is held against theory by an interval or a z-score, never by a tolerance picked to pass.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from slthlib.lab._checks import broadcast, offender, reals, successes_and_trials, tail

__all__ = [
    "Interval",
    "PairedDifference",
    "clopper_pearson",
    "mean_interval",
    "median_interval",
    "paired_difference",
    "wilson",
    "z_score",
]


@dataclass(frozen=True, eq=False)
class Interval:
    """An estimate between its confidence limits.

    Parameters
    ----------
    low, mid, high : float or ndarray
        Lower limit, estimate, upper limit; floats, or arrays of one shape.

    Notes
    -----
    Used in: sums/partition, sums/constrained, sums/quantized, strong/sparsity, strong/bits.
    """

    low: Any
    mid: Any
    high: Any

    @property
    def errorbar(self) -> NDArray[np.float64]:
        """Distances from the estimate to the two limits, shape (2, ...): the ``yerr`` of Matplotlib."""
        return np.array([np.subtract(self.mid, self.low), np.subtract(self.high, self.mid)])

    def contains(self, value: ArrayLike) -> Any:
        """Whether ``value`` lies between the limits, the limits included (bool, or bool array by broadcasting)."""
        inside = np.logical_and(np.less_equal(self.low, value), np.less_equal(value, self.high))
        return bool(inside) if np.ndim(inside) == 0 else inside


@dataclass(frozen=True, eq=False)
class PairedDifference(Interval):
    """A mean difference of pairs between its confidence limits.

    Parameters
    ----------
    low, mid, high : float or ndarray
        Lower limit, mean difference, upper limit.
    n : int
        Number of pairs.

    Notes
    -----
    Used in: no chapter.
    """

    n: int


def wilson(successes: ArrayLike, trials: ArrayLike, level: float = 0.95) -> Interval:
    """Wilson's score interval for a probability of success.

    Its coverage is close to `level` on average over the probability and may be below it at some of them;
    where at least `level` is needed take `clopper_pearson`. Cited result: E. B. Wilson, JASA 22 (1927) 209-212.

    Parameters
    ----------
    successes : int or array of int, shape (...)
        Number of successes, from 0 to `trials`.
    trials : int or array of int, shape (...)
        Number of trials, at least 1; broadcasts against `successes`.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    Interval
        Limits in [0, 1] around ``successes / trials``; arrays of the broadcast shape, floats for scalars.

    Notes
    -----
    Used in: tickets/existence, sums/subset_sum, sums/partition, sums/constrained, sums/quantized, strong/sparsity,
    strong/quantized, appendix/products.
    """
    k, n = successes_and_trials(successes, trials)
    z2 = special.ndtri(tail(level)) ** 2

    def lower(k: NDArray[np.float64]) -> NDArray[np.float64]:
        # The limits solve (n + z²) p² - (2k + z²) p + k²/n = 0. The smaller root is taken from the product of the
        # roots: subtracting would cancel when k is small, and this is exactly 0 at k = 0.
        larger = 2 * k + z2 + np.sqrt(z2 * (z2 + 4 * k * ((n - k) / n)))
        return 2 * k * (k / n) / larger

    return _interval(lower(k), k / n, 1.0 - lower(n - k))


def clopper_pearson(successes: ArrayLike, trials: ArrayLike, level: float = 0.95) -> Interval:
    """Clopper and Pearson's interval for a probability of success: coverage at least `level`, whatever it is.

    Cited result: C. J. Clopper and E. S. Pearson, Biometrika 26 (1934) 404-413.

    Parameters
    ----------
    successes : int or array of int, shape (...)
        Number of successes, from 0 to `trials`.
    trials : int or array of int, shape (...)
        Number of trials, at least 1; broadcasts against `successes`.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    Interval
        Limits in [0, 1] around ``successes / trials``; arrays of the broadcast shape, floats for scalars.

    Notes
    -----
    Used in: tickets/pruning, sums/partition, strong/sparsity, strong/quantized, appendix/products.
    """
    k, n = successes_and_trials(successes, trials)
    miss = tail(level)
    # The beta quantiles need positive parameters; at the ends the limit is 0 or 1 and the placeholder is unused.
    low = np.where(k > 0, special.betaincinv(np.maximum(k, 1), n - k + 1, miss), 0.0)
    high = np.where(k < n, special.betainccinv(k + 1, np.maximum(n - k, 1), miss), 1.0)
    return _interval(low, k / n, high)


def z_score(successes: ArrayLike, trials: ArrayLike, probability: ArrayLike) -> Any:
    """How many standard deviations of its law a count lies above its mean.

    Where the law leaves no room (`probability` 0 or 1) the score is 0 for the only possible count and infinite
    otherwise.

    Parameters
    ----------
    successes : int or array of int, shape (...)
        Number of successes, from 0 to `trials`.
    trials : int or array of int, shape (...)
        Number of trials, at least 1.
    probability : float or array of float, shape (...)
        Probability of success by the law, in [0, 1].

    Returns
    -------
    float or ndarray
        ``(successes - trials * probability) / sqrt(trials * probability * (1 - probability))``, of the broadcast
        shape.

    Notes
    -----
    Used in: tickets/pruning, tickets/existence, sums/partition, sums/constrained.
    """
    k, n = successes_and_trials(successes, trials)
    p = reals("probability", probability)
    if np.any(p < 0) or np.any(p > 1):
        raise ValueError(f"probability: expected numbers in [0, 1], got {offender(p, (p < 0) | (p > 1))}")
    k, n, p = broadcast(("successes", "trials", "probability"), k, n, p)
    sure = (p == 0) | (p == 1)
    # Square roots apart: their product cannot underflow, however small the probability.
    spread = np.where(sure, 1.0, np.sqrt(n) * np.sqrt(p) * np.sqrt(1.0 - p))
    excess = k - n * p
    impossible = np.copysign(np.inf, excess)
    return _plain(np.where(sure & (excess != 0), impossible, excess / spread))


def mean_interval(values: ArrayLike, axis: int = -1, level: float = 0.95) -> Interval:
    """Mean along an axis, such as that of replicas, with Student's interval.

    The interval is exact for independent normal values and approximate otherwise. Cited result: Student,
    Biometrika 6 (1908) 1-25.

    Parameters
    ----------
    values : array of float, shape (..., n, ...)
        Independent observations along one axis, n >= 2, finite.
    axis : int
        The axis of the observations.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    Interval
        Limits around the mean, of the shape that is left without the axis.

    Notes
    -----
    Used in: tickets/existence, tickets/supermasks, strong/sparsity, strong/bits.
    """
    return Interval(*_student(_last("values", reals("values", values), axis, "values"), level))


def paired_difference(a: ArrayLike, b: ArrayLike, level: float = 0.95, *, axis: int = -1) -> PairedDifference:
    """Mean of ``a - b`` over pairs, with Student's interval.

    The interval is exact for normal differences and approximate otherwise.

    Parameters
    ----------
    a, b : array of float, shape (..., n, ...)
        The two members of each pair along one axis, n >= 2, finite, of one shape.
    level : float
        Confidence level in (0, 1).
    axis : int
        The axis of the pairs.

    Returns
    -------
    PairedDifference
        Limits around the mean difference, of the shape that is left without the axis, and the number of pairs.

    Notes
    -----
    Used in: tickets/pruning, tickets/supermasks.
    """
    first, second = reals("a", a), reals("b", b)
    if first.shape != second.shape:
        raise ValueError(f"b: expected the shape of a, {first.shape}, got {second.shape}")
    difference = _last("a", first - second, axis, "pairs")
    return PairedDifference(*_student(difference, level), difference.shape[-1])


def median_interval(sample: ArrayLike, level: float = 0.95) -> Interval:
    """Interval for a median between two order statistics: coverage at least `level` for every distribution.

    The number of observations below the median is at most Binomial(n, 1/2) whatever the distribution, so
    [x_(k), x_(n+1-k)] misses the median with probability at most 2 P[Bin(n, 1/2) < k]; k is the largest that keeps
    this below ``1 - level``. Cited result: H. A. David and H. N. Nagaraja, Order Statistics (2003), section 7.1.

    Parameters
    ----------
    sample : array of float, shape (n,)
        Independent observations, finite.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    Interval
        Two order statistics around the sample median.

    Raises
    ------
    ValueError
        Also if n is too small for any pair of order statistics to reach `level`; the message says what n it takes.

    Notes
    -----
    Used in: sums/subset_sum, strong/sparsity.
    """
    ordered = np.sort(reals("sample", sample), axis=None)
    if np.ndim(sample) != 1:
        raise ValueError(f"sample: expected one axis, got shape {np.shape(sample)}")
    n, miss = ordered.size, tail(level)
    needed = 1
    while special.bdtr(0.0, needed, 0.5) > miss:
        needed += 1
    if n < needed:
        raise ValueError(f"sample: expected at least {needed} observations for level {level}, got {n}")
    below = np.flatnonzero(special.bdtr(np.arange(n // 2 + 1, dtype=float), n, 0.5) <= miss)
    k = int(below[-1])  # counted from 0; P[Bin < k + 1] is within the tail
    return Interval(float(ordered[k]), float(np.median(ordered)), float(ordered[n - 1 - k]))


def _last(name: str, array: NDArray[np.float64], axis: int, what: str) -> NDArray[np.float64]:
    """The array with the axis of the observations at its end, checked."""
    if isinstance(axis, bool) or not isinstance(axis, int | np.integer):
        raise TypeError(f"axis: expected an integer, got {axis!r}")
    if array.ndim and not -array.ndim <= axis < array.ndim:
        raise ValueError(f"axis: expected one of the {array.ndim} axes of {name}, got {axis}")
    if array.ndim == 0 or array.shape[axis] < 2:
        raise ValueError(f"{name}: expected at least 2 {what} along axis {axis}, got shape {array.shape}")
    return np.moveaxis(array, axis, -1)


def _student(values: NDArray[np.float64], level: float) -> tuple[Any, Any, Any]:
    """Student's limits around the mean along the last axis."""
    n = values.shape[-1]
    mean = values.mean(axis=-1)
    half = -special.stdtrit(n - 1, tail(level)) * values.std(axis=-1, ddof=1) / np.sqrt(n)
    return _plain(mean - half), _plain(mean), _plain(mean + half)


def _plain(values: Any) -> Any:
    """A float for a scalar, so that a notebook prints 0.5 and not np.float64(0.5)."""
    return float(values) if np.ndim(values) == 0 else values


def _interval(low: Any, mid: Any, high: Any) -> Interval:
    return Interval(_plain(low), _plain(mid), _plain(high))
