"""The law of all targets at once: every integer of {-M, ..., M}, or every real of [-1, 1]."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums.laws._common import LOG2, model, numbers, plain, wholes
from slthlib.sums.laws._quadrature import all_reached, integer_nodes, panels
from slthlib.sums.laws.subset import variance_of

__all__ = ["all_targets_probability"]

Array = NDArray[np.float64]


def all_targets_probability(
    n: ArrayLike, *, M: ArrayLike | None = None, eps: ArrayLike | None = None, largest: ArrayLike | None = None
) -> float | NDArray[np.float64]:
    """Probability that the subset sums hit every target of the window.

    With lambda as in `subset_sum_probability`, ``M`` alone: every integer t with abs(t) <= ``largest``,

        E_G exp(-sum over t of exp(-lambda(t))).

    ``eps`` alone: every real z with abs(z) <= ``largest`` lies within eps of a subset sum. What is uncovered comes in
    gaps, and it is their number that is Poisson: a gap either holds the end of the window or begins inside, so

        E_G [(1 - exp(-2 eps lambda(end))) exp(-integral of lambda exp(-2 eps lambda) dz)].

    Both: every integer lies within eps units of the grid, with runs in place of gaps,

        E_G [(1 - exp(-(2 eps + 1) lambda(end))) exp(-sum over t of (1 - exp(-lambda)) exp(-(2 eps + 1) lambda))].

    Labels ``law-all-targets`` and ``law-all-reals``: law derived and simulated, within 0.03 from M = 128 on in the
    middle and above it; too high by up to 0.07 at M = 8, too low where it is below 0.2. Failures below 0.01 are
    better described by `all_targets_failure`. Where 2**n subsets are too few for the window the answer is 0.

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    M : int, array-like, or None
        Items are uniform on {-M, ..., M}.
    eps : float, array-like, or None
        Without M, items are uniform on [-1, 1], and eps > 0. With M, a tolerance in units of the grid.
    largest : int or float, array-like, or None
        Targets reach from -largest to largest; None means M, or 1 for reals.

    Returns
    -------
    float or float64 array, broadcast over the arguments

    Examples
    --------
    >>> round(all_targets_probability(15, M=512), 3)
    0.624

    Used in: sums/subset_sum, sums/quantized, appendix/products.
    """
    every, _ = all_targets(n, M, eps, largest)
    return plain(every)


def all_targets(
    n: ArrayLike, M: ArrayLike | None, eps: ArrayLike | None, largest: ArrayLike | None = None
) -> tuple[Array, Array]:
    """The law of all targets and its complement, which keeps its relative accuracy when it is small."""
    top, tolerance = model(M, eps)
    items = wholes("n", n)
    unit = np.ones(()) if top is None else top
    if largest is None:
        window = unit
    else:
        window = numbers("largest", largest) if top is None else wholes("largest", largest)
        if not np.all((window > 0) & (window <= items * unit)):
            limit = "n" if top is None else "n M"
            raise ValueError(f"largest: expected numbers above 0 and at most {limit}, got {largest!r}")
    slack = np.zeros(()) if tolerance is None else tolerance
    every, some = by_variance(items, variance_of(top), window, slack, real=top is None)
    covered = slack >= window
    return np.where(covered, 1.0, every), np.where(covered, 0.0, some)


def by_variance(
    n: Array, variance: Array, window: Array, slack: Array | float = 0.0, *, real: bool = False
) -> tuple[Array, Array]:
    """The law of all targets in [-window, window], and its complement, for items of any variance; broadcast."""
    shape = np.broadcast_shapes(np.shape(n), np.shape(variance), np.shape(window), np.shape(slack))
    slack = np.minimum(slack, window)  # beyond, the empty subset serves every target
    n, variance, window, slack = (
        np.broadcast_to(x, shape).reshape(-1).astype(np.float64) for x in (n, variance, window, slack)
    )
    every, some = np.empty(n.size), np.empty(n.size)
    groups: dict[tuple[float, bool], list[int]] = {}
    for i in range(n.size):  # problems with one window and one kind of target share their places
        groups.setdefault((0.0 if real else float(window[i]), bool(slack[i] > 0)), []).append(i)
    for (T, runs), members in groups.items():
        for start in range(0, len(members), 64):
            part = np.array(members[start : start + 64])
            count = _misses(n[part], variance[part], window[part], slack[part], int(T), runs)
            every[part], some[part] = all_reached(count, part.size)
    # 2**n subsets, each of which serves so much, are too few for the window.
    serves, asked = (2 * slack, 2 * window) if real else (2 * slack + 1, 2 * window + 1)
    with np.errstate(divide="ignore"):
        hopeless = n * LOG2 + np.log(serves) < np.log(asked) - 1e-12
    every, some = np.where(hopeless, 0.0, every), np.where(hopeless, 1.0, some)
    return every.reshape(shape), some.reshape(shape)


def _misses(n: Array, variance: Array, window: Array, slack: Array, T: int, runs: bool) -> Callable[[Array], Array]:
    """The mean number of misses as a function of |G|, for `all_reached`: integers up to T, or reals if T is 0."""
    real = T == 0
    log_a = (n * LOG2 - 0.5 * np.log(np.pi * n * variance / 2))[:, None, None]
    step = (2 * window / np.sqrt(n * variance))[:, None, None]
    log_wide = np.log(2 * slack if real else 2 * slack + 1)[:, None, None]
    places, weights = panels(np.linspace(-1.0, 1.0, 25)) if real else integer_nodes(T)

    def log_rate(g: Array, at: Array) -> Array:
        return log_a - 0.5 * (g[:, :, None] - step * at) ** 2

    def exp(x: Array) -> Array:
        return np.exp(np.minimum(x, 600.0))

    def count(g: Array) -> Array:
        out = np.empty(g.shape)
        for first in range(0, g.shape[1], 32):
            part = slice(first, first + 32)
            log_x = log_rate(g[:, part], places)
            if not runs and not real:
                out[:, part] = np.exp(-exp(log_x)) @ weights
                continue
            served = exp(log_x + log_wide)
            if real:
                gaps = exp(log_x + np.log(window)[:, None, None] - served) @ weights
            else:
                gaps = (-np.expm1(-exp(log_x)) * np.exp(-served)) @ weights
            end = exp(log_rate(g[:, part], np.array([-1.0])) + log_wide)[:, :, 0]
            with np.errstate(divide="ignore"):
                out[:, part] = gaps - np.log(-np.expm1(-end))
        return out

    return count
