"""Draw the figure of the front page: how likely a perfect partition is, across the window.

Run it from the repository root: ``python experiments/front_figure.py``. It writes ``_static/front_window.svg``.
"""

from pathlib import Path

import numpy as np

from slthlib.lab import figures


def main(path: str | Path = Path(__file__).parent.parent / "_static" / "front_window.svg") -> Path:
    lam = np.linspace(-5.0, 7.0, 481)
    mean = np.sqrt(3 / (2 * np.pi)) * 2.0**-lam
    probability = 1 - np.exp(-mean) * (1 + np.exp(-mean)) / 2
    half = -np.log2(np.log((1 + np.sqrt(5)) / 2) / np.sqrt(3 / (2 * np.pi)))

    figures.use_style()
    blue, grey, ink = (figures.PALETTE[name] for name in ("blue", "grey", "ink"))
    fig, ax = figures.new(height=3.1)
    ax.fill_between(lam, 0, probability, color=blue, alpha=0.13, linewidth=0)
    ax.plot(lam, probability, color=blue, linewidth=2.2)
    ax.plot([half, half, -5], [0, 0.5, 0.5], color=grey, linewidth=1, linestyle=(0, (4, 3)))
    ax.plot(half, 0.5, "o", color=ink, markersize=6)
    ax.annotate(rf"even odds at $\lambda = {half:.2f}$", (half, 0.5), xytext=(10, 2), textcoords="offset points")
    ax.text(-4.7, 0.06, "perfect partitions\nabound", va="bottom", linespacing=0.85)
    ax.text(6.9, 0.16, "almost surely\nnone", ha="right", va="bottom", linespacing=0.85)
    ax.set(xlim=(-5, 7), ylim=(0, 1.03), xticks=range(-4, 7, 2))
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "¼", "½", "¾", "1"])
    ax.set_xlabel(r"place in the window $\lambda$:  larger numbers $\rightarrow$")
    ax.set_ylabel("P(perfect partition)")
    return figures.save_svg(fig, path)


if __name__ == "__main__":
    print(main())
