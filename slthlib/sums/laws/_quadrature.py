"""Averages over G, a standard normal variable, of what happens beyond a cliff: the quadrature all laws share.

Given G (the drift S of the items in units of its standard deviation) the subset sums near a place are a Poisson
process of rate A exp(-b**2 (G - h)**2 / 2). Whether a place is reached then falls from 1 to 0 within a distance of
1/sqrt(2 ln A), far out in the tail of G: a quadrature on a fixed grid, such as that of Gauss and Hermite, misses the
cliff. Everything here finds it first and spends its points there, on panels with Gauss-Legendre nodes.
"""

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr

Array = NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)
_LARGEST_EXPONENT = 6.6  # exp(-exp(6.6)) is the smallest that float64 holds

#: Breakpoints in v = ln(rate): across the cliff, and down to rates that no longer matter.
_LOG_RATES = np.array([6.6, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0, -1.0, -2.0, -3.5, -5, -8, -12, -18, -26, -40])
_STEPS = np.array([-9.0, -6, -4, -2, 0, 2, 4, 6, 9])


def panels(edges: Array) -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights on the panels between ascending ``edges`` [..., P + 1]: each [..., 12 P]."""
    half = 0.5 * np.diff(edges)[..., None]
    middle = (edges[..., :-1] + edges[..., 1:])[..., None] * 0.5
    shape = (*edges.shape[:-1], -1)
    return (middle + half * _NODES).reshape(shape), (half * _WEIGHTS).reshape(shape)


def reach(log_mean: Array, shift: Array, stretch: Array | float = 1.0) -> tuple[Array, Array]:
    """P(reached) and P(missed) for one place: E_G of 1 - e^-rate and of e^-rate, rate = A exp(-(b (G - h))**2 / 2).

    With W exponential of mean 1, "reached" means W < rate, that is b |G - h| < s for W = A exp(-s**2 / 2). So the
    normal law is integrated in closed form, and what is left is one smooth integral over s:

        P(reached) = int_0^inf s w exp(-w) P(b |G - h| < s) ds,   w = A exp(-s**2 / 2).

    Both answers keep their relative accuracy when they are small.

    Parameters: float64 arrays ln A, h and b > 0, broadcast. Returns two float64 arrays.
    """
    log_a, h, b = np.broadcast_arrays(log_mean, np.abs(shift), stretch)
    shape = log_a.shape
    log_a, h, b = (x.reshape(-1).astype(np.float64) for x in (log_a, h, b))
    hit, miss = np.empty(log_a.size), np.empty(log_a.size)
    for start in range(0, log_a.size, 4096):
        part = slice(start, start + 4096)
        hit[part], miss[part] = _reach(log_a[part, None], h[part, None], b[part, None])
    return hit.reshape(shape), miss.reshape(shape)


def _reach(log_a: Array, h: Array, b: Array) -> tuple[Array, Array]:
    s, density = clock(log_a, h, b)
    near, across = s / b - h, -s / b - h
    hit = (density * (ndtr(near) - ndtr(across))).sum(axis=1)
    # P(W > A) counts too: then no drift helps.
    miss = (density * (ndtr(-near) + ndtr(across))).sum(axis=1) + np.exp(-np.exp(np.minimum(log_a[:, 0], 700.0)))
    return np.minimum(hit, 1.0), np.minimum(miss, 1.0)


def clock(log_a: Array, h: Array, b: Array | float) -> tuple[Array, Array]:
    """Nodes s, and s w exp(-w) times their weights, for the integral in `reach`; arguments [B, 1], answers [B, J]."""
    cliff = np.sqrt(2 * np.maximum(log_a - np.minimum(_LOG_RATES, log_a), 0.0))
    # Where the normal law turns, and where a far place is most likely to be reached although it is not typical.
    turn = b * h + b * _STEPS
    width = b / np.sqrt(1 + b * b)
    far = h * b / (1 + b * b) + width * _STEPS
    end = np.maximum(cliff[:, -1:], far[:, -1:])
    edges = np.sort(np.clip(np.concatenate([cliff, turn, far, end], axis=1), cliff[:, :1], end), axis=1)
    s, weight = panels(edges)
    v = log_a - 0.5 * s * s
    return s, weight * s * np.exp(v - np.exp(np.minimum(v, 700.0)))


def all_reached(count: Callable[[Array], Array], rows: int) -> tuple[Array, Array]:
    """E_G exp(-count(G)) and E_G (1 - exp(-count(G))) for ``rows`` problems at once.

    ``count`` takes |G| as float64 [rows, J] and returns the mean number of misses, [rows, J]: it grows with |G| from
    next to nothing to a great many within a short stretch. Bisection finds the stretch.

    Returns two float64 arrays [rows].
    """
    low, middle, high = (_level(count, rows, value)[:, None] for value in (1e-18, 0.5, 60.0))
    inner = low * np.linspace(0.0, 1.0, 4)[:-1]
    rise, fall = (start + (end - start) * np.linspace(0.0, 1.0, 9) for start, end in ((low, middle), (middle, high)))
    # Few targets never add up to 60 misses: then the normal density ends the integral.
    tail = np.minimum(middle + np.array([0.1, 0.3, 0.6, 1, 1.5, 2, 3, 4.5, 6.5, 9, 12, 16]), high)
    edges = np.sort(np.concatenate([inner, rise, fall, tail], axis=1), axis=1)
    g, weight = panels(np.delete(edges, np.flatnonzero((np.diff(edges, axis=1) == 0).all(axis=0)), axis=1))
    misses = count(g)
    density = weight * np.exp(-0.5 * g * g) * np.sqrt(2 / np.pi)
    every = (density * np.exp(-misses)).sum(axis=1)
    some = (density * -np.expm1(-misses)).sum(axis=1) + 2 * np.exp(log_ndtr(-high[:, 0]))
    return np.minimum(every, 1.0), np.minimum(some, 1.0)


def _level(count: Callable[[Array], Array], rows: int, value: float) -> Array:
    """The |G| in [0, 40] at which the count passes ``value``; beyond 40 standard deviations nothing ever happens."""
    low, high = np.zeros(rows), np.full(rows, 40.0)
    for _ in range(30):
        middle = 0.5 * (low + high)
        below = count(middle[:, None])[:, 0] < value
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    # Exactly 0 or 40 where the level is passed before the start or never.
    return np.where(low == 0.0, 0.0, np.where(high == 40.0, 40.0, 0.5 * (low + high)))


@lru_cache(maxsize=128)
def integer_nodes(T: int) -> tuple[Array, Array]:
    """Places and weights such that a sum of a smooth function over -T..T is the weighted sum over the places.

    The integers are cut into 24 runs; in each, twelve nodes carry the weights that are exact for polynomials of
    degree 11 on the integers themselves. Small ranges are taken as they are.

    Returns float64 [K] places in units of T, and float64 [K] weights.
    """
    if T <= 144:
        return np.arange(-T, T + 1) / max(T, 1), np.ones(2 * T + 1)
    ends = [-T + (2 * T + 1) * i // 24 for i in range(25)]
    places, weights = [], []
    for first, last in pairwise(ends):
        length = last - first  # integers first, ..., last - 1
        places.append(((first + last - 1) / 2 + 0.5 * length * _NODES) / T)
        weights.append(_run_weights(length))
    return np.concatenate(places), np.concatenate(weights)  # shared by every caller: nobody writes into them


def _run_weights(length: int) -> Array:
    """Weights of the twelve nodes for the sum over ``length`` integers: interpolatory, or Gauss-Legendre's beyond."""
    if length > 2**14:
        return 0.5 * length * _WEIGHTS  # sum and integral differ by less than (steepness / length)**2 / 24
    x = (2 * np.arange(length) - (length - 1)) / length
    polynomials = np.polynomial.legendre.legvander(_NODES, 11)
    return np.linalg.solve(polynomials.T, np.polynomial.legendre.legvander(x, 11).sum(axis=0))
