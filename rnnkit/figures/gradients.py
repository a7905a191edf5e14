"""Gradients on their way back through an unrolled network."""

import numpy as np

from rnnkit.figures.arguments import expect_functions
from rnnkit.figures.explorer import Choice, Explorer, Slider
from rnnkit.figures.network import Places, draw_states
from rnnkit.figures.picture import Picture
from rnnkit.figures.strokes import arrow, cell, headline, sheet, write
from rnnkit.figures.style import COLOR, FAINT, INK, QUIET, SMALL, TEXT, WIDTH, tint

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

    def picture_of(loss, radius):
        sends = [loss in (EVERY, str(t)) for t in range(1, T + 1)]
        arrives = gradients_sent_back(rnn_forward, rnn_backward, sends, radius)
        title = _title(sends, arrives)
        return Picture(lambda figure: _draw_flow(figure, sends, arrives, title),
                       _flow_in_words(sends, arrives, radius, title), 4.1)

    steps = tuple(str(t) for t in range(1, T + 1))
    return Explorer(picture_of,
                    loss=Choice("Loss at step", (*steps, EVERY), steps[-1], ordered=True),
                    radius=Slider("Spectral radius of W_h", 0.3, 1.5, 0.05, 0.7))


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
    first = f"the initial state gets {_number(arrives[0])}"
    if sum(sends) > 1:
        return f"{sum(sends)} losses send 1 each, {first}"
    rate = arrives[0] ** (1 / (sends.index(True) + 1))
    return f"The loss sends 1, {first}: times {rate:.2f} a step"


def _number(size):
    return f"{size:.2g}" if 0 < size < 0.995 else f"{size:.3g}"


def _flow_in_words(sends, arrives, radius, title):
    on = [t for t, sent in enumerate(sends, start=1) if sent]
    numbers = ", ".join(f"{_number(arrives[t])} at h_{t}" for t in reversed(range(T)))
    where = f"The loss at step {on[0]} is" if len(on) == 1 else "The losses at all steps are"
    return (f"Gradients on their way back through {T} steps, where W_h has spectral radius {radius:g}. "
            f"{where} switched on. {title}. What the step after it sends back to each state: {numbers}.")


def _draw_flow(figure, sends, arrives, title):
    ax, places = sheet(figure), Places(T, x_level=0.75, h_level=1.85, loss_level=3.15)
    headline(figure, title)
    draw_states(ax, places)
    for t in range(1, T + 1):
        arrow(ax, places.x(t), places.h(t), FAINT, 1, gap=places.radius + 0.03)
        above = np.array([0, 0.13])
        arrow(ax, places.h(t - 1) + above, places.h(t) + above, FAINT, 1, gap=places.radius)
        _gradient(ax, places.h(t) - above, places.h(t - 1) - above, arrives[t - 1], places.radius, (0, -0.27))
        if sends[t - 1]:
            cell(ax, places.loss(t), f"$L_{{{t}}}$", COLOR["loss"], 0.27, "square", size=13, filled=True)
            _gradient(ax, places.loss(t), places.h(t), 1, (0.27, places.radius + 0.03), (0.22, 0))
    write(ax, (0.1, 0.18), "gray: forward", SMALL, QUIET, ha="left")
    write(ax, (WIDTH - 0.1, 0.18), "with numbers: the gradient on its way back, and its length", SMALL,
          COLOR["gradient"], ha="right")


def _gradient(ax, start, end, size, gap, aside):
    """An arrow, broader and darker the longer the gradient is, and its length beside it."""
    if size > 0:
        width, strength = np.clip(4 + 2 * np.log10(size), 1, 8), np.clip(1 + 0.25 * np.log10(size), 0.35, 1)
        arrow(ax, start, end, tint(COLOR["gradient"], strength), width, gap)
    write(ax, (start + end) / 2 + aside, _number(size), TEXT, INK if size > 0 else QUIET)
