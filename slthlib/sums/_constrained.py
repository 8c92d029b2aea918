"""Kernels for partitions with a prescribed number of items on the + side: one sorted list for each cardinality.

The sums of k items with exactly c plus signs form list c. Adding an item x makes the new list c the merge of the old
list c, shifted by -x, and the old list c - 1, shifted by +x. The lists stand one after another in one buffer, at
offsets that are sums of binomial coefficients.
"""

import numpy as np

from slthlib.sums._jit import kernel


def bytes_needed_with_imbalance(n: int) -> float:
    """Two buffers for each half: the lists of a level are merged out of those of the level before."""
    n = min(n, 1000)  # far beyond any memory, and still within float64
    return 16.0 * (2.0 ** (n // 2) + 2.0 ** (n - n // 2))


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


@kernel
def solve_with_imbalance(items, plus, signs, differences, halt):
    """Find, for every row, signs with ``plus`` plus signs that bring the signed sum closest to zero."""
    rows, n = items.shape
    half = n // 2
    a, b = np.empty(1 << half, np.int64), np.empty(1 << (n - half), np.int64)
    spare_a, spare_b = np.empty_like(a), np.empty_like(b)
    at_a, at_b = offsets(half), offsets(n - half)
    for r in range(rows):
        if halt[0]:
            return
        x = items[r]
        signed_sums_by_cardinality(x[:half], spare_a, a, halt)
        signed_sums_by_cardinality(x[half:], spare_b, b, halt)
        best = np.int64(-1)
        left = right = np.int64(0)
        count = 0
        for c in range(max(0, plus - (n - half)), min(half, plus) + 1):
            if halt[0]:
                return
            i, i_end = at_a[c], at_a[c + 1]
            j, j_end = at_b[plus - c + 1] - 1, at_b[plus - c]
            while i < i_end and j >= j_end:
                value = a[i] + b[j]
                if best < 0 or abs(value) < best:
                    best, left, right, count = abs(value), a[i], b[j], c
                below = value < 0
                i += below
                j -= not below
        differences[r] = best
        _find_signs_of_cardinality(x[:half], left, count, signs[r, :half])
        _find_signs_of_cardinality(x[half:], right, plus - count, signs[r, half:])


@kernel
def _find_signs_of_cardinality(items, value, plus, out):
    """Write signs with ``plus`` plus signs and the signed sum ``value``; they are known to exist."""
    k = items.size
    left = k // 2
    small, small_plus = _enumerate_with_cardinality(items[:left])
    large, large_plus = _enumerate_with_cardinality(items[left:])
    for i in range(small.size):
        for j in range(large.size):
            if small[i] + large[j] == value and small_plus[i] + large_plus[j] == plus:
                for bit in range(left):
                    out[bit] = 1 if (i >> bit) & 1 else -1
                for bit in range(k - left):
                    out[left + bit] = 1 if (j >> bit) & 1 else -1
                return


@kernel
def _enumerate_with_cardinality(items):
    sums, plus = np.zeros(1 << items.size, np.int64), np.zeros(1 << items.size, np.int64)
    size = 1
    for k in range(items.size):
        for p in range(size):
            base = sums[p]
            sums[p] = base - items[k]
            sums[size + p] = base + items[k]
            plus[size + p] = plus[p] + 1
        size *= 2
    return sums, plus
