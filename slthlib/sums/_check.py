"""What comes in from outside: items are checked and brought to int64 once, here, so that kernels never have to."""

import math
import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

INT64_MAX = 2**63 - 1
#: Floats are scaled so that the sum of their absolute values stays below this, with room for the rounding of each.
_FIXED_POINT_ROOM = 2**62


@dataclass(frozen=True)
class Items:
    """Checked items: ``integers`` [B, n] int64 to compute with, ``given`` [B, n] as they came.

    For floats ``integers`` is ``given * 2**scale`` rounded, one scale a row. A partition that is best for the
    integers is then best for the floats up to ``slack`` [B]: 0 for integers, and for floats that the scale makes whole.
    """

    given: NDArray
    integers: NDArray[np.int64]
    slack: NDArray[np.float64]

    @property
    def real(self) -> bool:
        """Whether the items came as floats."""
        return self.given.dtype.kind == "f"


def as_array(items: ArrayLike, name: str = "items", *, finite: bool = True) -> NDArray:
    """Items as an int64 or float64 array, or an error that says what came.

    With ``finite=False`` the caller looks for numbers that are not finite, and gets the array that came if it is of
    the right kind, rather than a copy.
    """
    try:
        array = np.asarray(items)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{name}: expected numbers in a regular array, got a ragged or mixed one ({error})") from None
    if isinstance(items, np.ma.MaskedArray):  # asarray drops the mask without a word
        raise TypeError(f"{name}: expected a plain array, got a masked one")
    kind = array.dtype.kind
    if kind == "O" and array.size and all(isinstance(x, int) and not isinstance(x, bool) for x in array.flat):
        largest = max(map(abs, array.flat))
        if largest > INT64_MAX:
            raise ValueError(f"{name}: integers must fit in 64 bits, got {largest}")
    if kind not in "iuf" or array.dtype.itemsize > 8:
        if array.size == 0:
            raise ValueError(f"{name}: expected at least one item, got none")
        raise TypeError(f"{name}: expected integers or floats of up to 64 bits, got dtype {array.dtype}")
    if array.size == 0:
        raise ValueError(f"{name}: expected at least one item, got shape {array.shape}")
    if kind == "f":
        # NumPy turns a list such as [2**63, -1] into floats; rounding integers silently would be a wrong answer.
        if not isinstance(items, np.ndarray) and _holds_large_integers(items):
            raise ValueError(f"{name}: integers must fit in int64 together, got values beyond it")
        array = array.astype(np.float64, order="C", copy=finite)  # kernels are compiled for this order
        if finite and not np.isfinite(array).all():
            bad = array[~np.isfinite(array)][0]
            raise ValueError(f"{name}: expected finite numbers, got {bad}")
        return array
    if kind == "u" and array.dtype.itemsize == 8 and array.max() > INT64_MAX:
        raise ValueError(f"{name}: integers must fit in int64, got {array.max()}")
    return array.astype(np.int64, order="C", copy=finite)


def _holds_large_integers(items: object) -> bool:
    if isinstance(items, int | np.integer):
        return abs(int(items)) > 2**53
    if isinstance(items, np.ndarray):
        return items.dtype.kind in "iu" and any(abs(int(x)) > 2**53 for x in items.flat)
    return isinstance(items, list | tuple) and any(_holds_large_integers(x) for x in items)


def check_items(items: ArrayLike, *, batch: bool, name: str = "items") -> Items:
    """Check ``items`` ([n], or [B, n] for a batch) and bring them to integers whose sums cannot overflow."""
    array = as_array(items, name)
    dims, form = (2, "[B, n]") if batch else (1, "[n]")
    if array.ndim != dims:
        raise ValueError(f"{name}: expected shape {form}, got an array of shape {array.shape}")
    rows = array if batch else array[None, :]
    if rows.dtype.kind == "f":
        return _fixed_point(rows, name)
    check_totals(rows, name)
    return Items(rows, rows, np.zeros(len(rows)))


def check_totals(rows: NDArray[np.int64], name: str = "items") -> None:
    """Refuse rows whose absolute values sum to more than 64 bits hold."""
    # Of many numbers exact sums are worth their time only where n times the largest comes near the limit; of a few
    # they take less time than asking. Unsigned: the absolute value of -2**63 is beyond int64, NumPy leaves it negative.
    if rows.size > 64 and int(np.abs(rows).view(np.uint64).max()) * rows.shape[1] <= INT64_MAX:
        return
    worst = max(sum(map(abs, row)) for row in rows.tolist())
    if worst > INT64_MAX:
        raise ValueError(f"{name}: the absolute values must sum to at most 2**63 - 1, got {worst}")


def _fixed_point(rows: NDArray[np.float64], name: str) -> Items:
    n = rows.shape[1]
    with np.errstate(over="ignore"):
        worst = np.abs(rows).sum(axis=1).max()
    if not worst <= 2.0**1023:  # short of the largest float, so that no partial sum can leave the range
        raise ValueError(f"{name}: the absolute values must sum to at most 2**1023, got {worst:.3g}")
    # ldexp in two steps: a row of tiny numbers wants a scale beyond the largest power of two.
    largest = np.abs(rows).max(axis=1)
    _, exponent = np.frexp(np.where(largest > 0, largest, 1.0))
    unit = np.ldexp(rows, -exponent[:, None])  # now at most 1 in absolute value, exact but for denormal leftovers
    bits = (_FIXED_POINT_ROOM.bit_length() - 1) - max(1, math.ceil(math.log2(n + 1)))
    scaled = np.ldexp(unit, bits)
    integers = np.rint(scaled)
    exact = (integers == scaled).all(axis=1) & (np.ldexp(unit, exponent[:, None]) == rows).all(axis=1)
    # Every item is off by at most half a unit of the grid, a signed sum by n halves, and two sums are compared.
    slack = np.where(exact, 0.0, np.maximum(np.ldexp(float(n), exponent - bits), 5e-324))
    return Items(rows, integers.astype(np.int64), slack)


def check_imbalance(imbalance: object, n: int) -> int | None:
    """``imbalance`` as an int of the parity of ``n`` within [-n, n], or None."""
    if imbalance is None:
        return None
    if isinstance(imbalance, bool | np.bool_) or not isinstance(imbalance, int | np.integer):
        raise TypeError(f"imbalance: expected None or a whole number, got {imbalance!r}")
    if abs(int(imbalance)) > n or (int(imbalance) - n) % 2:
        raise ValueError(
            f"imbalance: {n} items can be split with a difference of cardinalities {-n}, {2 - n}, ..., {n}, "
            f"got {imbalance}"
        )
    return int(imbalance)


def check_memory(needed: float, what: str) -> None:
    """Refuse beforehand what would not fit into the machine's memory, with the figure."""
    if needed < 2**27:  # asking the system costs more than a small problem
        return
    try:
        available = float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):  # not every system says
        available = 16.0 * 2**30
    if needed > 0.8 * available:
        figure = f"{needed / 2**30:,.1f}" if needed < 2**60 else f"{needed / 2**30:.1e}"
        raise ValueError(f"items: {what} would need {figure} GiB of memory; this machine has {available / 2**30:,.1f}")
