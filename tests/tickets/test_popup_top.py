"""The running top k: exact at every step, whatever the scores do, and not what a step waits for."""

import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from slthlib.nets import Dense, top_k
from slthlib.tickets import _top, popup
from slthlib.tickets._top import TopK, counts_of
from slthlib.tickets._values import RuleLane


def walk(kind, rng, steps, size):
    """Scores of one row at every step."""
    at = rng.standard_normal(size)
    for step in range(steps):
        yield at.copy()
        if kind == "slow":
            at += 1e-3 * rng.standard_normal(size)
        elif kind == "drift":  # the limit moves, the order does not
            at += 0.05
        elif kind == "jumps":
            at = at if step % 5 else 10.0 ** rng.integers(-8, 8) * rng.standard_normal(size)
        elif kind == "coarse":  # many ties
            at = rng.integers(-3, 4, size).astype(float)
        elif kind == "still":
            pass
        elif kind == "zeros":
            at = np.zeros(size)


@given(
    kind=st.sampled_from(["slow", "drift", "jumps", "coarse", "still", "zeros"]),
    size=st.integers(1, 400),
    share=st.floats(0, 1),
    number=st.integers(0, 2**32),
)
def test_it_takes_the_largest_and_no_others(kind, size, share, number):
    rng, count = np.random.default_rng(number), round(share * size)
    like = {"weight0": torch.zeros(1, size)}
    choose = TopK(like, {"weight0": np.array([count])}, [(1, 0)])
    mask = {"weight0": torch.full((1, size), 7.0)}
    for step, row in enumerate(walk(kind, rng, 12, size)):
        scores = torch.from_numpy(row).float().view(1, size)
        choose(step, {"weight0": scores}, mask)
        kept = mask["weight0"][0] > 0
        assert set(mask["weight0"].unique().tolist()) <= {0.0, 1.0}
        assert int(kept.sum()) == count
        if 0 < count < size:
            assert float(scores[0][kept].min()) >= float(scores[0][~kept].max())


def test_layers_and_replicas_are_chosen_one_by_one():
    rng = np.random.default_rng(0)
    shapes = {"weight0": (3, 40, 30), "weight1": (3, 7, 40)}
    like = {name: torch.zeros(shape) for name, shape in shapes.items()}
    counts = counts_of([0.1, 0.5, 0.8], {"weight0": 1200, "weight1": 280}, 3)
    assert {name: each.tolist() for name, each in counts.items()} == {
        "weight0": [120, 600, 960],
        "weight1": [28, 140, 224],
    }
    choose, masks = TopK(like, counts, [(0, r) for r in range(3)]), {n: torch.zeros_like(t) for n, t in like.items()}
    scores = {name: torch.from_numpy(rng.standard_normal(shape)).float() for name, shape in shapes.items()}
    for step in range(20):
        choose(step, scores, masks)
        for name, score in scores.items():
            assert torch.equal(masks[name] > 0, top_k(score, [0.1, 0.5, 0.8], seed=0))
            score.add_(torch.from_numpy(0.01 * rng.standard_normal(shapes[name])))


def test_a_slow_walk_stays_in_the_bracket(monkeypatch):
    calls = []
    whole = TopK._anywhere
    monkeypatch.setattr(TopK, "_anywhere", lambda self, *given: calls.append(given[2]) or whole(self, *given))
    rng = np.random.default_rng(0)
    choose = TopK({"weight0": torch.zeros(1, 20_000)}, {"weight0": np.array([10_000])}, [(0, 0)])
    mask = {"weight0": torch.zeros(1, 20_000)}
    for step, row in enumerate(walk("slow", rng, 100, 20_000)):
        choose(step, {"weight0": torch.from_numpy(row).float().view(1, -1)}, mask)
    assert calls[0] == 0
    assert len(calls) < 20


def test_equal_scores_at_the_limit_are_chosen_by_key_and_step():
    like = {"weight0": torch.zeros(2, 100)}
    row = torch.tensor([3.0] * 20 + [2.0] * 60 + [1.0] * 20).expand(2, -1).contiguous()

    def chosen(keys, step):
        mask = {"weight0": torch.zeros(2, 100)}
        TopK(like, {"weight0": np.array([50, 50])}, keys)(step, {"weight0": row}, mask)
        return mask["weight0"] > 0

    first = chosen([(0, 0), (0, 1)], 3)
    assert bool(first[:, :20].all())
    assert not bool(first[:, 80:].any())
    assert torch.equal(first, chosen([(0, 0), (0, 1)], 3))
    assert not torch.equal(first[0], first[1])
    assert torch.equal(chosen([(0, 1), (0, 1)], 3)[0], first[1])
    assert not torch.equal(first, chosen([(0, 0), (0, 1)], 4))


@pytest.mark.slow
def test_the_choice_takes_at_most_a_quarter_of_a_step(monkeypatch):
    # Processor time of this thread, at batch 128 in the network of 784-300-100-10; others on the machine slow both.
    spent = {"choice": 0.0, "step": 0.0}

    def timed(owner, name, part):
        inner = getattr(owner, name)

        def outer(self, *given):
            start = time.thread_time()
            result = inner(self, *given)
            spent[part] += time.thread_time() - start
            return result

        monkeypatch.setattr(owner, name, outer)

    timed(popup.PopupRule, "select", "choice")  # the absolute values too
    timed(RuleLane, "run", "step")
    network = Dense((784, 300, 100, 10), init="signed-constant", bias=False)
    rng = np.random.default_rng(0)
    data = rng.random((1000, 784), dtype=np.float32), rng.integers(10, size=1000)
    start = network.init(1, seed=0)
    popup.edge_popup(network, start, data, steps=5, batch=128, seed=0, threads=1)
    for part in spent:
        spent[part] = 0.0
    popup.edge_popup(network, start, data, steps=150, batch=128, seed=0, threads=1)
    assert 0 < spent["choice"] <= 0.25 * spent["step"]


def test_the_searches_use_it():
    assert popup.TopK is _top.TopK
