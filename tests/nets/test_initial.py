"""Initial weights: their laws, and that a replica does not depend on the others."""

import math

import numpy as np
import pytest
import torch

from slthlib.nets import Conv, Dense
from slthlib.nets.initial import LAWS

DEVIATIONS = {
    "glorot-normal": math.sqrt(2 / 500),
    "glorot-uniform": math.sqrt(2 / 500),
    "glorot-signed": math.sqrt(2 / 500),
    "kaiming-normal": math.sqrt(2 / 300),
    "kaiming-uniform": math.sqrt(2 / 300),
    "signed-constant": math.sqrt(2 / 300),
    "torch": 1 / math.sqrt(3 * 300),
}


def test_every_law_is_tested():
    assert set(DEVIATIONS) == set(LAWS)


@pytest.mark.parametrize("law", LAWS)
def test_weights_have_the_law_s_mean_and_deviation(law):
    weights = Dense((300, 200), init=law).init(5, seed=0)["weight0"].double()
    n, deviation = weights.numel(), DEVIATIONS[law]
    kurtosis = {"normal": 3.0, "uniform": 1.8, "signed": 1.0, "constant": 1.0, "torch": 1.8}[law.rpartition("-")[2]]
    assert abs(float(weights.mean())) < 5 * deviation / math.sqrt(n)
    # The sample variance has a standard error of var * sqrt((kurtosis - 1) / n): for signs of one size it is 0.
    error = deviation**2 * math.sqrt((kurtosis - 1) / n)
    assert abs(float((weights**2).mean()) - deviation**2) < 5 * error + 1e-6 * deviation**2
    assert abs(float((weights**4).mean() / (weights**2).mean() ** 2) - kurtosis) < 0.1


@pytest.mark.parametrize("law", ["signed-constant", "glorot-signed"])
def test_signed_weights_have_one_size(law):
    weights = Dense((300, 200), init=law).init(2, seed=0)["weight0"]
    assert len(weights.abs().unique()) == 1
    assert abs(float(weights.sign().mean())) < 5 / math.sqrt(weights.numel())


def test_biases_start_at_zero_but_for_torch_s_law():
    assert not Dense((4, 3, 2)).init(2, seed=0)["bias0"].any()
    biases = Dense((400, 300), init="torch").init(2, seed=0)["bias0"]
    assert biases.abs().max() <= 1 / 20
    assert biases.abs().max() > 0.9 / 20


def test_a_convolution_counts_its_window():
    weights = Conv((50,), 2, side=4, in_channels=20, init="kaiming-normal").init(3, seed=0)["weight0"]
    assert weights.shape == (3, 50, 20, 3, 3)
    assert float(weights.std()) == pytest.approx(math.sqrt(2 / 180), rel=0.03)


@pytest.mark.parametrize("law", LAWS)
def test_a_replica_is_the_same_however_many_there_are(law):
    network = Dense((6, 5, 4), init=law)
    few, many = network.init(2, seed=7), network.init(9, seed=7)
    assert all(torch.equal(few[name], many[name][:2]) for name in few)


def test_replicas_layers_and_seeds_differ():
    network = Dense((5, 5, 5))
    one, two = network.init(2, seed=0), network.init(2, seed=1)
    for other in (one["weight0"][1], one["weight1"][0], two["weight0"][0]):
        assert not torch.equal(one["weight0"][0], other)


def test_a_generator_is_drawn_from():
    network, rng = Dense((5, 2)), np.random.default_rng(3)
    first, second = network.init(1, seed=rng), network.init(1, seed=rng)
    again = network.init(1, seed=np.random.default_rng(3))
    assert torch.equal(first["weight0"], again["weight0"])
    assert not torch.equal(first["weight0"], second["weight0"])


def test_float32_is_float64_rounded():
    network = Dense((5, 2))
    double = network.init(2, seed=0, dtype=torch.float64)
    assert torch.equal(network.init(2, seed=0)["weight0"], double["weight0"].float())


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (
            lambda: Dense((4, 2), init="xavier"),
            ValueError,
            "init: expected one of glorot-normal, .*torch, got 'xavier'",
        ),
        (lambda: Dense((4, 2), init=3), TypeError, "init: expected one of"),
        (lambda: Dense((4,)), ValueError, "widths: expected at least the input's and the output's"),
        (lambda: Dense((4, 0)), ValueError, "widths: expected a whole number of at least 1, got 0"),
        (lambda: Dense((4, 2.5)), TypeError, "widths: expected a whole number, got 2.5"),
        (lambda: Dense((4, 2)).init(0, seed=0), ValueError, "replicas: expected a whole number of at least 1, got 0"),
        (lambda: Dense((4, 2)).init(1, seed=-1), ValueError, "seed: expected a whole number of at least 0, got -1"),
        (lambda: Dense((4, 2)).init(1, seed=0.5), TypeError, "seed: expected a whole number, got 0.5"),
        (lambda: Dense((4, 2)).init(1, seed=0, dtype=torch.int64), TypeError, "dtype: expected a floating type"),
        (lambda: Conv((), 2, side=4), ValueError, "channels: expected at least one"),
        (lambda: Conv((3,), 2, side=4, kernel=2), ValueError, "kernel: expected an odd side, got 2"),
        (lambda: Conv((3, 3, 3), 2, side=4), ValueError, "pooling over squares of side 2 cannot take"),
    ],
)
def test_what_does_not_fit_is_refused(make, kind, words):
    with pytest.raises(kind, match=words):
        make()
