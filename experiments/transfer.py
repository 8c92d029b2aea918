"""Record how well tickets do on data sets that they were not found on.

Networks 40-100-100-10, Adam, 1000 steps of 100 examples; tickets of keep .134, rewound to step 0 and to step 100.
Written to ``chapters/results/transfer.csv``, one row for each network: ``k``, where the ticket was found (``source``;
"random" is a random mask of the same density in each layer, "dense" the unpruned network), where it was trained
(``target``), ``replica``, and its test ``accuracy``.
"""

import sys
from functools import cache
from pathlib import Path
from typing import Any

from slthlib.lab import load, records
from slthlib.tickets.transfer import flipped, resampled, scrambled, transfer

SEED = 2021
OUT = Path(__file__).resolve().parents[1] / "chapters" / "results" / "transfer.csv"
MINUTES = 6
REPLICAS, STEPS, KEEP, TESTS = 8, 1000, 0.134, 5000
REWINDS = (0, 100)
Rows = list[dict[str, Any]]


@cache
def sets() -> dict[str, Any]:
    """Signals of 40 points: MNIST-1D, backwards, with the points in another order, drawn anew; and digits."""
    signals = load(test=TESTS)
    return {
        "mnist1d": signals,
        "another draw": load(test=TESTS, seed=7),
        "flipped": flipped(signals),
        "scrambled": scrambled(signals, seed=SEED),
        "digits": resampled(load("digits"), 40),
    }


def matrix(k: int, seed: int) -> Rows:
    """All pairs of data sets, for tickets rewound to step k; both steps share what they draw."""
    found = transfer(sets(), keep=KEEP, rewind=k, replicas=REPLICAS, steps=STEPS, seed=SEED, progress=False)
    table: Rows = []
    for column, target in enumerate(found.names):
        sources = dict(zip(found.names, found.accuracy[:, column], strict=True))
        for source, accuracy in (sources | {"random": found.random[column], "dense": found.dense[column]}).items():
            shared = {"source": source, "target": target}
            table += [{**shared, "replica": r, "accuracy": round(float(one), 6)} for r, one in enumerate(accuracy)]
    return table


def main() -> None:
    print(f"about {MINUTES} minutes on two cores; if it is stopped, the next run goes on where it was", file=sys.stderr)
    with records.recording(
        OUT,
        command=f"python experiments/{Path(__file__).name}",
        seed=SEED,
        sources=[__file__],
        data={name: one.fingerprint for name, one in sets().items()},
    ) as record:
        table = record.sweep(matrix, {"k": REWINDS})
        record.save({name: table[name].tolist() for name in table if name != "seed"})
    print(f"wrote {OUT.name}")


if __name__ == "__main__":
    main()
