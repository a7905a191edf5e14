"""Gradients on their way back through an unrolled network."""

import numpy as np

from rnnkit.figures.arguments import expect_functions
from rnnkit.figures.explorer import Control, Explorer, numbers
from rnnkit.figures.picture import Drawing
from rnnkit.figures.plot import power
from rnnkit.figures.style import COLOR, FAINT, INK, QUIET, SHADE, tint
from rnnkit.figures.svg import Sheet

T, D, H = 6, 2, 4
EVERY = "every step"


def gradient_explorer(rnn_forward, rnn_backward):
    """The gradient that arrives at each state of an unrolled network when losses go back through `rnn_backward`.

    rnn_forward: rnn_forward(x, h0, W_x, W_h, b) -> h, cache. rnn_backward: rnn_backward(dh, cache) ->
    dx, dh0, dW_x, dW_h, db. They run on six steps with N = 1, D = 2, H = 4, and only h, dh0 are looked at.
    Returns an Explorer with the controls `loss` (the step whose loss is on: "1" to "6", or "every step") and
    `radius` (the spectral radius of W_h). Raises ValueError where one of the two is no function.
    """
    expect_functions("gradient_explorer", rnn_forward=rnn_forward, rnn_backward=rnn_backward)

    def frame_of(loss, radius):
        sends = [loss in (EVERY, str(t)) for t in range(1, T + 1)]
        arrives = gradients_sent_back(rnn_forward, rnn_backward, sends, radius)
        title = _title(sends, arrives)
        return Drawing(_draw_flow(sends, arrives, title), _flow_in_words(sends, arrives, radius, title))

    ends = tuple(str(t) for t in range(1, T + 1))
    return Explorer(frame_of, "radius", pace=500,
                    loss=Control("Loss at step", (*ends, EVERY), ends[-1]),
                    radius=numbers("Spectral radius of W_h", 0.3, 1.5, 0.1, 0.7))


def gradients_sent_back(rnn_forward, rnn_backward, sends, radius):
    """|dL/dh_t| for t = 0, ..., 5, as step t + 1 sends it back: dh0 of the sequence that starts from h_t.

    Inputs and initial state are small and fixed.

    sends: for each step, whether its loss is on and sends a fixed upstream gradient of length 1 into h_t.
    radius: the spectral radius of W_h, which is a fixed random orthogonal matrix times this number. Returns (T,).
    """
    rng = np.random.default_rng(4)
    x, h_t = 0.1 * rng.standard_normal((T, 1, D)), 0.1 * rng.standard_normal((1, H))
    W_x, b = rng.standard_normal((D, H)), np.zeros(H)
    W_h = radius * np.linalg.qr(rng.standard_normal((H, H)))[0]
    upstream = rng.standard_normal(H)
    dh = np.outer(sends, upstream / np.linalg.norm(upstream)).reshape(T, 1, H)
    arrives = np.empty(T)
    for t in range(T):
        h, cache = rnn_forward(x[t:], h_t, W_x, W_h, b)
        arrives[t] = np.linalg.norm(rnn_backward(dh[t:].copy(), cache)[1])
        h_t = np.array(h[0])
    return arrives


def _title(sends, arrives):
    first = f"the initial state gets {power(arrives[0])}"
    if sum(sends) > 1:
        return f"{sum(sends)} losses send 1 each, {first}"
    rate = arrives[0] ** (1 / (sends.index(True) + 1))
    return f"The loss sends 1, {first}: times {rate:.2f} a step"


def _flow_in_words(sends, arrives, radius, title):
    on = [t for t, sent in enumerate(sends, start=1) if sent]
    numbers = ", ".join(f"{power(arrives[t])} at h_{t}" for t in reversed(range(T)))
    where = f"The loss at step {on[0]} is" if len(on) == 1 else "The losses at all steps are"
    return (f"Gradients on their way back through {T} steps, where W_h has spectral radius {radius:g}. "
            f"{where} switched on. {title}. What the step after it sends back to each state: {numbers}.")


def _draw_flow(sends, arrives, title):
    """Inputs, states and losses in columns; forward arrows in gray, and every gradient with its length."""
    sheet = Sheet(800, 400)
    sheet.write((8, 20), title, 17, ha="start", bold=True)
    across, top, level, below = [70 + 112 * t for t in range(T + 1)], 95, 215, 330
    for t, here in enumerate(across):
        if t:
            sheet.way([(here, below - 24), (here, level + 34)], FAINT, 1.5, arrow=True)
            sheet.way([(across[t - 1] + 30, level - 14), (here - 30, level - 14)], FAINT, 1.5, arrow=True)
            sheet.gradient([(here - 30, level + 10), (across[t - 1] + 30, level + 10)], arrives[t - 1])
            sheet.write((here - 56, level + 36), power(arrives[t - 1]), 14)
            sheet.box((here, below), 46, 46, tint(COLOR["x"]), COLOR["x"], 2, 6)
            sheet.write((here, below), f"*x_{t}*", 15)
            on = sends[t - 1]
            with sheet.marked(**({} if on else {"visibility": "hidden"})):
                sheet.gradient([(here, top + 22), (here, level - 34)], 1.0)
            sheet.box((here, top), 44, 44, INK if on else "white", INK if on else FAINT, 2, 6)
            sheet.write((here, top), f"*L_{t}*", 15, "#FFFFFF" if on else QUIET)
            sheet.write((here + 12, (top + level) / 2 - 4), "1" if on else "", 14, ha="start")
        sheet.circle((here, level), 30, tint(COLOR["h"]) if t else SHADE, COLOR["h"] if t else QUIET, 2)
        sheet.write((here, level), f"*h_{t}*", 15)
    sheet.write((8, 385), "gray: forward", 12, QUIET, ha="start")
    sheet.write((792, 385), "with numbers: the gradient on its way back, and its length", 12, QUIET, ha="end")
    return sheet
