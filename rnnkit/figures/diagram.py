"""The parts of a diagram without numbers: states, inputs, outputs, weights, as the diagrams of the cells have them."""

from rnnkit.figures.style import COLOR, INK, QUIET, SHADE, tint
from rnnkit.figures.svg import Sheet

WIDTH = 800   # px


class Diagram(Sheet):
    """A sheet of SVG with the parts of a network. Every method adds to what is there.

    A state is a ring, an input a square box, an output a round one, a loss a black box. Weights are bars, which lines
    go through.
    """

    def __init__(self, height, title):
        super().__init__(WIDTH, height)
        self.write((8, 20), title, 17, ha="start", bold=True)

    def state(self, at, symbol, radius=26, color=COLOR["h"]):
        """A state: a ring with a symbol in it."""
        self.circle(at, radius, stroke=color, width=max(2.5, radius / 6.5))
        self.write(at, f"*{symbol}*", max(12, 0.55 * radius))

    def input(self, at, symbol, radius=22):
        """An input: a box with square corners."""
        self.box(at, 2 * radius, 2 * radius, tint(COLOR["x"]), COLOR["x"], 2.5, 6)
        self.write(at, f"*{symbol}*", max(12, 0.64 * radius))

    def output(self, at, symbol, radius=22):
        """An output: a box with round corners."""
        self.box(at, 2 * radius, 2 * radius, tint(COLOR["y"]), COLOR["y"], 2.5, radius)
        self.write(at, f"*{symbol}*", max(12, 0.64 * radius))

    def loss(self, at, symbol, radius=18):
        """A loss: a black box."""
        self.box(at, 2 * radius, 2 * radius, COLOR["loss"], COLOR["loss"], corner=4)
        self.write(at, f"*{symbol}*", max(11, 0.75 * radius), "white")

    def weights(self, at, length=34, across=False, lit=False):
        """Weights, as a bar over a line. across: the line runs from left to right. lit: they are pointed out."""
        width, height = (14, length) if across else (length, 14)
        fill = COLOR["W"] if lit else tint(COLOR["W"], 0.35)
        self.box(at, width, height, fill, INK if lit else COLOR["W"], 2 if lit else 1.5, 5)

    def squash(self, at, symbol, width=36, height=28):
        """What squashes a sum: a gate or a candidate."""
        self.box(at, width, height, SHADE, INK, 1.2, 8)
        self.write(at, f"*{symbol}*", 13)

    def plus(self, at, radius=11):
        """The place where two lines are added."""
        self.circle(at, radius)
        self.write(at, "+", 15)

    def aside(self, at, text, size=12, ha="middle", color=QUIET):
        """A remark in small letters."""
        self.write(at, text, size, color, ha=ha)
