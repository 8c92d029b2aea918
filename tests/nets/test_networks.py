"""Forward and backward passes, held to one network at a time and autograd; masks; and the thin network."""

import numpy as np
import pytest
import torch
from nets_twins import FLOAT64, autograd, random_batch, random_masks, relative
from torch import nn

from slthlib.nets import AvgPool, Conv, Convolution, Dense, Flatten, Linear, MaxPool, Network, ReLU, thin, to_sequential

R = 3
NETWORKS = {
    "dense": Dense((5, 7, 6, 4)),
    "no bias": Dense((5, 7, 4), bias=False),
    "one layer": Dense((5, 4)),
    "conv": Conv((3, 4), 4, side=8, in_channels=2),
    "no pool": Conv((3,), 4, side=5, pool=1, bias=False),
    "wide kernel, odd side": Conv((3,), 4, side=7, kernel=5, pool=3),
    "mixed": Network(
        [ReLU(), Convolution(2, 3, 2, stride=2, padding=1), AvgPool(2), ReLU(), MaxPool(1), Flatten(), Linear(12, 5)],
        (2, 7, 7),
    ),
    "flat input": Network([Flatten(), Linear(12, 4, bias=False), ReLU(), Linear(4, 3)], (3, 2, 2)),
}
every = pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)


@every
def test_outputs_are_torch_s_own_of_each_replica(network):
    parameters = network.init(R, seed=0, dtype=FLOAT64)
    x, _ = random_batch(network)
    logits = network.forward(parameters, x)
    assert logits.shape == (R, len(x), network.classes)
    for r in range(R):
        assert relative(logits[r], to_sequential(network, parameters, r)(x).detach()) < 1e-13


@every
def test_inputs_of_one_s_own_are_those_of_each_replica(network):
    parameters = network.init(R, seed=0, dtype=FLOAT64)
    x, _ = random_batch(network, R)
    logits = network.forward(parameters, x)
    for r in range(R):
        assert relative(logits[r], network.forward(parameters.select([r]), x[r])[0]) < 1e-13


@every
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("masked", [True, False])
def test_gradients_by_hand_are_autograd_s(network, shared, masked):
    parameters = network.init(R, seed=0, dtype=FLOAT64)
    for name in parameters:  # biases too
        parameters[name] = parameters[name] + 0.1
    x, y = random_batch(network, None if shared else R)
    masks = random_masks(network, R) if masked else None
    losses, found = network.gradients(parameters, x, y, masks)
    expected_losses, expected = autograd(network, parameters, x, y, masks)
    assert relative(losses, expected_losses) < 1e-12
    assert list(found) == list(parameters)
    for name, gradient in expected.items():
        mine = found[name] * masks[name] if masked and name in masks else found[name]
        assert relative(mine, gradient) < 1e-12


@every
def test_gradients_cover_masked_entries_too(network):
    """dL/d(mask * weight), whatever the mask: what a straight-through estimator needs."""
    parameters, masks = network.init(R, seed=0, dtype=FLOAT64), random_masks(network, R)
    x, y = random_batch(network)
    _, found = network.gradients(parameters, x, y, masks)
    _, expected = autograd(network, parameters.masked(masks), x, y)
    for name in found:
        assert relative(found[name], expected[name]) < 1e-12
    assert any(bool(found[name][~mask].any()) for name, mask in masks.items())


@every
def test_a_mask_multiplies_in_the_forward_pass(network):
    parameters, masks = network.init(R, seed=0, dtype=FLOAT64), random_masks(network, R)
    x, _ = random_batch(network)
    changed = parameters.clone()
    for name, mask in masks.items():
        changed[name][~mask] = 1e3
    assert torch.equal(network.forward(parameters, x, masks), network.forward(changed, x, masks))
    assert torch.equal(network.forward(parameters, x, masks), network.forward(parameters.masked(masks), x))


def test_autograd_goes_through_the_forward_pass_with_zeros_where_the_mask_is():
    network = NETWORKS["dense"]
    parameters, masks = network.init(R, seed=0, dtype=FLOAT64), random_masks(network, R)
    for tensor in parameters.values():
        tensor.requires_grad_()
    network.forward(parameters, random_batch(network)[0], masks).square().sum().backward()
    for name, mask in masks.items():
        assert not parameters[name].grad[~mask].any()
        assert parameters[name].grad[mask].any()
        assert parameters[name.replace("weight", "bias")].grad.any()


