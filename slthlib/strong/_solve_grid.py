"""Masks for one layer on the grid: each subset sum is searched on a window of the integers, wider where need be."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slthlib.strong._bank_kernels import solve_block
from slthlib.strong._layout import Layout
from slthlib.sums._batches import Halt, run_in_chunks
from slthlib.sums._jit import announce_compiling

#: The window reaches so many times the largest item beyond the targets; the last stage leaves out no sum.
STAGES = (2, 16, None)
#: Bytes of random weights that are held at once.
HELD = 1 << 28


@dataclass
class Solved:
    """Masks of one layer: ``words`` [outputs, coordinates, W], and after how many units each problem was solved.

    ``needed`` [outputs, coordinates, branches] is 0 for the target 0, and -1 where no subset was found.
    """

    words: NDArray[np.uint64]
    needed: NDArray[np.int16]
    drawing: float = 0.0
    solving: float = 0.0


def solve_on_grid(
    layout: Layout, targets: NDArray[np.int64], seed: int, place: int, blocks: range, *,
    stages: tuple[int | None, ...] = STAGES, threads: int | None = None, progress: bool | None = False,
) -> Solved:  # fmt: skip
    """Find masks for some blocks of rows; ``targets`` [rows of these blocks, coordinates] in units of the layer."""
    banks = layout.draw_banks(seed, place)
    rows = len(targets)
    solved = Solved(
        np.zeros((rows, layout.coordinates, layout.words), np.uint64),
        np.full((rows, layout.coordinates, layout.branches), -1, np.int16),
    )
    for s in range(layout.branches):
        solved.needed[:, layout.in_use(s).stop :, s] = 0
    beyond = int(np.abs(targets).max(initial=0))
    held = max(1, HELD // (layout.block * layout.coordinates * layout.units * 4))
    announce_compiling(solve_block)
    for first in range(0, len(blocks), held):
        part = blocks[first : first + held]
        here = slice((part[0] - blocks[0]) * layout.block, min((part[-1] + 1 - blocks[0]) * layout.block, rows))
        start = time.perf_counter()
        drawn = _draw_together(layout, seed, place, part, threads)
        solved.drawing += time.perf_counter() - start
        start = time.perf_counter()
        for stage in stages:
            work = _Stage(layout, banks, drawn, targets[here], solved.words[here], solved.needed[here], beyond, stage)
            run_in_chunks(
                work.solve, len(part), work.seconds, threads=threads, progress=progress, label=f"layer {place}",
                memory=work.memory,
            )  # fmt: skip
            if (work.needed >= 0).all():
                break
        solved.solving += time.perf_counter() - start
    return solved


def _draw_together(layout: Layout, seed: int, place: int, part: range, threads: int | None) -> list[NDArray[Any]]:
    drawn: list[NDArray[Any]] = [np.empty(0)] * len(part)

    def draw(low: int, high: int, halt: Halt) -> None:
        for one in range(low, high):
            drawn[one] = layout.draw_rows(seed, place, part[one])

    each = layout.block * layout.coordinates * layout.units * 3e-9
    run_in_chunks(draw, len(part), each, threads=threads, progress=False, label="drawing")
    return drawn


class _Stage:
    """The problems that are left, on a window of one size."""

    def __init__(
        self, layout: Layout, banks: NDArray[Any], drawn: list[NDArray[Any]], targets: NDArray[np.int64],
        words: NDArray[np.uint64], needed: NDArray[np.int16], beyond: int, stage: int | None,
    ) -> None:  # fmt: skip
        self.layout, self.banks, self.drawn = layout, banks, drawn
        self.targets, self.words, self.needed = targets, words, needed
        self.alive, self.count = layout.alive(banks)
        self.half, self.pad = _window(layout, beyond, stage)
        self.width = 2 * self.half // 64 + 2 * self.pad
        self.memory = 8.0 * (layout.units + 1) * self.width
        self.seconds = layout.block * layout.coordinates * layout.branches * (1e-7 + 4e-9 * self.width)

    def solve(self, low: int, high: int, halt: Halt) -> None:
        """Work on some of the blocks."""
        room = np.zeros((self.layout.units + 1, self.width), np.uint64)
        for one in range(low, high):
            here = slice(one * self.layout.block, one * self.layout.block + len(self.drawn[one]))
            if (self.needed[here] < 0).any():
                solve_block(
                    self.drawn[one], self.banks, self.layout.bank_of, self.alive, self.count, self.targets[here],
                    self.half, self.pad, room, self.words[here], self.needed[here], halt,
                )  # fmt: skip


def _window(layout: Layout, beyond: int, stage: int | None) -> tuple[int, int]:
    """Half the window, a multiple of 64, and words of zeros on each side."""
    reach = layout.largest_item * (layout.units if stage is None else min(stage, layout.units)) + beyond
    return -(-(reach + 1) // 64) * 64, layout.largest_item // 64 + 2
