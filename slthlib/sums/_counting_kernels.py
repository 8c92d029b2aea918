"""Kernels that count perfect partitions in 64-bit words: over a table of all sums, or by meeting in the middle."""

import numpy as np

from slthlib.sums._constrained import offsets, signed_sums_by_cardinality
from slthlib.sums._jit import kernel
from slthlib.sums._lists import signed_sums_two


@kernel
def count_by_table(items, low, high, plus, out, halt):
    """Count the sides of sum ``low`` or ``high`` (-1: no such sum); ``items`` are not negative.

    With ``plus`` < 0 item 0 stays on the other side, so that every partition is met once. Otherwise sides have
    ``plus`` items.
    """
    for r in range(items.shape[0]):
        top = max(low[r], high[r])
        if top < 0:
            out[r] = 0
            continue
        counts = _count_free(items[r, 1:], top, halt) if plus < 0 else _count_of_size(items[r], plus, top, halt)
        out[r] = np.uint64(0)
        if low[r] >= 0:
            out[r] += counts[low[r]]
        if high[r] >= 0:
            out[r] += counts[high[r]]


@kernel
def _count_free(items, top, halt):
    table = np.zeros(top + 1, np.uint64)
    table[0] = 1
    reach = np.int64(0)
    for i in range(items.size):
        if halt[0]:
            break
        if items[i] <= top:
            reach = min(reach + items[i], top)
            _add_shifted(table, table, items[i], reach)
    return table


@kernel
def _count_of_size(items, plus, top, halt):
    table = np.zeros((plus + 1, top + 1), np.uint64)
    table[0, 0] = 1
    for i in range(items.size):
        if halt[0]:
            break
        if items[i] <= top:
            for c in range(min(i + 1, plus), 0, -1):
                _add_shifted(table[c], table[c - 1], items[i], top)
    return table[plus]


@kernel
def _add_shifted(target, source, x, reach):
    """target[s] += source[s - x], downwards, so that target and source may be one table."""
    for s in range(reach, x - 1, -1):
        target[s] += source[s - x]


@kernel
def _count_pairs(a, b, base, target):
    """Pairs with base + a[i] + b[j] == target; runs of equal sums are multiplied."""
    i, j = 0, b.size - 1
    found = np.uint64(0)
    while i < a.size and j >= 0:
        value = base + a[i] + b[j]
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
def count_by_meeting(items, plus, out, halt):
    """Count sign patterns: item 0 keeps its side where the cardinality is free, else all with ``plus`` plus signs."""
    rows, n = items.shape
    free = plus < 0
    half = (n - 1) // 2 if free else n // 2
    rest = half if free else n - half
    a, b = np.empty(1 << half, np.int64), np.empty(1 << rest, np.int64)
    spare_a, spare_b = np.empty(0 if free else a.size, np.int64), np.empty(0 if free else b.size, np.int64)
    at_a, at_b = offsets(half), offsets(rest)
    for r in range(rows):
        if halt[0]:
            return
        x = items[r]
        odd = np.int64(0)
        for i in range(n):
            odd ^= x[i] & 1
        found = np.uint64(0)
        if free:
            signed_sums_two(a, b, x[1 : 1 + half], x[1 + half : 1 + 2 * half], halt)
            # For even n one item is left over: both its signs are tried.
            for s in range(2 - n % 2):
                base = x[0] + (1 - 2 * s) * (x[n - 1] if n % 2 == 0 else np.int64(0))
                found += _count_pairs(a, b, base, odd)
                if odd:
                    found += _count_pairs(a, b, base, -odd)
        else:
            signed_sums_by_cardinality(x[:half], spare_a, a, halt)
            signed_sums_by_cardinality(x[half:], spare_b, b, halt)
            for c in range(max(0, plus - rest), min(half, plus) + 1):
                left = a[at_a[c] : at_a[c + 1]]
                right = b[at_b[plus - c] : at_b[plus - c + 1]]
                found += _count_pairs(left, right, np.int64(0), odd)
                if odd:
                    found += _count_pairs(left, right, np.int64(0), -odd)
        out[r] = found
