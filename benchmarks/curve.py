"""What our own solvers cost as problems grow: time against n, in merge-and-sweep steps, and against each other."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numba
import numpy as np

from benchmarks.harness import CORES, SEED
from benchmarks.subsets import within_reach
from slthlib.sums import best_partition, best_partitions, closest_subset, closest_subsets

ROUNDS = 11
#: Problems a round for batches, by size; from 32 items on also one instance at a time.
BATCHES = {8: 200_000, 10: 200_000, 12: 100_000, 14: 50_000, 16: 40_000, 18: 20_000, 20: 10_000, 22: 5_000,
           24: 2_400, 26: 1_200, 28: 600, 30: 320, 32: 160, 34: 80, 36: 48}  # fmt: skip
SINGLES = range(32, 56, 2)
PENSIA = 397_000  # subset-sum problems of 21 items in the experiment of Pensia et al.


def median_seconds(work: Callable[[], Any], rounds: int) -> float:
    """Median wall time of several runs, after one that is not counted."""
    work()
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return float(np.median(times))


@numba.njit(nogil=True)
def _merge_steps(a: np.ndarray, b: np.ndarray, out: np.ndarray, times: int) -> None:
    """Four branch-free merges of short lists side by side: what a step costs where nothing else is in the way."""
    last = np.uint64(a.shape[1] - 1)
    for _ in range(times):
        i = j = k = m = np.uint64(0)
        for p in range(last):
            x, y = a[0, i], b[0, p - i]
            out[0, p] = min(x, y)
            i += np.uint64(x <= y)
            x, y = a[1, j], b[1, p - j]
            out[1, p] = min(x, y)
            j += np.uint64(x <= y)
            x, y = a[2, k], b[2, p - k]
            out[2, p] = min(x, y)
            k += np.uint64(x <= y)
            x, y = a[3, m], b[3, p - m]
            out[3, p] = min(x, y)
            m += np.uint64(x <= y)


def step_seconds() -> float:
    """Time of one merge step in the innermost cache: the unit of the machine limit."""
    lists = np.sort(np.random.default_rng(SEED).integers(0, 2**40, (2, 4, 513)))
    out = np.empty_like(lists[0])
    return median_seconds(lambda: _merge_steps(lists[0], lists[1], out, 500), 3) / (4 * 512 * 500)


def contests(largest: int) -> Iterator[tuple[str, int, int, int, Callable[[], Any]]]:
    """Solver, size, threads, problems, and the work, for every point of the curve."""
    for n, count in BATCHES.items():
        rng = np.random.default_rng([SEED, n])
        items, targets = rng.integers(-(2**48), 2**48, (count, n)), rng.integers(-(2**46), 2**46, count)
        inside = within_reach(items, targets).astype(np.int64)
        shifted = np.abs(items)
        half = shifted.sum(axis=1) // 2
        for threads in (1, CORES):
            yield "closest subset", n, threads, count, partial(closest_subsets, items, inside, threads=threads)
            yield "best partition", n, threads, count, partial(best_partitions, items, threads=threads)
            if n in (20, 30):
                sized = partial(closest_subsets, shifted, half, size=n // 2, threads=threads)
                yield "half of the items", n, threads, count, sized
    for n in SINGLES:
        if n > largest:
            return
        whole = np.random.default_rng([SEED, n]).integers(1, 2**62 // n, n)
        yield "closest subset, one", n, CORES, 1, partial(closest_subset, whole, int(whole.sum()) // 2)
        yield "best partition, one", n, CORES, 1, partial(best_partition, whole)


def rows(largest: int) -> list[dict[str, Any]]:
    """The cost curve: median seconds a problem by solver, size and threads, in merge steps of this machine too.

    Sizes take turns, round after round: a machine that is slow for a while is slow for all of them.
    """
    entries = list(contests(largest))
    times: list[list[float]] = [[] for _ in entries]
    steps = []
    for turn in range(-1, ROUNDS):  # the first round is not counted
        steps.append(step_seconds())
        for (_, n, _, count, work), found in zip(entries, times, strict=True):
            if n > 46 and not 0 <= turn < 5:  # seconds each, and nothing to warm up
                continue
            begin = time.perf_counter()
            work()
            if turn >= 0:
                found.append((time.perf_counter() - begin) / count)
    step = float(np.median(steps))
    medians = [float(np.median(found)) for found in times]
    return [
        {"solver": solver, "n": n, "threads": threads, "seconds": seconds,
         "steps": seconds / (step * 2 ** (n / 2)), "step_seconds": step}
        for (solver, n, threads, _, _), seconds in zip(entries, medians, strict=True)
    ]  # fmt: skip


def largest() -> tuple[float, float]:
    """Seconds for one instance of 60 items, and the gigabytes it takes; once, in a process of its own."""
    code = (
        "import time, resource, numpy as np; from slthlib.sums import closest_subset\n"
        f"x = np.random.default_rng({SEED}).integers(1, 2**55, 60); closest_subset(x[:20], int(x[:20].sum()) // 2)\n"
        "begin = time.perf_counter(); closest_subset(x, int(x.sum()) // 2); print(time.perf_counter() - begin)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9)"
    )
    seconds, memory = map(float, _python(code).split())
    return seconds, memory


def pensia() -> tuple[float, float]:
    """Seconds for 397,000 problems of 21 real items on all cores: exact, and the first subset within 0.01."""
    rng = np.random.default_rng(SEED)
    items = rng.uniform(-1, 1, (PENSIA, 21))
    targets = within_reach(items, rng.normal(0, 0.05, PENSIA))
    exact = median_seconds(lambda: closest_subsets(items, targets), 3)
    return exact, median_seconds(lambda: closest_subsets(items, targets, tolerance=0.01), 3)


def compile_seconds() -> tuple[float, float]:
    """Seconds from a fresh interpreter to the first answer: machine code not on disk yet, and on disk."""
    code = (
        "import numpy as np, time; from slthlib.sums import closest_subsets; begin = time.perf_counter()\n"
        "closest_subsets(np.random.default_rng(1).integers(1, 99, (4, 20)), [99] * 4); "
        "print(time.perf_counter() - begin)"
    )
    with tempfile.TemporaryDirectory() as folder:
        return float(_python(code, NUMBA_CACHE_DIR=folder)), float(_python(code, NUMBA_CACHE_DIR=folder))


def _python(code: str, **environment: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return run.stdout
