"""The pilot of a certificate: which inequality, where to cut, and how many draws, before any certifying draw."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slthlib.sums.laws._runs import Runs
from slthlib.sums.laws.confidence import (
    LEVELS,
    THRESHOLDS,
    dominating_masses,
    empirical_bernstein,
    product_above,
    upper_limit,
)

_STREAMS = 0, 1  # of the seed; the certifying draws use 2 and 3
_DRAWS, _BLOCK_DRAWS = 2**15, 2**17
_SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)


@dataclass(frozen=True)
class Plan:
    """What is fixed before the certifying draws."""

    method: str
    draws: int
    block_draws: int
    cut: float
    pilot_draws: int


class Tail:
    """P(X >= x) as the sample says, continued as a power of x where the sample grows thin."""

    def __init__(self, sample: NDArray[np.float64]) -> None:
        self.sample = np.sort(sample)
        last = self.sample[-min(100, max(2, sample.size // 20)) :]
        self.start, self.weight = float(last[0]), last.size / sample.size
        spread = float(np.log(last / self.start).mean()) if self.start > 0 else 0.0
        self.power = min(1.0 / spread, 1e3) if spread > 0 else 1e3

    def __call__(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        counted = 1.0 - np.searchsorted(self.sample, x, side="left") / self.sample.size
        if self.start <= 0:
            return counted
        with np.errstate(under="ignore"):
            beyond = self.weight * (self.start / np.maximum(x, self.start)) ** self.power
        return np.where(x > self.start, beyond, counted)


def make_plan(runs: Runs, alpha: float, seconds: float, draws: tuple[int, int] | None, method: str | None) -> Plan:
    """The plan with the smallest bound to expect, of those that take about ``seconds`` on one core."""
    pilot = _DRAWS if draws is None else min(_DRAWS, max(256, draws[0]))
    first = int(seconds / runs.seconds(False)) + 2 if draws is None else draws[0]
    if method == "B1" or runs.n < 2:
        return Plan("B1", first, 0, 1.0, 0)
    full = Tail(runs.sample(_STREAMS[0], pilot, False))
    block = Tail(runs.sample(_STREAMS[1], min(_BLOCK_DRAWS, 4 * pilot), True))
    options = (
        [draws]
        if draws
        else [
            (int((1 - share) * seconds / runs.seconds(False)) + 2, int(share * seconds / runs.seconds(True)) + 2)
            for share in _SHARES
        ]
    )
    value, cut, best = min((*expect_second(full, block, *option, alpha), option) for option in options)
    if method is None and expect_first(full, first, alpha) <= value:
        return Plan("B1", first, 0, 1.0, pilot)
    return Plan("B2", *best, cut, pilot)


def expect_first(full: Tail, draws: int, alpha: float) -> float:
    """What B1 would say if the draws went as the pilot's."""
    return empirical_bernstein(float(full.sample.mean()), float(full.sample.var()), draws, alpha)


def expect_second(full: Tail, block: Tail, draws: int, block_draws: int, alpha: float) -> tuple[float, float]:
    """What B2 would say at the best cut, and that cut."""
    tails = upper_limit(block_draws * block(LEVELS), block_draws, alpha / 480)
    product = product_above(dominating_masses(tails))
    cuts = 2.0 ** (-np.arange(240) / 2)
    cuts = cuts[: max(1, int((cuts >= np.median(full.sample)).sum()))]
    exceed = np.asarray(upper_limit(draws * full(cuts), draws, alpha / 3))
    best, where = math.inf, 1.0
    for cut, above in zip(cuts.tolist(), exceed.tolist(), strict=True):
        bounded = np.minimum(full.sample, cut)
        middle = empirical_bernstein(float(bounded.mean()), float(bounded.var()), draws, alpha / 3, largest=cut)
        value = middle + float((above * THRESHOLDS + product).min())
        if value < best:
            best, where = value, cut
    return best, where
