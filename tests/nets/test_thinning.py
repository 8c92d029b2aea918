"""The effective keep: weights on a kept path from an input to an output."""

import itertools

import pytest
import torch
from nets_twins import random_masks

from slthlib.nets import (
    AvgPool,
    Conv,
    Convolution,
    Dense,
    Flatten,
    Linear,
    Network,
    ReLU,
    effective_keep,
    keep_of,
    thin,
)


def dense_twin(masks, replica):
    """Every path, one after the other."""
    layers = [mask[replica] for mask in masks.values()]
    sizes = [layers[0].shape[1], *(len(layer) for layer in layers)]
    seen = [torch.zeros_like(layer) for layer in layers]
    for path in itertools.product(*map(range, sizes)):
        if all(layer[to, source] for layer, (source, to) in zip(layers, itertools.pairwise(path), strict=True)):
            for one, (source, to) in zip(seen, itertools.pairwise(path), strict=True):
                one[to, source] = True
    return sum(int(one.sum()) for one in seen) / sum(layer.numel() for layer in layers)


@pytest.mark.parametrize("keep", [0.15, 0.3, 0.6])
def test_paths_of_a_perceptron(keep):
    network = Dense((4, 5, 4, 3))
    masks = random_masks(network, 6, keep=keep)
    found = effective_keep(network, masks)
    assert found.tolist() == [dense_twin(masks, r) for r in range(6)]
    assert (found <= keep_of(masks)).all()


def test_all_kept_is_all_effective():
    for network in (Dense((4, 5, 3)), Conv((2, 3), 4, side=8)):
        full = random_masks(network, 2, keep=1.1)
        assert effective_keep(network, full).tolist() == [1.0, 1.0]


def test_a_dead_channel_takes_its_connections_along():
    network = Conv((2,), 3, side=4)  # 2 kernels of 9, then 2 * 4 features for each of 3 classes
    masks = random_masks(network, 1, keep=1.1)
    masks["weight0"][0, 1] = False  # no input to channel 1
    assert effective_keep(network, masks).tolist() == [(9 + 12) / (18 + 24)]
    masks["weight1"][0, :, :4] = False  # and channel 0 is not seen
    assert effective_keep(network, masks).tolist() == [0.0]
    masks["weight1"][0, 2, 3] = True
    assert effective_keep(network, masks).tolist() == [(9 + 1) / (18 + 24)]


def test_gradients_vanish_where_no_path_leads():
    """What is not effective does not move an output, whatever its value."""
    network = Network(
        [Convolution(2, 3, 3), ReLU(), AvgPool(2), Convolution(3, 4, 2), ReLU(), Flatten(), Linear(4, 3)], (2, 6, 6)
    )
    parameters = network.init(8, seed=0, dtype=torch.float64)
    masks = random_masks(network, 8, keep=0.2)
    leaves = {name: tensor.abs().requires_grad_() for name, tensor in parameters.items()}
    network.forward(leaves, torch.rand(5, 2, 6, 6, dtype=torch.float64) + 0.1, masks).sum().backward()
    moved = torch.stack([(leaves[name].grad != 0).flatten(1).sum(1) for name in masks]).sum(0)
    size = sum(mask[0].numel() for mask in masks.values())
    effective = effective_keep(network, masks) * size
    # All weights are positive: an effective one moves an output, and every input is.
    assert effective.round().tolist() == moved.tolist()
    assert (effective < keep_of(masks) * size).any()


def test_what_does_not_fit_is_refused():
    network = Dense((4, 5, 3))
    masks = random_masks(network, 2)
    with pytest.raises(ValueError, match="names among weight0, weight1, got 'weight7'"):
        effective_keep(network, {"weight7": masks["weight0"]})
    with pytest.raises(TypeError, match="network: expected a Dense network, got Conv"):
        thin(Conv((2,), 3, side=4), {}, {}, 0)
    with pytest.raises(ValueError, match="replica: expected a whole number from 0 to 1, got 2"):
        thin(network, network.init(2, seed=0), masks, 2)
