"""Kernel: the closest subset of every row of a batch, four rows at a time, by meeting in the middle."""

import numpy as np

from slthlib.sums._jit import kernel
from slthlib.sums._subset_eight import APART, eight_lists, sweep
from slthlib.sums._subset_grid import FLIP, GOAL, HALF, STOP, WINDOW
from slthlib.sums._subset_masks import find_mask
from slthlib.sums._subset_state import BEST, COLUMNS, HIT_TURN, LEFT, RIGHT, aim, begin, next_error, note_above

_ZERO, _ONE = np.uint64(0), np.uint64(1)
_APART = np.uint64(APART)


def scratch(n):
    """What `search_rows` works in."""
    half = n // 2
    return (
        np.empty(8 * APART, np.uint64),
        np.zeros((4, COLUMNS), np.uint64),
        np.empty((4, n), np.uint64),
        np.empty(8, np.uint64),
        np.empty(1 << (half // 2), np.uint64),
        np.empty(1 << (half - half // 2), np.uint64),
    )


@kernel
def search_rows(magnitudes, plans, masks, unsure, scratch, halt):
    """Find the closest subset of every row; ``unsure`` is 1 where rounding leaves several.

    Of an odd number of items the last one stays out of the lists, which are then swept twice, without it and with it.
    """
    buf, state, four, ends, small, large = scratch
    rows, n = magnitudes.shape
    half = n // 2
    for first in range(0, rows, 4):
        for c in range(4):
            r = min(first + c, rows - 1)  # the last rows are filled up with the last one
            for i in range(n):
                four[c, i] = magnitudes[r, i]
            begin(state[c], plans[r, GOAL], plans[r, WINDOW], plans[r, STOP], plans[r, HALF])
        eight_lists(buf, four, half, ends, halt)
        for with_last in range(1 + n % 2):
            if with_last:
                for c in range(4):
                    goal, last = plans[min(first + c, rows - 1), GOAL], four[c, n - 1]
                    if last <= goal:
                        aim(state[c], goal - last)
                    else:  # the last item alone is too large: nothing with it is better
                        note_above(state[c], goal - last, _ZERO, _ZERO, _ZERO)
            sweep(buf, half, state, halt)
        if halt[0]:
            return
        for c in range(min(4, rows - first)):
            r = first + c
            mask = _ZERO
            for side in range(2):
                value = buf[np.uint64(2 * c + side) * _APART + state[c, LEFT + side]]
                mask |= find_mask(four[c], side * half, half, value, small, large) << np.uint64(side * half)
            if state[c, HIT_TURN]:
                mask |= _ONE << np.uint64(n - 1)
            masks[r] = mask ^ plans[r, FLIP]
            unsure[r] = False
            if plans[r, WINDOW] and state[c, BEST] >= plans[r, STOP]:
                left, right = np.uint64(2 * c) * _APART, np.uint64(2 * c + 1) * _APART
                last = (_ONE << np.uint64(half)) - _ONE
                second = next_error(
                    buf, buf, left + state[c, LEFT], right + state[c, RIGHT], left, left + last, right, right + last,
                    state[c],
                )  # fmt: skip
                unsure[r] = second < state[c, BEST] + plans[r, WINDOW]
