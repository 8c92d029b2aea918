"""The one figure style of the book: palette, type, sizes, and SVG that is the same from run to run.

Call `use_style` once, then draw with matplotlib as usual. Text is set in Ticket Sans, the sans face of the page, and
formulas in the face the page sets them in. Files carry letters as outlines, so a figure looks the same everywhere.
"""

import sys
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib import font_manager
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from slthlib.lab.statistics import Interval

__all__ = ["PALETTE", "interval_points", "measured", "new", "save_svg", "show", "use_style"]

#: Six colours, told apart with and without red-green colour blindness, with a contrast of 3 or more to the paper.
#: Laws are drawn in ``ink``; measured series take the others in this order.
PALETTE: Final = MappingProxyType(
    dict(ink="#1b1f24", blue="#4579e6", orange="#d47014", green="#159055", purple="#930d8d", grey="#888d96")
)

#: Markers in the order of the palette, so that no series is told by its colour alone.
MARKERS: Final = ("o", "s", "^", "D", "v", "P")

_FONTS = Path(__file__).with_name("fonts")
# Date, program and version would make two equal figures differ.
_METADATA = MappingProxyType({"Date": None, "Creator": None})
_RC: Final[Any] = MappingProxyType(  # Any: matplotlib types every key by itself
    {
        "font.family": ["Ticket Sans", "DejaVu Sans"],
        "font.size": 12.0,
        "mathtext.fontset": "cm",
        "svg.fonttype": "path",
        "svg.hashsalt": "slthlib",
        "figure.figsize": (5.2, 3.4),
        "figure.constrained_layout.use": True,
        "axes.prop_cycle": cycler(color=[c for n, c in PALETTE.items() if n != "ink"] + [PALETTE["ink"]]),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": PALETTE["ink"],
        "axes.labelcolor": PALETTE["ink"],
        "axes.linewidth": 0.8,
        "axes.titlesize": 12.0,
        "axes.titlelocation": "left",
        "axes.titleweight": "bold",
        "axes.formatter.use_mathtext": True,
        "text.color": PALETTE["ink"],
        **dict.fromkeys(("xtick.color", "ytick.color"), PALETTE["ink"]),
        **dict.fromkeys(("xtick.labelsize", "ytick.labelsize"), 11.5),
        **dict.fromkeys(("xtick.major.width", "ytick.major.width"), 0.8),
        "lines.linewidth": 1.7,
        "lines.markersize": 6.5,
        "legend.frameon": False,
    }
)


def use_style() -> None:
    """Set the book's style for every figure drawn from now on.

    In a notebook it also asks the inline backend for SVG of exactly the size drawn, without date or version, so that a
    stored output can be compared byte for byte. Calling it twice does no harm.

    Used in: tickets/pruning, tickets/existence, tickets/supermasks, tickets/hidden, sums/subset_sum, sums/partition,
    sums/constrained, sums/quantized, strong/pruning_is_all, strong/sparsity, strong/beyond_dense, strong/quantized,
    strong/bits, appendix/sharp, appendix/products, appendix/certificates, back/benchmarks.
    """
    known = {Path(entry.fname) for entry in font_manager.fontManager.ttflist}
    for file in sorted(_FONTS.glob("*.ttf")):
        if file not in known:
            font_manager.fontManager.addfont(file)
    mpl.rcParams.update(_RC)
    ipython = sys.modules.get("IPython")  # not imported here, where nobody else has
    if ipython is not None and hasattr(ipython.get_ipython(), "kernel"):
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg", metadata=dict(_METADATA), bbox_inches=None)


def new(width: float = 5.2, height: float = 3.4, *, panels: int = 1, **options: Any) -> tuple[Figure, Any]:
    """Open a figure of a size that stays legible on a phone.

    Parameters
    ----------
    width : float
        Inches, at most 6.5. The standard 5.2 shrinks to letters of 11 pixels on a screen 390 pixels wide.
    height : float
        Inches, of each panel.
    panels : int
        How many panels. They stand one under the other, because two side by side cannot be read on a phone.
    **options : object
        Handed to ``matplotlib.pyplot.subplots``, for example ``sharex=True``.

    Returns
    -------
    figure, axes
        The figure, and one ``Axes`` or an array of ``panels`` of them.

    Used in: tickets/pruning, tickets/existence, tickets/supermasks, tickets/hidden, sums/subset_sum, sums/partition,
    sums/constrained, sums/quantized, strong/pruning_is_all, strong/sparsity, strong/beyond_dense, strong/quantized,
    strong/bits, appendix/sharp, appendix/products, appendix/certificates, back/benchmarks.
    """
    if not 0 < width <= 6.5:
        raise ValueError(f"width must be in (0, 6.5] inches, to stay legible on a phone; got {width!r}")
    if not height > 0:
        raise ValueError(f"height must be a positive number of inches; got {height!r}")
    if panels < 1:
        raise ValueError(f"panels must be at least 1; got {panels!r}")
    figure, axes = plt.subplots(panels, 1, figsize=(width, height * panels), layout="constrained", **options)
    return figure, axes


