"""One long problem in several threads: one for each list while they grow, then each for a share of the walks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from slthlib.sums._batches import Halt, run_in_chunks
from slthlib.sums._subset_long import is_unsure, long_half, mask_of_pair, walk_outside
from slthlib.sums._subset_merge import grow_list
from slthlib.sums._subset_state import BEST, COLUMNS, SECOND, STOP_BELOW

#: Measured seconds a sum, to grow a list and to walk along two.
_GROW, _WALK = 1.5e-9, 2.5e-9


def search_alone(
    magnitudes: NDArray[np.uint64], plan: NDArray[np.uint64], scratch: Any, threads: int | None, halt: Halt
) -> tuple[np.uint64, bool]:
    """Mask of the closest subset, and whether rounding leaves several.

    Each share of the walks begins with nothing known, and they are compared in their order: the answer is the one
    that a single thread would find, however the walks were shared.
    """
    a, b, _, tables = scratch
    half = long_half(magnitudes.size)

    def grow(start: int, stop: int, _own: Halt) -> None:
        for side in range(start, stop):
            grow_list(scratch[side], magnitudes, side * half, half, halt)

    run_in_chunks(grow, 2, _GROW * 2.0**half, threads=threads, progress=False, label="")
    found: dict[int, tuple[NDArray[np.uint64], int]] = {}

    def walk(start: int, stop: int, _own: Halt) -> None:
        if any(_good(state) for state, _ in list(found.values())):
            return  # shares begin in their order, so what would be found here comes later
        state = np.zeros(COLUMNS, np.uint64)
        first, last = np.uint64(start), np.uint64(stop)
        found[start] = state, walk_outside(magnitudes, plan, a, b, state, half, first, last, halt)

    walks = 1 << (magnitudes.size - 2 * half)
    run_in_chunks(walk, walks, _WALK * 2.0**half, threads=threads, progress=False, label="")
    if halt[0]:
        return np.uint64(0), False
    shares = [found[start] for start in sorted(found)]
    state, taken = next((share for share in shares if _good(share[0])), None) or min(shares, key=lambda s: s[0][BEST])
    state[SECOND] = min([state[SECOND], *(other[BEST] for other, _ in shares if other is not state)])
    mask = mask_of_pair(magnitudes, plan, a, b, half, state, np.uint64(taken), tables)
    return np.uint64(mask), bool(is_unsure(plan, state))


def _good(state: NDArray[np.uint64]) -> bool:
    return bool(state[BEST] < state[STOP_BELOW])
