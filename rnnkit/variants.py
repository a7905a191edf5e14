"""Two cousins: the GRU whose reset gate comes before the matrix product, and the LSTM with peepholes. Forward only.

T time steps, N sequences in a batch, D input size, H hidden size. Time first, row vectors, blocks in the order of
`rnnkit.gru` and `rnnkit.lstm`.
"""

import numpy as np

from rnnkit.activations import sigmoid
from rnnkit.shapes import shaped


@shaped
def gru_step_reset_before(x: "N D", h: "N H", W_x: "D 3H", W_h: "H 3H", b: "3H"):
    """One step of the GRU of Cho et al. (2014). With a = x W_x + b, and every matrix in blocks r, z, n:

    r = sigma(a_r + h W_hr),  z = sigma(a_z + h W_hz),  n = tanh(a_n + (r * h) W_hn),  h_next = (1 - z) * n + z * h.

    One bias is enough, because nothing but the state is reset. Keras computes it with `reset_after=False`.

    x: (N, D). h: (N, H). W_x: (D, 3H), W_h: (H, 3H), b: (3H,).
    Returns h_next (N, H). Raises ValueError where shapes disagree.
    """
    a_r, a_z, a_n = np.split(x @ W_x + b, 3, axis=1)
    W_hr, W_hz, W_hn = np.split(W_h, 3, axis=1)
    r, z = sigmoid(a_r + h @ W_hr), sigmoid(a_z + h @ W_hz)
    n = np.tanh(a_n + (r * h) @ W_hn)
    return (1 - z) * n + z * h


@shaped
def gru_forward_reset_before(x: "T N D", h0: "N H", W_x: "D 3H", W_h: "H 3H", b: "3H"):
    """The same step at every time.

    x: (T, N, D). h0: (N, H), the state before the first step. W_x: (D, 3H), W_h: (H, 3H), b: (3H,).
    Returns h (T, N, H), the state after every step. Raises ValueError where shapes disagree.
    """
    h = []
    h_t = h0
    for x_t in x:
        h_t = gru_step_reset_before(x_t, h_t, W_x, W_h, b)
        h.append(h_t)
    return np.stack(h)


@shaped
def lstm_step_peephole(x: "N D", h: "N H", c: "N H", W_x: "D 4H", W_h: "H 4H", b: "4H", p: "3H"):
    """One step of the LSTM whose gates look at the cell state, entry by entry. With a = x W_x + h W_h + b:

    i = sigma(a_i + p_i * c),  f = sigma(a_f + p_f * c),  g = tanh(a_g),  c_next = f * c + i * g,
    o = sigma(a_o + p_o * c_next),  h_next = o * tanh(c_next).

    The output gate comes last, so it sees the new cell state. The peepholes are Gers and Schmidhuber's (2000).

    x: (N, D). h, c: (N, H). W_x: (D, 4H), W_h: (H, 4H), b: (4H,), in blocks i, f, g, o. p: (3H,), in blocks i, f, o.
    Returns h_next and c_next, each (N, H). Raises ValueError where shapes disagree.
    """
    a_i, a_f, a_g, a_o = np.split(x @ W_x + h @ W_h + b, 4, axis=1)
    p_i, p_f, p_o = np.split(p, 3)
    i, f, g = sigmoid(a_i + p_i * c), sigmoid(a_f + p_f * c), np.tanh(a_g)
    c_next = f * c + i * g
    o = sigmoid(a_o + p_o * c_next)
    h_next = o * np.tanh(c_next)
    return h_next, c_next


@shaped
def lstm_forward_peephole(x: "T N D", h0: "N H", c0: "N H", W_x: "D 4H", W_h: "H 4H", b: "4H", p: "3H"):
    """The same step at every time.

    x: (T, N, D). h0, c0: (N, H), the states before the first step. W_x: (D, 4H), W_h: (H, 4H), b: (4H,), p: (3H,).
    Returns h and c, each (T, N, H), the states after every step. Raises ValueError where shapes disagree.
    """
    h, c = [], []
    h_t, c_t = h0, c0
    for x_t in x:
        h_t, c_t = lstm_step_peephole(x_t, h_t, c_t, W_x, W_h, b, p)
        h.append(h_t)
        c.append(c_t)
    return np.stack(h), np.stack(c)
