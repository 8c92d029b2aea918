"""Kernels of the growth bound: the least concave majorant of a decreasing function, at one point of a window."""

import numpy as np

from slthlib.sums._jit import kernel

_BLOCK = 64


@kernel
def majorant(values, low, high, at, a, b):
    """Least concave majorant of ``values`` (nowhere increasing, not negative) on {low..high} at the real ``at``.

    ``a <= at <= b`` are points of the window to start from. Returns the majorant, never below it and above it by a
    part in 1e13 at most, and the two points of the window between which it is straight.
    """
    if high <= low:
        return values[low], low, low
    while True:
        if a == b:
            height, slope = values[a], 0.0
            if a > low:
                a -= 1
            else:
                b += 1
            continue
        slope = (values[b] - values[a]) / (b - a)
        height = (values[a] * (b - at) + values[b] * (at - a)) / (b - a)
        # The point of the window highest above the line. Whatever it is, the line lifted by it is above all of them.
        best, where = 0.0, low
        start = low
        while start <= high:
            stop = min(start + _BLOCK - 1, high)
            # Values and line fall, so nothing in the block lies higher above the line than this.
            if values[start] - (height + slope * (stop - at)) > best:
                for x in range(start, stop + 1):
                    above = values[x] - (height + slope * (x - at))
                    if above > best:
                        best, where = above, x
            start = stop + 1
        if best <= 1e-13 * height:
            return height + best, a, b
        if where <= at:
            a = where
        else:
            b = where


@kernel
def growth_step(values, gain, out):
    """One item of the recursion: ``out[r]`` from ``values[r]``, r = 1..N, both nowhere increasing.

    A set of r of the N targets holds at least r + gain r (N - r)/N of them on average after one more item, and never
    more than min(2r, N).
    """
    count = values.size - 1
    out[count] = values[count]
    a = b = count
    for r in range(count - 1, 0, -1):
        high = min(2 * r, count)
        at = r + gain * r * (count - r) / count
        a = max(r, min(a, int(np.floor(at))))
        b = min(high, max(b, int(np.ceil(at))))
        value, a, b = majorant(values, r, high, at, a, b)
        # The largest of out[r..N]: decreasing by construction.
        out[r] = max(out[r + 1], value * (1 + 1e-12))
