"""Which grid the random weights of the diamond should have: coarse is cheap in the median, parity sets the tail."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from slthlib.strong._solve_law import SolveLaw, solve_law

__all__ = ["SourceChoice", "TwoLevelCandidates", "choose_source_bits", "two_level_candidates"]

Array = NDArray[np.float64]

#: The law of one solve is too low by a quarter at most where it was measured; plans take this much more.
_SAFETY = 1.4
_MOST = 1000
#: Items at which the law is worked out; in between, its logarithm is linear.
_KNOTS = np.unique(
    np.concatenate(
        [np.arange(0, 9, 2), np.arange(11, 32, 3), np.arange(36, 64, 5), np.geomspace(64, _MOST, 16).astype(int)]
    )
)


@dataclass(frozen=True)
class SourceChoice:
    """The grid of the random weights that needs the fewest candidates.

    Parameters
    ----------
    source_bits : int
        The choice.
    candidates : int
        Units in the bank of an input coordinate, with which the failure asked for is kept.
    alternatives : tuple of (int, int, int)
        For each source from coarse to fine: its bits, the candidates for the failure asked for, and those at which
        half of all networks succeed.
    why : str
        One sentence.

    Notes
    -----
    Used in: no chapter.
    """

    source_bits: int
    candidates: int
    alternatives: tuple[tuple[int, int, int], ...]
    why: str


@dataclass(frozen=True)
class TwoLevelCandidates:
    """Candidates by a union bound in two steps: first the banks, then the solves.

    Parameters
    ----------
    candidates : int
        Units in a bank.
    odd : int
        Odd b's, and as many even ones, that each branch of each bank holds but for half of the failure.
    source_bits : int
        Grid of the random weights.

    Notes
    -----
    Used in: no chapter.
    """

    candidates: int
    odd: int
    source_bits: int


@dataclass(frozen=True, eq=False)
class MeanSolve:
    """The law of one solve for a target uniform on the grid: two tables over n, and what parity adds."""

    law: SolveLaw

    def rest(self, n: NDArray[np.int64]) -> tuple[Array, Array]:
        """Mean probabilities of failure without parity: even targets (0 included), and odd ones."""
        top = int(np.searchsorted(_KNOTS, n.max()))
        logs = np.array([_knot(self.law, int(x)) for x in _KNOTS[: top + 1]])
        even, odd = (np.exp(np.interp(n, _KNOTS[: top + 1], logs[:, i])) for i in (0, 1))
        return even, odd

    def failing(self, n: NDArray[np.int64], solves: float, safety: float) -> Array:
        """P(some of ``solves`` solves of a branch fails | n alive): averaged over the number of odd b's."""
        even, odd = (np.minimum(safety * x, 1.0) for x in self.rest(n))
        if not self.law.parity:
            mean = 0.5 * (even + odd)
            with np.errstate(divide="ignore"):
                return -np.expm1(solves * np.log1p(-mean))
        h = np.arange(int(n.max()) + 1)
        chance = binom.pmf(h, n[:, None], 0.5)
        hidden = self.law.even ** h.astype(float)
        mean = 0.5 * even[:, None] + 0.5 * (odd[:, None] + (1 - odd[:, None]) * hidden)
        with np.errstate(divide="ignore"):
            return (chance * -np.expm1(solves * np.log1p(-np.minimum(mean, 1.0)))).sum(axis=1)


