"""Slow twins: each says in a few plain lines what a solver must return. Tests hold the solvers to them."""

from itertools import combinations, product

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["slow_best_difference", "slow_count_perfect", "slow_differencing"]


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
