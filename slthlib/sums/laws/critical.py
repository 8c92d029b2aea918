"""The critical line of constrained partitions: n items, M = 2**(ratio n), and a bias between the two sides.

X_1, ..., X_n are independent and uniform on {1, ..., M}; b = s / n is the bias, s the difference of the two
cardinalities. Three phases: perfect partitions below the critical line, none above it, and for b >= sqrt(2) - 1 the
sorted phase, where the smaller items all lie on the larger side.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums.laws._common import LOG2, between, plain
from slthlib.sums.laws._quadrature import panels

__all__ = [
    "SORTED_BIAS",
    "annealed_ratio",
    "critical_ratio",
    "critical_tilt",
    "critical_width",
    "second_moment_ratio",
]

Array = NDArray[np.float64]

#: b_c: from here on the sorted partition is the best one.
SORTED_BIAS = math.sqrt(2.0) - 1.0


def critical_tilt(bias: ArrayLike) -> tuple[float | NDArray[np.float64], float | NDArray[np.float64]]:
    """The fields (zeta, eta) that give a typical sign vector the wanted bias and the difference 0.

    They solve int_0^1 tanh(zeta + eta x) dx = b and int_0^1 x tanh(zeta + eta x) dx = 0: an item x = X / M goes to the
    + side with probability (1 + tanh(zeta + eta x)) / 2. Both are 0 at b = 0, and diverge towards b = sqrt(2) - 1,
    with -eta close to pi / sqrt(6 sqrt(2) (sqrt(2) - 1 - b)). Label ``prop-tilt``: proved here.

    Parameters
    ----------
    bias : float, array-like
        b, in the open interval between -(sqrt(2) - 1) and sqrt(2) - 1: nothing solves the equations beyond.

    Returns
    -------
    zeta, eta : float or float64 array

    Used in: sums/constrained.
    """
    b = between("bias", bias, -SORTED_BIAS, SORTED_BIAS, "(-(sqrt(2) - 1), sqrt(2) - 1)")
    zeta, eta = tilt_of(np.abs(b))
    return plain(np.sign(b) * zeta), plain(np.sign(b) * eta)


def critical_ratio(bias: ArrayLike) -> float | NDArray[np.float64]:
    """The ratio log2(M) / n at which perfect partitions of this bias disappear.

    With (zeta, eta) of `critical_tilt`, it is the entropy int_0^1 H2((1 + tanh(zeta + eta x)) / 2) dx in bits: the
    number of sign vectors of that bias and with a difference of the order of a single item is 2 to n times as much.
    Close to 0 it is 1 - (2 / ln 2) b**2. Borgs, Chayes, Mertens and Pittel (2004) prove the phase diagram but for a
    small region. Label ``cor-critical-line``: proved here, new and not refereed.

    Parameters
    ----------
    bias : float, array-like
        In [-1, 1]; the sign does not matter.

    Returns
    -------
    float or float64 array; 0 in the sorted phase, from sqrt(2) - 1 on

    Examples
    --------
    >>> round(critical_ratio(0.2), 6)
    0.876881

    Used in: sums/constrained.
    """
    b = np.abs(between("bias", bias, -1.0, 1.0, "[-1, 1]"))
    inside = b < SORTED_BIAS
    u, weight = _field(np.where(inside, b, 0.0))
    q = np.exp(-2 * np.abs(u))  # p / (1 - p)
    entropy = np.log1p(q) + 2 * np.abs(u) * q / (1 + q)
    ratio = np.where(b == 0, 1.0, (weight * entropy).sum(axis=-1) / LOG2)
    return plain(np.where(inside, ratio, 0.0))


def second_moment_ratio(bias: ArrayLike) -> float | NDArray[np.float64]:
    """The ratio up to which a second moment with fixed fields proves perfect partitions; at most `critical_ratio`.

    -log2((1 + int_0^1 tanh(zeta + eta x)**2 dx) / 2), the collision entropy in place of Shannon's: where two sign
    vectors drawn with these fields agree too often. Nothing happens at this line; it is where that proof ends. Close
    to 0 it is 1 - (4 / ln 2) b**2. The chapter draws it beside the critical line; no statement rests on it.

    Parameters
    ----------
    bias : float, array-like
        In [-1, 1]; the sign does not matter.

    Returns
    -------
    float or float64 array; 0 from sqrt(2) - 1 on

    Used in: sums/constrained.
    """
    b = np.abs(between("bias", bias, -1.0, 1.0, "[-1, 1]"))
    inside = b < SORTED_BIAS
    u, weight = _field(np.where(inside, b, 0.0))
    square = (weight * np.tanh(u) ** 2).sum(axis=-1)
    return plain(np.where(inside, -np.log2(0.5 * (1 + square)), 0.0))


def critical_width(bias: ArrayLike) -> float | NDArray[np.float64]:
    """Fluctuation of the critical line, in bits times sqrt(n): the standard deviation of log2(2 cosh(zeta + eta x)).

    The number of perfect partitions fluctuates from problem to problem by a factor of 2 to the power of this times
    sqrt(n), so for b > 0 the transition is n**(-1/2) wide. Label ``cor-critical-line``: proved here, new and not
    refereed.

    Parameters
    ----------
    bias : float, array-like
        In [-1, 1]; the sign does not matter.

    Returns
    -------
    float or float64 array; 0 at bias 0, infinite from sqrt(2) - 1 on

    Used in: no chapter.
    """
    b = np.abs(between("bias", bias, -1.0, 1.0, "[-1, 1]"))
    inside = b < SORTED_BIAS
    u, weight = _field(np.where(inside, b, 0.0))
    bits = (np.abs(u) + np.log1p(np.exp(-2 * np.abs(u)))) / LOG2
    mean = (weight * bits).sum(axis=-1, keepdims=True)
    deviation = np.sqrt((weight * (bits - mean) ** 2).sum(axis=-1))
    return plain(np.where(inside, np.where(b == 0, 0.0, deviation), np.inf))


def annealed_ratio(bias: ArrayLike) -> float | NDArray[np.float64]:
    """The ratio at which the mean number of perfect partitions falls below 1: larger than `critical_ratio`.

    H2(q) + (q ln((e**u - 1) / u) + (1 - q) ln((1 - e**-u) / u)) / ln 2 with q = (1 + b) / 2, least over u. Rare
    problems carry this mean: it is no threshold. The chapter derives it by way of contrast; no statement rests on it.

    Parameters
    ----------
    bias : float, array-like
        In [-1, 1]; the sign does not matter.

    Returns
    -------
    float or float64 array; minus infinity at -1 and 1

    Used in: sums/constrained.
    """
    b = np.abs(between("bias", bias, -1.0, 1.0, "[-1, 1]"))
    p = np.maximum(0.5 * (1 - b), 1e-300)  # share of the smaller side
    q = 1 - p
    # The derivative vanishes where the mean on the larger side, 1 / (1 - e^-u) - 1 / u, is p. With v = -u >= 0:
    low, high = np.zeros_like(p), 2 / p
    for _ in range(90):
        v = 0.5 * (low + high)
        above = _mean_of_small(v) > p
        low, high = np.where(above, v, low), np.where(above, high, v)
    v = 0.5 * (low + high)
    tiny = v < 1e-5  # ln((1 - e^-v) / v) = -v/2 + v**2 / 24
    safe = np.where(tiny, 1.0, v)
    small = np.minimum(v, 1e-5)
    log_small = np.where(tiny, -0.5 * small + small * small / 24, np.log(-np.expm1(-safe)) - np.log(safe))
    entropy = -q * np.log1p(-p) - p * np.log(p)
    value = (entropy + q * log_small + p * (log_small + v)) / LOG2
    return plain(np.where(b == 1, -np.inf, value))


def _mean_of_small(v: Array) -> Array:
    """Mean of the density proportional to e^{-v x} on [0, 1]: 1 / v - 1 / (e^v - 1)."""
    safe = np.maximum(v, 1e-3)
    return np.where(v < 1e-3, 0.5 - v / 12, 1 / safe - np.exp(-safe) / -np.expm1(-safe))


def _field(b: Array) -> tuple[Array, Array]:
    """Values of zeta + eta x at Gauss-Legendre nodes x, and their weights, for biases 0 <= b < b_c."""
    zeta, eta = tilt_of(b)
    x, weight = field_nodes(zeta, eta)
    return zeta[..., None] + eta[..., None] * x, weight


def field_nodes(zeta: Array, eta: Array) -> tuple[Array, Array]:
    """Nodes in x on [0, 1], dense about -zeta / eta, where the field changes sign within a distance of 1 / eta."""
    scale = 1 / np.maximum(np.abs(eta), 1e-3)[..., None]
    centre = np.where(eta == 0, 2 / 3, -zeta / np.where(eta == 0, -1.0, eta))[..., None]
    steps = np.array([1.0, 2, 4, 7, 12, 20, 40])
    around = centre + scale * np.concatenate([-steps[::-1], [0.0], steps])
    ends = np.zeros_like(centre)
    return panels(np.sort(np.clip(np.concatenate([ends, around, ends + 1], axis=-1), 0.0, 1.0), axis=-1))


def tilt_of(b: Array) -> tuple[Array, Array]:
    """(zeta, eta) for 0 <= b < b_c, by Newton's method from a fit that is within a few percent everywhere."""
    part = b / SORTED_BIAS
    steep = 6 * b / np.sqrt((SORTED_BIAS - b) * (SORTED_BIAS + b)) * SORTED_BIAS
    steep = np.where(SORTED_BIAS - b < 1e-2, np.pi / np.sqrt(6 * math.sqrt(2) * (SORTED_BIAS - b)), steep)
    turn = np.where(SORTED_BIAS - b < 1e-2, 0.5 * (1 + b), 2 / 3 + (math.sqrt(0.5) - 2 / 3) * part**4)
    # The unknowns are steepness and turning point of tanh(steep (turn - x)): of one order wherever b is.
    for _ in range(25):
        x, weight = field_nodes(steep * turn, -steep)
        reach = turn[..., None] - x
        value = np.tanh(steep[..., None] * reach)
        slope = weight * (1 - value * value)
        f0, f1 = (weight * value).sum(axis=-1) - b, (weight * x * value).sum(axis=-1)
        a00, a01 = (slope * reach).sum(axis=-1), steep * slope.sum(axis=-1)
        a10, a11 = (slope * reach * x).sum(axis=-1), steep * (slope * x).sum(axis=-1)
        det = a00 * a11 - a01 * a10
        det = np.where(det == 0, 1.0, det)  # b = 0: everything is 0 already
        step, move = (f0 * a11 - a01 * f1) / det, (a00 * f1 - a10 * f0) / det
        steep, turn = steep - np.clip(step, -0.5 * steep, 0.5 * steep), turn - np.clip(move, -0.05, 0.05)
        if np.all(np.abs(step) <= 1e-13 * steep) and np.all(np.abs(move) <= 1e-14):
            break
    return steep * turn, -steep