@lru_cache(maxsize=4096)
def _knot(law: SolveLaw, n: int) -> tuple[float, float]:
    """Logarithms of the mean failures of even and odd targets, parity apart."""
    p = law.rest(np.array([n]))[0]
    odd = law.targets % 2 == 1
    # Zero is one of the 2**bits + 1 targets, even, and never missed.
    top = 2 ** (law.bits - 1)
    share = 2 * (top // 2) / (2 * (top // 2) + 1)
    means = share * p[~odd].mean() if (~odd).any() else 0.0, p[odd].mean()
    return float(np.log(max(means[0], 1e-300))), float(np.log(max(means[1], 1e-300)))


def choose_source_bits(bits: int, solves: int, banks: int, failure: float, signed: bool) -> SourceChoice:
    """Which grid of random weights needs the fewest candidates for the diamond, and how many.

    Sources from ``ceil(bits / 2)`` to ``bits`` are tried. The coarsest takes half the items in the median; but where
    its products are targets one by one, all of them are even with probability (3/4)**n, which sets the price of the
    last weights (label ``prop-products-parity``). Banks are averaged over how many units are alive and how many are
    odd, solves of a bank are independent given that, the law of one solve is taken 1.4 times as large as it is, and
    the two branches are added: so the answer is meant to be a unit or two too large rather than one too small. Label
    ``law-network``: law derived and simulated.

    Parameters
    ----------
    bits : int
        Targets are uniform on the grid ``2**-bits``, at most 1/2 in size.
    solves : int
        Subset-sum problems in all: a weight that takes both signs of its input counts twice.
    banks : int
        Input coordinates; their solves share a bank.
    failure : float
        Probability that any solve fails, in (0, 1).
    signed : bool
        Whether banks serve both signs of the input.

    Returns
    -------
    SourceChoice

    Examples
    --------
    >>> choice = choose_source_bits(6, 397_000, 1_284, 0.01, False)
    >>> choice.source_bits
    4

    Used in: strong/quantized.
    """
    _checked(bits, solves, banks, failure)
    branches = 2 if signed else 1
    rows = []
    for source_bits in range(-(-bits // 2), bits + 1):
        mean = MeanSolve(solve_law(bits, source_bits, False, True))
        counts = [_least(mean, solves, banks, branches, level) for level in (failure, 0.5)]
        rows.append((source_bits, counts[0], counts[1]))
    best = min(rows, key=lambda row: (row[1], row[0]))
    coarse = rows[0]
    if best is coarse:
        why = f"The coarsest source, of {best[0]} bits, needs the fewest candidates: {best[1]}."
    else:
        reason = "all its products may be even" if bits % 2 == 0 else "its products share small factors"
        why = (
            f"A source of {best[0]} bits needs {best[1]} candidates for a failure of {failure:g}; the coarsest, of "
            f"{coarse[0]} bits, needs {coarse[1]}, because {reason}, although its median is {coarse[2]} against "
            f"{best[2]}."
        )
    return SourceChoice(best[0], best[1], tuple(rows), why)


def two_level_candidates(
    bits: int, solves: int, banks: int, failure: float, signed: bool, *, source_bits: int
) -> TwoLevelCandidates:
    """Candidates by the accounting in two levels: good banks first, then all solves given good banks.

    Each branch of each bank holds h odd b's and h even ones that are not 0, but for half of the failure; given that,
    each solve fails with a probability of at most failure / (2 solves), by the law with 2 h items of which h have an
    odd b. The best h is taken. A union bound in both steps. Label ``law-network``: law derived and simulated.

    Parameters
    ----------
    bits : int
        Targets are uniform on the grid ``2**-bits``, at most 1/2 in size.
    solves : int
        Subset-sum problems in all.
    banks : int
        Input coordinates.
    failure : float
        Probability that any solve fails, in (0, 1).
    signed : bool
        Whether banks serve both signs of the input.
    source_bits : int
        Grid of the random weights.

    Returns
    -------
    TwoLevelCandidates

    Used in: strong/quantized.
    """
    _checked(bits, solves, banks, failure)
    law = solve_law(bits, source_bits, False, True)
    mean = MeanSolve(law)
    h = np.arange(1, 200)
    even, odd = (np.minimum(_SAFETY * x, 1.0) for x in mean.rest(2 * h))
    given = 0.5 * even + 0.5 * (odd + (1 - odd) * (law.even ** h.astype(float) if law.parity else 0.0))
    good = int(h[np.argmax(solves * given <= failure / 2)])
    if solves * given[good - 1] > failure / 2:
        raise ValueError("failure: no bank of up to 400 units a branch is enough for it")
    events = 4 * banks * (2 if signed else 1)
    units = 4 * good
    while binom.cdf(good - 1, units, law.alive / 2) > failure / events:
        units += 1
    return TwoLevelCandidates(units, good, source_bits)


def _checked(bits: int, solves: int, banks: int, failure: float) -> None:
    for name, value in (("bits", bits), ("solves", solves), ("banks", banks)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(f"{name}: expected a whole number of at least 1, got {value!r}")
    if not 0 < failure < 1:
        raise ValueError(f"failure: expected a probability in (0, 1), got {failure!r}")


def _least(mean: MeanSolve, solves: int, banks: int, branches: int, failure: float) -> int:
    """Fewest candidates with at most this failure."""
    each = solves / (banks * branches)

    def enough(count: int) -> bool:
        n = np.arange(count + 1)
        chance = binom.pmf(n, count, mean.law.alive)
        n, chance = n[chance > 1e-16], chance[chance > 1e-16]
        lost = float(chance @ mean.failing(n, each, _SAFETY)) + max(0.0, 1.0 - float(chance.sum()))
        return -np.expm1(banks * np.log1p(-min(branches * lost, 1 - 1e-16))) <= failure

    low, high = 0, 8
    while not enough(high):
        if high >= _MOST:
            raise ValueError(f"failure: no number of candidates up to {_MOST} is enough for it")
        low, high = high, min(_MOST, high + max(8, high // 4))
    while low < high - 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
