"""The LSTM of `rnnkit.lstm` over a sequence, arranged for speed. Blocks i, f, g, o."""

import numpy as np

from rnnkit.fast.blocks import Product, blocks, rows, side_by_side, stretches, with_ones
from rnnkit.shapes import agree, shaped

# A gate is sigma(a) = 0.5 tanh(0.5 a) + 0.5, the candidate tanh(a): both are scale * tanh(scale * a) + shift.
SCALE, SHIFT = np.array([[0.5, 0.5, 1, 0.5], [0.5, 0.5, 0, 0.5]])[..., None, None]


@shaped
def lstm_forward(x: "T N D", h0: "N H", c0: "N H", W_x: "D 4H", W_h: "H 4H", b: "4H"):
    """c_t = f * c_{t-1} + i * g and h_t = o * tanh(c_t) for t = 1, ..., T, with the gates of `rnnkit.lstm_gates`.

    x: (T, N, D). h0, c0: (N, H), the states before the first step. W_x: (D, 4H), W_h: (H, 4H), b: (4H,).
    Returns h (T, N, H) and c (T, N, H), the states after every step, and the cache that `lstm_backward` needs, which
    holds this h and this c: do not change them in between. Raises ValueError where shapes disagree.
    """
    T, N, _ = x.shape
    x, W_x1 = with_ones(x), np.concatenate([W_x, b[None]])
    scale, shift = SCALE.astype(W_x1.dtype), SHIFT.astype(W_x1.dtype)
    a = rows(x) @ side_by_side(blocks(W_x1, 4) * scale)
    a = a.reshape(T, N, 4, -1).swapaxes(1, 2)
    recurrent = Product(blocks(W_h, 4) * scale, N)
    gates = np.empty(a.shape, a.dtype)
    h, c = np.empty((2, T + 1, *h0.shape), a.dtype)
    h[0], c[0] = h0, c0
    new = np.empty_like(h[0])
    for t in range(T):
        i, f, g, o = a_t = gates[t]
        np.add(recurrent.of_each(h[t]), a[t], out=a_t)
        np.tanh(a_t, out=a_t)
        a_t *= scale
        a_t += shift
        np.multiply(f, c[t], out=c[t + 1])
        c[t + 1] += np.multiply(i, g, out=new)
        np.multiply(o, np.tanh(c[t + 1], out=new), out=h[t + 1])
    return h[1:], c[1:], (x, h, c, gates, W_x, W_h)


def lstm_backward(dh, dc_T, cache):
    """Backpropagation through time, as `rnnkit.lstm_step_backward` writes it, a stretch of steps at a time.

    Each block of da is a factor that the forward pass has fixed, times the gradient of c_t, or for the output gate of
    h_t. So da begins as the factors of all steps of the stretch, and the loop multiplies.

    dh: (T, N, H), the upstream gradient of every h_t. dc_T: (N, H), of the last cell state. cache: what `lstm_forward`
    of this module returned.
    Returns dx (T, N, D), dh0 (N, H), dc0 (N, H), dW_x (D, 4H), dW_h (H, 4H), db (4H,).
    Raises ValueError where shapes disagree.
    """
    x, h, c, gates, W_x, W_h = cache
    agree("lstm_backward", ("dh", dh, "T N H"), ("dc_T", dc_T, "N H"), ("the cache's h", h[1:], "T N H"))
    T, N, H = dh.shape
    back = Product(blocks(W_h, 4).swapaxes(1, 2), N)
    dx = np.empty((T, N, len(W_x)), h.dtype)
    dW, dW_h = np.zeros((len(W_x) + 1, 4 * H), h.dtype), np.zeros((H, 4 * H), h.dtype)
    dh_next, dc = np.zeros_like(h[0]), dc_T.astype(h.dtype)
    for steps, da, dc_of_dh in stretches(T, h.dtype, (4, N, H), (N, H)):
        i, f, g, o = gates[steps].swapaxes(0, 1)
        np.multiply(i * g, 1 - i, out=da[:, 0])
        np.multiply(f * c[steps], 1 - f, out=da[:, 1])
        np.multiply(i, 1 - g * g, out=da[:, 2])
        np.multiply(h[1:][steps], 1 - o, out=da[:, 3])
        np.subtract(o, h[1:][steps] * np.tanh(c[1:][steps]), out=dc_of_dh)      # o (1 - tanh(c)^2)
        for t in reversed(range(len(da))):
            dh_next += dh[steps][t]
            dc += dh_next * dc_of_dh[t]
            da[t, :3] *= dc
            da[t, 3] *= dh_next
            dc *= f[t]
            dh_next = back.summed(da[t])
        da = rows(da.swapaxes(1, 2))
        np.matmul(da, W_x.T, out=rows(dx[steps]))
        dW += rows(x[steps]).T @ da
        dW_h += rows(h[steps]).T @ da
    return dx, dh_next, dc, dW[:-1], dW_h, dW[-1]
