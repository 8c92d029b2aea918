"""Record how often random m-bit integers reach all m-bit targets, for m = 6 to 20, beside what the laws say.

Items are uniform on {-M, ..., M}, M = 2**(m - 1), and so are the targets: every integer from -M to M. Written to
``chapters/results/subset_sum_law.csv``: for each m and each n across the transition, the problems that were solved
exactly, how many of them miss a target, the law in closed form, and the refined law, from problems of its own, with
its standard error. The column ``quantile`` is 0.5, 0.8 or 0.95 where n is the one at which the law comes nearest to
it, and 0 elsewhere. ``excess`` is the refined law minus the simulation on the same problems, the first ones of them:
the noise that the two share drops out, and what the refined law leaves out comes to light. A chapter runs some cells
again, on fewer problems, and must agree.
"""

import math
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from slthlib.lab import records
from slthlib.sums import count_missed, laws
from slthlib.sums.laws.refined import given_items

SEED = 1998
OUT = Path(__file__).resolve().parents[1] / "chapters" / "results" / "subset_sum_law.csv"
PROBLEMS = dict.fromkeys(range(6, 18, 2), 100_000) | {18: 50_000, 20: 25_000}
DRAWS = 40_000
PAIRED = 40_000
MINUTES = 6  # on two cores


def cells(m: int) -> list[tuple[int, float]]:
    """The n across the transition, and the quantile that each is nearest to (0 for none)."""
    n = np.arange(m, m + 20)
    law = np.asarray(laws.all_targets_probability(n, M=2 ** (m - 1)))
    nearest = {int(n[np.abs(law - p).argmin()]): p for p in (0.5, 0.8, 0.95)}
    return [(int(k), nearest.get(int(k), 0.0)) for k in n[(law > 0.01) & (law < 0.99)]]


def solved(m: int, n: int, problems: int) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which of so many random problems reach all targets, and how likely that was for the first ones of them."""
    M, rng = 2 ** (m - 1), np.random.default_rng([SEED, m, n, 0])
    reached, chances = [], []
    for start in range(0, problems, 10_000):
        items = rng.integers(-M, M, (min(10_000, problems - start), n), endpoint=True)
        reached.append(count_missed(items, -M, M) == 0)
        if start < PAIRED:
            chances += [given_items(part, M) for part in np.array_split(items, 40)]
    return np.concatenate(reached), np.concatenate(chances)


def measure(m: int, n: int, quantile: float) -> dict[str, float]:
    M = 2 ** (m - 1)
    refined = laws.refined_all_targets_probability(n, M, draws=DRAWS, seed=np.random.default_rng([SEED, m, n, 1]))
    reached, chance = solved(m, n, PROBLEMS[m])
    excess = chance - reached[: chance.size]
    return {
        "m": m,
        "M": M,
        "n": n,
        "quantile": quantile,
        "instances": reached.size,
        "failures": int((~reached).sum()),
        "law": round(float(laws.all_targets_probability(n, M=M)), 9),
        "refined": round(refined.value, 7),
        "refined_se": round(refined.standard_error, 7),
        "excess": round(float(excess.mean()), 7),
        "excess_se": round(float(excess.std(ddof=1) / math.sqrt(excess.size)), 7),
    }


def main() -> None:
    print(f"about {MINUTES} minutes; if it is stopped, the next run goes on where it was", file=sys.stderr)
    with records.recording(
        OUT, command=f"python experiments/{Path(__file__).name}", seed=SEED, sources=[__file__]
    ) as record:
        rows = []
        for m in PROBLEMS:
            for n, quantile in cells(m):
                rows.append(record.part(f"{m} {n}", lambda m=m, n=n, q=quantile: measure(m, n, q)))
                print(f"m = {m}, n = {n}", file=sys.stderr, end="\r")
        record.save({name: [row[name] for row in rows] for name in rows[0]})
    print(f"wrote {OUT.name}")


if __name__ == "__main__":
    main()
