"""Kernels: the closest sum of exactly so many items, four problems at once: a sorted list for each number of items.

Of k items, list c holds the sums of c of them. A new item x makes list c the merge of the old list c and the old list
c - 1, shifted by x. Complements turn list c into the mirror image of list k - c, so that half of the lists, and half
of the middle one, are merged and the others mirrored, and merges read through the mirror as in `_subset_eight`. The
lists of a half stand one after another, with two gaps between: one ends a merge that has used up the list before it,
the other one that has used up the list behind it. Numbers are shifted so that no sum is negative.
"""

from math import comb

import numpy as np

from slthlib.sums._jit import kernel
from slthlib.sums._subset_eight import APART, merge_eight
from slthlib.sums._subset_grid import FLIP, GOAL, HALF, STOP, WINDOW
from slthlib.sums._subset_masks import find_mask_of_size
from slthlib.sums._subset_state import (
    BEST,
    COLUMNS,
    GATE,
    LEFT,
    RIGHT,
    SECOND,
    TARGET,
    WIDTH,
    WITHIN,
    aim,
    begin,
    next_error,
    note,
)

_ZERO, _ONE = np.uint64(0), np.uint64(1)
_APART = np.uint64(APART)
_D1, _D2, _D3, _D4, _D5, _D6, _D7 = (np.uint64(c * APART) for c in range(1, 8))
#: Above all sums. Sums of all magnitudes stay below 2**61 here, and those of first halves are raised by 2**62.
NEVER = np.uint64(2**64 - 1)
_RAISED, _TOP = np.uint64(1 << 62), np.uint64(1 << 63)
LARGEST_TOTAL = 1 << 61
#: Both lists of a level, the old and the new, fit into one of the eight buffers.
LONGEST_SIZED = 33


def list_starts(k):
    """Entry [m, c] is where list c of m items begins, for m up to k; list m + 1 would begin at the end."""
    out = np.zeros((k + 1, k + 2), np.uint64)
    for m in range(k + 1):
        out[m] = 1 + np.cumsum([0] + [comb(m, c) + 2 if c <= m else 0 for c in range(k + 1)])
    return out


