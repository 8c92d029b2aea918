"""Record how often a random problem has a perfect partition with a prescribed imbalance, across the critical line.

For each n and imbalance s, problems of n numbers uniform on {1, ..., M}, M = 2**(ratio n) rounded. The ratios lie on a
grid of step 0.02 around the critical ratio of the bias s / n. Written to
``chapters/results/constrained_transition.csv``: problems, and how many had a perfect partition with that imbalance. A
chapter runs the rows n = 20 again, on fewer problems, and must agree.
"""

import sys
from pathlib import Path

import numpy as np

from slthlib.lab import records
from slthlib.sums import best_partitions, laws

SEED = 2004
OUT = Path(__file__).resolve().parents[1] / "chapters" / "results" / "constrained_transition.csv"
PROBLEMS = {16: 4_000, 20: 4_000, 24: 2_000, 28: 2_000, 32: 1_000, 40: 400}
IMBALANCES = {16: (0, 4), 20: range(0, 7, 2), 24: range(0, 9, 2), 28: range(0, 11, 2), 32: range(0, 12, 2), 40: (0, 10)}
STEPS = range(-12, 4)


def measure(n: int, imbalance: int, problems: int) -> dict[str, list[float]]:
    center = round(laws.critical_ratio(imbalance / n), 2)
    ratios = [round(center + 0.02 * step, 2) for step in STEPS]
    perfect = []
    for ratio in ratios:
        # A seed for each cell: rows can be added or left out without changing the others.
        rng = np.random.default_rng([SEED, n, imbalance, round(100 * ratio)])
        items = rng.integers(1, round(2.0 ** (ratio * n)) + 1, (problems, n))
        perfect.append(int((best_partitions(items, imbalance=imbalance).differences <= 1).sum()))
    return {"ratio": ratios, "perfect": perfect}


def main() -> None:
    with records.recording(
        OUT, command=f"python experiments/{Path(__file__).name}", seed=SEED, sources=[__file__]
    ) as record:
        table: dict[str, list[float]] = {name: [] for name in ("n", "imbalance", "ratio", "problems", "perfect")}
        for n, problems in PROBLEMS.items():
            for imbalance in IMBALANCES[n]:
                part = record.part(f"{n} {imbalance}", lambda n=n, s=imbalance, B=problems: measure(n, s, B))
                rows = len(part["ratio"])
                for name, value in (("n", n), ("imbalance", imbalance), ("problems", problems)):
                    table[name] += [value] * rows
                for name, values in part.items():
                    table[name] += values
                print(f"n = {n}, imbalance {imbalance}", file=sys.stderr, end="\r")
        record.save(table)
    print(f"wrote {OUT.name}")


if __name__ == "__main__":
    main()
