"""Twins in plain NumPy that list every sum, and windows at the places where a window can go wrong."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
from partition_twins import FAMILIES, batches

INT64_MAX = 2**63 - 1


def all_sums(rows):
    """The sums of all subsets of every row, int64 [B, 2**n], the empty one first."""
    sums = np.zeros((len(rows), 1), np.int64)
    for x in rows.T:
        sums = np.hstack([sums, sums + x[:, None]])
    return sums


def counts_in(sums, low, high):
    """How many of the sums of one row are low, low + 1, ..., high; ends beyond int64 are welcome."""
    first, last = max(low, -INT64_MAX), min(high, INT64_MAX)
    if first > last:
        return np.zeros(high - low + 1, np.int64)
    kept = sums[(sums >= first) & (sums <= last)]
    return np.bincount(kept - first + (first - low), minlength=high - low + 1)


def missed_in(sums, low, high):
    """How many of low..high are no sum, for every row."""
    order = np.sort(sums, axis=1)
    new = np.hstack([np.ones((len(order), 1), bool), order[:, 1:] != order[:, :-1]])
    return high - low + 1 - (new & (order >= low) & (order <= high)).sum(axis=1)


def doubled_radii(sums, low, high):
    """Twice the covering radius of low..high by the sums of every row: largest at an end or midway between sums."""
    order = np.sort(sums, axis=1)
    best = np.maximum(np.abs(order - low).min(axis=1), np.abs(order - high).min(axis=1)) * 2
    middles = order[:, 1:] + order[:, :-1]  # doubled
    inside = (middles > 2 * low) & (middles < 2 * high)
    return np.maximum(best, np.where(inside, order[:, 1:] - order[:, :-1], 0).max(axis=1, initial=0))


def exact_radius(items, low, high):
    """The covering radius of real items as they are, a Fraction."""
    sums = {Fraction(0)}
    for x in items:
        sums |= {s + Fraction(float(x)) for s in sums}
    order = sorted(sums)
    low, high = Fraction(float(low)), Fraction(float(high))
    points = [low, high] + [(a + b) / 2 for a, b in pairwise(order) if 2 * low < a + b < 2 * high]
    return max(min(abs(s - z) for s in order) for z in points)


def windows(rng, sums, widths):
    """A hostile window for one row: around one of its sums, at its first or last one, outside, or around everything."""
    lowest, highest = int(sums.min()), int(sums.max())
    kind, width = rng.integers(7), int(rng.choice(widths))
    at = int(rng.choice(sums))
    if kind == 0:
        return at - width // 2, at - width // 2 + width
    if kind == 1:
        return lowest - width // 3, lowest - width // 3 + width
    if kind == 2:
        return highest - width, highest
    if kind == 3:
        return highest - width + 1, highest + 1
    if kind == 4:
        return (highest + 1, highest + 1 + width) if rng.integers(2) else (lowest - 1 - width, lowest - 1)
    if kind == 5:
        middle = (lowest + highest) // 2
        return middle - width // 2, middle - width // 2 + width
    if highest - lowest < 5000:
        return lowest - 1, highest + 1
    return at, at


def small_batches(count, *, families=tuple(FAMILIES), largest=10, seed=2026, size=60):
    """`partition_twins.batches` in pieces of at most so many rows, so that each piece can have a window of its own."""
    for family, rows in batches(count, families=families, largest=largest, seed=seed):
        for at in range(0, len(rows), size):
            yield family, rows[at : at + size]
