"""What a barrier measures: convex functions and linear networks on a line."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from slthlib.nets import Dense, Parameters, accuracy, losses_of
from slthlib.tickets.stability import barrier_of, errors_between

NUMBERS = st.integers(-50, 50)
LINEAR = Dense((6, 4))


def weights(seed, replicas=3, dtype=torch.float32):
    """Whole numbers, so that single precision is exact on the line in steps of an eighth."""
    rng = np.random.default_rng(seed)
    return Parameters({
        "weight0": torch.from_numpy(8.0 * rng.integers(-9, 10, (replicas, 4, 6))).to(dtype),
        "bias0": torch.from_numpy(8.0 * rng.integers(-9, 10, (replicas, 4))).to(dtype),
    })  # fmt: skip


def examples(seed, n=200):
    rng = np.random.default_rng([seed, 1])
    return rng.integers(-3, 4, (n, 6)).astype(np.float32), rng.integers(4, size=n)


@pytest.mark.ledger("prop-barrier")
@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=5))
def test_convex_functions_have_no_barrier_but_that_of_their_ends(lines):
    """The largest of some affine functions is convex; on 33 points in whole numbers all is exact."""
    at = np.arange(33)
    convex = np.max([a * at + 16 * b for a, b in lines], axis=0)
    assert barrier_of(convex) == abs(convex[0] - convex[-1]) / 2


@pytest.mark.ledger("prop-barrier")
@given(st.lists(NUMBERS, min_size=3, max_size=12))
def test_no_barrier_is_below_that_of_the_ends(values):
    lowest = abs(values[0] - values[-1]) / 2
    found = barrier_of(values)
    assert found >= lowest
    assert (found > lowest) == (max(values) > max(values[0], values[-1]))


@pytest.mark.ledger("prop-barrier")
@pytest.mark.parametrize("seed", range(5))
def test_a_linear_network_is_wrong_where_an_end_is_wrong_exactly(seed):
    first, second, (x, y) = weights(seed), weights(seed + 100), examples(seed)
    errors = errors_between(LINEAR, first, second, x, y, points=9)
    assert (errors <= errors[0] + errors[-1] + 1e-12).all()
    assert (barrier_of(errors) <= (errors[0] + errors[-1]) / 2 + 1e-12).all()
    for one in range(first.replicas):
        for row, label in zip(x[:60], y[:60], strict=True):
            right = [bool(mixed(first, second, row, k, one).argmax() == label) for k in range(9)]
            assert right[0] + right[-1] < 2 or all(right)


def mixed(first, second, row, k, one):
    """Outputs at alpha = k / 8, times 8, in whole numbers."""
    parts = ((part["weight0"][one].numpy() @ row + part["bias0"][one].numpy()) / 8 for part in (first, second))
    start, end = (np.rint(part).astype(np.int64) for part in parts)
    return (8 - k) * start + k * end


@pytest.mark.ledger("prop-barrier")
@pytest.mark.parametrize("seed", range(5))
def test_the_loss_of_a_linear_network_is_convex_on_a_line(seed):
    small = {name: tensor.double() / 32 for name, tensor in weights(seed).items()}
    other = {name: tensor.double() / 32 for name, tensor in weights(seed + 100).items()}
    x, y = examples(seed)
    losses = np.array([
        losses_of(LINEAR, Parameters({n: (1 - a) * small[n] + a * other[n] for n in small}), x.astype(np.float64), y)
        for a in np.linspace(0, 1, 17)
    ])  # fmt: skip
    assert (losses[:-2] + losses[2:] - 2 * losses[1:-1] > -1e-12).all()
    assert np.allclose(barrier_of(losses), abs(losses[0] - losses[-1]) / 2, rtol=0, atol=1e-12)


def test_a_hidden_layer_breaks_the_bound():
    """Two perfect networks for |x| > 1, their units exchanged; half way both units answer the same way."""
    network = Dense((1, 2, 2))
    first = Parameters({
        "weight0": torch.tensor([[[1.0], [-1.0]]]), "bias0": torch.zeros(1, 2),
        "weight1": torch.tensor([[[1.0, 1.0], [0.0, 0.0]]]), "bias1": torch.tensor([[-1.0, 0.0]]),
    })  # fmt: skip
    order = [1, 0]
    second = Parameters({
        "weight0": first["weight0"][:, order], "bias0": first["bias0"],
        "weight1": first["weight1"][:, :, order], "bias1": first["bias1"],
    })  # fmt: skip
    x = np.array([[-3.0], [-2.0], [-0.5], [0.5], [2.0], [3.0]], dtype=np.float32)
    y = np.array([0, 0, 1, 1, 0, 0])
    assert accuracy(network, first, x, y) == accuracy(network, second, x, y) == 1
    assert barrier_of(errors_between(network, first, second, x, y))[0] == pytest.approx(4 / 6)
