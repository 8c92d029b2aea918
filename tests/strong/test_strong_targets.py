"""What may be embedded, and what is refused with the reason."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slthlib.strong import embed, quantize, read_target
from slthlib.strong._reference import run_target


def network(*parts):
    import torch
    from torch import nn

    torch.manual_seed(0)
    return nn.Sequential(*[getattr(nn, name)(*sizes) for name, *sizes in parts])


def test_a_sequential_is_read():
    import torch

    module = network(("Conv2d", 2, 3, 3, 2, 1), ("ReLU",), ("Conv2d", 3, 2, 2)).double()
    target = read_target(module)
    x = np.random.default_rng(0).normal(size=(4, 2, 7, 6))
    with torch.no_grad():
        wanted = module(torch.from_numpy(x)).numpy()
    assert np.abs(run_target(target, x) - wanted).max() < 1e-13
    assert target.weights == sum(one.numel() for one in module.parameters())


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([("Linear", 3, 2), ("Linear", 2, 1)], "expected a ReLU before part 1, Linear"),
        ([("Linear", 3, 2), ("ReLU",)], "no ReLU after the last"),
        ([("ReLU",), ("Linear", 3, 2)], "ReLU without weights before it"),
        ([("Linear", 3, 2), ("Sigmoid",), ("Linear", 2, 1)], "part 1 is Sigmoid; supported are Linear, Conv2d, ReLU"),
        ([("Conv2d", 2, 2, 1), ("ReLU",), ("Linear", 2, 1)], "layer 1 is dense behind a convolution"),
        ([("Linear", 3, 2), ("ReLU",), ("Linear", 3, 1)], "layer 0 has 2 outputs, layer 1 takes 3 inputs"),
    ],
)
def test_networks_that_do_not_fit(parts, message):
    with pytest.raises(ValueError, match=message):
        read_target(network(*parts))


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        (3, TypeError, "expected a list of layers or a torch Sequential, got int"),
        ([], ValueError, "at least one layer"),
        ([np.zeros(3)], ValueError, r"expected shape \[out, in\] or \[out, in, height, width\], got \(3,\)"),
        ([np.array([[0.25, np.nan]])], ValueError, r"expected finite numbers, got nan at \(0, 1\)"),
        ([(np.zeros((2, 3)), np.zeros(3))], ValueError, "layer 0 has 2 outputs, but a bias of 3 numbers"),
        ([[["a"]]], TypeError, "expected an array of numbers"),
    ],
)
def test_targets_that_are_none(target, error, message):
    with pytest.raises(error, match=message):
        read_target(target)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([[0.25, 0.75]], r"got 0.75 at \(0, 1\), and 1 such in all; slthlib.strong.quantize"),
        ([[0.25, 0.3]], r"multiples of 2\*\*-4, got .*0.3.* at \(0, 1\), 0.2 of a step off the grid"),
    ],
)
def test_weights_off_the_grid(weight, message):
    with pytest.raises(ValueError, match=message):
        embed([np.array(weight)], bits=4, candidates=40, seed=0)


@given(
    st.integers(1, 12),
    st.lists(st.floats(-100, 100, allow_nan=False), min_size=6, max_size=6),
    st.lists(st.floats(-3, 3, allow_nan=False), min_size=2, max_size=2),
)
def test_quantizing_is_nearest_and_keeps_the_function(bits, weights, bias):
    first, second = np.array(weights).reshape(2, 3), np.array([[0.3, -2.0]])
    found = quantize([(first, np.array(bias)), second], bits)
    assert found.scale == 2.0 ** sum(found.exponents)
    back = np.ldexp(found.layers[0].weight, found.exponents[0])
    step = 2.0 ** (found.exponents[0] - bits)
    assert np.abs(back - first).max() <= step / 2
    assert np.abs(found.layers[0].weight).max() <= 0.5
    assert np.abs(found.layers[0].bias).max() <= 0.5
    exact = [
        (back, np.ldexp(found.layers[0].bias, found.exponents[0])),
        np.ldexp(found.layers[1].weight, found.exponents[1]),
    ]
    x = np.random.default_rng(0).integers(-3, 4, size=(5, 3)).astype(float)
    assert np.allclose(run_target(read_target(exact), x), run_target(found, x) * found.scale, rtol=1e-12, atol=1e-300)


def test_a_large_bias_scales_its_layer():
    found = quantize([(np.array([[0.25]]), np.array([3.0])), (np.array([[0.5]]), np.array([100.0]))], 6)
    assert found.exponents == (3, 5)
    assert [layer.bias.item() * 2.0**total for layer, total in zip(found.layers, (3, 8), strict=True)] == [3.0, 100.0]


def test_a_scale_too_small_is_refused():
    with pytest.raises(ValueError, match=r"scale: expected one that brings the weights of layer 0"):
        quantize([np.array([[3.0]])], 4, scale=4)
    with pytest.raises(ValueError, match="a power of two or 'auto', got 3"):
        quantize([np.array([[3.0]])], 4, scale=3)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"bits": 0}, ValueError, "bits: expected a whole number from 1 to 24, got 0"),
        ({"bits": 2.5}, TypeError, "bits: expected a whole number"),
        ({"tolerance": 0.0}, ValueError, "tolerance: expected a positive number, got 0"),
        ({}, ValueError, "either bits, for weights on the grid, or a tolerance"),
        ({"bits": 4, "tolerance": 0.1}, ValueError, "either bits, for weights on the grid, or a tolerance"),
        ({"bits": 4, "construction": "triangle"}, ValueError, "expected one of diamond, copies, got 'triangle'"),
        ({"bits": 4, "source": "cauchy"}, ValueError, "expected one of uniform, sign, normal, got 'cauchy'"),
        ({"bits": 4, "source": "normal"}, ValueError, "source: normal weights lie on no grid"),
        ({"bits": 4, "source_bits": 30}, ValueError, "source_bits: expected a whole number from"),
        ({"bits": 4, "failure": 0.0}, ValueError, "failure: expected a number strictly between 0 and 1"),
        ({"bits": 4, "sparsity": 1.5}, ValueError, "sparsity: expected a number strictly between 0 and 1"),
        ({"bits": 4, "candidates": 3}, ValueError, "candidates: 3 units give .* least"),
        ({"bits": 4, "candidates": -1}, ValueError, "candidates: expected a whole number of at least 1"),
        ({"bits": 4, "seed": -1}, TypeError, "seed: expected a whole number"),
    ],
)
def test_options_that_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        embed([np.full((2, 3), 0.25)], **({"seed": 0} | options))


def test_inputs_that_are_refused():
    target = [np.full((2, 3), 0.25)]
    ticket = embed(target, bits=2, candidates=60, signed_inputs=False, seed=0)
    with pytest.raises(ValueError, match=r"x: expected shape \[N, 3\], got \(4,\)"):
        ticket(np.zeros(4))
    with pytest.raises(ValueError, match="not negative, got -1"):
        ticket.integers(np.array([[1, -1, 0]]))
    with pytest.raises(TypeError, match="expected whole numbers, got dtype float64"):
        ticket.integers(np.array([[0.5, 1, 0]]))
    with pytest.raises(ValueError, match="finite"):
        ticket(np.array([[np.inf, 1, 0]]))
    with pytest.raises(ValueError, match="int64 holds 63"):
        ticket.integers(np.array([[2**61, 1, 0]]))
    with pytest.raises(ValueError, match="one of float64, float32"):
        ticket(np.zeros((1, 3)), arithmetic="bfloat16")
