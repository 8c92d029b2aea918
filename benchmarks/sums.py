"""Time number partitioning against what you would use instead, and check that all give the same answers.

    python benchmarks/sums.py [--quick] [--write]

All rivals run interleaved, round after round, on the same problems (48-bit integers): each on as many as fit its time.
Times are wall times per problem: the median over the rounds, and the extremes. ``ratio_to_ours`` compares medians with
our batch on one thread. With ``--write`` the table is recorded as ``chapters/results/partition_benchmark.csv``.
The rivals live in an environment of their own (``requirements-bench.txt``); one that is missing is reported as such.
"""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):  # before NumPy: one thread for everybody
    os.environ[_name] = "1"

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import numpy as np

from slthlib.lab import records
from slthlib.sums import best_partition, best_partitions, karmarkar_karp, karmarkar_karp_batch

OUT = Path(__file__).resolve().parents[1] / "chapters" / "results" / "partition_benchmark.csv"
SEED = 2001
BATCH = {12: 20_000, 16: 20_000, 20: 10_000, 24: 2_000, 30: 200}
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
Problems = np.ndarray  # int64 [B, n]


def one_by_one(solve: Callable[[Any], int], *, as_list: bool = True) -> Callable[[Problems], list[int]]:
    """Give problems to a solver of one at a time, in the form it likes best, converted outside the clock."""
    return lambda rows: [solve(row) for row in rows]


# --- the plain NumPy answer


def numpy_meet_in_the_middle(items: np.ndarray) -> tuple[int, np.ndarray]:
    """Best difference and its signs: all signed sums of both halves, one of them sorted, and a binary search."""
    half = items.size // 2
    left = items[:1]  # item 0 keeps its side
    for x in items[1:half]:
        left = np.concatenate((left - x, left + x))
    right = np.zeros(1, np.int64)
    for x in items[half:]:
        right = np.concatenate((right - x, right + x))
    ordered = np.sort(right)
    if left.size > 2**12:  # a search in order keeps to the cache
        wanted = np.sort(-left)
    else:
        wanted = -left
    above = np.searchsorted(ordered, wanted)
    over = ordered[np.minimum(above, ordered.size - 1)] - wanted
    under = ordered[np.maximum(above - 1, 0)] - wanted
    over, under = np.abs(over), np.abs(under)
    i, j = int(over.argmin()), int(under.argmin())
    best, at, place = (over[i], i, min(above[i], ordered.size - 1))
    if under[j] < best:
        best, at, place = under[j], j, max(above[j] - 1, 0)
    a = int(np.flatnonzero(left == -wanted[at])[0])
    b = int(np.flatnonzero(right == ordered[place])[0])
    # Every item doubled its list: plus signs in the upper half, so the last item is the highest bit.
    bits = [1, *((a >> k) & 1 for k in range(half - 1)), *((b >> k) & 1 for k in range(items.size - half))]
    return int(best), 2 * np.array(bits) - 1


# --- rivals from the package index


def load_partitionpy(method: str) -> Callable[[list[int]], int]:
    module = import_module(f"partitionpy.{'ckk' if method.startswith('complete') else 'kk'}")
    solve = getattr(module, method)
    return lambda numbers: abs(int.__sub__(*map(sum, solve(numbers))))


def load_prtpy(method: str) -> Callable[[list[int]], int]:
    prtpy = import_module("prtpy")
    algorithm, sums = getattr(prtpy.partitioning, method), prtpy.out.Sums

    def solve(numbers: list[int]) -> int:
        a, b = prtpy.partition(algorithm=algorithm, numbins=2, items=numbers, outputtype=sums)
        return abs(int(a) - int(b))

    return solve


def load_ortools() -> Callable[[list[int]], int]:
    cp_model = import_module("ortools.sat.python.cp_model")

    def solve(numbers: list[int]) -> int:
        model, total = cp_model.CpModel(), sum(numbers)
        side = [model.new_bool_var(f"x{i}") for i in range(len(numbers))]
        difference = model.new_int_var(0, total, "difference")
        model.add(side[0] == 1)
        signed = 2 * sum(x * s for x, s in zip(numbers, side, strict=True)) - total
        model.add(difference >= signed)
        model.add(difference >= -signed)
        model.minimize(difference)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        return round(solver.objective_value) if solver.solve(model) == cp_model.OPTIMAL else -1

    return solve
