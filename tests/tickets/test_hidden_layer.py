"""A layer hidden in two random ones: what the two compute under masks, and how the products in them are spread."""

from itertools import product
from math import e, log2

import numpy as np
import pytest
import torch
from scipy.integrate import quad

from slthlib.nets import Dense

UNITS, INPUTS, OUTPUTS = 6, 2, 2


def between(low, high, v):
    """P(low < u max(v, 0) < high) for u uniform on [-1, 1] and this v; 0 is in no interval here."""
    return max(0.0, min(high / v, 1) - max(low / v, -1)) / 2 if v > 0 else 0.0


@pytest.mark.ledger("cor-hidden-layer")
def test_products_are_sometimes_uniform():
    rng = np.random.default_rng(1)
    ends = np.sort(rng.uniform(0, 1 / e, (50, 2)), axis=1)
    for low, high in [*ends, *-ends[:, ::-1], (0.999 / e, 1 / e)]:
        breaks = sorted({abs(low), abs(high)})
        chance = quad(lambda v, a=low, b=high: between(a, b, v) / 2, 0, 1, points=breaks)[0]
        assert chance >= (high - low) / 4 - 1e-9  # p / (2 / e) with p = 1 / (2 e)
    # The density touches 1/4 at the ends of the range, so no larger part of the items is uniform there.
    near = quad(lambda v: between(0.999 / e, 1 / e, v) / 2, 0, 1, points=[0.999 / e, 1 / e])[0]
    assert near == pytest.approx(0.001 / e / 4, rel=1e-3)


def all_sums(items):
    choices = np.array(list(product((False, True), repeat=len(items))))
    return choices, choices @ items


@pytest.mark.ledger("cor-hidden-layer")
def test_two_random_layers_compute_one_for_inputs_of_either_sign():
    rng = np.random.default_rng(2)
    weight = rng.uniform(-1 / e, 1 / e, (OUTPUTS, INPUTS))
    into = rng.uniform(-1, 1, (INPUTS * UNITS, INPUTS))
    out = rng.uniform(-1, 1, (OUTPUTS, INPUTS * UNITS))
    own = np.zeros(into.shape, dtype=bool)
    kept = np.zeros(out.shape, dtype=bool)
    effective = {sign: np.empty(weight.shape) for sign in (1, -1)}
    for j in range(INPUTS):
        units = np.arange(j * UNITS, (j + 1) * UNITS)
        own[units, j] = True
        for i, sign in product(range(OUTPUTS), (1, -1)):
            live = units[sign * into[units, j] > 0]
            choices, sums = all_sums(out[i, live] * np.maximum(sign * into[live, j], 0))
            best = abs(sums - sign * weight[i, j]).argmin()
            kept[i, live[choices[best]]] = True
            effective[sign][i, j] = sign * sums[best]
    wide = Dense((INPUTS, INPUTS * UNITS, OUTPUTS), bias=False)
    tensors = [torch.from_numpy(one)[None] for one in (into, out, own, kept)]
    frozen = dict(zip(("weight0", "weight1"), tensors[:2], strict=True))
    masks = dict(zip(("weight0", "weight1"), tensors[2:], strict=True))
    x = rng.standard_normal((30, INPUTS))
    computed = wide.forward(frozen, torch.from_numpy(x), masks)[0].numpy()
    expected = np.maximum(x, 0) @ effective[1].T - np.maximum(-x, 0) @ effective[-1].T
    assert computed == pytest.approx(expected, abs=1e-12)
    assert not np.allclose(effective[1], effective[-1])
    assert abs(effective[1] - weight).max() < 0.5


@pytest.mark.ledger("cor-hidden-layer")
@pytest.mark.parametrize("eps", [1, 0.1, 1e-3])
@pytest.mark.parametrize("delta", [0.5, 1e-6])
@pytest.mark.parametrize("weights", [1, 5000])
def test_so_many_units_are_enough(eps, delta, weights):
    n = np.ceil(29.5 * log2(1 / eps) + 14.8 * log2(weights / delta) + 58.9)
    failure = 2 * weights * 8 / eps**2 * (1 - 1 / (8 * e)) ** n
    assert delta / 20 < failure <= delta
