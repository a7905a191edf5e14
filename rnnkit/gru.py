"""The GRU, h_t = (1 - z) * n + z * h_{t-1}: one step, a sequence, and both backward passes.

T time steps, N sequences in a batch, D input size, H hidden size. Time first, row vectors. The three blocks of the
weights lie side by side in the order r, z, n (reset gate, update gate, candidate). There are two biases, because the
candidate's b_h sits inside r * (...). Results have the dtype of the arguments.

Here the reset gate comes after the matrix product, as in cuDNN, PyTorch and Keras, and in the first version of Cho et
al. (2014). Their third version has it before, and so has `rnnkit.variants`. PyTorch's and Keras's names for the arrays
stand in `rnnkit.lstm`.

Source: Cho et al., Learning phrase representations using RNN encoder-decoder for statistical machine translation
(2014).
"""

import numpy as np

from rnnkit.activations import sigmoid
from rnnkit.shapes import shaped


@shaped
def gru_step(x: "N D", h: "N H", W_x: "D 3H", W_h: "H 3H", b_x: "3H", b_h: "3H"):
    """One step of the GRU. With a = x W_x + b_x and u = h W_h + b_h, each in blocks r, z, n:

    r = sigma(a_r + u_r),  z = sigma(a_z + u_z),  n = tanh(a_n + r * u_n),  h_next = (1 - z) * n + z * h.

    x: (N, D), the input of this step. h: (N, H), the state so far. W_x: (D, 3H), W_h: (H, 3H), b_x, b_h: (3H,).
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
    """Run the GRU over a sequence: h_t = (1 - z_t) * n_t + z_t * h_{t-1} for t = 1, ..., T.

    x: (T, N, D), the inputs of every step. h0: (N, H), the state before the first step.
    W_x: (D, 3H), W_h: (H, 3H), b_x, b_h: (3H,), in blocks r, z, n.
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
    """The backward pass of one step. The gradients at the three blocks of a = x W_x + b_x are

    da_z = dh_next * (h - n) * z (1 - z),   da_n = dh_next * (1 - z) * (1 - n^2),   da_r = da_n * u_n * r (1 - r).

    Those at u = h W_h + b_h are the same but for du_n = r * da_n, because the reset gate multiplied u_n. Then

    dx = da W_x^T,   dW_x = x^T da,   db_x = sum over the batch of da,
    dh = du W_h^T + dh_next * z,   dW_h = h^T du,   db_h = sum over the batch of du.

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
    """The backward pass of a sequence, backpropagation through time for the GRU.

    At every step two gradients meet in h_t: dh[t] from above, and dh_next, which step t + 1 sent back.

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
