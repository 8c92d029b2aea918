"""The second moment, cell by cell of the sum, for every target; and joined to the growth bound."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums._batches import Halt, run_in_chunks
from slthlib.sums._check import check_memory
from slthlib.sums._growth_kernels import majorant
from slthlib.sums._jit import announce_compiling
from slthlib.sums._second_moment_kernels import pair_moments
from slthlib.sums.laws._common import plain, wholes
from slthlib.sums.laws._sizes import probability, whole
from slthlib.sums.laws._sum_laws import in_cells, sum_laws
from slthlib.sums.laws.growth import growth_bound, growth_table

__all__ = ["second_moment_bound", "second_moment_missed"]

#: `failure_bound` calls `second_moment_bound` by itself up to this M.
SECOND_MOMENT_LIMIT = 256
#: Cells reach this many standard deviations of the sum; what lies beyond counts as missed.
_SPREAD = 5.0
#: Pairs of subsets that are left out add at most this much, relative to the square of a mean count.
_LEFT_OUT = 1e-12
#: Room for rounding, in each bound on a probability.
_GUARD = 1e-9
_TARGETS = 32  # in one piece of work


def second_moment_bound(n: ArrayLike, M: int, *, first: int | None = None) -> float | NDArray[np.float64]:
    """Bound on the probability that some target is missed: second moments for n1 items, then the growth bound.

    Let n1 items miss target y with probability at most B(y) (`second_moment_missed`), so that they meet at least
    N - sum B(y) of the N targets on average. Given that they meet r, the n - n1 items left fail with probability at
    most G(r) (`growth_bound`). With C the least concave majorant of G on {1..N}, which does not increase, Jensen's
    inequality gives P(failure) <= C(N - sum B(y)). The least over n1 is returned, or `growth_bound` where it is
    smaller. Label ``thm-second-moment``: proved here up to rounding, which is guarded ("floating-point proof").

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1 and at most 100.
    M : int
        Items and targets are in {-M..M}; at most 4096.
    first : int, optional
        n1, from 1 to n: one term of the minimum. By default a few are tried, which takes about 0.1 s each at
        M = 128 and 2 s at M = 512, and grows as M**2; each is computed once in a process.

    Returns
    -------
    float or float64 array, in (0, 1]

    Used in: sums/quantized, appendix/sharp, appendix/certificates.
    """
    count, largest = wholes("n", n), _checked_largest(M)
    if count.max() > 100:
        raise ValueError(f"n: second moments are for at most 100 items, got {n!r}")
    if first is not None and not 1 <= whole(first, "first") <= count.min():
        raise ValueError(f"first: expected a whole number from 1 to n, got {first!r}")
    table = growth_table(largest, int(count.max()))
    targets = 2 * largest + 1

    def joined(items: int, before: int) -> float:
        met = targets - 2 * float(_missed(before, largest, _width(largest)).sum())
        if not met > 1:
            return 1.0
        return float(majorant(table[items - before], 1, targets, met, 1, targets)[0])

    def best(items: int) -> float:
        if first is not None:
            return joined(items, int(first))
        fewest = (2 * largest).bit_length()
        if items <= fewest + 1:
            return 1.0
        # The best n1 is about this one, and a walk downhill finds a minimum near it; every n1 gives a valid bound.
        most = min(items - 1, fewest + 15)
        at = max(fewest, min(items - fewest + 2, (items + fewest) // 2 - 1, most))
        value = joined(items, at)
        for step in (-1, 1):
            while fewest <= at + step <= most and (other := joined(items, at + step)) < value:
                value, at = other, at + step
        return value

    values = {items: best(int(items)) for items in np.unique(count)}
    bounds = np.array([values[items] for items in count.flat]).reshape(count.shape)
    with np.errstate(divide="ignore"):
        joint = probability(np.log(bounds))
    return plain(joint if first is not None else np.minimum(joint, growth_bound(count, largest)))


def second_moment_missed(n: int, M: int, *, width: int | None = None) -> NDArray[np.float64]:
    """Bound on the probability that n items miss the target t, for every t = 0..M, by conditional second moments.

    Y counts the subsets with sum t, and S is the sum of all items. In each cell I of a partition of the integers,
    (E[Y; S in I])**2 <= E[Y**2; S in I] P(Y > 0, S in I) by Cauchy and Schwarz. Summing over the cells,
    P(Y = 0) <= 1 - sum (E[Y; S in I])**2 / E[Y**2; S in I]. Both expectations are finite sums over how many items the
    subsets hold, and how many of them both. Label ``lem-second-moment``: proved here up to rounding, which is guarded
    by 1e-9 ("floating-point proof"). By symmetry the bound for -t is that for t.

    Parameters
    ----------
    n : int
        Number of items, at least 1 and at most 100.
    M : int
        Items and targets are in {-M..M}; at most 4096.
    width : int, optional
        Width of the cells; by default M // 8. Any width gives a valid bound.

    Returns
    -------
    float64 [M + 1]
        In [0, 1], for t = 0..M; 0 for t = 0, the sum of no item.

    Used in: appendix/sharp.
    """
    items, largest = whole(n, "n"), _checked_largest(M)
    if items > 100:
        raise ValueError(f"n: second moments are for at most 100 items, got {n!r}")
    return _missed(items, largest, _width(largest) if width is None else whole(width, "width")).copy()


def _checked_largest(M: object) -> int:
    largest = whole(M)
    if largest > 4096:
        raise ValueError(f"M: second moments are computed up to M = 4096, got {M!r}")
    return largest


def _width(M: int) -> int:
    return max(1, M // 8)


@lru_cache(maxsize=256)
def _missed(n: int, M: int, width: int) -> NDArray[np.float64]:
    zero = n * M
    check_memory(8.0 * (n + 1) * (6 * zero + 40 * M), "the laws of the partial sums")
    p = sum_laws(n, M)
    factorial = np.cumprod(np.arange(n + 1.0).clip(1.0))
    choose = factorial[n] / factorial / factorial[::-1]
    f = p / factorial[:, None]  # weights of k items: n! times a product of weights is a multinomial probability
    # l items in exactly one of the two subsets, each side of which has sum v.
    one = np.zeros_like(f)
    for k in range(n + 1):
        one[k:] += f[k] * f[: n + 1 - k]
    reach, left_out = _reach(n, M, one, factorial, float(choose @ p[:, zero + M]))

    cells = 2 * math.ceil(_SPREAD * M * math.sqrt(n / 3) / width) + 1
    low = -(cells * width) // 2
    # boxes[r, m, q]: weight of m items with a sum in a cell's width from start + q width + r on.
    start = low - (M + reach) - width
    rows = (2 * (M + reach) + (cells + 3) * width) // width
    boxes = np.zeros((width, -(-(n + 1) // 4) * 4, rows))
    boxes[:, : n + 1] = in_cells(f, start, rows * width, width).reshape(n + 1, rows, width).transpose(2, 0, 1)
    margin = max(0, M + reach - zero)
    both = np.pad(f.T, ((margin, margin), (0, 0)))
    single = np.ascontiguousarray(one[:, zero - reach : zero + reach + 1].T)
    second = np.empty((M, cells))
    announce_compiling(pair_moments)

    def work(begin: int, end: int, halt: Halt) -> None:
        for at in range(begin * _TARGETS, min(end * _TARGETS, M), _TARGETS):
            part = np.array([at + 1, min(at + _TARGETS, M) + 1])
            out = second[at : part[1] - 1]
            pair_moments(both, single, zero + margin, reach, boxes, low - start, part, out, halt)

    seconds = 2.5e-10 * _TARGETS * (2 * reach + _TARGETS) * boxes.shape[1] * cells
    run_in_chunks(work, -(-M // _TARGETS), seconds, threads=None, progress=None, label="second moments")
    second = factorial[n] * second + left_out

    bounds = np.zeros(M + 1)
    below = np.concatenate([np.zeros((n + 1, 1)), np.cumsum(p[::-1], axis=1)], axis=1)  # of n - k items
    edges = low + width * np.arange(cells + 1)
    for t in range(1, M + 1):
        in_cell = np.diff(below[:, np.clip(edges - t + zero, 0, 2 * zero + 1)], axis=1)
        mean = (choose * p[:, zero + t]) @ in_cell
        bounds[t] = 1.0 - np.divide(mean**2, second[t - 1], out=np.zeros(cells), where=mean > 0).sum()
    return np.clip(bounds + np.where(np.arange(M + 1) > 0, _GUARD, 0.0), 0.0, 1.0)


def _reach(n: int, M: int, one: NDArray[np.float64], factorial: NDArray[np.float64], mean: float) -> tuple[int, float]:
    """Where to cut the sum v of either side, and what the pairs beyond can add to any cell at most.

    Given l items in one subset only, the n - l others are in both or in neither: 2**(n - l) ways, and those in both
    have sum t - v, not 0 beyond the cut, which has probability at most 1/N.
    """
    zero = n * M
    weights = factorial[n] / factorial[::-1] * 2.0 ** (n - np.arange(n + 1)) / (2 * M + 1)
    each = weights @ one[:, zero:]
    beyond = 2 * np.append(np.cumsum(each[::-1])[::-1], 0.0)  # over |v| >= index
    reach = max(M, int(np.argmax(beyond[1:] <= _LEFT_OUT * mean**2)))
    return reach, float(beyond[min(reach + 1, zero + 1)])
