"""Closest subset sum against what you would use instead: items uniform on [-1, 1], a target in [-1/2, 1/2].

The exact rivals are mixed-integer solvers, a constraint solver, and meet in the middle in NumPy and in plain numba. An
answer is right if its error, summed again from its items, is the smallest there is up to the rounding of the sum.
"""

import math
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import get_context
from typing import Any

import numba
import numpy as np

from benchmarks.harness import CORES, Rival, Task
from slthlib.sums import closest_subset, closest_subsets

LIMIT = 60.0  # seconds an instance
BATCH = {10: 100_000, 16: 20_000, 20: 20_000, 21: 10_000, 24: 2_000, 30: 100}
Problem = tuple[np.ndarray, float]


class Problems:
    """Items [B, n] and targets [B]; indexing by an array gives some of them, by a number one."""

    def __init__(self, items: np.ndarray, targets: np.ndarray) -> None:
        self.items, self.targets = items, targets

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice | np.ndarray):
            return Problems(self.items[index], self.targets[index])
        return self.items[index], float(self.targets[index])


def draw(rng: np.random.Generator, n: int, count: int) -> Problems:
    items = rng.uniform(-1, 1, (count, n))
    return Problems(items, within_reach(items, rng.uniform(-0.5, 0.5, count)))


def within_reach(items: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Targets moved to where the sums are: one row in 2**n has all its items of one sign."""
    return np.clip(targets, 0.999 * np.minimum(items, 0).sum(axis=1), 0.999 * np.maximum(items, 0).sum(axis=1))


def error(items: np.ndarray, mask: np.ndarray, target: float) -> float:
    """Distance of the chosen sum from the target, rounded once."""
    return abs(math.fsum([*items[np.asarray(mask, bool)], -target]))


# --- meet in the middle, three times


def numpy_closest(problem: Problem) -> float:
    """All sums of both halves, one sorted, the other searched in it."""
    items, target = problem
    half = items.size // 2
    left, right = subset_sums(items[:half]), np.sort(subset_sums(items[half:]))
    wanted = np.sort(target - left)
    place = right.searchsorted(wanted)
    above = np.abs(right.take(place, mode="clip") - wanted)
    below = np.abs(wanted - right.take(place - 1, mode="clip"))
    return float(min(above.min(), below.min()))


def subset_sums(items: np.ndarray) -> np.ndarray:
    sums = np.zeros(1)
    for x in items:
        sums = np.concatenate((sums, sums + x))
    return sums


@numba.njit(nogil=True)
def _by_argsort(items: np.ndarray, targets: np.ndarray, out: np.ndarray) -> None:
    """What a numba user writes first: enumerate, argsort each half, two pointers."""
    rows, n = items.shape
    half = n // 2
    for r in range(rows):
        a, b = np.zeros(1 << half), np.zeros(1 << (n - half))
        for k in range(half):
            a[1 << k : 2 << k] = a[: 1 << k] + items[r, k]
        for k in range(n - half):
            b[1 << k : 2 << k] = b[: 1 << k] + items[r, half + k]
        a, b = a[np.argsort(a)], b[np.argsort(b)]
        out[r] = _two_pointers(a, b, targets[r])


@numba.njit(nogil=True)
def _two_pointers(a: np.ndarray, b: np.ndarray, target: float) -> float:
    best, i, j = np.inf, 0, b.size - 1
    while i < a.size and j >= 0:
        value = a[i] + b[j] - target
        best = min(best, abs(value))
        if value < 0:
            i += 1
        else:
            j -= 1
    return best


@numba.njit(nogil=True)
def _by_merge(items: np.ndarray, targets: np.ndarray, out: np.ndarray) -> None:
    """Lists merged instead of sorted, masks carried along, with the branches a textbook merge has."""
    rows, n = items.shape
    half = n // 2
    for r in range(rows):
        a, _a_masks = _merged(items[r, :half])
        b, _b_masks = _merged(items[r, half:])
        out[r] = _two_pointers(a, b, targets[r])


@numba.njit(nogil=True)
def _merged(items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sums, masks = np.zeros(1), np.zeros(1, np.uint64)
    for k in range(items.size):
        x, bit, size = items[k], np.uint64(1) << np.uint64(k), sums.size
        new, new_masks = np.empty(2 * size), np.empty(2 * size, np.uint64)
        i = j = 0
        for p in range(2 * size):
            if j >= size or (i < size and sums[i] <= sums[j] + x):
                new[p], new_masks[p] = sums[i], masks[i]
                i += 1
            else:
                new[p], new_masks[p] = sums[j] + x, masks[j] | bit
                j += 1
        sums, masks = new, new_masks
    return sums, masks


def in_numba(kernel: Callable[..., None]) -> Callable[[Problems], np.ndarray]:
    def solve(problems: Problems) -> np.ndarray:
        out = np.empty(len(problems))
        kernel(problems.items, problems.targets, out)
        return out

    return solve


# --- general solvers: minimise e with -e <= sum - target <= e, at default tolerances, one thread


def apart(solve: Callable[[Problem], float], package: str) -> Callable[[], Callable[[Problem], float]]:
    """Run a solver in a process of its own, which costs a millisecond: their libraries cannot be loaded together."""

    def load() -> Callable[[Problem], float]:
        if find_spec(package) is None:
            raise ImportError(package)
        pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        return lambda problem: pool.submit(solve, problem).result()

    return load


def by_highs(problem: Problem) -> float:
    highspy = import_module("highspy")
    items, target = problem
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("threads", 1)
    model.setOptionValue("time_limit", LIMIT)
    take = [model.addBinary() for _ in items]
    e = model.addVariable(lb=0)
    total = sum(float(x) * t for x, t in zip(items, take, strict=True))
    model.addConstr(total - e <= target)
    model.addConstr(total + e >= target)
    model.minimize(e)
    return error(items, np.round(model.getSolution().col_value[: items.size]), target)


def by_milp(problem: Problem) -> float:
    optimize = import_module("scipy.optimize")
    items, target = problem
    n = items.size
    rows = np.vstack((np.append(items, -1), np.append(items, 1)))
    limits = optimize.LinearConstraint(rows, [-np.inf, target], [target, np.inf])
    bounds = optimize.Bounds(np.zeros(n + 1), np.append(np.ones(n), np.inf))
    cost, whole = np.append(np.zeros(n), 1), np.append(np.ones(n), 0)
    found = optimize.milp(cost, integrality=whole, bounds=bounds, constraints=limits, options={"time_limit": LIMIT})
    return error(items, np.round(found.x[:n]), target) if found.x is not None else np.inf


def by_scip(problem: Problem) -> float:
    scip = import_module("pyscipopt")
    items, target = problem
    model = scip.Model()
    model.hideOutput()
    model.setParam("limits/time", LIMIT)
    take = [model.addVar(vtype="B") for _ in items]
    e = model.addVar(lb=0)
    total = scip.quicksum(float(x) * t for x, t in zip(items, take, strict=True))
    model.addCons(total - target <= e)
    model.addCons(target - total <= e)
    model.setObjective(e)
    model.optimize()
    return error(items, np.round([model.getVal(t) for t in take]), target)


def by_cbc(problem: Problem) -> float:
    mip = import_module("mip")
    items, target = problem
    model = mip.Model(solver_name=mip.CBC)
    model.verbose = 0
    model.threads = 1
    take = [model.add_var(var_type=mip.BINARY) for _ in items]
    e = model.add_var(lb=0)
    total = mip.xsum(float(x) * t for x, t in zip(items, take, strict=True))
    model += total - target <= e
    model += target - total <= e
    model.objective = mip.minimize(e)
    model.optimize(max_seconds=LIMIT)
    return error(items, np.round([t.x for t in take]), target) if take[0].x is not None else np.inf


def by_cp_sat(problem: Problem) -> float:
    cp_model = import_module("ortools.sat.python.cp_model")
    items, target = problem
    whole = [round(float(x) * 2**40) for x in items]  # it works on integers: 40 bits
    goal, reach = round(target * 2**40), sum(map(abs, whole))
    model = cp_model.CpModel()
    take = [model.new_bool_var(f"x{i}") for i in range(len(whole))]
    e = model.new_int_var(0, reach + abs(goal), "e")
    total = sum(x * t for x, t in zip(whole, take, strict=True))
    model.add(total - goal <= e)
    model.add(goal - total <= e)
    model.minimize(e)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = LIMIT
    solver.solve(model)
    return error(items, np.array([solver.value(t) for t in take]), target)


def tasks() -> list[Task]:
    few = {n: min(count, 1000) for n, count in BATCH.items()} | {30: 20}
    many = lambda threads: (  # noqa: E731
        lambda: lambda p: closest_subsets(p.items, p.targets, threads=threads).errors
    )
    slow, hard = {10: 10, 16: 3, 21: 1, 30: 1}, {10: 10, 16: 3, 21: 1}
    rivals = [
        Rival("slthlib, batch", "slthlib", many(1), BATCH, batch=True),
        Rival("slthlib, batch", "slthlib", many(CORES), BATCH, batch=True, threads=CORES),
        Rival("slthlib, single calls", "slthlib", lambda: lambda p: closest_subset(*p).error, few),
        Rival("NumPy meet in the middle", "numpy", lambda: numpy_closest, few),
        Rival("numba, argsort", "numba", lambda: in_numba(_by_argsort), {n: min(b, 2000) for n, b in BATCH.items()},
              batch=True),
        Rival("numba, merge with branches", "numba", lambda: in_numba(_by_merge),
              {n: min(b, 5000) for n, b in BATCH.items()}, batch=True),
        Rival("OR-Tools CP-SAT, 1 worker", "ortools", apart(by_cp_sat, "ortools"), hard | {30: 1}),
        Rival("HiGHS", "highspy", apart(by_highs, "highspy"), slow),
        Rival("SciPy milp", "scipy", apart(by_milp, "scipy"), slow),
        Rival("SCIP", "pyscipopt", apart(by_scip, "pyscipopt"), slow),
        Rival("CBC", "mip", apart(by_cbc, "mip"), slow),
    ]  # fmt: skip
    return [
        Task(
            "closest subset",
            draw,
            lambda p: closest_subsets(p.items, p.targets).errors,
            rivals,
            judge=lambda found, truth: found <= truth + 2**-48,
            off=lambda found, truth: max(1.0, found / max(truth, 2.0**-60)),
        )
    ]
