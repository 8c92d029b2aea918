"""Distances between masks, the rule that stops, and tickets that go on from where they were drawn."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pruning_twins import bird_by_hand, data, same

from slthlib.nets import Masks, Parameters, random_mask
from slthlib.tickets.early_birds import bird_at, early_birds, mask_distance
from slthlib.tickets.scores import prune

OPTIONS = {"keep": 0.3, "widths": (30, 20), "replicas": 2, "steps": 60, "batch": 60, "seed": 3}
LIKE = Parameters({"weight0": torch.zeros(2, 50, 40), "weight1": torch.zeros(2, 10, 50)})


def test_distance_counts_entries_that_differ():
    first = Masks({"weight0": torch.tensor([[[True, False], [True, False]], [[True, True], [True, True]]])})
    second = Masks({"weight0": torch.tensor([[[True, True], [False, False]], [[True, True], [True, True]]])})
    assert mask_distance(first, second).tolist() == [0.5, 0.0]
    with pytest.raises(ValueError, match="second: expected masks of the names and shapes of first"):
        mask_distance(first, Masks({"weight1": second["weight0"]}))


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.8])
def test_distance_of_random_masks(keep):
    found = mask_distance(random_mask(LIKE, keep, seed=0), random_mask(LIKE, keep, seed=1))
    assert found == pytest.approx(2 * keep * (1 - keep), abs=0.03)
    assert (found <= 2 * min(keep, 1 - keep)).all()


@given(st.integers(2, 5), st.integers(1, 9), st.data())
def test_the_rule_is_that_of_a_queue(memory, epochs, draw):
    near = draw.draw(st.lists(st.sampled_from([0.05, 0.1, 0.2]), min_size=epochs**2, max_size=epochs**2))
    distances = np.array(near).reshape(epochs, epochs)
    distances = np.maximum(distances, distances.T)
    found = bird_at(np.stack([distances, 0 * distances], 2), threshold=0.1, memory=memory)
    assert found[0] == bird_by_hand(distances, 0.1, memory)
    assert found[1] == (memory - 1 if epochs >= memory else -1)


def test_masks_are_those_of_each_epoch():
    found = early_birds(data(), draw_at=(0, 3), threshold=0.05, **OPTIONS)
    assert found.steps.tolist() == [0, 10, 20, 30, 40, 50, 60]  # 600 examples make 10 batches
    for row in range(7):
        for column in range(7):
            assert (found.distances[row, column] == mask_distance(found.masks[row], found.masks[column])).all()
    assert (found.distances[0, 6] > found.distances[5, 6]).all()
    assert {0, 3} <= set(found.drawn.tolist())
    assert found.accuracy.shape == (len(found.drawn), 2)
    for replica in range(2):
        assert found.bird[replica] == bird_by_hand(found.distances[:, :, replica], 0.05, 5)
        assert found.bird[replica] in (-1, *found.drawn)


def test_a_ticket_of_the_last_step_is_the_pruned_network():
    """Drawn at the end there is nothing left to train: the accuracy is that of the dense network, pruned."""
    found = early_birds(data(), draw_at=(6,), threshold=1e-9, **OPTIONS)
    assert found.bird.tolist() == [-1, -1]
    again = early_birds(data(), draw_at=(6,), threshold=1e-10, **{**OPTIONS, "keep": 1 - 1e-9})
    assert again.drawn.tolist() == [4, 6]  # nothing changes, so the bird is there once its memory is full
    assert (again.accuracy[1] == again.dense).all()
    assert (found.accuracy[0] < found.dense).all()


def test_masks_are_the_largest_weights_of_their_moment():
    found = early_birds(data(), threshold=0.05, **OPTIONS)
    from slthlib.tickets._recipe import OWN, Recipe

    initial = Recipe.of(data(), (30, 20), None, 60, 3, {}).draw(2, OWN)
    wanted = prune({name: weight.abs() for name, weight in initial.weights.items()}, 0.3, seed=0)
    assert same(found.masks[0], wanted)
    assert not same(found.masks[6], wanted)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"threshold": 0.42}, "threshold: expected less than 0.42, the distance of random masks of keep 0.3, got 0.42"),
        ({"threshold": 0}, "threshold: expected a finite number above 0, got 0"),
        ({"keep": 2}, r"keep: expected the fraction kept, in \(0, 1\], got 2"),
        ({"draw_at": (7,)}, "draw_at: expected a whole number from 0 to 6, got 7"),
        ({"memory": 1}, "memory: expected a whole number of at least 2, got 1"),
        ({"batch": 601}, "batch: expected a whole number from 1 to 600, got 601"),
    ],
)
def test_wrong_arguments(change, words):
    with pytest.raises(ValueError, match=words):
        early_birds(data(), **{**OPTIONS, **change})


def test_distances_of_the_wrong_shape():
    with pytest.raises(ValueError, match=r"distances: expected shape \[E, E, R\], got \[3, 3\]"):
        bird_at(np.zeros((3, 3)))
