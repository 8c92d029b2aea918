"""Kernels: the largest gap between sums over a window, by a list of all sums or by occupied intervals, row by row.

Everything is in signed sums 2 s - T, which are symmetric: a window is folded to one side of zero.
"""

import math

import numpy as np

from slthlib.sums._bitset_kernels import fill_table, largest_gap_in_table, prepare, sums_around, words_for_table
from slthlib.sums._coverage_kernels import half_lists, largest_gap_in_buckets, largest_gap_in_list, neighbours
from slthlib.sums._jit import kernel
from slthlib.sums._lists import signed_sums_two
from slthlib.sums._occupancy_kernels import SEEN, largest_gap_near, long_runs, occupied

#: Runs of zeros looked at exactly; where more could be the longest, buckets decide.
_RUNS = 256
_BUCKETS = 8192
#: The number of intervals: at least 2**12, and no more than fit into a quarter of a gigabyte.
_FEWEST, _MOST = 12.0, 2**31


@kernel
def _between(below, above, low, high):
    """Twice the largest distance to the nearer of two neighbouring sums, over the points of low..high between them."""
    if below + above < 2 * low:
        return 2 * (above - low)
    if below + above > 2 * high:
        return 2 * (high - below)
    return above - below


@kernel
def double_radii_by_lists(rows, low, high, out, halt):
    """Twice the covering radius of low[r]..high[r] by the signed sums of each row, from a list of all of them."""
    count, n = rows.shape
    lists = np.empty((2, 1 << n), np.int64)
    for r in range(0, count, 2):
        if halt[0]:
            return
        pair = min(r + 1, count - 1)
        signed_sums_two(lists[0], lists[1], rows[r], rows[pair], halt)
        for side in range(pair - r + 1):
            sums, start, end = lists[side], low[r + side], high[r + side]
            best = np.int64(0)
            for z in (start, end):
                at = np.searchsorted(sums, z)
                if sums[at] > start and at > 0:
                    best = max(best, _between(sums[at - 1], sums[at], start, end))
            out[r + side] = max(best, largest_gap_in_list(sums, start, end))


@kernel
def double_radii(rows, low, high, parts, first, stop, out, halt):
    """Jobs first..stop - 1: part j % parts of the window of row j // parts; each writes its own entry of ``out``."""
    starts, lengths = np.empty(_RUNS, np.int64), np.empty(_RUNS, np.int64)
    for job in range(first, stop):
        if halt[0]:
            return
        r, part = job // parts, job % parts
        sizes = np.sort(np.abs(rows[r]))
        sizes = sizes[np.searchsorted(sizes, 1) :]
        a, b, spare = half_lists(sizes, halt)
        left, right = low[r], high[r]
        # By symmetry the far side of zero has all the gaps of the near one.
        inside = left < 0 < right
        near, far = min(abs(left), abs(right)), max(abs(left), abs(right))
        near = np.int64(0) if inside else near
        step = (far - near) // parts
        start, end = near + part * step, far if part == parts - 1 else near + (part + 1) * step
        best = np.int64(0)
        if part == 0:
            below, above, below_right, above_right = neighbours(a, b, spare, left, right, halt)
            best = max(_between(below, above, left, right), _between(below_right, above_right, left, right))
            if inside:  # the gap around zero, from a sum to its negative
                _, above, _, _ = neighbours(a, b, spare, np.int64(0), np.int64(0), halt)
                best = max(best, 2 * above)
        else:  # a gap across the end of a part belongs to the next one, which begins with the sum before it
            below, _, _, _ = neighbours(a, b, spare, start + 1, start + 1, halt)
            start = max(near, below)
        out[job] = _largest_gap(sizes, a, b, spare, start, end, best, starts, lengths, halt)


