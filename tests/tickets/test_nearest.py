"""Scores, cosines and their law, by other means."""

import numpy as np
import pytest
import torch

from slthlib.nets import Dense, Parameters, top_k
from slthlib.tickets.nearest import best_cosine, cosine, nearest_scores


def test_no_mask_with_as_many_ones_is_nearer():
    network, rng = Dense((7, 5, 3)), np.random.default_rng(1)
    start, trained = network.init(4, seed=1), network.init(4, seed=2)
    scores = nearest_scores(start, trained)
    assert list(scores) == ["weight0", "weight1"]
    for name, score in scores.items():
        w, v = start[name].flatten(1), trained[name].flatten(1)
        mask = top_k(score, 0.4, seed=0).flatten(1)
        nearest = (mask * w - v).square().sum(1)
        for _ in range(200):
            other = torch.from_numpy(rng.permuted(mask.numpy(), axis=1))
            assert (nearest <= (other * w - v).square().sum(1) + 1e-6).all()


def test_cosine_by_hand():
    w = Parameters({"weight0": torch.tensor([[[3.0, 4.0]], [[1.0, 1.0]]]), "bias0": torch.ones(2, 1)})
    v = Parameters({"weight0": torch.tensor([[[1.0, 0.0]], [[-2.0, -2.0]]]), "bias0": torch.zeros(2, 1)})
    assert cosine(w, v) == pytest.approx([0.6, -1])
    masks = {"weight0": torch.tensor([[[True, False]], [[False, False]]])}
    assert cosine(w, v, masks) == pytest.approx([1, 0])
    both = Parameters({"weight0": w["weight0"], "weight1": v["weight0"]})
    other = Parameters({"weight0": v["weight0"], "weight1": v["weight0"]})
    assert cosine(both, other) == pytest.approx([0.8, 0])


@pytest.mark.ledger("prop-signs-and-zeros")
@pytest.mark.parametrize("signs", ["right", "random"])
def test_the_law_of_signs_and_zeros(signs):
    rng, n, keeps = np.random.default_rng(4), 400_000, np.array([0.01, 0.1, 0.27, 0.5, 0.54, 0.9, 0.999])
    v = rng.standard_normal(n)
    s = np.sign(v) if signs == "right" else rng.choice((-1.0, 1.0), n)
    for keep, law in zip(keeps, best_cosine(keeps, signs=signs), strict=True):
        kept = np.argsort(-s * v)[: int(np.ceil(keep * n))]
        u = np.zeros(n)
        u[kept] = s[kept]
        # The standard deviation of the cosine is of order 1 / sqrt(n), 0.0016.
        assert u @ v / np.linalg.norm(u) / np.linalg.norm(v) == pytest.approx(law, abs=0.006)
        assert best_cosine(keep, signs=signs) == law


def test_refusals():
    with pytest.raises(ValueError, match="signs: expected one of right, random, got 'left'"):
        best_cosine(0.5, signs="left")
    for keep in (0, 1, np.nan, [0.5, 2]):
        with pytest.raises(ValueError, match="keep: expected fractions"):
            best_cosine(keep)
