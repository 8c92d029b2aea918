"""Training held to torch's own loop; masks; rewinding; optimizer state; determinism."""

import numpy as np
import pytest
import torch
from nets_twins import FLOAT64, NETWORK, RNG, Data, R, X, Y, fit, plain_training, random_masks, relative, same, start

from slthlib.nets import (
    SGD,
    BatchOrder,
    Conv,
    Dense,
    Parameters,
    accuracy,
    concatenate,
    order_keys,
    random_mask,
    to_sequential,
)

OPTIMIZERS = [
    dict(optimizer="adam"),
    dict(optimizer="adam", weight_decay=0.1),
    dict(optimizer="sgd", lr=0.3),
    dict(optimizer="sgd", lr=0.3, momentum=0.0),
    dict(optimizer="sgd", lr=0.1, weight_decay=0.05),
    dict(optimizer="sgd", lr=0.3, clip=0.5),
    dict(optimizer="adam", weight_decay=0.1, clip=0.1),
]
every_optimizer = pytest.mark.parametrize(
    "options", OPTIMIZERS, ids=lambda options: " ".join(map(str, options.values()))
)


@every_optimizer
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("network", [NETWORK, Conv((2,), 3, side=6)], ids=["dense", "conv"])
def test_each_replica_is_trained_as_torch_would(options, masked, network):
    x = torch.tensor(RNG.normal(size=(90, *network.input_shape)))
    parameters = start(dtype=FLOAT64, network=network)
    masks = random_masks(network, R) if masked else None
    found = fit(parameters, network, (x, Y), masks=masks, steps=25, **options)
    theirs = {name: value for name, value in options.items() if name in ("optimizer", "lr", "weight_decay", "clip")}
    if options["optimizer"] == "sgd":
        theirs["momentum"] = options.get("momentum", 0.9)
    for r, key in enumerate(order_keys(5, R)):
        module = to_sequential(network, parameters, r, masks)
        own = None if masks is None else [mask[r] for mask in masks.values()]
        losses = plain_training(module, x, torch.tensor(Y), BatchOrder(90, 10, [key]), steps=25, masks=own, **theirs)
        assert np.allclose(found.losses[:, r], losses, rtol=1e-9)
        for mine, their in zip(found.parameters.values(), module.parameters(), strict=True):
            assert relative(mine[r], their.detach()) < 1e-8


@every_optimizer
def test_a_pruned_weight_is_exactly_zero_at_every_step(options):
    """Elsewhere masks on the gradient let momentum and weight decay bring weights back."""
    masks = random_mask(start(), 0.4, seed=1)
    found = fit(start(), masks=masks, keep_at=range(41), **options)
    assert sorted(found.kept) == list(range(41))
    for parameters in (found.parameters, *found.kept.values()):
        for name, mask in masks.items():
            assert not parameters[name][~mask].any()
    # And the others did move, biases among them.
    for name, tensor in found.parameters.items():
        moved = tensor != found.kept[0][name]
        assert moved[masks.get(name, ...)].float().mean() > 0.7


def test_whatever_an_optimizer_does_a_pruned_weight_stays_zero(monkeypatch):
    """The mask multiplies in the forward pass; it does not rely on steps that leave zeros alone."""

    def restless(self, values, gradient, rate):
        values.add_(1.0)

    monkeypatch.setattr(SGD, "step", restless)
    masks = random_mask(start(), 0.4, seed=1)
    found = fit(start(), masks=masks, optimizer="sgd", keep_at=range(4), stop=4, data=Data, evaluate_every=1)
    moved = start().masked(masks)
    for step in range(4):
        expected = Parameters({name: tensor + step for name, tensor in moved.items()}).masked(masks)
        assert all(torch.allclose(found.kept[step][name], expected[name]) for name in expected)
        assert not any(bool(found.kept[step][name][~mask].any()) for name, mask in masks.items())
        assert np.array_equal(found.accuracy[step], accuracy(NETWORK, found.kept[step], Data.test_x, Data.test_y))
        chosen = BatchOrder(60, 10, order_keys(5, R))(step)
        x, y = torch.tensor(Data.train_x, dtype=torch.float32)[chosen], torch.tensor(Data.train_y)[chosen]
        assert np.allclose(found.losses[step], NETWORK.gradients(found.kept[step], x, y)[0], rtol=1e-5)


def test_moments_that_are_handed_on_cannot_move_a_pruned_weight():
    for options in OPTIMIZERS[0], OPTIMIZERS[2]:
        dense = fit(start(), **options)
        masks = random_mask(start(), 0.4, seed=1)
        found = fit(dense.parameters, masks=masks, state=dense, **options)
        for name, mask in masks.items():
            assert not found.parameters[name][~mask].any()
            assert dense.parameters[name][~mask].all()
            assert not any(bool(moment[name][~mask].any()) for moment in found.moments.values())


