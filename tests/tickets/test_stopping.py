"""The early-stopping step is found on examples that were held out of training, and never on the test set."""

from dataclasses import replace

import numpy as np
import pytest
from pruning_twins import STEPS, data, pruned

from slthlib.nets import accuracy, losses_of, train
from slthlib.tickets._recipe import BATCHES, seed_for
from slthlib.tickets.stopping import early_stopping, held_out

OPTIONS = {"validation": 100, "every": 7, "steps": STEPS, "seed": 5}


def test_held_out_examples_are_training_examples_that_are_not_trained_on():
    fit, x, y = held_out(data(), 100, seed=5)
    assert len(fit.train_y) == 500
    assert len(y) == 100
    both = np.concatenate([fit.train_x, x])
    assert sorted(map(bytes, both)) == sorted(map(bytes, data().train_x))
    assert fit.test_x is data().test_x
    again, _, _ = held_out(data(), 100, seed=6)
    assert not np.array_equal(again.train_y, fit.train_y)
    with pytest.raises(ValueError, match="validation: expected a whole number from 1 to 599, got 600"):
        held_out(data(), 600, seed=5)


def test_the_step_is_the_one_with_the_smallest_validation_loss():
    tickets = pruned()
    found = early_stopping(data(), tickets, **OPTIONS)
    assert set(found.step) == {"ticket", "reinit", "shuffle", "random"}
    fit, x, y = held_out(data(), 100, seed=5)
    marks = [0, 7, 14, 21, 28, 35, 40]
    keys = [(seed_for(5, BATCHES), replica, 2) for replica in range(2)]
    ran = train(tickets.network, tickets.weights[2], (fit.train_x, fit.train_y), steps=STEPS, masks=tickets.masks[2],
                order_seed=keys, keep_at=marks)  # fmt: skip
    losses = np.array([losses_of(tickets.network, ran.kept[mark], x, y) for mark in marks])
    wanted = np.array(marks)[losses.argmin(0)]
    assert (found.step["ticket"][2] == wanted).all()
    for replica, step in enumerate(wanted):
        right = accuracy(tickets.network, ran.kept[int(step)], data().test_x, data().test_y)
        assert found.accuracy["ticket"][2, replica] == right[replica]


@pytest.mark.slow
def test_the_test_set_decides_nothing():
    tickets = pruned()
    wrong = replace(data(), test_y=(data().test_y + 1) % 10)
    found, other = (early_stopping(given, tickets, **OPTIONS) for given in (data(), wrong))
    assert all((found.step[name] == other.step[name]).all() for name in found.step)
    assert (found.accuracy["ticket"] != other.accuracy["ticket"]).any()


@pytest.mark.slow
def test_validation_labels_do_decide():
    """If every label that is held out were wrong, training would only make things worse."""
    tickets = pruned()
    _, x, _ = held_out(data(), 100, seed=5)
    out = {bytes(row) for row in x}
    labels = np.array([(label + 1) % 10 if bytes(row) in out else label
                       for row, label in zip(data().train_x, data().train_y, strict=True)])  # fmt: skip
    spoilt = early_stopping(replace(data(), train_y=labels), tickets, **OPTIONS)
    right = early_stopping(data(), tickets, **OPTIONS)
    assert spoilt.step["ticket"].mean() < right.step["ticket"].mean()
