"""What sparse tickets take, by law and by counting: single weights, exactly c kept for each weight of the target."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, norm

from slthlib.strong.laws import solve_failure
from slthlib.sums.laws import sized_target_failure

__all__ = [
    "counting_items",
    "fewest_tail",
    "frozen_failure",
    "mean_solutions",
    "pair_ratio",
    "sparse_failure",
    "sparse_items",
    "sum_probabilities",
]

Array = NDArray[np.float64]
#: From so many items on the drift of a bank may matter more than chance.
_DRIFT = 4


@lru_cache(maxsize=64)
def sum_probabilities(c: int, M: int) -> Array:
    """Probabilities of the sums of c items, uniform on -M..M: p_c(u) for u = -c M..c M.

    Parameters
    ----------
    c : int
        Number of items, at least 0.
    M : int
        Largest item.

    Returns
    -------
    float64 [2 c M + 1]

    Used in: no chapter.
    """
    p = np.ones(1)
    for _ in range(c):
        upto = np.cumsum(np.append(p, np.zeros(2 * M)))
        upto[2 * M + 1 :] -= upto[: -2 * M - 1].copy()
        p = upto / (2 * M + 1)
    p.flags.writeable = False
    return p


def mean_solutions(n: int, c: int, target: int, M: int) -> float:
    """Mean number of sets of c of n items that add up to the target. Label ``prop-sized-moments``: proved here.

    Parameters
    ----------
    n, c : int
        Items, and items taken.
    target : int
        At most c M in size.
    M : int
        Items are uniform on -M..M.

    Returns
    -------
    float

    Used in: strong/sparsity.
    """
    return math.comb(n, c) * float(sum_probabilities(c, M)[target + c * M])


def pair_ratio(n: int, c: int, target: int, M: int) -> float:
    """Mean of Y (Y - 1) over the square of the mean of Y, Y the number of sets of c of n items with this sum.

    For c = g n and targets near 0 it tends to 1 / sqrt(1 - g**2). Label ``prop-sized-moments``: proved here.

    Parameters
    ----------
    n, c : int
        Items, and items taken.
    target : int
        At most c M in size.
    M : int
        Items are uniform on -M..M.

    Returns
    -------
    float

    Used in: strong/sparsity.
    """
    pairs = 0.0
    for j in range(c):  # of two different sets with j items in common
        u = np.arange(-j * M, j * M + 1)
        u = u[np.abs(target - u) <= (c - j) * M]
        other = sum_probabilities(c - j, M)[target - u + (c - j) * M]
        both = float(sum_probabilities(j, M)[u + j * M] @ other**2)
        pairs += math.comb(c, j) * math.comb(n - c, c - j) * both
    return pairs * math.comb(n, c) / mean_solutions(n, c, target, M) ** 2


def sparse_failure(n: int, c: int, bits: int, *, law: Literal["poisson", "both"] = "both") -> float:
    """Probability that no c of n single weights make a target that is uniform on the grid.

    "poisson" is exp(-E) with the exact mean E, averaged over the targets: right for c much smaller than n. "both" is
    the larger of this and, from c = 4 on, `sized_target_failure` at a target of half the largest size, where the drift
    of the items counts. Labels ``thm-few-of-many`` (an error bound is proved there) and ``law-sized-solve``: law
    derived and simulated.

    Parameters
    ----------
    n, c : int
        Items, and items taken.
    bits : int
        Items are uniform on -M..M with M = 2**bits, targets on -M/2..M/2.
    law : {"poisson", "both"}

    Returns
    -------
    float

    Used in: strong/sparsity.
    """
    if law not in ("poisson", "both"):
        raise ValueError(f"law: expected one of poisson, both, got {law!r}")
    M = 2**bits
    p = sum_probabilities(c, M)[c * M - M // 2 : c * M + M // 2 + 1]
    chance = float(np.exp(-float(math.comb(n, c)) * p).mean())
    if law == "poisson" or c < _DRIFT or c >= n:
        return chance
    return max(chance, float(sized_target_failure(n, c, M // 4, M=M)))


def sparse_items(
    c: int, bits: int, *, solves: int = 1, failure: float = 0.5, law: Literal["poisson", "both"] = "both"
) -> int:
    """Fewest items with which all solves succeed with exactly c items each, by the law of `sparse_failure`.

    Parameters
    ----------
    c : int
        Items taken.
    bits : int
        As in `sparse_failure`.
    solves : int
        Independent solves.
    failure : float
        Probability that one of them fails.
    law : {"poisson", "both"}

    Returns
    -------
    int

    Used in: strong/sparsity.
    """
    each = -math.expm1(math.log1p(-failure) / solves)
    first = _least(lambda n: sparse_failure(n, c, bits, law="poisson") <= each, int(c))
    return first if law == "poisson" else _least(lambda n: sparse_failure(n, c, bits) <= each, first)


def counting_items(c: int, bits: int, *, success: float = 1.0) -> int:
    """Fewest items with enough sets of at most c of them for all targets. Label ``thm-sparse-counting``: proved here.

    Parameters
    ----------
    c : int
        Most items that may be taken.
    bits : int
        There are 2**bits + 1 targets.
    success : float
        Probability with which a target must be met, in the mean over the targets.

    Returns
    -------
    int

    Used in: strong/sparsity.
    """
    wanted = success * (2**bits + 1)
    return _least(lambda n: sum(math.comb(n, i) for i in range(min(c, n) + 1)) >= wanted, 1)


def fewest_tail(n: int, bits: int, *, most: int = 8) -> Array:
    """Probability that more than c of n single weights are needed, c = 0..most, for a target uniform on the grid.

    Label ``law-fewest``: law derived and simulated.

    Parameters
    ----------
    n : int
        Items.
    bits : int
        As in `sparse_failure`.
    most : int
        Largest c.

    Returns
    -------
    float64 [most + 1]

    Used in: strong/sparsity.
    """
    M = 2**bits
    t = np.arange(-M // 2, M // 2 + 1)
    means = [np.where(t == 0, np.inf, 0.0)]  # the empty set makes 0
    means += [math.comb(n, c) * sum_probabilities(c, M)[t + c * M] for c in range(1, most + 1)]
    return np.exp(-np.cumsum(means, axis=0)).mean(axis=1)


def frozen_failure(free: int, bits: int, *, present: float = 1.0, locked: float = 0.0) -> float:
    """Probability that a solve fails on a source some of whose weights are removed, or locked, by the law.

    Removed: the law of one solve, averaged over a binomial number of items (``prop-frozen-source``: proved here, from
    ``law-one-solve``). Locked: ``law-locked``, law derived and simulated; not both at once.

    Parameters
    ----------
    free : int
        Items that the mask may choose from, in the mean.
    bits : int
        As in `sparse_failure`.
    present : float
        Each of ``free / present`` items is there with this probability.
    locked : float
        So many items for each free one are always kept.

    Returns
    -------
    float

    Used in: strong/sparsity.
    """
    if present != 1 and locked:
        raise ValueError(f"present, locked: expected one of them, got {present!r} and {locked!r}")
    M = 2**bits
    if not locked:
        n = round(free / present)
        law = solve_failure(np.arange(1, n + 1), bits, source_bits=bits, construction="copies")
        return float(binom.pmf(np.arange(n + 1), n, present) @ np.append(M / (M + 1), law))
    drift, width = np.linspace(-8, 8, 2001), math.sqrt(free * M * (M + 1) / 3)
    t = np.arange(0, M // 2 + 1, max(1, M // 32))[:, None]
    off = math.sqrt(1 + 4 * locked) * drift - 2 * t / width
    rate = 2.0 ** (free + 1) / math.sqrt(2 * math.pi) / width * np.exp(-(off**2) / 2)
    return float((np.exp(-rate) @ norm.pdf(drift)).mean() * (drift[1] - drift[0]))


def _least(enough: Callable[[int], bool], first: int) -> int:
    """The first number from which on the condition holds."""
    high, step = first, 1
    while not enough(high):
        first, high, step = high + 1, high + step, 2 * step
    while first < high:
        middle = (first + high) // 2
        first, high = (first, middle) if enough(middle) else (middle + 1, high)
    return high
