"""Kernels: the best partition of every row of a batch, two rows at a time."""

import numpy as np

from slthlib.sums._jit import kernel
from slthlib.sums._lists import find_signs, signed_sums_four, signed_sums_two, sweep


@kernel
def solve_rows(items, signs, differences, halt):
    """Item 0 keeps its side: a partition and its mirror image are one. One or two items stay out of both lists."""
    rows, n = items.shape
    if n == 1:
        for r in range(rows):
            signs[r, 0] = 1
            differences[r] = abs(items[r, 0])
        return
    half = (n - 2) // 2
    size = 1 << half
    a, b = np.empty(size, np.int64), np.empty(size, np.int64)
    paired = rows // 2 * 2
    if paired:
        c, d = np.empty(size, np.int64), np.empty(size, np.int64)
        for r in range(0, paired, 2):
            if halt[0]:
                return
            x, y = np.abs(items[r]), np.abs(items[r + 1])
            signed_sums_four(
                a, b, c, d,
                x[1 : 1 + half], x[1 + half : 1 + 2 * half], y[1 : 1 + half], y[1 + half : 1 + 2 * half],
                halt,
            )  # fmt: skip
            differences[r] = _pair_up(x, half, a, b, signs[r], halt)
            differences[r + 1] = _pair_up(y, half, c, d, signs[r + 1], halt)
    if paired < rows:
        x = np.abs(items[paired])
        signed_sums_two(a, b, x[1 : 1 + half], x[1 + half : 1 + 2 * half], halt)
        differences[paired] = _pair_up(x, half, a, b, signs[paired], halt)
    for r in range(rows):  # the lists were built from absolute values
        for i in range(n):
            if items[r, i] < 0:
                signs[r, i] = -signs[r, i]


@kernel
def _pair_up(x, half, a, b, signs, halt):
    """Sweep the two lists once for every way to place the items outside them; write the signs of the best."""
    n = x.size
    last = x[n - 1]
    second = x[n - 2] if n % 2 else np.int64(0)  # for odd n two items stay outside
    best = np.int64(9223372036854775807)
    left = right = np.int64(0)
    sign_last = sign_second = 1
    for choice in range(1 + n % 2):
        s = 1 - 2 * choice
        base = x[0] + s * second
        up, i, j, down, k, m = sweep(a, b, base + last, base - last, halt)
        if up < best:
            best, left, right, sign_last, sign_second = up, a[i], b[j], 1, s
        if down < best:
            best, left, right, sign_last, sign_second = down, a[k], b[m], -1, s
    signs[0] = 1
    find_signs(x[1 : 1 + half], left, signs[1 : 1 + half])
    find_signs(x[1 + half : 1 + 2 * half], right, signs[1 + half : 1 + 2 * half])
    if n % 2:
        signs[n - 2] = sign_second
    signs[n - 1] = sign_last
    return best
