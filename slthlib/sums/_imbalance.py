"""Partitions with a prescribed number of items on the + side: subsets of that size, aimed at half of the sum."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slthlib.sums._batches import Halt
from slthlib.sums._jit import kernel
from slthlib.sums._subset_grid import FLIP, GOAL, HALF, NEGATIVE, PLAN_COLUMNS, STOP, TOTAL, WINDOW
from slthlib.sums._subset_sized import LARGEST_TOTAL, LONGEST_SIZED, search_sized_rows, sized_scratch
from slthlib.sums._subset_sized_long import search_sized_long_rows, sized_half, sized_long_scratch

_ZERO, _ONE = np.uint64(0), np.uint64(1)


@kernel
def _plan_halves(items, magnitudes, plans):
    """Aim every row at half of its sum; of an odd sum this is half a unit below the goal."""
    rows, n = items.shape
    for r in range(rows):
        total = negative = flip = _ZERO
        for i in range(n):
            sign = items[r, i] >> 63
            magnitude = np.uint64((items[r, i] ^ sign) - sign)
            magnitudes[r, i] = magnitude
            total += magnitude
            negative += magnitude & np.uint64(sign)
            flip |= np.uint64(sign) & (_ONE << np.uint64(i))
        plans[r, FLIP], plans[r, TOTAL], plans[r, NEGATIVE] = flip, total, negative
        plans[r, GOAL], plans[r, HALF] = (total >> _ONE) + (total & _ONE), total & _ONE
        plans[r, STOP], plans[r, WINDOW] = _ONE, _ZERO


@kernel
def _read_masks(items, masks, signs, differences):
    """Turn masks into signs, and sum up."""
    rows, n = items.shape
    for r in range(rows):
        total = np.int64(0)
        for i in range(n):
            taken = (masks[r] >> np.uint64(i)) & _ONE
            signs[r, i] = 1 if taken else -1
            total += items[r, i] if taken else -items[r, i]
        differences[r] = abs(total)


class ConstrainedSolver:
    """Finds, for every row, signs with ``plus`` plus signs that bring the signed sum closest to zero."""

    def __init__(self, items: NDArray[np.int64], plus: int) -> None:
        self.items, self.plus = items, plus
        rows, n = items.shape
        # Sums in floats, rounded up: near the limit either kernel does.
        largest = float(np.abs(items.astype(np.float64)).sum(axis=1).max()) * (1 + 1e-12)
        small = rows > 1 and n <= LONGEST_SIZED and largest < LARGEST_TOTAL
        self.kernel: Any = search_sized_rows if small else search_sized_long_rows
        self.scratch: Callable[[int], Any] = sized_scratch if small else sized_long_scratch
        self.local = threading.local()

    def work(self, start: int, stop: int, signs: NDArray, differences: NDArray, halt: Halt) -> None:
        """Solve the rows from ``start`` to ``stop``."""
        items = self.items[start:stop]
        magnitudes, plans = np.empty(items.shape, np.uint64), np.empty((len(items), PLAN_COLUMNS), np.uint64)
        masks, unsure = np.zeros(len(items), np.uint64), np.empty(len(items), np.bool_)
        _plan_halves(items, magnitudes, plans)
        room = getattr(self.local, "room", None)
        if room is None:
            room = self.local.room = self.scratch(items.shape[1])
        self.kernel(magnitudes, plans, self.plus, masks, unsure, room, halt)
        _read_masks(items, masks, signs[start:stop], differences[start:stop])


def bytes_needed_with_imbalance(n: int) -> float:
    """Two buffers for each half of the items; of more items than fit into these the rest takes time instead."""
    return 32.0 * 2.0 ** sized_half(n)
