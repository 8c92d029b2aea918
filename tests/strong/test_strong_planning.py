"""A plan solves nothing, says what it would take, and is right about it."""

import numpy as np
import pytest
from strong_tools import dense

from slthlib.lab.statistics import clopper_pearson
from slthlib.strong import Plan, embed

SHAPES = ((20, 30), (5, 20))


def weights(bits, seed=0, shapes=SHAPES):
    rng = np.random.default_rng(seed)
    return [rng.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) + 1, size=shape) / 2**bits for shape in shapes]


def test_a_plan_says_what_the_network_is():
    plan = embed(weights(4), bits=4, plan=True, seed=5)
    assert isinstance(plan, Plan)
    bank = plan.candidates[0]
    assert plan.widths == (30, 30 * bank, 20, 20 * bank, 5)
    assert plan.parameters == sum(a * b for a, b in zip(plan.widths, plan.widths[1:], strict=False))
    assert plan.recipe == embed(weights(4), bits=4, seed=5).recipe
    assert 0 < plan.failure <= 0.01
    assert "source of" in plan.why
    assert f"{plan.parameters:,} parameters" in str(plan)


def test_a_plan_for_copies():
    target = dense(np.random.default_rng(0), (6, 8, 7, 3), bits=4)
    plan = embed(target, construction="copies", plan=True, seed=5)
    bank, copies, again = plan.candidates
    assert copies == again < bank
    assert plan.widths == (6, 7 * bank, 8 * copies + copies, 7 * copies + copies, 3)
    assert plan.recipe.depth == len(plan.widths) - 1 == 4
    assert 0 < plan.failure <= 0.01


@pytest.mark.parametrize("options", [{"bits": 4}, {"bits": 5, "construction": "copies"}, {"bits": 3, "source": "sign"},
                                     {"tolerance": 0.02}, {"bits": 4, "sparsity": 0.3}],
                         ids=["diamond", "copies", "signs", "real", "sparse"])  # fmt: skip
def test_planned_networks_fail_no_more_often_than_asked(options):
    """Asked for a failure of 0.2, so that failures are seen; a bound for the share must not exclude it."""
    failed = runs = 0
    for seed in range(40):
        failed += bool(embed(weights(options.get("bits", 4), seed), failure=0.2, seed=seed, **options).unsolved)
        runs += 1
    assert clopper_pearson(failed, runs, level=0.999).low <= 0.2


@pytest.mark.parametrize("construction", ["diamond", "copies"])
def test_signs_with_a_bias_in_the_second_layer(construction):
    """The first layer makes its outputs larger, and the bias of the second has to keep up."""
    failed = 0
    for seed in range(30):
        target = dense(np.random.default_rng(seed), (3, 4, 2), bits=3)
        ticket = embed(target, source="sign", construction=construction, failure=0.2, seed=seed)
        assert ticket.unsolved or ticket.verify(np.arange(12).reshape(4, 3), target=target).exact
        failed += bool(ticket.unsolved)
    assert clopper_pearson(failed, 30, level=0.999).low <= 0.2
    plan = embed(target, source="sign", construction=construction, plan=True, seed=0)
    assert plan.candidates[-1] > 4 * 2**5, "the largest bias takes 2**5 signs, of which a quarter are right"


@pytest.mark.parametrize("bits", [3, 6])
def test_candidates_are_not_wasted(bits):
    """With three quarters of the planned candidates more networks fail than with all."""
    plan = embed(weights(bits), bits=bits, failure=0.2, plan=True, seed=0)
    fewer = 3 * plan.candidates[0] // 4
    grid = plan.recipe.source_bits[0]
    failed = sum(
        bool(embed(weights(bits, seed), bits=bits, source_bits=grid, candidates=fewer, seed=seed).unsolved)
        for seed in range(40)
    )
    assert clopper_pearson(failed, 40, level=0.999).low > 0.2


def test_a_smaller_failure_takes_more_candidates():
    counts = [embed(weights(5), bits=5, failure=eta, plan=True, seed=0).candidates[0] for eta in (0.5, 1e-2, 1e-6)]
    assert counts == sorted(set(counts))


def test_one_sided_inputs_take_fewer_candidates_or_as_many():
    both = embed(weights(5), bits=5, plan=True, seed=0)
    one = embed(weights(5), bits=5, signed_inputs=False, plan=True, seed=0)
    assert one.candidates[0] <= both.candidates[0]
    assert both.recipe.solves() == one.recipe.solves() + 600


@pytest.mark.parametrize(("bits", "signed", "least"), [(4, False, 5), (4, True, 10), (6, True, 14)])
def test_too_few_by_counting(bits, signed, least):
    """Fewer masks than weights of the grid cannot do; with one unit more embed tries."""
    for units in (least - 1, least):
        if units < least:
            with pytest.raises(ValueError, match=f"counting asks for {least} at least"):
                embed(weights(bits), bits=bits, candidates=units, signed_inputs=signed, seed=0)
        else:
            assert embed(weights(bits), bits=bits, candidates=units, signed_inputs=signed, seed=0).unsolved


def test_seconds_and_memory_grow_with_the_network():
    small, large = (embed(weights(6, shapes=((n, n),)), bits=6, plan=True, seed=0, candidates=90) for n in (50, 500))
    assert 50 < large.seconds / small.seconds < 200
    assert large.memory > 20 * small.memory or large.memory < 2**31
