"""An unrolled recurrent network: inputs below, states in a row, outputs and losses above."""

from dataclasses import dataclass

import numpy as np

from rnnkit.figures.arguments import count, expect_one_of, expect_whole
from rnnkit.figures.picture import Picture
from rnnkit.figures.strokes import arrow, cell, sheet, write
from rnnkit.figures.style import COLOR, FAINT, INK, QUIET, SMALL, TEXT, WIDTH

MOST_STEPS = 10


@dataclass
class Places:
    """Where the nodes of an unrolled network lie on a sheet, in inches. Step 0 is the initial state."""

    steps: int
    x_level: float = 0.8
    h_level: float = 1.9
    y_level: float = 3.0
    loss_level: float = 4.0

    @property
    def spacing(self):
        """The distance from step to step."""
        return min(1.7, (WIDTH - 0.9) / self.steps)

    @property
    def radius(self):
        """The radius of a node."""
        return min(0.32, 0.3 * self.spacing)

    def across(self, t):
        """How far to the right step t stands."""
        return WIDTH / 2 + (t - self.steps / 2) * self.spacing

    def x(self, t):
        """The place of the input x_t."""
        return np.array([self.across(t), self.x_level])

    def h(self, t):
        """The place of the state h_t."""
        return np.array([self.across(t), self.h_level])

    def y(self, t):
        """The place of the output y_t."""
        return np.array([self.across(t), self.y_level])

    def loss(self, t):
        """The place of the loss L_t."""
        return np.array([self.across(t), self.loss_level])


def draw_states(ax, places, inputs=True):
    """Draw the nodes that every unrolled network has: h_0, ..., h_T and, where wanted, the inputs below them."""
    small = places.radius < 0.28
    size = 12 if small else 15
    cell(ax, places.h(0), "$h_0$", FAINT, places.radius, size=size)
    for t in range(1, places.steps + 1):
        cell(ax, places.h(t), f"$h_{{{t}}}$", COLOR["h"], places.radius, size=size)
        if inputs:
            cell(ax, places.x(t), f"$x_{{{t}}}$", COLOR["x"], places.radius, "square", size=size)


def unrolled(steps=4, highlight=None, loss=None):
    """An unrolled network: at every step x_t goes up into h_t, h_{t-1} goes right into h_t, and y_t comes out above.

    steps: how many, 1 to 10. highlight: None, or "W_x", "W_h" or "W_y", whose every use is then marked.
    loss: None, "last" (the loss reads the last output only) or "every" (each output has a loss).
    Returns a Picture. Raises ValueError for anything else.
    """
    steps = expect_whole("unrolled", "steps", steps, 1, MOST_STEPS)
    expect_one_of("unrolled", "highlight", highlight, (None, "W_x", "W_h", "W_y"))
    expect_one_of("unrolled", "loss", loss, (None, "last", "every"))
    places = Places(steps)
    outputs = [steps] if loss == "last" else list(range(1, steps + 1))

    def draw(figure):
        ax = sheet(figure)
        draw_states(ax, places)
        for t in outputs:
            cell(ax, places.y(t), f"$y_{{{t}}}$", COLOR["y"], places.radius, "rounded",
                 size=12 if places.radius < 0.28 else 15)
        _draw_weights(ax, places, outputs, highlight)
        if loss:
            _draw_loss(ax, places, outputs)
        _draw_caption(ax, places, outputs, highlight)

    return Picture(draw, _unrolled_in_words(steps, highlight, loss), 4.4 if loss else 3.45)


def _uses(steps, outputs):
    return {"W_x": steps, "W_h": steps, "W_y": len(outputs)}


def _draw_weights(ax, places, outputs, highlight):
    """An arrow for every use of every weight, labeled with the weight's name."""
    uses = [("W_x", places.x(t), places.h(t)) for t in range(1, places.steps + 1)]
    uses += [("W_h", places.h(t - 1), places.h(t)) for t in range(1, places.steps + 1)]
    uses += [("W_y", places.h(t), places.y(t)) for t in outputs]
    small = places.spacing < 1.0
    for weight, start, end in uses:
        offset = (0, 0.2) if weight == "W_h" else (0.24, 0)
        lit = weight == highlight
        color = COLOR["W"] if lit else QUIET
        label = "" if highlight and not lit else f"${weight}$"
        arrow(ax, start, end, color, width=4 if lit else 1.5, gap=places.radius + 0.04)
        write(ax, (start + end) / 2 + offset, label, size=(10 if small else 13) + 2 * lit,
              color=INK if lit else QUIET)


def _draw_loss(ax, places, outputs):
    """One loss above every output that it reads."""
    for t in outputs:
        symbol = "$L$" if len(outputs) == 1 else f"$L_{{{t}}}$"
        cell(ax, places.loss(t), symbol, COLOR["loss"], 0.85 * places.radius, "square", size=13, filled=True)
        arrow(ax, places.y(t), places.loss(t), gap=(places.radius + 0.02, 0.85 * places.radius + 0.02))


def _draw_caption(ax, places, outputs, highlight):
    """One line below: how often the marked weight is used, or that the weights are the same at every step."""
    if highlight:
        uses = _uses(places.steps, outputs)[highlight]
        text = f"one matrix ${highlight}$, used {_times(uses)}"
    else:
        text = "the same $W_x$, $W_h$ and $W_y$ at every step"
    write(ax, (WIDTH / 2, 0.17), text, size=TEXT if highlight else SMALL, color=INK if highlight else QUIET)


def _times(uses):
    return "once" if uses == 1 else f"{uses} times"


def _unrolled_in_words(steps, highlight, loss):
    outputs = [steps] if loss == "last" else list(range(1, steps + 1))
    uses = _uses(steps, outputs)
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
