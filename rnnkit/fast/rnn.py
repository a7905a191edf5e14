"""The recurrent cell of `rnnkit.rnn` over a sequence, arranged for speed."""

import numpy as np

from rnnkit.fast.blocks import Product, rows, with_ones
from rnnkit.shapes import agree, shaped


@shaped
def rnn_forward(x: "T N D", h0: "N H", W_x: "D H", W_h: "H H", b: "H"):
    """h_t = tanh(x_t W_x + h_{t-1} W_h + b) for t = 1, ..., T.

    x: (T, N, D). h0: (N, H), the state before the first step. W_x: (D, H), W_h: (H, H), b: (H,).
    Returns h (T, N, H), the state after every step, and the cache that `rnn_backward` needs, which holds this h: do
    not change it in between. Raises ValueError where shapes disagree.
    """
    T, N, _ = x.shape
    x = with_ones(x)
    a = (rows(x) @ np.concatenate([W_x, b[None]])).reshape(T, N, -1)
    recurrent = Product(W_h[None], N)
    h = np.empty((T + 1, *h0.shape), a.dtype)
    h[0] = h0
    for t in range(T):
        a[t] += recurrent.of_each(h[t])[0]
        np.tanh(a[t], out=h[t + 1])
    return h[1:], (x, h, W_x, W_h)


def rnn_backward(dh, cache):
    """Backpropagation through time: da_t = (dh_t + da_{t+1} W_h^T) * (1 - h_t^2), and every gradient from da.

    dh: (T, N, H), the upstream gradient of every state. cache: what `rnn_forward` of this module returned.
    Returns dx (T, N, D), dh0 (N, H), dW_x (D, H), dW_h (H, H), db (H,). Raises ValueError where shapes disagree.
    """
    x, h, W_x, W_h = cache
    agree("rnn_backward", ("dh", dh, "T N H"), ("the cache's h", h[1:], "T N H"))
    back = Product(W_h.T[None], dh.shape[1])
    da = 1 - h[1:] ** 2
    dh_next = np.zeros_like(h[0])
    for t in reversed(range(len(dh))):
        da[t] *= dh[t] + dh_next
        dh_next = back.summed(da[t:t + 1])
    da = rows(da)
    dx, dW = (da @ W_x.T).reshape(*dh.shape[:2], -1), rows(x).T @ da
    return dx, dh_next, dW[:-1], rows(h[:-1]).T @ da, dW[-1]
