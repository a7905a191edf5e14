"""What the diagrams of the LSTM cell and of the GRU cell share: words, parts, legend, and the strip of all steps."""

import numpy as np

from rnnkit.figures.style import COLOR, INK, QUIET, SHADE, readable_on, tint
from rnnkit.figures.svg import Sheet, color_of, number

WIDTH = 800                                 # px
LEFT, RIGHT, INPUT = 48, WIDTH - 48, 148    # where the old states, the new states and the input stand
FIRST, APART = 138, 42.5   # where the first step stands in the strip, and how far apart two steps are, in px


def one_hot(symbol, symbols):
    """The input of one step, (1, len(symbols)): 1 where the symbol is, all zeros where it is none of them."""
    return np.array([[float(symbol == known) for known in symbols]])


def quoted(symbol):
    """A symbol between quotation marks."""
    return f"\N{LEFT DOUBLE QUOTATION MARK}{symbol}\N{RIGHT DOUBLE QUOTATION MARK}"


def change(state, before, after):
    """What became of a state, in words: it stays at a number, or goes from one to another.

    A small state that changes by more than a tenth has not stayed, and gets as many digits as it takes to say so.
    """
    digits, moved = 2, abs(after - before) > max(0.1 * abs(before), 5e-4)
    while number(before, digits) == number(after, digits) and moved:
        digits += 1
    before, after = number(before, digits), number(after, digits)
    return f"the {state} stays at {after}" if before == after else f"the {state} goes from {before} to {after}"


def opening(gate):
    """0 for a gate that is closed (below 0.1), 2 for one that is open (above 0.9), 1 for one in between."""
    return 0 if gate < 0.1 else 2 if gate > 0.9 else 1


class CellSheet(Sheet):
    """A sheet of SVG with the parts of a gated cell. Every method adds to what is there."""

    def heading(self, title, deeds):
        """Two lines at the top: what the step does to the state, and what its gates do."""
        self.write((8, 20), f"{title}.", 17, ha="start", bold=True)
        self.write((8, 45), f"{deeds}.", 13, QUIET, ha="start")

    def input_strands(self, x, start, level, end):
        """A strand for each number of x, from the input's box at level `start` to `level`, and right to `end`."""
        for k, value in enumerate(x):
            below, across = 12 + 6 * k, INPUT - 6 + 6 * k
            self.strand([(across, start - 25), (across, level + below), (end, level + below)], value, thinner=0.5)

    def input_box(self, level, symbol):
        """The box of the input, with the symbol that the step reads."""
        self.box((INPUT, level), 46, 46, tint(COLOR["x"]), COLOR["x"], 2.5, 6)
        self.write((INPUT, level), symbol, 20, mono=True)
        self.write((INPUT - 36, level), "*x_t*", 15, ha="end")

    def weights(self, at, height):
        """The weights that strands go through."""
        self.box(at, 14, height, tint(COLOR["W"], 0.35), COLOR["W"], 1.5, 5)

    def activation(self, at, name, function, size=13):
        """The box of a gate or of the candidate: its name, and the function that squashes the sum."""
        self.box(at, 86, 48, SHADE, INK, 1.2, 9)
        self.write((at[0], at[1] - 10), name, size)
        self.write((at[0], at[1] + 11), f"*{function}*", 14)

    def plus(self, at):
        """The place where two strands are added."""
        self.circle(at, 15)
        self.write(at, "+", 19)

    def state(self, at, symbol, value, aside):
        """A state in a ring of its value's color. aside: how far below the symbol its value stands."""
        self.circle(at, 31, stroke=color_of(value), width=5)
        self.write(at, f"*{symbol}*", 16)
        self.write((at[0], at[1] + aside), number(value), 15, bold=True)

    def value(self, at, symbol, value, digits=2, ha="start"):
        """`symbol = value`, with the symbol as in a formula."""
        self.write(at, f"*{symbol}* = {number(value, digits)}", ha=ha)

    def valves(self, level):
        """What an open and a closed gate look like."""
        for gate, across, word in ((1, 225, "open"), (0, 292, "closed")):
            self.valve((across, level), gate, radius=9)
            self.write((across + 16, level), word, 12, QUIET, ha="start")

    def legend(self, level):
        """What an open and a closed gate look like, and what a line's color and width say."""
        self.scale(520, level, 220)
        self.write((498, level), "what a line carries", 12, QUIET, ha="end")
        self.valves(level)

    def timeline(self, symbols, t, gates, states, frame, looks=lambda value: (color_of(value), number(value, 1))):
        """All steps side by side, step t in a frame. A click on a step moves the first control there.

        symbols: (level, what each step reads). gates, states: rows (words, level, a value for each step).
        frame: the level of its middle, and its height. looks: color and text of a state's value.
        """
        middle, height = frame
        here = FIRST + APART * (t - 1)
        self.box((here, middle), APART, height, tint(COLOR["x"], 0.2), "none", corner=5)
        for words, level, _ in (*gates, *states):
            self.write((108, level), words, 12, ha="end")
        for k, symbol in enumerate(symbols[1]):
            across = FIRST + APART * k
            self.write((across, symbols[0]), symbol, 17, bold=k == t - 1, mono=True)
            for _, level, values in gates:
                self.valve((across, level), values[k], radius=9.5)
            for _, level, values in states:
                color, said = looks(values[k])
                self.box((across, level), APART - 1.5, 29, color, "none", corner=0)
                self.write((across, level), said, 12, readable_on(color))
        self.box((here, middle), APART, height, "none", INK, 2, 5)
        for k in range(len(symbols[1])):
            with self.marked(data_go=f"0 {k}", pointer_events="all"):
                self.box((FIRST + APART * k, middle), APART, height, "none", "none")
