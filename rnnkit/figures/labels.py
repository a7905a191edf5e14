"""Labels beside the ends of curves, and how far apart labels have to be moved."""

import numpy as np

from rnnkit.figures.style import DASHES, TEXT


def label_ends(ax, ends, colors, gap=0.15):
    """Write a label to the right of each curve, and join it to the curve's end with the curve's own line style.

    ends: label -> the last value of its curve, at most as many as there are DASHES. colors: of the curves.
    gap: how far apart the labels are at least, as a share of the axis.
    """
    places = heights(ax, ends.values())
    for label, place, level, dashes, color in zip(ends, places, spread(places, gap), DASHES, colors, strict=False):
        ax.plot([1.01, 1.07], [place, level], color=color, linestyle=dashes, linewidth=1.5,
                transform=ax.transAxes, clip_on=False)
        ax.text(1.08, level, label, fontsize=TEXT, va="center", transform=ax.transAxes)


def heights(ax, values):
    """Where values stand on the vertical axis, from 0 at its bottom to 1 at its top. Not a number stands at the top."""
    low, high, *levels = ax.yaxis.get_transform().transform(np.array([*ax.get_ylim(), *values], float))
    return [1 if np.isnan(level) else np.clip((level - low) / (high - low), 0, 1) for level in levels]


def spread(positions, gap):
    """Positions for labels: as near to the given ones as may be, in the same order, at least `gap` apart."""
    positions = np.asarray(positions, float)
    order = np.argsort(positions, kind="stable")
    groups = []
    for place in positions[order]:
        groups.append([place, 1])
        while len(groups) > 1 and _overlap(*groups[-2:], gap):
            (first, m), (second, n) = groups.pop(-2), groups.pop()
            groups.append([(first * m + second * n) / (m + n), m + n])
    placed = np.empty_like(positions)
    placed[order] = [center + gap * (k - (n - 1) / 2) for center, n in groups for k in range(n)]
    return placed


def _overlap(below, above, gap):
    return above[0] - below[0] < gap * (below[1] + above[1]) / 2
