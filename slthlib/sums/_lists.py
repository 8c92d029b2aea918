"""Kernels: sorted lists of all signed sums, built by merging, and the sweep that pairs two of them.

A list holds the 2**k sums of k items with either sign. Adding an item x turns L into the sorted merge of L - x and
L + x. Three things make this several times faster than sorting:

* The list is antisymmetric, so only its lower half is merged; the upper half is its mirror image.
* The list lives at the end of its final buffer: the lower half of the next one is written in front of it, and the
  mirror image then overwrites it. Nothing is copied and a list of 2**k sums takes 8 * 2**k bytes, no more.
* A merge step waits for its own last load, some ten cycles. Two or four independent merges side by side fill them.
"""

import numpy as np

from slthlib.sums._jit import kernel

_ONE = np.uint64(1)
_ZERO = np.uint64(0)


@kernel
def _mirror(a, source):
    """Fill a[source:] with the negated mirror image of what stands before it."""
    size = np.uint64(a.size) - source
    for p in range(size):
        a[source + p] = -a[source - _ONE - p]


@kernel
def _grow_two(a, b, size, x, y):
    """Take both lists from ``size`` to ``2 * size`` sums; they stand at the ends of buffers of equal length."""
    source = np.uint64(a.size) - size
    target = source - size
    i = j = source
    for p in range(size):
        ends = source + source + p  # an index from L - x and one from L + x always add up to this
        low, high = a[i] - x, a[ends - i] + x
        first = low <= high
        a[target + p] = low if first else high
        i += np.uint64(first)
        low, high = b[j] - y, b[ends - j] + y
        first = low <= high
        b[target + p] = low if first else high
        j += np.uint64(first)
    _mirror(a, source)
    _mirror(b, source)


@kernel
def _grow_four(a, b, c, d, size, x, y, z, w):
    """``_grow_two`` for four lists: two instances side by side keep the pipeline full."""
    source = np.uint64(a.size) - size
    target = source - size
    i = j = k = m = source
    for p in range(size):
        ends = source + source + p
        low, high = a[i] - x, a[ends - i] + x
        first = low <= high
        a[target + p] = low if first else high
        i += np.uint64(first)
        low, high = b[j] - y, b[ends - j] + y
        first = low <= high
        b[target + p] = low if first else high
        j += np.uint64(first)
        low, high = c[k] - z, c[ends - k] + z
        first = low <= high
        c[target + p] = low if first else high
        k += np.uint64(first)
        low, high = d[m] - w, d[ends - m] + w
        first = low <= high
        d[target + p] = low if first else high
        m += np.uint64(first)
    _mirror(a, source)
    _mirror(b, source)
    _mirror(c, source)
    _mirror(d, source)


@kernel
def signed_sums_two(a, b, x, y, halt):
    """Fill ``a`` and ``b`` with the sorted signed sums of ``x`` and ``y`` (k items each, buffers of 2**k)."""
    a[a.size - 1] = 0
    b[b.size - 1] = 0
    size = _ONE
    for k in range(x.size):
        if halt[0]:
            return
        _grow_two(a, b, size, x[k], y[k])
        size += size


@kernel
def signed_sums_four(a, b, c, d, x, y, z, w, halt):
    """Fill four buffers with the sorted signed sums of four sets of k items."""
    a[a.size - 1] = 0
    b[b.size - 1] = 0
    c[c.size - 1] = 0
    d[d.size - 1] = 0
    size = _ONE
    for k in range(x.size):
        if halt[0]:
            return
        _grow_four(a, b, c, d, size, x[k], y[k], z[k], w[k])
        size += size


@kernel
def sweep(a, b, g, h, halt):
    """Find the pairs of sums that bring g + a[i] + b[j], and likewise h + a[i] + b[j], closest to zero.

    Returns (|g + ...|, i, j, |h + ...|, i, j). Each search walks the staircase between negative and other sums. It
    meets every diagonal i - j = const once, so one walker may start at either end: the front one takes the first N
    diagonals, the back one the last N, and neither can leave the lists, which saves every bounds test. An optimal
    pair lies on the way of one of them: moving along equal sums leads from it to a cell that the front walker visits
    on an earlier diagonal, or to one that the back walker visits on a later one.
    """
    top = np.uint64(a.size) - _ONE
    best_g = best_h = np.int64(9223372036854775807)
    gi = gj = hi = hj = _ZERO
    i = k = _ZERO  # front walkers: rows; back walkers j and m: columns
    j = m = _ZERO
    step = _ZERO
    while step <= top:
        if halt[0]:
            break
        end = min(top + _ONE, step + np.uint64(65536))
        for p in range(step, end):
            across = top - p
            value = g + a[i] + b[across + i]
            if abs(value) < best_g:
                best_g, gi, gj = abs(value), i, across + i
            i += np.uint64(value < 0)
            value = g + a[across + j] + b[j]
            if abs(value) < best_g:
                best_g, gi, gj = abs(value), across + j, j
            j += np.uint64(value < 0)
            value = h + a[k] + b[across + k]
            if abs(value) < best_h:
                best_h, hi, hj = abs(value), k, across + k
            k += np.uint64(value < 0)
            value = h + a[across + m] + b[m]
            if abs(value) < best_h:
                best_h, hi, hj = abs(value), across + m, m
            m += np.uint64(value < 0)
        step = end
        if best_g <= 1 or best_h <= 1:  # all signed sums of an instance share their parity: nothing is smaller
            break
    return best_g, gi, gj, best_h, hi, hj


@kernel
def find_signs(items, value, out):
    """Write into ``out`` signs with ``sum(out * items) == value``; such signs are known to exist.

    The lists carry no masks. Both quarters are enumerated unsorted and scanned in pairs: 2**k comparisons of
    contiguous int64, a small part of what the sweep costs.
    """
    k = items.size
    left = k // 2
    small = np.empty(1 << left, np.int64)
    large = np.empty(1 << (k - left), np.int64)
    _enumerate_signed(items[:left], small)
    _enumerate_signed(items[left:], large)
    for i in range(small.size):
        wanted = value - small[i]
        hits = 0
        for j in range(large.size):
            hits += np.int64(large[j] == wanted)
        if hits:
            for j in range(large.size):
                if large[j] == wanted:
                    for bit in range(left):
                        out[bit] = 1 if (i >> bit) & 1 else -1
                    for bit in range(k - left):
                        out[left + bit] = 1 if (j >> bit) & 1 else -1
                    return


@kernel
def _enumerate_signed(items, out):
    """out[mask] = sum of the items in the mask minus the sum of the others."""
    out[0] = 0
    size = 1
    for k in range(items.size):
        for p in range(size):
            base = out[p]
            out[p] = base - items[k]
            out[size + p] = base + items[k]
        size *= 2