def integers(network, seed=0):
    """Parameters and inputs that are small integers: sums of products are exact in any order."""
    rng = np.random.default_rng(seed)
    parameters = network.init(R, seed=0, dtype=FLOAT64)
    for name, tensor in parameters.items():
        parameters[name] = torch.tensor(rng.integers(-3, 4, size=tuple(tensor.shape)), dtype=FLOAT64)
    x = torch.tensor(rng.integers(-4, 5, size=(9, *network.input_shape)), dtype=FLOAT64)
    return parameters, x, torch.tensor(rng.integers(-2, 3, size=(9, network.classes)), dtype=FLOAT64)


def pulled_back(network, parameters, x, direction, masks):
    """The gradients of <direction, outputs> of all replicas, with respect to the weights, through the mask."""
    leaves = {name: tensor.clone().requires_grad_() for name, tensor in parameters.items()}
    (network.forward(leaves, x, masks) * direction).sum().backward()
    return {name: leaf.grad for name, leaf in leaves.items()}


@pytest.mark.ledger("prop-thin")
@pytest.mark.parametrize("seed", range(5))
def test_the_masked_gradient_is_the_thin_network_s_bit_for_bit_on_integers(seed):
    network = Dense((6, 8, 7, 4))
    parameters, x, direction = integers(network, seed)
    masks = random_masks(network, R, keep=0.4, seed=seed)
    masked = pulled_back(network, parameters, x, direction, masks)
    for r in range(R):
        small = thin(network, parameters, masks, r)
        outputs = small.forward(x)
        assert torch.equal(outputs, network.forward(parameters, x, masks)[r])
        (outputs * direction).sum().backward()
        for layer, (value, bias) in enumerate(zip(small.values, small.biases, strict=True)):
            name, mask = f"weight{layer}", masks[f"weight{layer}"][r]
            assert torch.equal(masked[name][r][mask], value.grad)
            assert not masked[name][r][~mask].any()
            assert torch.equal(masked[f"bias{layer}"][r], bias.grad)


@pytest.mark.ledger("prop-thin")
@pytest.mark.parametrize("seed", range(5))
def test_the_masked_gradient_is_the_thin_network_s_in_float64(seed):
    network = Dense((20, 30, 25, 10))
    parameters = network.init(R, seed=seed, dtype=FLOAT64)
    masks = random_masks(network, R, keep=0.3, seed=seed)
    x, y = random_batch(network, size=40, seed=seed)
    losses, found = network.gradients(parameters, x, y, masks)
    for r in range(R):
        small = thin(network, parameters, masks, r)
        loss = nn.functional.cross_entropy(small.forward(x), y)
        loss.backward()
        assert relative(losses[r], loss.detach()) < 1e-13
        for layer, (value, bias) in enumerate(zip(small.values, small.biases, strict=True)):
            assert relative(found[f"weight{layer}"][r][masks[f"weight{layer}"][r]], value.grad) < 1e-13
            assert relative(found[f"bias{layer}"][r], bias.grad) < 1e-13


def test_the_thin_network_holds_kept_connections_and_nothing_else():
    network = Dense((6, 8, 4))
    masks = random_masks(network, R, keep=0.3)
    small = thin(network, network.init(R, seed=0), masks, 1)
    assert [len(value) for value in small.values] == [int(masks[name][1].sum()) for name in ("weight0", "weight1")]


def test_the_mask_on_the_gradient_alone_would_be_noticed():
    """Frequent elsewhere: pruned weights are frozen, but still take part in the forward pass."""
    network = Dense((6, 8, 4))
    parameters, masks = network.init(R, seed=0, dtype=FLOAT64), random_masks(network, R)
    x, y = random_batch(network)
    _, wrong = network.gradients(parameters, x, y)
    small = thin(network, parameters, masks, 0)
    nn.functional.cross_entropy(small.forward(x), y).backward()
    assert relative(wrong["weight0"][0][masks["weight0"][0]], small.values[0].grad) > 1e-2


def test_equal_descriptions_are_equal():
    assert Dense((4, 3, 2)) == Dense([4, 3, 2])
    assert Dense((4, 3, 2)) != Dense((4, 3, 2), init="torch")
    assert hash(Dense((4, 3, 2))) == hash(Dense((4, 3, 2)))
    assert Dense((4, 2)) != Dense((4, 2), bias=False)


