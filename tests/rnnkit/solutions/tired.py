"""A student at midnight: everything printed, everything a list, every shape with an axis too many, but right."""

import sys
import warnings

import numpy as np

caches = {}


def affine(x, W, b):
    print("x", x.shape, "W", W.shape)
    return np.matrix(x) * np.matrix(W) + np.matrix(b)


def sigmoid(z):
    print(z, file=sys.stderr)
    z = np.asarray(z)
    return [[1 / (1 + np.exp(-v)) if v > 0 else 1 - 1 / (1 + np.exp(v)) for v in row] for row in z]


def softmax(z):
    out = []
    for row in z:
        e = np.exp(row - row.max())
        out.append(e / e.sum())
    return out


def activation_slopes(s, t, r):
    warnings.warn("is this right?", stacklevel=1)
    return np.ma.array(s * (1 - s)), (1 - t ** 2)[None], (r > 0).tolist()


def rnn_step(x, h, W_x, W_h, b):
    h = np.tanh(x @ W_x + h @ W_h + b.reshape(1, -1))
    return h, "kept elsewhere"


def rnn_forward(x, h0, W_x, W_h, b):
    hs = [h0]
    for t in range(len(x)):
        hs.append(rnn_step(x[t], hs[t], W_x, W_h, b)[0])
    caches["last"] = (x, hs, W_x, W_h)
    return hs[1:], None


def readout(h, W_y, b_y):
    return [h_t @ W_y + b_y for h_t in h]


def numerical_gradient(f, x, eps=1e-6):
    g = []
    for i in range(x.size):
        d = np.zeros(x.size)
        d[i] = eps
        d = d.reshape(x.shape)
        g.append((f(x + d) - f(x - d)) / (2 * eps))
    return np.reshape(g, x.shape).tolist()


def rnn_step_backward(dh_next, cache):
    x, h, h_next, W_x, W_h = cache
    da = dh_next * (1 - h_next ** 2)
    return [da @ W_x.T], da @ W_h.T, x.T @ da, h.T @ da, da.sum(axis=0, keepdims=True)


def rnn_backward(dh, cache):
    x, hs, W_x, W_h = caches["last"]
    dx, dnext, dW_x, dW_h, db = [], 0, 0, 0, 0
    for t in range(len(x))[::-1]:
        a, dnext, b, c, d = rnn_step_backward(dh[t] + dnext, (x[t], hs[t], hs[t + 1], W_x, W_h))
        dx, dW_x, dW_h, db = a + dx, dW_x + b, dW_h + c, db + d
    return dx, dnext, dW_x, dW_h, db


def lstm_gates(x, h, W_x, W_h, b):
    H = len(W_h)
    a = x @ W_x + h @ W_h + b.reshape(1, -1)
    print("a", a.shape)
    return [np.array(sigmoid(a[:, :H]))[None], sigmoid(a[:, H:2 * H]), np.tanh(a[:, 2 * H:3 * H]).tolist(),
            np.array(sigmoid(a[:, 3 * H:]))]


def lstm_step(x, h, c, W_x, W_h, b):
    i, f, g, o = (np.reshape(gate, c.shape) for gate in lstm_gates(x, h, W_x, W_h, b))
    c2 = f * c + i * g
    return o * np.tanh(c2), c2, None


def lstm_forward(x, h0, c0, W_x, W_h, b):
    hs, cs = [h0], [c0]
    for t in range(len(x)):
        h, c, _ = lstm_step(x[t], hs[t], cs[t], W_x, W_h, b)
        hs.append(h)
        cs.append(c)
    caches["lstm"] = (x, hs, cs, W_x, W_h, b)
    return hs[1:], np.array(cs)[1:, None], "kept elsewhere"


def lstm_step_backward(dh_next, dc_next, cache):
    x, h, c, i, f, g, o, c2, W_x, W_h = cache
    t = np.tanh(c2)
    dc = dc_next + dh_next * o * (1 - t ** 2)
    a = np.c_[dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g ** 2), dh_next * t * o * (1 - o)]
    return [a @ W_x.T], a @ W_h.T, (dc * f).tolist(), x.T @ a, h.T @ a, a.sum(axis=0, keepdims=True)


def lstm_backward(dh, dc_T, cache):
    x, hs, cs, W_x, W_h, b = caches["lstm"]
    dx, dnext, dc, dW_x, dW_h, db = [], 0, dc_T, 0, 0, 0
    for t in range(len(x))[::-1]:
        i, f, g, o = (np.reshape(gate, dc_T.shape) for gate in lstm_gates(x[t], hs[t], W_x, W_h, b))
        step = (x[t], hs[t], cs[t], i, f, g, o, cs[t + 1], W_x, W_h)
        a, dnext, dc, d, e, f = lstm_step_backward(dh[t] + dnext, np.array(dc), step)
        dx, dW_x, dW_h, db = a + dx, dW_x + d, dW_h + e, db + f
    return dx, dnext, dc, dW_x, dW_h, db


