"""Record accuracy against bits on digits: strong tickets of three kinds, beside trained networks that were rounded.

Written to ``chapters/results/strong_bits.csv``, a row for each arm and network. Networks 64-h-10 without biases, or
64-10 where h is 0; six of each kind. ``searched``: edge-popup in a random network. ``chosen``: a random layer of units,
from which each output keeps a few, chosen one after the other. ``exact``: a strong ticket that is a rounded trained
network, exactly. ``trained``: rounded to b bits a weight, and trained on through the rounding. ``pruned``: pruned and
rewound first, then the same. The column ``bits`` counts what the network takes on disk: masks by the number of masks
that keep as many; values, for each layer, by an adaptive code, and 32 bits for their spacing; an exact ticket by its
file. For these ``target`` is what the rounded network itself takes. A chapter runs some arms again, and must agree.
"""

from functools import cache
from pathlib import Path

import numpy as np
import torch

from slthlib.lab import load, records
from slthlib.nets import Adam, Dense, Masks, Parameters, accuracy, train
from slthlib.strong import embed, quantize
from slthlib.strong.bits import code_length, target_bits, weigh
from slthlib.strong.choosing import choose_units
from slthlib.tickets import iterative_pruning
from slthlib.tickets.bits import SCALE_BITS, mask_bits, round_weights
from slthlib.tickets.grid import search_keeps

SEED = 3005
OUT = Path(__file__).resolve().parents[1] / "chapters" / "results" / "strong_bits.csv"
REPLICAS, STEPS, TUNING = 6, 600, 300
SEARCHED = [4, 8, 16, 32, 64, 128, 256]
SEARCH_KEEPS = [0.05, 0.1, 0.2, 0.3, 0.5]
TRAINED, TRAINED_BITS = [0, 4, 8, 16, 32, 64], [1, 2, 3, 4]
PRUNED, PRUNE_KEEPS, PRUNED_BITS = [0, 16, 32, 64], [0.4, 0.26, 0.17, 0.11, 0.07, 0.045], [2, 3, 4]
EXACT, EXACT_BITS = [8, 16, 32], [2, 3, 4, 5, 6, 8]
#: Bits of a unit's index, and how many units each output keeps.
CHOSEN = [(4, 1), (7, 1), (10, 1), (10, 2), (10, 4), (10, 8), (10, 16), (10, 32)]


@cache
def digits():
    return load("digits")


def tests():
    return digits().test_x, digits().test_y


def dense(hidden, init="glorot-normal"):
    widths = (64, hidden, 10) if hidden else (64, 10)
    return Dense(widths, init=init, bias=False)


def row(method, hidden, keep, value_bits, replica, right, bits, target=0.0):
    return {
        "method": method, "hidden": hidden, "keep": keep, "value_bits": value_bits, "replica": replica,
        "accuracy": float(right), "bits": float(bits), "target": float(target),
    }  # fmt: skip


def searched(hidden):
    """Edge-popup at several keeps."""
    network = dense(hidden, "signed-constant")
    start = network.init(REPLICAS, seed=SEED)
    found = search_keeps("edge-popup", network, start, digits(), SEARCH_KEEPS, seed=SEED, steps=STEPS, progress=False)
    for keep, ticket in zip(SEARCH_KEEPS, found, strict=True):
        right = accuracy(network, ticket.parameters, *tests())
        for replica in range(REPLICAS):
            cost = sum(mask_bits(m[replica].numel(), int(m[replica].sum())) for m in ticket.masks.values())
            yield row("searched", hidden, keep, 0, replica, right[replica], cost)


def steps_of(rounded):
    """The spacing of each layer of each network; the smallest value is half of it."""
    found = {}
    for name, weight in rounded.weights.items():
        sizes = weight.abs().flatten(1)
        sizes = torch.where(sizes > 0, sizes, torch.inf).min(1).values
        found[name] = 2 * torch.where(sizes.isfinite(), sizes, 1.0).view(-1, 1, 1)
    return found


def on_grid(weights, steps, half):
    """Each weight at the nearest value of its layer's grid."""
    return Parameters({
        name: torch.sign(weight) * ((weight.abs() / steps[name]).floor().clamp(max=half - 1) + 0.5) * steps[name]
        for name, weight in weights.items()
    })  # fmt: skip


