"""Time iterative pruning with its controls against the same work as plain torch loops, one network at a time.

    python benchmarks/tickets.py [--rounds N] [--levels N] [--full] [--write]

The work: networks 40-100-100-10 on MNIST-1D, Adam, 1000 steps of 100 examples; at each level tickets reset to their
initial weights, the same masks on other weights, and shuffled masks, of 8 seeds each. Ours trains the 24 networks of a
level at once. The rival is what one writes first: a loop over networks, the mask multiplied in the forward pass, the
fused `torch.optim.Adam`; a process for each core, one thread each, so that it uses the machine as fully. Both start
from the same initial weights, see the same batches and make the same masks up to rounding; their accuracies are printed
side by side.

Rounds of both are interleaved, on few levels (each level costs the same); what ran is printed. ``--full`` also times
ours on all 14 levels and the dense training. ``--write`` records the times and where they go in ``chapters/results``.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that it runs as a script too

from slthlib.lab import load, records  # noqa: E402
from slthlib.nets import Adam, BatchOrder, Dense, cosine, random_mask, shuffle_mask, top_k, train  # noqa: E402
from slthlib.tickets import iterative_pruning, keeps_down_to  # noqa: E402
from slthlib.tickets._recipe import BATCHES, FRESH, OTHER_MASK, OWN, seed_for  # noqa: E402
from slthlib.tickets.scores import layer_keeps  # noqa: E402

SEED, SEEDS, STEPS, BATCH, RATE, WIDTHS = 2019, 8, 1000, 100, 0.01, (40, 100, 100, 10)
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
RESULTS = ROOT / "chapters" / "results"
ALL = keeps_down_to(0.044)


@cache
def data() -> Any:
    return load()


def ours(keeps: list[float]) -> dict[str, float]:
    """Mean accuracy of each arm at the last level."""
    found = iterative_pruning(data(), keeps=keeps, replicas=SEEDS, controls=("reinit", "shuffle"), steps=STEPS,
                              lr=RATE, batch=BATCH, seed=SEED, progress=False)  # fmt: skip
    arms = {"ticket": found, **found.controls}
    return {name: float(arm.accuracy[-1].mean()) for name, arm in arms.items()}


def plain(keeps: list[float], pool: Any) -> dict[str, float]:
    """The same by loops over networks, as many processes as cores."""
    rows = pool.starmap(_one_seed, [(seed, keeps) for seed in range(SEEDS)], chunksize=1)
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def _one_seed(seed: int, keeps: list[float]) -> dict[str, float]:
    """Prune one network level by level, and train its controls."""
    examples = torch.from_numpy(data().train_x), torch.from_numpy(data().train_y)
    tests = torch.from_numpy(data().test_x), torch.from_numpy(data().test_y)
    own, other = ([tensor[seed].clone() for tensor in Dense(WIDTHS).init(SEEDS, seed=seed_for(SEED, whose)).values()]
                  for whose in (OWN, FRESH))  # fmt: skip
    masks: list[torch.Tensor] = [torch.ones_like(weight) for weight in own[::2]]
    batches = seed_for(SEED, BATCHES)
    trained = _train(own, masks, examples, (batches, seed, 0))
    _train(other, masks, examples, (batches, seed, 0))  # ours trains these as well
    right: dict[str, float] = {}
    for level, keep in enumerate(keeps[1:], 1):
        shares = layer_keeps({f"weight{place}": mask.numel() for place, mask in enumerate(masks)}, keep)
        masks = [
            top_k(weight.abs()[None], share, within=mask[None] > 0, seed=level)[0].float()
            for weight, share, mask in zip(trained[::2], shares.values(), masks, strict=True)
        ]
        elsewhere = _shuffled(masks, seed)
        key = (batches, seed, 2 * level + 1)
        trained = _train(own, masks, examples, key)
        right["ticket"] = _accuracy(trained, masks, tests)
        right["reinit"] = _accuracy(_train(other, masks, examples, key), masks, tests)
        right["shuffle"] = _accuracy(_train(own, elsewhere, examples, key), elsewhere, tests)
    return right


def _shuffled(masks: list[Any], seed: int) -> list[Any]:
    """The control's masks: a permutation belongs to a place on the replica axis, so the mask is put there."""
    all_seeds = {f"weight{place}": (mask > 0).expand(seed + 1, *mask.shape) for place, mask in enumerate(masks)}
    return [mask[seed].float() for mask in shuffle_mask(all_seeds, seed=seed_for(SEED, OTHER_MASK)).values()]