def test_an_empty_place_in_masks_means_kept_whole():
    network = NETWORKS["dense"]
    parameters, masks = network.init(R, seed=0, dtype=FLOAT64), random_masks(network, R)
    x, _ = random_batch(network)
    full = {name: torch.ones_like(mask) for name, mask in masks.items()}
    some = {"weight1": masks["weight1"]}
    assert torch.equal(network.forward(parameters, x, some), network.forward(parameters, x, {**full, **some}))


NET = Dense((5, 7, 4))
GOOD = NET.init(2, seed=0)
X, Y = torch.zeros(3, 5), torch.zeros(3, dtype=torch.int64)


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (dict(parameters=Dense((5, 7, 7, 4)).init(2, seed=0)), ValueError, "parameters: expected weight0, bias0"),
        (
            dict(parameters=Dense((5, 6, 4)).init(2, seed=0)),
            ValueError,
            r"shape \[2, 7, 5\] of weight0, got \[2, 6, 5\]",
        ),
        (dict(parameters={**GOOD, "bias0": GOOD["bias0"].double()}), TypeError, "one floating type on one device"),
        (dict(parameters={**GOOD, "bias0": GOOD["bias0"][:1]}), ValueError, "one number of replicas"),
        (dict(x=torch.zeros(3, 4)), ValueError, r"x: expected shape \[B, 5\] or \[R, B, 5\], got \[3, 4\]"),
        (dict(x=torch.zeros(3, 3, 5)), ValueError, "x: expected inputs for 2 replicas as in parameters, got 3"),
        (dict(x=torch.zeros(0, 5)), ValueError, "x: expected at least one input"),
        (dict(y=torch.zeros(4, dtype=torch.int64)), ValueError, "y: expected one label for each"),
        (dict(y=torch.tensor([0, 1, 4])), ValueError, "y: expected labels from 0 to 3, got 0 to 4"),
        (dict(y=torch.zeros(3)), TypeError, "y: expected whole numbers, got torch.float32"),
        (dict(masks=[True]), TypeError, "masks: expected a mapping"),
        (dict(masks={"weight0": torch.ones(2, 7, 5)}), TypeError, "bool tensor for weight0, got torch.float32"),
        (dict(masks={"weight0": np.ones((2, 7, 5), bool)}), TypeError, "bool tensor for weight0, got ndarray"),
        (dict(masks={"weight0": torch.ones(2, 5, 7).bool()}), ValueError, r"shape \[2, 7, 5\] for weight0, got \[2, 5"),
        (dict(masks={"weight0": torch.ones(3, 7, 5).bool()}), ValueError, r"\[2, 7, 5\] for weight0, got \[3, 7, 5\]"),
        (dict(masks={"bias0": torch.ones(2, 7).bool()}), ValueError, "among weight0, weight1, got 'bias0'; biases"),
        (dict(masks={"weight2": torch.ones(2, 7).bool()}), ValueError, "among weight0, weight1, got 'weight2'"),
    ],
)
def test_what_does_not_fit_is_refused(change, kind, words):
    arguments = dict(parameters=GOOD, x=X, y=Y, masks=None) | change
    with pytest.raises(kind, match=words):
        NET.gradients(**arguments)


@pytest.mark.parametrize(
    ("layers", "shape", "words"),
    [
        ([Linear(4, 3), Linear(4, 2)], (4,), r"a linear layer of 4 inputs cannot take an input of shape \(3,\)"),
        ([Convolution(1, 2)], (1, 5, 5), r"one number for each class, got an output of shape \(2, 3, 3\)"),
        ([Convolution(2, 2)], (1, 5, 5), "a convolution of 2 channels cannot take"),
        ([Convolution(1, 2, 7)], (1, 5, 5), "a kernel of side 7 does not fit"),
        ([ReLU()], (5,), "one number for each class"),
        ([MaxPool(2), Linear(4, 2)], (4,), "pooling over squares"),
    ],
)
def test_layers_that_do_not_fit_are_refused(layers, shape, words):
    with pytest.raises(ValueError, match=words):
        Network(layers, shape)


def test_a_layer_of_torch_is_refused():
    with pytest.raises(TypeError, match=r"layers: expected Linear, .* got Linear"):
        Network([nn.Linear(4, 2)], (4,))
