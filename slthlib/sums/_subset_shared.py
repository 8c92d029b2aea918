"""Kernels: many targets for the same items. One long sorted list, with masks, serves them all.

The other items are few: for each of their subsets what is missing to the target is looked up in the list. An index of
equal steps through the values leads to within a few places of it.
"""

import math

import numpy as np

from slthlib.sums._jit import kernel
from slthlib.sums._subset_grid import FLIP, GOAL, STOP, WINDOW
from slthlib.sums._subset_masks import all_sums
from slthlib.sums._subset_merge import rank

_ZERO, _ONE = np.uint64(0), np.uint64(1)
#: Measured nanoseconds: a sum put into the list, a look-up, and a step of the walk along two lists.
_BUILD, _LOOK_UP, _STEP = 6.0, 12.0, 1.0
#: The longest list still fits into a large cache.
LONGEST = 21


def listed(n, targets):
    """How many items to put into the list, or 0 where walking along two lists of equal length is faster."""
    best = min(n, LONGEST, max(2, round((n + math.log2(targets * _LOOK_UP / _BUILD)) / 2)))
    look_up = _BUILD * 2.0**best + _LOOK_UP * targets * 2.0 ** (n - best)
    walk = (4 + 2 * targets) * _STEP * 2.0 ** (n / 2)
    return best if look_up < walk else 0


def shared_lists(magnitudes, count, halt):
    """Sums of the first ``count`` items with their masks, their index, and the sums of the others."""
    sums, masks = np.empty(1 << count, np.uint64), np.empty(1 << count, np.uint32)
    grow_with_masks(sums, masks, magnitudes, count, halt)
    others = np.empty(1 << (magnitudes.size - count), np.uint64)
    all_sums(magnitudes, count, magnitudes.size - count, others)
    shift = max(0, int(sums[-1]).bit_length() - count)
    index = np.empty((int(sums[-1]) >> shift) + 2, np.uint32)
    fill_index(sums, shift, index)
    return sums, masks, index, others, shift


@kernel
def grow_with_masks(sums, masks, items, count, halt):
    """Sort the sums of the first ``count`` items as `grow_list` does, and their masks with them."""
    stop = _ONE << np.uint64(count)
    sums[stop - _ONE], masks[stop - _ONE] = _ZERO, 0
    size, end = _ONE, _ZERO
    for k in range(count):
        if halt[0]:
            return
        end += items[k]
        source, all_of = stop - size, np.uint32((_ONE << np.uint64(k + 1)) - _ONE)
        to = source - size
        pieces = np.uint64(4) if size >= np.uint64(64) else _ONE
        steps = size // pieces
        p1, p2, p3 = steps, steps + steps, steps + steps + steps
        i0 = i1 = i2 = i3 = source
        if pieces > _ONE:
            i1 += rank(sums, source, size, source, size, end, p1) - p1
            i2 += rank(sums, source, size, source, size, end, p2) - p2
            i3 += rank(sums, source, size, source, size, end, p3) - p3
        back = size - _ONE
        for _ in range(steps):
            low, high = sums[i0], end - sums[i0 + back]
            first = low <= high
            sums[to] = min(low, high)
            masks[to] = masks[i0] if first else all_of ^ masks[i0 + back]
            i0 += np.uint64(first)
            if pieces > _ONE:
                low, high = sums[i1 + p1], end - sums[i1 + back]
                first = low <= high
                sums[to + p1] = min(low, high)
                masks[to + p1] = masks[i1 + p1] if first else all_of ^ masks[i1 + back]
                i1 += np.uint64(first)
                low, high = sums[i2 + p2], end - sums[i2 + back]
                first = low <= high
                sums[to + p2] = min(low, high)
                masks[to + p2] = masks[i2 + p2] if first else all_of ^ masks[i2 + back]
                i2 += np.uint64(first)
                low, high = sums[i3 + p3], end - sums[i3 + back]
                first = low <= high
                sums[to + p3] = min(low, high)
                masks[to + p3] = masks[i3 + p3] if first else all_of ^ masks[i3 + back]
                i3 += np.uint64(first)
            to += _ONE
            back -= _ONE
        for p in range(size):
            sums[source + p] = end - sums[source - _ONE - p]
            masks[source + p] = all_of ^ masks[source - _ONE - p]
        size += size


@kernel
def fill_index(sums, shift, index):
    """index[k] = where the sums of at least k << shift begin."""
    at = np.uint64(0)
    for k in range(index.size):
        while at < np.uint64(sums.size) and (sums[at] >> np.uint64(shift)) < np.uint64(k):
            at += _ONE
        index[k] = at


@kernel
def look_up_rows(plans, sums, sum_masks, index, others, shift, count, masks, unsure, halt):
    """Find the closest subset for every goal; ``unsure`` is 1 where rounding leaves several."""
    shift, top = np.uint64(shift), sums[sums.size - 1]
    for r in range(plans.shape[0]):
        if halt[0]:
            return
        goal, stop, window = plans[r, GOAL], plans[r, STOP], plans[r, WINDOW]
        best = second = np.uint64(1 << 63)
        mask = _ZERO
        for other in range(np.uint64(others.size)):
            value = others[other]
            wanted = min(goal - value, top) if goal > value else _ZERO
            at = wanted >> shift
            low, high = np.uint64(index[at]), np.uint64(index[at + _ONE])
            while low < high:  # the first sum that is not below what is missing
                middle = (low + high) >> _ONE
                if sums[middle] < wanted:
                    low = middle + _ONE
                else:
                    high = middle
            for side in range(2):
                place = low - np.uint64(side)
                if place >= np.uint64(sums.size):  # also where 0 - 1 wraps
                    continue
                total = value + sums[place]
                error = goal - total if total < goal else total - goal
                if error < best:
                    second, best = best, error
                    mask = np.uint64(sum_masks[place]) | (other << np.uint64(count))
                elif error < second:
                    second = error
            if window:
                for side in range(2):  # the sums beyond these two on either side
                    place = low + _ONE if side else low - np.uint64(2)
                    if place < np.uint64(sums.size):
                        total = value + sums[place]
                        second = min(second, goal - total if total < goal else total - goal)
            if best < stop:
                break
        masks[r] = mask ^ plans[r, FLIP]
        unsure[r] = second < best + window and best >= stop
