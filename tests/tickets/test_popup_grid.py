"""The grid of widths and keeps: each cell is the search of its own, and the curves have the shape that they must."""

import numpy as np
import pytest
import torch
from files import load_or_skip

from slthlib.lab import load, statistics
from slthlib.nets import Dense, accuracy
from slthlib.tickets import grid
from slthlib.tickets.binary import binary_ticket
from slthlib.tickets.grid import hidden_accuracy, search_keeps
from slthlib.tickets.popup import edge_popup

DATA = load("digits")
SMALL = {"replicas": 2, "steps": 20, "batch": 50, "seed": 3}


@pytest.mark.parametrize(("method", "search"), [("edge-popup", edge_popup), ("binary", binary_ticket)])
def test_a_cell_is_a_search_of_its_own(method, search, monkeypatch):
    found = hidden_accuracy(DATA, widths=[10, 15], keeps=[0.2, 0.5, 1.0], method=method, init="kaiming-normal", **SMALL)
    assert [(one["width"], one["keep"]) for one in found.settings] == [
        (width, keep) for width in (10, 15) for keep in (0.2, 0.5, 1.0)
    ]
    assert found.settings[0]["weights"] == 64 * 10 + 100 + 100
    network = Dense((64, 15, 15, 10), init="kaiming-normal", bias=False)
    start = network.init(2, seed=3)
    alone = search(network, start, DATA, keep=0.5, steps=20, batch=50, seed=3)
    assert np.array_equal(found.of(width=15, keep=0.5), accuracy(network, alone.parameters, DATA.test_x, DATA.test_y))
    monkeypatch.setattr(grid, "NUMBERS", 1)  # one keep at a time
    apart = hidden_accuracy(DATA, widths=[10, 15], keeps=[0.2, 0.5, 1.0], method=method, init="kaiming-normal", **SMALL)
    assert np.array_equal(apart.accuracy, found.accuracy)


def test_keeps_share_their_random_network():
    network = Dense((64, 15, 10), init="kaiming-normal", bias=False)
    start = network.init(2, seed=0)
    found = search_keeps("edge-popup", network, start, DATA, [0.25, 1.0], seed=0, steps=5, batch=50)
    assert torch.equal(found[1].parameters["weight0"], start["weight0"])
    mask = found[0].masks["weight0"]
    assert torch.equal(found[0].parameters["weight0"][mask], 2 * start["weight0"][mask])
    assert np.array_equal(found[1].losses[0] > 0, [True, True])


@pytest.mark.slow
def test_the_shape_of_the_grid():
    # At keep 1 there is nothing to choose: that a sparser network is better is no paradox.
    data = load("mnist1d", test=4000)
    found = hidden_accuracy(data, widths=[20, 100], keeps=[0.02, 0.5, 1.0], replicas=5, steps=500, seed=0)
    whole, half, few = ({"width": 100, "keep": keep} for keep in (1.0, 0.5, 0.02))
    assert found.difference(half, whole).low > 0.2
    assert found.difference(half, few).low > 0.02
    assert found.where(**whole).interval().contains(0.1)
    assert found.difference(half, {"width": 20, "keep": 0.5}).low > 0.05


@pytest.mark.slow
@pytest.mark.parametrize("init", ["signed-constant", "kaiming-normal"])
def test_mnist_hides_in_a_random_network(init):
    data = load_or_skip("mnist")
    network = Dense((784, 300, 100, 10), init=init, bias=False)
    found = edge_popup(network, network.init(3, seed=1), data, keep=0.5, seed=1)
    right = accuracy(network, found.parameters, data.test_x, data.test_y)
    assert statistics.mean_interval(right).low >= 0.93


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"method": "popup"}, "method: expected one of edge-popup, binary, got 'popup'"),
        ({"widths": []}, "widths: expected at least one, got none"),
        ({"keeps": []}, "keeps: expected at least one fraction, got none"),
        ({"keeps": [2]}, r"keeps: expected the fraction kept, in \(0, 1\], got 2"),
        ({"init": "ones"}, "init: expected one of"),
    ],
)
def test_what_does_not_fit_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        hidden_accuracy(DATA, **{"widths": [10], "keeps": [0.5], **SMALL, **change})