def _train(start: list[Any], masks: list[Any], examples: tuple[Any, Any], key: tuple[int, ...]) -> list[Any]:
    parameters = [tensor.clone().requires_grad_() for tensor in start]
    optimizer = torch.optim.Adam(parameters, lr=RATE, fused=True)  # the fastest of its forms
    x, y = examples
    order, factor = BatchOrder(len(y), BATCH, [key]), cosine(STEPS)
    for step in range(STEPS):
        chosen = order(step)[0]
        optimizer.param_groups[0]["lr"] = RATE * factor(step)
        loss = F.cross_entropy(_forward(parameters, masks, x[chosen]), y[chosen])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    return [tensor.detach() for tensor in parameters]


def _forward(parameters: list[Any], masks: list[Any], x: Any) -> Any:
    for place, mask in enumerate(masks):
        x = F.linear(F.relu(x) if place else x, parameters[2 * place] * mask, parameters[2 * place + 1])
    return x


def _accuracy(parameters: list[Any], masks: list[Any], tests: tuple[Any, Any]) -> float:
    with torch.no_grad():
        return float((_forward(parameters, masks, tests[0]).argmax(1) == tests[1]).float().mean())


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.perf_counter()
    found = work()
    return time.perf_counter() - begin, found


def shares(repeats: int = 300) -> dict[str, float]:
    """Where the time goes: milliseconds of one thread for a step of the 12 networks that it has, and for its parts."""
    network, replicas = Dense(WIDTHS), 12
    parameters = network.init(replicas, seed=SEED)
    masks = random_mask(parameters, 0.2, seed=SEED)
    x, y = torch.from_numpy(data().train_x), torch.from_numpy(data().train_y)
    values, gradient, optimizer = torch.zeros(replicas * 15_210), torch.zeros(replicas * 15_210), Adam()
    optimizer.start(values)
    order = BatchOrder(len(y), BATCH, [(SEED, replica) for replica in range(replicas)])
    columns = [torch.randn(replicas, width, BATCH) for width in WIDTHS]
    weights = list(parameters.weights.values())

    def products() -> None:
        for place, weight in enumerate(weights):
            torch.bmm(weight, columns[place])  # forward
            torch.bmm(columns[place + 1], columns[place].transpose(1, 2))  # gradient of the weight
            if place:
                torch.bmm(weight.transpose(1, 2), columns[place + 1])  # gradient of what came in

    def batches() -> None:
        chosen = order(next(steps) % 40).flatten()
        x.index_select(0, chosen), y.index_select(0, chosen)

    def whole() -> None:
        train(network, parameters, (x, y), steps=STEPS, stop=repeats, masks=masks, order_seed=1, threads=1)

    found, steps, before = {}, count(), torch.get_num_threads()
    torch.set_num_threads(1)
    for name, part in (("matrix products", products), ("Adam", lambda: optimizer.step(values, gradient, RATE)),
                       ("batches", batches)):  # fmt: skip
        found[name] = min(timed(lambda part=part: [part() for _ in range(repeats)])[0] for _ in range(3))
    torch.set_num_threads(before)
    found["ReLU, loss, masks, the loop itself"] = min(timed(whole)[0] for _ in range(3)) - sum(found.values())
    return {name: 1e3 * seconds / repeats for name, seconds in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="how often each side runs")
    parser.add_argument("--levels", type=int, default=1, help="levels of pruning in each round, after the dense one")
    parser.add_argument("--full", action="store_true", help=f"also ours on all {len(ALL) - 1} levels")
    parser.add_argument("--write", action="store_true", help="record the tables in chapters/results")
    arguments = parser.parse_args()
    started, keeps = records.Clock.now(), ALL[: arguments.levels + 1]
    print(f"{arguments.levels} of {len(ALL) - 1} levels after the dense one, {SEEDS} seeds, 3 arms, {STEPS} steps; "
          f"{arguments.rounds} rounds, {CORES} cores, torch {torch.__version__}", flush=True)  # fmt: skip
    times: dict[str, list[float]] = {"slthlib": [], "plain loops": []}
    found: dict[str, dict[str, float]] = {}
    # Spawned, and warm before the clock starts: imports and data are not counted, on either side.
    with multiprocessing.get_context("spawn").Pool(CORES, initializer=_warm) as pool:
        pool.map(_nothing, range(CORES), chunksize=1)
        work = {"slthlib": lambda: ours(keeps), "plain loops": lambda: plain(keeps, pool)}
        data()
        for turn in range(arguments.rounds):
            for name, run in work.items():
                seconds, found[name] = timed(run)
                times[name].append(seconds)
                print(f"  round {turn + 1}: {name:12} {seconds:7.2f} s", flush=True)
    rows = [row(name, arguments.levels, times[name], found[name]) for name in times]
    if arguments.full:
        seconds, last = timed(lambda: ours(ALL))
        rows.append(row("slthlib", len(ALL) - 1, [seconds], last))
    for one in rows:
        print(f"{one['side']:12} {one['levels']:2} levels: median {one['median_seconds']:6.2f} s "
              f"[{one['least_seconds']:.2f}, {one['most_seconds']:.2f}], accuracy of the last level: ticket "
              f"{one['ticket']:.3f}, reinit {one['reinit']:.3f}, shuffle {one['shuffle']:.3f}")  # fmt: skip
    ratio = rows[1]["median_seconds"] / rows[0]["median_seconds"]
    print(f"plain loops take {ratio:.2f} times as long: medians of {arguments.rounds} rounds in turn")
    spent = shares()
    step = sum(spent.values())
    print(f"a step of 12 networks on one thread: {step:.2f} ms, of which "
          + ", ".join(f"{name} {part / step:.0%}" for name, part in spent.items()))  # fmt: skip
    alone = STEPS * step / 1e3 * (2 * SEEDS + 3 * SEEDS * arguments.levels) / 12 / CORES
    print(f"steps alone would take {alone:.2f} of the {rows[0]['median_seconds']:.2f} s on {CORES} cores; the rest is "
          "evaluation, pruning, and what two threads lose to each other")  # fmt: skip
    if arguments.write:
        tables = {
            "tickets_benchmark": {name: [one[name] for one in rows] for name in rows[0]},
            "tickets_step": {"part": list(spent), "milliseconds": list(spent.values())},
        }
        command = f"python benchmarks/tickets.py {' '.join(sys.argv[1:])}"
        for name, table in tables.items():
            records.write(RESULTS / f"{name}.csv", table, command=command, seed=SEED, sources=[__file__],
                          started=started)  # fmt: skip


def row(side: str, levels: int, seconds: list[float], found: dict[str, float]) -> dict[str, Any]:
    return {"side": side, "levels": levels, "rounds": len(seconds), "median_seconds": float(np.median(seconds)),
            "least_seconds": min(seconds), "most_seconds": max(seconds), **found}  # fmt: skip


def _warm() -> None:
    torch.set_num_threads(1)
    data()


def _nothing(_: int) -> None:
    time.sleep(0.2)  # so that each process takes one


if __name__ == "__main__":
    main()
