"""Variants of the cells, forward only: the GRU with its reset gate before the product, and the LSTM with peepholes.
And how many parameters each cell has.

T time steps, N sequences in a batch, D input size, H hidden size. Time first, row vectors, blocks in the order of
`rnnkit.gru` and `rnnkit.lstm`.
"""

import numpy as np

from rnnkit.activations import sigmoid
from rnnkit.shapes import shaped


@shaped
def gru_step_reset_before(x: "N D", h: "N H", W_x: "D 3H", W_h: "H 3H", b: "3H"):
    """One step of the GRU whose reset gate comes before the matrix product.

    With a = x W_x + b, and every matrix in blocks r, z, n:

    r = sigma(a_r + h W_hr),  z = sigma(a_z + h W_hz),  n = tanh(a_n + (r * h) W_hn),  h_next = (1 - z) * n + z * h.

    One bias is enough, because nothing but the state is reset. Keras computes it with `reset_after=False`.

    x: (N, D), the input of this step. h: (N, H), the state so far. W_x: (D, 3H), W_h: (H, 3H), b: (3H,).
    Returns h_next (N, H). Raises ValueError where shapes disagree.
    Source: Cho et al., Learning phrase representations using RNN encoder-decoder for statistical machine translation
    (2014), third version.
    """
    a_r, a_z, a_n = np.split(x @ W_x + b, 3, axis=1)
    W_hr, W_hz, W_hn = np.split(W_h, 3, axis=1)
    r, z = sigmoid(a_r + h @ W_hr), sigmoid(a_z + h @ W_hz)
    n = np.tanh(a_n + (r * h) @ W_hn)
    return (1 - z) * n + z * h


@shaped
def gru_forward_reset_before(x: "T N D", h0: "N H", W_x: "D 3H", W_h: "H 3H", b: "3H"):
    """Run `gru_step_reset_before` over a sequence: h_t = (1 - z_t) * n_t + z_t * h_{t-1} for t = 1, ..., T.

    x: (T, N, D), the inputs of every step. h0: (N, H), the state before the first step.
    W_x: (D, 3H), W_h: (H, 3H), b: (3H,), in blocks r, z, n.
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
    """One step of the LSTM with peepholes: its gates look at the cell state, entry by entry.

    With a = x W_x + h W_h + b, in blocks i, f, g, o:

    i = sigma(a_i + p_i * c),  f = sigma(a_f + p_f * c),  g = tanh(a_g),  c_next = f * c + i * g,
    o = sigma(a_o + p_o * c_next),  h_next = o * tanh(c_next).

    The output gate comes last, so it sees the new cell state.

    x: (N, D), the input of this step. h, c: (N, H), the hidden and the cell state so far.
    W_x: (D, 4H), W_h: (H, 4H), b: (4H,), in blocks i, f, g, o. p: (3H,), in blocks i, f, o.
    Returns h_next and c_next, each (N, H). Raises ValueError where shapes disagree.
    Source: Gers and Schmidhuber, Recurrent nets that time and count (2000).
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
    """Run `lstm_step_peephole` over a sequence: c_t = f_t * c_{t-1} + i_t * g_t, h_t = o_t * tanh(c_t), t = 1, ..., T.

    x: (T, N, D), the inputs of every step. h0, c0: (N, H), the states before the first step.
    W_x: (D, 4H), W_h: (H, 4H), b: (4H,), in blocks i, f, g, o. p: (3H,), in blocks i, f, o.
    Returns h and c, each (T, N, H), the states after every step. Raises ValueError where shapes disagree.
    """
    h, c = [], []
    h_t, c_t = h0, c0
    for x_t in x:
        h_t, c_t = lstm_step_peephole(x_t, h_t, c_t, W_x, W_h, b, p)
        h.append(h_t)
        c.append(c_t)
    return np.stack(h), np.stack(c)


def parameter_count(D, H):
    """How many parameters an RNN, an LSTM, a GRU, and a GRU whose reset gate comes before the product have.

    One block is a W_x (D, H), a W_h (H, H) and a b (H,). The RNN has one block, the LSTM four (i, f, g, o), a GRU three
    (r, z, n). With the reset gate after the product a GRU has a second bias in every block, as in `rnnkit.gru`.

    D, H: whole numbers, the input size and the hidden size. Returns four whole numbers.
    """
    W_x, W_h, b = D * H, H * H, H
    rnn = W_x + W_h + b
    lstm = 4 * rnn
    gru = 3 * (W_x + W_h + 2 * b)
    gru_before = 3 * rnn
    return rnn, lstm, gru, gru_before