def tuned(network, parameters, bits, masks=None):
    """Round, and train on: gradients are taken where the rounded weights are, and move those behind them."""
    weights, half, rng = parameters.clone(), 2 ** (bits - 1), np.random.default_rng([SEED, bits])
    x, y = digits().train_x.reshape(-1, 64), digits().train_y
    optimizers = {name: Adam() for name in weights}
    for name, one in optimizers.items():
        one.start(weights[name])
    for step in range(TUNING):
        if step % 50 == 0:
            steps = steps_of(round_weights(weights, bits, masks))
        batch = rng.choice(len(x), 100, replace=False)
        _, slopes = network.gradients(on_grid(weights, steps, half), x[batch], y[batch], masks)
        rate = 0.003 * (1 - step / TUNING)
        for name, one in optimizers.items():
            slope = slopes[name] if masks is None else slopes[name] * masks[name]
            one.step(weights[name], slope, rate)
    return round_weights(weights, bits, masks)


def value_bits(weight, kept, bits):
    """Of the kept values of a layer: an adaptive code, or plain bits if these are fewer, and a spacing."""
    values = weight[kept]
    if not len(values):
        return SCALE_BITS
    levels = torch.unique(values, return_inverse=True)[1].numpy()
    return min(code_length(levels, 2**bits), bits * len(values)) + SCALE_BITS


def rounded_rows(method, hidden, keep, network, parameters, bits, masks=None):
    found = tuned(network, parameters, bits, masks)
    right = accuracy(network, found, *tests())
    for replica in range(REPLICAS):
        cost = 0.0
        for name, weight in found.weights.items():
            one = weight[replica]
            kept = torch.ones_like(one, dtype=torch.bool) if masks is None else masks[name][replica]
            cost += mask_bits(one.numel(), int(kept.sum())) + value_bits(one, kept, bits)
        yield row(method, hidden, keep, bits, replica, right[replica], cost)


def taught(hidden):
    network = dense(hidden)
    start = network.init(REPLICAS, seed=SEED)
    return network, train(network, start, digits(), steps=STEPS, order_seed=SEED, progress=False).parameters


def trained(hidden):
    """Dense networks at several bits."""
    network, parameters = taught(hidden)
    for bits in TRAINED_BITS:
        yield from rounded_rows("trained", hidden, 1.0, network, parameters, bits)


def pruned(hidden):
    """Pruned and rewound, then rounded."""
    network = dense(hidden)
    levels = iterative_pruning(digits(), network=network, keeps=PRUNE_KEEPS, replicas=REPLICAS, controls=(),
                               steps=STEPS, scope="global", seed=SEED, progress=False)  # fmt: skip
    for keep, masks, parameters in zip(PRUNE_KEEPS, levels.masks, levels.trained, strict=True):
        for bits in PRUNED_BITS:
            yield from rounded_rows("pruned", hidden, keep, network, parameters, bits, Masks(masks))


def exact(hidden):
    """Strong tickets that are trained networks on a grid."""
    _, parameters = taught(hidden)
    x = digits().test_x.reshape(-1, 64).astype(float)
    for bits in EXACT_BITS:
        options = {}
        for replica in range(REPLICAS):
            layers = [weight[replica].double().numpy() for weight in parameters.weights.values()]
            target = quantize(layers, bits)
            ticket = embed(target, signed_inputs=False, progress=False, seed=SEED + replica, **options)
            assert ticket.verify().exact, f"{hidden} hidden, {bits} bits"
            options = {"candidates": max(ticket.recipe.units), "source_bits": ticket.recipe.source_bits[0]}
            right = (ticket(x).argmax(1) == digits().test_y).mean()
            yield row("exact", hidden, 1.0, bits, replica, right, weigh(ticket).file, target_bits(target))


def chosen(place):
    """Units of a random layer, chosen one by one."""
    index, each = CHOSEN[place]
    for replica in range(REPLICAS):
        found = choose_units(digits(), 2**index, each, seed=SEED + replica)
        yield row("chosen", 2**index, each / 2**index, 0, replica, found.accuracy, found.bits)


METHODS = {"searched": (searched, SEARCHED), "trained": (trained, TRAINED), "pruned": (pruned, PRUNED),
           "exact": (exact, EXACT), "chosen": (chosen, range(len(CHOSEN)))}  # fmt: skip


def measure(kind, which, seed):
    """One method at one width."""
    return list(METHODS[kind][0](which))


def grid():
    """Which parts there are."""
    return [{"kind": kind, "which": which} for kind, (_, them) in METHODS.items() for which in them]


def main() -> None:
    with records.recording(
        OUT, command=f"python experiments/{Path(__file__).name}", seed=SEED, sources=[__file__],
        data={"digits": digits().fingerprint},
    ) as record:  # fmt: skip
        rows = record.sweep(measure, grid())
        record.save({name: rows[name].tolist() for name in rows if name not in {"kind", "which", "seed"}})
    print(f"wrote {OUT.name}")


if __name__ == "__main__":
    main()
