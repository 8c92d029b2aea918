"""Kernels: the closest subset of one problem after the other, of any number of items, on two long lists.

Items beyond those of the lists stay outside: for each of their subsets the lists are walked along once more. That
costs time, but no memory, and walks can be shared between threads.
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
#: Measured: from so many items on, memory that is touched for the first time costs more than a second walk along
#: lists half as long, and up to so many, more than a second walk for each of those along lists of 2**27 sums.
_WALK_TWICE, _WALK_OFTEN = 50, 60


def long_half(n):
    """How many items each list is made of."""
    half = n // 2 if n < _WALK_TWICE else (n - 1) // 2
    return min(half, LONGEST_HALF if n > _WALK_OFTEN else LONGEST_HALF - 1)


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
def walk_outside(magnitudes, plan, a, b, state, half, first, last, halt):
    """Search with the items of each mask from ``first`` to before ``last`` outside the lists. Returns the best mask."""
    begin(state, plan[GOAL], plan[WINDOW], plan[STOP], plan[HALF])
    taken = first
    for outside in range(first, last):
        if walk_lists(a, b, plan[GOAL] - sum_outside(magnitudes, half, outside), state, halt):
            taken = outside
        if halt[0] or state[BEST] < state[STOP_BELOW]:
            break
    return taken


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
def search_long_rows(magnitudes, plans, masks, unsure, scratch, halt):
    """Find the closest subset of every row; ``unsure`` is 1 where rounding leaves several.

    One row of magnitudes serves all plans.
    """
    a, b, state, tables = scratch
    rows, n = plans.shape[0], magnitudes.shape[1]
    half = 0
    while (1 << half) < a.size:
        half += 1
    for r in range(rows):
        items = magnitudes[min(r, magnitudes.shape[0] - 1)]
        if r < magnitudes.shape[0]:
            for side in range(2):
                grow_list(a if side == 0 else b, items, side * half, half, halt)
        taken = walk_outside(items, plans[r], a, b, state, half, _ZERO, _ONE << np.uint64(n - 2 * half), halt)
        if halt[0]:
            return
        masks[r] = mask_of_pair(items, plans[r], a, b, half, state, taken, tables)
        unsure[r] = is_unsure(plans[r], state)
