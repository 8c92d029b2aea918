"""The kernel of one target, or of several: which share of the sign patterns misses each of them, given magnitudes."""

import numpy as np

from slthlib.sums._jit import kernel
from slthlib.sums._magnitude_kernels import count_up, find_holes, is_hole


@kernel
def missed_at_targets(magnitudes, targets, out, halt):
    """``out[r, i]``: share of the sign patterns that miss ``targets[i]`` >= 0, given row r of magnitudes."""
    rows, n = magnitudes.shape
    full, farthest = 2.0**n, targets.max()
    order = np.empty(n, np.int64)
    words, spare = np.empty(0, np.uint64), np.empty(0, np.uint64)
    counts, spare_counts = np.empty(0), np.empty(0)
    holes, below = np.empty(0, np.int64), np.empty(0)
    for r in range(rows):
        if halt[0]:
            return
        hole, words, spare, word_zero, total = find_holes(magnitudes[r], order, 2 * farthest, words, spare)
        top = min(total // 2, hole + farthest)
        zero = np.uint64(top + 1)
        if counts.size < 2 * zero:
            counts, spare_counts = np.empty(2 * zero + 64), np.empty(2 * zero + 64)
            below = np.empty(zero + np.uint64(65))
        for s in range(2 * zero):
            counts[s] = spare_counts[s] = 0.0
        counts[zero] = 1.0
        for i in range(n):
            if order[i] <= top:
                count_up(counts, spare_counts, zero, order[i])
                counts, spare_counts = spare_counts, counts
        below[0] = 0.0  # numbers of subsets with a smaller sum
        for s in range(top + 1):
            below[s + 1] = below[s] + counts[zero + np.uint64(s)]
        if holes.size < hole + 1:
            holes = np.empty(hole + 65, np.int64)
        few = 0
        for y in range(hole + 1):
            if is_hole(words, word_zero, y):
                holes[few] = y
                few += 1
        for i in range(targets.size):
            out[r, i] = _onto(counts[zero:], below, holes, few, total, hole, targets[i], full) / full


@kernel
def _onto(counts, below, holes, few, total, hole, target, full):
    """Subsets whose sum s has s + target above all sums, or at a hole."""
    if target > total:
        return full
    # s + target > total has as many solutions as s < target.
    found = below[target] if 2 * target <= total else full - below[total - target + 1]
    for i in range(few):
        y = holes[i]
        if y >= target:
            found += counts[y - target]
        if total - y > hole and y + target <= total:  # the mirror image, unless it is listed itself
            found += counts[min(y + target, total - y - target)]
    return found
