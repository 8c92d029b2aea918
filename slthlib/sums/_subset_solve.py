"""Which kernels solve a batch of subset-sum problems, and what every chunk of it goes through."""

import math
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slthlib.sums import _subset_grid as grid
from slthlib.sums._batches import Halt
from slthlib.sums._subset_alone import search_alone
from slthlib.sums._subset_brute import brute_scratch, try_all
from slthlib.sums._subset_eight import LONGEST
from slthlib.sums._subset_good import SMALLEST, find_good_rows
from slthlib.sums._subset_long import long_half, long_scratch, search_long_rows, walk_outside
from slthlib.sums._subset_rows import scratch, search_rows
from slthlib.sums._subset_shared import listed, look_up_rows, shared_lists
from slthlib.sums._subset_sized import LARGEST_TOTAL, LONGEST_SIZED, search_sized_rows, sized_scratch
from slthlib.sums._subset_sized_long import search_sized_long_rows, sized_half, sized_long_scratch
from slthlib.sums._subset_ties import MOST_ITEMS, best_mask
from slthlib.sums._subset_totals import float_totals, integer_totals

#: Up to so many items every subset is tried.
_BRUTE = 12
#: Bytes of two lists that take a millisecond to grow.
_WORTH_TWO = 2.0**22
#: What the last call worked in, for the next one of its kind: fresh memory costs more time than the work done in it.
_SPARE: dict[Any, Any] = {}
_SPARE_BYTES = 2.0**25
#: Measured seconds for 2**(n/2): only to cut batches into chunks and to decide when a progress bar is welcome.
_STEP = 6e-9


