"""The recurrent cell: h' = tanh(x W_x + h W_h + b), one step, a whole sequence, and both backwards.

T time steps, N sequences in a batch, D input size, H hidden size, V outputs. Time first, row vectors.
The cell is Elman's (Finding Structure in Time, 1990); its gradient is backpropagation through time (Werbos, 1990).
"""

import numpy as np

from rnnkit.shapes import agree, shaped


@shaped
def rnn_step(x: "N D", h: "N H", W_x: "D H", W_h: "H H", b: "H"):
    """One step: h_next = tanh(x W_x + h W_h + b).

    x: (N, D), the input of this step. h: (N, H), the state so far. W_x: (D, H), W_h: (H, H), b: (H,).
    Returns h_next (N, H), and the cache that `rnn_step_backward` needs: x, h, h_next, W_x, W_h.
    Raises ValueError where shapes disagree.
    """
    h_next = np.tanh(x @ W_x + h @ W_h + b)
    return h_next, (x, h, h_next, W_x, W_h)


@shaped
def rnn_forward(x: "T N D", h0: "N H", W_x: "D H", W_h: "H H", b: "H"):
    """The same step at every time: h_t = tanh(x_t W_x + h_{t-1} W_h + b) for t = 1, ..., T.

    x: (T, N, D). h0: (N, H), the state before the first step. W_x: (D, H), W_h: (H, H), b: (H,).
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
    """One step back. With da = dh_next * (1 - h_next^2), the gradient at a = x W_x + h W_h + b:

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
    """Backpropagation through time: the step backwards, from the last step to the first.

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
    """What the network says at every step: y_t = h_t W_y + b_y.

    h: (T, N, H), W_y: (H, V), b_y: (V,). Returns y (T, N, V). Raises ValueError where shapes disagree.
    """
    return h @ W_y + b_y


class RNN:
    """A recurrent layer: the three parameters, and the two passes over a sequence.

    Weights start as W_x ~ N(0, 1/D), W_h ~ N(0, 1/H), b = 0. `rng` is a numpy.random.Generator.
    """

    def __init__(self, D, H, rng, dtype=np.float64):
        self.W_x = (rng.standard_normal((D, H)) / np.sqrt(D)).astype(dtype)
        self.W_h = (rng.standard_normal((H, H)) / np.sqrt(H)).astype(dtype)
        self.b = np.zeros(H, dtype)
        self.cache = None

    def forward(self, x, h0=None):
        """States h (T, N, H) for inputs x (T, N, D), from h0 (N, H), or from zeros."""
        agree("RNN.forward", ("x", x, "T N D"), ("W_x", self.W_x, "D H"))
        if h0 is None:
            h0 = np.zeros((x.shape[1], len(self.b)), self.b.dtype)
        h, self.cache = rnn_forward(x, h0, self.W_x, self.W_h, self.b)
        return h

    def backward(self, dh):
        """Keep the gradients of the parameters (dW_x, dW_h, db) and return dx (T, N, D), dh0 (N, H)."""
        if self.cache is None:
            raise ValueError("RNN.backward goes back over what forward did: call forward first.")
        dx, dh0, self.dW_x, self.dW_h, self.db = rnn_backward(dh, self.cache)
        return dx, dh0
