"""The GRU of `rnnkit.gru` over a sequence, arranged for speed. Blocks r, z, n."""

import numpy as np

from rnnkit.fast.blocks import Product, blocks, rows, side_by_side, stretches, with_ones
from rnnkit.shapes import agree, shaped

SCALE = np.array([0.5, 0.5, 1])[:, None, None]  # a gate is sigma(a) = 0.5 tanh(0.5 a) + 0.5, the candidate tanh(a)


@shaped
def gru_forward(x: "T N D", h0: "N H", W_x: "D 3H", W_h: "H 3H", b_x: "3H", b_h: "3H"):
    """h_t = (1 - z) * n + z * h_{t-1} for t = 1, ..., T, with the gates and the candidate of `rnnkit.gru_step`.

    x: (T, N, D). h0: (N, H), the state before the first step. W_x: (D, 3H), W_h: (H, 3H), b_x, b_h: (3H,).
    Returns h (T, N, H), the state after every step, and the cache that `gru_backward` needs, which holds this h: do
    not change it in between. Raises ValueError where shapes disagree.
    """
    T, N, _ = x.shape
    H = len(W_h)
    b_hn, b = b_h[2 * H:], b_x.copy()
    b[:2 * H] += b_h[:2 * H]                        # only the candidate's block has to stay inside r * (...)
    x, W_x1 = with_ones(x), np.concatenate([W_x, b[None]])
    scale = SCALE.astype(W_x1.dtype)
    a = rows(x) @ side_by_side(blocks(W_x1, 3) * scale)
    a = a.reshape(T, N, 3, H).swapaxes(1, 2)
    recurrent = Product(blocks(W_h, 3) * scale, N)
    parts = np.empty((T, 4, N, H), a.dtype)
    h = np.empty((T + 1, N, H), a.dtype)
    h[0] = h0
    for t in range(T):
        gates, (r, z, u_n, n) = parts[t, :2], parts[t]
        u = recurrent.of_each(h[t])
        np.add(u[:2], a[t, :2], out=gates)
        np.tanh(gates, out=gates)
        gates += 1
        gates *= 0.5
        np.add(u[2], b_hn, out=u_n)
        np.multiply(r, u_n, out=n)
        n += a[t, 2]
        np.tanh(n, out=n)
        np.subtract(h[t], n, out=h[t + 1])
        h[t + 1] *= z
        h[t + 1] += n
    return h[1:], (x, h, parts, W_x, W_h)


def gru_backward(dh, cache):
    """Backpropagation through time, as `rnnkit.gru_step_backward` writes it, a stretch of steps at a time.

    Each block of da is a factor that the forward pass has fixed, times the gradient of h_t; so is du_n = r * da_n, for
    what the reset gate multiplies. So they begin as the factors of all steps of the stretch, and the loop multiplies.

    dh: (T, N, H), the upstream gradient of every state. cache: what `gru_forward` of this module returned.
    Returns dx (T, N, D), dh0 (N, H), dW_x (D, 3H), dW_h (H, 3H), db_x (3H,), db_h (3H,).
    Raises ValueError where shapes disagree.
    """
    x, h, parts, W_x, W_h = cache
    agree("gru_backward", ("dh", dh, "T N H"), ("the cache's h", h[1:], "T N H"))
    T, N, H = dh.shape
    back = Product(blocks(W_h, 3).swapaxes(1, 2), N)
    dx = np.empty((T, N, len(W_x)), h.dtype)
    dW, dW_h = np.zeros((len(W_x) + 1, 3 * H), h.dtype), np.zeros((H, 3 * H), h.dtype)
    db_h, dh_next = np.zeros(3 * H, h.dtype), np.zeros_like(h[0])
    for steps, d in stretches(T, h.dtype, (4, N, H)):
        r, z, u_n, n = parts[steps].swapaxes(0, 1)
        da_r, da_z, du_n, da_n = d.swapaxes(0, 1)
        np.multiply(1 - z, 1 - n * n, out=da_n)
        np.multiply(h[steps] - n, z * (1 - z), out=da_z)
        np.multiply(da_n, r, out=du_n)
        np.multiply(du_n * u_n, 1 - r, out=da_r)
        for t in reversed(range(len(d))):
            dh_next += dh[steps][t]
            d[t] *= dh_next
            dh_next *= z[t]
            dh_next += back.summed(d[t, :3])
        du, da = rows(d[:, :3].swapaxes(1, 2)), rows(d[:, [0, 1, 3]].swapaxes(1, 2))
        np.matmul(da, W_x.T, out=rows(dx[steps]))
        dW += rows(x[steps]).T @ da
        dW_h += rows(h[steps]).T @ du
        db_h += du.sum(axis=0)
    return dx, dh_next, dW[:-1], dW_h, dW[-1], db_h
