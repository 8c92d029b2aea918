"""Slow twins of the bounds and the certificates: the definitions, by enumeration and in exact arithmetic."""

from fractions import Fraction
from functools import cache
from itertools import combinations, product

import numpy as np

from slthlib.sums import laws


def subset_sums(items):
    sums = {0}
    for x in items:
        sums |= {s + x for s in sums}
    return sums


@cache
def failures(n, M):
    """Vectors of {-M..M}**n for which some target is missed: the number, over all (2M + 1)**n."""
    targets = set(range(-M, M + 1))
    # Order does not matter: the last item runs through everything, the others through the sets they can make.
    sets = {frozenset([0]): 1}
    for _ in range(n):
        new = {}
        for reached, many in sets.items():
            for x in range(-M, M + 1):
                grown = reached | {s + x for s in reached}
                new[grown] = new.get(grown, 0) + many
        sets = new
    return Fraction(sum(many for reached, many in sets.items() if not targets <= reached), (2 * M + 1) ** n)


@cache
def truths(M, last):
    """P(failure) for n = 1..last: by enumeration of magnitudes, itself held to `failures` in a test."""
    return np.array([laws.exact_failure(n, M) for n in range(1, last + 1)])


def fails_over_signs(magnitudes, largest):
    """Fraction of the sign patterns of these magnitudes for which a target of -largest..largest is missed."""
    targets = set(range(-largest, largest + 1))
    signs = list(product((1, -1), repeat=len(magnitudes)))
    return sum(not targets <= subset_sums(np.multiply(s, magnitudes).tolist()) for s in signs) / len(signs)


def misses_over_signs(magnitudes, target):
    signs = list(product((1, -1), repeat=len(magnitudes)))
    return sum(target not in subset_sums(np.multiply(s, magnitudes).tolist()) for s in signs) / len(signs)


def hole_bound(magnitudes, largest, unit):
    """fh(a) of the certificates, from its definition."""
    n, total = len(magnitudes), sum(magnitudes)
    holes = [y for y in range(total // 2 + 1) if y not in subset_sums(magnitudes)]
    top = ((holes[-1] if holes else -1) + largest) // unit
    count = sum(sum(x // unit for x in chosen) <= top for k in range(n + 1) for chosen in combinations(magnitudes, k))
    return min(1.0, count * 2.0 ** (1 - n))


def majorant(points, at):
    """Least concave majorant at ``at`` of the values at the integer ``points``: over all pairs around it."""
    best = 0.0
    for a, left in points.items():
        for b, right in points.items():
            if a <= at <= b:
                best = max(best, left if a == b else (left * (b - at) + right * (at - a)) / (b - a))
    return best


def growth(M, steps, gain=0.5):
    """G_0, ..., G_steps of the growth bound, each a list over r = 0..N."""
    count = 2 * M + 1
    values = [1.0] * count + [0.0]
    out = [values]
    for _ in range(steps):
        new = [0.0] * (count + 1)
        for r in range(count - 1, 0, -1):
            window = {x: values[x] for x in range(r, min(2 * r, count) + 1)}
            new[r] = max(new[r + 1], majorant(window, r + gain * r * (count - r) / count))
        new[0] = new[1]
        out.append(new)
        values = new
    return out


def worst_ratio(truth, bound):
    """Largest truth / bound where the bound is in (.01, .9), and the number of such places."""
    inside = (bound > 0.01) & (bound < 0.9)
    return float((truth / bound)[inside].max()), int(inside.sum())
