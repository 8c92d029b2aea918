"""What deleting a weight of a linear model costs, and the best subset by trying them all.

A problem is ``x`` (n, d) and ``y`` (n,), its loss ``|x w - y|**2 / 2``, its Hessian ``x' x``.
"""

from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.tickets._linear_checks import reals, triangle, whole

__all__ = ["best_subset", "deletion_costs", "saliencies"]

#: Sets that `best_subset` is willing to try.
_MOST_SETS = 20_000


def saliencies(x: ArrayLike, w: ArrayLike) -> NDArray[np.float64]:
    """What setting each weight to zero costs at a minimum, the others left alone: ``w**2 * |column|**2 / 2``.

    Cited result: Y. LeCun, J. S. Denker and S. A. Solla, Optimal brain damage, NIPS 1989.

    Parameters
    ----------
    x : array of float, shape (..., n, d)
        The problems.
    w : array of float, shape (..., d)
        Weights of least loss.

    Returns
    -------
    ndarray, shape (..., d)
        Increases of the loss.

    Notes
    -----
    Used in: tickets/pruning.
    """
    problem, weights = reals("x", x, 2), reals("w", w, 1)
    expected = (*problem.shape[:-2], problem.shape[-1])
    if weights.shape != expected:
        raise ValueError(f"w: expected shape {expected}, got {weights.shape}")
    return weights**2 * (problem**2).sum(axis=-2) / 2


def deletion_costs(x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
    """What deleting each weight costs once the others are fitted again: ``w[i]**2 / (2 * inverse(x' x)[i, i])``.

    Cited result: B. Hassibi and D. G. Stork, Optimal brain surgeon, NIPS 1992, 164-171.

    Parameters
    ----------
    x : array of float, shape (n, d)
        One problem, with linearly independent columns.
    y : array of float, shape (n,)
        Its targets.

    Returns
    -------
    ndarray, shape (d,)
        Increases of the least loss; never more than `saliencies`, and the same where columns are orthogonal.

    Notes
    -----
    Used in: tickets/pruning.
    """
    r, target = triangle(x, y)
    inverse = np.linalg.inv(r)  # inverse(x' x) = inverse(r) inverse(r)', whose diagonal is a sum of squares
    return (inverse @ target) ** 2 / (2 * (inverse**2).sum(axis=1))


def best_subset(x: ArrayLike, y: ArrayLike, size: int) -> NDArray[np.bool_]:
    """The columns of least loss among all sets of one size, by trying every set.

    Parameters
    ----------
    x : array of float, shape (n, d)
        One problem, with linearly independent columns.
    y : array of float, shape (n,)
        Its targets.
    size : int
        How many columns to keep, from 1 to d.

    Returns
    -------
    ndarray of bool, shape (d,)
        The columns of the best set; one of them if several are equally good.

    Notes
    -----
    Used in: tickets/pruning.
    """
    r, target = triangle(x, y)
    d = len(r)
    size = whole("size", size, 1, d)
    if comb(d, size) > _MOST_SETS:
        raise ValueError(f"size: expected at most {_MOST_SETS} sets to try, got {comb(d, size)}: {size} of {d}")
    sets = np.array(list(combinations(range(d), size)))
    columns = r.T[sets].swapaxes(-1, -2)  # (sets, d, size)
    fitted = np.linalg.qr(columns)[0].swapaxes(-1, -2) @ target  # the part of y that each set can reach
    mask = np.zeros(d, dtype=bool)
    mask[sets[np.argmax((fitted**2).sum(axis=-1))]] = True
    return mask
