"""Slow twins: each says in a few plain lines what a solver must return. Tests hold the solvers to them."""

from collections import Counter
from itertools import combinations, product

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "slow_best_difference",
    "slow_count_perfect",
    "slow_count_subsets",
    "slow_covering_radius",
    "slow_differencing",
    "slow_reachable_sums",
]


def slow_best_difference(items: ArrayLike, *, imbalance: int | None = None) -> int:
    """Smallest difference over all signs, or over those with the given imbalance, by trying each.

    Parameters
    ----------
    items : int [n]
    imbalance : int, optional

    Returns
    -------
    int

    Used in: sums/partition.
    """
    numbers = [int(x) for x in np.asarray(items)]
    return min(
        abs(sum(s * x for s, x in zip(signs, numbers, strict=True)))
        for signs in product((1, -1), repeat=len(numbers))
        if imbalance is None or sum(signs) == imbalance
    )


def slow_count_perfect(items: ArrayLike, *, imbalance: int | None = None) -> int:
    """Unordered partitions with difference at most 1, by listing every subset and its complement.

    Parameters
    ----------
    items : int [n]
    imbalance : int, optional

    Returns
    -------
    int

    Used in: no chapter.
    """
    numbers = [int(x) for x in np.asarray(items)]
    n, total = len(numbers), sum(numbers)
    found = set()
    for size in range(n + 1):
        if imbalance is not None and abs(2 * size - n) != abs(imbalance):
            continue
        for side in combinations(range(n), size):
            if abs(total - 2 * sum(numbers[i] for i in side)) <= 1:
                other = tuple(i for i in range(n) if i not in side)
                found.add(frozenset((side, other)))
    return len(found)


def slow_differencing(items: ArrayLike) -> int:
    """What differencing leaves: replace the two largest numbers by their difference until one is left.

    Parameters
    ----------
    items : int [n]

    Returns
    -------
    int

    Used in: sums/partition.
    """
    numbers = sorted(abs(int(x)) for x in np.asarray(items))
    while len(numbers) > 1:
        largest, second = numbers.pop(), numbers.pop()
        numbers = sorted([*numbers, largest - second])
    return numbers[0]


def slow_reachable_sums(items: ArrayLike, low: int, high: int) -> NDArray[np.bool_]:
    """Which integers from low to high are sums of some items: a set that grows item by item.

    Parameters
    ----------
    items : int [n]
    low, high : int

    Returns
    -------
    bool [high - low + 1]

    Used in: no chapter.
    """
    sums = {0}
    for x in np.asarray(items).tolist():
        sums |= {s + x for s in sums}
    return np.array([t in sums for t in range(low, high + 1)])


def slow_count_subsets(items: ArrayLike, low: int, high: int) -> list[int]:
    """How many subsets add up to each integer from low to high: a table of all sums that grows item by item.

    Parameters
    ----------
    items : int [n]
    low, high : int

    Returns
    -------
    list of int

    Used in: no chapter.
    """
    sums = Counter([0])
    for x in np.asarray(items).tolist():
        sums += Counter({s + x: count for s, count in sums.items()})
    return [sums[t] for t in range(low, high + 1)]


def slow_covering_radius(items: ArrayLike, low: float = -1.0, high: float = 1.0) -> float:
    """Distance to the nearest subset sum, at the points of [low, high] where it can be largest.

    Parameters
    ----------
    items : float [n]
    low, high : float

    Returns
    -------
    float

    Used in: no chapter.
    """
    sums = np.zeros(1)
    for x in np.asarray(items, float):
        sums = np.union1d(sums, sums + x)
    middles = (sums[1:] + sums[:-1]) / 2
    points = np.concatenate([[low, high], middles[(low < middles) & (middles < high)]])
    return max(float(np.abs(sums - z).min()) for z in points)
