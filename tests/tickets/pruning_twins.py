"""Slow twins of pruning: one network at a time, autograd, torch.optim.Adam, loops that can be read aloud."""

import math
from contextlib import contextmanager
from functools import cache

import torch
from torch.nn import functional as F

from slthlib.lab import load
from slthlib.nets import BatchOrder
from slthlib.tickets import iterative_pruning
from slthlib.tickets._recipe import BATCHES, seed_for

SEED, STEPS, KEEPS = 3, 40, (1.0, 0.6, 0.3)


@cache
def data():
    return load(train=600, test=300)


@cache
def pruned(**changes):
    options = {"keeps": KEEPS, "widths": (30, 20), "replicas": 2, "steps": STEPS, "seed": SEED, **changes}
    return iterative_pruning(data(), progress=False, **options)


def same(first, second):
    """Whether tensors agree bit for bit."""
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def arms(tickets):
    return {"ticket": tickets, **tickets.controls}


def batches(data, seed, replica, order, steps, batch=100):
    """Examples of each step for one replica and one order."""
    found = BatchOrder(len(data.train_y), batch, [(seed_for(seed, BATCHES), replica, order)])
    for step in range(steps):
        chosen = found(step)[0].numpy()
        yield torch.from_numpy(data.train_x[chosen]), torch.from_numpy(data.train_y[chosen])


@contextmanager
def one_thread():
    """Small tensors on several threads wait for each other more than they compute."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@one_thread()
def train_one(start, masks, examples, steps, first=0, lr=0.01):
    """Trained parameters of one network by name, in float64: a fresh optimizer, a cosine that knows the step."""
    values = {name: tensor.double().clone().requires_grad_() for name, tensor in start.items()}
    optimizer = torch.optim.Adam(values.values(), lr=lr)
    for step, (x, y) in enumerate(examples):
        if step < first:
            continue
        optimizer.param_groups[0]["lr"] = lr * (1 + math.cos(math.pi * step / steps)) / 2
        h = x.double()
        for place in range(len(values) // 2):
            weight = values[f"weight{place}"] * masks[f"weight{place}"]
            h = F.linear(F.relu(h) if place else h, weight, values[f"bias{place}"])
        optimizer.zero_grad()
        F.cross_entropy(h, y).backward()
        optimizer.step()
    return {name: tensor.detach() * masks.get(name, 1) for name, tensor in values.items()}


def smallest_out(weight, mask, count):
    """A mask without the ``count`` smallest of the weights that are left."""
    left = [(abs(float(value)), place) for place, value in enumerate(weight.flatten()) if mask.flatten()[place]]
    gone = {place for _, place in sorted(left)[:count]}
    flat = [bool(kept) and place not in gone for place, kept in enumerate(mask.flatten())]
    return torch.tensor(flat).view(mask.shape)


def one(tensors, replica):
    return {name: tensor[replica] for name, tensor in tensors.items()}


def barrier_by_hand(errors):
    """Largest of a list minus the mean of its ends."""
    return max(errors) - (errors[0] + errors[-1]) / 2


def bird_by_hand(distances, threshold, memory):
    """The rule of early birds with a queue, for one replica."""
    queue = []
    for epoch in range(len(distances)):
        queue = [*queue, epoch][-memory:]
        if len(queue) == memory and max(distances[epoch][other] for other in queue[:-1]) < threshold:
            return epoch
    return -1


def sizes(masks):
    return {name: mask.flatten(1).sum(1).numpy() for name, mask in masks.items()}
