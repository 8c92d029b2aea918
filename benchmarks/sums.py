"""Time the solvers of `slthlib.sums` against what you would use instead, and check that all give the same answers.

    python benchmarks/sums.py [--quick] [--write] [--only TASK ...]

All rivals run interleaved (see `benchmarks/harness.py`). With ``--write`` three tables are recorded in
``chapters/results``: every contestant, the cost of ours as problems grow, and what we hold ourselves to. The rivals
live in an environment of their own (``requirements-bench.txt``).
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy: one thread for everybody
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that it runs as a script too

from benchmarks import curve, harness, partition, sets, subsets  # noqa: E402
from slthlib.lab import records  # noqa: E402

RESULTS = ROOT / "chapters" / "results"
SOURCES = [Path(__file__), *(Path(module.__file__) for module in (curve, harness, partition, sets, subsets))]
Row = dict[str, Any]


def all_tasks() -> list[harness.Task]:
    return [*partition.tasks(), *subsets.tasks(), *sets.tasks()]


def bars(contests: list[Row], costs: list[Row], extra: Row) -> Iterator[Row]:
    """What we hold ourselves to, and what this run measured; ``met`` is empty where a rival was missing."""
    time = {(r["task"], r["n"], r["rival"], r["threads"]): r["median_us"] for r in contests}
    cost = {(r["solver"], r["n"], r["threads"]): r["seconds"] for r in costs}

    def bar(area: str, wanted: float, found: float, unit: str, *, least: bool = True) -> Row:
        met = "" if not found else "yes" if (found >= wanted if least else found <= wanted) else "no"
        return {"area": area, "wanted": f"{'≥' if least else '≤'} {wanted:,.12g} {unit}", "measured": found, "met": met}

    def ratio(task: str, n: int, rival: str, ours: str = "slthlib, batch") -> float:
        mine, theirs = time.get((task, n, ours, 1), 0.0), time.get((task, n, rival, 1), 0.0)
        return theirs / mine if mine else 0.0

    for n, wanted in ((10, 15e6), (16, 1.2e6), (20, 4e5), (24, 1.1e5), (30, 1.4e4)):
        seconds = cost.get(("closest subset", n, harness.CORES), 0.0)
        yield bar(f"batch, {harness.CORES} threads, n = {n}", wanted, 1 / seconds if seconds else 0.0, "problems/s")
    alone, together = cost.get(("closest subset", 20, 1), 0.0), cost.get(("closest subset", 20, harness.CORES), 0.0)
    gain = alone / together if together else 0.0
    yield bar(f"{harness.CORES} threads against one, n = 20", 0.95 * harness.CORES, gain, "times")
    for n in (16, 21, 24, 30):
        for rival, wanted in (("NumPy meet in the middle", 15), ("numba, argsort", 10),
                              ("numba, merge with branches", 3)):  # fmt: skip
            yield bar(f"batch against {rival}, n = {n}", wanted, ratio("closest subset", n, rival), "times")
    for rival, wanted in (("OR-Tools CP-SAT, 1 worker", 1e4), ("SCIP", 1e5), ("HiGHS", 1e5)):
        yield bar(f"batch against {rival}, n = 21", wanted, ratio("closest subset", 21, rival), "times")
    yield bar("397,000 problems, exact", 2.0, extra.get("pensia exact", 0.0), "s", least=False)
    yield bar("397,000 problems, first within 0.01", 0.1, extra.get("pensia first", 0.0), "s", least=False)
    for n, limit in ((40, 0.01), (50, 0.3), (54, 0.8)):
        yield bar(f"one instance, n = {n}", limit, cost.get(("closest subset, one", n, harness.CORES), 0.0), "s",
                  least=False)  # fmt: skip
    yield bar("one instance, n = 60", 15.0, extra.get("largest", 0.0), "s", least=False)
    yield bar("one instance, n = 60, memory", 5.0, extra.get("memory", 0.0), "GB", least=False)
    for solver, threads, first in (("closest subset", 1, 20), ("closest subset, one", harness.CORES, 36)):
        sizes = [n for s, n, t in sorted(cost) if (s, t) == (solver, threads) and n >= first]
        growth = [cost[solver, n, threads] / cost[solver, n - 2, threads] for n in sizes if n - 2 in sizes]
        name = f"{solver}, {threads} thr, n = {first}..{max(sizes, default=0)}: two more items"
        yield bar(f"{name}, most", 2.1, max(growth, default=0.0), "times", least=False)
        yield bar(f"{name}, least", 1.9, min(growth, default=0.0), "times")
    yield bar("two-way partition n = 20 against partitionpy", 1e3,
              ratio("best partition", 20, "partitionpy complete_karmarkar_karp"), "times")  # fmt: skip
    fastest = min(ratio("best partition", 20, "prtpy cbldm"), ratio("best partition", 20, "prtpy complete_greedy"))
    yield bar("two-way partition n = 20 against prtpy", 1e5, fastest, "times")
    for rival, wanted in (("Python integer", 8), ("gmpy2", 4), ("NumPy booleans", 15)):
        for n in (10**6, 10**7):
            yield bar(f"bitset of {n:,} against {rival}", wanted, ratio("reachable sums", n, rival, "slthlib"), "times")
            if rival == "gmpy2":
                loop = ratio("reachable sums", n, "C++ loop, -O3", "slthlib")
                yield bar(f"bitset of {n:,} against a C++ loop", 1.3, 1 / loop if loop else 0.0, "times its time",
                          least=False)  # fmt: skip
    for n in (20, 30):
        yield bar(f"table of counts against NumPy, n = {n}", 4, ratio("table of counts", n, "NumPy table", "slthlib"),
                  "times")  # fmt: skip
        for bits in (8, 12):
            yield bar(f"perfect partitions, {bits} bits, n = {n}", 4, ratio(f"perfect, {bits} bits", n, "NumPy table"),
                      "times")  # fmt: skip
        yield bar(f"perfect partitions, 16 bits, n = {n}", 15, ratio("perfect, 16 bits", n, "NumPy table"), "times")
    kk = time.get(("differencing", 20, "slthlib, batch", 1), 0.0)
    yield bar("differencing n = 20, one core", 2e6, 1e6 / kk if kk else 0.0, "problems/s")
    yield bar("covering radius n = 24, exact", 15e3, time.get(("covering radius", 24, "slthlib", 1), 0.0), "µs",
              least=False)  # fmt: skip
    grid = ("radius within a grid", 24, "slthlib, grid of 1e-5", 1)
    yield bar("covering radius within 1e-5", 1e3, time.get(grid, 0.0), "µs", least=False)
    free, half = cost.get(("closest subset", 30, 1), 0.0), cost.get(("half of the items", 30, 1), 0.0)
    yield bar("exactly half of 30 items against any number", 3, half / free if free else 0.0, "times", least=False)
    yield bar("first call, nothing on disk", 5, extra.get("compile cold", 0.0), "s", least=False)
    yield bar("first call, machine code on disk", 0.5, extra.get("compile warm", 0.0), "s", least=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="three rounds instead of seven, nothing beyond n = 36")
    parser.add_argument("--write", action="store_true", help="record the tables in chapters/results")
    parser.add_argument("--only", nargs="*", help="names of tasks, or 'curve'")
    arguments = parser.parse_args()
    started, rounds = records.Clock.now(), 3 if arguments.quick else 7
    contests: list[Row] = []
    for task in all_tasks():
        if arguments.only and task.name not in arguments.only:
            continue
        for n in task.sizes():
            harness.run(task, n, rounds)
        for row in harness.table(task):
            contests.append(row)
            print(harness.line(row), flush=True)
    costs: list[Row] = []
    extra: Row = {}
    if not arguments.only or "curve" in arguments.only:
        for row in curve.rows(36 if arguments.quick else 54):
            costs.append(row)
            name, unit = (
                f"{row['solver']:22} n = {row['n']:2} {row['threads']} thr",
                f"{1e9 * row['step_seconds']:.2f} ns",
            )
            print(f"{name} {1e6 * row['seconds']:14,.2f} us {row['steps']:8.2f} steps of {unit} for each 2^(n/2)")
        extra["pensia exact"], extra["pensia first"] = curve.pensia()
        extra["compile cold"], extra["compile warm"] = curve.compile_seconds()
        extra["largest"], extra["memory"] = (0.0, 0.0) if arguments.quick else curve.largest()
    held = list(bars(contests, costs, extra))
    for row in held:
        print(f"{row['area']:52} {row['wanted']:>26} {row['measured']:16,.4g} {row['met']}")
    if arguments.write:
        for name, rows in (("sums_benchmark", contests), ("sums_cost", costs), ("sums_bars", held)):
            columns = {key: [row[key] for row in rows] for key in rows[0]}
            records.write(RESULTS / f"{name}.csv", columns, command="make bench", seed=harness.SEED, sources=SOURCES,
                          started=started)  # fmt: skip


if __name__ == "__main__":
    main()
