"""Kernels: the closest subset of one problem after the other, of any number of items, on two long lists.

Items beyond those of the lists stay outside: for each of their subsets the lists are walked along once more. That
costs time, but no memory.
"""

import numpy as np

from slthlib.sums._jit import kernel
from slthlib.sums._subset_grid import FLIP, GOAL, HALF, STOP, WINDOW
from slthlib.sums._subset_masks import find_mask
from slthlib.sums._subset_merge import grow_list, walk
from slthlib.sums._subset_state import (
    BEST,
    COLUMNS,
    LEFT,
    RIGHT,
    SECOND,
    STOP_BELOW,
    WITHIN,
    aim,
    begin,
    next_error,
    note_above,
)

_ZERO, _ONE = np.uint64(0), np.uint64(1)
#: Two lists of 2**LONGEST_HALF sums take 4.3 GB.
LONGEST_HALF = 28


def long_half(n):
    """How many items each list is made of."""
    return min(n // 2, LONGEST_HALF)


def long_scratch(n):
    """What `search_long_rows` works in."""
    half = long_half(n)
    return (
        np.empty(1 << half, np.uint64),
        np.empty(1 << half, np.uint64),
        np.zeros(COLUMNS, np.uint64),
        np.empty((2, 1 << (half - half // 2)), np.uint64),
    )


@kernel
def sum_outside(magnitudes, half, outside):
    """Sum of the magnitudes outside the lists, for a mask of them."""
    total = _ZERO
    for i in range(2 * half, magnitudes.size):
        total += magnitudes[i] * ((outside >> np.uint64(i - 2 * half)) & _ONE)
    return total


@kernel
def walk_lists(a, b, goal, state, halt):
    """Walk along the staircase of two whole lists, with a goal that may be below zero (and wrap)."""
    size, before = np.uint64(a.size), state[BEST]
    if goal >> np.uint64(63):
        note_above(state, goal, _ZERO, _ZERO, _ZERO)
    else:
        aim(state, goal)
        walk(a, b, _ZERO, size, _ZERO, size, state, halt)
    if state[WITHIN] and state[BEST] < before:
        last = size - _ONE
        state[SECOND] = next_error(a, b, state[LEFT], state[RIGHT], _ZERO, last, _ZERO, last, state)
    return state[BEST] < before


@kernel
def mask_of_pair(magnitudes, plan, a, b, half, state, outside, tables):
    """The mask of the best pair and what it took from outside the lists."""
    mask = _ZERO
    for side in range(2):
        value = a[state[LEFT]] if side == 0 else b[state[RIGHT]]
        found = find_mask(magnitudes, side * half, half, value, tables[0], tables[1])
        mask |= found << np.uint64(side * half)
    if magnitudes.size > 2 * half:
        mask |= outside << np.uint64(2 * half)
    return mask ^ plan[FLIP]


@kernel
def is_unsure(plan, state):
    """Whether rounding leaves more than one subset."""
    return state[SECOND] < state[BEST] + plan[WINDOW] and state[BEST] >= plan[STOP]


@kernel
def search_long_rows(magnitudes, plans, masks, unsure, scratch, grown, halt):
    """Find the closest subset of every row; ``unsure`` is 1 where rounding leaves several.

    One row of magnitudes serves all plans. If both lists are ``grown`` already, they are those of the first row.
    """
    a, b, state, tables = scratch
    rows, n = plans.shape[0], magnitudes.shape[1]
    half = 0
    while (1 << half) < a.size:
        half += 1
    for r in range(rows):
        items = magnitudes[min(r, magnitudes.shape[0] - 1)]
        if r < magnitudes.shape[0] and not grown:
            for side in range(2):
                grow_list(a if side == 0 else b, items, side * half, half, halt)
        begin(state, plans[r, GOAL], plans[r, WINDOW], plans[r, STOP], plans[r, HALF])
        taken = _ZERO
        for outside in range(_ONE << np.uint64(n - 2 * half)):
            goal = plans[r, GOAL] - sum_outside(items, half, outside)
            if walk_lists(a, b, goal, state, halt):
                taken = outside
            if state[BEST] < state[STOP_BELOW]:
                break
        if halt[0]:
            return
        masks[r] = mask_of_pair(items, plans[r], a, b, half, state, taken, tables)
        unsure[r] = is_unsure(plans[r], state)
