"""One solve for one target, measured: signs averaged exactly, magnitudes drawn, rare residues drawn on purpose.

Given the magnitudes, the share of sign patterns that miss a target is counted (label ``lem-cert-signs``). What is left
is a mean over magnitudes. Much of it can sit on rare ones: all products even, or all divisible by 3. So the draws come
from a mixture: the law itself, and versions of it in which items that are odd (or that the targets need for another
power of 2), or not divisible by 3, are rarer by factors down to 1/n. Each draw is weighted by the law over the mixture
(the balance heuristic): unbiased, and with weights of at most 1 over the share of the law itself.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slthlib.sums._batches import Halt
from slthlib.sums._check import check_memory
from slthlib.sums._jit import announce_compiling
from slthlib.sums._target_kernels import missed_at_targets
from slthlib.sums.laws._common import wholes
from slthlib.sums.laws._draws import chunked, seed_checked
from slthlib.sums.laws._sizes import countable, whole

__all__ = ["TargetFailure", "measured_target_failure"]

Array = NDArray[np.float64]

_CHUNK = 256
#: Share of the draws that come from the law itself.
_PLAIN = 0.4


@dataclass(frozen=True, eq=False)
class TargetFailure:
    """Measured probabilities that a target is missed, with their standard errors.

    Parameters
    ----------
    n : int64 [N]
        Numbers of items.
    targets : int64 [T]
        The targets, in the order asked for.
    failure : float64 [N, T]
        Probability that each of them is missed.
    standard_error : float64 [N, T]
        Of each entry.
    mean : float64 [N]
        Mean over the targets.
    mean_error : float64 [N]
        Its standard error.

    Notes
    -----
    Used in: no chapter.
    """

    n: NDArray[np.int64]
    targets: NDArray[np.int64]
    failure: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    mean: NDArray[np.float64]
    mean_error: NDArray[np.float64]


def measured_target_failure(
    n: ArrayLike,
    S: int,
    targets: ArrayLike,
    *,
    factor: int | None = None,
    positive: bool = True,
    bank: Sequence[int] | None = None,
    draws: int = 4096,
    seed: int | np.random.Generator,
    threads: int | None = None,
    progress: bool | None = None,
) -> TargetFailure:
    """Measure the probability that n items miss each target, for several n: no law, no fitted parameter.

    Items are uniform on {-S, ..., S}; with ``factor`` they are products a b with b uniform on {1, ..., factor}, or on
    {-factor, ..., factor} if not ``positive``; with ``bank`` they are a_j b_j for the first n of these b_j, and only
    the a_j are random. Failures of 1e-9 are as easy as those of one half: the signs are averaged exactly, and the rare
    residues are drawn on purpose. An unbiased estimate with its standard error, not a bound.

    Parameters
    ----------
    n : int, array-like
        Numbers of items, from 1 to 1000, and at most the length of the bank.
    S : int
        The (first) factor is uniform on {-S, ..., S}.
    targets : int, array-like
        Targets of either sign; 0 is never missed.
    factor : int, optional
        Largest value of the second factor.
    positive : bool
        Whether the second factor is positive.
    bank : sequence of int, optional
        Given second factors, of either sign, instead of random ones.
    draws : int
        Draws of the magnitudes for each n, at least 64.
    seed : int or numpy.random.Generator
        Same seed, same result, on any number of threads.
    threads : int, optional
        Threads to work with; all processors by default.
    progress : bool, optional
        Show a progress bar; by default on a terminal, when it takes more than a second or two.

    Returns
    -------
    TargetFailure

    Used in: strong/quantized.
    """
    sizes = [countable(int(x)) for x in np.atleast_1d(wholes("n", n)).ravel()]
    largest, rows = whole(S, "S"), whole(draws, "draws", 64)
    asked = np.asarray(targets)
    if asked.dtype.kind not in "iu" or asked.size == 0:
        raise TypeError(f"targets: expected whole numbers, got {targets!r}")
    asked = asked.astype(np.int64).ravel()
    places, which, counts = np.unique(np.abs(asked), return_inverse=True, return_counts=True)
    given = None if bank is None else np.abs(np.asarray(bank))
    if given is not None and (given.ndim != 1 or given.dtype.kind not in "iu" or given.size < max(sizes)):
        raise ValueError(f"bank: expected a row of at least n = {max(sizes)} whole numbers, got {bank!r}")
    if given is None:
        law = _magnitudes(largest, None if factor is None else whole(factor, "factor"), positive)
    start = seed_checked(seed)
    results = []
    for number, size in enumerate(sizes):
        laws = [law] if given is None else [_scaled(largest, int(b)) for b in given[:size]]
        check_memory(40.0 * size * max(one[0][-1] for one in laws), "the table of all sums")
        source = Mixture(size, laws, places)
        results.append(_measure(source, places, counts, rows, (start, number), threads, progress))
    failure, error, mean, mean_error = (np.array([one[i] for one in results]) for i in range(4))
    back = which.reshape(-1)
    return TargetFailure(np.array(sizes), asked, failure[:, back], error[:, back], mean, mean_error)


def _magnitudes(S: int, factor: int | None, positive: bool) -> tuple[NDArray[np.int64], Array]:
    """Values and probabilities of |X|."""
    value, chance = _scaled(S, 1)
    if factor is None:
        return value, chance
    other = (np.arange(1, factor + 1), np.full(factor, 1 / factor)) if positive else _scaled(factor, 1)
    table = np.zeros(int(value[-1] * other[0][-1]) + 1)
    np.add.at(table, np.outer(value, other[0]), np.outer(chance, other[1]))
    found = np.flatnonzero(table).astype(np.int64)
    return found, table[found]


def _scaled(S: int, b: int) -> tuple[NDArray[np.int64], Array]:
    """Values and probabilities of b times the magnitude of a number uniform on -S..S."""
    if b == 0:
        return np.zeros(1, np.int64), np.ones(1)
    chance = np.full(S + 1, 2.0 / (2 * S + 1))
    chance[0] /= 2
    return b * np.arange(S + 1), chance


class Mixture:
    """The laws of n magnitudes, one for all of them or one each, and their versions with rarer useful residues."""

    def __init__(self, n: int, laws: list[tuple[NDArray[np.int64], Array]], targets: NDArray[np.int64]) -> None:
        self.n, self.laws = n, laws
        divisor = int(np.gcd.reduce(targets)) or 1
        self.power = 2 * (divisor & -divisor)
        odds = [2.0**-i for i in range(1, int(math.log2(n)) + 1)] + [1.0 / n] if n > 1 else []
        #: How likely items stay that are not divisible by the power of 2, and by 3.
        self.tilts = [(1.0, 1.0), *((x, 1.0) for x in odds), *((1.0, x) for x in odds[1::2])]
        self.shares = np.full(len(self.tilts), (1 - _PLAIN) / max(1, len(self.tilts) - 1))
        self.shares[0] = _PLAIN if len(self.tilts) > 1 else 1.0
        factors = [[self._factor(value, tilt) for value, _ in laws] for tilt in self.tilts]
        self.log_norms = np.array(
            [[math.log((law[1] * f).sum()) for law, f in zip(laws, row, strict=True)] for row in factors]
        )
        self.tables = [
            [np.cumsum(law[1] * f) / (law[1] * f).sum() for law, f in zip(laws, row, strict=True)] for row in factors
        ]

    def _factor(self, value: NDArray[np.int64], tilt: tuple[float, float]) -> Array:
        return np.where(value % self.power, tilt[0], 1.0) * np.where(value % 3, tilt[1], 1.0)

    def draw(self, which: int, rows: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], Array]:
        """Magnitudes [rows, n] from one version, and the weights of the rows."""
        u, tables = rng.random((rows, self.n)), self.tables[which]
        if len(self.laws) == 1:
            found = np.searchsorted(tables[0], u, side="right")
            a = self.laws[0][0][np.minimum(found, tables[0].size - 1)]
        else:
            a = np.empty((rows, self.n), np.int64)
            for j, (table, (value, _)) in enumerate(zip(tables, self.laws, strict=True)):
                a[:, j] = value[np.minimum(np.searchsorted(table, u[:, j], side="right"), table.size - 1)]
        useful = np.stack([(a % self.power != 0).sum(axis=1), (a % 3 != 0).sum(axis=1)])
        norms = self.log_norms.sum(axis=1) * (self.n if len(self.laws) == 1 else 1)
        over = np.exp(np.log(self.tilts) @ useful - norms[:, None])  # each version over the law
        return a, 1.0 / (self.shares @ over)


def _measure(
    source: Mixture,
    targets: NDArray[np.int64],
    counts: NDArray[np.int64],
    draws: int,
    stream: tuple[int, int],
    threads: int | None,
    progress: bool | None,
) -> tuple[Array, Array, float, float]:
    sizes = np.maximum(2, np.ceil(draws * source.shares).astype(int))
    pieces = [(i, first) for i, size in enumerate(sizes) for first in range(0, size, _CHUNK)]
    moments = np.zeros((len(pieces), 2, targets.size + 1))
    announce_compiling(missed_at_targets)

    def work(piece: int, rng: np.random.Generator, halt: Halt) -> None:
        which, first = pieces[piece]
        a, weights = source.draw(which, min(_CHUNK, int(sizes[which]) - first), rng)
        out = np.empty((len(a), targets.size + 1))
        missed_at_targets(a, targets, out[:, :-1], halt)
        out[:, -1] = out[:, :-1] @ (counts / counts.sum())
        out *= weights[:, None]
        moments[piece] = out.sum(axis=0), (out * out).sum(axis=0)

    seconds = _CHUNK * source.n * (1e-8 + 4e-10 * 4.0 * float(targets.max()))
    chunked(work, len(pieces), stream, seconds, threads, progress, "averaging")
    owner = np.array([which for which, _ in pieces])
    total, variance = np.zeros(targets.size + 1), np.zeros(targets.size + 1)
    for i, (size, share) in enumerate(zip(sizes.tolist(), source.shares.tolist(), strict=True)):
        first, second = moments[owner == i].sum(axis=0)
        total += share * first / size
        variance += share**2 * np.maximum(0.0, second / size - (first / size) ** 2) / (size - 1)
    error = np.sqrt(variance)
    return np.minimum(total[:-1], 1.0), error[:-1], float(total[-1]), float(error[-1])
