"""Arms from a record are the arms that were recorded, and two runs are compared as Student would."""

import numpy as np
import pytest
from scipy import stats

from slthlib.lab import records
from slthlib.lab.statistics import Interval
from slthlib.tickets.arms import Arms
from slthlib.tickets.recorded import compare, main_effect, percent, recorded_arms, run_gap

ARMS = Arms(
    ({"keep": 0.1, "kept": "rewind", "rescale": True}, {"keep": 0.2, "kept": "reinit", "rescale": False}),
    np.array([[0.1, 0.2, 0.6], [0.2, 0.4, 0.5]]),
)


def written(tmp_path, columns):
    records.write(tmp_path / "arms.csv", columns, command="python -m pytest", seed=0)
    return records.read(tmp_path / "arms.csv")


def test_a_record_gives_back_its_arms(tmp_path):
    record = written(tmp_path, ARMS.columns())
    found = recorded_arms(record)
    assert found.settings == ARMS.settings
    assert np.array_equal(found.accuracy, ARMS.accuracy)
    assert [type(value) for value in found.settings[0].values()] == [float, str, bool]
    some = recorded_arms(record, kept="reinit")
    assert some.settings == ({"kept": "reinit", "keep": 0.2, "rescale": False},)
    assert np.array_equal(some.accuracy, ARMS.accuracy[1:])


def test_rows_may_come_in_any_order_and_columns_be_dropped(tmp_path):
    columns = {"noise": [3, 1, 2, 0], "arm": ["b", "a", "a", "b"], "replica": [1, 1, 0, 0],
               "accuracy": [0.4, 0.2, 0.1, 0.3]}  # fmt: skip
    record = written(tmp_path, columns)
    found = recorded_arms(record, drop=["noise"])
    assert found.settings == ({"arm": "b"}, {"arm": "a"})
    assert found.accuracy.tolist() == [[0.3, 0.4], [0.1, 0.2]]
    with pytest.raises(ValueError, match="same replicas"):
        recorded_arms(record)
    with pytest.raises(ValueError, match="two of replica 1"):
        recorded_arms(record, drop=["noise", "arm"])
    with pytest.raises(ValueError, match=r"row of arms.csv, got {'arm': 'c'}"):
        recorded_arms(record, arm="c")
    with pytest.raises(ValueError, match="columns among noise, arm, replica, accuracy, got 'color'"):
        recorded_arms(record, color="red")


def test_replicas_must_be_the_same_in_all_arms(tmp_path):
    columns = {"arm": ["a", "a", "b"], "replica": [0, 1, 0], "accuracy": [0.1, 0.2, 0.3]}
    with pytest.raises(ValueError, match="same replicas"):
        recorded_arms(written(tmp_path, columns))


@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_the_gap_of_two_runs_is_the_t_test(level):
    rng = np.random.default_rng(5)
    one, other = ({"arm": name} for name in "ab")
    here = Arms((one, other), rng.random((2, 4)))
    there = Arms(({**other, "more": 1}, {**one, "more": 1}), rng.random((2, 7)))  # in another order
    found = run_gap(here, there, level)
    for place in range(2):
        test = stats.ttest_ind(here.accuracy[place], there.accuracy[1 - place])
        low, high = test.confidence_interval(level)
        assert found.low[place] == pytest.approx(low, rel=1e-12)
        assert found.high[place] == pytest.approx(high, rel=1e-12)
        assert (found.low[place] < 0 < found.high[place]) == (test.pvalue > 1 - level)


def test_a_main_effect_by_hand():
    settings = [{"sign": sign, "keep": keep} for keep in (0.1, 0.2) for sign in ("kept", "random")]
    table = Arms(tuple(settings), np.array([[0.9, 0.7, 0.8], [0.5, 0.5, 0.5], [0.7, 0.7, 0.4], [0.3, 0.3, 0.7]]))
    found = main_effect(table, {"sign": "kept"}, {"sign": "random"})
    # Averages over keep: .8, .7, .6 and .4, .4, .6; differences .4, .3, 0.
    assert found.mid == pytest.approx(0.7 / 3)
    low, high = stats.ttest_1samp([0.4, 0.3, 0.0], 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert main_effect(table, {"keep": 0.2}, {"keep": 0.1}, level=0.5).mid == pytest.approx(np.mean([-0.2, -0.1, -0.1]))


@pytest.mark.parametrize(("rows", "b"), [([0, 1, 2], {"sign": "random"}), ([0, 1, 2, 3], {"keep": 0.1})])
def test_a_main_effect_needs_equal_settings_on_both_sides(rows, b):
    settings = [{"sign": sign, "keep": keep} for keep in (0.1, 0.2) for sign in ("kept", "random")]
    table = Arms(tuple(settings[row] for row in rows), np.random.default_rng(0).random((len(rows), 2)))
    with pytest.raises(ValueError, match="b: expected the settings of a"):
        main_effect(table, {"sign": "kept"}, b)


def test_percent_by_hand():
    assert percent(Interval(0.1, 0.2, 0.3)) == "20.0 ± 10.0"
    # Student's factor at two degrees of freedom is 4.3027; the standard error of 0.1, 0.2, 0.3 is 0.0577.
    assert percent([0.1, 0.2, 0.3]) == "20.0 ± 24.8"


def test_experiments_side_by_side():
    other = Arms(ARMS.settings[::-1], ARMS.accuracy[::-1] / 2)
    table = compare({"one": ARMS, "half": other}, "kept")
    assert table.index.tolist() == ["rewind", "reinit"]
    assert table["one"].tolist() == [percent(row) for row in ARMS.accuracy]
    assert table["half"].tolist() == [percent(row / 2) for row in ARMS.accuracy]
    behind = compare({"one": ARMS, "half": other}, "keep", best=0.1)
    assert behind.index.tolist() == [0.2]
    # By hand: the differences are -.1, -.2, .1 and half of these; standard errors .0882 and .0441, times 4.3027.
    assert behind.loc[0.2].tolist() == ["-6.7 ± 37.9", "-3.3 ± 19.0"]
    with pytest.raises(ValueError, match="at least one experiment"):
        compare({}, "kept")
    with pytest.raises(ValueError, match="of 2 arms"):
        compare({"one": Arms((ARMS.settings[0],) * 2, ARMS.accuracy)}, "kept")
