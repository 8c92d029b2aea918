"""Kernels that count: how many subsets make each sum, in a table, and how many partitions are perfect, either way."""

import numpy as np

from slthlib.sums._bitset_kernels import fold, prepare
from slthlib.sums._constrained import offsets, signed_sums_by_cardinality
from slthlib.sums._jit import kernel
from slthlib.sums._lists import signed_sums_four, signed_sums_two

#: Items below this are added through a small buffer, since a block of the table would overlap its own source.
_APART = 64
_BUFFER = 256


@kernel
def fill_counts(sizes, needed, top, table, halt):
    """table[s] = how many subsets of the positive ascending ``sizes`` have sum s, for needed <= s <= top.

    Works in uint64 and in float64. Entries below ``needed`` are not brought up to date once they cannot matter.
    """
    rest = np.int64(0)
    for x in sizes:
        rest += x if x <= top else np.int64(0)
    table[:] = 0
    table[0] = 1
    buffer = np.empty(_BUFFER, table.dtype)
    reach = np.int64(0)
    for x in sizes:
        if x > top or halt[0]:
            break
        rest -= x
        reach = min(reach + x, top)
        first = max(x, needed - rest)
        stop = reach + 1
        while stop > first:  # downwards, so that what is added is still the old count
            if x >= _APART:
                at = stop - min(x, stop - first)
                _add(table[at:stop], table[at - x : stop - x])
            else:
                at = stop - min(np.int64(_BUFFER), stop - first)
                part = buffer[: stop - at]
                part[:] = table[at - x : stop - x]
                _add(table[at:stop], part)
            stop = at


@kernel
def _add(target, source):
    for k in range(np.uint64(target.size)):
        target[k] += source[k]


