"""Checked arguments of the bounds: n as whole numbers, M as whole numbers of any size, in logarithms."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Bounds never claim a probability of zero: what underflows is reported as the smallest positive number.
TINY = 5e-324


@dataclass(frozen=True)
class Sizes:
    """n and the logarithms of M, M + 1 and N = 2M + 1, of one shape."""

    n: NDArray[np.float64]
    log_m: NDArray[np.float64]
    log_m1: NDArray[np.float64]
    log_count: NDArray[np.float64]


def items_checked(n: ArrayLike) -> NDArray[np.float64]:
    try:
        size = np.asarray(n, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"n: expected whole numbers of at least 1, got {n!r}") from None
    if not np.all((size >= 1) & (size == np.floor(size)) & np.isfinite(size)):
        raise ValueError(f"n: expected whole numbers of at least 1, got {n!r}")
    return size


def tolerance_checked(eps: ArrayLike) -> NDArray[np.float64]:
    tolerance = np.asarray(eps, dtype=np.float64)
    if not np.all((tolerance > 0) & np.isfinite(tolerance)):
        raise ValueError(f"eps: expected finite numbers above 0, got {eps!r}")
    return tolerance


def whole(value: object, name: str = "M", least: int = 1) -> int:
    """One whole number as a Python integer."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name}: expected a whole number of at least {least}, got {value!r}")
    finite = isinstance(value, int) or math.isfinite(value)  # huge Python integers are beyond floats
    if not finite or value < least or value != int(value):
        raise ValueError(f"{name}: expected a whole number of at least {least}, got {value!r}")
    return int(value)


def countable(n: int) -> int:
    """n, if float64 holds the number of subsets of n items."""
    if n > 1000:
        raise ValueError(f"n: expected at most 1000 items, so that float64 holds 2**n, got {n}")
    return n


def sizes(n: ArrayLike, M: ArrayLike) -> Sizes:
    """Broadcast n against M; Python integers beyond the range of floats are welcome."""
    count = items_checked(n)
    values = M if isinstance(M, np.ndarray) else np.array(M, dtype=object)
    whole_numbers = [whole(x.item() if isinstance(x, np.generic) else x) for x in values.flat]

    def log(f: object) -> NDArray[np.float64]:
        return np.array([math.log(f(x)) for x in whole_numbers]).reshape(values.shape)  # type: ignore[operator]

    logs = log(lambda x: x), log(lambda x: x + 1), log(lambda x: 2 * x + 1)
    return Sizes(*np.broadcast_arrays(count, *logs))


def probability(log_bound: ArrayLike) -> NDArray[np.float64]:
    """Exp of the logarithm of an upper bound, rounded up, never above 1 and never 0."""
    with np.errstate(under="ignore", over="ignore"):
        # The logarithm is at most about 1e3 where the result is not clipped, so its rounding is below 1e-12.
        return np.clip(np.exp(np.minimum(log_bound, 0.0)) * (1 + 1e-12), TINY, 1.0)


def either(M: object, eps: object) -> bool:
    """Whether the integers are meant (M given) and not the reals (eps given); exactly one is."""
    if (M is None) == (eps is None):
        given = "both" if M is not None else "neither"
        raise ValueError(f"M, eps: expected exactly one of them, integers or reals, got {given}")
    return M is not None
