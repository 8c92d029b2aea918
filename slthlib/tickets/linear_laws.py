"""Laws of recovery in linear models: when are the largest weights the planted ones?"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from slthlib.tickets._linear_checks import reals, whole

__all__ = ["interpolator_draws", "one_shot_failure_bound", "recovery_probability"]

#: Panels of the quadrature, each with 32 nodes.
_PANELS = 24


def recovery_probability(signal: float, d: int, s: int) -> float:
    """Probability that s weights with law N(+-signal, 1) are the largest in absolute value beside d - s of law N(0, 1).

    All are independent. The integral over the largest m of the d - s others, by Gauss and Legendre's rule:
    ``(d - s) 2 phi(m) (2 Phi(m) - 1)**(d - s - 1) * (Phi(signal - m) + Phi(-signal - m))**s``.
    Label in the book: prop-toy-recovery. Trust: proved; the quadrature is accurate to about 1e-12.

    Parameters
    ----------
    signal : float
        Mean of a planted weight, in standard deviations of the noise, not negative.
    d, s : int
        All weights and planted ones, 1 <= s < d.

    Returns
    -------
    float
        The probability.

    Notes
    -----
    Used in: tickets/pruning.
    """
    d = whole("d", d, 2)
    s, b = whole("s", s, 1, d - 1), float(reals("signal", signal, 0))
    if b < 0:
        raise ValueError(f"signal: expected a number that is not negative, got {b}")
    # Beyond this the largest of the noise has no mass left: its density is below 2 d exp(-m**2 / 2).
    end = np.sqrt(2 * np.log(2.0 * d) + 80)
    nodes, weights = np.polynomial.legendre.leggauss(32)
    panel = end / _PANELS
    m = (panel * (np.arange(_PANELS)[:, None] + (nodes + 1) / 2)).ravel()
    dm = np.tile(panel * weights / 2, _PANELS)
    inside = special.erf(m / np.sqrt(2))  # 2 Phi(m) - 1
    density = (d - s) * np.sqrt(2 / np.pi) * np.exp(-(m**2) / 2) * inside ** (d - s - 1)
    planted = special.ndtr(b - m) + special.ndtr(-b - m)
    return float(min(1.0, (density * planted**s) @ dm))


def interpolator_draws(w: ArrayLike, n: int, draws: int, *, seed: int | np.random.Generator) -> NDArray[np.float64]:
    """Draw the interpolator of least norm for n normal rows and targets ``x @ w``, without drawing the rows.

    In law it is ``a w + sqrt(a (1 - a)) |w| v``: a has the law Beta(n/2, (d - n)/2), and v is uniform on the unit
    sphere at right angles to w, independent of a. Label in the book: prop-toy-oneshot. Trust: proved.

    Parameters
    ----------
    w : array of float, shape (d,)
        Planted weights, not all zero.
    n : int
        Rows, from 1 to d - 1.
    draws : int
        How many.
    seed : int or Generator
        Source of randomness.

    Returns
    -------
    ndarray, shape (draws, d)
        The interpolators.

    Notes
    -----
    Used in: tickets/existence.
    """
    weights, length = _planted(w)
    d, draws, rng = weights.size, whole("draws", draws, 1), np.random.default_rng(seed)
    n = whole("n", n, 1, d - 1)
    a = rng.beta(n / 2, (d - n) / 2, (draws, 1))
    normal = rng.standard_normal((draws, d))
    normal -= (normal @ weights)[:, None] * weights / length**2
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    return a * weights + np.sqrt(a * (1 - a)) * length * normal


def one_shot_failure_bound(w: ArrayLike, n: int) -> float:
    """Bound on the probability that one-shot pruning of that interpolator misses the support of w.

    With T Student's variable of n degrees of freedom and ``t = sqrt(n) min|w_i| / |w|``, over the support of size s,
    for every c in (0, 1): ``(d - s) P(|T| >= c t) + s P(T >= (1 - c) t)``. The least over a grid of c is returned.
    Label in the book: prop-toy-oneshot. Trust: proved.

    Parameters
    ----------
    w : array of float, shape (d,)
        Planted weights, not all zero.
    n : int
        Rows, from 1 to d - 1.

    Returns
    -------
    float
        The bound, at most 1.

    Notes
    -----
    Used in: tickets/existence.
    """
    weights, length = _planted(w)
    d, s = weights.size, int(np.count_nonzero(weights))
    n = whole("n", n, 1, d - 1)
    t = np.sqrt(n) * np.abs(weights[weights != 0]).min() / length
    c = np.arange(1, 200) / 200
    bound = (d - s) * 2 * special.stdtr(n, -c * t) + s * special.stdtr(n, -(1 - c) * t)
    return float(min(1.0, bound.min()))


def _planted(w: ArrayLike) -> tuple[NDArray[np.float64], float]:
    weights = reals("w", w, 1)
    if weights.ndim != 1 or weights.size < 2 or not weights.any():
        raise ValueError(f"w: expected shape (d,), d at least 2, and not all zero, got shape {weights.shape}")
    return weights, float(np.linalg.norm(weights))
