"""Errors of weights and of networks: never above the bound, equal to it in the worst case, and back again."""

import math

import numpy as np
import pytest

from slthlib.strong import bounds

relu = lambda x: np.maximum(x, 0.0)  # noqa: E731


def run(layers, x):
    for W in layers[:-1]:
        x = relu(W @ x)
    return layers[-1] @ x


@pytest.mark.ledger("prop-propagation")
@pytest.mark.parametrize("norm", ["spectral", "sup"])
@pytest.mark.parametrize(("d", "depth", "e"), [(8, 3, 0.002), (16, 2, 0.0008), (5, 6, 0.01)])
def test_the_worst_case_is_met(norm, d, depth, e):
    # W = J/d, J the matrix of ones: norm 1 either way. All errors +e, the constant input.
    W = np.full((d, d), 1 / d)
    x = np.ones(d) / (math.sqrt(d) if norm == "spectral" else 1.0)
    difference = run([W + e] * depth, x) - run([W] * depth, x)
    size = np.linalg.norm(difference, 2 if norm == "spectral" else np.inf)
    bound = bounds.error_propagation([1.0] * depth, e, [(d, d)] * depth, norm=norm)
    assert bound == pytest.approx((1 + e * d) ** depth - 1, rel=1e-12)
    assert size == pytest.approx(bound, rel=1e-9)


@pytest.mark.ledger("prop-propagation")
@pytest.mark.parametrize("norm", ["spectral", "sup"])
def test_no_network_is_worse(norm):
    rng, shapes = np.random.default_rng(1), [(7, 5), (6, 7), (3, 6)]
    order = 2 if norm == "spectral" else np.inf
    worst = 0.0
    for _ in range(200):
        layers = [rng.normal(size=s) * rng.uniform(0.1, 1.0) for s in shapes]
        e = 10 ** rng.uniform(-4, -1)
        norms = [np.linalg.norm(W, order) for W in layers]
        bound = bounds.error_propagation(norms, e, shapes, norm=norm)
        # Either sign of an input may meet errors of its own: W+ x for x >= 0, W- x for x < 0.
        plus = [W + rng.choice([-e, e], W.shape) for W in layers]
        minus = [W + rng.choice([-e, e], W.shape) for W in layers]
        for _ in range(20):
            x = rng.normal(size=5)
            x /= np.linalg.norm(x, order)
            y, z = x, x
            for place, (W, P, Q) in enumerate(zip(layers, plus, minus, strict=True)):
                y, z = W @ y, P @ np.maximum(z, 0) + Q @ np.minimum(z, 0)
                if place < 2:
                    y, z = relu(y), relu(z)
            worst = max(worst, np.linalg.norm(y - z, order) / bound)
    assert 0.02 < worst <= 1


def test_a_kernel_counts_its_taps():
    # A 1 x 2 kernel of ones over two channels, as a matrix on a circle of 4 pixels: entries e on 2 taps.
    e, (out, inputs, taps) = 0.01, (3, 2, 2)
    matrix = np.zeros((out * 4, inputs * 4))
    for pixel in range(4):
        for tap in range(taps):
            matrix[pixel * out : (pixel + 1) * out, (pixel + tap) % 4 * inputs :][:, :inputs] += e
    spectral = bounds.error_propagation([0.0], e, [(out, inputs, 1, taps)])
    assert np.linalg.norm(matrix, 2) == pytest.approx(spectral, rel=1e-12)
    sup = bounds.error_propagation([0.0], e, [(out, inputs, 1, taps)], norm="sup")
    assert np.linalg.norm(matrix, np.inf) == pytest.approx(sup, rel=1e-12)


def test_small_errors_do_not_cancel():
    exact = 3 * 1e-18 * 10
    assert bounds.error_propagation([1.0] * 3, 1e-18, [(10, 10)] * 3) == pytest.approx(exact, rel=1e-12)
    assert bounds.error_propagation([0.5, 2.0], 0.0, [(3, 3)] * 2) == 0
    value = bounds.error_propagation([0.5, 2.0], 0.1, [(4, 9), (1, 4)])
    assert value == pytest.approx((0.5 + 0.6) * (2.0 + 0.2) - 1.0, rel=1e-12)


@pytest.mark.ledger("cor-network-hidden")
@pytest.mark.parametrize("norm", ["spectral", "sup"])
def test_the_tolerance_is_the_largest(norm):
    for norms, shapes in (([1.0, 1.0, 0.7], [(9, 4), (5, 9), (2, 5)]), ([3.0], [(7, 7)]), ([0.0, 2.0], [(2, 2)] * 2)):
        for eps in (1e-9, 0.01, 5.0):
            e = bounds.tolerance_needed(eps, norms, shapes, norm=norm)
            assert bounds.error_propagation(norms, e, shapes, norm=norm) <= eps
            assert bounds.error_propagation(norms, e * (1 + 1e-12), shapes, norm=norm) > eps * (1 - 1e-14)
    # What is enough for norms of at most 1, and what a union over weights would ask for.
    shapes = [(9, 4), (5, 9), (2, 5)]
    e = bounds.tolerance_needed(0.05, [1.0, 1.0, 0.9], shapes)
    assert e >= math.log(1.05) / (3 * math.sqrt(45))
    assert e > 0.05 / (2 * 3 * 45)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: bounds.error_propagation([1.0], 0.1, [(2, 2), (2, 2)]),
            ValueError,
            "norms: expected one for each of 2",
        ),
        (lambda: bounds.error_propagation([1.0], -0.1, [(2, 2)]), ValueError, "e: expected"),
        (lambda: bounds.error_propagation([math.inf], 0.1, [(2, 2)]), ValueError, "norms"),
        (lambda: bounds.error_propagation([1.0], 0.1, [(2, 2)], norm="max"), ValueError, "norm: expected one of"),
        (lambda: bounds.tolerance_needed(0.0, [1.0], [(2, 2)]), ValueError, "eps"),
        (lambda: bounds.tolerance_needed(math.inf, [1.0], [(2, 2)]), ValueError, "eps"),
        (lambda: bounds.error_propagation(["a"], 0.1, [(2, 2)]), TypeError, "norms"),
    ],
)
def test_bad_arguments_of_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
