"""Kernel: the first subset that is good enough, where a tolerance makes one easy to find.

All sums of the first seven items are kept in a table. The others are chosen one by one to bring the middle of the
table to the goal, and then changed one at a time, in the order of a Gray code.
"""

import numpy as np

from slthlib.sums._jit import kernel
from slthlib.sums._subset_grid import FLIP, GOAL, STOP
from slthlib.sums._subset_masks import all_sums

_ZERO, _ONE = np.uint64(0), np.uint64(1)
_TABLE = 7
#: Below, an exact search is as fast.
SMALLEST = 14


@kernel
def find_good_rows(magnitudes, step, plans, masks, found, table, halt):
    """Fill ``masks`` where a good subset is found within a small part of the time of an exact search."""
    n = magnitudes.shape[1]
    rest = n - _TABLE
    tables = np.int64(1) + np.int64(2.0 ** (0.5 * n) / 32)
    tables = min(tables, np.int64(1) << min(rest, 24))
    for r in range(plans.shape[0]):
        if halt[0]:
            return
        items, goal, stop = magnitudes[r * step], plans[r, GOAL], plans[r, STOP]
        found[r] = False
        if stop == 0:  # no error on the grid is known to be good
            continue
        all_sums(items, 0, _TABLE, table)
        aim = np.int64(goal) - np.int64(table[table.size - 1] >> _ONE)
        base, chosen = np.int64(0), _ZERO
        for i in range(_TABLE, n):
            x = np.int64(items[i])
            if base + x <= aim:
                base += x
                chosen |= _ONE << np.uint64(i)
        width = stop + stop - _ONE
        for k in range(1, tables + 1):
            gate = np.uint64(base) - goal + stop - _ONE
            hits = _ZERO
            for p in range(table.size):
                hits += np.uint64(table[p] + gate < width)
            if hits:
                for p in range(table.size):
                    if table[p] + gate < width:
                        masks[r] = (np.uint64(p) | chosen) ^ plans[r, FLIP]
                        found[r] = True
                        break
                break
            flip = 0
            while not (k >> flip) & 1:
                flip += 1
            flip = min(flip, rest - 1) + _TABLE
            chosen ^= _ONE << np.uint64(flip)
            x = np.int64(items[flip])
            base += x if (chosen >> np.uint64(flip)) & _ONE else -x
