"""Recurrent networks by their inputs and outputs: one to one, one to many, many to one, many to many."""

from dataclasses import dataclass

from rnnkit.figures.picture import Picture
from rnnkit.figures.strokes import arrow, cell, sheet, write
from rnnkit.figures.style import COLOR, QUIET, SMALL, TEXT

APART, LEVEL, RADIUS = 0.56, 0.78, 0.19  # inches: from step to step, from row to row, and a node's


@dataclass(frozen=True)
class Wiring:
    """Which of the steps have an input, and which an output; steps count from 1."""

    name: str
    task: str
    steps: int
    inputs: tuple
    outputs: tuple

    @property
    def in_words(self):
        """The wiring as a phrase of the text alternative."""
        return (f"{self.name}, as from {self.task}: inputs at {_steps(self.inputs)} of {self.steps}, "
                f"outputs at {_steps(self.outputs)}")


WIRINGS = (
    Wiring("one to one", "an image to its label", 1, (1,), (1,)),
    Wiring("one to many", "an image to its caption", 3, (1,), (1, 2, 3)),
    Wiring("many to one", "a review to its sentiment", 3, (1, 2, 3), (3,)),
    Wiring("many to many, aligned", "each word to its part of speech", 3, (1, 2, 3), (1, 2, 3)),
    Wiring("many to many, encoder-decoder", "a sentence to its translation", 5, (1, 2, 3), (4, 5)),
)
PLACES = ((1.0, 3.1), (3.7, 3.1), (6.6, 3.1), (2.0, 0.15), (5.7, 0.15))


def _steps(steps):
    return "step " + str(steps[0]) if len(steps) == 1 else f"steps {steps[0]} to {steps[-1]}"


def wirings():
    """Five unrolled networks that differ in which steps have an input and which an output, each with a task.

    Returns a Picture.
    """
    words = "; ".join(wiring.in_words for wiring in WIRINGS)
    alt = ("Five small unrolled networks, inputs x below, states h in a row from left to right, outputs y "
           f"above. {words[0].upper()}{words[1:]}.")

    def draw(figure):
        ax = sheet(figure)
        for wiring, place in zip(WIRINGS, PLACES, strict=True):
            _draw_wiring(ax, wiring, place)

    return Picture(draw, alt, 5.9)


def _draw_wiring(ax, wiring, place):
    """A small unrolled network, its name and its task above it. place: the middle of its lower edge."""
    middle, bottom = place
    write(ax, (middle, bottom + 2.62), wiring.name, TEXT, fontweight="bold")
    write(ax, (middle, bottom + 2.38), wiring.task, SMALL, QUIET)
    for step in range(1, wiring.steps + 1):
        across = middle + (step - (wiring.steps + 1) / 2) * APART
        x, h, y = ((across, bottom + 0.3 + row * LEVEL) for row in range(3))
        cell(ax, h, "$h$", COLOR["h"], RADIUS, size=TEXT)
        if step > 1:
            arrow(ax, (across - APART, h[1]), h, gap=RADIUS + 0.02)
        if step in wiring.inputs:
            cell(ax, x, "$x$", COLOR["x"], RADIUS, "square", TEXT)
            arrow(ax, x, h, gap=RADIUS + 0.02)
        if step in wiring.outputs:
            cell(ax, y, "$y$", COLOR["y"], RADIUS, "rounded", TEXT)
            arrow(ax, h, y, gap=RADIUS + 0.02)
