"""The kernel of the certificates: a bound on the probability of failure given the magnitudes, quickly."""

import numpy as np

from slthlib.sums._jit import kernel
from slthlib.sums._magnitude_kernels import count_up, find_holes


@kernel
def subsets_below(a, shift, top, small, table, spare):
    """Subsets with sum of a >> shift at most ``top``: a float, exact up to 2**53; and the buffers, perhaps larger ones.

    A third of ``top`` parts the items: of the larger ones at most two are in such a subset, and those are listed.
    """
    zero = np.uint64(top + 1)
    if table.size < 2 * zero:
        table, spare = np.empty(2 * zero + 64), np.empty(2 * zero + 64)
    few, many = 0, a.size
    for i in range(a.size):
        x = a[i] >> shift
        if 3 * x <= top:
            small[few] = x
            few += 1
        elif x <= top:
            many -= 1
            small[many] = x
    for s in range(zero):
        table[s] = spare[s] = 0.0
    # Not the numbers of subsets by sum, but those of subsets with at most this sum: 1 everywhere for no item. The
    # first item at once where their number is odd, so that the last one ends in the first buffer.
    for s in range(zero, zero + zero):
        table[s] = 1.0
    if few % 2:
        for s in range(zero + np.uint64(small[0]), zero + zero):
            table[s] = 2.0
    for i in range(few % 2, few, 2):
        count_up(table, spare, zero, small[i])
        count_up(spare, table, zero, small[i + 1])
    total = table[2 * top + 1]
    for i in range(many, a.size):
        rest = 2 * top + 1 - small[i]
        total += table[rest]
        for j in range(many, i):
            if rest - small[j] > top:
                total += table[rest - small[j]]
    return total, table, spare


@kernel
def hole_bounds(values, offset, largest, shift, out):
    """Bound fh of each row of magnitudes |values - offset|: min(1, 2**(1-n) #subsets up to the last hole + largest)."""
    rows, n = values.shape
    a, order = np.empty(n, np.int64), np.empty(n, np.int64)
    words, spare_words = np.empty(0, np.uint64), np.empty(0, np.uint64)
    table, spare = np.empty(0), np.empty(0)
    scale = 2.0 ** (1 - n)
    for r in range(rows):
        for i in range(n):
            a[i] = abs(np.int64(values[r, i]) - offset)
        hole, words, spare_words, _, total = find_holes(a, order, 2 * largest, words, spare_words)
        if 2 * (hole + largest) >= total:  # at least half of all subsets are counted
            out[r] = 1.0
            continue
        found, table, spare = subsets_below(a, shift, (hole + largest) >> shift, order, table, spare)
        out[r] = min(1.0, found * scale)
