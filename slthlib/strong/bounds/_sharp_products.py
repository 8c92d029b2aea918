"""The sharp theorem on products, as the explicit finite inequality that it is."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.strong.bounds._checks import HypothesisError, whole

__all__ = ["product_failure"]

_ROUNDS, _POINTS = 3, 160
_K = np.log(20.0) + np.log(2.0) * np.array([*range(12), *range(12, 60, 4)])  # logarithms of K >= 20
_S = np.arange(0.0, 40.0)


def product_failure(n: ArrayLike, M1: int, M2: int, *, largest: int | None = None) -> float | NDArray[np.float64]:
    """Bound on the probability that products a b miss some ``|t|`` <= T, with leading constant 1 on log2(M1 M2).

    a is uniform on {-M1..M1}, b on {-M2..M2} or on {1..M2}, B = M1 M2, and n = n0 + k + b + s with b =
    ceil(log2 log2(5B)). With l = 1 + 2 ln(M2), any K >= 20 and beta = 1/K + 1/M2 the probability is at most

        29 K l n0 B 2**-n0 + 4.3 K l**2 n0**3 (11/12)**n0 + 2 exp(-n0/72) + 3 exp(-k**2/(32 n0)) + (e b beta)**(s + 1),

    provided M2 >= n0 >= 150, 0 <= k <= n0/2 and b + 1 + T/B <= sqrt(n0)/8.5. The least over n0, k, s and K is taken, on
    a grid of K and s that is refined for n0: any choice gives a valid bound. The hypotheses ask for thousands of items;
    elsewhere the bound is 1, and `coprime_failure` is what is rigorous at practical sizes. Label ``thm-products``.
    Trust level: proved here; new work, not refereed outside.

    Parameters
    ----------
    n : int, array-like
        Number of items, at least 1.
    M1, M2 : int
        Largest values of the two factors, M1 >= M2; of any size.
    largest : int, optional
        T: targets reach from -T to T; by default M1 M2.

    Returns
    -------
    float or float64 array, at most 1

    Used in: no chapter.
    """
    first, second = whole("M1", M1, 1), whole("M2", M2, 1)
    if first < second:
        raise HypothesisError(f"M1, M2: the theorem has M1 >= M2, got {M1} and {M2}")
    product = first * second
    top = product if largest is None else whole("largest", largest, 1)
    count = np.asarray(n, dtype=np.float64)
    if not np.all((count >= 1) & (count == np.floor(count)) & np.isfinite(count)):
        raise ValueError(f"n: expected whole numbers of at least 1, got {n!r}")
    b = math.ceil(math.log2(math.log2(5) + _log2(product)))
    # Python divides whole numbers of any size; the guard covers the rounding.
    lowest = max(150, math.ceil((8.5 * (b + 1 + top / product)) ** 2 * (1 + 1e-12)))
    out = np.array([_one(int(x), first, second, b, lowest) for x in count.flat]).reshape(count.shape)
    return float(out) if out.ndim == 0 else out


def _one(n: int, M1: int, M2: int, b: int, lowest: int) -> float:
    highest = min(n - b, M2)
    if highest < lowest:
        return 1.0
    low, high, best = lowest, highest, 0.0
    for _ in range(_ROUNDS):
        n0 = np.unique(np.linspace(low, high, _POINTS).round())
        values = _log_bounds(n, n0, M1, M2, b)
        place = int(values.argmin())
        best = min(best, float(values[place]))
        low, high = int(n0[max(place - 1, 0)]), int(n0[min(place + 1, n0.size - 1)])
        if high - low < 3:
            break
    with np.errstate(under="ignore"):
        return min(1.0, math.exp(best) * (1 + 1e-9))


def _log_bounds(n: int, n0: NDArray[np.float64], M1: int, M2: int, b: int) -> NDArray[np.float64]:
    """Logarithm of the best bound for each n0, over K and s."""
    two, l = math.log(2.0), 1 + 2 * math.log(M2)  # noqa: E741 - the letter of the page
    small = 2.0**-1070 if M2 > 2**1070 else 1 / M2
    n0, s, K = n0[:, None, None], _S[None, :, None], _K[None, None, :]
    k = np.minimum(n - n0 - b - s, np.floor(n0 / 2))
    log_B = _log2(M1 * M2) * two
    one = math.log(29 * l) + np.log(n0) + log_B - n0 * two
    two_ = math.log(4.3 * l * l) + 3 * np.log(n0) + n0 * math.log(11 / 12)
    drift = np.logaddexp(math.log(2) - n0 / 72, math.log(3) - np.maximum(k, 0) ** 2 / (32 * n0))
    good = (s + 1) * (1 + math.log(b) + np.log(np.exp(-K) + small))
    total = np.logaddexp(np.logaddexp(one, two_) + K, np.logaddexp(drift, good))
    return np.where(k >= 0, total, 0.0).min(axis=(1, 2))


def _log2(value: int) -> float:
    """Base-2 logarithm of a whole number of any size."""
    shift = max(0, value.bit_length() - 64)
    return math.log2(value >> shift) + shift
