"""What training side by side is worth: against plain loops that use as many cores, in the same run."""

import multiprocessing
import os
import time
from statistics import median

import numpy as np
import pytest
import torch

from slthlib.nets import Dense, random_mask, train

NETWORK = Dense((40, 100, 100, 10))
REPLICAS = 24  # 8 seeds of 3 arms
STEPS = 100
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(4000, 40)).astype(np.float32), RNG.integers(10, size=4000)


def side_by_side():
    """Seconds for all replicas, on every core."""
    parameters = NETWORK.init(REPLICAS, seed=0)
    masks = random_mask(parameters, 0.5, seed=0)
    orders = [(0, r) for r in range(8)] * 3
    begun = time.perf_counter()
    train(NETWORK, parameters, (X, Y), steps=1000, stop=STEPS, masks=masks, order_seed=orders, progress=False)
    return time.perf_counter() - begun


def one_after_the_other(seeds):
    """Seconds for some networks, as anybody would write it."""
    torch.set_num_threads(1)
    x, y = torch.from_numpy(X), torch.from_numpy(Y)
    begun = time.perf_counter()
    for seed in seeds:
        torch.manual_seed(seed)
        net = torch.nn.Sequential(
            torch.nn.Linear(40, 100), torch.nn.ReLU(), torch.nn.Linear(100, 100), torch.nn.ReLU(),
            torch.nn.Linear(100, 10),
        )  # fmt: skip
        weights = [part.weight for part in net if hasattr(part, "weight")]
        masks = [(torch.rand_like(weight) < 0.5).float() for weight in weights]
        adam = torch.optim.Adam(net.parameters(), lr=0.01)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, 1000)
        for step in range(STEPS):
            if step % 40 == 0:
                order = torch.randperm(4000)
            chosen = order[step % 40 * 100 : step % 40 * 100 + 100]
            with torch.no_grad():
                for weight, mask in zip(weights, masks, strict=True):
                    weight.mul_(mask)
            adam.zero_grad()
            torch.nn.functional.cross_entropy(net(x[chosen]), y[chosen]).backward()
            adam.step()
            schedule.step()
    return time.perf_counter() - begun


@pytest.mark.long
def test_side_by_side_is_faster_than_plain_loops_on_as_many_cores():
    ours, theirs = [], []
    with multiprocessing.get_context("spawn").Pool(CORES) as pool:
        pool.map(one_after_the_other, [range(1)] * CORES)
        side_by_side()
        for _ in range(5):  # in turn, so that both see the same load
            ours.append(side_by_side())
            theirs.append(max(pool.map(one_after_the_other, [range(part, REPLICAS, CORES) for part in range(CORES)])))
    ratios = [plain / batched for plain, batched in zip(theirs, ours, strict=True)]
    assert median(ratios) >= 1.5, ratios
    # 14 levels of 1000 steps
    assert min(ours) / STEPS * 14_000 <= 90, ours
