"""What iterative pruning refuses, and in which words."""

from types import SimpleNamespace

import numpy as np
import pytest
from pruning_twins import data

from slthlib.nets import Conv, NonFiniteLossError
from slthlib.tickets import compare_retraining, iterative_pruning, keeps_down_to
from slthlib.tickets.scores import layer_keeps

GOOD = {"keeps": [0.5], "widths": (5,), "replicas": 2, "steps": 3, "seed": 0, "progress": False}


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"keeps": [0.0]}, ValueError, r"keeps: expected the fraction kept, in \(0, 1\], got 0.0"),
        ({"keeps": [1.5]}, ValueError, r"in \(0, 1\], got 1.5"),
        ({"keeps": [0.5, 0.5]}, ValueError, r"keeps: expected the fraction kept to fall .* got \[0.5, 0.5\]"),
        ({"keeps": [0.2, 0.5]}, ValueError, "keeps: expected the fraction kept to fall"),
        ({"keeps": []}, ValueError, "keeps: expected a list"),
        ({"keeps": [float("nan")]}, ValueError, "keeps: expected the fraction kept"),
        ({"report": [0.4]}, ValueError, r"report: expected some of \[0.5\], got \[0.4\]"),
        ({"replicas": 0}, ValueError, "replicas: expected a whole number of at least 1, got 0"),
        ({"rewind": 3}, ValueError, "rewind: expected a whole number from 0 to 2, got 3"),
        ({"rewind": 0.5}, TypeError, "rewind: expected a whole number, got 0.5"),
        ({"control": "rand"}, ValueError, "control: expected one of reinit, shuffle, random, got 'rand'"),
        ({"controls": ("reinit", "x")}, ValueError, "controls: expected one of reinit, shuffle, random, got 'x'"),
        ({"retrain": "again"}, ValueError, "retrain: expected one of rewind, lr-rewind, fine-tune, got 'again'"),
        ({"scope": "both"}, ValueError, "scope: expected one of layer, global, got 'both'"),
        ({"output_rate": -1}, ValueError, "output_rate: expected a finite number of at least 0, got -1"),
        ({"epochs": 3}, TypeError, "epochs: expected an option of training among batch, optimizer, .*, got 'epochs'"),
        ({"widths": 100}, TypeError, r"widths: expected the hidden widths such as \(100, 100\), got 100"),
        ({"network": "mlp"}, TypeError, "network: expected a Network such as Dense or Conv, got str"),
        ({"optimizer": "adamw"}, ValueError, "optimizer: expected one of"),
        ({"seed": -1}, ValueError, "seed: expected a whole number of at least 0, got -1"),
        ({"steps": 0}, ValueError, "steps: expected a whole number of at least 1, got 0"),
    ],
)
def test_wrong_arguments_are_named(change, error, words):
    with pytest.raises(error, match=words):
        iterative_pruning(data(), **{**GOOD, **change})


def test_data_without_a_test_set():
    with pytest.raises(TypeError, match="data: expected a data set with test_x, got SimpleNamespace"):
        iterative_pruning(SimpleNamespace(train_x=data().train_x, train_y=data().train_y), **GOOD)


@pytest.mark.parametrize("scope", ["layer", "global"])
def test_an_emptied_layer_is_named(scope):
    keeps = [0.002]
    if scope == "layer":
        with pytest.raises(ValueError, match=r"expected something left of weight0, .*allow_empty=True allows it"):
            iterative_pruning(data(), **{**GOOD, "keeps": keeps, "scope": scope, "output_rate": 0.1})
    else:
        with pytest.raises(ValueError, match=r"got weight\d empty in replica \d; allow_empty=True allows it"):
            iterative_pruning(data(), **{**GOOD, "keeps": [1 / 250], "scope": scope})
    tickets = iterative_pruning(data(), **{**GOOD, "keeps": keeps, "scope": scope, "allow_empty": True})
    assert any((mask.flatten(1).sum(1) == 0).any() for mask in tickets.masks[0].values())


def test_a_loss_that_is_not_finite_stops_the_run():
    with pytest.raises(NonFiniteLossError, match=r"not finite at step \d+ in replica"):
        iterative_pruning(data(), **{**GOOD, "steps": 30, "optimizer": "sgd", "lr": 1e9})


def test_networks_of_other_kinds_and_images():
    images = SimpleNamespace(train_x=data().train_x[:, :36].reshape(-1, 6, 6), train_y=data().train_y,
                             test_x=data().test_x[:, :36].reshape(-1, 6, 6), test_y=data().test_y)  # fmt: skip
    tickets = iterative_pruning(images, **{**GOOD, "network": Conv((4,), 10, side=6)})
    assert set(tickets.masks[0]) == {"weight0", "weight1"}
    assert iterative_pruning(images, **GOOD).network.classes == 10


@pytest.mark.parametrize("rate", [0, 1, 1.5])
def test_rate_of_pruning(rate):
    with pytest.raises(ValueError, match="rate: expected"):
        keeps_down_to(0.5, rate=rate)


def test_layers_share_out_what_is_kept():
    sizes = {"weight0": 4000, "weight1": 10_000, "weight2": 1000}
    for keep in (1, 0.8, 0.134, 0.01):
        found = layer_keeps(sizes, keep)
        assert found["weight0"] == found["weight1"]
        assert found["weight2"] == pytest.approx(found["weight0"] ** 0.5)
        assert sum(found[name] * size for name, size in sizes.items()) == pytest.approx(keep * 15_000, rel=1e-12)
        assert layer_keeps(sizes, keep, 1) == pytest.approx(dict.fromkeys(sizes, keep), rel=1e-12)
    assert layer_keeps(sizes, 0.5, 0)["weight2"] == 1
    with pytest.raises(ValueError, match=r"keep: expected more than 0.0667, the output layer .* got 0.05"):
        layer_keeps(sizes, 0.05, 0)
    assert layer_keeps({"weight0": 7}, 0.3) == {"weight0": 0.3}


def test_names_of_retraining():
    with pytest.raises(ValueError, match="methods: expected one of reset, weight rewinding"):
        compare_retraining(data(), methods=("renda",), **GOOD)
    with pytest.raises(ValueError, match="again: expected a whole number from 1 to 3, got 4"):
        compare_retraining(data(), again=4, **GOOD)


def test_ways_of_retraining_share_their_first_training():
    found = compare_retraining(data(), again=2, **GOOD)
    assert set(found) == {"reset", "weight rewinding", "learning-rate rewinding", "fine-tuning"}
    first = found["reset"]
    for tickets in found.values():
        assert (tickets.dense == first.dense).all()
        assert all((tickets.masks[0][name] == first.masks[0][name]).all() for name in first.masks[0])
    starts = {name: tickets.weights[0]["weight0"].numpy() for name, tickets in found.items()}
    assert np.array_equal(starts["learning-rate rewinding"], starts["fine-tuning"])
    assert not np.array_equal(starts["reset"], starts["weight rewinding"])
    assert not np.array_equal(starts["weight rewinding"], starts["fine-tuning"])
