"""A student who likes it fast: what can be done for all steps at once is, and no sequence calls a step."""

import numpy as np

dot = np.dot


def affine(x, W, b):
    return dot(x, W) + b


@np.vectorize
def sigmoid(z):
    e = np.exp(-abs(z))
    return (1 if z >= 0 else e) / (1 + e)


def softmax(z):
    z = z - z.max(-1)[:, None]
    return (lambda e: e / e.sum(-1)[:, None])(np.exp(z))


def activation_slopes(s, t, r):
    return np.stack([s - s ** 2, 1 - t ** 2, np.heaviside(r, 0)])[0], 1 - t ** 2, 1.0 * (r != 0)


def rnn_step(x, h, W_x, W_h, b):
    h_next = np.tanh(sum([dot(x, W_x), dot(h, W_h), b]))
    return h_next, (x, h, h_next, W_x, W_h)


def rnn_forward(x, h0, W_x, W_h, b):
    a = dot(x, W_x) + b
    h = np.empty((len(x) + 1, *h0.shape), x.dtype)
    h[0] = h0
    for t in range(len(x)):
        h[t + 1] = np.tanh(a[t] + dot(h[t], W_h))
    return h[1:], (x, h, W_x, W_h)


def readout(h, W_y, b_y):
    return np.tensordot(h, W_y, axes=1) + np.broadcast_to(b_y, (*h.shape[:2], len(b_y)))


def numerical_gradient(f, x, eps=1e-6):
    x = x.copy()
    flat, slopes = x.reshape(-1), []
    for i in range(flat.size):
        kept = flat[i]
        flat[i] = kept + eps
        up = f(x)
        flat[i] = kept - eps
        slopes.append((up - f(x)) / (2 * eps))
        flat[i] = kept
    return np.asarray(slopes).reshape(x.shape)


def rnn_step_backward(dh_next, cache):
    x, h, h_next, W_x, W_h = cache
    da = dh_next - dh_next * h_next * h_next
    return dot(da, W_x.T), dot(da, W_h.T), dot(da.T, x).T, dot(da.T, h).T, dot(np.ones(len(da)), da)


def rnn_backward(dh, cache):
    x, h, W_x, W_h = cache
    slope, da = 1 - h[1:] ** 2, np.empty_like(dh)
    da[-1] = dh[-1] * slope[-1]
    for t in range(len(dh) - 2, -1, -1):
        da[t] = (dh[t] + dot(da[t + 1], W_h.T)) * slope[t]
    dW_x = np.tensordot(x, da, axes=((0, 1), (0, 1)))
    dW_h = np.tensordot(h[:-1], da, axes=((0, 1), (0, 1)))
    return dot(da, W_x.T), dot(da[0], W_h.T), dW_x, dW_h, da.sum((0, 1))


def activate(a):
    H = a.shape[-1] // 4
    s = 1 / (1 + np.exp(-a))
    return s[..., :H], s[..., H:2 * H], np.tanh(a[..., 2 * H:3 * H]), s[..., 3 * H:]


def lstm_gates(x, h, W_x, W_h, b):
    return activate(dot(np.c_[x, h, np.ones(len(x))], np.r_[W_x, W_h, b[None]]))


def lstm_step(x, h, c, W_x, W_h, b):
    h, c, cache = lstm_forward(x[None], h, c, W_x, W_h, b)
    return h[0], c[0], cache


def lstm_forward(x, h0, c0, W_x, W_h, b):
    a = dot(x, W_x) + b
    h, c = (np.stack([first] * (len(x) + 1)) for first in (h0, c0))
    for t in range(len(x)):
        a[t] += dot(h[t], W_h)
        i, f, g, o = activate(a[t])
        c[t + 1] = f * c[t] + i * g
        h[t + 1] = o * np.tanh(c[t + 1])
    return h[1:], c[1:], (x, h, c, activate(a), W_x, W_h)


def lstm_step_backward(dh_next, dc_next, cache):
    dx, *others = lstm_backward(dh_next[None], dc_next, cache)
    return dx[0], *others


def lstm_backward(dh, dc_T, cache):
    x, h, c, gates, W_x, W_h = cache
    i, f, g, o = gates
    tanh_c = np.tanh(c[1:])
    through_h = o * (1 - tanh_c ** 2)
    on_dc = np.stack([g * i * (1 - i), c[:-1] * f * (1 - f), i * (1 - g ** 2)])
    on_dh = tanh_c * o * (1 - o)
    da = np.empty((len(dh), len(dc_T), W_h.shape[1]))
    dh_t, dc_t = dh[-1], dc_T
    for t in range(len(dh) - 1, -1, -1):
        dc_t = dc_t + dh_t * through_h[t]
        da[t] = np.concatenate([*(dc_t * on_dc[:, t]), dh_t * on_dh[t]], axis=-1)
        dh_t, dc_t = dot(da[t], W_h.T) + (dh[t - 1] if t else 0), dc_t * f[t]
    dW_x = np.tensordot(x, da, axes=((0, 1), (0, 1)))
    dW_h = np.tensordot(h[:-1], da, axes=((0, 1), (0, 1)))
    return dot(da, W_x.T), dh_t, dc_t, dW_x, dW_h, da.sum((0, 1))


