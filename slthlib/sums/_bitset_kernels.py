"""Kernels: which sums can be made, one bit for each, 64 to a word.

Only absolute values enter: the sums of items X are those of |X|, shifted by the sum of the negative items. Those of
|X| are symmetric, p is one if and only if T - p is, so the table holds them up to T // 2 at most.
"""

import numpy as np

from slthlib.sums._jit import kernel

_ONE = np.uint64(1)
_FULL = np.uint64(63)


@kernel
def fill_table(sizes, needed, top, table, halt):
    """Set bit p of ``table`` for every sum p of items with needed <= p <= top; other set bits are sums as well.

    ``sizes`` are positive and ascending, so that the table grows late. Word w stands at ``table[w + 1]``: the zero
    in front spares a test where a shifted word has no lower neighbour.
    """
    table[:] = 0
    table[1] = 1
    reach = np.int64(0)
    rest = np.int64(0)
    for i in range(sizes.size):
        if sizes[i] <= top:
            rest += sizes[i]
    for i in range(sizes.size):
        x = sizes[i]
        if x > top or halt[0]:
            break
        rest -= x
        reach = min(reach + x, top)
        first = max(x, needed - rest)  # what lies lower cannot come up to ``needed`` any more
        if first <= reach:
            _or_shifted(table, np.uint64(x), np.uint64(first) >> np.uint64(6), np.uint64(reach) >> np.uint64(6))


@kernel
def _or_shifted(table, x, first, last):
    """table |= table << x, in words first..last, downwards so that every word read is still the old one."""
    words = x >> np.uint64(6)
    up = x & _FULL
    down = (np.uint64(64) - up) & _FULL
    keep = np.uint64(0) if up == 0 else ~np.uint64(0)
    p = last + _ONE
    while p >= first + _ONE:
        s = p - words
        table[p] |= (table[s] << up) | ((table[s - _ONE] >> down) & keep)
        p -= _ONE


@kernel
def _word_at(table, top, p):
    """64 bits from position p on, zero outside the table."""
    size = top // 64 + 1
    q = p >> 6
    r = np.uint64(p & 63)
    out = np.uint64(0)
    if 0 <= q < size:
        out = table[q + 1] >> r
    if r and 0 <= q + 1 < size:
        out |= table[q + 2] << (np.uint64(64) - r)
    return out


@kernel
def _reversed_word(w):
    w = ((w >> np.uint64(1)) & np.uint64(0x5555555555555555)) | ((w & np.uint64(0x5555555555555555)) << np.uint64(1))
    w = ((w >> np.uint64(2)) & np.uint64(0x3333333333333333)) | ((w & np.uint64(0x3333333333333333)) << np.uint64(2))
    w = ((w >> np.uint64(4)) & np.uint64(0x0F0F0F0F0F0F0F0F)) | ((w & np.uint64(0x0F0F0F0F0F0F0F0F)) << np.uint64(4))
    w = ((w >> np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)) | ((w & np.uint64(0x00FF00FF00FF00FF)) << np.uint64(8))
    w = ((w >> np.uint64(16)) & np.uint64(0x0000FFFF0000FFFF)) | ((w & np.uint64(0x0000FFFF0000FFFF)) << np.uint64(16))
    return (w >> np.uint64(32)) | (w << np.uint64(32))


@kernel
def _window_word(table, top, total, p):
    """Sums p..p+63 of |X|, read from the lower half and its mirror image."""
    return _word_at(table, top, p) | _reversed_word(_word_at(table, top, total - p - 63))


@kernel
def _ones(w):
    w = w - ((w >> np.uint64(1)) & np.uint64(0x5555555555555555))
    w = (w & np.uint64(0x3333333333333333)) + ((w >> np.uint64(2)) & np.uint64(0x3333333333333333))
    w = (w + (w >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (w * np.uint64(0x0101010101010101)) >> np.uint64(56)


@kernel
def prepare(row):
    """Absolute values in ascending order, without zeros; the sum of the negative items; the sum of absolute values."""
    sizes = np.sort(np.abs(row))
    shift = total = np.int64(0)
    zeros = 0
    for i in range(row.size):
        shift += min(row[i], np.int64(0))
        total += sizes[i]
        zeros += sizes[i] == 0
    return sizes[zeros:], shift, total


@kernel
def fold(low, high, total):
    """The sums of |X| from low to high, as part of the lower half: all of needed..top has to be known."""
    half = total // 2
    top = min(high, total - low, half)
    needed = min(low, total - high)
    return max(needed, np.int64(0)), max(top, np.int64(0))


@kernel
def reachable_words(row, low, high, out, halt):
    """Bit i of ``out`` tells whether some items add up to low + i; bits beyond high are zero."""
    sizes, shift, total = prepare(row)
    needed, top = fold(low - shift, high - shift, total)
    table = np.empty(top // 64 + 2, np.uint64)
    fill_table(sizes, needed, top, table, halt)
    _copy_window(table, top, total, low - shift, high - low + 1, out)


@kernel
def _copy_window(table, top, total, start, length, out):
    words = (length + 63) // 64
    for w in range(words):
        out[w] = _window_word(table, top, total, start + 64 * w)
    extra = np.uint64(64 * words - length)
    out[words - 1] &= ~np.uint64(0) >> extra


@kernel
def count_reachable(rows, low, high, out, halt):
    """How many of the integers low[r]..high[r] some items of row r add up to; an empty range has none."""
    for r in range(rows.shape[0]):
        if halt[0]:
            return
        out[r] = 0
        if low[r] > high[r]:
            continue
        sizes, shift, total = prepare(rows[r])
        needed, top = fold(low[r] - shift, high[r] - shift, total)
        table = np.empty(top // 64 + 2, np.uint64)
        fill_table(sizes, needed, top, table, halt)
        length = high[r] - low[r] + 1
        words = (length + 63) // 64
        start = low[r] - shift
        found = np.uint64(0)
        for w in range(words - 1):
            found += _ones(_window_word(table, top, total, start + 64 * w))
        extra = np.uint64(64 * words - length)
        found += _ones(_window_word(table, top, total, start + 64 * (words - 1)) & (~np.uint64(0) >> extra))
        out[r] = np.int64(found)
