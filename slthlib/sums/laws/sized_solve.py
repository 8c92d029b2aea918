"""One solve of a sparse ticket: subsets of exactly k of n items, one target, averaged over random items.

Write v for an item in units of M. Problems fail because their items lean to one side. Items that add up to S are like
items drawn from the law tilted by e^(theta v), theta such that n E_theta v = S; they have about

    lambda(theta) = w exp(n E_theta ln(1 + e^(z + h v)) - z k - h t) / (2 pi M sqrt(D))

subsets of k items near t, a saddle point in the number of items and in their sum: z and h make the exponent least, D
is the determinant of its second derivatives. With the density of S, a saddle point too,

    P(missed) = integral of E exp(-lambda(theta) e^u) p(theta) dtheta,
    p(theta) = exp(n (ln E e^(theta v) - theta E_theta v)) sqrt(n V_theta / (2 pi)).

Here u is normal, with n times the variance of ln(1 + e^(z + h v)) that S does not explain. To first order in S, and
without u, it is the normal law of `subset_sum_probability`, which is far too hopeful where failure is rare.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums.laws._common import plain
from slthlib.sums.laws.subset import one_target

__all__ = ["sized_target_failure"]

Array = NDArray[np.float64]

_V, _WEIGHT = np.polynomial.legendre.leggauss(28)
_WEIGHT = _WEIGHT / 2
#: Tilts of the items, symmetric, denser in the middle.
_THETA = np.sinh(np.linspace(-3.4, 3.4, 81))
_DTHETA = np.gradient(_THETA)
#: Nodes and weights for u, in standard deviations.
_U, _CHANCE = np.polynomial.hermite_e.hermegauss(32)
_CHANCE = _CHANCE / _CHANCE.sum()
#: Where the mean number or sum of the items taken stays farther off, there are no such subsets.
_OFF = 1e-6


def sized_target_failure(
    n: ArrayLike, size: ArrayLike, target: ArrayLike, *, M: ArrayLike | None = None, eps: ArrayLike | None = None
) -> float | NDArray[np.float64]:
    """Probability that no subset of exactly ``size`` of n items makes a target: one solve of a sparse ticket.

    The law of the head of this module; nothing is fitted. Measured near failures of 0.01 its ratio to the truth was
    between 0.8 and 1.1 for 8 of 16 and 10 of 20 items, 0.5 for 4 of 16 and 0.3 to 0.5 for 3 of 12, where few sums are
    many sets: too hopeful by up to an item. At failures of 1e-4 and above it was 0.6 for 14 of 28 and 10 of 26 items.
    The normal law of `subset_sum_probability` is up to twenty times too small there, and worse farther out.
    Label ``law-sized-solve``: law derived and simulated.

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    size : int, array-like
        Exactly so many items are taken.
    target : int or float, array-like
        A whole number if M is given.
    M : int, array-like, or None
        Items are uniform on {-M, ..., M}.
    eps : float, array-like, or None
        Without M, items are uniform on [-1, 1], and eps > 0. With M, a tolerance in units of the grid.

    Returns
    -------
    float or float64 array, broadcast over the arguments

    Used in: no chapter.
    """
    *_, trivial, sure = one_target(n, target, M, eps, size)
    unit = np.ones(()) if M is None else np.asarray(M, dtype=np.float64)
    slack = np.zeros(()) if eps is None else np.asarray(eps, dtype=np.float64)
    width = 2 * slack if M is None else 2 * np.floor(slack) + 1
    numbers = (np.asarray(x, dtype=np.float64) for x in (n, size, target))
    rows = np.broadcast_arrays(*numbers, unit, width, trivial, sure)
    out = np.empty(rows[0].shape)
    for index in np.ndindex(out.shape):
        items, taken, place, largest, wide, known, answer = (float(row[index]) for row in rows)
        out[index] = 1.0 - answer if known else _missed(items, taken, place / largest, np.log(wide / largest))
    return plain(out)


@lru_cache(maxsize=4096)
def _missed(n: float, k: float, t: float, log_width: float) -> float:
    density = np.exp(_THETA[:, None] * _V) * _WEIGHT
    norm = density.sum(axis=1)
    density /= norm[:, None]
    mean = density @ _V
    variance = density @ (_V * _V) - mean**2
    log_lean = n * (np.log(norm) - _THETA * mean) + 0.5 * np.log(n * variance)
    likely = log_lean > log_lean.max() - 50
    lean = np.exp(log_lean - log_lean.max())[likely] * _DTHETA[likely]
    lean /= lean.sum()
    log_rate, spread = _log_rate(n * density[likely], k, t)
    rate = np.exp(np.minimum(log_rate[:, None] + log_width + spread[:, None] * _U, 7.0))
    return float(min(1.0, lean @ np.exp(-rate) @ _CHANCE))


def _log_rate(weights: Array, k: float, t: float) -> tuple[Array, Array]:
    """Log of the number of subsets in a unit of v, for weights [B, V] of the items at the nodes, and its spread: [B].

    Newton's method on a convex function of z and h.
    """
    n = weights[0].sum()
    z, h = np.full(len(weights), np.log(k / (n - k))), np.zeros(len(weights))

    def potential(z: Array, h: Array) -> Array:
        return (weights * np.logaddexp(0.0, z[:, None] + h[:, None] * _V)).sum(axis=1) - z * k - h * t

    value = potential(z, h)
    for _ in range(80):
        taken, total, s0, s1, s2 = _moments(weights, z, h)
        g0, g1 = taken - k, total - t
        if np.all(np.hypot(g0, g1) < 1e-10 * n):
            break
        s0, s2 = s0 + 1e-12, s2 + 1e-12  # for fields so strong that nothing varies any more
        det = np.maximum(s0 * s2 - s1 * s1, 1e-300)
        d0, d1 = (g0 * s2 - s1 * g1) / det, (g1 * s0 - s1 * g0) / det
        # No step is longer than the fields themselves and 4.
        length = np.minimum(1.0, (4 + np.hypot(z, h)) / np.maximum(np.hypot(d0, d1), 1e-300))
        for _ in range(20):
            new = potential(z - length * d0, h - length * d1)
            worse = ~(new <= value + 1e-12 * n)
            if not worse.any():
                break
            length = np.where(worse, 0.5 * length, length)
        length = np.where(worse, 0.0, length)
        z, h, value = z - length * d0, h - length * d1, np.where(worse, value, new)
    taken, total, s0, s1, s2 = _moments(weights, z, h)
    off = np.hypot(taken - k, total - t) > _OFF * n
    log_rate = value - np.log(2 * np.pi) - 0.5 * np.log(np.maximum(s0 * s2 - s1 * s1, 1e-300))
    gain = np.logaddexp(0.0, z[:, None] + h[:, None] * _V)
    gain -= (weights * gain).sum(axis=1, keepdims=True) / n
    v = _V - (weights @ _V)[:, None] / n
    explained = (weights * gain * v).sum(axis=1) ** 2 / (weights * v * v).sum(axis=1)
    spread = np.sqrt(np.maximum((weights * gain * gain).sum(axis=1) - explained, 0.0))
    return np.where(off, -np.inf, log_rate), spread


def _moments(weights: Array, z: Array, h: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Mean number and sum of the items taken, and their covariance."""
    p = 1 / (1 + np.exp(-np.clip(z[:, None] + h[:, None] * _V, -700, 700)))
    w = weights * p * (1 - p)
    return (weights * p).sum(axis=1), (weights * p) @ _V, w.sum(axis=1), w @ _V, w @ (_V * _V)
