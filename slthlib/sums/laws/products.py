"""Items that are products a b of two quantized weights: what the law of single weights says, and where it fails."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums.laws._common import plain, wholes
from slthlib.sums.laws.targets import by_variance

__all__ = ["product_all_targets_probability", "product_parity_bound"]


def product_all_targets_probability(
    n: ArrayLike, M1: ArrayLike, M2: ArrayLike, *, largest: ArrayLike | None = None, positive: bool = False
) -> float | NDArray[np.float64]:
    """Probability that products a b hit every target, as if their arithmetic were that of single weights: optimistic.

    a is uniform on {-M1, ..., M1}, b on {-M2, ..., M2}, or on {1, ..., M2} with ``positive``. It is the law of
    `all_targets_probability` with the variance of a b, and at most 1 - `product_parity_bound`. It promises about one
    or two items too few: most products are even, none has a prime factor above M1 and M2, and a product is often 0.
    Label ``law-products``: law derived; simulations show the excess.

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    M1, M2 : int, array-like
        Largest values of the two factors.
    largest : int, array-like, or None
        Targets reach from -largest to largest; None means M1 M2.
    positive : bool
        Whether b is uniform on {1, ..., M2}.

    Returns
    -------
    float or float64 array, broadcast over the arguments

    Used in: sums/quantized, appendix/products.
    """
    items, first, second = wholes("n", n), wholes("M1", M1), wholes("M2", M2)
    window = first * second if largest is None else wholes("largest", largest)
    if not np.all(window <= items * first * second):
        raise ValueError(f"largest: expected at most n M1 M2, got {largest!r}")
    square = (second + 1) * (2 * second + 1) / 6 if positive else second * (second + 1) / 3
    items, variance, window = np.broadcast_arrays(items, first * (first + 1) / 3 * square, window)
    every, _ = by_variance(items, variance, window)
    bound = product_parity_bound(n, M1, M2, positive=positive)
    return plain(np.minimum(every, 1 - np.asarray(bound)))


def product_parity_bound(
    n: ArrayLike, M1: ArrayLike, M2: ArrayLike, *, positive: bool = False
) -> float | NDArray[np.float64]:
    """Proved lower bound on the probability that products a b miss some target: that all of them are even.

    (1 - P(a odd) P(b odd))**n, with P(odd) = M / (2 M + 1) or (M + 1) / (2 M + 1) for even and odd M, or, with
    ``positive``, the share of odd numbers in {1, ..., M2}. For even M1 and M2 it is at least (3/4)**n: a failure of d
    takes log2(1/d) / log2(4/3) items however fine the grid. Label ``prop-products-parity``: proved here.

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    M1, M2 : int, array-like
        a is uniform on {-M1, ..., M1}, b on {-M2, ..., M2}.
    positive : bool
        Whether b is uniform on {1, ..., M2}.

    Returns
    -------
    float or float64 array, broadcast over the arguments

    Used in: sums/quantized, appendix/products.
    """
    items, first, second = wholes("n", n), wholes("M1", M1), wholes("M2", M2)
    odd_second = np.ceil(second / 2) / second if positive else _odd(second)
    return plain(np.exp(items * np.log1p(-_odd(first) * odd_second)))


def _odd(M: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(odd) for a number uniform on {-M, ..., M}."""
    return 2 * np.ceil(M / 2) / (2 * M + 1)
