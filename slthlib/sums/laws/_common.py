"""What the laws share: checked arguments, and plain numbers out when plain numbers came in."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

LOG2 = math.log(2.0)


@dataclass(frozen=True)
class Estimate:
    """A number that a computation with random draws estimates, and its standard error.

    Parameters
    ----------
    value : float
        The estimate: a mean over the draws.
    standard_error : float
        Its standard error: the sample standard deviation of one draw over the root of their number.

    Notes
    -----
    Used in: no chapter.
    """

    value: float
    standard_error: float


def checked(n: ArrayLike, M: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sizes as whole numbers, and M as float64 that need not be whole, such as 2**n n**(-1/2)."""
    size, largest = wholes("n", n), numbers("M", M)
    if not np.all((largest >= 1) & np.isfinite(largest)):
        raise ValueError(f"M: expected finite numbers of at least 1, got {M!r}")
    return size, largest


def numbers(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """``value`` as float64, without NaN; Python integers beyond 64 bits are fine."""
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "iufO" or any(isinstance(x, bool | str | None) for x in array.ravel()[:1].tolist()):
            raise TypeError
        array = array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{name}: expected real numbers, got {value!r}") from None
    if np.isnan(array).any():
        raise ValueError(f"{name}: expected numbers, got NaN in {value!r}")
    return array


def wholes(name: str, value: ArrayLike, least: float = 1.0) -> NDArray[np.float64]:
    """``value`` as float64, checked to be finite whole numbers of at least ``least``."""
    array = numbers(name, value)
    if not np.all((array >= least) & (array == np.floor(array)) & np.isfinite(array)):
        raise ValueError(f"{name}: expected whole numbers of at least {least:.0f}, got {value!r}")
    return array


def between(name: str, value: ArrayLike, low: float, high: float, form: str) -> NDArray[np.float64]:
    """``value`` as float64; ``form`` says which ends belong, such as ``"(0, 1]"``."""
    array = numbers(name, value)
    above = array > low if form[0] == "(" else array >= low
    below = array < high if form[-1] == ")" else array <= high
    if not np.all(above & below):
        raise ValueError(f"{name}: expected numbers in {form}, got {value!r}")
    return array


def model(M: ArrayLike | None, eps: ArrayLike | None) -> tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]:
    """Check the pair that says which problem is meant: M integers, eps reals, both integers within eps grid units."""
    if M is None and eps is None:
        raise ValueError(
            "M, eps: expected M (integers), eps (reals) or both (integers within a tolerance), got neither"
        )
    if M is None:
        tolerance = numbers("eps", eps)  # type: ignore[arg-type]
        if not np.all((tolerance > 0) & np.isfinite(tolerance)):
            raise ValueError(f"eps: expected finite numbers above 0, got {eps!r}")
        return None, tolerance
    largest = wholes("M", M)
    if not np.all(largest <= 1e150):  # M**2 is a float64
        raise ValueError(f"M: expected at most 1e150, got {M!r}")
    if eps is None:
        return largest, None
    tolerance = numbers("eps", eps)
    if not np.all((tolerance >= 0) & np.isfinite(tolerance)):
        raise ValueError(f"eps: expected finite numbers of at least 0, in units of the grid, got {eps!r}")
    return largest, np.floor(tolerance)


def plain(value: NDArray[np.float64]) -> float | NDArray[np.float64]:
    return float(value) if np.ndim(value) == 0 else value
