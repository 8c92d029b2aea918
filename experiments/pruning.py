"""Record how accurate tickets are as they are pruned, beside their controls, and after other ways of retraining.

Networks 40-100-100-10 on MNIST-1D, Adam, 1000 steps of 100 examples, 5000 test examples. Written to
``chapters/results/pruning.csv``, one row for each network: ``experiment``, ``arm``, ``keep``, the learning rate
``lr``, ``replica``, the ``steps`` it was trained for at that level, and its test ``accuracy``. Replica r of every arm
of an experiment started from the same draws. A chapter runs some of it again, with fewer replicas, and must agree.

 - iterative: rounds of 20 %, reset to the initial weights; ticket, reinit, shuffle, random
 - iterative, <method>: rounds that go on from trained weights (learning-rate rewinding, fine-tuning)
 - one shot: the dense network pruned once, by three ways of retraining
 - global: all layers ranked together
 - rate: other learning rates, in column ``lr``
 - same cost: as many multiplications as the dense training took, at most 8 times the steps
 - stopping: accuracy at the step with the smallest loss on 500 examples held out, which is then in ``steps``
"""

import sys
from functools import cache
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from slthlib.lab import load, records
from slthlib.tickets import compare_retraining, iterative_pruning, keeps_down_to
from slthlib.tickets.results import Tickets
from slthlib.tickets.rethinking import scratch
from slthlib.tickets.stopping import early_stopping

SEED = 2018
OUT = Path(__file__).resolve().parents[1] / "chapters" / "results" / "pruning.csv"
MINUTES = 10
REPLICAS, STEPS, RATE, TESTS = 16, 1000, 0.01, 5000
KEEPS = keeps_down_to(0.044)
#: The levels at which less is looked at: after 3, 6, 9 and 11 rounds, and the last.
SOME = [KEEPS[rounds] for rounds in (3, 6, 9, 11, 14)]
RATES = (0.001, 0.003, 0.03)
Rows = list[dict[str, Any]]


@cache
def data() -> Any:
    return load(test=TESTS)


def rows(
    experiment: str, arm: str, keeps: Any, accuracy: NDArray[Any], *, lr: float = RATE, steps: Any = STEPS
) -> Rows:
    """Rows of one arm: ``accuracy`` [L, R]; ``steps`` is one number, or one for each entry."""
    return [
        {"experiment": experiment, "arm": arm, "keep": float(keep), "lr": lr, "replica": replica,
         "steps": int(steps if isinstance(steps, int) else steps[level][replica]), "accuracy": round(float(value), 6)}
        for level, keep in enumerate(keeps) for replica, value in enumerate(accuracy[level])
    ]  # fmt: skip


def arms(experiment: str, tickets: Tickets, **changes: Any) -> Rows:
    """Rows of a ticket and its controls."""
    found = rows(experiment, "ticket", tickets.keeps, tickets.accuracy, **changes)
    for name, control in tickets.controls.items():
        found += rows(experiment, name, control.keeps, control.accuracy, **changes)
    return found


def prune(replicas: int = REPLICAS, **options: Any) -> Tickets:
    return iterative_pruning(data(), **{"keeps": KEEPS, "replicas": replicas, "steps": STEPS, "lr": RATE,
                                        "seed": SEED, "progress": False, **options})  # fmt: skip


def iterative() -> Rows:
    return arms("iterative", prune())


def retrained(iterate: bool) -> Rows:
    methods = (
        ("learning-rate rewinding", "fine-tuning") if iterate else ("reset", "learning-rate rewinding", "fine-tuning")
    )
    found = compare_retraining(data(), keeps=KEEPS if iterate else SOME, methods=methods, iterate=iterate, steps=STEPS,
                               lr=RATE, replicas=REPLICAS, seed=SEED, progress=False)  # fmt: skip
    return [row for name, tickets in found.items()
            for row in rows("iterative" if iterate else "one shot", name, tickets.keeps, tickets.accuracy)]  # fmt: skip


def everywhere() -> Rows:
    return arms("global", prune(8, scope="global", controls=("reinit",)))


def at_rate(lr: float) -> Rows:
    keeps = keeps_down_to(SOME[2])
    return arms("rate", prune(8, lr=lr, keeps=keeps, report=(1, SOME[1], SOME[2]), controls=("reinit",)), lr=lr)


def longer() -> Rows:
    """What asks for the tickets themselves: the same cost, and early stopping."""
    tickets = prune(8, keeps=keeps_down_to(SOME[2]), report=(1, *SOME[:3]))
    found = scratch(data(), tickets, steps=STEPS, lr=RATE, seed=SEED + 1)
    every = []
    for name, accuracy in found.same_cost.items():
        every += rows("same cost", name, found.keeps, accuracy, steps=[[steps] * 8 for steps in found.steps])
    stopped = early_stopping(data(), tickets, steps=STEPS, lr=RATE, seed=SEED + 2)
    for name, accuracy in stopped.accuracy.items():
        every += rows("stopping", name, stopped.keeps, accuracy, steps=stopped.step[name])
    return every


PARTS: dict[str, Any] = {
    "iterative": iterative,
    "rounds": lambda: retrained(True),
    "one shot": lambda: retrained(False),
    "global": everywhere,
    "longer": longer,
    **{f"rate {lr}": lambda lr=lr: at_rate(lr) for lr in RATES},
}


def measure(part: str, seed: int) -> Rows:
    """One part; it draws from the seed of all, so that arms of different parts have equal starts."""
    return PARTS[part]()


def main() -> None:
    print(f"about {MINUTES} minutes on two cores; if it is stopped, the next run goes on where it was", file=sys.stderr)
    with records.recording(
        OUT,
        command=f"python experiments/{Path(__file__).name}",
        seed=SEED,
        sources=[__file__],
        data={"mnist1d": data().fingerprint},
    ) as record:
        table = record.sweep(measure, {"part": list(PARTS)})
        record.save({name: table[name].tolist() for name in table if name not in {"part", "seed"}})
    print(f"wrote {OUT.name}")


if __name__ == "__main__":
    main()
