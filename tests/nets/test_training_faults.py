"""Training that goes wrong: losses that are not finite, and arguments that do not fit."""

import numpy as np
import pytest
import torch
from nets_twins import NETWORK, Data, R, X, Y, fit, same, start

from slthlib.nets import Dense, NonFiniteLossError, Parameters, _lane, train


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("bad", [1, 37, 64, 100])
def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_good_state(monkeypatch, bad, threads):
    real = _lane._passes.gradients

    def planted(layers, parameters, x, y, memories):
        losses, found = real(layers, parameters, x, y, memories)
        return losses.where(parameters["weight2"].flatten(1).max(1).values < 1e3, torch.nan), found

    # A learning rate that throws a replica far away just before step `bad`, through its own first weights.
    monkeypatch.setattr(_lane._passes, "gradients", planted)
    parameters = start()
    calm = dict(steps=130, optimizer="sgd", momentum=0.9, schedule=lambda step: 1e9 if step == bad - 1 else 1.0)
    still = parameters.select([0, 0, 0, 0])
    for name in still:  # replicas 0 and 2 stand still: no weights, and labels they cannot learn
        still[name][[1, 3]] = parameters[name][[1, 3]]
    with pytest.raises(NonFiniteLossError, match=f"not finite at step {bad} in replica ") as caught:
        fit(still, threads=threads, lr=0.01, **calm)
    error = caught.value
    assert isinstance(error, FloatingPointError)
    assert error.step == bad
    assert error.last_good.step == bad - 1
    expected = fit(still, threads=threads, lr=0.01, stop=bad - 1, **calm)
    assert same(error.last_good.parameters, expected.parameters)
    assert np.array_equal(error.last_good.losses, expected.losses)
    assert all(same(error.last_good.moments[name], expected.moments[name]) for name in expected.moments)
    assert error.last_good.updates == bad - 1


def test_a_replica_that_diverges_is_named():
    parameters = start(3)
    parameters["weight2"][1] = 1e38
    with pytest.raises(NonFiniteLossError, match=r"at step 0 in replica 1;") as caught:
        fit(parameters)
    assert caught.value.replicas == (1,)
    assert caught.value.last_good.step == 0
    assert same(caught.value.last_good.parameters, parameters)


def test_a_last_step_that_diverges_is_noticed():
    with pytest.raises(NonFiniteLossError, match="at step 5 in replica 0, 1, 2, 3;") as caught:
        fit(start(), optimizer="sgd", stop=5, lr=1e3, schedule=lambda step: 1e35 if step == 4 else 1.0)
    assert caught.value.last_good.step == 4


def test_nothing_beyond_the_last_good_state_is_kept():
    options = dict(optimizer="sgd", data=Data, schedule=lambda step: 1e35 if step == 4 else 1.0)
    with pytest.raises(NonFiniteLossError, match="at step 5 in ") as caught:
        fit(start(), keep_at=range(9), evaluate_every=1, **options)
    last_good = caught.value.last_good
    assert sorted(last_good.kept) == last_good.evaluated.tolist() == [0, 1, 2, 3, 4]
    assert same(last_good.kept[4], last_good.parameters)
    assert last_good.accuracy.shape == (5, R)


