"""Time number partitioning against what you would use instead, and check that all give the same answers.

    python benchmarks/sums.py [--quick] [--write]

All rivals run interleaved, round after round, on the same problems (48-bit integers): each on as many as fit its time.
Times are wall times per problem: the median over the rounds, and the extremes. ``ratio_to_ours`` compares medians with
our batch on one thread. With ``--write`` the table is recorded as ``chapters/results/partition_benchmark.csv``.
The rivals live in an environment of their own (``requirements-bench.txt``); one that is missing is reported as such.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy: one thread for everybody
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

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


# --- who runs what


@dataclass
class Rival:
    """One row of the table: ``solve`` takes problems [B, n] as ``form`` makes them and returns their differences."""

    task: str
    name: str
    package: str
    load: Callable[[], Callable[[Any], Any]]
    batch: bool  # whether solve takes all problems at once
    each: dict[int, int]  # problems a round, by n
    threads: int = 1
    solve: Callable[[Any], Any] | None = None
    times: dict[int, list[float]] = field(default_factory=dict)
    right: dict[int, list[bool]] = field(default_factory=dict)
    seen: dict[int, int] = field(default_factory=dict)  # different problems in all rounds


def rivals() -> list[Rival]:
    few = {n: min(count, 1000) for n, count in BATCH.items()} | {30: 40}
    one = lambda solve: lambda: lambda row: solve(row).difference  # noqa: E731
    many = lambda solve, threads: lambda: lambda rows: solve(rows, threads=threads).differences  # noqa: E731
    exact, kk = "best partition", "differencing"
    peers = [
        Rival(exact, "slthlib, batch", "slthlib", many(best_partitions, 1), True, BATCH),
        Rival(exact, "slthlib, batch", "slthlib", many(best_partitions, CORES), True, BATCH, CORES),
        Rival(exact, "slthlib, single calls", "slthlib", one(best_partition), False, few),
        Rival(exact, "NumPy meet in the middle", "numpy", lambda: lambda x: numpy_meet_in_the_middle(x)[0], False, few),
        Rival(exact, "partitionpy complete_karmarkar_karp", "partitionpy",
              lambda: load_partitionpy("complete_karmarkar_karp"), False, {12: 100, 16: 40, 20: 10, 24: 2, 30: 1}),
        # Of prtpy's exact methods these two are the fastest; complete_karmarkar_karp, snp and rnp take 25 times as long
        # at n = 20, and ilp returned sums that are not the best.
        Rival(exact, "prtpy cbldm", "prtpy", lambda: load_prtpy("cbldm"), False, {12: 10, 16: 4, 20: 2, 24: 1}),
        Rival(exact, "prtpy complete_greedy", "prtpy", lambda: load_prtpy("complete_greedy"), False,
              {12: 10, 16: 4, 20: 1}),
        Rival(exact, "OR-Tools CP-SAT, 1 worker", "ortools", load_ortools, False, {12: 10, 16: 4, 20: 2}),
        Rival(kk, "slthlib, batch", "slthlib", many(karmarkar_karp_batch, 1), True, {20: 200_000}),
        Rival(kk, "slthlib, batch", "slthlib", many(karmarkar_karp_batch, CORES), True, {20: 200_000}, CORES),
        Rival(kk, "slthlib, single calls", "slthlib", one(karmarkar_karp), False, {20: 1000}),
        Rival(kk, "partitionpy karmarkar_karp", "partitionpy", lambda: load_partitionpy("karmarkar_karp"), False,
              {20: 500}),
        Rival(kk, "prtpy karmarkar_karp", "prtpy", lambda: load_prtpy("karmarkar_karp"), False, {20: 100}),
    ]  # fmt: skip
    for rival in peers:
        try:
            rival.solve = rival.load()
        except ImportError:  # its row says so
            continue
    return peers


def run(peers: list[Rival], task: str, n: int, rounds: int, share: float) -> None:
    """Round-robin: every rival once a round, on problems of that round; ours on the whole pool every time."""
    peers = [rival for rival in peers if rival.task == task and n in rival.each and rival.solve]
    size = max(rival.each[n] for rival in peers)
    rows = np.random.default_rng([SEED, n]).integers(1, 2**48, size=(size, n))
    truth = (best_partitions if task == "best partition" else karmarkar_karp_batch)(rows).differences
    for rival in peers:  # not counted: imports, compilation, first allocations
        rival.solve(rows[:2] if rival.batch else form(rival, rows[0]))
    for turn in range(rounds):
        for rival in peers:
            count = rival.each[n] if rival.batch else max(1, int(rival.each[n] * share))
            chosen = np.arange(size) if rival.batch else np.arange(turn * count, (turn + 1) * count) % size
            problems = rows if rival.batch else [form(rival, row) for row in rows[chosen]]
            begin = time.perf_counter()
            found = rival.solve(problems) if rival.batch else [rival.solve(problem) for problem in problems]
            rival.times.setdefault(n, []).append((time.perf_counter() - begin) / count * 1e6)
            rival.seen[n] = count if rival.batch else min(size, (turn + 1) * count)
            right = rival.right.setdefault(n, [])
            right += (np.asarray(found, dtype=object) == truth[chosen]).tolist() if turn == 0 or not rival.batch else []


def form(rival: Rival, row: np.ndarray) -> Any:
    return row if rival.package in ("slthlib", "numpy") else row.tolist()


def table(peers: list[Rival]) -> Iterator[dict[str, Any]]:
    for n in BATCH:
        for rival in peers:
            if n not in rival.each:
                continue
            row = {"task": rival.task, "n": n, "rival": rival.name, "version": "not installed",
                   "threads": rival.threads, "instances": 0, "median_us": 0.0, "min_us": 0.0, "max_us": 0.0,
                   "ratio_to_ours": 0.0, "agrees": ""}  # fmt: skip
            if rival.solve and n in rival.times:
                ours = next(r for r in peers if r.task == rival.task)  # the batch on one thread comes first
                times, right = rival.times[n], rival.right[n]
                median = float(np.median(times))
                row |= {"version": metadata.version(rival.package), "instances": rival.seen[n], "median_us": median,
                        "min_us": min(times), "max_us": max(times), "agrees": f"{sum(right)}/{len(right)}",
                        "ratio_to_ours": median / float(np.median(ours.times[n]))}  # fmt: skip
            if rival.solve is None or n in rival.times:
                yield row


def bars(rows: list[dict[str, Any]]) -> Iterator[str]:
    """What the solvers are held to at n = 20, and whether they met it in this run."""
    at = {(r["rival"], r["threads"]): r["median_us"] for r in rows if (r["task"], r["n"]) == ("best partition", 20)}
    batch, single = at["slthlib, batch", 1], at["slthlib, single calls", 1]
    prtpy = min(at["prtpy cbldm", 1], at["prtpy complete_greedy", 1])
    for what, theirs, ours, wanted in [
        (
            "batch against partitionpy's complete_karmarkar_karp",
            at["partitionpy complete_karmarkar_karp", 1],
            batch,
            1e3,
        ),
        ("batch against prtpy's fastest exact method", prtpy, batch, 1e4),
        ("batch against NumPy meet in the middle", at["NumPy meet in the middle", 1], batch, 10),
        ("single call against NumPy's", at["NumPy meet in the middle", 1], single, 4),
    ]:
        verdict = "not measured" if not theirs else "met" if theirs / ours >= wanted else "MISSED"
        yield f"{what}: {theirs / ours:,.1f}x, wanted {wanted:,.0f}x: {verdict}"
    wrong = [r["rival"] for r in rows if len(set(r["agrees"].split("/"))) > 1]
    yield f"answers that differ: {', '.join(wrong) or 'none'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only n = 12 and 20, fewer problems, three rounds")
    parser.add_argument("--write", action="store_true", help=f"record {OUT.name}")
    arguments = parser.parse_args()
    started, peers = records.Clock.now(), rivals()
    rounds, share = (3, 0.2) if arguments.quick else (7, 1.0)
    for n in (12, 20) if arguments.quick else BATCH:
        run(peers, "best partition", n, rounds, share)
    run(peers, "differencing", 20, rounds, share)
    rows = list(table(peers))
    for r in rows:
        time_us = f"{r['median_us']:14,.2f} us [{r['min_us']:,.2f}, {r['max_us']:,.2f}]" if r["agrees"] else ""
        print(f"{r['task']:15} {r['n']:3} {r['rival']:36} {r['version']:14} {r['threads']} thr {r['instances']:7} "
              f"{time_us} {r['ratio_to_ours']:12,.2f}x {r['agrees']}")  # fmt: skip
    print(*bars(rows), sep="\n")
    if arguments.write:
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        records.write(OUT, columns, command="make bench", seed=SEED, sources=[__file__], started=started)


if __name__ == "__main__":
    main()
