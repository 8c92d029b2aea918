"""Redo the first experiment of Pensia et al. (2020): 784-500-10 on MNIST, every weight a subset sum of random numbers.

Written to ``chapters/results/strong_pensia.csv``, a row for each way to make the network from random numbers:

- ``target``: the network itself, trained here, not theirs;
- ``zeros`` and ``noise``: controls that solve nothing. Weights of at most 0.01 are set to 0; or every weight is moved
  by a number uniform on [-0.01, 0.01];
- ``list of an output`` and ``list of a weight``: what their program solves. A weight is a subset sum of 21 numbers
  between the least and the largest weight of the network, one list for all weights of an output, or one for each;
  the first subset within 0.01 of the weight (``closest`` False), or the closest of all (True);
- ``diamond``: a random network of four layers and a mask, for real weights within 0.01, and exactly at 4, 6, 8 bits.

Seconds are of this run, with everything compiled before. ``drawing`` is inside ``embedding``, planning is not: the
candidates are chosen before. Outputs of the last are compared on all test images, in whole numbers and in float64, with
those of the target: bit by bit on the grid. MNIST is read from the folder that SLTHLIB_DATA names.
"""

from functools import cache
from pathlib import Path
from time import perf_counter

import numpy as np

from slthlib.lab import load, records
from slthlib.nets import Dense, train
from slthlib.strong import embed, quantize
from slthlib.sums import closest_subsets

SEED = 4001
OUT = Path(__file__).resolve().parents[1] / "chapters" / "results" / "strong_pensia.csv"
EPS, ITEMS, BITS = 0.01, 21, (4, 6, 8)
#: Units of each bank for real weights; on the grid the law chooses, with this probability of failure.
REAL_UNITS, FAILURE = 90, 0.01
STEPS, RATE = 3000, 0.002
COLUMNS = (
    "method", "closest", "bits", "units", "numbers", "random_weights", "kept", "unsolved", "largest_error", "drawing",
    "embedding", "planning", "accuracy", "same_class", "largest_difference", "wrong_integers", "wrong_floats", "images",
    "norm_1", "norm_2", "least", "largest", "small",
)  # fmt: skip


@cache
def data_set():
    return load("mnist")


@cache
def images():
    """Test images as whole numbers of 0 to 255, one a row."""
    return np.rint(data_set().test_x.reshape(len(data_set().test_x), -1).astype(np.float64) * 255).astype(np.int64)


@cache
def target():
    """Weights of a trained network without biases, in float64."""
    network = Dense((784, 500, 10), bias=False)
    start = network.init(1, seed=SEED)
    found = train(network, start, data_set(), steps=STEPS, lr=RATE, order_seed=SEED, progress=False).parameters
    return [weight[0].double().numpy() for weight in found.values()]


def run(weights, x):
    """The target, or what has been put in its place, in plain NumPy."""
    for weight in weights[:-1]:
        x = np.maximum(x @ weight.T, 0)
    return x @ weights[-1].T


@cache
def outputs():
    return run(target(), images() / 255)


def compared(y):
    """How outputs differ from those of the target, image by image."""
    apart = np.abs(y - outputs()).max()
    return {
        "accuracy": float((y.argmax(1) == data_set().test_y).mean()),
        "same_class": float((y.argmax(1) == outputs().argmax(1)).mean()),
        "largest_difference": float(apart),
        "images": len(y),
    }


def described():
    sizes = np.concatenate([weight.ravel() for weight in target()])
    norms = [float(np.linalg.norm(weight, 2)) for weight in target()]
    return {
        "method": "target", "norm_1": norms[0], "norm_2": norms[1], "least": float(sizes.min()),
        "largest": float(sizes.max()), "small": float((np.abs(sizes) <= EPS).mean()), **compared(outputs()),
    }  # fmt: skip


def control(method):
    rng = np.random.default_rng([SEED, 1])
    if method == "zeros":
        weights = [np.where(np.abs(weight) <= EPS, 0.0, weight) for weight in target()]
    else:
        weights = [weight + rng.uniform(-EPS, EPS, weight.shape) for weight in target()]
    worst = max(float(np.abs(a - b).max()) for a, b in zip(weights, target(), strict=True))
    return {"method": method, "largest_error": worst, **compared(run(weights, images() / 255))}


def sums_of(rows, closest, shared, rng, low, high):
    """One layer: the sums in place of its weights, and how many numbers are in them."""
    made, kept, drawn = [], 0, 0.0
    for row in rows:
        started = perf_counter()
        items = rng.uniform(low, high, ITEMS if shared else (row.size, ITEMS))
        drawn += perf_counter() - started
        ends = np.minimum(items, 0).sum(-1), np.maximum(items, 0).sum(-1)
        found = closest_subsets(items, np.clip(row, *ends), tolerance=0.0 if closest else EPS, progress=False)
        made.append(found.totals)
        kept += int(np.bitwise_count(found.masks).sum())
    return np.array(made), kept, drawn


