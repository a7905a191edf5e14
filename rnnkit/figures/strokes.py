"""The parts of a diagram in matplotlib: a sheet, cells with a symbol in them, arrows between them, blocks to scale.

Positions and lengths are inches on the sheet; (0, 0) is its lower left corner.
"""

import numpy as np

from rnnkit.figures.style import FAINT, INK, TEXT, TITLE, tint


def sheet(figure):
    """Axes over the whole figure, with nothing drawn, in which one unit is an inch."""
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, figure.get_figwidth()), ylim=(0, figure.get_figheight()))
    ax.axis("off")
    return ax


def headline(figure, text):
    """The title of a picture: what it says, in one line at its top."""
    figure.text(0.012, 1 - 0.3 / figure.get_figheight(), text, fontsize=TITLE, fontweight="bold", va="center")


def arrow(ax, start, end, color=INK, width=1.5, gap=0.0, bend=0.0, dashed=False):
    """An arrow that leaves `gap` free at both ends.

    gap: one length for both ends, or a pair. bend: how far it curves to its left, as a share of its length.
    """
    start, end = np.asarray(start, float), np.asarray(end, float)
    along = (end - start) / np.linalg.norm(end - start)
    before, after = np.broadcast_to(gap, 2)
    ax.annotate("", xy=end - after * along, xytext=start + before * along, zorder=2, arrowprops={
        "arrowstyle": f"-|>,head_width={0.14 + 0.06 * width},head_length={0.3 + 0.1 * width}", "color": color,
        "linewidth": width, "shrinkA": 0, "shrinkB": 0, "linestyle": "--" if dashed else "-",
        "connectionstyle": f"arc3,rad={-bend}"})


def write(ax, at, text, size=TEXT, color=INK, ha="center", va="center", **more):
    """Text at a place; `more` is passed on to matplotlib."""
    return ax.text(*at, text, fontsize=size, color=color, ha=ha, va=va, **more)


def block(ax, corner, rows, columns, unit, color=FAINT, share=0.2, strong=False):
    """A matrix to scale: rows x columns squares of side `unit`, from its upper left corner."""
    from matplotlib.collections import LineCollection
    from matplotlib.patches import Rectangle
    left, top = corner
    right, bottom = left + columns * unit, top - rows * unit
    place = (left, bottom), right - left, top - bottom
    ax.add_patch(Rectangle(*place, facecolor=tint(color, share), zorder=1))
    inner = [[(left + k * unit, bottom), (left + k * unit, top)] for k in range(1, columns)]
    inner += [[(left, top - k * unit), (right, top - k * unit)] for k in range(1, rows)]
    ax.add_collection(LineCollection(inner, colors="white", linewidths=1, zorder=1), autolim=False)
    width = 3 if strong else 1.5
    ax.add_patch(Rectangle(*place, facecolor="none", edgecolor=color, linewidth=width, zorder=2))
