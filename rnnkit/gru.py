"""The GRU: a reset gate, an update gate and a candidate. One step, a sequence, and both backwards.

T time steps, N sequences in a batch, D input size, H hidden size. Time first, row vectors. The three blocks of the
weights lie side by side in the order r, z, n. There are two biases, because the candidate's b_h sits inside r * (...).
Cho et al. (2014) put the reset gate before the matrix product, as `rnnkit.variants` does. Here it comes after, as in
cuDNN, PyTorch and Keras.
"""

import numpy as np

from rnnkit.activations import sigmoid
from rnnkit.initial import glorot, orthogonal
from rnnkit.shapes import agree, shaped


@shaped
def gru_step(x: "N D", h: "N H", W_x: "D 3H", W_h: "H 3H", b_x: "3H", b_h: "3H"):
    """One step. With a = x W_x + b_x and u = h W_h + b_h, each in blocks r, z, n:

    r = sigma(a_r + u_r),  z = sigma(a_z + u_z),  n = tanh(a_n + r * u_n),  h_next = (1 - z) * n + z * h.

    x: (N, D). h: (N, H). W_x: (D, 3H), W_h: (H, 3H), b_x, b_h: (3H,).
    Returns h_next (N, H), and the cache that `gru_step_backward` needs: x, h, r, z, n, u_n, W_x, W_h.
    Raises ValueError where shapes disagree.
    """
    a_r, a_z, a_n = np.split(x @ W_x + b_x, 3, axis=1)
    u_r, u_z, u_n = np.split(h @ W_h + b_h, 3, axis=1)
    r, z = sigmoid(a_r + u_r), sigmoid(a_z + u_z)
    n = np.tanh(a_n + r * u_n)
    h_next = (1 - z) * n + z * h
    return h_next, (x, h, r, z, n, u_n, W_x, W_h)


@shaped
def gru_forward(x: "T N D", h0: "N H", W_x: "D 3H", W_h: "H 3H", b_x: "3H", b_h: "3H"):
    """The same step at every time.

    x: (T, N, D). h0: (N, H), the state before the first step. W_x: (D, 3H), W_h: (H, 3H), b_x, b_h: (3H,).
    Returns h (T, N, H), the state after every step, and a list with the cache of every step.
    Raises ValueError where shapes disagree.
    """
    h, caches = [], []
    h_t = h0
    for x_t in x:
        h_t, cache = gru_step(x_t, h_t, W_x, W_h, b_x, b_h)
        h.append(h_t)
        caches.append(cache)
    return np.stack(h), caches


@shaped
def gru_step_backward(dh_next: "N H", cache: "x: N D, h: N H, r: N H, z: N H, n: N H, u_n: N H, W_x: D 3H, W_h: H 3H"):
    """One step back:

    da_z = dh_next * (h - n) * z (1 - z),   da_n = dh_next * (1 - z) * (1 - n^2),
    da_r = da_n * u_n * r (1 - r),

    for the gates' inputs, and r * da_n for u_n, which the reset gate multiplied. dh has a third part, dh_next * z,
    which goes past all the gates.

    dh_next: (N, H), the upstream gradient. cache: what `gru_step` kept.
    Returns dx (N, D), dh (N, H), dW_x (D, 3H), dW_h (H, 3H), db_x (3H,), db_h (3H,).
    Raises ValueError where shapes disagree.
    """
    x, h, r, z, n, u_n, W_x, W_h = cache
    da_z = dh_next * (h - n) * z * (1 - z)
    da_n = dh_next * (1 - z) * (1 - n ** 2)
    da_r = da_n * u_n * r * (1 - r)
    da = np.concatenate([da_r, da_z, da_n], axis=1)
    du = np.concatenate([da_r, da_z, r * da_n], axis=1)
    dx, dh = da @ W_x.T, du @ W_h.T + dh_next * z
    dW_x, dW_h = x.T @ da, h.T @ du
    return dx, dh, dW_x, dW_h, da.sum(axis=0), du.sum(axis=0)


@shaped
def gru_backward(dh: "T N H", cache: "T [x: N D, h: N H, r: N H, z: N H, n: N H, u_n: N H, W_x: D 3H, W_h: H 3H]"):
    """Backpropagation through time for the GRU: at every step dh[t] from above meets what step t + 1 sent back.

    dh: (T, N, H), the upstream gradient of every state. cache: the list that `gru_forward` returned.
    Returns dx (T, N, D), dh0 (N, H), dW_x (D, 3H), dW_h (H, 3H), db_x (3H,), db_h (3H,).
    Raises ValueError where shapes disagree.
    """
    x, h0, *_, W_x, W_h = cache[0]
    dx = np.zeros((len(cache), *x.shape), x.dtype)
    dW_x, dW_h, db_x, db_h = np.zeros_like(W_x), np.zeros_like(W_h), np.zeros_like(W_h[0]), np.zeros_like(W_h[0])
    dh_next = np.zeros_like(h0)
    for t in reversed(range(len(cache))):
        dh_t = dh[t] + dh_next
        dx[t], dh_next, dW_x_t, dW_h_t, db_x_t, db_h_t = gru_step_backward(dh_t, cache[t])
        dW_x += dW_x_t
        dW_h += dW_h_t
        db_x += db_x_t
        db_h += db_h_t
    return dx, dh_next, dW_x, dW_h, db_x, db_h


class GRU:
    """A GRU layer: the four parameters, and the two passes over a sequence.

    W_x starts as Glorot's, every block of W_h as an orthogonal matrix of its own, both biases as zeros.
    rng: a numpy.random.Generator.
    """

    def __init__(self, D, H, rng, dtype=np.float64):
        self.W_x = np.hstack([glorot(D, H, rng) for _ in range(3)]).astype(dtype)
        self.W_h = np.hstack([orthogonal(H, rng) for _ in range(3)]).astype(dtype)
        self.b_x, self.b_h = np.zeros(3 * H, dtype), np.zeros(3 * H, dtype)
        self.cache = None

    def forward(self, x, h0=None):
        """States h (T, N, H) for inputs x (T, N, D), from h0 (N, H), or from zeros.

        Raises ValueError where shapes disagree.
        """
        agree("GRU.forward", ("x", x, "T N D"), ("W_x", self.W_x, "D 3H"))
        if h0 is None:
            h0 = np.zeros((x.shape[1], len(self.W_h)), self.b_x.dtype)
        h, self.cache = gru_forward(x, h0, self.W_x, self.W_h, self.b_x, self.b_h)
        return h

    def backward(self, dh):
        """Keep the gradients of the parameters (dW_x, dW_h, db_x, db_h) and return dx (T, N, D), dh0 (N, H).

        dh: (T, N, H), the upstream gradient of every state.
        Raises ValueError where shapes disagree, and before any forward pass.
        """
        if self.cache is None:
            raise ValueError("GRU.backward goes back over what forward did: call forward first.")
        dx, dh0, self.dW_x, self.dW_h, self.db_x, self.db_h = gru_backward(dh, self.cache)
        return dx, dh0