class Solver:
    """The problems of one call, the kernel that suits them, and what each thread's kernel works in.

    Parameters
    ----------
    items : int64 or float64 [B, n], or [1, n] for items that all targets share
    targets : int64 or float64 [B]
    name : str
        What the caller calls the targets.
    size : int or None
    tolerance : float
    threads : int or None
        For a single problem; a batch is given to threads in chunks.
    """

    def __init__(
        self,
        items: NDArray,
        targets: NDArray,
        name: str,
        size: int | None,
        tolerance: float,
        threads: int | None = None,
    ) -> None:
        self.items, self.targets, self.name, self.size, self.tolerance = items, targets, name, size, tolerance
        self.rows, self.n, self.threads = targets.size, items.shape[1], threads
        self.shared = len(items) < self.rows
        self.real = items.dtype.kind == "f"
        self.masks = np.zeros(self.rows, np.uint64)
        self.totals, self.errors = np.empty(self.rows, items.dtype), np.empty(self.rows, items.dtype)
        self.eager = tolerance > 0 and size is None and self.n >= SMALLEST
        self.local = threading.local()
        self.room: Any = None
        self.lock = threading.Lock()
        self.lists: Any = None
        self.kernel: Any
        self.scratch: Callable[[int], Any] | None
        n, self.listed = self.n, 0
        self.memory = 0.0  # of a thread, where it is much
        if size is not None:
            small = n <= LONGEST_SIZED and self.rows > 1 and (self.real or self._largest_total() < LARGEST_TOTAL)
            self.kernel, self.scratch = (
                (search_sized_rows, sized_scratch) if small else (search_sized_long_rows, sized_long_scratch)
            )
            self.memory = 0.0 if small else 32.0 * 2.0 ** sized_half(n)
            self.seconds = 4 * _STEP * 2.0 ** (n / 2) * (1.0 if small else 2.0 ** (n - 2 * sized_half(n)))
            return
        if self.shared:
            self.listed = listed(n, self.rows)
        if self.listed:
            self.kernel, self.scratch, self.seconds = look_up_rows, None, 2e-8 * 2.0 ** (n - self.listed)
        elif n <= _BRUTE and self.rows > 3:
            self.kernel, self.scratch, self.seconds = try_all, brute_scratch, 1e-7 + 6e-11 * 2.0**n
        elif n <= 2 * LONGEST and self.rows > 3 and not self.shared:
            self.kernel, self.scratch, self.seconds = search_rows, scratch, _STEP * 2.0 ** (n / 2)
        else:
            outside = n - 2 * long_half(n)
            self.memory = 16.0 * 2.0 ** long_half(n)
            self.kernel, self.scratch = search_long_rows, long_scratch
            self.seconds = _STEP * 2.0 ** (n / 2) * max(1.0, 2.0 ** (outside / 2 - 1))

    @property
    def alone(self) -> bool:
        """Whether one long problem is shared between threads."""
        return self.kernel is search_long_rows and self.rows == 1 and self.memory >= _WORTH_TWO

    @property
    def compiled(self) -> Any:
        """The kernel that takes long to compile."""
        return walk_outside if self.alone else self.kernel

    @property
    def abreast(self) -> int:
        """How many rows the kernel takes at a time."""
        return 64 if self.kernel is try_all else 4 if self.kernel in (search_rows, search_sized_rows) else 1

    def _largest_total(self) -> float:
        return float(np.abs(self.items.astype(np.float64)).sum(axis=1).max()) * (1 + 1e-12)

    def work(self, start: int, stop: int, halt: Halt) -> None:
        """Solve the rows from ``start`` to ``stop``."""
        magnitudes, plans, scales = self.plan(start, stop)
        masks, unsure = self.masks[start:stop], np.zeros(stop - start, np.bool_)
        if self.eager:
            found = np.empty(masks.size, np.bool_)
            find_good_rows(magnitudes, int(not self.shared), plans, masks, found, np.empty(128, np.uint64), halt)
            rest = np.flatnonzero(~found)
            if rest.size:
                left = magnitudes if self.shared else magnitudes[rest]
                some, doubtful = np.zeros(rest.size, np.uint64), np.zeros(rest.size, np.bool_)
                self._search(left, plans[rest], some, doubtful, halt)
                masks[rest], unsure[rest] = some, doubtful
        else:
            self._search(magnitudes, plans, masks, unsure, halt)
        if self.real and unsure.any():
            self._decide(start, unsure, halt)
        self._sum_up(start, stop, magnitudes, plans, scales)

    def finish(self) -> None:
        """Leave something to work in to the next call; no thread uses it any more."""
        if self.room is not None and self.memory <= _SPARE_BYTES:
            _SPARE.clear()
            _SPARE[self.scratch, self.n] = self.room

    def _search(self, magnitudes: NDArray, plans: NDArray, masks: NDArray, unsure: NDArray, halt: Halt) -> None:
        if self.listed:
            with self.lock:
                if self.lists is None:
                    self.lists = shared_lists(magnitudes[0], self.listed, halt)
            look_up_rows(plans, *self.lists, self.listed, masks, unsure, halt)
            return
        room = getattr(self.local, "room", None)
        if room is None:
            assert self.scratch is not None
            room = _SPARE.pop((self.scratch, self.n), None) or self.scratch(self.n)  # pop lets only one thread have it
            self.local.room = self.room = room
        if self.shared and self.kernel is not search_long_rows:
            magnitudes = np.repeat(magnitudes, len(plans), axis=0)
        before = () if self.size is None else (self.size,)
        if self.alone:
            masks[0], unsure[0] = search_alone(magnitudes[0], plans[0], room, self.threads, halt)
        else:
            self.kernel(magnitudes, plans, *before, masks, unsure, room, halt)

    def check(self) -> None:
        """Refuse what cannot be solved before the work begins."""
        for start in range(0, self.rows, 4096):
            self.plan(start, min(start + 4096, self.rows))

    def plan(self, start: int, stop: int) -> tuple[NDArray, NDArray, NDArray]:
        """Bring the rows to the grid, or say what is wrong with them."""
        items = self.items if self.shared else self.items[start:stop]
        targets = self.targets[start:stop]
        magnitudes = np.empty(items.shape, np.uint64)
        plans = np.empty((targets.size, grid.PLAN_COLUMNS), np.uint64)
        scales = np.empty((targets.size if self.real else 0, grid.SCALE_COLUMNS))
        if self.real:
            kernel = grid.plan_shared_floats if self.shared else grid.plan_float_rows
            row, fault = kernel(items, targets, self.tolerance, magnitudes, plans, scales)
        else:
            kernel = grid.plan_shared_integers if self.shared else grid.plan_integer_rows
            row, fault = kernel(items, targets, self.tolerance, magnitudes, plans)
        if fault != grid.FINE:
            raise ValueError(_complaint(items[0 if self.shared else row], targets[row], self.name, fault))
        return magnitudes, plans, scales

    def _decide(self, start: int, unsure: NDArray, halt: Halt) -> None:
        """Settle in exact arithmetic what the grid of floats has left open."""
        for r in np.flatnonzero(unsure):
            if halt[0]:
                return
            if self.n > MOST_ITEMS:
                raise ValueError(
                    f"items: several subsets of these n = {self.n} floats come so near to the best that only exact "
                    f"arithmetic could tell them apart, which is done for up to {MOST_ITEMS} items; round the items "
                    "to whole multiples of a power of two of at least 2**-57 of their sum, or allow a tolerance"
                )
            row = self.items[0 if self.shared else start + r]
            self.masks[start + r] = best_mask(row.tolist(), float(self.targets[start + r]), self.size)

    def _sum_up(self, start: int, stop: int, magnitudes: NDArray, plans: NDArray, scales: NDArray) -> None:
        items = self.items if self.shared else self.items[start:stop]
        part, step = slice(start, stop), int(not self.shared)
        targets, masks, totals, errors = self.targets[part], self.masks[part], self.totals[part], self.errors[part]
        if self.real:
            parts = np.empty(self.n + 2)
            float_totals(items, step, targets, masks, magnitudes, plans, scales, totals, errors, parts)
        else:
            integer_totals(items, step, targets, masks, totals, errors)


def _complaint(items: NDArray, target: Any, name: str, fault: int) -> str:
    """What is wrong with a row."""
    numbers = items.tolist()
    if fault == grid.NOT_FINITE:
        bad = [x for x in numbers if not math.isfinite(x)]
        return f"{'items' if bad else name}: expected finite numbers, got {bad[0] if bad else target}"
    if fault == grid.TOO_LARGE:
        limit, got = "2**1022", ""
        if items.dtype.kind == "i":
            limit, got = "2**63 - 1", f", got {sum(map(abs, numbers))}"
        return f"items: the absolute values must sum to at most {limit}{got}"
    add: Callable[[list], Any] = math.fsum if items.dtype.kind == "f" else sum
    low, high = add([x for x in numbers if x < 0]), add([x for x in numbers if x > 0])
    return (
        f"{name}: expected within [low, high] = [{low}, {high}], the sums of the negative and of the positive items, "
        f"got {target}"
    )
