"""The table: every arm is what it says, whatever stands beside it."""

import numpy as np
import pytest
import torch

from slthlib.lab import load, records, statistics
from slthlib.nets import accuracy, top_k, train
from slthlib.tickets import deconstruction
from slthlib.tickets._recipe import OWN, Recipe
from slthlib.tickets.arms import Arms
from slthlib.tickets.deconstruction import deconstruct

DATA = load("digits")
SMALL = {"widths": (20,), "replicas": 3, "steps": 30, "batch": 50, "seed": 3}


def test_an_arm_does_not_depend_on_its_neighbours(monkeypatch):
    axes = {"criteria": ["large_final", "random"], "keeps": [0.5, 0.2], "kept": ["rewind", "reinit"],
            "signs": ["kept", "random"], "pruned": ["zero", "freeze"]}  # fmt: skip
    table = deconstruct(DATA, **axes, **SMALL)
    assert len(table) == 32
    assert [one["pruned"] for one in table.settings[:4]] == ["zero", "freeze", "zero", "freeze"]
    one = {"criterion": "random", "keep": 0.2, "kept": "reinit", "sign": "random", "pruned": "freeze"}
    monkeypatch.setattr(deconstruction, "SIDE_BY_SIDE", 1)
    alone = deconstruct(DATA, criteria=["random"], keeps=[0.2], kept=["reinit"], signs=["random"], pruned=["freeze"],
                        **SMALL)  # fmt: skip
    assert np.array_equal(table.of(**one), alone.accuracy[0])
    fewer = deconstruct(DATA, criteria=["random"], keeps=[0.2], kept=["reinit"], signs=["random"], pruned=["freeze"],
                        **{**SMALL, "replicas": 2})  # fmt: skip
    assert np.array_equal(fewer.accuracy[0], alone.accuracy[0][:2])


def test_arms_by_hand():
    recipe = Recipe.of(DATA, (20,), None, 30, 3, {"batch": 50})
    network, start = recipe.network, recipe.draw(3, OWN)
    dense = train(network, start, DATA, steps=30, batch=50, order_seed=[(3, r, 0) for r in range(3)]).parameters
    masks = top_k({name: weight.abs() for name, weight in dense.weights.items()}, [0.25, 0.25], seed=0)
    untrained = deconstruct(DATA, keeps=[0.25], output_rate=1, retrain=False, **SMALL).accuracy[0]
    assert np.array_equal(untrained, accuracy(network, start, DATA.test_x, DATA.test_y, masks))
    again = train(network, start, DATA, steps=30, batch=50, masks=masks, order_seed=[(3, r, 1) for r in range(3)])
    trained = deconstruct(DATA, keeps=[0.25], output_rate=1, **SMALL).accuracy[0]
    assert np.array_equal(trained, accuracy(network, again.parameters, DATA.test_x, DATA.test_y))
    assert not np.array_equal(trained, untrained)


def test_the_same_seed_makes_the_same_table():
    first, again = (deconstruct(DATA, criteria=["movement"], kept=["constant"], **SMALL) for _ in range(2))
    assert np.array_equal(first.accuracy, again.accuracy)
    assert not np.array_equal(first.accuracy, deconstruct(DATA, criteria=["movement"], **{**SMALL, "seed": 4}).accuracy)


@pytest.mark.slow
def test_signs_matter_and_freezing_hurts():
    data = load("mnist1d", test=4000)
    table = deconstruct(data, signs=["kept", "random"], pruned=["zero", "freeze"], keeps=[0.2], steps=600, seed=0)
    ticket = {"sign": "kept", "pruned": "zero"}
    assert table.difference(ticket, {**ticket, "sign": "random"}).low > 0
    assert table.difference(ticket, {**ticket, "pruned": "freeze"}).low > 0


@pytest.mark.slow
def test_a_mask_alone_is_better_than_chance_if_it_minds_signs():
    data = load("mnist1d", test=4000)
    table = deconstruct(data, criteria=["large_final", "large_final_same_sign", "large_init", "random"], keeps=[0.5],
                        kept=["rewind", "constant"], retrain=False, seed=0)  # fmt: skip
    assert table.where(criterion="large_final_same_sign", kept="constant").interval().low[0] > 0.2
    assert table.difference({"criterion": "large_final_same_sign", "kept": "rewind"},
                            {"criterion": "large_final", "kept": "rewind"}).low > 0  # fmt: skip
    for name in ("large_init", "random"):
        assert table.where(criterion=name, kept="rewind").interval().contains(0.1)


def arms():
    return Arms(({"a": 1, "b": "x"}, {"a": 2, "b": "x"}), np.array([[0.1, 0.2, 0.6], [0.2, 0.4, 0.6]]))


def test_a_table_of_arms(tmp_path):
    table = arms()
    assert np.array_equal(table.of(a=2), [0.2, 0.4, 0.6])
    assert len(table.where(b="x")) == 2
    expected = statistics.mean_interval(table.accuracy)
    frame = table.table()
    assert frame["mean"].tolist() == expected.mid.tolist()
    assert frame["low"].tolist() == expected.low.tolist()
    assert table.difference({"a": 2}, {"a": 1}).mid == pytest.approx(0.1)
    record = records.write(tmp_path / "table.csv", table.columns(), command="x", seed=0)
    record = records.read(tmp_path / "table.csv")
    assert record["accuracy"].tolist() == [0.1, 0.2, 0.6, 0.2, 0.4, 0.6]
    assert record["replica"].tolist() == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: arms().of(b="x"), "expected those of one arm, got .* of 2 arms"),
        (lambda: arms().of(a=3), "settings: expected those of an arm"),
        (lambda: arms().where(c=3), "settings: expected names among a, b, got 'c'"),
        (lambda: deconstruct(DATA, criteria=["huge"], **SMALL), "name: expected one of large_final"),
        (lambda: deconstruct(DATA, keeps=[0.0], **SMALL), r"keeps: expected the fraction kept, in \(0, 1\]"),
        (lambda: deconstruct(DATA, kept=["rewound"], **SMALL), "kept: expected one of rewind"),
        (lambda: deconstruct(DATA, signs=[], **SMALL), "expected at least one of each"),
    ],
)
def test_what_does_not_fit_is_refused(ask, words):
    with pytest.raises(ValueError, match=words):
        ask()


def test_options_that_would_move_frozen_weights_are_refused():
    with pytest.raises(TypeError, match="weight_decay"):
        deconstruct(DATA, **SMALL, weight_decay=0.1)
    assert torch.is_grad_enabled()
