"""How much of a gradient comes back along the two routes from one cell state to the one before."""

import numpy as np

from rnnkit.figures.arguments import expect_functions
from rnnkit.figures.curves import draw_flow
from rnnkit.figures.explorer import Explorer, Slider
from rnnkit.figures.picture import Picture
from rnnkit.lstm import lstm_backward as whole_backward
from rnnkit.lstm import lstm_forward as known_forward

T, D, H = 100, 4, 16
LIMITS = 1e-35, 1e3


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

    def picture_of(bias, scale):
        x, zeros, W_x, W_h, b = random_case(scale)
        case = x, zeros, zeros, W_x, W_h, np.array(forget_bias(b, bias))
        both = input_gradients(lstm_backward, *lstm_forward(*case))
        alone = input_gradients(whole_backward, *along_the_cell_state(*known_forward(*case)))
        title = (f"From {T - 1} steps back comes {_power(both[0])}, "
                 f"along the cell state alone {_power(alone[0])}")
        runs = {"the cell state alone": alone[None], "both routes": both[None]}
        return Picture(lambda figure: draw_flow(figure, runs, title, LIMITS),
                       _flow_in_words(both, alone, bias, scale, title), 4.1)

    return Explorer(picture_of,
                    bias=Slider("Bias of the forget gate", -1, 5, 0.25, 0),
                    scale=Slider("Size of W_h (in PyTorch 1)", 0, 4, 0.25, 1))


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


def _power(size):
    return f"{size:.2g}" if 0.01 <= size < 1000 else f"{size:.0e}"


def _flow_in_words(both, alone, bias, scale, title):
    def numbers(sizes):
        return ", ".join(f"{_power(sizes[-1 - k])} from {k} back" for k in (1, 10, 50, T - 1))

    return (f"How much of the gradient of the last hidden state comes back to the input of each step, relative to the "
            f"last step, on a log axis. The forget gate has a bias of {bias:g}, W_h is {scale:g} times PyTorch's. "
            f"{title}. Both routes: {numbers(both)}. Along the cell state alone: {numbers(alone)}.")
