"""Kernels: the sorted subset sums of four problems at once, two halves each, and the sweep that pairs the halves.

A list holds the 2**k sums of k items, none negative. Adding an item x turns L into the sorted merge of L and L + x.
Four things make this several times faster than sorting:

* Complements make a list its own mirror image, L[i] + L[-1 - i] = the sum of all, so only the lower half is merged.
* The list stands at the end of its final place: the lower half of the next one is written in front of it, and the
  mirror image then overwrites it. Nothing is copied and a list of 2**k sums takes 8 * 2**k bytes, no more.
* A step of a merge waits for its own last load, some nine cycles. Eight independent merges side by side fill them.
* The larger sums are read through the mirror too, which leaves each merge one moving index, and all eight lists lie
  a fixed distance apart in one buffer: the indices then fit into the processor's registers.
"""

import numpy as np

from slthlib.sums._jit import kernel
from slthlib.sums._subset_state import BEST, GATE, STOP_BELOW, TARGET, WIDTH, note

_ZERO, _ONE = np.uint64(0), np.uint64(1)
#: Lists of up to 2**LONGEST sums; the odd remainder keeps the eight from sharing the same few lines of the cache.
LONGEST = 18
APART = (1 << LONGEST) + 72
_D1, _D2, _D3, _D4, _D5, _D6, _D7 = (np.uint64(c * APART) for c in range(1, 8))
_APART = np.uint64(APART)


@kernel
def merge_eight(buf, first, back, to, count, ends):
    """Write the ``count`` smallest of L and L + x at ``to``, in each of eight buffers; L stands at ``first``.

    ``ends`` [8] are the sums of all items, the new one included: a mirror image taken from them is a sum in L + x.
    Of p sums written, i came from L and the next of L + x is the (p - i)-th; its mirror image stands ``back`` - p
    behind the next of L.
    """
    e0, e1, e2, e3, e4, e5, e6, e7 = ends[0], ends[1], ends[2], ends[3], ends[4], ends[5], ends[6], ends[7]
    i0 = i1 = i2 = i3 = i4 = i5 = i6 = i7 = first
    for _ in range(count):
        low, high = buf[i0], e0 - buf[i0 + back]
        buf[to] = min(low, high)
        i0 += np.uint64(low <= high)
        low, high = buf[i1 + _D1], e1 - buf[i1 + back + _D1]
        buf[to + _D1] = min(low, high)
        i1 += np.uint64(low <= high)
        low, high = buf[i2 + _D2], e2 - buf[i2 + back + _D2]
        buf[to + _D2] = min(low, high)
        i2 += np.uint64(low <= high)
        low, high = buf[i3 + _D3], e3 - buf[i3 + back + _D3]
        buf[to + _D3] = min(low, high)
        i3 += np.uint64(low <= high)
        low, high = buf[i4 + _D4], e4 - buf[i4 + back + _D4]
        buf[to + _D4] = min(low, high)
        i4 += np.uint64(low <= high)
        low, high = buf[i5 + _D5], e5 - buf[i5 + back + _D5]
        buf[to + _D5] = min(low, high)
        i5 += np.uint64(low <= high)
        low, high = buf[i6 + _D6], e6 - buf[i6 + back + _D6]
        buf[to + _D6] = min(low, high)
        i6 += np.uint64(low <= high)
        low, high = buf[i7 + _D7], e7 - buf[i7 + back + _D7]
        buf[to + _D7] = min(low, high)
        i7 += np.uint64(low <= high)
        to += _ONE
        back -= _ONE


