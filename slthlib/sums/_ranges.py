"""Ranges of sums that are asked for: whole numbers or reals, checked, and clipped to what can be reached."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums._check import INT64_MAX, as_array, check_totals


def check_range(low: object, high: object) -> tuple[int, int]:
    """``low`` and ``high`` as Python integers, in order."""
    ends = []
    for name, value in (("low", low), ("high", high)):
        if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
            raise TypeError(f"{name}: expected a whole number, got {value!r}")
        ends.append(int(value))
    first, last = ends
    if first > last:
        raise ValueError(f"low, high: expected low <= high, got low = {first}, high = {last}")
    if last - first >= INT64_MAX:
        raise ValueError(f"low, high: expected a range of fewer than 2**63 numbers, got {last - first + 1}")
    return first, last


def check_real_range(low: object, high: object) -> tuple[float, float]:
    """``low`` and ``high`` as finite floats, in order."""
    out = []
    for name, value in (("low", low), ("high", high)):
        if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
            raise TypeError(f"{name}: expected a real number, got {value!r}")
        try:
            out.append(float(value))
        except OverflowError:
            raise ValueError(f"{name}: expected a finite number, got one beyond float64") from None
        if not math.isfinite(out[-1]):
            raise ValueError(f"{name}: expected a finite number, got {value!r}")
    if out[0] > out[1]:
        raise ValueError(f"low, high: expected low <= high, got low = {low}, high = {high}")
    return out[0], out[1]


def whole_rows(items: ArrayLike, *, batch: bool | None) -> tuple[NDArray[np.int64], bool]:
    """Integer items as rows [B, n], and whether they came as a batch; ``batch`` None allows [n] and [B, n]."""
    array = as_array(items)
    if array.dtype.kind == "f":
        raise TypeError("items: expected integers, got floats; scale them to whole numbers first")
    forms = {1: "[n]", 2: "[B, n]"} if batch is None else ({2: "[B, n]"} if batch else {1: "[n]"})
    if array.ndim not in forms:
        raise ValueError(f"items: expected shape {' or '.join(forms.values())}, got an array of shape {array.shape}")
    many = array.ndim == 2
    rows = array if many else array[None, :]
    check_totals(rows)
    return rows, many


@dataclass(frozen=True)
class Window:
    """A range of integers seen by each row: clipped to the sums that the row can reach, in units of its divisor.

    ``rows`` [B, n] are the items divided by ``unit`` [B], the greatest number that divides all of them; only multiples
    of it are sums. The range is empty where ``first`` > ``last``. A table of ``top`` bits, at most, or on average,
    tells all about it; it is ``width`` long at most, and ``spread`` wide is what holds most of the sums of a row.
    """

    rows: NDArray[np.int64]
    unit: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    top: float
    mean_top: float
    width: float
    spread: float

    @classmethod
    def around(cls, rows: NDArray[np.int64], low: int, high: int) -> "Window":
        """Clip low..high for every row."""
        if len(rows) == 1:
            return cls._around_one(rows, low, high)
        unit = np.maximum(np.gcd.reduce(rows, axis=1), 1)
        if (unit > 1).any():
            rows = rows // unit[:, None]
        lowest, highest = np.minimum(rows, 0).sum(axis=1), np.maximum(rows, 0).sum(axis=1)
        # Python's integers bring ends beyond int64 to within it; empty ranges stay empty.
        start, stop = min(max(low, -INT64_MAX), INT64_MAX), min(max(high, -INT64_MAX), INT64_MAX)
        first, last = np.maximum(lowest, -(-start // unit)), np.minimum(highest, stop // unit)
        if low > INT64_MAX or high < -INT64_MAX:
            last = first - 1
        reach = highest.astype(np.float64) - lowest
        top = np.minimum(np.minimum(last - lowest.astype(np.float64), highest - first.astype(np.float64)), reach / 2)
        top = np.where(first > last, 0.0, np.maximum(top, 0.0)) + 1
        width = np.maximum(last.astype(np.float64) - first + 1, 0.0).max()
        spread = 1 + math.sqrt(np.square(rows.astype(np.float64)).sum(axis=1).min())
        return cls(rows, unit, first, last, float(top.max()), float(top.mean()), float(width), spread)

    @classmethod
    def _around_one(cls, rows: NDArray[np.int64], low: int, high: int) -> "Window":
        """The same for one row, in a tenth of the time that NumPy takes to say so."""
        row = rows[0].tolist()
        unit = max(math.gcd(*row), 1)
        if unit > 1:
            row = [x // unit for x in row]
            rows = rows // unit
        size = sum(map(abs, row))
        highest = (size + sum(row)) // 2
        lowest = highest - size
        first, last = max(lowest, -(-low // unit)), min(highest, high // unit)
        if first > last:
            first, last = lowest, lowest - 1
        top = max(min(last - lowest, highest - first, size // 2), 0) + 1.0
        spread = 1 + math.hypot(*row)
        ends = np.array([[unit], [first], [last]], np.int64)
        return cls(rows, ends[0], ends[1], ends[2], top, top, float(last - first + 1), spread)
