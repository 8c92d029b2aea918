"""Draws in chunks: a generator for each chunk, so that the result is the same on any number of threads."""

from collections.abc import Callable

import numpy as np

from slthlib.sums._batches import Halt, run_in_chunks


def seed_checked(seed: object) -> int:
    """A seed as a Python integer; a Generator gives one of its own draws, which can be noted down."""
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(2**63))
    if isinstance(seed, bool | np.bool_) or not isinstance(seed, int | np.integer):
        raise TypeError(f"seed: expected a whole number of at least 0 or a numpy.random.Generator, got {seed!r}")
    if seed < 0:
        raise ValueError(f"seed: expected a whole number of at least 0, got {seed}")
    return int(seed)


def chunked(
    work: Callable[[int, np.random.Generator, Halt], None],
    chunks: int,
    stream: tuple[int, int],
    seconds_each: float,
    threads: int | None,
    progress: bool | None,
    label: str,
) -> None:
    """Call ``work(chunk, rng, halt)`` for every chunk; ``stream`` is the seed and the number of its stream."""
    seed, number = stream

    def several(start: int, stop: int, halt: Halt) -> None:
        for chunk in range(start, stop):
            if halt[0]:
                return
            work(chunk, np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number, chunk))), halt)

    run_in_chunks(several, chunks, seconds_each, threads=threads, progress=progress, label=label)
