"""The pilot of a certificate: which inequality, where to cut, and how many draws, before any certifying draw."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slthlib.sums.laws.confidence import (
    LEVELS,
    dominating_masses,
    empirical_bernstein,
    product_above,
    upper_limit,
)


@dataclass(frozen=True)
class Plan:
    """What is fixed before the certifying draws."""

    method: str
    draws: int
    block_draws: int
    cut: float


class Tail:
    """P(X >= x) as the pilot's sample says, continued as a power where the sample ends."""

    def __init__(self, sample: NDArray[np.float64]) -> None:
        self.sample = np.sort(sample)
        last = self.sample[-min(100, max(2, sample.size // 20)) :]
        self.start, self.weight = float(last[0]), last.size / sample.size
        spread = float(np.log(last / self.start).mean()) if self.start > 0 else 0.0
        self.power = 1.0 / spread if spread > 0 else math.inf

    def __call__(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        counted = 1.0 - np.searchsorted(self.sample, x, side="left") / self.sample.size
        if self.start <= 0:
            return counted
        with np.errstate(under="ignore"):
            beyond = self.weight * np.exp(-min(self.power, 1e3) * np.log(np.maximum(x, self.start) / self.start))
        return np.where(x > self.start, beyond, counted)


def predict_first(sample: NDArray[np.float64], draws: float, alpha: float) -> float:
    """What B1 would say, if the draws went as the pilot's."""
    return empirical_bernstein(float(sample.mean()), float(sample.var()), max(draws, 2.0), alpha)  # type: ignore[arg-type]


def predict_second(full: Tail, block: Tail, draws: float, block_draws: float, alpha: float) -> tuple[float, float]:
    """What B2 would say at the best cut, and that cut."""
    product = product_above(dominating_masses(upper_limit(block_draws * block(LEVELS), block_draws, alpha / 480)))
    thresholds = 2.0 ** (-(np.arange(product.size) + 0.5) / 8)
    cuts = 2.0 ** (-np.arange(0, 240) / 2)
    cuts = cuts[cuts >= np.median(full.sample)] if full.sample[-1] > 0 else cuts[:1]
    exceed = upper_limit(draws * full(cuts), draws, alpha / 3)
    best, where = math.inf, 1.0
    for cut, above in zip(cuts, np.atleast_1d(exceed), strict=True):
        bounded = np.minimum(full.sample, cut)
        middle = empirical_bernstein(float(bounded.mean()), float(bounded.var()), draws, alpha / 3, largest=cut)  # type: ignore[arg-type]
        value = middle + float((above * thresholds + product).min())
        if value < best:
            best, where = value, float(cut)
    return best, where
