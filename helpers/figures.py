"""How every figure of the course looks, and how it reaches the page.

A colour means the same thing in every notebook; a line style says it again for those who do
not see the colour. Theory is always dashed. The colours are Okabe and Ito's colour-blind safe set
(Okabe & Ito 2008, "Color Universal Design").
"""

import html

import matplotlib
import numpy as np
from cycler import cycler
from IPython.display import display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from .canvas import DISPLAY_DPI, pixels, small_png

__all__ = [
    "CLASSES",
    "CLASS_MAP",
    "EXACT",
    "GRID",
    "NUMERICAL",
    "SERIES",
    "THEORY",
    "figure",
    "scatter_classes",
    "show",
    "use_style",
]

# What a colour means. Each is a set of keyword arguments for `Axes.plot`.
EXACT = {"color": "#000000", "linestyle": "-", "linewidth": 1.6}
THEORY = {"color": "#4d4d4d", "linestyle": "--", "linewidth": 1.6}
GRID = {"color": "#b0b0b0", "linewidth": 0.7}
# Several numerical series in one picture; one alone is the first of them.
SERIES = (
    {"color": "#0072B2", "linestyle": "-", "marker": "o", "markersize": 5},
    {"color": "#D55E00", "linestyle": "-", "marker": "s", "markersize": 5},
    {"color": "#009E73", "linestyle": "-", "marker": "^", "markersize": 6},
    {"color": "#E69F00", "linestyle": "-", "marker": "D", "markersize": 5},
)
NUMERICAL = SERIES[0]
# Two classes of points: colour and marker both differ.
CLASSES = ({"color": "#D55E00", "marker": "o"}, {"color": "#0072B2", "marker": "^"})
# From class 0 to class 1, for decisions: white where a network is undecided.
CLASS_MAP = LinearSegmentedColormap.from_list("classes", [CLASSES[0]["color"], "white", CLASSES[1]["color"]])

PIXEL_RATIO = 1.25  # drawn finer than shown, so that text stays sharp on dense screens
LIVE_RATIO = 1.0  # of a panel that moves: a finer picture takes longer to draw, to send and, most of all, to show

STYLE = {
    "axes.axisbelow": True,  # the grid under all data; and a panel draws it once
    "axes.grid": True,
    "axes.prop_cycle": cycler(
        color=[*(series["color"] for series in SERIES), "#CC79A7", "#56B4E9", "#000000", "#7F7F7F"]
    ),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "grid.alpha": 0.25,
    "legend.fontsize": 9,
    "legend.framealpha": 0.9,
    "lines.linewidth": 1.8,
}


def use_style() -> None:
    """Put the course's style into matplotlib's rcParams (once, in a notebook's setup cell)."""
    matplotlib.rcParams.update(STYLE)


def figure(rows: int = 1, cols: int = 1, width: float = 8.0, height: float = 3.4, **subplots):
    """A figure with an Agg canvas of its own: no pyplot, no window, nothing to close.

    width, height: inches. subplots: as for `Figure.subplots`.
    Returns the figure and its axes (one, or an array as `Figure.subplots` gives it).
    """
    fig = Figure(figsize=(width, height), dpi=DISPLAY_DPI * PIXEL_RATIO, layout="constrained")
    FigureCanvasAgg(fig)
    return fig, fig.subplots(rows, cols, **subplots)


def scatter_classes(ax, points, labels, size: float = 12, alpha: float = 0.8, **kwargs) -> list:
    """Draw points, shape (n, 2), in the colour and marker of their class (labels 0 or 1).

    Returns the two collections, class 0 first.
    """
    points, labels = np.asarray(points), np.asarray(labels)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"points of shape {points.shape}: expected (n, 2)")
    if labels.shape != points.shape[:1] or not np.isin(labels, (0, 1)).all():
        raise ValueError(f"labels of shape {labels.shape}, values {np.unique(labels)}: expected 0 or 1 for each point")
    return [
        ax.scatter(
            *points[labels == k].T, s=size, alpha=alpha, linewidths=0, label=f"class {k}", **CLASSES[k], **kwargs
        )
        for k in (0, 1)
    ]


def display_png(png: bytes, width: int, height: int, alt: str) -> None:
    """Send a PNG to the page with its size in CSS pixels and its alternative text."""
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt={alt!r}: expected a sentence that says what the picture shows")
    display(
        {"image/png": png, "text/plain": alt},
        raw=True,
        metadata={"image/png": {"alt": alt, "width": width, "height": height}},
    )
    # JupyterLab drops the alt of a picture: an empty element beside it says the sentence to a screen reader. Where the
    # alt is kept, on GitHub, its attributes are taken away, and it says nothing.
    display({"text/html": f'<div role="img" aria-label="{html.escape(alt)}"></div>', "text/plain": ""}, raw=True)


def show(fig: Figure, alt: str) -> None:
    """Display a finished figure. alt: the sentence that a screen reader reads instead of it."""
    fig.canvas.draw()
    width, height = (round(inches * DISPLAY_DPI) for inches in fig.get_size_inches())
    display_png(small_png(pixels(fig)), width, height, alt)
