"""Kernels for the largest gap between sums: a bit for each short interval, and long runs of zeros looked at exactly.

A few small items are set apart. The sums of the others mark bits one by one; each of the 2**m sums of those set apart
then joins a shifted copy, 64 bits at a time, so that a sum costs a fraction of a step. Positions are rounded down
twice, once for either part: a sum of interval t sets bit t or t + 1.
"""

import numpy as np

from slthlib.sums._coverage_kernels import neighbours
from slthlib.sums._jit import kernel

_ONE = np.uint64(1)
_SIX = np.uint64(6)
_LAST = np.uint64(63)
_TILE = np.uint64(2048)
#: Runs of so many zeros are sure to be seen.
SEEN = 31
_SLICE = 2**21  # bits: a quarter of a megabyte
# Subtracting the first and keeping the tops of the second shows whether any quarter, or half, of a word is zero.
_QUARTERS, _QUARTER_TOPS = np.uint64(0x0001000100010001), np.uint64(0x8000800080008000)
_HALVES, _HALF_TOPS = np.uint64(0x0000000100000001), np.uint64(0x8000000080000000)


@kernel
def occupied(a, b, spare, apart, low, high, bits, marks, out, halt):
    """Set bit t or t + 1 of ``out`` for every sum s within low..high, where t = (s - low) >> bits, and no other bit.

    ``apart`` are the signed sums of the items that are in neither list, the largest first. ``marks`` is a buffer
    longer than ``out`` by as many words as the largest shift takes, and two more.
    """
    reach = apart[0]
    start = low - reach
    marks[:] = 0
    _mark(a, b, spare, start, high + reach, bits, marks, halt)
    if spare:
        _mark(a, b, -spare, start, high + reach, bits, marks, halt)
    for at in range(np.uint64(0), np.uint64(out.size), _TILE):
        stop = min(np.uint64(out.size), at + _TILE)
        out[at:stop] = 0
        for x in apart:
            if halt[0]:
                return
            shift = np.uint64(reach - x) >> np.uint64(bits)
            words = shift >> _SIX
            _join(out[at:stop], marks[at + words : stop + words + _ONE], shift & _LAST)
    # The last word also has bits of sums beyond ``high``.
    past = ((high - low) >> bits) + 2
    for k in range(past >> 6, out.size):
        keep = _ONE << np.uint64(past & 63) if k == past >> 6 else _ONE
        out[k] &= keep - _ONE


@kernel
def _mark(a, b, base, low, high, bits, marks, halt):
    """Set the bit of every sum base + a[i] + b[j] within low..high, in slices of marks that stay in the cache."""
    at = np.empty(a.size, np.uint64)
    j = b.size
    for i in range(a.size):
        x = base + a[i] - low
        while j > 0 and x + b[j - 1] >= 0:
            j -= 1
        at[i] = j
    shift = np.uint64(bits)
    slices = ((high - low) >> bits) // _SLICE + 1
    for s in range(slices):
        if halt[0]:
            return
        top = high - low if s == slices - 1 else ((s + 1) * _SLICE << bits) - 1
        for i in range(a.size):
            x = base + a[i] - low
            k = at[i]
            while k < np.uint64(b.size):
                value = x + b[k]
                if value > top:
                    break
                c = np.uint64(value) >> shift
                marks[c >> _SIX] |= _ONE << (c & _LAST)
                k += _ONE
            at[i] = k


@kernel
def _join(to, there, down):
    up = _LAST - down
    for k in range(np.uint64(to.size)):  # shifting in two steps, since a shift by 64 is not defined
        to[k] |= (there[k] >> down) | ((there[k + _ONE] << _ONE) << up)


@kernel
def long_runs(out, starts, lengths):
    """The longest runs of zeros between ones: how many within 3 of the longest, and its length, 0 if below `SEEN`.

    As many as fit are written to ``starts`` and ``lengths``. A run of 31 zeros holds an aligned quarter of a word,
    one of 63 an aligned half, which is rare and quickly seen: few words have to be looked at closely.
    """
    found, longest = 0, np.int64(0)
    size = 8 * out.size
    done = 0  # the first byte that is not zero; later the first one after the last run looked at
    while done < size and _byte(out, done) == 0:
        done += 1
    for w in range(done // 8, out.size):
        word = out[w]
        units, tops = (_QUARTERS, _QUARTER_TOPS) if longest < 66 else (_HALVES, _HALF_TOPS)
        if (word - units) & ~word & tops == 0:
            continue
        q = max(done, 8 * w)
        while q < min(8 * w + 8, size):
            if _byte(out, q) != 0:
                q += 1
                continue
            before = q - 1
            while _byte(out, before) == 0:  # ends at the byte ``done`` at the latest
                before -= 1
            while q < size and _byte(out, q) == 0:
                q += 1
            if q == size:
                return found, longest
            done = q
            begin = np.int64(8 * before + 8 - _leading(_byte(out, before)))
            length = 8 * q + _trailing(_byte(out, q)) - begin
            if length < max(SEEN, longest - 3):
                continue
            if length > longest:
                kept = 0
                for k in range(min(found, starts.size)):
                    if lengths[k] >= length - 3:
                        starts[kept], lengths[kept] = starts[k], lengths[k]
                        kept += 1
                if found <= starts.size or longest < length - 3:  # else nobody knows how many of them are left
                    found = kept
                longest = length
            if found < starts.size:
                starts[found], lengths[found] = begin, length
            found += 1
    return found, longest


@kernel
def _byte(words, q):
    return np.int64((words[q >> 3] >> np.uint64(8 * (q & 7))) & np.uint64(255))


@kernel
def _leading(byte):
    """Zeros above the highest one of a byte."""
    zeros = 0
    while byte < 128:
        byte, zeros = 2 * byte, zeros + 1
    return zeros


@kernel
def _trailing(byte):
    """Zeros below the lowest one of a byte."""
    zeros = 0
    while not byte & 1:
        byte, zeros = byte >> 1, zeros + 1
    return zeros


@kernel
def largest_gap_near(a, b, spare, low, high, bits, starts, lengths, best, halt):
    """The largest gap between neighbouring sums within low..high that one of the runs belongs to, or ``best``.

    A run of r zeros is part of a gap shorter than (r + 3) * 2**bits: where that is no more than the largest gap
    found, nobody has to look. Two runs are looked at together.
    """
    n = starts.size
    i = 0
    while i < n and not halt[0]:
        first = second = -1
        while i < n and second < 0:
            if (lengths[i] + 3) << bits > best:
                if first < 0:
                    first = i
                else:
                    second = i
            i += 1
        if first < 0:
            break
        second = max(second, first)
        point = low + ((starts[first] + lengths[first] // 2) << bits)
        other = low + ((starts[second] + lengths[second] // 2) << bits)
        below, above, below_other, above_other = neighbours(a, b, spare, point, other, halt)
        if below >= low and above <= high:
            best = max(best, above - below)
        if below_other >= low and above_other <= high:
            best = max(best, above_other - below_other)
    return best