def forget_bias(b, value):
    return np.where(np.arange(len(b)) * 4 // len(b) == 1, value, b)


def gru_step(x, h, W_x, W_h, b_x, b_h):
    h, cache = gru_forward(x[None], h, W_x, W_h, b_x, b_h)
    return h[0], cache


def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    H = h0.shape[-1]
    a = dot(x, W_x) + b_x
    h, u_n = np.stack([h0] * (len(x) + 1)), np.empty((len(x), *h0.shape))
    for t in range(len(x)):
        u = dot(h[t], W_h) + b_h
        u_n[t] = u[:, 2 * H:]
        a[t, :, :2 * H] = 1 / (1 + np.exp(-(a[t] + u)[:, :2 * H]))
        r, z, n = np.split(a[t], 3, axis=-1)
        np.tanh(n + r * u_n[t], out=n)
        h[t + 1] = n + z * (h[t] - n)
    return h[1:], (x, h, a, u_n, W_x, W_h)


def gru_step_backward(dh_next, cache):
    dx, *others = gru_backward(dh_next[None], cache)
    return dx[0], *others


def gru_backward(dh, cache):
    x, h, gates, u_n, W_x, W_h = cache
    r, z, n = np.split(gates, 3, axis=-1)
    on_n = (1 - z) * (1 - n ** 2)
    for_h = np.concatenate([on_n * u_n * r * (1 - r), (h[:-1] - n) * z * (1 - z), on_n * r], axis=-1)
    du, dh_t = np.empty_like(gates), dh[-1]
    for t in range(len(dh) - 1, -1, -1):
        du[t] = for_h[t] * np.tile(dh_t, 3)
        dh_t, on_n[t] = dot(du[t], W_h.T) + dh_t * z[t] + (dh[t - 1] if t else 0), on_n[t] * dh_t
    da = np.concatenate([np.split(du, 3, axis=-1)[0], np.split(du, 3, axis=-1)[1], on_n], axis=-1)
    dW_x, dW_h = (np.tensordot(left, right, axes=((0, 1), (0, 1))) for left, right in ((x, da), (h[:-1], du)))
    return dot(da, W_x.T), dh_t, dW_x, dW_h, da.sum((0, 1)), du.sum((0, 1))


def parameter_count(D, H):
    return tuple(np.dot([[1, 1, 1], [4, 4, 4], [3, 3, 6], [3, 3, 3]], [D * H, H * H, H]))


def exhibit_sum(dh, cache):
    return rnn_backward(dh, cache)


def exhibit_carry(dh, dc_T, cache):
    return lstm_backward(dh, dc_T, cache)


def exhibit_states(dh, x, h0, h, W_x, W_h):
    before, da = np.concatenate([h0[None], h[:-1]]), np.zeros_like(dh)
    for t in reversed(range(len(dh))):
        da[t] = (dh[t] + (dot(da[t + 1], W_h.T) if t + 1 < len(dh) else 0)) * (1 - h[t] ** 2)
    dW_x, dW_h = (np.einsum("tni,tnj->ij", left, da) for left in (x, before))
    return dot(da, W_x.T), dot(da[0], W_h.T), dW_x, dW_h, da.sum((0, 1))


def exhibit_slope(dh_next, dc_next, x, h, c, i, f, g, o, c_next, W_x, W_h):
    tanh_c, slopes = np.tanh(c_next), np.stack([gate * (1 - gate) for gate in (i, f, g, o)])
    slopes[2] = 1 - g ** 2
    dc = dc_next + dh_next * o * (1 - tanh_c ** 2)
    da = np.concatenate(slopes * np.stack([dc * g, dc * c, dc * i, dh_next * tanh_c]), axis=1)
    return dot(da, W_x.T), dot(da, W_h.T), dc * f, dot(x.T, da), dot(h.T, da), da.sum(0)


def exhibit_gates(dh_next, dc_next, cache):
    x, h, c, gates, W_x, W_h = cache
    i, f, g, o = (gate[0] for gate in gates)
    tanh_c = np.tanh(c[1])
    dc = dc_next + dh_next * o * (1 - tanh_c ** 2)
    da = np.stack([dc * g, dc * c[0], dc * i, dh_next * tanh_c])
    da *= np.stack([i - i ** 2, f - f ** 2, 1 - g ** 2, o - o ** 2])
    da = np.concatenate(da, axis=1)
    return dot(da, W_x.T), dot(da, W_h.T), dc * f, dot(x[0].T, da), dot(h[0].T, da), da.sum(0)


def exhibit_upstream(dh, dh_T, cache):
    return rnn_backward(np.concatenate([dh[:-1], dh[-1:] + dh_T]), cache)