@pytest.mark.ledger("prop-thin")
def test_what_a_pruned_weight_was_does_not_matter():
    parameters = start()
    masks = random_mask(parameters, 0.4, seed=1)
    changed = parameters.clone()
    for name, mask in masks.items():
        changed[name][~mask] = 7.0
    changed["weight0"][~masks["weight0"]] = torch.nan
    options = dict(masks=masks, optimizer="sgd", weight_decay=0.1)
    assert same(fit(parameters, **options).parameters, fit(changed, **options).parameters)


def test_biases_are_trained_and_never_masked():
    masks = {name: torch.zeros(R, *shape).bool() for name, shape in NETWORK.weight_shapes.items()}
    found = fit(start(), masks=masks, optimizer="sgd", lr=0.3, momentum=0.0, steps=600)
    share = np.bincount(Y, minlength=3) / 90
    # With every weight gone the last biases learn the frequencies of the classes.
    assert abs(torch.softmax(found.parameters["bias2"].double(), 1).numpy() - share).max() < 0.05
    assert found.parameters["bias2"].all()


def test_training_leaves_what_it_is_given_as_it_was():
    """A reset to the initial weights is bit for bit because they were never touched."""
    parameters, masks = start(), random_mask(start(), 0.4, seed=1)
    before, kept = parameters.clone(), {name: mask.clone() for name, mask in masks.items()}
    x, y = X.copy(), Y.copy()
    found = fit(parameters, data=(x, y), masks=masks)
    found.parameters["weight0"].zero_()
    found.kept.clear()
    assert same(parameters, before)
    assert same(masks, kept)
    assert np.array_equal(x, X)
    assert np.array_equal(y, Y)


def test_a_reset_is_bit_for_bit_where_the_mask_is_true():
    parameters = start()
    masks = random_mask(parameters, 0.4, seed=1)
    begun = fit(parameters, masks=masks, keep_at=[0]).kept[0]
    for name, tensor in parameters.items():
        inside = masks.get(name, torch.ones_like(tensor, dtype=torch.bool))
        assert torch.equal(begun[name][inside].view(torch.int32), tensor[inside].view(torch.int32))


def test_two_runs_give_the_same_bits():
    masks = random_mask(start(), 0.4, seed=1)
    one, two = (fit(start(), masks=masks, evaluate_every=10, data=Data) for _ in range(2))
    assert same(one.parameters, two.parameters)
    assert np.array_equal(one.losses, two.losses)
    assert np.array_equal(one.accuracy, two.accuracy)


@pytest.mark.slow
@pytest.mark.parametrize("options", [OPTIMIZERS[0], OPTIMIZERS[5]], ids=["adam", "clipped sgd"])
@pytest.mark.parametrize("network", [Dense((40, 100, 100, 10)), Dense((6, 9, 8, 3))], ids=["wide", "narrow"])
def test_a_replica_s_bits_depend_neither_on_the_others_nor_on_the_threads(network, options):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(300, network.widths[0])), rng.integers(network.classes, size=300)
    parameters, masks = start(7, network=network), random_mask(start(7, network=network), 0.4, seed=1)
    options = options | dict(masks=masks, network=network, data=(x, y), batch=100, steps=60)
    whole = fit(parameters, threads=1, **options)
    for threads in (2, 3, 7):
        shared = fit(parameters, threads=threads, **options)
        assert same(whole.parameters, shared.parameters)
        assert np.array_equal(whole.losses, shared.losses)
    keys = order_keys(5, 7)
    for chosen in ([0], [3, 5], [6, 0, 1]):
        own = {name: mask[chosen] for name, mask in masks.items()}
        some = fit(parameters.select(chosen), **options | dict(masks=own, order_seed=[keys[r] for r in chosen]))
        assert same(some.parameters, whole.parameters.select(chosen))


def test_arms_side_by_side_are_arms_one_after_the_other():
    one, two = start(), NETWORK.init(R, seed=1)
    both = fit(concatenate([one, two]), order_seed=[(5, r) for r in range(R)] * 2)
    assert same(both.parameters.select(range(R)), fit(one).parameters)
    assert same(both.parameters.select(range(R, 2 * R)), fit(two).parameters)


def test_the_same_key_gives_the_same_batches_and_another_one_others():
    parameters = start(1).select([0, 0, 0])
    found = fit(parameters, order_seed=[3, (3,), 4]).losses
    assert np.array_equal(found[:, 0], found[:, 1])
    assert not np.array_equal(found[1:, 0], found[1:, 2])


@every_optimizer
def test_a_run_in_two_parts_is_the_run_in_one(options):
    whole = fit(start(), **options)
    head = fit(start(), stop=17, **options)
    tail = fit(head.parameters, start=17, state=head, **options)
    assert (head.step, tail.step, tail.updates) == (17, 40, 40)
    assert same(whole.parameters, tail.parameters)
    assert np.array_equal(whole.losses, np.concatenate([head.losses, tail.losses]))