def sized_scratch(n):
    """What `search_sized_rows` works in."""
    half = n // 2
    return (
        np.empty(8 * APART, np.uint64),
        np.zeros((4, COLUMNS), np.uint64),
        np.empty((4, n), np.uint64),
        np.empty((2, 8), np.uint64),
        list_starts(half),
        np.empty((2, 1 << (half - half // 2)), np.uint64),
    )


@kernel
def lists_by_size(buf, items, half, ends, starts, halt):
    """Fill each of eight buffers with the lists of a half; returns where the last ones are. ``ends[1]`` hold list 0."""
    region = starts[half, half + 1] + np.uint64(2)
    old, new = _ZERO, region
    for lane in range(8):
        at = np.uint64(lane) * _APART
        buf[at + old + starts[0, 0]] = ends[1, lane]
        ends[0, lane] = ends[1, lane] + ends[1, lane]
    for m in range(half):
        if halt[0]:
            return old
        for lane in range(8):
            ends[0, lane] += items[lane >> 1, (lane & 1) * half + m]
            at = np.uint64(lane) * _APART
            buf[at + new + starts[m + 1, 0]] = ends[1, lane]
            buf[at + new + starts[m + 1, m + 1]] = ends[0, lane] - ends[1, lane]
        for c in range(1, (m + 1) // 2 + 1):
            low, across = old + starts[m, c], old + starts[m, m + 1 - c]
            # As many as the list has. One that mirrors itself is merged up to its middle.
            length = starts[m + 1, c + 1] - starts[m + 1, c] - np.uint64(2)
            count = length >> _ONE if 2 * c == m + 1 else length
            reach = starts[m, m + 2 - c] - starts[m, m + 1 - c] - np.uint64(3)
            after = old + starts[m, c + 1] - np.uint64(2)
            for lane in range(8):
                at = np.uint64(lane) * _APART
                buf[at + after] = NEVER
                buf[at + across - _ONE] = ends[0, lane] - NEVER
            to = new + starts[m + 1, c]
            merge_eight(buf, low, across + reach - low, to, count, ends[0])
            mirrored = new + starts[m + 1, m + 1 - c] + length - _ONE
            for lane in range(8):
                at, end = np.uint64(lane) * _APART, ends[0, lane]
                for p in range(count):
                    buf[at + mirrored - p] = end - buf[at + to + p]
        old, new = new, old
    return old


@kernel
def _sweep_size(buf, first_a, last_a, first_b, last_b, state):
    """Walk four staircases from the smallest sum of one list and the largest of the other, as in `sweep`.

    The gap behind the first list holds a number above, the one before the second list a number below all that can be
    near the target: a walker that has left a list there goes on along its edge.
    """
    i0 = i1 = i2 = i3 = first_a
    back = last_b - first_a
    for _ in range(last_a - first_a + last_b - first_b + _ONE):
        value = buf[i0] + buf[i0 + back + _D1]
        if value + state[0, GATE] < state[0, WIDTH]:
            note(state[0], value, i0, i0 + back)
        i0 += np.uint64(value < state[0, TARGET])
        value = buf[i1 + _D2] + buf[i1 + back + _D3]
        if value + state[1, GATE] < state[1, WIDTH]:
            note(state[1], value, i1, i1 + back)
        i1 += np.uint64(value < state[1, TARGET])
        value = buf[i2 + _D4] + buf[i2 + back + _D5]
        if value + state[2, GATE] < state[2, WIDTH]:
            note(state[2], value, i2, i2 + back)
        i2 += np.uint64(value < state[2, TARGET])
        value = buf[i3 + _D6] + buf[i3 + back + _D7]
        if value + state[3, GATE] < state[3, WIDTH]:
            note(state[3], value, i3, i3 + back)
        i3 += np.uint64(value < state[3, TARGET])
        back -= _ONE


@kernel
def search_sized_rows(magnitudes, plans, size, masks, unsure, scratch, halt):
    """Find the subset of ``size`` items that is closest, in every row.

    Of an odd number of items the last one stays out of the lists, which are swept without it and with it.
    """
    buf, state, four, ends, starts, tables = scratch
    rows, n = magnitudes.shape
    half = n // 2
    where = np.empty((4, 2), np.int64)  # of the best: how many items of the first half, and whether the last one
    for first in range(0, rows, 4):
        for lane in range(8):
            r, side = min(first + lane // 2, rows - 1), lane & 1
            ends[1, lane] = _ZERO if side else _RAISED
            for i in range(side * half, (side + 1) * half):
                negative = (plans[r, FLIP] >> np.uint64(i)) & _ONE
                four[lane // 2, i] = _ZERO - magnitudes[r, i] if negative else magnitudes[r, i]
                ends[1, lane] += magnitudes[r, i] * negative
        for row in range(4):
            r = min(first + row, rows - 1)
            goal = plans[r, GOAL] + _RAISED
            if n % 2:
                negative = (plans[r, FLIP] >> np.uint64(n - 1)) & _ONE
                four[row, n - 1] = _ZERO - magnitudes[r, n - 1] if negative else magnitudes[r, n - 1]
                goal -= magnitudes[r, n - 1] * negative
            begin(state[row], goal, plans[r, WINDOW], plans[r, STOP], plans[r, HALF])
        at = lists_by_size(buf, four, half, ends, starts, halt)
        for with_last in range(1 + n % 2):
            if with_last:
                for row in range(4):
                    aim(state[row], state[row, TARGET] - four[row, n - 1])
            for c in range(max(0, size - with_last - half), min(half, size - with_last) + 1):
                if halt[0]:
                    return
                d = size - with_last - c
                a, b = at + starts[half, c], at + starts[half, d]
                last_a, last_b = at + starts[half, c + 1] - np.uint64(3), at + starts[half, d + 1] - np.uint64(3)
                for row in range(4):
                    buf[np.uint64(2 * row) * _APART + last_a + _ONE] = _TOP
                    buf[np.uint64(2 * row + 1) * _APART + b - _ONE] = _ZERO - _RAISED
                before = state[0, BEST], state[1, BEST], state[2, BEST], state[3, BEST]
                _sweep_size(buf, a, last_a, b, last_b, state)
                for row in range(4):
                    if state[row, BEST] < before[row]:
                        where[row, 0], where[row, 1] = c, with_last
                        if state[row, WITHIN]:
                            left, right = np.uint64(2 * row) * _APART, np.uint64(2 * row + 1) * _APART
                            state[row, SECOND] = next_error(
                                buf, buf, left + state[row, LEFT], right + state[row, RIGHT], left + a, left + last_a,
                                right + b, right + last_b, state[row],
                            )  # fmt: skip
        for row in range(min(4, rows - first)):
            r = first + row
            c, with_last = where[row, 0], where[row, 1]
            mask = np.uint64(with_last) << np.uint64(n - 1)
            for side in range(2):
                lane = 2 * row + side
                value = buf[np.uint64(lane) * _APART + state[row, LEFT + side]] - ends[1, lane]
                count = size - with_last - c if side else c
                found = find_mask_of_size(four[row], side * half, half, value, count, tables[0], tables[1])
                mask |= found << np.uint64(side * half)
            masks[r] = mask
            near = state[row, SECOND] < state[row, BEST] + plans[r, WINDOW]
            unsure[r] = near and state[row, BEST] >= plans[r, STOP]
