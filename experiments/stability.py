"""Record when networks become stable, and what that does to tickets that are rewound so far.

Networks 40-100-100-10 on MNIST-1D, Adam, 1000 steps of 100 examples, 5000 test examples. Three tables are written to
``chapters/results``, one row for each network, all accuracies and barriers on the test set unless said otherwise:

 - ``stability.csv``: at each step ``k``, two copies of a dense network that split there (arm "dense"; its accuracy and
   barrier on the training examples are arm "dense, training examples"), and tickets of keep .134 and .044 rewound to
   it, with their controls. ``barrier`` is that between two trainings from step k in different order.
 - ``early_phase.csv``: tickets of keep .134 and step ``k`` whose weights were changed.
 - ``early_birds.csv``: for each epoch, how far its mask is from the last one (``to_last``) and from the farthest of
   the four before it (``to_memory``), the epoch of the ``bird`` (-1 for none), the ``accuracy`` of the ticket drawn.
"""

import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from slthlib.lab import load, records
from slthlib.tickets import iterative_pruning, keeps_down_to, linear_mode_connectivity
from slthlib.tickets.early_birds import early_birds
from slthlib.tickets.early_phase import early_phase

SEED = 2020
RESULTS = Path(__file__).resolve().parents[1] / "chapters" / "results"
MINUTES = 10
REPLICAS, STEPS, BATCH, RATE, TESTS = 16, 1000, 100, 0.01, 5000
SPLITS = (0, 10, 30, 60, 100, 300, 600)
KEEPS = keeps_down_to(0.134)
TRAINING: dict[str, Any] = {"steps": STEPS, "batch": BATCH, "lr": RATE, "seed": SEED}
Rows = list[dict[str, Any]]


@cache
def data() -> Any:
    return load(test=TESTS)


def each(columns: dict[str, Any], **values: Any) -> Rows:
    """A row for each replica, with values [R] beside what all of them share."""
    return [
        {**columns, "replica": replica} | {name: round(one.item(), 6) for name, one in zip(values, row, strict=True)}
        for replica, row in enumerate(zip(*values.values(), strict=True))
    ]


def dense() -> Rows:
    found = linear_mode_connectivity(data(), splits=SPLITS, replicas=REPLICAS, progress=False, **TRAINING)
    table: Rows = []
    for place, k in enumerate(SPLITS):
        for arm, errors, barrier in (("dense", found.test, found.test_barrier),
                                     ("dense, training examples", found.train, found.train_barrier)):  # fmt: skip
            right = 1 - (errors[place, 0] + errors[place, -1]) / 2
            table += each({"arm": arm, "k": k, "keep": 1.0}, accuracy=right, barrier=barrier[place])
    return table


def rewound(k: int) -> Rows:
    tickets = iterative_pruning(data(), keeps=KEEPS, report=KEEPS[-1:], rewind=k, replicas=REPLICAS, barrier=True,
                                progress=False, **TRAINING)  # fmt: skip
    table: Rows = []
    for name, arm in {"ticket": tickets, **tickets.controls}.items():
        for level, keep in enumerate(arm.keeps):
            assert arm.barrier is not None
            shared = {"arm": name, "k": k, "keep": float(keep)}
            table += each(shared, accuracy=arm.accuracy[level], barrier=arm.barrier[level])
    return table


def changed(k: int) -> Rows:
    found = early_phase(data(), rewind=k, keep=KEEPS[-1], replicas=REPLICAS, **TRAINING)
    return [row for name, accuracy in found.accuracy.items() for row in each({"arm": name, "k": k}, accuracy=accuracy)]


def birds(keep: float) -> Rows:
    epochs = range(STEPS // (len(data().train_y) // BATCH) + 1)
    found = early_birds(data(), keep=keep, draw_at=epochs, replicas=REPLICAS, **TRAINING)
    table: Rows = []
    for epoch in epochs:
        memory = found.distances[epoch, max(0, epoch - 4) : epoch]
        far = memory.max(axis=0) if epoch else np.ones(REPLICAS)  # nothing is in memory yet
        table += each({"keep": keep, "epoch": epoch}, to_last=found.distances[epoch, -1], to_memory=far,
                      bird=found.bird, accuracy=found.accuracy[epoch])  # fmt: skip
    return table


PARTS: dict[str, dict[str, Any]] = {
    "stability": {"dense": dense} | {f"step {k}": lambda k=k: rewound(k) for k in SPLITS},
    "early_phase": {f"step {k}": lambda k=k: changed(k) for k in (30, 100)},
    "early_birds": {f"keep {keep}": lambda keep=keep: birds(keep) for keep in (0.3, KEEPS[-1])},
}


def measure(table: str, part: str, seed: int) -> Rows:
    """One part of a table; all draw from the same seed, so that tickets and dense networks have equal starts."""
    return PARTS[table][part]()


def main() -> None:
    print(f"about {MINUTES} minutes on two cores; if it is stopped, the next run goes on where it was", file=sys.stderr)
    for name, parts in PARTS.items():
        with records.recording(
            RESULTS / f"{name}.csv",
            command=f"python experiments/{Path(__file__).name}",
            seed=SEED,
            sources=[__file__],
            data={"mnist1d": data().fingerprint},
        ) as record:
            table = record.sweep(measure, {"table": [name], "part": list(parts)})
            record.save({column: table[column].tolist() for column in table if column not in {"table", "part", "seed"}})
        print(f"wrote {name}.csv")


if __name__ == "__main__":
    main()
