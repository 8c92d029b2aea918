"""To and from a torch Sequential."""

import pytest
import torch
from nets_twins import random_masks
from torch import nn

from slthlib.nets import Conv, Dense, Network, from_sequential, to_sequential

SMALL = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))
IMAGES = nn.Sequential(
    nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
    nn.Conv2d(3, 4, (2, 2), stride=2, bias=False),
    nn.Identity(),
    nn.ReLU(inplace=True),
    nn.AvgPool2d(2, stride=2),
    nn.Flatten(),
    nn.Dropout(0.5),
    nn.Linear(4, 3),
)


def test_a_perceptron_comes_as_a_dense_network():
    network, parameters = from_sequential(SMALL)
    assert network == Dense((6, 5, 3))
    assert parameters.replicas == 1
    x = torch.randn(4, 6)
    assert torch.allclose(network.forward(parameters, x)[0], SMALL(x), atol=1e-6)


def test_images():
    module = IMAGES.eval()
    network, parameters = from_sequential(module, shape=(2, 8, 8))
    x = torch.randn(4, 2, 8, 8)
    assert torch.allclose(network.forward(parameters, x)[0], module(x), atol=1e-6)
    assert list(parameters) == ["weight0", "bias0", "weight1", "weight2", "bias2"]


@pytest.mark.parametrize(
    "network", [Dense((6, 5, 3)), Dense((6, 5, 3), bias=False), Conv((2, 3), 4, side=8, kernel=5, in_channels=2)]
)
def test_there_and_back_bit_for_bit(network):
    parameters = network.init(3, seed=0)
    for r in range(3):
        back, found = from_sequential(to_sequential(network, parameters, r), shape=network.input_shape)
        assert back.layers == network.layers
        assert all(torch.equal(found[name][0], parameters[name][r]) for name in parameters)


def test_masks_multiply_once_and_for_all():
    network = Dense((6, 5, 3))
    parameters, masks = network.init(2, seed=0), random_masks(network, 2)
    module = to_sequential(network, parameters, 1, masks)
    assert torch.equal(module[0].weight != 0, masks["weight0"][1])
    assert torch.allclose(module(torch.eye(6)), network.forward(parameters, torch.eye(6), masks)[1], atol=1e-6)


def test_nothing_is_shared():
    network, parameters = from_sequential(SMALL)
    module = to_sequential(network, parameters)
    before = SMALL[0].weight.detach().clone()
    parameters["weight0"].zero_()
    with torch.no_grad():
        module[2].weight.zero_()
    assert torch.equal(SMALL[0].weight, before)
    assert parameters["weight1"].any()
    assert all(parameter.requires_grad for parameter in module.parameters())


def test_a_double_network_stays_one():
    _, parameters = from_sequential(nn.Sequential(nn.Linear(3, 2)).double())
    assert parameters.dtype == torch.float64


def test_a_linear_chain_without_relu_is_a_network():
    network, _ = from_sequential(nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)))
    assert type(network) is Network
    mixed, _ = from_sequential(nn.Sequential(nn.Flatten(), nn.Linear(3, 4, bias=False), nn.ReLU(), nn.Linear(4, 2)))
    assert type(mixed) is Network


@pytest.mark.parametrize(
    ("module", "kind", "words"),
    [
        (nn.Linear(3, 2), TypeError, "module: expected a torch.nn.Sequential, got Linear"),
        (nn.Sequential(nn.ReLU()), ValueError, "module: expected at least one Linear or Conv2d, got none"),
        (nn.Sequential(nn.Linear(3, 2), nn.Tanh()), ValueError, "expected Linear, Conv2d, .* got Tanh at place 1"),
        (nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)), ValueError, "got BatchNorm1d at place 1"),
        (nn.Sequential(nn.Linear(3, 4), nn.Linear(3, 2)), ValueError, "a linear layer of 3 inputs cannot take"),
        (IMAGES, ValueError, r"shape: expected \(2, height, width\) of an input"),
        (nn.Sequential(nn.Conv2d(2, 4, 3, groups=2)), ValueError, "expected groups=1 of Conv2d at place 0, got 2"),
        (nn.Sequential(nn.Conv2d(2, 4, 3, dilation=2)), ValueError, "expected dilation=1 of Conv2d"),
        (nn.Sequential(nn.Conv2d(2, 4, (3, 5))), ValueError, "one kernel_size for both directions of Conv2d"),
        (nn.Sequential(nn.Conv2d(2, 4, 3, padding="same")), ValueError, "expected a padding in numbers"),
        (nn.Sequential(nn.Conv2d(2, 4, 3, padding_mode="reflect")), ValueError, "expected padding_mode=zeros"),
        (nn.Sequential(nn.MaxPool2d(3, stride=2)), ValueError, "expected stride=3 of MaxPool2d at place 0, got 2"),
        (nn.Sequential(nn.MaxPool2d(2, ceil_mode=True)), ValueError, "expected ceil_mode=False"),
        (nn.Sequential(nn.AvgPool2d(2, padding=1)), ValueError, "expected padding=0"),
        (nn.Sequential(nn.Flatten(0)), ValueError, "expected start_dim=1 of Flatten"),
    ],
)
def test_what_does_not_fit_is_refused(module, kind, words):
    with pytest.raises(kind, match=words):
        from_sequential(module)


def test_a_replica_that_is_not_there_is_refused():
    network = Dense((6, 5, 3))
    with pytest.raises(ValueError, match="replica: expected a whole number from 0 to 1, got 2"):
        to_sequential(network, network.init(2, seed=0), 2)
