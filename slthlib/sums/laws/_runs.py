"""The draws of a certificate: bounds fh on the failure given random magnitudes, from numbered streams of one seed."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from slthlib.sums._batches import Halt
from slthlib.sums._certificate_kernels import hole_bounds
from slthlib.sums._jit import announce_compiling
from slthlib.sums.laws._draws import chunked

CHUNK = 2**14


class Runs:
    """Draws of fh for all n magnitudes, or for blocks of n // 2 of them."""

    def __init__(self, n: int, M: int, seed: int, threads: int | None, progress: bool | None) -> None:
        self.n, self.M, self.seed = n, M, seed
        self.threads, self.progress = threads, progress

    def items(self, block: bool) -> int:
        return self.n // 2 if block else self.n

    def shift(self, block: bool) -> int:
        """Items are rounded down to multiples of 2**shift when they are counted: the unit u of the lemma."""
        return max(1, self.M // (64 if block else 512)).bit_length() - 1

    def seconds(self, block: bool) -> float:
        """Nominal seconds of one draw: per item, per word of the set of sums, per entry of the counts."""
        words, entries = self.M / 32 + 1, float(2 * self.M >> self.shift(block))
        return 1e-9 * self.items(block) * (40 + 0.6 * words + 0.1 * entries)

    def each(self, stream: int, draws: int, block: bool, use: Callable[[int, NDArray[np.float64]], None]) -> None:
        """Call ``use(chunk, values)`` with the values of fh, CHUNK of them at a time, in no order."""
        announce_compiling(hole_bounds)
        kind = np.int16 if 2 * self.M < 2**15 else np.int64

        def work(chunk: int, rng: np.random.Generator, halt: Halt) -> None:
            size = min(CHUNK, draws - chunk * CHUNK)
            # The magnitude of an item is |x - M| for x uniform on {0..2M}.
            x = rng.integers(0, 2 * self.M + 1, (size, self.items(block)), dtype=kind)
            out = np.empty(size)
            hole_bounds(x, self.M, self.M, self.shift(block), out)
            use(chunk, out)

        label = "blocks" if block else "certifying"
        seconds = CHUNK * self.seconds(block)
        chunked(work, -(-draws // CHUNK), (self.seed, stream), seconds, self.threads, self.progress, label)

    def sample(self, stream: int, draws: int, block: bool) -> NDArray[np.float64]:
        """All values in the order of the draws."""
        out = np.empty(draws)

        def use(chunk: int, values: NDArray[np.float64]) -> None:
            out[chunk * CHUNK : chunk * CHUNK + values.size] = values

        self.each(stream, draws, block, use)
        return out
