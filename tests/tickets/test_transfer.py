"""A ticket goes to another data set with its mask and its weights, and without its output layer."""

from functools import cache

import numpy as np
import pytest
from pruning_twins import STEPS, data

from slthlib.lab import load
from slthlib.tickets import keeps_down_to
from slthlib.tickets.transfer import flipped, resampled, scrambled, transfer

OPTIONS = {"keep": 0.4, "widths": (30, 20), "replicas": 2, "steps": STEPS, "seed": 3, "progress": False}


@cache
def found(rewind=0):
    return transfer({"home": data(), "flipped": flipped(data()), "copy": data()}, rewind=rewind, **OPTIONS)


@pytest.mark.slow
def test_the_matrix():
    assert found().names == ("home", "flipped", "copy")
    assert found().accuracy.shape == (3, 3, 2)
    assert found().random.shape == found().dense.shape == (3, 2)
    assert found().keep == 0.4 == keeps_down_to(0.4)[-1]


@pytest.mark.slow
@pytest.mark.parametrize("rewind", [0, 10])
def test_the_same_data_under_another_name_is_home(rewind):
    table = found(rewind)
    assert (table.accuracy[0] == table.accuracy[2]).all()
    assert (table.accuracy[:, 0] == table.accuracy[:, 2]).all()
    assert (table.accuracy[0, 0] != table.accuracy[1, 0]).any()
    assert (table.random[0] == table.random[2]).all()
    assert (table.random[0] != table.accuracy[0, 0]).any()
    assert (table.dense[0] != table.dense[1]).any()


def test_differences_are_paired():
    difference = found().over_random("flipped", "home")
    assert difference.mid == pytest.approx(np.mean(found().accuracy[1, 0] - found().random[0]))
    with pytest.raises(ValueError, match="data set: expected one of home, flipped, copy, got 'away'"):
        found().over_random("away", "home")


def test_flipping_twice_is_nothing():
    assert (flipped(data()).train_x[:, 0] == data().train_x[:, -1]).all()
    assert (flipped(flipped(data())).test_x == data().test_x).all()
    assert (flipped(data()).train_y == data().train_y).all()
    digits = load("digits")
    assert (flipped(digits).train_x[:, :, 0] == digits.train_x[:, :, 7]).all()


def test_scrambling_permutes_all_examples_alike():
    other = scrambled(data(), seed=1)
    assert not (other.train_x == data().train_x).all()
    places = [int((other.train_x[:, place] == data().train_x.T).all(1).argmax()) for place in range(40)]
    assert sorted(places) == list(range(40))
    assert (other.test_x == data().test_x[:, places]).all()
    assert scrambled(load("digits"), seed=1).train_x.shape == (1437, 8, 8)


def test_resampling_reads_between_the_points():
    digits = load("digits")
    signals = resampled(digits, 40)
    assert signals.train_x.shape == (1437, 40)
    assert signals.train_x.dtype == np.float32
    assert np.allclose(signals.test_x.mean(1), 0, atol=1e-5)
    assert np.allclose(signals.test_x.std(1), 1, atol=1e-4)
    by_hand = np.interp(np.linspace(0, 63, 40), np.arange(64), digits.train_x[5].ravel())
    assert np.allclose(signals.train_x[5], (by_hand - by_hand.mean()) / by_hand.std(), atol=1e-4)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="sets: expected at least two data sets with inputs of one shape"):
        transfer({"home": data()}, **OPTIONS)
    with pytest.raises(ValueError, match=r"one shape, got \{'home': \(40,\), 'digits': \(8, 8\)\}"):
        transfer({"home": data(), "digits": load("digits")}, **OPTIONS)
