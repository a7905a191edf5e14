"""The LSTM, c_t = f * c_{t-1} + i * g, h_t = o * tanh(c_t): one step, a sequence, and both backward passes.

T time steps, N sequences in a batch, D input size, H hidden size. Time first, row vectors. The four blocks of the
weights lie side by side in the order i, f, g, o (input gate, forget gate, candidate, output gate):
W_x = [W_xi W_xf W_xg W_xo]. Results have the dtype of the arguments.

The same arrays elsewhere, for torch.nn.LSTM with one layer and keras.layers.LSTM:

    here            PyTorch                       Keras
    W_x (D, 4H)     weight_ih_l0.T                kernel
    W_h (H, 4H)     weight_hh_l0.T                recurrent_kernel
    b (4H,)         bias_ih_l0 + bias_hh_l0       bias
    i, f, g, o      i, f, g, o                    i, f, c, o
    x (T, N, D)     (T, N, D)                     (N, T, D)
    h (T, N, H)     output                        what return_sequences=True returns, (N, T, H)
    h[-1], c[-1]    h_n[0], c_n[0]                the two states that return_state=True adds

A forward pass here returns h and c of all steps. PyTorch and Keras return c of the last step only.
`rnnkit.rnn` and `rnnkit.gru` have the same names. For the GRU, Keras orders the blocks z, r, n, and holds the two
biases b_x, b_h as the rows of one (2, 3H).

Sources: Hochreiter and Schmidhuber, Long short-term memory (1997); Gers, Schmidhuber and Cummins, Learning to forget
(2000), for the forget gate; Graves and Schmidhuber, Framewise phoneme classification with bidirectional LSTM and other
neural network architectures (2005), for the gradient through all of it.
"""

import numpy as np

from rnnkit.activations import sigmoid
from rnnkit.shapes import shaped


@shaped
def lstm_gates(x: "N D", h: "N H", W_x: "D 4H", W_h: "H 4H", b: "4H"):
    """The three gates and the candidate of one step of the LSTM. With a = x W_x + h W_h + b, in blocks i, f, g, o:

    i = sigma(a_i),  f = sigma(a_f),  g = tanh(a_g),  o = sigma(a_o).

    x: (N, D), the input of this step. h: (N, H), the hidden state so far. W_x: (D, 4H), W_h: (H, 4H), b: (4H,).
    Returns i, f, g, o, each (N, H). Raises ValueError where shapes disagree.
    """
    a_i, a_f, a_g, a_o = np.split(x @ W_x + h @ W_h + b, 4, axis=1)
    return sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)


@shaped
def lstm_step(x: "N D", h: "N H", c: "N H", W_x: "D 4H", W_h: "H 4H", b: "4H"):
    """One step of the LSTM: c_next = f * c + i * g,  h_next = o * tanh(c_next), with the gates of `lstm_gates`.

    x: (N, D), the input of this step. h, c: (N, H), the hidden and the cell state so far.
    W_x: (D, 4H), W_h: (H, 4H), b: (4H,), in blocks i, f, g, o.
    Returns h_next (N, H), c_next (N, H), and the cache that `lstm_step_backward` needs: x, h, c, i, f, g, o, c_next,
    W_x, W_h. Raises ValueError where shapes disagree.
    """
    i, f, g, o = lstm_gates(x, h, W_x, W_h, b)
    c_next = f * c + i * g
    h_next = o * np.tanh(c_next)
    return h_next, c_next, (x, h, c, i, f, g, o, c_next, W_x, W_h)


@shaped
def lstm_forward(x: "T N D", h0: "N H", c0: "N H", W_x: "D 4H", W_h: "H 4H", b: "4H"):
    """Run the LSTM over a sequence: c_t = f_t * c_{t-1} + i_t * g_t,  h_t = o_t * tanh(c_t) for t = 1, ..., T.

    x: (T, N, D), the inputs of every step. h0, c0: (N, H), the states before the first step.
    W_x: (D, 4H), W_h: (H, 4H), b: (4H,), in blocks i, f, g, o.
    Returns h (T, N, H) and c (T, N, H), the states after every step, and a list with the cache of every step.
    Raises ValueError where shapes disagree.
    """
    h, c, caches = [], [], []
    h_t, c_t = h0, c0
    for x_t in x:
        h_t, c_t, cache = lstm_step(x_t, h_t, c_t, W_x, W_h, b)
        h.append(h_t)
        c.append(c_t)
        caches.append(cache)
    return np.stack(h), np.stack(c), caches


