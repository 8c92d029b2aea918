"""Curves side by side: drawn against what is kept, and their means and differences in a table."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from slthlib.lab import figures
from slthlib.lab.statistics import Interval
from slthlib.tickets.curves import Curve

if TYPE_CHECKING:
    import pandas

__all__ = ["draw_keeps", "interval_table"]

#: In the order of the curves; ink is left to laws.
COLORS = tuple(color for color in figures.PALETTE if color not in {"ink", "grey"})
#: Thin spaces that do not break, so that a number stays with its interval on a narrow screen; a minus, not a hyphen.
PATTERN, MINUS = "{:.1f}\u202f±\u202f{:.1f}", "\u2212"
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)


def draw_keeps(ax: Axes, curves: Mapping[str, Curve]) -> None:
    """Draw means and their 95 % intervals against keep, on a logarithmic axis.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    curves : mapping from str to Curve
        Accuracies in percent along keep, by their names in the legend; at most four.

    Returns
    -------
    None
        The points are on ``ax``, joined by lines.

    Notes
    -----
    Used in: tickets/pruning.
    """
    if not 1 <= len(curves) <= len(COLORS):
        raise ValueError(f"curves: expected 1 to {len(COLORS)}, so that they can be told apart, got {len(curves)}")
    for (label, curve), color in zip(curves.items(), COLORS, strict=False):
        points = curve.interval()
        figures.measured(ax, curve.places, points, law=points.mid, color=color, label=label)
    least = min(curve.places.min() for curve in curves.values())
    ticks = [tick for tick in TICKS if tick > 0.9 * least]
    ax.set(xscale="log", ylabel="test accuracy, %")
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()


def interval_table(
    rows: Mapping[str, Interval],
    columns: Sequence[Any],
    *,
    head: str = "keep",
    show: Sequence[int] | None = None,
) -> "pandas.DataFrame":
    """Means with half the lengths of their intervals, such as "9.7 ± 1.5", with thin spaces.

    Parameters
    ----------
    rows : mapping from str to Interval
        Symmetric intervals, arrays [P].
    columns : sequence [P]
        Heads of the columns; floats are rounded to three digits.
    head : str
        What the columns are.
    show : sequence of int, optional
        Places of the columns to show; all by default.

    Returns
    -------
    pandas.DataFrame
        Texts, rounded to a tenth.

    Notes
    -----
    Used in: tickets/pruning.
    """
    try:
        import pandas
    except ImportError:
        raise ImportError("a table needs pandas: pip install 'slthlib[data]'") from None
    heads = [f"{column:.3g}" if isinstance(column, float | np.floating) else str(column) for column in columns]
    texts = {}
    for name, found in rows.items():
        low, mid, high = (np.atleast_1d(limit) for limit in (found.low, found.mid, found.high))
        if mid.shape != (len(heads),):
            raise ValueError(f"rows: expected {len(heads)} intervals in each, got shape {mid.shape} for {name!r}")
        texts[name] = [
            PATTERN.format(m, (h - lo) / 2).replace("-", MINUS) for lo, m, h in zip(low, mid, high, strict=True)
        ]
    table = pandas.DataFrame.from_dict(texts, orient="index", columns=pandas.Index(heads, name=head))
    return table if show is None else table.iloc[:, list(show)]
