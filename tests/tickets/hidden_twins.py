"""Slow twins of the searches for hidden networks: plain torch modules of one network, by the book.

Straight-through estimators are autograd functions here; masks come from a full sort; torch.optim.SGD steps.
"""

import numpy as np
import torch
import torch.nn.functional as F

from slthlib.nets import BatchOrder, Dense, Parameters


class Keep(torch.autograd.Function):
    """The top ``count`` entries, and straight through on the way back."""

    @staticmethod
    def forward(ctx, scores, count):
        order = scores.flatten().argsort(descending=True)
        mask = torch.zeros_like(scores).flatten()
        mask[order[:count]] = 1
        return mask.view(scores.shape)

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


class Sign(torch.autograd.Function):
    """alpha * mask, and on the way back times |weight|: what a binary ticket's authors hand to the mask."""

    @staticmethod
    def forward(ctx, mask, weight):
        ctx.save_for_backward(weight)
        return mask * (mask * weight.abs()).sum() / mask.sum()

    @staticmethod
    def backward(ctx, gradient):
        (weight,) = ctx.saved_tensors
        return gradient * weight.abs(), None


def toy(*widths, bias=False, replicas=1, seed=0, init="kaiming-normal", dtype=torch.float64, examples=40):
    """A network, its parameters, and examples with labels."""
    network = Dense(widths, init=init, bias=bias)
    rng = np.random.default_rng([seed, 77])
    x, y = rng.standard_normal((examples, widths[0])), rng.integers(widths[-1], size=examples)
    return network, network.init(replicas, seed=seed, dtype=dtype), (x, y)


def descend(network, weights, scores, data, effective, *, key, steps, batch, lr, momentum=0.9, decay=0.0, rates=None):
    """Train scores (leaves) of one replica; ``effective(step, name, weight, score)`` gives the weight to compute with.

    ``weights`` are the parameters of that replica without the leading axis. The optimizer gets the scores alone.
    """
    leaves = {name: score.clone().requires_grad_() for name, score in scores.items()}
    optimizer = torch.optim.SGD(leaves.values(), lr=lr, momentum=momentum, weight_decay=decay)
    order = BatchOrder(len(data[1]), batch, [key])
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = lr * (1.0 if rates is None else rates(step))
        chosen = order(step)[0]
        at = torch.as_tensor(data[0])[chosen]
        for layer in range(len(network.weighted)):
            name = f"weight{layer}"
            at = F.linear(torch.relu(at) if layer else at, effective(step, name, weights[name], leaves[name]),
                          weights.get(f"bias{layer}"))  # fmt: skip
        optimizer.zero_grad()
        F.cross_entropy(at, torch.as_tensor(data[1])[chosen]).backward()
        optimizer.step()
    return {name: leaf.detach() for name, leaf in leaves.items()}


def one(parameters: Parameters, replica):
    """The tensors of one replica."""
    return {name: tensor[replica] for name, tensor in parameters.items()}


def near(found, expected, tolerance=1e-12):
    """Whether tensors by name agree, relative to their size."""
    return all(float((found[name] - expected[name]).abs().max()) <= tolerance * float(expected[name].abs().max())
               for name in expected)  # fmt: skip