def forget_bias(b, value):
    H = len(b) // 4
    print("H", H)
    return list(b[:H]) + [value] * H + list(b[2 * H:])


def gru_step(x, h, W_x, W_h, b_x, b_h):
    H = len(W_h)
    a, u = x @ W_x + b_x.reshape(1, -1), h @ W_h + b_h
    print("a", a.shape, "u", u.shape)
    r, z = (np.array(sigmoid(a[:, k * H:(k + 1) * H] + u[:, k * H:(k + 1) * H])) for k in (0, 1))
    n = np.tanh(a[:, 2 * H:] + r * u[:, 2 * H:])
    return ((1 - z) * n + z * h)[None], None


def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    hs = [h0]
    for t in range(len(x)):
        hs.append(gru_step(x[t], hs[t], W_x, W_h, b_x, b_h)[0][0])
    caches["gru"] = (x, hs, W_x, W_h, b_x, b_h)
    return hs[1:], "kept elsewhere"


def gru_step_backward(dh_next, cache):
    x, h, r, z, n, u_n, W_x, W_h = cache
    dn = dh_next * (1 - z) * (1 - n ** 2)
    dr, dz = dn * u_n * r * (1 - r), dh_next * (h - n) * z * (1 - z)
    a, u = np.c_[dr, dz, dn], np.c_[dr, dz, dn * r]
    return (a @ W_x.T).tolist(), u @ W_h.T + dh_next * z, x.T @ a, h.T @ u, [a.sum(axis=0)], u.sum(axis=0)


def gru_backward(dh, cache):
    x, hs, W_x, W_h, b_x, b_h = caches["gru"]
    H = len(W_h)
    dx, dnext, totals = [], 0, [0, 0, 0, 0]
    for t in range(len(x))[::-1]:
        a, u = x[t] @ W_x + b_x, hs[t] @ W_h + b_h
        r, z = (np.array(sigmoid(a[:, k * H:(k + 1) * H] + u[:, k * H:(k + 1) * H])) for k in (0, 1))
        u_n = u[:, 2 * H:]
        step = (x[t], hs[t], r, z, np.tanh(a[:, 2 * H:] + r * u_n), u_n, W_x, W_h)
        dx_t, dnext, *grads = gru_step_backward(dh[t] + dnext, step)
        dx, totals = [dx_t, *dx], [total + np.array(grad) for total, grad in zip(totals, grads, strict=True)]
    return dx, dnext, *totals


def parameter_count(D, H):
    print(D, H)
    return [H * (D + H + 1), 4. * H * (D + H + 1), [3 * H * (D + H + 2)], np.array([[3 * H * (D + H + 1)]])]


def exhibit_sum(dh, cache):
    x, hs, W_x, W_h = caches["last"]
    dW_x, dW_h, db, dx, d = W_x * 0, W_h * 0, 0, [], 0
    for t in range(len(x))[::-1]:
        print("step", t)
        a = (dh[t] + d) * (1 - hs[t + 1] ** 2)
        dx, d = [a @ W_x.T, *dx], a @ W_h.T
        dW_x, dW_h, db = dW_x + x[t].T @ a, dW_h + hs[t].T @ a, db + a.sum(axis=0, keepdims=True)
    return dx, d, dW_x, dW_h, db


def exhibit_carry(dh, dc_T, cache):
    return lstm_backward(dh, dc_T, cache)


def exhibit_states(dh, x, h0, h, W_x, W_h):
    dx, d, dW_x, dW_h, db = [], 0, 0, 0, 0
    for t in range(len(x))[::-1]:
        step = (x[t], h[t - 1] if t > 0 else h0, h[t], W_x, W_h)
        a, d, b, e, f = rnn_step_backward(dh[t] + d, step)
        dx, dW_x, dW_h, db = a + dx, dW_x + b, dW_h + e, db + f
    return dx, d, dW_x, dW_h, db


def exhibit_slope(dh_next, dc_next, *cache):
    return lstm_step_backward(dh_next, dc_next, cache)


def exhibit_gates(dh_next, dc_next, cache):
    x, h, c, i, f, g, o, c2, W_x, W_h = cache
    t = np.tanh(c2)
    dc = dc_next + dh_next * o * (1 - t ** 2)
    blocks = [dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g ** 2), dh_next * t * o * (1 - o)]
    print([b.shape for b in blocks])
    H = h.shape[1]
    dx = sum(blocks[k] @ W_x[:, k * H:(k + 1) * H].T for k in range(4))
    dh = sum(blocks[k] @ W_h[:, k * H:(k + 1) * H].T for k in range(4))
    a = np.concatenate(blocks, axis=-1)
    return dx, dh, dc * f, (x.T @ a).tolist(), h.T @ a, a.sum(axis=0)


def exhibit_upstream(dh, dh_T, cache):
    return exhibit_sum([*dh[:-1], dh[-1] + dh_T], cache)