@kernel
def eight_lists(buf, items, half, ends, halt):
    """Fill ``buf`` with the sorted sums of the first and the second ``half`` items of each of four rows."""
    stop = _ONE << np.uint64(half)
    for c in range(8):
        x, y = items[c >> 1, (c & 1) * half], items[c >> 1, (c & 1) * half + 1]
        at = np.uint64(c) * _APART + stop
        buf[at - np.uint64(4)], buf[at - np.uint64(3)] = _ZERO, min(x, y)
        buf[at - np.uint64(2)], buf[at - np.uint64(1)] = max(x, y), x + y
        ends[c] = x + y
    size = np.uint64(4)
    for level in range(2, half):
        if halt[0]:
            return
        for c in range(8):
            ends[c] += items[c >> 1, (c & 1) * half + level]
        merge_eight(buf, stop - size, size - _ONE, stop - size - size, size, ends)
        for c in range(8):
            middle = np.uint64(c) * _APART + stop - size
            end = ends[c]
            for p in range(size):
                buf[middle + p] = end - buf[middle - _ONE - p]
        size += size


@kernel
def sweep(buf, half, state, halt):
    """Find for each of four rows the pair of sums, one of either half, that comes closest to the row's target.

    Each search walks the staircase between the pairs below the target and the others, row index up, column index
    down. It meets every diagonal i - j = const once, so a walker may start at either end: the front one takes the
    first N diagonals, the back one the last N, and neither can leave the lists, which saves every bounds test.
    Nothing is missed: from any pair on or above the target, steps to smaller sums that stay on or above it end in a
    corner, a pair whose two smaller neighbours are below the target, and every walker steps on every corner. The
    same holds below the target.
    """
    stop = _ONE << np.uint64(half)
    i0 = i1 = i2 = i3 = j0 = j1 = j2 = j3 = _ZERO
    done = _ZERO
    while done < stop:
        if halt[0]:
            return
        end = min(stop, done + np.uint64(32768))
        for p in range(done, end):
            across = stop - _ONE - p
            value = buf[i0] + buf[i0 + across + _D1]
            if value + state[0, GATE] < state[0, WIDTH]:
                note(state[0], value, i0, i0 + across)
            i0 += np.uint64(value < state[0, TARGET])
            value = buf[j0 + across] + buf[j0 + _D1]
            if value + state[0, GATE] < state[0, WIDTH]:
                note(state[0], value, j0 + across, j0)
            j0 += np.uint64(value < state[0, TARGET])
            value = buf[i1 + _D2] + buf[i1 + across + _D3]
            if value + state[1, GATE] < state[1, WIDTH]:
                note(state[1], value, i1, i1 + across)
            i1 += np.uint64(value < state[1, TARGET])
            value = buf[j1 + across + _D2] + buf[j1 + _D3]
            if value + state[1, GATE] < state[1, WIDTH]:
                note(state[1], value, j1 + across, j1)
            j1 += np.uint64(value < state[1, TARGET])
            value = buf[i2 + _D4] + buf[i2 + across + _D5]
            if value + state[2, GATE] < state[2, WIDTH]:
                note(state[2], value, i2, i2 + across)
            i2 += np.uint64(value < state[2, TARGET])
            value = buf[j2 + across + _D4] + buf[j2 + _D5]
            if value + state[2, GATE] < state[2, WIDTH]:
                note(state[2], value, j2 + across, j2)
            j2 += np.uint64(value < state[2, TARGET])
            value = buf[i3 + _D6] + buf[i3 + across + _D7]
            if value + state[3, GATE] < state[3, WIDTH]:
                note(state[3], value, i3, i3 + across)
            i3 += np.uint64(value < state[3, TARGET])
            value = buf[j3 + across + _D6] + buf[j3 + _D7]
            if value + state[3, GATE] < state[3, WIDTH]:
                note(state[3], value, j3 + across, j3)
            j3 += np.uint64(value < state[3, TARGET])
        done = end
        if (
            state[0, BEST] < state[0, STOP_BELOW]
            and state[1, BEST] < state[1, STOP_BELOW]
            and state[2, BEST] < state[2, STOP_BELOW]
            and state[3, BEST] < state[3, STOP_BELOW]
        ):
            return
