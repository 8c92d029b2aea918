"""Arguments of the linear models, checked once: each error names the argument, what was expected and what came."""

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: A column counts as dependent on the others if its part at right angles to them is this small beside the largest.
DEPENDENT = 1e-10


def reals(name: str, values: ArrayLike, dims: int) -> NDArray[np.float64]:
    """Finite numbers as float64, with at least ``dims`` axes and none of them empty."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name}: expected numbers in a regular array, got a ragged one ({error})") from None
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name}: expected real numbers, got dtype {array.dtype}")
    if array.ndim < dims or array.size == 0:
        raise ValueError(f"{name}: expected at least {dims} axes, none of them empty, got shape {array.shape}")
    array = array.astype(np.float64, copy=False)
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite numbers, got {array[~np.isfinite(array)][0]}")
    return array


def data(x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Problems ``x`` (..., n, d) with one target for each row, ``y`` (..., n)."""
    problem, target = reals("x", x, 2), reals("y", y, 1)
    if target.shape != problem.shape[:-1]:
        raise ValueError(f"y: expected the shape of x without its last axis, {problem.shape[:-1]}, got {target.shape}")
    return problem, target


def triangle(x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A problem with independent columns as a smaller one, ``r`` (d, d) triangular and ``q' y``.

    For all weights its loss is that of the problem, less the same constant.
    """
    problem, target = data(x, y)
    if problem.ndim != 2:
        raise ValueError(f"x: expected one problem, shape (n, d), got shape {problem.shape}")
    n, d = problem.shape
    q, r = np.linalg.qr(problem)
    if n < d or dependent(r):
        raise ValueError(f"x: expected linearly independent columns, got {n} rows and {d} columns that are not")
    return r, q.T @ target


def dependent(r: NDArray[np.float64]) -> Any:
    """Whether a triangular factor (..., d, d) belongs to dependent columns."""
    diagonal = np.abs(np.diagonal(r, axis1=-2, axis2=-1))
    return diagonal.min(axis=-1) <= DEPENDENT * diagonal.max(axis=-1)


def check_mask(mask: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """A mask (..., d) of problems (..., n, d) that keeps as many columns of each."""
    array = np.asarray(mask)
    if array.dtype != bool:
        raise TypeError(f"mask: expected booleans, got dtype {array.dtype}")
    expected = (*shape[:-2], shape[-1])
    if array.shape != expected:
        raise ValueError(f"mask: expected shape {expected}, got {array.shape}")
    kept = array.sum(axis=-1)
    if kept.min() != kept.max() or kept.min() == 0:
        raise ValueError(
            f"mask: expected as many kept weights in each problem, at least 1, got {kept.min()} to {kept.max()}"
        )
    return array


def whole(name: str, value: int, low: int, high: int | None = None) -> int:
    """An integer from ``low`` to ``high``."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral):
        raise TypeError(f"{name}: expected an integer, got {value!r}")
    if value < low or (high is not None and value > high):
        limits = f"at least {low}" if high is None else f"from {low} to {high}"
        raise ValueError(f"{name}: expected an integer {limits}, got {value}")
    return int(value)
