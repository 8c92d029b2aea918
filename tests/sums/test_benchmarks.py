"""The timing scripts: their own baselines are right, and a rival that is missing or wrong is reported."""

import shutil

import numpy as np
import pytest

from benchmarks import harness, partition, sets, subsets, sums
from slthlib.sums import best_partition, closest_subsets, count_perfect_partitions, covering_radius
from slthlib.sums.slow import slow_count_perfect


@pytest.mark.slow
@pytest.mark.parametrize("n", [2, 3, 4, 9, 12, 17, 20])
@pytest.mark.parametrize("largest", [3, 1000, 2**48])
def test_the_baseline_for_partitions_is_right(n, largest):
    for items in np.random.default_rng(n).integers(1, largest, size=(30, n)):
        difference, signs = partition.numpy_meet_in_the_middle(items)
        assert difference == best_partition(items).difference
        assert abs(int((signs * items).sum())) == difference
        assert np.abs(signs).tolist() == [1] * n


@pytest.mark.slow
@pytest.mark.parametrize("n", [3, 8, 13])
def test_the_baselines_for_subsets_are_right(n):
    problems = subsets.draw(np.random.default_rng(n), n, 20)
    bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    truth = abs(problems.items @ bits.T - problems.targets[:, None]).min(axis=1)
    assert [subsets.numpy_closest(problems[i]) for i in range(20)] == pytest.approx(truth, abs=1e-13)
    for kernel in (subsets._by_argsort, subsets._by_merge):
        assert subsets.in_numba(kernel)(problems) == pytest.approx(truth, abs=1e-13)


@pytest.mark.slow
def test_the_baselines_for_sets_are_right():
    rng = np.random.default_rng(5)
    loops = [sets.load_cpp()] if shutil.which("c++") else []
    for items in rng.integers(0, 9, (20, 7)):
        every = {int(items[[bool(mask >> i & 1) for i in range(7)]].sum()) for mask in range(128)}
        ways = sets.python_bits(items.tolist()), sets.numpy_bools(items), sets.ours_reached(items)
        assert {*ways, *(loop(items) for loop in loops)} == {len(every)}
    for items in rng.integers(1, 30, (20, 8)):
        assert sets.numpy_perfect(items) == slow_count_perfect(items) == count_perfect_partitions(items)
        assert np.array_equal(sets.numpy_counts(items), sets.ours_counts(items))
    for items in rng.uniform(-1, 1, (20, 14)):
        assert sets.numpy_radius(items) == pytest.approx(covering_radius(items), abs=1e-12)


def one_task(rivals):
    return harness.Task("closest subset", subsets.draw, lambda p: closest_subsets(p.items, p.targets).errors, rivals,
                        judge=lambda found, truth: found <= truth + 2**-48)  # fmt: skip


@pytest.mark.slow
def test_a_missing_rival_is_no_error():
    def missing():
        raise ImportError("nothing of that name")

    ours = harness.Rival("ours", "slthlib", lambda: lambda p: closest_subsets(p.items, p.targets).errors, {10: 6}, True)
    task = one_task([ours, harness.Rival("theirs", "numpy", missing, {10: 2})])
    harness.run(task, 10, 2)
    rows = list(harness.table(task))
    assert [(row["version"] == "not installed", row["agrees"]) for row in rows] == [(False, "6/6"), (True, "")]
    assert all(harness.line(row) for row in rows)
    verdicts = list(sums.bars(rows, [], {}))
    assert {row["met"] for row in verdicts} == {""}


def test_a_wrong_answer_is_reported_and_a_slow_rival_gets_no_further_rounds(monkeypatch):
    monkeypatch.setattr(harness, "SHARE", 0.0)
    task = one_task([harness.Rival("guess", "numpy", lambda: lambda problem: 5.0, {9: 4})])
    harness.run(task, 9, 3)
    (row,) = harness.table(task)
    assert row["agrees"] == "0/4"


def test_bars_are_met_or_not():
    def contest(task, rival, median):
        return {"task": task, "n": 20, "rival": rival, "threads": 1, "median_us": median}

    rows = [contest("best partition", "slthlib, batch", 5.0), contest("best partition", "prtpy cbldm", 4e5),
            contest("best partition", "prtpy complete_greedy", 6e5),
            contest("best partition", "partitionpy complete_karmarkar_karp", 4e4)]  # fmt: skip
    held = {row["area"]: (row["measured"], row["met"]) for row in sums.bars(rows, [], {"pensia exact": 1.0})}
    assert held["two-way partition n = 20 against prtpy"] == (8e4, "no")
    assert held["two-way partition n = 20 against partitionpy"] == (8e3, "yes")
    assert held["397,000 problems, exact"] == (1.0, "yes")
