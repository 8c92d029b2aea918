"""Kernel: the closest subset of every row of a batch of small problems, by trying all of them, 64 rows abreast.

Sums are compared in 32 bits, eight to an instruction: numbers lose their last bits, which moves an error by less than
n units of what is left. Where that leaves one subset, as it does nearly always, it is the best; where it leaves more,
these are compared in full.
"""

import numpy as np

from slthlib.sums._jit import kernel
from slthlib.sums._subset_grid import FLIP, GOAL, STOP, TOTAL, WINDOW

_ZERO, _ONE = np.uint64(0), np.uint64(1)
#: Rows abreast, and the last bits that tell them apart in an index.
LANES = 64
_LANES = np.uint64(LANES)
#: Truncated sums stay below 2**_BITS, so that no difference of two leaves 32 bits.
_BITS = np.uint64(30)


def brute_scratch(n):
    """What `try_all` works in: tables of the sums of either half, the least error of each row of pairs, and so on."""
    left = max(2, n // 2)
    right = max(2, n - left)
    return (
        np.empty(LANES << left, np.int32),
        np.empty(LANES << right, np.int32),
        np.empty(LANES << left, np.int32),
        np.zeros((left + right, LANES), np.int32),
        np.empty((5, LANES), np.int32),
    )


@kernel
def _table(items, start, count, out):
    """out[mask, lane] = out[0, lane] + sum of the items start, ..., start + count - 1 in the mask."""
    size = _LANES
    for k in range(count):
        for base in range(_ZERO, size, _LANES):
            for lane in range(_LANES):
                out[size + base + lane] = np.int32(out[base + lane] + items[start + k, lane])
        size += size


@kernel
def try_all(magnitudes, plans, masks, unsure, scratch, halt):
    """Find the closest subset of every row; ``unsure`` is 1 where rounding leaves several."""
    a, b, least, items, lanes = scratch
    best, limit, row, column, seen = lanes[0], lanes[1], lanes[2], lanes[3], lanes[4]
    rows, n = magnitudes.shape
    left = max(2, n // 2)
    right = items.shape[0] - left
    size_a, size_b = _LANES << np.uint64(left), _LANES << np.uint64(right)
    for first in range(0, rows, LANES):
        if halt[0]:
            return
        for lane in range(LANES):
            r = min(first + lane, rows - 1)
            total, goal = plans[r, TOTAL], plans[r, GOAL]
            shift, rest = _ZERO, total >> _BITS
            for step in (32, 16, 8, 4, 2, 1):
                if rest >> np.uint64(step):
                    rest >>= np.uint64(step)
                    shift += np.uint64(step)
            shift += rest
            for k in range(n):
                items[k, lane] = np.int32(magnitudes[r, k] >> shift)
            a[lane], b[lane] = 0, -np.int32(goal >> shift)
            # Errors that may hide a better one: n units each way, and what the caller counts as near.
            spread = np.int32(2 * n) if shift else np.int32(0)
            limit[lane] = spread + np.int32((plans[r, WINDOW] + (_ONE << shift) - _ONE) >> shift)
        _table(items, 0, left, a)
        _table(items, left, right, b)
        for base in range(_ZERO, size_a, _LANES):
            for lane in range(_LANES):
                least[base + lane] = np.int32(2147483647)
            for at in range(_ZERO, size_b, np.uint64(4) * _LANES):
                for lane in range(_LANES):
                    x = a[base + lane]
                    d0 = np.int32(x + b[at + lane])
                    d1 = np.int32(x + b[at + _LANES + lane])
                    d2 = np.int32(x + b[at + np.uint64(2) * _LANES + lane])
                    d3 = np.int32(x + b[at + np.uint64(3) * _LANES + lane])
                    d0, d1, d2, d3 = np.int32(abs(d0)), np.int32(abs(d1)), np.int32(abs(d2)), np.int32(abs(d3))
                    least[base + lane] = min(least[base + lane], min(min(d0, d1), min(d2, d3)))
        for lane in range(_LANES):
            best[lane], seen[lane] = 2147483647, 0
        for base in range(_ZERO, size_a, _LANES):
            for lane in range(_LANES):
                best[lane] = min(best[lane], least[base + lane])
        for lane in range(_LANES):
            limit[lane] += best[lane]
        for base in range(_ZERO, size_a, _LANES):
            mask = np.int32(base // _LANES)
            for lane in range(_LANES):
                hit = least[base + lane] <= limit[lane]
                row[lane] = mask if hit else row[lane]
                seen[lane] += hit
        for lane in range(_LANES):
            best[lane] = a[np.uint64(row[lane]) * _LANES + lane]
            seen[lane] -= 1
        for at in range(_ZERO, size_b, _LANES):
            mask = np.int32(at // _LANES)
            for lane in range(_LANES):
                hit = np.int32(abs(np.int32(best[lane] + b[at + lane]))) <= limit[lane]
                column[lane] = mask if hit else column[lane]
                seen[lane] += hit
        for lane in range(min(LANES, rows - first)):
            r = first + lane
            unsure[r] = False
            if seen[lane] == 1 or (plans[r, TOTAL] >> _BITS == 0 and plans[r, WINDOW] == 0):
                masks[r] = np.uint64(row[lane]) | (np.uint64(column[lane]) << np.uint64(left))
            else:
                masks[r], unsure[r] = _compare(magnitudes[r], plans[r], a, b, least, lane, limit[lane], left)
            masks[r] = (masks[r] & ((_ONE << np.uint64(n)) - _ONE)) ^ plans[r, FLIP]  # two items at least were tried


@kernel
def _compare(magnitudes, plan, a, b, least, lane, limit, left):
    """The best of the subsets whose truncated error is at most the limit, and whether another one is near."""
    n = magnitudes.size
    best = second = np.uint64(1 << 63)
    mask = _ZERO
    for i in range(least.size // LANES):
        if least[i * LANES + lane] > limit:
            continue
        for j in range(b.size // LANES):
            if abs(np.int64(a[i * LANES + lane]) + np.int64(b[j * LANES + lane])) > limit:
                continue
            candidate = np.uint64(i) | (np.uint64(j) << np.uint64(left))
            if candidate >> np.uint64(n):
                continue
            value = _ZERO
            for k in range(n):
                value += magnitudes[k] & (_ZERO - ((candidate >> np.uint64(k)) & _ONE))
            error = value - plan[GOAL] if value >= plan[GOAL] else plan[GOAL] - value
            if error < best:
                second, best, mask = best, error, candidate
            else:
                second = min(second, error)
    return mask, second < best + plan[WINDOW] and best >= plan[STOP]
