"""Ranges of sums that are asked for: whole numbers or reals, checked, and clipped to what can be reached."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums._check import INT64_MAX, as_array, check_items


def check_range(low: object, high: object) -> tuple[int, int]:
    """``low`` and ``high`` as Python integers, in order."""
    for name, value in (("low", low), ("high", high)):
        if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
            raise TypeError(f"{name}: expected a whole number, got {value!r}")
    low, high = int(low), int(high)  # type: ignore[call-overload]
    if low > high:
        raise ValueError(f"low, high: expected low <= high, got low = {low}, high = {high}")
    if high - low >= INT64_MAX:
        raise ValueError(f"low, high: expected a range of fewer than 2**63 - 1 numbers, got {high - low + 1}")
    return low, high


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
    return check_items(array if many else array[None, :], batch=True).integers, many
