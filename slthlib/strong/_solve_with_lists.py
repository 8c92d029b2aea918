"""Masks by meeting in the middle: for real weights within a tolerance, and for subsets of a prescribed size.

Every problem looks at the first n units of its bank that are alive, first few, then more where that did not do.
"""

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slthlib.strong._layout import Layout
from slthlib.strong._solve_grid import Solved
from slthlib.sums.subsets import closest_subsets

#: Numbers of items that are tried in turn; beyond, meeting in the middle takes seconds for each weight.
LONGEST = 44
_STEP = 6
#: Problems that are solved together.
_TOGETHER = 1 << 18


def solve_with_lists(
    layout: Layout, targets: NDArray[Any], seed: int, place: int, blocks: range, *,
    tolerance: float, density: float | None, threads: int | None = None,
) -> Solved:  # fmt: skip
    """Find masks for some blocks of rows; ``targets`` [rows of these blocks, coordinates] in units of the layer.

    An error up to ``tolerance`` is good enough. With ``density`` each subset takes that share of the units it may use.
    """
    banks = layout.draw_banks(seed, place)
    alive, count = layout.alive(banks)
    solved = Solved(
        np.zeros((len(targets), layout.coordinates, layout.words), np.uint64),
        np.full((len(targets), layout.coordinates, layout.branches), -1, np.int16),
    )
    for s in range(layout.branches):
        solved.needed[:, layout.in_use(s).stop :, s] = 0
    several = max(1, _TOGETHER // (layout.block * layout.coordinates))
    for first in range(0, len(blocks), several):
        part = blocks[first : first + several]
        start = time.perf_counter()
        a = np.concatenate([layout.draw_rows(seed, place, block) for block in part])
        solved.drawing += time.perf_counter() - start
        start = time.perf_counter()
        at = (part[0] - blocks[0]) * layout.block
        here = slice(at, at + len(a))
        for s in range(layout.branches):
            used = layout.in_use(s)
            bank = layout.bank_of[used]
            _solve(
                a[:, used], banks[bank], alive[bank, s], count[bank, s], targets[here, used],
                solved.words[here, used], solved.needed[here, used, s], tolerance, density, threads,
            )  # fmt: skip
        solved.solving += time.perf_counter() - start
    return solved


def _solve(
    a: NDArray[Any], b: NDArray[Any], alive: NDArray[np.int64], count: NDArray[np.int64], targets: NDArray[Any],
    words: NDArray[np.uint64], needed: NDArray[np.int16], tolerance: float, density: float | None, threads: int | None,
) -> None:  # fmt: skip
    if not count.size:
        return
    if density is None:  # nothing is the subset for zero
        needed[np.abs(targets) <= tolerance] = 0
    for n in _lengths(int(count.max(initial=0)), targets, tolerance, density, int(count.min())):
        rows, columns = np.nonzero((needed < 0) & (count >= n))
        if not rows.size:
            continue
        units = alive[columns, :n]
        items = a[rows[:, None], columns[:, None], units] * b[columns[:, None], units].astype(_wide(a))
        wanted = targets[rows, columns]
        low, high = np.minimum(items, 0).sum(1), np.maximum(items, 0).sum(1)
        within = (wanted >= low) & (wanted <= high)
        rows, columns, units, items, wanted = (one[within] for one in (rows, columns, units, items, wanted))
        if not rows.size:
            continue
        size = None if density is None else round(density * n)
        found = closest_subsets(items, wanted, size=size, tolerance=tolerance, threads=threads, progress=False)
        good = np.flatnonzero(found.errors <= tolerance)
        _put(words, needed, found.masks[good], rows[good], columns[good], units[good])


def _lengths(most: int, targets: NDArray[Any], tolerance: float, density: float | None, least: int) -> list[int]:
    most = min(most, LONGEST)
    if density is not None:  # one length for all, so that the share that is kept is the one asked for
        return [min(least, most)]
    largest = float(np.abs(targets).max(initial=0.0))
    first = int(np.ceil(np.log2(max(largest / max(tolerance, 0.25), 1.0)))) + _STEP
    return sorted({min(n, most) for n in range(first, most + _STEP, _STEP)})


def _put(
    words: NDArray[np.uint64], needed: NDArray[np.int16], masks: NDArray[np.uint64], rows: NDArray[np.int64],
    columns: NDArray[np.int64], units: NDArray[np.int64],
) -> None:  # fmt: skip
    """Write subsets of units into the words of their problems."""
    taken = (masks[:, None] >> np.arange(units.shape[1], dtype=np.uint64)) & np.uint64(1)
    for place in range(units.shape[1]):
        unit = units[:, place].astype(np.uint64)
        words[rows, columns, unit >> np.uint64(6)] |= taken[:, place] << (unit & np.uint64(63))
    last = np.where(taken != 0, units + 1, 0).max(1)
    needed[rows, columns] = last


def _wide(a: NDArray[Any]) -> Any:
    return np.float64 if a.dtype.kind == "f" else np.int64
