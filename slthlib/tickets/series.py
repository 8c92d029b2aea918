"""Several series of arms in one figure."""

from collections.abc import Mapping

from matplotlib.axes import Axes

from slthlib.lab import figures
from slthlib.tickets.arms import Arms
from slthlib.tickets.drawing import draw_arms

__all__ = ["draw_series"]


def draw_series(ax: Axes, series: Mapping[str, Arms], x: str) -> None:
    """Draw mean accuracies with 95 % intervals against a setting, each series in a colour and a marker of its own.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    series : mapping from str to Arms
        What to draw, by its entry in the legend; at most as many as the palette has colours beside ink.
    x : str
        The setting on the horizontal axis.

    Returns
    -------
    None
        The points are on ``ax``.

    Notes
    -----
    Used in: tickets/hidden.
    """
    colors = [color for color in figures.PALETTE if color != "ink"]
    if len(series) > len(colors):
        raise ValueError(f"series: expected at most {len(colors)}, got {len(series)}")
    for (label, arms), color in zip(series.items(), colors, strict=False):
        draw_arms(ax, arms, x, color=color, label=label)
