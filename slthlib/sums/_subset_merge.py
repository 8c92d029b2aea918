"""Kernels: sorted sums in lists too long to keep eight of them, and the walk along the staircase between two.

Merges read through the mirror as in `_subset_eight`, but the four that hide each other's waiting are pieces of one:
where a piece begins is found by bisection. A walk is cut into pieces in the same way.
"""

import numpy as np

from slthlib.sums._jit import kernel
from slthlib.sums._subset_state import BEST, GATE, STOP_BELOW, TARGET, WIDTH, note

_ZERO, _ONE = np.uint64(0), np.uint64(1)
#: Between two looks at ``halt``.
_STEPS = np.uint64(1 << 20)


@kernel
def rank(a, first, low_size, across, high_size, end, p):
    """How many of the p smallest come from the first list (see `merge_pieces`)."""
    low, high = p - min(p, high_size), min(p, low_size)
    while low < high:
        middle = (low + high) >> _ONE
        if a[first + middle] <= end - a[across + high_size + middle - p]:
            low = middle + _ONE
        else:
            high = middle
    return low


@kernel
def merge_pieces(a, first, low_size, across, high_size, to, count, end, halt):
    """Write the ``count`` smallest of two lists at ``to``, in four pieces side by side.

    One list stands at ``first``; the other is made of what ``end`` leaves after those at ``across``, last ones first.
    A list may run out only if ``end`` allows for it: see the gaps of `_subset_sized`.
    """
    pieces = count >= np.uint64(256)
    steps = (count + np.uint64(3)) >> np.uint64(2) if pieces else count
    p1, p2, p3 = steps, steps + steps, count - steps
    i0 = i1 = i2 = i3 = first
    if pieces:  # each index lags behind by the pieces before its own: all see the other list at one distance
        i1 += rank(a, first, low_size, across, high_size, end, p1) - p1
        i2 += rank(a, first, low_size, across, high_size, end, p2) - p2
        i3 += rank(a, first, low_size, across, high_size, end, p3) - p3
    back = across + high_size - _ONE - first
    done = _ZERO
    while done < steps:
        if halt[0]:
            return
        stop = min(steps, done + _STEPS)
        if pieces:
            for _ in range(done, stop):
                low, high = a[i0], end - a[i0 + back]
                a[to] = min(low, high)
                i0 += np.uint64(low <= high)
                low, high = a[i1 + p1], end - a[i1 + back]
                a[to + p1] = min(low, high)
                i1 += np.uint64(low <= high)
                low, high = a[i2 + p2], end - a[i2 + back]
                a[to + p2] = min(low, high)
                i2 += np.uint64(low <= high)
                low, high = a[i3 + p3], end - a[i3 + back]
                a[to + p3] = min(low, high)
                i3 += np.uint64(low <= high)
                to += _ONE
                back -= _ONE
        else:
            for _ in range(done, stop):
                low, high = a[i0], end - a[i0 + back]
                a[to] = min(low, high)
                i0 += np.uint64(low <= high)
                to += _ONE
                back -= _ONE
        done = stop


@kernel
def grow_list(a, items, start, count, halt):
    """Fill ``a`` with the sorted sums of the items start, ..., start + count - 1, none negative."""
    stop = _ONE << np.uint64(count)
    a[stop - _ONE] = _ZERO
    size, end = _ONE, _ZERO
    for k in range(count):
        if halt[0]:
            return
        end += items[start + k]
        source = stop - size
        merge_pieces(a, source, size, source, size, source - size, size, end, halt)
        for p in range(size):
            a[source + p] = end - a[source - _ONE - p]
        size += size


@kernel
def _below(a, b, first, second, count, target):
    """How many of the ``count`` sums a[first + r] + b[second + r] are below the target, if they grow with r."""
    low, high = _ZERO, count
    while low < high:
        middle = (low + high) >> _ONE
        if a[first + middle] + b[second + middle] < target:
            low = middle + _ONE
        else:
            high = middle
    return low


@kernel
def _row(a, b, first_a, size_a, first_b, size_b, p, target):
    """In which row a walker stands after p steps: below as many sums on the diagonal before as were below the target.

    Sums that the diagonal would have beyond the first column are below all others.
    """
    if p == 0:
        return _ZERO
    skipped = p - min(p, size_b)
    count = min(p, size_a) - skipped
    return skipped + _below(a, b, first_a + skipped, first_b + size_b + skipped - p, count, target)


@kernel
def _path(a, b, first_a, size_a, first_b, size_b, target):
    """How many pairs a walker meets before it leaves, through the last row or the first column."""
    low, high = _ZERO, size_a
    while low < high:  # rows whose smallest sum is below the target
        middle = (low + high) >> _ONE
        if a[first_a + middle] + b[first_b] < target:
            low = middle + _ONE
        else:
            high = middle
    if low < size_a:
        return low + size_b
    low, high = _ZERO, size_b
    while low < high:
        middle = (low + high) >> _ONE
        if a[first_a + size_a - _ONE] + b[first_b + middle] < target:
            low = middle + _ONE
        else:
            high = middle
    return size_a + size_b - low


@kernel
def walk(a, b, first_a, size_a, first_b, size_b, state, halt):
    """Walk along a staircase (see `_subset_eight.sweep`), from the upper right, in four pieces side by side."""
    target = state[TARGET]
    length = _path(a, b, first_a, size_a, first_b, size_b, target)
    steps = (length + np.uint64(3)) >> np.uint64(2)
    latest = length - steps
    p1 = min(steps, latest)
    p2 = min(p1 + steps, latest)
    p3 = min(p2 + steps, latest)
    i0 = first_a
    i1 = first_a + _row(a, b, first_a, size_a, first_b, size_b, p1, target)
    i2 = first_a + _row(a, b, first_a, size_a, first_b, size_b, p2, target)
    i3 = first_a + _row(a, b, first_a, size_a, first_b, size_b, p3, target)
    back = first_b + size_b - _ONE - first_a
    i1, i2, i3 = i1 - p1, i2 - p2, i3 - p3  # they lag behind, so that all see the second list at one distance
    done = _ZERO
    while done < steps:
        if halt[0] or state[BEST] < state[STOP_BELOW]:
            return
        stop = min(steps, done + np.uint64(65536))
        for _ in range(done, stop):
            value = a[i0] + b[i0 + back]
            if value + state[GATE] < state[WIDTH]:
                note(state, value, i0, i0 + back)
            i0 += np.uint64(value < target)
            value = a[i1 + p1] + b[i1 + back]
            if value + state[GATE] < state[WIDTH]:
                note(state, value, i1 + p1, i1 + back)
            i1 += np.uint64(value < target)
            value = a[i2 + p2] + b[i2 + back]
            if value + state[GATE] < state[WIDTH]:
                note(state, value, i2 + p2, i2 + back)
            i2 += np.uint64(value < target)
            value = a[i3 + p3] + b[i3 + back]
            if value + state[GATE] < state[WIDTH]:
                note(state, value, i3 + p3, i3 + back)
            i3 += np.uint64(value < target)
            back -= _ONE
        done = stop
