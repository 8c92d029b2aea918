"""Kernels: run one layer of a ticket, and add up what its masks keep. Random weights come block by block.

All arrays of numbers are of one type: int64, float64 or float32.
"""

import numpy as np

from slthlib.strong._jit import kernel

_ONE = np.uint64(1)


@kernel
def run_block(a, b, bank, words, base, step, x, zero, y, halt):
    """Add the kept connections of some neurons to ``y`` [O, N].

    Unit r of coordinate j computes ``max(b[bank[j], r] * x, 0)`` of the row ``base[j] + r * step[j]`` of ``x`` [., N];
    the connection to neuron o multiplies that by ``a[o, j, r]``.
    """
    for o in range(a.shape[0]):
        if halt[0]:
            return
        for j in range(a.shape[1]):
            for w in range(words.shape[2]):
                left = words[o, j, w]
                r = np.uint64(64 * w)
                while left:
                    if left & _ONE:
                        outer = a[o, j, r]
                        inner = b[bank[j], r]
                        row = x[base[j] + np.int64(r) * step[j]]
                        for n in range(row.size):
                            y[o, n] += outer * max(inner * row[n], zero)
                    left >>= _ONE
                    r += _ONE


@kernel
def weigh_block(a, b, bank, words, sums, sizes, halt):
    """The effective weights of each branch, and the sums of the absolute values of what is kept [O, J, S]."""
    for o in range(a.shape[0]):
        if halt[0]:
            return
        for j in range(a.shape[1]):
            for w in range(words.shape[2]):
                left = words[o, j, w]
                r = np.uint64(64 * w)
                while left:
                    if left & _ONE:
                        inner = b[bank[j], r]
                        s = 1 if inner < 0 and sums.shape[2] > 1 else 0
                        item = a[o, j, r] * inner
                        sums[o, j, s] += item
                        sizes[o, j, s] += abs(item)
                    left >>= _ONE
                    r += _ONE
