"""Kernels: differencing in a sorted buffer for few items, on a heap for many."""

import numpy as np

from slthlib.sums._jit import kernel


@kernel
def difference_rows(items, use_heap, signs, differences, evident, halt):
    rows, n = items.shape
    values = np.empty(n, np.int64)  # the numbers still on the table, and for each the item that speaks for it
    speakers = np.empty(n, np.int64)
    stays = np.empty(n, np.int64)  # step t put item leaves[t] opposite to item stays[t]
    leaves = np.empty(n, np.int64)
    for r in range(rows):
        if halt[0]:
            return
        sizes = np.abs(items[r])
        if use_heap:
            last = _difference_on_heap(sizes, values, speakers, stays, leaves)
        else:
            last = _difference_in_buffer(sizes, values, speakers, stays, leaves)
        differences[r] = values[0]
        largest = others = np.int64(0)
        for i in range(n):
            others += min(largest, sizes[i])
            largest = max(largest, sizes[i])
        # All differences have one parity, and none is smaller than what the largest number outweighs the others by.
        evident[r] = values[0] <= 1 or values[0] == largest - others
        signs[r, last] = 1
        for t in range(n - 2, -1, -1):  # the last commitment was made by items that are placed by now
            signs[r, leaves[t]] = -signs[r, stays[t]]
        for i in range(n):
            if items[r, i] < 0:
                signs[r, i] = -signs[r, i]


@kernel
def _difference_in_buffer(sizes, values, speakers, stays, leaves):
    """Keep the numbers sorted; a difference is inserted by shifting the larger ones up."""
    n = sizes.size
    for count in range(n):
        _insert(values, speakers, count, sizes[count], count)
    for t in range(n - 1):
        top = n - 1 - t
        stays[t], leaves[t] = speakers[top], speakers[top - 1]
        _insert(values, speakers, top - 1, values[top] - values[top - 1], speakers[top])
    return speakers[0]


@kernel
def _insert(values, speakers, count, value, speaker):
    p = count
    while p > 0 and values[p - 1] > value:
        values[p] = values[p - 1]
        speakers[p] = speakers[p - 1]
        p -= 1
    values[p] = value
    speakers[p] = speaker


@kernel
def _difference_on_heap(sizes, values, speakers, stays, leaves):
    """A binary heap with the largest number at the root; a step sinks the root twice."""
    n = sizes.size
    for i in range(n):
        values[i], speakers[i] = sizes[i], i
    for i in range(n // 2 - 1, -1, -1):
        _sink(values, speakers, i, n)
    count = n
    for t in range(n - 1):
        largest, speaker = values[0], speakers[0]
        count -= 1
        values[0], speakers[0] = values[count], speakers[count]
        _sink(values, speakers, 0, count)
        stays[t], leaves[t] = speaker, speakers[0]
        values[0], speakers[0] = largest - values[0], speaker
        _sink(values, speakers, 0, count)
    return speakers[0]


@kernel
def _sink(values, speakers, i, count):
    value, speaker = values[i], speakers[i]
    while True:
        child = 2 * i + 1
        if child >= count:
            break
        if child + 1 < count and values[child + 1] > values[child]:
            child += 1
        if values[child] <= value:
            break
        values[i], speakers[i] = values[child], speakers[child]
        i = child
    values[i], speakers[i] = value, speaker