@kernel
def counts_by_table(row, low, high, table, out, halt):
    """out[t - low] = how many subsets of the row have sum t, for low <= t <= high; all of these can be reached.

    ``table`` is a buffer for the counts of the sums of absolute values, the lower half of them at most.
    """
    sizes, shift, total = prepare(row)
    start = low - shift
    needed, top = fold(start, high - shift, total)
    fill_counts(sizes, needed, top, table[: top + 1], halt)
    middle = min(max(total // 2 - start + 1, np.int64(0)), np.int64(out.size))
    lower, upper = out[:middle], out[middle:]
    for k in range(np.uint64(lower.size)):
        lower[k] = table[np.uint64(start) + k]
    last = np.uint64(total - start - middle)
    for k in range(np.uint64(upper.size)):
        upper[k] = table[last - k]


@kernel
def count_by_table(items, out, halt):
    """Count the perfect partitions of every row by its table of sums.

    The largest item stays on one side, so that every partition is met once; the sums of the others are symmetric.
    """
    table = np.empty(0, np.uint64)
    for r in range(items.shape[0]):
        if halt[0]:
            return
        sizes = np.sort(np.abs(items[r]))
        total = np.sum(sizes)
        zeros = np.searchsorted(sizes, 1)
        if zeros == sizes.size:
            out[r] = np.uint64(1) << np.uint64(zeros - 1)
            continue
        rest = total - sizes[-1]
        # The other side has sum total // 2 or, for an odd total, one more: by symmetry both lie in the lower half.
        near, far = rest - total // 2, rest - (total - total // 2)
        low, high = min(near, total // 2), min(far, total - total // 2)
        out[r] = np.uint64(0)
        top = max(low, high)
        if top < 0:
            continue
        if table.size <= top:
            table = np.empty(top + 1, np.uint64)
        fill_counts(sizes[zeros:-1], max(min(low, high), np.int64(0)), top, table[: top + 1], halt)
        found = table[low] if low >= 0 else np.uint64(0)
        if total % 2 and high >= 0:
            found += table[high]
        out[r] = found << np.uint64(zeros)


@kernel
def count_of_size_by_table(items, low, high, plus, out, halt):
    """Count the sides of ``plus`` items and sum ``low`` or ``high`` (-1: no such sum); ``items`` are not negative."""
    for r in range(items.shape[0]):
        top = max(low[r], high[r])
        if top < 0:
            out[r] = 0
            continue
        counts = _count_of_size(items[r], plus, top, halt)
        out[r] = np.uint64(0)
        if low[r] >= 0:
            out[r] += counts[low[r]]
        if high[r] >= 0:
            out[r] += counts[high[r]]


@kernel
def _count_of_size(items, plus, top, halt):
    table = np.zeros((plus + 1, top + 1), np.uint64)
    table[0, 0] = 1
    for i in range(items.size):
        if halt[0]:
            break
        x = items[i]
        if x <= top:
            for c in range(min(i + 1, plus), 0, -1):
                _add(table[c, x:], table[c - 1, : top + 1 - x])
    return table[plus]


@kernel
def _corner(a, b, i, j, value):
    """For |value| <= 1 at cell (i, j): the number of equal cells if this is the corner that stands for all, else 0.

    Equal sums make rectangles of equal cells. The path enters one of zeros or ones at its lower corner and one of
    minus ones at its upper corner, and turns there.
    """
    top = a.size - 1
    wide = tall = np.uint64(1)
    if value >= 0:
        if (i > 0 and a[i - 1] == a[i]) or (j > 0 and b[j - 1] == b[j]):
            return np.uint64(0)
        while i < top and a[i + 1] == a[i]:
            i, tall = i + 1, tall + np.uint64(1)
        while j < top and b[j + 1] == b[j]:
            j, wide = j + 1, wide + np.uint64(1)
    else:
        if (i < top and a[i + 1] == a[i]) or (j < top and b[j + 1] == b[j]):
            return np.uint64(0)
        while i > 0 and a[i - 1] == a[i]:
            i, tall = i - 1, tall + np.uint64(1)
        while j > 0 and b[j - 1] == b[j]:
            j, wide = j - 1, wide + np.uint64(1)
    return tall * wide


@kernel
def _met_twice(a, b, g, f):
    """Where two walkers from either end meet in the corner of a rectangle both have counted it; f rows lie below."""
    if f < a.size:
        value = g + a[f] + b[f]
        if 0 <= value <= 1:
            return _corner(a, b, f, f, value)
    if f > 0:
        value = g + a[f - 1] + b[f - 1]
        if value == -1:
            return _corner(a, b, f - 1, f - 1, value)
    return np.uint64(0)


@kernel
def _count_two(a, b, g, c, d, h, halt):
    """How many pairs have |g + a[i] + b[j]| <= 1, and how many |h + c[i] + d[j]| <= 1; all lists of one length.

    As in `_lists.sweep`, walkers from either end follow the staircase between negative and other sums. Sums of an
    instance share their parity, so that the cells counted are those at the staircase on one side or on both.
    """
    top = np.uint64(a.size) - np.uint64(1)
    one, two = np.uint64(1), np.uint64(2)
    i = j = k = m = np.uint64(0)
    in_g = in_h = np.uint64(0)
    step = np.uint64(0)
    while step <= top:
        if halt[0]:
            break
        end = min(top + one, step + np.uint64(65536))
        for p in range(step, end):
            across = top - p
            value = g + a[i] + b[across + i]
            if np.uint64(value + 1) <= two:
                in_g += _corner(a, b, np.int64(i), np.int64(across + i), value)
            i += np.uint64(value < 0)
            value = g + a[across + j] + b[j]
            if np.uint64(value + 1) <= two:
                in_g += _corner(a, b, np.int64(across + j), np.int64(j), value)
            j += np.uint64(value < 0)
            value = h + c[k] + d[across + k]
            if np.uint64(value + 1) <= two:
                in_h += _corner(c, d, np.int64(k), np.int64(across + k), value)
            k += np.uint64(value < 0)
            value = h + c[across + m] + d[m]
            if np.uint64(value + 1) <= two:
                in_h += _corner(c, d, np.int64(across + m), np.int64(m), value)
            m += np.uint64(value < 0)
        step = end
    return in_g - _met_twice(a, b, g, np.int64(i)), in_h - _met_twice(c, d, h, np.int64(k))


@kernel
def count_by_meeting(items, out, halt):
    """Count the perfect partitions of every row, two rows at a time; item 0 keeps its side."""
    rows, n = items.shape
    half = (n - 1) // 2
    size = 1 << half
    a, b = np.empty(size, np.int64), np.empty(size, np.int64)
    c, d = (np.empty(size, np.int64), np.empty(size, np.int64)) if rows > 1 else (a, b)
    for r in range(0, rows, 2):
        if halt[0]:
            return
        x, y = items[r], items[min(r + 1, rows - 1)]
        left, right = slice(1, 1 + half), slice(1 + half, 1 + 2 * half)
        if r + 1 < rows:
            signed_sums_four(a, b, c, d, x[left], x[right], y[left], y[right], halt)
        else:
            signed_sums_two(a, b, x[left], x[right], halt)
            c, d = a, b
        if n % 2:
            out[r], found = _count_two(a, b, x[0], c, d, y[0], halt)
        else:  # one item is left over: both its signs are tried
            plus, minus = _count_two(a, b, x[0] + x[n - 1], a, b, x[0] - x[n - 1], halt)
            out[r] = plus + minus
            plus, minus = _count_two(c, d, y[0] + y[n - 1], c, d, y[0] - y[n - 1], halt)
            found = plus + minus
        if r + 1 < rows:
            out[r + 1] = found


@kernel
def _count_pairs(a, b, target):
    """Pairs with a[i] + b[j] == target; runs of equal sums are multiplied."""
    i, j = 0, b.size - 1
    found = np.uint64(0)
    while i < a.size and j >= 0:
        value = a[i] + b[j]
        if value < target:
            i += 1
        elif value > target:
            j -= 1
        else:
            run_a = run_b = 1
            while i + run_a < a.size and a[i + run_a] == a[i]:
                run_a += 1
            while j - run_b >= 0 and b[j - run_b] == b[j]:
                run_b += 1
            found += np.uint64(run_a) * np.uint64(run_b)
            i += run_a
            j -= run_b
    return found


@kernel
def count_of_size_by_meeting(items, plus, out, halt):
    """Count the sign patterns with ``plus`` plus signs that make the difference at most 1."""
    rows, n = items.shape
    half = n // 2
    rest = n - half
    a, b = np.empty(1 << half, np.int64), np.empty(1 << rest, np.int64)
    spare_a, spare_b = np.empty(a.size, np.int64), np.empty(b.size, np.int64)
    at_a, at_b = offsets(half), offsets(rest)
    for r in range(rows):
        if halt[0]:
            return
        x = items[r]
        odd = np.int64(0)
        for i in range(n):
            odd ^= x[i] & 1
        signed_sums_by_cardinality(x[:half], spare_a, a, halt)
        signed_sums_by_cardinality(x[half:], spare_b, b, halt)
        found = np.uint64(0)
        for c in range(max(0, plus - rest), min(half, plus) + 1):
            left = a[at_a[c] : at_a[c + 1]]
            right = b[at_b[plus - c] : at_b[plus - c + 1]]
            found += _count_pairs(left, right, odd)
            if odd:
                found += _count_pairs(left, right, -odd)
        out[r] = found
