"""Time strong tickets: against the bars of the book, against a mixed-integer solver, and over the number of weights.

    python benchmarks/strong.py [--rounds N] [--largest N] [--write]

``strong_bars``: the layers 784-500-10, 397,000 random weights on a grid of 4, 6 and 8 bits, and real ones within
0.01, nonnegative inputs. Planning is done before. The clock of ``solving`` starts when the random network is drawn
and ends when the masks are there; ``whole`` is the call, ``other`` what it takes beside solving and drawing. Real
weights are also solved as Pensia et al.'s program did, as sums of 21 single numbers: by ours, and by HiGHS through
SciPy as far as ``--solver`` weights go, with the same tolerance. HiGHS solves far more general problems than this
one.

``strong_cost``: one layer with more and more weights at 6 bits, each size in a process of its own, so that its peak of
memory is its own. ``--write`` records both tables in ``chapters/results``.
"""

import argparse
import multiprocessing
import os
import re
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that it runs as a script too

from slthlib.lab import records  # noqa: E402
from slthlib.strong import embed  # noqa: E402
from slthlib.sums import closest_subsets  # noqa: E402

SEED, EPS, ITEMS, REAL_UNITS = 4003, 0.01, 21, 90
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
RESULTS = ROOT / "chapters" / "results"
SHAPES = ((500, 784), (10, 500))
SIDES = (32, 100, 320, 1000, 3200)
COLUMNS = ("task", "bits", "weights", "rounds", "candidates", "solving", "drawing", "other", "whole", "most_whole",
           "planning", "unsolved", "memory")  # fmt: skip


def on_grid(shapes: Any, bits: int) -> list[Any]:
    rng, half = np.random.default_rng(SEED), 2 ** (bits - 1)
    return [rng.integers(-half, half, shape, endpoint=True) / 2.0**bits for shape in shapes]


def peak_memory() -> int:
    """Bytes. What Linux says of this process alone; elsewhere a process may inherit the peak of its parent."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return 1024 * (int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def real(shapes: Any) -> list[Any]:
    rng = np.random.default_rng(SEED)
    return [rng.uniform(-0.5, 0.5, shape) for shape in shapes]


def diamond(task: str, weights: list[Any], rounds: int, **options: Any) -> dict[str, Any]:
    """Embed several times, after the plan and after a run that compiles."""
    given = {"signed_inputs": False, **options}
    embed([weight[:2] for weight in weights[:1]], **given | {"candidates": 60}, seed=0, progress=False)
    begin = time.perf_counter()
    if "candidates" not in given:
        plan = embed(weights, plan=True, seed=SEED, **given)
        given |= {"candidates": max(plan.candidates), "source_bits": plan.recipe.source_bits[0]}
    planning, seen = time.perf_counter() - begin, []
    for turn in range(rounds):
        begin = time.perf_counter()
        ticket = embed(weights, seed=SEED + turn, progress=False, **given)
        whole = time.perf_counter() - begin
        seen.append((whole, ticket.seconds["solving"], ticket.seconds["drawing"], len(ticket.unsolved)))
    if ticket.verify().wrong > len(ticket.unsolved):
        raise RuntimeError(f"{task}: the ticket is not its target")
    whole, solving, drawing, unsolved = np.array(seen).T
    return {
        "task": task, "bits": given.get("bits", 0), "weights": sum(weight.size for weight in weights), "rounds": rounds,
        "candidates": given["candidates"], "solving": float(np.median(solving)), "drawing": float(np.median(drawing)),
        "other": float(np.median(whole - solving - drawing)), "whole": float(np.median(whole)),
        "most_whole": float(whole.max()), "planning": planning,
        "unsolved": int(unsolved.max()), "memory": peak_memory(),
    }  # fmt: skip


def single_numbers(rounds: int) -> dict[str, Any]:
    """All 397,000 sums of 21 numbers, a list for each weight, the first subset within the tolerance."""
    wanted = np.concatenate([weight.ravel() for weight in real(SHAPES)])
    closest_subsets(np.random.default_rng(0).uniform(-0.5, 0.5, (4, ITEMS)), wanted[:4], tolerance=EPS, progress=False)
    seen = []
    for turn in range(rounds):
        begin = time.perf_counter()
        items = np.random.default_rng(SEED + turn).uniform(-0.5, 0.5, (wanted.size, ITEMS))
        drawn = time.perf_counter()
        within = np.clip(wanted, np.minimum(items, 0).sum(axis=1), np.maximum(items, 0).sum(axis=1))
        sums = closest_subsets(items, within, tolerance=EPS, progress=False).totals
        seen.append((time.perf_counter() - drawn, drawn - begin, (abs(sums - wanted) > EPS).sum()))
    solving, drawing, unsolved = np.array(seen).T
    return {
        "task": "single numbers", "bits": 0, "weights": wanted.size, "rounds": rounds, "candidates": ITEMS,
        "solving": float(np.median(solving)), "drawing": float(np.median(drawing)), "other": 0.0,
        "whole": float(np.median(solving + drawing)), "most_whole": float((solving + drawing).max()), "planning": 0.0,
        "unsolved": int(unsolved.max()), "memory": 0,
    }  # fmt: skip


def mixed_integer(weights: int) -> dict[str, Any]:
    """The same sums by HiGHS: least z with |w - a.x| <= z <= eps, one weight after another on one core."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    rng = np.random.default_rng(SEED)
    wanted, seconds, unsolved = rng.uniform(-0.5, 0.5, weights), [], 0
    for w in wanted:
        a = rng.uniform(-0.5, 0.5, ITEMS)
        rows = np.block([[a, 1.0], [a, -1.0]])
        begin = time.perf_counter()
        found = milp(
            np.append(np.zeros(ITEMS), 1.0), integrality=np.append(np.ones(ITEMS), 0),
            bounds=Bounds(np.zeros(ITEMS + 1), np.append(np.ones(ITEMS), EPS)),
            constraints=LinearConstraint(rows, [w, -np.inf], [np.inf, w]), options={"mip_rel_gap": 0.01},
        )  # fmt: skip
        seconds.append(time.perf_counter() - begin)
        unsolved += found.x is None or abs(a @ np.rint(found.x[:-1]) - w) > EPS + 1e-6
    total = float(np.sum(seconds))
    return {
        "task": "single numbers, HiGHS", "bits": 0, "weights": weights, "rounds": 1, "candidates": ITEMS,
        "solving": total, "drawing": 0.0, "other": 0.0, "whole": total, "most_whole": total, "planning": 0.0,
        "unsolved": int(unsolved), "memory": 0,
    }  # fmt: skip


