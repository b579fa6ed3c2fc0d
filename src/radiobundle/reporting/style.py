"""The style of figures: colours that every reader can tell apart, line styles that survive black-and-white print."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from radiobundle.files import replacing

# Okabe and Ito, "Color Universal Design", 2008, without yellow (too pale on paper).
BLUE, ORANGE, GREEN, PURPLE, SKY, RED, BLACK = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000",
)  # fmt: skip
COLOURS = (BLUE, RED, GREEN, PURPLE, ORANGE, SKY, BLACK)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
GRAY = "#666666"
SEQUENTIAL = "Blues"
DPI = 150
LEGEND_INCH = 0.5  # height of two lines below a panel


def new_figure(width_inch: float, height_inch: float) -> Figure:
    """Return an empty figure outside matplotlib's global state."""
    figure = Figure(figsize=(width_inch, height_inch), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def panels(
    count: int, *, columns: int = 4, size_inch: float = 3.0, legend_inch: float = 0.0
) -> tuple[Figure, list[Axes]]:
    """Return a figure with `count` square panels in rows of at most `columns`, each with room for a legend below."""
    across = min(columns, count)
    down = -(-count // across)
    height_inch = size_inch * (1.35 if count == 1 else 1.05) + legend_inch
    figure = new_figure(max(across * size_inch, 4.2), down * height_inch)
    axes = list(figure.subplots(down, across, squeeze=False).ravel())
    for extra in axes[count:]:
        extra.set_axis_off()
    return figure, axes[:count]


def tidy(axes: Axes, *, title: str = "", xlabel: str = "", ylabel: str = "") -> None:
    """Name the axes, remove the box, and add a pale grid behind."""
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(xlabel, fontsize=9)
    axes.set_ylabel(ylabel, fontsize=9)
    axes.tick_params(labelsize=8)
    axes.grid(True, color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def legend_below(axes: Axes) -> None:
    """Put the legend below the axes, where it covers nothing."""
    axes.legend(fontsize=7, frameon=False, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.16))


def save(figure: Figure, path: Path, *, dpi: int = DPI) -> Path:
    """Write the figure as PNG, atomically, without a time stamp, so that the same numbers give the same file."""
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=dpi, facecolor="white", metadata={"Software": None})
    return path
