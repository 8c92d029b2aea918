"""Series of arms get colours in the order of the palette, and the means of their arms."""

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib import colors
from matplotlib import pyplot as plt

from slthlib.lab import figures
from slthlib.tickets.arms import Arms
from slthlib.tickets.series import draw_series

ARMS = Arms(({"keep": 0.1}, {"keep": 0.5}), np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.9]]))


def test_each_series_has_a_colour_and_its_means():
    _, ax = figures.new()
    draw_series(ax, {"one": ARMS, "half": Arms(ARMS.settings, ARMS.accuracy / 2)}, "keep")
    drawn = ax.containers
    assert [one.get_label() for one in drawn] == ["one", "half"]
    assert [one[0].get_color() for one in drawn] == [figures.PALETTE["blue"], figures.PALETTE["orange"]]
    assert [colors.to_hex(one[2][0].get_color()[0]) for one in drawn] == [one[0].get_color() for one in drawn]
    for one, factor in zip(drawn, (1, 0.5), strict=True):
        assert one[0].get_xdata() == pytest.approx([0.1, 0.5])
        assert one[0].get_ydata() == pytest.approx([0.2 * factor, 0.6 * factor])
    plt.close("all")


def test_no_more_series_than_colours():
    _, ax = figures.new()
    with pytest.raises(ValueError, match="at most 5, got 6"):
        draw_series(ax, {str(place): ARMS for place in range(6)}, "keep")
    assert not ax.containers
    plt.close("all")
