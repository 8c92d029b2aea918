"""Slow and exact tools for the page of the sharp theorems: transforms, integrals, and whole laws by enumeration."""

import math
from collections import Counter
from fractions import Fraction
from itertools import combinations_with_replacement

import numpy as np


def phi(theta, M):
    """E exp(i theta X) for X uniform on {-M..M}, from the definition: a cosine for each value."""
    theta = np.asarray(theta, dtype=float)
    out = np.ones_like(theta)
    for x in range(1, M + 1):
        out += 2 * np.cos(x * theta)
    return out / (2 * M + 1)


def kernel(theta, M):
    """The same by the closed form sin(N theta / 2) / (N sin(theta / 2)), which does not grow with M."""
    theta = np.asarray(theta, dtype=float)
    half, N = np.sin(theta / 2), 2 * M + 1
    flat = np.abs(half) < 1e-9
    return np.where(flat, 1.0, np.sin(N * theta / 2) / (N * np.where(flat, 1.0, half)))


def integrate(f, edges, order=24):
    """Gauss and Legendre's rule of that order between neighbouring edges, which sit where f may have a corner."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    edges = np.asarray(edges, dtype=float)
    middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
    return float((half[:, None] * weights * f(middle[:, None] + half[:, None] * nodes)).sum())


def zeros_of_phi(M):
    """The points 2 pi k / N in [0, pi], and pi: between neighbours phi keeps its sign."""
    N = 2 * M + 1
    return np.append(2 * np.pi * np.arange(M + 1) / N, np.pi)


def norm_of_phi(n, M):
    """J = int_{-pi}^{pi} (1 + |phi|)^n."""
    return 2 * integrate(lambda theta: (1 + np.abs(kernel(theta, M))) ** n, zeros_of_phi(M))


def multisets(M, n):
    """Every multiset of n items from {-M..M}, with the number of its orders: the weights add up to N^n."""
    for items in combinations_with_replacement(range(-M, M + 1), n):
        orders = math.factorial(n)
        for count in Counter(items).values():
            orders //= math.factorial(count)
        yield items, orders


def counts(items):
    """Y(y) for y = -reach..reach, where reach = sum |x|: how many subsets have sum y. A bin for each sum."""
    reach = sum(abs(x) for x in items)
    table = np.zeros(2 * reach + 1, dtype=object if len(items) > 52 else np.int64)
    table[reach] = 1
    for x in items:
        table = table + np.roll(table, x)  # no sum leaves [-reach, reach], so nothing wraps around
    return table, reach


def count_at(items, low, high):
    """Y(y) for y = low..high."""
    table, reach = counts(items)
    out = np.zeros(high - low + 1, dtype=table.dtype)
    first, last = max(low, -reach), min(high, reach)
    if first <= last:
        out[first - low : last - low + 1] = table[first + reach : last + reach + 1]
    return out


def set_law(M, n, start=0):
    """The law of R_n: {bitmask of the sums, bit n*M + start for 0: number of vectors that give it}, exact integers."""
    home = n * M + start
    law = {1 << home: 1}
    for _ in range(n):
        after = Counter()
        for sums, weight in law.items():
            for x in range(-M, M + 1):
                after[sums | (sums << x if x >= 0 else sums >> -x)] += weight
        law = after
    return law, home


def failures(M, largest):
    """P(fail_n) for n = 0..largest as fractions: R is a Markov chain, and a set without a hole stays without one."""
    N, home = 2 * M + 1, largest * M
    window = ((1 << N) - 1) << (home - M)
    law, out = {1 << home: 1}, [Fraction(1)]
    for n in range(1, largest + 1):
        after = Counter()
        for sums, weight in law.items():
            for x in range(-M, M + 1):
                new = sums | (sums << x if x >= 0 else sums >> -x)
                if new & window != window:
                    after[new] += weight
        law = after
        out.append(Fraction(sum(law.values()), N**n))
    return out


def scaled_counts(items):
    """2^-n Y for many items, by the product of transforms: (values, smallest sum). Exact to about 1e-15 a bin."""
    items = np.asarray(items)
    low, high = int(items[items < 0].sum()), int(items[items > 0].sum())
    size = 1 << (high - low + 1).bit_length()
    theta = 2 * np.pi * np.arange(size // 2 + 1) / size
    log, phase = np.zeros(len(theta)), theta * items.sum() / 2
    sign = np.ones(len(theta))
    for x, times in Counter(np.abs(items).tolist()).items():
        cosine = np.cos(x * theta / 2)
        log += times * np.log(np.maximum(np.abs(cosine), 1e-300))
        sign *= np.sign(cosine) ** (times % 2)
    transform = sign * np.exp(log) * np.exp(-1j * (phase - theta * low))
    return np.fft.irfft(transform, size)[: high - low + 1], low
