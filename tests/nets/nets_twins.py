"""Slow twins of the nets: one network at a time, by autograd and torch's own modules, obvious at a glance."""

import math

import numpy as np
import torch

from slthlib.nets import Dense, train

FLOAT64 = torch.float64


def random_batch(network, replicas=None, *, size=7, seed=0, dtype=FLOAT64):
    """Inputs [size, ...] or [replicas, size, ...] and labels."""
    rng = np.random.default_rng(seed)
    lead = (size,) if replicas is None else (replicas, size)
    x = torch.tensor(rng.normal(size=(*lead, *network.input_shape)), dtype=dtype)
    return x, torch.tensor(rng.integers(network.classes, size=lead))


def random_masks(network, replicas, *, keep=0.5, seed=0):
    """Masks that keep each weight with this probability."""
    rng = np.random.default_rng(seed)
    return {name: torch.tensor(rng.random((replicas, *shape)) < keep) for name, shape in network.weight_shapes.items()}


def autograd(network, parameters, x, y, masks=None):
    """Losses and gradients with respect to the parameters, of one replica after the other."""
    losses, gradients = [], {name: torch.zeros_like(tensor) for name, tensor in parameters.items()}
    for r in range(parameters.replicas):
        leaves = {name: tensor[r : r + 1].clone().requires_grad_() for name, tensor in parameters.items()}
        own = None if masks is None else {name: mask[r : r + 1] for name, mask in masks.items()}
        shared = y.ndim == 1
        logits = network.forward(leaves, x if shared else x[r : r + 1], own)[0]
        loss = torch.nn.functional.cross_entropy(logits, y if shared else y[r])
        loss.backward()
        losses.append(loss.detach())
        for name, leaf in leaves.items():
            gradients[name][r] = leaf.grad[0]
    return torch.stack(losses), gradients


def relative(found, expected):
    """Largest difference, in units of the largest number."""
    return float((found - expected).abs().max() / expected.abs().max().clamp_min(1e-300))


def plain_training(module, x, y, order, *, steps, start=0, lr=0.01, optimizer="adam", masks=None, clip=None, **options):
    """Train one torch Sequential as anybody would; masks multiply the weights before each forward pass."""
    weights = [part.weight for part in module if hasattr(part, "weight")]
    kind = torch.optim.Adam if optimizer == "adam" else torch.optim.SGD
    descent = kind(module.parameters(), lr=lr, **options)
    losses = []
    for step in range(start, steps):
        for group in descent.param_groups:
            group["lr"] = lr * (1 + math.cos(math.pi * step / steps)) / 2
        if masks is not None:
            with torch.no_grad():
                for weight, mask in zip(weights, masks, strict=True):
                    weight.mul_(mask)
        chosen = order(step)[0]
        loss = torch.nn.functional.cross_entropy(module(x[chosen]), y[chosen])
        descent.zero_grad()
        loss.backward()
        if masks is not None:
            for weight, mask in zip(weights, masks, strict=True):
                weight.grad.mul_(mask)
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(module.parameters(), clip)
        descent.step()
        losses.append(loss.item())
    return np.array(losses)


# A small problem to train on.
NETWORK = Dense((6, 9, 8, 3))
R = 4
RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 6))
Y = (X[:, :3] + X[:, 3:]).argmax(1)


class Data:
    train_x, train_y, test_x, test_y = X[:60], Y[:60], X[60:], Y[60:]


def start(replicas=R, dtype=torch.float32, network=NETWORK):
    return network.init(replicas, seed=0, dtype=dtype)


def fit(parameters, network=NETWORK, data=(X, Y), **options):
    return train(network, parameters, data, **(dict(steps=40, batch=10, order_seed=5, progress=False) | options))


def same(one, two):
    return list(one) == list(two) and all(torch.equal(one[name], two[name]) for name in one)
