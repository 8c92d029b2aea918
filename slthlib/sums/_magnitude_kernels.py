"""Kernels for rows of magnitudes: which of their subset sums are missing, and how many subsets make each.

For one row a with sum T, P is the set of its subset sums. P = T - P, so the lower half says it all: between the last
hole (integer that is no subset sum) up to T/2 and its mirror image there is none.
"""

import numpy as np

from slthlib.sums._jit import kernel

_ZERO, _ONE, _WORD = np.uint64(0), np.uint64(1), np.uint64(64)


@kernel
def take_up(source, target, zero, x):
    """``target`` = ``source`` with one item more. Bit s of a set is bit s % 64 of word ``zero`` + s // 64.

    The first ``zero`` words are 0 and take what reaches below zero; item and set are below 64 ``zero``. Two buffers
    in turn: the compiler makes vectors of the loop.
    """
    skip, left = np.uint64(x) // _WORD, np.uint64(x) % _WORD
    right = np.uint64(63) - left  # and by one more: a shift by 64 is not defined
    for w in range(zero, zero + zero):
        below = w - skip
        target[w] = source[w] | (source[below] << left) | ((source[below - _ONE] >> _ONE) >> right)


@kernel
def count_up(source, target, zero, x):
    """``target`` = ``source``, numbers of subsets by sum, with one item more: at ``zero`` + sum, below 2 ``zero``."""
    shift = np.uint64(x)
    for s in range(zero, zero + zero):
        target[s] = source[s] + source[s - shift]


@kernel
def last_hole(words, zero, top):
    """The largest integer <= ``top`` that is not in the set, or -1."""
    w = np.int64(zero) + top // 64
    missing = ~words[w]
    used = np.uint64(top % 64 + 1)
    if used < _WORD:
        missing &= (_ONE << used) - _ONE
    while missing == _ZERO:
        w -= 1
        if w < np.int64(zero):
            return np.int64(-1)
        missing = ~words[w]
    bit = np.int64(63)
    while not (missing >> np.uint64(bit)) & _ONE:
        bit -= 1
    return (w - np.int64(zero)) * 64 + bit


@kernel
def is_hole(words, zero, s):
    """Whether 0 <= s is not in the set."""
    return not (words[zero + np.uint64(s) // _WORD] >> (np.uint64(s) % _WORD)) & _ONE


@kernel
def find_holes(a, order, guess, words, spare):
    """All holes of P up to T/2: the last one, -1 if there is none; the set, ``zero`` and a second buffer; and T.

    If some of the items, with sum t, leave no hole between h and t - h, and t - 2h - 1 is at least the largest item,
    then each further item stretches this interval to the right, and P has no hole between h and T - h. So the sums up
    to about ``guess`` usually suffice, though T/2 may be far above. ``order`` is room for the items.
    """
    total, largest = np.int64(0), np.int64(0)
    for i in range(a.size):
        total += a[i]
        largest = max(largest, a[i])
    small, rest = 0, a.size  # the smaller half of the items first
    for i in range(a.size):
        if 2 * a[i] <= largest:
            order[small] = a[i]
            small += 1
        else:
            rest -= 1
            order[rest] = a[i]
    limit = min(guess, total // 2)
    while True:
        zero = np.uint64(limit // 64 + 1)
        limit = np.int64(zero) * 64 - 1
        if words.size < 2 * zero:
            words, spare = np.empty(2 * zero + 8, np.uint64), np.empty(2 * zero + 8, np.uint64)
        for w in range(2 * zero):
            words[w] = spare[w] = 0
        words[zero] = 1
        first, taken = 0, np.int64(0)
        while first < order.size and (limit >= total // 2 or taken + order[first] <= 2 * limit):
            taken += order[first]
            first += 1
        _take_range(words, spare, zero, order, 0, first)
        # With so many items the set still shows the middle.
        if first == order.size or taken - 2 * last_hole(words, zero, taken // 2) - 1 >= largest:
            _take_range(words, spare, zero, order, first, order.size)
            return last_hole(words, zero, min(limit, total // 2)), words, spare, zero, total
        limit = total // 2


@kernel
def _take_range(words, spare, zero, items, first, stop):
    i = first
    while i < stop:
        if np.uint64(items[i]) >= zero * _WORD:
            i += 1
        elif i + 1 < stop and np.uint64(items[i + 1]) < zero * _WORD:
            take_up(words, spare, zero, items[i])
            take_up(spare, words, zero, items[i + 1])
            i += 2
        else:
            take_up(words, spare, zero, items[i])
            for w in range(zero, zero + zero):
                words[w] = spare[w]
            i += 1


@kernel
def missing_fractions(magnitudes, largest, single, out, halt):
    """Fraction of the sign patterns for which -largest..largest is not covered, or for which ``largest`` is missed."""
    rows, n = magnitudes.shape
    order = np.empty(n, np.int64)
    words, spare = np.empty(0, np.uint64), np.empty(0, np.uint64)
    counts, spare_counts = np.empty(0), np.empty(0)
    for r in range(rows):
        if halt[0]:
            return
        hole, words, spare, word_zero, total = find_holes(magnitudes[r], order, 2 * largest, words, spare)
        top = min(total // 2, hole + largest)
        zero = np.uint64(top + 1)
        if counts.size < 2 * zero:
            counts, spare_counts = np.empty(2 * zero + 64), np.empty(2 * zero + 64)
        for s in range(2 * zero):
            counts[s] = spare_counts[s] = 0.0
        counts[zero] = 1.0
        for i in range(n):
            if order[i] <= top:
                count_up(counts, spare_counts, zero, order[i])
                counts, spare_counts = spare_counts, counts
        if single:
            found = _onto_holes(counts[zero:], words, word_zero, total, hole, largest)
        else:
            found = _near_holes(counts[zero:], words, word_zero, total, top, hole, largest)
        out[r] = found * 0.5**n


@kernel
def _near_holes(counts, words, zero, total, top, hole, largest):
    """Sum of the counts over all s with a hole among s - largest..s + largest."""
    found = 0.0
    y = np.int64(-1)  # the first hole at or above s - largest; below 0 all are, and the upper half mirrors the lower
    for s in range(top + 1):
        if s - largest > y:
            y = s - largest
            while not is_hole(words, zero, y):  # stops at ``hole``: s <= hole + largest
                y += 1
        if y <= s + largest:
            found += counts[s] if 2 * s == total else 2.0 * counts[s]
    return found


@kernel
def _onto_holes(counts, words, zero, total, hole, target):
    """Sum of the counts over all s with s + target a hole, target >= 0."""
    found = 0.0
    for y in range(target, min(hole, total) + 1):  # holes of the lower half
        if is_hole(words, zero, y):
            found += counts[min(y - target, total - y + target)]
    for y in range(-target, hole + 1):  # and of the upper one, at total - y; those above total, for y < 0
        if total - y > hole and y + target <= total and (y < 0 or is_hole(words, zero, y)):
            found += counts[min(y + target, total - y - target)]
    return found