def test_a_rewound_run_has_fresh_moments_unless_they_are_handed_on():
    """Elsewhere the optimizer of the last round goes on with its old moments."""
    head = fit(start(), stop=17)
    fresh = fit(head.parameters, start=17, stop=18)
    rate = 0.01 * (1 + np.cos(np.pi * 17 / 40)) / 2
    for name, tensor in fresh.parameters.items():
        moved = tensor.double() - head.parameters[name].double()
        clear = fresh.moments["first"][name].abs() > 1e-4
        # The first step of Adam is the learning rate, whatever the gradient.
        assert np.allclose(moved[clear].abs(), rate, rtol=1e-3)
    assert fresh.updates == 1
    handed = fit(head.parameters, start=17, stop=18, state=head)
    assert not same(fresh.parameters, handed.parameters)


def test_what_is_kept_is_what_a_shorter_run_ends_with():
    found = fit(start(), keep_at=[0, 13, 40], stop=40)
    assert same(found.kept[0], start())
    assert same(found.kept[13], fit(start(), stop=13).parameters)
    assert same(found.kept[40], found.parameters)


def test_schedules_restart_at_a_step():
    rates = {}
    for name in ("cosine", "constant", "step"):
        steps = [
            fit(start(), optimizer="sgd", momentum=0.0, schedule=name, start=s, stop=s + 1) for s in (0, 10, 25, 35)
        ]
        flat = [torch.cat([(after.parameters[n] - start()[n]).flatten() for n in start()]) for after in steps]
        rates[name] = [float(moved.norm()) for moved in flat]
    # All start from the same place, with other batches: gradients differ, but not the factor.
    constant = np.array(rates["constant"])
    assert np.allclose(np.array(rates["cosine"]) / constant, (1 + np.cos(np.pi * np.array([0, 10, 25, 35]) / 40)) / 2,
                       rtol=1e-3)  # fmt: skip
    assert np.allclose(np.array(rates["step"]) / constant, [1, 1, 0.1, 0.01], rtol=1e-3)


def test_a_callable_schedule_is_asked_for_absolute_steps():
    asked = []
    fit(start(), schedule=lambda step: asked.append(step) or 1.0, start=5, stop=9)
    assert asked == [5, 6, 7, 8]


def test_clipping_holds_for_each_replica_alone():
    parameters = start()
    parameters["weight2"][0] *= 1e3  # one replica with a huge gradient
    options = dict(optimizer="sgd", momentum=0.0, lr=1.0, schedule="constant", stop=1)
    plain, clipped = fit(parameters, **options), fit(parameters, clip=50.0, **options)

    def steps(found):
        return torch.cat([(found.parameters[name] - parameters[name]).flatten(1) for name in parameters], 1).norm(dim=1)

    assert float(steps(plain)[0]) > 100
    assert float(steps(clipped)[0]) == pytest.approx(50, rel=1e-3)
    assert same(plain.parameters.select([1, 2, 3]), clipped.parameters.select([1, 2, 3]))


def test_evaluation_on_the_way():
    found = fit(start(), data=Data, evaluate_every=15, keep_at=[15])
    assert found.evaluated.tolist() == [0, 15, 30, 40]
    assert found.accuracy.shape == (4, R)
    assert np.array_equal(found.accuracy[-1], accuracy(NETWORK, found.parameters, Data.test_x, Data.test_y))
    assert np.array_equal(found.accuracy[1], accuracy(NETWORK, found.kept[15], Data.test_x, Data.test_y))
    assert fit(start(), data=Data).evaluated.size == 0


def test_losses_are_those_of_the_batches_before_their_steps():
    found, order = fit(start(), keep_at=[0, 7]), BatchOrder(90, 10, order_keys(5, R))
    for step in (0, 7):
        chosen = order(step)
        x, y = torch.tensor(X, dtype=torch.float32)[chosen], torch.tensor(Y)[chosen]
        losses, _ = NETWORK.gradients(found.kept[step], x, y)
        assert np.allclose(found.losses[step], losses, rtol=1e-6)
    assert found.losses.shape == (40, R)


def test_training_learns():
    found = fit(start(), steps=300, data=Data)
    assert found.losses[-20:].mean() < 0.2 * found.losses[0].mean()
    assert (accuracy(NETWORK, found.parameters, Data.test_x, Data.test_y) > 0.7).all()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU here")
def test_a_gpu_gives_what_the_processor_gives_up_to_rounding():
    masks = random_masks(NETWORK, R)
    here, there = (fit(start(dtype=FLOAT64), masks=masks, device=device) for device in ("cpu", None))
    assert there.parameters.device.type == "cpu"
    assert np.allclose(here.losses, there.losses, rtol=1e-6)
