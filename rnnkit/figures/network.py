"""The places of an unrolled network on a sheet of matplotlib, and its states."""

from dataclasses import dataclass

import numpy as np

from rnnkit.figures.strokes import cell
from rnnkit.figures.style import COLOR, FAINT, WIDTH


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
