"""Kernels: which sums can be made, one bit for each, 64 to a word.

Only absolute values enter: the sums of items X are those of |X|, shifted by the sum of the negative items. Those of
|X| are symmetric, p is one if and only if T - p is, so a table holds the lower half of them at most.
"""

import numpy as np

from slthlib.sums._jit import kernel

_ONE = np.uint64(1)
_TWO = np.uint64(2)
_SIX = np.uint64(6)
_LAST = np.uint64(63)
#: Shifts by at least so many words are joined in place; for shorter ones two buffers take turns.
_APART = np.uint64(128)


@kernel
def prepare(row):
    """Absolute values in ascending order, without zeros; the sum of the negative items; that of absolute values."""
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
    """Which part needed..top of the lower half tells everything about the sums of |X| from low to high."""
    top = min(high, total - low, total // 2)
    needed = min(low, total - high)
    return max(needed, np.int64(0)), max(top, np.int64(0))


@kernel
def words_for_table(sizes, top):
    """Lengths of the table and of the spare buffer that `fill_table` asks for."""
    reach = np.int64(0)
    for x in sizes:
        if np.uint64(x) >> _SIX >= _APART or reach >= top:
            break
        reach = min(reach + x, top)
    return top // 64 + 2, reach // 64 + 2


@kernel
def fill_table(sizes, needed, top, table, spare, halt):
    """Set bit p of ``table`` for every sum p with needed <= p <= top. Whatever other bit is set is a sum as well.

    ``sizes`` are positive and ascending, so that the range grows late. Word w stands at ``table[w + 1]``: the zero
    in front spares a test where a shifted word has no lower neighbour.
    """
    rest = np.int64(0)
    short = 0
    for x in sizes:
        if x > top:
            break
        rest += x
        short += (np.uint64(x) >> _SIX) < _APART
    table[:] = 0
    spare[:] = 0
    old, new = (table, spare) if short % 2 == 0 else (spare, table)  # the last turn has to end in ``table``
    old[1] = 1
    reach = np.int64(0)
    for i in range(sizes.size):
        x = sizes[i]
        if x > top or halt[0]:
            break
        rest -= x
        reach = min(reach + x, top)
        least = max(needed - rest, np.int64(0))  # what lies lower cannot come up to ``needed`` any more
        keep, last = np.uint64(least) >> _SIX, np.uint64(reach) >> _SIX
        if i < short:
            _join_apart(new, old, np.uint64(x), keep, last)
            old, new = new, old
        else:
            _join_in_place(table, np.uint64(x), keep, last)


@kernel
def _join_apart(new, old, x, keep, last):
    """Write old | old << x into words keep..last of ``new``."""
    words = x >> _SIX
    up = x & _LAST
    down = _LAST - up
    for w in range(keep, min(words, last + _ONE)):
        new[w + _ONE] = old[w + _ONE]
    first = max(words, keep)
    if first > last:
        return
    to = new[first + _ONE : last + _TWO]
    here = old[first + _ONE : last + _TWO]
    there = old[first - words : last - words + _TWO]
    for k in range(np.uint64(to.size)):  # shifting in two steps, since a shift by 64 is not defined
        to[k] = here[k] | (there[k + _ONE] << up) | ((there[k] >> _ONE) >> down)


@kernel
def _join_in_place(table, x, keep, last):
    """Join ``table`` with table << x in words keep..last: blocks from the top, too short to overlap their source."""
    words = x >> _SIX
    up = x & _LAST
    down = _LAST - up
    start = max(words, keep) + _ONE
    stop = last + _TWO
    while stop > start:
        at = stop - min(words, stop - start)
        to = table[at:stop]
        there = table[at - words - _ONE : stop - words]
        for k in range(np.uint64(to.size)):
            to[k] |= (there[k + _ONE] << up) | ((there[k] >> _ONE) >> down)
        stop = at


@kernel
def table_of(row, low, high, halt):
    """The table that tells which of low..high can be made, with the shift and the total to read it by."""
    sizes, shift, total = prepare(row)
    needed, top = fold(low - shift, high - shift, total)
    length, spare = words_for_table(sizes, top)
    table = np.empty(length, np.uint64)
    fill_table(sizes, needed, top, table, np.empty(spare, np.uint64), halt)
    return table, shift, total


@kernel
def count_reachable(rows, low, high, out, halt):
    """How many of the integers low[r]..high[r] some items of row r add up to; an empty range has none."""
    table = spare = np.empty(0, np.uint64)
    for r in range(rows.shape[0]):
        if halt[0]:
            return
        out[r] = 0
        if low[r] > high[r]:
            continue
        sizes, shift, total = prepare(rows[r])
        start, stop = low[r] - shift, high[r] - shift
        needed, top = fold(start, stop, total)
        length, other = words_for_table(sizes, top)
        if table.size < length:
            table = np.empty(length, np.uint64)
        if spare.size < other:
            spare = np.empty(other, np.uint64)
        fill_table(sizes, needed, top, table[:length], spare[:other], halt)
        half = total // 2
        out[r] = _ones_between(table, start, min(stop, half))
        out[r] += _ones_between(table, total - stop, min(total - start, total - half - 1))  # the mirrored half


@kernel
def _ones_between(table, low, high):
    """How many bits low..high of the table are set."""
    if low > high:
        return np.int64(0)
    first, last = np.uint64(low) >> _SIX, np.uint64(high) >> _SIX
    found = np.uint64(0)
    for w in range(first + _ONE, last + _TWO):
        found += _ones(table[w])
    found -= _ones(table[first + _ONE] & ((_ONE << (np.uint64(low) & _LAST)) - _ONE))
    found -= _ones((table[last + _ONE] >> (np.uint64(high) & _LAST)) >> _ONE)
    return np.int64(found)


@kernel
def _ones(w):
    """Bits set in a word: in pairs, in fours, in bytes, and these added up by one multiplication."""
    w = w - ((w >> _ONE) & np.uint64(0x5555555555555555))
    w = (w & np.uint64(0x3333333333333333)) + ((w >> _TWO) & np.uint64(0x3333333333333333))
    w = (w + (w >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (w * np.uint64(0x0101010101010101)) >> np.uint64(56)


@kernel
def _lowest(w):
    """Position of the lowest bit set; 64 if there is none."""
    return np.int64(_ones((w & (~w + _ONE)) - _ONE))


@kernel
def _highest(w):
    """Position of the highest bit set; -1 if there is none."""
    for k in range(6):
        w |= w >> (_ONE << np.uint64(k))
    return np.int64(_ones(w)) - 1


@kernel
def _at_most(table, p):
    """The largest sum up to p in the table; there is one, since 0 is a sum."""
    w = np.uint64(p) >> _SIX
    word = table[w + _ONE] & (~np.uint64(0) >> (_LAST - (np.uint64(p) & _LAST)))
    while word == 0:
        w -= _ONE
        word = table[w + _ONE]
    return np.int64(w << _SIX) + _highest(word)


@kernel
def _at_least(table, p, top):
    """The smallest sum from p to top in the table, or -1."""
    w, last = np.uint64(p) >> _SIX, np.uint64(top) >> _SIX
    word = table[w + _ONE] & (~np.uint64(0) << (np.uint64(p) & _LAST))
    while word == 0 and w < last:
        w += _ONE
        word = table[w + _ONE]
    found = np.int64(w << _SIX) + _lowest(word)
    return found if word != 0 and found <= top else np.int64(-1)


@kernel
def sums_around(table, total, p):
    """The largest sum up to p and the smallest from p on, for 0 <= p <= total; the table reaches total // 2."""
    half = total // 2
    q = min(p, total - p)
    below, above = _at_most(table, q), _at_least(table, q, half)
    if above < 0:  # beyond the middle: the mirror image of the largest sum below it
        above = total - _at_most(table, half)
    return (below, above) if p == q else (total - above, total - below)


@kernel
def largest_gap_in_table(table, total, low, high):
    """The largest gap between neighbouring sums within low..high, and the one around the middle if that is there."""
    half = total // 2
    best = np.int64(0)
    if low <= half and high >= total - half:
        best = total - 2 * _at_most(table, half)
        low, high = min(low, total - high), half
    elif low > half:
        low, high = total - high, total - low
    if low > high:
        return best
    last = _at_least(table, low, high)
    if last < 0:
        return best
    w, stop = np.uint64(last) >> _SIX, np.uint64(high) >> _SIX
    word = table[w + _ONE] & ((~np.uint64(0) << (np.uint64(last) & _LAST)) << _ONE)
    while True:
        if w == stop:
            word &= ~np.uint64(0) >> (_LAST - (np.uint64(high) & _LAST))
        if word != 0:
            here = np.int64(w << _SIX)
            lowest, highest = _lowest(word), _highest(word)
            best = max(best, here + lowest - last)
            if _has_gap(word, lowest, highest, best):
                at = here + lowest
                while word != 0:
                    at, last = here + _lowest(word), at
                    best = max(best, at - last)
                    word &= word - _ONE
            last = here + highest
        if w == stop:
            return best
        w += _ONE
        word = table[w + _ONE]


@kernel
def _has_gap(word, lowest, highest, best):
    """Whether two neighbouring ones of a word are more than ``best`` apart."""
    if best >= highest - lowest:
        return False
    zeros = ~word & (~np.uint64(0) << np.uint64(lowest)) & (~np.uint64(0) >> (_LAST - np.uint64(highest)))
    for _ in range(best - 1):  # what is left marks runs of ``best`` zeros
        zeros &= zeros >> _ONE
    return zeros != 0
