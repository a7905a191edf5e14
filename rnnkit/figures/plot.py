"""A plot in SVG: axes from data to px, ticks, curves, and labels beside their ends that never collide."""

import numpy as np

from rnnkit.figures.arguments import scientific
from rnnkit.figures.labels import spread
from rnnkit.figures.style import FAINT, INK, QUIET
from rnnkit.figures.svg import Wave, number

DASHED = {"-": "", "--": "7 4", ":": "2 3", "-.": "7 3 2 3"}     # stroke-dasharray, by the name of a line style


class Plot:
    """Axes on a Sheet: a box of the sheet, in px, and the data that its edges stand for.

    box: (left, top, right, bottom). across, up: the data at its ends, (low, high). log: whether `up` is a log axis.
    """

    def __init__(self, sheet, box, across, up, log=False):
        self.sheet, self.log = sheet, log
        self.left, self.top, self.right, self.bottom = box
        self.low, self.high = across
        self.floor, self.ceiling = np.log10(up) if log else up

    def x(self, value):
        """How far to the right a value stands, in px."""
        return self.left + (value - self.low) / (self.high - self.low) * (self.right - self.left)

    def y(self, value):
        """At which height a value stands, in px; one beyond an edge stands on the edge, and not a number below."""
        with np.errstate(divide="ignore", invalid="ignore"):
            level = np.log10(value) if self.log else np.asarray(value, float)
        share = np.clip((np.nan_to_num(level, nan=-np.inf) - self.floor) / (self.ceiling - self.floor), 0, 1)
        return self.bottom - share * (self.bottom - self.top)

    def axis_x(self, ticks, name, digits=0):
        """The horizontal axis, with numbers at the ticks."""
        self.line((self.left, self.bottom), (self.right, self.bottom), QUIET)
        for tick in ticks:
            self.line((self.x(tick), self.bottom), (self.x(tick), self.bottom + 4), QUIET)
            self.sheet.write((self.x(tick), self.bottom + 15), number(tick, digits), 12, QUIET)
        self.sheet.write(((self.left + self.right) / 2, self.bottom + 34), name, 13)

    def axis_y(self, ticks, name, digits=0):
        """The vertical axis, with numbers at the ticks, or powers of ten on a log axis."""
        self.line((self.left, self.top), (self.left, self.bottom), QUIET)
        for tick in ticks:
            self.line((self.left - 4, self.y(tick)), (self.left, self.y(tick)), QUIET)
            said = power(tick) if self.log else number(tick, digits)
            self.sheet.write((self.left - 8, self.y(tick)), said, 12, QUIET, ha="end")
        self.sheet.write((self.left - 40, self.top - 14), name, 13, ha="start")

    def line(self, start, end, color=INK, width=1.0, dashes="-"):
        """A straight line between two places in px."""
        way = f"M{start[0]:.1f},{start[1]:.1f} L{end[0]:.1f},{end[1]:.1f}"
        self.sheet.add("path", d=way, stroke=color, stroke_width=width, stroke_dasharray=DASHED[dashes])

    def level(self, value, color=FAINT, dashes="-"):
        """A horizontal line at a value."""
        self.line((self.left, self.y(value)), (self.right, self.y(value)), color, dashes=dashes)

    def curve(self, values, color, dashes="-", start=None, apart=None, width=2.2):
        """A curve through values that are equally far apart: from the left edge to the right, or as given in px."""
        start = self.left if start is None else start
        apart = (self.right - self.left) / (len(values) - 1) if apart is None else apart
        self.sheet.add("path", d=Wave(start, apart, tuple(self.y(values).round(1).tolist())), fill="none", stroke=color,
                       stroke_width=width, stroke_dasharray=DASHED[dashes], stroke_linejoin="round")

    def label_ends(self, ends, color, apart=34):
        """A label of lines to the right of each curve's end, joined to it. ends: (lines, dashes, last value) each."""
        levels = [float(self.y(value)) for *_, value in ends]
        for (lines, dashes, _), level, place in zip(ends, levels, spread(levels, apart), strict=True):
            self.line((self.right + 4, level), (self.right + 34, place), color, 1.5, dashes)
            for k, line in enumerate(lines):
                self.sheet.write((self.right + 42, place + 17 * (k - (len(lines) - 1) / 2)), line, 13, ha="start")


def power(size):
    """A size in two digits, and in one beside a power of ten: 0.22, 3.1, 750, 7 × 10⁻⁸."""
    return scientific(size, 2 if size == 0 or not np.isfinite(size) or 0.001 <= abs(size) < 10_000 else 1)