def one_size(side: int, rounds: int) -> dict[str, Any]:
    return diamond("one layer", on_grid([(side, side)], 6), rounds, bits=6)


def shown(row: dict[str, Any]) -> None:
    each = 1e6 * row["solving"] / row["weights"]
    print(f"{row['task']:22} {row['bits'] or '':>2} {row['weights']:>10,} weights, {row['candidates']:3} candidates: "
          f"{row['solving']:8.3f} s ({each:9.2f} us each), drawing {row['drawing']:.3f}, planned in "
          f"{row['planning']:.2f}, {row['unsolved']} unsolved, {row['memory'] / 2**30:.2f} GiB",
          flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often each task runs; the largest size runs once")
    parser.add_argument("--largest", type=int, default=max(SIDES), help="inputs and outputs of the largest layer")
    parser.add_argument("--solver", type=int, default=10, help="weights that the mixed-integer solver gets")
    parser.add_argument("--write", action="store_true", help="record the tables in chapters/results")
    arguments = parser.parse_args()
    started = records.Clock.now()
    print(f"{CORES} cores, medians of {arguments.rounds} rounds", flush=True)
    bars = [diamond("784-500-10", on_grid(SHAPES, bits), arguments.rounds, bits=bits) for bits in (4, 6, 8)]
    bars += [diamond("784-500-10", real(SHAPES), arguments.rounds, tolerance=EPS, candidates=REAL_UNITS)]
    bars += [single_numbers(arguments.rounds), mixed_integer(arguments.solver)]
    for row in bars:
        shown(row)
    cost = []
    for side in SIDES:
        if side <= arguments.largest:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                rounds = 1 if side > 1000 else arguments.rounds
                cost.append(pool.apply(one_size, (side, rounds)))
            shown(cost[-1])
    if arguments.write:
        command = f"python benchmarks/strong.py {' '.join(sys.argv[1:])}"
        for name, rows in {"strong_bars": bars, "strong_cost": cost}.items():
            table = {column: [row[column] for row in rows] for column in COLUMNS}
            records.write(RESULTS / f"{name}.csv", table, command=command, seed=SEED, sources=[__file__],
                          started=started)  # fmt: skip


if __name__ == "__main__":
    main()
