"""The figure style: equal from run to run, told apart by every eye, legible on both pages."""

import itertools
import re
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

from slthlib.lab import figures, statistics

DRAW = """
import sys
import matplotlib
matplotlib.use("Agg")
from slthlib.lab import figures
figures.use_style()
fig, axes = figures.new(panels=2, height=2)
figures.interval_points(axes[0], [1, 2], [0.1, 0.2], [0.3, 0.4], [0.5, 0.6], label="sums, $n = 20$")
axes[0].plot([1, 2], [0.2, 0.5], color=figures.PALETTE["ink"], label=r"law, $\\lambda = 1$")
axes[0].legend()
axes[1].fill_between([0, 1], [0, 1], alpha=0.2)
axes[1].set(xlabel=r"$\\kappa_n$ (κ, bits ≤ 8)", ylabel="σ²")
figures.save_svg(fig, sys.argv[1])
"""

# Machado, Oliveira and Fernandes (2009), severity 1, acting on linear RGB.
SIGHT = {
    "full colour": np.eye(3),
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
)
DARK_PAGE = "#121212"


def rgb(color):
    return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255


def linear(color):
    return np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)


def on_dark(color):
    """What `filter: invert(1) hue-rotate(180deg)` of _static/book.css shows, screened on the dark page."""
    grey = np.array([0.213, 0.715, 0.072])
    turned = np.clip((2 * np.outer(np.ones(3), grey) - np.eye(3)) @ (1 - color), 0, 1)
    return 1 - (1 - turned) * (1 - rgb(DARK_PAGE))


def contrast(one, other):
    low, high = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(color, sight):
    xyz = TO_XYZ @ np.clip(np.asarray(SIGHT[sight]) @ linear(color), 0, 1) / np.array([0.95047, 1, 1.08883])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.fixture
def style():
    with mpl.rc_context():
        figures.use_style()
        yield
        figures.plt.close("all")


@pytest.mark.slow
def test_two_fresh_processes_write_the_same_bytes(tmp_path):
    files = [tmp_path / name for name in ("one.svg", "two.svg")]
    for file in files:
        subprocess.run([sys.executable, "-c", DRAW, str(file)], check=True, capture_output=True)
    one, two = (file.read_bytes() for file in files)
    assert one == two
    text = one.decode()
    assert "<text" not in text, "letters must be outlines"
    assert "TicketSans-Regular" in text, "the book's face was not used"
    assert "Cmmi10" in text, "formulas must be set in the face the page sets them in"
    assert not re.search(r"<dc:date>|Matplotlib v\d", text)
    assert "DejaVu" not in text, "a sign is missing from the book's face"


@pytest.mark.parametrize("page", ["paper", "dark"])
@pytest.mark.parametrize("sight", SIGHT)
def test_palette_is_told_apart(sight, page):
    seen = {name: rgb(c) if page == "paper" else on_dark(rgb(c)) for name, c in figures.PALETTE.items()}
    for one, other in itertools.combinations(seen, 2):
        distance = np.linalg.norm(lab(seen[one], sight) - lab(seen[other], sight))
        assert distance > 20, f"{one} and {other}: {distance:.1f}"


@pytest.mark.parametrize("name", figures.PALETTE)
def test_palette_has_contrast(name):
    color = rgb(figures.PALETTE[name])
    assert contrast(color, np.ones(3)) >= 3
    assert contrast(on_dark(color), rgb(DARK_PAGE)) >= 3


def test_the_stylesheet_turns_figures_as_tested():
    css = (Path(__file__).parents[2] / "_static" / "book.css").read_text("utf-8")
    assert re.search(r'img\[src\$="\.svg"\].*filter: invert\(1\) hue-rotate\(180deg\); mix-blend-mode: screen', css)


def test_fonts_are_small_and_carry_their_licence():
    folder = Path(figures.__file__).with_name("fonts")
    faces = sorted(folder.glob("*.ttf"))
    assert len(faces) == 3
    assert all(face.stat().st_size < 150_000 for face in faces)
    assert "SIL OPEN FONT LICENSE" in (folder / "OFL.txt").read_text("utf-8")


@pytest.mark.usefixtures("style")
def test_new_stacks_panels():
    fig, ax = figures.new()
    assert tuple(fig.get_size_inches()) == (5.2, 3.4)
    assert not ax.spines["top"].get_visible()
    fig, axes = figures.new(panels=3, height=2.0, sharex=True)
    assert axes.shape == (3,)
    assert tuple(fig.get_size_inches()) == (5.2, 6.0)


@pytest.mark.usefixtures("style")
def test_interval_points_draw_the_interval():
    _, ax = figures.new()
    drawn = figures.interval_points(ax, [1, 2], [0.1, 0.2], [0.2, 0.5], [0.4, 0.6], color="orange", label="measured")
    (segments,) = (bars.get_segments() for bars in drawn[2])
    np.testing.assert_allclose(segments[0], [[1, 0.1], [1, 0.4]])
    assert drawn[0].get_marker() == "^"
    assert ax.get_legend_handles_labels()[1] == ["measured"]


@pytest.mark.usefixtures("style")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mid": [0.5]}, "mid must be one-dimensional"),
        ({"high": [0.3, np.nan]}, "high must be finite"),
        ({"low": [0.3, 0.9]}, "low <= mid <= high"),
    ],
)
def test_interval_points_refuse(change, message):
    _, ax = figures.new()
    values = {"x": [1, 2], "low": [0.1, 0.1], "mid": [0.2, 0.2], "high": [0.3, 0.3]} | change
    with pytest.raises(ValueError, match=message):
        figures.interval_points(ax, **values)


@pytest.mark.usefixtures("style")
def test_sizes_and_names_are_checked(tmp_path):
    with pytest.raises(ValueError, match=r"width must be in \(0, 6.5\]"):
        figures.new(width=9)
    with pytest.raises(ValueError, match="panels must be at least 1"):
        figures.new(panels=0)
    fig, _ = figures.new()
    with pytest.raises(ValueError, match=r"must end in \.svg"):
        figures.save_svg(fig, tmp_path / "figure.png")


def test_use_style_twice_registers_each_face_once():
    with mpl.rc_context():
        figures.use_style()
        figures.use_style()
    names = [entry.fname for entry in figures.font_manager.fontManager.ttflist if entry.name == "Ticket Sans"]
    assert len(names) == len(set(names)) == 3


@pytest.mark.usefixtures("style")
@pytest.mark.parametrize("law", [[0.2, 0.4], ([1.0, 1.5, 2.0], [0.2, 0.3, 0.4])])
def test_measured_draws_the_law_in_the_colour_of_its_points(law):
    _, ax = figures.new()
    figures.measured(ax, [1, 2], statistics.wilson([10, 20], 50), law=law, color="green", label="n = 20")
    line = ax.lines[0]
    np.testing.assert_array_equal(line.get_ydata(), law[1] if isinstance(law, tuple) else law)
    assert {drawn.get_color() for drawn in ax.lines} == {figures.PALETTE["green"]}


@pytest.mark.usefixtures("style")
def test_show_has_a_legend_only_where_there_is_something_to_tell_apart(monkeypatch):
    monkeypatch.setattr(figures.plt, "show", lambda: None)
    _, ax = figures.new()
    ax.plot([1, 2])
    figures.show(ax, xlabel="n")
    assert ax.get_xlabel() == "n"
    assert ax.get_legend() is None
    ax.plot([2, 1], label="law")
    figures.show(ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["law"]