def their_program(shared, closest):
    """Sums of single numbers; without the gadget, without ReLU between, as in the authors' program."""
    rng = np.random.default_rng([SEED, 2])
    low = min(weight.min() for weight in target())
    high = max(weight.max() for weight in target())
    sums_of(target()[1], closest, shared, rng, low, high)  # compiles
    started = perf_counter()
    layers = [sums_of(weight, closest, shared, rng, low, high) for weight in target()]
    took = perf_counter() - started
    weights = [made for made, _, _ in layers]
    apart = [np.abs(a - b) for a, b in zip(weights, target(), strict=True)]
    solves = sum(weight.size for weight in weights)
    return {
        "method": "list of an output" if shared else "list of a weight", "closest": closest, "units": ITEMS,
        "numbers": ITEMS * (sum(map(len, weights)) if shared else solves), "random_weights": ITEMS * solves,
        "kept": sum(kept for _, kept, _ in layers), "unsolved": int(sum((one > EPS).sum() for one in apart)),
        "largest_error": float(max(one.max() for one in apart)), "drawing": sum(drawn for _, _, drawn in layers),
        "embedding": took, **compared(run(weights, images() / 255)),
    }  # fmt: skip


def timed(given, **options):
    """A ticket, and the seconds it took, planning apart."""
    embed([np.full((2, 2), 0.25)], **options | {"candidates": 60}, seed=0, progress=False)  # compiles
    started = perf_counter()
    if options.get("candidates") is None:
        options["candidates"] = max(embed(given, plan=True, seed=SEED, **options).candidates)
    planning = perf_counter() - started
    started = perf_counter()
    ticket = embed(given, seed=SEED, progress=False, **options)
    return ticket, perf_counter() - started, planning


def row_of(ticket, took, planning):
    recipe = ticket.recipe
    return {
        "method": "diamond", "bits": recipe.bits or 0, "units": max(recipe.units), "numbers": recipe.parameters(),
        "random_weights": recipe.parameters(), "kept": ticket.kept, "unsolved": len(ticket.unsolved),
        "drawing": ticket.seconds["drawing"], "embedding": took, "planning": planning,
    }  # fmt: skip


def real_weights():
    """Weights of a layer divided by one power of two for all, so that the tolerance means the same everywhere."""
    power = 2.0 ** np.ceil(np.log2(2 * max(np.abs(weight).max() for weight in target())))
    power = max(power, 1.0)
    scaled = [weight / power for weight in target()]
    done = timed(scaled, tolerance=EPS / power, candidates=REAL_UNITS, signed_inputs=False)
    found = done[0].verify()
    y = done[0](images() / 255) * power ** len(scaled)
    return row_of(*done) | {"largest_error": found.largest_error * power, **compared(y)}


def on_the_grid(bits):
    grid = quantize(target(), bits)
    done = timed(grid, bits=bits, failure=FAILURE, signed_inputs=False)
    ticket = done[0]
    weights, whole = ticket.verify(), run([np.rint(one.weight * 2.0**bits) for one in grid.layers], images())
    finer = ticket.unit - bits * len(grid.layers)
    integers = ticket.integers(images())
    expected = whole.astype(np.int64)  # sums below 2**53: exact in float64
    left, right = (integers, expected << finer) if finer >= 0 else (integers << -finer, expected)
    floats = ticket(images() / 256)
    y = floats * (256 / 255)
    return row_of(*done) | {
        "largest_error": weights.largest_error, "wrong_integers": int((left != right).sum()),
        "wrong_floats": int((floats != run([one.weight for one in grid.layers], images() / 256) * grid.scale).sum()),
        **compared(y),
    }  # fmt: skip


def main() -> None:
    try:
        data = data_set()
    except FileNotFoundError as missing:
        print(f"{OUT.name} is left as it is: {missing}")
        return
    parts = {"target": described, "zeros": lambda: control("zeros"), "noise": lambda: control("noise")}
    for shared in (True, False):
        for closest in (False, True):
            parts[f"theirs {shared} {closest}"] = lambda a=shared, b=closest: their_program(a, b)
    parts["real"] = real_weights
    parts |= {f"{bits} bits": lambda bits=bits: on_the_grid(bits) for bits in BITS}
    with records.recording(
        OUT, command=f"python experiments/{Path(__file__).name}", seed=SEED, sources=[__file__],
        data={data.name: data.fingerprint},
    ) as record:  # fmt: skip
        rows = [record.part(name, compute) for name, compute in parts.items()]
        empty = {"method": "", "closest": False} | dict.fromkeys(COLUMNS[2:], 0)
        record.save({name: [(empty | row)[name] for row in rows] for name in COLUMNS})
    print(f"wrote {OUT.name}")


if __name__ == "__main__":
    main()
