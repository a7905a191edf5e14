"""An unrolled recurrent network: inputs below, states in a row, outputs and losses above."""

import numpy as np

from rnnkit.figures.arguments import count, expect_one_of, expect_whole
from rnnkit.figures.diagram import WIDTH, Diagram
from rnnkit.figures.picture import Drawing
from rnnkit.figures.style import COLOR, INK, QUIET

MOST_STEPS = 10
LOSS, OUTPUT, STATE, INPUT = 66, 140, 245, 350   # levels, from the top, in px


def unrolled(steps=4, highlight=None, loss=None):
    """An unrolled network: at every step x_t goes up into h_t, h_{t-1} goes right into h_t, and y_t comes out above.

    steps: how many, 1 to 10. highlight: None, or "W_x", "W_h" or "W_y", whose every use is then marked.
    loss: None, "last" (the loss reads the last output only) or "every" (each output has a loss).
    Returns a Drawing. Raises ValueError for anything else.
    """
    steps = expect_whole("unrolled", "steps", steps, 1, MOST_STEPS)
    expect_one_of("unrolled", "highlight", highlight, (None, "W_x", "W_h", "W_y"))
    expect_one_of("unrolled", "loss", loss, (None, "last", "every"))
    outputs = [steps] if loss == "last" else list(range(1, steps + 1))
    uses = {"W_x": steps, "W_h": steps, "W_y": len(outputs)}
    return Drawing(_drawn(steps, outputs, highlight, loss, _title(uses, highlight, loss)),
                   _in_words(steps, outputs, uses, highlight, loss))


def _title(uses, highlight, loss):
    what = f"One matrix *{highlight}*, used {_times(uses[highlight])}" if highlight else (
        "The same *W_x*, *W_h* and *W_y* at every step")
    return what + (", and one loss, at the end" if loss == "last" else "")


def _times(uses):
    return "once" if uses == 1 else f"{uses} times"


def _drawn(steps, outputs, highlight, loss, title):
    lift = 0 if loss else OUTPUT - LOSS    # what a picture without losses saves
    loss_level, output, state, level = (np.array([LOSS, OUTPUT, STATE, INPUT]) - lift)
    sheet = Diagram(int(level) + 34, title)
    apart = min(170, (WIDTH - 100) / steps)
    radius = min(26, 0.28 * apart)
    across = WIDTH / 2 + (np.arange(steps + 1) - steps / 2) * apart
    for t in range(1, steps + 1):
        x, h = (across[t], level), (across[t], state)
        _line(sheet, "W_x", highlight, (x[0], x[1] - 0.85 * radius), (h[0], h[1] + radius + 3), COLOR["x"])
        _line(sheet, "W_h", highlight, (across[t - 1] + radius, state), (h[0] - radius - 3, state), COLOR["h"])
        if t in outputs:
            _line(sheet, "W_y", highlight, (h[0], h[1] - radius), (h[0], output + 0.85 * radius + 3), COLOR["y"])
            sheet.output((h[0], output), f"y_{{{t}}}", 0.85 * radius)
        if t in outputs and loss:
            sheet.way([(h[0], output - 0.85 * radius), (h[0], loss_level + 0.7 * radius + 2)], QUIET, 2, arrow=True)
            sheet.loss((h[0], loss_level), f"L_{{{t}}}" if len(outputs) > 1 else "L", 0.7 * radius)
        sheet.input(x, f"x_{{{t}}}", 0.85 * radius)
    for t in range(steps + 1):
        sheet.state((across[t], state), f"h_{{{t}}}", radius, COLOR["h"] if t else QUIET)
    return str(sheet)


def _line(sheet, weight, highlight, start, end, color):
    """A line from part to part, through the weights that it stands for."""
    lit, sideways = weight == highlight, weight == "W_h"
    start, end = np.array(start, float), np.array(end, float)
    long = np.linalg.norm(end - start)
    sheet.way([start, end], color, 5 if sideways and long > 40 else 3, arrow=True)
    middle = start + 0.4 * (end - start)
    sheet.weights(middle, 34 if long > 40 else 20, sideways, lit)
    if long > 40 and (lit or not highlight):
        aside = (0, -28) if sideways else (22, 0)
        sheet.write(middle + aside, f"*{weight}*", 15 if lit else 13, INK if lit else QUIET,
                    ha="middle" if sideways else "start", bold=lit)


def _in_words(steps, outputs, uses, highlight, loss):
    words = [f"A recurrent network, unrolled over {count(steps, 'step')}, from left to right.",
             "At step t the input x_t goes up through W_x, the state before it, h_(t-1), goes right through "
             "W_h, and they meet in the state h_t. The first state is h_0."]
    words.append(f"Only the last state, h_{steps}, has an output, y_{steps}, through W_y." if loss == "last"
                 else "Every state h_t has an output y_t above it, through W_y.")
    if loss:
        words.append(f"The loss L reads y_{steps}." if len(outputs) == 1
                     else f"Every output has a loss of its own, L_1 to L_{steps}.")
    if highlight:
        words.append(f"{highlight} is marked wherever it stands: one matrix, used {_times(uses[highlight])}.")
    else:
        words.append(f"The weights are the same at every step: W_x and W_h are used {_times(steps)} each, "
                     f"W_y {_times(uses['W_y'])}.")
    return " ".join(words)
