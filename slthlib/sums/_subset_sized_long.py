"""Kernels: the closest sum of exactly so many items, one problem after the other, of any number of items.

Lists as in `_subset_sized`, merged and walked along as in `_subset_merge`.
"""

import numpy as np

from slthlib.sums._jit import kernel
from slthlib.sums._subset_grid import FLIP, GOAL, HALF, STOP, WINDOW
from slthlib.sums._subset_long import is_unsure
from slthlib.sums._subset_masks import find_mask_of_size, mask_size
from slthlib.sums._subset_merge import merge_pieces, walk
from slthlib.sums._subset_sized import NEVER, list_starts
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

_ZERO, _ONE, _TWO, _THREE = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(3)
#: Each half takes two buffers of 2**LONGEST_HALF sums, 4.3 GB in all.
LONGEST_HALF = 27


def sized_half(n):
    """How many items each half has."""
    return min(n // 2, LONGEST_HALF)


def sized_long_scratch(n):
    """What `search_sized_long_rows` works in."""
    half = sized_half(n)
    starts = list_starts(half)
    room = 2 * (int(starts[half, half + 1]) + 2)
    return (
        np.empty(room, np.uint64),
        np.empty(room, np.uint64),
        np.zeros(COLUMNS, np.uint64),
        starts,
        np.empty(n, np.uint64),
        np.empty((2, 1 << (half - half // 2)), np.uint64),
    )


@kernel
def grow_lists_by_size(a, items, start, half, base, starts, halt):
    """Fill ``a`` with the lists of items start, ..., start + half - 1; returns where the last ones are."""
    old, new = _ZERO, starts[half, half + 1] + _TWO
    end = base + base
    a[old + starts[0, 0]] = base
    for m in range(half):
        if halt[0]:
            return old
        end += items[start + m]
        a[new + starts[m + 1, 0]], a[new + starts[m + 1, m + 1]] = base, end - base
        for c in range(1, (m + 1) // 2 + 1):
            d = m + 1 - c
            low, across, to = old + starts[m, c], old + starts[m, d], new + starts[m + 1, c]
            low_size = starts[m, c + 1] - starts[m, c] - _TWO
            high_size = starts[m, d + 1] - starts[m, d] - _TWO
            length = low_size + high_size
            count = length >> _ONE if c == d else length  # a list that mirrors itself is merged up to its middle
            a[low + low_size], a[across - _ONE] = NEVER, end - NEVER
            merge_pieces(a, low, low_size, across, high_size, to, count, end, halt)
            mirrored = new + starts[m + 1, d] + length - _ONE
            for p in range(count):
                a[mirrored - p] = end - a[to + p]
        old, new = new, old
    return old


@kernel
def walk_sizes(a, b, at, starts, half, count, goal, state, halt):
    """Walk along every staircase that takes ``count`` items. Returns how many of them the first half gave, or -1.

    The goal may be below zero (and wrap).
    """
    given = -1
    for c in range(max(0, count - half), min(half, count) + 1):
        if halt[0]:
            return given
        first_a, first_b = at + starts[half, c], at + starts[half, count - c]
        size_a = starts[half, c + 1] - starts[half, c] - _TWO
        size_b = starts[half, count - c + 1] - starts[half, count - c] - _TWO
        before = state[BEST]
        if goal >> np.uint64(63):
            note_above(state, goal, a[first_a] + b[first_b], first_a, first_b)
        else:
            aim(state, goal)
            walk(a, b, first_a, size_a, first_b, size_b, state, halt)
        if state[BEST] < before:
            given = c
            if state[WITHIN]:
                state[SECOND] = next_error(
                    a, b, state[LEFT], state[RIGHT], first_a, first_a + size_a - _ONE, first_b, first_b + size_b - _ONE,
                    state,
                )  # fmt: skip
    return given


@kernel
def sign_items(magnitudes, flip, out):
    """Write the items with their signs (negative ones wrap). Returns the magnitudes of negative ones."""
    negative = _ZERO
    for i in range(magnitudes.size):
        x = magnitudes[i] * ((flip >> np.uint64(i)) & _ONE)
        out[i] = magnitudes[i] - x - x
        negative += x
    return negative


@kernel
def mask_of_sized_pair(items, a, b, half, size, given, outside, base_a, base_b, state, tables):
    """The mask of the best pair, ``given`` items of it from the first half, and what it took from outside."""
    mask = outside << np.uint64(2 * half) if items.size > 2 * half else _ZERO
    for side in range(2):
        value = a[state[LEFT]] - base_a if side == 0 else b[state[RIGHT]] - base_b
        count = size - given - mask_size(outside) if side else given
        found = find_mask_of_size(items, side * half, half, value, count, tables[0], tables[1])
        mask |= found << np.uint64(side * half)
    return mask


@kernel
def negative_part(items, start, count):
    """Sum of the magnitudes of the negative ones among items start, ..., start + count - 1."""
    total = _ZERO
    for i in range(start, start + count):
        if items[i] >> np.uint64(63):
            total -= items[i]
    return total


@kernel
def search_sized_long_rows(magnitudes, plans, size, masks, unsure, scratch, halt):
    """Find the subset of ``size`` items that is closest, in every row."""
    a, b, state, starts, items, tables = scratch
    rows, n = magnitudes.shape
    half = starts.shape[0] - 1
    for r in range(rows):
        sign_items(magnitudes[r], plans[r, FLIP], items)
        base_a, base_b = negative_part(items, 0 * half, half), negative_part(items, half, half)
        at = _ZERO
        for side in range(2):
            base = base_b if side else base_a
            at = grow_lists_by_size(a if side == 0 else b, items, side * half, half, base, starts, halt)
        goal = plans[r, GOAL] - negative_part(items, 2 * half, n - 2 * half)
        begin(state, goal, plans[r, WINDOW], plans[r, STOP], plans[r, HALF])
        given, taken = 0, _ZERO
        for outside in range(_ONE << np.uint64(n - 2 * half)):
            rest = goal
            for i in range(2 * half, n):
                rest -= items[i] * ((outside >> np.uint64(i - 2 * half)) & _ONE)
            c = walk_sizes(a, b, at, starts, half, size - mask_size(outside), rest, state, halt)
            if c >= 0:
                given, taken = c, outside
            if state[BEST] < state[STOP_BELOW]:
                break
        if halt[0]:
            return
        masks[r] = mask_of_sized_pair(items, a, b, half, size, given, taken, base_a, base_b, state, tables)
        unsure[r] = is_unsure(plans[r], state)
