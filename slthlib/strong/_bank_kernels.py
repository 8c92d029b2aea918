"""Kernels: one row of subset-sum problems after another, on a window of the integers, a bit for each sum.

The items of the problem (o, j) are ``A[o, j, r] * b[j, r]`` over the units r of the bank that are alive. They come in
the order of the bank. Bit p of the row of words stands for the sum ``p - half``. After each item the row is kept, so
that the subset is found backwards. Sums that leave the window are forgotten: that can cost a solution, never make a
wrong one, and whoever calls widens the window for what is left.
"""

import numpy as np

from slthlib.strong._jit import kernel

_ONE = np.uint64(1)
_SIX = np.uint64(6)
_LAST = np.uint64(63)


@kernel
def solve_block(a, b, bank, alive, count, targets, half, pad, rows, words, needed, halt):
    """Masks and, for each problem, after how many units of its bank it was solved.

    ``a`` [O, J, n] and ``b`` [banks, n] are the random weights, ``bank[j]`` the bank of coordinate j,
    ``alive[i, s, :]`` the units of bank i that branch s may use, ``count[i, s]`` of them, ``targets`` [O, J] what to
    reach. The window is from -half to half - 1, ``half`` a multiple of 64. ``rows`` [n + 1, window/64 + 2 pad] is room
    to work in, whose outer ``pad`` words on both sides stay zero, where no item exceeds 64 (pad - 1) in size.
    ``words`` [O, J, W] receives the masks. Problems with ``needed`` [O, J, S] >= 0 are done already and passed over;
    ``needed`` becomes 0 for the target 0 and stays -1 where no subset was found.
    """
    first = np.uint64(pad)
    last = np.uint64(rows.shape[1] - pad)
    for o in range(targets.shape[0]):
        if halt[0]:
            return
        for j in range(targets.shape[1]):
            target = targets[o, j]
            for s in range(count.shape[1]):
                if needed[o, j, s] >= 0:
                    continue
                if target == 0:
                    needed[o, j, s] = 0
                    continue
                if target < -half or target >= half:
                    continue
                _search(a[o, j], b[bank[j]], alive[bank[j], s], count[bank[j], s], target, half, first, last, rows,
                        words[o, j], needed[o, j], s)  # fmt: skip


@kernel
def _search(a, b, alive, count, target, half, first, last, rows, words, needed, s):
    for w in range(first, last):
        rows[0, w] = np.uint64(0)
    rows[0, first + (np.uint64(half) >> _SIX)] = _ONE
    place = np.int64(0)
    while place < count:
        unit = alive[place]
        x = np.int64(a[unit]) * np.int64(b[unit])
        p = target - x + half
        if 0 <= p < 2 * half and (rows[place, first + (np.uint64(p) >> _SIX)] >> (np.uint64(p) & _LAST)) & _ONE:
            break
        _shift(rows[place], rows[place + 1], x, first, last)
        place += 1
    if place == count:
        return
    needed[s] = alive[place] + 1
    rest = target
    while place >= 0:
        unit = alive[place]
        p = rest + half
        if not (rows[place, first + (np.uint64(p) >> _SIX)] >> (np.uint64(p) & _LAST)) & _ONE:
            words[unit >> 6] |= _ONE << (np.uint64(unit) & _LAST)
            rest -= np.int64(a[unit]) * np.int64(b[unit])
        place -= 1


@kernel
def _shift(old, new, x, first, last):
    """All sums with and without x."""
    size = np.uint64(abs(x))
    q = size >> _SIX
    r = size & _LAST
    if x == 0:
        for w in range(first, last):
            new[w] = old[w]
    elif x > 0:
        for w in range(first, last):
            new[w] = old[w] | (old[w - q] << r) | ((old[w - q - _ONE] >> (_LAST - r)) >> _ONE)
    else:
        for w in range(first, last):
            new[w] = old[w] | (old[w + q] >> r) | ((old[w + q + _ONE] << (_LAST - r)) << _ONE)
