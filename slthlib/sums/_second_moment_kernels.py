"""Kernel of the second-moment bound: pairs of subsets that both make the target, cell by cell of the sum of all."""

import numpy as np

from slthlib.sums._jit import kernel


@kernel
def pair_moments(both, one, both_zero, reach, boxes, origin, targets, out, halt):
    """``out[i, c]``: sum over v, k + l + m <= n of both[t - v, k] one[v, l] box[m] of cell c, t = targets[0] + i.

    ``both[u, k]`` are the weights of k shared items with sum u, ``one[v, l]`` those of l items in exactly one of the
    two subsets, each side with sum v, |v| <= reach; rows are shifted by ``both_zero`` and ``reach``. The n - k - l
    items in neither subset must bring the sum from t + v into cell c: ``boxes[r, m, q + c]`` with q and r the
    quotient and remainder of origin - t - v by the width. The axis m is padded with zeros to a multiple of 4.
    """
    n = both.shape[1] - 1
    width, padded, _ = boxes.shape
    cells = np.uint64(out.shape[1])
    weight = np.zeros(padded)
    first, last = targets[0], targets[1]
    for i in range(last - first):
        for c in range(cells):
            out[i, c] = 0.0
    # Targets inside diagonals t + v: the boxes stay in the nearest cache.
    for diagonal in range(first - reach, last + reach):
        if halt[0]:
            return
        place = origin - diagonal
        box = boxes[place % width]
        shift = np.uint64(place // width)
        for i in range(last - first):
            t = first + i
            v = diagonal - t
            if abs(v) > reach:
                continue
            for m in range(n + 1):
                weight[m] = 0.0
            shared, single = both[both_zero + t - v], one[reach + v]
            for k in range(n + 1):
                if shared[k] != 0.0:
                    for m in range(n - k + 1):
                        weight[m] += shared[k] * single[n - k - m]
            row = out[i]
            for m in range(0, padded, 4):
                w0, w1, w2, w3 = weight[m], weight[m + 1], weight[m + 2], weight[m + 3]
                b0, b1, b2, b3 = box[m], box[m + 1], box[m + 2], box[m + 3]
                for c in range(cells):
                    s = shift + c
                    row[c] += (w0 * b0[s] + w1 * b1[s]) + (w2 * b2[s] + w3 * b3[s])
