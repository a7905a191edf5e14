"""The recurrent cell, h_t = tanh(x_t W_x + h_{t-1} W_h + b): one step, a sequence, and both backward passes.

T time steps, N sequences in a batch, D input size, H hidden size, V outputs. Time first, row vectors. Results have the
dtype of the arguments.

Sources: Elman, Finding structure in time (1990), for the cell; Werbos, Backpropagation through time: what it does and
how to do it (1990), for its gradient.
"""

import numpy as np

from rnnkit.shapes import shaped


@shaped
def rnn_step(x: "N D", h: "N H", W_x: "D H", W_h: "H H", b: "H"):
    """One step of the recurrent cell: h_next = tanh(x W_x + h W_h + b).

    x: (N, D), the input of this step. h: (N, H), the state so far. W_x: (D, H), W_h: (H, H), b: (H,).
    Returns h_next (N, H), and the cache that `rnn_step_backward` needs: x, h, h_next, W_x, W_h.
    Raises ValueError where shapes disagree.
    """
    h_next = np.tanh(x @ W_x + h @ W_h + b)
    return h_next, (x, h, h_next, W_x, W_h)


@shaped
def rnn_forward(x: "T N D", h0: "N H", W_x: "D H", W_h: "H H", b: "H"):
    """Run the recurrent cell over a sequence: h_t = tanh(x_t W_x + h_{t-1} W_h + b) for t = 1, ..., T.

    x: (T, N, D), the inputs of every step. h0: (N, H), the state before the first step.
    W_x: (D, H), W_h: (H, H), b: (H,).
    Returns h (T, N, H), the state after every step, and a list with the cache of every step.
    Raises ValueError where shapes disagree.
    """
    h, caches = [], []
    h_t = h0
    for x_t in x:
        h_t, cache = rnn_step(x_t, h_t, W_x, W_h, b)
        h.append(h_t)
        caches.append(cache)
    return np.stack(h), caches


@shaped
def rnn_step_backward(dh_next: "N H", cache: "x: N D, h: N H, h_next: N H, W_x: D H, W_h: H H"):
    """The backward pass of one step. With da = dh_next * (1 - h_next^2), the gradient at a = x W_x + h W_h + b:

    dx = da W_x^T,  dh = da W_h^T,  dW_x = x^T da,  dW_h = h^T da,  db = sum over the batch of da.

    dh_next: (N, H), the upstream gradient. cache: what `rnn_step` kept.
    Returns dx (N, D), dh (N, H), dW_x (D, H), dW_h (H, H), db (H,).
    Raises ValueError where shapes disagree.
    """
    x, h, h_next, W_x, W_h = cache
    da = dh_next * (1 - h_next ** 2)
    dx, dh = da @ W_x.T, da @ W_h.T
    dW_x, dW_h, db = x.T @ da, h.T @ da, da.sum(axis=0)
    return dx, dh, dW_x, dW_h, db


@shaped
def rnn_backward(dh: "T N H", cache: "T [x: N D, h: N H, h_next: N H, W_x: D H, W_h: H H]"):
    """The backward pass of a sequence, backpropagation through time: the step backwards, from the last to the first.

    State h_t reaches the loss in two ways, directly and through step t + 1, so two gradients meet there:
    dh[t], which comes from above, and dh_next, which step t + 1 sent back. A weight is used at every step,
    so its gradient is the sum over the steps.

    dh: (T, N, H), the upstream gradient of every state. cache: the list that `rnn_forward` returned.
    Returns dx (T, N, D), dh0 (N, H), dW_x (D, H), dW_h (H, H), db (H,).
    Raises ValueError where shapes disagree.
    """
    x, h0, _, W_x, W_h = cache[0]
    dx = np.zeros((len(cache), *x.shape), x.dtype)
    dW_x, dW_h, db = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[0])
    dh_next = np.zeros_like(h0)
    for t in reversed(range(len(cache))):
        dh_t = dh[t] + dh_next
        dx[t], dh_next, dW_x_t, dW_h_t, db_t = rnn_step_backward(dh_t, cache[t])
        dW_x += dW_x_t
        dW_h += dW_h_t
        db += db_t
    return dx, dh_next, dW_x, dW_h, db


@shaped
def readout(h: "T N H", W_y: "H V", b_y: "V"):
    """The linear output layer, at every step of a sequence: y_t = h_t W_y + b_y.

    h: (T, N, H), W_y: (H, V), b_y: (V,). Returns y (T, N, V). Raises ValueError where shapes disagree.
    """
    return h @ W_y + b_y
