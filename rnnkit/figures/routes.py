"""How much of a gradient comes back along the two routes from one cell state to the one before."""

import numpy as np

from rnnkit.figures.arguments import expect_functions
from rnnkit.figures.explorer import Control, Explorer, numbers
from rnnkit.figures.picture import Drawing
from rnnkit.figures.plot import Plot, power
from rnnkit.figures.style import COLOR, FAINT
from rnnkit.figures.svg import Sheet
from rnnkit.lstm import lstm_backward as whole_backward
from rnnkit.lstm import lstm_forward as known_forward

T, D, H = 100, 4, 16
LIMITS = 1e-36, 1e6


def routes_explorer(lstm_forward, lstm_backward, forget_bias):
    """How much of the last hidden state's gradient comes back to each input, and how much along the cell state alone.

    lstm_forward: lstm_forward(x, h0, c0, W_x, W_h, b) -> h, c, cache. lstm_backward: lstm_backward(dh, dc_T, cache) ->
    dx, dh0, dc0, dW_x, dW_h, db. forget_bias: forget_bias(b, value) -> b_new. They run on 100 steps with N = H = 16,
    D = 4. What comes back along the cell state alone is rnnkit's own backward pass, with W_h zero on the way back.
    Returns an Explorer with the controls `bias` (of the forget gate) and `scale` (of W_h, 1 being PyTorch's).
    Raises ValueError where one of the three is no function.
    """
    expect_functions("routes_explorer", lstm_forward=lstm_forward, lstm_backward=lstm_backward,
                     forget_bias=forget_bias)

    def frame_of(bias, scale):
        x, zeros, W_x, W_h, b = random_case(scale)
        case = x, zeros, zeros, W_x, W_h, np.array(forget_bias(b, bias))
        both = input_gradients(lstm_backward, *lstm_forward(*case))
        alone = input_gradients(whole_backward, *along_the_cell_state(*known_forward(*case)))
        title = (f"From {T - 1} steps back comes {power(both[0])}, "
                 f"along the cell state alone {power(alone[0])}")
        return Drawing(_draw_flow(both, alone, title), _flow_in_words(both, alone, bias, scale, title))

    return Explorer(frame_of, "bias", pace=600,
                    bias=numbers("Bias of the forget gate", -1, 5, 1, 0),
                    scale=Control("Size of W_h (in PyTorch 1)", (0, 0.5, 1, 2, 3, 8), 1))


def _draw_flow(both, alone, title):
    """Both curves against steps back, on a log axis, and what is left at their ends."""
    sheet = Sheet(800, 410)
    sheet.write((8, 20), title, 17, ha="start", bold=True)
    plot = Plot(sheet, (70, 62, 600, 350), (0, T - 1), LIMITS, log=True)
    plot.axis_y((1e-30, 1e-20, 1e-10, 1), "gradient, relative to the last step")
    plot.axis_x(range(0, T, 20), "steps back from the last")
    plot.level(1, FAINT, ":")
    runs = [(("along the cell", "state alone"), "-", alone), (("both routes",), "--", both)]
    for _, dashes, sizes in runs:
        plot.curve(sizes[::-1], COLOR["gradient"], dashes)
    plot.label_ends([([*lines, power(sizes[0])], dashes, sizes[0]) for lines, dashes, sizes in runs],
                    COLOR["gradient"], 52)
    return sheet


def random_case(scale):
    """A fixed random case: x (T, H, D), H times one sequence; zeros (H, H); and W_x, W_h, b as PyTorch draws them.

    PyTorch has two biases, both U(-1/sqrt(H), 1/sqrt(H)), which add. W_h is multiplied by `scale`.
    """
    rng = np.random.default_rng(7)
    x = np.repeat(rng.standard_normal((T, 1, D)), H, axis=1)
    W_x, W_h, b, another = (rng.uniform(-1, 1, shape) / np.sqrt(H) for shape in [(D, 4 * H), (H, 4 * H), 4 * H, 4 * H])
    return x, np.zeros((H, H)), W_x, scale * W_h, b + another


def input_gradients(lstm_backward, h, c, cache):
    """|dh_T/dx_t| / |dh_T/dx_T| for t = 1, ..., T: row n of the batch sends the gradient of unit n of h_T."""
    dh = np.zeros((T, H, H))
    dh[-1] = np.eye(H)
    sizes = np.linalg.norm(lstm_backward(dh, np.zeros((H, H)), cache)[0], axis=(1, 2))
    return sizes / sizes[-1]


def along_the_cell_state(h, c, cache):
    """The same states, and a cache in which W_h is zero: on the way back nothing leaves through the gates."""
    return h, c, [(*step[:-1], 0 * step[-1]) for step in cache]


def _flow_in_words(both, alone, bias, scale, title):
    def numbers(sizes):
        return ", ".join(f"{power(sizes[-1 - k])} from {k} back" for k in (1, 10, 50, T - 1))

    return (f"How much of the gradient of the last hidden state comes back to the input of each step, relative to the "
            f"last step, on a log axis. The forget gate has a bias of {bias:g}, W_h is {scale:g} times PyTorch's. "
            f"{title}. Both routes: {numbers(both)}. Along the cell state alone: {numbers(alone)}.")
