"""How many items: where the laws of random subset sum turn, and the smallest n that is likely enough."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums.laws._common import LOG2, between, model, numbers, plain
from slthlib.sums.laws._quadrature import reach
from slthlib.sums.laws.small_failure import all_targets_failure
from slthlib.sums.laws.subset import one_target, subset_sum_probability
from slthlib.sums.laws.targets import all_targets_probability

__all__ = ["large_deviation_rate", "samples_needed", "subset_sum_threshold"]

Array = NDArray[np.float64]


def subset_sum_threshold(
    *, M: ArrayLike | None = None, eps: ArrayLike | None = None, targets: str = "all"
) -> float | NDArray[np.float64]:
    """The number of items n0, not rounded, at which random subset sums begin to hit one target, or all of them.

    With A as in `subset_sum_probability` and w the number of grid points (or the length) within tolerance, one target
    takes A w = 1 subsets near it at the best drift:

        n0 = log2 sqrt(M (M + 1)) + (1/2) log2 n0 + (1/2) log2(pi / 6)                 (integers)
        n0 = log2(1 / eps) + (1/2) log2 n0 - 1 + (1/2) log2(pi / 6)                    (reals)

    All targets take log2 ln(2 M + 1), or log2 ln(2 A), items more, A at n0 itself; integers within a tolerance d lie
    between: (2 d + 1) A = ln((2 M + 1) (1 - exp(-A))). The probability is then still small: it turns a few items
    later, see `samples_needed`. Label ``law-threshold``: law derived and simulated.

    Parameters
    ----------
    M : int, array-like, or None
        Items are uniform on {-M, ..., M}.
    eps : float, array-like, or None
        Without M, items are uniform on [-1, 1]. With M, a tolerance in units of the grid.
    targets : {"all", "one"}
        Every target of {-M, ..., M} or [-1, 1], or a single one near 0.

    Returns
    -------
    float or float64 array, broadcast over M and eps; at least 1

    Examples
    --------
    >>> round(subset_sum_threshold(M=2**15), 2), round(subset_sum_threshold(M=2**15, targets="one"), 2)
    (20.17, 16.56)

    Used in: sums/quantized.
    """
    if targets not in ("all", "one"):
        raise ValueError(f"targets: expected 'all' or 'one', got {targets!r}")
    top, tolerance = model(M, eps)
    variance = np.full((), 1 / 3) if top is None else top * (top + 1) / 3
    slack = np.zeros(()) if tolerance is None else tolerance
    width = 2 * slack if top is None else 2 * slack + 1

    def log_mean(n: Array) -> Array:  # ln A
        return n * LOG2 - 0.5 * np.log(np.pi * n * variance / 2)

    def excess(n: Array) -> Array:  # grows through 0 at the threshold
        log_a = log_mean(n)
        if targets == "one":
            return log_a + np.log(width)
        if top is None:
            log_gaps = log_a + LOG2
        else:
            begin = -np.expm1(-np.exp(np.minimum(log_a, 600.0)))
            log_gaps = np.log(np.where(slack > 0, begin, 1.0) * (2 * top + 1))
        return log_a + np.log(width) - np.log(np.maximum(log_gaps, 1e-300))

    shape = np.broadcast_shapes(np.shape(variance), np.shape(width))
    low, high = np.ones(shape), np.full(shape, 2200.0)
    for _ in range(70):
        middle = 0.5 * (low + high)
        below = excess(middle) < 0
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return plain(np.where(high <= 1.0, 1.0, 0.5 * (low + high)))


def samples_needed(
    success: ArrayLike, *, M: ArrayLike | None = None, eps: ArrayLike | None = None, targets: str | float = "all"
) -> int | NDArray[np.int64]:
    """Smallest number of items at which the law promises ``success``.

    All targets of {-M, ..., M}: by `all_targets_failure`, that is by the law for small failure where ``success`` is
    above 0.99. At 0.99 itself, where the two laws meet, it is the answer of the law of the middle; the other one asks
    for one item more at most M. With a tolerance, for reals, and for one target: by `all_targets_probability` and
    `subset_sum_probability`, which are too hopeful by 4 to 6 items at failures of 1e-9.
    Label ``law-threshold``: law derived and simulated.

    Parameters
    ----------
    success : float, array-like
        Probability in (0, 1). What float64 cannot tell from 1 is out of range: 1 - success is at least 1e-15.
    M : int, array-like, or None
        Items are uniform on {-M, ..., M}.
    eps : float, array-like, or None
        Without M, items are uniform on [-1, 1]. With M, a tolerance in units of the grid.
    targets : {"all", "one"} or number
        Every target; one target near 0 (neither served by the empty subset); or the one that is given.

    Returns
    -------
    int or int64 array, broadcast over success, M and eps

    Examples
    --------
    >>> samples_needed([0.5, 0.95, 0.99], M=2**15).tolist()
    [22, 25, 28]

    Used in: sums/subset_sum, sums/quantized, appendix/sharp.
    """
    wanted = between("success", success, 0.0, 1.0, "(0, 1)")
    top, tolerance = model(M, eps)
    if isinstance(targets, str) and targets not in ("all", "one"):
        raise ValueError(f"targets: expected 'all', 'one' or a number, got {targets!r}")
    place = None if isinstance(targets, str) else float(numbers("targets", targets))
    if top is not None and place is not None and place % 1:
        raise ValueError(f"targets: expected a whole number, as M is given, got {targets!r}")
    rows = np.broadcast_arrays(wanted, *(np.full((), np.nan) if x is None else x for x in (top, tolerance)))
    out = np.empty(rows[0].shape, dtype=np.int64)
    for index in np.ndindex(out.shape):
        p, m, e = (float(x[index]) for x in rows)
        if 1 - p < 1e-15:
            raise ValueError(f"success: expected at most 1 - 1e-15, which float64 can tell from 1, got {success!r}")
        given = {name: value for name, value in (("M", m), ("eps", e)) if not np.isnan(value)}
        first = 1
        if targets == "all":
            law = partial(_all_targets, given)
        elif place is None:
            law = partial(_near_zero, given)
        else:
            law = partial(_one_target, given, place)
            first = max(1, math.ceil((abs(place) - given.get("eps", 0.0)) / given.get("M", 1.0)))
        guess = subset_sum_threshold(**given, targets="all" if targets == "all" else "one")
        out[index] = _smallest(law, p, first, max(first, math.ceil(float(guess))))
    return out if out.ndim else int(out)


def _all_targets(given: dict[str, float], n: int) -> float:
    if set(given) == {"M"}:
        return 1 - float(all_targets_failure(n, given["M"]))
    return float(all_targets_probability(n, **given))


def _near_zero(given: dict[str, float], n: int) -> float:
    """One target, near 0 but not served by the empty subset."""
    log_mean, shift = one_target(n, 0.0, **given)[:2]
    return float(reach(log_mean, shift)[0])


def _one_target(given: dict[str, float], place: float, n: int) -> float:
    return float(subset_sum_probability(n, place, **given))


def _smallest(law: Callable[[int], float], wanted: float, first: int, guess: int) -> int:
    """Smallest n >= first with law(n) >= wanted, for a law that grows with n: strides from a guess, then bisection."""
    low, high, stride = first - 1, guess, 4
    while law(high) < wanted:
        low, high, stride = high, high + stride, 2 * stride
    while low < high - 1:
        # Close to a guess that was too high the answer is near; far below it is not.
        middle = max(low + 1, high - stride) if low == first - 1 else (low + high) // 2
        if law(middle) >= wanted:
            high, stride = middle, 2 * stride
        else:
            low = middle
    return high


def large_deviation_rate(r: ArrayLike) -> float | NDArray[np.float64]:
    """Rate at which a problem has unusually few subsets near 0: I(r) = ln 2 - r for 0 <= r <= ln 2.

    The probability that at most exp(n r) subsets come near 0 is exp(-n I(r) + o(n)). It follows from the identity
    E[1 / (1 + exp(s X))] = 1/2, true at every tilt s for a symmetric X: rare problems have their items tilted, and the
    tilt costs exactly what it saves. So a failure of at most d asks for log2(1/eps) + log2(1/d) items up to lower
    order, which is 2 log2(1/eps) for d = eps. Label ``law-large-deviation``: law derived.

    Parameters
    ----------
    r : float, array-like
        In [0, ln 2]; natural logarithm of the number of subsets, per item.

    Returns
    -------
    float or float64 array

    Used in: sums/subset_sum.
    """
    return plain(LOG2 - between("r", r, 0.0, LOG2, "[0, ln 2]"))
