"""Recurrent networks by their inputs and outputs: one to one, one to many, many to one, many to many."""

from dataclasses import dataclass

from rnnkit.figures.diagram import Diagram
from rnnkit.figures.picture import Drawing
from rnnkit.figures.style import COLOR, QUIET, tint

APART, LEVEL, RADIUS = 58, 72, 16   # px: from step to step, from row to row, and a node's radius
HEIGHT = 612


@dataclass(frozen=True)
class Wiring:
    """Which of the steps have an input, and which an output; steps count from 1. second: where a decoder begins."""

    name: str
    task: str
    steps: int
    inputs: tuple
    outputs: tuple
    second: int = 99

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
    Wiring("many to many, encoder-decoder", "a sentence to its translation", 5, (1, 2, 3), (4, 5), 4),
)
PLACES = ((110, 52), (370, 52), (650, 52), (190, 344), (560, 344))


def _steps(steps):
    return "step " + str(steps[0]) if len(steps) == 1 else f"steps {steps[0]} to {steps[-1]}"


def wirings():
    """Five unrolled networks that differ in which steps have an input and which an output, each with a task.

    Returns a Drawing.
    """
    words = "; ".join(wiring.in_words for wiring in WIRINGS)
    alt = ("Five small unrolled networks, inputs x below, states h in a row from left to right, outputs y "
           f"above. {words[0].upper()}{words[1:]}. The first hands no state on, so it is not recurrent. In the last, "
           "the decoder begins with the encoder's last state.")
    sheet = Diagram(HEIGHT, "One cell, five uses: inputs and outputs at different steps")
    for wiring, place in zip(WIRINGS, PLACES, strict=True):
        _draw_wiring(sheet, wiring, *place)
    return Drawing(str(sheet), alt)


def _draw_wiring(sheet, wiring, middle, top):
    """A small unrolled network, its name and its task above it."""
    sheet.write((middle, top), wiring.name, 15, bold=True)
    sheet.aside((middle, top + 22), wiring.task)
    output, state, level = (top + 62 + LEVEL * row for row in range(3))
    first = middle - (wiring.steps - 1) * APART / 2
    for step in range(1, wiring.steps + 1):
        across = first + (step - 1) * APART
        if step in wiring.inputs:
            sheet.way([(across, level - RADIUS), (across, state + RADIUS + 2)], COLOR["x"], 2.5, arrow=True)
            sheet.input((across, level), "x", RADIUS)
        if step in wiring.outputs:
            sheet.way([(across, state - RADIUS), (across, output + RADIUS + 2)], COLOR["y"], 2.5, arrow=True)
            sheet.output((across, output), "y", RADIUS)
        if step > 1:
            sheet.way([(across - APART + RADIUS, state), (across - RADIUS - 2, state)], COLOR["h"], 4, arrow=True)
        if step >= wiring.second:
            sheet.circle((across, state), RADIUS + 5, tint(COLOR["h"], 0.25), COLOR["h"], 1.5)
        sheet.state((across, state), "h", RADIUS, COLOR["h"] if wiring.steps > 1 else QUIET)
    if wiring.steps == 1:
        sheet.aside((middle, level + 36), "no state is handed on:")
        sheet.aside((middle, level + 52), "not recurrent")
    if wiring.second < wiring.steps:
        decoder = first + (wiring.second - 1) * APART
        sheet.aside((first + APART, level + 36), "encoder")
        sheet.aside((decoder + APART / 2 + 26, level - 8), "decoder: begins with")
        sheet.aside((decoder + APART / 2 + 26, level + 8), "the encoder's last state")
