"""Kernels: totals and errors of subsets that were found, exact for integers and correctly rounded for floats."""

import numpy as np

from slthlib.sums._jit import kernel
from slthlib.sums._subset_grid import AIM, BELOW, REST, UNIT, UNIT_2

_ONE = np.uint64(1)


@kernel
def integer_totals(items, step, targets, masks, totals, errors):
    """Sum of the items in every row's mask, and how far it is from the target."""
    n = items.shape[1]
    for r in range(targets.size):
        total = np.int64(0)
        for i in range(n):
            total += items[r * step, i] & -np.int64((masks[r] >> np.uint64(i)) & _ONE)
        totals[r], errors[r] = total, abs(total - targets[r])


@kernel
def float_totals(items, step, targets, masks, magnitudes, plans, scales, totals, errors, parts):
    """Both for floats: in integers where the grid is exact, else as `math.fsum` does. ``parts`` has room for n + 2."""
    n = items.shape[1]
    for r in range(targets.size):
        if scales[r, UNIT] == 0:
            count = 0
            for i in range(n):
                if (masks[r] >> np.uint64(i)) & _ONE:
                    parts[count] = items[r * step, i]
                    count += 1
            count = expand(parts, count)
            totals[r] = rounded_sum(parts, count)
            parts[count] = -targets[r]
            errors[r] = abs(rounded_sum(parts, expand(parts, count + 1)))
            continue
        whole = np.int64(0)
        for i in range(n):
            magnitude = np.int64(magnitudes[r * step, i])
            signed = -magnitude if items[r * step, i] < 0 else magnitude
            whole += signed & -np.int64((masks[r] >> np.uint64(i)) & _ONE)
        away, rest = abs(whole - np.int64(plans[r, AIM])), scales[r, REST]
        if rest == 0 or away >= 1 << 54:  # beyond, the two bits that say where the target lies decide the rounding
            error = np.float64(away) * 0.25
        else:
            error = abs(np.float64((whole >> 2) - np.int64(scales[r, BELOW])) - rest)
        errors[r] = error * scales[r, UNIT_2] * scales[r, UNIT]
        totals[r] = np.float64(whole >> 2) * scales[r, UNIT_2] * scales[r, UNIT]


@kernel
def expand(parts, count):
    """Turn parts[:count] into fewer with the same sum that do not overlap (Shewchuk 1997). Returns how many."""
    used = 0
    for p in range(count):
        x = parts[p]
        kept = 0
        for q in range(used):
            y = parts[q]
            if abs(x) < abs(y):
                x, y = y, x
            high = x + y
            low = y - (high - x)
            if low != 0:
                parts[kept] = low
                kept += 1
            x = high
        parts[kept] = x
        used = kept + 1
    return used


@kernel
def rounded_sum(parts, used):
    """Correctly rounded sum of the parts that `expand` has made, as `math.fsum` has it."""
    if used == 0:
        return 0.0
    at = used - 1
    high = parts[at]
    low = 0.0
    while at > 0:
        at -= 1
        x, y = high, parts[at]
        high = x + y
        low = y - (high - x)
        if low != 0:
            break
    # Halfway between two floats the parts below decide; together they have the sign of the largest of them.
    if at > 0 and ((low < 0 and parts[at - 1] < 0) or (low > 0 and parts[at - 1] > 0)):
        y = low * 2
        x = high + y
        if y == x - high:
            high = x
    return high