@kernel
def _largest_gap(sizes, a, b, spare, low, high, best, starts, lengths, halt):
    """The largest gap between neighbouring sums within low..high, or ``best`` if that is larger."""
    if high <= low or sizes.size == 0:
        return best
    # From a sum to a sum: a hole across an end of the window is another matter, and must not count among the longest.
    _, low, high, _ = neighbours(a, b, spare, low, high + 1, halt)
    if high <= low:
        return best
    m = min(4, sizes.size // 2 * 2)
    while m and 2 * np.sum(sizes[:m]) > high - low:  # margins that wide would cost more than they save
        m -= 2
    apart = np.zeros(1, np.int64)
    for x in sizes[:m]:
        apart = np.concatenate((apart + x, apart - x))
    apart = np.sort(apart)[::-1].copy()
    c, d, other = half_lists(sizes[m:], halt)
    bits = _interval_bits(sizes, low, high)
    for _ in range(3):
        if (high - low) >> bits > _MOST or halt[0]:
            break
        out = np.empty((((high - low) >> bits) + 2) // 64 + 1, np.uint64)
        marks = np.empty(out.size + ((2 * apart[0]) >> bits) // 64 + 3, np.uint64)
        occupied(c, d, other, apart, low, high, bits, marks, out, halt)
        found, longest = long_runs(out, starts, lengths)
        if best >> bits >= max(longest, SEEN - 1) + 3:
            return best
        if longest >= SEEN + 3:  # then the gap of any run not seen is smaller
            kept = min(found, starts.size)
            k = np.argmax(lengths[:kept])
            best = largest_gap_near(a, b, spare, low, high, bits, starts[k : k + 1], lengths[k : k + 1], best, halt)
            if found <= starts.size:
                return largest_gap_near(a, b, spare, low, high, bits, starts[:kept], lengths[:kept], best, halt)
            break
        if bits < 2:
            break
        bits -= 2
    # Where so many runs have about one length, the items lie close to a grid of their own.
    return largest_gap_in_buckets(a, b, spare, low, high, best, _BUCKETS, halt)


@kernel
def _interval_bits(sizes, low, high):
    """Intervals of which the largest gap should cover some 40 to 80, as if sums fell by chance, Gaussian overall."""
    variance = 0.0
    for x in sizes:
        variance += np.float64(x) ** 2
    width = np.float64(high) - np.float64(low)
    log_peak = sizes.size * math.log(2.0) - 0.5 * math.log(2 * math.pi * variance)
    # With density d, gaps longer than g are expected d exp(-d g) times per unit of length: g is where that sums to 1.
    small, large = 0.0, 64.0
    for _ in range(14):
        log_gap = (small + large) / 2 - 2 - log_peak  # in units of the smallest distance, 64 is beyond any doubt
        expected = 0.0
        for k in range(4):
            z = low + (k + 0.5) / 4 * width
            log_density = log_peak - z * z / (2 * variance)
            expected += width / 4 * math.exp(log_density - math.exp(min(log_density + log_gap, 6.0)))
        if expected > 1:
            small = (small + large) / 2
        else:
            large = (small + large) / 2
    bits = min((large - 2 - log_peak) / math.log(2.0) - math.log2(40.0), math.log2(width) - _FEWEST)
    return max(np.int64(math.floor(bits)), np.int64(0))


@kernel
def double_radii_by_tables(rows, unit, low, high, out, halt):
    """The same from a table of sums, where all items of a row are multiples of ``unit`` and the table is short."""
    for r in range(rows.shape[0]):
        if halt[0]:
            return
        sizes, _, total = prepare(rows[r])
        g, left, right = unit[r], low[r], high[r]
        units = total // g
        length, spare = words_for_table(sizes // g, units // 2)
        table = np.empty(length, np.uint64)
        fill_table(sizes // g, np.int64(0), units // 2, table, np.empty(spare, np.uint64), halt)
        # Sum p of the table is the signed sum 2 g p - total.
        best = np.int64(0)
        for end in (left, right):
            below, _ = sums_around(table, units, (end + total) // (2 * g))
            _, above = sums_around(table, units, -((-end - total) // (2 * g)))
            best = max(best, _between(2 * g * below - total, 2 * g * above - total, left, right))
        inner = largest_gap_in_table(table, units, -((-left - total) // (2 * g)), (right + total) // (2 * g))
        out[r] = max(best, 2 * g * inner)
