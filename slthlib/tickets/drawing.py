"""Arms and criteria in a figure: means and intervals against a setting; borders in the plane of two weights."""

from collections.abc import Iterable

import numpy as np
import torch
from matplotlib.axes import Axes

from slthlib.lab import figures
from slthlib.nets._checks import fraction, known
from slthlib.tickets.arms import Arms
from slthlib.tickets.criteria import CRITERIA

__all__ = ["draw_arms", "draw_arms_by", "draw_criteria"]


def draw_arms(
    ax: Axes, arms: Arms, x: str, *, color: str = "blue", label: str | None = None, shift: float = 0.0
) -> None:
    """Draw the mean accuracy of each arm, with its 95 % interval, against a setting.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    arms : Arms
        What to draw.
    x : str
        The setting on the horizontal axis. Where its values are words, they are written below places 0, 1, 2, ...
    color : str
        A name from the palette.
    label : str, optional
        The entry in the legend.
    shift : float
        How far to the right of their places points are drawn, so that series do not hide each other.

    Returns
    -------
    None
        The points are on ``ax``.

    Notes
    -----
    Used in: tickets/supermasks.
    """
    values = [one[x] for one in arms.settings]
    places = values
    if any(isinstance(value, str) for value in values):
        places = list(range(len(values)))
        ax.set_xticks(places, values)
    figures.measured(ax, np.asarray(places) + shift, arms.interval(), color=color, label=label)


def draw_arms_by(ax: Axes, arms: Arms, x: str, by: str, *, gap: float = 0.2) -> None:
    """Draw the arms as one series for each value of a second setting, side by side at each place.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    arms : Arms
        What to draw.
    x : str
        The setting on the horizontal axis.
    by : str
        The setting that tells the series, in the colours of the palette and in the legend.
    gap : float
        Distance between neighbours at one place.

    Returns
    -------
    None
        The points are on ``ax``.

    Notes
    -----
    Used in: tickets/supermasks.
    """
    values = list(dict.fromkeys(one[by] for one in arms.settings))
    colors = [color for color in figures.PALETTE if color != "ink"]
    for place, value in enumerate(values):
        shift, color = gap * (place - (len(values) - 1) / 2), colors[place % len(colors)]
        draw_arms(ax, arms.where(**{by: value}), x, color=color, label=f"{by} {value}", shift=shift)


def draw_criteria(ax: Axes, names: Iterable[str], *, keep: float) -> None:
    """Draw the border of what a criterion keeps, in the plane of a weight w before training and v after it.

    The square from -2 to 2 stands for the weights. Its two quadrants of equal sign are shaded.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    names : iterable of str
        Criteria, see `slthlib.tickets.criterion`, without ``_same_sign``; all but random, which has no border.
    keep : float
        The fraction of the square that is kept.

    Returns
    -------
    None
        The borders are on ``ax``, with entries for the legend.

    Notes
    -----
    Used in: tickets/supermasks.
    """
    axis = torch.linspace(-2, 2, 201, dtype=torch.float64)
    v, w = (grid[None] for grid in torch.meshgrid(axis, axis, indexing="ij"))
    shades = [shade for name, shade in figures.PALETTE.items() if name != "ink"]
    level = 1 - fraction("keep", keep)
    for place, name in enumerate(names):
        score = CRITERIA[known("names", name, [one for one in CRITERIA if one != "random"])](w, v)[0].double().numpy()
        shade = shades[place % len(shades)]
        ax.contour(axis.numpy(), axis.numpy(), score, [np.quantile(score, level)], colors=[shade])
        ax.plot([], [], color=shade, label=name)
    for low, high in ((0, 2), (-2, 0)):
        ax.fill_between([low, high], low, high, color="0.93", zorder=0)
    ax.set(xlabel="$w$, before", ylabel="$v$, after")
