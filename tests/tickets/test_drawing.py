"""What is drawn is what was measured, and what a criterion keeps."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from slthlib.lab import figures
from slthlib.tickets.arms import Arms
from slthlib.tickets.drawing import draw_arms, draw_arms_by, draw_criteria


@pytest.fixture
def ax():
    figure, axes = figures.new()
    yield axes
    plt.close(figure)


def points(ax, series=0):
    line = ax.containers[series][0]
    return line.get_xdata(), line.get_ydata()


def test_arms_stand_at_their_settings(ax):
    arms = Arms(({"keep": 0.5}, {"keep": 0.2}), np.array([[0.5, 0.7], [0.1, 0.3]]))
    draw_arms(ax, arms, "keep", color="blue", label="a", shift=0.01)
    x, y = points(ax)
    assert x == pytest.approx([0.51, 0.21])
    assert y == pytest.approx([0.6, 0.2])
    assert ax.get_legend_handles_labels()[1] == ["a"]


def test_words_are_written_below_the_places(ax):
    arms = Arms(({"kept": "rewind"}, {"kept": "reinit"}), np.array([[0.5, 0.7], [0.1, 0.3]]))
    draw_arms(ax, arms, "kept")
    assert points(ax)[0] == pytest.approx([0, 1])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["rewind", "reinit"]


def test_series_stand_side_by_side(ax):
    settings = [{"kept": kept, "sign": sign} for kept in ("rewind", "reinit") for sign in ("kept", "random")]
    arms = Arms(tuple(settings), np.array([[0.5, 0.7], [0.1, 0.3], [0.2, 0.2], [0.0, 0.2]]))
    draw_arms_by(ax, arms, "kept", "sign", gap=0.4)
    assert ax.get_legend_handles_labels()[1] == ["sign kept", "sign random"]
    for series, (x, y) in enumerate((([-0.2, 0.8], [0.6, 0.2]), ([0.2, 1.2], [0.2, 0.1]))):
        assert points(ax, series)[0] == pytest.approx(x)
        assert points(ax, series)[1] == pytest.approx(y)
    assert len({ax.containers[series][0].get_color() for series in range(2)}) == 2


@pytest.mark.parametrize(("name", "distance"), [
    # Beyond lie two fifths of the square: of area 16, (4 - d)**2 for movement, (2 - d)**2 / 2 a quadrant for increase.
    ("large_final", lambda w, v: abs(v) - 1.2),
    ("large_init", lambda w, v: abs(w) - 1.2),
    ("movement", lambda w, v: abs(v - w) - 4 * (1 - np.sqrt(0.4))),
    ("magnitude_increase", lambda w, v: abs(v) - abs(w) - 2 * (1 - np.sqrt(0.8))),
])  # fmt: skip
def test_the_border_of_a_criterion(ax, name, distance):
    draw_criteria(ax, [name], keep=0.4)
    (contour,) = (one for one in ax.collections if hasattr(one, "levels"))
    w, v = np.concatenate([path.vertices for path in contour.get_paths()]).T
    assert len(w) > 100
    assert abs(distance(w, v)).max() < 0.03
    assert ax.get_legend_handles_labels()[1] == [name]


def test_what_cannot_be_drawn_is_refused(ax):
    for name in ("random", "huge"):
        with pytest.raises(ValueError, match="names: expected one of large_final"):
            draw_criteria(ax, [name], keep=0.4)
    with pytest.raises(ValueError, match="keep"):
        draw_criteria(ax, ["movement"], keep=0)
