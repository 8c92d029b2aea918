"""Checks of the arguments that the theorems share, and the error of a hypothesis that does not hold."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

#: Integers of this many bits and their products are exact in 64 bits, and so are the tables of the bounds.
MOST_BITS = 30


class HypothesisError(ValueError):
    """A theorem was asked about a network that it does not speak about; the message says which hypothesis fails.

    Used in: no chapter.
    """


def real(name: str, value: object, low: float, high: float, form: str) -> float:
    """One finite number; ``form`` says which ends belong, such as ``"(0, 1)"``."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name}: expected a number in {form}, got {value!r}")
    number = float(value)
    above = number > low if form[0] == "(" else number >= low
    below = number < high if form[-1] == ")" else number <= high
    if not (above and below):
        raise ValueError(f"{name}: expected a number in {form}, got {value!r}")
    return number


def tolerance(eps: object) -> float:
    """An accuracy between 0 and 1."""
    return real("eps", eps, 0.0, 1.0, "(0, 1)")


def probability(name: str, value: object) -> float:
    """A probability strictly between 0 and 1."""
    return real(name, value, 0.0, 1.0, "(0, 1)")


def constant(name: str, value: object) -> float | None:
    """A constant that its paper leaves open: a positive number, or None where the caller does not fix it."""
    return None if value is None else real(name, value, 0.0, math.inf, "(0, inf)")


def whole(name: str, value: Any, least: int, most: int | None = None) -> int:
    """One whole number in a range."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name}: expected a whole number, got {value!r}")
    if value < least or (most is not None and value > most):
        upper = f" to {most}" if most is not None else " on"
        raise ValueError(f"{name}: expected a whole number from {least}{upper}, got {value}")
    return int(value)


def bits_checked(bits: object, source_bits: object = None) -> tuple[int, int]:
    """Bits of the target's grid and of the source's, the same unless it is said."""
    k = whole("bits", bits, 1, MOST_BITS)
    return k, k if source_bits is None else whole("source_bits", source_bits, 1, MOST_BITS)


def flag(name: str, value: object) -> bool:
    """A plain yes or no."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name}: expected True or False, got {value!r}")
    return bool(value)


def counts(n: ArrayLike, name: str = "n", least: int = 1) -> Array:
    try:
        count = np.asarray(n, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name}: expected whole numbers, got {n!r}") from None
    if not np.all((count >= least) & (count == np.floor(count)) & np.isfinite(count)):
        raise ValueError(f"{name}: expected whole numbers of at least {least}, got {n!r}")
    return count


def upper(log_bound: Array) -> float | Array:
    """A bound from its logarithm: rounded up, and at most 1."""
    with np.errstate(under="ignore"):
        out = np.minimum(np.exp(np.minimum(log_bound, 0.0)) * (1 + 1e-12), 1.0)
    return float(out) if np.ndim(out) == 0 else out
