"""Slow twins of the linear models: rational arithmetic, so that an equality is an equality."""

from fractions import Fraction
from itertools import combinations

import numpy as np


def rational(array):
    """An array of fractions with the same values."""
    flat = [Fraction(int(v)) if float(v).is_integer() else Fraction(float(v)) for v in np.ravel(array)]
    out = np.empty(len(flat), dtype=object)
    out[:] = flat
    return out.reshape(np.shape(array))


def solve(a, b):
    """The solution of a z = b by Gauss and Jordan; None if a is singular."""
    n = len(a)
    rows = [[*a[i], b[i]] for i in range(n)]
    for i in range(n):
        pivot = next((r for r in range(i, n) if rows[r][i] != 0), None)
        if pivot is None:
            return None
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [v / rows[i][i] for v in rows[i]]
        for r in range(n):
            if r != i and rows[r][i] != 0:
                rows[r] = [v - rows[r][i] * p for v, p in zip(rows[r], rows[i], strict=True)]
    out = np.empty(n, dtype=object)
    out[:] = [row[-1] for row in rows]
    return out


def inverse(a):
    columns = [solve(a, [Fraction(int(i == j)) for i in range(len(a))]) for j in range(len(a))]
    return None if columns[0] is None else np.array(columns, dtype=object).T


def loss(x, y, w):
    residual = x @ w - y
    return residual @ residual / 2


def fit(x, y, kept):
    """Least squares on the kept columns, of least norm: exact, for columns or rows that are independent there."""
    kept = list(kept)
    part, w = x[:, kept], np.full(x.shape[1], Fraction(0), dtype=object)
    if len(kept) <= len(y):
        w[kept] = solve(part.T @ part, part.T @ y)
    else:
        w[kept] = part.T @ solve(part @ part.T, y)
    return w


def orthogonal(rng, n, d):
    """Rational columns at right angles, none of them zero, of all sorts of lengths."""
    while True:
        columns = []
        for draw in rng.integers(-3, 4, (d, n)):
            column = rational(draw)
            for other in columns:
                column = column - other * (column @ other) / (other @ other)
            columns.append(column)
            if not any(column):
                break
        else:
            return np.array(columns, dtype=object).T


def subsets(d, size):
    return [frozenset(kept) for kept in combinations(range(d), size)]


def largest(scores, size):
    """Every set of that size that holds the largest scores: more than one if there are ties."""
    full = set(range(len(scores)))
    return [
        kept
        for kept in subsets(len(scores), size)
        if size == len(scores) or min(scores[i] for i in kept) >= max(scores[i] for i in full - kept)
    ]


def in_general_position(x):
    """Whether any n of the columns of x (n, d) are independent."""
    return all(
        solve(x[:, list(kept)], [Fraction(0)] * len(x)) is not None for kept in combinations(range(x.shape[1]), len(x))
    )
