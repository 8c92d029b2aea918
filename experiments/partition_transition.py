"""Record how often a random partition problem has a perfect partition, as the numbers grow: the jump at ratio 1.

For each n, problems of n numbers uniform on {1, ..., M}, M = 2**(ratio n) rounded. Written to
``chapters/results/partition_transition.csv``: problems, and how many had a perfect partition, by the parity of the
sum. A chapter runs the row n = 20 again, on fewer problems, and must agree.
"""

import sys
from pathlib import Path

import numpy as np

from slthlib.lab import records
from slthlib.sums import best_partitions

SEED = 2001
OUT = Path(__file__).resolve().parents[1] / "chapters" / "results" / "partition_transition.csv"
PROBLEMS = {10: 20_000, 20: 20_000, 30: 10_000, 40: 1_000}
RATIOS = [round(0.60 + 0.05 * step, 2) for step in range(17)]


def measure(n: int, ratio: float, problems: int) -> dict[str, int]:
    # A seed for each cell: rows can be added or left out without changing the others.
    rng = np.random.default_rng([SEED, n, round(100 * ratio)])
    items = rng.integers(1, round(2.0 ** (ratio * n)) + 1, (problems, n))
    perfect = best_partitions(items).differences <= 1
    odd = items.sum(axis=1) % 2 == 1
    return {
        "even": int((~odd).sum()),
        "perfect_even": int((perfect & ~odd).sum()),
        "odd": int(odd.sum()),
        "perfect_odd": int((perfect & odd).sum()),
    }


def main() -> None:
    with records.recording(
        OUT, command=f"python experiments/{Path(__file__).name}", seed=SEED, sources=[__file__]
    ) as record:
        rows = []
        for n, problems in PROBLEMS.items():
            for ratio in RATIOS:
                cell = record.part(f"{n} {ratio}", lambda n=n, ratio=ratio, size=problems: measure(n, ratio, size))
                rows.append({"n": n, "ratio": ratio, **cell})
                print(f"n = {n}, ratio {ratio:.2f}", file=sys.stderr, end="\r")
        record.save({name: [row[name] for row in rows] for name in rows[0]})
    print(f"wrote {OUT.name}")


if __name__ == "__main__":
    main()
