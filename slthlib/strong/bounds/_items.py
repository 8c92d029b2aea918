"""Items for one subset sum: bounds on its failure that are proved here, and the least number of items they ask for.

A solve is one target weight and one sign of its input. Its items are single weights a on {-S..S}, S = 2**source_bits,
or products a b of two of them; its target is any weight of the grid 2**-bits in a fixed range, all at once. A bound
that holds for all targets at once needs no union over targets, only one over solves.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from slthlib.strong.bounds._checks import (
    MOST_BITS,
    Array,
    HypothesisError,
    counts,
    probability,
    whole,
)
from slthlib.strong.bounds._coprime import coprime_failure
from slthlib.strong.bounds._half_range import half_range_failure
from slthlib.strong.bounds._sharp_products import product_failure
from slthlib.sums import laws

__all__ = ["BOUNDS", "items_needed", "solve_failure"]

#: More items than this are never asked for: no network is built of that many.
_MOST_ITEMS = 2**24


@dataclass(frozen=True)
class Bound:
    """A bound on the failure of one solve: (n, bits, source_bits) -> probability, and what it is about."""

    products: bool
    trust: str
    call: Callable[[Array, int, int], float | Array]
    most: int = MOST_BITS


def _joined(kind: str) -> Callable[[Array, int, int], float | Array]:
    def bound(n: Array, bits: int, source_bits: int) -> float | Array:
        S = 2**source_bits
        wide = laws.growth_bound(n, S) if kind == "growth" else laws.failure_bound(n, M=S, kind=kind)
        return np.minimum(half_range_failure(n, M=S), wide)

    return bound


#: Bounds by name. Those on single weights are about |w| <= 1/2, "modular" about all weights modulo 2**bits, and
#: "modular, one target" about one that was fixed beforehand; "coprime pairs" counts pairs of units, for |w| <= 1/8.
BOUNDS: dict[str, Bound] = {
    "half-range": Bound(False, "proved here", lambda n, k, s: half_range_failure(n, M=2**s)),
    "full-range": Bound(False, "proved here", lambda n, k, s: laws.three_quarters_bound(n, M=2**s)),
    "proved": Bound(False, "proved here", _joined("proved")),
    "growth": Bound(False, "proved here up to rounding", _joined("growth")),
    "floating-point": Bound(False, "proved here up to rounding", _joined("floating-point")),
    "coprime pairs": Bound(True, "proved here", lambda n, k, s: coprime_failure(n, 2**s)),
    "modular": Bound(False, "proved here", lambda n, k, s: laws.group_failure_bound(n, 2**k), 64),
    "modular, one target": Bound(False, "proved here", lambda n, k, s: laws.group_missed_probability(n, 2**k), 64),
    "products": Bound(True, "proved here", lambda n, k, s: product_failure(n, 2**s, 2**s, largest=2 ** (2 * s - 1))),
}


def solve_failure(bound: str, n: ArrayLike, *, bits: int, source_bits: int | None = None) -> float | Array:
    """Bound on the probability that n items miss some target weight: one solve, all its targets at once.

    Parameters
    ----------
    bound : str
        One of "half-range", "full-range", "proved", "growth" or "floating-point" for single weights,
        "modular" or "modular, one target" for sums that wrap around, "coprime pairs" or "products" for products of two.
    n : int, array-like
        Number of items; of pairs of units for "coprime pairs".
    bits : int
        Targets lie on the grid 2**-bits.
    source_bits : int, optional
        Each random weight lies on the grid 2**-source_bits; by default that of the target, and half of it, rounded
        up, for products.

    Returns
    -------
    float or float64 array, at most 1

    Used in: strong/quantized.
    """
    chosen, k, s = _chosen(bound, bits, source_bits)
    return chosen.call(counts(n), k, s)


def items_needed(bound: str, failure: float, *, bits: int, source_bits: int | None = None, solves: int = 1) -> int:
    """Least number of items with which so many solves fail with probability at most ``failure``, by a proved bound.

    Parameters
    ----------
    bound : str
        A name as for `solve_failure`.
    failure : float
        Probability that any solve misses any target, in (0, 1).
    bits : int
        Targets lie on the grid 2**-bits.
    source_bits : int, optional
        Grid of the random weights, as for `solve_failure`.
    solves : int
        Number of solves; only a union bound is used, so they may share their banks.

    Returns
    -------
    int

    Examples
    --------
    >>> items_needed("half-range", 0.01, bits=8, solves=397_000)
    100

    Used in: no chapter.
    """
    chosen, k, s = _chosen(bound, bits, source_bits)
    each = probability("failure", failure) / whole("solves", solves, 1)
    return least(lambda n: float(chosen.call(np.array(float(n)), k, s)) <= each, bound)


def least(enough: Callable[[int], bool], what: str) -> int:
    """Least n >= 1 with ``enough(n)``, for what holds for good once it holds: doubling, then bisection."""
    low, high = 0, 1
    while not enough(high):
        low, high = high, 2 * high
        if high > _MOST_ITEMS:
            raise HypothesisError(f"bound: {what!r} asks for more than {_MOST_ITEMS} items here")
    while low < high - 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _chosen(bound: str, bits: int, source_bits: int | None) -> tuple[Bound, int, int]:
    if bound not in BOUNDS:
        raise ValueError(f"bound: expected one of {', '.join(map(repr, BOUNDS))}, got {bound!r}")
    chosen = BOUNDS[bound]
    k = whole("bits", bits, 1, chosen.most)
    coarse = -(-k // 2) if chosen.products else k
    s = coarse if source_bits is None else whole("source_bits", source_bits, 1, chosen.most)
    if s < coarse:
        each = "half the target's bits, rounded up," if chosen.products else "the target's bits"
        raise HypothesisError(f"source_bits: expected at least {each} {coarse}, got {s}")
    return chosen, k, s
