"""One target, items of a symmetric law on a grid: holes near the ends of the sums against the number of sign patterns.

Given the magnitudes, a target t is missed by the share 2**-n #{A : a(A) + t is a hole} of the sign patterns (label
``lem-cert-signs``). Near a sum y there are about c(y) subsets, so y is a hole with probability exp(-c(y)), and far from
the middle the density c is not normal: it is tilted. With K(x) = sum_j E ln(1 + exp(-x a_j)),

    y = -K'(x),   c = exp(K(x) + x y + r) / sqrt(2 pi K''(x)),   r = K_4 / (8 K_2**2) - 5 K_3**2 / (24 K_2**3),
    P(t missed) = 2**-n (integral over 1/2 < y < T/2 of [c(y - t) + c(y + t)] exp(-c(y)) dy + E #{A : a(A) < t}).

K_i are the derivatives of K, and r, the next term of the saddle point, is kept between -0.3 and 0.3. The last term
counts the patterns that miss for certain; it is exact. Items are a b with a uniform on -S..S; the law of
a single factor is the case b = 1. Items that are 0 change neither side and are left out, binomially.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from slthlib.sums.laws._common import LOG2
from slthlib.sums.laws._quadrature import panels

Array = NDArray[np.float64]

#: Tilts in units of one over the root mean square of the items: from the middle of the sums to their very ends.
_GRID = np.concatenate([np.linspace(0.0, 1.0, 36)[:-1], np.geomspace(1.0, 3e4, 240)])
#: Sums up to the farthest target are counted in so many cells at most.
_CELLS = 512
#: The next term of the saddle point is not believed beyond this.
_LARGEST_TERM = 0.3
#: Beyond this rate a sum is no hole.
_NEVER = 40.0


@lru_cache(maxsize=64)
def _one_factor(S: int) -> tuple[Array, Array]:
    """Log u [U]; the means over a = 1..S of ln(1 + e^-ua) and of its first four derivatives, up to sign: [5, U]."""
    v, weight = np.arange(1.0, min(S, 256) + 1), np.ones(min(S, 256))
    if S > 256:  # far from 0 the mean is an integral
        edges = np.append(256.5 * 2.0 ** np.arange(max(1, np.ceil(np.log2(S / 256.5)))), S + 0.5)
        nodes, more = panels(edges)
        v, weight = np.append(v, nodes), np.append(weight, more)
    u = np.geomspace(1e-9, 800.0, 2200)
    e = np.exp(-u[:, None] * v)
    q = 1 / (1 + e)
    p, vs = e * q, e * q * q
    rows = np.log1p(e), v * p, v**2 * vs, v**3 * vs * (1 - 2 * p), v**4 * vs * (1 - 6 * vs)
    return np.log(u), np.stack([row @ weight for row in rows]) / S


@dataclass(frozen=True)
class Items:
    """The law of an item a b: a uniform on -S..S, b one of ``b`` with ``weights``; it is 0 with probability ``zero``.

    ``x`` are the tilts [G], and ``tables`` [b, 5, G] for each b the means of ln(1 + e^-xz) and of its derivatives in x,
    up to sign, z = |a b| not 0. ``both`` says that b is of either sign, or 0.
    """

    S: int
    b: NDArray[np.int64]
    weights: Array
    zero: float
    x: Array
    tables: Array
    both: bool = False
    rows: dict[tuple[int, bytes], Array] = field(default_factory=dict)

    @classmethod
    def make(cls, S: int, b: NDArray[np.int64], weights: Array, zero: float, both: bool) -> "Items":
        scale = np.sqrt((weights * b * b).sum() * (S + 1) * (2 * S + 1) / 6)
        x = _GRID / scale
        log_u, means = _one_factor(S)
        at = np.log(np.maximum(np.multiply.outer(b.astype(np.float64), x), 1e-9))
        tables = np.stack([np.interp(at, log_u, row) for row in means], axis=1)
        tables *= b.astype(float)[:, None, None] ** np.arange(5)[:, None]
        return cls(S, b, weights, zero, x, tables, both)

    def sums(self, counts: Array) -> Array:
        """The five means, added up over ``counts`` [b] items of each b, none of them 0: [5, G]."""
        return np.tensordot(counts, self.tables, 1)

    def cells(self, farthest: int, weights: Array) -> Array:
        """P(|X| in cell) for X not 0: cells from 0 up to the farthest target."""
        width = cell_width(farthest)
        size = farthest // width + 2
        out = np.zeros(size)
        a = np.arange(1, self.S + 1)
        for b, weight in zip(self.b.tolist(), weights.tolist(), strict=True):
            if weight:
                places = np.rint(a[: int(min(self.S, farthest // b + width))] * (b / width)).astype(np.int64)
                out += np.bincount(places[places < size], minlength=size) * (weight / self.S)
        return out

    def certain(self, counts: Array, farthest: int) -> Array:
        """2**-n E #{A : a(A) < v cells}, v = 0..; ``counts`` [b] items of each b, or one entry: items of any b."""
        out = np.eye(1, farthest // cell_width(farthest) + 2)[0]
        kinds = np.eye(self.b.size) if counts.size == self.b.size > 1 else self.weights[None]
        for count, weights in zip(counts.astype(int).tolist(), kinds, strict=True):
            if count:
                out = np.convolve(out, self._power(count, farthest, weights))[: out.size]
        return np.concatenate([[0.0], np.cumsum(out)])

    def _power(self, count: int, farthest: int, weights: Array) -> Array:
        """The count-th power of the mean number of subsets by cell of one item, divided by 2."""
        key = farthest, count.to_bytes(4, "big") + weights.tobytes()
        if key not in self.rows:
            if count == 1:
                row = 0.5 * (1 - self.zero) * self.cells(farthest, weights)
                row[0] += 0.5 * (1 + self.zero)
            else:
                half = self._power(count // 2, farthest, weights)
                row = np.convolve(half, half)[: half.size]
                if count % 2:
                    row = np.convolve(row, self._power(1, farthest, weights))[: half.size]
            if len(self.rows) > 512:
                self.rows.clear()
            self.rows[key] = row
        return self.rows[key]

    def missed(self, counts: Array, targets: Array, tolerance: int = 0) -> Array:
        """P(t missed) for ``targets`` > 0 [T]; counts as in `certain`. No common divisor is thought of.

        With a tolerance sums that are so near do as well.
        """
        n = int(counts.sum())
        far = int(np.ceil(targets.max()))
        sure = self.certain(counts, far)
        out = np.interp(targets / cell_width(far), np.arange(sure.size), sure)
        if n == 0:
            return np.ones(targets.size)
        one = self.sums(counts if counts.size == self.b.size else self.weights * n) / n
        zeros = np.arange(n)
        log_chance = gammaln(n + 1) - gammaln(zeros + 1) - gammaln(n - zeros + 1)
        log_chance += zeros * np.log(self.zero) + (n - zeros) * np.log1p(-self.zero)
        # d items that are 0 leave a law of about 2**d times the failure.
        for d in zeros[log_chance + zeros * LOG2 > np.log(1e-7)].tolist():
            out += np.exp(log_chance[d]) * _near_holes(n - d, self.x, (n - d) * one, targets, tolerance)
        return np.minimum(out + self.zero**n, 1.0)


def cell_width(farthest: int) -> int:
    """How many sums share a cell."""
    return max(1, -(-farthest // _CELLS))


def _near_holes(n: int, x: Array, sums: Array, targets: Array, tolerance: int) -> Array:
    """The integral of the head of this module, times 2**-n, for items that are not 0."""
    log_window = np.log(2 * tolerance + 1)
    log_total, y, second, third, fourth = sums
    second = np.maximum(second, 1e-300)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        term = (0.125 * fourth - 5 / 24 * third * (third / second)) / second / second
    term = np.clip(np.nan_to_num(term), -_LARGEST_TERM, _LARGEST_TERM)
    log_c = log_total + x * y - 0.5 * np.log(2 * np.pi * second) + term
    few = log_c + log_window < np.log(_NEVER)
    if not few.any():
        return np.zeros(targets.size)
    start = max(int(np.argmax(few)) - 1, 0)
    stop = int(np.searchsorted(-y, -0.5))
    if stop - start < 2:
        return np.zeros(targets.size)
    hole = y[start:stop]
    place = hole + np.concatenate([targets, -targets])[:, None]
    place = np.where(place > y[0], 2 * y[0] - place, place)  # beyond the middle the density falls again
    density = np.where(place > 0, np.exp(np.interp(place, y[:stop][::-1], log_c[:stop][::-1]) - n * LOG2), 0.0)
    density *= np.exp(-np.exp(np.minimum(log_c[start:stop] + log_window, 6.0)))
    area = (0.5 * (density[:, 1:] + density[:, :-1]) * (hole[:-1] - hole[1:])).sum(axis=1)
    return area[: targets.size] + area[targets.size :]
