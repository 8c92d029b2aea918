"""Kernel: which items make a sum. The sorted lists carry no masks, so that a merge moves half as much."""

import numpy as np

from slthlib.sums._jit import kernel

_ZERO, _ONE = np.uint64(0), np.uint64(1)


@kernel
def all_sums(items, start, count, out):
    """out[mask] = sum of the items start, start + 1, ... in the mask."""
    out[0] = 0
    size = 1
    for k in range(count):
        x = items[start + k]
        for p in range(size):
            out[size + p] = out[p] + x
        size *= 2


@kernel
def find_mask(items, start, count, value, small, large):
    """A mask of items start, ..., start + count - 1 with this sum; there is one.

    Both halves of the items are enumerated unsorted and their sums compared in pairs: 2**count comparisons of
    contiguous numbers, which is a small part of what the sweep before has cost.
    """
    left = count // 2
    all_sums(items, start, left, small)
    all_sums(items, start + left, count - left, large)
    pairs = 1 << (count - left)
    for i in range(1 << left):
        wanted = value - small[i]
        hits = _ZERO
        for j in range(pairs):
            hits += np.uint64(large[j] == wanted)
        if hits:
            for j in range(pairs):
                if large[j] == wanted:
                    return np.uint64(i) | (np.uint64(j) << np.uint64(left))
    return _ZERO


@kernel
def find_mask_of_size(items, start, count, value, size, small, large):
    """The same among masks of ``size`` items."""
    left = count // 2
    all_sums(items, start, left, small)
    all_sums(items, start + left, count - left, large)
    pairs = 1 << (count - left)
    for i in range(1 << left):
        wanted = value - small[i]
        hits = _ZERO
        for j in range(pairs):
            hits += np.uint64(large[j] == wanted)
        if hits:
            for j in range(pairs):
                mask = np.uint64(i) | (np.uint64(j) << np.uint64(left))
                if large[j] == wanted and mask_size(mask) == size:
                    return mask
    return _ZERO


@kernel
def mask_size(mask):
    """How many items a mask holds."""
    size = 0
    while mask:
        mask &= mask - _ONE
        size += 1
    return size
