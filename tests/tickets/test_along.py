"""Curves side by side show the numbers they were made of."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from scipy import stats

from slthlib.lab.statistics import Interval, paired_difference
from slthlib.tickets.along import draw_keeps, interval_table
from slthlib.tickets.curves import Curve

CURVE = Curve(np.array([1.0, 0.512, 0.0439]), np.random.default_rng(0).normal(60, 2, (3, 8)))


def test_a_curve_at_some_of_its_places():
    some = CURVE.only(CURVE.places[[2, 0]])
    assert some.places.tolist() == [0.0439, 1]
    assert np.array_equal(some.values, CURVE.values[[2, 0]])
    assert some.minus(CURVE.only([0.0439, 1])).mid.tolist() == [0, 0]
    with pytest.raises(ValueError, match=r"one of 1.0, 0.512, 0.0439, got 0.5"):
        CURVE.only([0.5])


def test_means_and_students_intervals_are_drawn_against_keep():
    _, ax = plt.subplots()
    draw_keeps(ax, {"a": CURVE, "b": CURVE.only([1.0])})
    lines = [line for line in ax.lines if line.get_linestyle() == "-"]
    assert np.array_equal(lines[0].get_xdata(), CURVE.places)
    assert np.allclose(lines[0].get_ydata(), CURVE.values.mean(1))
    bars = np.array(ax.containers[0].lines[2][0].get_segments())[:, :, 1]
    scale = CURVE.values.std(1, ddof=1) / np.sqrt(8)
    assert np.allclose(bars.T, stats.t.interval(0.95, 7, CURVE.values.mean(1), scale))
    assert ax.get_xscale() == "log"
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0.05", "0.1", "0.2", "0.5", "1"]
    assert [text.get_text() for text in ax.legend().get_texts()] == ["a", "b"]
    assert lines[0].get_color() != lines[1].get_color()
    plt.close()
    with pytest.raises(ValueError, match=r"expected 1 to 4, .* got 5"):
        draw_keeps(ax, dict.fromkeys("abcde", CURVE))


def test_a_table_has_the_differences():
    lead = paired_difference([[3.0, 4, 5], [-1, -1, -1]], np.zeros((2, 3)))
    table = interval_table({"over reinit": lead}, np.array([0.134217728, 1]))
    assert table.columns.tolist() == ["0.134", "1"]
    assert table.columns.name == "keep"
    assert table.loc["over reinit"].tolist() == [
        f"4.0\u202f±\u202f{stats.t.ppf(0.975, 2) / np.sqrt(3):.1f}",
        "\u22121.0\u202f±\u202f0.0",
    ]
    assert interval_table({"x": lead}, [7, 8], show=[1]).to_dict() == {"8": {"x": "\u22121.0\u202f±\u202f0.0"}}
    assert interval_table({"x": Interval(1.0, 2.0, 3.0)}, [7], head="rate").loc["x", "7"] == "2.0\u202f±\u202f1.0"


def test_a_table_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match=r"rows: expected 3 intervals in each, got shape \(2,\) for 'x'"):
        interval_table({"x": Interval(*np.zeros((3, 2)))}, [1, 2, 3])
