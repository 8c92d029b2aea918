"""Record what is hidden in random networks: edge-popup and binary tickets over keeps and widths, and what they cost.

Written to ``chapters/results/hidden.csv``, a row for each arm and network. On MNIST 784-300-100-10 over what is kept,
with signed constants and normal weights, with and without the scale of what is kept, and with signs alone; on MNIST and
on MNIST-1D a grid of width and keep; beside them trained networks, as they are and rounded to a few bits a weight. The
column ``bits`` counts the bits of the mask and of the values of the weights, if these are not drawn from a seed.
There are no biases. A chapter runs some arms on MNIST-1D again, with fewer networks, and must agree. MNIST is read from
the folder that SLTHLIB_DATA names.
"""

from functools import cache
from pathlib import Path

import numpy as np

from slthlib.lab import load, records
from slthlib.nets import Dense, accuracy, train
from slthlib.tickets.bits import network_bits, round_weights
from slthlib.tickets.grid import search_keeps

SEED = 3002
OUT = Path(__file__).resolve().parents[1] / "chapters" / "results" / "hidden.csv"
#: Networks, steps of each search or training, learning rate of Adam in training.
SET_UP = {"mnist": (3, 900, 0.0012), "mnist1d": (8, 1000, 0.01)}
KEEPS = [0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0]
WIDTHS = {"mnist": [25, 50, 100, 200, 400, 800], "mnist1d": [25, 50, 100, 200, 400]}
GRID_KEEPS = [0.1, 0.3, 0.5, 0.7, 0.9]
BITS = [1, 2, 3, 4, 8]
LENET = (300, 100)
#: Searches at several keeps: method, law of the weights, whether these are scaled.
CURVES = [
    ("edge-popup", "signed-constant", True),
    ("edge-popup", "kaiming-normal", True),
    ("edge-popup", "kaiming-normal", False),
    ("binary", "kaiming-normal", True),
]


@cache
def data_set(name):
    return load(name, test=10_000) if name == "mnist1d" else load(name)


def network_of(data, hidden, init="glorot-normal"):
    return Dense((int(np.prod(data.train_x.shape[1:])), *hidden, data.classes), init=init, bias=False)


def found(data, hidden, method, init, scale, keeps):
    """Accuracy and bits of what a search finds at each keep."""
    replicas, steps, _ = SET_UP[data.name]
    network = network_of(data, hidden, init)
    tickets = search_keeps(method, network, network.init(replicas, seed=SEED), data, keeps, seed=SEED, steps=steps,
                           scale=scale, progress=False)  # fmt: skip
    return [
        {
            "method": method, "init": init, "scale": scale, "hidden": "-".join(map(str, hidden)), "keep": keep,
            "value_bits": int(method == "binary"), "replica": replica, "accuracy": float(right), "bits": float(bits),
        }
        for keep, ticket in zip(keeps, tickets, strict=True)
        for replica, (right, bits) in enumerate(zip(
            accuracy(network, ticket.parameters, data.test_x, data.test_y),
            # A sign is a bit, and each layer has a size; a mask that keeps all takes none.
            network_bits(ticket.parameters, ticket.masks, weight=int(method == "binary"), scale=method == "binary"),
            strict=True,
        ))
    ]  # fmt: skip


def trained(data, hidden, bits):
    """Accuracy and bits of trained networks: as they are, and rounded."""
    replicas, steps, lr = SET_UP[data.name]
    network = network_of(data, hidden)
    dense = train(network, network.init(replicas, seed=SEED), data, steps=steps, lr=lr, order_seed=SEED,
                  progress=False).parameters  # fmt: skip
    return [
        {
            "method": "trained", "init": "glorot-normal", "scale": False, "hidden": "-".join(map(str, hidden)),
            "keep": 1.0, "value_bits": each, "replica": replica, "accuracy": float(right), "bits": float(cost),
        }
        for each in [*bits, 32]
        for rounded in [dense if each == 32 else round_weights(dense, each)]
        for replica, (right, cost) in enumerate(zip(
            accuracy(network, rounded, data.test_x, data.test_y),
            network_bits(rounded, weight=each, scale=each < 32),
            strict=True,
        ))
    ]  # fmt: skip


def measure(data, curve, width, seed):
    """One curve over what is kept, or one width; all draw from one seed, so that keeps share their random networks."""
    these = data_set(data)
    if width is None:
        return trained(these, LENET, BITS) if curve is None else found(these, LENET, *CURVES[curve], KEEPS)
    hidden = (width, width)
    grid = found(these, hidden, "edge-popup", "signed-constant", True, GRID_KEEPS)
    return [*grid, *trained(these, hidden, BITS)]


def grid():
    """Which parts there are, the longest first."""
    for data, widths in WIDTHS.items():
        yield from ({"data": data, "curve": None, "width": width} for width in reversed(widths))
        if data == "mnist":
            yield from ({"data": data, "curve": curve, "width": None} for curve in (*range(len(CURVES)), None))


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
        record.save({name: rows[name].tolist() for name in rows if name not in {"curve", "width", "seed"}})
    print(f"wrote {OUT.name}")


if __name__ == "__main__":
    main()
