"""First version of the subset kernels: merged lists of subset sums and one sweep a row."""

import numpy as np

from slthlib.sums._jit import kernel


@kernel
def sorted_sums(items, out):
    """Sorted subset sums of the items (either sign), by merging."""
    spare = np.empty_like(out)
    out[0] = 0
    size = 1
    for k in range(items.size):
        x = items[k]
        for p in range(size):
            spare[p] = out[p]
        i = j = 0
        for p in range(2 * size):
            if j == size or (i < size and spare[i] <= spare[j] + x):
                out[p] = spare[i]
                i += 1
            else:
                out[p] = spare[j] + x
                j += 1
        size *= 2


@kernel
def mask_of(items, value):
    """A mask whose items sum to value; it is known to exist."""
    k = items.size
    left = k // 2
    small = np.zeros(1 << left, np.int64)
    large = np.zeros(1 << (k - left), np.int64)
    for b in range(left):
        for p in range(1 << b):
            small[(1 << b) + p] = small[p] + items[b]
    for b in range(k - left):
        for p in range(1 << b):
            large[(1 << b) + p] = large[p] + items[left + b]
    for i in range(small.size):
        for j in range(large.size):
            if small[i] + large[j] == value:
                return np.uint64(i) | (np.uint64(j) << np.uint64(left))
    return np.uint64(0)


@kernel
def solve_plain(items, targets, stops, masks, halt):
    rows, n = items.shape
    half = n // 2
    a, b = np.empty(1 << half, np.int64), np.empty(1 << (n - half), np.int64)
    for r in range(rows):
        if halt[0]:
            return
        sorted_sums(items[r, :half], a)
        sorted_sums(items[r, half:], b)
        best = np.uint64(18446744073709551615)
        left = right = np.int64(0)
        i, j = 0, b.size - 1
        while i < a.size and j >= 0:
            value = a[i] + b[j] - targets[r]
            error = np.uint64(abs(value))
            if error < best:
                best, left, right = error, a[i], b[j]
                if best <= np.uint64(stops[r]):
                    break
            if value < 0:
                i += 1
            else:
                j -= 1
        masks[r] = mask_of(items[r, :half], left) | (mask_of(items[r, half:], right) << np.uint64(half))


@kernel
def solve_sized(items, targets, stops, size, masks, halt):
    """Every subset in Gray order by halves: a table of sums by cardinality, sorted, and one sweep a cardinality."""
    rows, n = items.shape
    half = n // 2
    for r in range(rows):
        if halt[0]:
            return
        best = np.uint64(18446744073709551615)
        for c in range(max(0, size - (n - half)), min(half, size) + 1):
            a, am = _of_cardinality(items[r, :half], c)
            b, bm = _of_cardinality(items[r, half:], size - c)
            i, j = 0, b.size - 1
            while i < a.size and j >= 0:
                value = a[i] + b[j] - targets[r]
                error = np.uint64(abs(value))
                if error < best:
                    best = error
                    masks[r] = am[i] | (bm[j] << np.uint64(half))
                if value < 0:
                    i += 1
                else:
                    j -= 1


@kernel
def _of_cardinality(items, c):
    k = items.size
    sums = np.zeros(1 << k, np.int64)
    count = np.zeros(1 << k, np.int64)
    for b in range(k):
        for p in range(1 << b):
            sums[(1 << b) + p] = sums[p] + items[b]
            count[(1 << b) + p] = count[p] + 1
    kept = np.nonzero(count == c)[0]
    order = kept[np.argsort(sums[kept])]
    return sums[order], order.astype(np.uint64)
