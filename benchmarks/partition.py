"""Number partitioning against what you would use instead: integers of 48 bits."""

from collections.abc import Callable
from importlib import import_module

import numpy as np

from benchmarks.harness import CORES, Rival, Task
from slthlib.sums import best_partition, best_partitions, karmarkar_karp, karmarkar_karp_batch

BATCH = {12: 20_000, 16: 20_000, 20: 10_000, 24: 2_000, 30: 200}


# --- the plain NumPy answer


def numpy_meet_in_the_middle(items: np.ndarray) -> tuple[int, np.ndarray]:
    """Best difference and its signs: sorted signed sums of both halves, and a search of one in the other.

    The fastest of the forms tried. The sums of the right half are symmetric, so left and right are matched, not summed.
    """
    half = items.size // 2
    left, right = signed_sums(items[1:half], items[:1]), signed_sums(items[half:], np.zeros(1, np.int64))
    ordered, wanted = np.sort(right), np.sort(left)  # a search in order keeps to the cache
    place = ordered.searchsorted(wanted)
    above, below = np.abs(ordered.take(place, mode="clip") - wanted), np.abs(wanted - ordered[place - 1])
    i, j = above.argmin(), below.argmin()
    if above[i] <= below[j]:
        best, a, b = above[i], wanted[i], ordered[min(place[i], ordered.size - 1)]
    else:
        best, a, b = below[j], wanted[j], ordered[place[j] - 1]
    # Every item doubled its list, plus signs in the upper half: the index of a sum spells its signs, item 0 is plus.
    code = 1 | int((left == a).argmax()) << 1 | int((right == -b).argmax()) << half
    return int(best), 2 * ((code >> np.arange(items.size)) & 1) - 1


def signed_sums(items: np.ndarray, sums: np.ndarray) -> np.ndarray:
    for x in items:
        sums = np.concatenate((sums - x, sums + x))
    return sums


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


def load_knapsack() -> Callable[[list[int]], int]:
    solver_module = import_module("ortools.algorithms.python.knapsack_solver")

    def solve(numbers: list[int]) -> int:
        total = sum(numbers)
        kind = solver_module.SolverType.KNAPSACK_MULTIDIMENSION_BRANCH_AND_BOUND_SOLVER
        solver = solver_module.KnapsackSolver(kind, "half")
        solver.init(numbers, [numbers], [total // 2])
        return total - 2 * solver.solve()

    return solve


# --- who runs what


def draw(rng: np.random.Generator, n: int, count: int) -> np.ndarray:
    return rng.integers(1, 2**48, size=(count, n))


def tasks() -> list[Task]:
    few = {n: min(count, 1000) for n, count in BATCH.items()} | {30: 40}
    one = lambda solve: lambda: lambda row: solve(row).difference  # noqa: E731
    many = lambda solve, threads: lambda: lambda rows: solve(rows, threads=threads).differences  # noqa: E731
    plain = {"form": lambda row: row.tolist()}
    exact = [
        Rival("slthlib, batch", "slthlib", many(best_partitions, 1), BATCH, batch=True),
        Rival("slthlib, batch", "slthlib", many(best_partitions, CORES), BATCH, batch=True, threads=CORES),
        Rival("slthlib, single calls", "slthlib", one(best_partition), few),
        Rival("NumPy meet in the middle", "numpy", lambda: lambda x: numpy_meet_in_the_middle(x)[0], few),
        Rival("partitionpy complete_karmarkar_karp", "partitionpy",
              lambda: load_partitionpy("complete_karmarkar_karp"), {12: 100, 16: 40, 20: 10, 24: 2, 30: 1}, **plain),
        # Of prtpy's exact methods these two are the fastest; complete_karmarkar_karp, snp and rnp take 25 times as long
        # at n = 20, and ilp returned sums that are not the best.
        Rival("prtpy cbldm", "prtpy", lambda: load_prtpy("cbldm"), {12: 10, 16: 4, 20: 2, 24: 1}, **plain),
        Rival("prtpy complete_greedy", "prtpy", lambda: load_prtpy("complete_greedy"), {12: 10, 16: 4, 20: 1}, **plain),
        Rival("OR-Tools CP-SAT, 1 worker", "ortools", load_ortools, {12: 10, 16: 4, 20: 2}, **plain),
        Rival("OR-Tools knapsack, branch and bound", "ortools", load_knapsack, {12: 100, 16: 40, 20: 10, 24: 2},
              **plain),
    ]  # fmt: skip
    differencing = [
        Rival("slthlib, batch", "slthlib", many(karmarkar_karp_batch, 1), {20: 200_000}, batch=True),
        Rival("slthlib, batch", "slthlib", many(karmarkar_karp_batch, CORES), {20: 200_000}, batch=True, threads=CORES),
        Rival("slthlib, single calls", "slthlib", one(karmarkar_karp), {20: 1000}),
        Rival("partitionpy karmarkar_karp", "partitionpy", lambda: load_partitionpy("karmarkar_karp"), {20: 500},
              **plain),
        Rival("prtpy karmarkar_karp", "prtpy", lambda: load_prtpy("karmarkar_karp"), {20: 100}, **plain),
    ]  # fmt: skip
    return [
        Task("best partition", draw, lambda rows: best_partitions(rows).differences, exact),
        Task("differencing", draw, lambda rows: karmarkar_karp_batch(rows).differences, differencing),
    ]
