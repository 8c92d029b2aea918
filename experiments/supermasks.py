"""Record masks on weights that were never trained, and what tickets lose if their signs or their zeros are touched.

Written to ``chapters/results/supermasks.csv``, a row for each arm and network. On MNIST (784-300-100-10, 900 steps of
100 examples) and on MNIST-1D (40-100-100-10, 1000 steps): Zhou et al.'s criteria, evaluated as masks on the initial
weights and on signed constants, and trained again; mask-1 and mask-0 actions; and the learned supermask, with and
without rescaling. A chapter runs some arms on MNIST-1D again, with fewer networks, and must agree. MNIST is read from
the folder that SLTHLIB_DATA names.
"""

from functools import cache
from pathlib import Path

import numpy as np

from slthlib.lab import load, records
from slthlib.nets import Dense
from slthlib.tickets.actions import KEPT, PRUNED, SIGN, signed_constant
from slthlib.tickets.criteria import CRITERIA
from slthlib.tickets.deconstruction import deconstruct
from slthlib.tickets.supermasks import learn_supermask

SEED = 3001
OUT = Path(__file__).resolve().parents[1] / "chapters" / "results" / "supermasks.csv"
#: Hidden widths, networks, steps of each training, and learning rate of Adam.
SET_UP = {"mnist": ((300, 100), 3, 900, 0.0012), "mnist1d": ((100, 100), 8, 1000, 0.01)}
CRITERIA_NAMES = [*CRITERIA, "large_final_same_sign", "magnitude_increase_same_sign", "random_same_sign"]
TABLE_KEEP = {"mnist": 0.1, "mnist1d": 0.2}


COLUMNS = ("data", "table", "rescale", "criterion", "keep", "kept", "sign", "pruned", "replica", "accuracy")


@cache
def data_set(name):
    return load(name, test=10_000) if name == "mnist1d" else load(name)


def common(name):
    widths, replicas, steps, lr = SET_UP[name]
    return {"widths": widths, "replicas": replicas, "steps": steps, "lr": lr, "seed": SEED, "progress": False}


def masks_alone(data):
    return deconstruct(data, criteria=CRITERIA_NAMES, keeps=[0.5, 0.3, 0.2], kept=["rewind", "constant"],
                       retrain=False, output_rate=1, **common(data.name))  # fmt: skip


def criteria_trained(data):
    return deconstruct(data, criteria=CRITERIA_NAMES, keeps=[TABLE_KEEP[data.name]], **common(data.name))


def actions_trained(data):
    return deconstruct(data, kept=KEPT, signs=SIGN, pruned=["zero"], keeps=[TABLE_KEEP[data.name]], **common(data.name))


def pruned_trained(data):
    return deconstruct(data, pruned=PRUNED, keeps=[TABLE_KEEP[data.name], 1.0], **common(data.name))


def learned(data, kept, rescale):
    """Accuracy of learned supermasks, the mean of ten draws, and what each keeps."""
    widths, replicas, steps, _ = SET_UP[data.name]
    network = Dense((int(np.prod(data.train_x.shape[1:])), *widths, data.classes), bias=False)
    start = network.init(replicas, seed=SEED)
    found = learn_supermask(network, start if kept == "rewind" else signed_constant(start), data, rescale=rescale,
                            steps=steps, seed=SEED, progress=False)  # fmt: skip
    right = found.accuracy(data.test_x, data.test_y, seed=SEED)
    shared = {"rescale": rescale, "criterion": "learned", "kept": kept, "sign": "kept", "pruned": "zero"}
    return [
        {**shared, "keep": float(keep), "replica": replica, "accuracy": float(one)}
        for replica, (keep, one) in enumerate(zip(found.keep, right, strict=True))
    ]


TABLES = {"masks alone": masks_alone, "criteria": criteria_trained, "kept": actions_trained, "pruned": pruned_trained}
#: Where weights stand under a learned mask, and whether layers are rescaled to what is kept of them.
LEARNED = [(kept, rescale) for kept in ("rewind", "constant") for rescale in (True, False)]


def measure(data, table, choice, seed):
    """One table of a data set; all draw from one seed, so that equal replicas have equal starts."""
    if table == "learned":
        return learned(data_set(data), *LEARNED[choice])
    columns = TABLES[table](data_set(data)).columns()
    return [{"rescale": False, **dict(zip(columns, row, strict=True))} for row in zip(*columns.values(), strict=True)]


def grid():
    """Which parts there are, the longest first."""
    for data in SET_UP:
        yield from ({"data": data, "table": table, "choice": 0} for table in TABLES)
        yield from ({"data": data, "table": "learned", "choice": choice} for choice in range(len(LEARNED)))


def main() -> None:
    try:
        sets = [data_set(name) for name in SET_UP]
    except FileNotFoundError as missing:
        print(f"{OUT.name} is left as it is: {missing}")
        return
    with records.recording(
        OUT, command=f"python experiments/{Path(__file__).name}", seed=SEED, sources=[__file__],
        data={data.name: data.fingerprint for data in sets},
    ) as record:  # fmt: skip
        rows = record.sweep(measure, grid())
        record.save({name: rows[name].tolist() for name in COLUMNS})
    print(f"wrote {OUT.name}")


if __name__ == "__main__":
    main()
