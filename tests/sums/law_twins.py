"""Slow and obvious forms of the laws of subset sum, and exact numbers to hold them against."""

import itertools
import math
from fractions import Fraction

import numpy as np


def average_over_drift(function, points=12_001):
    """E function(G) for a standard normal G, by the trapezoid rule on a fine grid from -10 to 10."""
    g = np.linspace(-10, 10, points)
    values = np.array([function(x) for x in g]) * np.exp(-g * g / 2) / math.sqrt(2 * math.pi)
    return float(np.sum((values[1:] + values[:-1]) / 2) * (g[1] - g[0]))


def rates(n, places, variance):
    """The rate of subset sums at places, as a function of the drift."""
    top = 2 ** (n + 1) / math.sqrt(2 * math.pi * n * variance)
    shift = 2 * np.asarray(places) / math.sqrt(n * variance)
    return lambda g: top * np.exp(-((g - shift) ** 2) / 2)


def all_integers(n, M, *, largest=None, tolerance=0, points=12_001):
    """The law of all targets, every target one by one."""
    T = M if largest is None else largest
    rate = rates(n, np.arange(-T, T + 1), M * (M + 1) / 3)
    if tolerance == 0:
        return average_over_drift(lambda g: math.exp(-np.exp(-rate(g)).sum()), points)

    def covered(g):
        x, w = rate(-abs(g))[::-1], 2 * tolerance + 1  # the last place is the far end
        return -math.expm1(-w * x[0]) * math.exp(-(-np.expm1(-x) * np.exp(-w * x)).sum())

    return average_over_drift(covered, points)


def all_reals(n, eps, largest=1.0, points=4_001):
    z = np.linspace(-largest, largest, 2001)
    rate = rates(n, z, 1 / 3)

    def covered(g):
        x = rate(abs(g))  # the far end is the first place
        gaps = x * np.exp(-2 * eps * x)
        return -math.expm1(-2 * eps * x[0]) * math.exp(-np.sum((gaps[1:] + gaps[:-1]) / 2) * (z[1] - z[0]))

    return average_over_drift(covered, points)


def every_subset(n):
    """All subsets as rows of 0 and 1, int64 [2**n, n]."""
    return (np.arange(2**n)[:, None] >> np.arange(n)) & 1


def exact_mean(n, M, target, tolerance=0, size=None):
    """Exact mean number of nonempty subsets with a sum within tolerance of target, from the law of k items."""
    law, total = np.ones(1), 0.0
    for k in range(1, n + 1):
        law = np.convolve(law, np.full(2 * M + 1, 1 / (2 * M + 1)))
        if size in (None, k):
            near = law[max(k * M + target - tolerance, 0) : max(k * M + target + tolerance + 1, 0)].sum()
            total += math.comb(n, k) * near
    return total


def exact_all_targets(n, M, T=None):
    """P(every target is reached) over all (2 M + 1)**n problems, as a fraction."""
    T, good = M if T is None else T, 0
    for items in itertools.product(range(-M, M + 1), repeat=n):
        sums = {0}
        for x in items:
            sums |= {s + x for s in sums}
        good += all(t in sums for t in range(-T, T + 1))
    return Fraction(good, (2 * M + 1) ** n)
