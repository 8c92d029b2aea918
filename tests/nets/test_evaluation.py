"""Accuracies and losses, held to torch's of each replica."""

import numpy as np
import pytest
import torch
from nets_twins import random_masks

from slthlib.nets import Conv, Dense, accuracy, evaluation, losses_of, to_sequential

NETWORKS = [Dense((6, 9, 3)), Conv((2, 3), 4, side=8)]


@pytest.mark.parametrize("network", NETWORKS, ids=["dense", "conv"])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("chunk", [1, 5000, 10**9])  # one example at a time, some, all at once
def test_each_replica_is_evaluated_as_torch_would(monkeypatch, network, masked, chunk):
    monkeypatch.setattr(evaluation, "_CHUNK", chunk)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(83, *network.input_shape)).astype(np.float32)
    y = rng.integers(network.classes, size=83)
    parameters = network.init(5, seed=0)
    masks = random_masks(network, 5) if masked else None
    right, losses = accuracy(network, parameters, x, y, masks), losses_of(network, parameters, x, y, masks)
    assert right.shape == losses.shape == (5,)
    assert right.dtype == losses.dtype == np.float64
    for r in range(5):
        logits = to_sequential(network, parameters, r, masks)(torch.tensor(x)).detach()
        assert right[r] == np.mean(logits.argmax(1).numpy() == y)
        assert losses[r] == pytest.approx(float(torch.nn.functional.cross_entropy(logits, torch.tensor(y))), rel=1e-5)


def test_images_are_flattened_or_get_back_their_channel():
    rng = np.random.default_rng(0)
    images, y = rng.normal(size=(20, 8, 8)), rng.integers(4, size=20)
    for network in (Dense((64, 4)), NETWORKS[1]):
        parameters = network.init(2, seed=0)
        expected = accuracy(network, parameters, images.reshape(20, *network.input_shape), y)
        for form in (images, images.reshape(20, 64), images[:, None], images.tolist(), torch.tensor(images)):
            assert np.array_equal(accuracy(network, parameters, form, y), expected)


def test_bytes_and_read_only_arrays_are_fine():
    x = np.arange(60, dtype=np.uint8).reshape(10, 6)
    x.flags.writeable = False
    y = np.zeros(10, np.uint8)
    parameters = NETWORKS[0].init(2, seed=0)
    assert np.array_equal(
        accuracy(NETWORKS[0], parameters, x, y), accuracy(NETWORKS[0], parameters, x.astype(float), y.astype(int))
    )


@pytest.mark.parametrize(
    ("x", "y", "kind", "words"),
    [
        (np.zeros((3, 5)), np.zeros(3, int), ValueError, r"x: expected shape \[N, 6\], got \[3, 5\]"),
        (np.zeros((0, 6)), np.zeros(0, int), ValueError, r"x: expected shape \[N, 6\], got \[0, 6\]"),
        (np.zeros((3, 6)), np.zeros((3, 1), int), ValueError, "y: expected one label for each of 3 inputs"),
        (np.zeros((3, 6)), [0, 1, 3], ValueError, "y: expected labels from 0 to 2, got 0 to 3"),
        (np.zeros((3, 6)), [0, -1, 0], ValueError, "y: expected labels from 0 to 2, got -1 to 0"),
        (np.zeros((3, 6)), [0.0, 1.0, 2.0], TypeError, "y: expected whole numbers"),
        (np.full((3, 6), np.nan), [0, 1, 2], ValueError, "x: expected finite numbers"),
        (np.zeros((3, 6), complex), [0, 1, 2], TypeError, "x: expected numbers, got dtype complex128"),
    ],
)
def test_what_does_not_fit_is_refused(x, y, kind, words):
    for measure in (accuracy, losses_of):
        with pytest.raises(kind, match=words):
            measure(NETWORKS[0], NETWORKS[0].init(2, seed=0), x, y)
