"""Windows of real sums, brought to whole numbers: every row on a grid of its own, a power of two."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums._check import check_items

#: The absolute values of a row sum to at most 2**60 on its grid, so that differences of sums stay within 64 bits.
_ROOM = 60
#: ... and ends are told exactly up to here.
_BEYOND = 2.0**61


@dataclass(frozen=True)
class FixedWindow:
    """Items and window of every row in units of 2**-scale, ends in signed sums: 2 s - T for a sum s, T that of all.

    Attributes
    ----------
    rows : int64 [B, n]
    scale : int64 [B]
    low, high : int64 [B]
        Clipped to the sums that can be made.
    outside : float64 [B]
        Distance from the ends that were given to the nearest sum, where they lie beyond all sums; else 0.
    slack : float64 [B]
        By how much rounding can have moved any sum or end; 0 where all of them were on the grid.
    """

    rows: NDArray[np.int64]
    scale: NDArray[np.int64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    outside: NDArray[np.float64]
    slack: NDArray[np.float64]

    @classmethod
    def around(cls, items: ArrayLike, low: float, high: float, *, batch: bool) -> "FixedWindow":
        """Check the items and bring them to their grids."""
        checked = check_items(items, batch=batch)
        if checked.real:
            rows, scale, moved = _to_grid(checked.given, max(abs(low), abs(high)))
        else:
            total = np.abs(checked.integers).sum(axis=1)
            if total.max() > 2**_ROOM:
                raise ValueError(f"items: the absolute values must sum to at most 2**{_ROOM}, got {total.max()}")
            # Spare bits tell ends between whole numbers.
            scale = _ROOM - np.frexp(total.astype(np.float64))[1].astype(np.int64)
            rows, moved = checked.integers << np.maximum(scale, 0)[:, None], np.zeros(len(total))
            scale = np.maximum(scale, 0)
        return cls.on_grid(rows, scale, moved, low, high)

    @classmethod
    def on_grid(
        cls, rows: NDArray[np.int64], scale: NDArray[np.int64], moved: NDArray[np.float64], low: float, high: float
    ) -> "FixedWindow":
        """The window of rows that are whole numbers already; ``moved`` is by how much their sums may be off."""
        lowest, highest = np.minimum(rows, 0).sum(axis=1), np.maximum(rows, 0).sum(axis=1)
        ends = []
        slack, outside = moved, np.zeros(len(rows))
        for end in (low, high):
            with np.errstate(over="ignore"):
                exact = np.clip(np.ldexp(end, scale), -_BEYOND, _BEYOND)
            whole = np.rint(exact).astype(np.int64)
            slack = slack + np.ldexp(np.abs(exact - whole), -scale)
            clipped = np.clip(whole, lowest, highest)
            beyond = np.ldexp(np.abs(whole - clipped).astype(np.float64), -scale)
            far = np.abs(exact) == _BEYOND  # the end itself lies further out
            beyond = np.where(far, np.abs(end - np.ldexp(clipped.astype(np.float64), -scale)), beyond)
            outside = np.maximum(outside, beyond)
            ends.append(clipped - (lowest + highest - clipped))  # twice the end may be beyond 64 bits, this is not
        return cls(rows, scale, ends[0], ends[1], outside, slack)

    def radii(self, doubled: NDArray[np.int64]) -> NDArray[np.float64]:
        """Covering radii from twice those of the signed sums, which are twice as far apart as the sums."""
        return np.maximum(np.ldexp(doubled.astype(np.float64), -self.scale - 2), self.outside)


def _to_grid(
    given: NDArray[np.float64], end: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Items in units of 2**-scale, the scale of every row, and by how much the rounding moved its sums at most.

    The largest item sets the scale, or, where all are 0, ``end``.
    """
    n = given.shape[1]
    largest = np.abs(given).max(axis=1)
    _, exponent = np.frexp(np.where(largest > 0, largest, end or 1.0))
    bits = _ROOM - math.ceil(math.log2(n)) if n > 1 else _ROOM
    # In two steps: a row of tiny numbers wants a scale beyond the largest power of two.
    unit = np.ldexp(given, -exponent[:, None])
    scaled = np.ldexp(unit, bits)
    rows = np.rint(scaled)
    lost = np.abs(np.ldexp(unit, exponent[:, None]) - given).sum(axis=1)
    moved = np.ldexp(np.abs(scaled - rows).sum(axis=1), exponent - bits) + lost
    return rows.astype(np.int64), (bits - exponent).astype(np.int64), moved
