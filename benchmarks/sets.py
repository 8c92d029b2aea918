"""Reachable sums, counts and coverage against what you would use instead."""

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import Rival, Task
from slthlib.sums import (
    count_missed,
    count_perfect_partitions,
    count_subsets,
    covering_radius,
    covering_radius_bounds,
    reachable_sums,
)

ITEMS = 64  # a bitset's items; its size is the sum of them


def draw_bitset(rng: np.random.Generator, n: int, count: int) -> np.ndarray:
    """64 items that sum to about n."""
    return rng.integers(0, 2 * n // ITEMS + 1, size=(count, ITEMS))


def python_bits(items: list[int]) -> int:
    reached = 1
    for x in items:
        reached |= reached << x
    return reached.bit_count()


def load_gmpy() -> Callable[[list[int]], int]:
    gmpy2 = import_module("gmpy2")

    def solve(items: list[int]) -> int:
        reached = gmpy2.mpz(1)
        for x in items:
            reached |= reached << x
        return int(gmpy2.popcount(reached))

    return solve


CPP = r"""
#include <cstdint>
#include <cstring>
extern "C" int64_t count(const int64_t *items, int64_t n, uint64_t *t, int64_t words) {
    std::memset(t, 0, 8 * words);
    t[0] = 1;
    for (int64_t i = 0, top = 0; i < n; ++i) {
        top += items[i];
        const int64_t shift = items[i] / 64, bits = items[i] % 64;
        if (items[i] == 0) continue;
        if (bits == 0)
            for (int64_t k = top / 64; k >= shift; --k) t[k] |= t[k - shift];
        else {
            for (int64_t k = top / 64; k > shift; --k) t[k] |= t[k - shift] << bits | t[k - shift - 1] >> (64 - bits);
            t[shift] |= t[0] << bits;
        }
    }
    int64_t found = 0;
    for (int64_t k = 0; k < words; ++k) found += __builtin_popcountll(t[k]);
    return found;
}
"""


def load_cpp() -> Callable[[np.ndarray], int]:
    """The loop that a C++ programmer would write, by the compiler of this machine, if it has one."""
    compiler = shutil.which("c++")
    if compiler is None:
        raise ImportError("no C++ compiler")
    folder = Path(tempfile.mkdtemp())
    source = folder / "bits.cpp"
    source.write_text(CPP)
    built = folder / "bits.so"
    subprocess.run([compiler, "-O3", "-march=native", "-shared", "-fPIC", source, "-o", built], check=True)
    count = ctypes.CDLL(str(built)).count
    count.restype = ctypes.c_int64

    def solve(items: np.ndarray) -> int:
        table = np.empty(int(items.sum()) // 64 + 1, np.uint64)
        rows = np.ascontiguousarray(items, np.int64)
        return int(count(ctypes.c_void_p(rows.ctypes.data), ctypes.c_int64(rows.size),
                         ctypes.c_void_p(table.ctypes.data), ctypes.c_int64(table.size)))  # fmt: skip

    return solve


def numpy_bools(items: np.ndarray) -> int:
    reached = np.zeros(items.sum() + 1, bool)
    reached[0], top = True, 0
    for x in items:
        reached[x : top + x + 1] |= reached[: top + 1].copy()
        top += x
    return int(reached.sum())


def ours_reached(items: np.ndarray) -> int:
    total = int(items.sum())
    return total + 1 - int(count_missed(items, 0, total, threads=1))


def ours_reached_all(rows: np.ndarray) -> list[int]:
    total = int(rows.sum(axis=1).max())
    return (total + 1 - np.asarray(count_missed(rows, 0, total, threads=1))).tolist()


def ours_as_booleans(items: np.ndarray) -> int:
    return int(np.count_nonzero(reachable_sums(items, 0, int(items.sum()))))


def numpy_counts(items: np.ndarray) -> np.ndarray:
    table = np.zeros(items.sum() + 1)
    table[0] = 1
    for x in items:
        table[x:] = table[x:] + table[: table.size - x]
    return table


def ours_counts(items: np.ndarray) -> np.ndarray:
    return count_subsets(items, 0, int(items.sum()))


def numpy_perfect(items: np.ndarray) -> float:
    """Half the table suffices; item 0 stays on one side."""
    total = int(items.sum())
    table = np.zeros(total // 2 + 2, np.uint64)
    table[0] = 1
    for x in items[1:]:
        if x < table.size:
            table[x:] = table[x:] + table[: table.size - x]
    middle = {total // 2, total - total // 2}
    return float(sum(int(table[t]) for t in middle))


def numpy_radius(items: np.ndarray) -> float:
    """Sort all sums, and look at the middles of the gaps and at the ends of [-1, 1]."""
    sums = np.zeros(1)
    for x in items:
        sums = np.concatenate((sums, sums + x))
    sums = np.sort(sums)
    middles = (sums[1:] + sums[:-1]) / 2
    holes = (np.diff(sums) / 2)[abs(middles) <= 1]
    # A hole whose middle lies outside is deepest at the end of [-1, 1].
    return float(max(holes.max(initial=0), abs(sums - 1).min(), abs(sums + 1).min()))


def tasks() -> list[Task]:
    plain: dict[str, Any] = {"form": lambda row: row.tolist()}
    sizes = {10**4: 500, 10**6: 20, 10**7: 3}
    radius = {20: 10, 22: 5, 24: 3}
    return [
        Task("reachable sums", draw_bitset, lambda rows: [python_bits(row.tolist()) for row in rows], [
            Rival("slthlib", "slthlib", lambda: ours_reached, sizes),
            Rival("slthlib, batch", "slthlib", lambda: ours_reached_all, {10**4: 500}, batch=True),
            Rival("slthlib, as booleans", "slthlib", lambda: ours_as_booleans, sizes),
            Rival("Python integer", "", lambda: python_bits, sizes, **plain),
            Rival("gmpy2", "gmpy2", load_gmpy, sizes, **plain),
            Rival("NumPy booleans", "numpy", lambda: numpy_bools, sizes),
            Rival("C++ loop, -O3", "", load_cpp, sizes),
        ]),
        Task("table of counts", lambda rng, n, count: rng.integers(0, 2**12 + 1, (count, n)),
             lambda rows: [numpy_counts(row) for row in rows], [
            Rival("slthlib", "slthlib", lambda: ours_counts, {20: 100, 30: 50}),
            Rival("NumPy table", "numpy", lambda: numpy_counts, {20: 100, 30: 50}),
        ], judge=np.array_equal),
        Task("perfect, 8 bits", lambda rng, n, count: rng.integers(1, 2**8 + 1, (count, n)),
             lambda rows: [numpy_perfect(row) for row in rows], [
            Rival("slthlib, batch", "slthlib", lambda: lambda rows: count_perfect_partitions(rows, threads=1),
                  {20: 5000, 30: 2000}, batch=True),
            Rival("NumPy table", "numpy", lambda: numpy_perfect, {20: 300, 30: 200}),
        ]),
        Task("perfect, 12 bits", lambda rng, n, count: rng.integers(1, 2**12 + 1, (count, n)),
             lambda rows: [numpy_perfect(row) for row in rows], [
            Rival("slthlib, batch", "slthlib", lambda: lambda rows: count_perfect_partitions(rows, threads=1),
                  {20: 5000, 30: 500}, batch=True),
            Rival("NumPy table", "numpy", lambda: numpy_perfect, {20: 100, 30: 50}),
        ]),
        Task("perfect, 16 bits", lambda rng, n, count: rng.integers(1, 2**16 + 1, (count, n)),
             lambda rows: [numpy_perfect(row) for row in rows], [
            Rival("slthlib, batch", "slthlib", lambda: lambda rows: count_perfect_partitions(rows, threads=1),
                  {20: 100, 30: 20}, batch=True),
            Rival("NumPy table", "numpy", lambda: numpy_perfect, {20: 10, 30: 5}),
        ]),
        Task("covering radius", lambda rng, n, count: rng.uniform(-1, 1, (count, n)),
             lambda rows: [numpy_radius(row) for row in rows], [
            Rival("slthlib", "slthlib", lambda: covering_radius, radius),
            Rival("NumPy sort", "numpy", lambda: numpy_radius, radius),
        ], judge=lambda found, truth: abs(found - truth) <= 1e-12),
        Task("radius within a grid", lambda rng, n, count: rng.uniform(-1, 1, (count, n)),
             lambda rows: [covering_radius(row) for row in rows], [
            Rival("slthlib, grid of 1e-4", "slthlib",
                  lambda: lambda row: covering_radius_bounds(row, resolution=1e-4), {24: 20}),
            Rival("slthlib, grid of 1e-5", "slthlib",
                  lambda: lambda row: covering_radius_bounds(row, resolution=1e-5), {24: 20}),
        ], judge=lambda found, truth: found.lower <= truth <= found.upper),
    ]  # fmt: skip
