"""Kernels: all sums of a window from two sorted lists of half sums, each value once with its multiplicity.

The lists hold signed sums: 2 s - T for a subset of sum s, T the sum of all items. So does the window.
"""

import numpy as np

from slthlib.sums._jit import kernel
from slthlib.sums._lists import signed_sums_two

_ONE = np.uint64(1)


@kernel
def _halves(row, halt):
    """Two sorted lists of signed sums with their multiplicities, and the item left over where n is odd, else 0."""
    half = row.size // 2
    a, b = np.empty(1 << half, np.int64), np.empty(1 << half, np.int64)
    signed_sums_two(a, b, row[:half], row[half : 2 * half], halt)
    spare = row[row.size - 1] if row.size % 2 else np.int64(0)
    return a, b, spare


@kernel
def _distinct(a, times):
    """Move the distinct values of a sorted list to its front; ``times`` tells how often each occurred."""
    size = 0
    for i in range(a.size):
        if size and a[i] == a[size - 1]:
            times[size - 1] += _ONE
        else:
            a[size] = a[i]
            times[size] = _ONE
            size += 1
    return a[:size], times[:size]


@kernel
def mark_by_meeting(row, low, high, words, halt):
    """Set bit (s - low) / 2 of ``words`` for every signed sum s of the row within low..high."""
    words[:] = 0
    a, b, spare = _halves(row, halt)
    times = np.empty(a.size, np.uint64)
    a, _ = _distinct(a, times)
    b, _ = _distinct(b, times)
    for turn in range(1 if spare == 0 else 2):
        base = spare - 2 * turn * spare
        start = b.size
        for i in range(a.size):
            if halt[0]:
                return
            x = base + a[i]
            while start > 0 and x + b[start - 1] >= low:
                start -= 1
            for j in range(start, b.size):
                value = x + b[j]
                if value > high:
                    break
                bit = np.uint64(value - low) >> _ONE
                words[bit >> np.uint64(6)] |= _ONE << (bit & np.uint64(63))


@kernel
def count_in_window(row, low, high, counts, halt):
    """Add to counts[(s - low) / 2] for every signed sum s of the row within low..high how often it occurs."""
    counts[:] = 0
    a, b, spare = _halves(row, halt)
    times_a, times_b = np.empty(a.size, np.uint64), np.empty(b.size, np.uint64)
    a, times_a = _distinct(a, times_a)
    b, times_b = _distinct(b, times_b)
    for turn in range(1 if row.size % 2 == 0 else 2):
        base = spare - 2 * turn * spare
        start = b.size
        for i in range(a.size):
            if halt[0]:
                return
            x = base + a[i]
            while start > 0 and x + b[start - 1] >= low:
                start -= 1
            for j in range(start, b.size):
                value = x + b[j]
                if value > high:
                    break
                counts[np.uint64(value - low) >> _ONE] += times_a[i] * times_b[j]


@kernel
def count_marked(rows, low, high, out, halt):
    """How many different sums each row has within low..high; an empty range has none."""
    words = np.empty(0, np.uint64)
    for r in range(rows.shape[0]):
        if halt[0]:
            return
        out[r] = 0
        if low[r] > high[r]:
            continue
        total = np.sum(rows[r])
        length = (high[r] - low[r]) // 64 + 1
        if words.size < length:
            words = np.empty(length, np.uint64)
        mark_by_meeting(rows[r], low[r] - (total - low[r]), high[r] - (total - high[r]), words[:length], halt)
        for w in range(length):
            x = words[w]
            while x:
                x &= x - _ONE
                out[r] += 1