def full(network):
    return {name: torch.ones(R, *shape).bool() for name, shape in network.weight_shapes.items()}


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (dict(parameters=Dense((6, 3)).init(2, seed=0)), ValueError, "parameters: expected weight0, bias0, weight1"),
        (dict(masks=full(Dense((6, 9, 7, 3)))), ValueError, r"masks: expected shape \[4, 8, 9\] for weight1"),
        (dict(masks={"weight0": torch.ones(3, 9, 6).bool()}), ValueError, r"\[4, 9, 6\] for weight0, got \[3, 9, 6\]"),
        (dict(masks={"weight0": torch.ones(4, 9, 6)}), TypeError, "masks: expected a bool tensor for weight0"),
        (dict(data=X), TypeError, "data: expected a data set with train_x and train_y, or a pair"),
        (dict(data=(X[:, :5], Y)), ValueError, r"train_x: expected shape \[N, 6\], got \[90, 5\]"),
        (dict(data=(X, Y[:5])), ValueError, "train_y: expected one label for each of 90 inputs"),
        (dict(data=(X, Y + 1)), ValueError, "train_y: expected labels from 0 to 2, got 1 to 3"),
        (dict(data=(X, Y.astype(float))), TypeError, "train_y: expected whole numbers"),
        (dict(data=(np.where(X > 2, np.inf, X), Y)), ValueError, "train_x: expected finite numbers"),
        (dict(data=([["a"] * 6] * 90, Y)), TypeError, "train_x: expected numbers, got dtype <U1"),
        (dict(evaluate_every=5), TypeError, "test_x and test_y for evaluate_every"),
        (dict(evaluate_every=0, data=Data), ValueError, "evaluate_every: expected a whole number of at least 1"),
        (dict(steps=0), ValueError, "steps: expected a whole number of at least 1, got 0"),
        (dict(steps=2.5), TypeError, "steps: expected a whole number, got 2.5"),
        (dict(start=41), ValueError, "start: expected a whole number from 0 to 40, got 41"),
        (dict(start=5, stop=4), ValueError, "stop: expected a whole number from 5 to 40, got 4"),
        (dict(batch=91), ValueError, "batch: expected a whole number from 1 to 90, got 91"),
        (dict(optimizer="adamw"), ValueError, "optimizer: expected one of adam, sgd, got 'adamw'"),
        (dict(schedule="linear"), ValueError, "schedule: expected one of cosine, constant, step, got 'linear'"),
        (dict(schedule=lambda step: -1.0), ValueError, "schedule: expected a finite number of at least 0, got -1"),
        (dict(schedule=lambda step: None), TypeError, "schedule: expected a number, got None"),
        (dict(lr=0), ValueError, "lr: expected a finite number above 0, got 0"),
        (dict(lr=float("inf")), ValueError, "lr: expected a finite number above 0"),
        (dict(optimizer="sgd", momentum=1.0), ValueError, r"momentum: expected a number in \[0, 1\), got 1"),
        (dict(weight_decay=-1), ValueError, "weight_decay: expected a finite number of at least 0"),
        (dict(clip=0), ValueError, "clip: expected a finite number above 0"),
        (dict(keep_at=[41]), ValueError, "keep_at: expected a whole number from 0 to 40, got 41"),
        (dict(order_seed=None), TypeError, "order_seed: expected a whole number or one key for each replica"),
        (dict(order_seed=[1, 2]), ValueError, "order_seed: expected one key for each of 4 replicas, got 2"),
        (dict(order_seed=[1, 2, 3, -4]), ValueError, "order_seed: expected a whole number of at least 0"),
        (dict(state=3), TypeError, "state: expected the Training of another run, got int"),
        (dict(device="tpu0"), ValueError, "device: expected one that torch can use here, got 'tpu0'"),
        (dict(threads=0), ValueError, "threads: expected a whole number of at least 1, got 0"),
    ],
)
def test_what_does_not_fit_is_refused(change, kind, words):
    arguments = dict(parameters=start(), data=(X, Y), steps=40, batch=10, order_seed=0) | change
    with pytest.raises(kind, match=words):
        train(NETWORK, arguments.pop("parameters"), arguments.pop("data"), **arguments)


def test_a_state_that_does_not_fit_is_refused():
    state = fit(start(), stop=3)
    with pytest.raises(
        ValueError, match="state: expected moments named momentum for this optimizer, got first, second"
    ):
        fit(start(), optimizer="sgd", state=state)
    with pytest.raises(ValueError, match="state: expected moments of the shapes of parameters, for as many replicas"):
        fit(start(3), state=state)


def test_an_environment_variable_that_is_no_number_is_refused(monkeypatch):
    monkeypatch.setenv("SLTHLIB_THREADS", "many")
    with pytest.raises(ValueError, match="SLTHLIB_THREADS: expected a whole number of at least 1, got 'many'"):
        fit(start())
    monkeypatch.setenv("SLTHLIB_THREADS", "1")
    assert isinstance(fit(start(), stop=2).parameters, Parameters)
