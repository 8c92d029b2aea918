"""The law of one solve, as a table over the number of items: what the laws of networks are put together from.

For products whose targets may be odd, the chance that all products are even belongs to the bank: it is P(a even) to
the number of odd b's, the same for all outputs that share the bank. So it is kept apart from the rest.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from slthlib.sums.laws import product_target_failure, target_failure

Array = NDArray[np.float64]

#: Most bits of a target's grid, and of the source's.
LARGEST_BITS = 14


@dataclass(frozen=True, eq=False)
class SolveLaw:
    """One solve: targets t = 0..2**(bits - 1) in units of 2**-bits, items on a source of ``source_bits``.

    ``single`` means single weights; otherwise items are products of the branch b > 0. With ``thin`` some 16 targets
    stand for all that are not 0: enough for a mean.
    """

    bits: int
    source_bits: int
    single: bool
    thin: bool = False

    @property
    def S(self) -> int:
        """Largest weight of the source."""
        return 2**self.source_bits

    @property
    def step(self) -> int:
        """The unit of the target in units of the items."""
        return 2 ** ((1 if self.single else 2) * self.source_bits - self.bits)

    @property
    def targets(self) -> NDArray[np.int64]:
        """The targets, in units of 2**-bits; both signs are alike."""
        every = np.arange(2 ** (self.bits - 1) + 1)
        if not self.thin or every.size <= 20:
            return every[1:] if self.thin else every
        # A stride that shares no factor with 24 meets all residues alike.
        stride = next(x for x in range(every.size // 16, 0, -1) if x % 2 and x % 3)
        return every[(every.size - 1) % stride + 1 :: stride]

    @property
    def parity(self) -> bool:
        """Whether there are odd targets that even items alone never make."""
        return not self.single and self.step == 1

    @property
    def alive(self) -> float:
        """Share of the units that a branch may use."""
        return 1.0 if self.single else self.S / (2 * self.S + 1)

    @property
    def even(self) -> float:
        """P(a even)."""
        return (self.S + 1) / (2 * self.S + 1)

    def total(self, n: NDArray[np.int64]) -> Array:
        """P(t missed) with n alive units: [n, T]."""
        return np.stack([_total(self, int(x)) for x in n])

    def rest(self, n: NDArray[np.int64]) -> Array:
        """P(t missed) for another reason than that all items are even: [n, T]."""
        p = self.total(n)
        if self.parity:
            odd = self.targets % 2 == 1
            all_even = (1 - (1 - self.even) / 2) ** n[:, None].astype(float)
            # Without items nothing is left over.
            p[:, odd] = np.where(n[:, None] > 0, (p[:, odd] - all_even) / np.maximum(1 - all_even, 1e-300), 0.0)
        return np.clip(p, 0.0, 1.0)


@lru_cache(maxsize=8192)
def _total(law: SolveLaw, n: int) -> Array:
    targets = law.targets * law.step
    if law.single:
        return target_failure(n, law.S, targets)
    return product_target_failure(n, law.S, law.S, targets)


@lru_cache(maxsize=256)
def solve_law(bits: int, source_bits: int, single: bool, thin: bool = False) -> SolveLaw:
    """Checked, and one object for one law."""
    if not 1 <= bits <= LARGEST_BITS:
        raise ValueError(f"bits: expected a whole number from 1 to {LARGEST_BITS}, got {bits!r}")
    least = bits if single else -(-bits // 2)
    if not least <= source_bits <= LARGEST_BITS:
        raise ValueError(
            f"source_bits: expected a whole number from {least} to {LARGEST_BITS}, so that targets of {bits} bits are "
            f"on the grid of the items, got {source_bits!r}"
        )
    return SolveLaw(bits, source_bits, single, thin)
