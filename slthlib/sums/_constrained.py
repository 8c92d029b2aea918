"""Kernels: all signed sums with a prescribed number of plus signs, one sorted list for each cardinality.

The sums of k items with exactly c plus signs form list c. Adding an item x makes the new list c the merge of the old
list c, shifted by -x, and the old list c - 1, shifted by +x. The lists stand one after another in one buffer, at
offsets that are sums of binomial coefficients.
"""

import numpy as np

from slthlib.sums._jit import kernel


@kernel
def offsets(k):
    """Where the list of each cardinality starts, for k items; the last entry is 2**k."""
    out = np.zeros(k + 2, np.int64)
    size = np.int64(1)
    for c in range(k + 1):
        out[c + 1] = out[c] + size
        size = size * (k - c) // (c + 1)
    return out


@kernel
def signed_sums_by_cardinality(items, spare, out, halt):
    """Fill ``out`` with the sorted lists of all cardinalities; ``spare`` is a buffer of the same length."""
    k = items.size
    old, new = (out, spare) if k % 2 == 0 else (spare, out)  # an even number of swaps ends in ``out``
    old[0] = 0
    before = offsets(0)
    for level in range(k):
        if halt[0]:
            return
        x = items[level]
        after = offsets(level + 1)
        for c in range(level + 2):
            p = after[c]
            i, i_end = (before[c], before[c + 1]) if c <= level else (np.int64(0), np.int64(0))
            j, j_end = (before[c - 1], before[c]) if c > 0 else (np.int64(0), np.int64(0))
            while i < i_end and j < j_end:
                low, high = old[i] - x, old[j] + x
                first = low <= high
                new[p] = low if first else high
                i += first
                j += not first
                p += 1
            while i < i_end:
                new[p] = old[i] - x
                i += 1
                p += 1
            while j < j_end:
                new[p] = old[j] + x
                j += 1
                p += 1
        before = after
        old, new = new, old
