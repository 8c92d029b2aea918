"""From the error of a weight to the error of a network, and back."""

import math
from collections.abc import Sequence

import numpy as np

from slthlib.strong.bounds._checks import real
from slthlib.strong.bounds._network import Layer
from slthlib.strong.bounds._reading import network

__all__ = ["error_propagation", "tolerance_needed"]

_NORMS = ("spectral", "sup")


def error_propagation(
    norms: Sequence[float], e: float, shapes: Sequence[tuple[int, ...]], *, norm: str = "spectral"
) -> float:
    """Bound on the error of a network whose weights, seen from either sign of their input, are off by at most e.

    sup ``|f - g|`` over the unit ball is at most prod(s_i + eta_i) - prod(s_i), where layer i has norm s_i and
    eta_i = e sqrt(d_i d_(i-1)) in the 2-norm, or eta_i = e d_(i-1) in the sup-norm: the largest effect of a matrix
    with entries up to e. With s_i <= 1 it is at most exp(sum eta_i) - 1. Equality holds for W_i = J/d, J the matrix of
    ones, and all errors e. A kernel counts each tap as an input, and in the 2-norm as one matrix a tap. Trust level:
    proved here.

    Parameters
    ----------
    norms : sequence of float
        Norms s_i of the target's layers: spectral norms, or largest row sums of absolute weights.
    e : float
        Largest error of a weight, at least 0.
    shapes : sequence of tuple of int
        Shapes (out, in) or (out, in, height, width).
    norm : {"spectral", "sup"}
        The 2-norm, on the ball ``|x|_2`` <= 1; or the sup-norm, on the cube ``|x|_inf`` <= 1.

    Returns
    -------
    float

    Examples
    --------
    >>> round(error_propagation([1.0, 1.0], 0.001, [(10, 10), (10, 10)]), 6)
    0.0201

    Used in: strong/pruning_is_all.
    """
    sizes, factors = _factors(norms, shapes, norm)
    error = real("e", e, 0.0, math.inf, "[0, inf)")
    return float(_difference(sizes, error * factors))


def _difference(sizes: np.ndarray, added: np.ndarray) -> float:
    """prod(s + eta) - prod(s), as a telescoping sum of positive terms: nothing cancels."""
    grown = np.concatenate(([1.0], np.cumprod(sizes + added)))[:-1]
    after = np.concatenate((np.cumprod(sizes[::-1])[::-1], [1.0]))[1:]
    return float((grown * added * after).sum())


def tolerance_needed(
    eps: float, norms: Sequence[float], shapes: Sequence[tuple[int, ...]], *, norm: str = "spectral"
) -> float:
    """Largest error of a weight with which the bound of `error_propagation` stays within eps.

    At least ln(1 + eps)/(l max sqrt(d_i d_(i-1))) where the norms are at most 1. Trust level: proved here.

    Parameters
    ----------
    eps : float
        Error of the network that is allowed, above 0.
    norms : sequence of float
        Norms of the target's layers.
    shapes : sequence of tuple of int
        Shapes of the target's layers.
    norm : {"spectral", "sup"}
        As in `error_propagation`.

    Returns
    -------
    float
        The bound at this tolerance is at most eps, and above it at the next float but a few.

    Used in: strong/pruning_is_all.
    """
    sizes, factors = _factors(norms, shapes, norm)
    limit = real("eps", eps, 0.0, math.inf, "(0, inf)")
    if not math.isfinite(limit):
        raise ValueError(f"eps: expected a finite number, got {eps!r}")
    low, high = 0.0, 1.0
    while _difference(sizes, high * factors) <= limit:
        low, high = high, 2 * high
    while True:
        middle = 0.5 * (low + high)
        if not low < middle < high:
            return low
        low, high = (middle, high) if _difference(sizes, middle * factors) <= limit else (low, middle)


def _factors(norms: Sequence[float], shapes: Sequence[tuple[int, ...]], norm: str) -> tuple[np.ndarray, np.ndarray]:
    if norm not in _NORMS:
        raise ValueError(f"norm: expected one of {', '.join(map(repr, _NORMS))}, got {norm!r}")
    layers = network(list(shapes)).layers
    if len(norms) != len(layers):
        raise ValueError(f"norms: expected one for each of {len(layers)} layers, got {len(norms)}")
    sizes = np.array([real("norms", x, 0.0, math.inf, "[0, inf)") for x in norms])
    if not np.isfinite(sizes).all():
        raise ValueError(f"norms: expected finite numbers, got {list(norms)!r}")
    return sizes, np.array([_unit(layer, norm) for layer in layers])


def _unit(layer: Layer, norm: str) -> float:
    """Norm of the layer whose weights are all 1."""
    if norm == "sup":
        return float(layer.inputs * layer.taps)
    return math.sqrt(layer.outputs * layer.inputs) * layer.taps
