"""Kernel: the closest subset of every row of a batch, four rows at a time, by meeting in the middle."""

import numpy as np

from slthlib.sums._jit import kernel
from slthlib.sums._subset_eight import (
    APART,
    BEST,
    HIT,
    LEFT,
    RIGHT,
    SECOND,
    aim,
    eight_lists,
    sweep,
)
from slthlib.sums._subset_eight import STOP as STOP_BELOW
from slthlib.sums._subset_eight import WINDOW as WITHIN
from slthlib.sums._subset_grid import FLIP, GOAL, STOP, WINDOW
from slthlib.sums._subset_masks import find_mask

_ZERO, _ONE = np.uint64(0), np.uint64(1)
_APART = np.uint64(APART)


def scratch(n):
    """What `search_rows` works in."""
    half = n // 2
    return (
        np.empty(8 * APART, np.uint64),
        np.zeros((4, 10), np.uint64),
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
            state[c, WITHIN], state[c, STOP_BELOW] = plans[r, WINDOW], plans[r, STOP]
            aim(state[c], plans[r, GOAL], False)
        eight_lists(buf, four, half, ends, halt)
        sweep(buf, half, state, halt)
        if n % 2:
            for c in range(4):
                goal, last = plans[min(first + c, rows - 1), GOAL], four[c, n - 1]
                if last <= goal:
                    aim(state[c], goal - last, True)
                else:  # the last item alone is too large: nothing with it is better
                    _note_alone(state[c], goal - last)
            sweep(buf, half, state, halt)
        if halt[0]:
            return
        for c in range(min(4, rows - first)):
            r = first + c
            left, right = np.uint64(2 * c) * _APART, np.uint64(2 * c + 1) * _APART
            mask = find_mask(four[c], 0, half, buf[left + state[c, LEFT]], small, large)
            mask |= find_mask(four[c], half, half, buf[right + state[c, RIGHT]], small, large) << np.uint64(half)
            if state[c, HIT] != plans[r, GOAL]:
                mask |= _ONE << np.uint64(n - 1)
            masks[r] = mask ^ plans[r, FLIP]
            unsure[r] = False
            if plans[r, WINDOW] and state[c, BEST] >= plans[r, STOP]:
                unsure[r] = _next_error(buf, left, right, half, state[c]) < state[c, BEST] + plans[r, WINDOW]


@kernel
def _note_alone(state, target):
    """Note the empty sum for a target that lies below zero (and wraps)."""
    error = _ZERO - target
    if error < state[BEST]:
        state[SECOND], state[BEST] = state[BEST], error
        state[LEFT], state[RIGHT], state[HIT] = _ZERO, _ZERO, target
    else:
        state[SECOND] = min(state[SECOND], error)


@kernel
def _next_error(buf, left, right, half, state):
    """How near another pair comes, if it comes as near as WINDOW beyond the best.

    From any such pair steps to pairs that are as near lead to a corner on which the sweep has stepped. If that was
    the best pair, the last step came from one of its neighbours.
    """
    i, j, top = state[LEFT], state[RIGHT], (_ONE << np.uint64(half)) - _ONE
    second = state[SECOND]
    for k in range(4):
        if (k == 0 and i == 0) or (k == 1 and i == top) or (k == 2 and j == 0) or (k == 3 and j == top):
            continue
        at = i - _ONE if k == 0 else i + _ONE if k == 1 else i
        across = j - _ONE if k == 2 else j + _ONE if k == 3 else j
        away = np.int64(buf[left + at] + buf[right + across] - state[HIT])
        second = min(second, np.uint64(abs(away)))
    return second