def interval_points(
    ax: Axes,
    x: ArrayLike,
    low: ArrayLike,
    mid: ArrayLike,
    high: ArrayLike,
    *,
    color: str = "blue",
    marker: str | None = None,
    label: str | None = None,
) -> ErrorbarContainer:
    """Draw measured points with their intervals, to be read against a law.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    x, low, mid, high : array-like
        Arrays of one shape ``(points,)`` with ``low <= mid <= high``.
    color : str
        A name from `PALETTE`, or any matplotlib colour.
    marker : str, optional
        A matplotlib marker; by default each palette colour has its own.
    label : str, optional
        The entry in the legend.

    Returns
    -------
    ErrorbarContainer
        What matplotlib drew.

    Used in: sums/subset_sum, sums/partition, sums/quantized, strong/quantized, strong/bits.
    """
    values = {"x": x, "low": low, "mid": mid, "high": high}
    arrays = {name: np.atleast_1d(np.asarray(value, dtype=float)) for name, value in values.items()}
    shape = arrays["x"].shape
    for name, array in arrays.items():
        if array.shape != shape or array.ndim != 1:
            raise ValueError(f"{name} must be one-dimensional with the shape of x, {shape}; got shape {array.shape}")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} must be finite; got {array[~np.isfinite(array)][0]}")
    if not ((arrays["low"] <= arrays["mid"]) & (arrays["mid"] <= arrays["high"])).all():
        raise ValueError("the points must satisfy low <= mid <= high")
    if marker is None:
        marker = dict(zip(PALETTE, MARKERS, strict=True)).get(color, "o")
    return ax.errorbar(
        arrays["x"],
        arrays["mid"],
        yerr=[arrays["mid"] - arrays["low"], arrays["high"] - arrays["mid"]],
        fmt=marker,
        color=PALETTE.get(color, color),
        markeredgecolor="white",
        markeredgewidth=0.7,
        elinewidth=1.4,
        capsize=0,
        label=label,
        zorder=3,
    )


def measured(
    ax: Axes,
    x: ArrayLike,
    points: Interval,
    *,
    law: ArrayLike | tuple[ArrayLike, ArrayLike] | None = None,
    color: str = "blue",
    label: str | None = None,
) -> None:
    """Draw measured points, and behind them the line of the law they are to be read against.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    x : array-like (points,)
        Places of the points.
    points : Interval
        Estimates and their limits, as `slthlib.lab.statistics` returns them.
    law : array-like (points,), or a pair of array-likes, optional
        Values of the law at ``x``, or at places of its own: ``(places, values)``.
    color : str
        A name from `PALETTE`, of points and line.
    label : str, optional
        The entry in the legend.

    Notes
    -----
    Used in: tickets/pruning, tickets/existence, sums/subset_sum, sums/partition, sums/constrained, sums/quantized,
    strong/sparsity, strong/quantized, strong/bits, appendix/products.
    """
    if law is not None:
        places, values = law if isinstance(law, tuple) else (x, law)
        ax.plot(places, values, color=PALETTE.get(color, color), lw=1)
    interval_points(ax, x, points.low, points.mid, points.high, color=color, label=label)


def show(ax: Axes, *, legend: Any = "best", **labels: Any) -> None:
    """Name the axes, add the legend if there is anything to tell apart, and show the figure.

    Parameters
    ----------
    ax : Axes
        What was drawn on.
    legend : str
        Where the legend goes, in matplotlib's words.
    **labels : object
        Handed to ``ax.set``: ``xlabel``, ``ylabel``, limits, scales.

    Notes
    -----
    Used in: tickets/pruning, tickets/existence, tickets/supermasks, tickets/hidden, sums/subset_sum, sums/partition,
    sums/constrained, sums/quantized, strong/pruning_is_all, strong/sparsity, strong/beyond_dense, strong/quantized,
    strong/bits, appendix/sharp, appendix/products, appendix/certificates, back/benchmarks.
    """
    ax.set(**labels)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(loc=legend)
    plt.show()


def save_svg(figure: Figure, path: str | Path) -> Path:
    """Write a figure as an SVG file that is the same, byte for byte, each time.

    Parameters
    ----------
    figure : Figure
        The figure; it is closed afterwards.
    path : path
        Where to write it. The name must end in ``.svg``.

    Returns
    -------
    Path
        The file written.

    Used in: no chapter.
    """
    path = Path(path)
    if path.suffix != ".svg":
        raise ValueError(f"path must end in .svg; got {str(path)!r}")
    figure.savefig(path, format="svg", metadata=dict(_METADATA))
    plt.close(figure)
    return path