@shaped
def lstm_step_backward(dh_next: "N H", dc_next: "N H", cache: "x: N D, h: N H, c: N H, i: N H, f: N H, g: N H, "
                       "o: N H, c_next: N H, W_x: D 4H, W_h: H 4H"):
    """The backward pass of one step. The cell state reaches the loss by itself and through h_next, so its gradient is

    dc_total = dc_next + dh_next * o * (1 - tanh(c_next)^2).

    The gradients at the four blocks of a = x W_x + h W_h + b are

    da_i = dc_total * g * i (1 - i),   da_f = dc_total * c * f (1 - f),
    da_g = dc_total * i * (1 - g^2),   da_o = dh_next * tanh(c_next) * o (1 - o),

    and da, the four side by side, gives the rest:

    dx = da W_x^T,  dh = da W_h^T,  dc = dc_total * f,  dW_x = x^T da,  dW_h = h^T da,  db = sum over the batch of da.

    dh_next, dc_next: (N, H), the upstream gradients. cache: what `lstm_step` kept.
    Returns dx (N, D), dh (N, H), dc (N, H), dW_x (D, 4H), dW_h (H, 4H), db (4H,).
    Raises ValueError where shapes disagree.
    """
    x, h, c, i, f, g, o, c_next, W_x, W_h = cache
    tanh_c = np.tanh(c_next)
    dc_next = dc_next + dh_next * o * (1 - tanh_c ** 2)
    da_i = dc_next * g * i * (1 - i)
    da_f = dc_next * c * f * (1 - f)
    da_g = dc_next * i * (1 - g ** 2)
    da_o = dh_next * tanh_c * o * (1 - o)
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    dx, dh, dc = da @ W_x.T, da @ W_h.T, dc_next * f
    dW_x, dW_h, db = x.T @ da, h.T @ da, da.sum(axis=0)
    return dx, dh, dc, dW_x, dW_h, db


@shaped
def lstm_backward(dh: "T N H", dc_T: "N H", cache: "T [x: N D, h: N H, c: N H, i: N H, f: N H, g: N H, "
                  "o: N H, c_next: N H, W_x: D 4H, W_h: H 4H]"):
    """The backward pass of a sequence, backpropagation through time for the LSTM.

    At every step two gradients meet in h_t, dh[t] from above and dh_next from step t + 1; the gradient of c_t is what
    step t + 1 sent back along the cell state. At the last step that is dc_T.

    dh: (T, N, H), the upstream gradient of every h_t. dc_T: (N, H), of the last cell state. cache: `lstm_forward`'s.
    Returns dx (T, N, D), dh0 (N, H), dc0 (N, H), dW_x (D, 4H), dW_h (H, 4H), db (4H,).
    Raises ValueError where shapes disagree.
    """
    x, h0, *_, W_x, W_h = cache[0]
    dx = np.zeros((len(cache), *x.shape), x.dtype)
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[0])
    dh_next, dc_next = np.zeros_like(h0), dc_T
    for t in reversed(range(len(cache))):
        dh_t = dh[t] + dh_next
        dx[t], dh_next, dc_next, dW_x_t, dW_h_t, db_t = lstm_step_backward(dh_t, dc_next, cache[t])
        dW_x += dW_x_t
        dW_h += dW_h_t
        db += db_t
    return dx, dh_next, dc_next, dW_x, dW_h, db


@shaped
def forget_bias(b: "4H", value):
    """A copy of the LSTM's bias in which the block of the forget gate is `value`.

    With 1, f begins near sigma(1) = 0.73. An open forget gate keeps the cell state, and lets the gradient of the cell
    state through.

    b: (4H,), in blocks i, f, g, o; it stays as it is. value: a number. Returns b_new (4H,).
    Raises ValueError where b has another shape.
    Sources: Gers, Schmidhuber and Cummins (2000) began with an open gate; Jozefowicz, Zaremba and Sutskever, An
    empirical exploration of recurrent network architectures (2015), recommend 1.
    """
    H = len(b) // 4
    b_new = b.copy()
    b_new[H:2 * H] = value
    return b_new
