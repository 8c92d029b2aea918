"""Kernels for the largest gap between neighbouring sums: exact neighbours of a point, and buckets that hold all sums.

Sums are signed ones of positive integers, 2 s - T in place of s: symmetric, and twice as far apart.
"""

import numpy as np

from slthlib.sums._jit import kernel
from slthlib.sums._lists import signed_sums_two

_ONE = np.uint64(1)
_ZERO = np.uint64(0)
_FAR = np.int64(2**62)


@kernel
def half_lists(sizes, halt):
    """Two sorted lists of signed sums, and the smallest item, left out of both, where their number is odd, else 0."""
    odd = sizes.size % 2
    a, b = np.empty(1 << (sizes.size // 2), np.int64), np.empty(1 << (sizes.size // 2), np.int64)
    signed_sums_two(a, b, sizes[odd::2].copy(), sizes[1 + odd :: 2].copy(), halt)
    return a, b, sizes[0] if odd else np.int64(0)


@kernel
def _neighbours_two(a, b, g, h, halt):
    """Largest negative and smallest other value of g + a[i] + b[j], and the same for h, in one walk.

    Walkers from either end follow the staircase between negative and other values, as in `_lists.sweep`. The path
    takes the largest negative value of every row and the smallest other value of every column on its way from the
    front, and of every column and row from the back, so that the best of all are met.
    """
    top = np.uint64(a.size) - _ONE
    below_g = below_h = -_FAR
    above_g = above_h = _FAR
    i = j = k = m = _ZERO
    step = _ZERO
    while step <= top:
        if halt[0]:
            break
        end = min(top + _ONE, step + np.uint64(65536))
        for p in range(step, end):
            across = top - p
            value = g + a[i] + b[across + i]
            low = value < 0
            below_g, above_g = max(below_g, value if low else -_FAR), min(above_g, _FAR if low else value)
            i += np.uint64(low)
            value = g + a[across + j] + b[j]
            low = value < 0
            below_g, above_g = max(below_g, value if low else -_FAR), min(above_g, _FAR if low else value)
            j += np.uint64(low)
            value = h + a[k] + b[across + k]
            low = value < 0
            below_h, above_h = max(below_h, value if low else -_FAR), min(above_h, _FAR if low else value)
            k += np.uint64(low)
            value = h + a[across + m] + b[m]
            low = value < 0
            below_h, above_h = max(below_h, value if low else -_FAR), min(above_h, _FAR if low else value)
            m += np.uint64(low)
        step = end
    return below_g, above_g, below_h, above_h


@kernel
def neighbours(a, b, spare, point, other, halt):
    """The sums next to two points: the largest below and the smallest not below ``point``, then ``other``."""
    if spare == 0:
        below, above, below_other, above_other = _neighbours_two(a, b, -point, -other, halt)
    else:
        x = _neighbours_two(a, b, spare - point, -spare - point, halt)
        y = _neighbours_two(a, b, spare - other, -spare - other, halt)
        below, above = max(x[0], x[2]), min(x[1], x[3])
        below_other, above_other = max(y[0], y[2]), min(y[1], y[3])
    return point + below, point + above, other + below_other, other + above_other


@kernel
def largest_gap_in_list(sums, low, high):
    """The largest gap between neighbours of a sorted list that lie in low..high."""
    first, stop = np.searchsorted(sums, low), np.searchsorted(sums, high, side="right")
    best = np.int64(0)
    for p in range(np.uint64(first + 1), np.uint64(max(stop, first + 1))):
        best = max(best, sums[p] - sums[p - _ONE])
    return best


@kernel
def largest_gap_in_buckets(a, b, spare, low, high, best, buckets, halt):
    """The largest gap between neighbouring sums within low..high, or ``best`` if that is larger.

    A bucket keeps its smallest and its largest sum, so that gaps inside it are lost. No bucket is wider than the
    largest gap known when it is filled: what is lost is smaller. The range is worked through in slices of so many
    buckets, and every sum of ``a`` remembers how far along ``b`` it has come.
    """
    turns = 1 if spare == 0 else 2
    at = np.empty(turns * a.size, np.int64)
    start = _FAR
    for turn in range(turns):
        j = b.size
        for i in range(a.size):
            x = spare - 2 * turn * spare + a[i]
            while j > 0 and x + b[j - 1] >= low:
                j -= 1
            at[turn * a.size + i] = j
            if j < b.size:
                start = min(start, x + b[j])
    ends = np.empty(2 * buckets, np.int64)
    last = start
    while start <= high and not halt[0]:
        best = max(best, start - last)
        bits = 0
        while best >> (bits + 1):
            bits += 1
        room = high - start if bits > 40 else min((np.int64(buckets) << bits) - 1, high - start)
        used = min(room >> bits, np.int64(buckets - 1)) + 1
        room = min(room, (used << bits) - 1)
        for c in range(used):
            ends[2 * c], ends[2 * c + 1] = _FAR, np.int64(-1)
        following = _FAR  # the first sum beyond the slice: whatever is empty in between is skipped
        for turn in range(turns):
            for i in range(a.size):
                j = at[turn * a.size + i]
                x = spare - 2 * turn * spare + a[i] - start
                while j < b.size:
                    value = x + b[j]
                    if value > room:
                        following = min(following, start + value)
                        break
                    c = (np.uint64(value) >> np.uint64(bits)) << _ONE
                    ends[c] = min(ends[c], value)
                    ends[c + _ONE] = max(ends[c + _ONE], value)
                    j += 1
                at[turn * a.size + i] = j
        for c in range(used):
            if ends[2 * c + 1] >= 0:
                best = max(best, start + ends[2 * c] - last)
                last = start + ends[2 * c + 1]
        start = following
    return best
