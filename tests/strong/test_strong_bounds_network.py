"""What the bounds see of a network: shapes, norms, numbers of solves; and clear errors for what is no network."""

import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from house import ROOT

from slthlib.strong import bounds
from slthlib.strong.bounds import HypothesisError, Layer, NetworkShape, network

DIGITS = [(32, 64), (10, 32)]


def test_shapes_alone_are_enough():
    net = network(DIGITS)
    assert (net.depth, net.weights, net.biases, net.parameters, net.width) == (2, 2368, 0, 2368, 64)
    assert net.dense
    assert net.largest is None
    # Only the inputs are signed: their weights are solved twice. The banks are one for each coordinate and sign.
    assert net.solves() == 2 * 64 * 32 + 32 * 10 == 4416
    assert net.solves(signed_inputs=False) == 2368
    assert net.banks() == 2 * 64 + 32
    assert net.banks(signed_inputs=False) == 64 + 32
    assert network(net) == net
    assert network(tuple(DIGITS)) == net


def test_a_kernel_and_biases():
    net = network([(6, 1, 3, 3), (8, 6, 3, 3), (10, 8 * 4)])
    assert [x.taps for x in net.layers] == [9, 9, 1]
    assert net.weights == 54 + 432 + 320
    assert net.solves() == 2 * 54 + 432 + 320
    assert not net.dense
    biased = NetworkShape((Layer((3, 2), bias=True), Layer((4, 3), bias=True)))
    assert (biased.biases, biased.solves(), biased.banks()) == (7, 2 * 6 + 3 + 12 + 4, 2 * 2 + 1 + 3 + 1)
    assert biased.without_biases() == network([(3, 2), (4, 3)])


def test_norms_are_those_of_the_weights():
    rng = np.random.default_rng(5)
    for shape in ((7, 3), (3, 7), (1, 1), (20, 20)):
        W = rng.normal(size=shape)
        (layer,) = network([W]).layers
        assert layer.spectral == pytest.approx(np.linalg.norm(W, 2), rel=1e-12)
        assert layer.row_sum == pytest.approx(np.linalg.norm(W, np.inf), rel=1e-12)
        assert layer.largest == np.abs(W).max()
    assert network([np.zeros((2, 3))]).layers[0].spectral == 0
    tiny = network([np.full((2, 2), 1e-200)]).layers[0]
    assert tiny.spectral == pytest.approx(2e-200)


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (1, 1), (2, 1)])
def test_the_norm_of_a_kernel_is_never_exceeded(stride, padding):
    rng = np.random.default_rng(6)
    for _ in range(5):
        K = rng.normal(size=(3, 2, 3, 3))
        images = torch.eye(2 * 36, dtype=torch.float64).reshape(-1, 2, 6, 6)
        out = torch.nn.functional.conv2d(images, torch.tensor(K), stride=stride, padding=padding)
        matrix = out.reshape(len(images), -1).numpy().T
        (layer,) = network([K]).layers
        assert np.linalg.norm(matrix, 2) <= layer.spectral
        assert np.linalg.norm(matrix, np.inf) == pytest.approx(layer.row_sum, rel=1e-12)
    # It is met where all taps stretch the same image: a constant image, kernels that are positive.
    K = np.ones((1, 1, 1, 1))
    assert network([K]).layers[0].spectral == pytest.approx(1.0)


def test_pairs_and_torch_say_the_same():
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(8, 3, bias=False)
    )
    pairs = [
        (model[0].weight.detach().numpy(), model[0].bias.detach().numpy()),
        (model[3].weight.detach().numpy(), None),
    ]
    assert network(model) == network(pairs)
    assert network(model).biases == 2
    with pytest.raises(ValueError, match="BatchNorm1d"):
        network(torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2)))
    with pytest.raises(ValueError, match="groups"):
        network(torch.nn.Sequential(torch.nn.Conv2d(2, 2, 1, groups=2)))


def test_known_norms_can_be_given():
    net = network(DIGITS, spectral=[0.5, 1.0], row_sums=[3.0, 2.0], largest=[0.5, 0.25])
    assert [x.spectral for x in net.layers] == [0.5, 1.0]
    assert [x.row_sum for x in net.layers] == [3.0, 2.0]
    assert net.largest == 0.5


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        ([], ValueError, "at least one layer"),
        ([(3, 2), (4, 5)], ValueError, "layer 0 has 3 outputs, so layer 1 should take 3 inputs, got 5"),
        ([(4, 2, 3, 3), (4, 6)], ValueError, "a multiple of 4"),
        ([(3, 2, 1)], ValueError, "shape"),
        ([(0, 2)], ValueError, "from 1"),
        ([np.zeros(3)], ValueError, "shape"),
        ([np.zeros((0, 3))], ValueError, "at least one weight"),
        ([np.array([[np.nan]])], ValueError, "finite"),
        ([np.array([["a"]])], TypeError, "real numbers"),
        ([(np.zeros((2, 2)), np.zeros(3))], ValueError, "biases of shape"),
        (np.zeros((2, 2)), TypeError, "one array"),
        ("abc", TypeError, "list of layers"),
        (7, TypeError, "list of layers"),
    ],
)
def test_what_is_no_network_is_said(target, error, message):
    with pytest.raises(error, match=message):
        network(target)


def test_wrong_norms_are_said():
    with pytest.raises(ValueError, match="spectral: expected one number for each of 2 layers, got 1"):
        network(DIGITS, spectral=[1.0])
    with pytest.raises(ValueError, match="row_sums"):
        network(DIGITS, row_sums=[1.0, -1.0])
    with pytest.raises(TypeError, match="signed_inputs"):
        network(DIGITS).solves("yes")


def test_every_public_name_is_there():
    for name in bounds.__all__:
        assert getattr(bounds, name) is not None
    assert dir(bounds) == bounds.__all__ == sorted(bounds.__all__)
    with pytest.raises(AttributeError, match="its names are"):
        bounds.nonsense  # noqa: B018
    assert issubclass(HypothesisError, ValueError)
    assert math.isclose(bounds.binary_entropy(0.5), 1.0)


def test_the_room_is_light_at_the_door():
    code = "import sys, slthlib.strong; print([n for n in ('numpy', 'torch', 'numba', 'scipy') if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
    ask = "bounds.table([(2, 2)], bits=3, failure=.1)"
    code = f"import sys; from slthlib.strong import bounds; {ask}; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"
