"""Batches: every example once an epoch, by a key and the absolute step alone."""

import numpy as np
import pytest
import torch

from slthlib.nets import BatchOrder, order_keys


def test_an_epoch_shows_every_example_once():
    order = BatchOrder(12, 4, order_keys(0, 3))
    for epoch in range(3):
        seen = torch.cat([order(3 * epoch + step) for step in range(3)], 1)
        assert seen.shape == (3, 12)
        assert torch.equal(seen.sort(1).values, torch.arange(12).expand(3, 12))


def test_a_rest_is_passed_over_and_changes_from_epoch_to_epoch():
    order = BatchOrder(10, 4, order_keys(0, 1))
    rests = [set(range(10)) - set(torch.cat([order(2 * e), order(2 * e + 1)], 1)[0].tolist()) for e in range(20)]
    assert all(len(rest) == 2 for rest in rests)
    assert len(set().union(*rests)) == 10


def test_a_batch_depends_on_its_key_and_step_alone():
    many, alone = BatchOrder(50, 10, order_keys(3, 5)), BatchOrder(50, 10, [(3, 4)])
    for step in (12, 0, 7, 4, 12):  # in any order
        assert torch.equal(many(step)[4:], alone(step))
    assert not torch.equal(many(0)[0], many(0)[1])
    assert not torch.equal(many(0), many(5))


def test_keys():
    assert order_keys(7, 3) == [(7, 0), (7, 1), (7, 2)]
    assert order_keys([7, (8, 1), np.array([9, 2])], 3) == [(7,), (8, 1), (9, 2)]
    assert order_keys([(5, r) for r in range(2)] * 2, 4) == [(5, 0), (5, 1), (5, 0), (5, 1)]
    rng = np.random.default_rng(0)
    first, second = order_keys(rng, 2), order_keys(rng, 2)
    assert first == order_keys(np.random.default_rng(0), 2)
    assert first[0][0] == first[1][0] != second[0][0]


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: order_keys("5", 1), TypeError, "order_seed: expected a whole number or one key for each replica"),
        (lambda: order_keys([1], 2), ValueError, "one key for each of 2 replicas, got 1"),
        (lambda: order_keys([1.5], 1), TypeError, "order_seed: expected a whole number, got"),
        (lambda: order_keys(-1, 1), ValueError, "order_seed: expected a whole number of at least 0, got -1"),
        (lambda: BatchOrder(10, 11, [(0,)]), ValueError, "batch: expected a whole number from 1 to 10, got 11"),
    ],
)
def test_what_does_not_fit_is_refused(make, kind, words):
    with pytest.raises(kind, match=words):
        make()
