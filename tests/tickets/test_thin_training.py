"""A mask in the forward pass trains the thin network: the statement of the first chapter, gradient and trajectory."""

import numpy as np
import pytest
import torch
from torch import nn

from slthlib.nets import Dense, random_mask, thin, train

NETWORK = Dense((6, 8, 7, 4))
FLOAT64 = torch.float64


def values_of(masked, masks, replica):
    """What the thin network would hold: the kept entries, in the order of its edges."""
    return [masked[name][replica][masks[name][replica]] for name in masks]


@pytest.mark.ledger("prop-thin")
@pytest.mark.parametrize("seed", range(5))
def test_the_gradient_is_the_thin_networks_bit_for_bit_on_whole_numbers(seed):
    rng = np.random.default_rng(seed)
    w = NETWORK.init(2, seed=0, dtype=FLOAT64)
    for name in w:
        w[name] = torch.tensor(rng.integers(-3, 4, w[name].shape), dtype=FLOAT64)
    x = torch.tensor(rng.integers(-4, 5, (9, 6)), dtype=FLOAT64)
    masks = random_mask(w, 0.4, seed=seed)
    leaves = {name: tensor.clone().requires_grad_() for name, tensor in w.items()}
    (NETWORK.forward(leaves, x, masks) ** 2).sum().backward()
    gradients = {name: leaf.grad for name, leaf in leaves.items()}
    for replica in range(2):
        lean = thin(NETWORK, w, masks, replica)
        (lean.forward(x) ** 2).sum().backward()
        for value, gradient in zip(lean.values, values_of(gradients, masks, replica), strict=True):
            assert torch.equal(value.grad, gradient)
            assert value.grad.any()
        assert not any(bool(gradients[name][replica][~masks[name][replica]].any()) for name in masks)


@pytest.mark.ledger("prop-thin")
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_kept_weights_are_the_thin_networks_after_training(optimizer):
    """Another optimizer's code, another order of sums, and pruned weights that are not zero at the start."""
    rng = np.random.default_rng(7)
    x, y = rng.standard_normal((30, 6)), rng.integers(0, 4, 30)
    start = NETWORK.init(2, seed=7, dtype=FLOAT64)
    masks = random_mask(start, 0.4, seed=7)
    options = dict(optimizer=optimizer, lr=0.02, schedule="constant", batch=30, order_seed=0, progress=False)
    ran = train(NETWORK, start, (x, y), steps=25, masks=masks, **options)
    x, y = torch.tensor(x), torch.tensor(y)
    for replica in range(2):
        lean = thin(NETWORK, start, masks, replica)
        leaves = [*lean.values, *lean.biases]
        step = torch.optim.Adam(leaves, 0.02) if optimizer == "adam" else torch.optim.SGD(leaves, 0.02, momentum=0.9)
        for _ in range(25):
            step.zero_grad()
            nn.functional.cross_entropy(lean.forward(x), y).backward()
            step.step()
        for value, found in zip(lean.values, values_of(ran.parameters, masks, replica), strict=True):
            assert torch.allclose(value.detach(), found, rtol=0, atol=1e-9)
        moved = values_of(start, masks, replica)
        assert min(float((a.detach() - b).abs().max()) for a, b in zip(lean.values, moved, strict=True)) > 0.01
